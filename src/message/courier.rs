//! Who is posted next: the lines of all webhooks, as a state machine. It posts nothing and keeps
//! nothing; the edge ([`crate::gateway::courier`]) asks [`Courier::poll`], does it, and says how it went.
//!
//! The rules: deliveries of one lane go one after the other, in the order of their places; several lanes
//! go at once, [`LANES`] of a webhook and [`FLIGHTS`] in all; webhooks take turns. What failed is tried
//! again after the schedule's wait, and its lane waits with it. A webhook whose receiver failed
//! [`BREAKER`] times in a row is only asked whether it is back, by one delivery at a time, its oldest;
//! such a question does not count as one of its attempts if nobody answers, or if it comes before the
//! delivery's own time: a receiver that is away is no fault of what waits for it. When it is back,
//! everything that waited for it goes at once.

mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use line::Line;
pub use line::Stop;

use super::retry::{self, Outcome, WAIT_MAX};
use super::webhook::{DeliveryId, WebhookId};
use crate::limits::{
    COURIER_BREAKER as BREAKER, COURIER_FLIGHTS as FLIGHTS, COURIER_LANES as LANES, PROBE_WAIT_MAX,
};
use crate::time::UnixMillis;

/// All lines.
#[derive(Default, Debug)]
pub struct Courier {
    lines: BTreeMap<WebhookId, Line>,
    /// What is being posted.
    flying: BTreeMap<DeliveryId, Flight>,
    /// Who had its turn last.
    turn: Option<WebhookId>,
    /// Divides all waits; 1 except in tests.
    scale: u32,
}

/// A delivery being posted.
#[derive(Clone, Debug)]
struct Flight {
    lane: String,
    stop: Stop,
    /// It asks whether the receiver is back.
    asks: bool,
    /// Its own time had not come.
    early: bool,
}

/// What to write down about an attempt that ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is delivered: remove it.
    Delivered,
    /// Try it again.
    PutOff {
        /// Attempts so far.
        attempts: u32,
        /// When.
        next_at: UnixMillis,
    },
    /// It only asked whether the receiver is back, which it is not: nothing changes.
    NotYet,
    /// It is given up.
    GivenUp,
    /// It is given up, and the webhook is to be switched off.
    GivenUpAndOff,
}

impl Courier {
    /// Without webhooks. `scale` divides all waits; 1 except in tests.
    #[must_use]
    pub fn new(scale: u32) -> Self {
        Self {
            scale: scale.max(1),
            ..Self::default()
        }
    }

    /// The webhooks there are, and whether each is enabled. The lines of those that are gone are
    /// forgotten; one that was switched on again is asked at once.
    pub fn set_webhooks(&mut self, all: &BTreeMap<WebhookId, bool>) {
        self.lines.retain(|id, _| all.contains_key(id));
        for (id, enabled) in all {
            self.lines.entry(*id).or_default().enable(*enabled);
        }
    }

    /// Whether it knows that webhook.
    #[must_use]
    pub fn knows(&self, webhook: WebhookId) -> bool {
        self.lines.contains_key(&webhook)
    }

    /// Something to post. What is there already, or is being posted, is not put in twice; nor is what
    /// belongs to a webhook that is not known yet: with the webhook comes its whole line, and what is put
    /// before that would overtake it.
    pub fn put(&mut self, id: DeliveryId, lane: &str, attempts: u32, next_at: UnixMillis) {
        if self.flying.contains_key(&id) {
            return;
        }
        let stop = Stop {
            place: id.place,
            attempts,
            next_at,
        };
        if let Some(line) = self.lines.get_mut(&id.webhook) {
            line.put(lane, stop);
        }
    }

    /// It is not there any more: dropped because of the caps, or deleted.
    pub fn forget(&mut self, id: DeliveryId) {
        if let Some(line) = self.lines.get_mut(&id.webhook) {
            line.remove(id.place);
        }
    }

    /// A delivery is to go at once, whatever its time was.
    pub fn hurry(&mut self, id: DeliveryId, now: UnixMillis) {
        if let Some(line) = self.lines.get_mut(&id.webhook) {
            line.hurry(id.place, now);
        }
    }

    /// What to post now, if anything may be. Ask until there is nothing.
    pub fn poll(&mut self, now: UnixMillis) -> Option<DeliveryId> {
        if self.flying.len() >= FLIGHTS {
            return None;
        }
        for webhook in self.in_turn() {
            let line = self.lines.get_mut(&webhook)?;
            let Some((lane, stop, asks)) = line.start(now) else {
                continue;
            };
            self.turn = Some(webhook);
            let id = DeliveryId {
                webhook,
                place: stop.place,
            };
            let flight = Flight {
                lane,
                stop,
                asks,
                early: !has_come(stop.next_at, now),
            };
            self.flying.insert(id, flight);
            return Some(id);
        }
        None
    }

