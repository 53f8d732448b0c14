//! A store in which every operation waits for its turn.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use vestibule::{
    MemoryStore, NumericDate,
    session_store::{
        Answer, Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, SessionStore,
        StoredSession, Update, Version,
    },
};

use crate::turns::{Act, Turns};

/// The store as one machine reaches it.
#[derive(Clone)]
pub(crate) struct Stepping {
    pub(crate) store: Arc<MemoryStore>,
    turns: Turns,
    machine: usize,
    /// What was inserted, as it was.
    pub(crate) inserted: Arc<Mutex<Vec<(Key, NewSession)>>>,
}

impl Stepping {
    pub(crate) fn new(store: Arc<MemoryStore>, turns: Turns, machine: usize) -> Self {
        Self { store, turns, machine, inserted: Arc::default() }
    }

    fn step<'a, T: Send + 'a>(
        &'a self,
        what: &'static str,
        on: Key,
        act: impl FnOnce(&'a MemoryStore) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        let step = Act { machine: self.machine, what, on: Some(on) };
        Answer::later(async move {
            self.turns.pass(step).await;
            let answer = act(&self.store).await;
            self.turns.come_back(step).await;
            answer
        })
    }
}

impl SessionStore for Stepping {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        self.step("insert", key, move |store| {
            self.inserted.lock().expect("no panic").push((key, session.clone()));
            store.insert(key, session, now)
        })
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        self.step("load", key, move |store| store.load(key, now))
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        self.step("update", key, move |store| store.update(key, version, value, now))
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.step("touch", key, move |store| store.touch(key, last_seen, expires_at, now))
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.step("delete", key, move |store| store.delete(key, now))
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        self.step("delete_all", index, move |store| store.delete_all(index, mark, now))
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        self.step("list", index, move |store| store.list(index, now))
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        self.step("raise", raising.whose, move |store| store.raise(raising, now))
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        let on = whose.first().copied().expect("a session has a mark of its own");
        self.step("marks", on, move |store| store.marks(whose, now))
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        self.step("burn_attempt", attempt, move |store| store.burn_attempt(attempt, until, now))
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.step("remember_jti", jti, move |store| store.remember_jti(jti, until, now))
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        self.step("knows_jti", jti, move |store| store.knows_jti(jti, now))
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        Answer::later(async move {
            let lease = self.step("lease", name, move |store| store.lease(name, until, now)).await;
            self.turns.note_lease(self.machine, matches!(lease, Ok(None)));
            lease
        })
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.step("renew_lease", name, move |store| store.renew_lease(name, fence, until, now))
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        self.step("release_lease", name, move |store| store.release_lease(name, fence, now))
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        self.step("keep", key, move |store| store.keep(key, version, value, until, now))
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        self.step("kept", key, move |store| store.kept(key, now))
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.step("discard", key, move |store| store.discard(key, now))
    }

    /// Like a store that is asked over a network.
    fn reach(&self) -> Reach {
        Reach::Everywhere
    }

    fn listen(&self, listener: Listener) {
        self.store.listen(listener);
    }
}

impl fmt::Debug for Stepping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stepping").field("machine", &self.machine).finish_non_exhaustive()
    }
}
