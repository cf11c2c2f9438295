//! The outbox: what waits to be posted to each webhook, in the order it came in, and what was given up.
//!
//! A place in a line is given out once: the next one is in the line's head (see `lines`).

use redb::TableHandle;
use serde::{Deserialize, Serialize};

use super::error::{Result, StoreError};
use super::lines::{HEAD, Head};
use super::rows::{Rows, Tx};
use super::schema_3::{DEAD, DeliveryRow, OUTBOX};
use crate::account::AccountId;
use crate::message::event::NewEvent;
use crate::message::webhook::{Delivery, DeliveryId, WebhookId};
use crate::time::UnixMillis;
use crate::ulid::Ulid;

/// What the courier has to know of a delivery that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Which.
    pub id: DeliveryId,
    /// What keeps its order.
    pub lane: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: UnixMillis,
}

/// What a delivery is, beside its body.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) event: String,
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<u32>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) lane: String,
    pub(super) at: UnixMillis,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) tries: u32,
    pub(super) next: UnixMillis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn unreadable() -> StoreError {
    StoreError::Row {
        table: OUTBOX.name().to_owned(),
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<Row> {
    serde_json::from_slice(bytes).map_err(|_| unreadable())
}

pub(super) fn encode(row: &Row) -> Result<Vec<u8>> {
    serde_json::to_vec(row).map_err(|_| unreadable())
}

impl Row {
    pub(super) fn into_place(self, id: DeliveryId) -> Place {
        Place {
            id,
            lane: self.lane,
            attempts: self.tries,
            next_at: self.next,
        }
    }

    pub(super) fn into_delivery(self, id: DeliveryId, body: &str, dead: bool) -> Result<Delivery> {
        Ok(Delivery {
            id,
            event: self.event.parse::<Ulid>().map_err(|_| unreadable())?,
            kind: self.kind,
            account: self.account.map(AccountId),
            lane: self.lane,
            body: body.to_owned(),
            queued_at: self.at,
            attempts: self.tries,
            next_at: self.next,
            last_error: self.error,
            dead,
        })
    }
}

/// When a delivery came in.
pub(super) fn came_at(head: &[u8]) -> Result<UnixMillis> {
    decode(head).map(|row| row.at)
}

/// What a delivery counts against the cap beside its body, in bytes: about what its row holds otherwise.
const ROW: u64 = 200;

/// What a delivery with this body counts against the cap, in bytes.
pub(super) fn size(body: &str) -> u64 {
    body.len() as u64 + ROW
}

pub(super) fn delivery_id(webhook: u32, place: u64) -> DeliveryId {
    DeliveryId {
        webhook: WebhookId(webhook),
        place,
    }
}

/// Makes the line of a new webhook.
pub(super) fn open_line(tx: &Tx, webhook: u32) -> Result<()> {
    Head::default().put(&mut tx.rows(OUTBOX)?, webhook)
}

/// Deletes the line of a webhook.
pub(super) fn remove_line(tx: &Tx, webhook: u32) -> Result<()> {
    tx.note_lines();
    let mut rows = tx.rows(OUTBOX)?;
    rows.retain((webhook, 0)..(webhook, HEAD), |_, _| false)?;
    rows.remove((webhook, HEAD))?;
    tx.rows(DEAD)?
        .retain((webhook, 0)..(webhook, HEAD), |_, _| false)?;
    Ok(())
}

/// Puts an event into the lines of webhooks; those without a line are deleted ones.
pub(super) fn enqueue(
    tx: &Tx,
    event: &NewEvent,
    to: &[WebhookId],
    body: &str,
    now: UnixMillis,
) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    let mut rows = tx.rows(OUTBOX)?;
    for webhook in to {
        let Some(mut head) = Head::of(&rows, webhook.0)? else {
            continue;
        };
        let row = Row {
            event: event.id.to_string(),
            kind: event.kind.word().to_owned(),
            account: event.account.map(|account| account.0),
            lane: event.lane.clone(),
            at: now,
            tries: 0,
            next: now,
            error: None,
        };
        places.push(append(&mut rows, webhook.0, &mut head, row, body)?);
        head.put(&mut rows, webhook.0)?;
    }
    if !places.is_empty() {
        tx.note_lines();
    }
    Ok(places)
}

/// Puts a delivery at the end of its line.
pub(super) fn append(
    rows: &mut Rows<'_, (u32, u64), DeliveryRow>,
    webhook: u32,
    head: &mut Head,
    row: Row,
    body: &str,
) -> Result<Place> {
    let place = head.next;
    let bytes = encode(&row)?;
    rows.put((webhook, place), (&bytes, body))?;
    head.next += 1;
    head.pending += 1;
    head.bytes += size(body);
    Ok(row.into_place(delivery_id(webhook, place)))
}

/// Takes a delivery out of a table; its row and body.
pub(super) fn take(
    rows: &mut Rows<'_, (u32, u64), DeliveryRow>,
    id: DeliveryId,
) -> Result<Option<(Row, String)>> {
    let key = (id.webhook.0, id.place);
    let found = match rows.get(key)? {
        Some(row) if id.place != HEAD => {
            let (head, body) = row.value();
            Some((decode(head)?, body.to_owned()))
        }
        _ => None,
    };
    if found.is_some() {
        rows.remove(key)?;
    }
    Ok(found)
}

/// Changes the counts of a line.
pub(super) fn count(
    rows: &mut Rows<'_, (u32, u64), DeliveryRow>,
    webhook: WebhookId,
    change: impl FnOnce(&mut Head),
) -> Result<()> {
    if let Some(mut head) = Head::of(rows, webhook.0)? {
        change(&mut head);
        head.put(rows, webhook.0)?;
    }
    Ok(())
}

/// Deletes everything about an account, wherever it waits.
pub(super) fn forget_account(tx: &Tx, account: u32) -> Result<()> {
    let everything = (0, 0)..(u32::MAX, 0);
    let mut gone: std::collections::BTreeMap<u32, Head> = std::collections::BTreeMap::new();
    let mut keep = |webhook: u32, place: u64, row: (&[u8], &str), dead: bool| {
        let is_theirs =
            place != HEAD && decode(row.0).is_ok_and(|row| row.account == Some(account));
        if is_theirs {
            let head = gone.entry(webhook).or_default();
            head.bytes += size(row.1);
            if dead {
                head.dead += 1;
            } else {
                head.pending += 1;
            }
        }
        !is_theirs
    };
    let mut rows = tx.rows(OUTBOX)?;
    rows.retain(everything.clone(), |(webhook, place), row| {
        keep(webhook, place, row, false)
    })?;
    tx.rows(DEAD)?.retain(everything, |(webhook, place), row| {
        keep(webhook, place, row, true)
    })?;
    for (webhook, less) in gone {
        tx.note_lines();
        count(&mut rows, WebhookId(webhook), |head| {
            head.pending = head.pending.saturating_sub(less.pending);
            head.dead = head.dead.saturating_sub(less.dead);
            head.bytes = head.bytes.saturating_sub(less.bytes);
        })?;
    }
    Ok(())
}
