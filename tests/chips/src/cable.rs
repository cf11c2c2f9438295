//! The cable between a board and a panel: a shared handle on a simulated chip that can be pulled out,
//! put back, watched and waited for.
//!
//! Clones are the same cable. It implements [`I2c`], so a real driver can be put on it, and hands out
//! what a person sees; waiting is on the event (a transaction), never on time passing.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};

use crate::picture::Picture;
use crate::ssd1306::{Ssd1306, Stats, Violation};

/// A cable with a chip at its end.
#[derive(Clone)]
pub struct Cable(Arc<Shared>);

struct Shared {
    end: Mutex<End>,
    changed: Condvar,
}

struct End {
    chip: Ssd1306,
    plugged: bool,
    fail_next: bool,
    seen: Option<Vec<Picture>>,
}

/// Why a transaction failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BusError {
    /// Nothing is plugged in.
    #[error("no acknowledge: nothing answers at the address")]
    Unplugged,
    /// The chip would not have understood it.
    #[error("no acknowledge: {0}")]
    Refused(#[from] Violation),
    /// The chip has nothing to read.
    #[error("this bus is only written to")]
    Read,
}

impl embedded_hal::i2c::Error for BusError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unplugged => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
            Self::Refused(_) => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
            Self::Read => ErrorKind::Other,
        }
    }
}

/// A wait that ended without what it waited for: what it was, and what the glass showed instead.
#[derive(Debug, thiserror::Error)]
pub struct TimedOut {
    wanted: String,
    last: Picture,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "the panel never showed {}; at the end it showed",
            self.wanted
        )?;
        fmt::Display::fmt(&self.last, f)
    }
}

impl Cable {
    /// A cable with a fresh SSD1306 at this 7-bit address, plugged in.
    #[must_use]
    pub fn new(address: u8) -> Self {
        let end = End {
            chip: Ssd1306::new(address),
            plugged: true,
            fail_next: false,
            seen: None,
        };
        Self(Arc::new(Shared {
            end: Mutex::new(end),
            changed: Condvar::new(),
        }))
    }

    /// One write transaction.
    ///
    /// # Errors
    /// Not acknowledged: nothing there, or nothing the chip understands.
    pub fn send(&self, address: u8, bytes: &[u8]) -> Result<(), BusError> {
        let mut end = self.end();
        if !end.plugged || std::mem::take(&mut end.fail_next) {
            return Err(BusError::Unplugged);
        }
        let outcome = end.chip.write(address, bytes);
        end.look();
        self.0.changed.notify_all();
        Ok(outcome?)
    }

    /// Pulls the panel out: it goes dark and answers no more.
    pub fn unplug(&self) {
        let mut end = self.end();
        end.plugged = false;
        end.look();
        self.0.changed.notify_all();
    }

    /// Puts the panel back: its registers are reset, its RAM holds noise.
    pub fn replug(&self) {
        let mut end = self.end();
        if !end.plugged {
            end.chip.power_cycle();
            end.plugged = true;
        }
        self.0.changed.notify_all();
    }

    /// Lets the next transaction go unanswered, as a loose contact does; the chip keeps its supply.
    pub fn fail_next(&self) {
        self.end().fail_next = true;
    }

    /// What a person sees now: dark when unplugged.
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.end().picture()
    }

    /// A copy of the chip as it is now.
    #[must_use]
    pub fn chip(&self) -> Ssd1306 {
        self.end().chip.clone()
    }

    /// What went over the wire so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.end().chip.stats()
    }

    /// Everything the chip refused so far. A test of the appliance ends with this being empty.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.end().chip.violations().to_vec()
    }

    /// Waits until the glass shows something for which `is_it` holds; `wanted` names it for the error.
    ///
    /// # Errors
    /// [`TimedOut`] after `within`, with the last picture.
    pub fn wait_picture(
        &self,
        within: Duration,
        wanted: &str,
        mut is_it: impl FnMut(&Picture) -> bool,
    ) -> Result<Picture, TimedOut> {
        let not_yet = |end: &mut End| !is_it(&end.picture());
        let end = self
            .0
            .changed
            .wait_timeout_while(self.end(), within, not_yet);
        let (end, timeout) = end.unwrap_or_else(PoisonError::into_inner);
        let last = end.picture();
        if timeout.timed_out() {
            return Err(TimedOut {
                wanted: wanted.to_owned(),
                last,
            });
        }
        Ok(last)
    }

    /// From now on every different picture is kept, transaction by transaction: for tests about what
    /// must never be seen, not even for the time of one message.
    pub fn keep_pictures(&self) {
        let mut end = self.end();
        end.seen = Some(vec![end.picture()]);
    }

    /// The pictures kept since [`Self::keep_pictures`], oldest first.
    #[must_use]
    pub fn kept_pictures(&self) -> Vec<Picture> {
        self.end().seen.clone().unwrap_or_default()
    }

    /// A panicking test leaves the chip in a readable state: every write is complete or refused.
    fn end(&self) -> MutexGuard<'_, End> {
        self.0.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl End {
    fn picture(&self) -> Picture {
        let picture = self.chip.picture();
        if self.plugged {
            return picture;
        }
        Picture::from_fn(picture.width(), picture.height(), |_, _| false)
    }

    fn look(&mut self) {
        let picture = self.picture();
        if let Some(seen) = self
            .seen
            .as_mut()
            .filter(|seen| seen.last() != Some(&picture))
        {
            seen.push(picture);
        }
    }
}

impl ErrorType for Cable {
    type Error = BusError;
}

impl I2c for Cable {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        // Adjacent writes are one write on the wire: no start condition between them.
        let mut bytes = Vec::new();
        for operation in operations {
            match operation {
                Operation::Write(part) => bytes.extend_from_slice(part),
                Operation::Read(_) => return Err(BusError::Read),
            }
        }
        self.send(address, &bytes)
    }
}
