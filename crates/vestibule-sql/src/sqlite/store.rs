//! The contract, in SQLite.

use sqlx::{
    AssertSqlSafe, Sqlite, SqliteConnection, query,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use vestibule::{
    NumericDate, SessionStore, StoreError,
    session_store::{
        Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, StoredSession, Update, Version,
    },
    store::Answer,
};

use super::{Database, Place, SqliteStore, schema, statements};
use crate::{
    column::{NEVER, count, floor, key, mark, moment, number, read, session},
    fault::sqlite,
};

type Sql<'q> = Query<'q, Sqlite, SqliteArguments>;

impl SqliteStore {
    /// A single statement that changes something, which is a step of its own.
    async fn ask(&self, now: NumericDate, sql: Sql<'_>) -> Result<Vec<SqliteRow>, StoreError> {
        sql.fetch_all(&self.before(now).await?.writing).await.map_err(sqlite)
    }

    async fn look_up(&self, now: NumericDate, sql: Sql<'_>) -> Result<Vec<SqliteRow>, StoreError> {
        sql.fetch_all(&self.before(now).await?.reading).await.map_err(sqlite)
    }
}

/// Counts one up, within a transaction.
async fn next(writing: &mut SqliteConnection, counter: &'static str) -> Result<i64, StoreError> {
    let row = query(counter).fetch_one(writing).await.map_err(sqlite)?;
    read(&row, 0, "vestibule_counters")
}

async fn next_moment(writing: &mut SqliteConnection, now: NumericDate) -> Result<i64, StoreError> {
    let row = query(statements::NEXT_MOMENT).bind(floor(now)).fetch_one(writing).await.map_err(sqlite)?;
    read(&row, 0, "vestibule_counters")
}

/// The version that is there, which stays as long as the transaction lasts.
async fn version_of(
    writing: &mut SqliteConnection,
    sql: &'static str,
    key: Key,
    now: NumericDate,
) -> Result<Option<Version>, StoreError> {
    let row = query(sql).bind(&key.as_bytes()[..]).bind(now.seconds()).fetch_optional(writing).await.map_err(sqlite)?;
    row.map(|row| count(&row, 0, "a version").map(Version)).transpose()
}

fn done(version: i64) -> Update {
    Update::Done(Version(u64::try_from(version).unwrap_or(0)))
}

impl SessionStore for SqliteStore {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        Answer::later(async move {
            let mut writing = self.writing(now).await?;
            let version = next(&mut writing, statements::NEXT_VERSION).await?;
            let sql = query(statements::INSERT)
                .bind(&key.as_bytes()[..])
                .bind(&session.value)
                .bind(version)
                .bind(&session.subject.as_bytes()[..])
                .bind(session.sid.as_ref().map(|sid| &sid.as_bytes()[..]))
                .bind(session.born.issued_at.seconds())
                .bind(moment(session.born.moment))
                .bind(session.last_seen.seconds())
                .bind(session.expires_at.seconds())
                .bind(now.seconds());
            if sql.fetch_all(&mut *writing).await.map_err(sqlite)?.is_empty() {
                return Ok(Insertion::Exists);
            }
            writing.commit().await.map_err(sqlite)?;
            Ok(Insertion::Done)
        })
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        Answer::later(async move {
            let sql = query(statements::LOAD).bind(&key.as_bytes()[..]).bind(now.seconds());
            let found = self.look_up(now, sql).await?;
            Ok(found.first().and_then(|row| self.passed_over.ours(session(row, 0))))
        })
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        Answer::later(async move {
            let mut writing = self.writing(now).await?;
            match version_of(&mut writing, statements::VERSION, key, now).await? {
                None => return Ok(Update::Gone),
                Some(there) if there != version => return Ok(Update::Changed),
                Some(_) => {}
            }
            let version = next(&mut writing, statements::NEXT_VERSION).await?;
            let sql = query(statements::UPDATE).bind(&key.as_bytes()[..]).bind(&value).bind(version);
            sql.execute(&mut *writing).await.map_err(sqlite)?;
            writing.commit().await.map_err(sqlite)?;
            Ok(done(version))
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
            let sql = query(statements::LIST).bind(&index.as_bytes()[..]).bind(now.seconds());
            let one = |row: &SqliteRow| Ok((key(row, 0, "vestibule_sessions")?, session(row, 1)?));
            Ok(self.look_up(now, sql).await?.iter().filter_map(|row| self.passed_over.ours(one(row))).collect())
        })
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        Answer::later(async move {
            let mut writing = self.writing(now).await?;
            let drawn = next_moment(&mut writing, now).await?;
            let (raised, ours) = if raising.issued_at.is_some() { (drawn, 0) } else { (0, drawn) };
            let whose = &raising.whose.as_bytes()[..];
            let forget = query(statements::FORGET_MARK).bind(whose).bind(now.seconds());
            forget.execute(&mut *writing).await.map_err(sqlite)?;
            let sql = query(statements::RAISE)
                .bind(whose)
                .bind(raising.issued_at.map(|second| second.seconds()))
                .bind(raised)
                .bind(ours)
                .bind(raising.until.seconds());
            let joined = mark(&sql.fetch_one(&mut *writing).await.map_err(sqlite)?)?;
            writing.commit().await.map_err(sqlite)?;
            self.listeners.tell(&[raising.whose]);
            Ok(joined)
        })
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        Answer::later(async move {
            if whose.is_empty() {
                return Ok(Mark::default());
            }
            let sql = query(AssertSqlSafe(statements::marks(whose.len()))).bind(now.seconds());
            let sql = whose.iter().fold(sql, |sql, key| sql.bind(&key.as_bytes()[..]));
            let found = self.look_up(now, sql).await?;
            found.iter().try_fold(Mark::default(), |joined, row| Ok(joined.join(mark(row)?)))
        })
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        Answer::later(async move {
            let mut writing = self.writing(now).await?;
            let sql =
                query(statements::BURN_ATTEMPT).bind(&attempt.as_bytes()[..]).bind(until.seconds()).bind(now.seconds());
            if sql.fetch_all(&mut *writing).await.map_err(sqlite)?.is_empty() {
                return Ok(None);
            }
            let drawn = next_moment(&mut writing, now).await?;
            writing.commit().await.map_err(sqlite)?;
            Ok(Some(Moment(u64::try_from(drawn).unwrap_or(0))))
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
            let sql = query(statements::KNOWS_JTI).bind(&jti.as_bytes()[..]).bind(now.seconds());
            Ok(!self.look_up(now, sql).await?.is_empty())
        })
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        Answer::later(async move {
            let mut writing = self.writing(now).await?;
            let fence = next(&mut writing, statements::NEXT_FENCE).await?;
            let sql = query(statements::LEASE)
                .bind(&name.as_bytes()[..])
                .bind(fence)
                .bind(until.seconds())
                .bind(now.seconds());
            let Some(taken) = sql.fetch_optional(&mut *writing).await.map_err(sqlite)? else {
                // Many try while one has it: a fence that nobody gets is not worth a wait for the disk.
                return Ok(None);
            };
            let fence = count(&taken, 0, "vestibule_leases").map(Fence)?;
            writing.commit().await.map_err(sqlite)?;
            Ok(Some(fence))
        })
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql = query(statements::RENEW_LEASE)
                .bind(&name.as_bytes()[..])
                .bind(number(fence.0))
                .bind(until.seconds())
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
            let mut writing = self.writing(now).await?;
            match (version, version_of(&mut writing, statements::KEPT_VERSION, key, now).await?) {
                (Some(_), None) => return Ok(Update::Gone),
                (None, Some(_)) => return Ok(Update::Changed),
                (Some(version), Some(there)) if version != there => return Ok(Update::Changed),
                (Some(_), Some(_)) | (None, None) => {}
            }
            let version = next(&mut writing, statements::NEXT_VERSION).await?;
            let sql = query(statements::KEEP)
                .bind(&key.as_bytes()[..])
                .bind(&value)
                .bind(version)
                .bind(until.map_or(NEVER, |until| until.seconds()));
            sql.execute(&mut *writing).await.map_err(sqlite)?;
            writing.commit().await.map_err(sqlite)?;
            Ok(done(version))
        })
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        Answer::later(async move {
            let sql = query(statements::KEPT).bind(&key.as_bytes()[..]).bind(now.seconds());
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

    /// As far as the file does.
    fn reach(&self) -> Reach {
        match &self.database {
            Database::Ours(ours) if ours.place == Place::Memory => Reach::Process,
            _ => Reach::Everywhere,
        }
    }

    /// Only what ends here is told: SQLite tells no other process, so the store never claims to hear what happens elsewhere.
    fn listen(&self, listener: Listener) {
        self.listeners.add(listener);
    }

    fn check(&self) -> Answer<'_, ()> {
        Answer::later(async move {
            let pools = self.database.pools().await?;
            self.when.before_a_question(|| schema::migrate(&pools.writing)).await?;
            schema::check(&pools.writing).await
        })
    }
}
