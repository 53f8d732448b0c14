//! The dates of `Expires` (RFC 6265bis 5.1.1): lenient, as the rule says.

use vestibule_core::NumericDate;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// `None` when the text is no date.
pub(super) fn parse(text: &str) -> Option<NumericDate> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter = |c: char| !(c.is_ascii_alphanumeric() || c == ':' || !c.is_ascii());
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none() && token.contains(':') {
            time = Some(seconds_of_day(token)?);
        } else if day.is_none() && number(token).is_some_and(|_| token.len() <= 2) {
            day = number(token);
        } else if month.is_none() && month_of(token).is_some() {
            month = month_of(token);
        } else if year.is_none() && number(token).is_some_and(|_| matches!(token.len(), 2 | 4)) {
            year = number(token).map(full_year);
        }
    }
    let (day, month, year) = (day?, month?, year?);
    let in_range = (1..=31).contains(&day) && (1601..=9999).contains(&year);
    in_range.then_some(NumericDate::from_seconds(days_since_1970(year, month, day) * 86_400 + time?))
}

fn number(token: &str) -> Option<i64> {
    token.bytes().all(|c| c.is_ascii_digit()).then(|| token.parse().ok()).flatten()
}

fn full_year(year: i64) -> i64 {
    match year {
        70..=99 => year + 1900,
        0..=69 => year + 2000,
        _ => year,
    }
}

fn month_of(token: &str) -> Option<i64> {
    let start = token.get(..3)?.to_ascii_lowercase();
    (1..).zip(MONTHS).find_map(|(number, name)| (name == start).then_some(number))
}

fn seconds_of_day(token: &str) -> Option<i64> {
    let mut parts = token.split(':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

/// The proleptic Gregorian calendar, with years that begin in March, so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_http_dates_are_read() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse(text), Some(NumericDate::from_seconds(784_111_777)), "{text}");
        }
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(NumericDate::from_seconds(0)));
        assert_eq!(parse("Thu, 29 Feb 2024 12:00:00 GMT"), Some(NumericDate::from_seconds(1_709_208_000)));
    }

    #[test]
    fn what_is_no_date_is_no_date() {
        for text in [
            "",
            "0",
            "tomorrow",
            "Thu, 01 Jan 1970",
            "Thu, 32 Jan 1970 00:00:00",
            "01 Jan 1500 00:00:00",
            "01 Jan 1970 24:00:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
