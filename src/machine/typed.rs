//! A code to type on the phone: who asked for it, whether it is up, and when it goes.
//!
//! It belongs to one live connection that is not linked yet (a QR came out of it). When that is lost
//! before the phone was quick enough, the code is dead; it is asked for again by itself for as long
//! as the person who wanted it may still stand there. One request at a time is under way, so that
//! an answer can only be the one to it.

#![allow(
    clippy::match_same_arms,
    reason = "what is ignored is an arm of its own, with its reason"
)]

use std::time::Duration;

use super::session::{Session, Step, clip};
use super::state::{Identity, Phase, Rest, Scan, State};
use super::timers::{Deadline, earliest};
use crate::account::E164;
use crate::event::{Answer, Denial, Effect, Ticket};
use crate::fault::Fault;
use crate::limits;
use crate::secret::Secret;
use crate::snapshot::TypedCode;
use crate::time::{Mono, Now};

/// `last_error` after WhatsApp gave no code to type.
const PAIR_CODE_REFUSED: &str = "pair_code_refused";
/// `last_error` after a code to type was used up, by time or by wrong tries.
const PAIR_CODE_ENDED: &str = "pair_code_ended";
/// What is said when no answer came.
const NO_ANSWER: &str = "no answer from WhatsApp";

/// Somebody wants a code to type.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    phone: E164,
    asked_at: Mono,
    /// Without a code by then there will be none.
    until: Mono,
    /// Times it was asked for again after a loss.
    again: u32,
    code: Code,
    /// Who waits for it.
    tickets: Vec<Ticket>,
}

/// How far it is.
#[derive(Clone, Debug)]
enum Code {
    /// To be asked for as soon as the connection is live. NEXT: `Asked`
    Due,
    /// Asked for. NEXT: `Up`, `Due`
    Asked,
    /// On show. NEXT: `Due`
    Up(TypedCode),
}

impl Wanted {
    /// The code on show.
    pub(super) fn up(&self) -> Option<&TypedCode> {
        match &self.code {
            Code::Up(code) => Some(code),
            Code::Due | Code::Asked => None,
        }
    }

    pub(super) fn deadline(&self) -> Deadline {
        match &self.code {
            Code::Up(code) => (code.expires_at, "take the expired code away"),
            Code::Due | Code::Asked => (self.until, "give up on a code to type"),
        }
    }
}

impl Session {
    /// A person wants to pair by a code; it must come within `patience`. `None`: the ticket is kept.
    pub(super) fn pair_by_code(
        &mut self,
        step: &mut Step<'_>,
        phone: E164,
        ticket: Option<Ticket>,
        patience: Duration,
    ) -> Option<Result<Answer, Denial>> {
        if matches!(self.identity, Identity::Linked { .. }) {
            return Some(Err(Denial::AlreadyLinked));
        }
        if let Some(wanted) = &mut self.wanted
            && wanted.phone == phone
        {
            return match &wanted.code {
                Code::Up(code) => Some(Ok(typed(code))),
                Code::Due | Code::Asked if wanted.tickets.len() >= limits::TYPED_WAITERS => {
                    Some(Err(no_code("too many wait for it already", true)))
                }
                Code::Due | Code::Asked => {
                    wanted.tickets.extend(ticket);
                    None
                }
            };
        }
        let now = step.now.mono;
        let recent = |at: &Mono| now.since(*at) < limits::TYPED_ASKS_WITHIN;
        self.code_asks.retain(recent);
        if self.code_asks.len() >= limits::TYPED_ASKS {
            return Some(Err(no_code("it was asked for too often: try later", true)));
        }
        self.code_asks.push(now);
        self.end_code(step, &no_code("another number was asked for", false));
        self.wanted = Some(Wanted {
            phone,
            asked_at: now,
            until: now + patience,
            again: 0,
            code: Code::Due,
            tickets: ticket.into_iter().collect(),
        });
        self.bring_up(step);
        None
    }

