//! What may happen once only: login attempts that came back, logout tokens that took effect.

use std::sync::Mutex;

use vestibule_core::NumericDate;

use super::{
    bounds::{BATCH, Full},
    expiring::Expiring,
    locks,
    moments::Moments,
};
use crate::{
    session_store::Moment,
    store::{Key, StoreError},
};

/// Keys that were seen.
#[derive(Debug)]
pub(super) struct Once {
    at_most: usize,
    seen: Mutex<Expiring<()>>,
}

impl Once {
    pub(super) fn at_most(at_most: usize) -> Self {
        Self { at_most, seen: Mutex::default() }
    }

    /// Burns a login attempt. Where there is no room, those that end soonest give way, which are the oldest: each has the same
    /// time. The provider's one-time code is then what is left against a second use.
    pub(super) fn burn(&self, attempt: Key, until: NumericDate, moments: &Moments, now: NumericDate) -> Option<Moment> {
        let mut seen = locks::lock(&self.seen);
        if seen.get(attempt, now).is_some() {
            return None;
        }
        while seen.len() >= self.at_most {
            let Some((oldest, _)) = seen.soonest() else { break };
            seen.take(oldest);
        }
        seen.insert(attempt, (), until);
        Some(moments.next(now))
    }

    /// Remembers the `jti` of a logout token. Where there is no room it is the token that must wait: to forget another would be to
    /// accept that one again (V71).
    pub(super) fn remember(&self, jti: Key, until: NumericDate, now: NumericDate) -> Result<bool, StoreError> {
        let mut seen = locks::lock(&self.seen);
        if seen.get(jti, now).is_some() {
            return Ok(false);
        }
        if seen.len() >= self.at_most {
            seen.purge(now, &mut { BATCH });
        }
        if seen.len() >= self.at_most {
            return Err(StoreError::transient(Full::Jtis(self.at_most)));
        }
        seen.insert(jti, (), until);
        Ok(true)
    }

    pub(super) fn knows(&self, key: Key, now: NumericDate) -> bool {
        locks::lock(&self.seen).get(key, now).is_some()
    }

    pub(super) fn purge(&self, now: NumericDate, budget: &mut usize) {
        locks::lock(&self.seen).purge(now, budget);
    }

    pub(super) fn size(&self) -> usize {
        locks::lock(&self.seen).len()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        locks::lock(&self.seen).capacity()
    }
}
