//! A store in the memory of this process: what development, tests and one machine need.

mod bounds;
mod expiring;
mod keeping;
mod leases;
mod listeners;
mod locks;
mod marks;
mod moments;
mod once;
mod sessions;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
};

use vestibule_core::NumericDate;

use self::{
    bounds::{BATCH, Bounds},
    keeping::Keeping,
    leases::Leases,
    listeners::Listeners,
    marks::Marks,
    moments::{Moments, Versions},
    once::Once,
    sessions::Sessions,
};
use super::{
    Answer, Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, SessionStore,
    StoredSession, Update, Version,
};

/// Sessions, and all that outlives a cookie, in the memory of this process: gone when it ends, and unknown to any other.
///
/// Everything in it is bounded and gives its memory back when it expires; [`sizes`](Self::sizes) says how much there is. What
/// happens when there is no room:
///
/// | of | at most | then |
/// |---|---|---|
/// | sessions | 1,000,000, or [`at_most_sessions`](Self::at_most_sessions) | a new one is refused for good, those that are there stay |
/// | marks of logouts | 250,000 | the one that ends soonest gives way, and all sessions of its issuer that are as old end with it |
/// | marks of issuers | 1,000 | a logout is refused for good |
/// | burnt login attempts | 100,000 | the oldest give way; the provider's one-time code is left against their second use |
/// | `jti`s of logout tokens | 100,000 | a new one is refused for now, and the provider tries again |
/// | leases | 100,000 | a new one is refused for now |
/// | kept values | 100,000 | the one that ends soonest gives way; what is kept for good does not, and then a new one is refused for now |
///
/// # Example
/// ```
/// use vestibule::session_store::{MemoryStore, Reach, SessionStore};
///
/// let store = MemoryStore::new().at_most_sessions(10_000);
/// assert_eq!(store.sizes().sessions, 0);
/// assert_eq!(store.reach(), Reach::Process);
/// ```
pub struct MemoryStore {
    sessions: Sessions,
    marks: Marks,
    attempts: Once,
    jtis: Once,
    leases: Leases,
    kept: Keeping,
    moments: Moments,
    versions: Versions,
    listeners: Listeners,
    /// The second up to which what has expired was cleared away.
    swept: AtomicI64,
}

/// How many entries a [`MemoryStore`] holds, with those that have expired and were not cleared away yet.
///
/// # Example
/// ```
/// use vestibule::session_store::{MemoryStore, Sizes};
///
/// assert_eq!(MemoryStore::new().sizes(), Sizes::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sizes {
    /// Sessions.
    pub sessions: usize,
    /// Entries of the index by subject and `sid`: one or two a session.
    pub indexed: usize,
    /// Marks of subjects, `sid`s and single sessions.
    pub marks: usize,
    /// Marks of whole issuers.
    pub issuer_marks: usize,
    /// Login attempts that were burnt.
    pub burnt_attempts: usize,
    /// `jti`s of logout tokens.
    pub jtis: usize,
    /// Leases.
    pub leases: usize,
    /// Values that are kept.
    pub kept: usize,
}

impl Sizes {
    /// Each by its name, as gauges have it.
    pub(crate) fn by_name(self) -> Vec<(&'static str, usize)> {
        vec![
            ("sessions", self.sessions),
            ("session_index", self.indexed),
            ("marks", self.marks),
            ("issuer_marks", self.issuer_marks),
            ("burnt_attempts", self.burnt_attempts),
            ("jtis", self.jtis),
            ("leases", self.leases),
            ("kept_values", self.kept),
        ]
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::bounded(&Bounds::USUAL)
    }

    /// Holds this many sessions at most. One more is refused; those that are there stay. Each takes some 600 bytes, and what its
    /// sealed value takes: claims and tokens.
    #[must_use]
    pub fn at_most_sessions(mut self, sessions: usize) -> Self {
        self.sessions.set_at_most(sessions);
        self
    }

