//! Points in time as the pure modules see them: handed in, never read from a clock here.
//!
//! A Pi has no battery-backed clock, so the two notions are kept apart: [`Mono`] always works and
//! drives every timer; [`UnixMillis`] exists only once the wall clock is known to be set.

use std::ops::{Add, Sub};
use std::time::Duration;

/// Time since the process started, from a clock that never jumps. Resolution: microseconds or better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mono(pub Duration);

impl Mono {
    /// The moment the process started.
    pub const START: Self = Self(Duration::ZERO);

    /// How long ago `earlier` was; zero when it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(rhs))
    }
}

impl Sub<Duration> for Mono {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(rhs))
    }
}

/// Wall-clock time: milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnixMillis(pub u64);

/// The time of an event, as the event loop hands it to the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// Always there.
    pub mono: Mono,
    /// `None` until the wall clock is set.
    pub wall: Option<UnixMillis>,
}
