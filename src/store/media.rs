//! Where the files lie that somebody sent, and the keys to open them: by the name of the event they were
//! told with.

use redb::TableHandle;

use super::Store;
use super::error::{Result, StoreError};
use super::rows::{Tx, decode, encode};
use super::schema_3::MEDIA;
use crate::account::AccountId;
use crate::limits;
use crate::message::content::Media;
use crate::time::UnixMillis;
use crate::ulid::Ulid;

/// The row that holds how many there are; behind the newest, as the head of a line is.
const COUNT: u128 = u128::MAX;

impl Store {
    /// The file that was told with an event, with its keys.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn media(&self, account: AccountId, event: Ulid) -> Result<Option<Media>> {
        if event.bits() == COUNT {
            return Ok(None);
        }
        self.read(|tx| {
            let row = tx.open_table(MEDIA)?.get((account.0, event.bits()))?;
            row.map(|row| decode(MEDIA, row.value())).transpose()
        })
    }
}

/// Keeps the keys of a file, and forgets those that are too old or too many.
pub(super) fn keep(
    tx: &Tx,
    account: u32,
    event: Ulid,
    media: &Media,
    now: UnixMillis,
) -> Result<()> {
    let mut rows = tx.rows(MEDIA)?;
    let count = rows.get((account, COUNT))?.map(|row| number(row.value()));
    let mut count = count.transpose()?.unwrap_or(0);
    if rows.get((account, event.bits()))?.is_none() {
        count += 1;
    }
    rows.put((account, event.bits()), &encode(MEDIA, media)?)?;
    let kept = u64::try_from(limits::MEDIA_KEPT.as_millis()).unwrap_or(u64::MAX);
    let oldest = Ulid::new(now.0.saturating_sub(kept), 0).bits();
    loop {
        let first = rows.range((account, 0)..(account, COUNT))?.next();
        let first = first.transpose()?.map(|(key, _)| key.value().1);
        let Some(first) = first.filter(|first| *first < oldest || count > limits::MEDIA_KEPT_MAX)
        else {
            break;
        };
        rows.remove((account, first))?;
        count = count.saturating_sub(1);
    }
    rows.put((account, COUNT), count.to_le_bytes().as_slice())
}

fn number(bytes: &[u8]) -> Result<u64> {
    let bytes = bytes.try_into().map_err(|_| StoreError::Row {
        table: MEDIA.name().to_owned(),
    })?;
    Ok(u64::from_le_bytes(bytes))
}
