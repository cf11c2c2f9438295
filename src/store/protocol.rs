//! The library's `ProtocolStore`: what it knows of groups, devices, numbers and tokens, messages
//! kept for a retry, and messages received but not yet taken over by us.
//!
//! Everything that reads before it writes does both in one transaction. Rows that carry a time of
//! storing get it here, in unix seconds of the library's clock.

use async_trait::async_trait;
use whatsapp_rust::traits::{
    DeviceListRecord, LidPnMappingEntry, PendingInboundKey, PendingInboundRow, ProtocolStore,
    TcTokenEntry,
};
use whatsapp_rust::wacore::store::error::Result;
use whatsapp_rust::wacore::time::now_secs;

use super::backend::{AccountBackend, bytes, json};
use super::pending::{Key, Known};
use super::rows::{Tx, after, all_of, decode, encode};
use super::schema::{
    BASE_KEYS, DEVICE_LISTS, GROUP_METADATA, LID_MAPPINGS, LID_OF_PHONE, PENDING_INBOUND,
    SENDER_KEY_DEVICES, SENT_MESSAGES, TC_TOKENS,
};
use super::{error, tc_tokens};

#[async_trait]
impl ProtocolStore for AccountBackend {
    async fn get_sender_key_devices(&self, group_jid: &str) -> Result<Vec<(String, bool)>> {
        self.read(|tx| {
            let table = tx.open_table(SENDER_KEY_DEVICES)?;
            let next = after(group_jid);
            let mut devices = Vec::new();
            for row in table.range((self.account, group_jid, "")..(self.account, &*next, ""))? {
                let (key, has_key) = row?;
                devices.push((key.value().2.to_owned(), has_key.value()));
            }
            Ok(devices)
        })
        .await
    }

    async fn set_sender_key_status(&self, group_jid: &str, entries: &[(&str, bool)]) -> Result<()> {
        let (account, group) = (self.account, group_jid.to_owned());
        let entries = entries
            .iter()
            .map(|(device, has_key)| ((*device).to_owned(), *has_key))
            .collect::<Vec<_>>();
        self.write(move |tx| {
            let mut rows = tx.rows(SENDER_KEY_DEVICES)?;
            for (device, has_key) in &entries {
                rows.put((account, &group, device), *has_key)?;
            }
            Ok(())
        })
        .await
    }

    async fn clear_sender_key_devices(&self, group_jid: &str) -> Result<()> {
        let (account, group, next) = (self.account, group_jid.to_owned(), after(group_jid));
        self.write(move |tx| {
            let group = (account, group.as_str(), "")..(account, &next, "");
            tx.rows(SENDER_KEY_DEVICES)?.retain(group, |_, _| false)?;
            Ok(())
        })
        .await
    }

    async fn delete_sender_key_device_rows(&self, device_jids: &[&str]) -> Result<()> {
        let account = self.account;
        let gone = device_jids
            .iter()
            .map(|device| (*device).to_owned())
            .collect::<std::collections::BTreeSet<_>>();
        self.write(move |tx| {
            tx.rows(SENDER_KEY_DEVICES)?
                .retain(all_of::<(u32, &str, &str)>(account), |(_, _, device), _| {
                    !gone.contains(device)
                })?;
            Ok(())
        })
        .await
    }

    async fn clear_all_sender_key_devices(&self) -> Result<()> {
        let account = self.account;
        self.write(move |tx| tx.rows(SENDER_KEY_DEVICES)?.remove_account(account))
            .await
    }

    async fn get_lid_mapping(&self, lid: &str) -> Result<Option<LidPnMappingEntry>> {
        self.read(|tx| json(tx, LID_MAPPINGS, (self.account, lid)))
            .await
    }

