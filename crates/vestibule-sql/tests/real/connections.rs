//! What lies between the store and the server: poolers, and slow ways.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Semaphore,
    time::timeout,
};
use vestibule::{SessionStore, StoreByUrl, session_store::Notice};
use vestibule_sql::PostgresStore;

use crate::{
    House,
    common::{NOW, enter, fresh, overheard, taken},
};

/// What hands on between the store and the server, and on which terms.
#[derive(Default)]
struct Way {
    is_deaf: std::sync::atomic::AtomicBool,
    taken: AtomicUsize,
}

impl Way {
    /// A connection is handed on when `open` has room for it. Gives the URL that goes this way.
    async fn to(self: &Arc<Self>, house: &House, open: Arc<Semaphore>) -> String {
        let (before, rest) = house.url.split_once('@').expect("a URL with a user");
        let (server, database) = rest.split_once('/').expect("a URL with a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (way, server) = (Arc::clone(self), server.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                way.taken.fetch_add(1, Ordering::SeqCst);
                open.acquire().await.expect("open").forget();
                let upstream = TcpStream::connect(&server).await.expect("connected");
                let (mut from_client, to_client) = client.into_split();
                let (from_server, mut to_server) = upstream.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
                tokio::spawn(Arc::clone(&way).hand_on(from_server, to_client));
            }
        });
        let and = if database.contains('?') { '&' } else { '?' };
        format!("{before}@127.0.0.1:{port}/{database}{and}sslmode=disable&vestibule_schema={}", house.schema)
    }

    /// Each message of the server but the notifications, where it is deaf.
    async fn hand_on(self: Arc<Self>, mut from_server: OwnedReadHalf, mut to_client: OwnedWriteHalf) -> Option<()> {
        loop {
            let kind = from_server.read_u8().await.ok()?;
            let length = from_server.read_u32().await.ok()?;
            let mut rest = vec![0; usize::try_from(length).ok()?.checked_sub(4)?];
            from_server.read_exact(&mut rest).await.ok()?;
            if kind == b'A' && self.is_deaf.load(Ordering::SeqCst) {
                continue;
            }
            let message = [&[kind][..], &length.to_be_bytes(), &rest].concat();
            to_client.write_all(&message).await.ok()?;
        }
    }
}

/// As a pooler in transaction mode is: it takes LISTEN, and what is said then goes to nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_listens_and_hears_nothing_does_not_say_that_it_hears() {
    let Some(house) = House::new("vestibule_test_deaf").await else { return };
    house.migrated().await;
    let way = Arc::new(Way::default());
    way.is_deaf.store(true, Ordering::SeqCst);
    let url = way.to(&house, Arc::new(Semaphore::new(Semaphore::MAX_PERMITS))).await;
    let store = PostgresStore::from_url(&url).expect("a store");
    let (listener, told) = overheard();
    store.listen(listener);
    let give_up = Instant::now() + Duration::from_secs(20);
    // One that asks, one that listens, and one that listens anew.
    while way.taken.load(Ordering::SeqCst) < 3 {
        assert!(Instant::now() < give_up, "not tried again");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(taken(&told), []);
    way.is_deaf.store(false, Ordering::SeqCst);
    while !taken(&told).contains(&Notice::Hearing) {
        assert!(Instant::now() < give_up, "not heard");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    house.gone().await;
}

/// The door gives up after a second, and tries again: each time from the beginning, it would never come to an end.
#[tokio::test]
async fn a_connection_for_which_nobody_waited_is_there_for_the_next_question() {
    let Some(house) = House::new("vestibule_test_slow").await else { return };
    house.migrated().await;
    let (way, open) = (Arc::new(Way::default()), Arc::new(Semaphore::new(0)));
    let store =
        PostgresStore::from_url(&way.to(&house, Arc::clone(&open)).await).expect("a store").at_most_connections(1);
    let asked = timeout(Duration::from_millis(100), store.load(fresh(), NOW)).await;
    assert!(asked.is_err(), "nothing is handed on yet");
    open.add_permits(1);
    enter(&store, fresh(), fresh(), NOW.plus(100)).await;
    assert_eq!(way.taken.load(Ordering::SeqCst), 1);
    house.gone().await;
}
