//! A real PostgreSQL: runs where `VESTIBULE_TEST_POSTGRES` has the URL of a database in which schemas may be made and dropped, such as
//! `postgres://postgres@127.0.0.1:54321/postgres`. With `VESTIBULE_REQUIRE_REAL=1` it must have one.

#![allow(clippy::print_stdout, reason = "a test that is skipped says so, and figures are to be read")]

mod common;
mod real {
    mod connections;
    mod elsewhere;
    mod failover;
    mod given;
    mod house;
    mod refusals;
    mod wire;
}

use sqlx::{AssertSqlSafe, PgPool, postgres::PgConnectOptions, raw_sql};
use vestibule::StoreByUrl;
use vestibule_sql::PostgresStore;

/// The server for the tests, where there is one.
fn server() -> Option<String> {
    let url = std::env::var("VESTIBULE_TEST_POSTGRES").ok();
    if url.is_none() {
        let required = std::env::var("VESTIBULE_REQUIRE_REAL").is_ok_and(|required| required == "1");
        assert!(!required, "VESTIBULE_REQUIRE_REAL=1, but VESTIBULE_TEST_POSTGRES has no URL");
        println!("skipped: VESTIBULE_TEST_POSTGRES has no URL");
    }
    url
}

/// An empty schema of the test's own.
struct House {
    url: String,
    schema: &'static str,
    pool: PgPool,
}

impl House {
    /// `None` where there is no server.
    async fn new(schema: &'static str) -> Option<Self> {
        let url = server()?;
        let options: PgConnectOptions = url.parse().expect("a URL");
        let pool = PgPool::connect_with(options.options([("search_path", schema)])).await.expect("connected");
        let house = Self { url, schema, pool };
        house.run(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
        Some(house)
    }

    /// A store whose connections have the name of the schema, so that a test finds its own among all.
    fn store(&self) -> PostgresStore {
        let and = if self.url.contains('?') { '&' } else { '?' };
        PostgresStore::from_url(&format!("{}{and}application_name={}", self.url, self.schema))
            .and_then(|store| store.schema(self.schema))
            .expect("a store")
    }

    async fn migrated(&self) -> PostgresStore {
        let store = self.store();
        store.migrate().await.expect("migrated");
        store
    }

    async fn run(&self, sql: &str) {
        raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.expect("done");
    }

    async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&self.pool).await.expect("counted")
    }

    async fn gone(self) {
        self.run(&format!("DROP SCHEMA {} CASCADE", self.schema)).await;
    }
}
