//! The two ways to talk to a box: its page's address, as anybody on the network, and its control
//! socket, as somebody who is logged in on it.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// The page's address.
    Lan,
    /// The control socket.
    Control,
}

/// Where both are.
#[derive(Clone, Debug)]
pub struct Doors {
    pub(crate) page: SocketAddr,
    pub(crate) control: PathBuf,
}

/// What was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The status code.
    pub code: u16,
    /// Names in lower case, and values; one that is not UTF-8 is left out.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str> {
        Ok(std::str::from_utf8(&self.body)?)
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| {
            let text = String::from_utf8_lossy(&self.body);
            format!("{} with {text:?} is no JSON", self.code)
        })
    }
}

impl Doors {
    /// Asks, with a JSON body where there is one; an answer of any code is one.
    pub fn ask(
        &self,
        door: Door,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Reply> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.page));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent = self.agent(door);
        let answer = match body {
            Some(body) => {
                let typed = headers
                    .iter()
                    .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
                if !typed {
                    request = request.header("content-type", "application/json");
                }
                agent.run(request.body(body)?)
            }
            None => agent.run(request.body(())?),
        };
        let mut answer = answer.with_context(|| format!("{method} {path}"))?;
        let headers = answer.headers().iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        Ok(Reply {
            code: answer.status().as_u16(),
            headers: headers.collect(),
            body: answer.body_mut().read_to_vec()?,
        })
    }

    /// One for each call keeps no connection open.
    fn agent(&self, door: Door) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        match door {
            Door::Lan => config.into(),
            Door::Control => {
                let socket = ControlSocket(self.control.clone());
                ureq::Agent::with_parts(config, socket, DefaultResolver::default())
            }
        }
    }
}

/// Connects to the control socket, whatever the address of the request says.
#[derive(Debug)]
struct ControlSocket(PathBuf);

impl Connector for ControlSocket {
    type Out = Line;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Line>, ureq::Error> {
        let (input, output) = (
            details.config.input_buffer_size(),
            details.config.output_buffer_size(),
        );
        Ok(Some(Line {
            stream: dial(&self.0)?,
            buffers: LazyBuffers::new(input, output),
        }))
    }
}

/// A path in an error says more than "connection refused".
fn dial(path: &Path) -> std::io::Result<UnixStream> {
    UnixStream::connect(path)
        .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// A connection to the control socket.
struct Line {
    stream: UnixStream,
    buffers: LazyBuffers,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Line").field(&self.stream).finish()
    }
}

fn late(error: std::io::Error, timeout: NextTimeout) -> ureq::Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => ureq::Error::Timeout(timeout.reason),
        _ => error.into(),
    }
}

impl Transport for Line {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let left = timeout.not_zero().map(|left| *left);
        self.stream.set_write_timeout(left)?;
        let output = &self.buffers.output()[..amount];
        self.stream
            .write_all(output)
            .map_err(|error| late(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let left = timeout.not_zero().map(|left| *left);
        self.stream.set_read_timeout(left)?;
        let input = self.buffers.input_append_buf();
        let read = loop {
            match self.stream.read(input) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.map_err(|error| late(error, timeout))?,
            }
        };
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use tiny_http::{Method, Response, Server};

    use super::*;

    /// A door that repeats what it was asked.
    #[test]
    fn the_control_socket_is_talked_to() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let control = folder.path().join("control.sock");
        let server = Server::http_unix(&control).map_err(|error| anyhow::anyhow!("{error}"))?;
        let answering = std::thread::spawn(move || -> Result<()> {
            for _ in 0..2 {
                let mut request = server.recv()?;
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body)?;
                let code = if *request.method() == Method::Patch {
                    418
                } else {
                    200
                };
                // Longer than a buffer, so that it comes in parts.
                let text = format!("{} {} {body}", request.method(), request.url()).repeat(10_000);
                request.respond(Response::from_string(text).with_status_code(code))?;
            }
            Ok(())
        });
        let doors = Doors {
            page: SocketAddr::from(([127, 0, 0, 1], 1)),
            control,
        };
        let got = doors.ask(Door::Control, "GET", "/livez", &[], None)?;
        assert_eq!((got.code, got.body.len()), (200, 110_000));
        let said = doors.ask(Door::Control, "PATCH", "/x", &[], Some("{}"))?;
        assert!(said.code == 418 && said.text()?.starts_with("PATCH /x {}PATCH"));
        assert_eq!(
            said.header("Content-Type"),
            Some("text/plain; charset=UTF-8")
        );
        answering
            .join()
            .map_err(|_| anyhow::anyhow!("it panicked"))??;
        assert!(doors.ask(Door::Lan, "GET", "/livez", &[], None).is_err());
        Ok(())
    }
}
