//! What may be wrong with sessions and their index.

use vestibule_core::NumericDate;

use super::broken::{Broken, EARLIER, Fault, LATER};
use crate::{
    session_store::{
        Born, Insertion, Mark, Moment, NewSession, SessionStore, StoredSession, Update, Version,
        contract::{probe::fresh, together::pause},
    },
    store::{Key, StoreError},
};

/// Ends whatever was born.
const EVERYTHING: Mark = Mark::from_parts(None, Moment(0), Moment(u64::MAX));

/// A session of nobody.
fn stray(value: Vec<u8>, now: NumericDate) -> NewSession {
    NewSession::new(value, fresh(), None, Born::new(now, Moment(1)), now, now.plus(LATER))
}

impl Broken {
    pub(super) async fn faulty_insert(
        &self,
        key: Key,
        mut session: NewSession,
        now: NumericDate,
    ) -> Result<Insertion, StoreError> {
        let there = self.inner.load(key, now).await?.is_some();
        self.state().inserted.insert(key, session.clone());
        match self.fault {
            Fault::InsertReplaces => {
                self.inner.delete(key, now).await?;
                let _ = self.inner.insert(key, session, now).await?;
                return Ok(if there { Insertion::Exists } else { Insertion::Done });
            }
            Fault::InsertAdopts => {
                let _ = self.inner.insert(key, session, now).await?;
                return Ok(Insertion::Done);
            }
            Fault::InsertForgetsTheSid => session.sid = None,
            Fault::InsertCutsTheValue => session.value.truncate(65_535),
            // As a date of 32 bits.
            Fault::InsertOverflows if session.expires_at.seconds() > i64::from(u32::MAX) => session.expires_at = now,
            Fault::InsertRaces if !there => {
                pause().await;
                self.inner.delete(key, now).await?;
            }
            Fault::VersionsBeginAnew if !there => drop(self.state().versions.insert(key, Version(1))),
            _ => {}
        }
        self.inner.insert(key, session, now).await
    }

    pub(super) async fn faulty_load(&self, key: Key, now: NumericDate) -> Result<Option<StoredSession>, StoreError> {
        let now = match self.fault {
            Fault::LoadsTheExpired => now.minus(1),
            Fault::LoadsTooShort => now.plus(1),
            _ => now,
        };
        let mut found = self.inner.load(key, now).await?;
        let state = self.state();
        if let Some(session) = &mut found {
            if let Some(dates) = state.dates.get(&key) {
                (session.last_seen, session.expires_at) = *dates;
            }
            if self.fault == Fault::UpdateKeepsTheVersion {
                session.version = Version(1);
            }
            if let Some(version) = state.versions.get(&key) {
                session.version = *version;
            }
            if self.fault == Fault::TouchLeavesTheEnd {
                let end = state.inserted.get(&key).map(|session| session.expires_at);
                return Ok(found.filter(|_| end.is_some_and(|end| now < end)));
            }
        }
        Ok(found)
    }

