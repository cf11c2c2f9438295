//! Panels on the real buses of the kernel: from a board's words to a driver on a device.
//!
//! Only the way to the device belongs here; what is sent is the drivers' business. Opening sends
//! nothing over a bus: whether a panel is there shows with the first frame. It does take the panel's
//! lines, gives it its supply, and resets an OLED that has a line for that.

use std::fmt::Display;
use std::path::Path;

use ::ssd1306::prelude::{DisplaySize128x32, DisplaySize128x64};
use display_interface::WriteOnlyDataCommand;
use embedded_hal::delay::DelayNs as _;
use embedded_hal::digital::OutputPin as _;
use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use linux_embedded_hal::{Delay, I2cdev, SpidevDevice};

use super::ssd168x::{self, Epaper, Module};
use super::turned::{Turned, turned_geometry};
use super::wire::{self, Wired};
use super::{Opener, Panel, PanelError, i2c, paged, sh1106, sh1107, ssd1306, ssd1309};
use crate::board::{Bus, PanelDriver, PanelSpec, Pull, Rotation};
use crate::line::{LineError, Lines, OutputLine};
use crate::view::{Geometry, Medium};

/// How long the reset line of an OLED is low, in microseconds: 3 are enough for the SSD1306 and SSD1309
/// (datasheets 8.5 and 13), 10 for the SH1106 (its "Reset Timing").
const RESET_PULSE_US: u32 = 100;

/// And how long the controller has afterwards: 2 us, by the same pages.
const RESET_AFTER_US: u32 = 100;

/// An opener for the panel that a board names, on these lines. Each call means that the panel of the
/// last one did not answer, so the next of the addresses it may have is tried, the usual one first.
#[must_use]
pub fn opener(spec: &PanelSpec, lines: Option<Lines>) -> Opener {
    let mut way = Way {
        spec: spec.clone(),
        lines,
        tries: 0,
        held: Held::default(),
    };
    Box::new(move || {
        let panel = way.open()?;
        Ok(match way.spec.rotation {
            Rotation::None => panel,
            rotation => Box::new(Turned::new(panel, rotation)),
        })
    })
}

/// How often an opener has to be called until every place was tried at which the panel may be.
#[must_use]
pub fn places(spec: &PanelSpec) -> usize {
    match &spec.bus {
        Bus::I2c { addresses, .. } => addresses.len().max(1),
        _ => 1,
    }
}

/// The way to a panel.
struct Way {
    spec: PanelSpec,
    lines: Option<Lines>,
    tries: usize,
    held: Held,
}

/// Lines of an OLED that keep their level as long as the panel may come back.
#[derive(Default)]
struct Held {
    power: Option<OutputLine>,
    reset: Option<OutputLine>,
}

impl Way {
    fn open(&mut self) -> Result<Box<dyn Panel>, PanelError> {
        let tries = self.tries;
        self.tries += 1;
        match self.spec.bus.clone() {
            Bus::I2c {
                path,
                addresses,
                reset,
            } => {
                let device = path.display().to_string();
                let bus = I2cdev::new(&path).map_err(|error| cannot_open(&device, &error))?;
                let Some(address) = addresses.get(tries % addresses.len().max(1)) else {
                    return Err(cannot_open(&device, &"the board names no address"));
                };
                self.reset_oled(None, reset, &device)?;
                let bus = i2c::Kernel(bus);
                oled(&self.spec, wire::i2c(bus, *address, &device), &device)
            }
            Bus::Spi {
                path,
                hz,
                dc,
                reset,
                busy,
                power,
            } => {
                let device = path.display().to_string();
                if self.spec.driver.medium() == Medium::Oled {
                    self.reset_oled(power, reset, &device)?;
                    let dc = self.output(dc, &device)?;
                    let wired = wire::spi(open_spi(&path, hz)?, dc, &device);
                    return oled(&self.spec, wired, &device);
                }
                // The supply first: a panel without one is fed through its other wires.
                let power = power.map(|line| self.output(line, &device)).transpose()?;
                let (Some(reset), Some(busy)) = (reset, busy) else {
                    let why = "the board names no reset or no busy line, and e-paper needs both";
                    return Err(cannot_open(&device, &why));
                };
                let lines = ssd168x::Lines {
                    power,
                    reset: self.output(reset, &device)?,
                    // Low where nobody drives it: then no panel is there.
                    busy: self
                        .lines(&device)?
                        .input(busy, Pull::Down)
                        .map_err(|error| cannot_open(&device, &error))?,
                };
                let dc = self.output(dc, &device)?;
                let module = module(&self.spec, &device)?;
                let wired = wire::spi(open_spi(&path, hz)?, dc, &device);
                Ok(Box::new(Epaper::new(wired, lines, Delay, module)))
            }
            #[cfg(feature = "bench")]
            Bus::Socket => Err(cannot_open("[bench] socket", &"no bench is configured")),
        }
    }

