//! Buttons through rppal. Its callbacks do nothing but hand edges on.

use std::collections::BTreeMap;
use std::time::Duration;

use super::on_our_clock;
use super::source::{Armed, Bell, Fed, Feed, Heard, Source, feed};
use crate::board::ButtonLine;
use crate::clock::Clock;
use crate::event::Button;
use crate::line::LineError;
use crate::line::rppal::{Registers, Watched, unheard};
use crate::time::Mono;

/// The pins of the buttons.
pub(super) struct Pins {
    registers: Registers,
    debounce: Option<Duration>,
    clock: Clock,
    feed: Feed,
    fed: Fed,
    watched: BTreeMap<Button, Watched>,
}

impl Pins {
    pub(super) fn new(
        registers: Registers,
        debounce: Option<Duration>,
        clock: Clock,
    ) -> (Self, Bell) {
        let (feed, fed) = feed();
        let bell = feed.bell();
        let pins = Self {
            registers,
            debounce,
            clock,
            feed,
            fed,
            watched: BTreeMap::new(),
        };
        (pins, bell)
    }
}

/// What the callback of a line owns: it goes with the callback, and so tells when there are no more
/// edges. Of a line that was disarmed nobody wants to know that any more.
struct Ear {
    button: Button,
    line: u8,
    feed: Feed,
}

impl Ear {
    fn hear(&self, high: bool, at: Mono) {
        self.feed.put(Heard::Edge {
            button: self.button,
            high,
            at,
        });
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.feed.put(Heard::Gone {
            button: self.button,
            why: unheard(self.line),
        });
    }
}

impl Source for Pins {
    fn arm(&mut self, button: Button, line: ButtonLine) -> Result<Armed, LineError> {
        self.disarm(button);
        let (feed, clock) = (self.feed.clone(), self.clock);
        let listener = || {
            let ear = Ear {
                button,
                line: line.line,
                feed,
            };
            move |high, stamp| ear.hear(high, on_our_clock(stamp, clock))
        };
        let watched = self
            .registers
            .watch(line.line, line.pull, self.debounce, listener)?;
        let armed = Armed {
            high: watched.is_high(),
            edges: watched.edges(),
        };
        self.watched.insert(button, watched);
        Ok(armed)
    }

    fn disarm(&mut self, button: Button) {
        self.watched.remove(&button);
    }

    fn is_high(&mut self, button: Button) -> Result<bool, LineError> {
        // A line that is not held is asked for by nobody.
        Ok(self.watched.get(&button).is_some_and(Watched::is_high))
    }

    fn wait(&mut self, timeout: Duration) -> Vec<Heard> {
        self.fed.wait(timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_that_ends_is_a_line_that_is_gone() {
        let (feed, fed) = feed();
        let ear = Ear {
            button: Button::Connect,
            line: 5,
            feed,
        };
        let at = Mono(Duration::from_secs(1));
        let callback = move |high| ear.hear(high, at);
        callback(false);
        let edge = Heard::Edge {
            button: Button::Connect,
            high: false,
            at,
        };
        assert_eq!(fed.wait(Duration::from_secs(60)), [edge]);
        drop(callback);
        let gone = Heard::Gone {
            button: Button::Connect,
            why: unheard(5),
        };
        assert_eq!(fed.wait(Duration::from_secs(60)), [gone]);
    }
}
