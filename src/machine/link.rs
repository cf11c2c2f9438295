//! What a link says, and what it means for its account.
//!
//! Only words of the running link count; a link that was told to end is heard for two facts (that
//! it ended, and that a phone had accepted it in the last moment), everything older is dropped
//! before it gets here. Each kind of event is one function that names every phase.

#![allow(
    clippy::match_same_arms,
    reason = "what is ignored is an arm of its own, with its reason"
)]

use std::mem;
use std::time::Duration;

use super::session::{Session, Step, clip};
use super::state::{Aim, Drain, Identity, Look, Opening, Phase, Rest, Run, Scan, State, Wait};
use crate::account::{E164, Epoch};
use crate::event::LinkEvent;
use crate::fault::{BAN_WAIT_UNKNOWN, Fault, LOCKED_WAITS, OUTDATED_WAIT, Obstacle, Trouble};
use crate::limits;
use crate::secret::Secret;
use crate::snapshot::QrCode;
use crate::time::{Mono, UnixMillis};

/// `last_error` and `last_reason` after the phone removed the device.
const LOGGED_OUT: &str = "logged_out";
/// `last_error` after a scan that came to nothing.
const PAIR_REJECTED: &str = "pair_rejected";
/// `last_error` while reconnecting.
const CONNECTION_LOST: &str = "connection_lost";

impl Session {
    /// Takes what a link said. False when that link is history: then nothing changed.
    pub(super) fn link(&mut self, step: &mut Step<'_>, epoch: Epoch, event: LinkEvent) -> bool {
        match &mut self.state {
            State::Running(run) if run.epoch == epoch => self.running(step, event),
            State::Resting(_, drain) | State::Waiting(_, drain)
                if *drain == Drain::Ending(epoch) =>
            {
                match event {
                    LinkEvent::Ended => *drain = Drain::Clear,
                    // The scan crossed the stop: the identity is a linked one now.
                    LinkEvent::Paired { phone } if self.identity == Identity::Absent => {
                        self.identity = Identity::Linked { phone };
                    }
                    // Already leaving: how the link fares is no longer how the account fares. What
                    // still matters (an unlinked device, a ban) is said again at the next login.
                    LinkEvent::Paired { .. }
                    | LinkEvent::Qr { .. }
                    | LinkEvent::QrExhausted
                    | LinkEvent::PairFailed { .. }
                    | LinkEvent::Connected { .. }
                    | LinkEvent::Dropped { .. }
                    | LinkEvent::Alive { .. }
                    | LinkEvent::LoggedOut { .. }
                    | LinkEvent::Replaced
                    | LinkEvent::Outdated
                    | LinkEvent::Locked
                    | LinkEvent::Banned { .. }
                    | LinkEvent::PasskeyRequired
                    | LinkEvent::PasskeyCode { .. }
                    | LinkEvent::PasskeyFailed { .. }
                    | LinkEvent::TypedCode { .. }
                    | LinkEvent::TypedCodeRefused { .. }
                    | LinkEvent::TypedCodeEnded { .. }
                    | LinkEvent::PhoneSeen
                    | LinkEvent::Message
                    | LinkEvent::Refused { .. }
                    | LinkEvent::StartFailed { .. } => {}
                }
            }
            State::Running(_) | State::Resting(..) | State::Waiting(..) => return false,
        }
        true
    }

