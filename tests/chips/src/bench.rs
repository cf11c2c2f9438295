//! The bench: a panel and two buttons that another process can be wired to, over a Unix socket.
//!
//! The bench owns chip and lines, so both outlive the appliance: after a SIGKILL the glass still
//! shows what it showed. Any number of appliances may come and go, one after the other as a rule.
//!
//! # The protocol
//! A stream socket without greeting. All numbers are unsigned, most significant byte first.
//!
//! | who | bytes | meaning |
//! |---|---|---|
//! | appliance | address `u8`, length `u16`, that many bytes | one I2C write transaction |
//! | bench | `06` | the oldest unanswered transaction was acknowledged |
//! | bench | `15` | it was not |
//! | bench | `45`, button `u8`, level `u8` | an edge; button 0 connect, 1 disconnect; level 1 pressed |
//!
//! The appliance's side is `src/bench.rs` of pairbox.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::cable::{Cable, TimedOut};
use crate::lines::{Button, Edge, Lines};
use crate::picture::Picture;
use crate::qr_check::{self, QrFault};
use crate::ssd1306::{Stats, Violation};

const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
const EDGE: u8 = 0x45;

/// How long [`Bench::tap`] holds a button: twice what pairbox takes to believe it.
const TAP: Duration = Duration::from_millis(60);

/// A running bench. Dropping it ends its threads and removes the socket.
pub struct Bench {
    socket: PathBuf,
    cable: Cable,
    lines: Lines,
    wired: Arc<Wired>,
    ending: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

/// The appliances that are connected, counted for those who wait for one.
#[derive(Default)]
struct Wired {
    count: Mutex<Count>,
    changed: Condvar,
}

#[derive(Clone, Copy, Default)]
struct Count {
    now: usize,
    ever: usize,
}

impl Bench {
    /// Starts a bench with an SSD1306 at 0x3C and two released buttons.
    ///
    /// # Errors
    /// The socket cannot be created there; a leftover of an earlier bench is replaced.
    pub fn start(socket: &Path) -> io::Result<Self> {
        match std::fs::remove_file(socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(socket)?;
        let cable = Cable::new(0x3c);
        let lines = Lines::new();
        let wired = Arc::new(Wired::default());
        let ending = Arc::new(AtomicBool::new(false));
        let board = Board {
            cable: cable.clone(),
            lines: lines.clone(),
            wired: Arc::clone(&wired),
        };
        let stop = Arc::clone(&ending);
        let acceptor = thread::Builder::new().name("bench".into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let board = board.clone();
                // A thread that cannot be started shows as an appliance that gets no answer.
                let _ = thread::Builder::new()
                    .name("bench-appliance".into())
                    .spawn(move || board.serve(stream));
            }
        })?;
        Ok(Self {
            socket: socket.to_owned(),
            cable,
            lines,
            wired,
            ending,
            acceptor: Some(acceptor),
        })
    }

    /// Where appliances connect.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The panel's cable, for everything not repeated here.
    #[must_use]
    pub fn cable(&self) -> &Cable {
        &self.cable
    }

    /// The buttons, for everything not repeated here.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Presses a button and leaves it pressed.
    pub fn press(&self, button: Button) {
        self.lines.press(button);
    }

    /// Lets a button go.
    pub fn release(&self, button: Button) {
        self.lines.release(button);
    }

    /// A short press, long enough to be believed, and the pause that makes the release believed too.
    #[allow(clippy::disallowed_methods, reason = "a tap is made of real time")]
    pub fn tap(&self, button: Button) {
        self.lines.hold(button, TAP);
        thread::sleep(TAP);
    }

    /// Pulls the panel out.
    pub fn unplug(&self) {
        self.cable.unplug();
    }

    /// Puts it back.
    pub fn replug(&self) {
        self.cable.replug();
    }

