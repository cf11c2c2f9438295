//! The cable as a driver sees it: the traits of `embedded-hal`.

use std::convert::Infallible;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::spi::{self, ErrorKind, Operation, SpiDevice};

use super::{Line, SpiCable, SpiFault};

/// The bus.
#[derive(Clone)]
pub struct Spi(pub(super) SpiCable);

impl spi::Error for SpiFault {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl spi::ErrorType for Spi {
    type Error = SpiFault;
}

impl SpiDevice<u8> for Spi {
    /// There is no wire back: what is read is 0.
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), SpiFault> {
        let mut bytes = Vec::new();
        for operation in operations {
            match operation {
                Operation::Write(part) => bytes.extend_from_slice(part),
                Operation::Read(buffer) => {
                    bytes.resize(bytes.len() + buffer.len(), 0);
                    buffer.fill(0);
                }
                Operation::Transfer(read, write) => {
                    bytes.extend_from_slice(write);
                    read.fill(0);
                }
                Operation::TransferInPlace(buffer) => {
                    bytes.extend_from_slice(buffer);
                    buffer.fill(0);
                }
                Operation::DelayNs(ns) => self.0.clock().delay_ns(*ns),
            }
        }
        self.0.spi_write(&bytes)
    }
}

/// A line that the board drives.
#[derive(Clone)]
pub struct OutputLine {
    cable: SpiCable,
    line: Line,
}

impl OutputLine {
    pub(super) fn new(cable: SpiCable, line: Line) -> Self {
        Self { cable, line }
    }
}

impl digital::ErrorType for OutputLine {
    type Error = Infallible;
}

impl OutputPin for OutputLine {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.cable.set_line(self.line, false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.cable.set_line(self.line, true);
        Ok(())
    }
}

/// A line that the board reads.
#[derive(Clone)]
pub struct InputLine {
    cable: SpiCable,
    line: Line,
}

impl InputLine {
    pub(super) fn new(cable: SpiCable, line: Line) -> Self {
        Self { cable, line }
    }
}

impl digital::ErrorType for InputLine {
    type Error = Infallible;
}

impl InputPin for InputLine {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.cable.line_level(self.line))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.cable.line_level(self.line))
    }
}
