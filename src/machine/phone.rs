//! Signs of life of the owner's phone: WhatsApp unlinks this box about 14 days after the last one.
//!
//! The exact time is kept in memory, the day in the record: a write a day for each account is what
//! a card can bear.

use std::time::Duration;

use super::session::{Session, Step};
use super::state::Identity;
use super::timers::Deadline;
use crate::limits;
use crate::snapshot::PhoneSilent;
use crate::time::{Mono, Now, UnixMillis};

const DAY_MS: u64 = 24 * 3600 * 1000;

/// The phone, as far as it is heard of.
#[derive(Clone, Default, Debug)]
pub(super) struct Phone {
    seen: Option<UnixMillis>,
    silent: Option<PhoneSilent>,
    /// The next day of silence begins then.
    look_at: Option<Mono>,
}

impl Phone {
    pub(super) fn new(seen: Option<UnixMillis>) -> Self {
        Self {
            seen,
            ..Self::default()
        }
    }

    /// What is worth a word.
    pub(super) fn silent(&self) -> Option<PhoneSilent> {
        self.silent
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        Some((self.look_at?, "one more day without the phone"))
    }

    fn watch(&mut self, now: Now) {
        (self.silent, self.look_at) = (None, None);
        let (Some(UnixMillis(wall)), Some(UnixMillis(seen))) = (now.wall, self.seen) else {
            return;
        };
        let silent = wall.saturating_sub(seen);
        let days = silent / DAY_MS;
        self.silent = (days >= limits::PHONE_SILENT_DAYS).then_some(PhoneSilent {
            days,
            urgent: days >= limits::PHONE_URGENT_DAYS,
        });
        let next = DAY_MS - silent % DAY_MS;
        self.look_at = Some(now.mono + Duration::from_millis(next));
    }
}

impl Session {
    /// The phone gave a sign of life.
    pub(super) fn phone_seen(&mut self, step: &Step<'_>) {
        let Some(wall) = step.now.wall else { return };
        self.phone.seen = Some(wall);
        let apart = |kept: UnixMillis| kept.0.abs_diff(wall.0);
        if self.record.phone_seen.map_or(DAY_MS, apart) >= DAY_MS {
            self.record.phone_seen = Some(wall);
        }
    }

    /// Logged in: the phone is at most as old as the link, if nothing is known of it.
    pub(super) fn phone_known(&mut self, step: &Step<'_>) {
        if self.phone.seen.is_none() {
            self.phone_seen(step);
        }
    }

    /// Recomputes what is said about it.
    pub(super) fn watch_phone(&mut self, now: Now) {
        if matches!(self.identity, Identity::Linked { .. }) {
            self.phone.watch(now);
        } else {
            self.phone = Phone::new(self.phone.seen);
        }
    }

    /// Whatever was known of the owner is another's business from now on.
    pub(super) fn forget_owner(&mut self) {
        self.push_name = None;
        self.lid = None;
        self.last_connected_at = None;
        self.last_message_at = None;
        self.phone = Phone::default();
        self.record.phone_seen = None;
    }
}
