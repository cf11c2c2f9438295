//! `/dev/i2c-1`: the ioctls of linux/i2c-dev.h, and plain read and write.

use rustix::io::Errno;

use crate::board::{BusFault, State};
use crate::layout::Layout;
use crate::memory::Memory;

/// linux/i2c-dev.h.
const RETRIES: u32 = 0x0701;
const TIMEOUT: u32 = 0x0702;
const SLAVE: u32 = 0x0703;
const TENBIT: u32 = 0x0704;
const FUNCS: u32 = 0x0705;
const SLAVE_FORCE: u32 = 0x0706;
const RDWR: u32 = 0x0707;
const PEC: u32 = 0x0708;
const SMBUS: u32 = 0x0720;

/// `I2C_RDWR_IOCTL_MAX_MSGS`, and what `i2c-dev.c` allows a message.
const MESSAGES_MAX: u32 = 42;
const MESSAGE_MAX: u16 = 8192;

/// `I2C_M_RD` of linux/i2c.h.
const READ: u16 = 1;

/// `I2C_FUNC_I2C` and `I2C_FUNC_SMBUS_EMUL`: what i2c-bcm2835 says of itself.
const FUNCTIONS: u64 = 0x0eff_0009;

/// A transfer of the message's kind.
pub(crate) enum Message {
    Write(Vec<u8>),
    Read(usize),
}

impl State {
    /// One transaction. Returns what was read, message by message.
    pub(crate) fn i2c(
        &mut self,
        address: u8,
        messages: Vec<Message>,
    ) -> Result<Vec<Vec<u8>>, Errno> {
        // i2c-bcm2835.c says EREMOTEIO for a missing acknowledge.
        let nak = Errno::REMOTEIO;
        self.traffic.transactions += 1;
        let fault = self.i2c_fault.strike();
        if matches!(fault, Some(BusFault::Nak)) {
            return Err(nak);
        }
        let mut answers = Vec::new();
        for message in messages {
            match message {
                Message::Write(bytes) => {
                    if let Some(BusFault::Cut { after }) = fault {
                        let arrived = bytes.get(..after).unwrap_or(&bytes);
                        self.module.i2c_write(address, arrived);
                        return Err(Errno::IO);
                    }
                    self.traffic.bytes += bytes.len() as u64;
                    if !self.module.i2c_write(address, &bytes) {
                        return Err(nak);
                    }
                    answers.push(Vec::new());
                }
                Message::Read(length) => {
                    let mut bytes = vec![0; length];
                    if !self.module.i2c_read(address, &mut bytes) {
                        return Err(nak);
                    }
                    answers.push(bytes);
                }
            }
        }
        Ok(answers)
    }

    /// An ioctl on the bus; `address` is the one that was set.
    pub(crate) fn i2c_ioctl(
        &mut self,
        address: &mut u8,
        request: u32,
        argument: u64,
        memory: &Memory,
    ) -> Result<i64, Errno> {
        match request {
            RETRIES | TIMEOUT | PEC => Ok(0),
            TENBIT if argument == 0 => Ok(0),
            SLAVE | SLAVE_FORCE => {
                let wanted = u8::try_from(argument).map_err(|_| Errno::INVAL)?;
                if wanted > 0x7f {
                    return Err(Errno::INVAL);
                }
                *address = wanted;
                Ok(0)
            }
            FUNCS => {
                memory.write(argument, &FUNCTIONS.to_ne_bytes())?;
                Ok(0)
            }
            RDWR => self.i2c_rdwr(argument, memory),
            SMBUS => self.smbus(*address, argument, memory),
            _ => Err(Errno::NOTTY),
        }
    }

    /// `struct i2c_rdwr_ioctl_data`: a pointer to messages, and how many.
    fn i2c_rdwr(&mut self, argument: u64, memory: &Memory) -> Result<i64, Errno> {
        let data = Layout::of(memory.read(argument, 16)?);
        let (first, count) = (data.u64(0)?, data.u32(8)?);
        if count == 0 || count > MESSAGES_MAX {
            return Err(Errno::INVAL);
        }
        // `struct i2c_msg`: address, flags, length of 16 bits each, two bytes of nothing, pointer.
        let mut addresses = Vec::new();
        let mut messages = Vec::new();
        let mut buffers = Vec::new();
        for at in 0..u64::from(count) {
            let message = Layout::of(memory.read(first + 16 * at, 16)?);
            let (flags, length) = (message.u16(2)?, message.u16(4)?);
            let buffer = message.u64(8)?;
            if length > MESSAGE_MAX {
                return Err(Errno::INVAL);
            }
            addresses.push(u8::try_from(message.u16(0)?).map_err(|_| Errno::INVAL)?);
            buffers.push(buffer);
            messages.push(if flags & READ == 0 {
                Message::Write(memory.read(buffer, length.into())?)
            } else {
                Message::Read(length.into())
            });
        }
        // Several chips in one transaction is nobody's business here.
        let address = addresses[0];
        if addresses.iter().any(|other| *other != address) {
            return Err(Errno::OPNOTSUPP);
        }
        let answers = self.i2c(address, messages)?;
        for (buffer, bytes) in buffers.into_iter().zip(answers) {
            memory.write(buffer, &bytes)?;
        }
        Ok(count.into())
    }

    /// `struct i2c_smbus_ioctl_data`: direction, command, size, pointer to `union i2c_smbus_data`. The
    /// kernel's emulation over plain messages (`i2c-core-smbus.c`).
    fn smbus(&mut self, address: u8, argument: u64, memory: &Memory) -> Result<i64, Errno> {
        const QUICK: u32 = 0;
        const BYTE: u32 = 1;
        const BYTE_DATA: u32 = 2;
        const WORD_DATA: u32 = 3;
        const BLOCK_DATA: u32 = 5;
        const I2C_BLOCK_DATA: u32 = 8;
        const BLOCK_MAX: u8 = 32;
        let data = Layout::of(memory.read(argument, 16)?);
        let (reads, command, size) = (data.u8(0)? == 1, data.u8(1)?, data.u32(4)?);
        let union = data.u64(8)?;
        let message = match (size, reads) {
            (QUICK, _) => vec![Message::Write(Vec::new())],
            (BYTE, false) => vec![Message::Write(vec![command])],
            (BYTE, true) => vec![Message::Read(1)],
            (BYTE_DATA | WORD_DATA, true) => {
                let length = if size == BYTE_DATA { 1 } else { 2 };
                vec![Message::Write(vec![command]), Message::Read(length)]
            }
            (BYTE_DATA | WORD_DATA, false) => {
                let length = if size == BYTE_DATA { 1 } else { 2 };
                let mut bytes = vec![command];
                bytes.extend(memory.read(union, length)?);
                vec![Message::Write(bytes)]
            }
            (BLOCK_DATA | I2C_BLOCK_DATA, false) => {
                let length = Layout::of(memory.read(union, 1)?).u8(0)?;
                if length > BLOCK_MAX {
                    return Err(Errno::INVAL);
                }
                let mut bytes = vec![command];
                if size == BLOCK_DATA {
                    bytes.push(length);
                }
                bytes.extend(memory.read(union + 1, length.into())?);
                vec![Message::Write(bytes)]
            }
            _ => return Err(Errno::OPNOTSUPP),
        };
        let answers = self.i2c(address, message)?;
        if let Some(read) = answers.last().filter(|read| !read.is_empty()) {
            memory.write(union, read)?;
        }
        Ok(0)
    }
}
