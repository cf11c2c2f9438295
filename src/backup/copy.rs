//! A copy of the store to be read once: it has no name any more when it is handed out, so it is gone
//! with whoever reads it, and after a power cut at the next start. It lies in the state directory only,
//! where the store itself lies: nowhere else is room made for what it holds.

use std::fs::{self, File};
use std::io;

use thiserror::Error;

use super::place::Place;
use crate::limits;
use crate::store::{self, Extent, Store, clear_place};

/// Why there is no copy.
#[derive(Debug, Error)]
pub enum CopyError {
    /// A copy would fill the disk, and the service could not write any more.
    #[error(
        "a copy of the store takes up to {needed} MB beside it, and {free} MB are free in {folder}"
    )]
    NoRoom {
        /// What is needed, in megabytes.
        needed: u64,
        /// What is free, in megabytes.
        free: u64,
        /// The folder.
        folder: String,
    },
    /// The copy could not be made.
    #[error(transparent)]
    Copy(#[from] store::CopyError),
    /// The copy could not be read.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The reason.
        source: io::Error,
    },
}

/// Makes a copy; says how long it is, in bytes. Only one at a time in a state directory. Blocks for as
/// long as reading and writing the store takes.
///
/// # Errors
/// [`CopyError`]; nothing is left of the copy.
pub fn make(store: &Store, place: &Place) -> Result<(File, u64), CopyError> {
    let path = place.copy();
    let of_copy = |source| CopyError::Io {
        file: path.display().to_string(),
        source,
    };
    clear_place(&path).map_err(of_copy)?;
    let size = fs::metadata(place.database()).map_err(of_copy)?.len();
    make_sure_of_room(place, size)?;
    let copied = store.copy_to(&path, Extent::Whole);
    let opened = File::open(&path);
    // Before anything else can fail: nobody finds it any more.
    let removed = fs::remove_file(&path);
    copied?;
    removed.map_err(of_copy)?;
    let file = opened.map_err(of_copy)?;
    let length = file.metadata().map_err(of_copy)?.len();
    Ok((file, length))
}

/// Whether so many bytes, and a few to spare, are free in the state directory.
///
/// # Errors
/// [`CopyError::NoRoom`].
pub fn make_sure_of_room(place: &Place, bytes: u64) -> Result<(), CopyError> {
    let needed = bytes.saturating_add(limits::BACKUP_SPARE);
    match place.free() {
        Some(free) if free < needed => Err(CopyError::NoRoom {
            needed: needed.div_ceil(1_000_000),
            free: free / 1_000_000,
            folder: place.folder().display().to_string(),
        }),
        _ => Ok(()),
    }
}
