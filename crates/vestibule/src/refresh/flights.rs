//! Which sessions are being refreshed in this process, and what is remembered of them for a while.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use quick_cache::sync::Cache;
use tokio::sync::watch;
use vestibule_core::{HttpError, NumericDate};

use super::{NotRefreshed, Outcome};
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
}

type UnderWay = HashMap<Key, watch::Receiver<Option<Outcome>>>;

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

    fn board(
        &self,
        key: Key,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) -> watch::Receiver<Option<Outcome>> {
        let mut under_way = lock(&self.under_way);
        if let Some(landing) = under_way.get(&key) {
            return landing.clone();
        }
        let (land, landing) = watch::channel(None);
        under_way.insert(key, landing.clone());
        let slot = Arc::clone(&self.under_way);
        tokio::spawn(async move {
            let outcome = work.await;
            lock(&slot).remove(&key);
            land.send_replace(Some(outcome));
        });
        landing
    }

    pub(super) fn pause(&self, key: Key, now: NumericDate) {
        self.paused.insert(key, now.plus(PAUSE));
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