    fn lines(&self, device: &str) -> Result<&Lines, PanelError> {
        let why = "the lines of the header cannot be used (the log says why)";
        self.lines.as_ref().ok_or_else(|| cannot_open(device, &why))
    }

    /// A line that is high from the beginning.
    fn output(&self, line: u8, device: &str) -> Result<OutputLine, PanelError> {
        self.lines(device)?
            .output(line, true)
            .map_err(|error| cannot_open(device, &error))
    }

    /// Gives an OLED its supply and resets it, as far as it has lines for that.
    fn reset_oled(
        &mut self,
        power: Option<u8>,
        reset: Option<u8>,
        device: &str,
    ) -> Result<(), PanelError> {
        if self.held.power.is_none() {
            self.held.power = power.map(|line| self.output(line, device)).transpose()?;
        }
        if self.held.reset.is_none() {
            self.held.reset = reset.map(|line| self.output(line, device)).transpose()?;
        }
        let Some(reset) = &mut self.held.reset else {
            return Ok(());
        };
        let mut pulse = || {
            reset.set_low()?;
            Delay.delay_us(RESET_PULSE_US);
            reset.set_high()?;
            Delay.delay_us(RESET_AFTER_US);
            Ok(())
        };
        pulse().map_err(|error: LineError| cannot_open(device, &error))
    }
}

/// The OLED driver for a board's panel.
fn oled<W>(spec: &PanelSpec, wired: Wired<W>, device: &str) -> Result<Box<dyn Panel>, PanelError>
where
    W: WriteOnlyDataCommand + Send + 'static,
{
    let size = pixels(spec);
    Ok(match (spec.driver, size) {
        (PanelDriver::Ssd1306, (128, 64)) => Box::new(ssd1306::panel(wired, DisplaySize128x64)),
        (PanelDriver::Ssd1306, (128, 32)) => Box::new(ssd1306::panel(wired, DisplaySize128x32)),
        (PanelDriver::Ssd1309, (128, 64)) => Box::new(paged::panel(wired, &ssd1309::DIALECT)),
        (PanelDriver::Sh1106, (128, 64)) => Box::new(paged::panel(wired, &sh1106::DIALECT)),
        (PanelDriver::Sh1107, (128, 128)) => Box::new(paged::panel(wired, &sh1107::DIALECT)),
        (driver, _) => return Err(no_driver(driver, size, device)),
    })
}

/// The e-paper module of a board.
fn module(spec: &PanelSpec, device: &str) -> Result<Module, PanelError> {
    let size = pixels(spec);
    match (spec.driver, size) {
        (PanelDriver::Ssd1680, (122, 250)) => Ok(Module::SSD1680_122X250),
        (PanelDriver::Ssd1680, (176, 264)) => Ok(Module::SSD1680_176X264),
        (PanelDriver::Ssd1683, (400, 300)) => Ok(Module::SSD1683_400X300),
        (driver, _) => Err(no_driver(driver, size, device)),
    }
}

/// The panel's size as its controller counts it.
fn pixels(spec: &PanelSpec) -> (u32, u32) {
    let Geometry { width, height } = turned_geometry(spec.format().geometry, spec.rotation);
    (width, height)
}

fn no_driver(driver: PanelDriver, (width, height): (u32, u32), device: &str) -> PanelError {
    let why = format!("no {driver:?} panel has {width}x{height} pixels on this kind of bus");
    cannot_open(device, &why)
}

/// SPI mode 0, the controllers' (SSD1306 datasheet 13, SH1106 "4-wire", SSD1680 "Serial Interface
/// Timing": clocked in by the rising edge).
fn open_spi(path: &Path, hz: u32) -> Result<SpidevDevice, PanelError> {
    let device = path.display().to_string();
    let mut spi = SpidevDevice::open(path).map_err(|error| cannot_open(&device, &error))?;
    let options = SpidevOptions::new()
        .bits_per_word(8)
        .max_speed_hz(hz)
        .mode(SpiModeFlags::SPI_MODE_0)
        .build();
    spi.configure(&options)
        .map_err(|error| cannot_open(&device, &error))?;
    Ok(spi)
}

fn cannot_open(device: &str, why: &impl Display) -> PanelError {
    PanelError::Open {
        device: device.to_owned(),
        why: why.to_string(),
    }
}
