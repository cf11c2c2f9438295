//! The driver of the OLED controllers that are addressed page by page: SH1106, SH1107 and SSD1309. They
//! differ in data only ([`Dialect`]), which each file of them holds.

use display_interface::{DataFormat, DisplayError, WriteOnlyDataCommand};

use super::oled::{Brightness, Controller, Lit};
use super::pages::{Costs, Run};
use super::wire::Wired;

/// Display OFF: "sleep mode". Of all of them, as everything here that no [`Dialect`] brings.
const OFF: u8 = 0xae;
/// Display ON.
const ON: u8 = 0xaf;
/// NOP. A cable that was pulled in the middle of a command of two bytes leaves a controller that takes
/// the next byte for the second: this one, then.
const NOP: u8 = 0xe3;
/// Page address, from 0.
const PAGE_ADDRESS: u8 = 0xb0;
/// Column address: the lower four bits.
const COLUMN_LOW: u8 = 0x00;
/// Column address: the upper four bits.
const COLUMN_HIGH: u8 = 0x10;
/// Contrast; 0 to 255 follows.
const CONTRAST: u8 = 0x81;
/// Precharge period; the register follows.
const PRECHARGE: u8 = 0xd9;

/// Messages of a run: the address, and the data.
const RUN_MESSAGES: usize = 2;

/// What one of these controllers wants to hear, with its module.
pub struct Dialect {
    /// Pixels across and down. Pages have this many columns.
    pub pixels: (u32, u32),
    /// The column of memory that the first column of glass shows.
    pub first_column: u8,
    /// Sent once, when the glass is dark: what may be changed only then.
    pub while_dark: &'static [u8],
    /// Everything else except brightness and on or off.
    pub settings: &'static [&'static [u8]],
}

/// A panel. Sends nothing.
pub fn panel<W>(wired: Wired<W>, dialect: &'static Dialect) -> Lit<Chip<W>>
where
    W: WriteOnlyDataCommand + Send,
{
    let chip = Chip {
        bus: wired.bus,
        dialect,
        message: wired.message,
    };
    Lit::behind(chip, dialect.pixels, wired.answers, wired.trouble)
}

/// The controller.
pub struct Chip<W> {
    bus: W,
    dialect: &'static Dialect,
    message: usize,
}

impl<W: WriteOnlyDataCommand> Chip<W> {
    fn send(&mut self, commands: &[u8]) -> Result<(), DisplayError> {
        self.bus.send_commands(DataFormat::U8(commands))
    }
}

/// The commands that lead to a place in memory.
fn address(page: usize, column: usize) -> Result<[u8; 3], DisplayError> {
    // At most 16 pages and 132 columns.
    let (Ok(page), Ok(column)) = (u8::try_from(page), u8::try_from(column)) else {
        return Err(DisplayError::OutOfBoundsError);
    };
    Ok([
        PAGE_ADDRESS | page,
        COLUMN_LOW | column & 0x0f,
        COLUMN_HIGH | column >> 4,
    ])
}

impl<W: WriteOnlyDataCommand + Send> Controller for Chip<W> {
    fn costs(&self) -> Costs {
        Costs {
            run: 3 + RUN_MESSAGES * self.message,
            spans_pages: false,
        }
    }

    fn begin(&mut self) -> Result<(), DisplayError> {
        self.send(&[NOP, OFF])?;
        self.send(self.dialect.while_dark)
    }

    fn prepare(&mut self) -> Result<(), DisplayError> {
        let settings = self.dialect.settings.concat();
        self.send(&[&[NOP], settings.as_slice()].concat())
    }

    fn write(&mut self, run: &Run, bytes: &[u8]) -> Result<(), DisplayError> {
        let column = run.columns.start + usize::from(self.dialect.first_column);
        self.send(&address(run.pages.start, column)?)?;
        self.bus.send_data(DataFormat::U8(bytes))
    }

    fn set_brightness(&mut self, brightness: Brightness) -> Result<(), DisplayError> {
        let precharge = brightness.precharge_register();
        self.send(&[PRECHARGE, precharge, CONTRAST, brightness.contrast])
    }

    fn switch(&mut self, on: bool) -> Result<(), DisplayError> {
        self.send(&[if on { ON } else { OFF }])
    }
}
