//! The appliance: what every account should do next, decided without doing anything.
//!
//! Pure: no clock, no tasks, no files, no chance. The event loop hands in what happened and what
//! time it is ([`Appliance::handle`], [`Appliance::handle_timeout`]), then carries out the effects
//! until there are none, publishes the snapshot and waits for [`Appliance::poll_timeout`]. The same
//! inputs give the same outputs, so a recorded run can be replayed. Nobody else changes the state
//! of an account. Each part tells its own deadlines; a deadline never outlives its state.

mod access;
mod backoff;
mod caller;
mod gesture;
mod hold;
mod intent;
mod light;
mod link;
mod navigator;
mod newcomer;
mod passkey;
mod phone;
mod session;
mod state;
mod stored;
mod timers;
mod typed;
mod visitor;
mod wish;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use self::access::Access;
use self::caller::{Door, Meaning};
use self::gesture::{Gesture, Gestures};
use self::light::Backlight;
use self::navigator::{Navigator, View};
use self::session::{Session, Step};
use self::timers::{Deadline, earliest};
use self::visitor::Visitor;
use crate::account::{AccountId, Epoch};
use crate::event::{Button, Edge, Effect, Event, Intent, PanelEvent, StoredAccount};
use crate::limits;
use crate::snapshot::{
    HoldAction, Light, OutboxHealth, PanelHealth, Restored, Snapshot, Status, StoreHealth,
};
use crate::time::{Mono, Now};
use crate::wear::Written;

