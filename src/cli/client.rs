//! What is asked of the service over its control socket, and what comes back: HTTP with deadlines and
//! a cap on sizes. What the answers mean is for others.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::config::Config;
use ureq::http::{HeaderValue, Method, Request, Response};
use ureq::{Agent, Body, Error, SendBody};

use super::failure::Failure;
use super::message::Upload;
use super::transport;
use crate::limits;

/// The service, by its socket.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    agent: Agent,
}

/// An answer that is not a refusal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The body as it came.
    pub text: String,
}

/// The lines of an answer that goes on.
pub struct Lines {
    path: PathBuf,
    reader: BufReader<Box<dyn io::Read + Send>>,
}

/// A refusal (RFC 9457).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    detail: String,
}

impl Answer {
    /// The body as what it should be.
    ///
    /// # Errors
    /// [`Failure::Broken`].
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.text).map_err(|error| Failure::Broken(error.to_string()))
    }
}

impl Client {
    /// The service behind the socket at `path`. Connects only when asked something.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let config = Config::builder()
            .http_status_as_error(false)
            // Whoever has the socket is known; nothing of ours is found anywhere else.
            .proxy(None)
            .max_redirects(0)
            .max_idle_connections(0)
            .build();
        let agent = transport::agent(path.clone(), config);
        Self { path, agent }
    }

    /// Reads something.
    ///
    /// # Errors
    /// Nobody there, no answer in time, or a refusal.
    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::GET, path, None, limits::CONSOLE_LOOK)
    }

    /// Has something done.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post(&self, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        self.ask(Method::POST, path, body, limits::CONSOLE_DEED)
    }

    /// Has something changed.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn patch(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.ask(Method::PATCH, path, Some(body), limits::CONSOLE_DEED)
    }

    /// Has something put in the place of what is there.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn put(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.ask(Method::PUT, path, Some(body), limits::CONSOLE_DEED)
    }

    /// Has something done, with a key that makes it happen once.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post_once(&self, path: &str, body: &Value, key: &str) -> Result<Answer, Failure> {
        let mut request = request(Method::POST, path, "application/json", body.to_string())?;
        request
            .headers_mut()
            .insert("idempotency-key", header(key)?);
        let request = self.agent.configure_request(request);
        let request = request.timeout_global(Some(limits::CONSOLE_DEED)).build();
        let answer = self.agent.run(request);
        self.read(answer.map_err(|error| self.failure(&error))?)
    }

    /// Has a file taken, as it is read.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn upload(&self, path: &str, upload: Upload, key: Option<&str>) -> Result<Answer, Failure> {
        let mut request = request(Method::POST, path, "application/json", String::new())?;
        let kind = format!("multipart/form-data; boundary={}", upload.boundary);
        let headers = request.headers_mut();
        headers.insert("content-type", header(&kind)?);
        headers.insert("content-length", header(&upload.length.to_string())?);
        if let Some(key) = key {
            headers.insert("idempotency-key", header(key)?);
        }
        let request = request.map(|_| SendBody::from_owned_reader(upload.body));
        let request = self.agent.configure_request(request);
        let request = request.timeout_recv_response(Some(limits::CONSOLE_DEED));
        let answer = self.agent.run(request.build());
        self.read(answer.map_err(|error| self.failure(&error))?)
    }

    /// Has something removed.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn delete(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::DELETE, path, None, limits::CONSOLE_DEED)
    }

    /// Takes a file, as it comes; says how long it is, in bytes. One that ends before that is an error when
    /// it is read.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn download(&self, path: &str) -> Result<(Box<dyn io::Read>, u64), Failure> {
        let request = request(Method::GET, path, "*/*", String::new())?;
        let request = self.agent.configure_request(request);
        let request = request.timeout_recv_response(Some(limits::BACKUP_BEGIN));
        let sent = self.agent.run(request.build());
        let answer = sent.map_err(|error| self.failure(&error))?;
        if answer.status() != 200 {
            self.read(answer)?;
            return Err(Failure::Broken("a file was expected".into()));
        }
        let length = answer.headers().get("content-length");
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let length =
            length.ok_or_else(|| Failure::Broken("a file whose length is not said".into()))?;
        let body = answer.into_body().into_with_config().limit(u64::MAX);
        let whole = Whole {
            from: body.reader(),
            left: length,
        };
        Ok((Box::new(whole), length))
    }

    /// Opens an answer that goes on line by line until somebody ends it.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn follow(&self, path: &str) -> Result<Lines, Failure> {
        let request = request(Method::GET, path, "text/event-stream", String::new())?;
        let request = self
            .agent
            .configure_request(request)
            .timeout_recv_response(Some(limits::CONSOLE_LOOK))
            .build();
        let sent = self.agent.run(request);
        let answer = sent.map_err(|error| self.failure(&error))?;
        if answer.status() != 200 {
            self.read(answer)?;
            return Err(Failure::Broken("a stream was expected".into()));
        }
        let reader = answer.into_body().into_with_config();
        Ok(Lines {
            path: self.path.clone(),
            reader: BufReader::new(Box::new(reader.limit(u64::MAX).reader())),
        })
    }

    fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        within: Duration,
    ) -> Result<Answer, Failure> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let bodiless = matches!(method, Method::GET | Method::DELETE);
        let request = request(method, path, "application/json", body)?;
        let sent = if bodiless {
            let request = self.agent.configure_request(request.map(|_| ()));
            self.agent.run(request.timeout_global(Some(within)).build())
        } else {
            let request = self.agent.configure_request(request);
            self.agent.run(request.timeout_global(Some(within)).build())
        };
        let answer = sent.map_err(|error| self.failure(&error))?;
        self.read(answer)
    }

    fn read(&self, answer: Response<Body>) -> Result<Answer, Failure> {
        let status = answer.status();
        let mut body = answer.into_body();
        let body = body.with_config().limit(limits::CONSOLE_BODY);
        let text = body
            .read_to_string()
            .map_err(|error| self.failure(&error))?;
        if status.is_success() {
            return Ok(Answer { text });
        }
        let problem: Problem = serde_json::from_str(&text).unwrap_or_default();
        let words = [problem.detail, problem.title, status.to_string()];
        let detail = words.into_iter().find(|words| !words.is_empty());
        let code = Some(problem.code).filter(|code| !code.is_empty());
        Err(Failure::Refused {
            status: status.as_u16(),
            code: code.unwrap_or_else(|| format!("status {}", status.as_u16())),
            detail: detail.unwrap_or_default(),
        })
    }

    fn failure(&self, error: &Error) -> Failure {
        match error {
            Error::Timeout(_) => Failure::TimedOut("the service did not answer in time".into()),
            Error::Io(error) => unreachable(&self.path, error),
            // The connection ended in the middle of an answer.
            Error::Protocol(error) => Failure::Broken(error.to_string()),
            error => Failure::Broken(error.to_string()),
        }
    }
}

