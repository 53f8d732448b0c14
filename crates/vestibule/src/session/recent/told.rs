//! What was told of ends since something was found, without a list of either.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::Key;

/// Everything that is told has a number, and each key a place where the last number is that concerned it. Several keys share a place:
/// then one makes the other's session be looked up once more, which hurts nobody.
#[derive(Debug)]
pub(super) struct Told {
    /// Odd while the store hears what ends elsewhere. Another one after each gap.
    era: AtomicU64,
    count: AtomicU64,
    last: Box<[AtomicU64]>,
}

/// What had been told when a store was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whence {
    era: u64,
    count: u64,
}

const PLACES: usize = 4096;

impl Told {
    /// Deaf, until the store says otherwise.
    pub(super) fn new() -> Self {
        let last = std::iter::repeat_with(AtomicU64::default).take(PLACES).collect();
        Self { era: AtomicU64::new(0), count: AtomicU64::new(0), last }
    }

    /// Whence it is now; nothing while the store is deaf, since then nobody would know of an end.
    pub(super) fn now(&self) -> Option<Whence> {
        let (era, count) = (self.era.load(Ordering::SeqCst), self.count.load(Ordering::SeqCst));
        (era % 2 == 1).then_some(Whence { era, count })
    }

    /// Whether nothing was told of any of these keys since, and nothing can have been missed.
    pub(super) fn nothing_since(&self, whence: &Whence, keys: &[Key]) -> bool {
        let is_silent = |key: &Key| self.place(key).is_some_and(|last| last.load(Ordering::SeqCst) <= whence.count);
        self.era.load(Ordering::SeqCst) == whence.era && keys.iter().all(is_silent)
    }

    pub(super) fn tell(&self, key: Key) {
        // Counted first: whoever asks the store in between finds what it has done by now.
        let number = self.count.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        if let Some(last) = self.place(&key) {
            last.fetch_max(number, Ordering::SeqCst);
        }
    }

    pub(super) fn hears(&self) {
        self.next_era(1);
    }

    pub(super) fn is_deaf(&self) {
        self.next_era(0);
    }

    /// The next era that is odd, or even.
    fn next_era(&self, parity: u64) {
        let next = |era: u64| {
            let next = era.saturating_add(1);
            Some(if next % 2 == parity { next } else { next.saturating_add(1) })
        };
        // It cannot fail: there always is a next one.
        let _ = self.era.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
    }

    /// Keys are hashes, so any of their bits will do.
    fn place(&self, key: &Key) -> Option<&AtomicU64> {
        let [a, b, ..] = *key.as_bytes();
        self.last.get(usize::from(u16::from_be_bytes([a, b])) % PLACES)
    }
}
