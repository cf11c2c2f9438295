//! The store: everything a box must remember, in one redb file. The only module that names redb.
//!
//! One [`Store`] per process. Reads look at the last committed state; writes go to one thread that
//! commits everything waiting as one durable transaction (see `writer`). When a call that writes
//! returns `Ok`, the change survives a power cut; when it returns an error, the change was not
//! acknowledged and may or may not be there.
//!
//! Reads run where they are called, on the async thread too: they are look-ups by key that mostly
//! hit the 2 MiB cache or the kernel's, no lock is held against the writer's sync, and handing each
//! to another thread would cost more than it saves.
//!
//! What happens, in order:
//!
//! * *Pair and run*: the library is handed [`Store::backend`] and writes through its own traits. It
//!   sends a message only after the ratchet state behind it was acknowledged here.
//! * *Receive*: the library keeps a copy of the decrypted message (see `pending`), then
//!   [`Store::take_in`], then it is acknowledged to the service and the copy goes. A cut in between
//!   repeats the message; the ring knows it again.
//! * *Log out*: the link ends, then [`Store::wipe_auth`] deletes the identity in one transaction.
//!   Handles made before it cannot write any more, so a late task of the library cannot bring an
//!   old identity back.
//! * *Start again*: see `open`; and `identity` and `restore` for a store that is beyond repair.

mod accounts;
mod app_sync;
mod backend;
#[cfg(feature = "bench")]
mod bad_disk;
mod box_names;
mod caps;
mod client_version;
mod copy;
mod database;
mod deliveries;
mod device;
mod error;
mod health;
mod held;
mod identity;
mod kept;
mod lines;
mod media;
mod medium;
mod messages;
mod msg_secrets;
mod open;
mod outbox;
mod pending;
mod people;
#[cfg(feature = "bench")]
pub mod probe;
mod protocol;
pub mod rehearsal;
mod requests;
mod restore;
mod restored;
mod ring;
mod rows;
mod schema;
mod schema_3;
mod schema_mark;
mod send_queue;
mod settings;
mod signal;
mod take_in;
mod tc_tokens;
mod tokens;
mod unsaved;
mod webhooks;
mod writer;

use std::path::Path;
use std::sync::Arc;

use redb::{Durability, ReadTransaction};
use tokio::sync::{mpsc, oneshot};
use whatsapp_rust::traits::Backend;

pub use self::caps::OutboxCaps;
pub use self::client_version::ClientVersion;
pub use self::copy::{CopyError, Extent, clear_place};
pub use self::deliveries::DeliveryFilter;
pub use self::error::{OpenError, StoreError};
pub use self::kept::{Direction, KeptMessage, MessageFilter};
pub use self::lines::Lines;
pub use self::medium::Counters;
pub use self::outbox::Place;
pub use self::schema::SCHEMA;
pub use self::schema_mark::mark_schema;
pub use self::send_queue::{Change, Idempotency, Queued};
pub use self::take_in::{Around, Envelope, Taken};
pub use self::tokens::{Life, NewToken, StoredToken, Tokens};

use self::backend::AccountBackend;
use self::database::Shared;
use self::error::Result;
use self::identity::Site;
use self::rows::Tx;
use self::writer::{Message, Request, Writer, request};
use crate::account::AccountId;
use crate::limits;
use crate::pulse::{Echo, Pulse};
use crate::time::Mono;

/// A handle of the open store. Cheap to clone; the file closes when the last one is gone, or
/// earlier with [`Store::close`].
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Message>,
    echo: Echo,
}

impl Store {
    /// Opens the store at `path`; creates it, and its directory, if there is none. Blocks for as
    /// long as the card takes to read the file once.
    ///
    /// # Errors
    /// [`OpenError`]; its text names the file and says what to do. The file is left as it is.
    pub fn open(path: &Path) -> std::result::Result<Self, OpenError> {
        let shared = open::open_file(path)?;
        shared.identity.settle_at(Site::of(path));
        Self::start(shared, Durability::Immediate)
    }

    /// As [`Store::open`]; a store beyond repair is put aside and made anew from its identity copy,
    /// where there is one with an identity in it (see `restore`). [`Store::restored`] tells.
    ///
    /// # Errors
    /// As [`Store::open`]; while the disk does not take the new file, that, and the old one is as it was.
    pub fn open_or_restore(path: &Path) -> std::result::Result<Self, OpenError> {
        let site = Site::of(path);
        let open = || open::open_file(path);
        let shared = restore::open_or_restore(&site, &open, &mut || site.ask_disk())?;
        shared.identity.settle_at(site);
        Self::start(shared, Durability::Immediate)
    }