    fn running(&mut self, step: &mut Step<'_>, event: LinkEvent) {
        match event {
            LinkEvent::Qr { code, lifetime } => self.qr(step.now.mono, code, lifetime),
            LinkEvent::QrExhausted => self.qr_exhausted(step),
            LinkEvent::Paired { phone } => self.paired(step, phone),
            LinkEvent::PairFailed { why } => self.pair_failed(step, &why),
            LinkEvent::Connected {
                phone,
                lid,
                push_name,
            } => {
                self.push_name = push_name.or(self.push_name.take());
                self.lid = lid.or(self.lid.take());
                self.working(step, phone);
            }
            LinkEvent::Dropped { why } => self.dropped(step, why),
            LinkEvent::Alive {
                online,
                socket,
                failures,
                trouble,
                quiet,
            } => {
                let look = Look {
                    socket,
                    failures,
                    trouble,
                };
                self.looked(step, online, look);
                self.listen(step, quiet);
            }
            LinkEvent::LoggedOut { why } => self.logged_out(step, &why),
            // Trying again would only throw the other one out in turn.
            LinkEvent::Replaced => {
                let why = "another client logged in with this box's keys";
                self.fail(step, Fault::StreamReplaced, None, why);
            }
            LinkEvent::Outdated => {
                let why = "the service wants a newer client version";
                self.fail(step, Fault::ClientOutdated, Some(OUTDATED_WAIT), why);
            }
            LinkEvent::Locked => self.locked(step),
            LinkEvent::Banned { lasts } => {
                let lasts = lasts.map(|lasts| lasts.min(limits::BAN_WAIT_MAX));
                let until = lasts.map(|lasts| step.now.mono + lasts);
                let wait = lasts.map_or(BAN_WAIT_UNKNOWN, |lasts| lasts.max(limits::BAN_WAIT_MIN));
                let fault = Fault::TemporaryBan { until };
                self.fail(step, fault, Some(wait), "the account is banned for a time");
            }
            LinkEvent::PasskeyRequired => self.passkey(step),
            LinkEvent::PasskeyCode { code } => self.passkey_code(step, code),
            LinkEvent::PasskeyFailed { why } => self.passkey_failed(step, &why),
            LinkEvent::TypedCode { code, lifetime } => self.typed_code(step, code, lifetime),
            LinkEvent::TypedCodeRefused { why, throttled } => {
                self.code_refused(step, &why, throttled);
            }
            LinkEvent::TypedCodeEnded { why } => self.code_ended(step, &why),
            LinkEvent::PhoneSeen => self.phone_seen(step),
            LinkEvent::Message => {
                // To the second: a chat must not publish a snapshot for each of its messages.
                let second = |UnixMillis(ms): UnixMillis| UnixMillis(ms - ms % 1000);
                self.last_message_at = step.now.wall.map(second).or(self.last_message_at);
            }
            LinkEvent::Refused { why } => self.fail(step, Fault::Refused, None, &why),
            LinkEvent::StartFailed { why } => self.fail(step, Fault::Store, None, &why),
            LinkEvent::Ended => self.ended(step),
        }
    }

    /// Ends in a fault: no link until a person asks, or until `wait` is over.
    pub(super) fn fail(
        &mut self,
        step: &mut Step<'_>,
        fault: Fault,
        wait: Option<Duration>,
        why: &str,
    ) {
        self.credit_uptime(step.now.mono);
        self.note(step.now, fault.code(), why);
        self.record.last_reason = Some(fault.code().to_owned());
        let retry_at = wait.map(|wait| step.now.mono + wait);
        self.rest(step, Rest::Failed { fault, retry_at });
    }

    fn qr(&mut self, now: Mono, code: Secret, lifetime: Duration) {
        if self.identity != Identity::Absent {
            // It crossed the scan: nobody needs it any more, and it must not cover "Linking…".
            return;
        }
        let Some(run) = self.run() else { return };
        run.live = true;
        let shown = match &run.phase {
            Phase::Starting { codes, .. } => *codes,
            Phase::Scanning(scan) => scan.codes,
            // Rotating codes do not cover what the person is to do (see `passkey`).
            Phase::Passkey { .. } => return,
            // Not reached: these are linked.
            Phase::Working { .. } | Phase::Reconnecting { .. } => return,
        };
        let seq = shown.saturating_add(1);
        run.phase = Phase::Scanning(Scan {
            qr: Some(QrCode {
                code,
                seq,
                shown_at: now,
                lifetime: lifetime.min(limits::QR_LIFETIME_MAX),
            }),
            codes: seq,
            exhausted: false,
        });
    }

    fn qr_exhausted(&mut self, step: &mut Step<'_>) {
        if self.identity != Identity::Absent {
            // It crossed the scan. If the link gave up over it, its end says so.
            return;
        }
        let wanted = self.wants_code();
        let Some(run) = self.run() else { return };
        match &run.phase {
            // The socket stays for the code to type; `settle_code` knows when that is over.
            Phase::Starting { codes, .. } | Phase::Scanning(Scan { codes, .. }) if wanted => {
                run.phase = Phase::Scanning(Scan {
                    qr: None,
                    codes: *codes,
                    exhausted: true,
                });
            }
            Phase::Starting { .. } | Phase::Scanning(_) => {
                self.fail(
                    step,
                    Fault::QrExhausted,
                    None,
                    "no code was scanned in time",
                );
            }
            Phase::Passkey { .. } => {
                self.fail(step, Fault::Passkey, None, "nobody confirmed the passkey");
            }
            // Not reached: these are linked.
            Phase::Working { .. } | Phase::Reconnecting { .. } => {}
        }
    }

