//! The marks: what no longer holds although somebody may still have it in a cookie.

use std::sync::{
    RwLock,
    atomic::{AtomicBool, Ordering},
};

use vestibule_core::NumericDate;

use super::{
    bounds::{BATCH, Bounds, Full},
    expiring::Expiring,
    locks,
    moments::Moments,
};
use crate::{
    session_store::{Mark, Raising},
    store::{Key, StoreError},
};

/// One lock for all of them: a request asks for three or four marks and gets them as they were at one time, for the price of one.
#[derive(Debug)]
pub(super) struct Marks {
    at_most: usize,
    at_most_issuers: usize,
    /// Whether there may be any: as long as nobody has logged out, a request takes no lock.
    any: AtomicBool,
    raised: RwLock<Raised>,
}

#[derive(Debug, Default)]
struct Raised {
    /// Of subjects, `sid`s and single sessions: what gives way when there are too many.
    each: Expiring<Marked>,
    /// Of whole issuers: what stands in for those that gave way, and itself never does.
    issuers: Expiring<Marked>,
}

#[derive(Clone, Copy, Debug)]
struct Marked {
    mark: Mark,
    issuer: Key,
}

impl Marks {
    pub(super) fn at_most(bounds: &Bounds) -> Self {
        Self {
            at_most: bounds.marks,
            at_most_issuers: bounds.issuers,
            any: AtomicBool::new(false),
            raised: RwLock::default(),
        }
    }

    /// The mark as it is then, and the issuers whose marks had to be raised to make room.
    pub(super) fn raise(
        &self,
        raising: Raising,
        moments: &Moments,
        now: NumericDate,
    ) -> Result<(Mark, Vec<Key>), StoreError> {
        let Raising { whose, issuer, issued_at, until } = raising;
        let mut raised = locks::write(&self.raised);
        // Said before the moment is drawn: whoever draws a later one and then asks, asks under the lock and finds the mark.
        self.any.store(true, Ordering::SeqCst);
        let mut gave_way = Vec::new();
        if whose == issuer {
            self.room_for_issuer(&mut raised, issuer, now)?;
        } else {
            self.room_for(&mut raised, whose, now, &mut gave_way)?;
        }
        let mark = Mark::at(moments.next(now), issued_at);
        let map = if whose == issuer { &mut raised.issuers } else { &mut raised.each };
        join(map, whose, Marked { mark, issuer }, until, now);
        Ok((raised.of(whose, now), gave_way))
    }

    pub(super) fn of(&self, whose: &[Key], now: NumericDate) -> Mark {
        if !self.any.load(Ordering::SeqCst) {
            return Mark::default();
        }
        let raised = locks::read(&self.raised);
        whose.iter().map(|key| raised.of(*key, now)).fold(Mark::default(), Mark::join)
    }

    pub(super) fn purge(&self, now: NumericDate, budget: &mut usize) {
        if !self.any.load(Ordering::SeqCst) {
            return;
        }
        let mut raised = locks::write(&self.raised);
        raised.each.purge(now, budget);
        raised.issuers.purge(now, budget);
        self.any.store(!raised.each.is_empty() || !raised.issuers.is_empty(), Ordering::SeqCst);
    }

    /// How many marks there are, and how many of whole issuers.
    pub(super) fn sizes(&self) -> (usize, usize) {
        let raised = locks::read(&self.raised);
        (raised.each.len(), raised.issuers.len())
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        let raised = locks::read(&self.raised);
        raised.each.capacity() + raised.issuers.capacity()
    }

    #[cfg(test)]
    pub(super) fn is_locked(&self) -> bool {
        self.raised.try_write().is_err()
    }

    /// V64: the marks that end soonest give way, and the mark of their whole issuer is raised to what they were.
    fn room_for(
        &self,
        raised: &mut Raised,
        whose: Key,
        now: NumericDate,
        gave_way: &mut Vec<Key>,
    ) -> Result<(), StoreError> {
        if raised.each.get(whose, now).is_some() {
            return Ok(());
        }
        if raised.each.len() >= self.at_most {
            raised.each.purge(now, &mut { BATCH });
        }
        while raised.each.len() >= self.at_most {
            let Some((key, marked, until)) = raised.each.soonest().map(|(key, e)| (key, e.value, e.until())) else {
                break;
            };
            self.room_for_issuer(raised, marked.issuer, now)?;
            join(&mut raised.issuers, marked.issuer, marked, until, now);
            raised.each.take(key);
            gave_way.push(marked.issuer);
        }
        Ok(())
    }

    fn room_for_issuer(&self, raised: &mut Raised, issuer: Key, now: NumericDate) -> Result<(), StoreError> {
        if raised.issuers.get(issuer, now).is_some() {
            return Ok(());
        }
        if raised.issuers.len() >= self.at_most_issuers {
            raised.issuers.purge(now, &mut { BATCH });
        }
        if raised.issuers.len() >= self.at_most_issuers {
            return Err(StoreError::permanent(Full::Issuers(self.at_most_issuers)));
        }
        Ok(())
    }
}

impl Raised {
    fn of(&self, key: Key, now: NumericDate) -> Mark {
        [self.each.get(key, now), self.issuers.get(key, now)]
            .into_iter()
            .flatten()
            .fold(Mark::default(), |joined, entry| joined.join(entry.value.mark))
    }
}

/// A mark only grows, and ends with whatever made it last longest.
fn join(map: &mut Expiring<Marked>, key: Key, new: Marked, until: NumericDate, now: NumericDate) {
    let (mark, until) =
        map.get(key, now).map_or((new.mark, until), |old| (old.value.mark.join(new.mark), old.until().max(until)));
    map.insert(key, Marked { mark, ..new }, until);
}
