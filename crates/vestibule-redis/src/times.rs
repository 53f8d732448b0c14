//! Times on their way to a server that knows them as doubles, and forgets by a clock of its own.

use vestibule::{NumericDate, StoreError};

use crate::trouble::Trouble;

/// What a double still has exactly.
const EXACT: i64 = (1 << 53) - 1;
/// How much longer than its own time a thing is there, in seconds: the caller's clock decides what has expired, and those of two
/// machines differ. Only then is its memory given back.
const MARGIN: i64 = 60;
/// Nothing is there for longer, in seconds: a hundred years.
const LONGEST: i64 = 3_155_760_000;
/// How long what is kept for good is there without being read, in seconds: 400 days.
const FOR_GOOD: i64 = 400 * 86_400;
/// How much later than a session's end its indexes are good at least, in seconds: how often a touch must write them is a matter of
/// this.
const INDEXED_AT_LEAST: i64 = 86_400;
/// From this second on, in the year 2242, the numbers that are drawn would not be exact any more.
const LAST: i64 = 1 << 33;

/// A time as a script reads it.
pub(crate) fn exact(time: NumericDate) -> i64 {
    time.seconds().clamp(-EXACT, EXACT)
}

/// The time of those who draw a number: one that numbers may be made of.
pub(crate) fn drawing(now: NumericDate) -> Result<i64, StoreError> {
    if now.seconds() >= LAST { Err(Trouble::Clock.into()) } else { Ok(now.seconds().max(0)) }
}

/// For how long a thing is there that ends then, in milliseconds: always a while, always with an end.
pub(crate) fn ttl(until: NumericDate, now: NumericDate) -> i64 {
    until.seconds_since(now).clamp(0, LONGEST).saturating_add(MARGIN).saturating_mul(1000)
}

/// The same for what is kept for good.
pub(crate) fn ttl_for_good() -> i64 {
    FOR_GOOD.saturating_mul(1000)
}

/// Until when the indexes of a session that ends then are good: it may be touched until then without them.
pub(crate) fn indexed_until(end: NumericDate, now: NumericDate) -> NumericDate {
    end.plus(end.seconds_since(now).max(INDEXED_AT_LEAST))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

    #[test]
    fn everything_has_an_end_however_far_away_or_long_past_it_was_asked_for() {
        assert_eq!(ttl(NOW.plus(100), NOW), 160_000);
        assert_eq!(ttl(NOW.minus(100), NOW), 60_000);
        assert_eq!(ttl(NumericDate::from_seconds(i64::MIN), NumericDate::from_seconds(i64::MAX)), 60_000);
        let longest = ttl(NumericDate::from_seconds(i64::MAX), NumericDate::from_seconds(i64::MIN));
        assert_eq!(longest, (LONGEST + MARGIN) * 1000);
        assert!(longest < EXACT);
    }

    #[test]
    fn indexes_are_good_for_longer_than_their_session() {
        assert_eq!(indexed_until(NOW.plus(100), NOW), NOW.plus(100 + 86_400));
        assert_eq!(indexed_until(NOW.plus(200_000), NOW), NOW.plus(400_000));
        assert_eq!(indexed_until(NOW.minus(5), NOW), NOW.plus(86_400 - 5));
    }

    #[test]
    fn numbers_are_drawn_only_where_a_double_has_them_exactly() {
        assert_eq!(drawing(NOW).ok(), Some(1_700_000_000));
        assert_eq!(drawing(NumericDate::from_seconds(-5)).ok(), Some(0));
        assert_eq!(drawing(NumericDate::from_seconds(LAST - 1)).map(|now| now * (1 << 20) < EXACT).ok(), Some(true));
        assert!(!drawing(NumericDate::from_seconds(LAST)).expect_err("too late").is_transient());
    }
}
