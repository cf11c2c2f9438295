//! How commands and display data are told apart over four-wire SPI: by the level of D/C while the last
//! bit of a byte is clocked in (SSD1306 datasheet 8.1.3, SH1106 "4 wire serial interface").

use super::Oled;
use crate::violation::Violation;

/// An OLED controller on SPI: it remembers a command whose parameters have not come yet, also while
/// it is not selected.
pub struct SerialOled {
    pub chip: Box<dyn Oled>,
    pending: Vec<u8>,
}

impl SerialOled {
    pub fn new(chip: Box<dyn Oled>) -> Self {
        Self {
            chip,
            pending: Vec::new(),
        }
    }

    /// Power or reset: a command that was begun is forgotten.
    pub fn forget(&mut self) {
        self.pending.clear();
    }

    /// Bytes at one level of D/C. After a violation the rest of them is not looked at.
    pub fn receive(
        &mut self,
        data: bool,
        bytes: &[u8],
        ram_bytes: &mut u64,
    ) -> Result<(), Violation> {
        if data {
            if let Some(&command) = self.pending.first().filter(|_| !bytes.is_empty()) {
                self.pending.clear();
                return Err(Violation::Truncated(command));
            }
            for byte in bytes {
                *ram_bytes += 1;
                self.chip.data(*byte)?;
            }
            return Ok(());
        }
        self.pending.extend_from_slice(bytes);
        while !self.pending.is_empty() {
            match self.chip.command(&self.pending) {
                Ok(Some(used)) => drop(self.pending.drain(..used)),
                Ok(None) => break,
                Err(violation) => {
                    self.pending.clear();
                    return Err(violation);
                }
            }
        }
        Ok(())
    }
}
