//! Which sessions are being refreshed in this process, and what is remembered of them for a while.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use quick_cache::sync::Cache;
use tokio::sync::watch;
use vestibule_core::{HttpError, NumericDate};

use super::{NotRefreshed, Outcome, notes::Imprint};
use crate::{session::Session, store::Key};

/// The refreshes of a door.
#[derive(Debug)]
pub(crate) struct Refreshes {
    under_way: Arc<Mutex<UnderWay>>,
    /// Sessions whose last refresh failed for the provider's reasons, and until when none is tried that need not be.
    paused: Cache<Key, NumericDate>,
    /// Sessions in cookies whose new cookie has not been seen yet, by generation.
    awaited: Cache<Key, u32>,
    /// The newest generation of sessions in cookies that were refreshed here.
    newest: Cache<Key, u32>,
    /// Of sessions whose refresh token was not presented, or was in vain, what may be written down about that all the same.
    in_vain: Cache<Key, Imprint>,
}

/// Whoever does the work holds what it is landed with, so that it is gone when they are.
type UnderWay = HashMap<Key, Weak<watch::Sender<Option<Outcome>>>>;

/// For how many seconds a token that is stale but good is used as it is, after a refresh failed.
const PAUSE: i64 = 5;
/// How many sessions are remembered, the least recently used giving way.
const MOST: usize = 100_000;

impl Refreshes {
    pub(crate) fn new() -> Self {
        Self {
            under_way: Arc::default(),
            paused: Cache::new(MOST),
            awaited: Cache::new(MOST),
            newest: Cache::new(MOST),
            in_vain: Cache::new(MOST),
        }
    }

    /// Joins the refresh of this session that is under way, or begins it, in a task that nobody who waits can cancel.
    pub(super) async fn join(&self, key: Key, work: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
        let mut landing = self.board(key, work);
        let landed = landing.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        match landed {
            Ok(Some(outcome)) => outcome,
            // The task ended without an outcome: it panicked, or the runtime is going down.
            Ok(None) | Err(_) => {
                lock(&self.under_way).remove(&key);
                Err(NotRefreshed::Provider(HttpError::Transport("the refresh was interrupted".into()).into()))
            }
        }
    }

    /// How many sessions are being refreshed, and of how many what is remembered, by name.
    pub(crate) fn sizes(&self) -> [(&'static str, usize); 5] {
        [
            ("refreshes_under_way", lock(&self.under_way).len()),
            ("refreshes_paused", self.paused.len()),
            ("refreshes_unconfirmed", self.awaited.len()),
            ("refreshed_generations", self.newest.len()),
            ("refreshes_in_vain", self.in_vain.len()),
        ]
    }

    fn board(
        &self,
        key: Key,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) -> watch::Receiver<Option<Outcome>> {
        let mut under_way = lock(&self.under_way);
        if let Some(land) = under_way.get(&key).and_then(Weak::upgrade) {
            return land.subscribe();
        }
        let (land, landing) = watch::channel(None);
        let land = Arc::new(land);
        under_way.insert(key, Arc::downgrade(&land));
        let slot = Arc::clone(&self.under_way);
        tokio::spawn(async move {
            let outcome = work.await;
            lock(&slot).remove(&key);
            land.send_replace(Some(outcome));
        });
        landing
    }

    /// Those who wait for the refresh of this session wait no more, nor does anybody who joins it. It goes on.
    pub(super) fn send_away(&self, key: Key, outcome: Outcome) {
        let land = lock(&self.under_way).get(&key).and_then(Weak::upgrade);
        if let Some(land) = land {
            land.send_replace(Some(outcome));
        }
    }

    pub(super) fn note_that_came_to_nothing(&self, key: Key, attempt: Imprint) {
        self.in_vain.insert(key, attempt);
    }

    /// Whether this attempt is one that this process made, and in which the token was not presented, or in vain.
    pub(super) fn came_to_nothing(&self, key: Key, attempt: Imprint) -> bool {
        self.in_vain.get(&key).is_some_and(|known| known == attempt)
    }

    pub(super) fn pause(&self, key: Key, now: NumericDate) {
        self.paused.insert(key, now.plus(PAUSE));
    }

    /// What was waited for is there.
    pub(super) fn end_pause(&self, key: Key) {
        self.paused.remove(&key);
    }

    pub(super) fn are_paused(&self, key: Key, now: NumericDate) -> bool {
        self.paused.get(&key).is_some_and(|end| now < end)
    }

    pub(super) fn await_confirmation(&self, session: &Session) {
        self.awaited.insert(session.key, session.generation);
        self.newest.insert(session.key, session.generation);
    }

    /// Whether the tokens of this session were replaced since it was opened: its cookie must not go out in the place of the new
    /// one, which the browser may have shown already, so that nothing is kept for whoever comes with the old one.
    pub(crate) fn has_newer(&self, session: &Session) -> bool {
        self.newest.get(&session.key).is_some_and(|newest| newest > session.generation)
    }

    /// Whether the new cookie of this session is awaited, and this is it. Says so once.
    pub(super) fn is_awaited(&self, session: &Session) -> bool {
        session.generation > 0
            && self.awaited.get(&session.key).is_some_and(|generation| session.generation >= generation)
            && self.awaited.remove(&session.key).is_some()
    }
}

fn lock(under_way: &Mutex<UnderWay>) -> MutexGuard<'_, UnderWay> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}
