//! What may be wrong with marks, moments, leases and the rest.

use std::collections::BTreeSet;

use vestibule_core::NumericDate;

use super::broken::{Broken, Fault, LATER};
use crate::{
    session_store::{
        Fence, Kept, Mark, Moment, Raising, SessionStore, Update, Version,
        contract::{probe::fresh, together::pause},
    },
    store::{Key, StoreError},
};

impl Broken {
    pub(super) async fn faulty_raise(&self, mut raising: Raising, now: NumericDate) -> Result<Mark, StoreError> {
        let Raising { whose, issuer, until, .. } = raising;
        match self.fault {
            Fault::MarkOfTheIssuerToo => {
                self.inner.raise(Raising { whose: issuer, ..raising }, now).await?;
            }
            Fault::MarkIsReplaced
            | Fault::RaiseRaces
            | Fault::MomentsOfTheClock
            | Fault::MomentsWithoutTheClock
            | Fault::MomentsGoBack
            | Fault::MarkReachesAhead => return self.own_raise(raising, now).await,
            Fault::MarkStays => raising.until = until.plus(LATER),
            Fault::MarkEndsWithTheLastRaise => drop(self.state().ends.insert(whose, until)),
            Fault::MarkIsRevived => {
                raising.until = until.plus(LATER);
                let mut state = self.state();
                let end = state.ends.entry(whose).or_insert(until);
                *end = until.max(*end);
            }
            Fault::MarkWithoutTheClockOfTheProvider => raising.issued_at = None,
            _ => {}
        }
        self.inner.raise(raising, now).await
    }

    /// Keeps marks of its own, read before they are written.
    async fn own_raise(&self, raising: Raising, now: NumericDate) -> Result<Mark, StoreError> {
        let Raising { whose, until, issued_at, .. } = raising;
        let new = self.inner.raise(Raising { whose: fresh(), ..raising }, now).await?;
        let moment = match self.fault {
            Fault::MarkReachesAhead => Some(Moment(u64::MAX)),
            _ => self.moment(now),
        };
        let new = moment.map_or(new, |moment| Mark::at(moment, issued_at));
        let end = self.state().ends.get(&whose).copied().filter(|end| now < *end);
        let before = self.own_mark(whose, now);
        if self.fault == Fault::RaiseRaces {
            pause().await;
        }
        let mark = if self.fault == Fault::MarkIsReplaced { new } else { before.join(new) };
        let mut state = self.state();
        state.marks.insert(whose, mark);
        state.ends.insert(whose, end.map_or(until, |end| end.max(until)));
        Ok(mark)
    }

    fn own_mark(&self, whose: Key, now: NumericDate) -> Mark {
        let state = self.state();
        let alive = state.ends.get(&whose).is_some_and(|end| now < *end);
        state.marks.get(&whose).copied().filter(|_| alive).unwrap_or_default()
    }

    /// A moment that is not what it should be.
    fn moment(&self, now: NumericDate) -> Option<Moment> {
        let mut state = self.state();
        state.count += 1;
        let second = Moment::default().next(now);
        match self.fault {
            Fault::MomentsOfTheClock => Some(second),
            Fault::MomentsWithoutTheClock => Some(Moment(state.count)),
            Fault::MomentsGoBack => Some(Moment(second.0 + state.count)),
            _ => None,
        }
    }

    pub(super) async fn faulty_marks(&self, whose: &[Key], now: NumericDate) -> Result<Mark, StoreError> {
        match self.fault {
            Fault::MarksOfDifferentKeysOnly => {
                let different: BTreeSet<_> = whose.iter().collect();
                if different.len() < whose.len() { Ok(Mark::default()) } else { self.inner.marks(whose, now).await }
            }
            Fault::MarksOfTheFirstKey => self.inner.marks(whose.get(..1).unwrap_or_default(), now).await,
            Fault::MarkEndsWithTheLastRaise | Fault::MarkIsRevived => {
                let alive = |key: &&Key| self.state().ends.get(key).is_some_and(|end| now < *end);
                let alive: Vec<Key> = whose.iter().filter(alive).copied().collect();
                self.inner.marks(&alive, now).await
            }
            Fault::MarkIsReplaced
            | Fault::RaiseRaces
            | Fault::MomentsOfTheClock
            | Fault::MomentsWithoutTheClock
            | Fault::MomentsGoBack
            | Fault::MarkReachesAhead => {
                Ok(whose.iter().fold(Mark::default(), |joined, key| joined.join(self.own_mark(*key, now))))
            }
            _ => self.inner.marks(whose, now).await,
        }
    }

    pub(super) async fn faulty_burn(
        &self,
        mut attempt: Key,
        mut until: NumericDate,
        now: NumericDate,
    ) -> Result<Option<Moment>, StoreError> {
        match self.fault {
            Fault::BurnsTwice => attempt = fresh(),
            Fault::BurnsForEver => until = until.plus(LATER),
            Fault::BurnRaces => {
                if self.state().ends.get(&attempt).is_some_and(|end| now < *end) {
                    return Ok(None);
                }
                pause().await;
                self.state().ends.insert(attempt, until);
                attempt = fresh();
            }
            _ => {}
        }
        let burnt = self.inner.burn_attempt(attempt, until, now).await?;
        if let (Fault::MomentsRace, Some(moment)) = (self.fault, burnt) {
            self.state().count = moment.0;
            pause().await;
            return Ok(Some(Moment(self.state().count)));
        }
        Ok(burnt.map(|moment| self.moment(now).unwrap_or(moment)))
    }

