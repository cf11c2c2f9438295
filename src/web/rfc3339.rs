//! Wall time as the API writes it: RFC 3339 in UTC with milliseconds, `2026-03-01T07:05:09.250Z`.
//!
//! Only this one direction and this one form are needed. Pure arithmetic: no time zone, no clock, and
//! no leap seconds, which Unix time does not count either.

use crate::time::UnixMillis;

/// Formats a moment.
#[must_use]
pub fn format(moment: UnixMillis) -> String {
    let (seconds, millis) = (moment.0 / 1000, moment.0 % 1000);
    let (year, month, day) = moment.date();
    let second = seconds % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        // Made with `date --utc --date=@SECONDS`.
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_767_225_600_123, "2026-01-01T00:00:00.123Z"),
            (1_772_348_709_250, "2026-03-01T07:05:09.250Z"),
            (1_835_395_200_000, "2028-02-29T00:00:00.000Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(format(UnixMillis(millis)), text);
        }
    }

    #[test]
    fn days_follow_each_other() {
        let date = |days: u64| UnixMillis(days * 86_400_000).date();
        let mut before = date(0);
        for day in 1..200_000 {
            let (year, month, of_month) = date(day);
            let next_day = (before.0, before.1, before.2 + 1);
            let next_month = (before.0, before.1 + 1, 1);
            let next_year = (before.0 + 1, 1, 1);
            assert!(
                (year, month, of_month) == next_day
                    || ((year, month, of_month) == next_month && before.2 >= 28)
                    || ((year, month, of_month) == next_year && before.1 == 12 && before.2 == 31),
                "{before:?} is followed by {year}-{month}-{of_month}"
            );
            before = (year, month, of_month);
        }
    }
}
