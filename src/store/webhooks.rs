//! The webhooks: where events are posted to.

use serde::{Deserialize, Serialize};

use super::error::Result;
use super::rows::{Tx, decode, encode};
use super::schema::META;
use super::schema_3::WEBHOOKS;
use super::{Store, outbox, settings};
use crate::account::AccountId;
use crate::message::webhook::{Webhook, WebhookId};
use crate::secret::Secret;
use crate::time::UnixMillis;

/// Name of the row with the number of the next webhook: 32 bits, little-endian.
const NEXT_WEBHOOK: &str = "next_webhook";

/// Why a webhook is off that was for a deleted account only.
const ACCOUNT_DELETED: &str = "account_deleted";

/// [`Webhook`] as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Row {
    url: String,
    #[serde(default)]
    name: Option<String>,
    events: Vec<String>,
    #[serde(default)]
    sessions: Option<Vec<u32>>,
    secret: String,
    #[serde(default)]
    old_secret: Option<(String, UnixMillis)>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    enabled: bool,
    #[serde(default)]
    disabled_reason: Option<String>,
    #[serde(default)]
    created_at: Option<UnixMillis>,
}

impl Row {
    fn of(webhook: &Webhook) -> Self {
        let plain = |secret: &Secret| secret.expose().to_owned();
        let sessions = webhook.sessions.as_ref();
        Self {
            url: webhook.url.clone(),
            name: webhook.name.clone(),
            events: webhook.events.clone(),
            sessions: sessions.map(|accounts| accounts.iter().map(|account| account.0).collect()),
            secret: plain(&webhook.secret),
            old_secret: webhook
                .old_secret
                .as_ref()
                .map(|(secret, until)| (plain(secret), *until)),
            headers: webhook
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
            enabled: webhook.enabled,
            disabled_reason: webhook.disabled_reason.clone(),
            created_at: webhook.created_at,
        }
    }

    fn into_webhook(self) -> Webhook {
        Webhook {
            url: self.url,
            name: self.name,
            events: self.events,
            sessions: self
                .sessions
                .map(|accounts| accounts.into_iter().map(AccountId).collect()),
            secret: Secret::new(self.secret),
            old_secret: self
                .old_secret
                .map(|(secret, until)| (Secret::new(secret), until)),
            headers: self
                .headers
                .into_iter()
                .map(|(name, value)| (name, Secret::new(value)))
                .collect(),
            enabled: self.enabled,
            disabled_reason: self.disabled_reason,
            created_at: self.created_at,
        }
    }
}

/// The webhook of a row.
pub(super) fn from_row(row: &[u8]) -> Result<Webhook> {
    decode::<_, Row>(WEBHOOKS, row).map(Row::into_webhook)
}

impl Store {
    /// Keeps a new webhook; its number was no webhook's before. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; then there is no such webhook.
    pub async fn add_webhook(&self, webhook: Webhook) -> Result<WebhookId> {
        let row = encode(WEBHOOKS, &Row::of(&webhook))?;
        self.write(move |tx| {
            tx.note_settings();
            tx.note_lines();
            let id = next_number(tx)?;
            tx.rows(WEBHOOKS)?.put(id, &row)?;
            outbox::open_line(tx, id)?;
            Ok(WebhookId(id))
        })
        .await
    }

    /// Changes a webhook; says whether there is one of that number. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; the webhook may be as it was.
    pub async fn put_webhook(&self, id: WebhookId, webhook: Webhook) -> Result<bool> {
        let row = encode(WEBHOOKS, &Row::of(&webhook))?;
        self.write(move |tx| {
            let mut rows = tx.rows(WEBHOOKS)?;
            let exists = rows.get(id.0)?.is_some();
            if exists {
                tx.note_settings();
                rows.put(id.0, &row)?;
            }
            Ok(exists)
        })
        .await
    }

    /// Deletes a webhook with all that waits for it, and takes it out of all routes; says whether there
    /// was one. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; all of it may still be there.
    pub async fn delete_webhook(&self, id: WebhookId) -> Result<bool> {
        self.write(move |tx| {
            let existed = tx.rows(WEBHOOKS)?.remove(id.0)?;
            if existed {
                tx.note_settings();
                outbox::remove_line(tx, id.0)?;
                settings::forget_webhook(tx, id)?;
            }
            Ok(existed)
        })
        .await
    }
}

/// A number no webhook had before.
fn next_number(tx: &Tx) -> Result<u32> {
    let mut meta = tx.rows(META)?;
    let stored = meta.get(NEXT_WEBHOOK)?;
    let stored = stored.and_then(|row| row.value().try_into().ok());
    let id = stored.map_or(1, u32::from_le_bytes);
    meta.put(NEXT_WEBHOOK, id.saturating_add(1).to_le_bytes().as_slice())?;
    Ok(id)
}

/// The numbers of all webhooks.
pub(super) fn numbers(tx: &Tx) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for row in tx.rows(WEBHOOKS)?.range(0..u32::MAX)? {
        numbers.push(row?.0.value());
    }
    Ok(numbers)
}

/// Takes an account off the list of every webhook. One that was for it alone is switched off: an empty
/// list is none at all, and nobody asked for the messages of the others.
pub(super) fn forget_account(tx: &Tx, account: u32) -> Result<()> {
    let mut rows = tx.rows(WEBHOOKS)?;
    let mut changed = Vec::new();
    for row in rows.range(0..u32::MAX)? {
        let (id, row) = row?;
        let mut row: Row = decode(WEBHOOKS, row.value())?;
        if let Some(accounts) = &mut row.sessions
            && accounts.contains(&account)
        {
            accounts.retain(|listed| *listed != account);
            if accounts.is_empty() {
                row.enabled = false;
                row.disabled_reason = Some(ACCOUNT_DELETED.to_owned());
            }
            changed.push((id.value(), encode(WEBHOOKS, &row)?));
        }
    }
    // The account's own policy and routes went, too.
    tx.note_settings();
    for (id, row) in changed {
        rows.put(id, &row)?;
    }
    Ok(())
}
