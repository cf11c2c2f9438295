//! SSD1306 OLEDs of 128x64 through the `ssd1306` crate, on any I2C bus of `embedded-hal`.
//!
//! What the crate does not do is done here: display memory is cleared before the glass is switched
//! on (it holds noise after power-up), the oscillator runs at its fastest while the crate fixes it at
//! 370 kHz (HARDWARE.md 1.5: a camera sees fewer dark bands), and only the pages and columns that
//! changed are sent.

use std::sync::{Arc, OnceLock};

use display_interface::{DataFormat, DisplayError, WriteOnlyDataCommand};
use display_interface_i2c::I2CInterface;
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use ssd1306::I2CDisplayInterface;
use ssd1306::command::AddrMode;
use ssd1306::mode::{BufferedGraphicsMode, DisplayConfig};
use ssd1306::prelude::{Brightness, DisplayRotation, DisplaySize128x64};

use super::{Panel, PanelError};
use crate::view::{Frame, Geometry, Glow};

/// `Set Display Clock Divide Ratio/Oscillator Frequency`: fastest oscillator, no division.
const FASTEST_CLOCK: [u8; 2] = [0xd5, 0xf0];

/// Rows in a page, the unit of the chip's memory.
const PAGE: u32 = 8;

type Bus<I2C> = I2CInterface<Witness<I2C>>;
type Display<I2C> =
    ssd1306::Ssd1306<Bus<I2C>, DisplaySize128x64, BufferedGraphicsMode<DisplaySize128x64>>;

/// A started panel.
pub struct Oled<I2C> {
    display: Display<I2C>,
    /// What is on the glass.
    shown: Frame,
    glow: Glow,
    trouble: Trouble,
}

impl<I2C: I2c> Oled<I2C> {
    /// Starts the panel: memory cleared, glass on and dark. `device` names the bus in errors.
    ///
    /// # Errors
    /// [`PanelError::Bus`]: nothing answers at the 7-bit `address`.
    pub fn start(i2c: I2C, address: u8, device: &str) -> Result<Self, PanelError> {
        let trouble = Trouble::new(format!("{device} address {address:#04x}"));
        let witness = Witness {
            i2c,
            first_error: Arc::clone(&trouble.first_error),
        };
        let bus = I2CDisplayInterface::new_custom_address(witness, address);
        let display = bring_up(bus).map_err(|error| trouble.tell(error))?;
        Ok(Self {
            display,
            shown: Frame::new(Geometry::OLED_128X64),
            glow: Glow::Normal,
            trouble,
        })
    }

    /// Sends the columns of a page in which `frame` differs from the glass.
    fn send_page(&mut self, frame: &Frame, page: u32) -> Result<(), DisplayError> {
        let rows = page * PAGE..(page + 1) * PAGE;
        for y in rows {
            for x in 0..Geometry::OLED_128X64.width {
                let lit = frame.is_lit(x, y);
                if lit != self.shown.is_lit(x, y) {
                    self.display.set_pixel(x, y, lit);
                }
            }
        }
        self.display.flush()
    }
}

/// From whatever state the chip is in to a lit but dark glass.
fn bring_up<I2C: I2c>(bus: Bus<I2C>) -> Result<Display<I2C>, DisplayError> {
    let mut display = attach(bus)?;
    display.clear_buffer();
    display.flush()?;
    display.init()?;
    let mut bus = display.release();
    bus.send_commands(DataFormat::U8(&FASTEST_CLOCK))?;
    let mut display = attach(bus)?;
    display.set_brightness(brightness(Glow::Normal))?;
    Ok(display)
}

/// The crate's buffered mode on a chip that may be running: the buffer is dark, as the glass is.
fn attach<I2C: I2c>(bus: Bus<I2C>) -> Result<Display<I2C>, DisplayError> {
    let display = ssd1306::Ssd1306::new(bus, DisplaySize128x64, DisplayRotation::Rotate0);
    let mut display = display.into_buffered_graphics_mode();
    display.set_addr_mode(AddrMode::Horizontal)?;
    Ok(display)
}

impl<I2C: I2c + Send> Panel for Oled<I2C> {
    fn geometry(&self) -> Geometry {
        Geometry::OLED_128X64
    }

    fn show(&mut self, frame: &Frame) -> Result<(), PanelError> {
        if *frame == self.shown {
            return Ok(());
        }
        for page in 0..Geometry::OLED_128X64.height / PAGE {
            self.send_page(frame, page)
                .map_err(|error| self.trouble.tell(error))?;
        }
        self.shown = frame.clone();
        Ok(())
    }

    fn set_glow(&mut self, glow: Glow) -> Result<(), PanelError> {
        if glow == self.glow {
            return Ok(());
        }
        let outcome = match glow {
            Glow::Off => self.display.set_display_on(false),
            _ => self.display.set_brightness(brightness(glow)),
        };
        outcome.map_err(|error| self.trouble.tell(error))?;
        if self.glow == Glow::Off {
            let on = self.display.set_display_on(true);
            on.map_err(|error| self.trouble.tell(error))?;
        }
        self.glow = glow;
        Ok(())
    }
}

/// Contrast and pre-charge for a glow. The values for codes are those of HARDWARE.md 1.5: a bright
/// panel over-exposes in the phone's camera long before a dim one is unreadable.
fn brightness(glow: Glow) -> Brightness {
    match glow {
        Glow::Off | Glow::Dim => Brightness::DIMMEST,
        Glow::Normal => Brightness::NORMAL,
        Glow::CodeLow => Brightness::custom(0x1, 0x0f),
        Glow::CodeMiddle => Brightness::custom(0x2, 0x2f),
        Glow::CodeHigh => Brightness::custom(0x2, 0x7f),
    }
}

/// Which panel has trouble, and the first thing its bus said about it.
struct Trouble {
    device: String,
    first_error: Arc<OnceLock<String>>,
}

impl Trouble {
    fn new(device: String) -> Self {
        Self {
            device,
            first_error: Arc::default(),
        }
    }

    fn tell(&self, error: DisplayError) -> PanelError {
        let why = self.first_error.get().cloned();
        PanelError::Bus {
            device: self.device.clone(),
            why: why.unwrap_or_else(|| format!("{error:?}")),
        }
    }
}

/// A bus that remembers its first error in full: the display crates reduce all of them to
/// "bus write error". One is enough, since the panel is dropped after it.
struct Witness<I2C> {
    i2c: I2C,
    first_error: Arc<OnceLock<String>>,
}

impl<I2C: ErrorType> ErrorType for Witness<I2C> {
    type Error = I2C::Error;
}

impl<I2C: I2c> I2c for Witness<I2C> {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2C::Error> {
        let outcome = self.i2c.transaction(address, operations);
        if let Err(error) = &outcome {
            // Only the first one is kept.
            let _ = self.first_error.set(format!("{error:?}"));
        }
        outcome
    }
}
