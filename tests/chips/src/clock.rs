//! The time the chips live in: a virtual one that delays and transfers advance, or the real one, sped
//! up, for a process that knows nothing of simulation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A clock. Clones are the same clock; it starts at zero.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// Nanoseconds since the start.
    Virtual(Arc<AtomicU64>),
    Real {
        start: Instant,
        speed: u32,
    },
}

impl Clock {
    /// Stands still, except when something takes time.
    #[must_use]
    pub fn simulated() -> Self {
        Self(Source::Virtual(Arc::default()))
    }

    /// Follows the monotonic clock, `speed` (at least 1) times as fast.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "a process under test lives in real time, and BUSY has to last in it"
    )]
    pub fn real(speed: u32) -> Self {
        Self(Source::Real {
            start: Instant::now(),
            speed: speed.max(1),
        })
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        match &self.0 {
            Source::Virtual(ns) => Duration::from_nanos(ns.load(Ordering::SeqCst)),
            Source::Real { start, speed } => start.elapsed() * *speed,
        }
    }

    /// Time since an earlier [`Self::now`].
    #[must_use]
    pub fn since(&self, earlier: Duration) -> Duration {
        self.now().saturating_sub(earlier)
    }

    /// Lets time pass: at once, or by waiting for it.
    #[allow(
        clippy::disallowed_methods,
        reason = "a delay on the real clock is what was asked for"
    )]
    pub fn wait(&self, length: Duration) {
        match &self.0 {
            Source::Virtual(_) => self.spend(length),
            Source::Real { speed, .. } => std::thread::sleep(length / *speed),
        }
    }

    /// How long to wait in real time until it is `then`; `None` on a virtual clock, which nobody can
    /// wait for.
    pub(crate) fn real_time_until(&self, then: Duration) -> Option<Duration> {
        match &self.0 {
            Source::Virtual(_) => None,
            Source::Real { speed, .. } => Some(then.saturating_sub(self.now()) / *speed),
        }
    }

    /// Accounts for time that a transfer takes; in real time it takes what it takes.
    pub(crate) fn spend(&self, length: Duration) {
        if let Source::Virtual(ns) = &self.0 {
            let length = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
            ns.fetch_add(length, Ordering::SeqCst);
        }
    }
}

impl embedded_hal::delay::DelayNs for Clock {
    fn delay_ns(&mut self, ns: u32) {
        self.wait(Duration::from_nanos(u64::from(ns)));
    }
}
