//! Fingers on buttons, and the contacts under them: presses that bounce, holds, shorts and storms.

use std::time::Duration;

use crate::board::{Board, now};

/// How a contact behaves before it settles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounce {
    /// How often it opens and closes again before it stays.
    pub times: u32,
    /// From one edge to the next.
    pub every: Duration,
}

impl Bounce {
    /// A perfect contact.
    pub const NONE: Self = Self {
        times: 0,
        every: Duration::ZERO,
    };

    /// A cheap switch: settles after 12 ms.
    pub const CHEAP: Self = Self {
        times: 4,
        every: Duration::from_micros(1500),
    };
}

/// Real time passes: fingers are slow, and nothing is synchronised by it.
#[allow(
    clippy::disallowed_methods,
    reason = "the length of a press is what is simulated"
)]
pub fn pass(time: Duration) {
    std::thread::sleep(time);
}

impl Board {
    /// Closes a button to ground, or opens it, as a bouncing contact does.
    pub fn move_contact(&self, line: u32, closed: bool, bounce: Bounce) {
        // An open contact drives nothing.
        let level = |closed: bool| closed.then_some(false);
        for _ in 0..bounce.times {
            self.set_line(line, level(closed));
            pass(bounce.every);
            self.set_line(line, level(!closed));
            pass(bounce.every);
        }
        self.set_line(line, level(closed));
    }

    /// A press of that length on a button to ground, with a cheap contact; then the pause in which
    /// the release is believed.
    pub fn press(&self, line: u32, length: Duration) {
        self.move_contact(line, true, Bounce::CHEAP);
        pass(length);
        self.move_contact(line, false, Bounce::CHEAP);
        pass(Duration::from_millis(60));
    }

    /// A short press.
    pub fn tap(&self, line: u32) {
        self.press(line, Duration::from_millis(80));
    }

    /// So many edges a second on a line, for so long; the line is open in the end. Each pulse is whole
    /// before anybody can look, so that a machine that stops in the middle of one makes no press of
    /// it. Returns how many edges there were.
    #[must_use]
    pub fn storm(&self, line: u32, edges_per_second: u32, length: Duration) -> u32 {
        let (begin, length) = (now(), u64::try_from(length.as_nanos()).unwrap_or(u64::MAX));
        let gap = 1_000_000_000 / u64::from(edges_per_second.max(1));
        let mut edges = 0;
        while now() - begin < length {
            // What the scheduler swallowed is made up for: the rate is an average.
            while begin + u64::from(edges) * gap < now() {
                self.with(|state| {
                    let at = now();
                    state.lines.set_outside(line, Some(false), at);
                    state.lines.set_outside(line, None, at);
                });
                edges += 2;
            }
            pass(Duration::from_millis(1));
        }
        edges
    }
}
