//! Each statement finds its rows by an index.

use sqlx::{AssertSqlSafe, Row};
use vestibule::{SessionStore, StoreByUrl};

use super::{SqliteStore, statements};

#[tokio::test]
async fn no_statement_looks_at_all_rows_of_a_table() {
    let store = SqliteStore::from_url("sqlite::memory:?vestibule_migrate=1").expect("a URL");
    store.check().await.expect("ready");
    let pool = store.database.pools().await.expect("open").reading;
    let marks = statements::marks(4);
    for statement in statements::ALL.into_iter().chain(statements::PURGE).chain([marks.as_str()]) {
        let explained = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"))).fetch_all(&pool).await;
        let steps: Vec<String> = explained.expect("understood").iter().map(|row| row.get("detail")).collect();
        let uses_an_index = steps.iter().any(|step| step.contains("USING") || step.contains("INDEX"));
        let inserts = statement.starts_with("INSERT");
        assert!(steps.iter().all(|step| !step.starts_with("SCAN")), "{statement}: {steps:?}");
        assert!(uses_an_index || inserts, "{statement}: {steps:?}");
        // An index by expiry would do, and find nearly all.
        let by =
            ["vestibule_sessions_subject", "vestibule_sessions_sid"].map(|name| steps.iter().any(|s| s.contains(name)));
        assert!(!statement.contains("sid = ?1") || by == [true, true], "{statement}: {steps:?}");
    }
}
