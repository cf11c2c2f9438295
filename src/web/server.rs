//! The workers: `tiny_http` on the inner socket, and a few threads that answer what it reads.
//!
//! What version 0.12 does, and what that means behind the front, where each connection brings one
//! whole request and ends:
//! - It spends a thread on each connection: for the microseconds of reading one. There are never more
//!   than [`HTTP_PLACES`](crate::limits::HTTP_PLACES) and [`STREAMS`].
//! - It can queue a connection behind another one's thread: which is done at once.
//! - An error of `accept` ends its listening for good, and so, without a word, does a panic when the
//!   process runs out of files. Connections cannot cause that any more (the front keeps files back), but
//!   the rest of the program could. The first is told us; the second shows when an answer does not
//!   begin: the front has it looked whether somebody stands at the door, and if so it is opened anew.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tiny_http::Server;

use super::answer::Desk;
use super::door::Uplinks;
use super::door::inner::Inner;
use super::exchange::Exchange;
use crate::limits::{HTTP_DOWNLOADS, HTTP_KNOCK, HTTP_SENDS, HTTP_WORKERS, STREAMS};

/// What the threads of the page share.
pub(super) struct Shared {
    pub desk: Desk,
    pub inner: Inner,
    pub uplinks: Uplinks,
    pub stopping: AtomicBool,
    /// Requests under way that wait for somebody.
    sends: AtomicUsize,
    /// Streams.
    streams: AtomicUsize,
    /// Files that are handed out.
    downloads: AtomicUsize,
}

/// What the thread that looks after the workers is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// An answer does not begin: does anybody open?
    Look,
    /// A worker cannot go on.
    Failed,
    /// The page ends.
    Stop,
}

impl Shared {
    pub fn new(desk: Desk, inner: Inner, uplinks: Uplinks) -> Self {
        Self {
            desk,
            inner,
            uplinks,
            stopping: AtomicBool::new(false),
            sends: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
            downloads: AtomicUsize::new(0),
        }
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// Serves until [`Order::Stop`].
pub(super) fn run(
    listener: &UnixListener,
    shared: &Arc<Shared>,
    (orders, told): (&mpsc::Sender<Order>, &mpsc::Receiver<Order>),
) {
    while !shared.is_stopping() {
        if let Err(error) = serve_once(listener, shared, (orders, told)) {
            log::warn!("the workers of the page are started again: {error}");
            // The system itself may be what is wrong: not in a tight loop.
            if let Ok(Order::Stop) = told.recv_timeout(HTTP_KNOCK) {
                return;
            }
        }
    }
}

/// Serves until told to stop (`Ok`) or until nobody accepts any more.
fn serve_once(
    listener: &UnixListener,
    shared: &Arc<Shared>,
    (orders, told): (&mpsc::Sender<Order>, &mpsc::Receiver<Order>),
) -> io::Result<()> {
    let server = Server::from_listener(listener.try_clone()?, None).map_err(io::Error::other)?;
    let leaving = AtomicBool::new(false);
    let served = thread::scope(|scope| {
        let mut failed = None;
        for _ in 0..HTTP_WORKERS {
            let worker = thread::Builder::new().name("http-worker".into());
            let spawned = worker.spawn_scoped(scope, || {
                while !leaving.load(Ordering::SeqCst) {
                    match server.recv() {
                        Ok(request) => {
                            let now = shared.desk.context.clock.mono();
                            Exchange::new(request, now).handle(shared);
                        }
                        Err(_) if leaving.load(Ordering::SeqCst) => {}
                        Err(error) => {
                            log::warn!("the inner socket: {error}");
                            // Whoever looks after us is there as long as we are.
                            let _ = orders.send(Order::Failed);
                            break;
                        }
                    }
                }
                // One wakes the next, so that all leave.
                server.unblock();
            });
            if let Err(error) = spawned {
                failed = Some(error);
            }
        }
        let ended = failed.map_or_else(|| look_after(listener, told), Err);
        leaving.store(true, Ordering::SeqCst);
        server.unblock();
        ended
    });
    while let Ok(Some(request)) = server.try_recv() {
        drop(request);
    }
    drop(server);
    // It knocks where the socket had its name, which is gone: so we do, and its thread ends.
    let _ = UnixStream::connect(shared.inner.path());
    served
}

/// `Ok` when told to stop, an error when the workers have to be started again.
fn look_after(listener: &UnixListener, told: &mpsc::Receiver<Order>) -> io::Result<()> {
    loop {
        match told.recv() {
            Ok(Order::Stop) | Err(_) => return Ok(()),
            Ok(Order::Failed) => return Err(io::Error::other("no connection is accepted")),
            // Somebody may have come this moment; nobody stands there for that long.
            Ok(Order::Look) if stands(listener)? => match told.recv_timeout(HTTP_KNOCK) {
                Ok(Order::Stop) => return Ok(()),
                Ok(Order::Failed) => return Err(io::Error::other("no connection is accepted")),
                Ok(Order::Look) | Err(_) if stands(listener)? => {
                    return Err(io::Error::other("nobody accepts connections any more"));
                }
                Ok(Order::Look) | Err(_) => {}
            },
            Ok(Order::Look) => {}
        }
    }
}

/// Whether a connection waits to be accepted.
fn stands(listener: &UnixListener) -> io::Result<bool> {
    let mut door = [PollFd::new(listener, PollFlags::IN)];
    Ok(poll(&mut door, Some(&Timespec::default()))? > 0)
}

/// The right to do something of which only so much may be under way; given back when dropped.
pub(super) struct Permit {
    shared: Arc<Shared>,
    of: fn(&Shared) -> &AtomicUsize,
}

impl Permit {
    /// To have somebody wait for the machine or for WhatsApp; `None` when enough do.
    pub fn to_wait(shared: &Arc<Shared>) -> Option<Self> {
        Self::take(shared, |shared| &shared.sends, HTTP_SENDS)
    }

    /// To begin a stream; `None` when there are enough.
    pub fn to_stream(shared: &Arc<Shared>) -> Option<Self> {
        Self::take(shared, |shared| &shared.streams, STREAMS)
    }

    /// To hand a file out; `None` when enough are.
    pub fn to_hand_out(shared: &Arc<Shared>) -> Option<Self> {
        Self::take(shared, |shared| &shared.downloads, HTTP_DOWNLOADS)
    }

    fn take(shared: &Arc<Shared>, of: fn(&Shared) -> &AtomicUsize, most: usize) -> Option<Self> {
        let one_more = |taken: usize| (taken < most).then_some(taken + 1);
        of(shared)
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more)
            .ok()?;
        Some(Self {
            shared: shared.clone(),
            of,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        (self.of)(&self.shared).fetch_sub(1, Ordering::SeqCst);
    }
}
