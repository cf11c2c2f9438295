//! SSD1306 OLEDs of 128x64 through the `ssd1306` crate, on any I2C bus of `embedded-hal`.
//!
//! What the crate does not do is done here. The first frame is in display memory before the glass is
//! switched on, because that memory holds noise after power-up. The oscillator runs at its fastest,
//! where the crate fixes it at 370 kHz (HARDWARE.md 1.5: a camera sees fewer dark bands). And only the
//! columns of each page that changed are sent.

use std::sync::{Arc, OnceLock};

use display_interface::{DataFormat, DisplayError, WriteOnlyDataCommand};
use display_interface_i2c::I2CInterface;
use embedded_hal::i2c::{Error as _, ErrorType, I2c, Operation};
use ssd1306::I2CDisplayInterface;
use ssd1306::command::AddrMode;
use ssd1306::mode::{BufferedGraphicsMode, DisplayConfig};
use ssd1306::prelude::{Brightness, DisplayRotation, DisplaySize128x64};

use super::{Panel, PanelError, Refresh};
use crate::view::{Format, Frame, Geometry, Glow};

/// The 7-bit address of nearly every module; its SA0 pin makes it 0x3D.
pub const ADDRESS: u8 = 0x3c;

/// `Set Display Clock Divide Ratio/Oscillator Frequency`: fastest oscillator, no division.
const FASTEST_CLOCK: [u8; 2] = [0xd5, 0xf0];

/// Rows in a page, the unit of the chip's memory.
const PAGE: u32 = 8;

type Bus<I2C> = I2CInterface<Witness<I2C>>;
type Display<I2C> =
    ssd1306::Ssd1306<Bus<I2C>, DisplaySize128x64, BufferedGraphicsMode<DisplaySize128x64>>;

/// A panel: not touched before the first frame, and no longer usable after an error.
pub struct Oled<I2C> {
    stage: Stage<I2C>,
    glow: Glow,
    trouble: Trouble,
}

enum Stage<I2C> {
    /// Nothing was sent yet.
    Cold(Bus<I2C>),
    /// It shows this frame, which is also in the crate's buffer.
    Running(Box<Display<I2C>>, Frame),
    /// A transfer failed.
    Broken,
}

impl<I2C: I2c> Oled<I2C> {
    /// A panel at the 7-bit `address`. Sends nothing; `device` names the bus in errors.
    pub fn new(i2c: I2C, address: u8, device: &str) -> Self {
        let trouble = Trouble {
            device: format!("{device} address {address:#04x}"),
            first_error: Arc::default(),
        };
        let witness = Witness {
            i2c,
            first_error: Arc::clone(&trouble.first_error),
        };
        let bus = I2CDisplayInterface::new_custom_address(witness, address);
        Self {
            stage: Stage::Cold(bus),
            glow: Glow::Normal,
            trouble,
        }
    }

    /// Runs a step that talks to the panel, and leaves the panel broken when it fails.
    fn talk(
        &mut self,
        step: impl FnOnce(Stage<I2C>) -> Result<Stage<I2C>, DisplayError>,
    ) -> Result<(), PanelError> {
        let stage = std::mem::replace(&mut self.stage, Stage::Broken);
        self.stage = step(stage).map_err(|error| self.trouble.tell(&error))?;
        Ok(())
    }
}

impl<I2C: I2c + Send> Panel for Oled<I2C> {
    fn format(&self) -> Format {
        Format::OLED_128X64
    }

    fn show(&mut self, frame: &Frame, _refresh: Refresh) -> Result<(), PanelError> {
        self.talk(|stage| {
            let display = match stage {
                Stage::Broken => return Err(DisplayError::BusWriteError),
                Stage::Cold(bus) => Box::new(bring_up(bus, frame)?),
                Stage::Running(display, shown) if shown == *frame => display,
                Stage::Running(mut display, shown) => {
                    send(&mut display, &shown, frame)?;
                    display
                }
            };
            Ok(Stage::Running(display, frame.clone()))
        })
    }

    fn set_glow(&mut self, glow: Glow) -> Result<(), PanelError> {
        let before = self.glow;
        if glow == before || !matches!(self.stage, Stage::Running(..)) {
            return Ok(());
        }
        self.glow = glow;
        self.talk(|stage| {
            let Stage::Running(mut display, shown) = stage else {
                return Ok(stage);
            };
            if glow == Glow::Off {
                display.set_display_on(false)?;
            } else {
                display.set_brightness(brightness(glow))?;
            }
            if before == Glow::Off {
                display.set_display_on(true)?;
            }
            Ok(Stage::Running(display, shown))
        })
    }

    fn rest(&mut self) -> Result<(), PanelError> {
        Ok(())
    }
}

/// From whatever state the chip is in to a glass that shows `frame`. Nothing else is ever visible:
/// memory is written before the glass is switched on, and written with the same once more because the
/// crate's buffer has to follow.
fn bring_up<I2C: I2c>(bus: Bus<I2C>, frame: &Frame) -> Result<Display<I2C>, DisplayError> {
    let mut display = attach(bus)?;
    fill(&mut display, frame)?;
    display.init()?;
    let mut bus = display.release();
    bus.send_commands(DataFormat::U8(&FASTEST_CLOCK))?;
    let mut display = attach(bus)?;
    display.set_brightness(brightness(Glow::Normal))?;
    fill(&mut display, frame)?;
    Ok(display)
}

/// The crate's buffered mode on a chip whose state is unknown, with a dark buffer.
fn attach<I2C: I2c>(bus: Bus<I2C>) -> Result<Display<I2C>, DisplayError> {
    let display = ssd1306::Ssd1306::new(bus, DisplaySize128x64, DisplayRotation::Rotate0);
    let mut display = display.into_buffered_graphics_mode();
    display.set_addr_mode(AddrMode::Horizontal)?;
    // Columns are mirrored as they are written, not as they are shown.
    display.set_rotation(DisplayRotation::Rotate0)?;
    Ok(display)
}

/// Sends the whole frame.
fn fill<I2C: I2c>(display: &mut Display<I2C>, frame: &Frame) -> Result<(), DisplayError> {
    let Geometry { width, height } = frame.geometry();
    for y in 0..height {
        for x in 0..width {
            display.set_pixel(x, y, frame.is_lit(x, y));
        }
    }
    display.flush()
}

/// Sends the columns of each page in which `frame` differs from what is shown.
fn send<I2C: I2c>(
    display: &mut Display<I2C>,
    shown: &Frame,
    frame: &Frame,
) -> Result<(), DisplayError> {
    let Geometry { width, height } = frame.geometry();
    for page in 0..height / PAGE {
        for y in page * PAGE..(page + 1) * PAGE {
            for x in 0..width {
                let lit = frame.is_lit(x, y);
                if lit != shown.is_lit(x, y) {
                    display.set_pixel(x, y, lit);
                }
            }
        }
        // The crate sends the rectangle around all that was set since the last time: a page at a
        // time keeps it small, and nothing is sent for a page without changes.
        display.flush()?;
    }
    Ok(())
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
    fn tell(&self, error: &DisplayError) -> PanelError {
        let why = self.first_error.get().cloned();
        PanelError::Bus {
            device: self.device.clone(),
            why: why.unwrap_or_else(|| format!("{error:?}")),
        }
    }
}

/// A bus that remembers its first error in full: the display crates reduce all of them to
/// "bus write error". One is enough, since the panel is broken after it.
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
            let _ = self
                .first_error
                .set(format!("{:?}: {error:?}", error.kind()));
        }
        outcome
    }
}
