//! What the service manager hears from us: ready, a status line, stopping, and the watchdog's ping.
//!
//! The ping vouches for progress, not for life: it is sent only while every vital loop has beaten
//! lately. WhatsApp being down is no reason to be restarted, and neither is a panel that does not
//! answer. Without a service manager (`NOTIFY_SOCKET` unset) everything here does nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sd_notify::NotifyState;

use crate::limits::PULSE_STALE;
use crate::snapshot::Snapshot;
use crate::time::Mono;

/// A loop's sign of life. Cheap to clone; all clones are the same pulse.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// The last beat, in microseconds since the process started.
    beat_at_us: Arc<AtomicU64>,
}

impl Pulse {
    /// Called by the loop in every round, at least every [`crate::limits::PULSE_EVERY`].
    pub fn beat(&self, now: Mono) {
        let us = u64::try_from(now.0.as_micros()).unwrap_or(u64::MAX);
        self.beat_at_us.store(us, Ordering::Relaxed);
    }

    /// Time since the last beat; a pulse that never beat counts from the start of the process.
    #[must_use]
    pub fn age(&self, now: Mono) -> Duration {
        let us = self.beat_at_us.load(Ordering::Relaxed);
        now.since(Mono(Duration::from_micros(us)))
    }
}

/// The line to the service manager.
#[derive(Debug, Default)]
pub struct Health {
    vital: Vec<(&'static str, Pulse)>,
    /// The last status line, so that the manager is told news only.
    said: String,
}

impl Health {
    /// Vouches for these loops.
    #[must_use]
    pub fn new(vital: Vec<(&'static str, Pulse)>) -> Self {
        Self {
            vital,
            said: String::new(),
        }
    }

    /// How often [`Health::ping`] is to be called: half the time the unit's `WatchdogSec` allows.
    /// `None` without a watchdog.
    #[must_use]
    pub fn ping_every() -> Option<Duration> {
        sd_notify::watchdog_enabled().map(|limit| limit / 2)
    }

    /// The service answers: store open, panel lit, page bound.
    pub fn ready(&self) {
        notify(&[NotifyState::Ready]);
    }

    /// One line for `systemctl status`, sent when it changed.
    pub fn show(&mut self, snapshot: &Snapshot) {
        let line = status_line(snapshot);
        if line != self.said {
            notify(&[NotifyState::Status(&line)]);
            self.said = line;
        }
    }

    /// The service ends on purpose.
    pub fn stopping(&self) {
        notify(&[NotifyState::Stopping]);
    }

    /// Tells the watchdog that all is well, if it is. Otherwise names the loop that stands still,
    /// and the watchdog bites when its time is over.
    pub fn ping(&self, now: Mono) -> Result<(), &'static str> {
        if let Some(name) = self.stalled(now) {
            return Err(name);
        }
        notify(&[NotifyState::Watchdog]);
        Ok(())
    }

    fn stalled(&self, now: Mono) -> Option<&'static str> {
        let mut vital = self.vital.iter();
        let (name, _) = vital.find(|(_, pulse)| pulse.age(now) >= PULSE_STALE)?;
        Some(name)
    }
}

/// "shop: Connected; spare: Disconnected". No number, no name of a person.
fn status_line(snapshot: &Snapshot) -> String {
    let accounts = snapshot.accounts.iter();
    let words: Vec<String> = accounts
        .map(|account| format!("{}: {}", account.label, account.status.text()))
        .collect();
    words.join("; ")
}

/// A manager that does not listen is no reason to stop serving.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        log::debug!("the service manager was not told: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    #[test]
    fn the_watchdog_hears_of_progress_only() {
        let (looped, written) = (Pulse::default(), Pulse::default());
        let vital = vec![
            ("event loop", looped.clone()),
            ("store writer", written.clone()),
        ];
        let health = Health::new(vital);
        let stale = PULSE_STALE.as_secs();
        assert_eq!(health.ping(at(0)), Ok(()));
        looped.beat(at(100));
        written.beat(at(100));
        assert_eq!(health.ping(at(100 + stale - 1)), Ok(()));
        assert_eq!(health.ping(at(100 + stale)), Err("event loop"));
        looped.beat(at(100 + stale));
        assert_eq!(health.ping(at(100 + stale)), Err("store writer"));
        written.beat(at(100 + stale));
        assert_eq!(health.ping(at(100 + stale)), Ok(()));
    }

    #[test]
    fn a_pulse_that_never_beat_has_the_time_of_a_start() {
        let health = Health::new(vec![("event loop", Pulse::default())]);
        assert_eq!(health.ping(at(PULSE_STALE.as_secs() - 1)), Ok(()));
        assert_eq!(health.ping(at(PULSE_STALE.as_secs())), Err("event loop"));
    }
}
