//! The one thread that writes, and the requests it is sent.
//!
//! Everything that waits when the thread looks becomes one transaction and one sync (group commit):
//! while a card takes its 10 to 500 ms for a sync, requests gather for the next one, and nobody
//! waits longer than two syncs. Requests run in the order they were sent, deletes included, so a
//! delete cannot overtake a write whose caller stopped waiting.
//!
//! Every commit is `Durability::Immediate`, also for rows that could be lost (device lists, message
//! secrets): in a group they cost no extra sync, and one rule is easier to trust than two.

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use redb::Durability;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

use super::database::Shared;
use super::error::{Result, StoreError};
use super::medium::count;
use super::rows::Tx;
use super::{health, tokens};
use crate::limits;
use crate::pulse::Echo;

/// A change to the database, and somebody who waits for it.
pub(super) trait Request: Send {
    /// Makes the change. May be called again, in another transaction, when the first was dropped.
    fn run(&mut self, tx: &Tx) -> Result<()>;

    /// Tells how it ended.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

/// What the writer is sent.
pub(super) enum Message {
    /// A change.
    Write(Box<dyn Request>),
    /// A reader met an error after which the database has to be opened anew.
    Recover,
    /// A sign of life is wanted. There is nothing to do but to have come here.
    Beat,
    /// Close the database and end.
    Close(oneshot::Sender<()>),
}

/// A request made of a closure.
struct Change<F, T> {
    make: F,
    value: Option<T>,
    done: oneshot::Sender<Result<T>>,
}

/// Wraps a closure into a request; the receiver gets what the closure returned, once it is durable.
pub(super) fn request<T, F>(change: F) -> (Box<dyn Request>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnMut(&Tx) -> Result<T> + Send + 'static,
{
    let (done, answer) = oneshot::channel();
    let change = Change {
        make: change,
        value: None,
        done,
    };
    (Box::new(change), answer)
}

impl<T: Send, F: FnMut(&Tx) -> Result<T> + Send> Request for Change<F, T> {
    fn run(&mut self, tx: &Tx) -> Result<()> {
        self.value = Some((self.make)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let Self { value, done, .. } = *self;
        // A request that succeeded has run, so it has a value.
        let outcome = outcome.and_then(|()| value.ok_or(StoreError::Closed));
        // Nobody listens any more when the caller gave up; the change stands all the same.
        let _ = done.send(outcome);
    }
}

/// The writing end of the store.
pub(super) struct Writer {
    shared: Arc<Shared>,
    queue: mpsc::Receiver<Message>,
    durability: Durability,
    /// Answered wherever there was progress.
    echo: Echo,
    /// Waits with a deadline; nothing else runs on it.
    timer: Runtime,
}

/// What was waiting when the writer looked.
#[derive(Default)]
struct Waiting {
    group: Vec<Box<dyn Request>>,
    recover: bool,
    close: Option<oneshot::Sender<()>>,
}

impl Waiting {
    fn take(&mut self, message: Message) {
        match message {
            Message::Write(request) => self.group.push(request),
            Message::Recover => self.recover = true,
            Message::Beat => {}
            Message::Close(done) => self.close = Some(done),
        }
    }

    fn has_room(&self) -> bool {
        self.group.len() < limits::STORE_QUEUE && self.close.is_none()
    }
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        queue: mpsc::Receiver<Message>,
        durability: Durability,
        echo: Echo,
    ) -> io::Result<Self> {
        Ok(Self {
            shared,
            queue,
            durability,
            echo,
            timer: Builder::new_current_thread().enable_time().build()?,
        })
    }

    /// Serves until told to close, or until the last handle is gone.
    pub(super) fn run(mut self) {
        while let Some(message) = self.next() {
            self.echo.answer();
            let mut waiting = Waiting::default();
            waiting.take(message);
            while waiting.has_room()
                && let Ok(message) = self.queue.try_recv()
            {
                waiting.take(message);
            }
            if waiting.recover
                && let Err(error) = self.guarded(|| self.shared.recover())
            {
                self.shared.tell_health(&error);
            }
            if !waiting.group.is_empty() {
                self.commit(waiting.group);
            }
            if let Some(done) = waiting.close {
                self.shared.close();
                // Whoever still queues finds the channel closed; nobody may wait for ever.
                drop(self.queue);
                let _ = done.send(());
                return;
            }
        }
        self.shared.close();
    }

    /// The next message. Until it comes, a disk that is not well is tried again and again.
    fn next(&mut self) -> Option<Message> {
        while !self.shared.is_well() {
            match self
                .timer
                .block_on(next_in_time(&mut self.queue, &self.echo))
            {
                Some(message) => return message,
                None => self.try_disk(),
            }
        }
        self.queue.blocking_recv()
    }

    /// Writes a little, to see whether the disk is well again.
    fn try_disk(&self) {
        // What is only in memory goes with it.
        let shared = Arc::clone(&self.shared);
        let (probe, _) = request(move |tx| {
            shared.pending.flush(tx)?;
            health::probe(tx)
        });
        // How it went is published.
        let _ = self.attempt(&mut [probe]);
    }

    /// Commits a group and answers it. When one request cannot be carried out, each gets a
    /// transaction of its own, so that only the one that cannot be carried out fails.
    fn commit(&self, mut group: Vec<Box<dyn Request>>) {
        count(&self.shared.medium.tally.requests, group.len());
        let outcome = self.attempt(&mut group);
        match outcome {
            Err(error) if error.concerns_one_request() && group.len() > 1 => {
                for request in group {
                    let mut alone = [request];
                    let outcome = self.attempt(&mut alone);
                    let [request] = alone;
                    request.answer(outcome);
                    self.echo.answer();
                }
            }
            outcome => {
                for request in group {
                    request.answer(outcome.clone());
                }
            }
        }
    }

    fn attempt(&self, group: &mut [Box<dyn Request>]) -> Result<()> {
        match self.guarded(|| self.transact(group)) {
            // A transaction without a change says nothing about the disk.
            Ok(committed) => {
                if committed {
                    self.shared.tell_well();
                }
                Ok(())
            }
            Err(error) => {
                if error.needs_reopening() {
                    // Said once, not with every probe.
                    if self.shared.is_well() {
                        log::error!("store: writing failed: {error}");
                    }
                    let _ = self.guarded(|| self.shared.recover());
                }
                self.shared.tell_health(&error);
                Err(error)
            }
        }
    }

    /// Does what meets the file's structure. redb panics where that makes no sense, as it does over a
    /// rotten list of free pages, and so would a mistake of ours within a transaction.
    ///
    /// The panic ends here, and is an error like any other: the transaction is gone, the database with
    /// it, and what was opened anew is what the last durable commit left. redb marks a file whose
    /// transaction unwound, so that it is checked to its end then, and its list of free pages made
    /// anew. Nothing that was in memory is trusted, and whoever waited is told that nothing was kept.
    /// Ending the process would do the same, but without a word on the glass, and for ever if the
    /// panic comes back.
    fn guarded<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            let error = StoreError::senseless();
            // Said once, not with every probe.
            if self.shared.is_well() {
                log::error!("store: writing broke down: {error}");
            }
            let _ = self.shared.reopen();
            Err(error)
        })
    }

    /// Says whether there was anything to commit.
    fn transact(&self, group: &mut [Box<dyn Request>]) -> Result<bool> {
        let tx = Tx::new(self.shared.begin_write()?);
        let reset = self.shared.wants_token_reset();
        if reset {
            tokens::clear(&tx)?;
        }
        // Before the requests, which may bring newer ones.
        let unsaved =
            (self.shared.unsaved).put_all(&tx, |account| self.shared.wipes_of(account))?;
        for request in group {
            request.run(&tx)?;
        }
        let touched_tokens = tx.touched_tokens();
        let touched_settings = tx.touched_settings();
        let touched_lines = tx.touched_lines();
        let touched_identity = tx.touched_identity();
        let flushed = tx.flushed();
        let committed = tx.finish(self.durability)?;
        if committed {
            count(&self.shared.medium.tally.commits, 1);
        }
        self.shared.pending.settle(flushed);
        if unsaved {
            self.shared.unsaved.settle();
        }
        if reset {
            self.shared.note_token_reset();
        }
        if touched_tokens {
            self.shared.publish_tokens();
        }
        if touched_settings {
            self.shared.publish_settings();
        }
        if touched_lines {
            self.shared.publish_lines();
        }
        if touched_identity {
            self.shared.identity.note_change();
        }
        Ok(committed)
    }
}

/// The next message, or `None` when the disk's turn has come. Being asked for a sign of life does not put
/// that off.
#[allow(
    clippy::option_option,
    reason = "the outer one is the time, the inner one the end of the queue"
)]
async fn next_in_time(queue: &mut mpsc::Receiver<Message>, echo: &Echo) -> Option<Option<Message>> {
    let next = async {
        loop {
            match queue.recv().await {
                Some(Message::Beat) => echo.answer(),
                message => return message,
            }
        }
    };
    tokio::time::timeout(limits::STORE_PROBE, next).await.ok()
}
