//! How often something may happen that anybody can cause.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// So many at once, and one more after each interval: a token bucket, kept as the time at which it will be full again.
#[derive(Debug)]
pub(crate) struct Bucket {
    interval: Duration,
    holds: Duration,
    full_at: Mutex<Option<Instant>>,
}

/// There is nothing left in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Empty {
    /// After this there will be one more.
    pub(crate) again_in: Duration,
}

impl Bucket {
    /// `at_once`, and one more after each `interval`.
    pub(crate) const fn new(at_once: u32, interval: Duration) -> Self {
        Self { interval, holds: interval.saturating_mul(at_once), full_at: Mutex::new(None) }
    }

    /// Takes one out.
    pub(crate) fn take(&self) -> Result<(), Empty> {
        let now = Instant::now();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let then = full_at.map_or(now, |full_at| full_at.max(now)) + self.interval;
        match (then - now).checked_sub(self.holds) {
            Some(again_in) if !again_in.is_zero() => Err(Empty { again_in }),
            _ => {
                *full_at = Some(then);
                Ok(())
            }
        }
    }

    /// Puts one back: what it was taken for did no harm.
    pub(crate) fn give_back(&self) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        *full_at = full_at.and_then(|full_at| full_at.checked_sub(self.interval));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn takes(bucket: &Bucket, times: usize) -> usize {
        (0..times).filter(|_| bucket.take().is_ok()).count()
    }

    /// V77
    #[tokio::test(start_paused = true)]
    async fn so_many_at_once_and_one_more_after_each_interval() {
        let bucket = Bucket::new(3, SECOND);
        assert_eq!(takes(&bucket, 10), 3);
        assert_eq!(bucket.take(), Err(Empty { again_in: SECOND }));
        tokio::time::advance(SECOND / 4).await;
        assert_eq!(bucket.take(), Err(Empty { again_in: SECOND * 3 / 4 }), "a refusal costs nothing");
        tokio::time::advance(SECOND * 3 / 4).await;
        assert_eq!(takes(&bucket, 10), 1);
        tokio::time::advance(SECOND * 3600).await;
        assert_eq!(takes(&bucket, 10), 3, "it does not overflow");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_put_back_can_be_taken_again_and_no_more_than_that() {
        let bucket = Bucket::new(2, SECOND);
        for _ in 0..10 {
            assert_eq!(bucket.take(), Ok(()));
            bucket.give_back();
        }
        bucket.give_back();
        assert_eq!(takes(&bucket, 10), 2);
    }
}
