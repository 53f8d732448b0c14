//! Two stores that share a place, asked by turns: what one of them did, the other has to know.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use vestibule::{
    NumericDate, SessionStore,
    session_store::{
        Answer, Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, StoredSession, Update,
        Version,
    },
};

/// A store that is two.
#[derive(Debug)]
pub struct ByTurns {
    stores: [Arc<dyn SessionStore>; 2],
    asked: AtomicUsize,
}

impl ByTurns {
    /// The first question is the first one's.
    pub fn new(stores: [Arc<dyn SessionStore>; 2]) -> Self {
        Self { stores, asked: AtomicUsize::new(0) }
    }

    fn next(&self) -> &dyn SessionStore {
        let [one, other] = &self.stores;
        if self.asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) { one.as_ref() } else { other.as_ref() }
    }
}

impl SessionStore for ByTurns {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        self.next().insert(key, session, now)
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        self.next().load(key, now)
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        self.next().update(key, version, value, now)
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.next().touch(key, last_seen, expires_at, now)
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.next().delete(key, now)
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        self.next().delete_all(index, mark, now)
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        self.next().list(index, now)
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        self.next().raise(raising, now)
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        self.next().marks(whose, now)
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        self.next().burn_attempt(attempt, until, now)
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.next().remember_jti(jti, until, now)
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        self.next().knows_jti(jti, now)
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        self.next().lease(name, until, now)
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.next().renew_lease(name, fence, until, now)
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        self.next().release_lease(name, fence, now)
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        self.next().keep(key, version, value, until, now)
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        self.next().kept(key, now)
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.next().discard(key, now)
    }

    fn reach(&self) -> Reach {
        self.next().reach()
    }

    fn listen(&self, listener: Listener) {
        self.stores.iter().for_each(|store| store.listen(Arc::clone(&listener)));
    }

    fn check(&self) -> Answer<'_, ()> {
        self.next().check()
    }
}
