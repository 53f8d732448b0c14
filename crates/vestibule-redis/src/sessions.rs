//! The sessions: a hash each, and a sorted set for each subject and `sid`.
//!
//! | field | is |
//! |---|---|
//! | `v`, `n` | the value and its version |
//! | `l`, `e` | when it was last seen, and when it ends |
//! | `i`, `b` | when it was born, on the provider's clock and in the store's order |
//! | `s`, `d` | its subject and its `sid`, 32 bytes each; `d` is empty where there is none |
//! | `x` | until when its indexes are good: never before `e` |
//!
//! A member of an index is a session's key, and its score is the session's `x`. An entry may outlive its session, up to its score; it
//! is believed only where the session itself names the index.

use redis::Value;
use vestibule::{
    NumericDate, StoreError,
    session_store::{Born, Insertion, Mark, Moment, NewSession, StoredSession, Update, Version},
    store::Key,
};

use crate::{
    connection::{Question, Repeat},
    keys::{self, Kind},
    scripts,
    store::RedisStore,
    times::{drawing, exact, indexed_until, ttl, ttl_for_good},
    trouble::Trouble,
};

/// How often something is read again that somebody else changed meanwhile.
const ROUNDS: usize = 16;
/// How many sessions are ended in one step: the server does nothing else meanwhile.
const AT_ONCE: usize = 500;

/// A session as an index leads to it.
struct Found {
    key: Key,
    subject: Key,
    sid: Option<Key>,
    /// As the server has it.
    born: [Vec<u8>; 2],
    stored: Option<StoredSession>,
}

impl RedisStore {
    pub(crate) async fn insert_session(
        &self,
        key: Key,
        new: NewSession,
        now: NumericDate,
    ) -> Result<Insertion, StoreError> {
        let NewSession { value, subject, sid, born, last_seen, expires_at, .. } = new;
        let good = indexed_until(expires_at, now);
        let mut script = scripts::INSERT.key(self.name(Kind::Session, key));
        script.key(self.names.clock()).key(self.name(Kind::Index, subject));
        if let Some(sid) = sid {
            script.key(self.name(Kind::Index, sid));
        }
        script.arg(drawing(now)?).arg(ttl_for_good()).arg(ttl(expires_at, now)).arg(ttl(good, now)).arg(exact(good));
        script.arg(key.as_bytes()).arg(value).arg(exact(last_seen)).arg(exact(expires_at));
        script.arg(exact(born.issued_at)).arg(born.moment.0).arg(subject.as_bytes());
        script.arg(sid.as_ref().map_or(&[][..], |sid| sid.as_bytes()));
        let done: bool = self.run(&script, Repeat::Never).await?;
        Ok(if done { Insertion::Done } else { Insertion::Exists })
    }

