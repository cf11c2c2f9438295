//! Lines through rppal: the registers of the Raspberry Pi models it knows.
//!
//! Registers know nothing of who else uses a line, so the kernel is asked first.

use std::time::Duration;

use ::rppal::gpio::{Error, Gpio, Pin, Trigger};
pub(super) use ::rppal::gpio::{InputPin, OutputPin};
use rustix::io::Errno;

use super::{LineError, cdev, header};
use crate::board::Pull;

/// What errors name in place of a chip.
const DRIVER: &str = "rppal";

/// The registers of a model that rppal knows.
#[derive(Clone)]
pub(crate) struct Registers(Gpio);

impl Registers {
    pub(super) fn open() -> Result<Self, LineError> {
        Gpio::new().map(Self).map_err(|error| LineError::Registers {
            why: error.to_string(),
            fix: match error {
                Error::PermissionDenied(_) => {
                    "the user needs the group gpio, the unit DeviceAllow for /dev/gpiomem*"
                }
                _ => "gpio = \"gpiocdev\" needs only the kernel's character device",
            },
        })
    }

    pub(super) fn output(&self, line: u8, high: bool) -> Result<OutputPin, LineError> {
        let pin = self.take(line)?;
        Ok(if high {
            pin.into_output_high()
        } else {
            pin.into_output_low()
        })
    }

    pub(super) fn input(&self, line: u8, pull: Pull) -> Result<InputPin, LineError> {
        let pin = self.take(line)?;
        let mut pin = match pull {
            Pull::Up => pin.into_input_pullup(),
            Pull::Down => pin.into_input_pulldown(),
            Pull::Off => pin.into_input(),
        };
        // Otherwise the resistor goes with the pin, config.txt's as well: a line that is muted, or waits
        // for the next start, would float, and one with a capacitor be found low.
        pin.set_reset_on_drop(false);
        Ok(pin)
    }

    /// Takes a line as an input and tells every change of its level with the time since boot, as far
    /// as its edges can be told. Only then is there a `listener`, and it is dropped when none will be
    /// told any more: rppal's thread ends with the first system call that fails, and says so to nobody.
    pub(crate) fn watch<F: FnMut(bool, Duration) + Send + 'static>(
        &self,
        line: u8,
        pull: Pull,
        debounce: Option<Duration>,
        listener: impl FnOnce() -> F,
    ) -> Result<Watched, LineError> {
        let mut pin = self.input(line, pull)?;
        // The request behind `set_async_interrupt` is made in its thread, where a refusal is lost:
        // this one is made here, and let go of again.
        let tried = cdev::leniently(debounce, |debounce| {
            let outcome = pin.set_interrupt(Trigger::Both, debounce);
            outcome.map_err(|error| (errno(&error), error))
        });
        let (edges, debounce) = match tried {
            Ok(((), debounce)) => (true, debounce),
            Err((errno, _)) if cdev::means_no_edges(errno) => (false, None),
            Err((errno, error)) => return Err(refused(line, errno, &error)),
        };
        if edges {
            let mut tell = listener();
            let callback = move |event: ::rppal::gpio::Event| {
                tell(event.trigger == Trigger::RisingEdge, event.timestamp);
            };
            pin.clear_interrupt()
                .and_then(|()| pin.set_async_interrupt(Trigger::Both, debounce, callback))
                .map_err(|error| refused(line, errno(&error), &error))?;
        }
        Ok(Watched { pin, edges })
    }

    fn take(&self, line: u8) -> Result<Pin, LineError> {
        header::refuse_taken(line)?;
        self.0
            .get(line)
            .map_err(|error| refused(line, errno(&error), &error))
    }
}

/// A line whose changes are told while this lives.
pub(crate) struct Watched {
    pin: InputPin,
    edges: bool,
}

impl Watched {
    pub(crate) fn is_high(&self) -> bool {
        self.pin.is_high()
    }

    pub(crate) fn edges(&self) -> bool {
        self.edges
    }
}

/// The error of a line whose listener was dropped.
pub(crate) fn unheard(line: u8) -> LineError {
    LineError::Line {
        chip: DRIVER.into(),
        line,
        what: "tells no more edges",
        why: "its thread has ended".into(),
    }
}

fn refused(line: u8, errno: Errno, error: &Error) -> LineError {
    if errno == Errno::BUSY {
        return header::taken(DRIVER, line);
    }
    LineError::Line {
        chip: DRIVER.into(),
        line,
        what: "cannot be taken",
        why: error.to_string(),
    }
}

/// The system's number behind an error of rppal; `EIO` where there is none.
fn errno(error: &Error) -> Errno {
    match error {
        Error::Io(error) => Errno::from_io_error(error).unwrap_or(Errno::IO),
        Error::PinUsed(_) => Errno::BUSY,
        _ => Errno::IO,
    }
}
