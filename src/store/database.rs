//! The open database, shared by the readers and the writer, and its recovery from I/O errors.
//!
//! redb refuses all work after the first I/O error, even when the cause has gone (a full card, a
//! hiccup of the bus). So the database sits in a slot: the writer drops it and opens it anew, and
//! keeps the reason in the slot when that fails, to try again with the next request. Readers hold
//! the slot for the length of one transaction and never across an `await`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};
use tokio::sync::watch;

use super::caps::OutboxCaps;
use super::error::{Result, StoreError};
use super::identity::IdentityCopy;
use super::lines::Lines;
use super::medium::{Medium, count};
use super::pending::Pending;
use super::tokens::{self, Tokens};
use super::unsaved::Unsaved;
use super::{health, lines, settings};
use crate::limits;
use crate::message::intake::Settings;
use crate::snapshot::StoreHealth;

/// What the slot holds.
enum Slot {
    /// The database.
    Open(Database),
    /// Why it could not be opened again.
    Broken(StoreError),
    /// It was closed on purpose.
    Closed,
}

/// What readers and the writer share.
pub(super) struct Shared {
    slot: RwLock<Slot>,
    pub(super) medium: Medium,
    /// How often the identity of an account was wiped since the start.
    wipes: Mutex<BTreeMap<u32, u64>>,
    /// How the disk took the last write.
    pub(super) health: watch::Sender<StoreHealth>,
    /// Changes whenever the database was opened anew, or closed.
    pub(super) opened: watch::Sender<()>,
    /// The API tokens as they are in the file.
    pub(super) tokens: watch::Sender<Tokens>,
    /// Policies, routes and webhooks as they are in the file.
    pub(super) settings: watch::Sender<Arc<Settings>>,
    /// How the webhooks' lines stand in the file.
    pub(super) lines: watch::Sender<Lines>,
    /// How much may wait for webhooks, and how long.
    pub(super) caps: watch::Sender<OutboxCaps>,
    /// Copies of received messages that are not in the file yet.
    pub(super) pending: Pending,
    /// Identities the disk did not take.
    pub(super) unsaved: Unsaved,
    /// The identity copy beside the file.
    pub(super) identity: IdentityCopy,
    /// All tokens are to be deleted, and the disk has not done it yet.
    token_reset: AtomicBool,
    /// Names this run of the program.
    pub(super) run: u64,
}

impl Shared {
    pub(super) fn new(database: Database, medium: Medium) -> Result<Self> {
        let run = tokens::name_run()?;
        let tx = database.begin_read()?;
        let found = tokens::load(&tx, run)?;
        let settings = settings::load(&tx)?;
        let lines = lines::load(&tx)?;
        drop(tx);
        Ok(Self {
            slot: RwLock::new(Slot::Open(database)),
            medium,
            wipes: Mutex::default(),
            health: watch::channel(StoreHealth::Well).0,
            opened: watch::Sender::default(),
            tokens: watch::channel(Arc::new(found)).0,
            settings: watch::channel(Arc::new(settings)).0,
            lines: watch::channel(Arc::new(lines)).0,
            caps: watch::channel(OutboxCaps::default()).0,
            pending: Pending::default(),
            unsaved: Unsaved::default(),
            identity: IdentityCopy::default(),
            token_reset: AtomicBool::new(false),
            run,
        })
    }

    /// Says that the disk took a write.
    pub(super) fn tell_well(&self) {
        self.tell(StoreHealth::Well);
    }

    /// Says what an error means for the disk, if it means anything.
    pub(super) fn tell_health(&self, error: &StoreError) {
        if let Some(health) = health::judge(error) {
            self.tell(health);
        }
    }

    fn tell(&self, health: StoreHealth) {
        self.health.send_if_modified(|said| {
            let news = *said != health;
            if news && health == StoreHealth::Well {
                log::info!("store: the disk takes writes again");
            }
            *said = health;
            news
        });
    }

    /// Whether the disk took the last write.
    pub(super) fn is_well(&self) -> bool {
        *self.health.borrow() == StoreHealth::Well
    }

    /// Makes every token useless now, and asks the writer to delete them.
    pub(super) fn want_token_reset(&self) {
        self.token_reset.store(true, Ordering::SeqCst);
        self.tokens.send_replace(Arc::default());
    }

    /// Whether all tokens are still to be deleted.
    pub(super) fn wants_token_reset(&self) -> bool {
        self.token_reset.load(Ordering::SeqCst)
    }

    /// All tokens were deleted, durably.
    pub(super) fn note_token_reset(&self) {
        self.token_reset.store(false, Ordering::SeqCst);
    }

