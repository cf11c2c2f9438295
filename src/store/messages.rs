//! The last messages of an account: a ring of fixed length, for the page and for programs that were
//! away.
//!
//! A message that is already in the ring is not stored again, so the at-least-once delivery of the
//! link shows every message once. The ring outlives the identity: it belongs to the person.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Store;
use super::box_names;
use super::error::{Result, StoreError};
use super::rows::{Tx, all_of, decode, encode};
use super::schema::{ACCOUNTS, MESSAGE_NUMBERS, MESSAGES};
use crate::account::AccountId;
use crate::limits;

/// One message. `Debug` shows neither the text nor whom it is from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMessage {
    /// WhatsApp's id, unique within the chat and direction.
    pub id: String,
    /// The chat's address.
    pub chat: String,
    /// Whether the account itself sent it.
    pub from_me: bool,
    /// The sender's address.
    pub sender: String,
    /// When it was sent, in seconds since 1970-01-01 UTC.
    pub timestamp_s: i64,
    /// What it says.
    pub text: String,
}

impl fmt::Debug for StoredMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredMessage")
            .field("id", &self.id)
            .field("from_me", &self.from_me)
            .field("timestamp_s", &self.timestamp_s)
            .field("text_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// A late task of a link must not leave messages of an account that was deleted: it had a number that
/// was given out, and has no record.
fn refuse_deleted(tx: &Tx, account: u32) -> Result<()> {
    if account < box_names::next_account(tx)? && tx.rows(ACCOUNTS)?.get(account)?.is_none() {
        return Err(StoreError::Deleted);
    }
    Ok(())
}

impl Store {
    /// Appends messages to the ring, dropping the oldest beyond [`limits::MESSAGE_RING`] and
    /// skipping those it already holds (same chat, id and direction). Durable when it returns; says
    /// how many were new.
    ///
    /// # Errors
    /// [`super::StoreError`]; then all or none of them may be there.
    pub async fn append_messages(
        &self,
        account: AccountId,
        messages: Vec<StoredMessage>,
    ) -> Result<usize> {
        let account = account.0;
        let mut rows = Vec::with_capacity(messages.len());
        for message in messages {
            rows.push((encode(MESSAGES, &message)?, message));
        }
        self.write(move |tx| {
            refuse_deleted(tx, account)?;
            let mut ring = tx.rows(MESSAGES)?;
            let mut numbers = tx.rows(MESSAGE_NUMBERS)?;
            let last = ring.range(all_of::<(u32, u64)>(account))?.next_back();
            let mut next = last.transpose()?.map_or(0, |(key, _)| key.value().1 + 1);
            let mut new = 0;
            for (bytes, message) in &rows {
                let identity = (account, &*message.chat, &*message.id, message.from_me);
                if numbers.get(identity)?.is_some() {
                    continue;
                }
                numbers.put(identity, next)?;
                ring.put((account, next), bytes)?;
                next += 1;
                new += 1;
            }
            // The numbers in the ring are without gaps, so its length follows from its ends.
            let oldest_kept = next.saturating_sub(limits::MESSAGE_RING as u64);
            if new > 0 {
                ring.retain((account, 0)..(account, oldest_kept), |_, _| false)?;
                let identities = all_of::<(u32, &str, &str, bool)>(account);
                numbers.retain(identities, |_, number| number >= oldest_kept)?;
            }
            Ok(new)
        })
        .await
    }

    /// The newest messages of an account, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn messages(&self, account: AccountId, limit: usize) -> Result<Vec<StoredMessage>> {
        self.read(|tx| {
            let ring = tx.open_table(MESSAGES)?;
            let mut newest = Vec::new();
            for row in ring
                .range(all_of::<(u32, u64)>(account.0))?
                .rev()
                .take(limit)
            {
                newest.push(decode(MESSAGES, row?.1.value())?);
            }
            Ok(newest)
        })
    }
}
