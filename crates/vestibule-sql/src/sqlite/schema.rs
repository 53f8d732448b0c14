//! The tables in SQLite: made on request, and looked at before the first request is served.

use sqlx::{Row, SqliteConnection, SqlitePool};
use vestibule::StoreError;

use super::begin;
use crate::{
    fault::sqlite,
    migrations::{Migration, State, missing, suits},
};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "0001_sessions.sql",
    sql: include_str!("../../migrations/sqlite/0001_sessions.sql"),
}];

const FOLDER: &str = "migrations/sqlite";

const IS_THERE: &str = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'vestibule_migrations'";

const FOUND: &str = "SELECT max(version), max(oldest) FROM vestibule_migrations";

/// Applies what was not applied yet: all of it, or nothing. Of those who do it at once one does, and the others find it done.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let found = state(&mut transaction).await?;
    for migration in missing(found, MIGRATIONS)? {
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await.map_err(sqlite)?;
    }
    transaction.commit().await.map_err(sqlite)
}

/// The file, the tables, and whether it may be written.
pub(super) async fn check(pool: &SqlitePool) -> Result<(), StoreError> {
    // Begins to write, which a file that may only be read refuses.
    let mut transaction = begin(pool).await?;
    let found = state(&mut transaction).await?;
    transaction.rollback().await.map_err(sqlite)?;
    suits(found, MIGRATIONS, FOLDER)
}

async fn state(connection: &mut SqliteConnection) -> Result<Option<State>, StoreError> {
    let row = sqlx::query(IS_THERE).fetch_one(&mut *connection).await.map_err(sqlite)?;
    let there: i64 = row.try_get(0).map_err(sqlite)?;
    if there == 0 {
        return Ok(None);
    }
    let row = sqlx::query(FOUND).fetch_one(connection).await.map_err(sqlite)?;
    let version: Option<i64> = row.try_get(0).map_err(sqlite)?;
    let oldest: Option<i64> = row.try_get(1).map_err(sqlite)?;
    Ok(State::of(version, oldest))
}
