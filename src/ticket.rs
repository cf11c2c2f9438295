//! Tickets: whoever puts a wish into the inbox can wait for the machine's answer to it.
//!
//! The machine only knows numbers ([`Ticket`]); who stands behind one is known here. A ticket nobody
//! waits for any more is forgotten when it is answered.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::RecvError;

use crate::clock::Clock;

use crate::event::{Answer, Event, Intent, Source, Ticket};
use crate::inbox::{Inbox, InboxError};

#[derive(Default)]
struct Waiting {
    last: u64,
    waiting: BTreeMap<Ticket, oneshot::Sender<Answer>>,
}

/// Where tickets are drawn and called. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct Tickets(Arc<Mutex<Waiting>>);

impl Tickets {
    /// Puts a wish into the inbox; its answer comes out of what is returned.
    ///
    /// # Errors
    /// [`InboxError`]; nothing was asked.
    pub fn ask(
        &self,
        inbox: &Inbox,
        intent: Intent,
        source: Source,
    ) -> Result<oneshot::Receiver<Answer>, InboxError> {
        let (answer, asker) = oneshot::channel();
        let ticket = self.with(|it| {
            // Those who gave up waiting are not kept for ever.
            it.waiting.retain(|_, asker| !asker.is_closed());
            it.last += 1;
            let ticket = Ticket(it.last);
            it.waiting.insert(ticket, answer);
            ticket
        });
        let event = Event::Intent {
            intent,
            source,
            ticket: Some(ticket),
        };
        inbox.try_send(event).inspect_err(|_| {
            self.with(|it| it.waiting.remove(&ticket));
        })?;
        Ok(asker)
    }

    /// Hands the machine's answer to whoever waits for it.
    pub fn call(&self, ticket: Ticket, answer: Answer) {
        if let Some(asker) = self.with(|it| it.waiting.remove(&ticket)) {
            // The asker may have given up.
            let _ = asker.send(answer);
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Waiting) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Waits for an answer on a thread that has no runtime: `None` when there is none in time, an error when
/// there will never be one.
#[must_use]
pub fn wait(
    asked: oneshot::Receiver<Answer>,
    clock: Clock,
    deadline: Duration,
) -> Option<Result<Answer, RecvError>> {
    /// Wakes the thread that waits.
    struct Bell(Thread);
    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let until = clock.mono() + deadline;
    let waker = Waker::from(Arc::new(Bell(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut asked = pin!(asked);
    loop {
        if let Poll::Ready(answer) = asked.as_mut().poll(&mut context) {
            return Some(answer);
        }
        let left = until.since(clock.mono());
        if left.is_zero() {
            return None;
        }
        // It may wake for nothing; then it is asked again.
        thread::park_timeout(left);
    }
}
