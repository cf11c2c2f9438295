//! The threads of the page: `tiny_http` accepts, [`run`] sees that it goes on doing so.
//!
//! What version 0.12 does and cannot be told otherwise (its requests: see `exchange`):
//! - It spends a thread on each open connection, without a limit or a timeout. A silent client costs
//!   that thread, no worker. The kernel ends dead connections and those that take no answers
//!   (`bind`); living ones in numbers are what a listener on the LAN will have to be kept from.
//! - An error of `accept` ends its listening for good, and so, without a word, does a panic when the
//!   process runs out of files: we look whether connections are left standing, and listen again.
//! - A connection can be queued behind another one's thread: see [`DoorWatch`].

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tiny_http::Server;

use super::answer::Desk;
use super::exchange::Exchange;
use crate::limits::{HTTP_KNOCK, HTTP_SENDS, HTTP_WORKERS};

/// What the threads of one listener share.
pub(super) struct Shared {
    pub desk: Desk,
    /// The server of the moment, to be woken when it shall end.
    server: Mutex<Option<Arc<Server>>>,
    stopping: AtomicBool,
    /// Messages being handed over.
    sends: AtomicUsize,
}

impl Shared {
    pub fn new(desk: Desk) -> Self {
        Self {
            desk,
            server: Mutex::new(None),
            stopping: AtomicBool::new(false),
            sends: AtomicUsize::new(0),
        }
    }

    /// Makes [`run`] return once the requests under way are answered.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        if let Some(server) = &*lock(&self.server) {
            server.unblock();
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// Serves until [`Shared::stop`]; the sender of `stopped` is dropped then, too.
pub(super) fn run(listener: &TcpListener, shared: &Arc<Shared>, stopped: &mpsc::Receiver<()>) {
    while !shared.is_stopping() {
        if let Err(error) = serve_once(listener, shared, stopped) {
            log::warn!("the page stopped listening, opening it again: {error}");
            // The listener itself may be what is wrong: not in a tight loop.
            let _ = stopped.recv_timeout(HTTP_KNOCK);
        }
    }
}

/// Serves until told to stop (`Ok`) or until the listener fails.
fn serve_once(
    listener: &TcpListener,
    shared: &Arc<Shared>,
    stopped: &mpsc::Receiver<()>,
) -> io::Result<()> {
    listener.set_nonblocking(false)?;
    let server = Server::from_listener(listener.try_clone()?, None).map_err(io::Error::other)?;
    let server = Arc::new(server);
    // A failed one before it is dropped only now: dropping it knocks, and somebody must open.
    *lock(&shared.server) = Some(server.clone());
    let failure = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..HTTP_WORKERS {
            let worker = thread::Builder::new().name("http-worker".into());
            let spawned = worker.spawn_scoped(scope, || {
                if let Err(error) = work(&server, shared) {
                    lock(&failure).get_or_insert(error);
                }
                // One wakes the next, so that all leave.
                server.unblock();
            });
            if let Err(error) = spawned {
                lock(&failure).get_or_insert(error);
            }
        }
        let mut watch = DoorWatch::new(listener);
        while !shared.is_stopping() && lock(&failure).is_none() {
            if stopped.recv_timeout(HTTP_KNOCK) == Err(mpsc::RecvTimeoutError::Timeout)
                && let Err(error) = watch.look_and_knock()
            {
                lock(&failure).get_or_insert(error);
            }
        }
        server.unblock();
    });
    while let Ok(Some(request)) = server.try_recv() {
        drop(Exchange::new(request));
    }
    match lock(&failure).take() {
        Some(error) if !shared.is_stopping() => Err(error),
        _ => Ok(()),
    }
}

/// Looks after the accepting thread and the thread pool of `tiny_http`, which cannot be asked.
///
/// The pool counts a thread as idle until it has woken up. Of two connections that arrive together
/// the second can be queued behind the first, and waits until some connection ends, which may be
/// never: browsers keep theirs open. So we knock at our own door now and then; the thread made for
/// the knock takes what is queued.
struct DoorWatch<'a> {
    listener: &'a TcpListener,
    /// Looks in a row at which somebody stood at the door.
    standing: u32,
}

impl<'a> DoorWatch<'a> {
    fn new(listener: &'a TcpListener) -> Self {
        Self {
            listener,
            standing: 0,
        }
    }

    /// An error when nobody has opened for some time.
    fn look_and_knock(&mut self) -> io::Result<()> {
        let mut door = [PollFd::new(self.listener, PollFlags::IN)];
        let stands = poll(&mut door, Some(&Timespec::default()))? > 0;
        self.standing = if stands { self.standing + 1 } else { 0 };
        // Once can be somebody who came this moment; the knock of the last look cannot.
        if self.standing > 2 {
            return Err(io::Error::other("nobody accepts connections any more"));
        }
        // Whether it opens or not: the next knock comes.
        let door = own_door(self.listener.local_addr()?);
        let _ = TcpStream::connect_timeout(&door, HTTP_KNOCK);
        Ok(())
    }
}

/// Where this listener is reached from this machine.
fn own_door(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Nothing here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(server: &Server, shared: &Arc<Shared>) -> io::Result<()> {
    loop {
        let exchange = Exchange::new(server.recv()?);
        exchange.handle(shared);
        if shared.is_stopping() {
            return Ok(());
        }
    }
}

/// The right to hand a message over; given back when dropped.
pub(super) struct SendPermit(Arc<Shared>);

impl SendPermit {
    /// `None` when enough are under way.
    pub fn take(shared: &Arc<Shared>) -> Option<Self> {
        let one_more = |sends: usize| (sends < HTTP_SENDS).then_some(sends + 1);
        shared
            .sends
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more)
            .ok()
            .map(|_| Self(shared.clone()))
    }
}

impl Drop for SendPermit {
    fn drop(&mut self) {
        self.0.sends.fetch_sub(1, Ordering::SeqCst);
    }
}
