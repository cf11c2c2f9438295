//! Buttons through rppal. Its callbacks do nothing but hand edges on.

use std::collections::BTreeMap;
use std::time::Duration;

use super::on_our_clock;
use super::source::{Armed, Bell, Fed, Feed, Heard, Source, feed};
use crate::board::ButtonLine;
use crate::clock::Clock;
use crate::event::Button;
use crate::line::LineError;
use crate::line::rppal::{Registers, Watched};

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

impl Source for Pins {
    fn arm(&mut self, button: Button, line: ButtonLine) -> Result<Armed, LineError> {
        self.disarm(button);
        let (feed, clock) = (self.feed.clone(), self.clock);
        let watched =
            self.registers
                .watch(line.line, line.pull, self.debounce, move |high, stamp| {
                    feed.put(Heard::Edge {
                        button,
                        high,
                        at: on_our_clock(stamp, clock),
                    });
                })?;
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
