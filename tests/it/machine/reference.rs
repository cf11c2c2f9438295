//! A second machine, written from the rules alone: flat, slow to read and hard to get wrong.
//!
//! It says which status word, fault, wish and link an account must have after each event, and which
//! effects must have been asked for. It has no types that forbid anything and shares no code with
//! the real one. Waits with a jitter are windows: the start must come within one, not before.

use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::event::{Effect, Event, StoreEvent, StoredAccount};
use pairbox::limits::{BOOT_STAGGER, RECONNECT_STABLE};
use pairbox::snapshot::StoreHealth;
use pairbox::time::{Mono, Now};

use self::code::Wish;
use super::bench::stored;

mod code;
mod wishes;
mod words;

/// Whether there is an identity, and what it is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Identity {
    None,
    Good,
    /// Useless, kept until confirmed.
    Dead,
    /// Useless and confirmed.
    Doomed,
}

/// What of the record is compared.
type Kept = (String, bool, Option<String>, Option<u64>);

#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "flat on purpose")]
pub struct Reference {
    pub word: &'static str,
    pub fault: &'static str,
    pub enabled: bool,
    /// Its name: taken over, not judged here.
    pub label: String,
    reason: Option<String>,
    /// When its phone was last written down.
    seen: Option<u64>,
    saved: Option<Kept>,
    identity: Identity,
    /// Epoch of the link that has not ended.
    link: Option<u64>,
    /// Epoch of the link started last.
    newest: u64,
    told_to_end: bool,
    wiping: bool,
    /// A link is to be started within this time, as soon as nothing is in the way.
    start: Option<(Mono, Mono)>,
    /// The status changes by itself then.
    alarm: Option<Mono>,
    /// This opening was built anew because it took long, or follows a scan.
    restarted: bool,
    paired: bool,
    passkey_code: bool,
    /// When the QR on show goes.
    qr: Option<Mono>,
    /// This connection has shown one; and it has no more.
    codes: bool,
    exhausted: bool,
    /// The connection can be paired with, and an answer about a code is due by then.
    live: bool,
    request: Option<Mono>,
    /// A code to type that somebody wants.
    wish: Option<Wish>,
    code_asks: Vec<Mono>,
    /// Told to be forgotten, and the store told so.
    going: bool,
    deleting: bool,
    wall: Option<u64>,
    disk: bool,
    /// It waits for the clock or the disk.
    held: bool,
    /// Accounts there are: as many may start before it when what held all of them is gone.
    pub company: u32,
    /// Failures the last look at the link told of, and whether the library sits out a wait.
    failures: u32,
    stuck: bool,
    working_since: Mono,
    waits: usize,
    locks: usize,
    shut_down: bool,
    /// What this step has to ask for, `start` excepted.
    expected: Vec<&'static str>,
}

impl Reference {
    pub fn new(stored: &StoredAccount, now: Mono) -> Self {
        let starts = stored.record.enabled && stored.linked.is_some();
        let reason = stored.record.last_reason.clone();
        Self {
            word: if starts { "starting" } else { "stopped" },
            fault: "",
            enabled: stored.record.enabled,
            label: stored.record.label.clone(),
            seen: stored.record.phone_seen.map(|seen| seen.0),
            saved: Some((
                stored.record.label.clone(),
                stored.record.enabled,
                reason.clone(),
                None,
            )),
            reason,
            identity: match stored.linked {
                Some(_) => Identity::Good,
                None => Identity::None,
            },
            link: None,
            newest: 0,
            told_to_end: false,
            wiping: false,
            start: starts.then_some((now, now)),
            alarm: None,
            restarted: false,
            paired: false,
            passkey_code: false,
            qr: None,
            codes: false,
            exhausted: false,
            live: false,
            request: None,
            wish: None,
            code_asks: Vec::new(),
            going: false,
            deleting: false,
            wall: None,
            disk: true,
            held: false,
            company: 1,
            failures: 0,
            stuck: false,
            working_since: now,
            waits: 0,
            locks: 0,
            shut_down: false,
            expected: Vec::new(),
        }
    }

