//! What is the store in memory's own affair: its bounds, the memory it gives back, whom it tells, and its threads. What every store
//! must do is in the contract.

mod bounds;
mod giving_back;
mod listening;
mod threads;

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use vestibule_core::NumericDate;

use super::{Bounds, MemoryStore};
use crate::{
    session::seal,
    session_store::{Born, Insertion, Mark, Moment, NewSession, Raising, SessionStore, Version},
    store::{Answer, Key, StoreError},
};

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

/// Ends whatever was born.
const EVERYTHING: Mark = Mark::from_parts(None, Moment(0), Moment(u64::MAX));

/// The key of a number, as evenly spread as real ones are.
fn key(number: u64) -> Key {
    Key::from_bytes(seal::sha256(&number.to_be_bytes()))
}

fn session(subject: Key, sid: Option<Key>, until: NumericDate) -> NewSession {
    NewSession::new(b"sealed".to_vec(), subject, sid, Born::new(NOW, Moment(1)), NOW, until)
}

/// The answer, which must be there at once.
fn at_once<T>(answer: Answer<'_, T>) -> Result<T, StoreError> {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it takes its time"),
    }
}

fn ok<T>(answer: Answer<'_, T>) -> T {
    at_once(answer).expect("no failure")
}

fn insert(store: &MemoryStore, number: u64, until: NumericDate) {
    let inserted = ok(store.insert(key(number), session(key(1_000_000 + number % 100), Some(key(number)), until), NOW));
    assert_eq!(inserted, Insertion::Done);
}

/// One entry in each map, under the key of a number.
fn one_of_each(store: &MemoryStore, number: u64, until: NumericDate) {
    insert(store, number, until);
    ok(store.raise(Raising::new(key(number), key(0), None, until), NOW));
    ok(store.raise(Raising::new(key(number), key(number), None, until), NOW));
    ok(store.burn_attempt(key(number), until, NOW)).expect("the first time");
    assert!(ok(store.remember_jti(key(number), until, NOW)));
    ok(store.lease(key(number), until, NOW)).expect("free");
    let _ = ok(store.keep(key(number), None, b"kept".to_vec(), Some(until), NOW));
}

/// The store as if all that had expired by then were cleared away already, so that nobody else does it on the way.
fn swept(store: &MemoryStore, now: NumericDate) {
    ok(store.load(key(u64::MAX), now));
}

#[test]
fn each_answer_is_there_at_once_and_costs_no_allocation() {
    let store = MemoryStore::new();
    let (key, version, fence) = (key(1), Version(1), crate::session_store::Fence(1));
    let answers = [
        format!("{:?}", store.insert(key, session(key, None, NOW), NOW)),
        format!("{:?}", store.load(key, NOW)),
        format!("{:?}", store.update(key, version, Vec::new(), NOW)),
        format!("{:?}", store.touch(key, NOW, NOW, NOW)),
        format!("{:?}", store.delete(key, NOW)),
        format!("{:?}", store.delete_all(key, EVERYTHING, NOW)),
        format!("{:?}", store.list(key, NOW)),
        format!("{:?}", store.raise(Raising::new(key, key, None, NOW), NOW)),
        format!("{:?}", store.marks(&[key], NOW)),
        format!("{:?}", store.burn_attempt(key, NOW, NOW)),
        format!("{:?}", store.remember_jti(key, NOW, NOW)),
        format!("{:?}", store.knows_jti(key, NOW)),
        format!("{:?}", store.lease(key, NOW, NOW)),
        format!("{:?}", store.renew_lease(key, fence, NOW, NOW)),
        format!("{:?}", store.release_lease(key, fence, NOW)),
        format!("{:?}", store.keep(key, None, Vec::new(), None, NOW)),
        format!("{:?}", store.kept(key, NOW)),
        format!("{:?}", store.discard(key, NOW)),
    ];
    for answer in answers {
        assert_eq!(answer, "Answer(ready)");
    }
}

/// V68
#[test]
fn the_store_prints_nothing_of_what_is_in_it() {
    let store = MemoryStore::new();
    one_of_each(&store, 1, NOW.plus(100));
    let printed = format!("{store:?}");
    assert!(printed.starts_with("MemoryStore(Sizes { sessions: 1,"), "{printed}");
    assert!(!printed.contains("sealed") && !printed.contains("kept\""), "{printed}");
}
