//! What a person is doing with the buttons, over all lines. Everything here is debounced.
//!
//! One thing at a time: a press, a hold, or connect and disconnect together. Whatever does not fit
//! makes the hand spent: nothing counts again before every button is up.

use super::Gesture;
use crate::event::Button;
use crate::limits;
use crate::snapshot::{Hold, HoldAction};
use crate::time::Mono;

/// What is going on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hand {
    /// Nothing is down. NEXT: `One`, or `Spent` when the press only wakes the panel.
    Free,
    /// One button is down. NEXT: `Free` by its release, `Both` by the other of connect and
    /// disconnect before the bar, `Spent` by any other button or the end of the hold.
    One {
        button: Button,
        since: Mono,
        /// The hold is on show: letting go cancels and is no press any more.
        bar: bool,
    },
    /// Connect and disconnect are down, pressed together. NEXT: `Spent`
    Both {
        /// When the second came.
        since: Mono,
        /// As above.
        bar: bool,
    },
    /// What is down does nothing more. NEXT: `Free` when all is up.
    Spent,
}

/// What a hold does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HoldStep {
    /// It is to be shown.
    Bar,
    /// It is complete.
    Fire,
}

impl Hand {
    /// A button went down. `dark`: the panel is off, a press only wakes it.
    pub(super) fn pressed(&mut self, button: Button, since: Mono, dark: bool) {
        *self = match *self {
            Self::Free if dark => Self::Spent,
            Self::Free => Self::One {
                button,
                since,
                bar: false,
            },
            Self::One {
                button: first,
                bar: false,
                ..
            } if are_the_pair(first, button) => Self::Both { since, bar: false },
            Self::One { .. } | Self::Both { .. } | Self::Spent => Self::Spent,
        };
    }

    /// A button came up; `all_up`: it was the last.
    pub(super) fn released(&mut self, all_up: bool) -> Option<Gesture> {
        let was = self.let_go(all_up);
        match was {
            Self::One {
                button,
                since,
                bar: false,
            } => Some(Gesture::Press(button, since)),
            Self::Both { bar: false, .. } => Some(Gesture::Together),
            // Let go too early, or used up; and without a hand nothing was down.
            Self::One { bar: true, .. }
            | Self::Both { bar: true, .. }
            | Self::Spent
            | Self::Free => None,
        }
    }

    /// Something that was down counts for nothing any more; `all_up`: nothing else is down.
    pub(super) fn broken(&mut self, all_up: bool) {
        self.let_go(all_up);
    }

    /// What the hold does next, and when, unless a finger is on its way off.
    pub(super) fn due(&self) -> Option<(Mono, HoldStep)> {
        let hold = self.running()?;
        let (Self::One { bar, .. } | Self::Both { bar, .. }) = *self else {
            return None;
        };
        Some(if bar {
            (hold.began + hold.needs, HoldStep::Fire)
        } else {
            (hold.began + limits::HOLD_BAR_AFTER, HoldStep::Bar)
        })
    }

    /// Does it. What was completed, if something was.
    pub(super) fn hold_on(&mut self, step: HoldStep) -> Option<Gesture> {
        match step {
            HoldStep::Bar => {
                if let Self::One { bar, .. } | Self::Both { bar, .. } = self {
                    *bar = true;
                }
                None
            }
            HoldStep::Fire => {
                let hold = self.running();
                *self = Self::Spent;
                hold.map(|hold| Gesture::Held(hold.action))
            }
        }
    }

    /// The hold to show.
    pub(super) fn shown(&self) -> Option<Hold> {
        match self {
            Self::One { bar: true, .. } | Self::Both { bar: true, .. } => self.running(),
            Self::One { bar: false, .. }
            | Self::Both { bar: false, .. }
            | Self::Free
            | Self::Spent => None,
        }
    }

    /// Whether the level of this button matters to the hold.
    pub(super) fn holds(&self, button: Button) -> bool {
        match *self {
            Self::One { button: held, .. } => held == button,
            Self::Both { .. } => matches!(button, Button::Connect | Button::Disconnect),
            Self::Free | Self::Spent => false,
        }
    }

    /// The hold under way, on show or not.
    fn running(&self) -> Option<Hold> {
        let (began, action, needs) = match *self {
            Self::One { button, since, .. } => match button {
                Button::Connect => (since, HoldAction::AddAccount, limits::HOLD_ADD_ACCOUNT),
                Button::Disconnect => (since, HoldAction::Logout, limits::HOLD_LOGOUT),
                // These have no long press: however long, it is a press.
                Button::Previous | Button::Next | Button::Select => return None,
            },
            Self::Both { since, .. } => (since, HoldAction::ResetTokens, limits::HOLD_RESET_TOKENS),
            Self::Free | Self::Spent => return None,
        };
        Some(Hold {
            action,
            began,
            needs,
        })
    }

    fn let_go(&mut self, all_up: bool) -> Self {
        let next = if all_up { Self::Free } else { Self::Spent };
        std::mem::replace(self, next)
    }
}

/// Connect and disconnect, in either order.
fn are_the_pair(one: Button, other: Button) -> bool {
    matches!(
        (one, other),
        (Button::Connect, Button::Disconnect) | (Button::Disconnect, Button::Connect)
    )
}