    /// One that the store does not know yet.
    pub fn added(id: AccountId, now: Mono, disk: bool, shut_down: bool) -> Self {
        let mut new = Self::new(&stored(id, false, false), now);
        new.saved = None;
        (new.disk, new.shut_down) = (disk, shut_down);
        new
    }

    /// The store was told to forget it.
    pub fn is_being_deleted(&self) -> bool {
        self.deleting
    }

    pub fn linked(&self) -> bool {
        self.identity == Identity::Good
    }

    /// Epoch of the link started last; 0 before the first.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// When it must be looked at again.
    pub fn next(&self) -> Option<Mono> {
        let start = self.start.filter(|_| self.free()).map(|(_, end)| end);
        let start = start.filter(|_| !self.held);
        let wish = self.wish.as_ref().map(Wish::deadline);
        [self.alarm, start, self.qr, wish, self.request]
            .into_iter()
            .flatten()
            .min()
    }

    /// Takes an event (`None`: only time passed) and compares what was asked for.
    pub fn step(&mut self, at: Now, event: Option<&Event>, asked: &[Effect]) {
        let now = at.mono;
        self.wall = at.wall.map(|wall| wall.0);
        self.expected.clear();
        let was_free = self.free() && !self.held;
        self.ring(now);
        match event {
            Some(Event::Intent { intent, .. }) if !self.shut_down => {
                self.intent(now, intent.clone());
            }
            Some(Event::Link { epoch, event, .. }) if self.link == Some(epoch.0) => {
                if self.told_to_end {
                    self.last_words(event);
                } else {
                    self.link_says(now, event);
                }
            }
            Some(Event::Store { event, .. }) => self.store(event),
            Some(Event::Disk(health)) => {
                self.disk = *health == StoreHealth::Well;
                let sound = matches!(self.identity, Identity::None | Identity::Good);
                if self.disk && self.fault == "store" && sound && self.enabled && !self.shut_down {
                    (self.word, self.fault) = ("starting", "");
                    self.open(now);
                    self.start = Some((now, now + BOOT_STAGGER * self.company));
                }
            }
            Some(Event::NetworkUp) if !self.shut_down => match self.word {
                "starting" | "reconnecting" => self.hurry(now),
                _ => {}
            },
            Some(Event::Shutdown) => {
                self.shut_down = true;
                if !matches!(self.word, "failed" | "logged_out") {
                    self.leave("stop");
                    self.word = "stopped";
                }
                (self.start, self.alarm, self.wish) = (None, None, None);
            }
            Some(_) | None => {}
        }
        self.code(now);
        self.hold(now);
        let disk_in_the_way = self.held && self.wall.is_some();
        if self.identity == Identity::Doomed && self.free() && !disk_in_the_way {
            self.wiping = true;
            self.expected.push("wipe");
        } else if self.going && self.free() {
            self.deleting = true;
            self.expected.push("delete");
        }
        self.compare(now, was_free, asked);
    }

    fn free(&self) -> bool {
        self.link.is_none() && !self.wiping && !self.deleting
    }

    fn running(&self) -> bool {
        self.link.is_some() && !self.told_to_end
    }

    /// What happens by itself.
    fn ring(&mut self, now: Mono) {
        self.qr = self.qr.filter(|at| *at > now);
        if self.alarm.is_none_or(|at| at > now) {
            return;
        }
        self.alarm = None;
        match self.word {
            "failed" => {
                self.word = "starting";
                self.fault = "";
                self.open(now);
            }
            "passkey_required" => self.fail("passkey", None),
            "starting" => {
                let first = !self.restarted && !self.paired && !self.codes;
                self.leave("stop");
                self.restarted = true;
                if first {
                    self.start = Some((now, now));
                } else {
                    self.start_after_wait(now);
                }
            }
            other => panic!("an alarm in {other}"),
        }
    }

