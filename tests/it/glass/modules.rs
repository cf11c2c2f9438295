//! Every panel there is a board for, at the end of a simulated cable, with its driver.

use std::time::Duration;

use ::ssd1306::prelude::{DisplaySize128x32, DisplaySize128x64};
use display_interface::WriteOnlyDataCommand;
use pairbox::board::Rotation;
use pairbox::panel::ssd168x::{self, Epaper};
use pairbox::panel::turned::Turned;
use pairbox::panel::wire::{self, Wired};
use pairbox::panel::{Opener, Panel, paged, sh1106, sh1107, ssd1306, ssd1309};
use pairbox::time::Mono;
use pairbox::view::Format;
use pairbox_chips::{Cable, Clock, OledModule, PaperModule, Picture, SpiCable, Stats, Violation};

/// A panel on its bus, mounted as its board has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Module {
    I2c(OledModule),
    /// Upside down, as the HAT has it.
    Hat,
    Paper(PaperModule),
}

pub const ALL: [Module; 9] = [
    Module::I2c(OledModule::Ssd1306),
    Module::I2c(OledModule::Ssd1306Low),
    Module::I2c(OledModule::Ssd1309),
    Module::I2c(OledModule::Sh1106),
    Module::I2c(OledModule::Sh1107),
    Module::Hat,
    Module::Paper(PaperModule::Waveshare2in13V4),
    Module::Paper(PaperModule::Waveshare2in7V2),
    Module::Paper(PaperModule::Waveshare4in2V2),
];

/// The cable of one, whatever bus it is.
#[derive(Clone)]
pub enum Wires {
    I2c(Cable),
    Spi(SpiCable),
}

impl Module {
    /// What pictures for it are drawn for.
    pub fn format(self) -> Format {
        match self {
            Self::I2c(module) => {
                let (width, height) = module.size();
                Format::oled(width, height)
            }
            Self::Hat => Format::oled(128, 64),
            Self::Paper(PaperModule::Waveshare2in13V4) => Format::paper(250, 122),
            Self::Paper(PaperModule::Waveshare2in7V2) => Format::paper(264, 176),
            Self::Paper(PaperModule::Waveshare4in2V2) => Format::paper(400, 300),
        }
    }

    pub fn is_paper(self) -> bool {
        matches!(self, Self::Paper(_))
    }

    /// A fresh one at the end of a cable, at the clock that its board gives the bus.
    pub fn plug(self) -> Wires {
        match self {
            Self::I2c(module) => Wires::I2c(Cable::with(module, ssd1306::ADDRESS)),
            Self::Hat => {
                let cable = SpiCable::oled(OledModule::Sh1106);
                cable.set_hz(2_000_000);
                Wires::Spi(cable)
            }
            Self::Paper(module) => {
                let cable = SpiCable::paper(module);
                cable.set_hz(4_000_000);
                if module != PaperModule::Waveshare4in2V2 {
                    cable.mount(3);
                }
                Wires::Spi(cable)
            }
        }
    }

    /// The driver on that cable, as the opener of its board makes it.
    pub fn open(self, wires: &Wires) -> Box<dyn Panel> {
        match (self, wires) {
            (Self::I2c(module), Wires::I2c(cable)) => {
                let wired = wire::i2c(cable.clone(), ssd1306::ADDRESS, "bench");
                match module {
                    // The same HAT with its other solder bridges.
                    OledModule::Sh1106 => {
                        Box::new(Turned::new(oled(module, wired), Rotation::Half))
                    }
                    _ => oled(module, wired),
                }
            }
            (Self::Hat, Wires::Spi(cable)) => {
                let wired = wire::spi(cable.spi(), cable.dc(), "bench");
                let panel = oled(OledModule::Sh1106, wired);
                Box::new(Turned::new(panel, Rotation::Half))
            }
            (Self::Paper(module), Wires::Spi(cable)) => paper(module, cable),
            _ => panic!("{self:?} is not on that bus"),
        }
    }

    /// An opener, as the panel's thread takes it.
    pub fn opener(self, wires: &Wires) -> Opener {
        let wires = wires.clone();
        Box::new(move || Ok(self.open(&wires)))
    }
}

fn oled<W>(module: OledModule, wired: Wired<W>) -> Box<dyn Panel>
where
    W: WriteOnlyDataCommand + Send + 'static,
{
    match module {
        OledModule::Ssd1306 => Box::new(ssd1306::panel(wired, DisplaySize128x64)),
        OledModule::Ssd1306Low => Box::new(ssd1306::panel(wired, DisplaySize128x32)),
        OledModule::Ssd1309 => Box::new(paged::panel(wired, &ssd1309::DIALECT)),
        OledModule::Sh1106 => Box::new(paged::panel(wired, &sh1106::DIALECT)),
        OledModule::Sh1107 => Box::new(paged::panel(wired, &sh1107::DIALECT)),
    }
}

fn paper(module: PaperModule, cable: &SpiCable) -> Box<dyn Panel> {
    let (driver, rotation) = match module {
        PaperModule::Waveshare2in13V4 => {
            (ssd168x::Module::SSD1680_122X250, Rotation::ThreeQuarters)
        }
        PaperModule::Waveshare2in7V2 => (ssd168x::Module::SSD1680_176X264, Rotation::ThreeQuarters),
        PaperModule::Waveshare4in2V2 => (ssd168x::Module::SSD1683_400X300, Rotation::None),
    };
    let lines = ssd168x::Lines {
        power: Some(cable.power()),
        reset: cable.reset(),
        busy: cable.busy(),
    };
    let wired = wire::spi(cable.spi(), cable.dc(), "bench");
    let panel = Box::new(Epaper::new(wired, lines, cable.delay(), driver));
    Box::new(Turned::new(panel, rotation))
}

/// What both kinds of cable can do.
macro_rules! both {
    ($wires:expr, $cable:ident => $what:expr) => {
        match $wires {
            Wires::I2c($cable) => $what,
            Wires::Spi($cable) => $what,
        }
    };
}

impl Wires {
    pub fn picture(&self) -> Picture {
        both!(self, cable => cable.picture())
    }

    pub fn stats(&self) -> Stats {
        both!(self, cable => cable.stats())
    }

    pub fn violations(&self) -> Vec<Violation> {
        both!(self, cable => cable.violations())
    }

    pub fn unplug(&self) {
        both!(self, cable => cable.unplug());
    }

    pub fn unplug_after(&self, bytes: usize) {
        both!(self, cable => cable.unplug_after(bytes));
    }

    pub fn replug(&self) {
        both!(self, cable => cable.replug());
    }

    pub fn keep_pictures(&self) {
        both!(self, cable => cable.keep_pictures());
    }

    pub fn kept_pictures(&self) -> Vec<Picture> {
        both!(self, cable => cable.kept_pictures())
    }

    fn clock(&self) -> Clock {
        both!(self, cable => cable.clock())
    }

    /// The cable's time.
    pub fn now(&self) -> Mono {
        Mono(self.clock().now())
    }

    /// Lets the cable's time pass until then.
    pub fn wait_until(&self, then: Mono) {
        self.clock().wait(then.since(self.now()));
    }

    /// Bytes and bus time since `before`.
    pub fn since(&self, before: Stats) -> (u64, Duration) {
        let since = self.stats().since(before);
        (since.bytes, since.bus_time)
    }

    /// The e-paper's cable.
    pub fn spi(&self) -> &SpiCable {
        match self {
            Self::Spi(cable) => cable,
            Self::I2c(_) => panic!("this one is on I2C"),
        }
    }
}
