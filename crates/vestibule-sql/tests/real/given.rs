//! A pool that is given: what its owner has said to it holds for whatever the store does. And schemas, by name.

use std::time::{Duration, Instant};

use sqlx::{
    AssertSqlSafe, Executor, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use vestibule::{
    SessionStore, StoreByUrl,
    session_store::{Notice, contract},
};
use vestibule_sql::PostgresStore;

use crate::{
    House,
    common::{NOW, chain, enter, fresh, overheard, taken},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_is_given_keeps_the_contract() {
    let Some(house) = House::new("vestibule_test_given").await else { return };
    house.migrated().await;
    let store = PostgresStore::from_pool(house.pool.clone());
    store.check().await.expect("ready");
    contract::check(&store, NOW).await.expect("kept");
    house.gone().await;
}

/// A pool that says `sql` on each connection that it makes.
async fn pool_that_says(house: &House, sql: String) -> PgPool {
    let options: PgConnectOptions = house.url.parse().expect("a URL");
    let pool = PgPoolOptions::new().after_connect(move |connection, _| {
        let sql = AssertSqlSafe(sql.clone());
        Box::pin(async move { connection.execute(sql).await.map(drop) })
    });
    pool.connect_with(options).await.expect("connected")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_owner_of_a_pool_says_on_each_connection_holds_for_all_that_the_store_does() {
    let Some(house) = House::new("vestibule_test_said").await else { return };
    let schema = house.schema;
    house.run(&format!("CREATE SCHEMA {schema}")).await;
    let pool = pool_that_says(&house, format!("SET search_path = {schema}; SET application_name = '{schema}'")).await;
    let store = PostgresStore::from_pool(pool);
    store.migrate().await.expect("migrated");
    assert_eq!(house.count("SELECT count(*) FROM vestibule_migrations").await, 1);
    store.check().await.expect("ready");
    let (listener, told) = overheard();
    store.listen(listener);
    let give_up = Instant::now() + Duration::from_secs(20);
    while !taken(&told).contains(&Notice::Hearing) {
        assert!(Instant::now() < give_up, "not heard");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let ears =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vestibule_test_said' AND query LIKE 'LISTEN%'";
    assert_eq!(house.count(ears).await, 1);
    house.gone().await;
}

#[tokio::test]
async fn a_pool_whose_transactions_are_serializable_is_refused_with_what_to_do() {
    let Some(house) = House::new("vestibule_test_serializable").await else { return };
    house.migrated().await;
    let set = format!("SET search_path = {}; SET default_transaction_isolation = 'serializable'", house.schema);
    let store = PostgresStore::from_pool(pool_that_says(&house, set).await);
    store.migrate().await.expect("nothing to do");
    let error = store.check().await.expect_err("refused");
    let said = chain(&error);
    assert!(
        !error.is_transient() && said.contains("serializable by default") && said.contains("read committed"),
        "{said}"
    );
    house.gone().await;
}

#[tokio::test]
async fn a_url_names_the_schema_and_another_one_is_looked_at_anew() {
    let Some(house) = House::new("vestibule_test_schema_first").await else { return };
    let Some(other) = House::new("vestibule_test_schema_second").await else { return };
    let and = if house.url.contains('?') { '&' } else { '?' };
    let url = format!("{}{and}vestibule_migrate=1&vestibule_schema={}", house.url, house.schema);
    let store = PostgresStore::connect(&url).await.expect("a store");
    let key = fresh();
    enter(&store, key, fresh(), NOW.plus(100)).await;
    assert_eq!(house.count("SELECT count(*) FROM vestibule_sessions").await, 1);
    let store = store.schema(other.schema).expect("a schema").checked().await.expect("made there too");
    assert_eq!(store.load(key, NOW).await.expect("an answer"), None);
    let error =
        PostgresStore::from_url(&format!("{}{and}vestibule_schema=hunter2%22", house.url)).expect_err("refused");
    let said = chain(&error);
    assert!(!error.is_transient() && said.contains("a schema's name") && !said.contains("hunter2"), "{said}");
    house.gone().await;
    other.gone().await;
}

/// `CREATE SCHEMA IF NOT EXISTS` takes the right to make any, even where there is nothing to do.
#[tokio::test]
async fn a_schema_that_is_there_takes_no_right_to_make_one() {
    let Some(house) = House::new("vestibule_test_owned").await else { return };
    house.run("DROP ROLE IF EXISTS vestibule_test_owner; CREATE ROLE vestibule_test_owner").await;
    house.run(&format!("CREATE SCHEMA {} AUTHORIZATION vestibule_test_owner", house.schema)).await;
    let and = if house.url.contains('?') { '&' } else { '?' };
    let url = format!("{}{and}options=-c%20role%3Dvestibule_test_owner&vestibule_schema={}", house.url, house.schema);
    let store = PostgresStore::from_url(&url).expect("a store");
    store.migrate().await.expect("migrated");
    contract::check(&store, NOW).await.expect("kept");
    house.gone().await;
    let Some(house) = House::new("vestibule_test_owned").await else { return };
    house.run("DROP ROLE vestibule_test_owner").await;
}