    fn paired(&mut self, step: &Step<'_>, phone: Option<E164>) {
        let now = step.now.mono;
        self.now_linked(phone);
        self.phone_seen(step);
        let Some(run) = self.run() else { return };
        match &run.phase {
            Phase::Starting { .. } | Phase::Scanning(_) | Phase::Passkey { .. } => {
                let opening = Opening {
                    paired: true,
                    ..Opening::new(now)
                };
                run.phase = Phase::starting(opening, now);
            }
            // Said late: the login was quicker.
            Phase::Working { .. } | Phase::Reconnecting { .. } => {}
        }
    }

    fn pair_failed(&mut self, step: &Step<'_>, why: &str) {
        let Some(run) = self.run() else { return };
        match &run.phase {
            // The code stays up: another phone, or the same one, can try again.
            Phase::Starting { .. } | Phase::Scanning(_) | Phase::Passkey { .. } => {
                self.note(step.now, PAIR_REJECTED, why);
            }
            // Nothing is being paired.
            Phase::Working { .. } | Phase::Reconnecting { .. } => {}
        }
    }

    /// Logged in, as the service said or the socket shows.
    fn working(&mut self, step: &Step<'_>, phone: Option<E164>) {
        self.now_linked(phone);
        self.phone_known(step);
        let Some(run) = self.run() else { return };
        match &run.phase {
            Phase::Starting { .. }
            | Phase::Scanning(_)
            | Phase::Passkey { .. }
            | Phase::Reconnecting { .. } => {
                let since = step.now.mono;
                run.phase = Phase::Working { since };
                self.last_connected_at = step.now.wall.or(self.last_connected_at);
                self.last_error = None;
                self.record.last_reason = None;
            }
            // Known: `since` stays.
            Phase::Working { .. } => {}
        }
    }

    fn dropped(&mut self, step: &Step<'_>, why: String) {
        let Some(run) = self.run() else { return };
        run.look.socket = false;
        run.look.trouble = Some(Trouble {
            obstacle: Obstacle::NoAnswer,
            why,
        });
        let before = run.look.failures;
        self.offline(step, before);
    }

    fn looked(&mut self, step: &Step<'_>, online: bool, look: Look) {
        let Some(run) = self.run() else { return };
        let before = mem::replace(&mut run.look, look).failures;
        if online {
            // Said by the socket only: after a reconnect the library may not say it again.
            self.working(step, None);
        } else {
            self.offline(step, before);
        }
    }

    /// A login that nothing comes out of is none (DESIGN.md rule 8).
    fn listen(&mut self, step: &mut Step<'_>, quiet: Duration) {
        if quiet <= limits::SILENCE {
            return;
        }
        let Some(run) = self.run() else { return };
        match &run.phase {
            Phase::Working { .. } => {
                let why = format!("nothing was received for {} s", quiet.as_secs());
                run.look.trouble = Some(Trouble {
                    obstacle: Obstacle::Silence,
                    why: why.clone(),
                });
                self.credit_uptime(step.now.mono);
                self.lost(step, &why);
                self.rebuild(step, None);
            }
            // These have a time of their own, or the library is at it already.
            Phase::Starting { .. }
            | Phase::Scanning(_)
            | Phase::Passkey { .. }
            | Phase::Reconnecting { .. } => {}
        }
    }

    /// Not logged in. `before`: failures of this link while it last was.
    fn offline(&mut self, step: &Step<'_>, before: u32) {
        let Some(run) = self.run() else { return };
        if !run.look.socket {
            // What was asked of that connection is not answered any more.
            (run.live, run.request) = (false, None);
        }
        match &mut run.phase {
            Phase::Starting { opening, .. } => opening.explain(step.now, run.look.trouble.clone()),
            // The code, or the passkey, belonged to the socket that is gone.
            Phase::Scanning(_) | Phase::Passkey { .. } if !run.look.socket => {
                let now = step.now.mono;
                run.phase = Phase::starting(Opening::new(now), now);
            }
            Phase::Scanning(_) | Phase::Passkey { .. } => {}
            Phase::Working { .. } => {
                let trouble = run.look.trouble.clone();
                self.credit_uptime(step.now.mono);
                let why = trouble.map_or("the connection is gone".to_owned(), |it| it.why);
                self.lost(step, &why);
                if let Some(run) = self.run() {
                    run.phase = Phase::Reconnecting { before };
                }
            }
            Phase::Reconnecting { .. } => {
                if let Some(trouble) = run.look.trouble.clone() {
                    self.lost(step, &trouble.why);
                }
            }
        }
    }

