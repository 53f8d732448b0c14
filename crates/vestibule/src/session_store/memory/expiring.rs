//! A map that knows what ends when, and gives memory back.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{BuildHasherDefault, Hasher},
};

use vestibule_core::NumericDate;

use crate::store::Key;

/// The end of what is kept for good.
pub(super) const NEVER: NumericDate = NumericDate::from_seconds(i64::MAX);

/// Below this a map is not worth shrinking.
const SMALL: usize = 64;

/// Entries that end. What has ended is as if it were not there, and stays in memory until it is purged.
#[derive(Debug)]
pub(super) struct Expiring<V> {
    entries: HashMap<Key, Entry<V>, BuildHasherDefault<FirstBytes>>,
    /// The same keys in the order in which they end, so that whoever purges looks at nothing that lives.
    by_end: BTreeSet<(NumericDate, Key)>,
}

/// A value, and from when on it is as if it were not there.
#[derive(Debug)]
pub(super) struct Entry<V> {
    pub(super) value: V,
    until: NumericDate,
}

impl<V> Entry<V> {
    pub(super) fn until(&self) -> NumericDate {
        self.until
    }
}

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self { entries: HashMap::default(), by_end: BTreeSet::new() }
    }
}

impl<V> Expiring<V> {
    /// How many there are, with those that have ended and were not purged yet.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    pub(super) fn get(&self, key: Key, now: NumericDate) -> Option<&Entry<V>> {
        self.entries.get(&key).filter(|entry| now < entry.until)
    }

    pub(super) fn get_mut(&mut self, key: Key, now: NumericDate) -> Option<&mut V> {
        self.entries.get_mut(&key).filter(|entry| now < entry.until).map(|entry| &mut entry.value)
    }

    /// In the place of whatever is there.
    pub(super) fn insert(&mut self, key: Key, value: V, until: NumericDate) {
        if let Some(old) = self.entries.insert(key, Entry { value, until }) {
            self.by_end.remove(&(old.until, key));
        }
        self.by_end.insert((until, key));
    }

    pub(super) fn set_until(&mut self, key: Key, until: NumericDate) {
        if let Some(entry) = self.entries.get_mut(&key) {
            self.by_end.remove(&(entry.until, key));
            self.by_end.insert((until, key));
            entry.until = until;
        }
    }

    /// Takes out what has not ended. The rest is left to the purge.
    pub(super) fn remove(&mut self, key: Key, now: NumericDate) -> Option<V> {
        self.get(key, now)?;
        self.take(key)
    }

    /// Takes out what is there, ended or not.
    pub(super) fn take(&mut self, key: Key) -> Option<V> {
        let entry = self.entries.remove(&key)?;
        self.by_end.remove(&(entry.until, key));
        self.shrink();
        Some(entry.value)
    }

    /// The one that ends soonest, unless it is kept for good.
    pub(super) fn soonest(&self) -> Option<(Key, &Entry<V>)> {
        let (until, key) = self.by_end.first()?;
        (*until < NEVER).then_some(())?;
        self.entries.get(key).map(|entry| (*key, entry))
    }

    /// Takes out one that has ended.
    pub(super) fn pop_ended(&mut self, now: NumericDate) -> Option<(Key, V)> {
        let (key, _) = self.soonest().filter(|(_, entry)| entry.until <= now)?;
        self.take(key).map(|value| (key, value))
    }

    /// Takes out what has ended, but not more than the budget, which it lessens.
    pub(super) fn purge(&mut self, now: NumericDate, budget: &mut usize) {
        while *budget > 0 && self.pop_ended(now).is_some() {
            *budget -= 1;
        }
    }

    /// To twice of what is there once three quarters are empty: so that what moves about is paid for by what was taken out.
    fn shrink(&mut self) {
        let (len, capacity) = (self.entries.len(), self.entries.capacity());
        if capacity > SMALL && len < capacity / 4 {
            self.entries.shrink_to(len * 2);
        }
    }
}

/// Takes the first bytes of a key for its hash. A [`Key`] is a SHA-256 or our own randomness, so its bytes are spread as evenly
/// as any hash would spread them, and strangers cannot choose keys that fall together: what goes in was made here, or vouched
/// for by a provider.
#[derive(Debug, Default)]
pub(super) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// The length of a key, which is always the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
