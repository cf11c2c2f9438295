//! Where edges come from, as the [`Watcher`](super::watcher::Watcher) sees it.
//!
//! There is one source for each driver, one for the bench, and those of the tests. Levels here are
//! those of the wire; whether high is pressed is not a source's business.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use crate::board::ButtonLine;
use crate::event::Button;
use crate::line::LineError;
use crate::time::Mono;

/// Lines that can be listened to. Dropping it lets go of all of them.
pub trait Source {
    /// Takes a line and listens to it.
    ///
    /// # Errors
    /// It cannot be had now.
    fn arm(&mut self, button: Button, line: ButtonLine) -> Result<Armed, LineError>;

    /// Stops listening, and lets go of the line as far as it costs anything to hold it.
    fn disarm(&mut self, button: Button);

    /// The level of a line that is listened to.
    ///
    /// # Errors
    /// It is gone.
    fn is_high(&mut self, button: Button) -> Result<bool, LineError>;

    /// Blocks until something is heard, at most for `timeout`; may return earlier with nothing.
    fn wait(&mut self, timeout: Duration) -> Vec<Heard>;
}

/// A line that is listened to from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Armed {
    /// Its level.
    pub high: bool,
    /// Its edges will be heard. If not, it has to be looked at.
    pub edges: bool,
}

/// What was heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// A level changed.
    Edge {
        /// Whose line.
        button: Button,
        /// The level after it.
        high: bool,
        /// When it did.
        at: Mono,
    },
    /// A line is not there any more.
    Gone {
        /// Whose line.
        button: Button,
        /// The reason.
        why: LineError,
    },
}

/// Ends a [`Source::wait`] from another thread.
pub type Bell = Box<dyn Fn() + Send>;

/// Edges that wait to be heard: the bursts of five lines ([`crate::limits::STORM_BURST`]) and some more.
/// What does not fit is dropped, and found by looking; behind rppal the kernel keeps 1024 for each line.
const QUEUE: usize = 256;

/// The end at which callbacks and other threads put in what happened.
#[derive(Clone, Debug)]
pub struct Feed(SyncSender<Option<Heard>>);

/// The other end.
#[derive(Debug)]
pub struct Fed(Receiver<Option<Heard>>);

/// A queue between them.
#[must_use]
pub fn feed() -> (Feed, Fed) {
    let (sender, receiver) = sync_channel(QUEUE);
    (Feed(sender), Fed(receiver))
}

impl Feed {
    /// Puts something in; `false` when nobody will hear it any more. Never blocks.
    #[allow(
        clippy::must_use_candidate,
        reason = "most feeders feed until they are stopped"
    )]
    pub fn put(&self, heard: Heard) -> bool {
        !matches!(
            self.0.try_send(Some(heard)),
            Err(TrySendError::Disconnected(_))
        )
    }

    /// What wakes the other end.
    #[must_use]
    pub fn bell(&self) -> Bell {
        let feed = self.0.clone();
        // A full queue wakes it just as well.
        Box::new(move || drop(feed.try_send(None)))
    }
}

impl Fed {
    /// [`Source::wait`].
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> Vec<Heard> {
        match self.0.recv_timeout(timeout) {
            Ok(first) => [first]
                .into_iter()
                .chain(self.0.try_iter().take(QUEUE))
                .flatten()
                .collect(),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => {
                // Nobody is left to say anything; whoever waits must not spin.
                std::thread::park_timeout(timeout);
                Vec::new()
            }
        }
    }
}
