//! What is refused, with which reason, and what is left out of it.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use tokio::net::TcpListener;
use vestibule::{SessionStore, StoreByUrl, StoreError, session_store::Raising};
use vestibule_sql::PostgresStore;

use crate::{
    House,
    common::{NOW, chain, enter, fresh},
};

fn refused(result: Result<impl Sized, StoreError>) -> (bool, String) {
    let error = result.err().expect("refused");
    (error.is_transient(), chain(&error))
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_what_it_says() {
    for (url, expected) in [
        ("postgre://bob:hunter2@localhost/app", "it should begin with postgres: or postgresql:"),
        ("hunter2", "it should begin with postgres:"),
        ("postgres://bob:hunter2@localhost:99999/app", "invalid port number"),
        ("postgres://bob:hunter2@local host/app", "invalid"),
        ("postgres://bob@localhost/app?sslmode=hunter2", "unknown value"),
        ("postgres://bob@localhost/app?pasword=hunter2", "there is no parameter of this name"),
        ("postgres://bob:hun?ter2@localhost/app", "there is no parameter of this name"),
        ("postgres://bob@localhost/app?vestibule_migrate=hunter2", "vestibule_migrate is 0 or 1"),
    ] {
        let (transient, said) = refused(PostgresStore::from_url(url));
        assert!(!transient && said.contains(expected), "{url}: {said}");
        assert!(!said.contains("hunter2") && !said.contains("ter2") && !said.contains("bob"), "{url}: {said}");
    }
    for name in ["", "Vestibule", "a-b", "a\"; DROP", "1a", &"a".repeat(64)] {
        let store = PostgresStore::from_url("postgres://localhost/app").expect("a URL");
        assert!(refused(store.schema(name)).1.contains("a schema's name"), "{name}");
    }
}

/// The driver would find out at each connection, and take it for a server that is down.
#[test]
fn a_certificate_that_cannot_be_read_is_refused_with_its_path() {
    for name in ["sslrootcert", "sslcert", "ssl-key"] {
        let url = format!("postgres://bob:hunter2@localhost/app?sslmode=verify-full&{name}=/no/such%20file.pem");
        let (transient, said) = refused(PostgresStore::from_url(&url));
        assert!(!transient && said.contains("/no/such file.pem") && said.contains("No such file"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let there = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let url = format!("postgres://a%2Fb@host/app?hostaddr=::1&sslmode=require&sslrootcert={there}");
    assert!(PostgresStore::from_url(&url).is_ok(), "whatever is in it");
}

#[test]
fn a_store_says_nothing_of_where_it_is_and_needs_no_runtime() {
    let store = PostgresStore::from_url("postgres://bob:hunter2@db.internal/app").expect("a URL");
    let printed = format!("{:?}", store.schema("vestibule").expect("a schema").at_most_connections(3));
    assert_eq!(printed, r#"PostgresStore { schema: Some("vestibule"), .. }"#);
}

/// A server that is merely down stops no start, and is said to be down at once.
#[tokio::test]
async fn a_server_that_is_down_is_transient_and_costs_no_time() {
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound").port();
    let url = format!("postgres://bob:hunter2@127.0.0.1:{port}/app?sslmode=disable");
    let store = PostgresStore::connect(&url).await.expect("it may come back");
    let begun = Instant::now();
    for result in [store.check().await, store.load(fresh(), NOW).await.map(drop)] {
        let (transient, said) = refused(result);
        assert!(transient && said.contains("refused") && !said.contains("hunter2"), "{said}");
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
}

/// One that takes connections and says nothing is given up.
#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up_after_two_seconds() {
    let mute = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = mute.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok(connection) = mute.accept().await {
            held.push(connection);
        }
        pending::<()>().await;
    });
    let store = PostgresStore::from_url(&format!("postgres://bob@127.0.0.1:{port}/app")).expect("a URL");
    let begun = tokio::time::Instant::now();
    let (transient, said) = refused(store.load(fresh(), NOW).await);
    assert!(transient && said.contains("no connection to the database within 2 seconds"), "{said}");
    assert!(begun.elapsed() <= Duration::from_millis(2100));
}

#[tokio::test]
async fn what_does_not_pass_by_itself_is_permanent() {
    let Some(house) = House::new("vestibule_test_refusals").await else { return };
    let (transient, said) = refused(house.store().check().await);
    assert!(!transient && said.contains("call `.migrate()`, or run the SQL in migrations/postgres"), "{said}");
    let (transient, said) = refused(house.store().load(fresh(), NOW).await);
    assert!(!transient && said.contains("call `.migrate()`"), "{said}");
    let store = house.migrated().await;
    house.run("INSERT INTO vestibule_migrations (version, oldest) VALUES (98, 1)").await;
    store.check().await.expect("the newer program says that it suits this one");
    store.migrate().await.expect("nothing to do");
    house.run("INSERT INTO vestibule_migrations (version, oldest) VALUES (99, 2)").await;
    for result in [store.check().await, store.migrate().await] {
        let (transient, said) = refused(result);
        assert!(!transient && said.contains("have version 99, this program knows none later than 1"), "{said}");
    }
    let elsewhere = house.url.split('?').next().map(|url| url.rsplit_once('/').map_or(url, |(server, _)| server));
    let elsewhere = format!("{}/no_such_database", elsewhere.expect("a URL"));
    let (transient, said) = refused(PostgresStore::connect(&elsewhere).await);
    assert!(!transient && said.contains("3D000"), "{said}");
    house.gone().await;
}

/// The GRANTs in the README suffice, and what is missing is named.
#[tokio::test]
async fn a_role_that_may_not_make_tables_can_work_with_what_is_granted() {
    let Some(house) = House::new("vestibule_test_grants").await else { return };
    house.migrated().await;
    house.run("DROP ROLE IF EXISTS vestibule_test_role; CREATE ROLE vestibule_test_role").await;
    let schema = house.schema;
    let as_role = format!(
        "{}{}options=-c%20role%3Dvestibule_test_role",
        house.url,
        if house.url.contains('?') { "&" } else { "?" }
    );
    let store = PostgresStore::from_url(&as_role).and_then(|store| store.schema(schema)).expect("a store");
    house.run(&format!("GRANT USAGE ON SCHEMA {schema} TO vestibule_test_role; GRANT SELECT ON vestibule_migrations TO vestibule_test_role")).await;
    let (transient, said) = refused(store.check().await);
    assert!(!transient && said.contains("may not use vestibule_sessions, vestibule_marks"), "{said}");
    let readme = include_str!("../../README.md");
    let grants = readme.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the GRANTs");
    house.run(&grants.replace("vestibule_role", "vestibule_test_role")).await;
    store.check().await.expect("ready");
    vestibule::session_store::contract::check(&store, NOW).await.expect("kept");
    store.purge(NOW).await.expect("purged");
    house.run("DROP OWNED BY vestibule_test_role; DROP ROLE vestibule_test_role").await;
    house.gone().await;
}

/// V57: not as a panic, not as somebody else's session.
#[tokio::test]
async fn a_foreign_row_is_no_session_and_a_foreign_mark_is_an_error() {
    let Some(house) = House::new("vestibule_test_foreign").await else { return };
    let store = house.migrated().await;
    let (key, subject, until) = (fresh(), fresh(), NOW.plus(100));
    enter(&store, key, subject, until).await;
    store.raise(Raising::new(key, fresh(), None, until), NOW).await.expect("raised");
    house
        .run(
            "ALTER TABLE vestibule_sessions DROP CONSTRAINT vestibule_sessions_version_check, ALTER version DROP NOT NULL, \
             ALTER value DROP NOT NULL; \
             ALTER TABLE vestibule_marks DROP CONSTRAINT vestibule_marks_raised_check, ALTER raised DROP NOT NULL",
        )
        .await;
    for column in ["version = -1", "version = NULL", "version = 1, value = NULL"] {
        house.run(&format!("UPDATE vestibule_sessions SET {column}")).await;
        assert_eq!(store.load(key, NOW).await.expect("an answer"), None, "{column}");
        assert!(store.list(subject, NOW).await.expect("an answer").is_empty(), "{column}");
    }
    for column in ["raised = NULL", "raised = -1"] {
        house.run(&format!("UPDATE vestibule_marks SET {column}")).await;
        let (transient, said) = refused(store.marks(&[key], NOW).await);
        assert!(!transient && said.contains("a row of vestibule_marks cannot be read"), "{said}");
    }
    house.gone().await;
}
