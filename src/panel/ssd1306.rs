//! SSD1306 OLEDs of 128x64 and 128x32 through the `ssd1306` crate.
//!
//! What the crate does not do is done here. Its `init` begins by switching the glass off, which would be
//! seen whenever a lit panel is set up anew, and it fixes the oscillator at 370 kHz; here it runs at
//! its fastest (HARDWARE.md 1.5: a camera sees fewer dark bands). Sections are those of the Solomon
//! Systech datasheet, revision 1.1.

use display_interface::{DataFormat, DisplayError, WriteOnlyDataCommand};
use embedded_hal::i2c::I2c;
use ssd1306::Ssd1306;
use ssd1306::command::AddrMode;
use ssd1306::mode::BasicMode;
use ssd1306::prelude::{DisplayRotation, DisplaySize, DisplaySize128x64};

use super::oled::{Brightness, Controller, Lit};
use super::pages::{Costs, PAGE, Run};
use super::wire::{self, I2cWire, Wired};

/// The 7-bit address of nearly every module; its SA0 pin makes it 0x3D.
pub const ADDRESS: u8 = 0x3c;

/// Set Display Clock Divide Ratio/Oscillator Frequency (10.1.16): fastest oscillator, no division.
const FASTEST_CLOCK: [u8; 2] = [0xd5, 0xf0];
/// Set Multiplex Ratio (10.1.11); rows less one follow.
const MULTIPLEX: u8 = 0xa8;
/// Set Display Offset (10.1.15): none.
const NO_OFFSET: [u8; 2] = [0xd3, 0x00];
/// Set Display Start Line (10.1.6): row 0.
const START_LINE_0: u8 = 0x40;
/// Charge Pump Setting (appendix, 2.1): enabled.
const CHARGE_PUMP: [u8; 2] = [0x8d, 0x14];
/// Set VCOMH Deselect Level (10.1.19): 0.77 of the supply, the reset value.
const VCOMH: [u8; 2] = [0xdb, 0x20];
/// Entire Display ON (10.1.9): follow the memory.
const FOLLOW_MEMORY: u8 = 0xa4;
/// Set Normal/Inverse Display (10.1.10): 1 is lit.
const NORMAL: u8 = 0xa6;
/// Deactivate Scroll (10.2.3).
const NO_SCROLL: u8 = 0x2e;

/// Command bytes of a run: column range and page range (10.1.4, 10.1.5), a message each.
const RUN_COMMANDS: usize = 3 + 3;
/// Messages of a run: those two, and the data.
const RUN_MESSAGES: usize = 3;

/// A panel of 128x64 on I2C.
pub type Oled<I2C> = Lit<Chip<I2cWire<I2C>, DisplaySize128x64>>;

impl<I2C: I2c + Send> Oled<I2C> {
    /// A panel at the 7-bit `address`. Sends nothing; `device` names the bus in errors.
    pub fn new(i2c: I2C, address: u8, device: &str) -> Self {
        panel(wire::i2c(i2c, address, device), DisplaySize128x64)
    }
}

/// A panel of the crate's size `S`. Sends nothing.
pub fn panel<W, S>(wired: Wired<W>, size: S) -> Lit<Chip<W, S>>
where
    W: WriteOnlyDataCommand + Send,
    S: DisplaySize + Copy + Send,
{
    let chip = Chip {
        display: Some(on(wired.bus, size)),
        size,
        message: wired.message,
    };
    let pixels = (u32::from(S::WIDTH), u32::from(S::HEIGHT));
    Lit::behind(chip, pixels, wired.answers, wired.trouble)
}

/// The controller.
pub struct Chip<W, S> {
    /// Empty only while the bus is taken out of it, and after an error there.
    display: Option<Ssd1306<W, S, BasicMode>>,
    size: S,
    message: usize,
}

/// The crate's driver for a controller in whatever state. Sends nothing.
fn on<W, S: DisplaySize>(bus: W, size: S) -> Ssd1306<W, S, BasicMode> {
    Ssd1306::new(bus, size, DisplayRotation::Rotate0)
}

impl<W: WriteOnlyDataCommand, S: DisplaySize + Copy> Chip<W, S> {
    fn display(&mut self) -> Result<&mut Ssd1306<W, S, BasicMode>, DisplayError> {
        self.display.as_mut().ok_or(DisplayError::BusWriteError)
    }

    /// Sends what the crate has no function for.
    fn send_settings(&mut self) -> Result<(), DisplayError> {
        let display = self.display.take().ok_or(DisplayError::BusWriteError)?;
        let mut bus = display.release();
        let mut settings = vec![MULTIPLEX, S::HEIGHT - 1, START_LINE_0];
        settings.extend([NO_OFFSET, CHARGE_PUMP, VCOMH, FASTEST_CLOCK].as_flattened());
        settings.extend([FOLLOW_MEMORY, NORMAL, NO_SCROLL]);
        bus.send_commands(DataFormat::U8(&settings))?;
        self.size.configure(&mut bus)?;
        self.display = Some(on(bus, self.size));
        Ok(())
    }
}

impl<W, S> Controller for Chip<W, S>
where
    W: WriteOnlyDataCommand + Send,
    S: DisplaySize + Copy + Send,
{
    fn costs(&self) -> Costs {
        Costs {
            run: RUN_COMMANDS + RUN_MESSAGES * self.message,
            spans_pages: true,
        }
    }

    fn begin(&mut self) -> Result<(), DisplayError> {
        self.display()?.set_display_on(false)
    }

    fn prepare(&mut self) -> Result<(), DisplayError> {
        self.send_settings()?;
        let display = self.display()?;
        display.set_addr_mode(AddrMode::Horizontal)?;
        // Columns are mirrored as they are written, not as they are shown.
        display.set_rotation(DisplayRotation::Rotate0)
    }

    fn write(&mut self, run: &Run, bytes: &[u8]) -> Result<(), DisplayError> {
        // At most 128 columns and 64 rows.
        let byte = |position: usize| u8::try_from(position).unwrap_or(u8::MAX);
        let row = |page: usize| byte(page * PAGE as usize);
        let display = self.display()?;
        display.set_draw_area(
            (byte(run.columns.start), row(run.pages.start)),
            (byte(run.columns.end), row(run.pages.end)),
        )?;
        display.draw(bytes)
    }

    fn set_brightness(&mut self, brightness: Brightness) -> Result<(), DisplayError> {
        let Brightness {
            contrast,
            precharge,
        } = brightness;
        let brightness = ssd1306::prelude::Brightness::custom(precharge, contrast);
        self.display()?.set_brightness(brightness)
    }

    fn switch(&mut self, on: bool) -> Result<(), DisplayError> {
        self.display()?.set_display_on(on)
    }
}
