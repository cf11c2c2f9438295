//! What people want of an account, and what the network has to offer.
//!
//! Everything here takes effect at once in what is shown and wanted; links and wipes follow when
//! the last link is gone (see `session`). Pressing again is never worse than pressing once.

#![allow(
    clippy::match_same_arms,
    reason = "what is ignored is an arm of its own, with its reason"
)]

use super::session::{Session, Step};
use super::state::{Going, Identity, Phase, Rest, State};
use crate::event::{Denial, Ticket};

impl Session {
    /// A person wants it online. A code that is up makes room for a fresh QR.
    pub(super) fn connect(&mut self, step: &mut Step<'_>) {
        if self.is_scanning() {
            self.end_code(
                step,
                &Denial::NoTypedCode {
                    why: "a fresh QR was asked for".to_owned(),
                    throttled: false,
                },
            );
        }
        self.go_online(step);
    }

    /// The same, for whatever way of pairing.
    pub(super) fn go_online(&mut self, step: &mut Step<'_>) {
        self.record.enabled = true;
        self.confirm_wipe();
        match &mut self.state {
            State::Resting(..) => {
                self.waits = 0;
                self.open(step);
            }
            State::Waiting(wait, _) => {
                self.waits = 0;
                wait.until = None;
            }
            State::Running(run) => match &run.phase {
                Phase::Starting { .. } if run.look.is_stuck() => self.retry_now(step),
                // Already on its way: pressing again must not start the handshake over.
                Phase::Starting { .. } => {}
                Phase::Scanning(_) | Phase::Passkey { .. } => self.open(step),
                // Already there.
                Phase::Working { .. } => {}
                Phase::Reconnecting { .. } => self.retry_now(step),
            },
        }
    }

    /// A person wants it offline.
    pub(super) fn disconnect(&mut self, step: &mut Step<'_>) {
        self.record.enabled = false;
        self.waits = 0;
        self.rest(step, Rest::Stopped);
    }

    /// A person wants it off and on again.
    pub(super) fn restart(&mut self, step: &mut Step<'_>) {
        self.record.enabled = true;
        self.waits = 0;
        self.confirm_wipe();
        self.end_code(
            step,
            &Denial::NoTypedCode {
                why: "it was started anew".to_owned(),
                throttled: false,
            },
        );
        self.open(step);
    }

    /// A person wants it forgotten: like a logout, and then the rest of it goes too.
    pub(super) fn delete(&mut self, step: &mut Step<'_>, ticket: Option<Ticket>) {
        self.unlink(step, Rest::Stopped);
        self.going = Some(Going { ticket });
    }

    /// A person wants it unlinked.
    pub(super) fn log_out(&mut self, step: &mut Step<'_>) {
        // Where there was nothing to unlink it is off, and no more than that.
        let off = matches!(self.state, State::Resting(Rest::Stopped, _));
        let rest = match self.identity {
            Identity::Absent => Rest::Stopped,
            Identity::Condemned if off => Rest::Stopped,
            Identity::Linked { .. } | Identity::Revoked | Identity::Condemned => Rest::LoggedOut,
        };
        self.unlink(step, rest);
    }

    /// WhatsApp is told when a link runs; the identity goes either way.
    fn unlink(&mut self, step: &mut Step<'_>, rest: Rest) {
        self.record.enabled = false;
        self.waits = 0;
        let linked = matches!(self.identity, Identity::Linked { .. });
        self.identity = Identity::Condemned;
        self.forget_owner();
        let drain = self.let_go(step, linked);
        self.state = State::Resting(rest, drain);
    }

    /// The network is back: whoever waits need not wait any longer.
    pub(super) fn network_up(&mut self, step: &mut Step<'_>) {
        match &mut self.state {
            // Faults are not the network's.
            State::Resting(..) => {}
            State::Waiting(wait, _) => {
                self.waits = 0;
                wait.until = None;
            }
            State::Running(run) => match &run.phase {
                Phase::Starting { .. } if run.look.is_stuck() => self.retry_now(step),
                Phase::Reconnecting { .. } => self.retry_now(step),
                // These have a socket, or are about to have one.
                Phase::Starting { .. }
                | Phase::Scanning(_)
                | Phase::Passkey { .. }
                | Phase::Working { .. } => {}
            },
        }
    }

    /// A revoked identity is given up: a person asked for something it cannot do any more.
    fn confirm_wipe(&mut self) {
        if self.identity == Identity::Revoked {
            self.identity = Identity::Condemned;
        }
    }

    /// Leaves the running link for a new one at once, and forgets the waits.
    fn retry_now(&mut self, step: &mut Step<'_>) {
        self.waits = 0;
        self.rebuild(step, None);
    }
}
