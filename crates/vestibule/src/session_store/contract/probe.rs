//! The store under test, asked at a time: so many seconds after the check began.

use vestibule_core::NumericDate;

use super::Breach;
use crate::{
    session::seal,
    session_store::{
        Born, Fence, Insertion, Kept, Mark, Moment, NewSession, Raising, SessionStore, StoredSession, Update, Version,
    },
    store::Key,
};

/// When the things of the check end, unless they say otherwise.
pub(super) const LIFE: i64 = 100;

#[derive(Clone, Copy)]
pub(super) struct Probe<'a> {
    store: &'a dyn SessionStore,
    start: NumericDate,
}

/// A key that nobody has.
pub(super) fn fresh() -> Key {
    Key::from_bytes(seal::random())
}

/// A value that nobody has.
pub(super) fn value() -> Vec<u8> {
    seal::random::<24>().to_vec()
}

/// One of 64 KiB, which has all bytes in it.
pub(super) fn long_value() -> Vec<u8> {
    (0..=u8::MAX).cycle().take(64 * 1024).collect()
}

impl<'a> Probe<'a> {
    pub(super) fn new(store: &'a dyn SessionStore, start: NumericDate) -> Self {
        Self { store, start }
    }

    pub(super) fn at(&self, after: i64) -> NumericDate {
        self.start.plus(after)
    }

    /// A session that begins now and lives for [`LIFE`].
    pub(super) fn session(&self, subject: Key, sid: Option<Key>) -> NewSession {
        self.born(Born::new(self.start, Moment(1)), subject, sid)
    }

    pub(super) fn born(&self, born: Born, subject: Key, sid: Option<Key>) -> NewSession {
        NewSession::new(value(), subject, sid, born, self.start, self.at(LIFE))
    }

    /// A session of somebody, and its key.
    pub(super) async fn somebody(&self) -> Result<(Key, NewSession), Breach> {
        let (key, session) = (fresh(), self.session(fresh(), Some(fresh())));
        self.enter(key, &session).await?;
        Ok((key, session))
    }

    /// Inserts a session under a fresh key.
    pub(super) async fn enter(&self, key: Key, session: &NewSession) -> Result<(), Breach> {
        let inserted = self.insert(key, session.clone(), 0).await?;
        super::same("a session is inserted under a key that nobody has", &inserted, &Insertion::Done)
    }

    /// The session of a key that must be there.
    pub(super) async fn there(&self, clause: &'static str, key: Key, after: i64) -> Result<StoredSession, Breach> {
        let found = self.load(key, after).await?;
        found.ok_or(Breach { clause, found: ": there is no session".to_owned(), source: None })
    }

    /// The keys of what an index lists.
    pub(super) async fn listed(&self, index: Key, after: i64) -> Result<Vec<Key>, Breach> {
        Ok(sorted(self.list(index, after).await?.into_iter().map(|(key, _)| key)))
    }

    pub(super) async fn insert(&self, key: Key, session: NewSession, after: i64) -> Result<Insertion, Breach> {
        self.store.insert(key, session, self.at(after)).await.map_err(|e| Breach::failed("insert", e))
    }

    pub(super) async fn load(&self, key: Key, after: i64) -> Result<Option<StoredSession>, Breach> {
        self.store.load(key, self.at(after)).await.map_err(|e| Breach::failed("load", e))
    }

    pub(super) async fn update(&self, key: Key, version: Version, value: &[u8], after: i64) -> Result<Update, Breach> {
        let updated = self.store.update(key, version, value.to_vec(), self.at(after)).await;
        updated.map_err(|e| Breach::failed("update", e))
    }

    pub(super) async fn touch(&self, key: Key, seen: i64, expires: i64, after: i64) -> Result<bool, Breach> {
        let touched = self.store.touch(key, self.at(seen), self.at(expires), self.at(after)).await;
        touched.map_err(|e| Breach::failed("touch", e))
    }

    pub(super) async fn delete(&self, key: Key, after: i64) -> Result<bool, Breach> {
        self.store.delete(key, self.at(after)).await.map_err(|e| Breach::failed("delete", e))
    }

    pub(super) async fn delete_all(&self, index: Key, mark: Mark, after: i64) -> Result<Vec<Key>, Breach> {
        let over = self.store.delete_all(index, mark, self.at(after)).await;
        over.map(sorted).map_err(|e| Breach::failed("delete_all", e))
    }

    pub(super) async fn list(&self, index: Key, after: i64) -> Result<Vec<(Key, StoredSession)>, Breach> {
        self.store.list(index, self.at(after)).await.map_err(|e| Breach::failed("list", e))
    }

    pub(super) async fn raise(&self, raising: Raising, after: i64) -> Result<Mark, Breach> {
        self.store.raise(raising, self.at(after)).await.map_err(|e| Breach::failed("raise", e))
    }

    pub(super) async fn marks(&self, whose: &[Key], after: i64) -> Result<Mark, Breach> {
        self.store.marks(whose, self.at(after)).await.map_err(|e| Breach::failed("marks", e))
    }

    pub(super) async fn burn(&self, attempt: Key, until: i64, after: i64) -> Result<Option<Moment>, Breach> {
        let burnt = self.store.burn_attempt(attempt, self.at(until), self.at(after)).await;
        burnt.map_err(|e| Breach::failed("burn_attempt", e))
    }

    pub(super) async fn remember(&self, jti: Key, until: i64, after: i64) -> Result<bool, Breach> {
        let new = self.store.remember_jti(jti, self.at(until), self.at(after)).await;
        new.map_err(|e| Breach::failed("remember_jti", e))
    }

    pub(super) async fn knows(&self, jti: Key, after: i64) -> Result<bool, Breach> {
        self.store.knows_jti(jti, self.at(after)).await.map_err(|e| Breach::failed("knows_jti", e))
    }

    pub(super) async fn lease(&self, name: Key, until: i64, after: i64) -> Result<Option<Fence>, Breach> {
        self.store.lease(name, self.at(until), self.at(after)).await.map_err(|e| Breach::failed("lease", e))
    }

    pub(super) async fn renew(&self, name: Key, fence: Fence, until: i64, after: i64) -> Result<bool, Breach> {
        let renewed = self.store.renew_lease(name, fence, self.at(until), self.at(after)).await;
        renewed.map_err(|e| Breach::failed("renew_lease", e))
    }

    pub(super) async fn release(&self, name: Key, fence: Fence, after: i64) -> Result<(), Breach> {
        let released = self.store.release_lease(name, fence, self.at(after)).await;
        released.map_err(|e| Breach::failed("release_lease", e))
    }

    pub(super) async fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: &[u8],
        until: Option<i64>,
        after: i64,
    ) -> Result<Update, Breach> {
        let until = until.map(|until| self.at(until));
        let kept = self.store.keep(key, version, value.to_vec(), until, self.at(after)).await;
        kept.map_err(|e| Breach::failed("keep", e))
    }

    pub(super) async fn kept(&self, key: Key, after: i64) -> Result<Option<Kept>, Breach> {
        self.store.kept(key, self.at(after)).await.map_err(|e| Breach::failed("kept", e))
    }

    pub(super) async fn discard(&self, key: Key, after: i64) -> Result<bool, Breach> {
        self.store.discard(key, self.at(after)).await.map_err(|e| Breach::failed("discard", e))
    }
}

pub(super) fn sorted(keys: impl IntoIterator<Item = Key>) -> Vec<Key> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_unstable();
    keys
}
