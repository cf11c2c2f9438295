//! Test builds only: a disk that fails when a test says so, in a file of words.
//!
//! `full`, `read-only` and `io`: whatever would change the store's file fails as the system would say it.
//! `lost` is an `io` that is honest about caches: a sync that fails takes with it what was written since the
//! one before, as Linux does with the pages it could not write. `dead`: reads fail, too.
//! `io@17`: from the 17th change on, counted from when that word was put there. `io@17!`: only that one.
//! `hang`: a change never comes back. `panic`: the database finds that it makes no sense.
//! A word that is none (`count`) only counts. Changes are the calls to write, to sync and to set the length;
//! how many there were, how many failed, and what the last failed one was, is written beside the words.

use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{BackendError, StorageBackend};
use rustix::io::Errno;

/// A backend in front of another one.
#[derive(Debug)]
pub(super) struct BadDisk {
    inner: Box<dyn StorageBackend>,
    book: Arc<Mutex<Book>>,
}

/// What a test said, and what came of it. Outlives the backend: the database is opened anew after errors.
#[derive(Debug)]
pub(super) struct Book {
    words: PathBuf,
    said: String,
    order: Option<Order>,
    changes: u64,
    failed: u64,
    last_failed: &'static str,
    /// What the file held before the changes since the last sync, oldest first; kept only for `lost`.
    undo: Vec<Undo>,
}

#[derive(Debug)]
enum Undo {
    Bytes(u64, Vec<u8>),
    Len(u64),
}

/// A word, understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Order {
    errno: Errno,
    loses: bool,
    reads: bool,
    /// The first change that fails, from 1.
    from: u64,
    only: bool,
}

impl Order {
    fn read(said: &str) -> Option<Self> {
        let (word, rest) = said.split_once('@').unwrap_or((said, "1"));
        let errno = match word {
            "full" => Errno::NOSPC,
            "read-only" => Errno::ROFS,
            "io" | "lost" | "dead" => Errno::IO,
            _ => return None,
        };
        Some(Self {
            errno,
            loses: word == "lost",
            reads: word == "dead",
            from: rest.trim_end_matches('!').parse().ok()?,
            only: rest.ends_with('!'),
        })
    }

    fn strikes(&self, change: u64) -> bool {
        if self.only {
            change == self.from
        } else {
            change >= self.from
        }
    }
}

impl Book {
    pub(super) fn of(words: &Path) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            words: words.to_owned(),
            said: String::new(),
            order: None,
            changes: 0,
            failed: 0,
            last_failed: "nothing",
            undo: Vec::new(),
        }))
    }

    /// Looks at the words; new ones begin to count anew.
    fn look(&mut self) {
        let said = std::fs::read_to_string(&self.words).unwrap_or_default();
        let said = said.trim();
        if said != self.said {
            said.clone_into(&mut self.said);
            self.order = Order::read(said);
            (self.changes, self.failed, self.last_failed) = (0, 0, "nothing");
            self.undo.clear();
        }
    }

    /// Counts a change; says how it fails, if it does.
    fn change(&mut self, what: &'static str) -> io::Result<()> {
        self.look();
        self.changes += 1;
        let struck = self.order.filter(|order| order.strikes(self.changes));
        if struck.is_some() {
            self.failed += 1;
            self.last_failed = what;
        }
        if !self.said.is_empty() {
            let told = format!("{} {} {}\n", self.changes, self.failed, self.last_failed);
            // A test that looks for it says so itself.
            let _ = std::fs::write(self.words.with_extension("count"), told);
        }
        struck.map_or(Ok(()), |order| Err(order.errno.into()))
    }

    fn remembers(&self) -> bool {
        self.order.is_some_and(|order| order.loses)
    }
}

impl BadDisk {
    pub(super) fn new(inner: Box<dyn StorageBackend>, book: Arc<Mutex<Book>>) -> Self {
        Self { inner, book }
    }

    /// `hang` and `panic`; never with the book in hand, which readers need.
    fn go_mad(&self) {
        let words = self.book().words.clone();
        let said = std::fs::read_to_string(words).unwrap_or_default();
        match said.trim() {
            "hang" => loop {
                std::thread::park();
            },
            "panic" => panic!("a test wants a structure that makes no sense"),
            _ => {}
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file as the last sync left it.
    fn lose(&self, book: &mut Book) -> io::Result<()> {
        for undo in book.undo.drain(..).rev() {
            match undo {
                Undo::Bytes(offset, bytes) => self.inner.write(offset, &bytes)?,
                Undo::Len(len) => self.inner.set_len(len)?,
            }
        }
        self.inner.sync_data()
    }
}

/// What the disk says to the creation of a file, as long as there is a word for it: no change that counts.
pub(super) fn trouble(words: &Path) -> io::Result<()> {
    let said = std::fs::read_to_string(words).unwrap_or_default();
    let order = Order::read(said.trim()).filter(|_| !said.contains('@'));
    order.map_or(Ok(()), |order| Err(order.errno.into()))
}

impl StorageBackend for BadDisk {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut book = self.book();
        book.look();
        match book.order.filter(|order| order.reads) {
            Some(order) => Err(order.errno.into()),
            None => self.inner.read(offset, out),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.go_mad();
        let mut book = self.book();
        book.change("set-len")?;
        if book.remembers() {
            let old = self.inner.len()?;
            if len < old {
                let mut cut = vec![0; usize::try_from(old - len).map_err(io::Error::other)?];
                self.inner.read(len, &mut cut)?;
                book.undo.push(Undo::Bytes(len, cut));
            }
            book.undo.push(Undo::Len(old));
        }
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.go_mad();
        let mut book = self.book();
        let outcome = book.change("sync");
        if outcome.is_err() {
            self.lose(&mut book)?;
            return outcome;
        }
        book.undo.clear();
        self.inner.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.go_mad();
        let mut book = self.book();
        book.change("write")?;
        if book.remembers() {
            let mut old = vec![0; data.len()];
            self.inner.read(offset, &mut old)?;
            book.undo.push(Undo::Bytes(offset, old));
        }
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
