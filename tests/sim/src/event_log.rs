//! What happened, in order: the typed log that tests wait on.
//!
//! Events are appended while the service's lock is held, so their order is the order of the facts.
//! A [`Cursor`] reads on from where it stands: nothing between two waits is missed. Events carry
//! addresses and ids, never a QR text, a code, a key or what a message says.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wacore_binary::Jid;

use crate::refusal::Refusal;

/// One WebSocket connection, numbered from 1 in the order of their coming.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Conn(pub u64);

/// Which Noise handshake a connection made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// Full handshake: the client did not know the service's key, or is not registered.
    Xx,
    /// Short handshake with the key the client remembered.
    Ik,
    /// The client tried [`Pattern::Ik`] with a key that is no longer the service's.
    XxFallback,
}

/// One thing that happened at the service, on a phone or with a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each variant's sentence speaks of its fields")]
pub enum Event {
    /// A WebSocket was accepted.
    ConnectionOpened { conn: Conn },
    /// Its Noise handshake is complete.
    Handshake { conn: Conn, pattern: Pattern },
    /// An unlinked companion announced its keys, and they are in order.
    Registered { conn: Conn },
    /// It was given references to make QR codes of.
    QrRefsSent { conn: Conn, refs: usize },
    /// It asked to be linked to that number by a code.
    CodeRequested { conn: Conn, number: String },
    /// It answered a typed code with its key bundle, which opens only if the code was right.
    CodeAnswered {
        conn: Conn,
        number: String,
        right: bool,
    },
    /// It asked for a code to type and was refused with that number.
    CodeRefused {
        conn: Conn,
        number: String,
        reason: u16,
    },
    /// It was told to show another code.
    CodeRefreshed { conn: Conn, number: String },
    /// It was asked for a passkey instead of being linked.
    PasskeyAsked { conn: Conn },
    /// It refused what the phone made (`pair-success`), with an error of its own.
    PairingRefused { conn: Conn, code: u16, text: String },
    /// It proved its identity key and is now a device of the account.
    Paired { conn: Conn, jid: Jid },
    /// A linked device logged in.
    LoggedIn { conn: Conn, jid: Jid },
    /// It left this many one-time keys.
    PreKeysUploaded { jid: Jid, keys: usize },
    /// What had waited for it was sent, this many stanzas, and the end of that was marked.
    Ready {
        conn: Conn,
        jid: Jid,
        offline: usize,
    },
    /// It was answered for these app-state collections.
    AppStateServed { jid: Jid, collections: Vec<String> },
    /// It said whether it is available, under what name.
    Presence {
        jid: Jid,
        available: bool,
        name: String,
    },
    /// It sent an empty ping.
    KeptAlive { conn: Conn },
    /// It answered the service's ping.
    Ponged { conn: Conn },
    /// It acknowledged a stanza with an `ack`.
    Acked { jid: Jid, class: String, id: String },
    /// It acknowledged a message with a receipt; an empty kind means "delivered".
    Receipt { jid: Jid, id: String, kind: String },
    /// It asked for a message again because it could not read it.
    RetryAsked { jid: Jid, id: String, count: u64 },
    /// A stanza was sent to it, perhaps not for the first time.
    Delivered {
        conn: Conn,
        jid: Jid,
        class: String,
        id: String,
        again: bool,
    },
    /// It sent a message, and the service took it.
    Sent { jid: Jid, to: Jid, id: String },
    /// A phone (its number is `to`) read a text.
    TextRead { to: String, from: Jid, id: String },
    /// A phone (its number is `to`) read a message that is no text.
    MessageRead { to: String, from: Jid, id: String },
    /// A message of a companion was refused with that code ([`crate::Service::nack_next`]).
    Nacked { id: String, code: u16 },
    /// A message of a companion vanished ([`crate::Fault::LoseMessages`]).
    Lost { id: String },
    /// A client left a file of so many encrypted bytes at the media server.
    Uploaded { bytes: usize },
    /// A client asked the media server for a file.
    Downloaded { found: bool },
    /// A companion asked its phone for something.
    PhoneAsked { by: Jid },
    /// A phone could not read what it was sent.
    Unreadable {
        to: String,
        from: Jid,
        id: String,
        why: String,
    },
    /// A linked device is no longer one.
    DeviceRemoved { jid: Jid, by: RemovedBy },
    /// A stream error with that name was sent.
    StreamErrorSent { conn: Conn, kind: &'static str },
    /// A login was answered by a failure.
    LoginFailed { conn: Conn, reason: u16 },
    /// A connection was reset as it came ([`crate::Fault::Refuse`]).
    TurnedAway,
    /// Somebody else answered in the service's place ([`crate::Fault::Portal`]).
    PortalAnswered,
    /// Something was refused.
    Refused { conn: Option<Conn>, why: Refusal },
    /// A connection is gone.
    Closed { conn: Conn },
}

/// Who took a device off its account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RemovedBy {
    /// The person, on the phone.
    Phone,
    /// The companion logged itself out.
    Companion,
}

