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
use crate::message::event::NewEvent;
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
    ring: VecDeque<Noted>,
    /// The changes of status of each account, oldest first.
    changes: BTreeMap<AccountId, VecDeque<Arc<Happening>>>,
    listeners: BTreeMap<u64, Listener>,
    listened: u64,
}

/// One thing of the ring.
struct Noted {
    /// The name given last when it was noted: names that are made elsewhere have no order.
    mark: Ulid,
    happening: Arc<Happening>,
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

    /// Notes what brings its own name. `me`: whom its account is linked to.
    pub fn tell(&self, now: Now, event: NewEvent, me: Option<Me>) {
        self.with(|book| book.add(now, What::Told(event, me)));
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
        if let What::Status(news) = &happening.what {
            if news.deleted {
                self.changes.remove(&news.account);
            } else {
                let changes = self.changes.entry(news.account).or_default();
                push(changes, Arc::clone(&happening), JOURNAL_OF_ACCOUNT);
            }
        }
        // A QR is kept nowhere: it must not outlive its time.
        if !matches!(happening.what, What::Qr(_)) {
            let noted = Noted {
                mark: self.last,
                happening: Arc::clone(&happening),
            };
            push(&mut self.ring, noted, JOURNAL_RING);
        }
        self.listeners.retain(|_, listener| listener(&happening));
    }

    /// Names that are made here grow, also while the clock is not set or is set back.
    fn name(&mut self, now: Now, what: What) -> Happening {
        if let What::Told(event, _) = &what {
            return Happening {
                id: event.id,
                at: event.at,
                what,
            };
        }
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
        let there = self.ring.iter().rposition(|it| it.happening.id == last);
        let first = match there {
            Some(place) => place + 1,
            // One that was told aside is not in the ring, but its place is known: what was noted since
            // bears its mark or a later one.
            None if self.made_here(last) => self.ring.partition_point(|it| it.mark < last),
            None => 0,
        };
        let since = self.ring.iter().skip(first);
        since.map(|it| Arc::clone(&it.happening)).collect()
    }

    /// Whether a name was made by this journal, no longer ago than the ring reaches.
    fn made_here(&self, name: Ulid) -> bool {
        let count = name.bits().wrapping_sub(self.chance) & CHANCE_BITS;
        let oldest = self.ring.front().is_some_and(|oldest| oldest.mark <= name);
        count < NAMES_MAX && oldest && name <= self.last
    }
}

/// The bits of a name that are chance.
const CHANCE_BITS: u128 = (1 << 80) - 1;

/// Names one run makes at most, far above what happens in the life of a box: what lies further from
/// the run's own chance was made elsewhere.
const NAMES_MAX: u128 = 1 << 40;

fn push<T>(ring: &mut VecDeque<T>, one: T, most: usize) {
    if ring.len() >= most {
        ring.pop_front();
    }
    ring.push_back(one);
}
