//! The outbox: what waits to be posted to each webhook, in the order it came in, and what was given up.
//!
//! A place in a line is given out once: the next one is in the line's head (see `lines`).

use redb::TableHandle;
use serde::{Deserialize, Serialize};

use super::error::{Result, StoreError};
use super::lines::{HEAD, Head};
use super::rows::{Rows, Tx};
use super::schema_3::{DEAD, DeliveryRow, OUTBOX};
use super::{Store, caps, send_queue};
use crate::account::AccountId;
use crate::message::event::NewEvent;
use crate::message::outbound::Outbound;
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

/// Which deliveries are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryFilter {
    /// Those that wait.
    Pending,
    /// Those that were given up.
    Dead,
}

/// What a delivery is, beside its body.
#[derive(Serialize, Deserialize)]
struct Row {
    event: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<u32>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    lane: String,
    at: UnixMillis,
    #[serde(default, skip_serializing_if = "is_zero")]
    tries: u32,
    next: UnixMillis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
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

fn decode(bytes: &[u8]) -> Result<Row> {
    serde_json::from_slice(bytes).map_err(|_| unreadable())
}

fn encode(row: &Row) -> Result<Vec<u8>> {
    serde_json::to_vec(row).map_err(|_| unreadable())
}

impl Row {
    fn into_place(self, id: DeliveryId) -> Place {
        Place {
            id,
            lane: self.lane,
            attempts: self.tries,
            next_at: self.next,
        }
    }

