//! The kernel's I2C for a panel, with errors in words that say what to do.

use std::fmt;

use embedded_hal::i2c::{
    Error, ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation, SevenBitAddress,
};
use linux_embedded_hal::I2cdev;
use linux_embedded_hal::i2cdev::linux::LinuxI2CError;
use rustix::io::Errno;

/// A bus that is open.
pub(super) struct Kernel(pub(super) I2cdev);

/// A transfer that failed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(Errno);

impl Refusal {
    /// Nobody acknowledged: `EREMOTEIO` of i2c-bcm2835 and of the Pi 5's i2c-designware, `ENXIO` by the
    /// kernel's own rules (Documentation/i2c/fault-codes.rst).
    const NOBODY: [Errno; 2] = [Errno::REMOTEIO, Errno::NXIO];

    fn fix(self) -> Option<&'static str> {
        Some(match self.0 {
            errno if Self::NOBODY.contains(&errno) => {
                "nothing acknowledges: check its power, wires and address"
            }
            Errno::TIMEDOUT => "the bus hangs: look for a short at SDA (pin 3) or SCL (pin 5)",
            Errno::BUSY => "a driver of the kernel has it: remove its dtoverlay from config.txt",
            _ => return None,
        })
    }
}

/// In words: this is what the error of the panel ends with.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fix() {
            Some(fix) => write!(f, "{}, {fix}", self.0),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl Error for Refusal {
    fn kind(&self) -> ErrorKind {
        match self.0 {
            errno if Self::NOBODY.contains(&errno) => {
                ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown)
            }
            Errno::AGAIN => ErrorKind::ArbitrationLoss,
            Errno::IO | Errno::TIMEDOUT => ErrorKind::Bus,
            _ => ErrorKind::Other,
        }
    }
}

impl ErrorType for Kernel {
    type Error = Refusal;
}

impl I2c for Kernel {
    fn transaction(
        &mut self,
        address: SevenBitAddress,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Refusal> {
        I2c::<SevenBitAddress>::transaction(&mut self.0, address, operations).map_err(|error| {
            Refusal(match error.inner() {
                LinuxI2CError::Errno(errno) => Errno::from_raw_os_error(*errno),
                LinuxI2CError::Io(error) => Errno::from_io_error(error).unwrap_or(Errno::IO),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_to_do() {
        for (errno, said) in [
            (
                Errno::REMOTEIO,
                "Remote I/O error (os error 121), nothing acknowledges: check its power, wires and address",
            ),
            (
                Errno::BUSY,
                "Device or resource busy (os error 16), a driver of the kernel has it: remove its dtoverlay from config.txt",
            ),
            (Errno::IO, "Input/output error (os error 5)"),
        ] {
            assert_eq!(format!("{:?}", Refusal(errno)), said);
        }
        let nobody = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown);
        assert_eq!(Refusal(Errno::NXIO).kind(), nobody);
        assert_eq!(Refusal(Errno::TIMEDOUT).kind(), ErrorKind::Bus);
    }
}