    pub(super) async fn faulty_update(
        &self,
        key: Key,
        version: Version,
        value: Vec<u8>,
        now: NumericDate,
    ) -> Result<Update, StoreError> {
        let found = self.inner.load(key, now).await?;
        let actual = found.as_ref().map_or(version, |found| found.version);
        match self.fault {
            Fault::UpdateCreates if found.is_none() => {
                let _ = self.inner.insert(key, stray(value, now), now).await?;
                return Ok(Update::Gone);
            }
            Fault::UpdateRevivesTheDeleted if found.is_none() => {
                return self.revive(key, now).await.map(|()| Update::Gone);
            }
            Fault::UpdateRevivesTheExpired => return self.inner.update(key, version, value, now.minus(EARLIER)).await,
            Fault::UpdateRaces if actual == version && found.is_some() => {
                pause().await;
                let now_there = self.inner.load(key, now).await?.map_or(version, |found| found.version);
                return self.inner.update(key, now_there, value, now).await;
            }
            Fault::UpdateRevivesInARace if found.is_some() => {
                pause().await;
                let updated = self.inner.update(key, version, value, now).await?;
                if updated == Update::Gone {
                    self.revive(key, now).await?;
                }
                return Ok(updated);
            }
            Fault::UpdateIgnoresTheVersion => return self.inner.update(key, actual, value, now).await,
            Fault::UpdateKeepsTheVersion if version == Version(1) && found.is_some() => {
                let _ = self.inner.update(key, actual, value, now).await?;
                return Ok(Update::Done(Version(1)));
            }
            Fault::UpdateMovesTheDates => drop(self.state().dates.insert(key, (now, now.plus(LATER)))),
            // As it may happen between two machines; here each time but the first of each key.
            Fault::UpdateRefusesAtRandom if found.as_ref().is_some_and(|found| found.value == [1]) => {
                return Ok(Update::Changed);
            }
            Fault::UpdateCutsTheValue => {
                let value = value.into_iter().take(65_535).collect();
                return self.inner.update(key, version, value, now).await;
            }
            Fault::VersionsBeginAnew => return self.numbered_update(key, version, value, now).await,
            _ => {}
        }
        self.inner.update(key, version, value, now).await
    }

    /// Each session has versions from 1 on, of its own.
    async fn numbered_update(
        &self,
        key: Key,
        version: Version,
        value: Vec<u8>,
        now: NumericDate,
    ) -> Result<Update, StoreError> {
        let Some(found) = self.inner.load(key, now).await? else { return Ok(Update::Gone) };
        let number = self.state().versions.get(&key).copied();
        if number != Some(version) {
            return Ok(Update::Changed);
        }
        let _ = self.inner.update(key, found.version, value, now).await?;
        let next = Version(version.0 + 1);
        self.state().versions.insert(key, next);
        Ok(Update::Done(next))
    }

    async fn revive(&self, key: Key, now: NumericDate) -> Result<(), StoreError> {
        let before = self.state().inserted.get(&key).cloned();
        if let Some(session) = before {
            let _ = self.inner.insert(key, session, now).await?;
        }
        Ok(())
    }

    pub(super) async fn faulty_touch(
        &self,
        key: Key,
        last_seen: NumericDate,
        expires_at: NumericDate,
        now: NumericDate,
    ) -> Result<bool, StoreError> {
        let found = self.inner.load(key, now).await?;
        match self.fault {
            Fault::TouchCreates if found.is_none() => {
                let _ = self.inner.insert(key, stray(Vec::new(), now), now).await?;
                return Ok(false);
            }
            Fault::TouchRevivesTheDeleted if found.is_none() => return self.revive(key, now).await.map(|()| false),
            Fault::TouchRevivesTheExpired => {
                return self.inner.touch(key, last_seen, expires_at, now.minus(EARLIER)).await;
            }
            Fault::TouchGoesBack if found.is_some() => drop(self.state().dates.insert(key, (last_seen, expires_at))),
            Fault::TouchEndsAtOnce if expires_at <= now => return self.inner.delete(key, now).await,
            Fault::TouchDoesNothing => return Ok(found.is_some()),
            Fault::TouchChangesTheVersion => {
                if let Some(found) = found {
                    let _ = self.inner.update(key, found.version, found.value, now).await?;
                }
            }
            Fault::TouchWritesBack => {
                pause().await;
                let version = self.inner.load(key, now).await?.map(|found| found.version);
                // Only where it undoes what somebody else did.
                if let (Some(found), Some(version)) = (found, version)
                    && found.version != version
                {
                    let _ = self.inner.update(key, version, found.value, now).await?;
                }
            }
            _ => {}
        }
        self.inner.touch(key, last_seen, expires_at, now).await
    }

