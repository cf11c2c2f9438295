//! Test builds only: a disk that fails when a test says so. While the file of that name holds the word
//! `full`, `read-only` or `io`, whatever would change the store's file fails as the system would say it;
//! at `hang` it never comes back from that, and at `panic` the database finds that it makes no sense.

use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use redb::{BackendError, StorageBackend};
use rustix::io::Errno;

/// A backend in front of another one.
#[derive(Debug)]
pub(super) struct BadDisk {
    inner: Box<dyn StorageBackend>,
    words: PathBuf,
}

impl BadDisk {
    pub(super) fn new(inner: Box<dyn StorageBackend>, words: PathBuf) -> Self {
        Self { inner, words }
    }
}

/// What the disk says to a change, as long as the file holds a word for it.
pub(super) fn trouble(words: &Path) -> io::Result<()> {
    let word = std::fs::read_to_string(words).unwrap_or_default();
    let errno = match word.trim() {
        "full" => Errno::NOSPC,
        "read-only" => Errno::ROFS,
        "io" => Errno::IO,
        "hang" => loop {
            std::thread::park();
        },
        "panic" => panic!("a test wants a structure that makes no sense"),
        _ => return Ok(()),
    };
    Err(errno.into())
}

impl StorageBackend for BadDisk {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        trouble(&self.words)?;
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        trouble(&self.words)?;
        self.inner.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        trouble(&self.words)?;
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
