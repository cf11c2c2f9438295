//! The I2C cable between a board and a panel: a shared handle on a simulated module that can be pulled
//! out, put back, watched and waited for.
//!
//! Clones are the same cable. It implements [`I2c`], so a real driver can be put on it, and hands out
//! what a person sees; waiting is on the event (a transaction), never on time passing.

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use embedded_hal::digital::{self, OutputPin};
use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};

use crate::clock::Clock;
use crate::oled::{Oled, OledModule, OledState, control_bytes};
use crate::picture::Picture;
use crate::stats::{Stats, bits_at};
use crate::violation::Violation;
use crate::watch::{Sight, Watched};

pub use crate::watch::TimedOut;

/// The bus clock in hertz unless told otherwise: "fast mode", the most every one of these chips takes.
const HZ: u32 = 400_000;

/// A cable with a module at its end.
#[derive(Clone)]
pub struct Cable(Arc<Watched<End>>);

struct End {
    address: u8,
    chip: Box<dyn Oled>,
    clock: Clock,
    hz: u32,
    stats: Stats,
    violations: Vec<Violation>,
    plugged: bool,
    /// The level of the reset line, which is pulled up on the module.
    reset: bool,
    quarters: u32,
    fail_next: bool,
    /// After so many more bytes somebody pulls the cable.
    unplug_after: Option<usize>,
    album: Option<Vec<Picture>>,
}

/// Why a transaction failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BusError {
    /// Nothing is plugged in, or nothing has this address.
    #[error("no acknowledge: nothing answers at the address")]
    Unplugged,
    /// The chip would not have understood it.
    #[error("no acknowledge: {0}")]
    Refused(#[from] Violation),
    /// The cable was pulled in the middle of it.
    #[error("no acknowledge: the cable was pulled")]
    Pulled,
}

impl embedded_hal::i2c::Error for BusError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unplugged => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
            Self::Refused(_) | Self::Pulled => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
        }
    }
}

impl Cable {
    /// A cable with a fresh SSD1306 of 128x64 at this 7-bit address, plugged in.
    #[must_use]
    pub fn new(address: u8) -> Self {
        Self::with(OledModule::Ssd1306, address)
    }

    /// A cable with a fresh module at this 7-bit address (0x3C or 0x3D, all of them), plugged in.
    #[must_use]
    pub fn with(module: OledModule, address: u8) -> Self {
        Self(Arc::new(Watched::new(End {
            address,
            chip: module.build(),
            clock: Clock::simulated(),
            hz: HZ,
            stats: Stats::default(),
            violations: Vec::new(),
            plugged: true,
            reset: true,
            quarters: 0,
            fail_next: false,
            unplug_after: None,
            album: None,
        })))
    }

    /// A person looks at the module turned anticlockwise by so many quarters of a turn: e-paper that
    /// lies on its side, because the driver turns pictures clockwise by as many. OLEDs are modelled the
    /// way up they lie, the HAT's too: no mounting for them. Before the first picture.
    pub fn mount(&self, quarters: u32) {
        self.0.look().quarters = quarters;
    }

    /// Another bus clock, in hertz (400 kHz unless told otherwise).
    pub fn set_hz(&self, hz: u32) {
        self.0.look().hz = hz;
    }

    /// Another time to live in. Before the first transaction.
    pub fn run_on(&self, clock: Clock) {
        self.0.look().clock = clock;
    }

