//! SQLite needs no server: the contract, and what is this store's own affair.

mod common;

use std::{
    path::PathBuf,
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use vestibule::{
    NumericDate, SessionStore, StoreByUrl, StoreError,
    session_store::{Insertion, Mark, Notice, Raising, Reach, contract},
};
use vestibule_sql::SqliteStore;

use self::common::{EVERYTHING, NOW, chain, enter, fresh, one_of_each, overheard, session, taken};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("vestibule-sql-{}-{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("sessions.db")
    }

    fn url(&self, query: &str) -> String {
        format!("sqlite://{}{query}", self.file().display())
    }

    async fn store(&self) -> SqliteStore {
        SqliteStore::connect(&self.url("?mode=rwc&vestibule_migrate=1")).await.expect("a store")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// V57, V58, V64, V71, R116, R119
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_keeps_the_contract_however_often_it_is_asked() {
    let folder = Folder::new();
    let store = folder.store().await;
    for after in [0, 0, 3600] {
        contract::check(&store, NOW.plus(after)).await.expect("kept");
    }
}

/// V57, V58, V64, V71, R116, R119
#[tokio::test]
async fn memory_keeps_the_contract() {
    let store = SqliteStore::connect("sqlite::memory:?vestibule_migrate=1").await.expect("a store");
    contract::check(&store, NOW).await.expect("kept");
    assert_eq!(store.reach(), Reach::Process);
}

/// Each question goes to another of two stores on one file, as those of two processes do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_file_are_one() {
    let folder = Folder::new();
    let (one, other) = (folder.store().await, folder.store().await);
    assert_eq!(one.reach(), Reach::Everywhere);
    contract::check(&one, NOW).await.expect("kept");
    contract::check(&other, NOW.plus(600)).await.expect("kept");
    let (key, subject) = (fresh(), fresh());
    enter(&one, key, subject, NOW.plus(100)).await;
    assert_eq!(other.delete_all(subject, EVERYTHING, NOW).await.expect("an answer"), [key]);
    assert_eq!(one.load(key, NOW).await.expect("an answer"), None);
}

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let folder = Folder::new();
    let (until, jti) = (NOW.plus(100), fresh());
    let (key, whose, moment) = {
        let store = folder.store().await;
        let key = one_of_each(&store, until).await;
        let whose = fresh();
        store.raise(Raising::new(whose, fresh(), None, until), NOW).await.expect("an answer");
        let burnt = store.burn_attempt(jti, until, NOW).await.expect("an answer").expect("the first time");
        (key, whose, burnt)
    };
    let store = folder.store().await;
    assert!(store.load(key, NOW).await.expect("an answer").is_some());
    assert_ne!(store.marks(&[whose], NOW).await.expect("an answer"), Mark::default());
    assert!(store.knows_jti(key, NOW).await.expect("an answer"));
    assert_eq!(store.lease(key, until, NOW).await.expect("an answer"), None);
    assert_eq!(store.burn_attempt(jti, until, NOW).await.expect("an answer"), None);
    let next = store.burn_attempt(fresh(), until, NOW).await.expect("an answer").expect("the first time");
    assert!(moment < next);
}

#[tokio::test]
async fn expired_rows_go_in_batches_and_nothing_alive_goes() {
    let folder = Folder::new();
    let store = Arc::new(folder.store().await);
    let alive = one_of_each(&*store, NOW.plus(1000)).await;
    let pool = sqlx::SqlitePool::connect(&folder.url("")).await.expect("a pool");
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
        INSERT INTO vestibule_sessions SELECT randomblob(32), x'00', i, randomblob(32), NULL, 0, 0, 0, ?1 FROM n";
    sqlx::query(many).bind(NOW.plus(10).seconds()).execute(&pool).await.expect("inserted");
    let purging = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.purge(NOW.plus(10)).await }
    });
    while !purging.is_finished() {
        assert!(store.load(alive, NOW.plus(10)).await.expect("an answer").is_some());
    }
    assert_eq!(purging.await.expect("no panic").expect("purged"), 10_000);
    assert!(store.load(alive, NOW.plus(999)).await.expect("an answer").is_some());
    assert!(store.knows_jti(alive, NOW.plus(999)).await.expect("an answer"));
    assert_eq!(store.purge(NOW.plus(1000)).await.expect("purged"), 6, "one of each");
}

