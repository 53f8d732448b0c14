//! A store somewhere else, with moods.

use std::{
    future::pending,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use vestibule_core::NumericDate;

use crate::{
    MemoryStore,
    session_store::{
        Answer, Fence, Insertion, Kept, Key, Mark, Moment, NewSession, Raising, Reach, SessionStore, Sizes, StoreError,
        StoredSession, Update, Version, guarded::NOTHING,
    },
};

#[derive(Debug, Default)]
pub(crate) struct Distant {
    inner: MemoryStore,
    mood: Mutex<Mood>,
    asked: AtomicUsize,
    looked: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Mood {
    #[default]
    Well,
    /// It answers after half a second.
    Slow,
    Failing,
    Refusing,
    Silent,
}

impl Distant {
    pub(crate) fn is(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    /// How often it was asked for something.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How often somebody looked whether it is back.
    pub(super) fn looked(&self) -> usize {
        self.looked.load(Ordering::SeqCst)
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }

    pub(super) fn sizes(&self) -> Sizes {
        self.inner.sizes()
    }

    /// What it does not answer it did not do.
    fn answer<'a, T: Send + 'a>(
        &'a self,
        about: Option<Key>,
        ask: impl FnOnce() -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        let count = if about == Some(NOTHING) { &self.looked } else { &self.asked };
        count.fetch_add(1, Ordering::SeqCst);
        match *self.mood.lock().expect("no panic") {
            Mood::Well => ask(),
            Mood::Slow => Answer::later(async move {
                tokio::time::sleep(Duration::from_millis(500)).await;
                ask().await
            }),
            Mood::Failing => Answer::ready(Err(StoreError::transient("the line is dead"))),
            Mood::Refusing => Answer::ready(Err(StoreError::permanent("the password is wrong"))),
            Mood::Silent => Answer::later(async move {
                let _here = Here::enter(self);
                pending().await
            }),
        }
    }
}

/// A question that is under way.
struct Here<'a>(&'a Distant);

impl<'a> Here<'a> {
    fn enter(store: &'a Distant) -> Self {
        let at_once = store.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        store.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        Self(store)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.at_once.fetch_sub(1, Ordering::SeqCst);
    }
}

macro_rules! pass_on {
    ($(fn $method:ident($first:ident: $key:ty $(, $name:ident: $type:ty)*) -> $answer:ty;)*) => {
        $(fn $method(&self, $first: $key, $($name: $type),*) -> Answer<'_, $answer> {
            self.answer(Some($first), move || self.inner.$method($first, $($name),*))
        })*
    };
}

impl SessionStore for Distant {
    pass_on! {
        fn insert(key: Key, session: NewSession, now: NumericDate) -> Insertion;
        fn load(key: Key, now: NumericDate) -> Option<StoredSession>;
        fn update(key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Update;
        fn touch(key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> bool;
        fn delete(key: Key, now: NumericDate) -> bool;
        fn delete_all(index: Key, mark: Mark, now: NumericDate) -> Vec<Key>;
        fn list(index: Key, now: NumericDate) -> Vec<(Key, StoredSession)>;
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

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        self.answer(None, move || self.inner.raise(raising, now))
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        self.answer(whose.first().copied(), move || self.inner.marks(whose, now))
    }

    fn reach(&self) -> Reach {
        Reach::Everywhere
    }

    fn check(&self) -> Answer<'_, ()> {
        self.answer(None, || Answer::ready(Ok(())))
    }
}
