//! The appliance: what every account should do next, decided without doing anything.
//!
//! Pure: no clock, no tasks, no files, no chance. The event loop hands in what happened and what
//! time it is ([`Appliance::handle`], [`Appliance::handle_timeout`]), then carries out the effects
//! until there are none, publishes the snapshot and waits for [`Appliance::poll_timeout`]. The same
//! inputs give the same outputs, so a recorded run can be replayed. Nobody else changes the state
//! of an account. Each part tells its own deadlines; a deadline never outlives its state.

mod backoff;
mod gesture;
mod light;
mod link;
mod session;
mod state;
mod timers;
mod wish;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use self::gesture::{Gesture, Gestures};
use self::light::Backlight;
use self::session::{Session, Step};
use self::timers::earliest;
use crate::account::{AccountId, AccountRecord, Epoch};
use crate::event::{Button, Edge, Effect, Event, Intent, PanelEvent, StoredAccount};
use crate::limits;
use crate::snapshot::{HoldAction, Light, PanelHealth, Snapshot};
use crate::time::{Mono, Now};

/// The whole machine. See the module for the contract with the loop around it.
#[derive(Clone)]
pub struct Appliance {
    sessions: BTreeMap<AccountId, Session>,
    selected: AccountId,
    epoch: Epoch,
    gestures: Gestures,
    backlight: Backlight,
    panel: PanelHealth,
    shutting_down: bool,
    effects: VecDeque<Effect>,
    stale_events: u64,
    snapshot: Arc<Snapshot>,
}

impl Appliance {
    /// The box as it boots: accounts that should and can be online start, one after the other;
    /// enabled ones without an identity wait for a person. A store without accounts gets its first.
    #[must_use]
    pub fn new(accounts: Vec<StoredAccount>, panel: PanelHealth, now: Now) -> Self {
        let mut accounts = accounts;
        if accounts.is_empty() {
            accounts.push(first_account());
        }
        let mut start_at = now.mono;
        let mut sessions = BTreeMap::new();
        for stored in accounts {
            let starts = stored.record.enabled && stored.linked.is_some();
            sessions.insert(stored.id, Session::new(stored, now, start_at));
            if starts {
                start_at = start_at + limits::BOOT_STAGGER;
            }
        }
        let selected = sessions.keys().next().copied();
        let selected = selected.unwrap_or(AccountId::FIRST);
        let snapshot = Snapshot {
            seq: 0,
            selected,
            accounts: Vec::new(),
            overview: false,
            page: None,
            attended: false,
            hold: None,
            stuck: Vec::new(),
            panel: panel.clone(),
            light: Light::Bright,
            shutting_down: false,
        };
        let mut appliance = Self {
            sessions,
            selected,
            epoch: Epoch::default(),
            gestures: Gestures::new(),
            backlight: Backlight::new(now.mono),
            panel,
            shutting_down: false,
            effects: VecDeque::new(),
            stale_events: 0,
            snapshot: Arc::new(snapshot),
        };
        appliance.settle(now, true);
        appliance
    }

    /// Takes in one thing that happened. Effects are to be drained before the next one.
    pub fn handle(&mut self, now: Now, event: Event) {
        // What is due is due, even when the event was quicker than the timer. Not so for buttons:
        // their next edge, already in the queue, may tell that a press was a bounce.
        self.each_session(now, Session::timeout);
        let stirred = match event {
            Event::Intent { intent, source: _ } => {
                self.intent(now, intent);
                false
            }
            Event::Edge(edge) => self.edge(now, edge),
            Event::Link {
                account,
                epoch,
                event,
            } => {
                let heard = self.session(now, account, |session, step| {
                    session.link(step, epoch, event)
                });
                if heard != Some(true) {
                    self.stale_events += 1;
                }
                false
            }
            Event::Store { account, event } => {
                self.session(now, account, |session, step| session.stored(step, event));
                false
            }
            Event::Panel(event) => self.panel(event),
            // Not yet.
            Event::Page(_) => false,
            Event::NetworkUp => {
                if !self.shutting_down {
                    self.each_session(now, Session::network_up);
                }
                false
            }
            Event::Shutdown => {
                self.shutting_down = true;
                self.each_session(now, Session::shut_down);
                false
            }
        };
        self.settle(now, stirred);
    }

    /// Does what is due. Afterwards every deadline lies ahead of `now`.
    pub fn handle_timeout(&mut self, now: Now) {
        self.each_session(now, Session::timeout);
        let mut stirred = false;
        if !self.shutting_down {
            let gestures = self.gestures.advance(now.mono, self.is_dark());
            stirred = self.act(now, &gestures);
        }
        self.settle(now, stirred);
    }

