//! A panel whose refreshes are counted: around any other, so that no driver knows of it.

use super::Metrics;
use crate::clock::Clock;
use crate::panel::{Opener, Panel, PanelError, Refresh};
use crate::view::{Format, Frame, Glow};

struct Counted {
    panel: Box<dyn Panel>,
    metrics: Metrics,
    clock: Clock,
}

/// Opens the same panels, counted.
#[must_use]
pub fn counted(mut open: Opener, metrics: Metrics, clock: Clock) -> Opener {
    Box::new(move || {
        Ok(Box::new(Counted {
            panel: open()?,
            metrics: metrics.clone(),
            clock,
        }))
    })
}

impl Panel for Counted {
    fn format(&self) -> Format {
        self.panel.format()
    }

    fn show(&mut self, frame: &Frame, refresh: Refresh) -> Result<(), PanelError> {
        let began = self.clock.mono();
        self.panel.show(frame, refresh)?;
        self.metrics
            .refreshed(refresh, self.clock.mono().since(began));
        Ok(())
    }

    fn set_glow(&mut self, glow: Glow) -> Result<(), PanelError> {
        self.panel.set_glow(glow)
    }

    fn rest(&mut self) -> Result<(), PanelError> {
        self.panel.rest()
    }

    fn answers(&self) -> bool {
        self.panel.answers()
    }
}