#[tokio::test]
async fn somebody_who_comes_by_has_what_has_expired_purged() {
    let folder = Folder::new();
    let store = folder.store().await;
    one_of_each(&store, NOW.plus(10)).await;
    let pool = sqlx::SqlitePool::connect(&folder.url("")).await.expect("a pool");
    for minute in 2.. {
        store.load(fresh(), NOW.plus(60 * minute)).await.expect("an answer");
        let left: i64 = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM vestibule_sessions) + (SELECT count(*) FROM vestibule_marks) + \
             (SELECT count(*) FROM vestibule_attempts) + (SELECT count(*) FROM vestibule_jtis) + \
             (SELECT count(*) FROM vestibule_leases) + (SELECT count(*) FROM vestibule_kept)",
        )
        .fetch_one(&pool)
        .await
        .expect("counted");
        if left == 0 {
            break;
        }
    }
}

/// By its own clock all has expired long ago.
#[tokio::test]
async fn a_process_whose_clock_is_two_hours_ahead_purges_nothing_that_lives() {
    let folder = Folder::new();
    let store = folder.store().await;
    let pool = sqlx::SqlitePool::connect(&folder.url("")).await.expect("a pool");
    let count = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&pool).await.expect("counted") };
    let clock = count("SELECT CAST(strftime('%s', 'now') AS INTEGER)").await;
    let clock = NumericDate::from_seconds(clock);
    for until in [clock.minus(1000), clock.plus(1000)] {
        enter(&store, fresh(), fresh(), until).await;
    }
    let left = "SELECT count(*) FROM vestibule_sessions";
    let mut ahead = clock.plus(7200);
    while count(left).await == 2 {
        store.load(fresh(), ahead).await.expect("an answer");
        ahead = ahead.plus(60);
    }
    assert_eq!(count(left).await, 1);
}

