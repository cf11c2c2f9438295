//! A second machine, written from the rules alone: flat, slow to read and hard to get wrong.
//!
//! It says which status word, fault, wish and link an account must have after each event, and which
//! effects must have been asked for. It has no types that forbid anything and shares no code with
//! the real one. Waits with a jitter are windows: the start must come within one, not before.

use std::time::Duration;

use pairbox::event::{Effect, Event, Intent, LinkEvent, StoreEvent, StoredAccount};
use pairbox::fault::{BAN_WAIT_UNKNOWN, LOCKED_WAITS, OUTDATED_WAIT};
use pairbox::limits::{
    BAN_WAIT_MAX, BAN_WAIT_MIN, PASSKEY_WAIT, QR_GRACE, QR_LIFETIME_MAX, RECONNECT_STABLE,
    STARTING_REBUILD, STARTING_SLOW,
};
use pairbox::time::Mono;

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

#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "flat on purpose")]
pub struct Reference {
    pub word: &'static str,
    pub fault: &'static str,
    pub enabled: bool,
    reason: Option<String>,
    /// When its phone was last written down.
    seen: Option<u64>,
    saved: (bool, Option<String>, Option<u64>),
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
    /// The link was built anew because it took long.
    restarted: bool,
    /// The wall clock.
    wall: u64,
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
            seen: None,
            saved: (stored.record.enabled, reason.clone(), None),
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
            wall: 0,
            failures: 0,
            stuck: false,
            working_since: now,
            waits: 0,
            locks: 0,
            shut_down: false,
            expected: Vec::new(),
        }
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
        [self.alarm, start].into_iter().flatten().min()
    }

    /// Takes an event (`None`: only time passed) and compares what was asked for.
    pub fn step(&mut self, now: Mono, event: Option<&Event>, asked: &[Effect]) {
        self.expected.clear();
        let was_free = self.free();
        self.ring(now);
        match event {
            Some(Event::Intent { intent, .. }) if !self.shut_down => {
                self.intent(now, intent.clone())
            }
            Some(Event::Link { epoch, event, .. }) if self.link == Some(epoch.0) => {
                if self.told_to_end {
                    self.last_words(event);
                } else {
                    self.link_says(now, event);
                }
            }
            Some(Event::Store { event, .. }) => self.store(event),
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
                (self.start, self.alarm) = (None, None);
            }
            Some(_) | None => {}
        }
        if self.identity == Identity::Doomed && self.free() {
            self.wiping = true;
            self.expected.push("wipe");
        }
        self.compare(now, was_free, asked);
    }

    fn free(&self) -> bool {
        self.link.is_none() && !self.wiping
    }

    fn running(&self) -> bool {
        self.link.is_some() && !self.told_to_end
    }

    /// What happens by itself.
    fn ring(&mut self, now: Mono) {
        if self.alarm.is_none_or(|at| at > now) {
            return;
        }
        self.alarm = None;
        match self.word {
            "failed" => {
                self.word = "starting";
                self.fault = "";
                self.start = Some((now, now));
            }
            "scan_qr_code" => {
                self.word = "starting";
                self.alarm = Some(now + STARTING_REBUILD);
            }
            "passkey_required" => self.fail("passkey", None),
            "starting" => {
                self.leave("stop");
                self.start_after_wait(now);
            }
            other => panic!("an alarm in {other}"),
        }
    }

    fn intent(&mut self, now: Mono, intent: Intent) {
        match intent {
            Intent::Connect(_) => {
                self.enabled = true;
                if self.identity == Identity::Dead {
                    self.identity = Identity::Doomed;
                }
                match self.word {
                    "working" => {}
                    "starting" | "reconnecting" => self.hurry(now),
                    "scan_qr_code" | "passkey_required" => {
                        self.leave("stop");
                        self.word = "starting";
                        self.start = Some((now, now));
                    }
                    _ => {
                        (self.word, self.fault, self.waits) = ("starting", "", 0);
                        (self.start, self.alarm) = (Some((now, now)), None);
                    }
                }
            }
            Intent::Disconnect(_) | Intent::Logout(_) => {
                let out = matches!(intent, Intent::Logout(_));
                self.leave(if out && self.linked() {
                    "unlink"
                } else {
                    "stop"
                });
                if out {
                    self.identity = Identity::Doomed;
                }
                (self.word, self.fault, self.waits) = ("stopped", "", 0);
                (self.enabled, self.start) = (false, None);
            }
            // Nothing to this account.
            _ => {}
        }
    }

    /// Whoever waits waits no longer; whoever is busy connecting is left alone.
    fn hurry(&mut self, now: Mono) {
        if self.running() {
            if self.word == "starting" && !self.stuck {
                return;
            }
            self.leave("stop");
        }
        self.waits = 0;
        self.start = Some((now, now));
    }

    #[allow(clippy::too_many_lines, reason = "one list of what each word means")]
    fn link_says(&mut self, now: Mono, event: &LinkEvent) {
        let pairing = matches!(self.word, "starting" | "scan_qr_code" | "passkey_required");
        match event {
            LinkEvent::Qr { lifetime, .. } if pairing && !self.linked() => {
                self.word = "scan_qr_code";
                self.alarm = Some(now + (*lifetime).min(QR_LIFETIME_MAX) + QR_GRACE);
            }
            LinkEvent::QrExhausted if pairing && !self.linked() => {
                let passkey = self.word == "passkey_required";
                self.fail(if passkey { "passkey" } else { "qr_exhausted" }, None);
            }
            LinkEvent::Paired { .. } => {
                self.identity = Identity::Good;
                if pairing {
                    self.word = "starting";
                    self.alarm = Some(now + STARTING_REBUILD);
                }
            }
            LinkEvent::Connected { .. } => self.online(now),
            LinkEvent::Dropped { .. } => {
                self.stuck = self.failures > 0;
                self.offline(now, false);
            }
            LinkEvent::Alive {
                online,
                socket,
                failures,
                ..
            } => {
                self.failures = *failures;
                self.stuck = !socket && *failures > 0;
                if *online {
                    self.online(now);
                } else {
                    self.offline(now, *socket);
                }
            }
            LinkEvent::PasskeyRequired if matches!(self.word, "starting" | "scan_qr_code") => {
                self.word = "passkey_required";
                self.alarm = Some(now + PASSKEY_WAIT);
            }
            LinkEvent::LoggedOut { .. } => {
                let again = self.reason.as_deref() == Some("logged_out");
                self.identity = if again {
                    Identity::Doomed
                } else {
                    Identity::Dead
                };
                self.reason = Some("logged_out".to_owned());
                self.stable(now);
                self.leave("stop");
                self.word = "logged_out";
            }
            LinkEvent::Replaced => self.fault_at(now, "stream_replaced", None),
            LinkEvent::Outdated => self.fault_at(now, "client_outdated", Some(OUTDATED_WAIT)),
            LinkEvent::Locked => {
                self.stable(now);
                let wait = LOCKED_WAITS[self.locks.min(2)];
                self.locks += 1;
                self.fault_at(now, "account_locked", Some(wait));
            }
            LinkEvent::Banned { lasts } => {
                let wait = lasts.map_or(BAN_WAIT_UNKNOWN, |lasts| {
                    lasts.clamp(BAN_WAIT_MIN, BAN_WAIT_MAX)
                });
                self.fault_at(now, "temporary_ban", Some(wait));
            }
            LinkEvent::Refused { .. } => self.fault_at(now, "refused", None),
            LinkEvent::StartFailed { .. } => self.fault_at(now, "store", None),
            LinkEvent::Ended => self.ended(now),
            LinkEvent::Qr { .. }
            | LinkEvent::QrExhausted
            | LinkEvent::PasskeyRequired
            | LinkEvent::PairFailed { .. }
            | LinkEvent::PasskeyCode { .. }
            | LinkEvent::PasskeyFailed { .. }
            | LinkEvent::TypedCode { .. }
            | LinkEvent::TypedCodeRefused { .. }
            | LinkEvent::TypedCodeEnded { .. }
            | LinkEvent::PhoneSeen
            | LinkEvent::Message => {}
        }
    }

    fn last_words(&mut self, event: &LinkEvent) {
        match event {
            LinkEvent::Ended => (self.link, self.told_to_end) = (None, false),
            LinkEvent::Paired { .. } if self.identity == Identity::None => {
                self.identity = Identity::Good;
            }
            _ => {}
        }
    }

    fn online(&mut self, now: Mono) {
        self.identity = Identity::Good;
        if self.word != "working" {
            (self.word, self.reason) = ("working", None);
            (self.working_since, self.alarm) = (now, None);
        }
    }

    fn offline(&mut self, now: Mono, socket: bool) {
        match self.word {
            "working" => {
                self.stable(now);
                self.word = "reconnecting";
            }
            "scan_qr_code" | "passkey_required" if !socket => {
                self.word = "starting";
                self.alarm = Some(now + STARTING_REBUILD);
            }
            _ => {}
        }
    }

    /// Nobody told it to.
    fn ended(&mut self, now: Mono) {
        self.stable(now);
        self.link = None;
        self.alarm = None;
        if self.word == "passkey_required" {
            self.fail("passkey", None);
        } else if self.linked() {
            self.word = "reconnecting";
            self.start_after_wait(now);
        } else {
            self.fail("refused", None);
        }
    }

    fn store(&mut self, event: &StoreEvent) {
        if !self.wiping || matches!(event, StoreEvent::SaveFailed { .. }) {
            return;
        }
        self.wiping = false;
        match event {
            StoreEvent::SaveFailed { .. }
            | StoreEvent::Deleted
            | StoreEvent::DeleteFailed { .. } => {}
            StoreEvent::AuthWiped => self.identity = Identity::None,
            StoreEvent::WipeFailed { .. } => {
                self.identity = Identity::Dead;
                self.fail("store", None);
            }
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
        self.alarm = None;
        self.stuck = false;
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
                    saves.push((record.enabled, record.last_reason.clone()));
                }
                Effect::StartLink { epoch, .. } => started = Some(epoch.0),
                _ => panic!("nobody's"),
            }
        }
        assert_eq!(words, self.expected, "{self:?}");
        let wish = (self.enabled, self.reason.clone());
        let expected_saves = if wish == self.saved {
            vec![]
        } else {
            vec![wish.clone()]
        };
        assert_eq!(saves, expected_saves, "{self:?}");
        self.saved = wish;
        let (may, must) = match self.start {
            // A wait that was over while something else was in the way may be over at once.
            Some((from, until)) if self.free() => (now >= from, now >= until && was_free),
            Some(_) | None => (false, false),
        };
        match started {
            Some(epoch) => {
                assert!(may, "an early or unwanted start: {self:?}");
                self.start = None;
                (self.link, self.newest) = (Some(epoch), epoch);
                (self.failures, self.stuck) = (0, false);
                if self.word == "starting" {
                    self.alarm = Some(now + STARTING_REBUILD);
                }
            }
            None => assert!(!must, "a start is missing: {self:?}"),
        }
    }
}
