//! The command tables of SSD1306 and SSD1309 (section 9 of either datasheet): bytes to [`Command`],
//! nothing lenient.

use super::Variant;
use crate::violation::Violation;

/// How the RAM pointer moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addressing {
    Horizontal,
    Vertical,
    Page,
}

/// One command with its parameters, in range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    ColumnLow(u8),
    ColumnHigh(u8),
    Addressing(Addressing),
    ColumnRange(u8, u8),
    PageRange(u8, u8),
    ScrollOff,
    StartLine(u8),
    Contrast(u8),
    ChargePump(bool),
    SegmentRemap(bool),
    AllOn(bool),
    Invert(bool),
    Multiplex(u8),
    On(bool),
    PageStart(u8),
    ComReversed(bool),
    Offset(u8),
    Clock(u8),
    Precharge(u8),
    ComPins { alternate: bool, swapped: bool },
    Vcomh(u8),
    Lock(bool),
    Nop,
}

impl Command {
    /// The command at the start of `bytes` (not empty), and how many bytes it takes; `None` when its
    /// parameters are not all there.
    pub fn parse(chip: Variant, bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let code = bytes[0];
        let one = |command| Ok(Some((command, 1)));
        match code {
            0x00..=0x0f => one(Self::ColumnLow(code & 0x0f)),
            0x10..=0x17 => one(Self::ColumnHigh(code & 0x07)),
            0x26 | 0x27 | 0x29 | 0x2a | 0x2f | 0xa3 => Err(Violation::Scroll(code)),
            0x2e => one(Self::ScrollOff),
            0x40..=0x7f => one(Self::StartLine(code & 0x3f)),
            0xa0 | 0xa1 => one(Self::SegmentRemap(code & 1 == 1)),
            0xa4 | 0xa5 => one(Self::AllOn(code & 1 == 1)),
            0xa6 | 0xa7 => one(Self::Invert(code & 1 == 1)),
            0xae | 0xaf => one(Self::On(code & 1 == 1)),
            0xb0..=0xb7 => one(Self::PageStart(code & 0x07)),
            // The lower three bits are not decoded.
            0xc0..=0xc7 => one(Self::ComReversed(false)),
            0xc8..=0xcf => one(Self::ComReversed(true)),
            0xe3 => one(Self::Nop),
            0x21 => range(bytes, 127, Self::ColumnRange),
            0x22 => range(bytes, 7, Self::PageRange),
            // The charge pump is the SSD1306's; the lock is the SSD1309's.
            0x8d if chip == Variant::Ssd1309 => Err(Violation::UnknownCommand(code)),
            0xfd if chip == Variant::Ssd1306 => Err(Violation::UnknownCommand(code)),
            0x20 | 0x81 | 0x8d | 0xa8 | 0xd3 | 0xd5 | 0xd9 | 0xda | 0xdb | 0xfd => {
                let Some(&value) = bytes.get(1) else {
                    return Ok(None);
                };
                let command = Self::with_parameter(chip, code, value);
                let refused = Violation::Parameter {
                    command: code,
                    value,
                };
                command.map(|command| Some((command, 2))).ok_or(refused)
            }
            _ => Err(Violation::UnknownCommand(code)),
        }
    }

    /// The commands of two bytes; `None` when the second is not one the table allows.
    fn with_parameter(chip: Variant, code: u8, value: u8) -> Option<Self> {
        match (code, value) {
            (0x20, 0b00) => Some(Self::Addressing(Addressing::Horizontal)),
            (0x20, 0b01) => Some(Self::Addressing(Addressing::Vertical)),
            (0x20, 0b10) => Some(Self::Addressing(Addressing::Page)),
            (0x81, contrast) => Some(Self::Contrast(contrast)),
            // Bits 7 and 6 are "don't care", the rest is 0 1 0 A2 0 0.
            (0x8d, value) if value & 0x3b == 0x10 => Some(Self::ChargePump(value & 0x04 != 0)),
            (0xa8, rows @ 15..=63) => Some(Self::Multiplex(rows)),
            (0xd3, rows @ 0..=63) => Some(Self::Offset(rows)),
            (0xd5, clock) => Some(Self::Clock(clock)),
            // Neither phase may be 0.
            (0xd9, phases) if phases & 0x0f != 0 && phases & 0xf0 != 0 => {
                Some(Self::Precharge(phases))
            }
            (0xda, pins) if pins & !0x30 == 0x02 => Some(Self::ComPins {
                alternate: pins & 0x10 != 0,
                swapped: pins & 0x20 != 0,
            }),
            // 0x40 is not in the table, but half of all drivers send it and every chip takes it.
            (0xdb, level @ (0x00 | 0x20 | 0x30 | 0x40)) if chip == Variant::Ssd1306 => {
                Some(Self::Vcomh(level))
            }
            // SSD1309 10.1.19: 0.64, 0.78 and 0.84 of the outside supply.
            (0xdb, level @ (0x00 | 0x34 | 0x3c)) if chip == Variant::Ssd1309 => {
                Some(Self::Vcomh(level))
            }
            // SSD1309 10.1.22.
            (0xfd, 0x12) => Some(Self::Lock(false)),
            (0xfd, 0x16) => Some(Self::Lock(true)),
            _ => None,
        }
    }
}

/// A command with first and last, both at most `max`.
fn range(
    bytes: &[u8],
    max: u8,
    command: fn(u8, u8) -> Command,
) -> Result<Option<(Command, usize)>, Violation> {
    let &[code, first, last, ..] = bytes else {
        return Ok(None);
    };
    for value in [first, last] {
        if value > max {
            return Err(Violation::Parameter {
                command: code,
                value,
            });
        }
    }
    if first > last {
        return Err(Violation::Range {
            command: code,
            first,
            last,
        });
    }
    Ok(Some((command(first, last), 3)))
}
