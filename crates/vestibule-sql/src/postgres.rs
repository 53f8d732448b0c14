//! Sessions in PostgreSQL.

mod connections;
mod hearing;
mod schema;
mod statements;
mod store;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use sqlx::{
    ConnectOptions, PgPool, Postgres,
    postgres::{PgArguments, PgConnectOptions, PgRow, PgSslMode},
    query::Query,
};
use tokio::time::{Instant, timeout};
use vestibule::{NumericDate, SessionStore, StoreByUrl, StoreError};

use self::connections::{Connections, Lent};
use crate::{
    WAIT,
    chore::{AT_MOST, BATCH, Chore, purged_until},
    column,
    column::PassedOver,
    fault::{Fault, postgres},
    listeners::Listeners,
    migrations::{Migration, When},
    options::{SCHEMA, part, refused},
    task::Task,
};

/// Sessions in PostgreSQL 12 or later, for any number of machines.
///
/// It keeps its tables (`vestibule_sessions` and others) beside those of the application, or in a [`schema`](Self::schema) of their
/// own; [`migrate`](Self::migrate) makes them. Whoever shares the database shares the sessions.
///
/// # Example
/// ```no_run
/// use vestibule_sql::PostgresStore;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::connect("postgres://app@db.internal/app?sslmode=verify-full&vestibule_migrate=1").await?;
/// # Ok(()) }
/// ```
pub struct PostgresStore {
    connections: Connections,
    schema: Option<String>,
    when: When,
    listeners: Arc<Listeners>,
    ear: Task,
    purging: Chore,
    passed_over: PassedOver,
}

type Sql<'q> = Query<'q, Postgres, PgArguments>;

/// The connections that there are at most, unless more are asked for.
const AT_MOST_CONNECTIONS: u32 = 10;

/// What a URL may have after the `?`.
const PARAMETERS: &[&str] = &[
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    SCHEMA,
];

impl PostgresStore {
    /// A store at this address, after a first look at it: that it lets us in, that the tables are there, that we may use them. A
    /// server that is merely down is a warning in the log; the store comes back with it.
    ///
    /// # Errors
    /// What is wrong with the URL, and whatever the server says that does not pass by itself: a wrong password, no such database,
    /// tables that are not there. Whoever makes them at the start calls [`from_url`](StoreByUrl::from_url) and
    /// [`migrate`](Self::migrate) instead, or writes `?vestibule_migrate=1`.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::from_url(url)?.checked().await
    }

    /// The store, after a first look at it, as [`connect`](Self::connect) takes: for one that was given a [`schema`](Self::schema), or a
    /// pool.
    ///
    /// # Errors
    /// Whatever the server says that does not pass by itself.
    pub async fn checked(self) -> Result<Self, StoreError> {
        crate::first_look(self.check().await)?;
        Ok(self)
    }

    /// On the connections of a pool that is there. Its settings are its owner's, for whatever the store does: see to it that a
    /// statement takes two seconds at most, and that transactions are `read committed`, as they are unless somebody said otherwise
    /// ([`check`](SessionStore::check) looks at that).
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self::on(Connections::Given(pool), When::OnRequest)
    }

    /// Keeps the tables in this schema, by the search path of each connection, as `vestibule_schema=NAME` in the URL does.
    /// [`migrate`](Self::migrate) makes it. What [`connect`](Self::connect) looked at is another one: call
    /// [`checked`](Self::checked) after this. On a pool that was given, the search path is its owner's.
    ///
    /// # Errors
    /// A name that would have to be quoted: it is made of lower-case letters, digits and `_`, does not begin with a digit, and has 63
    /// at most.
    pub fn schema(mut self, name: &str) -> Result<Self, StoreError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty()
            || name.len() > 63
            || !name.bytes().all(plain)
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(Fault::Schema.permanent());
        }
        self.schema = Some(name.to_owned());
        self.when = self.when.anew();
        self.connections = self.connections.with(|options| options.options([("search_path", name)]));
        Ok(self)
    }

    /// Has this many connections at most, and one more where somebody listens; 10 otherwise. A pool that was given stays as it is.
    #[must_use]
    pub fn at_most_connections(mut self, connections: u32) -> Self {
        if let Connections::Own(_) = &self.connections {
            self.connections = Connections::own(self.connections.options(), connections.max(1));
        }
        self
    }

    /// Makes the tables, or brings them up to date. It may be called at each start, and on all machines at once.
    ///
    /// # Errors
    /// The server cannot be reached, the role may not make tables, or a newer program has been here.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut lent = self.connections.apart().await?;
        schema::migrate(lent.there()?, self.schema.as_deref()).await?;
        lent.answered();
        Ok(())
    }

    /// What [`migrate`](Self::migrate) applies, for whoever does it by hand.
    #[must_use]
    pub fn migrations() -> &'static [Migration] {
        schema::MIGRATIONS
    }

    /// Deletes all that has expired by then, in small batches, and says how much that was. Nobody needs to call it: once a minute one
    /// of the machines does it by the way.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn purge(&self, now: NumericDate) -> Result<u64, StoreError> {
        purge(&self.connections, now, None).await
    }

    fn on(connections: Connections, when: When) -> Self {
        let (listeners, ear, purging) = Default::default();
        Self { connections, schema: None, when, listeners, ear, purging, passed_over: PassedOver::default() }
    }

    /// Asks what may be asked twice: once more where the connection turned out to be dead.
    async fn look_up<'q>(&self, now: NumericDate, sql: impl Fn() -> Sql<'q>) -> Result<Vec<PgRow>, StoreError> {
        self.before(now).await?;
        match ask(&self.connections, sql()).await {
            Err(error) if error.is_transient() && is_about_the_connection(&error) => {
                ask(&self.connections, sql()).await
            }
            answer => answer,
        }
    }

    async fn ask(&self, now: NumericDate, sql: Sql<'_>) -> Result<Vec<PgRow>, StoreError> {
        self.before(now).await?;
        ask(&self.connections, sql).await
    }

    /// What is to be done beside a question: migrations that the URL asks for, an ear, a purge.
    async fn before(&self, now: NumericDate) -> Result<(), StoreError> {
        self.when.before_a_question(|| self.migrate()).await?;
        if !self.listeners.is_empty() {
            self.hear();
        }
        if self.purging.is_due(now) {
            let connections = self.connections.clone();
            self.purging.task.ensure(|| purge_in_turn(connections, now));
        }
        Ok(())
    }

    fn hear(&self) {
        self.ear.ensure(|| hearing::hear(self.connections.clone(), Arc::clone(&self.listeners)));
    }
}

