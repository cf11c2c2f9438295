//! Looking at the messages of the ring: lists for the page and the API, and one by its id.

use super::Store;
use super::error::Result;
use super::kept::{Direction, KeptMessage, MessageFilter, SHOWN, beginning, decode};
use super::people;
use super::rows::all_of;
use super::schema_3::RING;
use crate::account::AccountId;
use crate::limits;
use crate::message::address::MessageId;

impl Store {
    /// Messages of the ring, newest first.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn messages(&self, account: AccountId, filter: MessageFilter) -> Result<Vec<KeptMessage>> {
        self.read(|tx| {
            let ring = tx.open_table(RING)?;
            let chat = filter.chat;
            let chat = chat.map(|chat| people::resolve_chat(tx, account.0, chat));
            let chat = chat.transpose()?;
            let mut found = Vec::new();
            // The slack is not shown: how long the ring is does not depend on when it was cut.
            let mut left = limits::MESSAGE_RING;
            for row in ring.range(all_of::<(u32, u64)>(account.0))?.rev() {
                let (key, row) = row?;
                let place = key.value().1;
                let (identity, bytes) = row.value();
                if identity & SHOWN == 0 {
                    continue;
                }
                if left == 0 || found.len() >= filter.limit {
                    break;
                }
                left -= 1;
                if filter.cursor.is_some_and(|cursor| place >= cursor) {
                    continue;
                }
                let Some(message) = decode(bytes)?.into_message(place) else {
                    continue;
                };
                let wanted = match filter.direction {
                    None => true,
                    Some(direction) => (direction == Direction::Outbound) == message.from_me,
                };
                let here = match &chat {
                    None => true,
                    Some(chat) => {
                        let its = people::resolve_chat(tx, account.0, message.chat.clone())?;
                        chat.is(&its)
                    }
                };
                if wanted && here {
                    found.push(message);
                }
            }
            Ok(found)
        })
    }

    /// The newest message of that id.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn message(&self, account: AccountId, id: &MessageId) -> Result<Option<KeptMessage>> {
        self.read(|tx| {
            let beginning = beginning(id)?;
            let ring = tx.open_table(RING)?;
            for row in ring.range(all_of::<(u32, u64)>(account.0))?.rev() {
                let (key, row) = row?;
                let (identity, bytes) = row.value();
                if identity & SHOWN == SHOWN && bytes.starts_with(&beginning) {
                    return Ok(decode(bytes)?.into_message(key.value().1));
                }
            }
            Ok(None)
        })
    }
}
