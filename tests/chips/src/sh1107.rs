//! A simulated SH1107 on a 128x128 module: it scans columns, not rows.
//!
//! Follows the Sino Wealth datasheet, "Display data RAM" and "Commands" 1 to 23. A column of RAM belongs
//! to a common output and the 128 bits of its 16 pages to the segment outputs, so that "segment remap"
//! turns the picture over and "common scan direction" mirrors it: the other way round than on the
//! SSD1306. Both happen where RAM is read.

mod command;
#[cfg(test)]
mod tests;

use crate::noise::noise;
use crate::oled::{Oled, OledState};
use crate::picture::Picture;
use crate::violation::Violation;
use command::Command;

/// Segment outputs, common outputs, pixels across and down.
const SIDE: usize = 128;

/// Pages of 8 segments each.
const PAGES: usize = SIDE / 8;

/// The registers, as the reset leaves them (the (POR) of each command).
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "one flag for each bit of the datasheet"
)]
struct Registers {
    vertical: bool,
    column: usize,
    page: usize,
    /// "Specify column address to determine the initial display line or COM0."
    start_column: usize,
    offset: usize,
    multiplex: usize,
    contrast: u8,
    segments_reversed: bool,
    commons_reversed: bool,
    all_on: bool,
    inverted: bool,
    converter: bool,
    on: bool,
    clock: u8,
    precharge: u8,
}

const RESET: Registers = Registers {
    vertical: false,
    column: 0,
    page: 0,
    start_column: 0,
    offset: 0,
    multiplex: 127,
    contrast: 0x80,
    segments_reversed: false,
    commons_reversed: false,
    all_on: false,
    inverted: false,
    converter: true,
    on: false,
    clock: 0x50,
    precharge: 0x22,
};

/// The chip and the glass it drives.
pub struct Sh1107 {
    registers: Registers,
    /// By column, then page.
    ram: Vec<[u8; PAGES]>,
    power_ups: u64,
}

impl Sh1107 {
    /// A chip that was just powered.
    #[must_use]
    pub fn new() -> Self {
        let mut chip = Self {
            registers: RESET,
            ram: vec![[0; PAGES]; SIDE],
            power_ups: 0,
        };
        chip.power_cycle();
        chip
    }

    fn execute(&mut self, command: Command) -> Result<(), Violation> {
        let r = &mut self.registers;
        match command {
            Command::ColumnLow(low) => r.column = r.column & 0x70 | usize::from(low),
            Command::ColumnHigh(high) => r.column = usize::from(high) << 4 | r.column & 0x0f,
            Command::Vertical(vertical) => r.vertical = vertical,
            Command::Contrast(contrast) => r.contrast = contrast,
            Command::SegmentsReversed(reversed) => r.segments_reversed = reversed,
            Command::CommonsReversed(reversed) => r.commons_reversed = reversed,
            Command::Multiplex(multiplex) => r.multiplex = usize::from(multiplex),
            Command::AllOn(all_on) => r.all_on = all_on,
            Command::Inverted(inverted) => r.inverted = inverted,
            Command::Offset(offset) => r.offset = usize::from(offset),
            Command::Converter(on) => {
                if r.on {
                    return Err(Violation::SupplyWhileOn);
                }
                r.converter = on;
            }
            Command::On(on) => r.on = on,
            Command::Page(page) => r.page = usize::from(page),
            Command::Clock(clock) => r.clock = clock,
            Command::Precharge(precharge) => r.precharge = precharge,
            Command::StartColumn(column) => r.start_column = usize::from(column),
            Command::Deselect | Command::Nop => {}
        }
        Ok(())
    }

    /// Column of RAM that the common output `common` shows, if it is scanned at all.
    fn column_at(&self, common: usize) -> Option<usize> {
        let r = &self.registers;
        let turn = if r.commons_reversed {
            r.multiplex + SIDE + r.offset - common
        } else {
            common + r.offset
        } % SIDE;
        (turn <= r.multiplex).then_some((turn + r.start_column) % SIDE)
    }
}

impl Oled for Sh1107 {
    fn command(&mut self, bytes: &[u8]) -> Result<Option<usize>, Violation> {
        let Some((command, used)) = Command::parse(bytes)? else {
            return Ok(None);
        };
        self.execute(command)?;
        Ok(Some(used))
    }

    fn data(&mut self, byte: u8) -> Result<(), Violation> {
        let r = &mut self.registers;
        if r.column >= SIDE {
            // There are no more than 16 pages.
            let page = u8::try_from(r.page).unwrap_or(u8::MAX);
            return Err(Violation::PastTheEnd(page));
        }
        self.ram[r.column][r.page] = byte;
        if r.vertical {
            r.page = (r.page + 1) % PAGES;
            if r.page == 0 {
                r.column = (r.column + 1) % SIDE;
            }
        } else {
            r.column += 1;
        }
        Ok(())
    }

    fn power_cycle(&mut self) {
        self.registers = RESET;
        self.power_ups += 1;
        let noise = noise(self.power_ups ^ 0x1107);
        for (byte, noise) in self.ram.iter_mut().flatten().zip(noise) {
            *byte = noise;
        }
    }

    fn reset(&mut self) {
        self.registers = RESET;
    }

    /// Common 0 is at the left, segment 0 at the top.
    fn picture(&self) -> Picture {
        let r = self.registers;
        Picture::from_fn(128, 128, |x, y| {
            let Some(column) = self.column_at(x as usize).filter(|_| r.on && r.converter) else {
                return false;
            };
            let segment = if r.segments_reversed {
                SIDE - 1 - y as usize
            } else {
                y as usize
            };
            let byte = self.ram[column][segment / 8];
            r.all_on || (byte >> (segment % 8) & 1 == 1) != r.inverted
        })
    }

    /// "Read ID": bit 6 is low while the display is on; the lower bits are 000111.
    fn status(&self) -> u8 {
        u8::from(!self.registers.on) << 6 | 0x07
    }

    fn state(&self) -> OledState {
        let r = &self.registers;
        OledState {
            on: r.on,
            contrast: r.contrast,
            clock: r.clock,
            precharge: r.precharge,
        }
    }
}
