//! How fast an account sends: a token bucket. WhatsApp bans accounts that send like machines.

use std::time::Duration;

use crate::time::Mono;

/// How fast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Messages in a minute; 0: as fast as it can.
    pub per_minute: u32,
    /// Messages at once after a pause; at least 1.
    pub burst: u32,
}

/// The bucket of an account: full at first, a token for each message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bucket {
    pace: Pace,
    /// When it is full again (the "theoretical arrival time" of the generic cell rate algorithm).
    full_at: Mono,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            full_at: Mono::START,
        }
    }

    /// Between two messages, in the long run; `None`: nothing is between them.
    fn interval(&self) -> Option<Duration> {
        (self.pace.per_minute > 0).then(|| Duration::from_secs(60) / self.pace.per_minute)
    }

    /// How long until the next message may go; zero: now.
    #[must_use]
    pub fn wait(&self, now: Mono) -> Duration {
        let Some(interval) = self.interval() else {
            return Duration::ZERO;
        };
        let burst = interval * self.pace.burst.saturating_sub(1);
        (self.full_at - burst).since(now)
    }

    /// A message goes.
    pub fn take(&mut self, now: Mono) {
        if let Some(interval) = self.interval() {
            self.full_at = self.full_at.max(now) + interval;
        }
    }
}

/// When a queue that is full has room again: with its next message, or in a second where nothing paces it
/// (it waits for the connection then, and nobody knows). Whole seconds, as `Retry-After` says them.
#[must_use]
pub fn room_in(pace: Pace) -> Duration {
    let seconds = 60_u32.checked_div(pace.per_minute).unwrap_or(0);
    Duration::from_secs(u64::from(seconds).max(1))
}
