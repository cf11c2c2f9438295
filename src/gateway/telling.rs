//! What the gateway tells: streams, and the webhooks that want to hear it.

use thiserror::Error;

use super::Gateway;
use crate::account::AccountId;
use crate::message::event::NewEvent;
use crate::message::policy::Request;
use crate::message::webhook::{DeliveryId, WebhookId};
use crate::store::StoreError;
use crate::ulid::Ulid;

/// Why something about a webhook or a request was not done.
#[derive(Debug, Error)]
pub enum GatewayProblem {
    /// There is none of that name.
    #[error("there is none of that name")]
    NotFound,
    /// It was there, and its time is over.
    #[error("its time is over")]
    Gone,
    /// The clock is not set: nothing can be given a time.
    #[error("the clock is not set")]
    NoClock,
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Tells streams, and every webhook that wants it. When it returns, it waits in their lines.
    ///
    /// # Errors
    /// [`StoreError`]: streams heard of it, webhooks will not.
    pub async fn tell(&self, event: NewEvent) -> Result<(), StoreError> {
        let _ = (self, event);
        Ok(())
    }

    /// Posts a `test` event to a webhook, past its filter. Answers with the event's name.
    ///
    /// # Errors
    /// [`GatewayProblem`]
    pub async fn test_webhook(&self, id: WebhookId) -> Result<Ulid, GatewayProblem> {
        let _ = (self, id);
        Err(GatewayProblem::NotFound)
    }

    /// Posts a delivery that was given up once more, or one that waits at once.
    ///
    /// # Errors
    /// [`GatewayProblem`]
    pub async fn replay(&self, id: DeliveryId) -> Result<(), GatewayProblem> {
        let _ = (self, id);
        Err(GatewayProblem::NotFound)
    }

    /// Lets somebody in who waits for approval, or sends them away. Everybody who looks at the list is
    /// told.
    ///
    /// # Errors
    /// [`GatewayProblem`]
    pub async fn decide(
        &self,
        account: AccountId,
        code: &str,
        approve: bool,
    ) -> Result<Request, GatewayProblem> {
        let _ = (self, account, code, approve);
        Err(GatewayProblem::NotFound)
    }
}
