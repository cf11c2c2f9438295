//! What the service manager hears from us: ready, a status line, stopping, and the watchdog's ping.
//!
//! The ping vouches for progress, not for life: it is sent only while every vital loop has beaten
//! lately. WhatsApp being down is no reason to be restarted, and neither is a panel that does not
//! answer. Without a service manager (`NOTIFY_SOCKET` unset) everything here does nothing.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::limits::{PULSE_EVERY, PULSE_STALE};
use crate::pulse::Vitals;
use crate::snapshot::Snapshot;
use crate::time::Mono;

/// The line to the service manager.
#[derive(Debug)]
pub struct Health {
    vitals: Vitals,
    /// A loop that has not beaten for so long stands still.
    stale: Duration,
    /// The last status line, so that the manager is told news only.
    said: String,
}

impl Health {
    /// Vouches for these loops.
    #[must_use]
    pub fn new(vitals: Vitals) -> Self {
        let (_, stale) = pace(sd_notify::watchdog_enabled());
        Self {
            vitals,
            stale,
            said: String::new(),
        }
    }

    /// How often [`Health::ping`] is to be called: several times before the watchdog bites, and before
    /// a loop counts as stalled.
    #[must_use]
    pub fn ping_every() -> Duration {
        pace(sd_notify::watchdog_enabled()).0
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
        if let Some(name) = self.vitals.stalled(now, self.stale) {
            return Err(name);
        }
        notify(&[NotifyState::Watchdog]);
        Ok(())
    }
}

/// How often to ping, and after how long a loop stands still, for the time the watchdog gives. A unit
/// that gives less than ours gets the same proportions: six beats in the time in which a loop has to
/// come round, and as much again for the machine to be slow in.
fn pace(watchdog: Option<Duration>) -> (Duration, Duration) {
    let limit = watchdog.unwrap_or(PULSE_STALE * 2);
    (PULSE_EVERY.min(limit / 12), PULSE_STALE.min(limit / 2))
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

    #[test]
    fn the_pace_is_the_watchdogs_and_never_slower_than_ours() {
        let ours = (PULSE_EVERY, PULSE_STALE);
        assert_eq!(pace(None), ours);
        assert_eq!(pace(Some(Duration::from_secs(60))), ours, "the unit's");
        assert_eq!(pace(Some(Duration::from_secs(3600))), ours);
        let millis = Duration::from_millis;
        assert_eq!(pace(Some(millis(2400))), (millis(200), millis(1200)));
    }
}
