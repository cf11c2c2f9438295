//! What goes out next: the queue of one account as its worker sees it.
//!
//! * In a chat one goes after the other: the next when WhatsApp's server has the one before. Chats do not
//!   wait for one another; at most [`limits::SENDS_IN_FLIGHT`] are on their way at once.
//! * A message stays until the server says that it has it. A connection that is lost, or an
//!   acknowledgement that does not come, makes it go again, with the same id: to WhatsApp it is the same
//!   message.
//! * Trouble is tried again after 2, 4, 8… s, [`limits::SEND_ATTEMPTS`] times. A refusal is final.
//! * What has waited past its time fails; what is on its way does not.
//! * Nothing goes while the account is not online, and nothing faster than its pace.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::address::MessageId;
use super::pacing::{Bucket, Pace};
use crate::limits;
use crate::time::{Mono, Now, UnixMillis};

/// A message, as far as its turn is concerned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parcel {
    /// Its id.
    pub id: MessageId,
    /// What keeps its order: its chat's address.
    pub lane: String,
    /// Not sent after this.
    pub expires_at: UnixMillis,
    /// Attempts so far.
    pub attempts: u32,
}

/// How an attempt ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was written to the socket; the server has not said anything yet.
    Written,
    /// The connection was not there.
    NotConnected,
    /// Something that may be right the next time.
    Trouble,
    /// It will never go; the word for it.
    Refused(&'static str),
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Hand this message to the link.
    Send(MessageId),
    /// It failed: write that down, tell it, and say that it is done with.
    GiveUp {
        /// Which.
        id: MessageId,
        /// The stable word for why.
        code: &'static str,
    },
    /// Nothing before that, unless something happens; `None`: nothing at all.
    Wait(Option<Mono>),
}

/// How far a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// It waits for its turn, and not less than until then.
    Waiting(Mono),
    /// The link has it in hand.
    InHand,
    /// It was written to the socket. Without a word of the server until then, it goes again.
    Written(Mono),
    /// It failed with this word.
    Failed(&'static str),
}

/// The queue.
#[derive(Clone, Debug)]
pub struct SendQueue {
    parcels: BTreeMap<u64, (Parcel, Stage)>,
    lanes: BTreeMap<String, BTreeSet<u64>>,
    places: BTreeMap<MessageId, u64>,
    bucket: Bucket,
    online: bool,
}