    fn store(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::AuthWiped if self.wiping => {
                self.wiping = false;
                self.identity = Identity::None;
            }
            StoreEvent::WipeFailed { .. } if self.wiping => {
                (self.wiping, self.going) = (false, false);
                self.identity = Identity::Dead;
                self.fail("store", None);
            }
            StoreEvent::DeleteFailed { .. } if self.deleting => {
                (self.deleting, self.going) = (false, false);
                self.fail("store", None);
            }
            _ => {}
        }
    }

    fn fault_at(&mut self, now: Mono, fault: &'static str, wait: Option<Duration>) {
        self.stable(now);
        self.fail(fault, wait.map(|wait| now + wait));
    }

    fn fail(&mut self, fault: &'static str, retry_at: Option<Mono>) {
        self.leave("stop");
        (self.word, self.fault) = ("failed", fault);
        self.reason = Some(fault.to_owned());
        self.start = None;
        self.alarm = retry_at.filter(|_| !self.shut_down);
    }

    fn leave(&mut self, how: &'static str) {
        if self.running() {
            self.told_to_end = true;
            self.expected.push(how);
        }
        (self.alarm, self.qr, self.request) = (None, None, None);
        (self.stuck, self.live, self.codes) = (false, false, false);
    }

    fn stable(&mut self, now: Mono) {
        if self.word == "working" && now.since(self.working_since) >= RECONNECT_STABLE {
            (self.waits, self.locks) = (0, 0);
        }
    }

    fn start_after_wait(&mut self, now: Mono) {
        let seconds = [
            1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 900,
        ];
        let wait = Duration::from_secs(seconds[self.waits.min(15)]);
        self.waits += 1;
        self.start = Some((now + wait * 9 / 10, now + wait * 11 / 10));
    }

    fn compare(&mut self, now: Mono, was_free: bool, asked: &[Effect]) {
        let mut words = Vec::new();
        let mut saves = Vec::new();
        let mut started = None;
        for effect in asked {
            match effect {
                Effect::StopLink { .. } => words.push("stop"),
                Effect::Unlink { .. } => words.push("unlink"),
                Effect::WipeAuth { .. } => words.push("wipe"),
                Effect::SaveRecord { record, .. } => {
                    assert!(started.is_none(), "a link runs ahead of its record");
                    let seen = record.phone_seen.map(|seen| seen.0);
                    let (label, reason) = (record.label.clone(), record.last_reason.clone());
                    saves.push((label, record.enabled, reason, seen));
                }
                Effect::StartLink { epoch, .. } => started = Some(epoch.0),
                Effect::DeleteAccount { .. } => words.push("delete"),
                Effect::RequestCode { .. } => words.push("request"),
                _ => panic!("nobody's"),
            }
        }
        assert_eq!(words, self.expected, "{self:?}");
        let (label, reason) = (self.label.clone(), self.reason.clone());
        let kept = Some((label, self.enabled, reason, self.seen));
        let changed = kept.clone().filter(|_| kept != self.saved);
        assert_eq!(saves, Vec::from_iter(changed), "{self:?}");
        self.saved = kept;
        let (may, must) = match self.start {
            // A wait that was over while something else was in the way may be over at once.
            Some((from, until)) if self.free() && !self.held => {
                (now >= from, now >= until && was_free)
            }
            Some(_) | None => (false, false),
        };
        match started {
            Some(epoch) => {
                assert!(may, "an early or unwanted start: {self:?}");
                self.start = None;
                (self.link, self.newest) = (Some(epoch), epoch);
                (self.failures, self.stuck) = (0, false);
                (self.codes, self.exhausted, self.live) = (false, false, false);
                if self.word == "starting" {
                    self.alarm = Some(now + self.patience());
                }
            }
            None => assert!(!must, "a start is missing: {self:?}"),
        }
    }
}
