//! What works the send queues: one task for each account, and what the gateway remembers for them.
//!
//! The rows of the store are the truth, and [`crate::message::sender`] says what goes next; here it is
//! carried out. Whatever moment the process dies in: what was not acknowledged by WhatsApp's server is
//! still in its row, and goes again with the same id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use log::{error, info, warn};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{AbortHandle, JoinSet};

use super::cache::Cache;
use super::numbers::Numbers;
use super::spool::Spool;
use super::worker::Worker;
use super::{Gateway, GatewayParts};
use crate::account::AccountId;
use crate::limits;
use crate::message::address::{Chat, MessageId};
use crate::message::outbound::{Draft, Progress};
use crate::message::pacing::Pace;
use crate::message::reached;
use crate::snapshot::StoreHealth;
use crate::store::{Change, StoreError};
use crate::time::UnixMillis;

/// What is on its way out.
pub(crate) struct Outgoing {
    pub(super) spool: Spool,
    pub(super) cache: Cache,
    pub(super) pace: Pace,
    pub(super) numbers: Numbers,
    /// Places for files that are fetched from URLs.
    pub(super) fetches: Arc<Semaphore>,
    bells: Mutex<BTreeMap<AccountId, Arc<Bell>>>,
}

/// How a worker is told that something happened to its queue.
#[derive(Default)]
pub(super) struct Bell {
    pub(super) rung: Notify,
    news: Mutex<News>,
}

/// What happened to a queue.
#[derive(Default)]
pub(super) struct News {
    /// Something was put into it.
    pub(super) queued: bool,
    /// What is not waited for any more, and how far it is.
    pub(super) done: Vec<(MessageId, Progress)>,
}

