//! The caps of the outbox: how much waits at most, and how long. The oldest go first, and are counted.

use std::time::Duration;

use super::error::Result;
use super::lines::{HEAD, Head};
use super::rows::Tx;
use super::schema_3::{DEAD, OUTBOX};
use super::{Store, outbox, webhooks};
use crate::limits;
use crate::message::webhook::{DeliveryId, WebhookId};
use crate::time::UnixMillis;

/// The caps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutboxCaps {
    /// Bytes of all deliveries of all webhooks, those that were given up included.
    pub bytes: u64,
    /// How long a delivery is kept.
    pub age: Duration,
}

impl Default for OutboxCaps {
    fn default() -> Self {
        Self {
            bytes: limits::OUTBOX_BYTES,
            age: limits::OUTBOX_AGE,
        }
    }
}

impl Store {
    /// Sets the caps for all that comes in from now on.
    pub fn set_outbox_caps(&self, caps: OutboxCaps) {
        self.shared.caps.send_replace(caps);
    }

    /// Drops what is too old by now, also when nothing new comes in; says what went. Writes nothing when
    /// nothing is.
    ///
    /// # Errors
    /// [`super::StoreError`]; then it goes with the next event that is told.
    pub async fn drop_old(&self, now: UnixMillis) -> Result<Vec<DeliveryId>> {
        let most = self.outbox_caps();
        self.write(move |tx| enforce(tx, most, now)).await
    }

    /// The caps.
    pub(super) fn outbox_caps(&self) -> OutboxCaps {
        *self.shared.caps.borrow()
    }
}

/// The oldest delivery of a webhook in one of the two tables.
struct Oldest {
    at: UnixMillis,
    webhook: u32,
    place: u64,
    dead: bool,
    bytes: u64,
}

/// Drops the oldest deliveries while the caps are exceeded; says which.
pub(super) fn enforce(tx: &Tx, caps: OutboxCaps, now: UnixMillis) -> Result<Vec<DeliveryId>> {
    let webhooks = webhooks::numbers(tx)?;
    let age = u64::try_from(caps.age.as_millis()).unwrap_or(u64::MAX);
    let mut dropped = Vec::new();
    let mut total = 0_u64;
    let mut fronts = Vec::new();
    for webhook in &webhooks {
        let head = Head::of(&tx.rows(OUTBOX)?, *webhook)?.unwrap_or_default();
        total += head.bytes;
        for dead in [false, true] {
            // A line without dead ones is not looked through for them.
            if (if dead { head.dead } else { head.pending }) > 0 {
                fronts.extend(front(tx, *webhook, dead)?);
            }
        }
    }
    // Of two of one moment, the one that came in first.
    let age_of = |front: &Oldest| (front.at, front.webhook, front.place);
    while let Some((index, oldest)) = fronts
        .iter()
        .enumerate()
        .min_by_key(|(_, front)| age_of(front))
    {
        let too_old = now.0.saturating_sub(oldest.at.0) > age;
        if !too_old && total <= caps.bytes {
            break;
        }
        let gone = fronts.swap_remove(index);
        total = total.saturating_sub(gone.bytes);
        drop_one(tx, &gone)?;
        dropped.push(DeliveryId {
            webhook: WebhookId(gone.webhook),
            place: gone.place,
        });
        fronts.extend(front(tx, gone.webhook, gone.dead)?);
    }
    Ok(dropped)
}

/// The oldest of a webhook.
fn front(tx: &Tx, webhook: u32, dead: bool) -> Result<Option<Oldest>> {
    let rows = tx.rows(if dead { DEAD } else { OUTBOX })?;
    let first = rows.range((webhook, 0)..(webhook, HEAD))?.next();
    let Some(first) = first else {
        return Ok(None);
    };
    let (key, row) = first?;
    Ok(Some(Oldest {
        at: outbox::came_at(row.value().0)?,
        webhook,
        place: key.value().1,
        dead,
        bytes: outbox::size(row.value().1),
    }))
}

fn drop_one(tx: &Tx, gone: &Oldest) -> Result<()> {
    tx.note_lines();
    let mut rows = tx.rows(OUTBOX)?;
    let key = (gone.webhook, gone.place);
    if gone.dead {
        tx.rows(DEAD)?.remove(key)?;
    } else {
        rows.remove(key)?;
    }
    let mut head = Head::of(&rows, gone.webhook)?.unwrap_or_default();
    if gone.dead {
        head.dead = head.dead.saturating_sub(1);
    } else {
        head.pending = head.pending.saturating_sub(1);
    }
    head.bytes = head.bytes.saturating_sub(gone.bytes);
    head.dropped += 1;
    head.put(&mut rows, gone.webhook)
}
