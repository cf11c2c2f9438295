//! The gateway: the edges between WhatsApp's messages and the programs that use them.
//!
//! One [`Gateway`] per process, shared by all links, the page and the workers. It decides nothing: what
//! becomes of a message is decided by [`crate::message`], inside the store's transactions. Here is what
//! has to happen around it: tell the journal and the counters, wake the workers, tell the machine who
//! waits.

use std::sync::Arc;

use crate::account::AccountId;
use crate::message::address::MessageId;
use crate::message::inbound::{Inbound, Receipt};
use crate::message::policy::Refusal;
use crate::store::{Store, StoreError, StoredMessage};

/// The hub. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Parts>);

struct Parts {
    store: Store,
}

impl Gateway {
    /// A gateway on that store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Parts { store }))
    }

    /// Takes messages in. When it returns, they and everything they cause are durable, and WhatsApp may
    /// be told so; taking the same message in again does nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was taken, WhatsApp must deliver again.
    pub async fn take_in(&self, account: AccountId, batch: Vec<Inbound>) -> Result<(), StoreError> {
        let rows = batch.iter().filter_map(row).collect::<Vec<_>>();
        if !rows.is_empty() {
            self.0.store.append_messages(account, rows).await?;
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
