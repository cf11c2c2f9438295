//! A simulated SSD1306 or SSD1309 and its glass: the chips behind most small and middling OLEDs.
//!
//! Follows the Solomon Systech datasheets: SSD1306 revision 1.1 and SSD1309 revision 1.1, sections 8.7
//! (display RAM), 9 and 10 (commands), and the SSD1306's appendix on the charge pump. The modules are the
//! usual ones: SEG0 at the right edge and COM0 at the bottom (so 0xA1 and 0xC8 make the picture upright,
//! as every vendor's example has it), 64 rows on alternating COM pins or 32 on sequential ones.

mod command;
#[cfg(test)]
mod tests;

use crate::noise::noise;
use crate::oled::{Oled, OledState};
use crate::picture::Picture;
use crate::violation::Violation;
use command::{Addressing, Command};

/// Columns of display RAM and glass.
pub const COLUMNS: usize = 128;

/// Rows of display RAM, and COM pins.
pub const ROWS: usize = 64;

/// Pages of display RAM: 8 rows each, the upper row in the lowest bit.
pub const PAGES: usize = ROWS / 8;

/// Which of the two chips.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// With a charge pump, which has to be enabled.
    Ssd1306,
    /// The glass has a supply from outside; commands can be locked.
    Ssd1309,
}

/// How the chip's pins go to the glass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wiring {
    /// Rows of glass.
    rows: usize,
    /// Neighbouring rows are on COM 0 and 32, 1 and 33 ...: the "alternative" configuration of
    /// datasheet 10.1.18.
    alternate: bool,
}

impl Wiring {
    /// 64 rows.
    pub const HIGH: Self = Self {
        rows: 64,
        alternate: true,
    };

    /// 32 rows.
    pub const LOW: Self = Self {
        rows: 32,
        alternate: false,
    };

    /// The line of glass, counted from the one that the lowest COM pin belongs to, on a COM pin.
    fn line(self, com: usize) -> Option<usize> {
        let line = if self.alternate {
            com % 32 * 2 + com / 32
        } else {
            com
        };
        Some(line).filter(|line| *line < self.rows)
    }
}

/// The chip's registers, as its reset leaves them.
#[derive(Clone, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "one flag for each bit of the datasheet"
)]
struct Registers {
    addressing: Addressing,
    columns: (u8, u8),
    pages: (u8, u8),
    column: u8,
    page: u8,
    start_line: u8,
    segment_remap: bool,
    com_reversed: bool,
    multiplex: u8,
    offset: u8,
    contrast: u8,
    clock: u8,
    precharge: u8,
    all_on: bool,
    inverted: bool,
    com_alternate: bool,
    com_swapped: bool,
    pump: bool,
    on: bool,
    locked: bool,
}

impl Registers {
    fn reset(chip: Variant) -> Self {
        Self {
            addressing: Addressing::Page,
            columns: (0, 127),
            pages: (0, 7),
            column: 0,
            page: 0,
            start_line: 0,
            segment_remap: false,
            com_reversed: false,
            multiplex: 63,
            offset: 0,
            contrast: 0x7f,
            // SSD1309 revision 1.1 changed its default to 0x70.
            clock: if chip == Variant::Ssd1306 { 0x80 } else { 0x70 },
            precharge: 0x22,
            all_on: false,
            inverted: false,
            com_alternate: true,
            com_swapped: false,
            pump: false,
            on: false,
            locked: false,
        }
    }
}

/// The chip and the glass it drives.
pub struct Ssd1306 {
    variant: Variant,
    wiring: Wiring,
    registers: Registers,
    ram: [[u8; COLUMNS]; PAGES],
    power_ups: u64,
}

impl Ssd1306 {
    /// A chip that was just powered.
    #[must_use]
    pub fn new(variant: Variant, wiring: Wiring) -> Self {
        let mut chip = Self {
            variant,
            wiring,
            registers: Registers::reset(variant),
            ram: [[0; COLUMNS]; PAGES],
            power_ups: 0,
        };
        chip.power_cycle();
        chip
    }

    /// The line of glass, from the top, that a row of the scan lights; `None`: no glass there.
    fn glass_line(&self, row: usize) -> Option<usize> {
        let r = &self.registers;
        let rows = usize::from(r.multiplex) + 1;
        // Datasheet 10.1.15 and table 10-1/10-2: the row leaves at this COM output.
        let output = if r.com_reversed {
            rows - 1 - row + usize::from(r.offset)
        } else {
            row + ROWS - usize::from(r.offset)
        } % ROWS;
        // Datasheet table 10-3: the configuration of the COM pins.
        let com = if r.com_alternate {
            output / 2 + output % 2 * 32
        } else {
            output
        };
        let com = if r.com_swapped { (com + 32) % 64 } else { com };
        // COM0 is at the bottom.
        self.wiring
            .line(com)
            .map(|line| self.wiring.rows - 1 - line)
    }

