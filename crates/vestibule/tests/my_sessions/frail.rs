//! A store in memory that can fail, be slow, and keep to itself what ends.

#![allow(unreachable_pub, reason = "a module of a test, which has no other crate to reach")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use vestibule::{
    MemoryStore, NumericDate, SessionStore, StoreError,
    session_store::{
        Answer, Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, StoredSession, Update,
        Version,
    },
};

#[derive(Debug, Default)]
pub struct Frail {
    inner: MemoryStore,
    pub fails: AtomicBool,
    /// Tells nobody what ends, as a store without notifications.
    pub is_silent: bool,
    /// Answers for marks take a while, and are counted.
    pub is_slow: AtomicBool,
    at_once: AtomicUsize,
    pub most_at_once: AtomicUsize,
    pub marks_asked: AtomicUsize,
}

impl Frail {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn silent() -> Arc<Self> {
        Arc::new(Self { is_silent: true, ..Self::default() })
    }

    fn or_fail<'a, T: Send + 'a>(&'a self, answer: impl FnOnce() -> Answer<'a, T>) -> Answer<'a, T> {
        if self.fails.load(Ordering::SeqCst) {
            Answer::ready(Err(StoreError::transient("out of order")))
        } else {
            answer()
        }
    }
}

impl SessionStore for Frail {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        self.or_fail(|| self.inner.insert(key, session, now))
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        self.or_fail(|| self.inner.load(key, now))
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        self.or_fail(|| self.inner.update(key, version, value, now))
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.or_fail(|| self.inner.touch(key, last_seen, expires_at, now))
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.or_fail(|| self.inner.delete(key, now))
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        self.or_fail(|| self.inner.delete_all(index, mark, now))
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        self.or_fail(|| self.inner.list(index, now))
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        self.or_fail(|| self.inner.raise(raising, now))
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        self.marks_asked.fetch_add(1, Ordering::SeqCst);
        if !self.is_slow.load(Ordering::SeqCst) {
            return self.or_fail(|| self.inner.marks(whose, now));
        }
        Answer::later(async move {
            let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            self.inner.marks(whose, now).await
        })
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        self.or_fail(|| self.inner.burn_attempt(attempt, until, now))
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.or_fail(|| self.inner.remember_jti(jti, until, now))
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        self.or_fail(|| self.inner.knows_jti(jti, now))
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        self.or_fail(|| self.inner.lease(name, until, now))
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.or_fail(|| self.inner.renew_lease(name, fence, until, now))
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        self.or_fail(|| self.inner.release_lease(name, fence, now))
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        self.or_fail(|| self.inner.keep(key, version, value, until, now))
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        self.or_fail(|| self.inner.kept(key, now))
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.or_fail(|| self.inner.discard(key, now))
    }

    fn reach(&self) -> Reach {
        self.inner.reach()
    }

    fn listen(&self, listener: Listener) {
        if !self.is_silent {
            self.inner.listen(listener);
        }
    }
}
