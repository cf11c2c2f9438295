//! What one contact's edges are worth: a bounce passes, a storm does not. Pure: times are handed in.
//!
//! Every edge costs a token of a bucket that fills slowly. When it is empty the line chatters: it is
//! released for everybody behind this, its source is told to stop listening for a while, and then to
//! listen on trial. Only a line that was calm all through its trial counts again.
//!
//! A line that is pressed when it begins to count (at the start, after a storm, after it was gone)
//! is held or shorted: nothing is told of it until it was released once.

use std::time::Duration;

use crate::limits;
use crate::time::Mono;

/// What an edge costs: the reciprocal of [`limits::STORM_EDGES_A_SECOND`].
const COST: Duration = Duration::from_nanos(1_000_000_000 / limits::STORM_EDGES_A_SECOND as u64);

/// A bucket of [`limits::STORM_BURST`] edges, as the time it takes to fill.
const DEPTH: Duration = COST.saturating_mul(limits::STORM_BURST);

/// One contact, and what was told about it.
#[derive(Clone, Debug)]
pub struct Contact {
    /// What everybody behind this believes; `None` before the first edge.
    told: Option<bool>,
    /// Pressed since it began to count: silent until released.
    awaits_release: bool,
    phase: Phase,
    /// When the bucket will be full again.
    full_at: Mono,
    /// How long it was, or will be, muted.
    pause: Duration,
    /// When the last storm was over.
    calm_since: Option<Mono>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Edges count.
    Calm,
    /// Edges are not even looked at. NEXT: `Trial` when the source listens again.
    Muted,
    /// Listening, telling nothing. NEXT: `Calm` when no edge comes for a while, else `Muted`.
    Trial {
        until: Mono,
        edges: u32,
        pressed: bool,
    },
}

/// What follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// Tell this level.
    pub tell: Option<bool>,
    /// The line chatters: stop listening for so long.
    pub mute: Option<Duration>,
    /// A storm is over.
    pub calmed: bool,
    /// The line is pressed where it should not be: it counts once it was released.
    pub held: bool,
}

impl Default for Contact {
    fn default() -> Self {
        Self {
            told: None,
            awaits_release: false,
            phase: Phase::Calm,
            full_at: Mono::START,
            pause: Duration::ZERO,
            calm_since: None,
        }
    }
}

impl Contact {
    /// The source listens from now on; this is the level.
    pub fn begins(&mut self, pressed: bool, now: Mono) -> Outcome {
        if self.phase != Phase::Calm {
            self.phase = Phase::Trial {
                until: now + limits::STORM_TRIAL,
                edges: 0,
                pressed,
            };
            return Outcome::default();
        }
        self.counts_from(pressed)
    }

    /// The level changed, at that time (not before the last one).
    pub fn edge(&mut self, pressed: bool, at: Mono) -> Outcome {
        match self.phase {
            Phase::Muted => Outcome::default(),
            Phase::Calm => {
                self.full_at = self.full_at.max(at) + COST;
                if self.full_at.since(at) > DEPTH {
                    return self.mute(at);
                }
                Outcome {
                    tell: self.tell(pressed),
                    ..Outcome::default()
                }
            }
            Phase::Trial { edges, .. } if edges >= limits::STORM_TRIAL_EDGES => self.mute(at),
            Phase::Trial { edges, .. } => {
                self.phase = Phase::Trial {
                    until: at + limits::STORM_TRIAL,
                    edges: edges + 1,
                    pressed,
                };
                Outcome::default()
            }
        }
    }

    /// Somebody looked: an edge may have been lost, or there are none to hear.
    pub fn look(&mut self, pressed: bool, now: Mono) -> Outcome {
        let expected = match self.phase {
            Phase::Muted => return Outcome::default(),
            Phase::Trial { pressed, .. } => pressed,
            Phase::Calm => self.awaits_release || self.is_pressed(),
        };
        if pressed == expected {
            return Outcome::default();
        }
        self.edge(pressed, now)
    }

    /// Lets the time pass until `now`.
    pub fn turn(&mut self, now: Mono) -> Outcome {
        match self.phase {
            Phase::Trial { until, pressed, .. } if until <= now => {
                self.phase = Phase::Calm;
                self.calm_since = Some(now);
                self.full_at = now;
                Outcome {
                    calmed: true,
                    ..self.counts_from(pressed)
                }
            }
            _ => Outcome::default(),
        }
    }

    /// Whether it is pressed, for everybody behind this.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        self.told == Some(true)
    }

    /// When [`Contact::turn`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        match self.phase {
            Phase::Trial { until, .. } => Some(until),
            Phase::Calm | Phase::Muted => None,
        }
    }

    /// The line is gone: nobody presses it.
    pub fn lost(&mut self) -> Outcome {
        Outcome {
            tell: self.let_go(),
            ..Outcome::default()
        }
    }

    fn counts_from(&mut self, pressed: bool) -> Outcome {
        self.awaits_release = pressed;
        Outcome {
            tell: self.let_go(),
            held: pressed,
            ..Outcome::default()
        }
    }

    fn mute(&mut self, at: Mono) -> Outcome {
        let soon = match (self.phase, self.calm_since) {
            (Phase::Trial { .. }, _) => true,
            (_, Some(calm)) => at.since(calm) < limits::STORM_FORGOTTEN,
            (_, None) => false,
        };
        self.pause = if soon {
            (self.pause * 2).min(limits::STORM_MUTE_MAX)
        } else {
            limits::STORM_MUTE
        };
        self.phase = Phase::Muted;
        Outcome {
            tell: self.let_go(),
            mute: Some(self.pause),
            ..Outcome::default()
        }
    }

    fn let_go(&mut self) -> Option<bool> {
        self.is_pressed().then(|| self.say(false))
    }

    fn tell(&mut self, pressed: bool) -> Option<bool> {
        if self.awaits_release && pressed {
            return None;
        }
        self.awaits_release = false;
        Some(self.say(pressed))
    }

    fn say(&mut self, pressed: bool) -> bool {
        self.told = Some(pressed);
        pressed
    }
}
