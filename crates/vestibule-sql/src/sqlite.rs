//! Sessions in SQLite.

mod schema;
mod statements;
mod store;
#[cfg(test)]
mod tests;

use std::{fmt, io, sync::Arc};

use sqlx::{
    ConnectOptions, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::{sync::OnceCell, time::Instant};
use vestibule::{NumericDate, SessionStore, StoreByUrl, StoreError};

use crate::{
    WAIT,
    chore::{AT_MOST, BATCH, Chore, purged_until},
    column,
    column::PassedOver,
    fault::{Fault, sqlite},
    listeners::Listeners,
    migrations::{Migration, When},
    options::{part, refused},
};

/// Sessions in a file of SQLite, for the processes of one machine, over restarts.
///
/// It keeps its tables (`vestibule_sessions` and others) beside those of the application; [`migrate`](Self::migrate) makes them. Not
/// for a file on a network drive, where SQLite's locks do not hold.
///
/// # Example
/// ```
/// use vestibule_sql::SqliteStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // In a program: "sqlite://sessions.db?mode=rwc&vestibule_migrate=1".
/// let store = SqliteStore::connect("sqlite::memory:?vestibule_migrate=1").await?;
/// # Ok(()) }
/// ```
pub struct SqliteStore {
    database: Database,
    when: When,
    listeners: Arc<Listeners>,
    purging: Chore,
    passed_over: PassedOver,
}

/// Where the tables are.
#[derive(Clone, Debug)]
enum Database {
    /// Opened by the first question, within its runtime.
    Ours(Arc<Ours>),
    Given(Pools),
}

#[derive(Debug)]
struct Ours {
    options: SqliteConnectOptions,
    place: Place,
    pools: OnceCell<Pools>,
}

/// SQLite writes one at a time. Those who wait for their turn in this process stand in a line, rather than try again and again.
#[derive(Clone, Debug)]
struct Pools {
    reading: SqlitePool,
    writing: SqlitePool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    File,
    Memory,
}

/// How many read at a time.
const READERS: u32 = 4;

const PARAMETERS: &[&str] = &["mode", "cache", "immutable", "vfs"];

impl SqliteStore {
    /// A store in this file, after a first look at it: that it is there, and its tables are.
    ///
    /// # Errors
    /// What is wrong with the URL, and whatever does not pass by itself: no such file, a file that is something else, tables that are
    /// not there. Whoever makes them at the start calls [`from_url`](StoreByUrl::from_url) and [`migrate`](Self::migrate) instead, or
    /// writes `vestibule_migrate=1` into the URL.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::from_url(url)?.checked().await
    }

    /// The store, after a first look at it, as [`connect`](Self::connect) takes.
    ///
    /// # Errors
    /// Whatever does not pass by itself.
    pub async fn checked(self) -> Result<Self, StoreError> {
        crate::first_look(self.check().await)?;
        Ok(self)
    }

    /// In a database that is open already. Its settings are its owner's: WAL, a `busy_timeout` of two seconds, `synchronous = FULL`.
    #[must_use]
    pub fn from_pool(pool: SqlitePool) -> Self {
        Self::on(Database::Given(Pools { reading: pool.clone(), writing: pool }), When::OnRequest)
    }

    /// Makes the tables, or brings them up to date. It may be called at each start, and by all processes at once.
    ///
    /// # Errors
    /// The file cannot be opened or written, or a newer program has been here.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        schema::migrate(&self.database.pools().await?.writing).await
    }

    /// What [`migrate`](Self::migrate) applies, for whoever does it by hand.
    #[must_use]
    pub fn migrations() -> &'static [Migration] {
        schema::MIGRATIONS
    }

    /// Deletes all that has expired by then, in small batches, and says how much that was. Nobody needs to call it: once a minute one
    /// of the processes does it by the way.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn purge(&self, now: NumericDate) -> Result<u64, StoreError> {
        purge(&self.database.pools().await?.writing, now, None).await
    }

    fn on(database: Database, when: When) -> Self {
        Self {
            database,
            when,
            listeners: Arc::default(),
            purging: Chore::default(),
            passed_over: PassedOver::default(),
        }
    }

    /// The database, ready for a question; what is to be done beside it is under way.
    async fn before(&self, now: NumericDate) -> Result<Pools, StoreError> {
        let pools = self.database.pools().await?;
        self.when.before_a_question(|| schema::migrate(&pools.writing)).await?;
        if self.purging.is_due(now) {
            let writing = pools.writing.clone();
            self.purging.task.ensure(|| purge_in_turn(writing, now));
        }
        Ok(pools)
    }

    /// To write, alone.
    async fn writing(&self, now: NumericDate) -> Result<Transaction<'static, Sqlite>, StoreError> {
        begin(&self.before(now).await?.writing).await
    }
}

