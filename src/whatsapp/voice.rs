//! The voice of a link: tags what it says with account and epoch, and keeps it from saying the same
//! thing too often.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use log::debug;

use crate::account::{AccountId, Epoch};
use crate::clock::Clock;
use crate::event::{Event, LinkEvent};
use crate::inbox::Inbox;
use crate::limits;
use crate::time::{Mono, UnixMillis};

/// What a link speaks with. Shared by everything that belongs to the link.
pub struct Voice {
    account: AccountId,
    epoch: Epoch,
    inbox: Inbox,
    clock: Clock,
    ended: AtomicBool,
    told: Mutex<Told>,
}

/// When something was said last.
#[derive(Default)]
struct Told {
    message: Option<Mono>,
    phone: Option<Mono>,
    /// The last sign of life of the phone, said or not.
    phone_seen: Option<UnixMillis>,
}

impl Voice {
    /// The voice of that link.
    #[must_use]
    pub fn new(account: AccountId, epoch: Epoch, inbox: Inbox, clock: Clock) -> Self {
        Self {
            account,
            epoch,
            inbox,
            clock,
            ended: AtomicBool::new(false),
            told: Mutex::default(),
        }
    }

    /// Whose link it is.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Which start of it.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The wall clock, if it is set.
    #[must_use]
    pub fn wall(&self) -> Option<UnixMillis> {
        self.clock.now().wall
    }

    /// For what must not get lost. When the loop has ended there is nobody left to tell.
    pub async fn say(&self, event: LinkEvent) {
        let _ = self.inbox.send(self.tag(event)).await;
    }

    /// The last word: nothing follows.
    pub async fn say_goodbye(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.say(LinkEvent::Ended).await;
    }

    /// For what is said again anyway. False when it was not taken.
    pub fn mention(&self, event: LinkEvent) -> bool {
        if self.ended.load(Ordering::Relaxed) {
            return false;
        }
        let told = self.inbox.try_send(self.tag(event));
        if let Err(error) = told {
            debug!("a word of link {} was not taken: {error}", self.epoch.0);
        }
        told.is_ok()
    }

    /// A message came or went.
    pub fn message(&self) {
        self.now_and_then(
            |told| &mut told.message,
            limits::MESSAGE_TOLD,
            LinkEvent::Message,
        );
    }

    /// The owner's phone gave a sign of life.
    pub fn phone_seen(&self) {
        self.told().phone_seen = self.wall();
        self.now_and_then(
            |told| &mut told.phone,
            limits::PHONE_TOLD,
            LinkEvent::PhoneSeen,
        );
    }

    /// When it last did, as far as this link knows.
    #[must_use]
    pub fn phone_seen_at(&self) -> Option<UnixMillis> {
        self.told().phone_seen
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_and_then(
        &self,
        of: impl Fn(&mut Told) -> &mut Option<Mono>,
        every: Duration,
        event: LinkEvent,
    ) {
        let mut told = self.told();
        let now = self.clock.mono();
        let last = of(&mut told);
        if last.is_some_and(|last| now.since(last) < every) {
            return;
        }
        // What was not taken is said the next time.
        if self.mention(event) {
            *last = Some(now);
        }
    }

    fn tag(&self, event: LinkEvent) -> Event {
        Event::Link {
            account: self.account,
            epoch: self.epoch,
            event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_same_thing_is_said_once_in_a_while_and_nothing_after_the_end() {
        let (inbox, mut events) = Inbox::new();
        let voice = Voice::new(AccountId(1), Epoch(1), inbox, Clock::start());
        for _ in 0..3 {
            voice.message();
            voice.phone_seen();
        }
        voice.say_goodbye().await;
        voice.mention(LinkEvent::Message);
        let mut said = Vec::new();
        while let Ok(Event::Link { event, .. }) = events.try_recv() {
            said.push(event);
        }
        let wanted = [LinkEvent::Message, LinkEvent::PhoneSeen, LinkEvent::Ended];
        assert_eq!(said, wanted);
    }
}
