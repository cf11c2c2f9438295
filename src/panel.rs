//! Brings frames to glass: the [`Panel`] trait, and the thread that draws every snapshot.
//!
//! The thread sleeps until the snapshot changes or the picture does by itself, sends only what differs,
//! and outlives a panel that is pulled out: it reports the loss, opens the panel anew every
//! [`limits::PANEL_RETRY`], and nothing else in the process waits for it. When the service ends, its last
//! act is to clear the glass: a code on it is a credential.

pub mod glass;
mod i2c;
pub mod oled;
pub mod open;
pub mod paged;
pub mod pages;
pub mod paper;
pub mod png;
pub mod sh1106;
pub mod sh1107;
pub mod ssd1306;
pub mod ssd1309;
pub mod ssd168x;
pub mod turned;
pub mod window;
pub mod wire;

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};

use thiserror::Error;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::inbox::Inbox;
#[cfg(doc)]
use crate::limits;
use crate::snapshot::Snapshot;
use crate::time::Mono;
use crate::view::{Format, Frame, Glow};
use glass::Glass;

/// A display that can show one [`Frame`]. Called from its own thread; may block for the time of a
/// transfer. After an error it is dropped and opened anew, so it need not be usable any more.
pub trait Panel: Send {
    /// What it is: its size as a person sees it, and its kind.
    fn format(&self) -> Format;

    /// Shows a frame of that size. The first one of a panel is always [`Refresh::Full`], whatever is
    /// asked for. On e-paper it ends when the picture stands, after seconds.
    fn show(&mut self, frame: &Frame, refresh: Refresh) -> Result<(), PanelError>;

    /// Sets how strongly the lit pixels shine; before the first frame it is what that frame will shine
    /// with. Sends nothing when it is so already. E-paper does not shine and ignores it.
    fn set_glow(&mut self, glow: Glow) -> Result<(), PanelError>;

    /// Nothing is going to be shown for a while: e-paper goes into deep sleep, out of which the next
    /// `show` takes it. Nothing to an OLED, which is dark when [`Glow::Off`] says so.
    fn rest(&mut self) -> Result<(), PanelError>;

    /// Whether a transfer fails when nobody is there. I2C acknowledges and e-paper says that it is
    /// busy; an OLED on SPI takes everything in silence.
    fn answers(&self) -> bool {
        true
    }
}

/// How much of the glass is done again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refresh {
    /// What changed, and nothing when nothing did. On e-paper quick and without flashing, at the
    /// price of a shadow of what was there.
    Partial,
    /// Everything, in the time that a panel has which was put back: on e-paper shorter than
    /// [`Refresh::Full`] and less thorough; the same to an OLED.
    Fast,
    /// Everything, equal or not. An OLED is set up anew, without a flicker; e-paper flashes and is
    /// clean after it.
    Full,
}

/// Opens the panel: called at the start, and again whenever it has to be set up anew.
pub trait Open: FnMut() -> Result<Box<dyn Panel>, PanelError> {}

impl<F: FnMut() -> Result<Box<dyn Panel>, PanelError>> Open for F {}

/// An [`Open`] that can be kept and sent to the panel's thread.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn Panel>, PanelError> + Send>;

/// Why a panel does not work. Says which one.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PanelError {
    /// Its bus cannot be opened.
    #[error("cannot open {device}: {why}")]
    Open {
        /// The path of the bus.
        device: String,
        /// The reason in the system's words.
        why: String,
    },
    /// A transfer failed.
    #[error("the panel at {device} does not answer: {why}")]
    Bus {
        /// The path of the bus, and the panel's address there.
        device: String,
        /// The reason in the bus driver's words.
        why: String,
    },
    /// E-paper does not do what its BUSY line should tell.
    #[error("the panel at {device} does not answer: {why}")]
    Busy {
        /// The path of the bus.
        device: String,
        /// What the line does instead.
        why: String,
    },
}

/// Starts the panel thread. It draws the present snapshot at once, and ends when nobody can publish one
/// any more, with what is to stay on the glass.
///
/// # Errors
/// The thread cannot be started.
pub fn spawn(
    open: impl Open + Send + 'static,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    inbox: Inbox,
    clock: Clock,
) -> io::Result<JoinHandle<()>> {
    let glass = Glass::new(open, inbox);
    thread::Builder::new()
        .name("panel".into())
        .spawn(move || run(glass, snapshots, clock))
}

fn run<O: Open>(mut glass: Glass<O>, mut snapshots: watch::Receiver<Arc<Snapshot>>, clock: Clock) {
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        let wake_at = glass.turn(&snapshot, clock.mono());
        if !wait(&mut snapshots, wake_at, clock) {
            break;
        }
    }
    glass.part(clock.mono());
}

/// Blocks until there is a new snapshot, or `until` comes if it ever does; `false` when there will be
/// none any more.
///
/// Parks the thread instead of using the runtime's timers: those stand still when the runtime does,
/// and the glass has to be cleared after that.
fn wait(snapshots: &mut watch::Receiver<Arc<Snapshot>>, until: Option<Mono>, clock: Clock) -> bool {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut changed = pin!(snapshots.changed());
    loop {
        if let Poll::Ready(outcome) = changed.as_mut().poll(&mut context) {
            return outcome.is_ok();
        }
        let Some(until) = until else {
            thread::park();
            continue;
        };
        let left = until.since(clock.mono());
        if left.is_zero() {
            return true;
        }
        thread::park_timeout(left);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
