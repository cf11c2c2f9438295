//! Identities the disk did not take, kept until it does.
//!
//! The library saves an identity that could not be saved again only half a minute later, and a power cut
//! until then would cost a link the phone believes in: the pairing is done, and only the box has
//! forgotten it. So what a failed save would have written goes with the next commit, whatever that one
//! is for. Whoever hears that the disk is well again can rely on every identity being in the file.
//!
//! The writer's thread alone asks and is told, in the order of the saves; so the newest stays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use whatsapp_rust::wacore::store::Device;

use super::database::Shared;
use super::error::{Result, StoreError};
use super::health;
use super::rows::{Tx, decode, encode};
use super::schema::DEVICE;
use super::writer::Request;

/// What the disk did not take.
#[derive(Default)]
pub(super) struct Unsaved(Mutex<BTreeMap<u32, Identity>>);

/// An account's identity, as its row.
struct Identity {
    /// How often the account had been wiped when the link began: it is not brought back after that.
    wipes: u64,
    row: Vec<u8>,
}

impl Unsaved {
    fn book(&self) -> MutexGuard<'_, BTreeMap<u32, Identity>> {
        // Each step below is whole before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all of them; says whether there were any. Once the transaction is durable,
    /// [`Self::settle`] has to be told.
    pub(super) fn put_all(&self, tx: &Tx, wipes_of: impl Fn(u32) -> u64) -> Result<bool> {
        let mut book = self.book();
        book.retain(|account, identity| wipes_of(*account) == identity.wipes);
        for (account, identity) in &*book {
            tx.rows(DEVICE)?.put(*account, identity.row.as_slice())?;
        }
        Ok(!book.is_empty())
    }

    /// They are in the file.
    pub(super) fn settle(&self) {
        self.book().clear();
    }
}

/// The library's save of an identity. One that differs only in when the client's version was asked for is
/// not written.
pub(super) struct Save {
    shared: Arc<Shared>,
    account: u32,
    identity: Identity,
    fetched_ms: i64,
    done: oneshot::Sender<Result<()>>,
}

impl Save {
    /// Of that account's device, by a handle that was made when the account had been wiped so often; `done` hears how it
    /// went.
    pub(super) fn new(
        shared: Arc<Shared>,
        account: u32,
        wipes: u64,
        device: &Device,
        done: oneshot::Sender<Result<()>>,
    ) -> Result<Self> {
        let row = encode(DEVICE, device)?;
        Ok(Self {
            shared,
            account,
            identity: Identity { wipes, row },
            fetched_ms: device.app_version_last_fetched_ms,
            done,
        })
    }
}

impl Request for Save {
    fn run(&mut self, tx: &Tx) -> Result<()> {
        if self.shared.wipes_of(self.account) != self.identity.wipes {
            return Err(StoreError::Wiped);
        }
        // As for everything the protocol keeps (see `AccountBackend::write`).
        self.shared.pending.flush(tx)?;
        let mut rows = tx.rows(DEVICE)?;
        let stored = rows.get(self.account)?.map(|row| row.value().to_vec());
        if let Some(stored) = stored
            && differs_only_in_fetch_time(&stored, &self.identity.row, self.fetched_ms)?
        {
            return Ok(());
        }
        rows.put(self.account, self.identity.row.as_slice())
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        // An older one that waits is in the same commit as this one, before it.
        if let Err(error) = &outcome
            && health::judge(error).is_some()
        {
            let mut unsaved = self.shared.unsaved.book();
            unsaved.insert(self.account, self.identity);
        }
        // Nobody listens any more when the link has ended; the identity counts all the same.
        let _ = self.done.send(outcome);
    }
}

fn differs_only_in_fetch_time(stored: &[u8], new: &[u8], fetched_ms: i64) -> Result<bool> {
    let mut device: Device = decode(DEVICE, stored)?;
    device.app_version_last_fetched_ms = fetched_ms;
    Ok(encode(DEVICE, &device)? == new)
}
