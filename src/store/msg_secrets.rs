//! The library's `MsgSecretStore`: the secret of each message, with which later edits, reactions
//! and poll votes about it are decrypted.

use async_trait::async_trait;
use whatsapp_rust::traits::{
    MsgSecretEntry, MsgSecretStore, merge_msg_secret_expiry, merge_msg_secret_message_ts,
};
use whatsapp_rust::wacore::store::error::Result;

use super::backend::AccountBackend;
use super::rows::all_of;
use super::schema::MSG_SECRETS;

#[async_trait]
impl MsgSecretStore for AccountBackend {
    async fn put_msg_secrets(&self, entries: Vec<MsgSecretEntry>) -> Result<usize> {
        let account = self.account;
        self.write(move |tx| {
            let mut rows = tx.rows(MSG_SECRETS)?;
            for entry in &entries {
                let key = (account, &*entry.chat, &*entry.sender, &*entry.msg_id);
                let stored = rows.get(key)?.map(|row| {
                    let (_, expires_at, message_ts) = row.value();
                    (expires_at, message_ts)
                });
                let (expires_at, message_ts) = stored.map_or(
                    (entry.expires_at, entry.message_ts),
                    |(expires_at, message_ts)| {
                        (
                            merge_msg_secret_expiry(expires_at, entry.expires_at),
                            merge_msg_secret_message_ts(message_ts, entry.message_ts),
                        )
                    },
                );
                rows.put(key, (&entry.secret, expires_at, message_ts))?;
            }
            Ok(entries.len())
        })
        .await
    }

    async fn get_msg_secret(
        &self,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> Result<Option<Vec<u8>>> {
        let stored = self.get_msg_secret_with_ts(chat, sender, msg_id).await?;
        Ok(stored.map(|(secret, _)| secret))
    }

    async fn get_msg_secret_with_ts(
        &self,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> Result<Option<(Vec<u8>, i64)>> {
        self.read(|tx| {
            let row = tx
                .open_table(MSG_SECRETS)?
                .get((self.account, chat, sender, msg_id))?;
            Ok(row.map(|row| {
                let (secret, _, message_ts) = row.value();
                (secret.to_vec(), message_ts)
            }))
        })
        .await
    }

    async fn delete_expired_msg_secrets(&self, cutoff_timestamp: i64) -> Result<u32> {
        let account = self.account;
        self.write(move |tx| {
            tx.rows(MSG_SECRETS)?
                .retain(all_of::<(u32, &str, &str, &str)>(account), |_, row| {
                    let (_, expires_at, _) = row;
                    expires_at == 0 || expires_at > cutoff_timestamp
                })
        })
        .await
    }
}
