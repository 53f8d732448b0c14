//! What somebody else has put under our keys.

use vestibule::{
    SessionStore,
    session_store::{Fence, Insertion, Mark, Moment, Raising, Version},
};

use super::server::{Server, fresh, now, session};

/// "Not signed in", never a failure and never somebody else's session.
#[tokio::test]
async fn a_session_that_is_foreign_or_torn_is_none() {
    let Some(server) = Server::first().await else { return };
    let (store, subject) = (server.store(), fresh());
    for record in [
        &["SET", "KEY", "text"][..],
        &["RPUSH", "KEY", "x"],
        &["HSET", "KEY", "other", "1"],
        &["HSET", "KEY", "e", "x"],
    ] {
        let key = fresh();
        let name = server.name("s", key);
        let command: Vec<_> = record.iter().map(|part| if *part == "KEY" { name.as_str() } else { part }).collect();
        server.ask(&command).await;
        assert_eq!(store.load(key, now()).await.expect("no failure"), None, "{record:?}");
        assert!(!store.touch(key, now(), now().plus(9), now()).await.expect("no failure"), "{record:?}");
        assert!(!store.delete(key, now()).await.expect("no failure"), "{record:?}");
        let _ = store.update(key, Version(1), Vec::new(), now()).await.expect("no failure");
    }
    let torn = fresh();
    assert_eq!(store.insert(torn, session(subject, None), now()).await.expect("inserted"), Insertion::Done);
    server.ask(&["HSET", &server.name("s", torn), "n", "not a number"]).await;
    assert_eq!(store.load(torn, now()).await.expect("no failure"), None);
    assert_eq!(store.list(subject, now()).await.expect("no failure"), []);
    let everything = Mark::from_parts(None, Moment(0), Moment(u64::MAX));
    assert_eq!(store.delete_all(subject, everything, now()).await.expect("no failure"), [torn], "it can be ended");
}

/// V64, V71: of what cannot be read nobody says that it is not there.
#[tokio::test]
async fn a_mark_a_jti_an_attempt_and_a_lease_that_cannot_be_read_are_failures() {
    let Some(server) = Server::first().await else { return };
    let store = server.store();
    for record in [&["SET", "KEY", "text"][..], &["RPUSH", "KEY", "x"]] {
        let key = fresh();
        for kind in ["m", "j", "a", "l"] {
            let name = server.name(kind, key);
            let command: Vec<_> = record.iter().map(|part| if *part == "KEY" { name.as_str() } else { part }).collect();
            server.ask(&command).await;
        }
        let (until, now) = (now().plus(100), now());
        let failures = [
            store.marks(&[fresh(), key], now).await.err(),
            store.raise(Raising::new(key, key, None, until), now).await.err(),
            store.knows_jti(key, now).await.err(),
            store.remember_jti(key, until, now).await.err(),
            store.burn_attempt(key, until, now).await.err(),
            store.lease(key, until, now).await.err(),
            store.renew_lease(key, Fence(1), until, now).await.err(),
        ];
        for (position, failure) in failures.into_iter().enumerate() {
            let failure = failure.unwrap_or_else(|| panic!("{record:?}: question {position} was answered"));
            assert!(!failure.is_transient(), "{record:?}: {position}");
            let reason = std::error::Error::source(&failure).expect("a reason").to_string();
            assert!(reason.contains("not ours"), "{reason}");
        }
    }
}

/// An index is believed only where the session itself names it.
#[tokio::test]
async fn a_session_that_was_put_into_somebody_elses_index_is_not_theirs() {
    let Some(server) = Server::first().await else { return };
    let (store, key, mine, theirs) = (server.store(), fresh(), fresh(), fresh());
    assert_eq!(store.insert(key, session(mine, None), now()).await.expect("inserted"), Insertion::Done);
    let mut client = server.client().await;
    let (index, end) = (server.name("i", theirs), now().plus(100).seconds());
    let () = redis::cmd("ZADD").arg(&index).arg(end).arg(key.as_bytes()).query_async(&mut client).await.expect("put");
    let () = redis::cmd("ZADD").arg(&index).arg(end).arg("no key").query_async(&mut client).await.expect("put");
    assert_eq!(store.list(theirs, now()).await.expect("no failure"), []);
    let everything = Mark::from_parts(None, Moment(0), Moment(u64::MAX));
    assert_eq!(store.delete_all(theirs, everything, now()).await.expect("no failure"), []);
    assert!(store.load(key, now()).await.expect("no failure").is_some());
}

/// The clock that was lost goes on from the time of whoever draws.
#[tokio::test]
async fn numbers_never_go_back_though_the_server_forgets_them() {
    let Some(server) = Server::first().await else { return };
    let (store, until) = (server.store(), now().plus(100));
    let clock = server.name("x", fresh()).split(":x:").next().map(|tag| format!("{tag}:clock")).expect("a name");
    let name = fresh();
    let before = store.lease(name, until, now()).await.expect("asked").expect("free");
    store.release_lease(name, before, now()).await.expect("given back");
    for lost in [&["DEL", &clock][..], &["SET", &clock, "text"]] {
        server.ask(lost).await;
        let after = store.lease(name, until, now().plus(1)).await.expect("asked").expect("free");
        assert!(before < after, "{lost:?}: {before:?}, {after:?}");
        store.release_lease(name, after, now().plus(1)).await.expect("given back");
    }
}
