//! The bench's end of the socket.
//!
//! # The protocol
//! A stream socket without greeting. All numbers are unsigned, most significant byte first.
//!
//! | who | bytes | meaning |
//! |---|---|---|
//! | appliance | address `u8`, length `u16`, that many bytes | one I2C write transaction |
//! | bench | `06` | the oldest unanswered transaction was acknowledged |
//! | bench | `15` | it was not |
//! | bench | `45`, button `u8`, level `u8`, time `u64` | an edge; button 0 connect, 1 disconnect, 2 previous, 3 next, 4 select; level 1 pressed; nanoseconds of `CLOCK_MONOTONIC` |
//!
//! The appliance's end is `src/bench.rs` of pairbox. Any number of appliances may be connected; all of
//! them are wired to the same panel and hear the same buttons.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::cable::Cable;
use crate::lines::{Edge, Lines};

const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
const EDGE: u8 = 0x45;

/// A listening socket. Dropping it disconnects everybody and removes the socket.
pub(super) struct Socket {
    path: PathBuf,
    board: Board,
    acceptor: Option<JoinHandle<()>>,
}

/// What every appliance is wired to, and who they are.
#[derive(Clone)]
struct Board {
    cable: Cable,
    lines: Lines,
    visitors: Arc<Visitors>,
}

#[derive(Default)]
struct Visitors {
    book: Mutex<Book>,
    changed: Condvar,
}

#[derive(Default)]
struct Book {
    /// The connected appliances by their number.
    present: Vec<(usize, UnixStream)>,
    /// How many there ever were.
    ever: usize,
    /// The bench is ending and lets nobody in.
    closed: bool,
}

impl Socket {
    pub(super) fn listen(path: &Path, cable: Cable, lines: Lines) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        let visitors = Arc::default();
        let board = Board {
            cable,
            lines,
            visitors,
        };
        let door = board.clone();
        let acceptor = thread::Builder::new()
            .name("bench".into())
            .spawn(move || door.open(&listener))?;
        Ok(Self {
            path: path.to_owned(),
            board,
            acceptor: Some(acceptor),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn wait_present(&self, within: Duration, present: bool) -> bool {
        let Visitors { book, changed } = &*self.board.visitors;
        let book = book.lock().unwrap_or_else(PoisonError::into_inner);
        let not_yet = |book: &mut Book| book.present.is_empty() == present;
        let outcome = changed.wait_timeout_while(book, within, not_yet);
        let (book, _) = outcome.unwrap_or_else(PoisonError::into_inner);
        book.present.is_empty() != present
    }

    pub(super) fn ever(&self) -> usize {
        self.board.visitors.book().ever
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.board.visitors.close();
        // Wakes the acceptor, which waits for the next appliance.
        let woken = UnixStream::connect(&self.path).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            let _ = acceptor.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Board {
    /// Lets appliances in until the bench ends.
    fn open(&self, listener: &UnixListener) {
        for stream in listener.incoming().flatten() {
            if self.visitors.book().closed {
                break;
            }
            let board = self.clone();
            // An appliance without a thread sees its socket closed.
            let _ = thread::Builder::new()
                .name("bench-appliance".into())
                .spawn(move || board.serve(stream));
        }
    }

    /// Serves one appliance until one of both closes the socket.
    fn serve(&self, mut stream: UnixStream) -> io::Result<()> {
        let writer = Arc::new(Mutex::new(stream.try_clone()?));
        let edges = Arc::clone(&writer);
        self.lines.listen(move |Edge { button, pressed }| {
            let mut message = vec![EDGE, button as u8, u8::from(pressed)];
            message.extend_from_slice(&stamp_ns().to_be_bytes());
            send(&edges, &message).is_ok()
        });
        let Some(number) = self.visitors.enter(stream.try_clone()?) else {
            return Ok(());
        };
        while let Ok((address, bytes)) = receive(&mut stream) {
            let acknowledged = self.cable.send(address, &bytes).is_ok();
            if send(&writer, &[if acknowledged { ACK } else { NAK }]).is_err() {
                break;
            }
        }
        self.visitors.leave(number);
        // The next edge finds the socket closed and forgets the listener.
        stream.shutdown(Shutdown::Both)
    }
}

impl Visitors {
    /// The visitor's number, unless the bench is ending.
    fn enter(&self, stream: UnixStream) -> Option<usize> {
        let mut book = self.book();
        if book.closed {
            return None;
        }
        let number = book.ever;
        book.ever += 1;
        book.present.push((number, stream));
        self.changed.notify_all();
        Some(number)
    }

    fn leave(&self, number: usize) {
        self.book()
            .present
            .retain(|(present, _)| *present != number);
        self.changed.notify_all();
    }

    fn close(&self) {
        let mut book = self.book();
        book.closed = true;
        for (_, stream) in &book.present {
            // Closed already is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time since boot in nanoseconds (`CLOCK_MONOTONIC`), as the kernel stamps edges of real lines.
fn stamp_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // Neither part of a monotonic time is negative.
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

fn send(stream: &Mutex<UnixStream>, message: &[u8]) -> io::Result<()> {
    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
    stream.write_all(message)
}

fn receive(stream: &mut UnixStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 3];
    stream.read_exact(&mut head)?;
    let [address, high, low] = head;
    let mut bytes = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    stream.read_exact(&mut bytes)?;
    Ok((address, bytes))
}
