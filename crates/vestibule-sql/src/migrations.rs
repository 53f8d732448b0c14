//! The tables, and how they come to be: on request only.

use std::future::Future;

use tokio::sync::OnceCell;
use vestibule::StoreError;

use crate::fault::Fault;

/// One step towards the tables as this program needs them.
///
/// For whoever applies SQL by hand, or by tools of their own: each in one transaction, in this order. Each notes in the table
/// `vestibule_migrations` that it was applied.
///
/// # Example
/// ```
/// use vestibule_sql::PostgresStore;
///
/// for migration in PostgresStore::migrations() {
///     println!("-- {}\n{}", migration.name(), migration.sql());
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

impl Migration {
    /// The version of the tables that it leads to, from 1 on.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The name of its file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What is to be run.
    #[must_use]
    pub fn sql(&self) -> &'static str {
        self.sql
    }
}

/// Whether tables of this version, or of none, are what the last of these migrations leaves.
pub(crate) fn suits(found: Option<i64>, migrations: &[Migration], sql: &'static str) -> Result<(), StoreError> {
    let known = migrations.last().map_or(0, Migration::version);
    match found {
        None => Err(Fault::NotMigrated(sql).permanent()),
        Some(found) if found < known => Err(Fault::Old { found, needed: known, sql }.permanent()),
        Some(found) if found > known => Err(Fault::New { found, known }.permanent()),
        Some(_) => Ok(()),
    }
}

/// When migrations are applied.
#[derive(Debug, Default)]
pub(crate) enum When {
    /// By a call, or by hand.
    #[default]
    OnRequest,
    /// Once, before the first question.
    First(OnceCell<()>),
}

impl When {
    pub(crate) async fn before_a_question<F>(&self, migrate: impl FnOnce() -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        match self {
            Self::OnRequest => Ok(()),
            Self::First(done) => done.get_or_try_init(migrate).await.copied(),
        }
    }
}