/// The whole machine. See the module for the contract with the loop around it.
#[derive(Clone)]
pub struct Appliance {
    sessions: BTreeMap<AccountId, Session>,
    /// The number of the next account that is added; `None`: the last was given out.
    next_number: Option<AccountId>,
    epoch: Epoch,
    gestures: Gestures,
    navigator: Navigator,
    visitor: Visitor,
    backlight: Backlight,
    access: Access,
    door: Door,
    outbox: OutboxHealth,
    panel: PanelHealth,
    store: StoreHealth,
    restored: Option<Restored>,
    written: Option<Written>,
    /// The glass shines, so it is dimmed and switched off while nobody looks.
    shines: bool,
    page: Option<String>,
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
            accounts.push(newcomer::first());
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
        let last = sessions.keys().next_back().map_or(0, |last| last.0);
        let selected = sessions.keys().next().copied();
        let selected = selected.unwrap_or(AccountId::FIRST);
        let snapshot = Snapshot {
            selected,
            panel: panel.clone(),
            ..Snapshot::blank()
        };
        let mut appliance = Self {
            sessions,
            next_number: last.checked_add(1).map(AccountId),
            epoch: Epoch::default(),
            gestures: Gestures::new(),
            navigator: Navigator::new(selected, now.mono),
            visitor: Visitor::new(),
            backlight: Backlight::new(now.mono),
            access: Access::new(),
            door: Door::new(),
            outbox: OutboxHealth::default(),
            panel,
            store: StoreHealth::Well,
            restored: None,
            written: None,
            shines: true,
            page: None,
            shutting_down: false,
            effects: VecDeque::new(),
            stale_events: 0,
            snapshot: Arc::new(snapshot),
        };
        appliance.settle(now, false, true);
        appliance
    }

    /// The same box, whose next account gets this number at least: those below were given out before.
    #[must_use]
    pub fn numbering_from(mut self, next: AccountId) -> Self {
        // Without a next number the highest was given out already.
        self.next_number = self
            .next_number
            .max(Some(next))
            .filter(|_| self.next_number.is_some());
        self
    }

    /// The same box with e-paper, which shows its picture in any light: it never goes dark, so no press
    /// is spent on waking it.
    #[must_use]
    pub fn on_paper(mut self, now: Now) -> Self {
        self.shines = false;
        self.settle(now, false, false);
        self
    }

    /// The same box, whose store was restored: that is shown until a person says that they know.
    #[must_use]
    pub fn restored(mut self, restored: Option<Restored>) -> Self {
        self.restored = restored;
        self.publish();
        self
    }

    /// Takes in one thing that happened. Effects are to be drained before the next one.
    pub fn handle(&mut self, now: Now, event: Event) {
        if let Event::Edge(edge) = event {
            self.edge(now, edge);
            return;
        }
        // What is due is due, even when the event was quicker than the timer. Not so for buttons:
        // their next edge, already in the queue, may tell that a press was a bounce.
        self.each_session(now, Session::timeout);
        let mut stirred = false;
        match event {
            Event::Intent { intent, ticket, .. } => {
                let to_see = matches!(intent, Intent::Select(_) | Intent::ShowAccessCode { .. });
                if self.intent(now, intent, ticket) {
                    self.visitor.came(now.mono);
                    stirred = to_see;
                }
            }
            // Seen to above; and the time comes with every event: who waited for it goes on below.
            Event::Edge(_) | Event::ClockSet => {}
            Event::Gateway(event) => stirred = self.gateway(now, event),
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
            }
            Event::Store { account, event } => {
                if self.session(now, account, |session, step| session.stored(step, event))
                    == Some(true)
                {
                    self.forget(now, account);
                }
            }
            Event::Panel(event) => stirred = self.panel(event),
            Event::Page(page) => self.page = page,
            Event::NetworkUp => {
                if !self.shutting_down {
                    self.each_session(now, Session::network_up);
                }
            }
            Event::Written(written) => self.written = Some(written),
            Event::Disk(health) => {
                self.store = health;
                if self.store == StoreHealth::Well && !self.shutting_down {
                    let mut free = now.mono;
                    self.each_session(now, |session, step| session.disk_well(step, &mut free));
                }
            }
            Event::Shutdown => {
                self.shutting_down = true;
                self.access.clear();
                self.each_session(now, Session::shut_down);
            }
        }
        self.settle(now, false, stirred);
    }

    /// Does what is due. Afterwards every deadline lies ahead of `now`.
    pub fn handle_timeout(&mut self, now: Now) {
        self.each_session(now, Session::timeout);
        let mut touched = false;
        if !self.shutting_down {
            let gestures = self.gestures.advance(now.mono, self.is_dark());
            touched = self.act(now, &gestures);
        }
        self.settle(now, touched, false);
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
        earliest([self.deadline_of_the_rest(), self.gestures.deadline()])
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

    /// Most edges amount to nothing, and a broken line makes thousands a second: those cost neither
    /// a look at the accounts nor a new snapshot, unless something else is due.
    fn edge(&mut self, now: Now, edge: Edge) {
        let rest = self.deadline_of_the_rest();
        let due = rest.is_some_and(|(at, _)| at <= now.mono);
        if due {
            self.each_session(now, Session::timeout);
        }
        let mut touched = false;
        let mut news = false;
        if !self.shutting_down {
            let before = self.gestures.shown();
            let gestures = self.gestures.edge(edge, now.mono, self.is_dark());
            news = self.gestures.shown() != before;
            touched = self.act(now, &gestures);
        }
        if due || touched || news {
            self.settle(now, touched, false);
        }
    }

    /// Carries out what the buttons amount to. True when one was touched.
    fn act(&mut self, now: Now, gestures: &[Gesture]) -> bool {
        for gesture in gestures {
            let selected = self.navigator.selected();
            match gesture {
                Gesture::Touched => {
                    self.visitor.came(now.mono);
                    self.access.touched();
                }
                Gesture::Press(button, since) => match self.door.press(*button, *since) {
                    Meaning::Usual => self.press(now, *button),
                    Meaning::Nothing => {}
                    Meaning::Decide(caller, approve) => self.answer(now, caller, approve),
                },
                // Boxes with two lines have no other way to choose.
                Gesture::Together => {
                    if self.door.put_off() == Meaning::Usual {
                        self.navigate(Button::Next);
                    }
                }
                Gesture::Held(action) => {
                    let intent = match action {
                        HoldAction::Logout => Intent::Logout(selected),
                        HoldAction::AddAccount => Intent::ONE_MORE,
                        HoldAction::ResetTokens => Intent::ResetTokens,
                    };
                    self.intent(now, intent, None);
                }
            }
        }
        !gestures.is_empty()
    }

    /// A press with its usual meaning.
    fn press(&mut self, now: Now, button: Button) {
        self.navigate(button);
        let selected = self.navigator.selected();
        // An account that works has no other use for this button.
        let seen = self.restored.is_some() && self.snapshot.current().status == Status::Working;
        match button {
            Button::Connect if seen => self.intent(now, Intent::AcknowledgeRestore, None),
            Button::Connect => self.intent(now, Intent::Connect(selected), None),
            Button::Disconnect => self.intent(now, Intent::Disconnect(selected), None),
            Button::Previous | Button::Next | Button::Select => true,
        };
    }

    fn navigate(&mut self, button: Button) {
        let accounts: Vec<_> = self.sessions.keys().copied().collect();
        self.navigator.press(button, &accounts);
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

    /// What is due next, the buttons aside.
    fn deadline_of_the_rest(&self) -> Option<Deadline> {
        if self.shutting_down {
            return None;
        }
        let sessions = earliest(self.sessions.values().map(Session::deadline));
        earliest([
            sessions,
            self.navigator.deadline(),
            self.visitor.deadline(),
            self.backlight.deadline(),
            self.access.deadline(),
        ])
    }

    /// Ends a step: accounts go on as far as they can, then what is seen of them follows. `touched`:
    /// a button was; `stirred`: there is something new to see for another reason.
    fn settle(&mut self, now: Now, touched: bool, stirred: bool) {
        let mut stirred = stirred || touched;
        let mut free = now.mono;
        self.each_session(now, |session, step| {
            stirred |= session.settle(step, &mut free);
        });
        // Nothing is due any more once the process ends.
        if !self.shutting_down {
            self.visitor.update(now.mono);
            self.access.update(now.mono);
        }
        let hold = self.gestures.shown().hold.is_some();
        let scanning = self.sessions.iter().filter(|(_, it)| it.is_scanning());
        let codes: Vec<_> = scanning.map(|(id, _)| *id).collect();
        self.navigator.update(
            now.mono,
            View {
                several: self.sessions.len() > 1,
                codes,
                hold,
                touched,
            },
        );
        let selected = self.sessions.get(&self.navigator.selected());
        let shines = self.shines && self.has_glass();
        let reading = self.access.shown().is_some() || selected.is_some_and(Session::is_scanning);
        let kept = !shines || hold || reading;
        self.backlight.update(now.mono, stirred, kept);
        self.watch_door(now.mono);
        self.publish();
    }

    fn publish(&mut self) {
        let shown = self.gestures.shown();
        let mut next = Snapshot {
            seq: self.snapshot.seq,
            selected: self.navigator.selected(),
            accounts: self.sessions.values().map(Session::view).collect(),
            overview: self.navigator.overview() && !self.shutting_down,
            page: self.page.clone(),
            attended: self.visitor.is_there(),
            hold: shown.hold.filter(|_| !self.shutting_down),
            stuck: shown.stuck(),
            panel: self.panel.clone(),
            light: self.backlight.light(),
            access: self.access.shown().cloned(),
            caller: self.door.shown().cloned(),
            store: self.store.clone(),
            restored: self.restored,
            written: self.written,
            outbox: self.outbox,
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
            disk: &self.store,
        };
        Some(act(session, &mut step))
    }

    fn each_session(&mut self, now: Now, mut act: impl FnMut(&mut Session, &mut Step<'_>)) {
        for session in self.sessions.values_mut() {
            let mut step = Step {
                now,
                epoch: &mut self.epoch,
                effects: &mut self.effects,
                disk: &self.store,
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
            .field("next_number", &self.next_number)
            .field("epoch", &self.epoch)
            .field("gestures", &self.gestures)
            .field("navigator", &self.navigator)
            .field("visitor", &self.visitor)
            .field("backlight", &self.backlight)
            .field("access", &self.access)
            .field("door", &self.door)
            .field("panel", &self.panel)
            .field("store", &self.store)
            .field("restored", &self.restored)
            .field("shines", &self.shines)
            .field("page", &self.page)
            .field("shutting_down", &self.shutting_down)
            .field("effects", &self.effects)
            .finish_non_exhaustive()
    }
}
