//! Inbound messages: committed to our store before WhatsApp gets its acknowledgement.
//!
//! The library calls the hook after decryption and acknowledges only when it says yes. A power cut in
//! between means the service delivers again, so committing the same message twice must do nothing.
//!
//! The hook runs inside the library's receiving, under the lock of whoever wrote: nothing in it asks the
//! client for anything but what it has in memory.

use std::sync::Arc;

use whatsapp_rust::prelude::MessageExt;
use whatsapp_rust::wacore::types::events::InboundMessage;
use whatsapp_rust::{Client, InboundDurabilityHook, anyhow, async_trait};

use crate::whatsapp::desk::Desk;
use crate::whatsapp::phone;
use crate::whatsapp::voice::Voice;

/// Commits first, acknowledges second.
pub struct CommitFirst {
    desk: Arc<Desk>,
    voice: Arc<Voice>,
}

impl CommitFirst {
    /// For the messages of the account that `voice` speaks for.
    #[must_use]
    pub fn new(desk: Arc<Desk>, voice: Arc<Voice>) -> Self {
        Self { desk, voice }
    }
}

#[async_trait]
impl InboundDurabilityHook for CommitFirst {
    async fn on_messages(
        &self,
        client: Arc<Client>,
        batch: &[InboundMessage],
    ) -> anyhow::Result<()> {
        self.desk.take_in(&client, batch).await?;
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
