//! `/dev/spidev0.0`: the ioctls of linux/spi/spidev.h, and plain read and write.

use rustix::io::Errno;

use crate::board::{BusFault, State};
use crate::layout::Layout;
use crate::memory::Memory;

/// `bufsiz` of spidev.c: the most a message may carry in one direction.
pub(crate) const MESSAGE_MAX: usize = 4096;

/// Bytes of `struct spi_ioc_transfer`.
const TRANSFER: usize = 32;

/// The upper bits of an ioctl number (asm-generic/ioctl.h).
const DIRECTION_READ: u32 = 2;
const DIRECTION_WRITE: u32 = 1;

/// What was set on one open file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpiSettings {
    /// `SPI_MODE_n` and flags.
    pub mode: u32,
    /// Bits in a word; 0 stands for 8.
    pub bits: u8,
    /// Clock, in hertz.
    pub hz: u32,
    /// Lowest bit first.
    pub lsb_first: bool,
}

impl Default for SpiSettings {
    /// What the Pi's device tree gives spidev: 125 MHz (`spi-max-frequency`).
    fn default() -> Self {
        Self {
            mode: 0,
            bits: 0,
            hz: 125_000_000,
            lsb_first: false,
        }
    }
}

impl State {
    /// Bytes that go out while the chip is selected.
    pub(crate) fn spi(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        if bytes.len() > MESSAGE_MAX {
            return Err(Errno::MSGSIZE);
        }
        self.traffic.transactions += 1;
        match self.spi_fault.strike() {
            // Nothing acknowledges on SPI: only the controller can fail.
            Some(BusFault::Nak) => return Err(Errno::IO),
            Some(BusFault::Cut { after }) => {
                let arrived = bytes.get(..after).unwrap_or(bytes);
                self.module.spi_write(arrived);
                return Err(Errno::IO);
            }
            None => {}
        }
        self.traffic.bytes += bytes.len() as u64;
        self.module.spi_write(bytes);
        Ok(())
    }

    /// An ioctl on the device.
    pub(crate) fn spi_ioctl(
        &mut self,
        settings: &mut SpiSettings,
        request: u32,
        argument: u64,
        memory: &Memory,
    ) -> Result<i64, Errno> {
        let direction = request >> 30;
        let size = (request >> 16 & 0x3fff) as usize;
        let number = request & 0xff;
        if number == 0 {
            return self.spi_message(argument, size, memory);
        }
        let reads = match direction {
            DIRECTION_READ => true,
            DIRECTION_WRITE => false,
            _ => return Err(Errno::NOTTY),
        };
        let given = if reads {
            0
        } else {
            let bytes = Layout::of(memory.read(argument, size)?);
            match size {
                1 => bytes.u8(0)?.into(),
                4 => bytes.u32(0)?,
                _ => return Err(Errno::NOTTY),
            }
        };
        let value = match (number, size) {
            (1, 1) | (5, 4) => field(&mut settings.mode, reads, given),
            (2, 1) => {
                if !reads {
                    settings.lsb_first = given != 0;
                }
                settings.lsb_first.into()
            }
            (3, 1) => {
                // spi-bcm2835.c knows words of 8 bits only.
                if !reads && !matches!(given, 0 | 8) {
                    return Err(Errno::INVAL);
                }
                let mut bits = settings.bits.into();
                let value = field(&mut bits, reads, given);
                settings.bits = u8::try_from(bits).map_err(|_| Errno::INVAL)?;
                value
            }
            (4, 4) => {
                if !reads && given == 0 {
                    return Err(Errno::INVAL);
                }
                field(&mut settings.hz, reads, given)
            }
            _ => return Err(Errno::NOTTY),
        };
        if reads {
            let bytes = value.to_ne_bytes();
            // Little-endian, as everything that runs this: a byte is the first of the four.
            memory.write(argument, &bytes[..size.min(bytes.len())])?;
        }
        self.spi_settings = *settings;
        Ok(0)
    }

    /// `SPI_IOC_MESSAGE(n)`. Returns how many bytes went over the wire.
    fn spi_message(&mut self, argument: u64, size: usize, memory: &Memory) -> Result<i64, Errno> {
        if !size.is_multiple_of(TRANSFER) {
            return Err(Errno::INVAL);
        }
        let transfers = memory.read(argument, size)?;
        let mut sent = Vec::new();
        let mut received = Vec::new();
        let (mut out, mut back) = (0, 0);
        for transfer in transfers.chunks(TRANSFER) {
            let transfer = Layout::of(transfer.to_vec());
            let (tx, rx) = (transfer.u64(0)?, transfer.u64(8)?);
            let length = transfer.u32(16)? as usize;
            out += if tx == 0 { 0 } else { length };
            back += if rx == 0 { 0 } else { length };
            if out > MESSAGE_MAX || back > MESSAGE_MAX {
                return Err(Errno::MSGSIZE);
            }
            // Without a buffer, zeroes are shifted out.
            sent.extend(if tx == 0 {
                vec![0; length]
            } else {
                memory.read(tx, length)?
            });
            if rx != 0 {
                received.push((rx, length));
            }
        }
        self.spi(&sent)?;
        for (buffer, length) in received {
            memory.write(buffer, &vec![0; length])?;
        }
        // At most 4096 of them, or of zeroes.
        i64::try_from(sent.len()).map_err(|_| Errno::MSGSIZE)
    }
}

fn field(place: &mut u32, reads: bool, given: u32) -> u32 {
    if !reads {
        *place = given;
    }
    *place
}