    /// How much there is in it, to be watched.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let (sessions, indexed) = self.sessions.sizes();
        let (marks, issuer_marks) = self.marks.sizes();
        Sizes {
            sessions,
            indexed,
            marks,
            issuer_marks,
            burnt_attempts: self.attempts.size(),
            jtis: self.jtis.size(),
            leases: self.leases.size(),
            kept: self.kept.size(),
        }
    }

    /// Gives back the memory of everything that has expired, at once. Nobody needs to call it: each operation does some of it.
    pub fn purge(&self, now: NumericDate) {
        // In batches, so that nobody waits for all of it.
        while !self.purge_some(now) {}
    }

    fn bounded(bounds: &Bounds) -> Self {
        Self {
            sessions: Sessions::at_most(bounds.sessions),
            marks: Marks::at_most(bounds),
            attempts: Once::at_most(bounds.attempts),
            jtis: Once::at_most(bounds.jtis),
            leases: Leases::at_most(bounds.leases),
            kept: Keeping::at_most(bounds.kept),
            moments: Moments::default(),
            versions: Versions::default(),
            listeners: Listeners::default(),
            swept: AtomicI64::new(i64::MIN),
        }
    }

    /// Nothing expires within a second: so once a second, one of the operations that come by clears away a batch; when that was not
    /// all, the next one goes on.
    fn sweep(&self, now: NumericDate) {
        let swept = self.swept.load(Ordering::Relaxed);
        if now.seconds() <= swept {
            return;
        }
        let mine = self.swept.compare_exchange(swept, now.seconds(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if mine && !self.purge_some(now) {
            self.swept.store(swept, Ordering::Relaxed);
        }
    }

    /// Clears away a batch of what has expired. Says whether that was all.
    fn purge_some(&self, now: NumericDate) -> bool {
        let mut budget = BATCH;
        self.sessions.purge(now, &mut budget);
        self.marks.purge(now, &mut budget);
        self.attempts.purge(now, &mut budget);
        self.jtis.purge(now, &mut budget);
        self.leases.purge(now, &mut budget);
        self.kept.purge(now, &mut budget);
        budget > 0
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Only how much there is in it.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryStore").field(&self.sizes()).finish()
    }
}

/// Each operation is done when it is called, and its answer is there at once.
impl SessionStore for MemoryStore {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        self.sweep(now);
        Answer::ready(self.sessions.insert(key, session, self.versions.next(), now))
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        self.sweep(now);
        Answer::ready(Ok(self.sessions.load(key, now)))
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        self.sweep(now);
        Answer::ready(Ok(self.sessions.update(key, version, value, self.versions.next(), now)))
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.sweep(now);
        Answer::ready(Ok(self.sessions.touch(key, last_seen, expires_at, now)))
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.sweep(now);
        let was_there = self.sessions.delete(key, now);
        if was_there {
            self.listeners.tell(&[key]);
        }
        Answer::ready(Ok(was_there))
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        self.sweep(now);
        let over = self.sessions.delete_all(index, mark, now);
        self.listeners.tell(&over);
        Answer::ready(Ok(over))
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        self.sweep(now);
        Answer::ready(Ok(self.sessions.list(index, now)))
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        self.sweep(now);
        let raised = self.marks.raise(raising, &self.moments, now);
        Answer::ready(raised.map(|(mark, gave_way)| {
            self.listeners.tell(&gave_way);
            self.listeners.tell(&[raising.whose]);
            mark
        }))
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        self.sweep(now);
        Answer::ready(Ok(self.marks.of(whose, now)))
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        self.sweep(now);
        Answer::ready(Ok(self.attempts.burn(attempt, until, &self.moments, now)))
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.sweep(now);
        Answer::ready(self.jtis.remember(jti, until, now))
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        self.sweep(now);
        Answer::ready(Ok(self.jtis.knows(jti, now)))
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        self.sweep(now);
        Answer::ready(self.leases.lease(name, until, now))
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        self.sweep(now);
        Answer::ready(Ok(self.leases.renew(name, fence, until, now)))
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        self.sweep(now);
        self.leases.release(name, fence, now);
        Answer::ready(Ok(()))
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        self.sweep(now);
        Answer::ready(self.kept.keep(key, version, Kept::new(value, self.versions.next()), until, now))
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        self.sweep(now);
        Answer::ready(Ok(self.kept.kept(key, now)))
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        self.sweep(now);
        Answer::ready(Ok(self.kept.discard(key, now)))
    }

    fn entries(&self) -> Option<Sizes> {
        Some(self.sizes())
    }

    fn reach(&self) -> Reach {
        Reach::Process
    }

    fn listen(&self, listener: Listener) {
        self.listeners.add(listener);
    }
}
