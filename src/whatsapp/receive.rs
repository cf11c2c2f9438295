//! Inbound messages: committed to our store before WhatsApp gets its acknowledgement.
//!
//! The library calls the hook after decryption and acknowledges only when it says yes. A power cut in
//! between means the service delivers again, so committing the same message twice must do nothing.
//!
//! The hook runs inside the library's receiving, under the lock of whoever wrote: nothing in it asks the
//! client for anything but what it has in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use log::{debug, warn};
use whatsapp_rust::prelude::MessageExt;
use whatsapp_rust::wacore::types::events::InboundMessage;
use whatsapp_rust::{Client, InboundDurabilityHook, anyhow, async_trait};

use crate::limits::BEHIND;
use crate::snapshot::StoreHealth;
use crate::store::StoreError;
use crate::whatsapp::desk::Desk;
use crate::whatsapp::phone;
use crate::whatsapp::traffic::Traffic;
use crate::whatsapp::voice::Voice;

/// Commits first, acknowledges second.
pub struct CommitFirst {
    desk: Arc<Desk>,
    voice: Arc<Voice>,
    traffic: Traffic,
    /// The socket on which something was not kept: nothing more of it is taken. 0: none.
    behind: AtomicU64,
}

impl CommitFirst {
    /// For the messages of the account that `voice` speaks for, as they come over the sockets of `traffic`.
    #[must_use]
    pub fn new(desk: Arc<Desk>, voice: Arc<Voice>, traffic: Traffic) -> Self {
        Self {
            desk,
            voice,
            traffic,
            behind: AtomicU64::default(),
        }
    }

    /// Keeps messages. While the disk does not take them they are held for a while, and with them what
    /// follows: a hiccup costs no new connection, after which the library could not read what was
    /// encrypted more than a few answers ago.
    ///
    /// # Errors
    /// [`StoreError`]: none was kept, and something else has to be done.
    async fn keep(&self, client: &Arc<Client>, batch: &[InboundMessage]) -> Result<(), StoreError> {
        let store = &self.desk.gateway.parts().store;
        store.held(|| self.desk.take_in(client, batch)).await
    }

    /// WhatsApp delivers what it was not told of with the next connection only, and what follows must not
    /// overtake it: when the disk is well again, a new connection is made. What the old one brought and
    /// still goes through the library's hands is not taken either, however late it comes.
    fn fell_behind(&self, client: Arc<Client>) {
        let socket = self.traffic.sockets();
        if self.behind.swap(socket, Ordering::SeqCst) == socket {
            return;
        }
        let store = self.desk.gateway.parts().store.clone();
        let traffic = self.traffic.clone();
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
            // It may have been made anew meanwhile, for another reason.
            if traffic.sockets() == socket {
                client.reconnect_immediately().await;
            }
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
        if self.behind.load(Ordering::SeqCst) == self.traffic.sockets() {
            anyhow::bail!("something before this was not kept: a new connection is waited for");
        }
        if let Err(error) = self.keep(&client, batch).await {
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
