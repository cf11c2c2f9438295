//! Inbound messages: committed to our store before WhatsApp gets its acknowledgement.
//!
//! The library calls the hook after decryption and acknowledges only when it says yes. A power cut in
//! between means the service delivers again, so committing the same message twice must do nothing.

use std::sync::Arc;

use whatsapp_rust::prelude::MessageExt;
use whatsapp_rust::wacore::types::events::InboundMessage;
use whatsapp_rust::{Client, InboundDurabilityHook, anyhow, async_trait};

use crate::account::AccountId;
use crate::store::{Store, StoredMessage};

/// Commits first, acknowledges second.
pub struct CommitFirst {
    store: Store,
    account: AccountId,
}

impl CommitFirst {
    /// For the messages of one account.
    #[must_use]
    pub fn new(store: Store, account: AccountId) -> Self {
        Self { store, account }
    }
}

#[async_trait]
impl InboundDurabilityHook for CommitFirst {
    async fn on_messages(
        &self,
        _client: Arc<Client>,
        batch: &[InboundMessage],
    ) -> anyhow::Result<()> {
        let rows: Vec<StoredMessage> = batch.iter().filter_map(row).collect();
        if !rows.is_empty() {
            self.store.append_messages(self.account, rows).await?;
        }
        Ok(())
    }
}

/// The row of a text; `None` for what carries none (reactions, key shares, receipts of peers).
fn row(inbound: &InboundMessage) -> Option<StoredMessage> {
    let text = inbound.message.get_base_message().text_content()?;
    let info = &inbound.info;
    Some(StoredMessage {
        id: info.id.clone(),
        chat: info.source.chat.to_non_ad().to_string(),
        from_me: info.source.is_from_me,
        sender: info.source.sender.to_non_ad().to_string(),
        timestamp_s: info.timestamp.timestamp(),
        text: text.to_owned(),
    })
}
