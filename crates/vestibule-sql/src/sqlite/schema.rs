//! The tables in SQLite: made on request, and looked at before the first request is served.

use sqlx::{Row, SqliteConnection, SqlitePool};
use vestibule::StoreError;

use super::begin;
use crate::{
    fault::{Fault, sqlite},
    migrations::{Migration, suits},
};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "0001_sessions.sql",
    sql: include_str!("../../migrations/sqlite/0001_sessions.sql"),
}];

const FOLDER: &str = "migrations/sqlite";

const IS_THERE: &str = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'vestibule_migrations'";

const FOUND: &str = "SELECT max(version) FROM vestibule_migrations";

/// Applies what was not applied yet: all of it, or nothing. Of those who do it at once one does, and the others find it done.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let found = version(&mut transaction).await?;
    let known = MIGRATIONS.last().map_or(0, Migration::version);
    if let Some(found) = found.filter(|found| *found > known) {
        return Err(Fault::New { found, known }.permanent());
    }
    for migration in MIGRATIONS.iter().filter(|migration| found.is_none_or(|found| found < migration.version)) {
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await.map_err(sqlite)?;
    }
    transaction.commit().await.map_err(sqlite)
}

/// The file, the tables, and whether it may be written.
pub(super) async fn check(pool: &SqlitePool) -> Result<(), StoreError> {
    // Begins to write, which a file that may only be read refuses.
    let mut transaction = begin(pool).await?;
    let found = version(&mut transaction).await?;
    transaction.rollback().await.map_err(sqlite)?;
    suits(found, MIGRATIONS, FOLDER)
}

async fn version(connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let there: i64 = one(connection, IS_THERE).await?;
    if there == 0 {
        return Ok(None);
    }
    one(connection, FOUND).await
}

async fn one<T>(connection: &mut SqliteConnection, sql: &'static str) -> Result<T, StoreError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    sqlx::query(sql).fetch_one(connection).await.and_then(|row| row.try_get(0)).map_err(sqlite)
}
