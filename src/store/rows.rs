//! Rows inside a transaction: the few operations the rest of the store is written with.
//!
//! Every change goes through [`Rows`], which compares before it writes and notes in the [`Tx`]
//! whether anything changed at all. A transaction in which nothing changed is dropped instead of
//! committed: that is how unchanged saves and empty deletes cost no write to the card.

use std::cell::Cell;
use std::ops::Range;

use redb::{
    AccessGuard, Durability, Key, ReadableTable, ReadableTableMetadata, Table, TableDefinition,
    TableHandle, Value, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{Result, StoreError};
use super::schema::{AccountKey, is_identity_table};

/// One write transaction, shared by all requests of a group.
pub(super) struct Tx {
    inner: WriteTransaction,
    changed: Cell<bool>,
    tokens: Cell<bool>,
    settings: Cell<bool>,
    lines: Cell<bool>,
    identity: Cell<bool>,
    flushed: Cell<u64>,
}

impl Tx {
    pub(super) fn new(inner: WriteTransaction) -> Self {
        Self {
            inner,
            changed: Cell::new(false),
            tokens: Cell::new(false),
            settings: Cell::new(false),
            lines: Cell::new(false),
            identity: Cell::new(false),
            flushed: Cell::new(0),
        }
    }

    /// Notes that the tokens may have changed: those in memory are read anew after the commit.
    pub(super) fn note_tokens(&self) {
        self.tokens.set(true);
    }

    /// Whether the tokens may have changed.
    pub(super) fn touched_tokens(&self) -> bool {
        self.tokens.get()
    }

    /// Notes that policies, routes or webhooks may have changed.
    pub(super) fn note_settings(&self) {
        self.settings.set(true);
    }

    /// Whether policies, routes or webhooks may have changed.
    pub(super) fn touched_settings(&self) -> bool {
        self.settings.get()
    }

    /// Notes that the webhooks' lines may have changed.
    pub(super) fn note_lines(&self) {
        self.lines.set(true);
    }

    /// Whether the webhooks' lines may have changed.
    pub(super) fn touched_lines(&self) -> bool {
        self.lines.get()
    }

    /// Whether rows of the identity copy's tables changed.
    pub(super) fn touched_identity(&self) -> bool {
        self.identity.get()
    }

    /// Notes that copies of messages were written, up to this wish (see `pending`).
    pub(super) fn note_flushed(&self, wish: u64) {
        self.flushed.set(wish);
    }

    /// Up to which wish copies of messages were written.
    pub(super) fn flushed(&self) -> u64 {
        self.flushed.get()
    }

    /// Opens a table. A table can be open once at a time.
    pub(super) fn rows<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<Rows<'_, K, V>> {
        Ok(Rows {
            identity: is_identity_table(table.name()).then_some(&self.identity),
            table: self.inner.open_table(table)?,
            changed: &self.changed,
        })
    }

    /// Commits, or drops the transaction when no row changed. Says whether it committed.
    pub(super) fn finish(mut self, durability: Durability) -> Result<bool> {
        if !self.changed.get() {
            self.inner.abort()?;
            return Ok(false);
        }
        // Only refused when savepoints were touched, and nothing here does.
        self.inner
            .set_durability(durability)
            .map_err(redb::Error::from)?;
        self.inner.commit()?;
        Ok(true)
    }
}

/// The rows of one table inside a [`Tx`].
pub(super) struct Rows<'t, K: Key + 'static, V: Value + 'static> {
    table: Table<'t, K, V>,
    changed: &'t Cell<bool>,
    /// Set with `changed`, for a table of the identity copy.
    identity: Option<&'t Cell<bool>>,
}

impl<K: Key + 'static, V: Value + 'static> Rows<'_, K, V> {
    fn note_change(&self) {
        self.changed.set(true);
        if let Some(identity) = self.identity {
            identity.set(true);
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: K::SelfType<'_>) -> Result<Option<AccessGuard<'_, V>>> {
        Ok(self.table.get(key)?)
    }

    /// Sets the value of a key; writes nothing when the row holds it already.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "keys and values are tuples of references"
    )]
    pub(super) fn put(&mut self, key: K::SelfType<'_>, value: V::SelfType<'_>) -> Result<()> {
        let same = self.table.get(&key)?.is_some_and(|stored| {
            V::as_bytes(&stored.value()).as_ref() == V::as_bytes(&value).as_ref()
        });
        if !same {
            self.table.insert(&key, &value)?;
            self.note_change();
        }
        Ok(())
    }

    /// Deletes a row; says whether there was one.
    pub(super) fn remove(&mut self, key: K::SelfType<'_>) -> Result<bool> {
        let removed = self.table.remove(key)?.is_some();
        if removed {
            self.note_change();
        }
        Ok(removed)
    }

    /// The rows of a range of keys, in order.
    pub(super) fn range(&self, keys: Range<K::SelfType<'_>>) -> Result<redb::Range<'_, K, V>> {
        Ok(self.table.range(keys)?)
    }

    /// The rows there are.
    pub(super) fn len(&self) -> Result<u64> {
        Ok(self.table.len()?)
    }

    /// Deletes the rows of a range that are not to be kept; says how many.
    pub(super) fn retain<'k>(
        &mut self,
        keys: Range<K::SelfType<'k>>,
        mut keep: impl for<'f> FnMut(K::SelfType<'f>, V::SelfType<'f>) -> bool,
    ) -> Result<u32> {
        let mut removed = 0;
        self.table.retain_in(keys, |key, value| {
            let kept = keep(key, value);
            removed += u32::from(!kept);
            kept
        })?;
        if removed > 0 {
            self.note_change();
        }
        Ok(removed)
    }
}

impl<K: AccountKey, V: Value + 'static> Rows<'_, K, V> {
    /// Deletes all rows of an account.
    pub(super) fn remove_account(&mut self, account: u32) -> Result<()> {
        self.retain(all_of::<K>(account), |_, _| false)?;
        Ok(())
    }
}

/// All keys of an account. (Account numbers are given out one by one: they never reach the end of
/// 32 bits.)
pub(super) fn all_of<'k, K: AccountKey>(account: u32) -> Range<K::SelfType<'k>> {
    K::first(account)..K::first(account.saturating_add(1))
}

/// The smallest text after `text`: the end of the range of keys with exactly this part.
pub(super) fn after(text: &str) -> String {
    format!("{text}\0")
}

/// A serde value as JSON.
pub(super) fn encode<K: Key + 'static, T: Serialize>(
    table: TableDefinition<'static, K, &'static [u8]>,
    value: &T,
) -> Result<Vec<u8>> {
    // Neither direction passes serde's message on: it quotes the value.
    serde_json::to_vec(value).map_err(|_| unreadable(&table))
}

/// A serde value from JSON.
pub(super) fn decode<K: Key + 'static, T: DeserializeOwned>(
    table: TableDefinition<'static, K, &'static [u8]>,
    bytes: &[u8],
) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|_| unreadable(&table))
}

fn unreadable(table: &impl TableHandle) -> StoreError {
    StoreError::Row {
        table: table.name().to_owned(),
    }
}
