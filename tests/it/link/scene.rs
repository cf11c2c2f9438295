//! A link with its store and the service around it, for tests that wait for what it says.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use pairbox::account::{AccountId, Epoch};
use pairbox::clock::Clock;
use pairbox::config::Messages;
use pairbox::event::{Event, LinkEvent};
use pairbox::gateway::{Gateway, GatewayParts};
use pairbox::inbox::Inbox;
use pairbox::journal::Journal;
use pairbox::metrics::Metrics;
use pairbox::snapshot::Snapshot;
use pairbox::store::Store;
use pairbox::time::UnixMillis;
use pairbox::ulid::SessionIds;
use pairbox::whatsapp::link::{Link, LinkParts};
use pairbox::whatsapp::version::Versions;
use pairbox_sim::{Options, Phone, Service};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

pub const OWNER: &str = "15550001111";
pub const ALICE: &str = "15550002222";
pub const ACCOUNT: AccountId = AccountId(1);

/// Generous: the machines that run this are small and busy.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// The service, and a store for one account.
pub struct Scene {
    pub service: Service,
    pub phone: Phone,
    pub runtime: Runtime,
    pub store: Store,
    pub clock: Clock,
    pub journal: Journal,
    gateway: Gateway,
    _folder: TempDir,
}

/// A link that runs.
pub struct Running<'a> {
    pub link: Link,
    runtime: &'a Runtime,
    events: mpsc::Receiver<Event>,
    said: Vec<LinkEvent>,
}

impl Scene {
    pub fn set() -> Self {
        let service = Service::start(Options::default()).unwrap();
        let phone = service.phone(OWNER, "Owner");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.redb")).unwrap();
        runtime
            .block_on(store.ensure_first_account("pairbox"))
            .unwrap();
        let clock = Clock::start();
        let journal = Journal::new(1);
        let gateway = Gateway::of(GatewayParts {
            store: store.clone(),
            clock,
            journal: journal.clone(),
            metrics: Metrics::default(),
            inbox: Inbox::new().0,
            ids: SessionIds::new(store.box_id().unwrap()),
            snapshots: watch::channel(Arc::new(Snapshot::blank())).1,
            links: watch::channel(Arc::default()).1,
            state_dir: folder.path().to_owned(),
            messages: Messages::default(),
            retry_scale: 1,
        });
        Self {
            service,
            phone,
            runtime,
            store,
            clock,
            journal,
            gateway,
            _folder: folder,
        }
    }

    pub fn start(&self) -> Running<'_> {
        self.start_seen(None)
    }

    /// With a phone that was last seen then.
    pub fn start_seen(&self, phone_seen: Option<UnixMillis>) -> Running<'_> {
        let (inbox, events) = Inbox::new();
        let parts = self.parts(ACCOUNT, inbox, phone_seen);
        let _inside = self.runtime.enter();
        let (link, _) = Link::start(parts);
        Running {
            link,
            runtime: &self.runtime,
            events,
            said: Vec::new(),
        }
    }

    pub fn parts(
        &self,
        account: AccountId,
        inbox: Inbox,
        phone_seen: Option<UnixMillis>,
    ) -> LinkParts {
        LinkParts {
            account,
            epoch: Epoch(1),
            label: "pairbox".to_owned(),
            endpoint: self.service.url(),
            pre_keys: 30,
            store: self.store.clone(),
            gateway: self.gateway.clone(),
            versions: Arc::new(Versions {
                url: self.service.version_url(),
                pin: Some((2, 3000, 1)),
                store: self.store.clone(),
                clock: self.clock,
                distrusted: AtomicBool::new(false),
            }),
            clock: self.clock,
            phone_seen,
            inbox,
        }
    }

    /// A link that is paired by its QR and connected.
    pub fn paired(&self) -> Running<'_> {
        let mut running = self.start();
        let qr = running.wait_qr();
        self.phone.scan(&qr).unwrap();
        running.wait_connected();
        running
    }

    /// The same, ended and started again: a link that has said nothing yet and knows nothing.
    pub fn linked_before(&self) -> Running<'_> {
        self.paired().stop();
        let mut running = self.start();
        running.wait_connected();
        running
    }
}

impl Running<'_> {
    /// Waits for the next event that `wanted` makes something of.
    pub fn wait<T>(&mut self, what: &str, wanted: impl Fn(&LinkEvent) -> Option<T>) -> T {
        let _inside = self.runtime.enter();
        let waited = self.runtime.block_on(tokio::time::timeout(PATIENCE, async {
            while let Some(event) = self.events.recv().await {
                let Event::Link { event, .. } = event else {
                    continue;
                };
                let found = wanted(&event);
                self.said.push(event);
                if found.is_some() {
                    return found;
                }
            }
            None
        }));
        match waited {
            Ok(Some(found)) => found,
            other => panic!(
                "{what}: not said ({}); it said {:?}",
                if other.is_err() { "late" } else { "ended" },
                self.said
            ),
        }
    }

    pub fn wait_for(&mut self, wanted: fn(&LinkEvent) -> bool) {
        self.wait("the event", |event| wanted(event).then_some(()));
    }

    pub fn wait_qr(&mut self) -> String {
        self.wait("a QR", |event| match event {
            LinkEvent::Qr { code, .. } => Some(code.expose().to_owned()),
            _ => None,
        })
    }

    pub fn wait_code(&mut self) -> String {
        self.wait("a code to type", |event| match event {
            LinkEvent::TypedCode { code, .. } => Some(code.expose().to_owned()),
            _ => None,
        })
    }

    pub fn wait_connected(&mut self) {
        self.wait_for(|event| matches!(event, LinkEvent::Connected { .. }));
    }

    /// Whether it has said such a thing so far.
    pub fn said(&self, wanted: fn(&LinkEvent) -> bool) -> bool {
        self.said.iter().any(wanted)
    }

    /// Ends it. What it said meanwhile counts as said.
    pub fn stop(mut self) -> Vec<LinkEvent> {
        self.link.stop();
        self.wait_for(|event| *event == LinkEvent::Ended);
        self.said
    }
}
