//! Points in time, as the specifications count them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Seconds since 1970-01-01T00:00:00Z (RFC 7519 2, "NumericDate").
///
/// Arithmetic saturates: no input makes it wrap or panic.
///
/// # Example
/// ```
/// use vestibule_core::NumericDate;
///
/// let now = NumericDate::from_seconds(1_700_000_000);
/// assert!(now < now.plus(60));
/// assert_eq!(now.plus(60).seconds_since(now), 60);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NumericDate(i64);

/// The largest magnitude that every JSON implementation carries exactly.
const EXACT: i64 = 1 << 53;

impl NumericDate {
    /// From seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// This many seconds later.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// This many seconds earlier.
    #[must_use]
    pub const fn minus(self, seconds: i64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to here; negative when `earlier` is in fact later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for NumericDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// V41: an integer or a finite fraction within 2^53 of the epoch; anything else is refused.
impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = NumericDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds since the epoch, within 2^53")
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<NumericDate, E> {
                if (-EXACT..=EXACT).contains(&seconds) {
                    Ok(NumericDate(seconds))
                } else {
                    Err(E::invalid_value(de::Unexpected::Signed(seconds), &self))
                }
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<NumericDate, E> {
                i64::try_from(seconds)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(seconds), &self))
                    .and_then(|seconds| self.visit_i64(seconds))
            }

            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53 after the check")]
            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<NumericDate, E> {
                let whole = seconds.floor();
                if seconds.is_finite() && whole.abs() <= 9_007_199_254_740_992.0 {
                    Ok(NumericDate(whole as i64))
                } else {
                    Err(E::invalid_value(de::Unexpected::Float(seconds), &self))
                }
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Option<i64> {
        serde_json::from_str::<NumericDate>(json).ok().map(NumericDate::seconds)
    }

    /// V41, R43
    #[test]
    fn only_finite_numbers_within_2_to_the_53_are_dates() {
        assert_eq!(parse("1700000000"), Some(1_700_000_000));
        assert_eq!(parse("1700000000.9"), Some(1_700_000_000));
        assert_eq!(parse("-1"), Some(-1));
        assert_eq!(parse("9007199254740992"), Some(EXACT));
        for refused in ["9007199254740993", "1e300", "-1e300", "18446744073709551615", "\"1\"", "null", "true", "[1]"] {
            assert_eq!(parse(refused), None, "{refused}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let end = NumericDate::from_seconds(i64::MAX);
        assert_eq!(end.plus(1), end);
        assert_eq!(NumericDate::from_seconds(i64::MIN).minus(1), NumericDate::from_seconds(i64::MIN));
    }

    #[test]
    fn a_date_is_printed_as_it_is_in_tokens() {
        assert_eq!(NumericDate::from_seconds(-1).to_string(), "-1");
    }
}
