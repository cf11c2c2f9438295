//! Taking a wish to send something: checked, given its id, and durable before the asker hears of it.

use super::Gateway;
use crate::account::AccountId;
use crate::message::address::{Chat, MessageId};
use crate::message::outbound::Outbound;
use crate::message::wish::{SendProblem, SendReceipt, SendWish};

impl Gateway {
    /// Takes a message to be sent. When it returns, the message waits in the queue of its account, and no
    /// power cut loses it. A file in the spool belongs to the gateway from here on, whatever comes of it.
    ///
    /// # Errors
    /// [`SendProblem`]; nothing is queued.
    pub async fn send(&self, wish: SendWish) -> Result<SendReceipt, SendProblem> {
        let _ = wish;
        Err(SendProblem::NotWorking)
    }

    /// The messages that wish would become, for whoever queues them in a transaction of their own. The
    /// same seed gives the same ids; an idempotency key is of no account. Wake the sender afterwards.
    ///
    /// # Errors
    /// [`SendProblem`].
    pub async fn prepare(&self, wish: SendWish, seed: &[u8]) -> Result<Vec<Outbound>, SendProblem> {
        let _ = (wish, seed);
        Err(SendProblem::NotWorking)
    }

    /// Shows "typing…" in a chat for some seconds, or takes it back.
    ///
    /// # Errors
    /// [`SendProblem::NotWorking`].
    pub async fn typing(
        &self,
        account: AccountId,
        chat: &Chat,
        on: bool,
    ) -> Result<(), SendProblem> {
        let _ = (account, chat, on);
        Err(SendProblem::NotWorking)
    }

    /// Marks messages of a chat as read; with none named, all of the ring that came in there.
    ///
    /// # Errors
    /// [`SendProblem::NotWorking`], [`SendProblem::UnknownMessage`].
    pub async fn mark_read(
        &self,
        account: AccountId,
        chat: &Chat,
        ids: &[MessageId],
    ) -> Result<(), SendProblem> {
        let _ = (account, chat, ids);
        Err(SendProblem::NotWorking)
    }
}
