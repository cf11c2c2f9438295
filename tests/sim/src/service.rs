//! The handle of one simulated service: start it, give it phones and contacts, watch it, break it.
//!
//! The service runs on a thread and a runtime of its own. Handles are cheap to clone and may be used
//! from any thread; methods that wait block the calling thread up to their deadline, so asynchronous
//! tests need a runtime with more than one thread (or `spawn_blocking`).

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

mod account;
mod app_state;
mod certs;
mod connection;
mod envelope;
mod faults;
mod framing;
mod groups;
mod handshake;
mod iq;
mod link_code;
mod listener;
mod login;
mod mail;
mod media;
mod messages;
mod one_account;
mod pairing;
mod passkey;
mod phones;
mod posts;
mod state;
mod usync;

pub(crate) use account::Account;
pub use faults::{CodeRefusal, Failure, Fault, MediaFault, Portal, StreamError};
pub use posts::Letter;

use crate::contact::Contact;
use crate::event_log::{Conn, Cursor, Event, EventLog, TimedOut};
use crate::group::Group;
use crate::options::Options;
use crate::phone::Phone;
use faults::Faults;
pub(crate) use state::Cut;
use state::{Role, State};

/// What connection tasks and handles share.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) log: Arc<EventLog>,
    pub(crate) faults: watch::Sender<Faults>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        #[allow(
            clippy::expect_used,
            reason = "after a panic nothing here can be trusted"
        )]
        self.state
            .lock()
            .expect("no task of the simulator panicked")
    }
}

