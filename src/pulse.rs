//! Signs of life of the loops that nothing works without, and which of them stands still.
//!
//! A sign of life vouches for progress, not for existence: a loop gives it where it has come round.
//! The time is handed in, so that loops without a clock can have one. Who listens: the service manager's
//! watchdog (`health`) and `/livez`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

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
        self.beat_at_us.store(micros(now), Ordering::Relaxed);
    }

    /// Time since the last beat; a pulse that never beat counts from the start of the process.
    #[must_use]
    pub fn age(&self, now: Mono) -> Duration {
        let us = self.beat_at_us.load(Ordering::Relaxed);
        now.since(Mono(Duration::from_micros(us)))
    }
}

/// The sign of life of a loop that has no clock, and sleeps until it is sent something: it answers with
/// the time at which it was last asked. Whoever asks has to wake it, too.
#[derive(Clone, Debug, Default)]
pub struct Echo {
    asked_at_us: Arc<AtomicU64>,
    pulse: Pulse,
}

impl Echo {
    /// Asks for a sign of life.
    pub fn ask(&self, now: Mono) {
        self.asked_at_us.store(micros(now), Ordering::Relaxed);
    }

    /// Called by the loop wherever it has got on.
    pub fn answer(&self) {
        let us = self.asked_at_us.load(Ordering::Relaxed);
        self.pulse.beat_at_us.store(us, Ordering::Relaxed);
    }

    /// What the answers make: its age is that of the last question that was answered.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }
}

fn micros(now: Mono) -> u64 {
    u64::try_from(now.0.as_micros()).unwrap_or(u64::MAX)
}

/// The loops that nothing works without, by the names people read. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vitals(Arc<[(&'static str, Pulse)]>);

impl Vitals {
    /// These loops.
    #[must_use]
    pub fn of(loops: Vec<(&'static str, Pulse)>) -> Self {
        Self(loops.into())
    }

    /// The first loop that has not beaten for `stale`, or longer.
    #[must_use]
    pub fn stalled(&self, now: Mono, stale: Duration) -> Option<&'static str> {
        let mut loops = self.0.iter();
        let (name, _) = loops.find(|(_, pulse)| pulse.age(now) >= stale)?;
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    #[test]
    fn who_stands_still_is_named() {
        let (looped, written) = (Pulse::default(), Pulse::default());
        let vitals = Vitals::of(vec![
            ("event loop", looped.clone()),
            ("store writer", written.clone()),
        ]);
        assert_eq!(vitals.stalled(at(0), STALE), None);
        looped.beat(at(100));
        written.beat(at(100));
        assert_eq!(vitals.stalled(at(129), STALE), None);
        assert_eq!(vitals.stalled(at(130), STALE), Some("event loop"));
        looped.beat(at(130));
        assert_eq!(vitals.stalled(at(130), STALE), Some("store writer"));
        written.beat(at(130));
        assert_eq!(vitals.stalled(at(130), STALE), None);
    }

    #[test]
    fn a_pulse_that_never_beat_has_the_time_of_a_start() {
        let vitals = Vitals::of(vec![("event loop", Pulse::default())]);
        assert_eq!(vitals.stalled(at(29), STALE), None);
        assert_eq!(vitals.stalled(at(30), STALE), Some("event loop"));
    }

    #[test]
    fn an_echo_is_as_old_as_the_last_question_that_was_answered() {
        let echo = Echo::default();
        let pulse = echo.pulse();
        echo.ask(at(10));
        assert_eq!(pulse.age(at(10)), Duration::from_secs(10), "no answer yet");
        echo.answer();
        assert_eq!(pulse.age(at(12)), Duration::from_secs(2));
        // Answering again is no news: nobody asked.
        echo.answer();
        assert_eq!(pulse.age(at(40)), STALE);
        echo.ask(at(40));
        echo.answer();
        assert_eq!(pulse.age(at(40)), Duration::ZERO);
    }
}
