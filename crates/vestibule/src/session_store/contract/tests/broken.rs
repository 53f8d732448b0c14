//! A store with one fault, made of one without.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use vestibule_core::NumericDate;

use crate::{
    session_store::{
        Fence, Insertion, Kept, Mark, MemoryStore, Moment, NewSession, Raising, Reach, SessionStore, StoredSession,
        Update, Version,
    },
    store::{Answer, Key},
};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    InsertReplaces,
    InsertAdopts,
    InsertForgetsTheSid,
    InsertCutsTheValue,
    InsertOverflows,
    InsertRaces,
    LoadsTheExpired,
    LoadsTooShort,
    UpdateCreates,
    UpdateRevivesTheDeleted,
    UpdateRevivesTheExpired,
    UpdateRaces,
    UpdateRevivesInARace,
    UpdateIgnoresTheVersion,
    UpdateKeepsTheVersion,
    UpdateMovesTheDates,
    UpdateCutsTheValue,
    UpdateRefusesAtRandom,
    VersionsBeginAnew,
    TouchCreates,
    TouchRevivesTheDeleted,
    TouchRevivesTheExpired,
    TouchGoesBack,
    TouchChangesTheVersion,
    TouchDoesNothing,
    TouchLeavesTheEnd,
    TouchWritesBack,
    TouchEndsAtOnce,
    DeleteDoesNothing,
    DeleteEndsAnother,
    DeleteFindsTheExpired,
    DeleteLeavesTheIndex,
    DeleteRaces,
    ListForgetsTheFourth,
    ListGivesTwice,
    ListIsOnePage,
    ListIsStale,
    ListHasTheExpired,
    DeleteAllIgnoresTheMark,
    DeleteAllEndsTheSubject,
    DeleteAllForgetsOne,
    DeleteAllDoesNothing,
    DeleteAllFindsTheExpired,
    DeleteAllRaces,
    DeleteAllIsOnePage,
    DeleteAllComparesRoughly,
    MarksOfTheFirstKey,
    MarksOfDifferentKeysOnly,
    MarkIsReplaced,
    MarkOfTheIssuerToo,
    MarkStays,
    MarkEndsWithTheLastRaise,
    MarkIsRevived,
    MarkWithoutTheClockOfTheProvider,
    RaiseRaces,
    MomentsOfTheClock,
    MomentsWithoutTheClock,
    MomentsGoBack,
    MomentsRace,
    MarkReachesAhead,
    BurnsTwice,
    BurnsForEver,
    BurnRaces,
    JtiIsForgotten,
    JtiStays,
    JtiIsRememberedWhenAsked,
    JtiRaces,
    KeysAreShared,
    KeysEndAtAZero,
    KeysAreTrimmed,
    KeysAreText,
    LeaseForEverybody,
    LeaseStays,
    LeaseRaces,
    FenceStandsStill,
    RenewalByAnybody,
    RenewalAfterTheEnd,
    RenewalTakes,
    RenewalDoesNothing,
    ReleaseByAnybody,
    ReleaseDoesNothing,
    KeepReplaces,
    KeepCreates,
    KeepIgnoresTheVersion,
    KeepRaces,
    KeepLosesAChange,
    DiscardRaces,
    KeptForGoodEnds,
    KeepCutsTheValue,
    KeepLeavesTheEnd,
    KeepTakesThePastForGood,
    KeepReplacesBeforeNowForGood,
    KeptFails,
}

#[derive(Debug)]
pub(super) struct Broken {
    pub(super) inner: MemoryStore,
    pub(super) fault: Fault,
    state: Mutex<State>,
}

/// What a fault needs to know.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Each session that was ever inserted.
    pub(super) inserted: BTreeMap<Key, NewSession>,
    /// Other dates than those of the inner store.
    pub(super) dates: BTreeMap<Key, (NumericDate, NumericDate)>,
    /// Other versions than those of the inner store.
    pub(super) versions: BTreeMap<Key, Version>,
    pub(super) marks: BTreeMap<Key, Mark>,
    /// The ends of marks.
    pub(super) ends: BTreeMap<Key, NumericDate>,
    pub(super) fences: BTreeMap<Key, Fence>,
    pub(super) seen: BTreeSet<Key>,
    pub(super) count: u64,
}

/// Long before anything expires, for a fault that does not see that it has.
pub(super) const EARLIER: i64 = 1000;

/// Long after everything has expired, for a fault that does not let it.
pub(super) const LATER: i64 = 100_000;

impl Broken {
    pub(super) fn new(fault: Fault) -> Self {
        Self { inner: MemoryStore::new(), fault, state: Mutex::default() }
    }

    /// A key as somebody would have it who takes it for a text.
    fn name(&self, key: Key) -> Key {
        let mut bytes = *key.as_bytes();
        match self.fault {
            Fault::KeysEndAtAZero => {
                // Not the first bytes, by which fresh keys differ.
                let ended = bytes.iter_mut().skip(8).skip_while(|byte| **byte != 0);
                ended.for_each(|byte| *byte = 0);
            }
            Fault::KeysAreTrimmed => {
                let blank = bytes.iter_mut().rev().take_while(|byte| matches!(**byte, 0x00 | 0x0a | 0x20));
                blank.for_each(|byte| *byte = 0);
            }
            Fault::KeysAreText => bytes.iter_mut().filter(|byte| **byte >= 0xf8).for_each(|byte| *byte = 0xff),
            _ => {}
        }
        Key::from_bytes(bytes)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionStore for Broken {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        Answer::later(self.faulty_insert(key, session, now))
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        Answer::later(self.faulty_load(key, now))
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        Answer::later(self.faulty_update(key, version, value, now))
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.faulty_touch(key, last_seen, expires_at, now))
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.faulty_delete(key, now))
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        Answer::later(self.faulty_delete_all(index, mark, now))
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        Answer::later(self.faulty_list(index, now))
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        Answer::later(self.faulty_raise(raising, now))
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        Answer::later(self.faulty_marks(whose, now))
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        Answer::later(self.faulty_burn(attempt, until, now))
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.faulty_remember(jti, until, now))
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.faulty_knows(jti, now))
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        Answer::later(self.faulty_lease(name, until, now))
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.faulty_renew(name, fence, until, now))
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        Answer::later(self.faulty_release(name, fence, now))
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        Answer::later(self.faulty_keep(self.name(key), version, value, until, now))
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        Answer::later(self.faulty_kept(self.name(key), now))
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.faulty_discard(self.name(key), now))
    }

    fn reach(&self) -> Reach {
        self.inner.reach()
    }
}
