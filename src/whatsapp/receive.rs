//! Inbound messages: committed to our store before WhatsApp gets its acknowledgement.
//!
//! The library calls the hook after decryption and acknowledges only when it says yes. A power cut in
//! between means the service delivers again, so committing the same message twice must do nothing.

use std::sync::Arc;

use whatsapp_rust::prelude::MessageExt;
use whatsapp_rust::wacore::types::events::InboundMessage;
use whatsapp_rust::{Client, InboundDurabilityHook, anyhow, async_trait};

use crate::store::{Store, StoredMessage};
use crate::whatsapp::phone;
use crate::whatsapp::voice::Voice;

/// Commits first, acknowledges second.
pub struct CommitFirst {
    store: Store,
    voice: Arc<Voice>,
}

impl CommitFirst {
    /// For the messages of the account that `voice` speaks for.
    #[must_use]
    pub fn new(store: Store, voice: Arc<Voice>) -> Self {
        Self { store, voice }
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
            let account = self.voice.account();
            self.store.append_messages(account, rows).await?;
        }
        if batch.iter().any(is_between_people) {
            self.voice.message();
        }
        let wall = self.voice.wall();
        if batch.iter().any(|inbound| phone::sent(&inbound.info, wall)) {
            self.voice.phone_seen();
        }
        Ok(())
    }
}

/// Whether somebody wrote it to somebody; devices of one account tell each other things as well.
fn is_between_people(inbound: &InboundMessage) -> bool {
    let message = inbound.message.get_base_message();
    message.protocol_message.is_unset()
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
