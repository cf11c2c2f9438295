//! What all OLED drivers have in common: a frame on the glass, the next one with the fewest bytes, the
//! brightness, and a life that ends with the first error.
//!
//! What a controller wants to hear is its own file's business ([`Controller`]). It is never switched
//! on before its memory holds the frame: that memory holds noise after power-up.

use display_interface::DisplayError;

use super::pages::{self, Costs, Pages, Run};
use super::wire::Trouble;
use super::{Panel, PanelError, Refresh};
use crate::view::{Format, Frame, Glow};

/// What a driver can do to its controller.
pub trait Controller: Send {
    /// What it makes of runs.
    fn costs(&self) -> Costs;

    /// Makes the glass dark, and sets what may be set only then. Sent to a controller in whatever state
    /// once, never again.
    fn begin(&mut self) -> Result<(), DisplayError>;

    /// Sets everything except brightness and on or off. Changes nothing on the glass of a controller
    /// where it was so before.
    fn prepare(&mut self) -> Result<(), DisplayError>;

    /// Writes its memory.
    fn write(&mut self, run: &Run, bytes: &[u8]) -> Result<(), DisplayError>;

    /// Sets contrast and precharge.
    fn set_brightness(&mut self, brightness: Brightness) -> Result<(), DisplayError>;

    /// Switches the glass on or off; memory and settings stay.
    fn switch(&mut self, on: bool) -> Result<(), DisplayError>;
}

/// How strongly lit pixels shine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Brightness {
    /// The contrast register, 0 to 255.
    pub contrast: u8,
    /// Phase 2 of the precharge, in clocks, 1 to 15. Phase 1 is always 1: the shorter the two, the more
    /// pictures a second, and the fewer dark bands a camera sees.
    pub precharge: u8,
}

impl Brightness {
    /// The precharge register: phase 2 in the upper, phase 1 in the lower nibble. In this order on all
    /// controllers here, though Sino Wealth calls the first "discharge".
    #[must_use]
    pub fn precharge_register(self) -> u8 {
        self.precharge << 4 | 1
    }

    /// The values for codes are those of HARDWARE.md 1.5: a bright panel over-exposes in the phone's
    /// camera long before a dim one is unreadable. The others are the steps of the `ssd1306` crate.
    fn of(glow: Glow) -> Self {
        let (precharge, contrast) = match glow {
            Glow::Off | Glow::Dim => (1, 0x00),
            Glow::Normal => (2, 0x5f),
            Glow::CodeLow => (1, 0x0f),
            Glow::CodeMiddle => (2, 0x2f),
            Glow::CodeHigh => (2, 0x7f),
        };
        Self {
            contrast,
            precharge,
        }
    }
}

/// A panel: not touched before the first frame, and no longer usable after an error.
pub struct Lit<C> {
    controller: C,
    format: Format,
    stage: Stage,
    glow: Glow,
    answers: bool,
    trouble: Trouble,
}

enum Stage {
    /// Nothing was sent yet.
    Cold,
    /// Its memory holds this picture.
    Running(Pages),
    /// A transfer failed.
    Broken,
}

impl<C: Controller> Lit<C> {
    /// A panel of this size behind `controller`. Sends nothing.
    pub fn behind(
        controller: C,
        (width, height): (u32, u32),
        answers: bool,
        trouble: Trouble,
    ) -> Self {
        Self {
            controller,
            format: Format::oled(width, height),
            stage: Stage::Cold,
            glow: Glow::Normal,
            answers,
            trouble,
        }
    }

    /// Runs a step that talks to the panel, and leaves the panel broken when it fails.
    fn talk(
        &mut self,
        step: impl FnOnce(&mut C) -> Result<(), DisplayError>,
    ) -> Result<(), PanelError> {
        step(&mut self.controller).map_err(|error| {
            self.stage = Stage::Broken;
            self.trouble.tell(&error)
        })
    }

    /// From whatever state the controller is in to one that shows `pages`, or nothing while the glow
    /// is off. A controller that shows them already goes on showing them; nothing else is ever seen.
    fn set_up(&mut self, pages: &Pages) -> Result<(), PanelError> {
        let cold = matches!(self.stage, Stage::Cold);
        let glow = self.glow;
        self.talk(|controller| {
            if cold {
                controller.begin()?;
            }
            controller.prepare()?;
            write_all(controller, pages, &pages.all(controller.costs()))?;
            controller.set_brightness(Brightness::of(glow))?;
            if glow == Glow::Off {
                return Ok(());
            }
            controller.switch(true)
        })
    }
}

impl<C: Controller> Panel for Lit<C> {
    fn format(&self) -> Format {
        self.format
    }

    fn show(&mut self, frame: &Frame, refresh: Refresh) -> Result<(), PanelError> {
        let pages = Pages::of(frame, self.format.geometry);
        match &self.stage {
            Stage::Broken => return Err(self.trouble.tell(&DisplayError::BusWriteError)),
            Stage::Running(shown) if refresh == Refresh::Partial => {
                let runs = pages::plan(shown, &pages, self.controller.costs());
                self.talk(|controller| write_all(controller, &pages, &runs))?;
            }
            Stage::Cold | Stage::Running(_) => self.set_up(&pages)?,
        }
        self.stage = Stage::Running(pages);
        Ok(())
    }

    fn set_glow(&mut self, glow: Glow) -> Result<(), PanelError> {
        let before = std::mem::replace(&mut self.glow, glow);
        if glow == before || !matches!(self.stage, Stage::Running(_)) {
            return Ok(());
        }
        self.talk(|controller| {
            if glow == Glow::Off {
                return controller.switch(false);
            }
            controller.set_brightness(Brightness::of(glow))?;
            if before == Glow::Off {
                controller.switch(true)?;
            }
            Ok(())
        })
    }

    fn rest(&mut self) -> Result<(), PanelError> {
        Ok(())
    }

    fn answers(&self) -> bool {
        self.answers
    }
}

fn write_all<C: Controller>(
    controller: &mut C,
    pages: &Pages,
    runs: &[Run],
) -> Result<(), DisplayError> {
    runs.iter()
        .try_for_each(|run| controller.write(run, &pages.bytes_of(run)))
}
