//! The storage of one account: what the library is handed as its `Backend`.
//!
//! The library's storage traits carry no account, so the account lives in the handle. Each trait is
//! implemented in a file of its own; here are the handle and the few steps they all take.

use std::sync::Arc;

use redb::{Key, ReadTransaction, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::error::Result as LibraryResult;

use super::Store;
use super::database::Shared;
use super::error::{Result, StoreError};
use super::pending;
use super::rows::{Tx, decode, encode};
use super::unsaved::Save;
use crate::account::AccountId;
use crate::limits;

/// A table of raw bytes or JSON.
pub(super) type Bytes<K> = TableDefinition<'static, K, &'static [u8]>;

/// One account's view of the store.
pub(super) struct AccountBackend {
    store: Store,
    pub(super) account: u32,
    /// How often the account had been wiped when the handle was made.
    wipes: u64,
}

impl AccountBackend {
    pub(super) fn new(store: Store, account: AccountId) -> Self {
        let wipes = store.shared.wipes_of(account.0);
        Self {
            store,
            account: account.0,
            wipes,
        }
    }

    /// Looks at one consistent state. While the disk lets nobody look, that is waited for: to the library
    /// an error would mean that there is nothing, or that a message can never be read, and it would tell
    /// WhatsApp to forget it.
    pub(super) async fn read<T>(
        &self,
        look: impl Fn(&ReadTransaction) -> Result<T>,
    ) -> LibraryResult<T> {
        let mut opened = self.store.shared.opened.subscribe();
        for _ in 1..limits::STORE_LOOKS {
            match self.store.read(&look) {
                Err(error) if error.may_pass() => {
                    // The sender is part of the store this handle holds.
                    let _ = opened.changed().await;
                }
                outcome => return Ok(outcome?),
            }
        }
        self.glance(look)
    }

    /// The same, at once.
    pub(super) fn glance<T>(
        &self,
        look: impl Fn(&ReadTransaction) -> Result<T>,
    ) -> LibraryResult<T> {
        Ok(self.store.read(look)?)
    }

    /// Makes a change; returns when it is durable.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        mut change: impl FnMut(&Tx) -> Result<T> + Send + 'static,
    ) -> LibraryResult<T> {
        let (shared, account, wipes) = (self.store.shared.clone(), self.account, self.wipes);
        let written = self
            .store
            .write(move |tx| {
                if shared.wipes_of(account) == wipes {
                    // No ratchet goes into the file before the copies made before it.
                    shared.pending.flush(tx)?;
                    change(tx)
                } else {
                    Err(StoreError::Wiped)
                }
            })
            .await;
        Ok(written?)
    }

    /// Saves the account's identity; returns when it is durable. If it cannot be, the next commit brings it.
    pub(super) async fn save_device(&self, device: &Device) -> Result<()> {
        let shared = Arc::clone(&self.store.shared);
        let (done, answer) = oneshot::channel();
        let save = Save::new(shared, self.account, self.wipes, device, done)?;
        self.store.send(Box::new(save), answer).await
    }

    /// What readers and the writer share, for a change that is not written at once.
    ///
    /// # Errors
    /// As a write would have.
    pub(super) fn shared(&self) -> LibraryResult<&Shared> {
        if self.store.queue.is_closed() {
            return Err(StoreError::Closed.into());
        }
        let shared = &self.store.shared;
        if shared.wipes_of(self.account) != self.wipes {
            return Err(StoreError::Wiped.into());
        }
        Ok(shared)
    }

    /// What is known of a copy without the file; a handle that can only read may ask, too.
    pub(super) fn known_pending(&self, key: &pending::Key) -> pending::Known {
        self.store.shared.pending.get(key)
    }

    /// Sets rows whose key is a text.
    pub(super) async fn put_texts(
        &self,
        table: Bytes<(u32, &'static str)>,
        rows: Vec<(
            impl AsRef<str> + Send + 'static,
            impl AsRef<[u8]> + Send + 'static,
        )>,
    ) -> LibraryResult<()> {
        let account = self.account;
        self.write(move |tx| {
            let mut stored = tx.rows(table)?;
            for (key, value) in &rows {
                stored.put((account, key.as_ref()), value.as_ref())?;
            }
            Ok(())
        })
        .await
    }

    /// Sets one row whose key is a text to a JSON value.
    pub(super) async fn put_json(
        &self,
        table: Bytes<(u32, &'static str)>,
        key: &str,
        value: &impl Serialize,
    ) -> LibraryResult<()> {
        self.put_texts(table, vec![(key.to_owned(), encode(table, value)?)])
            .await
    }

    /// Deletes a row whose key is a text.
    pub(super) async fn remove_text<V: redb::Value + Send + 'static>(
        &self,
        table: TableDefinition<'static, (u32, &'static str), V>,
        key: &str,
    ) -> LibraryResult<()> {
        let (account, key) = (self.account, key.to_owned());
        self.write(move |tx| {
            tx.rows(table)?.remove((account, &key))?;
            Ok(())
        })
        .await
    }

    /// Deletes a row whose key is a number.
    pub(super) async fn remove_number<V: redb::Value + Send + 'static>(
        &self,
        table: TableDefinition<'static, (u32, u32), V>,
        key: u32,
    ) -> LibraryResult<()> {
        let account = self.account;
        self.write(move |tx| {
            tx.rows(table)?.remove((account, key))?;
            Ok(())
        })
        .await
    }
}

/// The bytes of one row.
pub(super) fn bytes<K: Key + 'static>(
    tx: &ReadTransaction,
    table: Bytes<K>,
    key: K::SelfType<'_>,
) -> Result<Option<Vec<u8>>> {
    let row = tx.open_table(table)?.get(key)?;
    Ok(row.map(|row| row.value().to_vec()))
}

/// The JSON value of one row.
pub(super) fn json<K: Key + 'static, T: DeserializeOwned>(
    tx: &ReadTransaction,
    table: Bytes<K>,
    key: K::SelfType<'_>,
) -> Result<Option<T>> {
    let row = tx.open_table(table)?.get(key)?;
    row.map(|row| decode(table, row.value())).transpose()
}
