//! Messages the library received and we did not take over yet: its safety net, kept in memory until a
//! commit needs it.
//!
//! The library stores a copy of each message before it hands it to us and deletes it afterwards, so that
//! it can be handed over once more after a ratchet has moved on and WhatsApp delivers again. The copy is
//! needed from the moment the *ratchet* is in the file, and until *we* took the message in. So a copy is
//! written with the next commit of whatever the protocol keeps (no ratchet is ever newer in the file than
//! the copies made before it), and a copy that was deleted before that is never written: most are not.
//! That is two commits less for each message.
//!
//! Nothing that was acknowledged hangs on it: WhatsApp hears of a message after [`Store::take_in`]
//! committed it. And nothing else is weaker than with a commit for each copy: if the ratchet is in the file
//! already when its message's copy is made, the next commit, ours, has the message itself. When that one
//! fails for a reason of its own, the copies are written at once; when the store is closed, too.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Store;
use super::error::Result;
use super::rows::Tx;
use super::schema::PENDING_INBOUND;
use crate::limits;

/// Account, chat, sender, message id.
pub(super) type Key = (u32, String, String, String);

/// What is to become of a row.
enum Wish {
    /// Stored at, unix seconds; the message.
    Put(i64, Vec<u8>),
    Delete,
}

struct Entry {
    /// Grows with every wish.
    number: u64,
    wish: Wish,
    /// The file may hold a row of this key.
    stored: bool,
}

#[derive(Default)]
struct Book {
    entries: BTreeMap<Key, Entry>,
    last: u64,
    bytes: usize,
}

/// What is not in the file yet.
#[derive(Default)]
pub(super) struct Pending(Mutex<Book>);

/// What is known of a row without the file.
pub(super) enum Known {
    /// It holds this.
    Put(Vec<u8>),
    /// It was deleted.
    Deleted,
    /// The file says.
    Nothing,
}

impl Pending {
    fn book(&self) -> MutexGuard<'_, Book> {
        // Each step below is whole before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a copy. `stored`: the file holds a row of this key. Says whether there is room for more;
    /// if not, the copies have to be written.
    pub(super) fn put(&self, key: Key, at: i64, message: Vec<u8>, stored: bool) -> bool {
        let mut book = self.book();
        book.bytes += message.len();
        let stored = stored || book.entries.get(&key).is_some_and(|entry| entry.stored);
        book.wish(key, Wish::Put(at, message), stored);
        book.bytes <= limits::PENDING_BYTES
    }

    /// Deletes a copy.
    pub(super) fn delete(&self, key: Key) {
        let mut book = self.book();
        match book.entries.get(&key) {
            Some(entry) if !entry.stored => {
                book.forget(&key);
            }
            _ => book.wish(key, Wish::Delete, true),
        }
    }

    /// What is known of a copy.
    pub(super) fn get(&self, key: &Key) -> Known {
        match self.book().entries.get(key).map(|entry| &entry.wish) {
            Some(Wish::Put(_, message)) => Known::Put(message.clone()),
            Some(Wish::Delete) => Known::Deleted,
            None => Known::Nothing,
        }
    }

    /// Writes everything. Once the transaction is durable, [`Self::settle`] has to be told what
    /// [`Tx::flushed`] says.
    pub(super) fn flush(&self, tx: &Tx) -> Result<()> {
        let mut book = self.book();
        if book.entries.is_empty() || tx.flushed() == book.last {
            return Ok(());
        }
        let mut rows = tx.rows(PENDING_INBOUND)?;
        for ((account, chat, sender, id), entry) in &mut book.entries {
            let key = (*account, chat.as_str(), sender.as_str(), id.as_str());
            match &entry.wish {
                Wish::Put(at, message) => rows.put(key, (*at, message.as_slice()))?,
                Wish::Delete => {
                    rows.remove(key)?;
                }
            }
            // From here on it may be in the file, however the commit ends.
            entry.stored = true;
        }
        tx.note_flushed(book.last);
        Ok(())
    }

    /// Everything up to this wish is in the file.
    pub(super) fn settle(&self, flushed: u64) {
        let mut book = self.book();
        let bytes = &mut 0;
        book.entries.retain(|_, entry| {
            let open = entry.number > flushed;
            *bytes += if open { entry.len() } else { 0 };
            open
        });
        book.bytes = *bytes;
    }

    /// Forgets the copies of an account whose identity goes.
    pub(super) fn forget_account(&self, account: u32) {
        self.book().entries.retain(|key, _| key.0 != account);
    }
}

impl Entry {
    fn len(&self) -> usize {
        match &self.wish {
            Wish::Put(_, message) => message.len(),
            Wish::Delete => 0,
        }
    }
}

impl Book {
    fn wish(&mut self, key: Key, wish: Wish, stored: bool) {
        self.last += 1;
        let entry = Entry {
            number: self.last,
            wish,
            stored,
        };
        if let Some(before) = self.entries.insert(key, entry) {
            self.bytes = self.bytes.saturating_sub(before.len());
        }
    }

    fn forget(&mut self, key: &Key) {
        if let Some(before) = self.entries.remove(key) {
            self.bytes = self.bytes.saturating_sub(before.len());
        }
    }
}

impl Store {
    /// Writes the copies of what was received and not taken over. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; the copies are kept in memory and go with the next write.
    pub async fn flush_pending(&self) -> Result<()> {
        let shared = std::sync::Arc::clone(&self.shared);
        self.write(move |tx| shared.pending.flush(tx)).await
    }
}
