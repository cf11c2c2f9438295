//! The reference's rules for a code to type: wanted, asked for, up, lost, over.

use std::time::Duration;

use pairbox::account::E164;
use pairbox::limits::{
    STARTING_REBUILD, TYPED_AGAIN, TYPED_ANSWER, TYPED_ASKS, TYPED_ASKS_WITHIN, TYPED_LIFETIME_MAX,
    TYPED_WISH,
};
use pairbox::time::Mono;

use super::Reference;

#[derive(Clone, Debug)]
pub struct Wish {
    phone: E164,
    asked: Mono,
    until: Mono,
    again: u32,
    /// "due", "asked" or "up".
    code: &'static str,
    ends: Mono,
}

impl Wish {
    pub fn is_up(&self) -> bool {
        self.code == "up"
    }

    pub fn deadline(&self) -> Mono {
        if self.is_up() { self.ends } else { self.until }
    }
}

impl Reference {
    pub fn pair_by_code(&mut self, now: Mono, phone: &E164, patience: Duration) {
        let same = self.wish.as_ref().is_some_and(|wish| wish.phone == *phone);
        self.code_asks
            .retain(|at| now.since(*at) < TYPED_ASKS_WITHIN);
        if self.linked() || same || self.code_asks.len() >= TYPED_ASKS {
            return;
        }
        self.code_asks.push(now);
        self.wish = Some(Wish {
            phone: phone.clone(),
            asked: now,
            until: now + patience,
            again: 0,
            code: "due",
            ends: now,
        });
        if self.word == "scan_qr_code" {
            self.enabled = true;
        } else {
            self.go_online(now);
        }
    }

    pub fn code_comes(&mut self, now: Mono, lifetime: Duration, pairing: bool) {
        let asked = self.request.take().is_some();
        if let Some(wish) = &mut self.wish
            && asked
            && wish.code == "asked"
            && pairing
            && self.word != "passkey_required"
        {
            wish.code = "up";
            wish.ends = now + lifetime.min(TYPED_LIFETIME_MAX);
            if self.word == "starting" {
                self.exhausted = false;
            }
            (self.word, self.alarm) = ("scan_qr_code", None);
        }
    }

    pub fn code_refused(&mut self) {
        let asked = self.request.take().is_some();
        self.wish = self.wish.take().filter(|it| !asked || it.code != "asked");
    }

    /// After each step.
    pub fn code(&mut self, now: Mono) {
        let in_vain = ["stopped", "failed", "logged_out", "passkey_required"];
        if self.linked() || in_vain.contains(&self.word) {
            self.wish = None;
        }
        if self.request.is_some_and(|at| at <= now) {
            self.request = None;
            self.wish = self.wish.take().filter(|wish| wish.code != "asked");
        }
        self.wish = self.wish.take().filter(|wish| wish.deadline() > now);
        self.lost(now);
        let up = self.wish.as_ref().is_some_and(Wish::is_up);
        if self.word == "scan_qr_code" && self.qr.is_none() && !up {
            if !self.exhausted {
                self.word = "starting";
                (self.restarted, self.paired) = (false, false);
                self.alarm = Some(now + STARTING_REBUILD);
            } else if self.wish.is_none() {
                self.fail("qr_exhausted", None);
            } else {
                self.leave("stop");
                self.word = "starting";
                self.open(now);
                self.lost(now);
            }
        }
        if let Some(wish) = &mut self.wish
            && wish.code == "due"
            && self.link.is_some()
            && !self.told_to_end
            && self.live
            && self.request.is_none()
        {
            wish.code = "asked";
            self.request = Some(now + TYPED_ANSWER);
            self.expected.push("request");
        }
    }

    fn lost(&mut self, now: Mono) {
        let live = self.link.is_some() && !self.told_to_end && self.live;
        let Some(mut wish) = self.wish.take() else {
            return;
        };
        if !live && wish.code != "due" {
            if wish.is_up() {
                wish.until = wish.asked + TYPED_WISH;
            }
            if wish.until <= now || wish.again >= TYPED_AGAIN {
                return;
            }
            wish.again += 1;
            wish.code = "due";
        }
        self.wish = Some(wish);
    }
}
