//! A store that is shared is a store.

use std::sync::Arc;

use vestibule_core::NumericDate;

use super::{
    Answer, Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, SessionStore, Sizes,
    StoredSession, Update, Version,
};

impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        (**self).insert(key, session, now)
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        (**self).load(key, now)
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        (**self).update(key, version, value, now)
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        (**self).touch(key, last_seen, expires_at, now)
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        (**self).delete(key, now)
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        (**self).delete_all(index, mark, now)
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        (**self).list(index, now)
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        (**self).raise(raising, now)
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        (**self).marks(whose, now)
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        (**self).burn_attempt(attempt, until, now)
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        (**self).remember_jti(jti, until, now)
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        (**self).knows_jti(jti, now)
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        (**self).lease(name, until, now)
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        (**self).renew_lease(name, fence, until, now)
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        (**self).release_lease(name, fence, now)
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        (**self).keep(key, version, value, until, now)
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        (**self).kept(key, now)
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        (**self).discard(key, now)
    }

    fn reach(&self) -> Reach {
        (**self).reach()
    }

    fn entries(&self) -> Option<Sizes> {
        (**self).entries()
    }

    fn listen(&self, listener: Listener) {
        (**self).listen(listener);
    }

    fn check(&self) -> Answer<'_, ()> {
        (**self).check()
    }
}
