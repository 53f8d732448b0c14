//! A server that has lost its place, or its room.

use vestibule::{
    SessionStore,
    session_store::{Insertion, Mark, Moment, Raising, Update},
};
use vestibule_redis::RedisStore;

use super::server::{Server, fresh, now, session};

/// Whoever asks is to ask again, and finds the new primary.
#[tokio::test]
async fn a_primary_that_becomes_a_replica_is_trouble_that_passes() {
    let Some(server) = Server::spare().await else { return };
    let (store, key, subject) = (server.store(), fresh(), fresh());
    assert_eq!(store.insert(key, session(subject, None), now()).await.expect("inserted"), Insertion::Done);
    let found = store.load(key, now()).await.expect("loaded").expect("there");
    server.ask(&["REPLICAOF", "127.0.0.1", "1"]).await;
    let failures = [
        store.insert(fresh(), session(subject, None), now()).await.err(),
        store.update(key, found.version, b"new".to_vec(), now()).await.err(),
        store.raise(Raising::new(subject, subject, None, now().plus(100)), now()).await.err(),
        store.lease(fresh(), now().plus(10), now()).await.err(),
        store.delete(key, now()).await.err(),
    ];
    for (position, failure) in failures.into_iter().enumerate() {
        let failure = failure.unwrap_or_else(|| panic!("question {position} was answered"));
        assert!(failure.is_transient(), "{position}: {:?}", std::error::Error::source(&failure));
    }
    server.ask(&["REPLICAOF", "NO", "ONE"]).await;
    let update = store.update(key, found.version, b"new".to_vec(), now()).await.expect("updated");
    assert!(matches!(update, Update::Done(_)), "{update:?}");
    assert!(store.delete(key, now()).await.expect("deleted"));
}

/// V64: what is new waits until there is room, and a sign-out does not.
#[tokio::test]
async fn a_server_that_is_full_signs_out_and_takes_nobody_in() {
    let Some(server) = Server::spare().await else { return };
    let (store, [one, other], subject) = (server.store(), [fresh(), fresh()], fresh());
    for key in [one, other] {
        assert_eq!(store.insert(key, session(subject, None), now()).await.expect("inserted"), Insertion::Done);
    }
    let found = store.load(one, now()).await.expect("loaded").expect("there");
    server.ask(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let until = now().plus(100);
    let failures = [
        store.insert(fresh(), session(subject, None), now()).await.err(),
        store.update(one, found.version, b"new".to_vec(), now()).await.err(),
        store.touch(one, now().plus(9), until.plus(9), now()).await.err(),
        store.burn_attempt(fresh(), until, now()).await.err(),
        store.remember_jti(fresh(), until, now()).await.err(),
        store.lease(fresh(), until, now()).await.err(),
    ];
    for (position, failure) in failures.into_iter().enumerate() {
        let failure = failure.unwrap_or_else(|| panic!("question {position} was answered"));
        assert!(failure.is_transient(), "{position}: {:?}", std::error::Error::source(&failure));
    }
    let mark = store.raise(Raising::new(subject, subject, None, until), now()).await.expect("raised");
    assert_eq!(store.marks(&[subject], now()).await.expect("marks"), mark);
    assert!(store.delete(one, now()).await.expect("deleted"));
    let everything = Mark::from_parts(None, Moment(0), Moment(u64::MAX));
    assert_eq!(store.delete_all(subject, everything, now()).await.expect("deleted"), [other]);
    server.ask(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(store.insert(one, session(subject, None), now()).await.expect("inserted"), Insertion::Done);
}

/// V64
#[tokio::test]
async fn a_server_that_evicts_is_taken_by_whoever_says_so_before_it_is_checked() {
    let Some(server) = Server::spare().await else { return };
    server.ask(&["CONFIG", "SET", "maxmemory", "1gb"]).await;
    server.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    let refused = RedisStore::connect(server.url()).await.expect_err("it forgets");
    assert!(!refused.is_transient(), "{refused:?}");
    let reason = std::error::Error::source(&refused).expect("a reason").to_string();
    assert!(reason.contains(".insecure_evicting_server().checked()"), "{reason}");
    let store = RedisStore::from_url(server.url()).expect("a URL").insecure_evicting_server();
    store.checked().await.expect("taken");
}
