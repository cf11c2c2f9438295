//! The library's `SignalStore`: identity keys of peers, ratchet sessions, pre-keys, sender keys.
//!
//! An `Ok` here lets the library put a message on the wire, so it must mean "durable": a ratchet
//! state older than what was sent would use a message key twice. Batches are one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use redb::{ReadTransaction, TableDefinition, Value};
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::traits::SignalStore;
use whatsapp_rust::wacore::store::error::Result;

use super::backend::{AccountBackend, bytes};
use super::error;
use super::rows::all_of;
use super::schema::{IDENTITIES, PREKEYS, SENDER_KEYS, SESSIONS, SIGNED_PREKEYS};

#[async_trait]
impl SignalStore for AccountBackend {
    async fn put_identity(&self, address: &str, key: [u8; 32]) -> Result<()> {
        self.put_identities_batch(&[(address.into(), key)]).await
    }

    async fn put_identities_batch(&self, identities: &[(Arc<str>, [u8; 32])]) -> Result<()> {
        let (account, identities) = (self.account, identities.to_vec());
        self.write(move |tx| {
            let mut rows = tx.rows(IDENTITIES)?;
            for (address, key) in &identities {
                rows.put((account, address), key)?;
            }
            Ok(())
        })
        .await
    }

    async fn load_identity(&self, address: &str) -> Result<Option<[u8; 32]>> {
        self.read(|tx| {
            let row = tx.open_table(IDENTITIES)?.get((self.account, address))?;
            Ok(row.map(|row| *row.value()))
        })
        .await
    }

    async fn delete_identity(&self, address: &str) -> Result<()> {
        self.remove_text(IDENTITIES, address).await
    }

    async fn get_session(&self, address: &str) -> Result<Option<Bytes>> {
        let row = self
            .read(|tx| bytes(tx, SESSIONS, (self.account, address)))
            .await?;
        Ok(row.map(Bytes::from))
    }

    async fn put_session(&self, address: &str, session: &[u8]) -> Result<()> {
        self.put_texts(SESSIONS, vec![(address.to_owned(), session.to_vec())])
            .await
    }

    async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> Result<()> {
        self.put_texts(SESSIONS, sessions.to_vec()).await
    }

    async fn delete_session(&self, address: &str) -> Result<()> {
        self.remove_text(SESSIONS, address).await
    }

    async fn has_session(&self, address: &str) -> Result<bool> {
        self.read(|tx| {
            let row = tx.open_table(SESSIONS)?.get((self.account, address))?;
            Ok(row.is_some())
        })
        .await
    }

    async fn has_signal_state_for_user(&self, user: &str) -> Result<bool> {
        self.read(|tx| {
            Ok(knows_user(tx, SESSIONS, self.account, user)?
                || knows_user(tx, IDENTITIES, self.account, user)?)
        })
        .await
    }

    async fn store_prekey(&self, id: u32, record: &[u8], uploaded: bool) -> Result<()> {
        self.store_prekeys_batch(&[(id, Bytes::copy_from_slice(record))], uploaded)
            .await
    }

    async fn store_prekeys_batch(&self, keys: &[(u32, Bytes)], uploaded: bool) -> Result<()> {
        let (account, keys) = (self.account, keys.to_vec());
        self.write(move |tx| {
            let mut rows = tx.rows(PREKEYS)?;
            for (id, record) in &keys {
                rows.put((account, *id), (uploaded, record))?;
            }
            Ok(())
        })
        .await
    }

    async fn load_prekey(&self, id: u32) -> Result<Option<Bytes>> {
        let found = self.load_prekeys_batch(&[id]).await?;
        Ok(found.into_iter().next().map(|(_, record)| record))
    }

    async fn load_prekeys_batch(&self, ids: &[u32]) -> Result<Vec<(u32, Bytes)>> {
        self.read(|tx| {
            let table = tx.open_table(PREKEYS)?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(row) = table.get((self.account, *id))? {
                    found.push((*id, Bytes::copy_from_slice(row.value().1)));
                }
            }
            Ok(found)
        })
        .await
    }

    async fn mark_prekeys_uploaded(&self, ids: &[u32]) -> Result<()> {
        let (account, ids) = (self.account, ids.to_vec());
        self.write(move |tx| {
            let mut rows = tx.rows(PREKEYS)?;
            for id in &ids {
                // A key that was used up meanwhile stays gone: handing it out twice would let two
                // peers start sessions with it.
                let record = rows.get((account, *id))?.map(|row| row.value().1.to_vec());
                if let Some(record) = record {
                    rows.put((account, *id), (true, record.as_slice()))?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn remove_prekey(&self, id: u32) -> Result<()> {
        self.remove_number(PREKEYS, id).await
    }

    async fn get_max_prekey_id(&self) -> Result<u32> {
        self.read(|tx| {
            let table = tx.open_table(PREKEYS)?;
            let last = table.range(all_of::<(u32, u32)>(self.account))?.next_back();
            Ok(last.transpose()?.map_or(0, |(key, _)| key.value().1))
        })
        .await
    }

    async fn store_signed_prekey(&self, id: u32, record: &[u8]) -> Result<()> {
        let (account, record) = (self.account, record.to_vec());
        self.write(move |tx| tx.rows(SIGNED_PREKEYS)?.put((account, id), &record))
            .await
    }

    async fn load_signed_prekey(&self, id: u32) -> Result<Option<Vec<u8>>> {
        self.read(|tx| bytes(tx, SIGNED_PREKEYS, (self.account, id)))
            .await
    }

    async fn load_all_signed_prekeys(&self) -> Result<Vec<(u32, Vec<u8>)>> {
        self.read(|tx| {
            let table = tx.open_table(SIGNED_PREKEYS)?;
            let mut all = Vec::new();
            for row in table.range(all_of::<(u32, u32)>(self.account))? {
                let (key, record) = row?;
                all.push((key.value().1, record.value().to_vec()));
            }
            Ok(all)
        })
        .await
    }

    async fn remove_signed_prekey(&self, id: u32) -> Result<()> {
        self.remove_number(SIGNED_PREKEYS, id).await
    }

    async fn put_sender_key(&self, address: &str, record: &[u8]) -> Result<()> {
        self.put_texts(SENDER_KEYS, vec![(address.to_owned(), record.to_vec())])
            .await
    }

    async fn put_sender_keys_batch(&self, sender_keys: &[(Arc<str>, Bytes)]) -> Result<()> {
        self.put_texts(SENDER_KEYS, sender_keys.to_vec()).await
    }

    async fn get_sender_key(&self, address: &str) -> Result<Option<Vec<u8>>> {
        self.read(|tx| bytes(tx, SENDER_KEYS, (self.account, address)))
            .await
    }

    async fn delete_sender_key(&self, address: &str) -> Result<()> {
        self.remove_text(SENDER_KEYS, address).await
    }
}

/// Whether a table holds an address of a user: `user@server` (the phone) or `user:7@server` (its
/// device 7). A user whose number merely begins with the same digits does not count.
fn knows_user<V: Value + 'static>(
    tx: &ReadTransaction,
    table: TableDefinition<'static, (u32, &'static str), V>,
    account: u32,
    user: &str,
) -> error::Result<bool> {
    let table = tx.open_table(table)?;
    for separator in ['@', ':'] {
        let prefix = format!("{user}{separator}");
        if let Some(row) = table.range((account, prefix.as_str())..)?.next() {
            let (key, _) = row?;
            let (owner, address) = key.value();
            if owner == account && address.starts_with(&prefix) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
