//! One panel of every kind on the test stand: driver and simulated chip, as its board file has it.
//!
//! Board files belong to the program; here are only the wires that a simulated module needs.

use ::ssd1306::prelude::{DisplaySize128x32, DisplaySize128x64};
use pairbox::board::Rotation;
use pairbox::panel::ssd168x::{Epaper, Lines, Module};
use pairbox::panel::turned::Turned;
use pairbox::panel::{Panel, Refresh, paged, sh1106, sh1107, ssd1306 as driver, ssd1309, wire};
use pairbox::view::{Format, Frame, Glow, Medium};
use pairbox_chips::oled::OledModule;
use pairbox_chips::ssd168x::PaperModule;
use pairbox_chips::{Cable, Picture, SpiCable};

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
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    I2c(OledModule),
    Spi(OledModule, Rotation),
    Paper(PaperModule, Rotation),
}

const fn board(name: &'static str, panel: usize, pitch_um: u32, kind: Kind) -> Board {
    Board {
        name,
        panel: scenes::PANELS[panel],
        pitch_um,
        kind,
    }
}

/// Every kind of panel there is a board for.
pub const BOARDS: [Board; 8] = [
    board("ssd1306-i2c-32", 0, 175, Kind::I2c(OledModule::Ssd1306Low)),
    board("ssd1306-i2c", 1, 170, Kind::I2c(OledModule::Ssd1306)),
    board(
        "waveshare-oled-hat-1.3",
        1,
        230,
        Kind::Spi(OledModule::Sh1106, Rotation::Half),
    ),
    board("ssd1309-2.42", 1, 430, Kind::I2c(OledModule::Ssd1309)),
    board("sh1107-1.5", 2, 210, Kind::I2c(OledModule::Sh1107)),
    board(
        "waveshare-epd-2.13-v4",
        3,
        194,
        Kind::Paper(PaperModule::Waveshare2in13V4, Rotation::ThreeQuarters),
    ),
    board(
        "waveshare-epd-2.7-v2",
        4,
        217,
        Kind::Paper(PaperModule::Waveshare2in7V2, Rotation::ThreeQuarters),
    ),
    board(
        "waveshare-epd-4.2-v2",
        5,
        212,
        Kind::Paper(PaperModule::Waveshare4in2V2, Rotation::None),
    ),
];

/// A board's panel at the end of its cable.
pub struct Stand {
    panel: Box<dyn Panel>,
    cable: End,
}

enum End {
    I2c(Cable),
    Spi(SpiCable),
}

impl Board {
    /// Builds it up.
    pub fn stand(&self) -> Stand {
        let (panel, cable, rotation) = match self.kind {
            Kind::I2c(module) => {
                let cable = Cable::with(module, driver::ADDRESS);
                let wired = || wire::i2c(cable.clone(), driver::ADDRESS, self.name);
                let panel: Box<dyn Panel> = match module {
                    OledModule::Ssd1306Low => Box::new(driver::panel(wired(), DisplaySize128x32)),
                    OledModule::Ssd1306 => Box::new(driver::panel(wired(), DisplaySize128x64)),
                    OledModule::Ssd1309 => Box::new(paged::panel(wired(), &ssd1309::DIALECT)),
                    OledModule::Sh1106 => Box::new(paged::panel(wired(), &sh1106::DIALECT)),
                    OledModule::Sh1107 => Box::new(paged::panel(wired(), &sh1107::DIALECT)),
                };
                (panel, End::I2c(cable), Rotation::None)
            }
            Kind::Spi(module, rotation) => {
                let cable = SpiCable::oled(module);
                cable.mount(quarters(rotation));
                let wired = wire::spi(cable.spi(), cable.dc(), self.name);
                let panel: Box<dyn Panel> = Box::new(paged::panel(wired, &sh1106::DIALECT));
                (panel, End::Spi(cable), rotation)
            }
            Kind::Paper(module, rotation) => {
                let cable = SpiCable::paper(module);
                cable.mount(quarters(rotation));
                let wired = wire::spi(cable.spi(), cable.dc(), self.name);
                let lines = Lines {
                    power: Some(cable.power()),
                    reset: cable.reset(),
                    busy: cable.busy(),
                };
                let told = match module {
                    PaperModule::Waveshare2in13V4 => Module::SSD1680_122X250,
                    PaperModule::Waveshare2in7V2 => Module::SSD1680_176X264,
                    PaperModule::Waveshare4in2V2 => Module::SSD1683_400X300,
                };
                let panel = Box::new(Epaper::new(wired, lines, cable.delay(), told));
                (panel as Box<dyn Panel>, End::Spi(cable), rotation)
            }
        };
        let panel = match rotation {
            Rotation::None => panel,
            rotation => Box::new(Turned::new(panel, rotation)),
        };
        assert_eq!(panel.format(), self.panel.1, "{}", self.name);
        Stand { panel, cable }
    }
}

fn quarters(rotation: Rotation) -> u32 {
    match rotation {
        Rotation::None => 0,
        Rotation::Quarter => 1,
        Rotation::Half => 2,
        Rotation::ThreeQuarters => 3,
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
        match &self.cable {
            End::I2c(cable) => {
                assert_eq!(cable.violations(), []);
                cable.picture()
            }
            End::Spi(cable) => {
                assert_eq!(cable.violations(), []);
                cable.picture()
            }
        }
    }
}