    /// The time this cable lives in.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.0.look().clock.clone()
    }

    /// A delay in the time of [`Self::clock`], for a driver. (It is a `DelayNs`.)
    #[must_use]
    pub fn delay(&self) -> Clock {
        self.clock()
    }

    /// The board drives the reset line, on modules that have one. Low: registers are reset, and stay so.
    pub fn set_reset(&self, high: bool) {
        self.0.change(|end| {
            end.reset = high;
            if !high {
                end.chip.reset();
            }
        });
    }

    /// The reset line, for a driver.
    #[must_use]
    pub fn reset(&self) -> ResetLine {
        ResetLine(self.clone())
    }

    /// One write transaction; the bytes are those after the address.
    ///
    /// # Errors
    /// Not acknowledged: nothing there, or nothing the chip understands.
    pub fn i2c_write(&self, address: u8, bytes: &[u8]) -> Result<(), BusError> {
        self.0.change(|end| end.write(address, bytes))
    }

    /// One read transaction: these chips answer every byte with their status.
    ///
    /// # Errors
    /// Not acknowledged: nothing there. To ask an address that nobody has is no violation.
    pub fn i2c_read(&self, address: u8, buffer: &mut [u8]) -> Result<(), BusError> {
        self.0.change(|end| end.read(address, buffer))
    }

    /// The same as [`Self::i2c_write`].
    ///
    /// # Errors
    /// As there.
    pub fn send(&self, address: u8, bytes: &[u8]) -> Result<(), BusError> {
        self.i2c_write(address, bytes)
    }

    /// Pulls the panel out: it goes dark and answers no more.
    pub fn unplug(&self) {
        self.0.change(|end| end.plugged = false);
    }

    /// Pulls the panel out as soon as it has taken `bytes` more bytes (after the address).
    pub fn unplug_after(&self, bytes: usize) {
        self.0.look().unplug_after = Some(bytes);
    }

    /// Puts the panel back: its registers are reset, its RAM holds noise.
    pub fn replug(&self) {
        self.0.change(|end| {
            if !end.plugged {
                end.chip.power_cycle();
                end.plugged = true;
            }
        });
    }

    /// Lets the next transaction go unanswered, as a loose contact does; the chip keeps its supply.
    pub fn fail_next(&self) {
        self.0.look().fail_next = true;
    }

    /// What a person sees now: dark when unplugged.
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.0.look().picture()
    }

    /// What the chip's registers say.
    #[must_use]
    pub fn chip(&self) -> OledState {
        self.0.look().chip.state()
    }

    /// What went over the wire so far, as far as a chip was there.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.look().stats
    }

    /// Everything the chip refused so far. A test of the appliance ends with this being empty.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.0.look().violations.clone()
    }

    /// Waits until the glass shows something for which `is_it` holds; `wanted` names it for the error.
    ///
    /// # Errors
    /// [`TimedOut`] after `within`, with the last picture.
    pub fn wait_picture(
        &self,
        within: Duration,
        wanted: &str,
        is_it: impl FnMut(&Picture) -> bool,
    ) -> Result<Picture, TimedOut> {
        self.0.wait_picture(within, wanted, is_it)
    }

    /// From now on every different picture is kept, transaction by transaction: for tests about what
    /// must never be seen, not even for the time of one message.
    pub fn keep_pictures(&self) {
        self.0.keep_pictures();
    }

    /// The pictures kept since [`Self::keep_pictures`], oldest first.
    #[must_use]
    pub fn kept_pictures(&self) -> Vec<Picture> {
        self.0.kept_pictures()
    }
}

impl End {
    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), BusError> {
        if !self.plugged || std::mem::take(&mut self.fail_next) {
            return Err(BusError::Unplugged);
        }
        let pulled_at = self.unplug_after.filter(|left| *left < bytes.len());
        let arriving = &bytes[..pulled_at.unwrap_or(bytes.len())];
        self.stats.transactions += 1;
        self.stats.bytes += bytes.len() as u64;
        self.take_time(bytes.len());
        let mut outcome = Err(Violation::Address(address));
        if address == self.address {
            outcome = match arriving {
                [] => Ok(()),
                _ if !self.reset => Err(Violation::InReset),
                _ => control_bytes::receive(&mut *self.chip, arriving, &mut self.stats.ram_bytes),
            };
        }
        if pulled_at.is_some() {
            // Whatever was wrong with half a message is not the sender's fault.
            self.unplug_after = None;
            self.plugged = false;
            return Err(BusError::Pulled);
        }
        if let Some(left) = &mut self.unplug_after {
            *left -= bytes.len();
        }
        if let Err(violation) = &outcome {
            self.violations.push(violation.clone());
        }
        Ok(outcome?)
    }

    fn read(&mut self, address: u8, buffer: &mut [u8]) -> Result<(), BusError> {
        self.take_time(buffer.len());
        let answers = self.plugged && self.reset && address == self.address;
        if std::mem::take(&mut self.fail_next) || !answers {
            return Err(BusError::Unplugged);
        }
        buffer.fill(self.chip.status());
        Ok(())
    }

    /// Start, address, bytes and stop: 9 bits a byte with its acknowledge.
    fn take_time(&mut self, bytes: usize) {
        let time = bits_at(2 + 9 * (1 + bytes as u64), self.hz);
        self.stats.bus_time += time;
        self.clock.spend(time);
    }
}

impl Sight for End {
    fn picture(&mut self) -> Picture {
        let picture = self.chip.picture();
        picture.lit_if(self.plugged).turned(self.quarters)
    }

    fn changes_in(&mut self) -> Option<Duration> {
        None
    }

    fn album(&mut self) -> &mut Option<Vec<Picture>> {
        &mut self.album
    }
}

/// The reset line of a module on I2C.
#[derive(Clone)]
pub struct ResetLine(Cable);

impl digital::ErrorType for ResetLine {
    type Error = Infallible;
}

impl OutputPin for ResetLine {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.set_reset(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.set_reset(true);
        Ok(())
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
        let mut writes = operations.is_empty();
        for operation in operations {
            match operation {
                Operation::Write(part) => {
                    writes = true;
                    bytes.extend_from_slice(part);
                }
                Operation::Read(buffer) => {
                    if std::mem::take(&mut writes) {
                        self.i2c_write(address, &std::mem::take(&mut bytes))?;
                    }
                    self.i2c_read(address, buffer)?;
                }
            }
        }
        if writes {
            self.i2c_write(address, &bytes)?;
        }
        Ok(())
    }
}
