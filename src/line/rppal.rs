//! Lines through rppal: the registers of the Raspberry Pi models it knows.
//!
//! Registers know nothing of who else uses a line, so the kernel is asked first.

use ::rppal::gpio::{Error, Gpio};

pub(super) use ::rppal::gpio::{InputPin, OutputPin};

use super::{LineError, cdev};
use crate::board::Pull;

/// What errors name in place of a chip.
const DRIVER: &str = "rppal";

/// The registers of a model that rppal knows.
#[derive(Clone)]
pub(super) struct Registers(Gpio);

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
        Ok(match pull {
            Pull::Up => pin.into_input_pullup(),
            Pull::Down => pin.into_input_pulldown(),
            Pull::Off => pin.into_input(),
        })
    }

    fn take(&self, line: u8) -> Result<::rppal::gpio::Pin, LineError> {
        cdev::refuse_taken(line)?;
        self.0.get(line).map_err(|error| LineError::Line {
            chip: DRIVER.into(),
            line,
            what: "cannot be taken",
            why: error.to_string(),
        })
    }
}
