//! The leases: who may do what only one may do at a time.

use std::sync::Mutex;

use vestibule_core::NumericDate;

use super::{
    bounds::{BATCH, Full},
    expiring::Expiring,
    locks,
};
use crate::{
    session_store::Fence,
    store::{Key, StoreError},
};

#[derive(Debug)]
pub(super) struct Leases {
    at_most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// Counted for all names together, so that a name that was forgotten does not begin anew.
    fence: u64,
    holders: Expiring<Fence>,
}

impl Leases {
    pub(super) fn at_most(at_most: usize) -> Self {
        Self { at_most, taken: Mutex::default() }
    }

    pub(super) fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Result<Option<Fence>, StoreError> {
        let mut taken = locks::lock(&self.taken);
        let Taken { fence, holders } = &mut *taken;
        if holders.get(name, now).is_some() {
            return Ok(None);
        }
        if holders.len() >= self.at_most {
            holders.purge(now, &mut { BATCH });
        }
        if holders.len() >= self.at_most {
            return Err(StoreError::transient(Full::Leases(self.at_most)));
        }
        *fence += 1;
        holders.insert(name, Fence(*fence), until);
        Ok(Some(Fence(*fence)))
    }

    pub(super) fn renew(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> bool {
        let mut taken = locks::lock(&self.taken);
        let held = taken.holds(name, fence, now);
        if held {
            taken.holders.set_until(name, until);
        }
        held
    }

    pub(super) fn release(&self, name: Key, fence: Fence, now: NumericDate) {
        let mut taken = locks::lock(&self.taken);
        if taken.holds(name, fence, now) {
            taken.holders.take(name);
        }
    }

    pub(super) fn purge(&self, now: NumericDate, budget: &mut usize) {
        locks::lock(&self.taken).holders.purge(now, budget);
    }

    pub(super) fn size(&self) -> usize {
        locks::lock(&self.taken).holders.len()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        locks::lock(&self.taken).holders.capacity()
    }
}

impl Taken {
    fn holds(&self, name: Key, fence: Fence, now: NumericDate) -> bool {
        self.holders.get(name, now).is_some_and(|entry| entry.value == fence)
    }
}
