//! HTTP over a Unix socket: `ureq` with a connector of our own. Nothing here knows what is asked.
//!
//! `ureq` keeps its traits for this outside its promise of stability (`ureq::unversioned`), so they
//! stay in this one file; `Cargo.lock` holds the version.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Agent, Error};

/// An agent all of whose requests go to the socket at `path`, whatever their host.
#[must_use]
pub fn agent(path: PathBuf, config: Config) -> Agent {
    Agent::with_parts(config, UnixConnector { path }, NoNames)
}

#[derive(Debug)]
struct UnixConnector {
    path: PathBuf,
}

/// There is nothing to look up; `ureq` wants an address nevertheless.
#[derive(Debug)]
struct NoNames;

struct UnixTransport {
    stream: UnixStream,
    buffers: LazyBuffers,
}

impl Resolver for NoNames {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        Ok(addresses)
    }
}

impl Connector for UnixConnector {
    type Out = UnixTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<UnixTransport>, Error> {
        let config = details.config;
        let sizes = (config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(UnixTransport {
            stream: UnixStream::connect(&self.path)?,
            buffers: LazyBuffers::new(sizes.0, sizes.1),
        }))
    }
}

impl Transport for UnixTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.set_write_timeout(patience(timeout))?;
        let output = &self.buffers.output()[..amount];
        self.stream
            .write_all(output)
            .map_err(|error| late(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.set_read_timeout(patience(timeout))?;
        let room = self.buffers.input_append_buf();
        let amount = loop {
            match self.stream.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(|error| late(error, timeout))?,
            }
        };
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Never asked in earnest: the agent keeps no connection.
    fn is_open(&mut self) -> bool {
        false
    }
}

impl fmt::Debug for UnixTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnixTransport")
    }
}

/// How long the kernel waits; `None` for ever. A deadline that has passed becomes the shortest wait.
fn patience(timeout: NextTimeout) -> Option<Duration> {
    timeout
        .not_zero()
        .map(|left| (*left).max(Duration::from_millis(1)))
}

fn late(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => error.into(),
    }
}
