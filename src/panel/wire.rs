//! The wires to a display controller: I2C, or SPI with a line that tells data from commands.
//!
//! Both speak `display-interface`, which the `ssd1306` crate wants. Its own two crates would do,
//! except that they reduce every error to "bus write error" and that the one for I2C sends at most 16
//! bytes a message. What is sent is the drivers' business.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use display_interface::{DataFormat, DisplayError, WriteOnlyDataCommand};
use embedded_hal::digital::OutputPin;
use embedded_hal::i2c::{Error as _, I2c};
use embedded_hal::spi::{Error as _, SpiDevice};

use super::PanelError;

/// Control byte of an I2C message with commands: Co = 0, D/C# = 0 (SSD1306 datasheet 8.1.5.2, SH1106
/// "I2C bus write data").
const CONTROL_COMMANDS: u8 = 0x00;

/// Control byte of an I2C message with display data: Co = 0, D/C# = 1.
const CONTROL_DATA: u8 = 0x40;

/// Data bytes in one message. Linux takes 8192 bytes a message on I2C (drivers/i2c/i2c-dev.c) and 4096
/// a transfer on SPI (`bufsiz` of drivers/spi/spidev.c); at 100 kHz this one takes 92 ms.
const MESSAGE_DATA: usize = 1024;

/// A way to a controller, and what is known about it.
pub struct Wired<W> {
    /// The way.
    pub bus: W,
    /// Who to name when it fails.
    pub trouble: Trouble,
    /// Whether a message fails when nobody is there.
    pub answers: bool,
    /// Bytes on the wire that every message costs beside what is in it.
    pub message: usize,
}

/// A controller at the 7-bit `address` of an I2C bus; `device` names the bus in errors. Sends nothing.
pub fn i2c<I2C: I2c>(i2c: I2C, address: u8, device: &str) -> Wired<I2cWire<I2C>> {
    let trouble = Trouble::with(format!("{device} address {address:#04x}"));
    let bus = I2cWire {
        i2c,
        address,
        first_error: Arc::clone(&trouble.first_error),
    };
    Wired {
        bus,
        trouble,
        answers: true,
        // The address byte and the control byte.
        message: 2,
    }
}

/// A controller on SPI, with its data/command line; `device` names the bus in errors. Sends nothing.
pub fn spi<SPI: SpiDevice, DC: OutputPin>(
    spi: SPI,
    dc: DC,
    device: &str,
) -> Wired<SpiWire<SPI, DC>> {
    let trouble = Trouble::with(device.to_owned());
    let bus = SpiWire {
        spi,
        dc,
        first_error: Arc::clone(&trouble.first_error),
    };
    Wired {
        bus,
        trouble,
        answers: false,
        message: 0,
    }
}

/// Which panel has trouble, and the first thing its bus said about it. One is enough: a panel is
/// broken after it.
#[derive(Clone)]
pub struct Trouble {
    device: String,
    first_error: Arc<OnceLock<String>>,
}

impl Trouble {
    fn with(device: String) -> Self {
        Self {
            device,
            first_error: Arc::default(),
        }
    }

    /// The error for people: of the bus in its own words, if it said anything.
    #[must_use]
    pub fn tell(&self, error: &DisplayError) -> PanelError {
        let why = self.first_error.get().cloned();
        PanelError::Bus {
            device: self.device.clone(),
            why: why.unwrap_or_else(|| format!("{error:?}")),
        }
    }

    /// The error of a panel whose bus has nothing to say.
    #[must_use]
    pub fn busy(&self, why: String) -> PanelError {
        PanelError::Busy {
            device: self.device.clone(),
            why,
        }
    }

    /// Keeps what the bus said, if it is the first error.
    fn keep(first_error: &OnceLock<String>, kind: &impl Debug, error: &impl Debug) {
        // Only the first one is kept.
        let _ = first_error.set(format!("{kind:?}: {error:?}"));
    }
}

/// I2C: every message begins with a byte that says whether commands or data follow.
pub struct I2cWire<I2C> {
    i2c: I2C,
    address: u8,
    first_error: Arc<OnceLock<String>>,
}

impl<I2C: I2c> I2cWire<I2C> {
    fn send(&mut self, control: u8, payload: &[u8]) -> Result<(), DisplayError> {
        let mut message = Vec::with_capacity(1 + payload.len());
        message.push(control);
        message.extend_from_slice(payload);
        self.i2c.write(self.address, &message).map_err(|error| {
            Trouble::keep(&self.first_error, &error.kind(), &error);
            DisplayError::BusWriteError
        })
    }
}

impl<I2C: I2c> WriteOnlyDataCommand for I2cWire<I2C> {
    fn send_commands(&mut self, commands: DataFormat<'_>) -> Result<(), DisplayError> {
        self.send(CONTROL_COMMANDS, bytes(&commands)?)
    }

    fn send_data(&mut self, data: DataFormat<'_>) -> Result<(), DisplayError> {
        bytes(&data)?
            .chunks(MESSAGE_DATA)
            .try_for_each(|chunk| self.send(CONTROL_DATA, chunk))
    }
}

/// SPI: a line is low for commands and high for data.
pub struct SpiWire<SPI, DC> {
    spi: SPI,
    dc: DC,
    first_error: Arc<OnceLock<String>>,
}

impl<SPI: SpiDevice, DC: OutputPin> SpiWire<SPI, DC> {
    fn send(&mut self, data: bool, payload: &[u8]) -> Result<(), DisplayError> {
        self.dc.set_state(data.into()).map_err(|error| {
            Trouble::keep(&self.first_error, &"the data/command line", &error);
            DisplayError::DCError
        })?;
        for chunk in payload.chunks(MESSAGE_DATA) {
            self.spi.write(chunk).map_err(|error| {
                Trouble::keep(&self.first_error, &error.kind(), &error);
                DisplayError::BusWriteError
            })?;
        }
        Ok(())
    }
}

impl<SPI: SpiDevice, DC: OutputPin> WriteOnlyDataCommand for SpiWire<SPI, DC> {
    fn send_commands(&mut self, commands: DataFormat<'_>) -> Result<(), DisplayError> {
        self.send(false, bytes(&commands)?)
    }

    fn send_data(&mut self, data: DataFormat<'_>) -> Result<(), DisplayError> {
        self.send(true, bytes(&data)?)
    }
}

/// The bytes of a message; nobody here sends words.
fn bytes<'a>(format: &DataFormat<'a>) -> Result<&'a [u8], DisplayError> {
    match format {
        DataFormat::U8(bytes) => Ok(bytes),
        _ => Err(DisplayError::DataFormatNotImplemented),
    }
}
