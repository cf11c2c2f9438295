//! How the disk takes writes: told by what happened to the last one.
//!
//! The writer says how each group went. While the disk is not well, the writer also tries a small
//! write of its own every [`crate::limits::STORE_PROBE`], so that the box notices by itself when there is
//! room again; while it is well, nothing is written for this (flash wears).

use std::io;

use tokio::sync::watch;

use super::Store;
use super::error::{Result, StoreError};
use super::rows::Tx;
use super::schema::META;
use crate::snapshot::StoreHealth;

/// Name of the row the probe writes: a number that grows, 64 bits, little-endian.
pub(super) const PROBE: &str = "probe";

impl Store {
    /// How the disk takes writes, always as it was with the last one.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<StoreHealth> {
        self.shared.health.subscribe()
    }
}

/// What an error says about the disk; `None` when it says nothing.
pub(super) fn judge(error: &StoreError) -> Option<StoreHealth> {
    match error {
        StoreError::Full => Some(StoreHealth::Full),
        StoreError::Io(error) => Some(match &**error {
            redb::Error::Io(io) => of_io(io),
            other => failing(other),
        }),
        StoreError::Damaged(_) => Some(failing(error)),
        StoreError::Row { .. }
        | StoreError::Wiped
        | StoreError::Deleted
        | StoreError::NoChance
        | StoreError::Closed => None,
    }
}

/// What an error of the system says about the disk.
pub(super) fn of_io(error: &io::Error) -> StoreHealth {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            StoreHealth::Full
        }
        io::ErrorKind::ReadOnlyFilesystem => StoreHealth::ReadOnly,
        _ => failing(error),
    }
}

fn failing(why: &impl ToString) -> StoreHealth {
    StoreHealth::Failing {
        why: why.to_string(),
    }
}

/// The small write that shows whether the disk is well again.
pub(super) fn probe(tx: &Tx) -> Result<()> {
    let mut meta = tx.rows(META)?;
    let last = meta.get(PROBE)?;
    let last = last.and_then(|row| row.value().try_into().ok());
    let next = last.map_or(0, u64::from_le_bytes).wrapping_add(1);
    meta.put(PROBE, next.to_le_bytes().as_slice())
}
