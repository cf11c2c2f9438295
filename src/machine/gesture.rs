//! From edges to presses and holds.
//!
//! Levels are debounced by the time stamps of the edges, not by when they were read, so a slow loop
//! does not turn a bounce into a press. An edge costs the same however many came before. Holding is
//! watched with deadlines; a hold that fired, a chord and a press that only woke the panel are used
//! up: they need a release before anything counts again.

use super::timers::Deadline;
use crate::event::{Button, Edge};
use crate::limits;
use crate::snapshot::{Hold, HoldAction};
use crate::time::Mono;

/// What the buttons amount to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gesture {
    /// A button went down or came up: somebody is there.
    Touched,
    /// A button was pressed and let go.
    Press(Button),
    /// A button was held to the end.
    Held(HoldAction),
}

/// Both lines, and what the person is doing with them.
#[derive(Clone, Debug)]
pub(super) struct Gestures {
    connect: Line,
    disconnect: Line,
    hand: Hand,
    /// The latest edge seen: time stamps do not run backwards.
    latest: Mono,
}

/// One line.
#[derive(Clone, Copy, Debug)]
struct Line {
    level: Level,
    /// Since when the raw level differs from the debounced one.
    differs_since: Option<Mono>,
}

/// A debounced level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    /// No edge yet. Sources report changes only: the first one tells what was before it.
    Unknown,
    Up,
    Down,
    /// Down since before the box started (held, or shorted): counts as nothing until released.
    DownAtBoot,
}

/// What is going on, over both lines. Arrows are debounced.
#[derive(Clone, Copy, Debug)]
enum Hand {
    /// Nothing is down. NEXT: `One`, or `Spent` when the press only wakes the panel.
    Free,
    /// One button is down. NEXT: `Free` by its release, `Spent` by the other button or a hold.
    One {
        button: Button,
        since: Mono,
        /// The hold is on show: letting go cancels and is no press any more.
        bar: bool,
    },
    /// What is down does nothing more. NEXT: `Free` when all is up.
    Spent,
}

/// What is due next.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// A level was stable long enough.
    Settle(Button),
    /// The hold is to be shown.
    Bar,
    /// The hold is complete.
    Fire,
}

impl Gestures {
    pub(super) fn new() -> Self {
        let line = Line {
            level: Level::Unknown,
            differs_since: None,
        };
        Self {
            connect: line,
            disconnect: line,
            hand: Hand::Free,
            latest: Mono::START,
        }
    }

    /// Takes an edge. `dark`: the panel is off, a press only wakes it.
    pub(super) fn edge(&mut self, edge: Edge, now: Mono, dark: bool) -> Vec<Gesture> {
        let at = edge.at.min(now).max(self.latest);
        self.latest = at;
        if !matches!(edge.button, Button::Connect | Button::Disconnect) {
            return Vec::new();
        }
        // Whatever was complete before this edge happened, happened.
        let gestures = self.advance(at, dark);
        self.line_mut(edge.button).edge(edge.pressed, at);
        gestures
    }

    /// Lets the time pass until `to`.
    pub(super) fn advance(&mut self, to: Mono, dark: bool) -> Vec<Gesture> {
        let mut gestures = Vec::new();
        while let Some((at, due)) = self.next_due().filter(|(at, _)| *at <= to) {
            match due {
                Due::Settle(button) => self.settle(button, dark, &mut gestures),
                Due::Bar => self.show_bar(),
                Due::Fire => {
                    self.hand = Hand::Spent;
                    gestures.push(Gesture::Held(HoldAction::Logout));
                }
            }
            self.latest = self.latest.max(at);
        }
        gestures
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        self.next_due().map(|(at, due)| match due {
            Due::Settle(_) => (at, "debounce"),
            Due::Bar => (at, "show the hold"),
            Due::Fire => (at, "complete the hold"),
        })
    }

    /// The hold to show.
    pub(super) fn hold(&self) -> Option<Hold> {
        match self.hand {
            Hand::One {
                since, bar: true, ..
            } => Some(Hold {
                action: HoldAction::Logout,
                began: since,
                needs: limits::HOLD_LOGOUT,
            }),
            Hand::One { bar: false, .. } | Hand::Free | Hand::Spent => None,
        }
    }

    fn next_due(&self) -> Option<(Mono, Due)> {
        let settle = |button| {
            let since = self.line(button).differs_since?;
            Some((since + limits::DEBOUNCE, Due::Settle(button)))
        };
        [
            settle(Button::Connect),
            settle(Button::Disconnect),
            self.hold_due(),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }

    fn hold_due(&self) -> Option<(Mono, Due)> {
        match self.hand {
            Hand::One {
                button: Button::Disconnect,
                since,
                bar,
            } => {
                // The finger may be off already: the hold goes on only once that was a bounce.
                if self.disconnect.differs_since.is_some() {
                    None
                } else if bar {
                    Some((since + limits::HOLD_LOGOUT, Due::Fire))
                } else {
                    Some((since + limits::HOLD_BAR_AFTER, Due::Bar))
                }
            }
            // Connect has no long press yet.
            Hand::One { .. } | Hand::Free | Hand::Spent => None,
        }
    }

    fn show_bar(&mut self) {
        if let Hand::One { bar, .. } = &mut self.hand {
            *bar = true;
        }
    }

    /// The raw level of a line was stable long enough: it is the level now.
    fn settle(&mut self, button: Button, dark: bool, gestures: &mut Vec<Gesture>) {
        let line = self.line_mut(button);
        let Some(since) = line.differs_since.take() else {
            return;
        };
        match line.level {
            Level::Unknown | Level::Up => {
                line.level = Level::Down;
                gestures.push(Gesture::Touched);
                self.pressed(button, since, dark);
            }
            Level::Down => {
                line.level = Level::Up;
                gestures.push(Gesture::Touched);
                gestures.extend(self.released(button));
            }
            Level::DownAtBoot => line.level = Level::Up,
        }
    }

    fn pressed(&mut self, button: Button, since: Mono, dark: bool) {
        self.hand = match self.hand {
            Hand::Free if dark => Hand::Spent,
            Hand::Free => Hand::One {
                button,
                since,
                bar: false,
            },
            // Both at once is reserved; it must not act as either.
            Hand::One { .. } | Hand::Spent => Hand::Spent,
        };
    }

    fn released(&mut self, button: Button) -> Option<Gesture> {
        match self.hand {
            Hand::One {
                button: down, bar, ..
            } if down == button => {
                self.hand = Hand::Free;
                (!bar).then_some(Gesture::Press(button))
            }
            Hand::Spent => {
                let down = |line: &Line| line.level == Level::Down;
                if !down(&self.connect) && !down(&self.disconnect) {
                    self.hand = Hand::Free;
                }
                None
            }
            // A release without its press: the press was used up elsewhere.
            Hand::One { .. } | Hand::Free => None,
        }
    }

    fn line(&self, button: Button) -> &Line {
        match button {
            Button::Disconnect => &self.disconnect,
            _ => &self.connect,
        }
    }

    fn line_mut(&mut self, button: Button) -> &mut Line {
        match button {
            Button::Disconnect => &mut self.disconnect,
            _ => &mut self.connect,
        }
    }
}

impl Line {
    fn edge(&mut self, pressed: bool, at: Mono) {
        if self.level == Level::Unknown {
            self.level = if pressed {
                Level::Up
            } else {
                Level::DownAtBoot
            };
        }
        let down = match self.level {
            Level::Down | Level::DownAtBoot => true,
            Level::Unknown | Level::Up => false,
        };
        self.differs_since = (pressed != down).then_some(at);
    }
}

#[cfg(test)]
mod tests;
