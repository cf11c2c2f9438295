//! The boards whose pictures are recorded: one of every kind of panel, and how large its pixels are.
//!
//! Driver and simulated module of each come from `modules`.

use pairbox::panel::{Panel, Refresh};
use pairbox::view::{Format, Frame, Glow, Medium};
use pairbox_chips::{OledModule, PaperModule, Picture};

use super::modules::{Module, Wires};
use super::scenes;

/// A board with a panel.
#[derive(Clone, Copy)]
pub struct Board {
    /// The name of its file.
    pub name: &'static str,
    /// The folder of its pictures, and its panel.
    pub panel: (&'static str, Format),
    /// From one pixel to the next, in micrometres (HARDWARE.md 1.3, as in the board file).
    pub pitch_um: u32,
    module: Module,
}

const fn board(name: &'static str, panel: usize, pitch_um: u32, module: Module) -> Board {
    Board {
        name,
        panel: scenes::PANELS[panel],
        pitch_um,
        module,
    }
}

/// Every kind of panel there is a board for.
pub const BOARDS: [Board; 8] = [
    board(
        "ssd1306-i2c-32",
        0,
        175,
        Module::I2c(OledModule::Ssd1306Low),
    ),
    board("ssd1306-i2c", 1, 170, Module::I2c(OledModule::Ssd1306)),
    board("waveshare-oled-hat-1.3", 1, 230, Module::Hat),
    board("ssd1309-2.42", 1, 430, Module::I2c(OledModule::Ssd1309)),
    board("sh1107-1.5", 2, 210, Module::I2c(OledModule::Sh1107)),
    board(
        "waveshare-epd-2.13-v4",
        3,
        194,
        Module::Paper(PaperModule::Waveshare2in13V4),
    ),
    board(
        "waveshare-epd-2.7-v2",
        4,
        217,
        Module::Paper(PaperModule::Waveshare2in7V2),
    ),
    board(
        "waveshare-epd-4.2-v2",
        5,
        212,
        Module::Paper(PaperModule::Waveshare4in2V2),
    ),
];

/// A board's panel at the end of its cable.
pub struct Stand {
    panel: Box<dyn Panel>,
    wires: Wires,
}

impl Board {
    /// Builds it up.
    pub fn stand(&self) -> Stand {
        let wires = self.module.plug();
        let panel = self.module.open(&wires);
        assert_eq!(panel.format(), self.panel.1, "{}", self.name);
        Stand { panel, wires }
    }
}

impl Stand {
    /// The picture on the glass after the driver brought it there.
    pub fn show(&mut self, frame: &Frame, glow: Glow) -> Picture {
        let refresh = match self.panel.format().medium {
            Medium::Oled => Refresh::Partial,
            Medium::Paper => Refresh::Full,
        };
        self.panel.show(frame, refresh).unwrap();
        self.panel.set_glow(glow).unwrap();
        assert_eq!(self.wires.violations(), []);
        self.wires.picture()
    }
}