    pub(crate) async fn load_session(&self, key: Key, now: NumericDate) -> Result<Option<StoredSession>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.name(Kind::Session, key)).arg(&["v", "n", "l", "e"]);
        let fields: Vec<Value> = match self.command(command, Repeat::Harmless).await {
            Err(Trouble::ForeignRecord(_)) => {
                self.say_unreadable(key);
                return Ok(None);
            }
            answer => answer?,
        };
        if fields.iter().all(|field| *field == Value::Nil) {
            return Ok(None);
        }
        let session = stored(&fields);
        if session.is_none() {
            self.say_unreadable(key);
        }
        Ok(session.filter(|session| session.expires_at > now))
    }

    pub(crate) async fn update_session(
        &self,
        key: Key,
        version: Version,
        value: Vec<u8>,
        now: NumericDate,
    ) -> Result<Update, StoreError> {
        let mut script = scripts::UPDATE.key(self.name(Kind::Session, key));
        script.key(self.names.clock()).arg(drawing(now)?).arg(ttl_for_good()).arg(version.0).arg(value);
        updated(&self.run(&script, Repeat::Never).await?)
    }

    /// One round trip; where the indexes must be written too, two: whose session it is, the first one says.
    pub(crate) async fn touch_session(
        &self,
        key: Key,
        last_seen: NumericDate,
        expires_at: NumericDate,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        let good = indexed_until(expires_at, now);
        let mut whose: Vec<Vec<u8>> = Vec::new();
        for _ in 0..ROUNDS {
            let mut script = scripts::TOUCH.key(self.name(Kind::Session, key));
            for index in whose.iter().filter_map(|bytes| keys::key(bytes)) {
                script.key(self.name(Kind::Index, index));
            }
            script.arg(exact(now)).arg(ttl(expires_at, now)).arg(ttl(good, now)).arg(exact(good)).arg(key.as_bytes());
            script.arg(exact(last_seen)).arg(exact(expires_at)).arg(&whose);
            match self.run(&script, Repeat::Harmless).await? {
                Value::Int(there) => return Ok(there == 1),
                Value::Array(named) => {
                    whose = named.iter().map(|name| bytes(name).unwrap_or_default().to_vec()).collect()
                }
                _ => return Err(Trouble::ForeignRecord("a session names no subject").into()),
            }
            if whose.first().is_none_or(|subject| keys::key(subject).is_none()) {
                return Err(Trouble::ForeignRecord("a session names no subject").into());
            }
        }
        Err(Trouble::Restless.into())
    }

    pub(crate) async fn delete_session(&self, key: Key, now: NumericDate) -> Result<bool, StoreError> {
        let mut script = scripts::DELETE.key(self.name(Kind::Session, key));
        script.arg(exact(now)).arg(self.names.channel()).arg(key.as_bytes());
        let Value::Array(whose) = self.run(&script, Repeat::Never).await? else {
            return Ok(false);
        };
        self.tell(&[key]);
        let indexes: Vec<_> = whose.iter().filter_map(|name| keys::key(bytes(name)?)).collect();
        if !indexes.is_empty() {
            let mut script = scripts::STRIKE.key(self.name(Kind::Session, key));
            for index in indexes {
                script.key(self.name(Kind::Index, index));
            }
            // The session has ended in any case. An entry that stays is not believed, and goes at its own time.
            let _: Result<Value, _> = self.run(script.arg(key.as_bytes()), Repeat::Harmless).await;
        }
        Ok(true)
    }

    /// Those that come meanwhile are looked at again, as often as is reasonable: whoever ends all sessions has raised a mark before,
    /// and that one ends them too.
    pub(crate) async fn delete_sessions(
        &self,
        index: Key,
        mark: Mark,
        now: NumericDate,
    ) -> Result<Vec<Key>, StoreError> {
        let mut ended = Vec::new();
        for _ in 0..ROUNDS {
            let found = self.found(index, "e", now).await?;
            let over: Vec<_> = found.iter().filter(|one| one.is_ended_by(mark)).collect();
            if over.is_empty() {
                break;
            }
            for some in over.chunks(AT_ONCE) {
                let keys = self.end(some, now).await?;
                self.tell(&keys);
                ended.extend(keys);
            }
        }
        Ok(ended)
    }

    pub(crate) async fn list_sessions(
        &self,
        index: Key,
        now: NumericDate,
    ) -> Result<Vec<(Key, StoredSession)>, StoreError> {
        let mut sessions = Vec::new();
        for found in self.found(index, "v", now).await? {
            match found.stored {
                Some(stored) => sessions.push((found.key, stored)),
                None => self.say_unreadable(found.key),
            }
        }
        Ok(sessions)
    }

    /// Ends those of these that are still there.
    async fn end(&self, over: &[&Found], now: NumericDate) -> Result<Vec<Key>, StoreError> {
        let mut script = scripts::DELETE_ALL.prepare_invoke();
        script.arg(exact(now)).arg(self.names.channel());
        for found in over {
            script.key(self.name(Kind::Session, found.key)).key(self.name(Kind::Index, found.subject));
            script.key(self.name(Kind::Index, found.sid.unwrap_or(found.subject)));
            script.arg(found.key.as_bytes()).arg(&found.born[..]);
        }
        let positions: Vec<usize> = self.run(&script, Repeat::Never).await?;
        Ok(positions.into_iter().filter_map(|position| over.get(position)).map(|found| found.key).collect())
    }

    /// The sessions of an index, all as they were at one time, with one field as their value.
    async fn found(&self, index: Key, value: &str, now: NumericDate) -> Result<Vec<Found>, StoreError> {
        let name = self.name(Kind::Index, index);
        for _ in 0..ROUNDS {
            let mut range = redis::cmd("ZRANGE");
            range.arg(&name).arg(0).arg(-1);
            let members: Vec<Vec<u8>> = self.command(range, Repeat::Harmless).await?;
            if members.is_empty() {
                return Ok(Vec::new());
            }
            let mut script = scripts::LIST.key(&name);
            script.arg(exact(now)).arg(index.as_bytes()).arg(value);
            for member in &members {
                // What is no key names no session of ours, but is named, so as not to be taken for a new one.
                let session =
                    keys::key(member).map_or_else(|| self.names.checked("nobody"), |key| self.name(Kind::Session, key));
                script.key(session).arg(member);
            }
            let answer: Value = self.ask(&Question::Script(&script), Repeat::Harmless).await?;
            if let Value::Array(rows) = answer {
                return Ok(rows.iter().filter_map(found).collect());
            }
        }
        Err(Trouble::Restless.into())
    }
}

