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

/// What the tables say of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    version: i64,
    /// A program whose own last version is an earlier one cannot work with them.
    oldest: i64,
}

impl State {
    /// `None` where no migration was noted.
    pub(crate) fn of(version: Option<i64>, oldest: Option<i64>) -> Option<Self> {
        version.map(|version| Self { version, oldest: oldest.unwrap_or(version) })
    }

    /// Refuses what a newer program has made and this one cannot work with.
    fn allows(self, known: i64) -> Result<Self, StoreError> {
        if self.version > known && self.oldest > known {
            return Err(Fault::New { found: self.version, known }.permanent());
        }
        Ok(self)
    }
}

/// Whether tables like these are what the last of these migrations leaves, or what a newer program has made of it.
pub(crate) fn suits(found: Option<State>, migrations: &[Migration], sql: &'static str) -> Result<(), StoreError> {
    let known = migrations.last().map_or(0, Migration::version);
    let found = found.ok_or_else(|| Fault::NotMigrated(sql).permanent())?.allows(known)?;
    if found.version < known {
        return Err(Fault::Old { found: found.version, needed: known, sql }.permanent());
    }
    Ok(())
}

/// Those that were not applied yet.
pub(crate) fn missing(
    found: Option<State>,
    migrations: &[Migration],
) -> Result<impl Iterator<Item = &Migration>, StoreError> {
    let known = migrations.last().map_or(0, Migration::version);
    let applied = found.map(|found| found.allows(known)).transpose()?.map_or(0, |found| found.version);
    Ok(migrations.iter().filter(move |migration| migration.version > applied))
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
    /// The same for other tables, of which nothing is known.
    pub(crate) fn anew(self) -> Self {
        match self {
            Self::OnRequest => Self::OnRequest,
            Self::First(_) => Self::First(OnceCell::new()),
        }
    }

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