/// Each write waits for the disk.
#[tokio::test]
async fn what_is_not_had_writes_nothing() {
    let folder = Folder::new();
    let store = folder.store().await;
    let pool = sqlx::SqlitePool::connect(&folder.url("")).await.expect("a pool");
    let (key, until) = (fresh(), NOW.plus(100));
    enter(&store, key, fresh(), until).await;
    store.lease(key, until, NOW).await.expect("an answer").expect("free");
    let drawn = "SELECT sum(value) FROM vestibule_counters WHERE name IN ('version', 'fence')";
    let drawn = async || -> i64 { sqlx::query_scalar(drawn).fetch_one(&pool).await.expect("counted") };
    let before = drawn().await;
    assert_eq!(store.lease(key, until, NOW).await.expect("an answer"), None);
    assert_eq!(store.insert(key, session(key, until), NOW).await.expect("an answer"), Insertion::Exists);
    assert_eq!(drawn().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_migrate_at_once_and_again() {
    let folder = Folder::new();
    let open = || SqliteStore::from_url(&folder.url("?mode=rwc")).expect("a URL");
    let stores = [open(), open(), open()];
    for _ in 0..2 {
        let (a, b, c) = tokio::join!(stores[0].migrate(), stores[1].migrate(), stores[2].migrate());
        a.and(b).and(c).expect("migrated");
    }
    stores[2].check().await.expect("ready");
}

fn permanent(result: Result<impl Sized, StoreError>) -> String {
    let error = result.err().expect("refused");
    assert!(!error.is_transient(), "{error:?}");
    chain(&error)
}

#[tokio::test]
async fn a_database_without_tables_is_refused_with_what_to_do() {
    let folder = Folder::new();
    let said = permanent(SqliteStore::connect(&folder.url("?mode=rwc")).await);
    assert!(said.contains("call `.migrate()`, or run the SQL in migrations/sqlite"), "{said}");
    let store = SqliteStore::from_url(&folder.url("")).expect("a URL");
    assert!(permanent(store.load(fresh(), NOW).await).contains("call `.migrate()`"));
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_program_is_left_alone() {
    let folder = Folder::new();
    folder.store().await;
    let pool = sqlx::SqlitePool::connect(&folder.url("")).await.expect("a pool");
    let note = async |version: i64, oldest: i64| {
        let sql = sqlx::query("INSERT INTO vestibule_migrations (version, oldest) VALUES (?1, ?2)");
        sql.bind(version).bind(oldest).execute(&pool).await.expect("inserted");
    };
    let store = SqliteStore::from_url(&folder.url("")).expect("a URL");
    note(98, 1).await;
    store.check().await.expect("the newer program says that it suits this one");
    store.migrate().await.expect("nothing to do");
    note(99, 2).await;
    for result in [store.check().await, store.migrate().await] {
        let said = permanent(result);
        assert!(said.contains("have version 99, this program knows none later than 1"), "{said}");
    }
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused_with_the_reason() {
    let folder = Folder::new();
    let said = permanent(SqliteStore::connect(&folder.url("")).await);
    assert!(said.contains("`?mode=rwc` makes it"), "{said}");
    std::fs::write(folder.file(), [b'x'; 4096]).expect("written");
    let said = permanent(SqliteStore::connect(&folder.url("?vestibule_migrate=1")).await);
    assert!(said.contains("the file is something else"), "{said}");
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_what_it_says() {
    for (url, expected) in [
        ("sqlit://sessions.db", "it should begin with sqlite:"),
        ("postgres://bob:hunter2@localhost/app", "it should begin with sqlite:"),
        ("sqlite://", "it names no file"),
        ("sqlite://sessions.db?mode=hunter2", "unknown value"),
        ("sqlite://sessions.db?hunter2=1", "there is no parameter of this name"),
        ("sqlite://sessions.db?vestibule_migrate=hunter2", "vestibule_migrate is 0 or 1"),
    ] {
        let said = permanent(SqliteStore::from_url(url));
        assert!(said.contains(expected) && !said.contains("hunter2"), "{url}: {said}");
    }
}

/// Whoever can read the file can read hashes and sealed values, and whoever can write it can sign people out.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_made_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let store = folder.store().await;
    enter(&store, fresh(), fresh(), NOW.plus(100)).await;
    let files: Vec<_> = std::fs::read_dir(&folder.0).expect("a folder").map(|file| file.expect("a file")).collect();
    assert!(files.len() > 1, "there is the log beside it");
    for file in files {
        assert_eq!(file.metadata().expect("there").permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

/// V57: not as a panic, not as somebody else's session.
#[tokio::test]
async fn a_foreign_row_is_no_session_and_a_foreign_mark_is_an_error() {
    let folder = Folder::new();
    let one = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = one.connect(&folder.url("?mode=rwc")).await.expect("a pool");
    // As lax as a table can be that somebody else has made.
    let lax = SqliteStore::migrations()[0]
        .sql()
        .replace("STRICT", "")
        .replace("NOT NULL,", ",")
        .replace("NOT NULL CHECK", "CHECK");
    let lax = format!("PRAGMA ignore_check_constraints = ON; {lax}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(lax)).execute(&pool).await.expect("made");
    let store = SqliteStore::from_pool(pool.clone());
    let (key, subject, until) = (fresh(), fresh(), NOW.plus(100));
    enter(&store, key, subject, until).await;
    store.raise(Raising::new(key, fresh(), None, until), NOW).await.expect("raised");
    for column in ["version = 'x'", "version = -1", "version = NULL", "value = NULL", "last_seen = 'x'"] {
        let foreign = format!("UPDATE vestibule_sessions SET {column}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(foreign)).execute(&pool).await.expect("changed");
        assert_eq!(store.load(key, NOW).await.expect("an answer"), None, "{column}");
        assert!(store.list(subject, NOW).await.expect("an answer").is_empty(), "{column}");
    }
    for column in ["raised = NULL", "raised = -1", "ours = 'x'", "issued_at = 'x'"] {
        let foreign = format!(
            "UPDATE vestibule_marks SET raised = 0, ours = 0, issued_at = 0; UPDATE vestibule_marks SET {column}"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(foreign)).execute(&pool).await.expect("changed");
        permanent(store.marks(&[key], NOW).await);
    }
}

#[tokio::test]
async fn what_ends_here_is_told_and_nothing_is_claimed_of_elsewhere() {
    let folder = Folder::new();
    let store = folder.store().await;
    let (listener, told) = overheard();
    store.listen(listener);
    let (keys, subject) = ([fresh(), fresh(), fresh()], fresh());
    for key in keys {
        enter(&store, key, subject, NOW.plus(100)).await;
    }
    assert!(store.delete(keys[0], NOW).await.expect("an answer"));
    assert!(!store.delete(keys[0], NOW).await.expect("an answer"));
    assert_eq!(taken(&told), [Notice::Ended(keys[0])]);
    store.delete_all(subject, EVERYTHING, NOW).await.expect("an answer");
    assert_eq!(taken(&told).len(), 2);
    store.raise(Raising::new(subject, fresh(), None, NOW.plus(100)), NOW).await.expect("an answer");
    assert_eq!(taken(&told), [Notice::Ended(subject)]);
    assert_eq!(store.delete_all(subject, EVERYTHING, NOW).await.expect("an answer"), []);
    let expired = fresh();
    let _ = store.insert(expired, session(subject, NOW.plus(1)), NOW).await.expect("an answer");
    assert!(!store.delete(expired, NOW.plus(1)).await.expect("an answer"));
    assert_eq!(taken(&told), []);
}