    pub(super) async fn faulty_remember(
        &self,
        mut jti: Key,
        mut until: NumericDate,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        match self.fault {
            Fault::JtiIsForgotten => jti = fresh(),
            Fault::JtiStays => until = until.plus(LATER),
            Fault::JtiRaces if !self.inner.knows_jti(jti, now).await? => {
                pause().await;
                self.inner.remember_jti(jti, until, now).await?;
                return Ok(true);
            }
            _ => {}
        }
        self.inner.remember_jti(jti, until, now).await
    }

    pub(super) async fn faulty_knows(&self, jti: Key, now: NumericDate) -> Result<bool, StoreError> {
        let known = self.inner.knows_jti(jti, now).await?;
        match self.fault {
            Fault::JtiIsRememberedWhenAsked => {
                self.inner.remember_jti(jti, now.plus(LATER), now).await?;
            }
            Fault::KeysAreShared => return Ok(known || self.inner.load(jti, now).await?.is_some()),
            _ => {}
        }
        Ok(known)
    }

    pub(super) async fn faulty_lease(
        &self,
        mut name: Key,
        mut until: NumericDate,
        now: NumericDate,
    ) -> Result<Option<Fence>, StoreError> {
        let asked = name;
        match self.fault {
            Fault::LeaseForEverybody => name = fresh(),
            Fault::LeaseStays => until = until.plus(LATER),
            Fault::LeaseRaces => {
                let Some(fence) = self.inner.lease(name, until, now).await? else { return Ok(None) };
                self.inner.release_lease(name, fence, now).await?;
                pause().await;
                let faster = self.state().fences.get(&name).copied();
                self.inner.release_lease(name, faster.unwrap_or(fence), now).await?;
            }
            _ => {}
        }
        let fence = self.inner.lease(name, until, now).await?;
        if let Some(fence) = fence {
            self.state().fences.insert(asked, fence);
        }
        Ok(if self.fault == Fault::FenceStandsStill { fence.map(|_| Fence(1)) } else { fence })
    }

    pub(super) async fn faulty_renew(
        &self,
        name: Key,
        mut fence: Fence,
        until: NumericDate,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        let last = self.state().fences.get(&name).copied();
        match self.fault {
            Fault::RenewalByAnybody | Fault::FenceStandsStill => fence = last.unwrap_or(fence),
            Fault::RenewalAfterTheEnd if last == Some(fence) => {
                return Ok(self.inner.renew_lease(name, fence, until, now).await?
                    || self.inner.lease(name, until, now).await?.is_some());
            }
            Fault::RenewalTakes if last.is_none() => {
                self.inner.lease(name, until, now).await?;
                return Ok(false);
            }
            Fault::RenewalDoesNothing => return Ok(last == Some(fence)),
            _ => {}
        }
        self.inner.renew_lease(name, fence, until, now).await
    }

    pub(super) async fn faulty_release(&self, name: Key, mut fence: Fence, now: NumericDate) -> Result<(), StoreError> {
        match self.fault {
            Fault::ReleaseByAnybody | Fault::FenceStandsStill => {
                fence = self.state().fences.get(&name).copied().unwrap_or(fence);
            }
            Fault::ReleaseDoesNothing => return Ok(()),
            _ => {}
        }
        self.inner.release_lease(name, fence, now).await
    }

    pub(super) async fn faulty_keep(
        &self,
        key: Key,
        mut version: Option<Version>,
        mut value: Vec<u8>,
        mut until: Option<NumericDate>,
        now: NumericDate,
    ) -> Result<Update, StoreError> {
        let found = self.inner.kept(key, now).await?.map(|kept| kept.version);
        match self.fault {
            Fault::KeepReplaces if version.is_none() && found.is_some() => {
                let _ = self.inner.keep(key, found, value, until, now).await?;
                return Ok(Update::Changed);
            }
            Fault::KeepCreates if version.is_some() && found.is_none() => {
                let _ = self.inner.keep(key, None, value, until, now).await?;
                return Ok(Update::Gone);
            }
            Fault::KeepIgnoresTheVersion if version.is_some() && found.is_some() => version = found,
            Fault::KeepRaces if version.is_none() && found.is_none() => {
                pause().await;
                self.inner.discard(key, now).await?;
            }
            Fault::KeepLosesAChange if version.is_some() && version == found => {
                pause().await;
                version = self.inner.kept(key, now).await?.map(|kept| kept.version);
            }
            Fault::KeepCutsTheValue => value.truncate(65_535),
            Fault::KeepLeavesTheEnd => {
                let end = until.unwrap_or(now.plus(LATER));
                let mut state = self.state();
                if version.is_some() {
                    until = state.ends.get(&key).copied();
                } else {
                    state.ends.insert(key, end);
                }
            }
            Fault::KeepTakesThePastForGood if version.is_none() => until = until.filter(|until| *until > now),
            Fault::KeepReplacesBeforeNowForGood if version.is_some() => until = until.filter(|until| *until > now),
            Fault::KeptForGoodEnds => until = until.or(Some(now.plus(250))),
            _ => {}
        }
        self.inner.keep(key, version, value, until, now).await
    }

    pub(super) async fn faulty_kept(&self, key: Key, now: NumericDate) -> Result<Option<Kept>, StoreError> {
        if self.fault == Fault::KeptFails {
            return Err(StoreError::permanent("out of order"));
        }
        self.inner.kept(key, now).await
    }

    pub(super) async fn faulty_discard(&self, key: Key, now: NumericDate) -> Result<bool, StoreError> {
        if self.fault == Fault::DiscardRaces && self.inner.kept(key, now).await?.is_some() {
            pause().await;
            self.inner.discard(key, now).await?;
            return Ok(true);
        }
        self.inner.discard(key, now).await
    }
}