/// What became of a change of a value.
pub(crate) fn updated(answer: &Value) -> Result<Update, StoreError> {
    match bytes(answer) {
        Some(b"gone") => Ok(Update::Gone),
        Some(b"changed") => Ok(Update::Changed),
        _ => match number(answer) {
            Some(version) => Ok(Update::Done(Version(version))),
            None => Err(Trouble::ForeignRecord("a version is no number").into()),
        },
    }
}

/// The text of an answer.
pub(crate) fn bytes(answer: &Value) -> Option<&[u8]> {
    match answer {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}

/// The number that a text is.
pub(crate) fn number<T: std::str::FromStr>(answer: &Value) -> Option<T> {
    text_number(bytes(answer)?)
}

fn text_number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A session of its fields `v`, `n`, `l`, `e`.
fn stored(fields: &[Value]) -> Option<StoredSession> {
    let [value, version, last_seen, expires_at, ..] = fields else { return None };
    let time = |field| number(field).map(NumericDate::from_seconds);
    let version = number(version).map(Version)?;
    Some(StoredSession::new(bytes(value)?.to_vec(), version, time(last_seen)?, time(expires_at)?))
}

/// What an index led to: `s`, `d`, `i`, `b`, the fields of a session, and its key.
fn found(row: &Value) -> Option<Found> {
    let Value::Array(fields) = row else { return None };
    let [subject, sid, issued_at, moment, session @ .., member] = fields.as_slice() else { return None };
    let text = |field| bytes(field).unwrap_or_default().to_vec();
    Some(Found {
        key: keys::key(bytes(member)?)?,
        subject: keys::key(bytes(subject)?)?,
        sid: bytes(sid).and_then(keys::key),
        born: [text(issued_at), text(moment)],
        stored: stored(session),
    })
}

impl Found {
    /// Of a session that does not say when it was born, any mark is the end.
    fn is_ended_by(&self, mark: Mark) -> bool {
        let [issued_at, moment] = &self.born;
        let (issued_at, moment) = (text_number(issued_at), text_number(moment));
        match issued_at.zip(moment) {
            Some((issued_at, moment)) => mark.ends(Born::new(NumericDate::from_seconds(issued_at), Moment(moment))),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_session_that_lacks_anything_or_has_what_is_no_number_is_none() {
        let whole = [text("sealed"), text("7"), text("-1"), text("1700000000")];
        let read = stored(&whole).expect("a session");
        let times = [-1, 1_700_000_000].map(NumericDate::from_seconds);
        assert_eq!(read, StoredSession::new(b"sealed".to_vec(), Version(7), times[0], times[1]));
        for position in 0..4 {
            let mut broken = whole.clone();
            broken[position] = Value::Nil;
            assert_eq!(stored(&broken), None, "without {position}");
            if position > 0 {
                for foreign in ["", "x", "1.5", "99999999999999999999999", "\u{ff}"] {
                    broken[position] = text(foreign);
                    assert_eq!(stored(&broken), None, "{foreign:?} at {position}");
                }
            }
        }
        assert_eq!(stored(&whole[..3]), None);
    }

    #[test]
    fn what_became_of_a_change_is_read_and_nothing_is_guessed() {
        assert_eq!(updated(&text("gone")).ok(), Some(Update::Gone));
        assert_eq!(updated(&text("changed")).ok(), Some(Update::Changed));
        assert_eq!(updated(&text("17")).ok(), Some(Update::Done(Version(17))));
        for other in [text(""), text("1.8e15"), Value::Nil, Value::Int(1)] {
            assert!(updated(&other).is_err(), "{other:?}");
        }
    }
}
