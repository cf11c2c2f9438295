//! The real store and the real gateway, in a process without WhatsApp.

use std::sync::Arc;
use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::clock::Clock;
use pairbox::config;
use pairbox::event::Event;
use pairbox::gateway::post::Post;
use pairbox::gateway::{Gateway, GatewayParts, Workers};
use pairbox::inbox::Inbox;
use pairbox::journal::{Journal, Kind};
use pairbox::message::event::{NewEvent, Payload};
use pairbox::message::webhook::{Delivery, Line, Webhook, WebhookId};
use pairbox::metrics::Metrics;
use pairbox::secret::Secret;
use pairbox::snapshot::{AccountView, Snapshot, Status};
use pairbox::store::{DeliveryFilter, Store};
use pairbox::time::UnixMillis;
use pairbox::ulid::{SessionIds, Ulid};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use super::receiver::DEADLINE;

/// Of Standard Webhooks' own examples.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Divides the waits: 5 s are 5 ms.
pub const FAST: u32 = 1000;

/// A box.
pub struct Rig {
    pub runtime: Runtime,
    pub store: Store,
    pub gateway: Gateway,
    pub journal: Journal,
    _snapshots: watch::Sender<Arc<Snapshot>>,
    pub events: mpsc::Receiver<Event>,
    workers: Option<Workers>,
    folder: Arc<TempDir>,
    scale: u32,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(FAST, Post::default())
    }

    pub fn with(scale: u32, post: Post) -> Self {
        Self::on(Arc::new(TempDir::new().unwrap()), scale, post)
    }

    /// On a folder that may have been a box's before.
    fn on(folder: Arc<TempDir>, scale: u32, post: Post) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let store = Store::open(&folder.path().join("box.redb")).unwrap();
        let (inbox, events) = Inbox::new();
        let mut snapshot = Snapshot::blank();
        let mut account = AccountView::blank(AccountId::FIRST, "x");
        account.phone = Some("15550001234".parse().unwrap());
        account.push_name = Some("Me".into());
        account.linked = true;
        account.status = Status::Working;
        snapshot.accounts = vec![account];
        let (publish, snapshots) = watch::channel(Arc::new(snapshot));
        let journal = Journal::new(7);
        let (_, links) = watch::channel(Arc::default());
        let gateway = Gateway::with_post(
            GatewayParts {
                store: store.clone(),
                clock: Clock::start(),
                journal: journal.clone(),
                metrics: Metrics::default(),
                inbox,
                ids: ids(&store),
                snapshots,
                links,
                state_dir: folder.path().to_owned(),
                messages: config::Messages::default(),
                retry_scale: scale,
            },
            post,
        );
        runtime.block_on(store.ensure_first_account("x")).unwrap();
        let workers = runtime.block_on(async { gateway.start() });
        Self {
            runtime,
            store,
            gateway,
            journal,
            _snapshots: publish,
            events,
            workers: Some(workers),
            folder,
            scale,
        }
    }

    /// Stops, waiting for nothing, and starts anew on the same folder.
    pub fn restarted(mut self) -> Self {
        drop(self.workers.take());
        self.runtime.block_on(self.store.close());
        let (folder, scale) = (self.folder.clone(), self.scale);
        self.runtime.shutdown_background();
        Self::on(folder, scale, Post::default())
    }

    /// Ends as the service does.
    pub fn ended(mut self) {
        let workers = self.workers.take().unwrap();
        self.runtime.block_on(workers.end());
        self.runtime.block_on(self.store.close());
    }

    pub fn webhook(&self, url: &str, events: &[&str]) -> WebhookId {
        let webhook = Webhook {
            url: url.to_owned(),
            name: None,
            events: events.iter().map(|it| (*it).to_owned()).collect(),
            sessions: None,
            secret: Secret::new(SECRET.into()),
            old_secret: None,
            headers: vec![("x-mine".into(), Secret::new("yes".into()))],
            enabled: true,
            disabled_reason: None,
            created_at: None,
        };
        self.runtime
            .block_on(self.store.add_webhook(webhook))
            .unwrap()
    }

    pub fn change(&self, id: WebhookId, change: impl FnOnce(&mut Webhook)) {
        let mut webhook = self.store.settings().borrow().webhooks[&id].clone();
        change(&mut webhook);
        assert!(
            self.runtime
                .block_on(self.store.put_webhook(id, webhook))
                .unwrap()
        );
    }

    /// Something happens in a chat.
    pub fn tell(&self, chat: &str, number: u64) -> Ulid {
        let event = message(chat, number);
        let id = event.id;
        self.runtime.block_on(self.gateway.tell(event)).unwrap();
        id
    }

    /// Waits until a line is as wanted.
    pub fn wait_line(&self, id: WebhookId, fits: impl Fn(&Line) -> bool) -> Line {
        let mut lines = self.store.lines();
        self.runtime.block_on(async {
            let there = lines.wait_for(|lines| lines.get(&id).is_some_and(&fits));
            let lines = tokio::time::timeout(DEADLINE, there).await;
            lines.expect("the line did not become so").unwrap()[&id]
        })
    }

    pub fn dead(&self, id: WebhookId) -> Vec<Delivery> {
        let dead = self.store.deliveries(id, DeliveryFilter::Dead, None, 100);
        dead.unwrap()
    }

    pub fn pending(&self, id: WebhookId) -> Vec<Delivery> {
        let waiting = self
            .store
            .deliveries(id, DeliveryFilter::Pending, None, 1000);
        waiting.unwrap()
    }

    /// Waits until the first that waits is as wanted.
    pub fn wait_pending(&self, id: WebhookId, fits: impl Fn(&Delivery) -> bool) -> Delivery {
        self.runtime.block_on(async {
            let there = async {
                loop {
                    let first = self.pending(id).into_iter().next();
                    if let Some(first) = first.filter(&fits) {
                        return first;
                    }
                    // A time that changes is no news for the lines: it is looked at again.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            let there = tokio::time::timeout(DEADLINE, there).await;
            there.unwrap_or_else(|_| {
                panic!(
                    "nothing became so: {:?} {:?}",
                    self.pending(id),
                    self.dead(id)
                )
            })
        })
    }

    pub fn gateway_now() -> UnixMillis {
        Clock::start().now().wall.unwrap()
    }

    /// Waits for something the machine is told.
    pub fn hears(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        let events = &mut self.events;
        self.runtime.block_on(async {
            let heard = async {
                loop {
                    let event = events.recv().await.unwrap();
                    if wanted(&event) {
                        return event;
                    }
                }
            };
            tokio::time::timeout(DEADLINE, heard).await.unwrap()
        })
    }
}

pub fn ids(store: &Store) -> SessionIds {
    SessionIds::new(store.box_id().unwrap())
}

/// An event of a chat.
pub fn message(chat: &str, number: u64) -> NewEvent {
    let at = 1_800_000_000_000 + number;
    let digits = chat.bytes().filter(u8::is_ascii_digit);
    let chance = digits.fold(0, |sum, byte| sum * 10 + u128::from(byte - b'0'));
    NewEvent {
        id: Ulid::new(at, chance << 16 | u128::from(number)),
        kind: Kind::Message,
        account: Some(AccountId::FIRST),
        at: Some(UnixMillis(at)),
        lane: chat.to_owned(),
        payload: Payload(json!({"chat_id": chat, "number": number, "text": "ü 😀"})),
    }
}

/// Any chat.
pub fn chat(number: u64) -> String {
    format!("1555000{number:04}@s.whatsapp.net")
}

/// A short patience with receivers.
pub fn impatient() -> Post {
    Post::new(Duration::from_millis(300))
}
