//! A server that is another one than before, or set up otherwise than the store needs it.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection, PgConnection, raw_sql};
use tokio::time::Duration;
use vestibule::{
    SessionStore, StoreByUrl,
    session_store::{Update, contract},
};
use vestibule_sql::PostgresStore;

use crate::{
    House,
    common::{NOW, chain, enter, fresh},
    server,
};

/// A database of the test's own, whose settings are nobody else's affair.
struct Database {
    name: &'static str,
    main: String,
    url: String,
}

impl Database {
    async fn new(name: &'static str) -> Option<Self> {
        let main = server()?;
        let (address, query) = main.split_once('?').map_or((main.as_str(), ""), |(address, query)| (address, query));
        let server = address.rsplit_once('/').expect("a URL with a database").0;
        let database = Self { name, url: format!("{server}/{name}?{query}"), main };
        database.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        database.run(&format!("CREATE DATABASE {name}")).await;
        PostgresStore::from_url(&database.url).expect("a URL").migrate().await.expect("migrated");
        Some(database)
    }

    fn store(&self) -> PostgresStore {
        PostgresStore::from_url(&self.url).expect("a store")
    }

    async fn run(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.main).await.expect("connected");
        raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("done");
    }

    async fn gone(self) {
        self.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

/// As after a failover: the name leads to a server that takes writes, and old connections to one that does not.
#[tokio::test]
async fn connections_on_which_nothing_can_be_written_are_left_behind() {
    let Some(database) = Database::new("vestibule_test_failover").await else { return };
    database.run("ALTER DATABASE vestibule_test_failover SET default_transaction_read_only = on").await;
    let store = database.store();
    store.load(fresh(), NOW).await.expect("may be read");
    database.run("ALTER DATABASE vestibule_test_failover RESET default_transaction_read_only").await;
    // Unless the purge by the way was there before.
    if let Err(error) = store.delete(fresh(), NOW).await {
        assert!(error.is_transient() && chain(&error).contains("25006"), "{error:?}");
    }
    store.delete(fresh(), NOW).await.expect("on a new one");
    drop(store);
    database.gone().await;
}

/// Who only reads is refused nothing, and would stay with a server that is a standby by now.
#[tokio::test]
async fn no_connection_grows_older_than_five_minutes() {
    let Some(house) = House::new("vestibule_test_old").await else { return };
    drop(house.migrated().await);
    let there =
        "SELECT coalesce(max(pid), 0)::bigint FROM pg_stat_activity WHERE application_name = 'vestibule_test_old'";
    while house.count(there).await > 0 {
        tokio::task::yield_now().await;
    }
    // Nothing is to be purged, and by the third question nobody asks whether it is: no time leaps while somebody waits.
    house.run(&format!("UPDATE vestibule_chores SET done_at = {}", NOW.seconds())).await;
    let store = house.store().at_most_connections(1);
    for _ in 0..3 {
        store.load(fresh(), NOW).await.expect("an answer");
    }
    let first = house.count(there).await;
    for _ in 0..5 {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(59)).await;
        tokio::time::resume();
        store.load(fresh(), NOW).await.expect("an answer");
        assert_eq!(house.count(there).await, first, "younger than that");
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6)).await;
    tokio::time::resume();
    store.load(fresh(), NOW).await.expect("an answer");
    let give_up = std::time::Instant::now() + Duration::from_secs(20);
    while house.count(there).await == first {
        assert!(std::time::Instant::now() < give_up, "still there");
        tokio::task::yield_now().await;
    }
    house.gone().await;
}

/// A migration beside running programs.
#[tokio::test]
async fn a_statement_whose_tables_have_changed_is_prepared_anew() {
    let Some(house) = House::new("vestibule_test_plan").await else { return };
    let store = house.migrated().await;
    let key = fresh();
    enter(&store, key, fresh(), NOW.plus(100)).await;
    house.run("ALTER TABLE vestibule_sessions ALTER last_seen TYPE integer").await;
    let store = house.store().at_most_connections(1);
    store.load(key, NOW).await.expect("an answer");
    house.run("ALTER TABLE vestibule_sessions ALTER last_seen TYPE bigint").await;
    assert!(store.load(key, NOW).await.expect("asked again").is_some());
    house.gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_transactions_are_serializable_by_default_makes_no_difference() {
    let Some(database) = Database::new("vestibule_test_isolation").await else { return };
    database.run("ALTER DATABASE vestibule_test_isolation SET default_transaction_isolation = 'serializable'").await;
    let store = Arc::new(database.store());
    store.check().await.expect("ready");
    let (key, name) = (fresh(), fresh());
    enter(&*store, key, fresh(), NOW.plus(1000)).await;
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            for second in 0..50 {
                let now = NOW.plus(second);
                assert!(store.touch(key, now, now.plus(1000 + number), now).await.expect("touched"));
                if let Some(fence) = store.lease(name, now.plus(100), now).await.expect("an answer") {
                    store.release_lease(name, fence, now).await.expect("released");
                }
                let found = store.load(key, now).await.expect("an answer").expect("there");
                let updated = store.update(key, found.version, b"new".to_vec(), now).await.expect("an answer");
                assert!(matches!(updated, Update::Done(_) | Update::Changed), "{updated:?}");
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.expect("no error");
    }
    contract::check(&*store, NOW.plus(600)).await.expect("kept");
    drop(store);
    database.gone().await;
}
