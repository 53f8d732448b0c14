//! Round trips, counted between the store and the server.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use vestibule::{
    SessionStore, StoreByUrl,
    session_store::{Raising, Update},
};
use vestibule_sql::PostgresStore;

use crate::{
    House,
    common::{NOW, enter, fresh, session},
};

/// Hands on what comes, and counts how often the client speaks.
async fn counting(server: String) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let upstream = TcpStream::connect(&server).await.expect("connected");
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = upstream.into_split();
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                    counted.fetch_add(1, Ordering::SeqCst);
                    to_server.write_all(buffer.get(..read).expect("read")).await.expect("written");
                }
            });
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        }
    });
    (port, count)
}

#[tokio::test]
async fn a_question_is_one_round_trip() {
    let Some(house) = House::new("vestibule_test_trips").await else { return };
    house.migrated().await;
    let (before, rest) = house.url.split_once('@').expect("a URL with a user");
    let (server, database) = rest.split_once('/').expect("a URL with a database");
    let (port, count) = counting(server.to_owned()).await;
    let query = if database.contains('?') { "&" } else { "?" };
    let url = format!("{before}@127.0.0.1:{port}/{database}{query}sslmode=disable");
    let store = PostgresStore::from_url(&url).and_then(|store| store.schema(house.schema)).expect("a store");
    let store = store.at_most_connections(1);
    let (key, until) = (fresh(), NOW.plus(100));
    enter(&store, key, fresh(), until).await;
    let mut trips = Vec::new();
    // The first time a statement is prepared as well; the purge has had its turn by then.
    for _ in 0..3 {
        trips.clear();
        let mut last = count.load(Ordering::SeqCst);
        let mut note = |what: &'static str| {
            let now = count.load(Ordering::SeqCst);
            trips.push((what, now - last));
            last = now;
        };
        let found = store.load(key, NOW).await.expect("an answer").expect("there");
        note("load");
        store.marks(&[key, fresh(), fresh(), fresh()], NOW).await.expect("an answer");
        note("marks");
        assert!(store.touch(key, NOW, until, NOW).await.expect("an answer"));
        note("touch");
        let updated = store.update(key, found.version, b"new".to_vec(), NOW).await.expect("an answer");
        assert!(matches!(updated, Update::Done(_)));
        note("update");
        store.burn_attempt(fresh(), until, NOW).await.expect("an answer");
        note("burn_attempt");
        let other = fresh();
        let _ = store.insert(other, session(fresh(), until), NOW).await.expect("an answer");
        note("insert");
        store.delete(other, NOW).await.expect("an answer");
        note("delete");
        store.raise(Raising::new(fresh(), fresh(), None, until), NOW).await.expect("an answer");
        note("raise");
        store.lease(fresh(), until, NOW).await.expect("an answer");
        note("lease");
    }
    assert!(trips.iter().all(|(_, trips)| *trips == 1), "{trips:?}");
    house.gone().await;
}
