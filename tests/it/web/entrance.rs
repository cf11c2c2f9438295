//! The access desk with a store in memory and the real machine in model time: no socket, and no waiting
//! for codes to end.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pairbox::account::{AccountId, AccountRecord};
use pairbox::clock::Clock;
use pairbox::event::{Effect, Event, StoredAccount};
use pairbox::inbox::Inbox;
use pairbox::machine::Appliance;
use pairbox::snapshot::{PanelHealth, Snapshot};
use pairbox::store::Store;
use pairbox::store::probe::{Commits, open_on};
use pairbox::ticket::Tickets;
use pairbox::time::{Mono, Now, UnixMillis};
use pairbox::token::Caller;
use pairbox::ulid::{SessionIds, Ulid};
use pairbox::web::access::{AccessDesk, AccessParts, Door};
use pairbox::web::problem::Problem;
use pairbox::web::reply::Reply;
use pairbox::web::route::Head;
use serde_json::Value;
use tokio::sync::watch;

use crate::store::disk::Disk;

/// The second account.
pub const TWO: AccountId = AccountId(2);

pub fn ids() -> SessionIds {
    SessionIds::new(Ulid::new(1_772_348_709_250, 7))
}

pub struct Entrance {
    pub desk: AccessDesk,
    pub store: Store,
    pub disk: Disk,
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    inbox: Inbox,
    /// What the machine takes for the time.
    model: Arc<Mutex<Mono>>,
}

impl Entrance {
    /// A box with two accounts and such a panel.
    pub fn with(panel: PanelHealth) -> Self {
        let disk = Disk::new();
        let medium = disk.clone();
        let store = open_on(move || Ok(medium.clone()), Commits::Durable).unwrap();
        let stored = |id: AccountId| StoredAccount {
            id,
            record: AccountRecord {
                label: format!("account {id}"),
                ..AccountRecord::default()
            },
            linked: None,
        };
        let accounts = vec![stored(AccountId::FIRST), stored(TWO)];
        let model = Arc::new(Mutex::new(Mono::START));
        let now = Now {
            mono: Mono::START,
            wall: None,
        };
        let appliance = Appliance::new(accounts, panel, now);
        let (publish, snapshots) = watch::channel(appliance.snapshot());
        let (inbox, events) = Inbox::new();
        let tickets = Tickets::default();
        let machine = Machine {
            appliance,
            events,
            publish,
            tickets: tickets.clone(),
            store: store.clone(),
            model: model.clone(),
        };
        thread::spawn(move || machine.run());
        let desk = AccessDesk::new(AccessParts {
            store: Some(store.clone()),
            sessions: ids(),
            snapshots: snapshots.clone(),
            inbox: inbox.clone(),
            tickets,
            clock: Clock::start(),
        });
        Self {
            desk,
            store,
            disk,
            snapshots,
            inbox,
            model,
        }
    }

    pub fn open() -> Self {
        Self::with(PanelHealth::Attached)
    }

    /// Time goes by, for the machine.
    pub fn pass(&self, time: Duration) {
        let mut model = self.model.lock().unwrap();
        *model = *model + time;
    }

    /// What the panel shows.
    pub fn code(&self) -> String {
        let shown = self.snapshots.borrow().access.clone();
        shown.expect("no code is up").code.expose().to_owned()
    }

    pub fn show_code(&self) -> Result<Value, Problem> {
        self.desk.show_code().map(|reply| body(&reply))
    }

    /// Types a code; what comes is the cookie's whole header.
    pub fn type_code(&self, code: &str) -> Result<String, Problem> {
        let body = serde_json::json!({ "code": code }).to_string();
        let reply = self.desk.sign_in(body.as_bytes())?;
        let cookie = reply.headers.iter().find(|(name, _)| *name == "Set-Cookie");
        Ok(cookie.expect("no cookie").1.clone())
    }

    /// A token by its body; its text.
    pub fn token(&self, body: &Value) -> String {
        let reply = self.desk.create(body.to_string().as_bytes()).unwrap();
        self::body(&reply)["secret"].as_str().unwrap().to_owned()
    }

    /// Somebody presses both buttons for long, or the like.
    pub fn happen(&self, event: Event) {
        self.inbox.try_send(event).unwrap();
    }

    pub fn caller(&self, method: &str, headers: &[(&str, &str)]) -> Result<Caller, Problem> {
        self.caller_at(Clock::start().now().wall, method, headers)
    }

    pub fn caller_at(
        &self,
        wall: Option<UnixMillis>,
        method: &str,
        headers: &[(&str, &str)],
    ) -> Result<Caller, Problem> {
        let head = Head {
            method,
            target: "/api/v1/status",
            headers: &[headers, &[("Host", "192.168.1.20")]].concat(),
        };
        let mono = Mono::START;
        self.desk.caller(&head, Door::Lan, Now { mono, wall })
    }

    /// Who has this token.
    pub fn bearer(&self, token: &str) -> Result<Caller, Problem> {
        self.caller("GET", &[("Authorization", &format!("Bearer {token}"))])
    }
}

pub fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// The daemon's loop in small.
struct Machine {
    appliance: Appliance,
    events: tokio::sync::mpsc::Receiver<Event>,
    publish: watch::Sender<Arc<Snapshot>>,
    tickets: Tickets,
    store: Store,
    model: Arc<Mutex<Mono>>,
}

impl Machine {
    fn run(mut self) {
        while let Some(event) = self.events.blocking_recv() {
            let now = Now {
                mono: *self.model.lock().unwrap(),
                wall: None,
            };
            while self
                .appliance
                .poll_timeout()
                .is_some_and(|(at, _)| at <= now.mono)
            {
                self.appliance.handle_timeout(now);
            }
            self.appliance.handle(now, event);
            let mut answers = Vec::new();
            while let Some(effect) = self.appliance.poll_effect() {
                match effect {
                    Effect::Answer { ticket, answer } => answers.push((ticket, answer)),
                    Effect::ResetTokens => {
                        crate::store::block_on(self.store.reset_tokens()).unwrap();
                    }
                    _ => {}
                }
            }
            self.publish.send_replace(self.appliance.snapshot());
            for (ticket, answer) in answers {
                self.tickets.call(ticket, answer);
            }
        }
    }
}
