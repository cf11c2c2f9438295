//! When the wall clock is set: a box without a battery waits for that before it can judge any
//! certificate.
//!
//! The kernel tells when the clock is stepped, which is how the first time from the network arrives
//! (`timerfd_create(2)`, `TFD_TIMER_CANCEL_ON_SET`); until then nothing wakes up for it.

use std::io;
use std::os::fd::OwnedFd;

use log::{debug, info};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::clock::Clock;
use crate::event::Event;
use crate::inbox::Inbox;
use crate::limits;

/// The timer is never meant to fire: 2200-01-01 UTC, in seconds.
const NEVER: i64 = 7_258_118_400;

/// Tells the machine when the wall clock was set. `set`: what it was told at its start.
pub async fn watch(clock: Clock, mut set: bool, inbox: Inbox) {
    let mut steps = match Steps::new() {
        Ok(steps) => Some(steps),
        Err(error) => {
            debug!("the kernel does not tell when the clock is set: {error}");
            None
        }
    };
    loop {
        // Looked at only once the timer is armed: no step falls in between.
        let is_set = clock.now().wall.is_some();
        if is_set && !set {
            info!("the clock was set");
            if inbox.send(Event::ClockSet).await.is_err() {
                return;
            }
        }
        set = is_set;
        match &mut steps {
            Some(steps) => changed(steps).await,
            None if set => return,
            None => tokio::time::sleep(limits::CLOCK_POLL).await,
        }
    }
}

/// Waits for a step, or for what a test makes of the clock.
async fn changed(steps: &mut Steps) {
    #[cfg(feature = "bench")]
    tokio::select! {
        () = steps.next() => {}
        () = crate::bench::world::clock_changed() => {}
    }
    #[cfg(not(feature = "bench"))]
    steps.next().await;
}

/// The steps of the wall clock.
struct Steps(AsyncFd<OwnedFd>);

impl Steps {
    fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
        #[allow(
            deprecated,
            reason = "its successor is unsafe because a type may lie about its descriptor; this one owns it"
        )]
        let steps = Self(AsyncFd::with_interest(timer, Interest::READABLE)?);
        steps.arm()?;
        Ok(steps)
    }

    fn arm(&self) -> io::Result<()> {
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        let never = Itimerspec {
            it_interval: seconds(0),
            it_value: seconds(NEVER),
        };
        timerfd_settime(self.0.get_ref(), flags, &never)?;
        Ok(())
    }

    /// Waits for the next one. Never returns where that cannot be told any more.
    async fn next(&mut self) {
        loop {
            let Ok(mut ready) = self.0.readable().await else {
                return std::future::pending().await;
            };
            let read = ready.try_io(|timer| {
                let mut expirations = [0; 8];
                rustix::io::read(timer, &mut expirations).map_err(io::Error::from)
            });
            match read {
                // The runtime was mistaken: nothing is there to be read.
                Err(_would_block) => {}
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::CANCELED.raw_os_error()) => {
                    if let Err(error) = self.arm() {
                        debug!("the clock's timer could not be armed: {error}");
                    }
                    return;
                }
                Ok(Ok(_)) => return,
                Ok(Err(error)) => {
                    debug!("the clock's timer could not be read: {error}");
                    return std::future::pending().await;
                }
            }
        }
    }
}

fn seconds(tv_sec: i64) -> Timespec {
    Timespec { tv_sec, tv_nsec: 0 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_clock_that_was_set_meanwhile_is_told_and_one_that_was_set_is_not() {
        let (inbox, mut events) = Inbox::new();
        let clock = Clock::start();
        assert!(
            clock.now().wall.is_some(),
            "tests run where the time is known"
        );
        let told = tokio::spawn(watch(clock, false, inbox.clone()));
        assert_eq!(events.recv().await, Some(Event::ClockSet));
        told.abort();
        let silent = tokio::spawn(watch(clock, true, inbox));
        tokio::task::yield_now().await;
        assert!(events.try_recv().is_err());
        silent.abort();
    }

    #[tokio::test]
    async fn nothing_happens_while_nobody_steps_the_clock() {
        let mut steps = Steps::new().unwrap();
        let waited = tokio::time::timeout(Duration::ZERO, steps.next()).await;
        assert!(waited.is_err());
    }
}
