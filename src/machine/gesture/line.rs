//! One line: from raw edges to levels that lasted.
//!
//! What a contact does within [`limits::DEBOUNCE`] is a bounce. A line that was down before the box
//! looked, stays down for longer than any finger, or rattles on and on, is broken as far as anybody
//! can tell: it is ignored until it was up for as long as a level has to last.

use crate::limits;
use crate::time::Mono;

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    level: Level,
    /// Since when the raw level differs from `level`.
    differs_since: Option<Mono>,
    /// The latest edge, and how many came without a pause before it.
    burst: (Mono, u32),
}

/// A debounced level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    /// No edge yet. Sources report changes only: the first one tells what was before it.
    Unknown,
    /// NEXT: `Down`, `Ignored`
    Up,
    /// NEXT: `Up`, `Ignored`
    Down { since: Mono },
    /// Counts for nothing until it is up. NEXT: `Up`
    Ignored { stuck: bool },
}

/// What a line has to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    /// Pressed, since then.
    Down { since: Mono },
    /// Let go.
    Up,
    /// It was down, and counts for nothing from now on.
    Broken,
}

impl Line {
    pub(super) const fn new() -> Self {
        Self {
            level: Level::Unknown,
            differs_since: None,
            burst: (Mono::START, 0),
        }
    }

    /// Takes an edge; `at` does not run backwards. What is due before it was asked for already.
    pub(super) fn edge(&mut self, pressed: bool, at: Mono) -> Option<Change> {
        let (last, edges) = self.burst;
        let paused = at.since(last) >= limits::DEBOUNCE;
        let edges = if paused { 1 } else { edges.saturating_add(1) };
        self.burst = (at, edges);
        let was_down = matches!(self.level, Level::Down { .. });
        if edges > limits::BURST_EDGES {
            self.ignore(false);
        } else if self.level == Level::Unknown {
            self.level = if pressed {
                Level::Up
            } else {
                Level::Ignored { stuck: false }
            };
        }
        let down = match self.level {
            Level::Down { .. } | Level::Ignored { .. } => true,
            Level::Unknown | Level::Up => false,
        };
        self.differs_since = (pressed != down).then_some(at);
        let broken = was_down && !matches!(self.level, Level::Down { .. });
        broken.then_some(Change::Broken)
    }

    /// When [`Line::settle`] is next needed.
    pub(super) fn due(&self) -> Option<Mono> {
        match (self.differs_since, self.level) {
            (Some(since), _) => Some(since + limits::DEBOUNCE),
            (None, Level::Down { since }) => Some(since + limits::STUCK),
            (None, Level::Unknown | Level::Up | Level::Ignored { .. }) => None,
        }
    }

    /// What is due has come: the raw level lasted, or a press lasts too long.
    pub(super) fn settle(&mut self) -> Option<Change> {
        match (self.differs_since.take(), self.level) {
            (Some(since), Level::Unknown | Level::Up) => {
                self.level = Level::Down { since };
                Some(Change::Down { since })
            }
            (Some(_), Level::Down { .. }) => {
                self.level = Level::Up;
                Some(Change::Up)
            }
            // Nobody knew of it, so nobody is told.
            (Some(_), Level::Ignored { .. }) => {
                self.level = Level::Up;
                None
            }
            (None, Level::Down { .. }) => {
                self.ignore(true);
                Some(Change::Broken)
            }
            (None, Level::Unknown | Level::Up | Level::Ignored { .. }) => None,
        }
    }

    /// Pressed, as far as anybody cares.
    pub(super) fn is_down(&self) -> bool {
        matches!(self.level, Level::Down { .. })
    }

    /// Its level stands: no bounce, no finger on its way off.
    pub(super) fn is_steady(&self) -> bool {
        self.differs_since.is_none()
    }

    /// Down for longer than any finger.
    pub(super) fn is_stuck(&self) -> bool {
        self.level == Level::Ignored { stuck: true }
    }

    fn ignore(&mut self, stuck: bool) {
        // A stuck line that rattles is still stuck.
        let stuck = stuck || self.is_stuck();
        self.level = Level::Ignored { stuck };
    }
}
