//! The reference's rules for what people want, and for what keeps it from starting.

use pairbox::event::Intent;
use pairbox::limits::{BOOT_STAGGER, TYPED_ANSWER, TYPED_WISH};
use pairbox::time::Mono;

use super::{Identity, Reference};

impl Reference {
    pub(super) fn intent(&mut self, now: Mono, intent: Intent) {
        if self.going {
            return;
        }
        match intent {
            Intent::Connect(_) => {
                if self.word == "scan_qr_code" {
                    self.wish = None;
                }
                self.go_online(now);
            }
            Intent::Restart(_) => {
                self.wish = None;
                self.enabled = true;
                self.confirm();
                self.leave("stop");
                (self.word, self.fault, self.waits) = ("starting", "", 0);
                self.open(now);
            }
            Intent::Disconnect(_) | Intent::Logout(_) | Intent::Delete(_) => {
                let out = !matches!(intent, Intent::Disconnect(_));
                let off = self.word == "stopped";
                let unlinked = match self.identity {
                    Identity::None => false,
                    Identity::Doomed => !off,
                    Identity::Good | Identity::Dead => true,
                };
                let word = if matches!(intent, Intent::Logout(_)) && unlinked {
                    "logged_out"
                } else {
                    "stopped"
                };
                self.leave(if out && self.linked() {
                    "unlink"
                } else {
                    "stop"
                });
                if out {
                    self.identity = Identity::Doomed;
                    self.seen = None;
                }
                (self.word, self.fault, self.waits) = (word, "", 0);
                (self.enabled, self.start) = (false, None);
                self.going = matches!(intent, Intent::Delete(_));
            }
            Intent::PairByCode { phone, .. } => self.pair_by_code(now, &phone, TYPED_ANSWER),
            Intent::AddAccount { phone, start, .. } => match phone {
                Some(phone) => self.pair_by_code(now, &phone, TYPED_WISH),
                None if start => self.go_online(now),
                None => {}
            },
            // Nothing to this account.
            _ => {}
        }
    }

    pub(super) fn go_online(&mut self, now: Mono) {
        self.enabled = true;
        self.confirm();
        match self.word {
            "working" => {}
            "starting" | "reconnecting" => self.hurry(now),
            "scan_qr_code" | "passkey_required" => {
                self.leave("stop");
                self.word = "starting";
                self.open(now);
            }
            _ => {
                (self.word, self.fault, self.waits) = ("starting", "", 0);
                self.open(now);
            }
        }
    }

    pub(super) fn confirm(&mut self) {
        if self.identity == Identity::Dead {
            self.identity = Identity::Doomed;
        }
    }

    /// A fresh start.
    pub(super) fn open(&mut self, now: Mono) {
        (self.start, self.alarm) = (Some((now, now)), None);
        (self.restarted, self.paired) = (false, false);
    }

    /// What waits for the clock or the disk does not start; afterwards one after the other does.
    pub(super) fn hold(&mut self, now: Mono) {
        let pairs =
            self.word == "starting" && matches!(self.identity, Identity::None | Identity::Doomed);
        let held = self.start.is_some() && (self.wall.is_none() || (pairs && !self.disk));
        if let (Some((from, until)), true, false) = (self.start, self.held, held) {
            let last = until.max(now) + BOOT_STAGGER * self.company;
            self.start = Some((from.max(now), last));
            self.restarted = false;
        }
        self.held = held;
    }

    /// Whoever waits waits no longer; whoever is busy connecting is left alone.
    pub(super) fn hurry(&mut self, now: Mono) {
        if self.running() {
            if self.word == "starting" && !self.stuck {
                return;
            }
            self.leave("stop");
        }
        self.waits = 0;
        self.start = Some((now, now));
    }
}
