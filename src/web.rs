//! The page and its API: reads the snapshot, puts wishes into the inbox, draws nothing itself.
//!
//! ```text
//! client ─ door ─▶ server (tiny_http) ─▶ route (pure: guard, paths, methods) ─▶ answer ─▶ reply ─▶ door
//!                                                                     └──▶ stream (events) ─▶ door
//! ```
//! A few threads of its own; nothing else in the program waits for them, and they wait for nothing
//! but the closures in [`WebContext`]. What clients do badly, slowly or too often ends at the `door`.

pub mod access;
pub mod answer;
pub mod backstage;
mod door;
mod exchange;
mod fields;
mod guard;
mod messages;
pub mod openapi;
mod page;
pub mod problem;
pub mod reply;
pub(crate) mod rfc3339;
pub mod route;
mod server;
pub mod status;
pub mod stream;
mod webhooks;

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt;
use thiserror::Error;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::inbox::Inbox;
use crate::journal::Journal;
use crate::limits::{HTTP_BACKLOG, HTTP_STALL};
use crate::metrics::{Gauges, Metrics};
use crate::pulse::Vitals;
use crate::snapshot::Snapshot;
use crate::ticket::Tickets;
use crate::time::Mono;
use access::AccessDesk;
use answer::{Desk, QrDrawings};
use backstage::Backstage;
use door::inner::Inner;
pub use door::{ControlError, ControlSocket, Door};
use door::{Front, Uplinks};
use route::Names;
use server::{Order, Shared};

/// Draws the panel's picture as a PNG; `None` on a box without a panel.
pub type PanelPng = Box<dyn Fn(&Snapshot, Mono) -> Option<Vec<u8>> + Send + Sync>;

/// Everything the answers are made of.
pub struct WebContext {
    /// The read model.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Where wishes go.
    pub inbox: Inbox,
    /// Where the answers to wishes come from.
    pub tickets: Tickets,
    /// What happened, for those who listen.
    pub journal: Journal,
    /// Who asks.
    pub access: AccessDesk,
    /// The clock of the snapshots' times.
    pub clock: Clock,
    /// The loops that nothing works without.
    pub vitals: Vitals,
    /// Width and height of the panel in pixels.
    pub geometry: Option<(u32, u32)>,
    /// The panel's picture.
    pub panel_png: PanelPng,
    /// The counters.
    pub metrics: Metrics,
    /// What is measured at the moment of asking.
    pub gauges: Box<dyn Fn() -> Gauges + Send + Sync>,
    /// How QRs are drawn.
    pub qr: QrDrawings,
    /// Whom requests may name.
    pub names: Names,
    /// The gateway and its store; `None` while the store cannot be used.
    pub backstage: Option<Backstage>,
}

/// Why there is no page.
#[derive(Debug, Error)]
pub enum BindError {
    /// Somebody else listens there.
    #[error("the page cannot listen on {0}: another program does already ([http] listen)")]
    InUse(SocketAddr),
    /// Ports below 1024 are not for everybody.
    #[error("the page may not listen on {0}: choose a port from 1024 up ([http] listen)")]
    Forbidden(SocketAddr),
    /// The address is none of this machine's.
    #[error(
        "the page cannot listen on {0}: this machine does not have that address ([http] listen)"
    )]
    NotOurs(SocketAddr),
    /// Anything else.
    #[error("the page cannot listen on {0} ([http] listen): {1}")]
    Other(SocketAddr, io::Error),
}

/// A bound socket: whoever has one can be sure that the address is free.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    control: Option<ControlSocket>,
}

impl Listener {
    /// The address with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same with the control socket as a second door.
    #[must_use]
    pub fn with_control(mut self, control: ControlSocket) -> Self {
        self.control = Some(control);
        self
    }
}

/// Takes the address. Nothing is answered before [`serve`].
pub fn bind(address: SocketAddr) -> Result<Listener, BindError> {
    let bound = TcpListener::bind(address).and_then(|socket| {
        bound_slow_clients(&socket)?;
        let address = socket.local_addr()?;
        Ok(Listener {
            socket,
            address,
            control: None,
        })
    });
    bound.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse(address),
        io::ErrorKind::PermissionDenied => BindError::Forbidden(address),
        io::ErrorKind::AddrNotAvailable => BindError::NotOurs(address),
        _ => BindError::Other(address, error),
    })
}

/// Linux hands these options of a listening socket on to the connections it accepts (tcp(7)): a client
/// that is dead is cut off by the kernel. The front has deadlines of its own for those that live.
fn bound_slow_clients(socket: &TcpListener) -> io::Result<()> {
    let stall_ms = u32::try_from(HTTP_STALL.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(socket, stall_ms)?;
    // The standard library asked for a short queue.
    rustix::net::listen(socket, HTTP_BACKLOG)?;
    sockopt::set_socket_keepalive(socket, true)?;
    sockopt::set_tcp_keepidle(socket, Duration::from_secs(30))?;
    sockopt::set_tcp_keepintvl(socket, Duration::from_secs(10))?;
    Ok(())
}

/// Answers requests from threads of its own until the handle is dropped.
pub fn serve(listener: Listener, context: WebContext) -> io::Result<WebHandle> {
    let address = listener.address;
    let (inner, socket) = Inner::make()?;
    let uplinks = Uplinks::default();
    let desk = Desk::new(context, name_of_this_run());
    let shared = Arc::new(Shared::new(desk, inner, uplinks));
    let (orders, told) = mpsc::channel();
    let thread = thread::Builder::new().name("http".into()).spawn({
        let (shared, orders) = (shared.clone(), orders.clone());
        move || server::run(&socket, &shared, (&orders, &told))
    })?;
    let mut handle = WebHandle {
        address,
        shared,
        front: None,
        orders: orders.clone(),
        thread: Some(thread),
    };
    let front = Front::open(listener.socket, listener.control, &handle.shared, orders)?;
    handle.front = Some(front);
    Ok(handle)
}

/// A number that tells this run of the program from the one before, whose snapshots were counted from
/// the same start. Random keys, made anew by each hasher, are all this needs to be.
#[allow(clippy::disallowed_methods, reason = "nothing is decided by it")]
fn name_of_this_run() -> u64 {
    RandomState::new().hash_one(())
}

/// The running page. Dropping it ends it: requests under way are answered first, except those that
/// take long.
pub struct WebHandle {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// `None` once it is closed.
    front: Option<Front>,
    orders: mpsc::Sender<Order>,
    thread: Option<thread::JoinHandle<()>>,
}

impl WebHandle {
    /// The address with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for WebHandle {
    fn drop(&mut self) {
        // Streams see this, and the front tells them to look.
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.front.take();
        // Its thread may have ended already.
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the page ended with a panic");
        }
    }
}
