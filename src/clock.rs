//! The only place that reads clocks. Everything pure is handed a [`Now`] made here.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::time::{Mono, Now, UnixMillis};

/// A wall clock that shows less than this has not been set: 2026-01-01 UTC, before the first release.
const WALL_FLOOR: UnixMillis = UnixMillis(1_767_225_600_000);

/// Counts from the start of the process. Cheap to copy; all copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts counting now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is where time comes in")]
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Time since the start.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is where time comes in")]
    pub fn mono(&self) -> Mono {
        Mono(self.start.elapsed())
    }

    /// Both times.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is where time comes in")]
    pub fn now(&self) -> Now {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        // Milliseconds since 1970 fit 64 bits for half a billion years.
        let wall = UnixMillis(u64::try_from(wall.as_millis()).unwrap_or(u64::MAX));
        #[cfg(feature = "bench")]
        let wall = UnixMillis(wall.0 + u64::from(crate::bench::world::days_later()) * 86_400_000);
        let set = wall >= WALL_FLOOR;
        #[cfg(feature = "bench")]
        let set = set && !crate::bench::world::clock_is_unset();
        Now {
            mono: self.mono(),
            wall: set.then_some(wall),
        }
    }

    /// The instant at which this clock shows `mono`, for timers of the runtime.
    #[must_use]
    pub fn instant(&self, mono: Mono) -> Instant {
        self.start + mono.0
    }
}