/// A file that is not taken for whole when its end is missing.
struct Whole<R> {
    from: R,
    /// Bytes to come.
    left: u64,
}

impl<R: io::Read> io::Read for Whole<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.left = self.left.saturating_sub(read as u64);
        if read == 0 && self.left > 0 && !into.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the service ended in the middle of it",
            ));
        }
        Ok(read)
    }
}

impl Lines {
    /// The next line, without its end.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] when the service has ended.
    pub fn line(&mut self) -> Result<String, Failure> {
        let mut line = Vec::new();
        let most = limits::CONSOLE_BODY;
        let read = io::Read::take(&mut self.reader, most).read_until(b'\n', &mut line);
        match read {
            Ok(_) if line.ends_with(b"\n") => {}
            Ok(read) if read as u64 == most => {
                return Err(Failure::Broken("a line without an end".into()));
            }
            Ok(_) => return Err(ended(&self.path)),
            Err(error) => return Err(unreachable(&self.path, &error)),
        }
        let text = String::from_utf8_lossy(&line);
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

fn request(
    method: Method,
    path: &str,
    accept: &str,
    body: String,
) -> Result<Request<String>, Failure> {
    let changes = method != Method::GET;
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://localhost{path}"))
        .header("accept", accept);
    if changes {
        request = request.header("content-type", "application/json");
    }
    // A path made of what somebody typed that is no path: their mistake, not the service's.
    let wrong = |_| Failure::Usage(format!("there can be nothing at {path:?}"));
    request.body(body).map_err(wrong)
}

fn header(value: &str) -> Result<HeaderValue, Failure> {
    let wrong = |_| Failure::Usage(format!("{value:?} cannot be said in a header"));
    HeaderValue::from_str(value).map_err(wrong)
}

fn ended(path: &Path) -> Failure {
    Failure::Unreachable {
        path: path.to_owned(),
        why: "the service ended".into(),
        advice: "see `journalctl -u pairbox`",
    }
}

/// Nobody there, and what to do about it.
fn unreachable(path: &Path, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => {
            "is the service running (`systemctl status pairbox`), and is this its socket (--socket)?"
        }
        io::ErrorKind::ConnectionRefused => {
            "the service has ended without taking its socket away: `systemctl start pairbox`"
        }
        io::ErrorKind::PermissionDenied => {
            "only root and the group `pairbox` may use it: sudo, or `usermod -aG pairbox NAME`"
        }
        _ => "see `systemctl status pairbox`",
    };
    Failure::Unreachable {
        path: path.to_owned(),
        why: reason(error),
        advice,
    }
}

/// The system's words without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}
