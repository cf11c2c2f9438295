//! One account: what people want of it, its identity, and the one link it may have.
//!
//! Timers, the store's answers and the account's view are here; what people want is in `wish`, what
//! a link says in `link`. Two rules hold by construction and carry everything else: a link starts and an identity
//! is wiped only in [`Session::proceed`], when nothing of an earlier link is left; and whoever
//! leaves a running link goes through [`Session::let_go`], which tells it to end.

#![allow(
    clippy::match_same_arms,
    reason = "what is ignored is an arm of its own, with its reason"
)]

use std::collections::VecDeque;

use super::backoff;
use super::phone::Phone;
use super::state::{Aim, Drain, Going, Identity, Look, Opening, Phase, Rest, Run, State, Wait};
use super::timers::{Deadline, earliest};
use super::typed::Wanted;
use crate::account::{AccountId, AccountRecord, Epoch};
use crate::event::{Answer, Denial, Effect, StoredAccount};
use crate::fault::{Fault, Obstacle, Trouble};
use crate::limits;
use crate::snapshot::{AccountView, LastError, QrCode, Status, StoreHealth, Waiting};
use crate::time::{Mono, Now, UnixMillis};

/// What a session needs of its surroundings for one step.
pub(super) struct Step<'a> {
    pub(super) now: Now,
    /// The epoch of the link started last, over all accounts.
    pub(super) epoch: &'a mut Epoch,
    pub(super) effects: &'a mut VecDeque<Effect>,
    /// How the disk takes writes.
    pub(super) disk: &'a StoreHealth,
}

/// One account.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: AccountId,
    pub(super) record: AccountRecord,
    /// The record as last handed to the store; `None`: the store does not know the account yet.
    pub(super) saved: Option<AccountRecord>,
    /// It is to be forgotten: no more wishes, and no link.
    pub(super) going: Option<Going>,
    pub(super) identity: Identity,
    pub(super) push_name: Option<String>,
    pub(super) lid: Option<String>,
    pub(super) last_connected_at: Option<UnixMillis>,
    pub(super) last_message_at: Option<UnixMillis>,
    /// Who wrote and waits to be let in, oldest first.
    pub(super) waiting: Vec<Waiting>,
    pub(super) phone: Phone,
    pub(super) state: State,
    /// A code to type that somebody wants. Only while a link is wanted that is not linked yet.
    pub(super) wanted: Option<Wanted>,
    /// When such codes were asked for lately.
    pub(super) code_asks: Vec<Mono>,
    /// Waits of ours since the account last worked for a while.
    pub(super) waits: u32,
    /// Times it was found locked since then.
    pub(super) locks: usize,
    pub(super) last_error: Option<LastError>,
    since: Mono,
    since_wall: Option<UnixMillis>,
    /// Status word and fault code `since` belongs to.
    shown: (&'static str, Option<&'static str>),
}

impl Session {
    /// An account as the store has it. It starts at `start_at` when it should and can be online.
    pub(super) fn new(stored: StoredAccount, now: Now, start_at: Mono) -> Self {
        let linked = stored.linked.is_some();
        // Without a person in front of the box a QR would only be burnt.
        let state = if stored.record.enabled && linked {
            let wait = Wait {
                until: (start_at > now.mono).then_some(start_at),
                ..Wait::at_once(Aim::Open(Opening::new(start_at)))
            };
            State::Waiting(wait, Drain::Clear)
        } else {
            State::Resting(Rest::Stopped, Drain::Clear)
        };
        let shown = key(&state.status(0, None));
        let phone = Phone::new(stored.record.phone_seen);
        Self {
            id: stored.id,
            saved: Some(stored.record.clone()),
            going: None,
            record: stored.record,
            identity: match stored.linked {
                Some(linked) => Identity::Linked {
                    phone: linked.phone,
                },
                None => Identity::Absent,
            },
            push_name: None,
            lid: None,
            last_connected_at: None,
            last_message_at: None,
            waiting: Vec::new(),
            phone,
            state,
            wanted: None,
            code_asks: Vec::new(),
            waits: 0,
            locks: 0,
            last_error: None,
            since: now.mono,
            since_wall: now.wall,
            shown,
        }
    }

    /// An account the store does not know yet: its first record goes there with the next step.
    pub(super) fn newcomer(stored: StoredAccount, now: Now) -> Self {
        Self {
            saved: None,
            ..Self::new(stored, now, now.mono)
        }
    }

    /// It is being forgotten.
    pub(super) fn is_going(&self) -> bool {
        self.going.is_some()
    }

    /// Does what is due.
    pub(super) fn timeout(&mut self, step: &mut Step<'_>) {
        let now = step.now;
        let due = |at: Mono| at <= now.mono;
        match &mut self.state {
            State::Resting(
                Rest::Failed {
                    retry_at: Some(at), ..
                },
                _,
            ) if due(*at) => self.open(step),
            State::Resting(..) => {}
            State::Waiting(wait, drain) => {
                wait.until = wait.until.filter(|at| !due(*at));
                if let Aim::Open(opening) = &mut wait.aim
                    && opening.slow.is_none()
                {
                    opening.explain(now, Some(drain.trouble()));
                }
            }
            State::Running(run) => {
                if let Phase::Starting { opening, .. } = &mut run.phase
                    && opening.slow.is_none()
                {
                    opening.explain(now, run.look.trouble.clone());
                }
                self.phase_timeout(step);
            }
        }
    }

