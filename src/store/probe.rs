//! Doors for tests, in test builds only (feature `bench`): other media than a file, commits that
//! are not durable, and a look at all rows at once.
//!
//! Nothing here is reachable in a release build.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use redb::{Durability, StorageBackend};

use super::error::{OpenError, Result};
use super::identity::Site;
use super::medium::Medium;
use super::schema;
use super::{Store, open, restore};

/// The rows of a file: table and key bytes → value bytes.
pub type AllRows = BTreeMap<(String, Vec<u8>), Vec<u8>>;

/// Whether commits are synced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commits {
    /// As in the product.
    Durable,
    /// Acknowledged before they are safe: to show that the power-cut suite would notice.
    Volatile,
}

/// Opens a store on a medium of the test's making. `source` is called for every opening, also
/// after an I/O error; all it returns must share their bytes.
///
/// # Errors
/// As [`Store::open`].
pub fn open_on<B: StorageBackend>(
    source: impl Fn() -> io::Result<B> + Send + Sync + 'static,
    commits: Commits,
) -> std::result::Result<Store, OpenError> {
    let medium = Medium::new(move || Ok(Box::new(source()?)));
    let durability = match commits {
        Commits::Durable => Durability::Immediate,
        Commits::Volatile => Durability::None,
    };
    Store::start(open::open_medium(medium, "the test's medium")?, durability)
}

impl Store {
    /// As [`Store::open`], on a disk that fails while the file `words` holds a word for it
    /// (see `bad_disk`).
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on_bad_disk(path: &Path, words: &Path) -> std::result::Result<Self, OpenError> {
        Self::start(open::open_on_bad_disk(path, words)?, Durability::Immediate)
    }

    /// As [`Store::open_or_restore`], on such a disk.
    ///
    /// # Errors
    /// As [`Store::open_or_restore`].
    pub fn open_or_restore_on_bad_disk(
        path: &Path,
        words: &Path,
    ) -> std::result::Result<Self, OpenError> {
        let mut site = Site::of(path);
        site.words = Some(words.to_owned());
        let open = || open::open_on_bad_disk(path, words);
        let shared = restore::open_or_restore(&site, &open, &mut || site.ask_disk())?;
        shared.identity.settle_at(site);
        Self::start(shared, Durability::Immediate)
    }

    /// As [`Store::open_or_restore`], cut off before the step after `steps` of restoring it.
    ///
    /// # Errors
    /// As [`Store::open_or_restore`], and when it was cut off.
    pub fn open_or_restore_until(path: &Path, steps: u32) -> std::result::Result<Self, OpenError> {
        let site = Site::of(path);
        let mut left = steps;
        let mut ask = || {
            left = left.checked_sub(1).ok_or(io::ErrorKind::Interrupted)?;
            Ok(())
        };
        let shared = restore::open_or_restore(&site, &|| open::open_file(path), &mut ask)?;
        shared.identity.settle_at(site);
        Self::start(shared, Durability::Immediate)
    }

    /// Every row of the file.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn all_rows(&self) -> Result<AllRows> {
        self.read(|tx| {
            let mut rows = BTreeMap::new();
            schema::visit_all_rows(tx, &mut |table, key, value| {
                rows.insert((table.to_owned(), key.to_vec()), value.to_vec());
            })?;
            Ok(rows)
        })
    }

    /// Makes the file look as if a newer program had written it.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub async fn pretend_newer(&self) -> Result<()> {
        self.write(schema::pretend_newer).await
    }

    /// Overwrites a device row with bytes that are no device.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub async fn damage_device_row(&self, account: crate::account::AccountId) -> Result<()> {
        self.write(move |tx| {
            tx.rows(schema::DEVICE)?
                .put(account.0, b"{\"pn\":17}".as_slice())
        })
        .await
    }
}