    fn into_delivery(self, id: DeliveryId, body: &str, dead: bool) -> Result<Delivery> {
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

/// What a row counts against the cap.
pub(super) fn size(row: (&[u8], &str)) -> u64 {
    (row.0.len() + row.1.len()) as u64
}

fn delivery_id(webhook: u32, place: u64) -> DeliveryId {
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
fn append(
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
    head.bytes += size((&bytes, body));
    Ok(row.into_place(delivery_id(webhook, place)))
}

/// Takes a delivery out of a table; its row and body.
fn take(
    rows: &mut Rows<'_, (u32, u64), DeliveryRow>,
    id: DeliveryId,
) -> Result<Option<(Row, String, u64)>> {
    let key = (id.webhook.0, id.place);
    let found = match rows.get(key)? {
        Some(row) if id.place != HEAD => {
            let (head, body) = row.value();
            Some((decode(head)?, body.to_owned(), size((head, body))))
        }
        _ => None,
    };
    if found.is_some() {
        rows.remove(key)?;
    }
    Ok(found)
}

/// Changes the counts of a line.
fn count(
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
            head.bytes += size(row);
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

impl Store {
    /// Puts an event into the lines of these webhooks; `body` is its envelope. Durable when it returns.
    /// Says where it waits, and what had to make room.
    ///
    /// # Errors
    /// [`StoreError`]; then it may wait nowhere.
    pub async fn tell(
        &self,
        event: NewEvent,
        to: Vec<WebhookId>,
        body: String,
        now: UnixMillis,
    ) -> Result<(Vec<Place>, Vec<DeliveryId>)> {
        let most = self.outbox_caps();
        self.write(move |tx| {
            let places = enqueue(tx, &event, &to, &body, now)?;
            let dropped = caps::enforce(tx, most, now)?;
            Ok((places, dropped))
        })
        .await
    }

    /// All that waits for a webhook, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn places(&self, webhook: WebhookId) -> Result<Vec<Place>> {
        self.read(|tx| {
            let rows = tx.open_table(OUTBOX)?;
            let mut places = Vec::new();
            for row in rows.range((webhook.0, 0)..(webhook.0, HEAD))? {
                let (key, row) = row?;
                let id = delivery_id(webhook.0, key.value().1);
                places.push(decode(row.value().0)?.into_place(id));
            }
            Ok(places)
        })
    }

    /// A delivery that waits or was given up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>> {
        if id.place == HEAD {
            return Ok(None);
        }
        self.read(|tx| {
            let key = (id.webhook.0, id.place);
            for (table, dead) in [(OUTBOX, false), (DEAD, true)] {
                if let Some(row) = tx.open_table(table)?.get(key)? {
                    let (head, body) = row.value();
                    return decode(head)?.into_delivery(id, body, dead).map(Some);
                }
            }
            Ok(None)
        })
    }

    /// Deliveries of a webhook after the place `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn deliveries(
        &self,
        webhook: WebhookId,
        which: DeliveryFilter,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        let first = after.map_or(0, |after| after.saturating_add(1));
        let dead = which == DeliveryFilter::Dead;
        self.read(|tx| {
            let rows = tx.open_table(if dead { DEAD } else { OUTBOX })?;
            let mut found = Vec::new();
            for row in rows
                .range((webhook.0, first)..(webhook.0, HEAD))?
                .take(limit)
            {
                let (key, row) = row?;
                let (head, body) = row.value();
                let id = delivery_id(webhook.0, key.value().1);
                found.push(decode(head)?.into_delivery(id, body, dead)?);
            }
            Ok(found)
        })
    }

    /// A delivery arrived: it goes, and what its receiver answered is queued to be sent, in one
    /// transaction. Durable when it returns; says whether anything was queued. A delivery that is not
    /// there any more queues nothing.
    ///
    /// # Errors
    /// [`StoreError`]; then it may be posted again.
    pub async fn delivered(&self, id: DeliveryId, answers: Vec<Outbound>) -> Result<bool> {
        self.write(move |tx| {
            let mut rows = tx.rows(OUTBOX)?;
            let Some((row, _, bytes)) = take(&mut rows, id)? else {
                return Ok(false);
            };
            tx.note_lines();
            count(&mut rows, id.webhook, |head| {
                head.pending = head.pending.saturating_sub(1);
                head.bytes = head.bytes.saturating_sub(bytes);
            })?;
            match row.account {
                Some(account) if !answers.is_empty() => send_queue::append(tx, account, &answers),
                _ => Ok(false),
            }
        })
        .await
    }

    /// An attempt failed: the delivery is tried again at `next_at`. Says whether there is such a
    /// delivery. Durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; then it may be tried earlier.
    pub async fn put_off(
        &self,
        id: DeliveryId,
        attempts: u32,
        next_at: UnixMillis,
        last_error: String,
    ) -> Result<bool> {
        self.write(move |tx| {
            let mut rows = tx.rows(OUTBOX)?;
            let Some((mut row, body, before)) = take(&mut rows, id)? else {
                return Ok(false);
            };
            row.tries = attempts;
            row.next = next_at;
            row.error = Some(last_error.clone());
            let bytes = encode(&row)?;
            rows.put((id.webhook.0, id.place), (&bytes, &body))?;
            tx.note_lines();
            count(&mut rows, id.webhook, |head| {
                head.bytes = head.bytes.saturating_sub(before) + size((&bytes, &body));
            })?;
            Ok(true)
        })
        .await
    }

    /// The last attempt of a delivery failed, and counts: it waits for a person. Says whether there is
    /// such a delivery. Durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; then it may be tried once more.
    pub async fn give_up(&self, id: DeliveryId, last_error: String) -> Result<bool> {
        self.write(move |tx| {
            let mut rows = tx.rows(OUTBOX)?;
            let Some((mut row, body, before)) = take(&mut rows, id)? else {
                return Ok(false);
            };
            row.tries = row.tries.saturating_add(1);
            row.error = Some(last_error.clone());
            let bytes = encode(&row)?;
            tx.rows(DEAD)?
                .put((id.webhook.0, id.place), (&bytes, &body))?;
            tx.note_lines();
            count(&mut rows, id.webhook, |head| {
                head.pending = head.pending.saturating_sub(1);
                head.dead += 1;
                head.bytes = head.bytes.saturating_sub(before) + size((&bytes, &body));
            })?;
            Ok(true)
        })
        .await
    }

    /// Puts a delivery that was given up at the end of its line, as if it had come in now. `None`: there
    /// is none. Durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; then it may still be given up.
    pub async fn replay(&self, id: DeliveryId, now: UnixMillis) -> Result<Option<Place>> {
        self.write(move |tx| {
            let Some((mut row, body, before)) = take(&mut tx.rows(DEAD)?, id)? else {
                return Ok(None);
            };
            row.tries = 0;
            row.at = now;
            row.next = now;
            let mut rows = tx.rows(OUTBOX)?;
            let mut head = Head::of(&rows, id.webhook.0)?.unwrap_or_default();
            head.dead = head.dead.saturating_sub(1);
            head.bytes = head.bytes.saturating_sub(before);
            let place = append(&mut rows, id.webhook.0, &mut head, row, &body)?;
            head.put(&mut rows, id.webhook.0)?;
            tx.note_lines();
            Ok(Some(place))
        })
        .await
    }
}
