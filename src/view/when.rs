//! Points in time and spans in a few words, and when those words change.
//!
//! The box does not know where it stands, so wall time is told in UTC and says so.

use std::time::Duration;

use super::frame::Medium;
use super::tick;
use crate::snapshot::AccountView;
use crate::time::{Mono, UnixMillis};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Longer spans than these are told in minutes, hours and days.
const MINUTES_FROM: Duration = Duration::from_secs(100);
const HOURS_FROM: Duration = Duration::from_secs(100 * 60);
const DAYS_FROM: Duration = Duration::from_secs(48 * 3600);

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A moment, as `1 Mar, 07:05 UTC`.
pub fn moment(at: UnixMillis) -> String {
    let (_, month, day) = at.date();
    let minutes = at.0 / 60_000 % (24 * 60);
    let month = usize::try_from(month)
        .ok()
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let (hour, minute) = (minutes / 60, minutes % 60);
    format!("{day} {}, {hour:02}:{minute:02} UTC", month.unwrap_or(&"?"))
}

/// The wall time of another moment, when that of the account's last change is known.
pub fn wall(account: &AccountView, at: Mono) -> Option<UnixMillis> {
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let UnixMillis(since) = account.since_wall?;
    let ahead = since.saturating_add(millis(at.since(account.since)));
    Some(UnixMillis(
        ahead.saturating_sub(millis(account.since.since(at))),
    ))
}

/// Since when the account is in its state: the wall time, or how long, coarsely.
pub fn since(account: &AccountView, medium: Medium, now: Mono) -> String {
    if let Some(wall) = account.since_wall {
        return format!("since {}", moment(wall));
    }
    let span = now.since(account.since);
    let (period, symbol) = past_unit(span, medium);
    match tick::passed(account.since, period, now) {
        0 if period == HOUR => "less than an hour".to_owned(),
        0 => "just now".to_owned(),
        1 if period == DAY => "for a day".to_owned(),
        count => format!("for {count} {symbol}"),
    }
}

/// When those words change.
pub fn since_changes(account: &AccountView, medium: Medium, now: Mono) -> Option<Mono> {
    if account.since_wall.is_some() {
        return None;
    }
    let (period, _) = past_unit(now.since(account.since), medium);
    let next = tick::after(account.since, period, now);
    let hours_from = match medium {
        Medium::Oled => HOURS_FROM,
        // Hours from the beginning.
        Medium::Paper => DAYS_FROM,
    };
    let switches = [hours_from, DAYS_FROM].map(|from| account.since + from);
    Some(earliest(next, switches, now))
}

fn past_unit(span: Duration, medium: Medium) -> (Duration, &'static str) {
    if span >= DAYS_FROM {
        (DAY, "days")
    } else if span >= HOURS_FROM || medium == Medium::Paper {
        (HOUR, "h")
    } else {
        (MINUTE, "min")
    }
}

/// How long until then, the begun second, minute or hour included.
pub fn wait(until: Mono, now: Mono) -> String {
    let (period, symbol) = unit(until, now);
    match tick::left(until, period, now) {
        0 => "now".to_owned(),
        left => format!("{left} {symbol}"),
    }
}

/// When those words change; never once the time has come.
pub fn wait_changes(until: Mono, now: Mono) -> Option<Mono> {
    let (period, _) = unit(until, now);
    let next = tick::before(until, period, now)?;
    let switches = [HOURS_FROM, MINUTES_FROM].map(|from| until - from);
    Some(earliest(next, switches, now))
}

/// The unit in which a wait is told, and its symbol.
fn unit(until: Mono, now: Mono) -> (Duration, &'static str) {
    let left = until.since(now);
    if left > HOURS_FROM {
        (HOUR, "h")
    } else if left > MINUTES_FROM {
        (MINUTE, "min")
    } else {
        (SECOND, "s")
    }
}

fn earliest(next: Mono, switches: [Mono; 2], now: Mono) -> Mono {
    let ahead = switches.into_iter().filter(|at| *at > now);
    ahead.fold(next, Mono::min)
}

/// How long until then, to the hour: for what stands on paper.
pub fn coarsely(until: Mono, now: Mono) -> String {
    match tick::left(until, HOUR, now) {
        0 => "now".to_owned(),
        1 => "within the hour".to_owned(),
        hours if hours > 48 => format!("in {} days", hours.div_ceil(24)),
        hours => format!("in {hours} h"),
    }
}

/// When those words may change.
pub fn coarsely_changes(until: Mono, now: Mono) -> Option<Mono> {
    tick::before(until, HOUR, now)
}

/// Seconds left, for what lives a few minutes at most.
pub fn seconds(until: Mono, now: Mono) -> String {
    format!("{} s", tick::left(until, SECOND, now))
}

/// When those change.
pub fn seconds_change(until: Mono, now: Mono) -> Option<Mono> {
    tick::before(until, SECOND, now)
}

/// Minutes left, the begun one included.
pub fn minutes(until: Mono, now: Mono) -> String {
    match tick::left(until, MINUTE, now) {
        0 => "now".to_owned(),
        left => format!("{left} min"),
    }
}

/// When those change.
pub fn minutes_change(until: Mono, now: Mono) -> Option<Mono> {
    tick::before(until, MINUTE, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_utc() {
        assert_eq!(moment(UnixMillis(1_772_348_709_250)), "1 Mar, 07:05 UTC");
        assert_eq!(moment(UnixMillis(0)), "1 Jan, 00:00 UTC");
    }
}
