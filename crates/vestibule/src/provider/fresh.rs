//! A value of the provider's, held without locks, fetched by one at a time for all who wait.

use std::{future::Future, sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use http::HeaderValue;
use tokio::time::{Instant, sleep_until, timeout};
use vestibule_core::freshness::{Answer, Freshness};

use super::{ProviderError, error::nothing_to_confirm, flight::Flight};

/// A value that is fetched when first needed, and again when it has aged. A failed fetch never evicts a good value.
pub(super) struct Fresh<T> {
    held: Arc<ArcSwapOption<Held<T>>>,
    /// When the last fetch failed.
    failed: Arc<ArcSwapOption<Instant>>,
    flight: Flight<Held<T>>,
}

pub(super) struct Held<T> {
    value: Arc<T>,
    fetched: Instant,
    /// For how long it is not asked for again.
    good_for: Duration,
    etag: Option<HeaderValue>,
}

/// How long a value is kept when the provider does not say, and the bounds of what it may say (R106).
const UNSAID: Duration = Duration::from_secs(3600);
const SHORTEST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// For this long an old value serves while the provider cannot give a new one.
const USABLE: Duration = Duration::from_secs(24 * 3600);
/// For this long somebody waits for a new value who could go on with an old one.
const WAITED_FOR: Duration = Duration::from_secs(2);
/// Two fetches are at least this far apart, be it that the first one brought something or failed: a provider in trouble is not asked
/// as often as people try to sign in.
const APART: Duration = Duration::from_secs(1);

impl<T: Send + Sync + 'static> Fresh<T> {
    pub(super) fn new() -> Self {
        Self { held: Arc::new(ArcSwapOption::empty()), failed: Arc::new(ArcSwapOption::empty()), flight: Flight::new() }
    }

    /// The value at hand, however old.
    pub(super) fn held(&self) -> Option<Arc<T>> {
        self.held.load().as_ref().map(|held| Arc::clone(&held.value))
    }

    /// The value at hand, unless it has aged: for those who may not have it fetched.
    pub(super) fn fresh(&self) -> Option<Arc<T>> {
        let held = self.held.load();
        held.as_ref().filter(|held| held.is_fresh()).map(|held| Arc::clone(&held.value))
    }

    /// The value at hand, unless it is so old that it does not serve any more: for when the provider cannot give a new one.
    pub(super) fn usable(&self) -> Option<Arc<T>> {
        let held = self.held.load();
        held.as_ref().filter(|held| held.is_usable()).map(|held| Arc::clone(&held.value))
    }

    /// Has the value at hand asked for again by the next who needs it, as if it had aged; until then it serves on.
    pub(super) fn age(&self) {
        self.held.rcu(|held| held.as_ref().map(|held| Arc::new(held.aged())));
    }

    /// The value, fetched if there is none or it has aged; where the provider takes its time, the one at hand serves once more, and
    /// the new one those who come later. `fetch` is told what tells the value at hand from a new one.
    pub(super) async fn get<F>(&self, fetch: impl FnOnce(Option<HeaderValue>) -> F) -> Result<Arc<T>, ProviderError>
    where
        F: Future<Output = Result<Answer<T>, ProviderError>> + Send + 'static,
    {
        let Some(held) = self.held.load_full() else { return self.fetch(fetch).await };
        if held.is_fresh() {
            return Ok(Arc::clone(&held.value));
        }
        if !held.is_usable() {
            return self.fetch(fetch).await;
        }
        match timeout(WAITED_FOR, self.fetch(fetch)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => {
                let reason = crate::error::chain(&error);
                tracing::warn!(target: "vestibule::provider", reason, "a refresh failed; what was fetched before serves on");
            }
            Err(_) => {
                tracing::warn!(target: "vestibule::provider", "a refresh takes long; what was fetched before serves meanwhile");
            }
        }
        Ok(Arc::clone(&held.value))
    }

    /// A value that is not `seen`: the one that somebody else fetched since, or one fetched now.
    pub(super) async fn newer_than<F>(
        &self,
        seen: &Arc<T>,
        fetch: impl FnOnce(Option<HeaderValue>) -> F,
    ) -> Result<Arc<T>, ProviderError>
    where
        F: Future<Output = Result<Answer<T>, ProviderError>> + Send + 'static,
    {
        match self.held() {
            Some(held) if !Arc::ptr_eq(&held, seen) => Ok(held),
            _ => self.fetch(fetch).await,
        }
    }

    /// Joins the fetch that is under way, or starts one, not too soon after the last.
    async fn fetch<F>(&self, fetch: impl FnOnce(Option<HeaderValue>) -> F) -> Result<Arc<T>, ProviderError>
    where
        F: Future<Output = Result<Answer<T>, ProviderError>> + Send + 'static,
    {
        let earlier = self.held.load_full();
        let answer = fetch(earlier.as_ref().and_then(|held| held.etag.clone()));
        let failed = Arc::clone(&self.failed);
        let renew = async move {
            let last = earlier.as_ref().map(|held| held.fetched).max(failed.load().as_deref().copied());
            if let Some(last) = last {
                sleep_until(last + APART).await;
            }
            let answer = answer.await;
            failed.store(answer.is_err().then(|| Arc::new(Instant::now())));
            Ok(match (answer?, earlier) {
                (Answer::NotModified(freshness), Some(held)) => Held::new(Arc::clone(&held.value), freshness),
                (Answer::Modified(value, freshness), _) => Held::new(Arc::new(value), freshness),
                (Answer::NotModified(_), None) => return Err(nothing_to_confirm()),
            })
        };
        let slot = Arc::clone(&self.held);
        let held = self.flight.join(renew, move |held| slot.store(Some(held))).await?;
        Ok(Arc::clone(&held.value))
    }
}

