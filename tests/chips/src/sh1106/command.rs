//! The command table of the SH1106 (datasheet V2.3, "Commands" 1 to 21): bytes to [`Command`].

use crate::oled::parameter;
use crate::violation::Violation;

/// One command with its parameter, in range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    ColumnLow(u8),
    ColumnHigh(u8),
    PumpVoltage,
    StartLine(u8),
    Contrast(u8),
    SegmentsReversed(bool),
    AllOn(bool),
    Inverted(bool),
    Multiplex(u8),
    Converter(bool),
    On(bool),
    Page(u8),
    CommonsReversed(bool),
    Offset(u8),
    Clock(u8),
    Precharge(u8),
    PadsAlternate(bool),
    Deselect,
    Nop,
}

impl Command {
    /// The command at the start of `bytes` (not empty), and how many bytes it takes; `None` when its
    /// parameter is not there yet.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let code = bytes[0];
        let single = match code {
            0x00..=0x0f => Self::ColumnLow(code & 0x0f),
            // 132 columns need eight bits of pointer, and no more than 0x83.
            0x10..=0x18 => Self::ColumnHigh(code & 0x0f),
            0x30..=0x33 => Self::PumpVoltage,
            0x40..=0x7f => Self::StartLine(code & 0x3f),
            0xa0 | 0xa1 => Self::SegmentsReversed(code & 1 == 1),
            0xa4 | 0xa5 => Self::AllOn(code & 1 == 1),
            0xa6 | 0xa7 => Self::Inverted(code & 1 == 1),
            0xae | 0xaf => Self::On(code & 1 == 1),
            0xb0..=0xb7 => Self::Page(code & 0x07),
            0xc0..=0xc7 => Self::CommonsReversed(false),
            0xc8..=0xcf => Self::CommonsReversed(true),
            0xe3 => Self::Nop,
            0xe0 | 0xee => return Err(Violation::NotModelled(code)),
            0x81 | 0xa8 | 0xad | 0xd3 | 0xd5 | 0xd9 | 0xda | 0xdb => {
                let Some(value) = parameter(bytes) else {
                    return Ok(None);
                };
                let command = Self::double(code, value).ok_or(Violation::Parameter {
                    command: code,
                    value,
                })?;
                return Ok(Some((command, 2)));
            }
            _ => return Err(Violation::UnknownCommand(code)),
        };
        Ok(Some((single, 1)))
    }

    fn double(code: u8, value: u8) -> Option<Self> {
        match (code, value) {
            (0x81, contrast) => Some(Self::Contrast(contrast)),
            // Fewer than 16 rows are not in the table.
            (0xa8, multiplex @ 0x0f..=0x3f) => Some(Self::Multiplex(multiplex)),
            (0xad, 0x8a) => Some(Self::Converter(false)),
            (0xad, 0x8b) => Some(Self::Converter(true)),
            (0xd3, offset @ 0..=0x3f) => Some(Self::Offset(offset)),
            (0xd5, clock) => Some(Self::Clock(clock)),
            // Neither period may be 0 ("Invalid").
            (0xd9, periods) if periods & 0x0f != 0 && periods & 0xf0 != 0 => {
                Some(Self::Precharge(periods))
            }
            (0xda, 0x02) => Some(Self::PadsAlternate(false)),
            (0xda, 0x12) => Some(Self::PadsAlternate(true)),
            (0xdb, _) => Some(Self::Deselect),
            _ => None,
        }
    }
}
