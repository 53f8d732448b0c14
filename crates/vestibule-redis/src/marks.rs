//! The marks: a text each, `issued_at raised ours end`, where `issued_at` is `-` if no logout token came.

use redis::Value;
use vestibule::{
    NumericDate, StoreError,
    session_store::{Mark, Moment, Raising},
    store::Key,
};

use crate::{
    connection::{Question, Repeat},
    keys::Kind,
    scripts,
    sessions::bytes,
    store::RedisStore,
    times::{drawing, exact, ttl, ttl_for_good},
    trouble::Trouble,
};

/// What is said of a mark that cannot be read. It is never taken for none: somebody signed out.
const UNREADABLE: Trouble = Trouble::ForeignRecord("a mark cannot be read");

impl RedisStore {
    /// There is always room, in a server that is full too: no mark gives way to another, and the issuer's need not stand in.
    pub(crate) async fn raise_mark(&self, raising: Raising, now: NumericDate) -> Result<Mark, StoreError> {
        let Raising { whose, issued_at, until, .. } = raising;
        let mut script = scripts::RAISE.key(self.name(Kind::Mark, whose));
        script.key(self.names.clock()).key(self.names.checked("nothing"));
        script.arg(drawing(now)?).arg(ttl_for_good()).arg(ttl(until, now));
        script.arg(issued_at.map_or_else(|| "-".to_owned(), |at| exact(at).to_string()));
        script.arg(exact(until)).arg(self.names.channel()).arg(whose.as_bytes());
        let answer: Value = self.run(&script, Repeat::Never).await?;
        let (mark, _) = bytes(&answer).and_then(mark).ok_or(UNREADABLE)?;
        self.tell(&[whose]);
        Ok(mark)
    }

    /// Asked one by one, in one round trip: of several at once the server would not say that one of them is something else.
    pub(crate) async fn joined_marks(&self, whose: &[Key], now: NumericDate) -> Result<Mark, StoreError> {
        if whose.is_empty() {
            return Ok(Mark::default());
        }
        let mut pipeline = redis::Pipeline::with_capacity(whose.len());
        for key in whose {
            pipeline.cmd("GET").arg(self.name(Kind::Mark, *key));
        }
        let found: Vec<Option<Vec<u8>>> = self.ask(&Question::Commands(pipeline), Repeat::Harmless).await?;
        let mut joined = Mark::default();
        for text in found.iter().flatten() {
            let (mark, ends) = mark(text).ok_or(UNREADABLE)?;
            if ends > now {
                joined = joined.join(mark);
            }
        }
        Ok(joined)
    }
}

/// A mark and its end.
fn mark(text: &[u8]) -> Option<(Mark, NumericDate)> {
    let mut parts = std::str::from_utf8(text).ok()?.split(' ');
    let mut next = || parts.next();
    let issued_at = match next()? {
        "-" => None,
        seconds => Some(NumericDate::from_seconds(seconds.parse().ok()?)),
    };
    let (raised, ours) = (Moment(next()?.parse().ok()?), Moment(next()?.parse().ok()?));
    let ends = NumericDate::from_seconds(next()?.parse().ok()?);
    next().is_none().then(|| (Mark::from_parts(issued_at, raised, ours), ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_whole_or_not_at_all() {
        let at = NumericDate::from_seconds;
        let read = mark(b"-5 7 9 1700000000").expect("a mark");
        assert_eq!(read, (Mark::from_parts(Some(at(-5)), Moment(7), Moment(9)), at(1_700_000_000)));
        let read = mark(b"- 0 1782579200000001 9").expect("a mark");
        assert_eq!(read, (Mark::from_parts(None, Moment(0), Moment(1_782_579_200_000_001)), at(9)));
        for text in ["", "-", "- 1 2", "- 1 2 3 4", "x 1 2 3", "- 1.5 2 3", "- -1 2 3", "- 1 2 ", " 1 2 3", "5 1e3 2 3"]
        {
            assert_eq!(mark(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(mark(b"\xff 1 2 3"), None);
    }
}
