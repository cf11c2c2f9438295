//! Brings frames to glass: the [`Panel`] trait, and the thread that draws every snapshot.
//!
//! The thread sleeps until the snapshot changes or the picture does by itself, sends only what differs,
//! and outlives a panel that is pulled out: it reports the loss, opens the panel anew every
//! [`limits::PANEL_RETRY`], and nothing else in the process waits for it. When the service ends, the
//! glass is cleared first: a code on it is a credential.

pub mod i2c;
pub mod png;
pub mod ssd1306;

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};

use thiserror::Error;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::event::{Event, PanelEvent};
use crate::inbox::{Inbox, InboxError};
use crate::limits;
use crate::snapshot::Snapshot;
use crate::time::Mono;
use crate::view::{self, Frame, Geometry, Glow};

/// A display that can show one [`Frame`]. Called from its own thread; may block for the time of a
/// transfer. After an error it is dropped and opened anew, so it need not be usable any more.
pub trait Panel: Send {
    /// Its size as a person sees it.
    fn geometry(&self) -> Geometry;

    /// Shows a frame of that size. Sends nothing that is on the glass already.
    fn show(&mut self, frame: &Frame) -> Result<(), PanelError>;

    /// Sets how strongly the lit pixels shine. Sends nothing when it is so already.
    fn set_glow(&mut self, glow: Glow) -> Result<(), PanelError>;
}

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
}

/// Starts the panel thread. `open` is called at once and after every loss; the thread ends when a
/// snapshot says that the process is ending, or when nobody can publish one any more.
///
/// # Errors
/// The thread cannot be started.
pub fn spawn(
    open: impl FnMut() -> Result<Box<dyn Panel>, PanelError> + Send + 'static,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    inbox: Inbox,
    clock: Clock,
) -> io::Result<JoinHandle<()>> {
    let glass = Glass {
        open,
        panel: None,
        said: None,
        unsaid: None,
        inbox,
        clock,
    };
    thread::Builder::new()
        .name("panel".into())
        .spawn(move || glass.run(snapshots))
}

/// The panel, present or not, and what was reported about it.
struct Glass<O> {
    open: O,
    panel: Option<Box<dyn Panel>>,
    /// The last report that was delivered.
    said: Option<PanelEvent>,
    /// A report that found the queue full.
    unsaid: Option<PanelEvent>,
    inbox: Inbox,
    clock: Clock,
}

impl<O: FnMut() -> Result<Box<dyn Panel>, PanelError>> Glass<O> {
    fn run(mut self, mut snapshots: watch::Receiver<Arc<Snapshot>>) {
        loop {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            if snapshot.shutting_down {
                break;
            }
            let wake_at = self.turn(&snapshot);
            if !wait(&mut snapshots, wake_at, self.clock) {
                break;
            }
        }
        self.clear();
    }

    /// Brings the glass up to date, as far as it can be, and says when to look again.
    fn turn(&mut self, snapshot: &Snapshot) -> Option<Mono> {
        let now = self.clock.mono();
        let wake_at = match self.bring_up_to_date(snapshot, now) {
            Ok(()) => {
                self.report(PanelEvent::Attached);
                view::next_change(snapshot, now)
            }
            Err(error) => {
                self.panel = None;
                self.report(PanelEvent::Lost {
                    why: error.to_string(),
                });
                Some(now + limits::PANEL_RETRY)
            }
        };
        match &self.unsaid {
            None => wake_at,
            Some(_) => Some(now + limits::PANEL_RETRY),
        }
    }

    fn bring_up_to_date(&mut self, snapshot: &Snapshot, now: Mono) -> Result<(), PanelError> {
        let panel = match &mut self.panel {
            Some(panel) => panel,
            empty => empty.insert((self.open)()?),
        };
        let glow = view::glow(snapshot, now);
        panel.show(&view::draw(snapshot, panel.geometry(), now))?;
        panel.set_glow(glow)
    }

    /// Tells the machine, once for each change of the panel's health.
    fn report(&mut self, event: PanelEvent) {
        let was_lost = matches!(self.said, Some(PanelEvent::Lost { .. }));
        let is_lost = matches!(event, PanelEvent::Lost { .. });
        if self.said.is_some() && was_lost == is_lost {
            self.unsaid = None;
            return;
        }
        match self.inbox.try_send(Event::Panel(event.clone())) {
            Ok(()) => (self.said, self.unsaid) = (Some(event), None),
            Err(InboxError::Full) => self.unsaid = Some(event),
            // Nobody is left to tell; the end of this thread follows.
            Err(InboxError::Closed) => {}
        }
    }

    /// Leaves a dark glass behind. A panel that was lost is tried once more: it may show a code.
    fn clear(mut self) {
        let panel = self.panel.take().map_or_else(&mut self.open, Ok);
        let cleared = panel.and_then(|mut panel| {
            panel.show(&Frame::new(panel.geometry()))?;
            panel.set_glow(Glow::Off)
        });
        if let Err(error) = cleared {
            log::warn!("the panel could not be cleared: {error}");
        }
    }
}

/// Blocks until there is a new snapshot or `until` comes; `false` when there will be none any more.
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
        match until.map(|until| until.since(clock.mono())) {
            None => thread::park(),
            Some(left) if left.is_zero() => return true,
            Some(left) => thread::park_timeout(left),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