    /// What a person sees now.
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.cable.picture()
    }

    /// Waits until the glass shows something; see [`Cable::wait_picture`].
    ///
    /// # Errors
    /// [`TimedOut`] after `within`.
    pub fn wait_picture(
        &self,
        within: Duration,
        wanted: &str,
        is_it: impl FnMut(&Picture) -> bool,
    ) -> Result<Picture, TimedOut> {
        self.cable.wait_picture(within, wanted, is_it)
    }

    /// Waits for a QR on the glass that passes every check of [`qr_check::read_qr`] and whose text is
    /// not `not`, and returns its text.
    ///
    /// # Errors
    /// [`TimedOut`] after `within`, naming the last fault.
    pub fn wait_qr(&self, within: Duration, not: Option<&str>) -> Result<String, WaitQr> {
        let mut last = Err(QrFault::Unreadable);
        let outcome = self.wait_picture(within, "a QR", |picture| {
            last = qr_check::read_qr(picture);
            last.as_deref().is_ok_and(|text| Some(text) != not)
        });
        match (outcome, last) {
            (Ok(_), Ok(text)) => Ok(text),
            (Ok(_), Err(fault)) => Err(WaitQr::Faulty(fault)),
            (Err(timed_out), last) => Err(WaitQr::TimedOut(timed_out, last.err())),
        }
    }

    /// Waits until an appliance is connected (its panel and buttons are wired).
    ///
    /// # Errors
    /// `TimedOut` when none came.
    pub fn wait_wired(&self, within: Duration) -> io::Result<()> {
        let count = self
            .wired
            .count
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let outcome = self
            .wired
            .changed
            .wait_timeout_while(count, within, |count| count.now == 0);
        let (count, _) = outcome.unwrap_or_else(PoisonError::into_inner);
        if count.now == 0 {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "no appliance connected",
            ));
        }
        Ok(())
    }

    /// How many appliances connected since the start.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.wired
            .count
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ever
    }

    /// Everything the chip refused so far.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.cable.violations()
    }

    /// What went over the panel's wire so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.cable.stats()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which waits for the next appliance.
        let woken = UnixStream::connect(&self.socket).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            let _ = acceptor.join();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// Why no QR text could be had.
#[derive(Debug, thiserror::Error)]
pub enum WaitQr {
    /// None came.
    #[error("{0}\n(as a QR: {1:?})")]
    TimedOut(TimedOut, Option<QrFault>),
    /// One came, but it is not as it should be.
    #[error(transparent)]
    Faulty(#[from] QrFault),
}

/// What an appliance is wired to.
#[derive(Clone)]
struct Board {
    cable: Cable,
    lines: Lines,
    wired: Arc<Wired>,
}

impl Board {
    /// Serves one appliance until it closes the socket.
    fn serve(&self, mut stream: UnixStream) {
        let Ok(writer) = stream.try_clone() else {
            return;
        };
        let writer = Arc::new(Mutex::new(writer));
        let edges = Arc::clone(&writer);
        self.lines.listen(move |Edge { button, pressed }| {
            let message = [EDGE, button as u8, u8::from(pressed)];
            send(&edges, &message).is_ok()
        });
        self.wired.count(|count| {
            count.now += 1;
            count.ever += 1;
        });
        while let Ok((address, bytes)) = receive(&mut stream) {
            let answer = if self.cable.send(address, &bytes).is_ok() {
                ACK
            } else {
                NAK
            };
            if send(&writer, &[answer]).is_err() {
                break;
            }
        }
        // So that the next edge finds the socket closed and forgets the listener.
        let _ = stream.shutdown(std::net::Shutdown::Both);
        self.wired.count(|count| count.now -= 1);
    }
}

impl Wired {
    fn count(&self, change: impl FnOnce(&mut Count)) {
        change(&mut self.count.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}

fn send(stream: &Mutex<UnixStream>, message: &[u8]) -> io::Result<()> {
    stream
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .write_all(message)
}

fn receive(stream: &mut UnixStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 3];
    stream.read_exact(&mut head)?;
    let mut bytes = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
    stream.read_exact(&mut bytes)?;
    Ok((head[0], bytes))
}
