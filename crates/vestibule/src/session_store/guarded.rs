//! A store that is far away, asked with care: every question has a deadline, and a store that does not answer is left alone until
//! it is back, so that it costs whoever asks milliseconds and not seconds.

mod circuit;

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Weak},
    task::Poll,
    time::Duration,
};

use tokio::time::{sleep, timeout};
use vestibule_core::NumericDate;

use self::circuit::{Circuit, Closing, Looking, Opening};
use super::{
    Answer, Fence, Insertion, Kept, Key, Listener, Mark, Moment, NewSession, Raising, Reach, SessionStore, Sizes,
    StoreError, StoredSession, Update, Version,
};
use crate::{
    clock::Clock,
    decision::measure::{self, Stopwatch},
    error::chain,
};

/// A store of other machines, or of another process, as the door asks it.
///
/// While the circuit is open nobody's question goes through. A task looks instead whether the store is back, one question at a time,
/// so that no request pays for a store that takes its whole time not to answer, and none that is dropped decides anything.
#[derive(Debug)]
pub(crate) struct Guarded(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn SessionStore>,
    deadline: Duration,
    clock: Arc<dyn Clock>,
    circuit: Circuit,
}

/// How long is waited between two looks at a store that did not answer.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A key that nothing has: to ask for it changes nothing.
const NOTHING: Key = Key::from_bytes([0; 32]);

#[derive(Debug, thiserror::Error)]
#[error("there was no answer within {0:?}")]
struct TooLate(Duration);

#[derive(Debug, thiserror::Error)]
#[error("the store is not asked: it has not answered for a while, and is looked after until it does")]
struct NotAsked;

impl Guarded {
    pub(crate) fn new(store: Arc<dyn SessionStore>, deadline: Duration, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { store, deadline, clock, circuit: Circuit::new() }))
    }

    fn ask<'a, T: Send + 'a>(
        &'a self,
        operation: &'static str,
        question: impl FnOnce(&'a dyn SessionStore) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        Answer::later(async move {
            let (inner, began) = (&self.0, Stopwatch::start());
            if inner.circuit.is_open() {
                measure::asked_store(operation, "not_asked", began);
                look_after(inner);
                return Err(StoreError::not_asked(NotAsked));
            }
            let result = in_time(inner.deadline, question(inner.store.as_ref())).await;
            measure::asked_store(operation, if result.is_ok() { "answered" } else { "failed" }, began);
            match &result {
                Ok(_) => inner.circuit.answered(),
                Err(error) => {
                    if let Some(Opening { failures }) = inner.circuit.failed(error) {
                        tracing::error!(target: "vestibule::session", reason = chain(error), failures,
                            "the session store does not do its work: it is asked no more until it does");
                        look_after(inner);
                    }
                }
            }
            result
        })
    }
}

/// The answer, unless it takes too long.
async fn in_time<T>(deadline: Duration, mut answer: Answer<'_, T>) -> Result<T, StoreError> {
    // What is at hand needs no timer.
    match poll_fn(|context| Poll::Ready(Pin::new(&mut answer).poll(context))).await {
        Poll::Ready(result) => result,
        Poll::Pending => match timeout(deadline, answer).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::transient(TooLate(deadline))),
        },
    }
}

/// Sees to it that somebody looks whether the store is back. Whoever did may have gone with their runtime.
fn look_after(inner: &Arc<Inner>) {
    if inner.circuit.is_to_be_looked_after() {
        let looking = Looks { inner: Arc::downgrade(inner) };
        tokio::spawn(looking.until_back());
    }
}

/// One who looks after a store. They do not keep the door alive.
struct Looks {
    inner: Weak<Inner>,
}

impl Looks {
    async fn until_back(mut self) {
        loop {
            sleep(LOOK_EVERY).await;
            let Some(inner) = self.inner.upgrade() else { return };
            match inner.look().await {
                Ok(()) => {
                    // It may open again at once, and be looked after by somebody else.
                    self.inner = Weak::new();
                    if let Some(Closing { open_for }) = inner.circuit.close() {
                        tracing::info!(target: "vestibule::session", ?open_for, "the session store is back");
                    }
                    return;
                }
                Err(error) => {
                    tracing::debug!(target: "vestibule::session", reason = chain(&error), "the session store is not back yet");
                }
            }
        }
    }
}

impl Drop for Looks {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.circuit.note(Looking::Nobody);
        }
    }
}

impl Inner {
    /// Whether the store answers questions as requests have them: each may be about another table, or another server.
    async fn look(&self) -> Result<(), StoreError> {
        let (store, now) = (self.store.as_ref(), self.clock.now());
        in_time(self.deadline, store.load(NOTHING, now)).await?;
        in_time(self.deadline, store.marks(&[NOTHING], now)).await?;
        in_time(self.deadline, store.kept(NOTHING, now)).await?;
        Ok(())
    }
}

/// Writes the methods that are questions: each is asked as it is.
macro_rules! asked {
    ($(fn $method:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&self, $($name: $type),*) -> Answer<'_, $answer> {
            self.ask(stringify!($method), move |store| store.$method($($name),*))
        })*
    };
}

impl SessionStore for Guarded {
    asked! {
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
        self.ask("marks", move |store| store.marks(whose, now))
    }

    fn reach(&self) -> Reach {
        self.0.store.reach()
    }

    fn entries(&self) -> Option<Sizes> {
        self.0.store.entries()
    }

    fn listen(&self, listener: Listener) {
        self.0.store.listen(listener);
    }

    /// Whoever starts wants to know from the store itself, for as long as it takes.
    fn check(&self) -> Answer<'_, ()> {
        self.0.store.check()
    }
}

#[cfg(test)]
pub(crate) mod tests;