/// The ordered log.
#[derive(Default)]
pub(crate) struct EventLog {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    events: Vec<Event>,
    /// What a task of the simulator said when it panicked.
    panicked: Option<String>,
}

impl EventLog {
    /// Appends one event and wakes who waits.
    pub(crate) fn push(&self, event: Event) {
        log::debug!("{event:?}");
        self.inner().events.push(event);
        self.changed.notify_all();
    }

    /// Remembers that a task of the simulator panicked: every wait ends with it from now on.
    pub(crate) fn panicked(&self, message: String) {
        self.inner().panicked.get_or_insert(message);
        self.changed.notify_all();
    }

    /// What [`EventLog::panicked`] was told first.
    pub(crate) fn panic_message(&self) -> Option<String> {
        self.inner().panicked.clone()
    }

    /// All events so far.
    pub(crate) fn all(&self) -> Vec<Event> {
        self.inner().events.clone()
    }

    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.inner().events.len()
    }

    /// Waits until `ready`, which is given the events so far, yields something.
    pub(crate) fn wait_until<T>(
        &self,
        deadline: Duration,
        mut ready: impl FnMut(&[Event]) -> Option<T>,
    ) -> Result<T, TimedOut> {
        let mut found = None;
        let (inner, _) = self
            .changed
            .wait_timeout_while(self.inner(), deadline, |inner| {
                found = ready(&inner.events);
                found.is_none() && inner.panicked.is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(message) = &inner.panicked {
            let message = message.clone();
            drop(inner);
            panic!("the simulated service panicked: {message}");
        }
        found.ok_or_else(|| TimedOut {
            deadline,
            events: inner.events.clone(),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panicking predicate of one test thread must not hide the log from the others.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the log; reads forward.
#[derive(Clone)]
pub struct Cursor {
    log: Arc<EventLog>,
    next: usize,
}

impl Cursor {
    pub(crate) fn new(log: Arc<EventLog>, next: usize) -> Self {
        Self { log, next }
    }

    /// Waits for the first event from here on that `wanted` accepts, and steps behind it.
    ///
    /// # Errors
    /// [`TimedOut`] when there is none within `deadline`; the cursor then stays where it was.
    ///
    /// # Panics
    /// If a task of the simulator panicked.
    pub fn wait(
        &mut self,
        deadline: Duration,
        mut wanted: impl FnMut(&Event) -> bool,
    ) -> Result<Event, TimedOut> {
        let mut seen = self.next;
        let (next, event) = self.log.wait_until(deadline, |events| {
            while let Some(event) = events.get(seen) {
                seen += 1;
                if wanted(event) {
                    return Some((seen, event.clone()));
                }
            }
            None
        })?;
        self.next = next;
        Ok(event)
    }

    /// The events from here to the end, without waiting and without moving.
    #[must_use]
    pub fn rest(&self) -> Vec<Event> {
        self.log.all().split_off(self.next)
    }
}

/// What was waited for did not happen in time.
pub struct TimedOut {
    deadline: Duration,
    events: Vec<Event>,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing fitting within {:?}; events:", self.deadline)?;
        for event in &self.events {
            write!(f, "\n  {event:?}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TimedOut {}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(1);

    #[test]
    fn a_cursor_misses_nothing_and_stays_when_nothing_fits() {
        let log = Arc::new(EventLog::default());
        let mut cursor = Cursor::new(Arc::clone(&log), 0);
        for conn in 1..=3 {
            log.push(Event::Closed { conn: Conn(conn) });
        }
        let at = |wanted: u64| move |event: &Event| *event == Event::Closed { conn: Conn(wanted) };
        let second = cursor.wait(SOON, at(2)).unwrap();
        assert_eq!(second, Event::Closed { conn: Conn(2) });
        assert!(cursor.wait(SOON, at(1)).is_err(), "that is behind it");
        assert_eq!(cursor.rest().len(), 1);
        assert!(cursor.wait(SOON, at(3)).is_ok());
    }

    #[test]
    #[should_panic(expected = "the simulated service panicked: ouch")]
    fn a_panicking_task_ends_every_wait() {
        let log = Arc::new(EventLog::default());
        let teller = Arc::clone(&log);
        let task = std::thread::spawn(move || teller.panicked("ouch".to_owned()));
        let waited = Cursor::new(log, 0).wait(Duration::from_secs(60), |_| false);
        task.join().unwrap();
        unreachable!("{waited:?}");
    }
}
