//! From edges to presses and holds.
//!
//! Levels are debounced by the time stamps of the edges, not by when they were read, so a slow loop
//! does not turn a bounce into a press. An edge costs the same however many came before. Holding is
//! watched with deadlines; a hold that fired, buttons that do not belong together and a press that
//! only woke the panel are used up: they need a release before anything counts again. A line of its
//! own is `line`, what a person does with all of them is `hand`.

mod hand;
mod line;

use self::hand::{Hand, HoldStep};
use self::line::{Change, Line};
use super::timers::Deadline;
use crate::event::{Button, Edge};
use crate::snapshot::{Hold, HoldAction};
use crate::time::Mono;

/// What the buttons amount to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gesture {
    /// A button went down or came up: somebody is there.
    Touched,
    /// A button was pressed and let go; when the finger came.
    Press(Button, Mono),
    /// Connect and disconnect were pressed together and let go.
    Together,
    /// A button, or both, were held to the end.
    Held(HoldAction),
}

/// All lines, and what the person is doing with them.
#[derive(Clone, Debug)]
pub(super) struct Gestures {
    /// By the value of their button.
    lines: [Line; Button::ALL.len()],
    hand: Hand,
    /// The latest moment seen: time stamps do not run backwards.
    latest: Mono,
}

/// What there is to see of the buttons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    /// The hold to show.
    pub(super) hold: Option<Hold>,
    /// Whether a button is down for longer than any finger, by its value.
    stuck: [bool; Button::ALL.len()],
}

impl Shown {
    /// The stuck ones.
    pub(super) fn stuck(&self) -> Vec<Button> {
        let buttons = Button::ALL.into_iter();
        let stuck = buttons.filter(|button| self.stuck[*button as usize]);
        stuck.collect()
    }
}

/// What is due next.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// A level lasted long enough, or a press too long.
    Settle(Button),
    /// The hold goes on.
    Hold(HoldStep),
}

impl Gestures {
    pub(super) fn new() -> Self {
        Self {
            lines: [Line::new(); Button::ALL.len()],
            hand: Hand::Free,
            latest: Mono::START,
        }
    }

    /// Takes an edge. `dark`: the panel is off, a press only wakes it.
    pub(super) fn edge(&mut self, edge: Edge, now: Mono, dark: bool) -> Vec<Gesture> {
        let at = edge.at.min(now).max(self.latest);
        // Whatever was complete before this edge happened, happened.
        let mut gestures = self.advance(at, dark);
        self.latest = at;
        let change = self.line_mut(edge.button).edge(edge.pressed, at);
        self.changed(edge.button, change, dark, &mut gestures);
        // A finger that only trembled over the end of a hold completes it with its return.
        gestures.extend(self.advance(at, dark));
        gestures
    }

    /// Lets the time pass until `to`.
    pub(super) fn advance(&mut self, to: Mono, dark: bool) -> Vec<Gesture> {
        let mut gestures = Vec::new();
        while let Some((at, due)) = self.next_due().filter(|(at, _)| *at <= to) {
            match due {
                Due::Settle(button) => {
                    let change = self.line_mut(button).settle();
                    self.changed(button, change, dark, &mut gestures);
                }
                Due::Hold(step) => gestures.extend(self.hand.hold_on(step)),
            }
            self.latest = self.latest.max(at);
        }
        gestures
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        self.next_due().map(|(at, due)| match due {
            Due::Settle(button) if self.line(button).is_steady() => (at, "give up on a button"),
            Due::Settle(_) => (at, "debounce"),
            Due::Hold(HoldStep::Bar) => (at, "show the hold"),
            Due::Hold(HoldStep::Fire) => (at, "complete the hold"),
        })
    }

    /// What there is to see of it.
    pub(super) fn shown(&self) -> Shown {
        Shown {
            hold: self.hand.shown(),
            stuck: self.lines.each_ref().map(Line::is_stuck),
        }
    }

    fn next_due(&self) -> Option<(Mono, Due)> {
        let settle = |button| Some((self.line(button).due()?, Due::Settle(button)));
        let lines = Button::ALL.into_iter().filter_map(settle);
        lines.chain(self.hold_due()).min_by_key(|(at, _)| *at)
    }

    /// A finger may be off already: the hold goes on only once that was a bounce.
    fn hold_due(&self) -> Option<(Mono, Due)> {
        let (at, step) = self.hand.due()?;
        let held = |button: &Button| self.hand.holds(*button);
        let mut held = Button::ALL.into_iter().filter(held);
        let firm = held.all(|button| self.line(button).is_steady());
        firm.then_some((at, Due::Hold(step)))
    }

    fn changed(
        &mut self,
        button: Button,
        change: Option<Change>,
        dark: bool,
        gestures: &mut Vec<Gesture>,
    ) {
        let all_up = !self.lines.iter().any(Line::is_down);
        match change {
            Some(Change::Down { since }) => {
                gestures.push(Gesture::Touched);
                self.hand.pressed(button, since, dark);
            }
            Some(Change::Up) => {
                gestures.push(Gesture::Touched);
                gestures.extend(self.hand.released(all_up));
            }
            Some(Change::Broken) => self.hand.broken(all_up),
            None => {}
        }
    }

    fn line(&self, button: Button) -> &Line {
        &self.lines[button as usize]
    }

    fn line_mut(&mut self, button: Button) -> &mut Line {
        &mut self.lines[button as usize]
    }
}

#[cfg(test)]
mod tests;