impl<T> Held<T> {
    fn new(value: Arc<T>, Freshness { max_age, etag, .. }: Freshness) -> Self {
        let good_for = max_age.map_or(UNSAID, |seconds| Duration::from_secs(seconds.into()).clamp(SHORTEST, LONGEST));
        Self { value, fetched: Instant::now(), good_for, etag }
    }

    fn aged(&self) -> Self {
        let Self { value, fetched, etag, .. } = self;
        Self { value: Arc::clone(value), fetched: *fetched, good_for: Duration::ZERO, etag: etag.clone() }
    }

    fn is_fresh(&self) -> bool {
        self.fetched.elapsed() < self.good_for
    }

    fn is_usable(&self) -> bool {
        self.fetched.elapsed() < USABLE + self.good_for
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use vestibule_core::HttpError;

    use super::*;

    fn unreachable() -> ProviderError {
        HttpError::Timeout("down".into()).into()
    }

    /// What a provider answers that says `max_age` and `etag`.
    fn said(value: u8, max_age: Option<u32>, etag: Option<&'static str>) -> Answer<u8> {
        let mut freshness = Freshness::default();
        (freshness.max_age, freshness.etag) = (max_age, etag.map(HeaderValue::from_static));
        Answer::Modified(value, freshness)
    }

    /// Asks for a value that the provider would answer like this, and says which one came.
    async fn get(fresh: &Fresh<u8>, answer: Result<Answer<u8>, ProviderError>) -> Option<u8> {
        fresh.get(|_| async { answer }).await.map(|value| *value).ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_who_wait_are_served_by_one_fetch() {
        let (fresh, fetches) = (Arc::new(Fresh::<usize>::new()), Arc::new(AtomicUsize::new(0)));
        let waiting: Vec<_> = (0..1000)
            .map(|_| {
                let (fresh, fetches) = (Arc::clone(&fresh), Arc::clone(&fetches));
                tokio::spawn(async move {
                    let fetch = async move {
                        tokio::task::yield_now().await;
                        Ok(Answer::Modified(fetches.fetch_add(1, Ordering::SeqCst), Freshness::default()))
                    };
                    fresh.get(|_| fetch).await.map(|value| *value).ok()
                })
            })
            .collect();
        for task in waiting {
            assert_eq!(task.await.expect("no panic"), Some(0));
        }
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
    }

    /// "A failed refresh never evicts good keys."
    #[tokio::test(start_paused = true)]
    async fn a_failed_refresh_keeps_the_old_value_for_a_day() {
        let fresh = Fresh::new();
        assert_eq!(get(&fresh, Err(unreachable())).await, None);
        assert_eq!(get(&fresh, Ok(said(1, None, None))).await, Some(1));
        tokio::time::advance(UNSAID).await;
        assert_eq!(get(&fresh, Err(unreachable())).await, Some(1));
        assert_eq!(get(&fresh, Ok(said(2, None, None))).await, Some(2));
        tokio::time::advance(UNSAID + USABLE).await;
        assert_eq!(get(&fresh, Err(unreachable())).await, None);
    }

    /// Reliability: a provider that is silent costs everybody two seconds, not the deadline of an exchange.
    #[tokio::test(start_paused = true)]
    async fn nobody_waits_long_for_a_new_value_who_can_go_on_with_the_old_one() {
        let fresh = Fresh::new();
        assert_eq!(get(&fresh, Ok(said(1, None, None))).await, Some(1));
        tokio::time::advance(UNSAID).await;
        let start = Instant::now();
        let slowly = async {
            tokio::time::sleep(Duration::from_secs(9)).await;
            Ok(said(2, None, None))
        };
        assert_eq!(fresh.get(|_| slowly).await.map(|value| *value).ok(), Some(1));
        assert_eq!(get(&fresh, Ok(said(3, None, None))).await, Some(1), "the question is under way");
        assert_eq!(start.elapsed(), 2 * WAITED_FOR);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(get(&fresh, Ok(said(3, None, None))).await, Some(2), "nobody who left took the answer along");
    }

    /// R106
    #[tokio::test(start_paused = true)]
    async fn a_value_is_kept_as_long_as_the_provider_says_within_5_minutes_and_a_day() {
        for (max_age, kept) in
            [(None, UNSAID), (Some(1), SHORTEST), (Some(600), Duration::from_secs(600)), (Some(u32::MAX), LONGEST)]
        {
            let fresh = Fresh::new();
            assert_eq!(get(&fresh, Ok(said(1, max_age, None))).await, Some(1));
            tokio::time::advance(kept - Duration::from_secs(1)).await;
            assert_eq!(get(&fresh, Ok(said(2, max_age, None))).await, Some(1), "{max_age:?}");
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(get(&fresh, Ok(said(2, max_age, None))).await, Some(2), "{max_age:?}");
        }
    }

    /// R107
    #[tokio::test(start_paused = true)]
    async fn what_has_not_changed_is_kept_on() {
        let fresh = Fresh::new();
        assert_eq!(get(&fresh, Ok(said(1, Some(600), Some("\"v1\"")))).await, Some(1));
        tokio::time::advance(Duration::from_secs(600)).await;
        let confirm = |etag: Option<HeaderValue>| async move {
            assert_eq!(etag, Some(HeaderValue::from_static("\"v1\"")));
            let mut freshness = Freshness::default();
            (freshness.max_age, freshness.etag) = (Some(600), etag);
            Ok(Answer::NotModified(freshness))
        };
        assert_eq!(fresh.get(confirm).await.map(|value| *value).ok(), Some(1));
        tokio::time::advance(Duration::from_secs(599)).await;
        assert_eq!(get(&fresh, Err(unreachable())).await, Some(1), "confirmed, so not asked for again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_is_doubted_is_asked_for_again_and_serves_on_meanwhile() {
        let fresh = Fresh::new();
        fresh.age();
        assert_eq!(get(&fresh, Ok(said(1, None, None))).await, Some(1), "of nothing nothing ages");
        fresh.age();
        assert_eq!((fresh.fresh().is_none(), fresh.usable().as_deref()), (true, Some(&1)));
        assert_eq!(get(&fresh, Err(unreachable())).await, Some(1));
        assert_eq!(get(&fresh, Ok(said(2, None, None))).await, Some(2));
        assert_eq!(get(&fresh, Ok(said(3, None, None))).await, Some(2), "fresh again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_newer_value_is_fetched_once_and_a_second_apart() {
        let fresh = Fresh::<u8>::new();
        let seen = fresh.get(|_| async { Ok(said(1, None, None)) }).await.expect("fetched");
        let start = Instant::now();
        let newer = fresh.newer_than(&seen, |_| async { Ok(said(2, None, None)) }).await.expect("fetched");
        assert_eq!((*newer, start.elapsed() >= APART), (2, true));
        let held = fresh.newer_than(&seen, |_| async { Ok(said(3, None, None)) }).await.expect("held");
        assert_eq!(*held, 2, "somebody else fetched it already");
    }
}
