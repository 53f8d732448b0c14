//! Several machines, and several runs of the program: they have the same keys where they share a store.

use std::sync::Arc;

use vestibule::{MemoryStore, OwnKeys, SecretKey};

use crate::{
    bench::{DAY, by_key, corp, jwks, kids, op, registered, run, signed_by, signs_in},
    house::{House, TestClock, log::Log},
};

/// Two machines of one application, with one store.
fn machines(store: &Arc<MemoryStore>) -> [House; 2] {
    let (op, clock) = (op(registered()), TestClock::new());
    let machine =
        || run(&op, &clock, corp(by_key()).keys(OwnKeys::made()), |builder| builder.sessions(Arc::clone(store)));
    [machine().1, machine().1]
}

#[tokio::test]
async fn machines_that_share_a_store_have_the_same_keys() {
    let [mut one, mut other] = machines(&Arc::default());
    assert!(signs_in(&mut one).await && signs_in(&mut other).await);
    assert_eq!(kids(&jwks(&mut one).await).len(), 1);
    assert_eq!(jwks(&mut one).await, jwks(&mut other).await);
}

/// How often keys were made that are kept.
fn made(log: &Log) -> usize {
    log.lines().iter().filter(|line| line.contains("keys of our own were made")).count()
}

/// Whoever is too late takes the key of the one who was first, and proves by it who we are.
#[tokio::test]
async fn machines_that_need_their_first_key_at_the_same_time_have_one() {
    let [mut one, mut other] = machines(&Arc::default());
    let (log, _listening) = Log::listen();
    tokio::join!(one.get("/profile"), other.get("/profile"));
    assert_eq!(made(&log), 1);
    for house in [&mut one, &mut other] {
        house.browser = house.another_browser();
        assert!(signs_in(house).await);
        assert_eq!(kids(&jwks(house).await), [signed_by(&house.provider)]);
    }
}

#[tokio::test]
async fn machines_that_rotate_at_the_same_time_do_not_rotate_apart() {
    let [mut one, mut other] = machines(&Arc::default());
    assert!(signs_in(&mut one).await && signs_in(&mut other).await);
    for house in [&mut one, &mut other] {
        house.browser = house.another_browser();
    }
    one.pass(29 * DAY);
    other.pass(0);
    let (log, _listening) = Log::listen();
    tokio::join!(one.get("/profile"), other.get("/profile"));
    assert_eq!(made(&log), 1);
    assert_eq!(kids(&jwks(&mut one).await).len(), 2);
    assert_eq!(jwks(&mut one).await, jwks(&mut other).await);
}

#[tokio::test]
async fn everybody_who_comes_at_once_waits_for_the_same_key() {
    let [mut house, _] = machines(&Arc::default());
    let (log, _listening) = Log::listen();
    let mut browsers: Vec<_> = (0..100).map(|_| house.another_browser()).collect();
    futures_util::future::join_all(browsers.iter_mut().map(|browser| browser.get("http://localhost:3000/profile")))
        .await;
    assert_eq!(made(&log), 1);
    assert_eq!(kids(&jwks(&mut house).await).len(), 1);
}

#[tokio::test]
async fn keys_that_nobody_can_open_any_more_are_made_anew() {
    let (op, clock, store) = (op(registered()), TestClock::new(), Arc::new(MemoryStore::new()));
    let run_with = |secret: u8| {
        run(&op, &clock, corp(by_key()).keys(OwnKeys::made()), |builder| {
            // The first one of the bench stays the last one of the ring.
            let builder = builder.secret_key(SecretKey::from_bytes([secret; 32]));
            builder.sessions(Arc::clone(&store))
        })
        .1
    };
    let mut before = run_with(8);
    assert!(signs_in(&mut before).await);
    let mut after = run_with(9);
    assert!(signs_in(&mut after).await);
    assert_eq!(kids(&jwks(&mut after).await), [signed_by(&op)]);
    assert_eq!(kids(&jwks(&mut after).await).len(), 1);
}