    /// The process ends: no link is wanted any more, whatever the person wants.
    pub(super) fn shut_down(&mut self, step: &mut Step<'_>) {
        // It goes on being forgotten while the links end, but nobody can wait for that any more.
        self.gone(step, Answer::Denied(Denial::Ending));
        self.end_code(step, &Denial::Ending);
        match &mut self.state {
            State::Resting(Rest::Failed { retry_at, .. }, _) => *retry_at = None,
            State::Resting(Rest::Stopped | Rest::LoggedOut, _) => {}
            State::Waiting(..) | State::Running(_) => self.rest(step, Rest::Stopped),
        }
    }

    /// Ends a step: starts what can start, keeps what changed. True when the status changed.
    /// `free`: when the next one may start of those that something else held up.
    pub(super) fn settle(&mut self, step: &mut Step<'_>, free: &mut Mono) -> bool {
        self.settle_code(step);
        self.hold(step, free);
        self.proceed(step);
        self.watch_phone(step.now);
        self.watch_door(step.now);
        self.save(step);
        let shown = key(&self.status());
        let changed = shown != self.shown;
        if changed {
            self.shown = shown;
            self.since = step.now.mono;
            self.since_wall = None;
        }
        if let (None, Some(UnixMillis(wall))) = (self.since_wall, step.now.wall) {
            let ago = step.now.mono.since(self.since).as_millis();
            let ago = u64::try_from(ago).unwrap_or(u64::MAX);
            self.since_wall = Some(UnixMillis(wall.saturating_sub(ago)));
        }
        changed
    }

