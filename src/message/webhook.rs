//! Webhooks as they are kept, and what waits to be delivered to them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::account::AccountId;
use crate::secret::Secret;
use crate::time::UnixMillis;
use crate::ulid::Ulid;

/// The number of a webhook: `wh_3` on the wire. Never given out again within one store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WebhookId(pub u32);

/// Why a text is not the name of a webhook.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a webhook is named wh_ and a number")]
pub struct WebhookIdError;

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wh_{}", self.0)
    }
}

impl FromStr for WebhookId {
    type Err = WebhookIdError;

    fn from_str(name: &str) -> Result<Self, WebhookIdError> {
        let number = name.strip_prefix("wh_").and_then(|n| n.parse().ok());
        // One spelling each: no `+`, no leading zeros.
        number
            .map(Self)
            .filter(|id| id.to_string() == name)
            .ok_or(WebhookIdError)
    }
}

impl Serialize for WebhookId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WebhookId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

/// A webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Where events are posted to: `http` or `https`.
    pub url: String,
    /// What people call it.
    pub name: Option<String>,
    /// What it wants to hear: words of [`crate::journal::Kind`], or `session.*`, or `*` (all but
    /// `session.qr`, which has to be asked for by name).
    pub events: Vec<String>,
    /// Of which accounts; `None`: all.
    pub sessions: Option<Vec<AccountId>>,
    /// `whsec_` and base64 (Standard Webhooks); its text is the key of the WAHA signature as well.
    pub secret: Secret,
    /// The secret before this one, and until when: a day after it was changed. Both sign till then.
    pub old_secret: Option<(Secret, UnixMillis)>,
    /// Further headers of every request.
    pub headers: Vec<(String, Secret)>,
    /// Nothing is posted while it is off; what waits goes on waiting.
    pub enabled: bool,
    /// Why the box itself switched it off, as `gone` (the receiver answered 410).
    pub disabled_reason: Option<String>,
    /// When it was made.
    pub created_at: Option<UnixMillis>,
}

/// The place of a delivery in the line of its webhook: grows, and is never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeliveryId {
    /// Whose line.
    pub webhook: WebhookId,
    /// The place.
    pub place: u64,
}

/// Something to post to a webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its place.
    pub id: DeliveryId,
    /// The event's name, the same for every attempt: `webhook-id`.
    pub event: Ulid,
    /// The event's kind, a word of [`crate::journal::Kind`].
    pub kind: String,
    /// The account it is about.
    pub account: Option<AccountId>,
    /// What keeps its order: a chat's address, or empty. Deliveries of one lane go one after the other.
    pub lane: String,
    /// The envelope, JSON, as it is posted and signed.
    pub body: String,
    /// When it came in.
    pub queued_at: UnixMillis,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: UnixMillis,
    /// How the last attempt went, in technical words, without anything of the body.
    pub last_error: Option<String>,
    /// It has been given up: it waits for a person to replay it.
    pub dead: bool,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("attempts", &self.attempts)
            .field("dead", &self.dead)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// How the line of a webhook stands.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Line {
    /// Deliveries that wait.
    pub pending: u64,
    /// Given up.
    pub dead: u64,
    /// Bytes of both.
    pub bytes: u64,
    /// When the oldest that waits came in.
    pub oldest: Option<UnixMillis>,
    /// Dropped because of the caps since the webhook was made.
    pub dropped: u64,
}
