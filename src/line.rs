//! The lines of the 40-pin header, whoever drives them: opened once, handed out one by one.
//!
//! Levels only: what a line is for is the business of `button/` and `panel/`. Two ways lead to the
//! lines. `rppal` writes the registers of the Raspberry Pi models it knows; `gpiocdev` asks the
//! kernel's character device (v2), on every other machine. Lines have their BCM numbers in both.

pub(crate) mod cdev;
mod header;
pub(crate) mod rppal;

use std::fmt;

use embedded_hal::digital;
use log::info;
use serde::Deserialize;
use thiserror::Error;

use crate::board::Pull;

/// The name the kernel shows for our lines (`gpioinfo`), where the driver lets us choose it.
pub const CONSUMER: &str = "pairbox";

/// Who drives the lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineDriver {
    /// `rppal` where it knows the model and may open its registers, `gpiocdev` everywhere else.
    #[default]
    Auto,
    /// The registers, through `rppal`.
    Rppal,
    /// The kernel's character device, through `gpiocdev`.
    Gpiocdev,
}

/// Why lines, or one of them, cannot be used. Prints as one line that says what to do.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LineError {
    /// The registers cannot be opened.
    #[error("rppal cannot use the lines of this machine ({why}): {fix}")]
    Registers {
        /// The reason in rppal's words.
        why: String,
        /// What to do.
        fix: &'static str,
    },
    /// No chip is the header's.
    #[error("no GPIO chip is the header's: {found}: {fix}")]
    NoChip {
        /// What is there instead.
        found: String,
        /// What to do.
        fix: &'static str,
    },
    /// Somebody else holds it.
    #[error("GPIO {line} of {chip} is used by {holder}: {fix}")]
    Taken {
        /// The chip, by path and label, or the driver.
        chip: String,
        /// The BCM number.
        line: u8,
        /// Who has it, as far as the kernel says.
        holder: String,
        /// What to do.
        fix: &'static str,
    },
    /// It cannot be what it should be, or stopped working.
    #[error("GPIO {line} of {chip} {what}: {why}")]
    Line {
        /// The chip, by path and label, or the driver.
        chip: String,
        /// The BCM number.
        line: u8,
        /// What was wanted of it.
        what: &'static str,
        /// The reason in the system's words.
        why: String,
    },
}

impl digital::Error for LineError {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}

/// The lines of the header. Clones are the same lines.
#[derive(Clone)]
pub struct Lines(Driver);

/// Who drives them.
#[derive(Clone)]
pub(crate) enum Driver {
    Rppal(rppal::Registers),
    Cdev(cdev::Header),
}

impl Lines {
    /// Opens the lines and logs which driver was taken, and why. Touches no line.
    ///
    /// # Errors
    /// [`LineError::Registers`] when `rppal` was asked for and cannot; [`LineError::NoChip`] when the
    /// kernel has no chip of a header, or this user no right to it.
    pub fn open(driver: LineDriver) -> Result<Self, LineError> {
        let cdev = || cdev::Header::find().map(Driver::Cdev);
        let (driver, why) = match driver {
            LineDriver::Gpiocdev => (cdev()?, "as configured".to_owned()),
            LineDriver::Rppal => (
                Driver::Rppal(rppal::Registers::open()?),
                "as configured".to_owned(),
            ),
            LineDriver::Auto => match rppal::Registers::open() {
                Ok(registers) => (
                    Driver::Rppal(registers),
                    "rppal knows this model".to_owned(),
                ),
                Err(error) => (cdev()?, error.to_string()),
            },
        };
        let lines = Self(driver);
        info!("GPIO through {lines}: {why}");
        Ok(lines)
    }

    pub(crate) fn driver(&self) -> &Driver {
        &self.0
    }

    /// Takes a line as an output that has the level `high` from the beginning. It stays as it is
    /// while the value lives, and is let go with it.
    ///
    /// # Errors
    /// [`LineError::Taken`], [`LineError::Line`]; [`LineError::NoChip`] when the chip has gone.
    pub fn output(&self, line: u8, high: bool) -> Result<OutputLine, LineError> {
        Ok(OutputLine(match &self.0 {
            Driver::Rppal(registers) => Output::Rppal(registers.output(line, high)?),
            Driver::Cdev(header) => Output::Cdev(header.output(line, high)?),
        }))
    }

    /// Takes a line as an input with that resistor. It is let go with the value.
    ///
    /// # Errors
    /// Those of [`Lines::output`].
    pub fn input(&self, line: u8, pull: Pull) -> Result<InputLine, LineError> {
        Ok(InputLine(match &self.0 {
            Driver::Rppal(registers) => Input::Rppal(registers.input(line, pull)?),
            Driver::Cdev(header) => Input::Cdev(header.input(line, pull)?),
        }))
    }
}

/// The driver, and the chip where there is a choice: for the log.
impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Driver::Rppal(_) => f.write_str("rppal"),
            Driver::Cdev(header) => write!(f, "gpiocdev, {header}"),
        }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lines({self})")
    }
}

/// A line we drive.
pub struct OutputLine(Output);

enum Output {
    Rppal(rppal::OutputPin),
    Cdev(cdev::Held),
}

impl digital::ErrorType for OutputLine {
    type Error = LineError;
}

impl digital::OutputPin for OutputLine {
    fn set_low(&mut self) -> Result<(), LineError> {
        self.set(false)
    }

    fn set_high(&mut self) -> Result<(), LineError> {
        self.set(true)
    }
}

impl OutputLine {
    fn set(&mut self, high: bool) -> Result<(), LineError> {
        match &mut self.0 {
            Output::Rppal(pin) => {
                pin.write(high.into());
                Ok(())
            }
            Output::Cdev(held) => held.set(high),
        }
    }
}

/// A line we read.
pub struct InputLine(Input);

enum Input {
    Rppal(rppal::InputPin),
    Cdev(cdev::Held),
}

impl digital::ErrorType for InputLine {
    type Error = LineError;
}

impl digital::InputPin for InputLine {
    fn is_high(&mut self) -> Result<bool, LineError> {
        match &self.0 {
            Input::Rppal(pin) => Ok(pin.is_high()),
            Input::Cdev(held) => held.is_high(),
        }
    }

    fn is_low(&mut self) -> Result<bool, LineError> {
        Ok(!self.is_high()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_can_be_handed_to_threads() {
        fn handed<T: Send + 'static>() {}
        handed::<Lines>();
        handed::<OutputLine>();
        handed::<InputLine>();
    }

    #[test]
    fn without_lines_the_error_says_what_to_do() {
        // On a Raspberry Pi the lines may well be there.
        if let Err(error) = Lines::open(LineDriver::Rppal) {
            let said = error.to_string();
            assert!(said.starts_with("rppal cannot use the lines of"), "{said}");
            assert!(said.contains("gpio"), "{said}");
        }
        for driver in [LineDriver::Gpiocdev, LineDriver::Auto] {
            if let Err(error) = Lines::open(driver) {
                let said = error.to_string();
                assert!(said.starts_with("no GPIO chip is the header's: "), "{said}");
            }
        }
    }
}