    /// Sees to it that a link runs that a code can be asked of.
    fn bring_up(&mut self, step: &mut Step<'_>) {
        let scans =
            matches!(&self.state, State::Running(run) if matches!(run.phase, Phase::Scanning(_)));
        if scans {
            // The QR stays: both ways lead in.
            self.record.enabled = true;
        } else {
            self.go_online(step);
        }
    }

    /// WhatsApp agreed to a code.
    pub(super) fn typed_code(&mut self, step: &mut Step<'_>, code: Secret, lifetime: Duration) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let asked = run.request.take().is_some();
        let Some(wanted) = &mut self.wanted else {
            return;
        };
        let (true, Code::Asked) = (asked, &wanted.code) else {
            // The answer to an older wish.
            return;
        };
        let scan = match &run.phase {
            Phase::Starting { codes, .. } => Scan {
                qr: None,
                codes: *codes,
                exhausted: false,
            },
            Phase::Scanning(scan) => scan.clone(),
            // WhatsApp goes another way by now; `settle_code` tells who waits.
            Phase::Passkey { .. } | Phase::Working { .. } | Phase::Reconnecting { .. } => return,
        };
        let code = TypedCode {
            code,
            expires_at: step.now.mono + lifetime.min(limits::TYPED_LIFETIME_MAX),
        };
        for ticket in wanted.tickets.drain(..) {
            let answer = typed(&code);
            step.effects.push_back(Effect::Answer { ticket, answer });
        }
        wanted.code = Code::Up(code);
        run.phase = Phase::Scanning(scan);
    }

    /// WhatsApp did not agree.
    pub(super) fn code_refused(&mut self, step: &mut Step<'_>, why: &str, throttled: bool) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let asked = run.request.take().is_some();
        if asked && matches!(&self.wanted, Some(it) if matches!(it.code, Code::Asked)) {
            self.note(step.now, PAIR_CODE_REFUSED, why);
            self.end_code(step, &no_code(why, throttled));
        }
    }

    /// The code that is up is good no more.
    pub(super) fn code_ended(&mut self, step: &mut Step<'_>, why: &str) {
        if self.wanted.as_ref().and_then(Wanted::up).is_some() {
            self.note(step.now, PAIR_CODE_ENDED, why);
            self.wanted = None;
        }
    }

    /// Whether QR codes running out is not the end yet: somebody may still come in by a code.
    pub(super) fn wants_code(&self) -> bool {
        self.wanted.is_some()
    }

    /// Nobody gets a code any more; who waits for one is told.
    pub(super) fn end_code(&mut self, step: &mut Step<'_>, denial: &Denial) {
        for ticket in self.wanted.take().into_iter().flat_map(|it| it.tickets) {
            let answer = Answer::Denied(denial.clone());
            step.effects.push_back(Effect::Answer { ticket, answer });
        }
    }

    /// Ends a step: the code follows what became of the connection, and of the time.
    pub(super) fn settle_code(&mut self, step: &mut Step<'_>) {
        if let Some(denial) = self.in_vain() {
            self.end_code(step, &denial);
        }
        self.code_overdue(step);
        self.code_lost(step);
        self.mend_scan(step);
        self.request_code(step);
    }

    /// Something is up while the status says so.
    fn mend_scan(&mut self, step: &mut Step<'_>) {
        if let State::Running(run) = &mut self.state
            && let Phase::Scanning(scan) = &run.phase
            && scan.qr.is_none()
            && self.wanted.as_ref().and_then(Wanted::up).is_none()
        {
            let (codes, exhausted) = (scan.codes, scan.exhausted);
            match (exhausted, &self.wanted) {
                (false, _) => run.phase = Phase::waiting_for_qr(codes, step.now.mono),
                (true, None) => {
                    let why = "no code was used in time";
                    self.fail(step, Fault::QrExhausted, None, why);
                }
                // Asked for at the last moment: a fresh connection has QR codes, too.
                (true, Some(_)) => {
                    self.open(step);
                    self.code_lost(step);
                }
            }
        }
    }