impl SendQueue {
    /// An empty one, of an account that is not online.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            parcels: BTreeMap::new(),
            lanes: BTreeMap::new(),
            places: BTreeMap::new(),
            bucket: Bucket::new(pace),
            online: false,
        }
    }

    /// Messages in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parcels.len()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    /// A message is in it, at that place. One that is known stays as it is; one that was there before it
    /// is done with, because places are used again.
    pub fn add(&mut self, place: u64, parcel: Parcel) {
        if self.places.contains_key(&parcel.id) {
            return;
        }
        let before = self
            .parcels
            .get(&place)
            .map(|(parcel, _)| parcel.id.clone());
        if let Some(before) = before {
            self.done(&before);
        }
        let lane = self.lanes.entry(parcel.lane.clone()).or_default();
        lane.insert(place);
        self.places.insert(parcel.id.clone(), place);
        self.parcels
            .insert(place, (parcel, Stage::Waiting(Mono::START)));
    }

    /// The account goes online or offline. What was written to a socket that is gone goes again.
    pub fn set_online(&mut self, online: bool) {
        if self.online && !online {
            for (_, stage) in self.parcels.values_mut() {
                if matches!(stage, Stage::Written(_)) {
                    *stage = Stage::Waiting(Mono::START);
                }
            }
        }
        self.online = online;
    }

    /// Everything that is in it: what is not among `ids` is done with.
    pub fn retain(&mut self, ids: &BTreeSet<MessageId>) {
        let gone = self.places.keys().filter(|id| !ids.contains(*id));
        for id in gone.cloned().collect::<Vec<_>>() {
            self.done(&id);
        }
    }

    /// The message with that id is done with: the server has it, or it failed. Says whether it was there.
    pub fn done(&mut self, id: &MessageId) -> bool {
        let Some(place) = self.places.remove(id) else {
            return false;
        };
        let Some((parcel, _)) = self.parcels.remove(&place) else {
            return false;
        };
        if let Some(lane) = self.lanes.get_mut(&parcel.lane) {
            lane.remove(&place);
            if lane.is_empty() {
                self.lanes.remove(&parcel.lane);
            }
        }
        true
    }

    /// An attempt ended. Says whether it counts as one. Nothing happens where the server was quicker.
    pub fn attempted(&mut self, id: &MessageId, outcome: &Outcome, now: Mono) -> bool {
        let place = self.places.get(id);
        let Some((parcel, stage)) = place.and_then(|place| self.parcels.get_mut(place)) else {
            return false;
        };
        *stage = match outcome {
            // Its socket is gone meanwhile: nobody will say anything.
            Outcome::Written if !self.online => Stage::Waiting(Mono::START),
            Outcome::Written => Stage::Written(now + limits::SEND_ACK),
            Outcome::NotConnected => Stage::Waiting(now + limits::SEND_RETRY),
            Outcome::Trouble => after_trouble(parcel, now, "send_failed"),
            Outcome::Refused(code) => Stage::Failed(code),
        };
        *outcome == Outcome::Trouble
    }

    /// What is to be done now. Ask again until it is to wait.
    pub fn next(&mut self, now: Now) -> Step {
        self.look_at_times(now);
        if let Some((id, code)) = self.failed() {
            return Step::GiveUp { id, code };
        }
        if self.online
            && self.in_flight() < limits::SENDS_IN_FLIGHT
            && self.bucket.wait(now.mono).is_zero()
            && let Some(place) = self.ready(now.mono)
            && let Some((parcel, stage)) = self.parcels.get_mut(&place)
        {
            self.bucket.take(now.mono);
            *stage = Stage::InHand;
            return Step::Send(parcel.id.clone());
        }
        Step::Wait(self.wake_at(now))
    }

    /// Marks what ran out: acknowledgements that did not come, and messages whose time is over.
    fn look_at_times(&mut self, now: Now) {
        for (parcel, stage) in self.parcels.values_mut() {
            match *stage {
                Stage::Written(until) if until <= now.mono => {
                    *stage = after_trouble(parcel, now.mono, "no_answer");
                }
                _ => {}
            }
            let over = now.wall.is_some_and(|wall| wall >= parcel.expires_at);
            if over && matches!(stage, Stage::Waiting(_)) {
                *stage = Stage::Failed("expired");
            }
        }
    }

    fn failed(&self) -> Option<(MessageId, &'static str)> {
        self.parcels.values().find_map(|(parcel, stage)| {
            if let Stage::Failed(code) = stage {
                Some((parcel.id.clone(), *code))
            } else {
                None
            }
        })
    }

    fn in_flight(&self) -> usize {
        let on_its_way = |stage: &Stage| matches!(stage, Stage::InHand | Stage::Written(_));
        let all = self.parcels.values();
        all.filter(|(_, stage)| on_its_way(stage)).count()
    }

    /// The heads of the lanes that wait, with when they may go.
    fn heads(&self) -> impl Iterator<Item = (u64, Mono)> + '_ {
        let heads = self.lanes.values().filter_map(|lane| lane.first());
        heads.filter_map(|place| match self.parcels.get(place)?.1 {
            Stage::Waiting(from) => Some((*place, from)),
            _ => None,
        })
    }

    fn ready(&self, now: Mono) -> Option<u64> {
        let ready = self.heads().filter(|(_, from)| *from <= now);
        ready.map(|(place, _)| place).min()
    }

    fn wake_at(&self, now: Now) -> Option<Mono> {
        let answers = self.parcels.values().filter_map(|(_, stage)| match stage {
            Stage::Written(until) => Some(*until),
            _ => None,
        });
        let expiries = self.parcels.values().filter_map(|(parcel, stage)| {
            let left = parcel.expires_at.0.checked_sub(now.wall?.0)?;
            matches!(stage, Stage::Waiting(_)).then(|| now.mono + Duration::from_millis(left))
        });
        let paced = now.mono + self.bucket.wait(now.mono);
        let turns = self.heads().map(|(_, from)| from.max(paced));
        let free = self.online && self.in_flight() < limits::SENDS_IN_FLIGHT;
        let turns = turns.filter(|_| free);
        answers.chain(expiries).chain(turns).min()
    }
}

/// It goes again after a while, or never.
fn after_trouble(parcel: &mut Parcel, now: Mono, code: &'static str) -> Stage {
    parcel.attempts = parcel.attempts.saturating_add(1);
    if parcel.attempts >= limits::SEND_ATTEMPTS {
        return Stage::Failed(code);
    }
    let doubled = limits::SEND_RETRY * 2_u32.saturating_pow(parcel.attempts - 1);
    Stage::Waiting(now + doubled.min(limits::SEND_RETRY_MAX))
}
