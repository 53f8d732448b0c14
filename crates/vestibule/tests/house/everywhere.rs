//! A store in memory that claims to be the one of all machines, that can be away, and whose records a test can get at.

use std::sync::{
    Arc, Mutex,
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
pub struct Everywhere {
    pub inner: MemoryStore,
    /// Whether it cannot be reached.
    pub is_away: AtomicBool,
    /// So many of the leases that are asked for next cannot be said.
    pub leases_away: AtomicUsize,
    /// The sessions that were inserted, as they were.
    pub inserted: Mutex<Vec<(Key, NewSession)>>,
    /// The keys under which something was kept, each once.
    pub kept: Mutex<Vec<Key>>,
    /// How often a value was asked for.
    pub asked: AtomicUsize,
}

impl Everywhere {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The keys under which something was kept.
    pub fn kept_keys(&self) -> Vec<Key> {
        self.kept.lock().expect("no panic").clone()
    }

    /// The keys of the sessions that were inserted.
    pub fn session_keys(&self) -> Vec<Key> {
        self.inserted.lock().expect("no panic").iter().map(|(key, _)| *key).collect()
    }

    /// Puts another value where a session is.
    pub async fn put_session(&self, key: Key, value: Vec<u8>, now: NumericDate) {
        let there = self.inner.load(key, now).await.expect("in memory").expect("a session");
        let update = self.inner.update(key, there.version, value, now).await.expect("in memory");
        assert!(matches!(update, Update::Done(_)));
    }

    /// Puts another value where one is kept.
    pub async fn put_kept(&self, key: Key, value: Vec<u8>, now: NumericDate) {
        let there = self.inner.kept(key, now).await.expect("in memory").map(|kept| kept.version);
        let update = self.inner.keep(key, there, value, None, now).await.expect("in memory");
        assert!(matches!(update, Update::Done(_)));
    }

    /// What is kept under a key.
    pub async fn value(&self, key: Key, now: NumericDate) -> Vec<u8> {
        self.inner.kept(key, now).await.expect("in memory").expect("kept").value
    }

    fn or_away<'a, T: Send + 'a>(&'a self, answer: impl FnOnce() -> Answer<'a, T>) -> Answer<'a, T> {
        if self.is_away.load(Ordering::SeqCst) { away() } else { answer() }
    }
}

fn away<'a, T>() -> Answer<'a, T> {
    Answer::ready(Err(StoreError::transient("away")))
}

impl SessionStore for Everywhere {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        self.inserted.lock().expect("no panic").push((key, session.clone()));
        self.or_away(|| self.inner.insert(key, session, now))
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        self.or_away(|| self.inner.load(key, now))
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        self.or_away(|| self.inner.update(key, version, value, now))
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.or_away(|| self.inner.touch(key, last_seen, expires_at, now))
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.or_away(|| self.inner.delete(key, now))
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        self.or_away(|| self.inner.delete_all(index, mark, now))
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        self.or_away(|| self.inner.list(index, now))
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        self.or_away(|| self.inner.raise(raising, now))
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        self.or_away(|| self.inner.marks(whose, now))
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        self.or_away(|| self.inner.burn_attempt(attempt, until, now))
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.or_away(|| self.inner.remember_jti(jti, until, now))
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        self.or_away(|| self.inner.knows_jti(jti, now))
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        let less = |left: usize| left.checked_sub(1);
        if self.leases_away.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return away();
        }
        self.or_away(|| self.inner.lease(name, until, now))
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.or_away(|| self.inner.renew_lease(name, fence, until, now))
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        self.or_away(|| self.inner.release_lease(name, fence, now))
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        let mut kept = self.kept.lock().expect("no panic");
        if !kept.contains(&key) {
            kept.push(key);
        }
        self.or_away(|| self.inner.keep(key, version, value, until, now))
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.or_away(|| self.inner.kept(key, now))
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.or_away(|| self.inner.discard(key, now))
    }

    fn reach(&self) -> Reach {
        Reach::Everywhere
    }

    fn listen(&self, listener: Listener) {
        self.inner.listen(listener);
    }
}