    /// Nothing of a link is left, and nothing has to be wiped.
    pub(super) fn is_drained(&self) -> bool {
        match &self.state {
            State::Resting(_, drain) | State::Waiting(_, drain) => *drain == Drain::Clear,
            State::Running(_) => false,
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        earliest([
            self.state.deadline(),
            self.code_deadline(),
            self.phone.deadline(),
            self.waiting_deadline(),
        ])
    }

    pub(super) fn is_scanning(&self) -> bool {
        matches!(&self.state, State::Running(run) if matches!(run.phase, Phase::Scanning(_)))
    }

    pub(super) fn view(&self) -> AccountView {
        let (linked, phone) = match &self.identity {
            Identity::Linked { phone } => (true, phone.clone()),
            Identity::Absent | Identity::Revoked | Identity::Condemned => (false, None),
        };
        AccountView {
            id: self.id,
            label: self.record.label.clone(),
            status: self.status(),
            enabled: self.record.enabled,
            linked,
            phone,
            push_name: self.push_name.clone(),
            since: self.since,
            since_wall: self.since_wall,
            last_error: self.last_error.clone(),
            lid: self.lid.clone(),
            country_prefix: self.record.country_prefix.clone(),
            phone_silent: self.phone.silent(),
            last_connected_at: self.last_connected_at,
            last_message_at: self.last_message_at,
            waiting: self.waiting.clone(),
        }
    }

    /// Leaves whatever is, for a fresh start without history.
    pub(super) fn open(&mut self, step: &mut Step<'_>) {
        let wait = Wait::at_once(Aim::Open(Opening::new(step.now.mono)));
        let drain = self.let_go(step, false);
        self.state = State::Waiting(wait, drain);
    }

    /// Leaves whatever is, for no link.
    pub(super) fn rest(&mut self, step: &mut Step<'_>, rest: Rest) {
        let drain = self.let_go(step, false);
        self.state = State::Resting(rest, drain);
    }

    /// When our next wait is over. Every one asked for makes the following longer.
    pub(super) fn next_wait(&mut self, step: &Step<'_>) -> Mono {
        let until = step.now.mono + backoff::wait(self.waits, *step.epoch);
        self.waits += 1;
        until
    }

    /// Keeps a person's question answered: what went wrong last.
    pub(super) fn note(&mut self, now: Now, code: &'static str, why: &str) {
        self.last_error = Some(LastError {
            code,
            message: clip(why).collect(),
            at: now.mono,
        });
    }

    fn status(&self) -> Status {
        // The first wait follows a loss, not a failed attempt.
        let typed = self.wanted.as_ref().and_then(Wanted::up);
        self.state.status(self.waits.saturating_sub(1), typed)
    }

    /// Leaves the running link for another one.
    pub(super) fn rebuild(&mut self, step: &mut Step<'_>, until: Option<Mono>) {
        let State::Running(run) = &self.state else {
            return;
        };
        let aim = match &run.phase {
            Phase::Starting { opening, .. } => Aim::Open(opening.clone()),
            Phase::Scanning(_) | Phase::Passkey { .. } => Aim::Open(Opening::new(step.now.mono)),
            Phase::Working { .. } | Phase::Reconnecting { .. } => Aim::Reconnect,
        };
        let wait = Wait {
            until,
            trouble: run.look.trouble.clone(),
            ..Wait::at_once(aim)
        };
        let drain = self.let_go(step, false);
        self.state = State::Waiting(wait, drain);
    }

    /// Tells the running link to end, if there is one. Returns what is to be waited for.
    pub(super) fn let_go(&self, step: &mut Step<'_>, unlink: bool) -> Drain {
        let State::Running(run) = &self.state else {
            return self.state.drain();
        };
        let (account, epoch) = (self.id, run.epoch);
        step.effects.push_back(if unlink {
            Effect::Unlink { account, epoch }
        } else {
            Effect::StopLink { account, epoch }
        });
        Drain::Ending(epoch)
    }

    fn phase_timeout(&mut self, step: &mut Step<'_>) {
        let State::Running(run) = &mut self.state else {
            return;
        };
        let now = step.now.mono;
        match &mut run.phase {
            Phase::Starting {
                opening,
                codes,
                rebuild_at,
            } if *rebuild_at <= now => {
                let first = !opening.restarted && !opening.paired && *codes == 0;
                opening.restarted = true;
                let until = (!first).then(|| self.next_wait(step));
                self.rebuild(step, until);
            }
            Phase::Scanning(scan) => {
                let over = |qr: &QrCode| qr.expires_at() + limits::QR_GRACE <= now;
                // What is left then is for `settle_code` to say.
                scan.qr = scan.qr.take().filter(|qr| !over(qr));
            }
            Phase::Passkey { until, .. } if *until <= now => {
                self.fail(step, Fault::Passkey, None, "nobody confirmed the passkey");
            }
            Phase::Starting { .. }
            | Phase::Passkey { .. }
            | Phase::Working { .. }
            | Phase::Reconnecting { .. } => {}
        }
    }

    /// The only place where a link starts or an identity is wiped.
    fn proceed(&mut self, step: &mut Step<'_>) {
        match &mut self.state {
            // A disk that takes no writes would only fail the wipe, and a pairing with it.
            State::Waiting(wait, Drain::Clear) if wait.is_held_by(Obstacle::Disk) => {}
            State::Resting(_, drain @ Drain::Clear) | State::Waiting(_, drain @ Drain::Clear)
                if self.identity == Identity::Condemned =>
            {
                *drain = Drain::Wiping;
                let account = self.id;
                step.effects.push_back(Effect::WipeAuth { account });
            }
            State::Resting(_, drain @ Drain::Clear) if self.going.is_some() => {
                *drain = Drain::Deleting;
                let account = self.id;
                step.effects.push_back(Effect::DeleteAccount { account });
            }
            State::Waiting(
                Wait {
                    aim,
                    until: None,
                    held: None,
                    trouble,
                },
                Drain::Clear,
            ) => {
                let look = Look {
                    trouble: trouble.take(),
                    ..Look::default()
                };
                let now = step.now;
                let phase = match aim {
                    Aim::Open(opening) => {
                        let mut opening = opening.clone();
                        opening.explain(now, look.trouble.clone());
                        Phase::starting(opening, now.mono)
                    }
                    Aim::Reconnect => Phase::Reconnecting { before: 0 },
                };
                *step.epoch = step.epoch.next();
                let epoch = *step.epoch;
                self.state = State::Running(Run {
                    epoch,
                    look,
                    phase,
                    live: false,
                    request: None,
                });
                // What the person decided is on its way to the store before the link is.
                self.save(step);
                step.effects.push_back(Effect::StartLink {
                    account: self.id,
                    epoch,
                    label: self.record.label.clone(),
                });
            }
            State::Resting(..) | State::Waiting(..) | State::Running(_) => {}
        }
    }
}

impl Drain {
    /// Why nothing starts, for people.
    fn trouble(self) -> Trouble {
        let why = match self {
            Self::Clear => "waiting before the next attempt",
            Self::Ending(_) => "the last connection is still ending",
            Self::Wiping => "the old identity is still being wiped",
            Self::Deleting => "the account is being deleted",
        };
        Trouble {
            obstacle: Obstacle::NoAnswer,
            why: why.to_owned(),
        }
    }
}

/// As much of a reason as is kept: it may come from the service.
pub(super) fn clip(why: &str) -> impl Iterator<Item = char> {
    why.chars().take(limits::WHY_CHARS)
}

/// What counts as a change of status: the word, and which fault it is.
fn key(status: &Status) -> (&'static str, Option<&'static str>) {
    let fault = match status {
        Status::Failed { fault, .. } => Some(fault.code()),
        Status::Stopped
        | Status::Starting { .. }
        | Status::ScanQrCode(_)
        | Status::PasskeyRequired { .. }
        | Status::Working
        | Status::Reconnecting { .. }
        | Status::LoggedOut => None,
    };
    (status.word(), fault)
}
