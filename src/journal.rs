//! What happened lately, and who wants to hear of it at once.
//!
//! The event loop notes, streams listen. Nothing here waits: a listener that does not take what it is
//! told is let go, and finds what it missed by the name of the last thing it heard, as long as the
//! ring reaches back.

mod happening;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

pub use happening::{
    ButtonNews, Happening, Kind, KindError, Me, Presses, QrNews, StatusNews, What, derive,
    qr_on_show, status_news,
};

use crate::account::AccountId;
use crate::event::Edge;
use crate::limits::{JOURNAL_OF_ACCOUNT, JOURNAL_RING};
use crate::snapshot::Snapshot;
use crate::time::Now;
use crate::ulid::Ulid;

/// Takes a happening; `false` when it cannot, and will not be asked again.
pub type Listener = Box<dyn FnMut(&Arc<Happening>) -> bool + Send>;

/// The journal. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Journal(Arc<Mutex<Book>>);

struct Book {
    /// The lower 80 bits of every name, made by chance for this run.
    chance: u128,
    /// The name given last.
    last: Ulid,
    presses: Presses,
    ring: VecDeque<Arc<Happening>>,
    /// The changes of status of each account, oldest first.
    changes: BTreeMap<AccountId, VecDeque<Arc<Happening>>>,
    listeners: BTreeMap<u64, Listener>,
    listened: u64,
}

/// The right to be told; ends when dropped.
pub struct Subscription {
    journal: Journal,
    number: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.journal
            .with(|book| book.listeners.remove(&self.number));
    }
}

impl Journal {
    /// An empty one. `chance`: any number, made by chance for this run.
    #[must_use]
    pub fn new(chance: u128) -> Self {
        Self(Arc::new(Mutex::new(Book {
            chance,
            last: Ulid::from_bits(0),
            presses: Presses::default(),
            ring: VecDeque::new(),
            changes: BTreeMap::new(),
            listeners: BTreeMap::new(),
            listened: 0,
        })))
    }

    /// Notes what became different between two snapshots.
    pub fn note(&self, now: Now, before: &Snapshot, after: &Snapshot) {
        let news = derive(before, after);
        if !news.is_empty() {
            self.with(|book| news.into_iter().for_each(|what| book.add(now, what)));
        }
    }

    /// Notes what an edge of a button tells.
    pub fn edge(&self, now: Now, edge: Edge) {
        self.with(|book| {
            if let Some(news) = book.presses.edge(edge) {
                book.add(now, What::Button(news));
            }
        });
    }

    /// The newest changes of an account's status, the latest first; at most `limit`.
    #[must_use]
    pub fn recent(&self, account: AccountId, limit: usize) -> Vec<Arc<Happening>> {
        self.with(|book| {
            let changes = book.changes.get(&account).into_iter().flatten();
            changes.rev().take(limit).cloned().collect()
        })
    }

    /// Tells `listener` of everything from now on. Returned first: what happened after the one called
    /// `after`, oldest first; all that is kept when that one is not, because it is too old or of
    /// another run. Nothing happens between the two, and nothing twice.
    #[must_use]
    pub fn listen(
        &self,
        after: Option<Ulid>,
        listener: Listener,
    ) -> (Vec<Arc<Happening>>, Subscription) {
        self.with(|book| {
            let missed = after.map_or_else(Vec::new, |last| book.after(last));
            book.listened += 1;
            book.listeners.insert(book.listened, listener);
            let subscription = Subscription {
                journal: self.clone(),
                number: book.listened,
            };
            (missed, subscription)
        })
    }

    /// A happening of its own name that only whoever asks is told: the state of things.
    #[must_use]
    pub fn aside(&self, now: Now, what: What) -> Happening {
        self.with(|book| book.name(now, what))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        // Nothing is left half done by a panic: each step is one push.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Book {
    fn add(&mut self, now: Now, what: What) {
        let happening = Arc::new(self.name(now, what));
        match &happening.what {
            What::Status(news) => {
                if news.deleted {
                    self.changes.remove(&news.account);
                } else {
                    let changes = self.changes.entry(news.account).or_default();
                    push(changes, &happening, JOURNAL_OF_ACCOUNT);
                }
                push(&mut self.ring, &happening, JOURNAL_RING);
            }
            What::Button(_) | What::Told(_) => push(&mut self.ring, &happening, JOURNAL_RING),
            // Kept nowhere: it must not outlive its time.
            What::Qr(_) => {}
        }
        self.listeners.retain(|_, listener| listener(&happening));
    }

    /// Names grow, also while the clock is not set or is set back.
    fn name(&mut self, now: Now, what: What) -> Happening {
        let by_time = Ulid::new(now.wall.map_or(0, |wall| wall.0), self.chance);
        let next = Ulid::from_bits(self.last.bits().wrapping_add(1));
        self.last = by_time.max(next);
        Happening {
            id: self.last,
            at: now.wall,
            what,
        }
    }

    fn after(&self, last: Ulid) -> Vec<Arc<Happening>> {
        // One that was told aside is not in the ring, but its place is known.
        let oldest = self.ring.front().map(|first| first.id);
        let known = oldest.is_some_and(|oldest| oldest <= last) && last <= self.last;
        let ring = self.ring.iter();
        ring.filter(|it| !known || it.id > last).cloned().collect()
    }
}

fn push(ring: &mut VecDeque<Arc<Happening>>, happening: &Arc<Happening>, most: usize) {
    if ring.len() >= most {
        ring.pop_front();
    }
    ring.push_back(Arc::clone(happening));
}
