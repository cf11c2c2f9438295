//! The gateway: the edges between WhatsApp's messages and the programs that use them.
//!
//! One [`Gateway`] per process, shared by all links, the page and the workers. It decides nothing: what
//! becomes of a message is decided by [`crate::message`], inside the store's transactions. Here is what
//! has to happen around it: tell the journal and the counters, wake the workers, tell the machine who
//! waits.

pub mod cache;
pub mod courier;
mod draft;
mod fetch;
pub mod intake;
pub mod media;
mod numbers;
pub mod post;
pub mod reach;
mod reply;
mod report;
mod room;
pub mod send;
pub mod sender;
pub mod spool;
pub mod telling;
pub mod waiting;
mod worker;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use log::debug;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::account::AccountId;
use crate::clock::Clock;
use crate::config::Messages;
use crate::gateway::post::Post;
use crate::gateway::sender::Outgoing;
use crate::inbox::Inbox;
use crate::journal::{Journal, Me};
use crate::limits::COURIER_END;
use crate::message::courier::Courier;
use crate::metrics::Metrics;
use crate::snapshot::Snapshot;
use crate::store::{OutboxCaps, Store};
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
    /// Who is posted next.
    courier: Mutex<Courier>,
    /// What posts.
    post: Post,
    /// Something is to be posted, or may be again.
    to_post: Notify,
    /// How the lines stand may be another.
    lines: Notify,
    /// One at a time tells the machine who waits.
    requests: tokio::sync::Mutex<()>,
    /// Nothing new is begun.
    ending: AtomicBool,
    /// Something may be in a line of the store that was not told of.
    doubtful: AtomicBool,
}

impl Gateway {
    /// The gateway of a box.
    #[must_use]
    pub fn of(parts: GatewayParts) -> Self {
        Self::with_post(parts, Post::default())
    }

    /// The same, with another way to post.
    #[must_use]
    pub fn with_post(parts: GatewayParts, post: Post) -> Self {
        parts.store.set_outbox_caps(OutboxCaps {
            bytes: parts.messages.outbox(),
            age: parts.messages.outbox_age(),
        });
        Self(Arc::new(Inner {
            outgoing: Outgoing::new(&parts),
            courier: Mutex::new(Courier::new(parts.retry_scale)),
            parts,
            to_send: Notify::new(),
            post,
            to_post: Notify::new(),
            lines: Notify::new(),
            requests: tokio::sync::Mutex::default(),
            ending: AtomicBool::new(false),
            doubtful: AtomicBool::new(false),
        }))
    }

    /// Begins to work: posts what waits, tells what happens, sends. From the beginning, with or without
    /// WhatsApp.
    #[must_use]
    pub fn start(&self) -> Workers {
        let mut others = JoinSet::new();
        others.spawn(self.clone().tell_what_happens());
        others.spawn(self.clone().report());
        others.spawn(self.clone().work_send_queues());
        others.spawn(self.clone().look_after());
        Workers {
            gateway: self.clone(),
            courier: tokio::spawn(self.clone().deliver()),
            others,
        }
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

    /// Whom an account is linked to, as envelopes say it.
    pub(crate) fn me(&self, account: AccountId) -> Option<Me> {
        let snapshot = self.parts().snapshots.borrow();
        let view = snapshot.accounts.iter().find(|it| it.id == account)?;
        Some(Me {
            id: format!("{}@s.whatsapp.net", view.phone.as_ref()?.digits()),
            push_name: view.push_name.clone(),
        })
    }

    /// The state directory.
    #[must_use]
    pub fn state_dir(&self) -> &Path {
        &self.0.parts.state_dir
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

/// What works; ends when it is dropped.
pub struct Workers {
    gateway: Gateway,
    courier: JoinHandle<()>,
    others: JoinSet<()>,
}

impl Workers {
    /// Nothing new is begun, and what is being posted gets a moment. What was not answered by then is
    /// posted again after the next start: it is still in its line.
    pub async fn end(mut self) {
        self.gateway.0.ending.store(true, Ordering::SeqCst);
        self.gateway.0.to_post.notify_one();
        if timeout(COURIER_END, &mut self.courier).await.is_err() {
            debug!("receivers that have not answered are posted to again after the next start");
        }
        self.others.shutdown().await;
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.courier.abort();
    }
}
