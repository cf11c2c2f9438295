//! How bright the glass is: bright, dim after a minute, off after two (OLEDs wear).
//!
//! Only when there is a glass. A button or a change of state brings it back; a QR on show or a
//! running hold keeps it bright. That the press which wakes a dark panel does nothing else is
//! `gesture`'s part.

use super::timers::Deadline;
use crate::limits;
use crate::snapshot::Light;
use crate::time::Mono;

/// The light and what it depends on.
#[derive(Clone, Debug)]
pub(super) struct Backlight {
    light: Light,
    /// The last button or change of state.
    stirred_at: Mono,
    /// Something forbids to dim: no glass, a QR, a hold.
    kept: bool,
}

impl Backlight {
    pub(super) fn new(now: Mono) -> Self {
        Self {
            light: Light::Bright,
            stirred_at: now,
            kept: true,
        }
    }

    pub(super) fn light(&self) -> Light {
        self.light
    }

    /// Takes in what the last step did: whether something `stirred`, and whether dimming is
    /// forbidden from now on.
    pub(super) fn update(&mut self, now: Mono, stirred: bool, kept: bool) {
        // The two minutes begin when the QR is gone, not before it.
        if stirred || (self.kept && !kept) {
            self.stirred_at = now;
        }
        self.kept = kept;
        let idle = now.since(self.stirred_at);
        self.light = if kept || idle < limits::PANEL_DIM {
            Light::Bright
        } else if idle < limits::PANEL_OFF {
            Light::Dim
        } else {
            Light::Off
        };
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        if self.kept {
            return None;
        }
        match self.light {
            Light::Bright => Some((self.stirred_at + limits::PANEL_DIM, "dim the panel")),
            Light::Dim => Some((self.stirred_at + limits::PANEL_OFF, "switch the panel off")),
            Light::Off => None,
        }
    }
}
