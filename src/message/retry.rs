//! How an attempt to deliver ended, and when the next one is (API.md).

use std::time::{Duration, UNIX_EPOCH};

use crate::time::UnixMillis;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// Waits after each failed attempt, in seconds; after one more it is given up.
const WAITS_S: [u64; 10] = [
    5,
    30,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    24 * HOUR,
];

/// Attempts a delivery gets: the first, and one after each wait.
// Ten and one.
#[allow(clippy::cast_possible_truncation, reason = "eleven fits")]
pub const ATTEMPTS: u32 = WAITS_S.len() as u32 + 1;

/// No wait is longer, whatever a receiver asks for: the longest of ours.
pub const WAIT_MAX: Duration = Duration::from_secs(24 * HOUR);

/// How an attempt ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The receiver took it (2xx).
    Delivered,
    /// Not now, an answer says. After that long, if it says when (`Retry-After`).
    Later(Option<Duration>),
    /// Nobody answered: no connection, or nothing in time.
    Away,
    /// It will never take it.
    Refused,
    /// The receiver is gone for good (410): nothing more is posted to it.
    Gone,
}

impl Outcome {
    /// Of an answer's status. A redirect is not followed, but whatever sends it (a portal in front of
    /// the network, a proxy being set up) may be out of the way later.
    #[must_use]
    pub fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            200..300 => Self::Delivered,
            410 => Self::Gone,
            300..400 | 408 | 425 | 429 | 500..600 => Self::Later(retry_after),
            _ => Self::Refused,
        }
    }
}

/// The wait after so many failed attempts; `None` when there is none left. `chance` (any number) moves
/// it by up to a tenth to either side, so that what failed together does not come back together; `scale`
/// divides it, in tests.
#[must_use]
pub fn wait(failed: u32, chance: u64, scale: u32) -> Option<Duration> {
    let place = usize::try_from(failed.max(1) - 1).ok()?;
    let whole = Duration::from_secs(*WAITS_S.get(place)?);
    Some(jitter(whole, chance) / scale.max(1))
}

/// A duration moved by up to a tenth to either side.
fn jitter(whole: Duration, chance: u64) -> Duration {
    // 900 to 1100 thousandths.
    let thousandths = 900 + u32::try_from(chance % 201).unwrap_or(0);
    whole * thousandths / 1000
}

/// What `Retry-After` says (RFC 9110, 10.2.3): seconds, or a date.
#[must_use]
pub fn retry_after(header: &str, now: UnixMillis) -> Option<Duration> {
    let header = header.trim();
    let wait = match header.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::from_millis(date(header)?.0.checked_sub(now.0)?),
    };
    Some(wait.min(WAIT_MAX))
}

fn date(text: &str) -> Option<UnixMillis> {
    let since_1970 = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(UNIX_EPOCH);
    let millis = since_1970.ok()?.as_millis();
    u64::try_from(millis).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_the_one_of_the_api_and_ends() {
        let waits: Vec<_> = (1..)
            .map_while(|n| wait(n, 100, 1))
            .map(|w| w.as_secs())
            .collect();
        assert_eq!(
            waits,
            [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400]
        );
        assert_eq!(wait(ATTEMPTS, 0, 1), None);
        assert_eq!(wait(1, 0, 1), Some(Duration::from_millis(4500)));
        assert_eq!(wait(1, 200, 1), Some(Duration::from_millis(5500)));
        assert_eq!(wait(1, 100, 1000), Some(Duration::from_millis(5)));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_no_longer_than_a_day() {
        let now = UnixMillis(784_111_777_000);
        let seconds = |header| retry_after(header, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("999999999"), Some(86_400));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:51:00 GMT"), Some(83));
        assert_eq!(seconds("Thu, 29 Feb 1996 00:00:00 GMT"), Some(86_400));
        for wrong in [
            "",
            "-1",
            "soon",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1993 08:49:37 GMT",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_status_has_its_outcome() {
        for (status, outcome) in [
            (200, Outcome::Delivered),
            (204, Outcome::Delivered),
            (301, Outcome::Later(None)),
            (307, Outcome::Later(None)),
            (400, Outcome::Refused),
            (404, Outcome::Refused),
            (408, Outcome::Later(None)),
            (410, Outcome::Gone),
            (425, Outcome::Later(None)),
            (429, Outcome::Later(None)),
            (500, Outcome::Later(None)),
            (599, Outcome::Later(None)),
            (600, Outcome::Refused),
            (100, Outcome::Refused),
        ] {
            assert_eq!(Outcome::of_status(status, None), outcome, "{status}");
        }
    }
}
