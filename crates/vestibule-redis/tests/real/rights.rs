//! A user of the server's.

use vestibule::{SessionStore, StoreError, session_store::contract};
use vestibule_redis::RedisStore;

use super::server::{Server, now};

const README: &str = include_str!("../../README.md");

/// The line of the documentation, in words.
fn rights() -> Vec<&'static str> {
    let line = README.lines().find_map(|line| line.trim().strip_prefix("ACL SETUSER vestibule ")).expect("the line");
    line.split(' ').collect()
}

/// A store of a user whom the server knows anew, with these rights.
async fn user(server: &Server, rights: &[&str]) -> RedisStore {
    server.ask(&["ACL", "DELUSER", "vestibule"]).await;
    server.ask(&[&["ACL", "SETUSER", "vestibule"], rights].concat()).await;
    let (_, place) = server.url().split_once('@').expect("a password");
    RedisStore::from_url(&format!("redis://vestibule:its-password@{place}")).expect("a URL")
}

#[tokio::test]
async fn the_rights_in_the_documentation_are_enough() {
    let Some(server) = Server::first().await else { return };
    let store = user(&server, &rights()).await.checked().await.expect("let in");
    contract::check(&store, now()).await.expect("it does");
    server.ask(&["ACL", "DELUSER", "vestibule"]).await;
}

/// At the start, and not when somebody signs out. HELLO comes with the password, SELECT is for a database that is not the first,
/// and PING is for a subscription that lives on.
#[tokio::test]
async fn each_right_that_is_missing_is_missed_at_once() {
    let Some(server) = Server::first().await else { return };
    let all = rights();
    for missing in
        all.iter().filter(|right| right.starts_with('+') && !["+auth", "+hello", "+select", "+ping"].contains(right))
    {
        let rest: Vec<_> = all.iter().filter(|right| right != &missing).copied().collect();
        // Or it knows ours already, and nobody need load it.
        server.ask(&["SCRIPT", "FLUSH"]).await;
        let checked: Result<(), StoreError> = user(&server, &rest).await.check().await;
        let error = checked.expect_err(missing);
        assert!(!error.is_transient(), "{missing}: {error:?}");
    }
    server.ask(&["ACL", "DELUSER", "vestibule"]).await;
}
