//! A copy of the store in a file of its own, made while the store is in use: one consistent state, as
//! the last commit left it. Backups and the identity copy are made of it; what becomes of the file is
//! their business.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use redb::Database;
use thiserror::Error;

use super::Store;
use super::error::StoreError;
use super::schema::{copy_all_rows, copy_identity_rows};
use crate::limits;

/// How much of the store a copy holds. Either kind is a store in itself, of the same schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Everything.
    Whole,
    /// The box's name, its accounts with their identities, and what people set. No ratchet, no message.
    Identity,
}

/// Why there is no copy.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The file could not be made or written.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The reason.
        source: io::Error,
    },
    /// The store could not be read, or the copy not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes away what an attempt that was cut off left at `path`, if there is anything.
///
/// # Errors
/// It is there and cannot be removed.
pub fn clear_place(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Store {
    /// Writes a copy to `path`, which must not exist yet; only its owner can read it. When this
    /// returns `Ok`, its bytes are on the disk (its name may not be). After an error, what is there
    /// is worth nothing. Blocks for as long as reading and writing all of it takes.
    ///
    /// # Errors
    /// [`CopyError`].
    pub fn copy_to(&self, path: &Path, extent: Extent) -> Result<(), CopyError> {
        let in_file = |source| CopyError::Io {
            file: path.display().to_string(),
            source,
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(path).map_err(in_file)?;
        let database = Database::builder()
            .set_cache_size(limits::STORE_CACHE)
            .create_file(file)
            .map_err(StoreError::from)?;
        self.read(|from| {
            let to = database.begin_write()?;
            match extent {
                Extent::Whole => copy_all_rows(from, &to)?,
                Extent::Identity => copy_identity_rows(from, &to)?,
            }
            Ok(to.commit()?)
        })?;
        drop(database);
        File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(in_file)
    }
}
