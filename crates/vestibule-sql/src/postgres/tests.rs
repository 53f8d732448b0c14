//! Each statement finds its rows by an index. Runs where `VESTIBULE_TEST_POSTGRES` has a URL, as the tests in `tests/real.rs` do.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, raw_sql};
use vestibule::StoreByUrl;

use super::{PostgresStore, statements};

const SCHEMA: &str = "vestibule_test_plans";

/// 20,000 sessions of 5,000 people, of which a third has expired, and as much of everything else.
const MANY: &str = "\
    INSERT INTO vestibule_sessions \
        SELECT sha256(i::text::bytea), '\\x00', i, sha256((i % 5000)::text::bytea), sha256(('s' || i)::bytea), i, i, i, i \
        FROM generate_series(1, 20000) AS i; \
    INSERT INTO vestibule_marks SELECT sha256(i::text::bytea), i, i, i, i FROM generate_series(1, 20000) AS i; \
    INSERT INTO vestibule_attempts SELECT sha256(i::text::bytea), i FROM generate_series(1, 20000) AS i; \
    INSERT INTO vestibule_jtis SELECT sha256(i::text::bytea), i FROM generate_series(1, 20000) AS i; \
    INSERT INTO vestibule_leases SELECT sha256(i::text::bytea), i, i, i FROM generate_series(1, 20000) AS i; \
    INSERT INTO vestibule_kept SELECT sha256(i::text::bytea), '\\x00', i, i FROM generate_series(1, 20000) AS i; \
    ANALYZE";

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

#[tokio::test]
async fn no_statement_looks_at_all_rows_of_a_table() {
    let Some(url) = server() else { return };
    let store = PostgresStore::from_url(&url).and_then(|store| store.schema(SCHEMA)).expect("a URL");
    let mut connection = PgConnection::connect_with(&store.connections.options()).await.expect("connected");
    raw_sql("DROP SCHEMA IF EXISTS vestibule_test_plans CASCADE").execute(&mut connection).await.expect("dropped");
    store.migrate().await.expect("migrated");
    raw_sql("SET statement_timeout = 0; SET plan_cache_mode = force_generic_plan")
        .execute(&mut connection)
        .await
        .expect("set");
    raw_sql(MANY).execute(&mut connection).await.expect("inserted");
    for statement in statements::ALL.into_iter().chain(statements::PURGE) {
        let parameters = (1..10).take_while(|number| statement.contains(&format!("${number}"))).map(|_| "NULL");
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        let explain =
            format!("PREPARE planned AS {statement}; EXPLAIN EXECUTE planned({parameters}); DEALLOCATE planned");
        let plan = raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.expect("understood");
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        // The one row of the chores is sooner read than its index.
        let scans = plan.iter().any(|step| step.contains("Seq Scan") && !step.contains("vestibule_chores"));
        assert!(!scans, "{statement}: {plan:#?}");
        let by_an_index = plan.iter().any(|step| step.contains("Index") || step.contains("vestibule_chores"));
        let inserts = plan.iter().any(|step| step.contains("Conflict Arbiter Indexes"));
        assert!(by_an_index || inserts, "{statement}: {plan:#?}");
        // An index by expiry would do, and find nearly all.
        let by =
            ["vestibule_sessions_subject", "vestibule_sessions_sid"].map(|name| plan.iter().any(|s| s.contains(name)));
        assert!(!statement.contains("sid = $1") || by == [true, true], "{statement}: {plan:#?}");
    }
    raw_sql("DROP SCHEMA vestibule_test_plans CASCADE").execute(&mut connection).await.expect("dropped");
}