    /// When to ask [`Courier::poll`] again, if nothing is heard before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<UnixMillis> {
        if self.flying.len() >= FLIGHTS {
            return None;
        }
        self.lines.values().filter_map(Line::next_at).min()
    }

    /// What an outcome means for a delivery that is being posted; nothing changes yet, so that it can be
    /// written down first. `chance`: any number. `None`: it is not being posted.
    #[must_use]
    pub fn judge(
        &self,
        id: DeliveryId,
        outcome: Outcome,
        now: UnixMillis,
        chance: u64,
    ) -> Option<Verdict> {
        let flight = self.flying.get(&id)?;
        Some(match outcome {
            Outcome::Delivered => Verdict::Delivered,
            Outcome::Refused => Verdict::GivenUp,
            Outcome::Gone => Verdict::GivenUpAndOff,
            Outcome::Later(_) | Outcome::Away if flight.early => Verdict::NotYet,
            Outcome::Away if flight.asks => Verdict::NotYet,
            Outcome::Later(_) | Outcome::Away => {
                let attempts = flight.stop.attempts + 1;
                match retry::wait(attempts, chance, self.scale) {
                    None => Verdict::GivenUp,
                    Some(wait) => Verdict::PutOff {
                        attempts,
                        next_at: later(now, wait.max(self.asked(outcome))),
                    },
                }
            }
        })
    }

    /// The verdict is written down (or could not be, and comes again after a restart): its lane goes on.
    pub fn settle(&mut self, id: DeliveryId, outcome: Outcome, verdict: Verdict, now: UnixMillis) {
        let asked = self.asked(outcome);
        let Some(flight) = self.flying.remove(&id) else {
            return;
        };
        let Some(line) = self.lines.get_mut(&id.webhook) else {
            return;
        };
        let back = match verdict {
            Verdict::Delivered | Verdict::GivenUp | Verdict::GivenUpAndOff => None,
            Verdict::NotYet => Some(flight.stop),
            Verdict::PutOff { attempts, next_at } => Some(Stop {
                attempts,
                next_at,
                ..flight.stop
            }),
        };
        line.land(&flight.lane, flight.stop.place, back);
        if verdict == Verdict::GivenUpAndOff {
            line.enable(false);
        }
        if outcome == Outcome::Delivered {
            line.is_back(now);
        } else {
            line.failed(now, asked, self.scale);
        }
    }

    /// What was to be posted is not there any more.
    pub fn vanished(&mut self, id: DeliveryId) {
        self.land(id, |_| None);
    }

    /// An attempt could not be made, or not be written down, for a reason of ours: again at that time.
    pub fn postpone(&mut self, id: DeliveryId, until: UnixMillis) {
        self.land(id, |stop| {
            Some(Stop {
                next_at: until,
                ..stop
            })
        });
    }

    fn land(&mut self, id: DeliveryId, back: impl FnOnce(Stop) -> Option<Stop>) {
        if let Some(flight) = self.flying.remove(&id)
            && let Some(line) = self.lines.get_mut(&id.webhook)
        {
            line.land(&flight.lane, flight.stop.place, back(flight.stop));
        }
    }

    /// Deliveries of a webhook that wait or are being posted.
    #[must_use]
    pub fn waiting(&self, webhook: WebhookId) -> u64 {
        self.lines.get(&webhook).map_or(0, Line::waiting)
    }

    /// Deliveries being posted.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flying.len()
    }

    /// Whether some receiver does not answer at present.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.lines.values().any(Line::is_failing)
    }

    /// What a receiver asked for, within bounds.
    fn asked(&self, outcome: Outcome) -> Duration {
        match outcome {
            Outcome::Later(Some(asked)) => asked.min(WAIT_MAX) / self.scale,
            Outcome::Later(None)
            | Outcome::Delivered
            | Outcome::Away
            | Outcome::Refused
            | Outcome::Gone => Duration::ZERO,
        }
    }

    /// All webhooks, beginning behind the one that had its turn last.
    fn in_turn(&self) -> Vec<WebhookId> {
        let (before, behind): (Vec<_>, Vec<_>) = self
            .lines
            .keys()
            .partition(|id| self.turn.is_some_and(|turn| **id <= turn));
        behind.into_iter().chain(before).copied().collect()
    }
}

/// A point in time that much later.
fn later(now: UnixMillis, wait: Duration) -> UnixMillis {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    UnixMillis(now.0.saturating_add(wait))
}

/// Whether a time has come. One that lies further ahead than anything is ever put off was made by a
/// clock that was wrong.
fn has_come(at: UnixMillis, now: UnixMillis) -> bool {
    at <= now || at > later(now, WAIT_MAX + WAIT_MAX / 10)
}