impl StoreByUrl for PostgresStore {
    const SCHEMES: &'static [&'static str] = &["postgres", "postgresql"];

    /// `postgres://user:password@host:5432/database?sslmode=verify-full`; with `vestibule_migrate=1` the tables are made before the
    /// first question, with `vestibule_schema=NAME` they are in that [`schema`](Self::schema). Certificates and keys that it names are
    /// read, so that a wrong path is known at once.
    fn from_url(url: &str) -> Result<Self, StoreError> {
        let parted = part(url, Self::SCHEMES, PARAMETERS)?;
        let options: PgConnectOptions = parted.url.parse().map_err(|error| refused(&error))?;
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("vestibule"),
        };
        files_are_readable(&options)?;
        let limit = format!("{}s", WAIT.as_secs());
        let options = options
            .options([("statement_timeout", limit.as_str()), ("default_transaction_isolation", "read committed")])
            .disable_statement_logging();
        let store = Self::on(Connections::own(options, AT_MOST_CONNECTIONS), parted.when);
        match parted.schema {
            Some(name) => store.schema(&name),
            None => Ok(store),
        }
    }
}

/// Neither where it is nor who asks.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// The driver reads them at each connection, and a path that leads nowhere looks like a server that is down.
fn files_are_readable(options: &PgConnectOptions) -> Result<(), StoreError> {
    if matches!(options.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow) {
        return Ok(());
    }
    // The options do not tell, save in the URL that they would make, in which not every host and not every user can stand.
    let told = options.clone().host("localhost").username("nobody").to_url_lossy();
    for (name, value) in told.query_pairs().filter(|(name, _)| name.starts_with("ssl")) {
        if let Some(path) = value.strip_prefix("file: ") {
            std::fs::read(path).map_err(|reason| {
                Fault::Certificate { name: name.into_owned(), path: path.to_owned(), reason }.permanent()
            })?;
        }
    }
    Ok(())
}

async fn ask(connections: &Connections, sql: Sql<'_>) -> Result<Vec<PgRow>, StoreError> {
    answer(connections.lend().await?, async |connection| sql.fetch_all(connection).await).await
}

/// What a connection answers within its time. One that has given no answer is not used again.
async fn answer<T>(
    mut lent: Lent,
    question: impl AsyncFnOnce(&mut sqlx::PgConnection) -> Result<T, sqlx::Error>,
) -> Result<T, StoreError> {
    match timeout(WAIT, question(lent.there()?)).await {
        Ok(Ok(answer)) => {
            lent.answered();
            Ok(answer)
        }
        Ok(Err(error)) => {
            let is_dead = !matches!(&error, sqlx::Error::Database(said) if !is_of_no_more_use(said.code().as_deref()));
            if is_dead {
                lent.lost()
            } else {
                lent.answered()
            }
            Err(postgres(error))
        }
        Err(_) => {
            lent.lost();
            Err(Fault::NoAnswer(WAIT.as_secs()).transient())
        }
    }
}

/// Whether a connection on which the server says so is used no more. It says `57P..` before it closes one. A server that takes no
/// writes may have become a standby, and another one be found under its name; a session may have been told to read only. A
/// statement that was prepared for tables as they were is prepared anew only by a new connection.
fn is_of_no_more_use(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.starts_with("57P") || matches!(code, "25006" | "0A000"))
}

fn is_about_the_connection(error: &StoreError) -> bool {
    let fault = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Fault>());
    match fault {
        Some(Fault::Server { code, .. }) => is_of_no_more_use(Some(code)),
        Some(Fault::Connection(error)) => error.kind() != std::io::ErrorKind::ConnectionRefused,
        _ => false,
    }
}

/// The purge that comes by itself, where no other machine did it within the last minute.
async fn purge_in_turn(connections: Connections, now: NumericDate) {
    let turn = sqlx::query(statements::SET_OUT_TO_PURGE).bind(now.seconds());
    let set_out = ask(&connections, turn).await;
    let clock = set_out.and_then(|rows| rows.first().map(|row| column::read(row, 0, "vestibule_chores")).transpose());
    let done = match clock {
        Ok(None) => return,
        Ok(Some(clock)) => {
            let until = purged_until(now, NumericDate::from_seconds(clock));
            purge(&connections, until, Some(Instant::now() + AT_MOST)).await
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

async fn purge(connections: &Connections, now: NumericDate, until: Option<Instant>) -> Result<u64, StoreError> {
    let mut purged = 0_u64;
    for statement in statements::PURGE {
        loop {
            let rows = ask(connections, sqlx::query(statement).bind(now.seconds())).await?;
            let batch = rows.first().map_or(Ok(0), |row| column::count(row, 0, "what was purged"))?;
            purged = purged.saturating_add(batch);
            if batch < BATCH || until.is_some_and(|until| Instant::now() >= until) {
                break;
            }
        }
    }
    Ok(purged)
}
