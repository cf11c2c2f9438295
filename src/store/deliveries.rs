//! What the courier does with the outbox: tell, look, deliver, put off, give up, replay.

use super::error::Result;
use super::lines::{HEAD, Head};
use super::outbox::{Place, append, count, decode, delivery_id, encode, enqueue, size, take};
use super::schema_3::{DEAD, OUTBOX};
use super::{Store, caps, send_queue};
use crate::message::event::NewEvent;
use crate::message::outbound::Outbound;
use crate::message::webhook::{Delivery, DeliveryId, WebhookId};
use crate::time::UnixMillis;

/// Which deliveries are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryFilter {
    /// Those that wait.
    Pending,
    /// Those that were given up.
    Dead,
}

impl Store {
    /// Puts an event into the lines of these webhooks; `body` is its envelope. Durable when it returns.
    /// Says where it waits, and what had to make room.
    ///
    /// # Errors
    /// [`super::StoreError`]; then it may wait nowhere.
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
    /// [`super::StoreError`].
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
    /// [`super::StoreError`].
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
    /// [`super::StoreError`].
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
    /// [`super::StoreError`]; then it may be posted again.
    pub async fn delivered(&self, id: DeliveryId, answers: Vec<Outbound>) -> Result<bool> {
        self.write(move |tx| {
            let mut rows = tx.rows(OUTBOX)?;
            let Some((row, body)) = take(&mut rows, id)? else {
                return Ok(false);
            };
            tx.note_lines();
            count(&mut rows, id.webhook, |head| {
                head.pending = head.pending.saturating_sub(1);
                head.bytes = head.bytes.saturating_sub(size(&body));
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
    /// [`super::StoreError`]; then it may be tried earlier.
    pub async fn put_off(
        &self,
        id: DeliveryId,
        attempts: u32,
        next_at: UnixMillis,
        last_error: String,
    ) -> Result<bool> {
        self.write(move |tx| {
            let mut rows = tx.rows(OUTBOX)?;
            let Some((mut row, body)) = take(&mut rows, id)? else {
                return Ok(false);
            };
            row.tries = attempts;
            row.next = next_at;
            row.error = Some(last_error.clone());
            let bytes = encode(&row)?;
            rows.put((id.webhook.0, id.place), (&bytes, &body))?;
            Ok(true)
        })
        .await
    }

    /// The last attempt of a delivery failed, and counts: it waits for a person. Says whether there is
    /// such a delivery. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; then it may be tried once more.
    pub async fn give_up(&self, id: DeliveryId, last_error: String) -> Result<bool> {
        self.write(move |tx| {
            let mut rows = tx.rows(OUTBOX)?;
            let Some((mut row, body)) = take(&mut rows, id)? else {
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
            })?;
            Ok(true)
        })
        .await
    }

    /// Puts a delivery that was given up at the end of its line, as if it had come in now. `None`: there
    /// is none. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; then it may still be given up.
    pub async fn replay(&self, id: DeliveryId, now: UnixMillis) -> Result<Option<Place>> {
        self.write(move |tx| {
            let Some((mut row, body)) = take(&mut tx.rows(DEAD)?, id)? else {
                return Ok(None);
            };
            row.tries = 0;
            row.at = now;
            row.next = now;
            let mut rows = tx.rows(OUTBOX)?;
            let mut head = Head::of(&rows, id.webhook.0)?.unwrap_or_default();
            head.dead = head.dead.saturating_sub(1);
            head.bytes = head.bytes.saturating_sub(size(&body));
            let place = append(&mut rows, id.webhook.0, &mut head, row, &body)?;
            head.put(&mut rows, id.webhook.0)?;
            tx.note_lines();
            Ok(Some(place))
        })
        .await
    }
}
