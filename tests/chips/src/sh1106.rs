//! A simulated SH1106 on the Waveshare 1.3" OLED HAT: like an SSD1306 at first sight, and not inside.
//!
//! Follows the Sino Wealth datasheet, V2.3: "Display data RAM", "Commands" 1 to 22 and the table after
//! them. 132 columns of which a glass of 128 uses the middle (segments 2 to 129), one addressing mode,
//! a column pointer that stops at the end of its page, a converter that is on by default, and segments
//! that are remapped where RAM is read, so that 0xA1 turns over what is already there.

mod command;
#[cfg(test)]
mod tests;

use crate::noise::noise;
use crate::oled::{Oled, OledState};
use crate::picture::Picture;
use crate::violation::Violation;
use command::Command;

/// Columns of display RAM, and segment outputs.
const SEGMENTS: u8 = 132;

/// The first segment with glass on it.
const FIRST_SEGMENT: u8 = 2;

/// Columns of glass.
const WIDTH: u8 = 128;

/// Rows of display RAM, COM outputs, rows of glass.
const ROWS: u8 = 64;

/// The registers, as the reset leaves them (datasheet "Reset circuit" and the (POR) of each command).
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "one flag for each bit of the datasheet"
)]
struct Registers {
    column: u8,
    page: u8,
    start_line: u8,
    contrast: u8,
    segments_reversed: bool,
    commons_reversed: bool,
    all_on: bool,
    inverted: bool,
    multiplex: u8,
    converter: bool,
    on: bool,
    offset: u8,
    clock: u8,
    precharge: u8,
    pads_alternate: bool,
}

const RESET: Registers = Registers {
    column: 0,
    page: 0,
    start_line: 0,
    contrast: 0x80,
    segments_reversed: false,
    commons_reversed: false,
    all_on: false,
    inverted: false,
    multiplex: 63,
    converter: true,
    on: false,
    offset: 0,
    clock: 0x50,
    precharge: 0x22,
    pads_alternate: true,
};

/// The chip and the glass it drives.
pub struct Sh1106 {
    registers: Registers,
    ram: Vec<[u8; SEGMENTS as usize]>,
    power_ups: u64,
}

impl Sh1106 {
    /// A chip that was just powered.
    #[must_use]
    pub fn new() -> Self {
        let mut chip = Self {
            registers: RESET,
            ram: vec![[0; SEGMENTS as usize]; usize::from(ROWS / 8)],
            power_ups: 0,
        };
        chip.power_cycle();
        chip
    }

    fn execute(&mut self, command: Command) -> Result<(), Violation> {
        let r = &mut self.registers;
        match command {
            Command::ColumnLow(low) => r.column = r.column & 0xf0 | low,
            Command::ColumnHigh(high) => r.column = high << 4 | r.column & 0x0f,
            Command::StartLine(line) => r.start_line = line,
            Command::Contrast(contrast) => r.contrast = contrast,
            Command::SegmentsReversed(reversed) => r.segments_reversed = reversed,
            Command::CommonsReversed(reversed) => r.commons_reversed = reversed,
            Command::AllOn(all_on) => r.all_on = all_on,
            Command::Inverted(inverted) => r.inverted = inverted,
            Command::Multiplex(multiplex) => r.multiplex = multiplex,
            Command::Converter(on) => {
                // "The panel display must be off while issuing this command."
                if r.on {
                    return Err(Violation::SupplyWhileOn);
                }
                r.converter = on;
            }
            Command::On(on) => r.on = on,
            Command::Page(page) => r.page = page,
            Command::Offset(offset) => r.offset = offset,
            Command::Clock(clock) => r.clock = clock,
            Command::Precharge(precharge) => r.precharge = precharge,
            Command::PadsAlternate(alternate) => {
                r.pads_alternate = alternate;
                if !alternate {
                    return Err(Violation::ComPins);
                }
            }
            // Voltages, and what nothing else follows from.
            Command::PumpVoltage | Command::Deselect | Command::Nop => {}
        }
        Ok(())
    }

    /// Whether a pixel of the glass is lit, seen as the HAT lies: segment 2 at the left, common 0 at the
    /// top. The vendor's `SH1106.py` for the HAT sends 0xA0 and 0xC0; with luma.oled, which sends 0xA1
    /// and 0xC8, everybody needs `rotate=2`.
    fn lit(&self, x: u8, y: u8) -> bool {
        let r = &self.registers;
        if !r.on || !r.converter {
            return false;
        }
        let segment = x + FIRST_SEGMENT;
        // The glass has neighbouring rows on pads 0 and 32, 1 and 33 ...; other than that the pads
        // are in order.
        let pad = y / 2 + y % 2 * 32;
        let output = if r.pads_alternate {
            pad % 32 * 2 + pad / 32
        } else {
            pad
        };
        // The text on the offset is the SSD1306's, word for word; so are its tables 10-1 and 10-2 here.
        let row = if r.commons_reversed {
            r.multiplex + ROWS + r.offset - output
        } else {
            output + r.offset
        } % ROWS;
        if row > r.multiplex {
            return false;
        }
        let line = (row + r.start_line) % ROWS;
        let column = if r.segments_reversed {
            SEGMENTS - 1 - segment
        } else {
            segment
        };
        let byte = self.ram[usize::from(line / 8)][usize::from(column)];
        r.all_on || (byte >> (line % 8) & 1 == 1) != r.inverted
    }
}

impl Oled for Sh1106 {
    fn command(&mut self, bytes: &[u8]) -> Result<Option<usize>, Violation> {
        let Some((command, used)) = Command::parse(bytes)? else {
            return Ok(None);
        };
        self.execute(command)?;
        Ok(Some(used))
    }

    /// "The column address is incremented by 1 with each access until address 131 is accessed."
    fn data(&mut self, byte: u8) -> Result<(), Violation> {
        let r = &mut self.registers;
        if r.column >= SEGMENTS {
            return Err(Violation::PastTheEnd(r.page));
        }
        self.ram[usize::from(r.page)][usize::from(r.column)] = byte;
        r.column += 1;
        Ok(())
    }

    fn power_cycle(&mut self) {
        self.registers = RESET;
        self.power_ups += 1;
        let noise = noise(self.power_ups ^ 0x1106);
        for (byte, noise) in self.ram.iter_mut().flatten().zip(noise) {
            *byte = noise;
        }
    }

    fn reset(&mut self) {
        self.registers = RESET;
    }

    fn picture(&self) -> Picture {
        Picture::from_fn(u32::from(WIDTH), u32::from(ROWS), |x, y| {
            // Both are below 132.
            #[allow(clippy::cast_possible_truncation)]
            self.lit(x as u8, y as u8)
        })
    }

    /// "Read status": bit 6 is low while the display is on; the lower bits are the chip's number.
    fn status(&self) -> u8 {
        u8::from(!self.registers.on) << 6 | 0x08
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
