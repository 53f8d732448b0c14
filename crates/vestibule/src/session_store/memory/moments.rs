//! What is counted for the whole store, so that nothing is counted twice.

use std::sync::atomic::{AtomicU64, Ordering};

use vestibule_core::NumericDate;

use crate::session_store::{Moment, Version};

/// The order in which things happened here.
#[derive(Debug, Default)]
pub(super) struct Moments(AtomicU64);

impl Moments {
    /// A moment later than all before, on any thread.
    pub(super) fn next(&self, now: NumericDate) -> Moment {
        let after = |last| Moment(last).next(now);
        let last = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(after(last).0));
        after(last.unwrap_or_else(|last| last))
    }
}

/// Versions are counted for all keys together: one that was read before a value was discarded fits nothing that is made after.
#[derive(Debug, Default)]
pub(super) struct Versions(AtomicU64);

impl Versions {
    /// From 1 on.
    pub(super) fn next(&self) -> Version {
        Version(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