    async fn get_pn_mapping(&self, phone: &str) -> Result<Option<LidPnMappingEntry>> {
        self.read(|tx| {
            let Some(lid) = tx.open_table(LID_OF_PHONE)?.get((self.account, phone))? else {
                return Ok(None);
            };
            let row = tx
                .open_table(LID_MAPPINGS)?
                .get((self.account, lid.value()))?;
            row.map(|row| decode(LID_MAPPINGS, row.value())).transpose()
        })
        .await
    }

    async fn put_lid_mapping(&self, entry: &LidPnMappingEntry) -> Result<()> {
        self.put_lid_mappings(std::slice::from_ref(entry)).await
    }

    async fn put_lid_mappings(&self, entries: &[LidPnMappingEntry]) -> Result<()> {
        let (account, entries) = (self.account, entries.to_vec());
        self.write(move |tx| {
            entries
                .iter()
                .try_for_each(|entry| put_lid_mapping(tx, account, entry))
        })
        .await
    }

    async fn get_all_lid_mappings(&self) -> Result<Vec<LidPnMappingEntry>> {
        self.read(|tx| {
            let table = tx.open_table(LID_MAPPINGS)?;
            let mut all = Vec::new();
            for row in table.range(all_of::<(u32, &str)>(self.account))? {
                all.push(decode(LID_MAPPINGS, row?.1.value())?);
            }
            Ok(all)
        })
        .await
    }

    async fn save_base_key(&self, address: &str, message_id: &str, base_key: &[u8]) -> Result<()> {
        let (account, base_key) = (self.account, base_key.to_vec());
        let (address, id) = (address.to_owned(), message_id.to_owned());
        self.write(move |tx| tx.rows(BASE_KEYS)?.put((account, &address, &id), &base_key))
            .await
    }

    async fn has_same_base_key(
        &self,
        address: &str,
        message_id: &str,
        current_base_key: &[u8],
    ) -> Result<bool> {
        let stored = self
            .read(|tx| bytes(tx, BASE_KEYS, (self.account, address, message_id)))
            .await?;
        Ok(stored.is_some_and(|stored| stored == current_base_key))
    }

    async fn delete_base_key(&self, address: &str, message_id: &str) -> Result<()> {
        let (account, address, id) = (self.account, address.to_owned(), message_id.to_owned());
        self.write(move |tx| {
            tx.rows(BASE_KEYS)?.remove((account, &address, &id))?;
            Ok(())
        })
        .await
    }

    async fn update_device_list(&self, record: DeviceListRecord) -> Result<()> {
        self.update_device_lists(vec![record]).await
    }