    /// Reads the tokens anew. What was in memory stays when they cannot be read: the file holds nothing
    /// else, as far as we know.
    pub(super) fn publish_tokens(&self) {
        match self.read(|tx| tokens::load(tx, self.run)) {
            // Until they are deleted they are useless.
            Ok(_) if self.wants_token_reset() => {}
            Ok(found) => {
                self.tokens.send_replace(Arc::new(found));
            }
            Err(error) => log::error!("store: the tokens cannot be read: {error}"),
        }
    }

    /// Reads policies, routes and webhooks anew. What was in memory stays when they cannot be read.
    pub(super) fn publish_settings(&self) {
        match self.read(settings::load) {
            Ok(found) => {
                self.settings.send_if_modified(|said| {
                    let news = **said != found;
                    if news {
                        *said = Arc::new(found);
                    }
                    news
                });
            }
            Err(error) => log::error!("store: the webhooks cannot be read: {error}"),
        }
    }

    /// Reads anew how the webhooks' lines stand.
    pub(super) fn publish_lines(&self) {
        match self.read(lines::load) {
            Ok(found) => {
                self.lines.send_if_modified(|said| {
                    let news = **said != found;
                    if news {
                        *said = Arc::new(found);
                    }
                    news
                });
            }
            Err(error) => log::error!("store: the outbox cannot be read: {error}"),
        }
    }

    /// Looks at one consistent state.
    pub(super) fn read<T>(&self, look: impl FnOnce(&ReadTransaction) -> Result<T>) -> Result<T> {
        // A panic of another reader leaves the slot as it was: it only reads it.
        let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Slot::Open(database) => look(&database.begin_read()?),
            Slot::Broken(error) => Err(error.clone()),
            Slot::Closed => Err(StoreError::Closed),
        }
    }

    /// Begins a write transaction; opens the database anew first if it has to be. Writer only.
    pub(super) fn begin_write(&self) -> Result<WriteTransaction> {
        match self.try_begin_write() {
            Err(error) if error.needs_reopening() => {
                self.reopen()?;
                self.try_begin_write()
            }
            outcome => outcome,
        }
    }

    fn try_begin_write(&self) -> Result<WriteTransaction> {
        let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Slot::Open(database) => Ok(database.begin_write()?),
            Slot::Broken(error) => Err(error.clone()),
            Slot::Closed => Err(StoreError::Closed),
        }
    }

    /// Opens the database anew if it refuses to work. Writer only, without a transaction.
    pub(super) fn recover(&self) -> Result<()> {
        // What a failed commit left in the file is known only once it is open again.
        drop(self.begin_write()?);
        self.publish_tokens();
        self.publish_settings();
        self.publish_lines();
        Ok(())
    }

    /// Opens the database anew, whatever there is of it. Writer only, without a transaction.
    pub(super) fn reopen(&self) -> Result<()> {
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*slot, Slot::Closed) {
            return Err(StoreError::Closed);
        }
        // A structure that makes no sense may show here, too, and must not leave the slot closed.
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            // The old database goes first: it holds the file's lock.
            *slot = Slot::Closed;
            Ok(open_database(&self.medium)?)
        }));
        match outcome.unwrap_or_else(|_| Err(StoreError::senseless())) {
            Ok((database, _)) => {
                count(&self.medium.tally.reopened, 1);
                log::warn!("store: opened anew after an error");
                *slot = Slot::Open(database);
                drop(slot);
                self.opened.send_replace(());
                Ok(())
            }
            Err(error) => {
                *slot = Slot::Broken(error.clone());
                Err(error)
            }
        }
    }

    /// Closes the database. Everything that follows is told so.
    pub(super) fn close(&self) {
        *self.slot.write().unwrap_or_else(PoisonError::into_inner) = Slot::Closed;
        self.opened.send_replace(());
    }

    /// How often the identity of an account was wiped: what a handle must still agree with to
    /// write.
    pub(super) fn wipes_of(&self, account: u32) -> u64 {
        self.wipes().get(&account).copied().unwrap_or(0)
    }

    /// Makes all handles of an account made so far unable to write.
    pub(super) fn note_wipe(&self, account: u32) {
        *self.wipes().entry(account).or_insert(0) += 1;
    }

    fn wipes(&self) -> MutexGuard<'_, BTreeMap<u32, u64>> {
        self.wipes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a database was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// Closed properly, or new.
    Clean,
    /// Cut off; redb checked all of it and went back to the last whole commit.
    Repaired,
}

/// Opens the database of a medium.
pub(super) fn open_database(
    medium: &Medium,
) -> std::result::Result<(Database, Found), redb::Error> {
    let backend = medium.backend()?;
    let repaired = Rc::new(Cell::new(false));
    let seen = Rc::clone(&repaired);
    let database = Database::builder()
        .set_cache_size(limits::STORE_CACHE)
        .set_repair_callback(move |_| seen.set(true))
        .create_with_backend(backend)?;
    let found = if repaired.get() {
        Found::Repaired
    } else {
        Found::Clean
    };
    Ok((database, found))
}
