//! How long to wait before a link is built again: Fibonacci seconds with a jitter.
//!
//! There is no chance here: the jitter is derived from the number of the last link, which differs
//! between accounts and between attempts, and repeats exactly when a recorded run is replayed.

use std::time::Duration;

use crate::account::Epoch;
use crate::limits;

/// The wait after `waits` earlier ones, ±10 %, at a resolution of a thousandth.
pub(super) fn wait(waits: u32, epoch: Epoch) -> Duration {
    fibonacci(waits) * permille(epoch) / 1000
}

/// 1, 1, 2, 3, 5 … seconds, at most [`limits::RECONNECT_WAIT_MAX`].
fn fibonacci(n: u32) -> Duration {
    let (mut this, mut next) = (Duration::from_secs(1), Duration::from_secs(1));
    for _ in 0..n {
        if this >= limits::RECONNECT_WAIT_MAX {
            break;
        }
        (this, next) = (next, this + next);
    }
    this.min(limits::RECONNECT_WAIT_MAX)
}

/// 900 to 1100. Multiplying by the golden ratio spreads neighbouring numbers (Knuth, TAOCP 6.4).
fn permille(epoch: Epoch) -> u32 {
    let spread = epoch.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    900 + u32::try_from(spread % 201).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_as_the_design_says_and_stay_at_fifteen_minutes() {
        let seconds: Vec<u64> = (0..18).map(|n| fibonacci(n).as_secs()).collect();
        assert_eq!(
            seconds,
            [
                1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 900, 900, 900
            ]
        );
        assert_eq!(fibonacci(u32::MAX).as_secs(), 900);
    }

    #[test]
    fn jitter_stays_within_a_tenth_and_uses_the_whole_of_it() {
        let all: Vec<u32> = (1..=2000).map(|n| permille(Epoch(n))).collect();
        assert!(all.iter().all(|p| (900..=1100).contains(p)));
        assert!(all.iter().any(|p| *p < 910) && all.iter().any(|p| *p > 1090));
        assert_ne!(wait(5, Epoch(1)), wait(5, Epoch(2)));
    }
}
