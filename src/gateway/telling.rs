//! What is told that is no message: to the streams at once, and to the webhooks that want to hear it, by
//! way of their lines.

use std::sync::Arc;

use log::warn;
use serde_json::json;
use thiserror::Error;
use tokio::sync::mpsc;

use super::Gateway;
use crate::journal::{Happening, Kind, What};
use crate::limits::{CLOCK_POLL, TELLING_QUEUE};
use crate::message::envelope::{self, envelope};
use crate::message::event::{NewEvent, Payload};
use crate::message::hearing;
use crate::message::webhook::WebhookId;
use crate::store::StoreError;
use crate::time::UnixMillis;
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
        let parts = self.parts();
        let me = event.account.and_then(|account| self.me(account));
        let body = envelope::told(&event, me.as_ref(), parts.ids).to_string();
        let now = parts.clock.now();
        parts.journal.tell(now, event.clone(), me);
        let Some(now) = now.wall else {
            // No link runs before the clock is set, so nobody has anything to tell.
            warn!(
                "without a clock, webhooks are not told of {}",
                event.kind.word()
            );
            return Ok(());
        };
        self.put_in_lines(event, body, now).await
    }

    /// Puts an event into the lines of the webhooks that want it.
    async fn put_in_lines(
        &self,
        event: NewEvent,
        body: String,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let settings = self.parts().store.settings().borrow().clone();
        let to: Vec<_> = hearing::listeners(&settings, event.account, event.kind).collect();
        if to.is_empty() {
            return Ok(());
        }
        let (places, dropped) = self.parts().store.tell(event, to, body, now).await?;
        self.place(&places, &dropped);
        Ok(())
    }

    /// Puts what the journal is told by others (the state of accounts, buttons, QRs) into the lines. What
    /// happens before the clock is set waits for that. Ends when the process does.
    pub(super) async fn tell_what_happens(self) {
        let (tell, mut told) = mpsc::channel(TELLING_QUEUE);
        let listener = Box::new(move |happening: &Arc<Happening>| {
            // What brings its own name was put into the lines by whoever told it.
            if !matches!(happening.what, What::Told(..))
                && tell.try_send(Arc::clone(happening)).is_err()
            {
                let kind = happening.what.kind().word();
                warn!("so much happens that webhooks are not told of {kind}");
            }
            true
        });
        let (_, _subscription) = self.parts().journal.listen(None, listener);
        while let Some(happening) = told.recv().await {
            let now = self.clock_set().await;
            let parts = self.parts();
            let Some(body) = envelope(&happening, parts.ids, parts.clock.mono()) else {
                continue;
            };
            let account = happening.account();
            let event = NewEvent {
                id: happening.id,
                kind: happening.what.kind(),
                account,
                at: happening.at,
                lane: account.map(|it| parts.ids.name(it)).unwrap_or_default(),
                // The body is made already.
                payload: Payload(serde_json::Value::Null),
            };
            if let Err(error) = self.put_in_lines(event, body.to_string(), now).await {
                let kind = happening.what.kind().word();
                warn!("webhooks are not told of {kind}: {error}");
            }
        }
    }

    /// Waits until there is a time.
    async fn clock_set(&self) -> UnixMillis {
        loop {
            if let Some(wall) = self.parts().clock.now().wall {
                return wall;
            }
            tokio::time::sleep(CLOCK_POLL).await;
        }
    }

    /// Posts a `test` event to a webhook, past its filter. Answers with the event's name.
    ///
    /// # Errors
    /// [`GatewayProblem::NotFound`], [`GatewayProblem::NoClock`], or the store's.
    pub async fn test_webhook(&self, id: WebhookId) -> Result<Ulid, GatewayProblem> {
        let parts = self.parts();
        if !parts.store.settings().borrow().webhooks.contains_key(&id) {
            return Err(GatewayProblem::NotFound);
        }
        let now = parts.clock.now().wall.ok_or(GatewayProblem::NoClock)?;
        let event = NewEvent {
            id: self.new_name(),
            kind: Kind::Test,
            account: None,
            at: Some(now),
            // A lane of its own: it is there to see whether anything arrives.
            lane: "test".to_owned(),
            payload: Payload(json!({ "webhook": id.to_string() })),
        };
        let name = event.id;
        let body = envelope::told(&event, None, parts.ids).to_string();
        let (places, dropped) = parts.store.tell(event, vec![id], body, now).await?;
        self.place(&places, &dropped);
        Ok(name)
    }

    /// A webhook was switched off by the box itself.
    pub(super) async fn tell_disabled(&self, id: WebhookId, name: Option<&str>, reason: &str) {
        let event = NewEvent {
            id: self.new_name(),
            kind: Kind::WebhookDisabled,
            account: None,
            at: self.parts().clock.now().wall,
            lane: String::new(),
            payload: Payload(json!({
                "webhook": id.to_string(),
                "name": name,
                "reason": reason,
            })),
        };
        if let Err(error) = self.tell(event).await {
            warn!("that {id} was switched off waits for no webhook: {error}");
        }
    }

    /// A name for an event that happens once.
    pub(super) fn new_name(&self) -> Ulid {
        let mut bytes = [0; 16];
        // Without chance two events of one millisecond would be one; nothing is worse for it.
        let _ = getrandom::fill(&mut bytes);
        let wall = self.parts().clock.now().wall.map_or(0, |wall| wall.0);
        Ulid::new(wall, u128::from_be_bytes(bytes))
    }
}
