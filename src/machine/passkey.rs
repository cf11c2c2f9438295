//! WhatsApp asks for a passkey: a step of linking that a person has to take elsewhere.
//!
//! While it is asked for, QR codes that rotate on the same connection do not cover it: whoever
//! scanned would otherwise see one code after another and never learn why (a silent loop). A QR
//! comes back in two cases only: the connection on which it was asked is gone, so that the try is
//! over and the next has a run of codes of its own, or a person asks for a fresh one.

#![allow(
    clippy::match_same_arms,
    reason = "what is ignored is an arm of its own, with its reason"
)]

use super::session::{Session, Step};
use super::state::{Identity, Phase, State};
use crate::fault::Fault;
use crate::limits;
use crate::secret::Secret;

impl Session {
    /// It is asked for.
    pub(super) fn passkey(&mut self, step: &Step<'_>) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        match &run.phase {
            Phase::Starting { .. } | Phase::Scanning(_) => {
                let until = step.now.mono + limits::PASSKEY_WAIT;
                run.phase = Phase::Passkey { until, code: None };
                let why = "WhatsApp wants a passkey to be confirmed on the phone";
                self.note(step.now, Fault::Passkey.code(), why);
            }
            // The time given for it runs already.
            Phase::Passkey { .. } => {}
            // Linking is long done.
            Phase::Working { .. } | Phase::Reconnecting { .. } => {}
        }
    }

    /// It was given; both sides show a code now, to be compared by the person.
    pub(super) fn passkey_code(&mut self, step: &Step<'_>, said: Secret) {
        self.passkey(step);
        let State::Running(run) = &mut self.state else {
            return;
        };
        if let Phase::Passkey { until, code } = &mut run.phase {
            if code.is_none() {
                // Somebody is at it: they get the time for the second half, too.
                *until = step.now.mono + limits::PASSKEY_WAIT;
            }
            *code = Some(said);
        }
    }

    /// It came to nothing.
    pub(super) fn passkey_failed(&mut self, step: &mut Step<'_>, why: &str) {
        let State::Running(run) = &self.state else {
            return;
        };
        match &run.phase {
            // It crossed the success.
            Phase::Starting { .. } if matches!(self.identity, Identity::Linked { .. }) => {}
            Phase::Starting { .. } | Phase::Scanning(_) | Phase::Passkey { .. } => {
                self.fail(step, Fault::Passkey, None, why);
            }
            // Linking is long done.
            Phase::Working { .. } | Phase::Reconnecting { .. } => {}
        }
    }
}
