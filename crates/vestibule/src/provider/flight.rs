//! One question at a time: whoever asks while it is under way waits for the same answer.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;
use vestibule_core::HttpError;

use super::ProviderError;

/// A question to the provider that is asked once for all who wait.
///
/// It runs in a task of its own, so whoever hangs up does not end it for the others.
pub(super) struct Flight<T> {
    slot: Arc<Mutex<Option<Landing<T>>>>,
}

type Landing<T> = watch::Receiver<Option<Result<Arc<T>, ProviderError>>>;

impl<T: Send + Sync + 'static> Flight<T> {
    pub(super) fn new() -> Self {
        Self { slot: Arc::new(Mutex::new(None)) }
    }

    /// Joins the question that is under way, or asks it. What it finds is kept by `keep`, before the next one may ask.
    pub(super) async fn join<F, K>(&self, ask: F, keep: K) -> Result<Arc<T>, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>> + Send + 'static,
        K: FnOnce(Arc<T>) + Send + 'static,
    {
        let mut landing = self.board(ask, keep);
        let landed = landing.wait_for(Option::is_some).await.map(|result| result.clone());
        match landed {
            Ok(Some(result)) => result,
            // The task ended without an answer: it panicked, or the runtime is going down.
            Ok(None) | Err(_) => {
                clear(&self.slot);
                Err(HttpError::Transport("the exchange was interrupted".into()).into())
            }
        }
    }

    /// Asks the question, unless it is under way, and waits for nothing.
    pub(super) fn launch<F, K>(&self, ask: F, keep: K)
    where
        F: Future<Output = Result<T, ProviderError>> + Send + 'static,
        K: FnOnce(Arc<T>) + Send + 'static,
    {
        drop(self.board(ask, keep));
    }

    fn board<F, K>(&self, ask: F, keep: K) -> Landing<T>
    where
        F: Future<Output = Result<T, ProviderError>> + Send + 'static,
        K: FnOnce(Arc<T>) + Send + 'static,
    {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(landing) = slot.as_ref() {
            return landing.clone();
        }
        let (land, landing) = watch::channel(None);
        *slot = Some(landing.clone());
        let slot = Arc::clone(&self.slot);
        tokio::spawn(async move {
            let result = ask.await.map(Arc::new);
            if let Ok(value) = &result {
                keep(Arc::clone(value));
            }
            clear(&slot);
            land.send_replace(Some(result));
        });
        landing
    }
}

fn clear<T>(slot: &Mutex<Option<Landing<T>>>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_hangs_up_does_not_end_the_question_for_the_others() {
        let flight = Arc::new(Flight::<u8>::new());
        let (open, opened) = tokio::sync::oneshot::channel::<()>();
        let first = {
            let flight = Arc::clone(&flight);
            tokio::spawn(async move {
                let ask = async move {
                    let _ = opened.await;
                    Ok(7)
                };
                flight.join(ask, drop).await.is_ok()
            })
        };
        tokio::task::yield_now().await;
        first.abort();
        let second = tokio::spawn({
            let flight = Arc::clone(&flight);
            async move { flight.join(async { Ok(8) }, drop).await.map(|value| *value).ok() }
        });
        tokio::task::yield_now().await;
        open.send(()).expect("the question is still under way");
        assert_eq!(second.await.expect("no panic"), Some(7));
    }

    #[tokio::test]
    async fn a_question_that_panics_fails_for_those_who_wait_and_can_be_asked_again() {
        let flight = Flight::<u8>::new();
        assert!(flight.join(async { panic!("on purpose") }, drop).await.is_err());
        assert_eq!(flight.join(async { Ok(7) }, drop).await.map(|value| *value).ok(), Some(7));
    }
}
