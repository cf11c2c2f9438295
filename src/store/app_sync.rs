//! The library's `AppSyncStore`: keys, versions and MACs of the app-state collections (contacts,
//! mutes, push name) that the phone shares with its linked devices.

use std::collections::HashMap;

use async_trait::async_trait;
use whatsapp_rust::traits::{AppStateSyncKey, AppSyncStore};
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;
use whatsapp_rust::wacore::store::error::Result;

use super::backend::{AccountBackend, bytes, json};
use super::rows::{after, encode};
use super::schema::{LATEST_SYNC_KEY, MUTATION_MACS, SYNC_KEYS, SYNC_VERSIONS};

#[async_trait]
impl AppSyncStore for AccountBackend {
    async fn get_sync_key(&self, key_id: &[u8]) -> Result<Option<AppStateSyncKey>> {
        self.read(|tx| json(tx, SYNC_KEYS, (self.account, key_id)))
            .await
    }

    async fn set_sync_key(&self, key_id: &[u8], key: AppStateSyncKey) -> Result<()> {
        let (account, id, key) = (self.account, key_id.to_vec(), encode(SYNC_KEYS, &key)?);
        self.write(move |tx| {
            tx.rows(SYNC_KEYS)?.put((account, &id), &key)?;
            tx.rows(LATEST_SYNC_KEY)?.put(account, &id)
        })
        .await
    }

    async fn get_version(&self, name: &str) -> Result<HashState> {
        let stored = self
            .read(|tx| json(tx, SYNC_VERSIONS, (self.account, name)))
            .await?;
        Ok(stored.unwrap_or_default())
    }

    async fn set_version(&self, name: &str, state: HashState) -> Result<()> {
        self.put_json(SYNC_VERSIONS, name, &state).await
    }

    async fn put_mutation_macs(
        &self,
        name: &str,
        _version: u64,
        mutations: &[AppStateMutationMAC],
    ) -> Result<()> {
        let (account, name, mutations) = (self.account, name.to_owned(), mutations.to_vec());
        self.write(move |tx| {
            let mut rows = tx.rows(MUTATION_MACS)?;
            for mac in &mutations {
                rows.put((account, &name, &mac.index_mac), &mac.value_mac)?;
            }
            Ok(())
        })
        .await
    }

    async fn get_mutation_mac(&self, name: &str, index_mac: &[u8]) -> Result<Option<Vec<u8>>> {
        self.read(|tx| bytes(tx, MUTATION_MACS, (self.account, name, index_mac)))
            .await
    }

    async fn get_mutation_macs(
        &self,
        name: &str,
        index_macs: &[[u8; 32]],
    ) -> Result<HashMap<[u8; 32], Vec<u8>>> {
        self.read(|tx| {
            let table = tx.open_table(MUTATION_MACS)?;
            let mut found = HashMap::with_capacity(index_macs.len());
            for index_mac in index_macs {
                if let Some(row) = table.get((self.account, name, index_mac.as_slice()))? {
                    found.insert(*index_mac, row.value().to_vec());
                }
            }
            Ok(found)
        })
        .await
    }

    async fn delete_mutation_macs(&self, name: &str, index_macs: &[Vec<u8>]) -> Result<()> {
        let (account, name, index_macs) = (self.account, name.to_owned(), index_macs.to_vec());
        self.write(move |tx| {
            let mut rows = tx.rows(MUTATION_MACS)?;
            for index_mac in &index_macs {
                rows.remove((account, &name, index_mac))?;
            }
            Ok(())
        })
        .await
    }

    async fn clear_mutation_macs(&self, name: &str) -> Result<()> {
        let (account, name, next) = (self.account, name.to_owned(), after(name));
        self.write(move |tx| {
            let collection = (account, name.as_str(), [].as_slice())..(account, &next, &[]);
            tx.rows(MUTATION_MACS)?.retain(collection, |_, _| false)?;
            Ok(())
        })
        .await
    }

    async fn get_latest_sync_key_id(&self) -> Result<Option<Vec<u8>>> {
        self.read(|tx| bytes(tx, LATEST_SYNC_KEY, self.account))
            .await
    }
}
