//! A simulated SSD1306 on a 128x64 module: the chip behind most small OLEDs.
//!
//! Follows the Solomon Systech datasheet, revision 1.1: section 8.1.5 (I2C), 8.7 (display RAM), 9
//! and 10 (commands), and its appendix on the charge pump. The module around it is the usual one:
//! 64 rows on alternating COM pins, SEG0 at the right edge and COM0 at the bottom, no outside supply
//! for the glass. What a real chip would misread is recorded as a [`Violation`] and not acknowledged,
//! which no real chip is kind enough to do.

mod command;
#[cfg(test)]
mod tests;
mod violation;

use crate::picture::Picture;
use command::{Addressing, Command};

pub use violation::Violation;

/// Columns of display RAM and glass.
pub const COLUMNS: usize = 128;

/// Rows of display RAM and glass.
pub const ROWS: usize = 64;

/// Pages of display RAM: 8 rows each, the upper row in the lowest bit.
pub const PAGES: usize = ROWS / 8;

/// What went over the wire, acknowledged or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Write transactions.
    pub transactions: u64,
    /// Bytes in them, without the address byte.
    pub bytes: u64,
    /// Those of them that went to display RAM.
    pub ram_bytes: u64,
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
    pump: bool,
    on: bool,
}

impl Registers {
    fn reset() -> Self {
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
            clock: 0x80,
            precharge: 0x22,
            all_on: false,
            inverted: false,
            pump: false,
            on: false,
        }
    }
}

/// The chip and the glass it drives.
#[derive(Clone, Debug)]
pub struct Ssd1306 {
    address: u8,
    registers: Registers,
    ram: [[u8; COLUMNS]; PAGES],
    power_ups: u64,
    stats: Stats,
    violations: Vec<Violation>,
}

impl Ssd1306 {
    /// A chip that was just powered, at the 7-bit I2C `address` (0x3C or 0x3D by its SA0 pin).
    #[must_use]
    pub fn new(address: u8) -> Self {
        let mut chip = Self {
            address,
            registers: Registers::reset(),
            ram: [[0; COLUMNS]; PAGES],
            power_ups: 0,
            stats: Stats::default(),
            violations: Vec::new(),
        };
        chip.power_cycle();
        chip
    }

    /// Takes the supply away and brings it back: registers reset, RAM holds noise.
    pub fn power_cycle(&mut self) {
        self.registers = Registers::reset();
        self.power_ups += 1;
        // Any noise will do, as long as it differs from one time to the next (xorshift64).
        let mut noise = self.power_ups.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for byte in self.ram.iter_mut().flatten() {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            *byte = noise.to_be_bytes()[0];
        }
    }

    /// One write transaction, from start to stop condition: the bytes after the address.
    ///
    /// # Errors
    /// What a real chip would not have understood; it is also kept in [`Self::violations`]. Bytes
    /// before it have taken effect.
    pub fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), Violation> {
        self.stats.transactions += 1;
        self.stats.bytes += bytes.len() as u64;
        let outcome = if address == self.address {
            self.receive(bytes)
        } else {
            Err(Violation::Address(address))
        };
        if let Err(violation) = &outcome {
            self.violations.push(violation.clone());
        }
        outcome
    }

    /// What a person sees now.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let (width, height) = (128, 64);
        let mut lit = vec![false; COLUMNS * ROWS];
        let r = &self.registers;
        if r.on && r.pump {
            let rows = usize::from(r.multiplex) + 1;
            for row in 0..rows {
                // Datasheet 10.1.15 and table 10-1/10-2: the row leaves at this COM pin.
                let scanned = if r.com_reversed {
                    rows - 1 - row + usize::from(r.offset)
                } else {
                    row + ROWS - usize::from(r.offset)
                };
                let y = ROWS - 1 - scanned % ROWS;
                let line = (row + usize::from(r.start_line)) % ROWS;
                for segment in 0..COLUMNS {
                    let bit = self.ram[line / 8][segment] >> (line % 8) & 1 == 1;
                    lit[y * COLUMNS + (COLUMNS - 1 - segment)] = r.all_on || (bit != r.inverted);
                }
            }
        }
        Picture::from_fn(width, height, |x, y| lit[(y * width + x) as usize])
    }

    /// The contrast register: 0 to 255.
    #[must_use]
    pub fn contrast(&self) -> u8 {
        self.registers.contrast
    }

    /// The clock register: oscillator frequency in the upper nibble, divider less one in the lower.
    #[must_use]
    pub fn clock(&self) -> u8 {
        self.registers.clock
    }

    /// Whether the display is on (it shows nothing without the charge pump all the same).
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.registers.on
    }

    /// What went over the wire so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Everything that was refused so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Takes a transaction apart by its control bytes (datasheet 8.1.5.2).
    fn receive(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let mut rest = bytes;
        let mut commands = Vec::new();
        while let Some((&control, after)) = rest.split_first() {
            if control & 0x3f != 0 {
                return Err(Violation::ControlByte(control));
            }
            let (single, is_data) = (control & 0x80 != 0, control & 0x40 != 0);
            let (payload, next) = if single {
                let Some((first, next)) = after.split_first() else {
                    return Err(Violation::NothingAfterControl(control));
                };
                (std::slice::from_ref(first), next)
            } else if after.is_empty() {
                return Err(Violation::NothingAfterControl(control));
            } else {
                (after, [].as_slice())
            };
            if is_data {
                self.run(&mut commands)?;
                for byte in payload {
                    self.store(*byte);
                }
            } else {
                commands.extend_from_slice(payload);
            }
            rest = next;
        }
        self.run(&mut commands)
    }

    /// Executes command bytes; none may be left over.
    fn run(&mut self, bytes: &mut Vec<u8>) -> Result<(), Violation> {
        let taken = std::mem::take(bytes);
        let mut rest = taken.as_slice();
        while !rest.is_empty() {
            let (command, used) = Command::parse(rest)?;
            self.execute(command)?;
            rest = &rest[used..];
        }
        Ok(())
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
                if on && !r.pump {
                    return Err(Violation::OnWithoutPump);
                }
                r.on = on;
            }
            Command::ComReversed(reversed) => r.com_reversed = reversed,
            Command::Offset(offset) => r.offset = offset,
            Command::Clock(clock) => r.clock = clock,
            Command::Precharge(precharge) => r.precharge = precharge,
            Command::ComPins { alternate, swapped } => {
                if !alternate || swapped {
                    return Err(Violation::ComPins);
                }
            }
            // Without effect on what is modelled: scrolling is off anyway.
            Command::Nop | Command::ScrollOff | Command::Vcomh(_) => {}
        }
        Ok(())
    }

    /// Puts a byte into display RAM and moves the pointer (datasheet 10.1.3).
    fn store(&mut self, byte: u8) {
        self.stats.ram_bytes += 1;
        let r = &mut self.registers;
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
    }
}

/// Moves a pointer within its range; `true` when it went back to the start.
fn step(pointer: &mut u8, (first, last): (u8, u8)) -> bool {
    let wraps = *pointer >= last;
    *pointer = if wraps { first } else { *pointer + 1 };
    wraps
}
