//! Points in time, for people: what the clock shows in UTC, and how far that is from now.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use vestibule::NumericDate;

/// A point in time as a page shows it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Moment {
    /// For the `datetime` attribute: `2025-01-31T23:59:59Z`.
    datetime: String,
    /// For the eye: `2025-01-31 23:59 UTC`.
    text: String,
    /// `in 8 hours`, `3 minutes ago`.
    distance: String,
}

impl Moment {
    /// The moment `at`, seen from `now`.
    pub(crate) fn new(at: NumericDate, now: NumericDate) -> Self {
        let (day, second) = (at.seconds().div_euclid(DAY), at.seconds().rem_euclid(DAY));
        let (year, month, day) = civil_from_days(day);
        let (hour, minute, second) = (second / HOUR, second % HOUR / MINUTE, second % MINUTE);
        Self {
            datetime: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
            text: format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC"),
            distance: distance(at.seconds_since(now)),
        }
    }
}

/// The time by this machine's clock.
pub(crate) fn now() -> NumericDate {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    NumericDate::from_seconds(i64::try_from(since).unwrap_or(i64::MAX))
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn distance(seconds: i64) -> String {
    let size = seconds.saturating_abs();
    let (unit, name) = match size {
        ..MINUTE => return "just now".to_owned(),
        MINUTE..HOUR => (MINUTE, "minute"),
        HOUR..DAY => (HOUR, "hour"),
        _ => (DAY, "day"),
    };
    // To the nearest: a session of eight hours that began a moment ago ends in eight hours, not in seven.
    let count = size.saturating_add(unit / 2) / unit;
    let plural = if count == 1 { "" } else { "s" };
    if seconds < 0 { format!("{count} {name}{plural} ago") } else { format!("in {count} {name}{plural}") }
}

/// Year, month and day of the proleptic Gregorian calendar, from days since 1970-01-01. Years are counted from March here,
/// so that the leap day is the last of its year; 400 years have 146,097 days and repeat.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468; // since 0000-03-01
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            let at = NumericDate::from_seconds(seconds);
            assert_eq!(Moment::new(at, at).datetime, expected);
        }
    }

    #[test]
    fn distances_are_in_the_unit_that_fits() {
        for (seconds, expected) in [
            (0, "just now"),
            (-59, "just now"),
            (60, "in 1 minute"),
            (-180, "3 minutes ago"),
            (8 * HOUR - 1, "in 8 hours"),
            (DAY, "in 1 day"),
            (7 * DAY, "in 7 days"),
        ] {
            assert_eq!(distance(seconds), expected);
        }
    }
}
