//! Points in time as the pure modules see them: handed in, never read from a clock here.
//!
//! A Pi has no battery-backed clock, so the two notions are kept apart: [`Mono`] always works and
//! drives every timer; [`UnixMillis`] exists only once the wall clock is known to be set.

use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// Year, month and day of the Gregorian calendar, in UTC. Years are counted from March, so that the
    /// leap day is the last of its year and month lengths follow one straight line (153 days in five).
    #[must_use]
    pub fn date(self) -> (u64, u64, u64) {
        const DAYS_IN_400_YEARS: u64 = 146_097;
        // 1970-01-01 is this many days after 0000-03-01.
        let days = self.0 / 86_400_000 + 719_468;
        let (era, day_of_era) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
        let leap_days = day_of_era / 1460 + day_of_era / 146_096 - day_of_era / 36_524;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
        let month = (months_from_march + 2) % 12 + 1;
        let year = 400 * era + year_of_era + u64::from(month <= 2);
        (year, month, day)
    }
}

/// The time of an event, as the event loop hands it to the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// Always there.
    pub mono: Mono,
    /// `None` until the wall clock is set.
    pub wall: Option<UnixMillis>,
}
