//! A store that answers falsely once.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use vestibule_core::NumericDate;

use crate::{
    session_store::{
        Fence, Insertion, Kept, Mark, MemoryStore, Moment, NewSession, Raising, Reach, SessionStore, StoredSession,
        Update, Version, contract::probe::fresh,
    },
    store::{Answer, Key},
};

#[derive(Debug)]
pub(super) struct Liar {
    inner: MemoryStore,
    after: usize,
    answers: AtomicUsize,
    lied: Mutex<&'static str>,
}

impl Liar {
    /// Lies after so many honest answers.
    pub(super) fn after(after: usize) -> Self {
        Self { inner: MemoryStore::new(), after, answers: AtomicUsize::new(0), lied: Mutex::new("nowhere") }
    }

    pub(super) fn answers(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    /// In which method it lied.
    pub(super) fn lied(&self) -> &'static str {
        *self.lied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say<'a, T: Lie + Send + 'a>(&'a self, method: &'static str, truth: Answer<'a, T>) -> Answer<'a, T> {
        Answer::later(async move {
            let truth = truth.await?;
            if self.answers.fetch_add(1, Ordering::Relaxed) != self.after {
                return Ok(truth);
            }
            *self.lied.lock().unwrap_or_else(PoisonError::into_inner) = method;
            Ok(truth.lie())
        })
    }
}

trait Lie {
    fn lie(self) -> Self;
}

impl Lie for bool {
    fn lie(self) -> Self {
        !self
    }
}

impl Lie for Insertion {
    fn lie(self) -> Self {
        if self == Self::Done { Self::Exists } else { Self::Done }
    }
}

impl Lie for Update {
    fn lie(self) -> Self {
        match self {
            Self::Done(_) | Self::Gone => Self::Changed,
            Self::Changed => Self::Gone,
        }
    }
}

impl Lie for Mark {
    fn lie(self) -> Self {
        if self == Self::default() { Self::at(Moment(7), None) } else { Self::default() }
    }
}

impl<T: Invented> Lie for Option<T> {
    fn lie(self) -> Self {
        if self.is_some() { None } else { Some(T::invented()) }
    }
}

impl<T: Invented> Lie for Vec<T> {
    fn lie(mut self) -> Self {
        if self.pop().is_none() {
            self.push(T::invented());
        }
        self
    }
}

trait Invented {
    fn invented() -> Self;
}

impl Invented for StoredSession {
    fn invented() -> Self {
        Self::new(Vec::new(), Version(1), NumericDate::from_seconds(1), NumericDate::from_seconds(i64::MAX))
    }
}

impl Invented for Kept {
    fn invented() -> Self {
        Self::new(Vec::new(), Version(1))
    }
}

impl Invented for Moment {
    fn invented() -> Self {
        Self(u64::MAX)
    }
}

impl Invented for Fence {
    fn invented() -> Self {
        Self(u64::MAX)
    }
}

impl Invented for Key {
    fn invented() -> Self {
        fresh()
    }
}

impl Invented for (Key, StoredSession) {
    fn invented() -> Self {
        (Key::invented(), StoredSession::invented())
    }
}

impl SessionStore for Liar {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        self.say("insert", self.inner.insert(key, session, now))
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        self.say("load", self.inner.load(key, now))
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        self.say("update", self.inner.update(key, version, value, now))
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.say("touch", self.inner.touch(key, last_seen, expires_at, now))
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.say("delete", self.inner.delete(key, now))
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        self.say("delete_all", self.inner.delete_all(index, mark, now))
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        self.say("list", self.inner.list(index, now))
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        self.say("raise", self.inner.raise(raising, now))
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        self.say("marks", self.inner.marks(whose, now))
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        self.say("burn_attempt", self.inner.burn_attempt(attempt, until, now))
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.say("remember_jti", self.inner.remember_jti(jti, until, now))
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        self.say("knows_jti", self.inner.knows_jti(jti, now))
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        self.say("lease", self.inner.lease(name, until, now))
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.say("renew_lease", self.inner.renew_lease(name, fence, until, now))
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        self.inner.release_lease(name, fence, now)
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        self.say("keep", self.inner.keep(key, version, value, until, now))
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        self.say("kept", self.inner.kept(key, now))
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.say("discard", self.inner.discard(key, now))
    }

    fn reach(&self) -> Reach {
        self.inner.reach()
    }
}
