//! The reference's rules for what a link says.

use std::time::Duration;

use pairbox::event::LinkEvent;
use pairbox::fault::{BAN_WAIT_UNKNOWN, LOCKED_WAITS, OUTDATED_WAIT};
use pairbox::limits::{
    BAN_WAIT_MAX, BAN_WAIT_MIN, PASSKEY_WAIT, QR_GRACE, QR_LIFETIME_MAX, SILENCE, STARTING_REBUILD,
    STARTING_SLOW,
};
use pairbox::time::Mono;

use super::code::Wish;
use super::{Identity, Reference};

impl Reference {
    #[allow(clippy::too_many_lines, reason = "one list of what each word means")]
    pub(super) fn link_says(&mut self, now: Mono, event: &LinkEvent) {
        let pairing = matches!(self.word, "starting" | "scan_qr_code" | "passkey_required");
        match event {
            LinkEvent::Qr { lifetime, .. } if pairing && !self.linked() => {
                self.live = true;
                if self.word != "passkey_required" {
                    self.word = "scan_qr_code";
                    (self.codes, self.exhausted, self.alarm) = (true, false, None);
                    self.qr = Some(now + (*lifetime).min(QR_LIFETIME_MAX) + QR_GRACE);
                }
            }
            LinkEvent::QrExhausted if pairing && !self.linked() => {
                if self.word == "passkey_required" {
                    self.fail("passkey", None);
                } else if self.wish.is_some() {
                    self.word = "scan_qr_code";
                    (self.exhausted, self.qr, self.alarm) = (true, None, None);
                } else {
                    self.fail("qr_exhausted", None);
                }
            }
            LinkEvent::Paired { .. } => {
                self.identity = Identity::Good;
                self.heard_of_phone();
                if pairing {
                    self.word = "starting";
                    (self.qr, self.codes, self.restarted, self.paired) = (None, false, false, true);
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
                quiet,
                ..
            } => {
                self.failures = *failures;
                self.stuck = !socket && *failures > 0;
                if *online {
                    self.online(now);
                } else {
                    self.offline(now, *socket);
                }
                if self.word == "working" && *quiet > SILENCE {
                    self.stable(now);
                    self.leave("stop");
                    self.word = "reconnecting";
                    self.start = Some((now, now));
                }
            }
            LinkEvent::PasskeyRequired if matches!(self.word, "starting" | "scan_qr_code") => {
                self.passkey(now);
            }
            LinkEvent::PasskeyCode { .. } if pairing => {
                if self.word != "passkey_required" || !self.passkey_code {
                    self.passkey(now);
                }
                self.passkey_code = true;
            }
            LinkEvent::PasskeyFailed { .. } if pairing => {
                if !(self.word == "starting" && self.linked()) {
                    self.fail("passkey", None);
                }
            }
            LinkEvent::PhoneSeen => self.heard_of_phone(),
            LinkEvent::TypedCode { lifetime, .. } => self.code_comes(now, *lifetime, pairing),
            LinkEvent::TypedCodeRefused { .. } => self.code_refused(),
            LinkEvent::TypedCodeEnded { .. } => {
                if self.wish.as_ref().is_some_and(Wish::is_up) {
                    self.wish = None;
                }
            }
            LinkEvent::LoggedOut { .. } => {
                let again = self.reason.as_deref() == Some("logged_out");
                self.identity = if again {
                    Identity::Doomed
                } else {
                    Identity::Dead
                };
                self.reason = Some("logged_out".to_owned());
                self.seen = None;
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
            | LinkEvent::Message => {}
        }
    }

    pub(super) fn last_words(&mut self, event: &LinkEvent) {
        match event {
            LinkEvent::Ended => (self.link, self.told_to_end) = (None, false),
            LinkEvent::Paired { .. } if self.identity == Identity::None => {
                self.identity = Identity::Good;
            }
            _ => {}
        }
    }

    pub(super) fn passkey(&mut self, now: Mono) {
        if self.word != "passkey_required" {
            self.passkey_code = false;
        }
        (self.word, self.qr) = ("passkey_required", None);
        self.alarm = Some(now + PASSKEY_WAIT);
    }

    pub(super) fn heard_of_phone(&mut self) {
        let Some(wall) = self.wall else { return };
        let day = 24 * 3600 * 1000;
        if self.seen.is_none_or(|seen| wall.abs_diff(seen) >= day) {
            self.seen = Some(wall);
        }
    }

    pub(super) fn online(&mut self, now: Mono) {
        self.identity = Identity::Good;
        if self.seen.is_none() {
            self.heard_of_phone();
        }
        self.qr = None;
        if self.word != "working" {
            (self.word, self.reason) = ("working", None);
            (self.working_since, self.alarm) = (now, None);
        }
    }

    pub(super) fn offline(&mut self, now: Mono, socket: bool) {
        if !socket {
            (self.live, self.request) = (false, None);
        }
        match self.word {
            "working" => {
                self.stable(now);
                self.word = "reconnecting";
            }
            "scan_qr_code" | "passkey_required" if !socket => {
                self.word = "starting";
                (self.qr, self.codes) = (None, false);
                (self.restarted, self.paired) = (false, false);
                self.alarm = Some(now + self.patience());
            }
            _ => {}
        }
    }

    pub(super) fn patience(&self) -> Duration {
        if self.restarted || self.paired {
            STARTING_REBUILD
        } else {
            STARTING_SLOW
        }
    }

    /// Nobody told it to.
    pub(super) fn ended(&mut self, now: Mono) {
        self.stable(now);
        self.link = None;
        self.alarm = None;
        if self.word == "passkey_required" {
            self.fail("passkey", None);
        } else if self.word == "scan_qr_code" && self.exhausted {
            self.fail("qr_exhausted", None);
        } else if self.linked() {
            self.word = "reconnecting";
            self.start_after_wait(now);
        } else {
            self.fail("refused", None);
        }
    }
}
