//! The command table of the SH1107 (datasheet "Commands" 1 to 20): bytes to [`Command`].

use crate::oled::parameter;
use crate::violation::Violation;

/// One command with its parameter, in range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    ColumnLow(u8),
    ColumnHigh(u8),
    Vertical(bool),
    Contrast(u8),
    SegmentsReversed(bool),
    Multiplex(u8),
    AllOn(bool),
    Inverted(bool),
    Offset(u8),
    Converter(bool),
    On(bool),
    Page(u8),
    CommonsReversed(bool),
    Clock(u8),
    Precharge(u8),
    Deselect,
    StartColumn(u8),
    Nop,
}

impl Command {
    /// The command at the start of `bytes` (not empty), and how many bytes it takes; `None` when its
    /// parameter is not there yet.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let code = bytes[0];
        let single = match code {
            0x00..=0x0f => Self::ColumnLow(code & 0x0f),
            0x10..=0x17 => Self::ColumnHigh(code & 0x07),
            0x20 | 0x21 => Self::Vertical(code & 1 == 1),
            0xa0 | 0xa1 => Self::SegmentsReversed(code & 1 == 1),
            0xa4 | 0xa5 => Self::AllOn(code & 1 == 1),
            0xa6 | 0xa7 => Self::Inverted(code & 1 == 1),
            0xae | 0xaf => Self::On(code & 1 == 1),
            0xb0..=0xbf => Self::Page(code & 0x0f),
            0xc0..=0xc7 => Self::CommonsReversed(false),
            0xc8..=0xcf => Self::CommonsReversed(true),
            0xe3 => Self::Nop,
            0xe0 | 0xee => return Err(Violation::NotModelled(code)),
            0x81 | 0xa8 | 0xad | 0xd3 | 0xd5 | 0xd9 | 0xdb | 0xdc => {
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
            (0xa8, multiplex @ 0..=0x7f) => Some(Self::Multiplex(multiplex)),
            // Bits 3 to 1 are the converter's frequency.
            (0xad, mode @ 0x80..=0x8f) => Some(Self::Converter(mode & 1 == 1)),
            (0xd3, offset @ 0..=0x7f) => Some(Self::Offset(offset)),
            (0xd5, clock) => Some(Self::Clock(clock)),
            (0xd9, periods) if periods & 0x0f != 0 && periods & 0xf0 != 0 => {
                Some(Self::Precharge(periods))
            }
            (0xdb, _) => Some(Self::Deselect),
            (0xdc, column @ 0..=0x7f) => Some(Self::StartColumn(column)),
            _ => None,
        }
    }
}
