//! The bench: a panel and two buttons that another process can be wired to, over a Unix socket.
//!
//! The bench owns chip and lines, so both outlive the appliance: after a SIGKILL the glass still
//! shows what it showed. What goes over the socket is described in `bench/wire.rs`. Every wait ends
//! with the event it waits for or with an error that shows the glass.

mod wire;

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::cable::{Cable, TimedOut};
use crate::lines::{Button, Lines};
use crate::picture::Picture;
use crate::qr_check::{self, QrFault};
use crate::stats::Stats;
use crate::violation::Violation;
use wire::Socket;

/// How long [`Bench::tap`] holds a button: twice what pairbox takes to believe it.
const TAP: Duration = Duration::from_millis(60);

/// The address of the panel's chip.
const ADDRESS: u8 = 0x3c;

/// A running bench. Dropping it disconnects whoever is wired to it and removes the socket.
pub struct Bench {
    socket: Socket,
    cable: Cable,
    lines: Lines,
}

impl Bench {
    /// Starts a bench with an SSD1306 at 0x3C and two released buttons.
    ///
    /// # Errors
    /// The socket cannot be created there; a leftover of an earlier bench is replaced.
    pub fn start(socket: &Path) -> io::Result<Self> {
        let cable = Cable::new(ADDRESS);
        let lines = Lines::new();
        let socket = Socket::listen(socket, cable.clone(), lines.clone())?;
        Ok(Self {
            socket,
            cable,
            lines,
        })
    }

    /// Where appliances connect.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.socket.path()
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

    /// Waits until the glass says these words; see [`Picture::says`].
    ///
    /// # Errors
    /// [`TimedOut`] after `within`.
    pub fn wait_text(&self, within: Duration, words: &str) -> Result<Picture, TimedOut> {
        let wanted = format!("{words:?}");
        self.wait_picture(within, &wanted, |picture| picture.says(words))
    }

    /// Waits for a QR on the glass that passes every check of [`qr_check`] and says something else
    /// than `not`, and returns its text.
    ///
    /// # Errors
    /// [`NoQr`] after `within`.
    pub fn wait_qr(&self, within: Duration, not: Option<&str>) -> Result<String, NoQr> {
        let mut last = Err(QrFault::NotFound);
        let outcome = self.wait_picture(within, "a QR to scan", |picture| {
            last = qr_check::read_qr(picture);
            last.as_deref().is_ok_and(|text| Some(text) != not)
        });
        match outcome {
            Ok(_) => Ok(last?),
            Err(timed_out) => Err(NoQr::TimedOut {
                timed_out,
                fault: last.err(),
            }),
        }
    }

    /// Waits until an appliance is connected (its panel and buttons are wired).
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`]: none came within the time.
    pub fn wait_wired(&self, within: Duration) -> io::Result<()> {
        self.wait_present(within, true, "no appliance connected")
    }

    /// Waits until no appliance is connected any more.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`]: one stayed for all that time.
    pub fn wait_unwired(&self, within: Duration) -> io::Result<()> {
        self.wait_present(within, false, "the appliance is still connected")
    }

    /// How many appliances connected since the start.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.socket.ever()
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

    fn wait_present(&self, within: Duration, present: bool, failure: &str) -> io::Result<()> {
        if self.socket.wait_present(within, present) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, failure))
    }
}

/// Why no QR text could be had.
#[derive(Debug, thiserror::Error)]
pub enum NoQr {
    /// None came that is as it should be.
    #[error("{timed_out}(as a QR: {fault:?})")]
    TimedOut {
        /// What was there instead.
        timed_out: TimedOut,
        /// What was wrong with the last picture, if it was not just an old code.
        fault: Option<QrFault>,
    },
    /// The last look at it failed.
    #[error(transparent)]
    Faulty(#[from] QrFault),
}
