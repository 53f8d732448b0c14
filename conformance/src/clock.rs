//! The one clock of application, provider and browser.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use vestibule::{Clock, NumericDate};

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that shows the time at which every run begins.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_700_000_000)))
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> NumericDate {
        NumericDate::from_seconds(self.0.load(Ordering::SeqCst))
    }
}
