//! The contract, in PostgreSQL.

use sqlx::{postgres::PgRow, query};
use tokio::time::timeout;
use vestibule::{
    NumericDate, SessionStore, StoreError,
    session_store::{
        Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, StoredSession, Update, Version,
    },
    store::Answer,
};

use super::{PostgresStore, schema, statements};
use crate::{
    WAIT,
    column::{NEVER, count, floor, key, mark, moment, nullable, number, read, session},
    fault::Fault,
};

/// For how long a lease's row outlives the lease, in seconds: longer by far than any statement may take.
const LEASE_STAYS: i64 = 3600;

impl SessionStore for PostgresStore {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        Answer::later(async move {
            let sql = query(statements::INSERT)
                .bind(&key.as_bytes()[..])
                .bind(&session.value)
                .bind(&session.subject.as_bytes()[..])
                .bind(session.sid.as_ref().map(|sid| &sid.as_bytes()[..]))
                .bind(session.born.issued_at.seconds())
                .bind(moment(session.born.moment))
                .bind(session.last_seen.seconds())
                .bind(session.expires_at.seconds())
                .bind(now.seconds());
            let inserted = self.ask(now, sql).await?;
            Ok(if inserted.is_empty() { Insertion::Exists } else { Insertion::Done })
        })
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        Answer::later(async move {
            let sql = || query(statements::LOAD).bind(&key.as_bytes()[..]).bind(now.seconds());
            let found = self.look_up(now, sql).await?;
            Ok(found.first().and_then(|row| self.passed_over.ours(session(row, 0))))
        })
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        Answer::later(async move {
            let sql = query(statements::UPDATE)
                .bind(&key.as_bytes()[..])
                .bind(number(version.0))
                .bind(&value)
                .bind(now.seconds());
            updated(&self.ask(now, sql).await?, "vestibule_sessions")
        })
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql = query(statements::TOUCH)
                .bind(&key.as_bytes()[..])
                .bind(last_seen.seconds())
                .bind(expires_at.seconds())
                .bind(now.seconds());
            Ok(!self.ask(now, sql).await?.is_empty())
        })
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql = query(statements::DELETE).bind(&key.as_bytes()[..]).bind(now.seconds());
            let was_there = !self.ask(now, sql).await?.is_empty();
            if was_there {
                self.listeners.tell(&[key]);
            }
            Ok(was_there)
        })
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        Answer::later(async move {
            let (issued_at, raised, ours) = mark.parts();
            let sql = query(statements::DELETE_ALL)
                .bind(&index.as_bytes()[..])
                .bind(now.seconds())
                .bind(issued_at.map(|second| second.seconds()))
                .bind(moment(raised))
                .bind(moment(ours));
            let ended = self.ask(now, sql).await?;
            let ended = ended.iter().map(|row| key(row, 0, "vestibule_sessions")).collect::<Result<Vec<_>, _>>()?;
            self.listeners.tell(&ended);
            Ok(ended)
        })
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        Answer::later(async move {
            let sql = || query(statements::LIST).bind(&index.as_bytes()[..]).bind(now.seconds());
            let one = |row: &PgRow| Ok((key(row, 0, "vestibule_sessions")?, session(row, 1)?));
            Ok(self.look_up(now, sql).await?.iter().filter_map(|row| self.passed_over.ours(one(row))).collect())
        })
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        Answer::later(async move {
            let sql = query(statements::RAISE)
                .bind(&raising.whose.as_bytes()[..])
                .bind(raising.issued_at.map(|second| second.seconds()))
                .bind(raising.until.seconds())
                .bind(floor(now))
                .bind(now.seconds());
            let raised = self.ask(now, sql).await?;
            let raised = mark(one(&raised)?)?;
            self.listeners.tell(&[raising.whose]);
            Ok(raised)
        })
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        Answer::later(async move {
            let keys: Vec<&[u8]> = whose.iter().map(|key| &key.as_bytes()[..]).collect();
            let found = self.look_up(now, || query(statements::MARKS).bind(keys.clone()).bind(now.seconds())).await?;
            found.iter().try_fold(Mark::default(), |joined, row| Ok(joined.join(mark(row)?)))
        })
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        Answer::later(async move {
            let sql = query(statements::BURN_ATTEMPT)
                .bind(&attempt.as_bytes()[..])
                .bind(until.seconds())
                .bind(floor(now))
                .bind(now.seconds());
            let burnt = self.ask(now, sql).await?;
            burnt.first().map(|row| count(row, 0, "vestibule_moments").map(Moment)).transpose()
        })
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql =
                query(statements::REMEMBER_JTI).bind(&jti.as_bytes()[..]).bind(until.seconds()).bind(now.seconds());
            Ok(!self.ask(now, sql).await?.is_empty())
        })
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql = || query(statements::KNOWS_JTI).bind(&jti.as_bytes()[..]).bind(now.seconds());
            Ok(!self.look_up(now, sql).await?.is_empty())
        })
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        Answer::later(async move {
            let sql = query(statements::LEASE)
                .bind(&name.as_bytes()[..])
                .bind(until.seconds())
                .bind(until.seconds().saturating_add(LEASE_STAYS))
                .bind(now.seconds());
            let taken = self.ask(now, sql).await?;
            taken.first().map(|row| count(row, 0, "vestibule_leases").map(Fence)).transpose()
        })
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql = query(statements::RENEW_LEASE)
                .bind(&name.as_bytes()[..])
                .bind(number(fence.0))
                .bind(until.seconds())
                .bind(until.seconds().saturating_add(LEASE_STAYS))
                .bind(now.seconds());
            Ok(!self.ask(now, sql).await?.is_empty())
        })
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        Answer::later(async move {
            let sql =
                query(statements::RELEASE_LEASE).bind(&name.as_bytes()[..]).bind(number(fence.0)).bind(now.seconds());
            self.ask(now, sql).await.map(drop)
        })
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        Answer::later(async move {
            const TABLE: &str = "vestibule_kept";
            let until = until.map_or(NEVER, |until| until.seconds());
            let Some(version) = version else {
                let make =
                    query(statements::MAKE).bind(&key.as_bytes()[..]).bind(&value).bind(until).bind(now.seconds());
                let made = self.ask(now, make).await?;
                let version = made.first().map(|row| count(row, 0, TABLE)).transpose()?;
                return Ok(version.map_or(Update::Changed, |version| Update::Done(Version(version))));
            };
            let replace = query(statements::REPLACE)
                .bind(&key.as_bytes()[..])
                .bind(number(version.0))
                .bind(&value)
                .bind(until)
                .bind(now.seconds());
            updated(&self.ask(now, replace).await?, TABLE)
        })
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        Answer::later(async move {
            let sql = || query(statements::KEPT).bind(&key.as_bytes()[..]).bind(now.seconds());
            let found = self.look_up(now, sql).await?;
            let kept = |row| {
                let version = Version(count(row, 1, "vestibule_kept")?);
                Ok(Kept::new(read(row, 0, "vestibule_kept")?, version))
            };
            found.first().map(kept).transpose()
        })
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql = query(statements::DISCARD).bind(&key.as_bytes()[..]).bind(now.seconds());
            Ok(!self.ask(now, sql).await?.is_empty())
        })
    }

    fn reach(&self) -> Reach {
        Reach::Everywhere
    }

    /// What ends here is told at once, and once more when the server tells it to all.
    fn listen(&self, listener: Listener) {
        self.listeners.add(listener);
        self.hear();
    }

    /// By a connection of its own, so that the reason is known when there is none; by one of the pool's, where a pool was given.
    fn check(&self) -> Answer<'_, ()> {
        Answer::later(async move {
            self.when.before_a_question(|| self.migrate()).await?;
            let mut lent = self.connections.apart().await?;
            let checked = timeout(WAIT, schema::check(lent.there()?)).await;
            match checked {
                Ok(checked) => {
                    lent.answered();
                    checked
                }
                Err(_) => {
                    lent.lost();
                    Err(Fault::NoAnswer(WAIT.as_secs()).transient())
                }
            }
        })
    }
}

/// No row: there is nothing. A row without a version: it has another one.
fn updated(rows: &[PgRow], table: &'static str) -> Result<Update, StoreError> {
    let Some(row) = rows.first() else { return Ok(Update::Gone) };
    let version: Option<i64> = nullable(row, 0, table)?;
    if version.is_none() {
        return Ok(Update::Changed);
    }
    count(row, 0, table).map(|version| Update::Done(Version(version)))
}

/// The row that a statement always gives.
fn one(rows: &[PgRow]) -> Result<&PgRow, StoreError> {
    rows.first().ok_or_else(|| Fault::Driver("a statement gave no row".to_owned()).permanent())
}
