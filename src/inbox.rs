//! The one bounded queue in front of the machine, as its senders see it.
//!
//! Whoever watches the world (buttons, links, page, panel) holds an [`Inbox`]; the event loop holds
//! the other end. Nothing here knows what the events mean.

use thiserror::Error;
use tokio::sync::mpsc;

use crate::event::Event;
use crate::limits;

/// The sending end. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inbox(mpsc::Sender<Event>);

/// Why an event was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum InboxError {
    /// The queue is full: a storm, or a machine that stands still.
    #[error("too many events are waiting")]
    Full,
    /// The event loop has ended.
    #[error("the service is ending")]
    Closed,
}

impl Inbox {
    /// A queue of [`limits::EVENT_QUEUE`] events, and its receiving end.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(limits::EVENT_QUEUE);
        (Self(sender), receiver)
    }

    /// Puts an event in without waiting: for threads and callbacks.
    ///
    /// # Errors
    /// [`InboxError::Full`] or [`InboxError::Closed`]; the event is dropped.
    pub fn try_send(&self, event: Event) -> Result<(), InboxError> {
        self.0.try_send(event).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => InboxError::Full,
            mpsc::error::TrySendError::Closed(_) => InboxError::Closed,
        })
    }

    /// Puts an event in, waiting for room: for tasks whose events must not get lost.
    ///
    /// # Errors
    /// [`InboxError::Closed`] when the loop has ended.
    pub async fn send(&self, event: Event) -> Result<(), InboxError> {
        self.0.send(event).await.map_err(|_| InboxError::Closed)
    }
}