impl StoreByUrl for SqliteStore {
    const SCHEMES: &'static [&'static str] = &["sqlite"];

    /// `sqlite://path/to/file`, with `?mode=rwc` where the file is to be made; or `sqlite::memory:`, on one connection, until it is
    /// dropped. With `vestibule_migrate=1` the tables are made before the first question.
    fn from_url(url: &str) -> Result<Self, StoreError> {
        let parted = part(url, Self::SCHEMES, PARAMETERS)?;
        let options: SqliteConnectOptions = parted.url.parse().map_err(|error| refused(&error))?;
        if options.get_filename().as_os_str().is_empty() {
            return Err(Fault::Url("it names no file; it should be like sqlite://sessions.db".to_owned()).permanent());
        }
        let (address, query) = parted.url.split_once('?').unwrap_or((&parted.url, ""));
        let in_memory = address.ends_with(":memory:") || query.split('&').any(|pair| pair == "mode=memory");
        let place = if in_memory { Place::Memory } else { Place::File };
        let options = options.busy_timeout(WAIT).synchronous(SqliteSynchronous::Full).disable_statement_logging();
        let options =
            if in_memory { options.shared_cache(false) } else { options.journal_mode(SqliteJournalMode::Wal) };
        Ok(Self::on(Database::Ours(Arc::new(Ours { options, place, pools: OnceCell::new() })), parted.when))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

impl Database {
    async fn pools(&self) -> Result<Pools, StoreError> {
        match self {
            Self::Ours(ours) => ours.pools.get_or_try_init(|| async { ours.open() }).await.cloned(),
            Self::Given(pools) => Ok(pools.clone()),
        }
    }
}

impl Ours {
    fn open(&self) -> Result<Pools, StoreError> {
        // What is in memory ends with its connection.
        let pool = || SqlitePoolOptions::new().acquire_timeout(WAIT).test_before_acquire(false).max_lifetime(None);
        let one = || pool().max_connections(1).idle_timeout(None).connect_lazy_with(self.options.clone());
        if self.place == Place::Memory {
            let writing = one();
            return Ok(Pools { reading: writing.clone(), writing });
        }
        if self.makes_its_file() {
            make_private(self.options.get_filename()).map_err(|error| Fault::File(error).permanent())?;
        }
        let reading = pool().max_connections(READERS).connect_lazy_with(self.options.clone());
        Ok(Pools { reading, writing: one() })
    }

    /// The options do not tell, save in the URL that they would make.
    fn makes_its_file(&self) -> bool {
        self.options.to_url_lossy().query_pairs().any(|(name, value)| name == "mode" && value == "rwc")
    }
}

/// An empty file for its owner alone, unless one is there. What SQLite puts beside it gets the same rights.
fn make_private(path: &std::path::Path) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Whoever begins to read and then writes may find that somebody else wrote in between; whoever begins to write does not.
async fn begin(pool: &SqlitePool) -> Result<Transaction<'static, Sqlite>, StoreError> {
    pool.begin_with("BEGIN IMMEDIATE").await.map_err(sqlite)
}

/// The purge that comes by itself, where no other process did it within the last minute.
async fn purge_in_turn(pool: SqlitePool, now: NumericDate) {
    let turn = sqlx::query(statements::SET_OUT_TO_PURGE).bind(now.seconds()).fetch_optional(&pool);
    let set_out = turn.await.map_err(sqlite);
    let clock = set_out.and_then(|row| row.map(|row| column::read(&row, 0, "vestibule_counters")).transpose());
    let done = match clock {
        Ok(None) => return,
        Ok(Some(clock)) => {
            let until = purged_until(now, NumericDate::from_seconds(clock));
            purge(&pool, until, Some(Instant::now() + AT_MOST)).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        tracing::warn!(
            target: "vestibule::session", error = &error as &dyn std::error::Error,
            "what has expired was not purged, and will be next time"
        );
    }
}

async fn purge(pool: &SqlitePool, now: NumericDate, until: Option<Instant>) -> Result<u64, StoreError> {
    let mut purged = 0_u64;
    for statement in statements::PURGE {
        loop {
            let batch = sqlx::query(statement).bind(now.seconds()).execute(pool).await.map_err(sqlite)?.rows_affected();
            purged = purged.saturating_add(batch);
            if batch < BATCH || until.is_some_and(|until| Instant::now() >= until) {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    Ok(purged)
}
