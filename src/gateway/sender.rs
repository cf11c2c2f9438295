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

    /// Messages got further, as the store said: those that were waited for need not be any more. Called by
    /// whoever wrote it down.
    pub fn got_further(&self, account: AccountId, changed: &[(MessageId, Chat, Progress)]) {
        let _ = (account, changed);
    }

    /// Works the send queues of all accounts; ends when the process does.
    pub async fn work_send_queues(self) {
        std::future::pending().await
    }
}