    pub(super) async fn faulty_delete(&self, key: Key, now: NumericDate) -> Result<bool, StoreError> {
        let there = self.inner.load(key, now).await?.is_some();
        match self.fault {
            Fault::DeleteDoesNothing => return Ok(there),
            Fault::DeleteEndsAnother => {
                let others: Vec<Key> = self.state().inserted.keys().copied().filter(|other| *other != key).collect();
                for other in others {
                    self.inner.delete(other, now).await?;
                }
            }
            Fault::DeleteLeavesTheIndex => drop(self.state().seen.insert(key)),
            Fault::DeleteFindsTheExpired => return self.inner.delete(key, now.minus(EARLIER)).await,
            Fault::DeleteRaces if there => {
                pause().await;
                self.inner.delete(key, now).await?;
                return Ok(true);
            }
            _ => {}
        }
        self.inner.delete(key, now).await
    }

    pub(super) async fn faulty_list(
        &self,
        index: Key,
        now: NumericDate,
    ) -> Result<Vec<(Key, StoredSession)>, StoreError> {
        let now = if self.fault == Fault::ListHasTheExpired { now.minus(1) } else { now };
        let mut found = self.inner.list(index, now).await?;
        match self.fault {
            Fault::ListForgetsTheFourth => found.truncate(3),
            Fault::ListIsOnePage => found.truncate(1000),
            Fault::ListGivesTwice if found.len() > 1 => found.extend(found.clone()),
            Fault::ListIsStale => found.iter_mut().for_each(|(_, session)| session.value.clear()),
            Fault::DeleteLeavesTheIndex => {
                let state = self.state();
                let deleted = state.inserted.iter().filter(|(key, _)| state.seen.contains(key));
                let of_index = deleted.filter(|(_, session)| session.subject == index);
                found.extend(of_index.map(|(key, session)| {
                    (*key, StoredSession::new(Vec::new(), Version(1), session.last_seen, session.expires_at))
                }));
            }
            _ => {}
        }
        Ok(found)
    }

    pub(super) async fn faulty_delete_all(
        &self,
        index: Key,
        mark: Mark,
        now: NumericDate,
    ) -> Result<Vec<Key>, StoreError> {
        let there: Vec<Key> = self.inner.list(index, now).await?.into_iter().map(|(key, _)| key).collect();
        match self.fault {
            Fault::DeleteAllIgnoresTheMark => self.inner.delete_all(index, EVERYTHING, now).await,
            Fault::DeleteAllEndsTheSubject => {
                let first = there.first().and_then(|key| self.state().inserted.get(key).cloned());
                self.inner.delete_all(first.map_or(index, |session| session.subject), mark, now).await
            }
            Fault::DeleteAllForgetsOne => {
                for key in there.iter().skip(1) {
                    self.inner.delete(*key, now).await?;
                }
                Ok(there.into_iter().skip(1).collect())
            }
            Fault::DeleteAllDoesNothing => Ok(there),
            Fault::DeleteAllFindsTheExpired => self.inner.delete_all(index, mark, now.minus(1)).await,
            Fault::DeleteAllIsOnePage if there.len() > 1000 => {
                for key in there.iter().take(1000) {
                    self.inner.delete(*key, now).await?;
                }
                Ok(there.into_iter().take(1000).collect())
            }
            Fault::DeleteAllComparesRoughly => {
                // As a number of fifteen digits.
                let rough = |Moment(moment)| Moment(if moment == u64::MAX { moment } else { moment / 10 * 10 });
                let (issued_at, raised, ours) = mark.parts();
                self.inner.delete_all(index, Mark::from_parts(issued_at, rough(raised), rough(ours)), now).await
            }
            Fault::DeleteAllRaces if mark == EVERYTHING => {
                pause().await;
                for key in &there {
                    self.inner.delete(*key, now).await?;
                }
                Ok(there)
            }
            _ => self.inner.delete_all(index, mark, now).await,
        }
    }
}
