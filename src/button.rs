//! Button lines to [`Event::Edge`](crate::event::Event::Edge): which line is which button, and nothing
//! about what a press means (that is `machine/`).
//!
//! There is no trait: a source is a function that starts watching and returns a guard. This file holds
//! what sources share; `rppal.rs` is the one for Raspberry Pi boards.

pub mod rppal;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use thiserror::Error;

use crate::clock::Clock;
use crate::time::Mono;

pub use self::rppal::Buttons;

/// Why buttons cannot be watched.
#[derive(Debug, Error)]
pub enum ButtonError {
    /// This machine has no GPIO that can be used.
    #[error("no GPIO for the buttons: {0}")]
    NoGpio(#[source] ::rppal::gpio::Error),
    /// A line that does not exist, is taken, or refuses interrupts.
    #[error("GPIO {line} cannot be a button: {why}")]
    Line {
        /// Its BCM number.
        line: u8,
        /// The reason.
        why: String,
    },
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