    fn logged_out(&mut self, step: &mut Step<'_>, why: &str) {
        // Once may be a mistake of the service, and keys cannot be brought back. Twice without a
        // login in between is the truth.
        let again = self.record.last_reason.as_deref() == Some(LOGGED_OUT);
        self.identity = if again {
            Identity::Condemned
        } else {
            Identity::Revoked
        };
        self.forget_owner();
        self.credit_uptime(step.now.mono);
        self.note(step.now, LOGGED_OUT, why);
        self.record.last_reason = Some(LOGGED_OUT.to_owned());
        self.rest(step, Rest::LoggedOut);
    }

    fn locked(&mut self, step: &mut Step<'_>) {
        self.credit_uptime(step.now.mono);
        let wait = LOCKED_WAITS[self.locks.min(LOCKED_WAITS.len() - 1)];
        self.locks += 1;
        let why = "the service says the account is locked";
        self.fail(step, Fault::AccountLocked, Some(wait), why);
    }

    /// The link is gone though nobody told it to.
    fn ended(&mut self, step: &mut Step<'_>) {
        self.credit_uptime(step.now.mono);
        let gone = State::Resting(Rest::Stopped, Drain::Clear);
        let State::Running(run) = mem::replace(&mut self.state, gone) else {
            return;
        };
        let why = run.look.trouble.as_ref().map(|it| it.why.as_str());
        let linked = matches!(self.identity, Identity::Linked { .. });
        match &run.phase {
            Phase::Passkey { .. } => {
                let why = why.unwrap_or("nobody confirmed the passkey");
                self.fail(step, Fault::Passkey, None, why);
            }
            Phase::Scanning(scan) if scan.exhausted => {
                let why = "no code was used in time";
                self.fail(step, Fault::QrExhausted, None, why);
            }
            Phase::Starting { .. }
            | Phase::Scanning(_)
            | Phase::Working { .. }
            | Phase::Reconnecting { .. } => {
                let why = why.unwrap_or("the connection ended without a reason");
                if linked {
                    self.lost(step, why);
                    let wait = Wait {
                        until: Some(self.next_wait(step)),
                        trouble: run.look.trouble.clone(),
                        ..Wait::at_once(Aim::Reconnect)
                    };
                    self.state = State::Waiting(wait, Drain::Clear);
                } else {
                    self.fail(step, Fault::Refused, None, why);
                }
            }
        }
    }

    /// The running link: what it says is only handed on while there is one.
    fn run(&mut self) -> Option<&mut Run> {
        match &mut self.state {
            State::Running(run) => Some(run),
            State::Resting(..) | State::Waiting(..) => None,
        }
    }

    /// Tells people why there is no connection, once for each reason.
    fn lost(&mut self, step: &Step<'_>, why: &str) {
        let known = self
            .last_error
            .as_ref()
            .is_some_and(|last| last.code == CONNECTION_LOST && clip(why).eq(last.message.chars()));
        if !known {
            self.note(step.now, CONNECTION_LOST, why);
        }
    }

    fn now_linked(&mut self, phone: Option<E164>) {
        match &mut self.identity {
            Identity::Linked { phone: known } => *known = phone.or(known.take()),
            Identity::Absent => self.identity = Identity::Linked { phone },
            // Not reached: no link runs before the wipe.
            Identity::Revoked | Identity::Condemned => {}
        }
    }

    /// A login that held for a while makes up for the waits and locks before it.
    fn credit_uptime(&mut self, now: Mono) {
        if let State::Running(Run {
            phase: Phase::Working { since },
            ..
        }) = &self.state
            && now.since(*since) >= limits::RECONNECT_STABLE
        {
            self.waits = 0;
            self.locks = 0;
        }
    }
}
