//! Two machines hear of each other.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};
use vestibule::{
    SessionStore,
    session_store::{Insertion, Mark, Moment, Notice, Raising},
};
use vestibule_redis::RedisStore;

use super::server::{Server, fresh, now, session};

fn heard(store: &RedisStore) -> UnboundedReceiver<Notice> {
    let (tell, heard) = unbounded_channel();
    store.listen(Arc::new(move |notice| {
        // Whoever has heard enough is gone.
        let _ = tell.send(notice);
    }));
    heard
}

async fn next(heard: &mut UnboundedReceiver<Notice>) -> Notice {
    timeout(Duration::from_secs(5), heard.recv()).await.expect("in time").expect("a notice")
}

#[tokio::test]
async fn an_end_on_one_machine_is_heard_on_the_other() {
    let Some(server) = Server::first().await else { return };
    let (here, there) = (server.store(), server.store());
    let mut heard = heard(&there);
    assert_eq!(next(&mut heard).await, Notice::Hearing);
    let (first, second, subject, marked) = (fresh(), fresh(), fresh(), fresh());
    for key in [first, second] {
        assert_eq!(here.insert(key, session(subject, None), now()).await.expect("inserted"), Insertion::Done);
    }
    assert!(here.delete(first, now()).await.expect("deleted"));
    assert_eq!(next(&mut heard).await, Notice::Ended(first));
    let everything = Mark::from_parts(None, Moment(0), Moment(u64::MAX));
    assert_eq!(here.delete_all(subject, everything, now()).await.expect("deleted"), [second]);
    assert_eq!(next(&mut heard).await, Notice::Ended(second));
    here.raise(Raising::new(marked, marked, None, now().plus(100)), now()).await.expect("raised");
    assert_eq!(next(&mut heard).await, Notice::Ended(marked));
}

/// A gap is told, and so is its end: whoever waits looks again then.
#[tokio::test]
async fn a_listener_is_told_when_the_connection_is_lost_and_when_it_is_back() {
    let Some(server) = Server::first().await else { return };
    let store = server.store();
    let mut heard = heard(&store);
    assert_eq!(next(&mut heard).await, Notice::Hearing);
    server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    assert_eq!(next(&mut heard).await, Notice::Deaf);
    assert_eq!(next(&mut heard).await, Notice::Hearing);
}

/// Questions find a new connection, those that were lost with the old one aside.
#[tokio::test]
async fn a_store_whose_connections_were_cut_answers_the_next_question() {
    let Some(server) = Server::first().await else { return };
    let (store, key) = (server.store(), fresh());
    assert_eq!(store.insert(key, session(fresh(), None), now()).await.expect("inserted"), Insertion::Done);
    for _ in 0..3 {
        server.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        assert!(store.load(key, now()).await.expect("answered").is_some());
    }
}

#[test]
fn a_store_that_is_listened_to_outside_of_a_runtime_begins_with_the_first_question() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(server) = runtime().block_on(Server::first()) else { return };
    let store = server.store();
    let mut heard = heard(&store);
    for _ in 0..2 {
        // The second round is on another runtime, the first one and its tasks have ended.
        runtime().block_on(async {
            let _ = store.load(fresh(), now()).await;
            assert_eq!(next(&mut heard).await, Notice::Hearing);
        });
        assert_eq!(heard.try_recv().ok(), Some(Notice::Deaf));
    }
    drop(store);
}
