//! What the box writes in a day, worked out of meters that only count up since the start. Pure: time and
//! readings come in.
//!
//! Nothing of it is kept over a restart: that would cost the writes it counts. So what is told always says
//! how long it was looked at.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limits;
use crate::time::Mono;

/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What the meters say: bytes since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Meters {
    /// Handed to the database's file.
    pub store: u64,
    /// All that the process had written to disks, in whole pages (`write_bytes` of `proc_pid_io(5)`); `None`
    /// where the kernel does not tell.
    pub process: Option<u64>,
}

/// What was written in the last day, or since the start if that is less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// Bytes.
    pub bytes: Meters,
    /// In how long.
    pub over: Duration,
}

impl Written {
    /// Bytes of the kind that says most: the process's if it is known, because it includes the store's.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.bytes.store.max(self.bytes.process.unwrap_or(0))
    }

    /// Bytes a day at this rate; `None` before there is a rate to speak of.
    #[must_use]
    pub fn a_day(&self) -> Option<u64> {
        let over = self.over.as_secs();
        if self.over < limits::WEAR_FIRST {
            return None;
        }
        let day = u128::from(self.all()) * u128::from(DAY.as_secs()) / u128::from(over);
        u64::try_from(day).ok()
    }

    /// Whether a memory card should worry.
    #[must_use]
    pub fn is_heavy(&self) -> bool {
        self.a_day().is_some_and(|day| day > limits::WEAR_HEAVY)
    }
}

/// The readings of the last day.
#[derive(Debug)]
pub struct Wear {
    /// Oldest first; at most one is older than a day.
    readings: VecDeque<(Mono, Meters)>,
}

impl Wear {
    /// From here on.
    #[must_use]
    pub fn since(now: Mono, meters: Meters) -> Self {
        Self {
            readings: VecDeque::from([(now, meters)]),
        }
    }

    /// The meters say this now; what the last day comes to.
    pub fn read(&mut self, now: Mono, meters: Meters) -> Written {
        self.readings.push_back((now, meters));
        // The second is a day old: the first is not needed any more.
        while self
            .readings
            .get(1)
            .is_some_and(|(at, _)| now.since(*at) >= DAY)
        {
            self.readings.pop_front();
        }
        let (at, first) = self.readings.front().copied().unwrap_or((now, meters));
        let process = meters.process.zip(first.process);
        Written {
            bytes: Meters {
                store: meters.store.saturating_sub(first.store),
                process: process.map(|(now, then)| now.saturating_sub(then)),
            },
            over: now.since(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> Mono {
        Mono(Duration::from_secs(hours * 3600))
    }

    fn meters(store: u64) -> Meters {
        Meters {
            store,
            process: Some(store * 3),
        }
    }

    #[test]
    fn a_day_is_a_day_and_what_came_before_is_forgotten() {
        let mut wear = Wear::since(at(0), meters(1000));
        let mut written = None;
        for hour in 1..=100 {
            written = Some(wear.read(at(hour), meters(1000 + hour * 10)));
            assert!(wear.readings.len() <= 26, "{}", wear.readings.len());
        }
        let written = written.unwrap();
        assert_eq!((written.over, written.bytes.store), (DAY, 240));
        assert_eq!(written.bytes.process, Some(720));
        assert_eq!(written.a_day(), Some(720));
        assert!(!written.is_heavy());
    }

    #[test]
    fn a_young_box_tells_no_rate_and_then_one_that_is_worked_out() {
        let mut wear = Wear::since(at(0), meters(0));
        let half = Mono(Duration::from_secs(1800));
        assert_eq!(wear.read(half, meters(500)).a_day(), None);
        let written = wear.read(at(6), meters(1000));
        assert_eq!(written.over, Duration::from_secs(6 * 3600));
        assert_eq!(written.a_day(), Some(4 * 3000));
        let written = wear.read(at(7), meters(limits::WEAR_HEAVY));
        assert!(written.is_heavy());
    }

    #[test]
    fn a_kernel_that_does_not_tell_leaves_the_store() {
        let quiet = |store| Meters {
            store,
            process: None,
        };
        let mut wear = Wear::since(at(0), quiet(5));
        let written = wear.read(at(24), quiet(105));
        assert_eq!((written.bytes.process, written.a_day()), (None, Some(100)));
    }
}