/// A running service. Dropping it ends it.
pub struct Service {
    shared: Arc<Shared>,
    address: SocketAddr,
    cursor: Mutex<Cursor>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Service {
    /// Starts a service on 127.0.0.1.
    ///
    /// # Errors
    /// When the port cannot be bound or the system gives no thread.
    pub fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let log = Arc::new(EventLog::default());
        let (faults, _) = watch::channel(Faults::default());
        let state = State::new(
            options,
            address,
            Arc::clone(&log),
            faults.clone(),
            runtime.handle().clone(),
        );
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            log: Arc::clone(&log),
            faults,
        });
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let thread = std::thread::Builder::new()
            .name("simulated service".to_owned())
            .spawn(move || runtime.block_on(listener::run(serving, listener, stopped)))?;
        Ok(Self {
            shared,
            address,
            cursor: Mutex::new(Cursor::new(log, 0)),
            running: Some((stop, thread)),
        })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}/ws/chat", self.address)
    }

    /// Where they look up the current client version.
    #[must_use]
    pub fn version_url(&self) -> String {
        format!("http://{}/sw.js", self.address)
    }

    /// The public key that signs the certificate chain's intermediate.
    #[must_use]
    pub fn root_key(&self) -> [u8; 32] {
        self.shared.lock().authority.root()
    }

    /// The phone of the account with that number (digits only), made if it does not exist.
    #[must_use]
    pub fn phone(&self, number: &str, name: &str) -> Phone {
        self.shared.lock().account(number, name);
        Phone::new(Arc::clone(&self.shared), number)
    }

    /// Somebody else, whom a linked account writes with.
    #[must_use]
    pub fn contact(&self, number: &str, name: &str) -> Contact {
        self.shared.lock().account(number, name);
        Contact::new(Arc::clone(&self.shared), number)
    }

    /// A group of people that have an account already; the first of them made it. With `hidden`, its
    /// members are addressed by hidden number.
    #[must_use]
    pub fn group(&self, subject: &str, hidden: bool, members: &[&str]) -> Group {
        let jid = self.shared.lock().make_group(subject, hidden, members);
        Group::new(Arc::clone(&self.shared), jid)
    }

    /// Queues many messages at once for the companions they are for; phones hear nothing of them.
    /// Returns their ids.
    #[allow(clippy::must_use_candidate, reason = "they are queued all the same")]
    pub fn post(&self, letters: impl IntoIterator<Item = Letter>) -> Vec<String> {
        let post = |letter| self.shared.lock().write_quietly(letter);
        letters.into_iter().map(post).collect()
    }

    /// Refuses the next `count` messages of companions with that code (463: may not write to this
    /// person first; 479: too much).
    pub fn nack_next(&self, count: usize, code: u16) {
        let nacks = std::iter::repeat_n(code, count);
        self.shared.lock().nacks.extend(nacks);
    }

    /// Everything that happened so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.shared.log.all()
    }

    /// A reader that begins with what happens from now on.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor::new(Arc::clone(&self.shared.log), self.shared.log.len())
    }

    /// Waits for an event, beginning behind the one this found the last time. For tests that go one
    /// way; others take a [`Service::cursor`] of their own.
    ///
    /// # Errors
    /// [`TimedOut`] when nothing fits within `deadline`.
    ///
    /// # Panics
    /// If a task of the simulator panicked.
    pub fn wait(
        &self,
        deadline: Duration,
        wanted: impl FnMut(&Event) -> bool,
    ) -> Result<Event, TimedOut> {
        #[allow(clippy::expect_used, reason = "only a panicking test poisons it")]
        self.cursor
            .lock()
            .expect("no other wait panicked")
            .wait(deadline, wanted)
    }

    /// Closes every connection the clean way.
    pub fn close_all(&self) {
        self.cut(Cut::Close);
    }

    /// Resets every connection, as a router that loses its state does.
    pub fn reset_all(&self) {
        self.cut(Cut::Reset);
    }

    fn cut(&self, cut: Cut) {
        let mut state = self.shared.lock();
        for conn in conns(&state, |_| true) {
            state.cut(conn, cut);
        }
    }

    /// From now on, until [`Service::clear_faults`], this goes wrong.
    pub fn set_fault(&self, fault: Fault) {
        self.shared.faults.send_modify(|faults| faults.add(fault));
    }

    /// Nothing goes wrong any more.
    pub fn clear_faults(&self) {
        self.shared.faults.send_replace(Faults::default());
    }

    /// Sends a stream error to every client that is logged in, and closes.
    pub fn stream_error(&self, error: StreamError) {
        let mut state = self.shared.lock();
        for conn in conns(&state, |role| matches!(role, Role::Device { .. })) {
            state.stream_error(conn, error);
        }
    }

    /// Pings every client; [`Event::Ponged`] tells who answers.
    pub fn ping(&self) {
        self.shared.lock().ping();
    }

    /// Replaces the static Noise key: clients that remember the old one have to fall back.
    pub fn rotate_static_key(&self) {
        self.shared.lock().authority.rotate();
    }

    /// Goes on with the passkey step as if every unlinked companion had sent what it was asked for.
    /// One that did not has nothing to go on with, and says that the step failed.
    pub fn continue_passkey(&self) {
        let mut state = self.shared.lock();
        for conn in conns(&state, |role| matches!(role, Role::Unlinked(_))) {
            state.continue_passkey(conn);
        }
    }

    /// All QR references given so far expire.
    pub fn expire_refs(&self) {
        self.shared.lock().expire_refs();
    }

    /// Gives unlinked companions new references, which void the earlier ones. With `count` 0 there
    /// is nothing left to show: clients report at once that their QR codes are used up.
    pub fn offer_refs(&self, count: usize) {
        let mut state = self.shared.lock();
        for conn in conns(&state, |role| matches!(role, Role::Unlinked(_))) {
            state.offer_refs(conn, count);
        }
    }

    /// Asks unlinked companions for a new secret in their QR codes (`companion_reg_refresh`).
    pub fn refresh_qr_secret(&self) {
        let mut state = self.shared.lock();
        for conn in conns(&state, |role| matches!(role, Role::Unlinked(_))) {
            state.refresh_registration(conn);
        }
    }
}

fn conns(state: &State, role: impl Fn(&Role) -> bool) -> Vec<Conn> {
    state
        .connections
        .iter()
        .filter(|(_, connection)| role(&connection.role))
        .map(|(conn, _)| *conn)
        .collect()
}

impl Drop for Service {
    fn drop(&mut self) {
        let Some((stop, thread)) = self.running.take() else {
            return;
        };
        // Fails only if the thread has ended already.
        let _ = stop.send(());
        let ended = thread.join();
        if !std::thread::panicking() {
            assert!(ended.is_ok(), "the simulated service panicked");
            if let Some(message) = self.shared.log.panic_message() {
                panic!("the simulated service panicked: {message}");
            }
        }
    }
}
