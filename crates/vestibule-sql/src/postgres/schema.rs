//! The tables in PostgreSQL: made on request, and looked at before the first request is served.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use vestibule::StoreError;

use crate::{
    fault::{Fault, postgres},
    migrations::{Migration, State, missing, suits},
};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "0001_sessions.sql",
    sql: include_str!("../../migrations/postgres/0001_sessions.sql"),
}];

const FOLDER: &str = "migrations/postgres";

/// Any number that no other program is likely to lock.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1986359156, 0)";

/// Whoever waited for the lock sees what was done meanwhile.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

const FOUND: &str = "SELECT max(version)::bigint, max(oldest)::bigint FROM vestibule_migrations";

/// Applies what was not applied yet: all of it, or nothing. Of those who do it at once one does, and the others find it done.
pub(super) async fn migrate(connection: &mut PgConnection, schema: Option<&str>) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with(BEGIN).await.map_err(postgres)?;
    // A change of tables that are in use waits for the statements before it.
    for sql in ["SET LOCAL statement_timeout = '60s'", LOCK] {
        sqlx::raw_sql(sql).execute(&mut *transaction).await.map_err(postgres)?;
    }
    if let Some(schema) = schema {
        make(&mut transaction, schema).await?;
    }
    // The name is looked up as any other is, on the search path.
    let there = sqlx::query("SELECT to_regclass('vestibule_migrations') IS NOT NULL");
    let there: bool = there.fetch_one(&mut *transaction).await.and_then(|row| row.try_get(0)).map_err(postgres)?;
    let found = if there { state(&mut transaction).await? } else { None };
    for migration in missing(found, MIGRATIONS)? {
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await.map_err(postgres)?;
    }
    transaction.commit().await.map_err(postgres)
}

/// Makes the schema where there is none: to ask for one that is there takes a right that nobody needs otherwise.
async fn make(connection: &mut PgConnection, schema: &str) -> Result<(), StoreError> {
    let missing = sqlx::query("SELECT to_regnamespace($1) IS NULL").bind(schema).fetch_one(&mut *connection).await;
    if missing.and_then(|row| row.try_get(0)).map_err(postgres)? {
        let sql = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map_err(postgres)?;
    }
    Ok(())
}

/// The server, the tables, and what this role may do with them.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    let server = "SELECT current_setting('server_version_num')::integer, \
        pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', \
        current_setting('transaction_isolation')";
    let server = sqlx::query(server).fetch_one(&mut *connection).await.map_err(postgres)?;
    let number: i32 = server.try_get(0).map_err(postgres)?;
    if number < 120_000 {
        return Err(Fault::OldServer(number / 10_000).permanent());
    }
    let isolation: String = server.try_get(2).map_err(postgres)?;
    if isolation != "read committed" {
        return Err(Fault::Isolation(isolation).permanent());
    }
    let found = match state(connection).await {
        // No such table.
        Err(error) if says(&error, "42P01") => None,
        found => found?,
    };
    suits(found, MIGRATIONS, FOLDER)?;
    if server.try_get(1).map_err(postgres)? {
        return Err(Fault::ReadOnly.transient());
    }
    let missing: Vec<_> = sqlx::query(NOT_GRANTED).fetch_all(&mut *connection).await.map_err(postgres)?;
    let missing: Vec<String> = missing.iter().filter_map(|row| row.try_get(0).ok()).collect();
    if missing.is_empty() { Ok(()) } else { Err(Fault::NotGranted(missing.join(", ")).permanent()) }
}

const NOT_GRANTED: &str = "\
    SELECT name FROM unnest(ARRAY['vestibule_sessions', 'vestibule_marks', 'vestibule_attempts', 'vestibule_jtis', \
        'vestibule_leases', 'vestibule_kept']) AS name \
    WHERE NOT (has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT') \
        AND has_table_privilege(name, 'UPDATE') AND has_table_privilege(name, 'DELETE')) \
    UNION ALL \
    SELECT 'vestibule_chores' WHERE NOT (has_table_privilege('vestibule_chores', 'SELECT') \
        AND has_table_privilege('vestibule_chores', 'UPDATE')) \
    UNION ALL \
    SELECT name FROM unnest(ARRAY['vestibule_versions', 'vestibule_fences', 'vestibule_moments']) AS name \
    WHERE NOT (has_sequence_privilege(name, 'SELECT') AND has_sequence_privilege(name, 'UPDATE'))";

async fn state(connection: &mut PgConnection) -> Result<Option<State>, StoreError> {
    let row = sqlx::query(FOUND).fetch_one(connection).await.map_err(postgres)?;
    let version: Option<i64> = row.try_get(0).map_err(postgres)?;
    let oldest: Option<i64> = row.try_get(1).map_err(postgres)?;
    Ok(State::of(version, oldest))
}

fn says(error: &StoreError, state: &str) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Fault>());
    matches!(source, Some(Fault::Server { code, .. }) if code == state)
}