    pub(super) fn code_deadline(&self) -> Option<Deadline> {
        let request = match &self.state {
            State::Running(run) => run.request,
            State::Resting(..) | State::Waiting(..) => None,
        };
        earliest([
            self.wanted.as_ref().map(Wanted::deadline),
            request.map(|at| (at, "a code to type is not coming")),
        ])
    }

    /// Why no code is needed or can come any more, if that is so.
    fn in_vain(&self) -> Option<Denial> {
        if matches!(self.identity, Identity::Linked { .. }) {
            return Some(Denial::AlreadyLinked);
        }
        match &self.state {
            State::Resting(..) if self.going.is_some() => Some(Denial::UnknownAccount),
            State::Resting(Rest::Stopped | Rest::LoggedOut, _) => {
                Some(no_code("it was stopped", false))
            }
            State::Resting(Rest::Failed { fault, .. }, _) => {
                let said = self.last_error.as_ref().map(|last| last.message.as_str());
                Some(no_code(said.unwrap_or(fault.headline()), false))
            }
            State::Running(run) if matches!(run.phase, Phase::Passkey { .. }) => {
                Some(no_code("WhatsApp asks for a passkey instead", false))
            }
            State::Running(_) | State::Waiting(..) => None,
        }
    }

    fn code_overdue(&mut self, step: &mut Step<'_>) {
        let Now { mono: now, .. } = step.now;
        let mut unanswered = false;
        if let State::Running(run) = &mut self.state
            && run.request.is_some_and(|until| until <= now)
        {
            run.request = None;
            unanswered = matches!(&self.wanted, Some(it) if matches!(it.code, Code::Asked));
        }
        let Some(wanted) = &self.wanted else { return };
        let due = wanted.deadline().0 <= now;
        match &wanted.code {
            Code::Up(_) if due => self.code_ended(step, "nobody typed it in time"),
            Code::Due | Code::Asked if due || unanswered => {
                self.note(step.now, PAIR_CODE_REFUSED, NO_ANSWER);
                self.end_code(step, &no_code(NO_ANSWER, false));
            }
            Code::Due | Code::Asked | Code::Up(_) => {}
        }
    }

    /// The connection the code belongs to is gone: it is asked for again, if that makes sense.
    fn code_lost(&mut self, step: &mut Step<'_>) {
        let live = matches!(&self.state, State::Running(run) if run.live);
        let Some(wanted) = self.wanted.as_mut().filter(|_| !live) else {
            return;
        };
        let wish_ends = wanted.asked_at + limits::TYPED_WISH;
        match &wanted.code {
            Code::Due => return,
            Code::Asked => {}
            // Who waited has had an answer; the next code comes in the snapshot.
            Code::Up(_) => wanted.until = wish_ends,
        }
        if wanted.until <= step.now.mono || wanted.again >= limits::TYPED_AGAIN {
            self.note(step.now, PAIR_CODE_ENDED, "the connection was lost");
            self.end_code(step, &no_code("the connection was lost", false));
            return;
        }
        wanted.again += 1;
        wanted.code = Code::Due;
    }

    fn request_code(&mut self, step: &mut Step<'_>) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let Some(wanted) = &mut self.wanted else {
            return;
        };
        if matches!(wanted.code, Code::Due) && run.live && run.request.is_none() {
            wanted.code = Code::Asked;
            run.request = Some(step.now.mono + limits::TYPED_ANSWER);
            step.effects.push_back(Effect::RequestCode {
                account: self.id,
                epoch: run.epoch,
                phone: wanted.phone.clone(),
            });
        }
    }
}

fn typed(code: &TypedCode) -> Answer {
    Answer::Typed {
        code: code.code.clone(),
        expires_at: code.expires_at,
    }
}

fn no_code(why: &str, throttled: bool) -> Denial {
    Denial::NoTypedCode {
        why: clip(why).collect(),
        throttled,
    }
}
