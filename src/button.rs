//! Button lines to [`crate::event::Event::Edge`]: which line is which button, and nothing
//! about what a press means (that is `machine/`).
//!
//! A [`Source`] listens to lines: `rppal.rs` and `cdev.rs` for the two drivers, the bench in tests.
//! A [`Watcher`] keeps its lines armed, and lets through what a finger can do: `storm.rs`. One thread
//! turns it. Nothing here is fatal: a line that is taken, gone or broken is said once and tried again.

mod cdev;
mod rppal;
pub mod source;
pub mod storm;
pub mod watcher;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

use log::{info, warn};
use rustix::time::{ClockId, clock_gettime};
use thiserror::Error;

use crate::board::ButtonLines;
use crate::clock::Clock;
use crate::event::{Button, Event};
use crate::inbox::{Inbox, InboxError};
use crate::limits;
use crate::line::{Driver, Lines};
use crate::time::Mono;
use source::{Bell, Source};
use watcher::{Listener, News, Watcher};

/// Why buttons cannot be watched.
#[derive(Debug, Error)]
pub enum ButtonError {
    /// The system refuses a thread or what wakes it.
    #[error("the buttons' thread cannot be started: {0}")]
    Start(#[source] io::Error),
}

/// The watched buttons. Dropping it ends the watching and lets go of the lines.
pub struct Buttons {
    stop: Arc<AtomicBool>,
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Buttons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buttons")
    }
}

impl Drop for Buttons {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        (self.bell)();
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            warn!("the buttons ended with a panic");
        }
    }
}

/// Starts watching the lines and sends [`Event::Edge`] for every change that counts. A line that
/// cannot be had is said in the log and tried again; the others work.
///
/// # Errors
/// [`ButtonError::Start`].
pub fn watch(
    buttons: &ButtonLines,
    lines: &Lines,
    inbox: &Inbox,
    clock: Clock,
) -> Result<Buttons, ButtonError> {
    let debounce = limits::KERNEL_DEBOUNCE;
    tell(buttons, lines, debounce, clock, into_inbox(inbox.clone()))
}

/// Like [`watch`], with somebody else who listens; the kernel debounces as told.
///
/// # Errors
/// [`ButtonError::Start`].
pub fn tell(
    buttons: &ButtonLines,
    lines: &Lines,
    debounce: Option<Duration>,
    clock: Clock,
    listener: impl Listener + Send + 'static,
) -> Result<Buttons, ButtonError> {
    match lines.driver() {
        Driver::Rppal(registers) => {
            let (source, bell) = rppal::Pins::new(registers.clone(), debounce, clock);
            start(source, bell, buttons, clock, listener)
        }
        Driver::Cdev(header) => {
            let (source, bell) = cdev::Chip::new(header.clone(), debounce, clock)
                .map_err(|error| ButtonError::Start(error.into()))?;
            start(source, bell, buttons, clock, listener)
        }
    }
}

/// Watches any source in a thread of its own.
///
/// # Errors
/// [`ButtonError::Start`].
pub fn start(
    source: impl Source + Send + 'static,
    bell: Bell,
    buttons: &ButtonLines,
    clock: Clock,
    mut listener: impl Listener + Send + 'static,
) -> Result<Buttons, ButtonError> {
    let mut watcher = Watcher::new(source, buttons);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = thread::Builder::new()
        .name("buttons".into())
        .spawn(move || {
            while !stopped.load(Ordering::Acquire) {
                let wake_at = watcher.turn(clock.mono(), &mut listener);
                for heard in watcher.wait(wake_at.since(clock.mono())) {
                    watcher.hear(heard, clock.mono(), &mut listener);
                }
            }
        })
        .map_err(ButtonError::Start)?;
    Ok(Buttons {
        stop,
        bell,
        thread: Some(thread),
    })
}

/// The listener of the service: edges go into the queue, the rest into the log.
#[must_use]
pub fn into_inbox(inbox: Inbox) -> impl Listener + Send {
    move |button: Button, line: u8, news: News| {
        let name = button.name();
        match news {
            News::Edge(edge) => {
                return match inbox.try_send(Event::Edge(edge)) {
                    Ok(()) | Err(InboxError::Closed) => true,
                    Err(InboxError::Full) => false,
                };
            }
            News::Held => {
                warn!("GPIO {line} ({name}) is held or shorted: it counts once it was released");
            }
            News::Chatters => warn!(
                "GPIO {line} ({name}) chatters: not listened to until it is calm; check its wires and resistor"
            ),
            News::Calm => info!("GPIO {line} ({name}) is calm again"),
            News::Gone(error) => warn!(
                "no button {name}: {error}; tried again every {} s",
                limits::BUTTON_RETRY.as_secs()
            ),
            News::Back => info!("GPIO {line} ({name}) is there again"),
            News::Polled => warn!(
                "GPIO {line} ({name}) tells no edges: looked at every {} ms",
                limits::BUTTON_POLL.as_millis()
            ),
        }
        true
    }
}

/// An edge is never taken to be older than this: a stamp from another clock would put it anywhere.
const STAMP_AGE_MAX: Duration = Duration::from_secs(1);
/// The kernel's stamp (time since boot, `CLOCK_MONOTONIC`) on the clock of the process.
pub(crate) fn on_our_clock(stamp: Duration, clock: Clock) -> Mono {
    let now = clock.mono();
    let boot = clock_gettime(ClockId::Monotonic);
    // Neither part of a monotonic time is negative.
    let boot = Duration::new(boot.tv_sec.unsigned_abs(), 0)
        + Duration::from_nanos(boot.tv_nsec.unsigned_abs());
    placed(stamp, boot, now)
}

/// A stamp of the clock that shows `boot`, on the clock that shows `now` at the same moment.
fn placed(stamp: Duration, boot: Duration, now: Mono) -> Mono {
    match boot.checked_sub(stamp) {
        Some(age) if age <= STAMP_AGE_MAX => now - age,
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_placed_where_it_happened_or_now() {
        let millis = Duration::from_millis;
        let now = Mono(millis(5_000));
        let at = |stamp| placed(millis(stamp), millis(90_000), now);
        assert_eq!(at(90_000), now);
        assert_eq!(at(89_980), now - millis(20));
        assert_eq!(at(89_000), now - millis(1_000));
        // From another clock, or ahead of this one: now is the best guess.
        assert_eq!(at(88_999), now);
        assert_eq!(at(90_001), now);
    }
}
