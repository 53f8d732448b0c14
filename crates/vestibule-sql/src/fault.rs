//! What can go wrong with a database, and whether trying again may help.

use vestibule::StoreError;

/// Why there is no answer. It never has a password, nor a URL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the URL of the database: {0}")]
    Url(String),
    #[error("the database says {code}: {message}{hint}")]
    Server { code: String, message: String, hint: &'static str },
    #[error("the database cannot be reached")]
    Connection(#[source] std::io::Error),
    #[error("the connection to the database is not as it should be: {0}")]
    Driver(String),
    #[error("no connection to the database within {0} seconds")]
    NoConnection(u64),
    #[error("all {0} connections to the database were in use for {1} seconds")]
    Busy(u32, u64),
    #[error("the database gave no answer within {0} seconds")]
    NoAnswer(u64),
    #[error("a row of {table} cannot be read: {reason}")]
    Unreadable { table: &'static str, reason: String },
    #[error(
        "the tables of vestibule are not in the database: call `.migrate()`, or run the SQL in {0} of vestibule-sql"
    )]
    NotMigrated(&'static str),
    #[error(
        "the tables of vestibule in the database have version {found}, this program needs {needed}: call `.migrate()`, or run \
         the SQL in {sql} of vestibule-sql"
    )]
    Old { found: i64, needed: i64, sql: &'static str },
    #[error(
        "the tables of vestibule in the database have version {found}, this program knows none later than {known}: a newer \
         program has migrated it, so this one must be updated"
    )]
    New { found: i64, known: i64 },
    #[error("PostgreSQL {0} is too old: 12 or later is needed")]
    OldServer(i32),
    #[error("the role of this program may not use {0}: see the GRANTs in the README of vestibule-sql")]
    NotGranted(String),
    #[error(
        "transactions are {0} by default, and the store is made for read committed: set default_transaction_isolation on the \
         connections of the pool, or for the role"
    )]
    Isolation(String),
    #[error("the database takes no writes: it is a standby, or recovering")]
    ReadOnly,
    #[error("a schema's name is made of a-z, 0-9 and _, does not begin with a digit, and has 63 of them at most")]
    Schema,
    #[error("the file of the database cannot be made: {0}")]
    File(std::io::Error),
    #[error("{name} is a file that cannot be read, {path}: {reason}")]
    Certificate { name: String, path: String, reason: std::io::Error },
}

impl Fault {
    pub(crate) fn transient(self) -> StoreError {
        StoreError::transient(self)
    }

    pub(crate) fn permanent(self) -> StoreError {
        StoreError::permanent(self)
    }
}

const HINT: &str = " (call `.migrate()`, or run the SQL in the migrations of vestibule-sql)";

/// What PostgreSQL or the way to it had to say. Only code and message are kept of it: details may have values of the row.
pub(crate) fn postgres(error: sqlx::Error) -> StoreError {
    let (code, message) = match database(error) {
        Ok(said) => said,
        Err(other) => return other,
    };
    let hint = if matches!(code.as_str(), "42P01" | "42883") { HINT } else { "" };
    let transient = passes(&code);
    let fault = Fault::Server { code, message, hint };
    if transient { fault.transient() } else { fault.permanent() }
}

/// Whether what has this SQLSTATE may pass by itself.
fn passes(code: &str) -> bool {
    match code {
        // The database was dropped.
        "57P04" => false,
        // A plan whose tables changed; a lock; a server that became a standby; its disk.
        "0A000" | "55P03" | "25006" | "58030" => true,
        // Connections, serialization and deadlocks, resources (disk, memory, connections), an operator at work or a time limit.
        _ => ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class)),
    }
}

/// What SQLite had to say.
pub(crate) fn sqlite(error: sqlx::Error) -> StoreError {
    let (code, message) = match database(error) {
        Ok(said) => said,
        Err(other) => return other,
    };
    // The lowest byte is the kind, those above it the circumstances.
    let kind = code.parse::<u32>().map_or(0, |code| code & 0xff);
    let hint = match kind {
        1 if message.contains("no such table") => HINT,
        14 => " (is the folder there, and the file? `?mode=rwc` makes it)",
        26 => " (the file is something else)",
        _ => "",
    };
    let fault = Fault::Server { code: format!("SQLite {code}"), message, hint };
    // Busy, locked, memory, interrupted, IO, full, and locks that were not had in time.
    if matches!(kind, 5 | 6 | 7 | 9 | 10 | 13 | 15) { fault.transient() } else { fault.permanent() }
}

/// Code and message of the database's own errors; all else is about the way to it.
fn database(error: sqlx::Error) -> Result<(String, String), StoreError> {
    Err(match error {
        sqlx::Error::Database(said) => {
            return Ok((said.code().unwrap_or_default().into_owned(), said.message().to_owned()));
        }
        sqlx::Error::Io(error) => Fault::Connection(error).transient(),
        sqlx::Error::PoolTimedOut => Fault::NoConnection(crate::WAIT.as_secs()).transient(),
        sqlx::Error::Protocol(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
            Fault::Driver(error.to_string()).transient()
        }
        other => Fault::Driver(other.to_string()).permanent(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("said by SQLite")]
    struct Said(u32);

    impl sqlx::error::DatabaseError for Said {
        fn message(&self) -> &str {
            "said by SQLite"
        }

        fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
            Some(self.0.to_string().into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    #[test]
    fn what_sqlite_may_do_later_is_told_from_what_it_never_will() {
        let passes = |code| sqlite(sqlx::Error::Database(Box::new(Said(code)))).is_transient();
        // Busy, memory, IO, full, locking; busy with a snapshot.
        for code in [5, 7, 10, 13, 15, 517] {
            assert!(passes(code), "{code}");
        }
        // An error in SQL, read-only, corrupt, cannot be opened, not a database.
        for code in [1, 8, 11, 14, 26] {
            assert!(!passes(code), "{code}");
        }
    }

    #[test]
    fn what_may_pass_by_itself_is_told_from_what_does_not() {
        for code in ["08006", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01", "57P03", "25006"] {
            assert!(passes(code), "{code}");
        }
        for code in ["28P01", "28000", "3D000", "42501", "42P01", "42883", "57P04", "23514", "22003"] {
            assert!(!passes(code), "{code}");
        }
        assert!(postgres(sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into())).is_transient());
        assert!(postgres(sqlx::Error::PoolTimedOut).is_transient());
        assert!(!postgres(sqlx::Error::Tls("unknown issuer".into())).is_transient());
    }
}
