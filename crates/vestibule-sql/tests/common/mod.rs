//! What the tests of both stores share.

#![allow(dead_code, reason = "each test file takes what it needs")]

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use vestibule::{
    NumericDate,
    session_store::{Born, Insertion, Key, Listener, Mark, Moment, NewSession, Notice, Raising, SessionStore},
};

pub(crate) const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

/// Ends whatever was born.
pub(crate) const EVERYTHING: Mark = Mark::from_parts(None, Moment(0), Moment(u64::MAX));

/// A key that no other test, and no other run, has.
pub(crate) fn fresh() -> Key {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        // Seeded at random in each process.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(NUMBER.fetch_add(1, Ordering::Relaxed));
        chunk.copy_from_slice(&hasher.finish().to_be_bytes());
    }
    Key::from_bytes(bytes)
}

pub(crate) fn session(subject: Key, until: NumericDate) -> NewSession {
    NewSession::new(b"sealed".to_vec(), subject, None, Born::new(NOW, Moment(1)), NOW, until)
}

pub(crate) async fn enter(store: &dyn SessionStore, key: Key, subject: Key, until: NumericDate) {
    assert_eq!(store.insert(key, session(subject, until), NOW).await.expect("an answer"), Insertion::Done);
}

/// One entry of each kind that ends then.
pub(crate) async fn one_of_each(store: &dyn SessionStore, until: NumericDate) -> Key {
    let key = fresh();
    enter(store, key, fresh(), until).await;
    store.raise(Raising::new(key, fresh(), None, until), NOW).await.expect("an answer");
    store.burn_attempt(key, until, NOW).await.expect("an answer").expect("the first time");
    assert!(store.remember_jti(key, until, NOW).await.expect("an answer"));
    store.lease(key, until, NOW).await.expect("an answer").expect("free");
    let _ = store.keep(key, None, b"kept".to_vec(), Some(until), NOW).await.expect("an answer");
    key
}

/// A listener, and what it was told.
pub(crate) fn overheard() -> (Listener, Arc<Mutex<Vec<Notice>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tells = Arc::clone(&told);
    (Arc::new(move |notice| tells.lock().expect("not poisoned").push(notice)), told)
}

pub(crate) fn taken(told: &Mutex<Vec<Notice>>) -> Vec<Notice> {
    std::mem::take(&mut *told.lock().expect("not poisoned"))
}

/// The whole chain of an error, as a log has it, and its debugging output.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error:?}");
    let mut next = Some(error);
    while let Some(error) = next {
        text += &format!(" | {error}");
        next = error.source();
    }
    text
}
