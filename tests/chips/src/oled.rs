//! What all OLED controllers here have in common: they take commands and display data, and show
//! something. How a byte of RAM becomes pixels is each chip's own affair, on purpose: a mistake shared
//! by all models would be seen by none.

pub(crate) mod control_bytes;
pub(crate) mod serial;

use crate::picture::Picture;
use crate::sh1106::Sh1106;
use crate::sh1107::Sh1107;
use crate::ssd1306::{Ssd1306, Variant, Wiring};
use crate::violation::Violation;

/// The modules there are: a controller and the glass it is wired to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OledModule {
    /// SSD1306, 128x64: 0.96" and 1.3" modules, the Adafruit bonnet.
    Ssd1306,
    /// SSD1306, 128x32: 0.91" modules; sequential COM pins.
    Ssd1306Low,
    /// SSD1309, 128x64: 1.54" and 2.42" modules; outside supply for the glass.
    Ssd1309,
    /// SH1106, 128x64: the Waveshare 1.3" OLED HAT as it lies; the glass is on segments 2 to 129. It is
    /// upright with 0xA0 and 0xC0. Bare modules are with 0xA1 and 0xC8: mount it by two quarters for
    /// those.
    Sh1106,
    /// SH1107, 128x128: 1.12" and 1.5" modules.
    Sh1107,
}

impl OledModule {
    /// Pixels across and down, as the module lies before a person.
    #[must_use]
    pub fn size(self) -> (u32, u32) {
        match self {
            Self::Ssd1306 | Self::Ssd1309 | Self::Sh1106 => (128, 64),
            Self::Ssd1306Low => (128, 32),
            Self::Sh1107 => (128, 128),
        }
    }

    /// A module that was just powered.
    pub(crate) fn build(self) -> Box<dyn Oled> {
        match self {
            Self::Ssd1306 => Box::new(Ssd1306::new(Variant::Ssd1306, Wiring::HIGH)),
            Self::Ssd1306Low => Box::new(Ssd1306::new(Variant::Ssd1306, Wiring::LOW)),
            Self::Ssd1309 => Box::new(Ssd1306::new(Variant::Ssd1309, Wiring::HIGH)),
            Self::Sh1106 => Box::new(Sh1106::new()),
            Self::Sh1107 => Box::new(Sh1107::new()),
        }
    }
}

/// A controller with its glass, apart from the wires.
pub(crate) trait Oled: Send {
    /// Executes the command at the start of `bytes` (not empty) and says how many bytes it took;
    /// `None`: it is not complete.
    fn command(&mut self, bytes: &[u8]) -> Result<Option<usize>, Violation>;

    /// Takes a byte of display data.
    fn data(&mut self, byte: u8) -> Result<(), Violation>;

    /// The supply went and came back: registers reset, RAM holds noise.
    fn power_cycle(&mut self);

    /// A pulse on the reset line: registers reset, RAM stays.
    fn reset(&mut self);

    /// What a person sees.
    fn picture(&self) -> Picture;

    /// What a read over I2C answers.
    fn status(&self) -> u8;

    /// Its registers.
    fn state(&self) -> OledState;
}

/// What some registers of an OLED controller say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OledState {
    pub(crate) on: bool,
    pub(crate) contrast: u8,
    pub(crate) clock: u8,
    pub(crate) precharge: u8,
}

impl OledState {
    /// Whether the display is on (it shows nothing without its supply all the same).
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// The contrast register: 0 to 255.
    #[must_use]
    pub fn contrast(&self) -> u8 {
        self.contrast
    }

    /// The clock register: oscillator frequency in the upper nibble, divider less one in the lower.
    #[must_use]
    pub fn clock(&self) -> u8 {
        self.clock
    }

    /// The precharge register: phase 2 in the upper nibble, phase 1 in the lower.
    #[must_use]
    pub fn precharge(&self) -> u8 {
        self.precharge
    }
}

/// The one parameter of the command at the start of `bytes`, if it has arrived.
pub(crate) fn parameter(bytes: &[u8]) -> Option<u8> {
    bytes.get(1).copied()
}
