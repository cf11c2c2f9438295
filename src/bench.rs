//! Test builds only: simulated hardware over a Unix socket, in place of a bus and GPIO lines.
//!
//! The other end owns the simulated panel and buttons and survives this process; the protocol is
//! documented there (`tests/chips/src/bench/wire.rs`). The drivers above are the real ones: [`BenchI2c`] is
//! an I2C bus like any other, and edges come in like those of GPIO lines, through the same watcher.

pub mod world;

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

use crate::board::{ButtonLine, ButtonLines, Level, Pull};
use crate::button::source::{Armed, Fed, Feed, Heard, Source, feed};
use crate::button::{self, Buttons};
use crate::clock::Clock;
use crate::event::Button;
use crate::inbox::Inbox;
use crate::line::LineError;

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

/// Connects to a bench. Edges of its five buttons go to `inbox` from now on, with the times the bench
/// stamped on them, and past the same limits as those of GPIO lines.
///
/// # Errors
/// Nobody listens there.
pub fn connect(socket: &Path, inbox: Inbox, clock: Clock) -> io::Result<BenchI2c> {
    let stream = UnixStream::connect(socket)?;
    let incoming = stream.try_clone()?;
    let (answer, answers) = channel();
    let (edges, fed) = feed();
    let listener = button::into_inbox(inbox);
    let buttons = button::start(Wired::new(fed), edges.bell(), &LINES, clock, listener)
        .map_err(io::Error::other)?;
    thread::Builder::new()
        .name("bench".into())
        .spawn(move || listen(incoming, &answer, &edges, clock, buttons))?;
    Ok(BenchI2c(Arc::new(Mutex::new(Wire { stream, answers }))))
}

/// The bench's buttons, as if they were on lines. It resolves their polarity itself.
const LINES: ButtonLines = ButtonLines {
    connect: line(5),
    disconnect: line(6),
    previous: Some(line(19)),
    next: Some(line(20)),
    select: Some(line(13)),
};

const fn line(line: u8) -> ButtonLine {
    ButtonLine {
        line,
        pull: Pull::Up,
        pressed: Level::Low,
    }
}

/// The wires of the bench's buttons: always there, and up until an edge says otherwise.
struct Wired {
    fed: Fed,
    high: [bool; Button::ALL.len()],
}

impl Wired {
    fn new(fed: Fed) -> Self {
        Self {
            fed,
            high: [true; Button::ALL.len()],
        }
    }
}

impl Source for Wired {
    fn arm(&mut self, button: Button, _: ButtonLine) -> Result<Armed, LineError> {
        Ok(Armed {
            high: self.high[button as usize],
            edges: true,
        })
    }

    fn disarm(&mut self, _: Button) {}

    fn is_high(&mut self, button: Button) -> Result<bool, LineError> {
        Ok(self.high[button as usize])
    }

    fn wait(&mut self, timeout: Duration) -> Vec<Heard> {
        let heard = self.fed.wait(timeout);
        for heard in &heard {
            if let Heard::Edge { button, high, .. } = heard {
                self.high[*button as usize] = *high;
            }
        }
        heard
    }
}

/// Sorts what the bench says into answers and edges, until it goes; its buttons go with it.
fn listen(
    mut stream: UnixStream,
    answer: &Sender<bool>,
    edges: &Feed,
    clock: Clock,
    buttons: Buttons,
) {
    let mut kind = [0];
    while stream.read_exact(&mut kind).is_ok() {
        let heard = match kind[0] {
            kind @ (ACK | NAK) => answer.send(kind == ACK).is_ok(),
            EDGE => read_edge(&mut stream, clock).is_ok_and(|edge| edges.put(edge)),
            _ => false,
        };
        if !heard {
            break;
        }
    }
    drop(buttons);
}

/// Button, level, and the time of the edge in nanoseconds since boot.
fn read_edge(stream: &mut UnixStream, clock: Clock) -> io::Result<Heard> {
    let mut edge = [0; 2];
    stream.read_exact(&mut edge)?;
    let [number, pressed] = edge;
    let mut stamp_ns = [0; 8];
    stream.read_exact(&mut stamp_ns)?;
    let stamp = Duration::from_nanos(u64::from_be_bytes(stamp_ns));
    let button = Button::ALL.get(usize::from(number));
    Ok(Heard::Edge {
        button: *button.ok_or(io::ErrorKind::InvalidData)?,
        high: pressed == 0,
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
