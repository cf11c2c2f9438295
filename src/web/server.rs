//! The edge: sockets, threads and `tiny_http`. Nothing here knows what the paths mean.
//!
//! What `tiny_http` 0.12 does and cannot be told otherwise, and what we do about it:
//! - It spends a thread on each open connection, without a limit and without a timeout for heads:
//!   a client that says nothing costs one thread until it goes, no worker. The kernel's keepalive
//!   ends those that are dead; the rest is for a listener on the LAN to worry about.
//! - Bodies of up to 1 KiB are in memory before we see the request. Larger ones are read by whoever
//!   asks, and *dropping* such a request reads the rest of its body. So these requests leave the
//!   worker for a thread of their own; a connection can have one of them at a time.
//! - That drop first allocates what the head promised. A promise beyond [`DISCARD_MAX`] would end
//!   the process; such a request is never dropped, its connection is given up instead.
//! - Its thread pool counts a thread as idle until it has woken up. Of two connections that arrive
//!   together the second can be queued behind the first, and waits until some connection ends, which
//!   may be never: browsers keep theirs open. So [`run`] knocks at the door once a second; the
//!   thread made for the knock then takes what is queued.
//! - An error of `accept` ends its listening for good, and running out of files at the wrong moment
//!   ends it without a word, by a panic: [`run`] looks whether connections are left standing, and
//!   listens again.
//! - Answers to a client that does not read them are bounded by the kernel (`bind`).

use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tiny_http::{Header, Request, Response, Server};

use super::answer::Desk;
use super::problem::Problem;
use super::reply::{HEADERS, Reply};
use super::route::{Head, Route, route};
use crate::limits::{HTTP_BODY_MAX, HTTP_KNOCK, HTTP_SENDS, HTTP_WORKERS};

/// `tiny_http` reads bodies up to this many bytes before it hands a request out (`new_request`).
const READ_AHEAD: usize = 1024;

/// Bodies up to this size may be thrown away by `tiny_http`.
const DISCARD_MAX: usize = 1024 * 1024;

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
            scope.spawn(|| {
                if let Err(error) = work(&server, shared) {
                    lock(&failure).get_or_insert(error);
                }
                // One wakes the next, so that all leave.
                server.unblock();
            });
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

/// Looks after the accepting thread of `tiny_http`, which cannot be asked.
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

/// A request that can be let go of safely (see the top of the file).
struct Exchange {
    /// `None` once it is answered.
    request: Option<Request>,
    /// Bytes of the body that are still to come, as far as the head tells.
    unread: usize,
}

impl Exchange {
    fn new(request: Request) -> Self {
        let told = |name| {
            request
                .headers()
                .iter()
                .any(|header| header.field.equiv(name))
        };
        let unread = if told("Transfer-Encoding") {
            // The length shows while reading; dropping it reads nothing.
            HTTP_BODY_MAX
        } else {
            let length = request.body_length().unwrap_or(0);
            if length > READ_AHEAD || told("Expect") {
                length
            } else {
                0
            }
        };
        Self {
            request: Some(request),
            unread,
        }
    }

    /// Answers here, or in a thread of its own when that may take long.
    fn handle(self, shared: &Arc<Shared>) {
        let Some(request) = &self.request else { return };
        let found = route(&head(request, &headers(request)));
        let (found, permit) = match found {
            Ok(Route::SendMessage(account)) => match SendPermit::take(shared) {
                Some(permit) => (Ok(Route::SendMessage(account)), Some(permit)),
                None => (Err(too_many_sends()), None),
            },
            other => (other, None),
        };
        if self.unread == 0 && permit.is_none() {
            return self.finish(found, shared);
        }
        let shared = shared.clone();
        let spawned = thread::Builder::new()
            .name("http-slow".into())
            .spawn(move || {
                self.finish(found, &shared);
                drop(permit);
            });
        if let Err(error) = spawned {
            log::warn!("no thread for a long request: {error}");
        }
    }

    fn finish(mut self, found: Result<Route, Problem>, shared: &Shared) {
        let reply = found.and_then(|route| {
            let body = match route {
                Route::SendMessage(_) => self.body()?,
                _ => Vec::new(),
            };
            let Some(request) = &self.request else {
                return Err(broken());
            };
            let headers = headers(request);
            // A bug in one answer must not take a worker away from all others.
            catch_unwind(AssertUnwindSafe(|| {
                shared.desk.answer(route, &head(request, &headers), &body)
            }))
            .map_err(|_| broken())
        });
        self.send(reply.unwrap_or_else(Reply::from));
    }

    /// The whole body.
    fn body(&mut self) -> Result<Vec<u8>, Problem> {
        let too_long = || {
            Problem::new(
                413,
                "too_long",
                format!("A body has at most {HTTP_BODY_MAX} bytes."),
            )
        };
        let Some(request) = &mut self.request else {
            return Err(broken());
        };
        let promised = request.body_length();
        if promised.is_some_and(|length| length > HTTP_BODY_MAX) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        // Without a promise one byte more than allowed tells that it is too long.
        let most = promised.unwrap_or(HTTP_BODY_MAX + 1);
        let read = request.as_reader().take(most as u64).read_to_end(&mut body);
        self.unread = self.unread.saturating_sub(body.len());
        match read {
            Ok(_) if body.len() > HTTP_BODY_MAX => Err(too_long()),
            Ok(_) if promised.is_none_or(|length| length == body.len()) => Ok(body),
            _ => Err(Problem::new(400, "cut_off", "The body ended too early.")),
        }
    }

    fn send(mut self, reply: Reply) {
        let Some(request) = self.request.take() else {
            return;
        };
        let response = response(reply);
        if self.unread > DISCARD_MAX {
            std::mem::forget(request.upgrade("close", response));
        } else if let Err(error) = request.respond(response) {
            log::debug!("an answer was not taken: {error}");
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.unread > DISCARD_MAX {
            std::mem::forget(self.request.take());
        }
    }
}

/// The right to hand a message over.
struct SendPermit(Arc<Shared>);

impl SendPermit {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
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

fn too_many_sends() -> Problem {
    Problem::new(503, "busy", "Too many messages are being handed over.").retry_after_s(1)
}

fn broken() -> Problem {
    Problem::new(500, "broken", "Something broke inside; see the log.")
}

fn headers(request: &Request) -> Vec<(&str, &str)> {
    request
        .headers()
        .iter()
        .map(|header| (header.field.as_str().as_str(), header.value.as_str()))
        .collect()
}

fn head<'a>(request: &'a Request, headers: &'a [(&'a str, &'a str)]) -> Head<'a> {
    Head {
        method: request.method().as_str(),
        target: request.url(),
        headers,
    }
}

fn response(reply: Reply) -> Response<io::Cursor<Vec<u8>>> {
    let mut response = Response::from_data(reply.body).with_status_code(reply.status);
    let content_type = [("Content-Type", reply.content_type)];
    let special = reply
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    for (name, value) in HEADERS.into_iter().chain(content_type).chain(special) {
        // Ours are all ASCII; one that were not would be left out.
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    // Whole answers have a length: HTTP/1.0 clients and our own tests like it.
    response.with_chunked_threshold(usize::MAX)
}
