//! Somebody unknown who wrote and waits to be let in, while the panel shows them: who it is, and what a
//! press means then.
//!
//! A press never has two meanings. It decides about somebody only if they had stood on the glass for a
//! while when the finger came; one that came too early, or as they went, does nothing at all. A press
//! that wakes a dark panel is none (`gesture`), and what stands there then counts from that moment.
//! A button that moves about puts the question off until the person has left, or somebody else asks.

use super::Appliance;
use super::session::{Session, Step};
use super::state::{Phase, State};
use super::timers::Deadline;
use crate::account::AccountId;
use crate::event::{Button, Effect, GatewayEvent, Intent};
use crate::limits;
use crate::secret::Secret;
use crate::snapshot::{Caller, Waiting};
use crate::time::{Mono, Now};

/// Who is on the panel.
#[derive(Clone, Debug)]
pub(super) struct Door {
    shown: Option<Shown>,
    /// The last one has just gone: a finger that came before this meant them, unless a person put
    /// them off.
    gone_until: Option<Mono>,
    put_off: bool,
}

#[derive(Clone, Debug)]
struct Shown {
    caller: Caller,
    /// From then on a finger that comes means them.
    counts_from: Mono,
}

/// What a press means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// What it means when nobody waits.
    Usual,
    /// Nothing.
    Nothing,
    /// Let them in, or not.
    Decide(Caller, bool),
}

/// What the last step left.
pub(super) struct View<'a> {
    /// The selected account and after it the others, with who waits there.
    pub(super) waiting: Vec<(AccountId, &'a [Waiting])>,
    /// The glass is lit, and nothing stands on it that must not be covered.
    pub(super) room: bool,
    /// It is e-paper.
    pub(super) paper: bool,
    /// A person is there.
    pub(super) attended: bool,
}

impl Door {
    pub(super) fn new() -> Self {
        Self {
            shown: None,
            gone_until: None,
            put_off: false,
        }
    }

    pub(super) fn shown(&self) -> Option<&Caller> {
        self.shown.as_ref().map(|shown| &shown.caller)
    }

    /// Somebody new waits.
    pub(super) fn rang(&mut self) {
        self.put_off = false;
    }

    /// A button was pressed and let go; `since`: when the finger came.
    pub(super) fn press(&mut self, button: Button, since: Mono) -> Meaning {
        let decides = matches!(button, Button::Connect | Button::Disconnect);
        match &self.shown {
            Some(shown) if decides && since >= shown.counts_from => {
                Meaning::Decide(shown.caller.clone(), button == Button::Connect)
            }
            Some(_) if decides => Meaning::Nothing,
            Some(_) => self.put_off(),
            None if decides && self.gone_until.is_some_and(|until| since < until) => {
                Meaning::Nothing
            }
            None => Meaning::Usual,
        }
    }

    /// Connect and disconnect were pressed together, or a button that moves about.
    pub(super) fn put_off(&mut self) -> Meaning {
        if self.shown.take().is_none() {
            return Meaning::Usual;
        }
        self.put_off = true;
        self.gone_until = None;
        Meaning::Nothing
    }

    /// Takes in what the last step did.
    pub(super) fn update(&mut self, now: Mono, view: &View<'_>) {
        self.put_off &= view.attended;
        let seen = if view.paper {
            limits::CALLER_SEEN_PAPER
        } else {
            limits::CALLER_SEEN
        };
        let count: usize = view.waiting.iter().map(|(_, waiting)| waiting.len()).sum();
        let all = || {
            let of_one = |(account, waiting): &(AccountId, &'_ [Waiting])| {
                let account = *account;
                let waiting = waiting.iter().cloned();
                waiting.map(move |who| (account, who)).collect::<Vec<_>>()
            };
            view.waiting.iter().flat_map(of_one)
        };
        // Whoever stands there stays until they are decided about.
        let stays = all().find(|(account, who)| {
            let caller = self.shown();
            caller.is_some_and(|it| it.account == *account && it.who.code == who.code)
        });
        let next = stays.or_else(|| all().next());
        let next = next.filter(|_| view.room && !self.put_off);
        let next = next.map(|(account, who)| Caller {
            account,
            who,
            others: count.saturating_sub(1),
        });
        let was = self.shown.take();
        if was.is_some() && next.is_none() {
            self.gone_until = Some(now + seen);
        }
        self.shown = next.map(|caller| {
            let stands = |was: &&Shown| {
                was.caller.account == caller.account && was.caller.who.code == caller.who.code
            };
            let counts_from = was.as_ref().filter(stands);
            Shown {
                counts_from: counts_from.map_or(now + seen, |was| was.counts_from),
                caller,
            }
        });
    }
}

