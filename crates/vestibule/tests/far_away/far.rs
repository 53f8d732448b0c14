//! A store that several machines share, as one of them reaches it: it has moods, it is counted what it is asked, and it tells what ends,
//! or not.

use std::{
    fmt,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;
use vestibule::{
    MemoryStore, NumericDate, SessionStore, StoreError,
    session_store::{
        Answer, Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Notice, Raising, Reach, StoredSession,
        Update, Version,
    },
};

#[derive(Default)]
pub(crate) struct Far {
    shared: Arc<MemoryStore>,
    mood: Mutex<Mood>,
    /// What becomes of the questions that it is asked next.
    mishaps: Mutex<Vec<(&'static str, Mishap)>>,
    asked: Mutex<Vec<&'static str>>,
    listeners: Arc<Mutex<Vec<Listener>>>,
    /// Whose marks it was asked for last.
    whose: Mutex<Vec<Key>>,
    /// Tells nobody what ends.
    is_mute: Arc<AtomicBool>,
    /// Answers of these methods are there, and do not arrive until they are let on.
    holds: Mutex<&'static [&'static str]>,
    held: AtomicUsize,
    let_on: Notify,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Well,
    Failing,
    Silent,
}

/// What becomes of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It does not get there.
    NotDone,
    /// What it asks for is done, and the answer gets lost.
    AnswerLost,
    /// The same, and from then on this is the mood.
    AnswerLostAnd(Mood),
}

impl Far {
    pub(crate) fn new() -> Arc<Self> {
        Self::at(&Arc::new(MemoryStore::new()))
    }

    /// The way of another machine to the same store.
    pub(crate) fn at(shared: &Arc<MemoryStore>) -> Arc<Self> {
        Arc::new(Self { shared: Arc::clone(shared), ..Self::default() })
    }

    pub(crate) fn is(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    /// This happens to the next question of this method for which nothing is to happen yet.
    pub(crate) fn next(&self, method: &'static str, mishap: Mishap) {
        self.mishaps.lock().expect("no panic").push((method, mishap));
    }

    fn mishap(&self, method: &'static str) -> Option<Mishap> {
        let mut mishaps = self.mishaps.lock().expect("no panic");
        let place = mishaps.iter().position(|(of, _)| *of == method)?;
        Some(mishaps.remove(place).1)
    }

    /// From now on nobody is told what ends.
    pub(crate) fn falls_mute(&self) {
        self.is_mute.store(true, Ordering::SeqCst);
    }

    pub(crate) fn tell(&self, notice: Notice) {
        let listeners = self.listeners.lock().expect("no panic").clone();
        listeners.iter().for_each(|listener| listener(notice));
    }

    /// What it was asked since somebody last wanted to know.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }

    /// Whose marks it was asked for last: a session's, its `sid`'s, its person's, its issuer's.
    pub(crate) fn whose(&self) -> Vec<Key> {
        self.whose.lock().expect("no panic").clone()
    }

    /// From now on an answer about sessions and marks is there, and does not arrive.
    pub(crate) fn hold(&self) {
        self.hold_answers_of(&["load", "marks"]);
    }

    /// The same of other answers.
    pub(crate) fn hold_answers_of(&self, methods: &'static [&'static str]) {
        *self.holds.lock().expect("no panic") = methods;
    }

    pub(crate) async fn until_held(&self) {
        self.until_so_many_are_held(1).await;
    }

    pub(crate) async fn until_so_many_are_held(&self, count: usize) {
        while self.held.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn release(&self) {
        self.hold_answers_of(&[]);
        self.let_on.notify_waiters();
    }

    fn answer<'a, T: Send + 'a>(
        &'a self,
        method: &'static str,
        question: impl FnOnce(&'a MemoryStore) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        self.asked.lock().expect("no panic").push(method);
        let mood = *self.mood.lock().expect("no panic");
        let mishap = if mood == Mood::Well { self.mishap(method) } else { None };
        Answer::later(async move {
            // As over a network, nothing is there at once.
            tokio::task::yield_now().await;
            match mood {
                Mood::Failing => return Err(StoreError::transient("the line is dead")),
                Mood::Silent => pending().await,
                Mood::Well => {}
            }
            if mishap == Some(Mishap::NotDone) {
                return Err(StoreError::transient("the line was dead"));
            }
            let answer = question(&self.shared).await;
            if let Some(mishap) = mishap {
                if let Mishap::AnswerLostAnd(mood) = mishap {
                    self.is(mood);
                }
                return Err(StoreError::transient("the answer got lost"));
            }
            let is_held = self.holds.lock().expect("no panic").contains(&method);
            if is_held {
                let let_on = self.let_on.notified();
                self.held.fetch_add(1, Ordering::SeqCst);
                let_on.await;
            }
            answer
        })
    }
}

macro_rules! pass_on {
    ($(fn $method:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&self, $($name: $type),*) -> Answer<'_, $answer> {
            self.answer(stringify!($method), move |store| store.$method($($name),*))
        })*
    };
}

impl SessionStore for Far {
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
        *self.whose.lock().expect("no panic") = whose.to_vec();
        self.answer("marks", move |store| store.marks(whose, now))
    }

    fn reach(&self) -> Reach {
        Reach::Everywhere
    }

    fn listen(&self, listener: Listener) {
        self.listeners.lock().expect("no panic").push(Arc::clone(&listener));
        let is_mute = Arc::clone(&self.is_mute);
        self.shared.listen(Arc::new(move |notice| {
            if !is_mute.load(Ordering::SeqCst) {
                listener(notice);
            }
        }));
    }

    fn check(&self) -> Answer<'_, ()> {
        self.answer("check", |_| Answer::ready(Ok(())))
    }
}

impl fmt::Debug for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Far")
    }
}
