//! The line of one webhook: its lanes, and whether its receiver answers.

use super::{
    BREAKER, BTreeMap, BTreeSet, Duration, LANES, PROBE_WAIT_MAX, UnixMillis, has_come, later,
    retry,
};

/// A delivery that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// Its place in the line.
    pub place: u64,
    /// Attempts so far.
    pub attempts: u32,
    /// Not before this.
    pub next_at: UnixMillis,
}

/// Deliveries that keep their order.
#[derive(Default, Debug)]
struct Lane {
    /// By place; without the one that is being posted.
    waiting: BTreeMap<u64, Stop>,
    /// The place being posted.
    flying: Option<u64>,
}

/// The line of a webhook.
#[derive(Default, Debug)]
pub(super) struct Line {
    enabled: bool,
    lanes: BTreeMap<String, Lane>,
    /// Which lane a place is in; without those being posted.
    places: BTreeMap<u64, String>,
    /// The first of each lane that is not being posted, by the time it is due.
    due: BTreeSet<(UnixMillis, u64)>,
    flying: usize,
    /// Failures since the last success.
    failures: u32,
    /// With [`BREAKER`] failures: when to ask next whether the receiver is back. And in any case: not
    /// before the receiver asked to be left alone until.
    quiet_until: Option<UnixMillis>,
}

impl Line {
    pub fn enable(&mut self, enabled: bool) {
        if enabled && !self.enabled {
            self.failures = 0;
            self.quiet_until = None;
        }
        self.enabled = enabled;
    }

    pub fn is_failing(&self) -> bool {
        self.enabled && self.failures >= BREAKER && !(self.places.is_empty() && self.flying == 0)
    }

    pub fn waiting(&self) -> u64 {
        (self.places.len() + self.flying) as u64
    }

    pub fn put(&mut self, lane: &str, stop: Stop) {
        if self.places.contains_key(&stop.place) {
            return;
        }
        self.change(lane, |it| {
            it.waiting.insert(stop.place, stop);
        });
        self.places.insert(stop.place, lane.to_owned());
    }

    pub fn remove(&mut self, place: u64) {
        let Some(lane) = self.places.remove(&place) else {
            return;
        };
        self.change(&lane, |it| {
            it.waiting.remove(&place);
        });
    }

    /// That place is due, and nothing of its lane before it waits longer.
    pub fn hurry(&mut self, place: u64, now: UnixMillis) {
        let Some(lane) = self.places.get(&place).cloned() else {
            return;
        };
        self.change(&lane, |it| {
            for stop in it.waiting.range_mut(..=place).map(|(_, stop)| stop) {
                stop.next_at = stop.next_at.min(now);
            }
        });
        self.quiet_until = None;
    }

    /// Starts the next one, if one may be: its lane, itself, and whether it asks if the receiver is back.
    pub fn start(&mut self, now: UnixMillis) -> Option<(String, Stop, bool)> {
        if !self.enabled || self.quiet_until.is_some_and(|until| !has_come(until, now)) {
            return None;
        }
        let asks = self.failures >= BREAKER;
        let place = if asks {
            // The oldest asks for all of them.
            let oldest = self.due.iter().map(|(_, place)| *place).min();
            oldest.filter(|_| self.flying == 0)?
        } else {
            let first = self.due.iter().next().copied();
            let (_, place) = first.filter(|(at, _)| has_come(*at, now))?;
            Some(place).filter(|_| self.flying < LANES)?
        };
        let lane = self.places.remove(&place)?;
        let mut stop = None;
        self.change(&lane, |it| {
            stop = it.waiting.remove(&place);
            it.flying = Some(place);
        });
        let stop = stop?;
        self.flying += 1;
        Some((lane, stop, asks))
    }

    /// The one that was posted is so no more; `back`: it waits again.
    pub fn land(&mut self, lane: &str, place: u64, back: Option<Stop>) {
        // The line may have been forgotten and made anew meanwhile: then nothing of it flies.
        if self
            .lanes
            .get(lane)
            .is_none_or(|it| it.flying != Some(place))
        {
            return;
        }
        self.flying -= 1;
        self.change(lane, |it| {
            it.flying = None;
            if let Some(stop) = back {
                it.waiting.insert(stop.place, stop);
            }
        });
        if back.is_some() {
            self.places.insert(place, lane.to_owned());
        }
    }

    /// It took one: if it was away, everything that waited goes at once.
    pub fn is_back(&mut self, now: UnixMillis) {
        if self.failures >= BREAKER {
            let lanes: Vec<_> = self.lanes.keys().cloned().collect();
            for lane in lanes {
                self.change(&lane, |it| {
                    if let Some(mut first) = it.waiting.first_entry() {
                        let stop = first.get_mut();
                        stop.next_at = stop.next_at.min(now);
                    }
                });
            }
        }
        self.failures = 0;
        self.quiet_until = None;
    }

    /// It did not take one. `asked`: how long it wants to be left alone.
    pub fn failed(&mut self, now: UnixMillis, asked: Duration, scale: u32) {
        self.failures = self.failures.saturating_add(1);
        let mut rest = asked;
        if let Some(over) = self.failures.checked_sub(BREAKER) {
            // The waits of a delivery's schedule, but none so long that nobody notices it is back.
            let wait = retry::wait(over + 1, 100, 1).unwrap_or(PROBE_WAIT_MAX);
            rest = rest.max(wait.min(PROBE_WAIT_MAX) / scale);
        }
        if !rest.is_zero() {
            self.quiet_until = Some(later(now, rest));
        }
    }

    /// When something may be started that may not now.
    pub fn next_at(&self) -> Option<UnixMillis> {
        if !self.enabled {
            return None;
        }
        let quiet = self.quiet_until.unwrap_or(UnixMillis(0));
        let (first, _) = self.due.first()?;
        if self.failures >= BREAKER {
            (self.flying == 0).then_some(quiet)
        } else {
            (self.flying < LANES).then_some(quiet.max(*first))
        }
    }

    /// Changes a lane and keeps `due` true. A lane without anything is forgotten.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Lane)) {
        if !self.lanes.contains_key(name) {
            self.lanes.insert(name.to_owned(), Lane::default());
        }
        let Some(lane) = self.lanes.get_mut(name) else {
            return;
        };
        if let Some(before) = lane.head() {
            self.due.remove(&before);
        }
        change(lane);
        match lane.head() {
            Some(after) => {
                self.due.insert(after);
            }
            None if lane.flying.is_none() && lane.waiting.is_empty() => {
                self.lanes.remove(name);
            }
            None => {}
        }
    }
}

impl Lane {
    /// The one whose turn it is, unless one is being posted.
    fn head(&self) -> Option<(UnixMillis, u64)> {
        let first = self.waiting.values().next();
        let free = first.filter(|_| self.flying.is_none());
        free.map(|stop| (stop.next_at, stop.place))
    }
}