impl Session {
    /// Who waits now. True when somebody new does.
    pub(super) fn waiting(&mut self, now: Mono, waiting: Vec<Waiting>) -> bool {
        let known = |who: &Waiting| self.waiting.iter().any(|it| it.code == who.code);
        let mut waiting = waiting;
        waiting.retain(|who| who.expires_at > now);
        waiting.truncate(limits::REQUESTS_MAX);
        let news = waiting.iter().any(|who| !known(who));
        self.waiting = waiting;
        news
    }

    /// Somebody is let in, or not. They go at once; the gateway says who waits then.
    pub(super) fn answer(&mut self, step: &mut Step<'_>, code: Secret, approve: bool) {
        self.waiting.retain(|who| who.code != code);
        step.effects.push_back(Effect::Decide {
            account: self.id,
            code,
            approve,
        });
    }

    /// Whoever waited too long has gone.
    pub(super) fn watch_door(&mut self, now: Now) {
        self.waiting.retain(|who| who.expires_at > now.mono);
    }

    pub(super) fn waiting_deadline(&self) -> Option<Deadline> {
        let ends = self.waiting.iter().map(|who| who.expires_at).min()?;
        Some((ends, "somebody waited in vain"))
    }

    fn is_working(&self) -> bool {
        matches!(&self.state, State::Running(run) if matches!(run.phase, Phase::Working { .. }))
    }
}

impl Appliance {
    /// What the gateway told. True when there is something new to see on the glass.
    pub(super) fn gateway(&mut self, now: Now, event: GatewayEvent) -> bool {
        match event {
            GatewayEvent::Outbox(health) => {
                self.outbox = health;
                false
            }
            GatewayEvent::Requests { account, waiting } => {
                let rang = self.session(now, account, |session, _| {
                    session.waiting(now.mono, waiting)
                });
                let rang = rang == Some(true) && !self.shutting_down;
                if rang {
                    self.door.rang();
                }
                rang
            }
        }
    }

    /// A button decided about whoever stands on the glass.
    pub(super) fn answer(&mut self, now: Now, caller: Caller, approve: bool) {
        let Caller { account, who, .. } = caller;
        let code = who.code;
        let intent = Intent::Decide {
            account,
            code,
            approve,
        };
        self.intent(now, intent, None);
    }

    /// Who stands on the glass after this step. What a person has to do comes before them: codes,
    /// faults, whatever is not simply well. A hold covers everything, and so does the code for the page.
    pub(super) fn watch_door(&mut self, now: Mono) {
        let selected = self.navigator.selected();
        let well = self
            .sessions
            .get(&selected)
            .is_some_and(Session::is_working);
        let covered = self.access.shown().is_some() || self.gestures.shown().hold.is_some();
        let order = |it: &&Session| (it.id != selected, it.id);
        let mut sessions: Vec<&Session> = self.sessions.values().collect();
        sessions.retain(|it| !it.is_going());
        sessions.sort_by_key(order);
        let view = View {
            waiting: sessions.iter().map(|it| (it.id, &it.waiting[..])).collect(),
            room: self.has_glass()
                && !self.is_dark()
                && !self.shutting_down
                && !covered
                && (well || self.navigator.overview()),
            paper: !self.shines,
            attended: self.visitor.is_there(),
        };
        self.door.update(now, &view);
    }
}
