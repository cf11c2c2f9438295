//! Inbound messages: committed to our store before WhatsApp gets its acknowledgement.
//!
//! The library calls the hook after decryption and acknowledges only when it says yes. A power cut in
//! between means the service delivers again, so committing the same message twice must do nothing.
//!
//! The hook runs inside the library's receiving, under the lock of whoever wrote: nothing in it asks the
//! client for anything but what it has in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use log::{debug, warn};
use whatsapp_rust::prelude::MessageExt;
use whatsapp_rust::wacore::types::events::InboundMessage;
use whatsapp_rust::{Client, InboundDurabilityHook, anyhow, async_trait};

use crate::limits::BEHIND;
use crate::snapshot::StoreHealth;
use crate::whatsapp::desk::Desk;
use crate::whatsapp::phone;
use crate::whatsapp::voice::Voice;

/// Commits first, acknowledges second.
pub struct CommitFirst {
    desk: Arc<Desk>,
    voice: Arc<Voice>,
    /// Something was not kept: nothing is taken on this connection any more.
    behind: Arc<AtomicBool>,
}

impl CommitFirst {
    /// For the messages of the account that `voice` speaks for.
    #[must_use]
    pub fn new(desk: Arc<Desk>, voice: Arc<Voice>) -> Self {
        Self {
            desk,
            voice,
            behind: Arc::default(),
        }
    }

    /// WhatsApp delivers what it was not told of with the next connection only, and what follows must not
    /// overtake it: when the disk is well again, a new connection is made.
    fn fell_behind(&self, client: Arc<Client>) {
        if self.behind.swap(true, Ordering::SeqCst) {
            return;
        }
        let (behind, store) = (
            Arc::clone(&self.behind),
            self.desk.gateway.parts().store.clone(),
        );
        let account = self.desk.account;
        tokio::spawn(async move {
            // Also for errors that say nothing of the disk: not again at once.
            tokio::time::sleep(BEHIND).await;
            let mut health = store.health();
            // The store is gone only with the process.
            let _ = health.wait_for(|health| *health == StoreHealth::Well).await;
            if let Err(error) = store.flush_pending().await {
                debug!("account {account}: copies of messages are not written yet: {error}");
            }
            warn!(
                "account {account}: messages could not be kept; a new connection brings them again"
            );
            client.reconnect_immediately().await;
            behind.store(false, Ordering::SeqCst);
        });
    }
}

#[async_trait]
impl InboundDurabilityHook for CommitFirst {
    async fn on_messages(
        &self,
        client: Arc<Client>,
        batch: &[InboundMessage],
    ) -> anyhow::Result<()> {
        if self.behind.load(Ordering::SeqCst) {
            anyhow::bail!("something before this was not kept: a new connection is waited for");
        }
        if let Err(error) = self.desk.take_in(&client, batch).await {
            self.fell_behind(client);
            return Err(error.into());
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
