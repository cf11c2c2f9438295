//! The access code on the glass: whoever can read it stands at the box, and is let in.
//!
//! Anybody on the network may ask for one and may guess, so both are bounded over all codes together:
//! a fresh code brings no fresh tries, one that is up is not pushed away by the next who asks, and
//! codes nobody used are counted. A touch of a button cannot come over the network: it ends the
//! waiting for the next code. It does not end that for wrong guesses.

use subtle::ConstantTimeEq;

use super::timers::Deadline;
use crate::event::{Answer, Denial};
use crate::limits;
use crate::secret::Secret;
use crate::snapshot::AccessCode;
use crate::time::Mono;

/// The code, and how often it was asked for and guessed.
#[derive(Clone, Debug)]
pub(super) struct Access {
    shown: Option<AccessCode>,
    /// When codes went up that nobody used.
    unused: Vec<Mono>,
    /// Wrong guesses in a row, and the last of them.
    wrong: u32,
    wrong_at: Mono,
    locked_until: Option<Mono>,
}

impl Access {
    pub(super) fn new() -> Self {
        Self {
            shown: None,
            unused: Vec::new(),
            wrong: 0,
            wrong_at: Mono::START,
            locked_until: None,
        }
    }

    /// What is on the glass.
    pub(super) fn shown(&self) -> Option<&AccessCode> {
        self.shown.as_ref()
    }

    /// Puts `code` up, unless one is up that is fresh enough: then that one stands for it.
    pub(super) fn show(&mut self, now: Mono, code: Secret) -> Result<Answer, Denial> {
        if let Some(until) = self.locked(now) {
            return Err(Denial::AccessLocked { until });
        }
        let left = |shown: &AccessCode| shown.expires_at.since(now);
        if self.shown.as_ref().map_or(limits::ACCESS_CODE_KEPT, left) > limits::ACCESS_CODE_KEPT {
            return Ok(Answer::Done);
        }
        let recent = |at: &Mono| now.since(*at) < limits::ACCESS_LOCK;
        self.unused.retain(recent);
        if self.unused.len() >= limits::ACCESS_CODES_UNUSED {
            let until = self.unused[0] + limits::ACCESS_LOCK;
            return Err(Denial::AccessLocked { until });
        }
        self.unused.push(now);
        self.shown = Some(AccessCode {
            code,
            expires_at: now + limits::ACCESS_CODE,
        });
        Ok(Answer::Done)
    }

    /// Somebody typed `code`.
    pub(super) fn try_code(&mut self, now: Mono, code: &Secret) -> Result<Answer, Denial> {
        if let Some(until) = self.locked(now) {
            return Err(Denial::AccessLocked { until });
        }
        // It is over also when the try is quicker than the timer.
        self.update(now);
        let Some(shown) = &self.shown else {
            return Err(Denial::NoAccessCode);
        };
        let (typed, right) = (code.expose().as_bytes(), shown.code.expose().as_bytes());
        // Takes as long for a guess that is nearly right as for any other of that length.
        if bool::from(typed.ct_eq(right)) {
            *self = Self::new();
            return Ok(Answer::Done);
        }
        if now.since(self.wrong_at) >= limits::ACCESS_LOCK {
            self.wrong = 0;
        }
        self.wrong += 1;
        self.wrong_at = now;
        let left = limits::ACCESS_TRIES.saturating_sub(self.wrong);
        if left == 0 {
            let until = now + limits::ACCESS_LOCK;
            self.shown = None;
            self.wrong = 0;
            self.locked_until = Some(until);
            return Err(Denial::AccessLocked { until });
        }
        Err(Denial::WrongAccessCode { left })
    }

    /// Somebody stands at the box: what others asked for over the network does not count any more.
    pub(super) fn touched(&mut self) {
        self.unused.clear();
    }

    /// Takes an expired code away.
    pub(super) fn update(&mut self, now: Mono) {
        self.shown = self.shown.take().filter(|shown| shown.expires_at > now);
    }

    /// The process ends: the glass is to be cleared.
    pub(super) fn clear(&mut self) {
        self.shown = None;
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        let shown = self.shown.as_ref()?;
        Some((shown.expires_at, "take the access code away"))
    }

    fn locked(&self, now: Mono) -> Option<Mono> {
        self.locked_until.filter(|until| *until > now)
    }
}
