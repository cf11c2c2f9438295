//! The gateway: the edges between WhatsApp's messages and the programs that use them.
//!
//! One [`Gateway`] per process, shared by all links, the page and the workers. It decides nothing: what
//! becomes of a message is decided by [`crate::message`], inside the store's transactions. Here is what
//! has to happen around it: tell the journal and the counters, wake the workers, tell the machine who
//! waits.

mod draft;
mod fetch;
pub mod intake;
pub mod media;
mod numbers;
pub mod reach;
pub mod send;
pub mod sender;
pub mod spool;
pub mod telling;
mod worker;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Notify, watch};

use crate::account::AccountId;
use crate::clock::Clock;
use crate::config::Messages;
use crate::gateway::sender::Outgoing;
use crate::inbox::Inbox;
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::snapshot::Snapshot;
use crate::store::Store;
use crate::ulid::{SessionIds, Ulid};
use crate::whatsapp::link::Link;

/// The links that run, for whoever wants to send something.
pub type Switchboard = watch::Receiver<Arc<BTreeMap<AccountId, Link>>>;

/// Everything a gateway needs.
pub struct GatewayParts {
    /// What is kept.
    pub store: Store,
    /// Time.
    pub clock: Clock,
    /// Who tells the streams.
    pub journal: Journal,
    /// Who counts.
    pub metrics: Metrics,
    /// The machine.
    pub inbox: Inbox,
    /// The names of accounts on the wire.
    pub ids: SessionIds,
    /// The state: who the accounts are, whether they work, where the page is.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// The links that run.
    pub links: Switchboard,
    /// Folder of the database; files that come and go are kept in `media` below it.
    pub state_dir: PathBuf,
    /// What was configured of messages.
    pub messages: Messages,
    /// Divides the waits between attempts to deliver; 1 except in tests.
    pub retry_scale: u32,
}

/// The hub. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    parts: GatewayParts,
    /// Something was put into a queue of messages to send.
    to_send: Notify,
    /// What is on its way out.
    outgoing: Outgoing,
}

impl Gateway {
    /// The gateway of a box.
    #[must_use]
    pub fn of(parts: GatewayParts) -> Self {
        Self(Arc::new(Inner {
            outgoing: Outgoing::new(&parts),
            parts,
            to_send: Notify::new(),
        }))
    }

    /// A gateway on that store and nothing else: no machine hears it, no link runs.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let (inbox, _nobody) = Inbox::new();
        let (_, snapshots) = watch::channel(Arc::new(Snapshot::blank()));
        let (_, links) = watch::channel(Arc::default());
        let box_id = store.box_id().unwrap_or(Ulid::from_bits(0));
        Self::of(GatewayParts {
            store,
            clock: Clock::start(),
            journal: Journal::new(0),
            metrics: Metrics::default(),
            inbox,
            ids: SessionIds::new(box_id),
            snapshots,
            links,
            state_dir: std::env::temp_dir(),
            messages: Messages::default(),
            retry_scale: 1,
        })
    }

    /// What it was made of.
    pub(crate) fn parts(&self) -> &GatewayParts {
        &self.0.parts
    }

    /// What is on its way out.
    pub(crate) fn outgoing(&self) -> &Outgoing {
        &self.0.outgoing
    }

    /// The link of an account, if one runs.
    #[must_use]
    pub fn link(&self, account: AccountId) -> Option<Link> {
        self.parts().links.borrow().get(&account).cloned()
    }

    /// Something was put into a send queue: its worker looks.
    pub fn wake_sender(&self) {
        self.0.to_send.notify_one();
    }

    /// Waits until something was put into a send queue.
    pub async fn something_to_send(&self) {
        self.0.to_send.notified().await;
    }
}