    /// The next effect to carry out, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Appliance::handle_timeout`] is next needed, and for what.
    ///
    /// Events that wait already are to be handled first: an edge may undo what a deadline of the
    /// buttons would decide.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Mono, &'static str)> {
        if self.shutting_down {
            return None;
        }
        let sessions = earliest(self.sessions.values().map(Session::deadline));
        earliest([
            sessions,
            self.gestures.deadline(),
            self.backlight.deadline(),
        ])
    }

    /// What everybody sees. The same value, with the same `seq`, until something changes in it.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot)
    }

    /// Events of links that were history when they arrived.
    #[must_use]
    pub fn stale_events(&self) -> u64 {
        self.stale_events
    }

    /// No link runs or drains and no wipe is under way: after a shutdown, the process may end.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.sessions.values().all(Session::is_drained)
    }

    /// `Source` plays no part: until tokens exist, whoever reaches the box may do all of this.
    fn intent(&mut self, now: Now, intent: Intent) {
        if self.shutting_down {
            // Too late: the links are being closed, and the next boot decides by what is stored.
            return;
        }
        // An account that does not exist (a page older than the box) is nobody's wish.
        match intent {
            Intent::Connect(account) => self.session(now, account, Session::connect),
            Intent::Disconnect(account) => self.session(now, account, Session::disconnect),
            Intent::Logout(account) => self.session(now, account, Session::log_out),
            // Not yet.
            Intent::AddAccount | Intent::ResetTokens => None,
        };
    }

    fn edge(&mut self, now: Now, edge: Edge) -> bool {
        if self.shutting_down {
            return false;
        }
        let gestures = self.gestures.edge(edge, now.mono, self.is_dark());
        self.act(now, &gestures)
    }

    /// Carries out what the buttons amount to. True when one was touched.
    fn act(&mut self, now: Now, gestures: &[Gesture]) -> bool {
        let selected = self.selected;
        for gesture in gestures {
            match gesture {
                Gesture::Touched => {}
                Gesture::Press(Button::Connect) => self.intent(now, Intent::Connect(selected)),
                Gesture::Press(Button::Disconnect) => {
                    self.intent(now, Intent::Disconnect(selected));
                }
                Gesture::Held(HoldAction::Logout) => self.intent(now, Intent::Logout(selected)),
                // Not yet.
                Gesture::Press(Button::Previous | Button::Next | Button::Select)
                | Gesture::Held(HoldAction::AddAccount | HoldAction::ResetTokens) => {}
            }
        }
        !gestures.is_empty()
    }

    /// True when there is something new to see on the glass.
    fn panel(&mut self, event: PanelEvent) -> bool {
        match event {
            PanelEvent::Attached => {
                self.panel = PanelHealth::Attached;
                true
            }
            PanelEvent::Lost { why } => {
                let why = session::clip(&why).collect();
                self.panel = PanelHealth::Lost { why };
                false
            }
        }
    }

    fn has_glass(&self) -> bool {
        match self.panel {
            PanelHealth::Attached => true,
            PanelHealth::Headless | PanelHealth::Lost { .. } => false,
        }
    }

    /// The panel is switched off: a press only wakes it.
    fn is_dark(&self) -> bool {
        self.has_glass() && self.backlight.light() == Light::Off
    }

    /// Ends a step: accounts go on as far as they can, then light and snapshot follow.
    fn settle(&mut self, now: Now, stirred: bool) {
        let mut stirred = stirred;
        self.each_session(now, |session, step| stirred |= session.settle(step));
        let scanning = self.sessions.get(&self.selected);
        let scanning = scanning.is_some_and(Session::is_scanning);
        let kept = !self.has_glass() || scanning || self.gestures.hold().is_some();
        self.backlight.update(now.mono, stirred, kept);
        self.publish();
    }

    fn publish(&mut self) {
        let mut next = Snapshot {
            seq: self.snapshot.seq,
            selected: self.selected,
            accounts: self.sessions.values().map(Session::view).collect(),
            overview: false,
            page: None,
            attended: false,
            hold: self.gestures.hold().filter(|_| !self.shutting_down),
            stuck: Vec::new(),
            panel: self.panel.clone(),
            light: self.backlight.light(),
            shutting_down: self.shutting_down,
        };
        if next != *self.snapshot {
            next.seq += 1;
            self.snapshot = Arc::new(next);
        }
    }

    fn session<R>(
        &mut self,
        now: Now,
        account: AccountId,
        act: impl FnOnce(&mut Session, &mut Step<'_>) -> R,
    ) -> Option<R> {
        let session = self.sessions.get_mut(&account)?;
        let mut step = Step {
            now,
            epoch: &mut self.epoch,
            effects: &mut self.effects,
        };
        Some(act(session, &mut step))
    }

    fn each_session(&mut self, now: Now, mut act: impl FnMut(&mut Session, &mut Step<'_>)) {
        for session in self.sessions.values_mut() {
            let mut step = Step {
                now,
                epoch: &mut self.epoch,
                effects: &mut self.effects,
            };
            act(session, &mut step);
        }
    }
}

/// What decides the future, without what is derived from it: two machines that print alike behave
/// alike. Secrets and phone numbers are redacted as everywhere; they decide nothing.
impl fmt::Debug for Appliance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Appliance")
            .field("sessions", &self.sessions)
            .field("selected", &self.selected)
            .field("epoch", &self.epoch)
            .field("gestures", &self.gestures)
            .field("backlight", &self.backlight)
            .field("panel", &self.panel)
            .field("shutting_down", &self.shutting_down)
            .field("effects", &self.effects)
            .finish_non_exhaustive()
    }
}

/// The account of a box that has none yet.
fn first_account() -> StoredAccount {
    StoredAccount {
        id: AccountId::FIRST,
        record: AccountRecord {
            label: "pairbox".to_owned(),
            enabled: false,
            last_reason: None,
        },
        linked: None,
    }
}
