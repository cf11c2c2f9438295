//! The only file of the simulator that reads clocks.
//!
//! Wall time goes into stanzas and certificates; monotonic time decides which QR references have
//! expired. Waiting is done by condition variables and the runtime's timers, not here.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "stanzas carry the wall time")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A point on the monotonic clock.
pub(crate) fn instant() -> Instant {
    #[allow(clippy::disallowed_methods, reason = "references expire")]
    Instant::now()
}
