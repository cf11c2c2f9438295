//! When a picture that depends on the time changes next.
//!
//! A screen that shows whole seconds need not be drawn in between. These functions only compute
//! points in time; what is drawn there is the screen's business.

use std::time::Duration;

use crate::time::Mono;

/// The first of `anchor`, `anchor + period`, `anchor + 2 * period`… that lies after `now`.
/// `period` is at least a nanosecond.
pub fn after(anchor: Mono, period: Duration, now: Mono) -> Mono {
    if now < anchor {
        return anchor;
    }
    now + period.saturating_sub(remainder(now.since(anchor), period))
}

/// The first of `end`, `end - period`, `end - 2 * period`… that lies after `now`; none once `end` is
/// past.
pub fn before(end: Mono, period: Duration, now: Mono) -> Option<Mono> {
    let left = end.since(now);
    if left.is_zero() {
        return None;
    }
    let step = remainder(left, period);
    Some(now + if step.is_zero() { period } else { step })
}

/// Whole periods from `now` to `end`, the begun one included: what a countdown shows.
pub fn left(end: Mono, period: Duration, now: Mono) -> u64 {
    let periods = end.since(now).as_nanos().div_ceil(period.as_nanos());
    u64::try_from(periods).unwrap_or(u64::MAX)
}

/// Whole periods from `anchor` to `now`.
pub fn passed(anchor: Mono, period: Duration, now: Mono) -> u64 {
    let periods = now.since(anchor).as_nanos() / period.as_nanos();
    u64::try_from(periods).unwrap_or(u64::MAX)
}

fn remainder(span: Duration, period: Duration) -> Duration {
    let nanos = span.as_nanos() % period.as_nanos();
    // Smaller than `period`, which is one of ours and far below 584 years.
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(millis: u64) -> Mono {
        Mono(Duration::from_millis(millis))
    }

    #[test]
    fn ticks_lie_after_now_and_on_the_grid() {
        assert_eq!(after(at(500), SECOND, at(0)), at(500));
        assert_eq!(after(at(500), SECOND, at(500)), at(1500));
        assert_eq!(after(at(500), SECOND, at(1499)), at(1500));
        assert_eq!(before(at(2500), SECOND, at(0)), Some(at(500)));
        assert_eq!(before(at(2500), SECOND, at(500)), Some(at(1500)));
        assert_eq!(before(at(2500), SECOND, at(1501)), Some(at(2500)));
        assert_eq!(before(at(2500), SECOND, at(2500)), None);
    }

    #[test]
    fn a_countdown_ends_at_zero_and_starts_full() {
        assert_eq!(left(at(3000), SECOND, at(0)), 3);
        assert_eq!(left(at(3000), SECOND, at(1)), 3);
        assert_eq!(left(at(3000), SECOND, at(2000)), 1);
        assert_eq!(left(at(3000), SECOND, at(3000)), 0);
        assert_eq!(passed(at(1000), SECOND, at(2999)), 1);
        assert_eq!(passed(at(1000), SECOND, at(0)), 0);
    }
}
