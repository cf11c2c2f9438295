//! A machine on the bench: virtual time, a world that obeys only when told to, and the ledger
//! looking on at every step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pairbox::account::{AccountId, AccountRecord, Epoch};
use pairbox::event::{
    Answer, Button, Edge, Effect, Event, Intent, LinkEvent, LinkedAs, Source, StoreEvent,
    StoredAccount, Ticket,
};
use pairbox::fault::{Fault, Obstacle, Trouble};
use pairbox::machine::Appliance;
use pairbox::secret::Secret;
use pairbox::snapshot::{AccountView, PanelHealth, Restored, Snapshot, Status};
use pairbox::time::{Mono, Now, UnixMillis};

use super::ledger::Ledger;

/// The only account of most tests.
pub const ME: AccountId = AccountId::FIRST;

/// The wall clock of the bench at [`Mono::START`].
pub const WALL_START: u64 = 1_800_000_000_000;

#[derive(Clone)]
pub struct Bench {
    pub machine: Appliance,
    pub ledger: Ledger,
    pub now: Mono,
    /// Whether the wall clock is set.
    pub wall: bool,
    effects: Vec<Effect>,
    /// What tickets were answered.
    pub answers: BTreeMap<Ticket, Answer>,
    tickets: u64,
}

pub fn stored(id: AccountId, enabled: bool, linked: bool) -> StoredAccount {
    StoredAccount {
        id,
        record: AccountRecord {
            label: format!("box {id}"),
            enabled,
            ..AccountRecord::default()
        },
        linked: linked.then(|| LinkedAs {
            phone: Some("15550001111".parse().unwrap()),
        }),
    }
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn why() -> String {
    "because".to_owned()
}

pub fn qr(code: &str, lifetime_s: u64) -> LinkEvent {
    LinkEvent::Qr {
        code: Secret::new(code.to_owned()),
        lifetime: secs(lifetime_s),
    }
}

/// A code to type that is good for as long as they are.
pub fn typed(code: &str) -> LinkEvent {
    LinkEvent::TypedCode {
        code: Secret::new(code.to_owned()),
        lifetime: secs(180),
    }
}

/// Online, but nothing came for so long.
pub fn quiet(seconds: u64) -> LinkEvent {
    LinkEvent::Alive {
        online: true,
        socket: true,
        failures: 0,
        quiet: secs(seconds),
        trouble: None,
    }
}

pub fn paired() -> LinkEvent {
    LinkEvent::Paired {
        phone: Some("15550002222".parse().unwrap()),
    }
}

pub fn connected() -> LinkEvent {
    LinkEvent::Connected {
        phone: Some("15550002222".parse().unwrap()),
        lid: None,
        push_name: Some("Ada".to_owned()),
    }
}

pub fn alive(online: bool, socket: bool, failures: u32) -> LinkEvent {
    LinkEvent::Alive {
        online,
        socket,
        failures,
        quiet: Duration::ZERO,
        trouble: (failures > 0).then(|| Trouble {
            obstacle: Obstacle::NoAnswer,
            why: format!("failure {failures}"),
        }),
    }
}

impl Bench {
    pub fn boot(accounts: Vec<StoredAccount>, panel: PanelHealth) -> Self {
        Self::boot_with_clock(accounts, panel, true)
    }

    pub fn boot_with_clock(accounts: Vec<StoredAccount>, panel: PanelHealth, wall: bool) -> Self {
        let mono = Mono(secs(100));
        let mut ledger = Ledger::new(&accounts);
        ledger.wall = wall;
        let mut bench = Self {
            machine: Appliance::new(accounts, panel, at(mono, wall)),
            ledger,
            now: mono,
            wall,
            effects: Vec::new(),
            answers: BTreeMap::new(),
            tickets: 0,
        };
        let empty = Snapshot {
            seq: 0,
            accounts: Vec::new(),
            ..(*bench.machine.snapshot()).clone()
        };
        bench.settle(&empty);
        bench
    }

    /// Booted with one account and a panel.
    pub fn new(enabled: bool, linked: bool) -> Self {
        Self::boot(vec![stored(ME, enabled, linked)], PanelHealth::Attached)
    }

    /// Never paired; a person pressed connect and the first link runs.
    pub fn pairing() -> Self {
        let mut bench = Self::new(false, false);
        bench.connect();
        bench.effects.clear();
        bench
    }

    /// Linked and logged in.
    pub fn working() -> Self {
        let mut bench = Self::new(true, true);
        bench.link(connected());
        bench.effects.clear();
        bench
    }

    /// The same box, whose store was restored.
    pub fn restored(mut self) -> Self {
        self.machine = self.machine.restored(Some(Restored { at: None }));
        self
    }

    /// Enabled and linked, booted without a clock: `wall` sets it.
    pub fn without_clock() -> Self {
        let accounts = vec![stored(ME, true, true)];
        Self::boot_with_clock(accounts, PanelHealth::Attached, false)
    }

    /// Several accounts and a panel: all off, never paired, and the first on show.
    pub fn with_accounts(count: u32) -> Self {
        let ids = 1..=count;
        let accounts = ids.map(|id| stored(AccountId(id), false, false)).collect();
        Self::boot(accounts, PanelHealth::Attached)
    }

    pub fn send(&mut self, event: Event) {
        let before = self.machine.snapshot();
        self.ledger.wall = self.wall;
        self.ledger.event(self.now, &event);
        self.machine.handle(at(self.now, self.wall), event);
        self.settle(&before);
    }

    pub fn connect(&mut self) {
        self.intent(Intent::Connect(ME));
    }

    pub fn disconnect(&mut self) {
        self.intent(Intent::Disconnect(ME));
    }

    pub fn log_out(&mut self) {
        self.intent(Intent::Logout(ME));
    }

    pub fn intent(&mut self, intent: Intent) {
        let source = Source::Page;
        self.send(Event::Intent {
            intent,
            source,
            ticket: None,
        });
    }

    /// A wish somebody waits for: its ticket, to be looked up among the answers.
    pub fn ask(&mut self, intent: Intent) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.send(Event::Intent {
            intent,
            source: Source::Api,
            ticket: Some(ticket),
        });
        ticket
    }

    /// A wish that is answered at once.
    pub fn answer(&mut self, intent: Intent) -> Answer {
        let ticket = self.ask(intent);
        self.answers.get(&ticket).expect("an answer").clone()
    }

    /// The link that was started last says something.
    pub fn link(&mut self, event: LinkEvent) {
        let epoch = self.ledger.newest();
        self.link_of(epoch, event);
    }

    pub fn link_of(&mut self, epoch: Epoch, event: LinkEvent) {
        let account = ME;
        self.send(Event::Link {
            account,
            epoch,
            event,
        });
    }

    /// The link of an account says something; one that was told to end does so first.
    pub fn says(&mut self, account: AccountId, event: LinkEvent) {
        let ends = self.ledger.is_told_to_end(account);
        let mut say = |event| {
            let epoch = self.ledger.running(account).unwrap_or(self.ledger.newest());
            self.send(Event::Link {
                account,
                epoch,
                event,
            });
        };
        if ends {
            say(LinkEvent::Ended);
        }
        say(event);
    }

    /// Nothing is due within the hour.
    pub fn is_idle(&self) -> bool {
        let next = self.machine.poll_timeout();
        next.is_none_or(|(at, _)| at > self.now + secs(3600))
    }

    pub fn ended(&mut self) {
        self.link(LinkEvent::Ended);
    }

    pub fn store(&mut self, event: StoreEvent) {
        self.send(Event::Store { account: ME, event });
    }

    pub fn edge(&mut self, button: Button, pressed: bool) {
        let at = self.now;
        self.send(Event::Edge(Edge {
            button,
            pressed,
            at,
        }));
    }

    /// A clean press: down, `held`, up, and the debounce after it.
    pub fn press(&mut self, button: Button, held: Duration) {
        self.edge(button, true);
        self.pass(held);
        self.edge(button, false);
        self.pass(millis(50));
    }

    /// Connect and disconnect, pressed and let go together.
    pub fn press_both(&mut self) {
        for pressed in [true, false] {
            for button in [Button::Connect, Button::Disconnect] {
                self.edge(button, pressed);
                self.pass(millis(60));
            }
        }
    }

    /// Lets time pass; what becomes due on the way is told when it is due.
    pub fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some((at, _)) = self.machine.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.tell_time();
        }
        self.now = end;
    }

    /// Goes to the next deadline. Its name; `None` when there is none.
    pub fn next_deadline(&mut self) -> Option<&'static str> {
        let (at, what) = self.machine.poll_timeout()?;
        self.now = self.now.max(at);
        self.tell_time();
        Some(what)
    }

    pub fn time(&self) -> Now {
        at(self.now, self.wall)
    }

    pub fn tell_time(&mut self) {
        let before = self.machine.snapshot();
        self.ledger.wall = self.wall;
        self.machine.handle_timeout(at(self.now, self.wall));
        self.settle(&before);
        Ledger::check_timeout(&self.machine, self.now);
    }

    /// What was asked for since the last call.
    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The same in words, without the details most tests do not care about.
    pub fn asked(&mut self) -> Vec<&'static str> {
        let words = self.effects.iter().map(|effect| match effect {
            Effect::StartLink { .. } => "start",
            Effect::StopLink { .. } => "stop",
            Effect::Unlink { .. } => "unlink",
            Effect::WipeAuth { .. } => "wipe",
            Effect::SaveRecord { .. } => "save",
            Effect::ResetTokens => "reset",
            Effect::ForgetRestored => "forget restored",
            Effect::DeleteAccount { .. } => "delete",
            Effect::RequestCode { .. } => "request code",
            Effect::Answer { .. } => "answer",
            Effect::Decide { .. } => "decide",
        });
        let words = words.collect();
        self.effects.clear();
        words
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.machine.snapshot()
    }

    pub fn view(&self) -> AccountView {
        self.snapshot().current().clone()
    }

    pub fn status(&self) -> Status {
        self.view().status
    }

    pub fn word(&self) -> &'static str {
        self.status().word()
    }

    pub fn fault(&self) -> Option<Fault> {
        match self.status() {
            Status::Failed { fault, .. } => Some(fault),
            _ => None,
        }
    }

    /// The code of `last_error`.
    pub fn error(&self) -> Option<&'static str> {
        self.view().last_error.map(|last| last.code)
    }

    pub fn shown_code(&self) -> Option<String> {
        match self.status() {
            Status::ScanQrCode(pairing) => Some(pairing.qr?.code.expose().to_owned()),
            _ => None,
        }
    }

    pub fn shown_typed(&self) -> Option<String> {
        match self.status() {
            Status::ScanQrCode(pairing) => Some(pairing.typed?.code.expose().to_owned()),
            _ => None,
        }
    }

    fn settle(&mut self, before: &Snapshot) {
        while let Some(effect) = self.machine.poll_effect() {
            self.ledger.effect(self.now, &effect);
            if let Effect::Answer { ticket, answer } = effect {
                self.answers.insert(ticket, answer);
            } else {
                self.effects.push(effect);
            }
        }
        self.ledger.check(&self.machine, before, self.now);
    }
}

fn at(mono: Mono, wall: bool) -> Now {
    let passed = u64::try_from(mono.0.as_millis()).unwrap();
    Now {
        mono,
        wall: wall.then_some(UnixMillis(WALL_START + passed)),
    }
}
