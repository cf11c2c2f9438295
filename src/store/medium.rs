//! What redb reads from and writes to: the file, or whatever a test puts in its place.
//!
//! A [`Medium`] can hand out its backend more than once, because redb refuses to work after the
//! first I/O error until the database is opened anew. Every backend it hands out is counted, so
//! that [`Counters`] tells what really goes to the card.

use std::fs::{File, TryLockError};
use std::io;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};
use rustix::fs::{Advice, fadvise};

/// What the store did since it was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Transactions committed, each one durable before anybody was told.
    pub commits: u64,
    /// Requests to write, the ones that changed nothing included.
    pub requests: u64,
    /// Bytes handed to the file (not to the card: the file system adds its own).
    pub bytes_written: u64,
    /// Writes to the file.
    pub writes: u64,
    /// Times the file was synced: what makes a card slow, and wears it.
    pub syncs: u64,
    /// Times the database was opened anew after an error.
    pub reopened: u64,
}

/// The live numbers behind [`Counters`].
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) commits: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) reopened: AtomicU64,
    pub(super) bytes_written: AtomicU64,
    writes: AtomicU64,
    syncs: AtomicU64,
}

impl Tally {
    pub(super) fn read(&self) -> Counters {
        Counters {
            commits: self.commits.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
            bytes_written: self.bytes_written.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            syncs: self.syncs.load(Ordering::Relaxed),
            reopened: self.reopened.load(Ordering::Relaxed),
        }
    }
}

/// Adds to one number of a [`Tally`].
pub(super) fn count(number: &AtomicU64, more: usize) {
    number.fetch_add(more as u64, Ordering::Relaxed);
}

/// Hands out a backend, again after every failure.
type Source = dyn Fn() -> io::Result<Box<dyn StorageBackend>> + Send + Sync;

/// Where the database lives.
pub(super) struct Medium {
    source: Box<Source>,
    pub(super) tally: Arc<Tally>,
}

impl Medium {
    /// A file, opened for reading and writing. Its lock is taken with every backend handed out.
    pub(super) fn file(file: File) -> Self {
        Self::new(move || {
            file.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
                TryLockError::Error(error) => error,
            })?;
            forget_cached_pages(&file);
            let backend = FileBackend::new(file.try_clone()?).map_err(io::Error::other)?;
            Ok(Box::new(backend))
        })
    }

    /// The same, on a disk that fails while `words` says so.
    #[cfg(feature = "bench")]
    pub(super) fn going_bad(self, words: &std::path::Path) -> Self {
        let (source, book) = (self.source, super::bad_disk::Book::of(words));
        Self::new(move || {
            let sound = source()?;
            Ok(Box::new(super::bad_disk::BadDisk::new(
                sound,
                Arc::clone(&book),
            )))
        })
    }

    /// Anything else. `source` is called once for every opening; all it returns must share their
    /// bytes.
    pub(super) fn new(
        source: impl Fn() -> io::Result<Box<dyn StorageBackend>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            source: Box::new(source),
            tally: Arc::default(),
        }
    }

    /// A backend to open the database with. The one before must have been closed.
    pub(super) fn backend(&self) -> io::Result<Counted> {
        let inner = (self.source)()?;
        discard_interrupted_creation(inner.as_ref())?;
        Ok(Counted {
            inner,
            tally: Arc::clone(&self.tally),
        })
    }
}

/// Makes the kernel read the file from the card again.
///
/// After a failed sync, Linux marks the pages it could not write as clean and keeps them: they
/// would be read back as if they were stored, and be gone after the next power cut. Dropping them
/// shows the database what is really there. Failure is harmless (not every file system can).
fn forget_cached_pages(file: &File) {
    let _ = fadvise(file, 0, None, Advice::DontNeed);
}

/// The part of the file redb's header fits in: one sector, which is written whole or not at all.
const HEADER_SECTOR: u64 = 512;

/// redb knows a database by its first bytes.
const MAGIC_BYTES: usize = 9;

/// Empties a file whose creation was cut short, so that it is created again.
fn discard_interrupted_creation(backend: &dyn StorageBackend) -> io::Result<()> {
    if !is_interrupted_creation(backend)? {
        return Ok(());
    }
    log::warn!(
        "store: the file was never finished (power cut while it was created?); starting it again"
    );
    backend.set_len(0)?;
    backend.sync_data()
}

/// redb extends a new file, writes a header without its magic number, and writes the magic number
/// last. A power cut in between leaves a file that redb refuses for ever. Such a file has no magic
/// number and nothing but zeros after the header; anything else is left for redb to judge.
fn is_interrupted_creation(backend: &dyn StorageBackend) -> io::Result<bool> {
    const CHUNK: usize = 64 * 1024;
    let len = backend.len()?;
    let mut magic = vec![0; MAGIC_BYTES.min(usize::try_from(len).unwrap_or(usize::MAX))];
    backend.read(0, &mut magic)?;
    if len == 0 || is_anything(&magic) {
        return Ok(false);
    }
    let mut chunk = vec![0; CHUNK];
    let mut offset = HEADER_SECTOR;
    while offset < len {
        let part = CHUNK.min(usize::try_from(len - offset).unwrap_or(CHUNK));
        backend.read(offset, &mut chunk[..part])?;
        if is_anything(&chunk[..part]) {
            return Ok(false);
        }
        offset += part as u64;
    }
    Ok(true)
}

/// Whether a file holds nothing that redb ever finished writing: it is empty, or its creation was cut
/// short.
pub(super) fn is_unwritten(file: File) -> io::Result<bool> {
    let len = file.metadata()?.len();
    let backend = FileBackend::new(file).map_err(io::Error::other)?;
    Ok(len == 0 || is_interrupted_creation(&backend)?)
}

fn is_anything(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| *byte != 0)
}

/// A backend that counts what is written through it.
#[derive(Debug)]
pub(super) struct Counted {
    inner: Box<dyn StorageBackend>,
    tally: Arc<Tally>,
}

impl StorageBackend for Counted {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        count(&self.tally.syncs, 1);
        self.inner.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        count(&self.tally.writes, 1);
        count(&self.tally.bytes_written, data.len());
        self.inner.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.inner.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.query_lock_range(start, end)
    }
}
