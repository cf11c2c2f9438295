//! The lines of the webhooks: how many deliveries each has, counted in the transactions that change them.
//!
//! The counts of a line, its head, lie behind its last delivery in the same table: whoever appends to a
//! line writes the page with the head anyway.

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::{ReadTransaction, ReadableTable, TableHandle};
use tokio::sync::watch;

use super::Store;
use super::error::{Result, StoreError};
use super::outbox;
use super::rows::Rows;
use super::schema_3::{DeliveryRow, OUTBOX, WEBHOOKS};
use crate::message::webhook::{Line, WebhookId};

/// The place of a head.
pub(super) const HEAD: u64 = u64::MAX;

/// The lines, by webhook.
pub type Lines = Arc<BTreeMap<WebhookId, Line>>;

/// What is counted of a line.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Head {
    /// The next place.
    pub(super) next: u64,
    pub(super) pending: u64,
    pub(super) dead: u64,
    pub(super) bytes: u64,
    pub(super) dropped: u64,
}

/// Bytes of a number.
const NUMBER: usize = size_of::<u64>();

impl Head {
    pub(super) fn to_bytes(self) -> [u8; 5 * NUMBER] {
        let numbers = [self.next, self.pending, self.dead, self.bytes, self.dropped];
        let mut bytes = [0; 5 * NUMBER];
        for (place, number) in bytes.chunks_exact_mut(NUMBER).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut numbers = bytes.chunks_exact(NUMBER).map(|number| {
            // Every chunk has this length.
            number.try_into().map_or(0, u64::from_le_bytes)
        });
        let mut next = || {
            numbers.next().ok_or_else(|| StoreError::Row {
                table: OUTBOX.name().to_owned(),
            })
        };
        Ok(Self {
            next: next()?,
            pending: next()?,
            dead: next()?,
            bytes: next()?,
            dropped: next()?,
        })
    }

    /// The head of a webhook's line.
    pub(super) fn of(
        rows: &Rows<'_, (u32, u64), DeliveryRow>,
        webhook: u32,
    ) -> Result<Option<Self>> {
        let row = rows.get((webhook, HEAD))?;
        row.map(|row| Self::from_bytes(row.value().0)).transpose()
    }

    /// Writes it.
    pub(super) fn put(
        self,
        rows: &mut Rows<'_, (u32, u64), DeliveryRow>,
        webhook: u32,
    ) -> Result<()> {
        rows.put((webhook, HEAD), (&self.to_bytes(), ""))
    }
}

impl Store {
    /// How the lines of all webhooks stand, always as they are now.
    #[must_use]
    pub fn lines(&self) -> watch::Receiver<Lines> {
        self.shared.lines.subscribe()
    }
}

/// The lines in a state of the file.
pub(super) fn load(tx: &ReadTransaction) -> Result<BTreeMap<WebhookId, Line>> {
    let rows = tx.open_table(OUTBOX)?;
    let mut lines = BTreeMap::new();
    for webhook in tx.open_table(WEBHOOKS)?.iter()? {
        let webhook = webhook?.0.value();
        let Some(head) = rows.get((webhook, HEAD))? else {
            continue;
        };
        let head = Head::from_bytes(head.value().0)?;
        let mut oldest = None;
        if head.pending > 0
            && let Some(first) = rows.range((webhook, 0)..(webhook, HEAD))?.next()
        {
            oldest = Some(outbox::came_at(first?.1.value().0)?);
        }
        let line = Line {
            pending: head.pending,
            dead: head.dead,
            bytes: head.bytes,
            oldest,
            dropped: head.dropped,
        };
        lines.insert(WebhookId(webhook), line);
    }
    Ok(lines)
}
