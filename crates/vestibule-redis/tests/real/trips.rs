//! How often a question goes to the server and back.

use vestibule::{
    SessionStore,
    session_store::{Insertion, Mark, Raising},
};

use super::server::{Server, fresh, now, session};

#[tokio::test]
async fn a_question_of_a_signed_in_request_is_one_round_trip() {
    let Some(server) = Server::first().await else { return };
    let (store, key) = (server.store(), fresh());
    assert_eq!(store.insert(key, session(fresh(), Some(fresh())), now()).await.expect("inserted"), Insertion::Done);
    let whose: [_; 4] = std::array::from_fn(|_| fresh());
    store.raise(Raising::new(whose[1], whose[0], None, now().plus(100)), now()).await.expect("raised");
    let loads =
        server.calls(&store, async |store| assert!(store.load(key, now()).await.expect("loaded").is_some())).await;
    let marks = server
        .calls(&store, async |store| assert_ne!(store.marks(&whose, now()).await.expect("marks"), Mark::default()))
        .await;
    let touches = server
        .calls(&store, async |store| assert!(store.touch(key, now(), now().plus(200), now()).await.expect("touched")))
        .await;
    let updates = server
        .calls(&store, async |store| {
            let found = store.load(key, now()).await.expect("loaded").expect("there");
            let _ = store.update(key, found.version, b"new".to_vec(), now()).await.expect("updated");
        })
        .await;
    println!("round trips: load {loads}, marks {marks}, touch {touches}, load and update {updates}");
    assert_eq!((loads, marks, touches, updates), (1, 1, 1, 2));
}

/// A session that is used for days is still found by its subject, and so are its indexes.
#[tokio::test]
async fn a_session_that_is_touched_again_and_again_stays_its_subjects() {
    let Some(server) = Server::first().await else { return };
    let (store, key, subject, sid) = (server.store(), fresh(), fresh(), fresh());
    let start = now();
    let mut new = session(subject, Some(sid));
    new.expires_at = start.plus(7_200);
    assert_eq!(store.insert(key, new, start).await.expect("inserted"), Insertion::Done);
    for hours in 1..200 {
        let then = start.plus(hours * 3_600);
        assert!(store.touch(key, then, then.plus(7_200), then).await.expect("touched"), "after {hours} hours");
        for index in [subject, sid] {
            let found = store.list(index, then).await.expect("listed");
            assert_eq!(found.len(), 1, "after {hours} hours");
        }
    }
    let end = start.plus(199 * 3_600 + 7_200);
    assert!(store.load(key, end.minus(1)).await.expect("loaded").is_some());
    assert_eq!(store.list(subject, end).await.expect("listed"), []);
}

/// What has ended leaves an index, without anybody's asking for it by name.
#[tokio::test]
async fn an_index_does_not_keep_what_has_ended() {
    let Some(server) = Server::first().await else { return };
    let (store, subject, start) = (server.store(), fresh(), now());
    let enter = async |after: i64| {
        let key = fresh();
        let mut new = session(subject, None);
        new.expires_at = start.plus(after + 100);
        assert_eq!(store.insert(key, new, start.plus(after)).await.expect("inserted"), Insertion::Done);
        key
    };
    let size = async || server.ask(&["ZCARD", &server.name("i", subject)]).await;
    for _ in 0..5 {
        let key = enter(0).await;
        assert!(store.delete(key, start).await.expect("deleted"));
    }
    assert_eq!(size().await, redis::Value::Int(0), "who signs out leaves nothing");
    for _ in 0..5 {
        enter(0).await;
    }
    enter(3 * 86_400).await;
    assert_eq!(size().await, redis::Value::Int(1), "what has expired goes when somebody comes by");
}