    async fn update_device_lists(&self, records: Vec<DeviceListRecord>) -> Result<()> {
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            rows.push((record.user.clone(), encode(DEVICE_LISTS, &record)?));
        }
        self.put_texts(DEVICE_LISTS, rows).await
    }

    async fn get_devices(&self, user: &str) -> Result<Option<DeviceListRecord>> {
        self.read(|tx| json(tx, DEVICE_LISTS, (self.account, user)))
            .await
    }

    async fn delete_devices(&self, user: &str) -> Result<()> {
        self.remove_text(DEVICE_LISTS, user).await
    }

    async fn get_group_metadata(&self, group_jid: &str) -> Result<Option<Vec<u8>>> {
        self.read(|tx| bytes(tx, GROUP_METADATA, (self.account, group_jid)))
            .await
    }

    async fn put_group_metadata(&self, group_jid: &str, blob: &[u8]) -> Result<()> {
        self.put_texts(GROUP_METADATA, vec![(group_jid.to_owned(), blob.to_vec())])
            .await
    }

    async fn delete_group_metadata(&self, group_jid: &str) -> Result<()> {
        self.remove_text(GROUP_METADATA, group_jid).await
    }

    async fn get_tc_token(&self, jid: &str) -> Result<Option<TcTokenEntry>> {
        self.read(|tx| json(tx, TC_TOKENS, (self.account, jid)))
            .await
    }

    async fn put_tc_token(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        self.put_json(TC_TOKENS, jid, entry).await
    }

    async fn delete_tc_token(&self, jid: &str) -> Result<()> {
        self.remove_text(TC_TOKENS, jid).await
    }

    async fn get_all_tc_token_jids(&self) -> Result<Vec<String>> {
        self.read(|tx| {
            let table = tx.open_table(TC_TOKENS)?;
            let mut jids = Vec::new();
            for row in table.range(all_of::<(u32, &str)>(self.account))? {
                jids.push(row?.0.value().1.to_owned());
            }
            Ok(jids)
        })
        .await
    }

    async fn delete_expired_tc_tokens(&self, token_cutoff: i64, sender_cutoff: i64) -> Result<u32> {
        let account = self.account;
        self.write(move |tx| {
            tx.rows(TC_TOKENS)?
                .retain(all_of::<(u32, &str)>(account), |_, row| {
                    // A row that cannot be understood is not ours to judge.
                    decode(TC_TOKENS, row).map_or(true, |entry| {
                        tc_tokens::alive(&entry, token_cutoff, sender_cutoff)
                    })
                })
        })
        .await
    }

    async fn touch_tc_token_sender_timestamp(
        &self,
        jid: &str,
        sender_timestamp: i64,
    ) -> Result<()> {
        self.change_tc_token(jid, move |stored| {
            Some(tc_tokens::given(stored, sender_timestamp))
        })
        .await
    }

    async fn store_received_tc_token(
        &self,
        jid: &str,
        token: &[u8],
        token_timestamp: i64,
    ) -> Result<()> {
        let token = token.to_vec();
        self.change_tc_token(jid, move |stored| {
            tc_tokens::received(stored, &token, token_timestamp)
        })
        .await
    }

    async fn store_sent_message(
        &self,
        chat_jid: &str,
        message_id: &str,
        payload: &[u8],
    ) -> Result<()> {
        let (account, payload, now) = (self.account, payload.to_vec(), now_secs());
        let (chat, id) = (chat_jid.to_owned(), message_id.to_owned());
        self.write(move |tx| {
            let row = (now, payload.as_slice());
            tx.rows(SENT_MESSAGES)?.put((account, &chat, &id), row)
        })
        .await
    }

    async fn take_sent_message(&self, chat_jid: &str, message_id: &str) -> Result<Option<Vec<u8>>> {
        let (account, chat, id) = (self.account, chat_jid.to_owned(), message_id.to_owned());
        self.write(move |tx| {
            let mut rows = tx.rows(SENT_MESSAGES)?;
            let key = (account, chat.as_str(), id.as_str());
            let payload = rows.get(key)?.map(|row| row.value().1.to_vec());
            rows.remove(key)?;
            Ok(payload)
        })
        .await
    }

    async fn delete_expired_sent_messages(&self, cutoff_timestamp: i64) -> Result<u32> {
        let account = self.account;
        self.write(move |tx| {
            tx.rows(SENT_MESSAGES)?
                .retain(all_of::<(u32, &str, &str)>(account), |_, (stored_at, _)| {
                    stored_at >= cutoff_timestamp
                })
        })
        .await
    }

    async fn store_pending_inbound(
        &self,
        chat: &str,
        sender: &str,
        id: &str,
        message: &[u8],
    ) -> Result<()> {
        let row = PendingInboundRow {
            chat,
            sender,
            id,
            message,
        };
        self.store_pending_inbound_batch(&[row]).await
    }

    async fn get_pending_inbound(
        &self,
        chat: &str,
        sender: &str,
        id: &str,
    ) -> Result<Option<Vec<u8>>> {
        match self.known_pending(&self.key(chat, sender, id)) {
            Known::Put(message) => return Ok(Some(message)),
            Known::Deleted => return Ok(None),
            Known::Nothing => {}
        }
        self.read(|tx| {
            let row = tx
                .open_table(PENDING_INBOUND)?
                .get((self.account, chat, sender, id))?;
            Ok(row.map(|row| row.value().1.to_vec()))
        })
        .await
    }

    async fn delete_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<()> {
        let key = PendingInboundKey { chat, sender, id };
        self.delete_pending_inbound_batch(&[key]).await
    }

    async fn delete_expired_pending_inbound(&self, cutoff_timestamp: i64) -> Result<u32> {
        let account = self.account;
        self.write(move |tx| {
            let all = all_of::<(u32, &str, &str, &str)>(account);
            tx.rows(PENDING_INBOUND)?
                .retain(all, |_, (stored_at, _)| stored_at >= cutoff_timestamp)
        })
        .await
    }

    async fn store_pending_inbound_batch(&self, rows: &[PendingInboundRow<'_>]) -> Result<()> {
        let pending = &self.shared()?.pending;
        let mut room = true;
        for row in rows {
            let stored = self.glance(|tx| {
                let key = (self.account, row.chat, row.sender, row.id);
                Ok(tx.open_table(PENDING_INBOUND)?.get(key)?.is_some())
            });
            // A store that cannot be read at present (its disk is full) may hold one, for all we know. The
            // copy is kept all the same: the ratchet has moved on, and nobody could read the message again.
            let stored = stored.unwrap_or(true);
            let key = self.key(row.chat, row.sender, row.id);
            room = pending.put(key, now_secs(), row.message.to_vec(), stored);
        }
        if room {
            return Ok(());
        }
        // Every write takes them along.
        self.write(|_| Ok(())).await
    }

    async fn delete_pending_inbound_batch(&self, keys: &[PendingInboundKey<'_>]) -> Result<()> {
        let pending = &self.shared()?.pending;
        for key in keys {
            pending.delete(self.key(key.chat, key.sender, key.id));
        }
        Ok(())
    }
}

impl AccountBackend {
    fn key(&self, chat: &str, sender: &str, id: &str) -> Key {
        (self.account, chat.into(), sender.into(), id.into())
    }

    /// Replaces a token by what `change` makes of it; `None` leaves it.
    async fn change_tc_token(
        &self,
        jid: &str,
        change: impl Fn(Option<TcTokenEntry>) -> Option<TcTokenEntry> + Send + 'static,
    ) -> Result<()> {
        let (account, jid) = (self.account, jid.to_owned());
        self.write(move |tx| {
            let mut rows = tx.rows(TC_TOKENS)?;
            let stored = rows
                .get((account, &jid))?
                .map(|row| decode(TC_TOKENS, row.value()))
                .transpose()?;
            match change(stored) {
                Some(entry) => rows.put((account, &jid), &encode(TC_TOKENS, &entry)?),
                None => Ok(()),
            }
        })
        .await
    }
}

/// Stores a mapping, and keeps the way back from the number to its most recent LID.
fn put_lid_mapping(tx: &Tx, account: u32, entry: &LidPnMappingEntry) -> error::Result<()> {
    let mut mappings = tx.rows(LID_MAPPINGS)?;
    let mut lids = tx.rows(LID_OF_PHONE)?;
    let stored = |lid: &str| -> error::Result<Option<LidPnMappingEntry>> {
        let row = mappings.get((account, lid))?;
        row.map(|row| decode(LID_MAPPINGS, row.value())).transpose()
    };
    // The LID belonged to another number: that number no longer leads here.
    if let Some(old) = stored(&entry.lid)?
        && old.phone_number != entry.phone_number
    {
        let leads_here = lids
            .get((account, &old.phone_number))?
            .is_some_and(|lid| lid.value() == entry.lid);
        if leads_here {
            lids.remove((account, &old.phone_number))?;
        }
    }
    let current = lids
        .get((account, &entry.phone_number))?
        .map(|lid| lid.value().to_owned());
    let newer = match current {
        Some(current) => stored(&current)?.is_none_or(|other| other.updated_at <= entry.updated_at),
        None => true,
    };
    if newer {
        lids.put((account, &entry.phone_number), &*entry.lid)?;
    }
    mappings.put((account, &entry.lid), &encode(LID_MAPPINGS, entry)?)
}
