//! The values that are kept: registered clients, keys of our own, request objects.

use std::sync::RwLock;

use vestibule_core::NumericDate;

use super::{
    bounds::Full,
    expiring::{Expiring, NEVER},
    locks,
};
use crate::{
    session_store::{Kept, Update, Version},
    store::{Key, StoreError},
};

#[derive(Debug)]
pub(super) struct Keeping {
    at_most: usize,
    values: RwLock<Expiring<Kept>>,
}

impl Keeping {
    pub(super) fn at_most(at_most: usize) -> Self {
        Self { at_most, values: RwLock::default() }
    }

    /// With a version it replaces and never makes; without, it makes and never replaces.
    pub(super) fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        new: Kept,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Result<Update, StoreError> {
        let mut values = locks::write(&self.values);
        let there = values.get(key, now).map(|entry| entry.value.version);
        match (version, there) {
            (Some(_), None) => return Ok(Update::Gone),
            (None, Some(_)) => return Ok(Update::Changed),
            (Some(version), Some(there)) if version != there => return Ok(Update::Changed),
            (Some(_), Some(_)) => {}
            (None, None) => self.make_room(&mut values)?,
        }
        let next = new.version;
        values.insert(key, new, until.unwrap_or(NEVER));
        Ok(Update::Done(next))
    }

    pub(super) fn kept(&self, key: Key, now: NumericDate) -> Option<Kept> {
        locks::read(&self.values).get(key, now).map(|entry| entry.value.clone())
    }

    pub(super) fn discard(&self, key: Key, now: NumericDate) -> bool {
        locks::write(&self.values).remove(key, now).is_some()
    }

    pub(super) fn purge(&self, now: NumericDate, budget: &mut usize) {
        locks::write(&self.values).purge(now, budget);
    }

    pub(super) fn size(&self) -> usize {
        locks::read(&self.values).len()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        locks::read(&self.values).capacity()
    }

    /// What ends soonest gives way, and so what has ended comes first. What is kept for good never does.
    fn make_room(&self, values: &mut Expiring<Kept>) -> Result<(), StoreError> {
        while values.len() >= self.at_most {
            let Some((soonest, _)) = values.soonest() else {
                return Err(StoreError::transient(Full::Kept(self.at_most)));
            };
            values.take(soonest);
        }
        Ok(())
    }
}