    fn start(shared: Shared, durability: Durability) -> std::result::Result<Self, OpenError> {
        let shared = Arc::new(shared);
        let (queue, requests) = mpsc::channel(limits::STORE_QUEUE);
        let echo = Echo::default();
        Writer::new(Arc::clone(&shared), requests, durability, echo.clone())
            .and_then(|writer| {
                let thread = std::thread::Builder::new().name("store".into());
                thread.spawn(move || writer.run())
            })
            .map_err(|source| OpenError::Io {
                file: "the store's thread".into(),
                source,
            })?;
        Ok(Self {
            shared,
            queue,
            echo,
        })
    }

    /// The storage of one account, as the library wants it. Ask again for every link: a handle
    /// made before [`Store::wipe_auth`] can read but no longer write.
    #[must_use]
    pub fn backend(&self, account: AccountId) -> Arc<dyn Backend> {
        Arc::new(AccountBackend::new(self.clone(), account))
    }

    /// Deletes the identity of an account and everything the protocol keeps for it, in one
    /// transaction. What the person decided and the messages stay; what waits to be sent fails as
    /// `logged_out`, and is returned. Only while no link runs.
    ///
    /// # Errors
    /// [`StoreError`]; all of the identity is still there, or none of it.
    pub async fn wipe_auth(&self, account: AccountId) -> Result<Vec<Change>> {
        // From here until it is done no copy of the identity is made, and none is left.
        let _turn = self.shared.identity.take_away().await;
        let shared = Arc::clone(&self.shared);
        let wiped = self.write(move |tx| {
            // From here on the account's old handles are refused, also when the commit fails: the
            // link they served has ended either way.
            shared.note_wipe(account.0);
            shared.pending.forget_account(account.0);
            let failed = send_queue::fail_all(tx, account.0, "logged_out")?;
            schema::wipe(tx, account.0)?;
            Ok(failed)
        });
        let wiped = wiped.await;
        self.shared.identity.note_change();
        wiped
    }

    /// Deletes everything there is about an account, its identity, its record, its messages and what
    /// waits because of it, and takes it off the lists of tokens and webhooks, in one transaction. Its number is not given out again. Only
    /// while no link runs.
    ///
    /// # Errors
    /// [`StoreError`]; all of the account is still there, or none of it.
    pub async fn delete_account(&self, account: AccountId) -> Result<()> {
        let _turn = self.shared.identity.take_away().await;
        let shared = Arc::clone(&self.shared);
        let deleted = self.write(move |tx| {
            shared.note_wipe(account.0);
            shared.pending.forget_account(account.0);
            schema::wipe(tx, account.0)?;
            schema::forget(tx, account.0)?;
            tokens::forget_account(tx, account.0)
        });
        let deleted = deleted.await;
        self.shared.identity.note_change();
        deleted
    }

    /// Asks the writer for a sign of life, which wakes it. [`Store::pulse`] tells whether it came.
    pub fn ask_for_life(&self, now: Mono) {
        self.echo.ask(now);
        // A full queue has enough in it that gets an answer; a writer that is gone gives none.
        let _ = self.queue.try_send(Message::Beat);
    }

    /// The writer's sign of life: as old as the last question it answered.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.echo.pulse()
    }

    /// What the store did since it was opened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.medium.tally.read()
    }

    /// Commits what waits, closes the file and releases its lock. Every later call on any handle
    /// fails with [`StoreError::Closed`].
    pub async fn close(&self) {
        // A disk that does not take them has said so where it matters.
        let _ = self.flush_pending().await;
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the writer is gone, which is what was wanted.
            let _ = closed.await;
        }
    }

    /// Looks at one consistent state of the database.
    fn read<T>(&self, look: impl FnOnce(&ReadTransaction) -> Result<T>) -> Result<T> {
        let outcome = self.shared.read(look);
        if let Err(error) = &outcome
            && error.needs_reopening()
        {
            // If the queue is full, some write will find the same fault in a moment.
            let _ = self.queue.try_send(Message::Recover);
        }
        outcome
    }

    /// Makes a change; returns when it is durable. The change happens even if the caller stops
    /// waiting. `change` may run twice, the first time for nothing (see `writer`).
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnMut(&Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (request, answer) = request(change);
        self.send(request, answer).await
    }

    /// Sends a request to the writer; returns its answer.
    async fn send<T>(
        &self,
        request: Box<dyn Request>,
        answer: oneshot::Receiver<Result<T>>,
    ) -> Result<T> {
        self.queue
            .send(Message::Write(request))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}
