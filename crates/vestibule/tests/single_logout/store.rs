//! A store that fails on command, and counts what it is asked.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use vestibule::{
    MemoryStore, NumericDate, SessionStore, StoreError,
    session_store::{
        Answer, Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, StoredSession, Update,
        Version,
    },
};

#[derive(Debug, Default)]
pub struct Moody {
    inner: MemoryStore,
    failing: Mutex<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Moody {
    /// These methods fail from now on, and no others.
    pub fn fails_at(&self, methods: &[&'static str]) {
        *self.failing.lock().expect("no panic") = methods.to_vec();
    }

    /// How many questions it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn fails(&self, method: &str) -> bool {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.failing.lock().expect("no panic").contains(&method)
    }
}

macro_rules! pass_on {
    ($(fn $method:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&self, $($name: $type),*) -> Answer<'_, $answer> {
            if self.fails(stringify!($method)) {
                return Answer::ready(Err(StoreError::transient("as the test says")));
            }
            self.inner.$method($($name),*)
        })*
    };
}

impl SessionStore for Moody {
    pass_on! {
        fn insert(key: Key, session: NewSession, now: NumericDate) -> Insertion;
        fn load(key: Key, now: NumericDate) -> Option<StoredSession>;
        fn update(key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Update;
        fn touch(key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> bool;
        fn delete(key: Key, now: NumericDate) -> bool;
        fn delete_all(index: Key, mark: Mark, now: NumericDate) -> Vec<Key>;
        fn list(index: Key, now: NumericDate) -> Vec<(Key, StoredSession)>;
        fn raise(raising: Raising, now: NumericDate) -> Mark;
        fn burn_attempt(attempt: Key, until: NumericDate, now: NumericDate) -> Option<Moment>;
        fn remember_jti(jti: Key, until: NumericDate, now: NumericDate) -> bool;
        fn knows_jti(jti: Key, now: NumericDate) -> bool;
        fn lease(name: Key, until: NumericDate, now: NumericDate) -> Option<Fence>;
        fn renew_lease(name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> bool;
        fn release_lease(name: Key, fence: Fence, now: NumericDate) -> ();
        fn keep(key: Key, version: Option<Version>, value: Vec<u8>, until: Option<NumericDate>, now: NumericDate) -> Update;
        fn kept(key: Key, now: NumericDate) -> Option<Kept>;
        fn discard(key: Key, now: NumericDate) -> bool;
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        if self.fails("marks") {
            return Answer::ready(Err(StoreError::transient("as the test says")));
        }
        self.inner.marks(whose, now)
    }

    fn reach(&self) -> Reach {
        self.inner.reach()
    }

    fn listen(&self, listener: Listener) {
        self.inner.listen(listener);
    }
}
