//! What every store must do.

use std::time::Duration;

use tokio::time::timeout;
use vestibule::{SessionStore, session_store::contract};

use super::server::{Server, now, prefix, store, turn, urls};

/// Longer than this, no check takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// On one server, on a node of a cluster (V57, V58, V64, V71), behind TLS.
#[tokio::test]
async fn the_store_keeps_the_contract_on_every_server() {
    let _turn = turn().await;
    for url in urls() {
        let store = store(&url, &prefix());
        store.check().await.unwrap_or_else(|error| panic!("{url}: {:?}", std::error::Error::source(&error)));
        for _ in 0..2 {
            let kept = timeout(PATIENCE, contract::check(&store, now())).await.expect("in time");
            kept.unwrap_or_else(|breach| panic!("{url}: {breach}, {:?}", std::error::Error::source(&breach)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_at_one_server_each_keep_the_contract_at_the_same_time() {
    let Some(server) = Server::first().await else { return };
    let (first, second) = (server.store(), server.store());
    let both = async { tokio::join!(contract::check(&first, now()), contract::check(&second, now())) };
    let (first, second) = timeout(PATIENCE, both).await.expect("in time");
    first.expect("the first does");
    second.expect("the second does");
}

#[tokio::test]
async fn scripts_that_the_server_has_forgotten_are_told_again() {
    let Some(server) = Server::first().await else { return };
    let store = server.store();
    contract::check(&store, now()).await.expect("it does");
    server.ask(&["SCRIPT", "FLUSH"]).await;
    contract::check(&store, now()).await.expect("it still does");
}

#[tokio::test]
async fn everything_that_is_kept_has_an_end_on_the_server() {
    let Some(server) = Server::first().await else { return };
    let store = server.store();
    contract::check(&store, now()).await.expect("it does");
    let for_good = super::server::fresh();
    let _ = store.keep(for_good, None, b"-".to_vec(), None, now()).await.expect("kept");
    let mut client = server.client().await;
    let pattern = server.name("*", for_good).split(":*:").next().map(|tag| format!("{}*", tag.replace('-', "?")));
    let mut names: Vec<String> = Vec::new();
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1000);
        let (next, some): (u64, Vec<String>) = scan.query_async(&mut client).await.expect("scanned");
        names.extend(some);
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    assert!(names.len() > 100, "only {} were found", names.len());
    for name in names {
        let ttl: i64 = redis::cmd("TTL").arg(&name).query_async(&mut client).await.expect("a time");
        assert!((1..=400 * 86_400).contains(&ttl), "{name} is there for {ttl} seconds");
    }
}
