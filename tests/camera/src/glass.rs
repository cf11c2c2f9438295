//! The way to the glass: the driver that a board names, and a simulated chip at the end of its wires.

use ::ssd1306::prelude::{DisplaySize128x32, DisplaySize128x64};
use anyhow::{Context as _, Result, bail};
use display_interface::WriteOnlyDataCommand;
use pairbox::board::{Bus, PanelDriver, PanelSpec, Rotation};
use pairbox::panel::ssd168x::{Epaper, Lines, Module};
use pairbox::panel::turned::Turned;
use pairbox::panel::{Panel, Refresh, paged, sh1106, sh1107, ssd1306, ssd1309, wire};
use pairbox::view::{Frame, Medium};
use pairbox_chips::oled::OledModule;
use pairbox_chips::ssd168x::PaperModule;
use pairbox_chips::{Cable, Picture, SpiCable};

/// A board's panel with a chip.
pub struct Glass {
    panel: Box<dyn Panel>,
    cable: End,
}

enum End {
    I2c(Cable),
    Spi(SpiCable),
}

impl Glass {
    /// Builds up what the board file says.
    pub fn of(spec: &PanelSpec) -> Result<Self> {
        let (panel, cable) = match (spec.driver.medium(), &spec.bus) {
            (Medium::Paper, _) => paper(spec)?,
            (Medium::Oled, Bus::Spi { .. }) => {
                let cable = SpiCable::oled(oled_module(spec)?);
                let panel = oled(spec, wire::spi(cable.spi(), cable.dc(), "camera"))?;
                (panel, End::Spi(cable))
            }
            (Medium::Oled, _) => {
                let cable = Cable::with(oled_module(spec)?, ssd1306::ADDRESS);
                if spec.driver == PanelDriver::Sh1106 {
                    // The model is the HAT's module; bare ones lie the other way round.
                    cable.mount(2);
                }
                let wired = wire::i2c(cable.clone(), ssd1306::ADDRESS, "camera");
                (oled(spec, wired)?, End::I2c(cable))
            }
        };
        let panel = match spec.rotation {
            Rotation::None => panel,
            rotation => Box::new(Turned::new(panel, rotation)),
        };
        Ok(Self { panel, cable })
    }

    /// What stands on the glass once the driver brought the frame there.
    pub fn show(&mut self, frame: &Frame) -> Result<Picture> {
        self.panel
            .show(frame, Refresh::Full)
            .context("the driver cannot show the frame")?;
        Ok(match &self.cable {
            End::I2c(cable) => cable.picture(),
            End::Spi(cable) => cable.picture(),
        })
    }
}

fn paper(spec: &PanelSpec) -> Result<(Box<dyn Panel>, End)> {
    let (module, told) = match spec.native() {
        (122, 250) => (PaperModule::Waveshare2in13V4, Module::SSD1680_122X250),
        (176, 264) => (PaperModule::Waveshare2in7V2, Module::SSD1680_176X264),
        (400, 300) => (PaperModule::Waveshare4in2V2, Module::SSD1683_400X300),
        size => bail!("no e-paper of {size:?} is simulated"),
    };
    let cable = SpiCable::paper(module);
    cable.mount(quarters(spec.rotation));
    let wired = wire::spi(cable.spi(), cable.dc(), "camera");
    let lines = Lines {
        power: Some(cable.power()),
        reset: cable.reset(),
        busy: cable.busy(),
    };
    let panel = Epaper::new(wired, lines, cable.delay(), told);
    Ok((Box::new(panel), End::Spi(cable)))
}

fn oled_module(spec: &PanelSpec) -> Result<OledModule> {
    Ok(match (spec.driver, spec.native()) {
        (PanelDriver::Ssd1306, (128, 64)) => OledModule::Ssd1306,
        (PanelDriver::Ssd1306, (128, 32)) => OledModule::Ssd1306Low,
        (PanelDriver::Ssd1309, (128, 64)) => OledModule::Ssd1309,
        (PanelDriver::Sh1106, (128, 64)) => OledModule::Sh1106,
        (PanelDriver::Sh1107, (128, 128)) => OledModule::Sh1107,
        (driver, size) => bail!("no {driver:?} of {size:?} is simulated"),
    })
}

fn oled<W>(spec: &PanelSpec, wired: wire::Wired<W>) -> Result<Box<dyn Panel>>
where
    W: WriteOnlyDataCommand + Send + 'static,
{
    Ok(match oled_module(spec)? {
        OledModule::Ssd1306 => Box::new(ssd1306::panel(wired, DisplaySize128x64)),
        OledModule::Ssd1306Low => Box::new(ssd1306::panel(wired, DisplaySize128x32)),
        OledModule::Ssd1309 => Box::new(paged::panel(wired, &ssd1309::DIALECT)),
        OledModule::Sh1106 => Box::new(paged::panel(wired, &sh1106::DIALECT)),
        OledModule::Sh1107 => Box::new(paged::panel(wired, &sh1107::DIALECT)),
    })
}

fn quarters(rotation: Rotation) -> u32 {
    match rotation {
        Rotation::None => 0,
        Rotation::Quarter => 1,
        Rotation::Half => 2,
        Rotation::ThreeQuarters => 3,
    }
}
