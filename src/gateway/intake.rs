//! What links report: messages that came in, and how far those that went out are.

use super::Gateway;
use crate::account::AccountId;
use crate::message::address::{GroupJid, MessageId};
use crate::message::inbound::{Inbound, Receipt};
use crate::message::policy::Refusal;
use crate::store::{StoreError, StoredMessage};

impl Gateway {
    /// Takes messages in. When it returns, they and everything they cause are durable, and WhatsApp may
    /// be told so; taking the same message in again does nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was taken, WhatsApp must deliver again.
    pub async fn take_in(&self, account: AccountId, batch: Vec<Inbound>) -> Result<(), StoreError> {
        let rows = batch.iter().filter_map(row).collect::<Vec<_>>();
        if !rows.is_empty() {
            self.parts().store.append_messages(account, rows).await?;
        }
        Ok(())
    }

    /// Something that came in and is no message of a chat: counted and logged, not kept.
    pub fn refused(&self, account: AccountId, why: Refusal) {
        let _ = (self, account, why);
    }

    /// A message we sent got further.
    pub async fn receipt(&self, account: AccountId, receipt: Receipt) {
        let _ = (self, account, receipt);
    }

    /// WhatsApp's server refused a message we sent, with a code of its own (463: may not write to this
    /// person first; 479: too much).
    pub async fn nack(&self, account: AccountId, id: MessageId, code: u16) {
        let _ = (self, account, id, code);
    }

    /// A group the account is in is another: its name, who is in it. `change` is the payload's word for
    /// what changed (`subject`, `participants`…).
    pub async fn group_changed(
        &self,
        account: AccountId,
        group: GroupJid,
        name: Option<String>,
        change: &'static str,
    ) {
        let _ = (self, account, group, name, change);
    }
}

/// The row of a text.
fn row(inbound: &Inbound) -> Option<StoredMessage> {
    let text = inbound.content.text()?;
    Some(StoredMessage {
        id: inbound.id.as_str().to_owned(),
        chat: inbound.chat.id(),
        from_me: inbound.from_me,
        sender: inbound.sender.jid(),
        timestamp_s: i64::try_from(inbound.at.0 / 1000).unwrap_or(0),
        text: text.to_owned(),
    })
}