    fn execute(&mut self, command: Command) -> Result<(), Violation> {
        let r = &mut self.registers;
        match command {
            Command::ColumnLow(_) | Command::ColumnHigh(_) | Command::PageStart(_)
                if r.addressing != Addressing::Page =>
            {
                return Err(Violation::WrongAddressing);
            }
            Command::ColumnRange(..) | Command::PageRange(..)
                if r.addressing == Addressing::Page =>
            {
                return Err(Violation::WrongAddressing);
            }
            Command::ColumnLow(low) => r.column = r.column & 0x70 | low,
            Command::ColumnHigh(high) => r.column = high << 4 | r.column & 0x0f,
            Command::PageStart(page) => r.page = page,
            Command::Addressing(addressing) => r.addressing = addressing,
            Command::ColumnRange(first, last) => {
                r.columns = (first, last);
                r.column = first;
            }
            Command::PageRange(first, last) => {
                r.pages = (first, last);
                r.page = first;
            }
            Command::StartLine(line) => r.start_line = line,
            Command::Contrast(contrast) => r.contrast = contrast,
            Command::ChargePump(pump) => r.pump = pump,
            Command::SegmentRemap(remap) => r.segment_remap = remap,
            Command::AllOn(all_on) => r.all_on = all_on,
            Command::Invert(inverted) => r.inverted = inverted,
            Command::Multiplex(multiplex) => r.multiplex = multiplex,
            Command::On(on) => {
                // Appendix to the datasheet: the pump is enabled before the display is switched on.
                if on && !r.pump && self.variant == Variant::Ssd1306 {
                    return Err(Violation::OnWithoutPump);
                }
                r.on = on;
            }
            Command::ComReversed(reversed) => r.com_reversed = reversed,
            Command::Offset(offset) => r.offset = offset,
            Command::Clock(clock) => r.clock = clock,
            Command::Precharge(precharge) => r.precharge = precharge,
            Command::ComPins { alternate, swapped } => {
                r.com_alternate = alternate;
                r.com_swapped = swapped;
                if alternate != self.wiring.alternate || swapped {
                    return Err(Violation::ComPins);
                }
            }
            Command::Lock(locked) => r.locked = locked,
            // Without effect on what is modelled: scrolling is off anyway.
            Command::Nop | Command::ScrollOff | Command::Vcomh(_) => {}
        }
        Ok(())
    }
}

impl Oled for Ssd1306 {
    fn command(&mut self, bytes: &[u8]) -> Result<Option<usize>, Violation> {
        if self.registers.locked && bytes[0] != 0xfd {
            return Err(Violation::Locked(bytes[0]));
        }
        let Some((command, used)) = Command::parse(self.variant, bytes)? else {
            return Ok(None);
        };
        self.execute(command)?;
        Ok(Some(used))
    }

    /// Puts a byte into display RAM and moves the pointer (datasheet 10.1.3).
    fn data(&mut self, byte: u8) -> Result<(), Violation> {
        let r = &mut self.registers;
        if r.locked {
            return Err(Violation::Locked(byte));
        }
        let column = usize::from(r.column);
        let segment = if r.segment_remap {
            COLUMNS - 1 - column
        } else {
            column
        };
        self.ram[usize::from(r.page)][segment] = byte;
        match r.addressing {
            Addressing::Page => r.column = (r.column + 1) % 128,
            Addressing::Horizontal => {
                if step(&mut r.column, r.columns) {
                    step(&mut r.page, r.pages);
                }
            }
            Addressing::Vertical => {
                if step(&mut r.page, r.pages) {
                    step(&mut r.column, r.columns);
                }
            }
        }
        Ok(())
    }

    fn power_cycle(&mut self) {
        self.reset();
        self.power_ups += 1;
        for (byte, noise) in self.ram.iter_mut().flatten().zip(noise(self.power_ups)) {
            *byte = noise;
        }
    }

    fn reset(&mut self) {
        self.registers = Registers::reset(self.variant);
    }

    fn picture(&self) -> Picture {
        let r = &self.registers;
        let mut lit = vec![[false; COLUMNS]; self.wiring.rows];
        let supplied = r.pump || self.variant == Variant::Ssd1309;
        let rows = if r.on && supplied {
            usize::from(r.multiplex) + 1
        } else {
            0
        };
        for row in 0..rows {
            let Some(y) = self.glass_line(row) else {
                continue;
            };
            let line = (row + usize::from(r.start_line)) % ROWS;
            for segment in 0..COLUMNS {
                let bit = self.ram[line / 8][segment] >> (line % 8) & 1 == 1;
                // SEG0 is at the right edge.
                lit[y][COLUMNS - 1 - segment] = r.all_on || bit != r.inverted;
            }
        }
        let height = u32::try_from(self.wiring.rows).unwrap_or(0);
        Picture::from_fn(128, height, |x, y| lit[y as usize][x as usize])
    }

    /// Datasheet 9.1: bit 6 is set while the display is off.
    fn status(&self) -> u8 {
        u8::from(!self.registers.on) << 6
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

/// Moves a pointer within its range; `true` when it went back to the start.
fn step(pointer: &mut u8, (first, last): (u8, u8)) -> bool {
    let wraps = *pointer >= last;
    *pointer = if wraps { first } else { *pointer + 1 };
    wraps
}
