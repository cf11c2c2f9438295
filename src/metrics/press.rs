//! Presses counted from edges, for people who wonder whether a button works. Pure.
//!
//! What a press means is the machine's; here it is only how long it was. A bounce is no press.

use std::collections::BTreeMap;

use crate::event::{Button, Edge};
use crate::limits::{DEBOUNCE, HOLD_ADD_ACCOUNT, STUCK};
use crate::time::Mono;

/// Buttons that are down, and what they did before.
#[derive(Default)]
pub(super) struct Presses {
    down: BTreeMap<Button, Mono>,
    counts: BTreeMap<(Button, &'static str), u64>,
}

impl Presses {
    pub fn edge(&mut self, edge: Edge) {
        if edge.pressed {
            self.down.entry(edge.button).or_insert(edge.at);
            return;
        }
        let Some(since) = self.down.remove(&edge.button) else {
            return;
        };
        let held = edge.at.since(since);
        let gesture = match held {
            held if held < DEBOUNCE => return,
            held if held < HOLD_ADD_ACCOUNT => "press",
            held if held < STUCK => "hold",
            _ => "stuck",
        };
        *self.counts.entry((edge.button, gesture)).or_default() += 1;
    }

    /// Button, gesture, how often.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let counts = self.counts.iter();
        counts.map(|((button, gesture), times)| (button.name(), *gesture, *times))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn bounces_are_no_presses() {
        let mut presses = Presses::default();
        for (pressed, at_ms) in [
            (false, 0),
            (true, 100),
            (false, 105),
            (true, 110),
            (false, 300),
            (true, 302),
            (false, 310),
            (true, 1000),
            (false, 5000),
        ] {
            presses.edge(Edge {
                button: Button::Connect,
                pressed,
                at: Mono(Duration::from_millis(at_ms)),
            });
        }
        let counts: Vec<_> = presses.counts().collect();
        assert_eq!(counts, [("connect", "hold", 1), ("connect", "press", 1)]);
    }
}