impl Bell {
    fn ring(&self, tell: impl FnOnce(&mut News)) {
        tell(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner));
        self.rung.notify_one();
    }

    /// What happened since it was asked last.
    pub(super) fn news(&self) -> News {
        std::mem::take(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Outgoing {
    /// Nothing yet.
    pub(super) fn new(parts: &GatewayParts) -> Self {
        let folder = parts.state_dir.join("media");
        Self {
            spool: Spool::new(folder.join("spool"), parts.messages.media_max()),
            cache: Cache::new(folder.join("cache"), parts.messages.media_cache()),
            pace: Pace {
                per_minute: parts.messages.pace_per_minute,
                burst: parts.messages.pace_burst,
            },
            numbers: Numbers::default(),
            fetches: Arc::new(Semaphore::new(limits::MEDIA_FETCHES)),
            bells: Mutex::default(),
        }
    }

    fn bells(&self) -> std::sync::MutexGuard<'_, BTreeMap<AccountId, Arc<Bell>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// Where files that are to be sent are taken in.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.outgoing().spool
    }

    /// Throws away the files of messages that wait no more, and what was not fetched whole. Before anybody can put one in.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was thrown away.
    pub fn sweep_spool(&self) -> Result<(), StoreError> {
        let store = &self.parts().store;
        let mut wanted = BTreeSet::new();
        for account in store.accounts()? {
            for (_, message) in store.send_queue(account.id)? {
                if let Draft::Media { spooled, .. } = message.content {
                    wanted.insert(spooled);
                }
            }
        }
        if let Err(error) = self.spool().sweep(|file| wanted.contains(file)) {
            warn!("files that were sent could not be looked through: {error}");
        }
        self.outgoing().cache.sweep();
        Ok(())
    }

    /// Messages an account sent got further: written down, told (`message.ack`, `message.failed`), and not
    /// waited for any more. Receipts and refusals of WhatsApp's server come through here, and what the
    /// sender gives up. What is no news changes nothing.
    pub async fn progressed(
        &self,
        account: AccountId,
        ids: &[MessageId],
        chat: Option<&Chat>,
        progress: Progress,
    ) {
        let store = &self.parts().store;
        let noted = store.held(|| self.note(account, ids, chat, progress.clone()));
        if let Err(error) = noted.await {
            // It goes again with the same id, and is acknowledged again.
            warn!("account {account}: how far messages are could not be kept: {error}");
        }
    }

    /// The same, for whoever minds when it is not written down.
    pub(super) async fn note(
        &self,
        account: AccountId,
        ids: &[MessageId],
        chat: Option<&Chat>,
        progress: Progress,
    ) -> Result<(), StoreError> {
        let parts = self.parts();
        // Receipts come over a connection, which no box without a clock makes.
        let now = parts.clock.now().wall.unwrap_or(UnixMillis(0));
        let changed = parts
            .store
            .progress(account, ids, chat, progress.clone(), now);
        let changed = changed.await?;
        if progress != Progress::Queued
            && let Some(bell) = self.outgoing().bells().get(&account)
        {
            let done = ids.iter().map(|id| (id.clone(), progress.clone()));
            bell.ring(|news| news.done.extend(done));
        }
        self.tell_progress(account, changed, now).await
    }

    /// What waited at an account was failed with its identity: the sender forgets it, and it is told.
    pub async fn failed_all(&self, account: AccountId, failed: Vec<Change>) {
        if let Some(bell) = self.outgoing().bells().get(&account) {
            // The rows are the truth, and they are gone.
            bell.ring(|news| news.queued = true);
        }
        let now = self.parts().clock.now().wall.unwrap_or(UnixMillis(0));
        if let Err(error) = self.tell_progress(account, failed, now).await {
            warn!("account {account}: that messages failed could not be told: {error}");
        }
    }

    /// An account is deleted: its files go, too. `spooled`: those that waited to be sent.
    pub async fn forget_files(&self, account: AccountId, spooled: Vec<String>) {
        let (spool, cache) = (self.spool().clone(), self.outgoing().cache.clone());
        let gone = tokio::task::spawn_blocking(move || {
            for file in spooled {
                spool.remove(&file);
            }
            cache.forget(account);
        });
        if let Err(died) = gone.await {
            warn!("account {account}: its files stay: {died}");
        }
    }

    /// The files that wait to be sent at an account.
    #[must_use]
    pub fn spooled_of(&self, account: AccountId) -> Vec<String> {
        let rows = self.parts().store.send_queue(account).unwrap_or_default();
        let files = rows
            .into_iter()
            .filter_map(|(_, row)| row.content.spooled().map(str::to_owned));
        files.collect()
    }

    async fn tell_progress(
        &self,
        account: AccountId,
        changed: Vec<Change>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let box_id = self.parts().store.box_id()?;
        for (id, chat, progress) in changed {
            let event = reached::reached(box_id, account, &id, &chat, &progress, now);
            if let Some(event) = event {
                self.tell(event).await?;
            }
        }
        Ok(())
    }

    /// There is something in the send queues.
    fn ring_all(&self) {
        for bell in self.outgoing().bells().values() {
            bell.ring(|news| news.queued = true);
        }
    }

    /// Works the send queues of all accounts; ends when the process does.
    pub async fn work_send_queues(self) {
        let mut snapshots = self.parts().snapshots.clone();
        let mut disk = self.parts().store.health();
        let mut tasks = JoinSet::new();
        let mut workers = BTreeMap::<AccountId, AbortHandle>::new();
        loop {
            let accounts: BTreeSet<AccountId> = {
                let snapshot = snapshots.borrow_and_update();
                snapshot.accounts.iter().map(|view| view.id).collect()
            };
            workers.retain(|account, task| {
                let stays = accounts.contains(account);
                if !stays {
                    task.abort();
                    self.outgoing().bells().remove(account);
                }
                stays && !task.is_finished()
            });
            for account in accounts {
                workers.entry(account).or_insert_with(|| {
                    let bell = Arc::<Bell>::default();
                    self.outgoing().bells().insert(account, Arc::clone(&bell));
                    tasks.spawn(Worker::new(self.clone(), account, bell).work())
                });
            }
            tokio::select! {
                changed = snapshots.changed() => if changed.is_err() {
                    return info!("nothing is sent any more");
                },
                () = self.something_to_send() => self.ring_all(),
                // What was reported as not kept may be on the disk all the same.
                Ok(()) = disk.changed() => if *disk.borrow_and_update() == StoreHealth::Well {
                    self.ring_all();
                },
                Some(ended) = tasks.join_next() => if let Err(died) = ended
                    && died.is_panic()
                {
                    error!("a sender broke down and starts anew: {died}");
                },
            }
        }
    }
}
