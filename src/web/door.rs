//! The front: every byte of a client passes here before `tiny_http` sees a request.
//!
//! ```text
//! client ─▶ accept ─▶ crowd ─▶ head, body ─▶ complete request ─▶ inner socket ─▶ tiny_http's workers
//!           one task a connection, all on one thread              bounded places   two threads, and a
//!                                                                                  few for what waits
//! ```
//! `tiny_http` spends a thread on each connection and has no deadline and no limit. So it is given
//! whole requests only, one a connection, over a socket of our own; slow, endless, malformed and
//! silent clients cost a task here, which is a few hundred bytes and what it has read. All of this
//! runs on a thread with a runtime of its own: it cannot hold up links and panel.

mod accept;
mod chunks;
mod connection;
mod control;
mod crowd;
mod head;
pub(super) mod inner;
mod relay;
pub(super) mod upload;

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use control::{ControlError, ControlSocket};

use super::problem::Problem;
use super::route::Head;
use super::server::{Order, Shared};
use super::stream::Told;
use crate::gateway::spool::Spool;
use crate::limits;
use head::Asked;
use inner::{Inner, Origin};

/// Through which door a request came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Door {
    /// The page's port: anybody on the network.
    Lan,
    /// The control socket: whoever may open it administers the box.
    Control,
}

impl Door {
    fn word(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Control => "control",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        let mut both = [Self::Lan, Self::Control].into_iter();
        both.find(|door| door.word() == word)
    }
}

/// What all connections share.
struct House {
    inner: Inner,
    /// Requests with the workers.
    places: Arc<Semaphore>,
    /// Files that are being taken in.
    uploads: Arc<Semaphore>,
    /// Whether a request would be answered, before its body is read.
    shared: Arc<Shared>,
    uplinks: Uplinks,
    /// To have it looked whether the workers' socket is still served.
    look: mpsc::Sender<Order>,
    /// Turns true when the page ends.
    ending: watch::Receiver<bool>,
}

impl House {
    /// Where the file of a request goes, if whoever asks may send it.
    fn admit(&self, asked: &Asked, door: Door) -> Result<Spool, Problem> {
        let headers: Vec<(&str, &str)> = asked
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let head = Head {
            method: &asked.method,
            target: &asked.target,
            headers: &headers,
        };
        self.shared.desk.admit(&head, door)?;
        self.shared.desk.spool()
    }

    /// Returns when the page ends.
    async fn ends(&self) {
        let mut ending = self.ending.clone();
        // Whoever would tell us is gone: that is the end, too.
        let _ = ending.wait_for(|ending| *ending).await.map(|_| ());
    }
}

/// Where the bytes go that clients of streams send: a stream's thread cannot wait for its events and
/// read from its socket at once, so it is told of both.
#[derive(Clone, Default)]
pub(super) struct Uplinks(Arc<Mutex<BTreeMap<Origin, SyncSender<Told>>>>);

impl Uplinks {
    /// Before a stream is begun.
    pub fn put(&self, origin: Origin, stream: SyncSender<Told>) {
        self.lock().insert(origin, stream);
    }

    /// Once it is known that it began, or that it did not.
    pub fn take(&self, origin: Origin) -> Option<SyncSender<Told>> {
        self.lock().remove(&origin)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Origin, SyncSender<Told>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The running front. Dropping it ends it: nobody is let in any more, requests under way are answered
/// for [`limits::HTTP_FAREWELL`], streams end at once.
pub(super) struct Front {
    end: watch::Sender<bool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Front {
    /// Opens the doors.
    pub fn open(
        lan: TcpListener,
        control: Option<ControlSocket>,
        shared: &Arc<Shared>,
        look: mpsc::Sender<Order>,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (end, ending) = watch::channel(false);
        let house = Arc::new(House {
            inner: shared.inner.clone(),
            places: Arc::new(Semaphore::new(limits::HTTP_PLACES)),
            uploads: Arc::new(Semaphore::new(limits::HTTP_UPLOADS)),
            uplinks: shared.uplinks.clone(),
            shared: shared.clone(),
            look,
            ending,
        });
        lan.set_nonblocking(true)?;
        let lan = {
            let _guard = runtime.enter();
            tokio::net::TcpListener::from_std(lan)?
        };
        let control = match control {
            Some(socket) => {
                let _guard = runtime.enter();
                Some(socket.into_tokio()?)
            }
            None => None,
        };
        let thread = thread::Builder::new()
            .name("http-door".into())
            .spawn(move || {
                runtime.block_on(async {
                    let mut doors = JoinSet::new();
                    doors.spawn(accept::lan(lan, house.clone()));
                    if let Some((listener, path)) = control {
                        doors.spawn(accept::control(listener, path, house));
                    }
                    while let Some(ended) = doors.join_next().await {
                        if let Err(died) = ended {
                            log::error!("a door of the page ended: {died}");
                        }
                    }
                });
            })?;
        Ok(Self {
            end,
            thread: Some(thread),
        })
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.end.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the page's front ended with a panic");
        }
    }
}
