//! Test builds only: simulated hardware over a Unix socket, in place of a bus and GPIO lines.
//!
//! The other end owns the simulated panel and buttons and survives this process; the protocol is
//! documented there (`tests/chips/src/bench/wire.rs`). The drivers above are the real ones: [`BenchI2c`] is
//! an I2C bus like any other, and edges come in like those of GPIO lines.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use thiserror::Error;

use crate::button;
use crate::clock::Clock;
use crate::event::{Button, Edge, Event};
use crate::inbox::Inbox;

const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
const EDGE: u8 = 0x45;

/// A bench that is silent for this long is taken for gone.
const ANSWER: Duration = Duration::from_secs(5);

/// The bus of the bench. Clones are the same bus, so that a lost panel can be opened anew on it.
#[derive(Clone)]
pub struct BenchI2c(Arc<Mutex<Wire>>);

struct Wire {
    stream: UnixStream,
    answers: Receiver<bool>,
}

/// Why a transaction over the bench failed.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The simulated chip did not acknowledge.
    #[error("not acknowledged")]
    NotAcknowledged,
    /// The bench has gone.
    #[error("the bench is gone: {0}")]
    Gone(String),
    /// A read, or more than 65535 bytes.
    #[error("the bench only takes writes of up to 65535 bytes")]
    Unsupported,
}

impl embedded_hal::i2c::Error for BenchError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotAcknowledged => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown),
            Self::Gone(_) | Self::Unsupported => ErrorKind::Other,
        }
    }
}

/// Connects to a bench. Edges go to `inbox` from now on, with the times the bench
/// stamped on them.
///
/// # Errors
/// Nobody listens there.
pub fn connect(socket: &Path, inbox: Inbox, clock: Clock) -> io::Result<BenchI2c> {
    let stream = UnixStream::connect(socket)?;
    let incoming = stream.try_clone()?;
    let (answer, answers) = channel();
    thread::Builder::new()
        .name("bench".into())
        .spawn(move || listen(incoming, &answer, &inbox, clock))?;
    Ok(BenchI2c(Arc::new(Mutex::new(Wire { stream, answers }))))
}

/// Sorts what the bench says into answers and edges, until it goes.
fn listen(mut stream: UnixStream, answer: &Sender<bool>, inbox: &Inbox, clock: Clock) {
    let mut kind = [0];
    while stream.read_exact(&mut kind).is_ok() {
        let heard = match kind[0] {
            kind @ (ACK | NAK) => answer.send(kind == ACK).is_ok(),
            EDGE => read_edge(&mut stream, clock).is_ok_and(|edge| {
                if let Err(error) = inbox.try_send(Event::Edge(edge)) {
                    log::warn!("an edge from the bench is lost: {error}");
                }
                true
            }),
            _ => false,
        };
        if !heard {
            return;
        }
    }
}

/// Button, level, and the time of the edge in nanoseconds since boot.
fn read_edge(stream: &mut UnixStream, clock: Clock) -> io::Result<Edge> {
    let mut edge = [0; 2];
    stream.read_exact(&mut edge)?;
    let mut stamp_ns = [0; 8];
    stream.read_exact(&mut stamp_ns)?;
    let stamp = Duration::from_nanos(u64::from_be_bytes(stamp_ns));
    Ok(Edge {
        button: if edge[0] == 0 {
            Button::Connect
        } else {
            Button::Disconnect
        },
        pressed: edge[1] == 1,
        at: button::on_our_clock(stamp, clock),
    })
}

impl Wire {
    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), BenchError> {
        let length = u16::try_from(bytes.len()).map_err(|_| BenchError::Unsupported)?;
        let mut message = vec![address];
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(bytes);
        let gone = |error: io::Error| BenchError::Gone(error.to_string());
        self.stream.write_all(&message).map_err(gone)?;
        match self.answers.recv_timeout(ANSWER) {
            Ok(true) => Ok(()),
            Ok(false) => Err(BenchError::NotAcknowledged),
            Err(RecvTimeoutError::Timeout) => {
                // A late answer would be taken for the next one's: this connection is over.
                let _ = self.stream.shutdown(Shutdown::Both);
                Err(BenchError::Gone("no answer".into()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(BenchError::Gone("closed".into())),
        }
    }
}

impl ErrorType for BenchI2c {
    type Error = BenchError;
}

impl I2c for BenchI2c {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BenchError> {
        let mut bytes = Vec::new();
        for operation in operations {
            match operation {
                Operation::Write(part) => bytes.extend_from_slice(part),
                Operation::Read(_) => return Err(BenchError::Unsupported),
            }
        }
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(address, &bytes)
    }
}
