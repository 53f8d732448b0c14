//! A suite that cannot fail is worth nothing: stores that break one clause each, and what the suite says of them.

mod broken;
mod broken_rest;
mod broken_sessions;
mod liar;

use std::{collections::BTreeSet, sync::Arc};

use vestibule_core::NumericDate;

use self::{
    broken::{Broken, Fault},
    liar::Liar,
};
use super::{Breach, Probe, check, ends, index, kept, keys, leases, marks, once, sessions};
use crate::session_store::{MemoryStore, SessionStore};

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

/// V57, V58, V64, V71, R116, R119
#[tokio::test]
async fn the_store_in_memory_keeps_the_contract_however_often_it_is_asked() {
    let store = MemoryStore::new();
    for after in [0, 0, 1, 3600] {
        check(&store, NOW.plus(after)).await.expect("kept");
    }
    store.purge(NOW.plus(10_000));
    assert_eq!(store.sizes(), MemoryStore::new().sizes(), "the check leaves nothing behind that stays");
}

#[tokio::test]
async fn a_shared_store_keeps_the_contract_on_any_thread() {
    let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::new());
    let checked = tokio::spawn(async move { check(&store, NOW).await });
    checked.await.expect("no panic").expect("kept");
}

/// V57, V58, V64, V71, V110, R116, R119
#[tokio::test]
async fn each_fault_breaks_the_clause_that_it_is_about() {
    let mut wrong = Vec::new();
    for (fault, clause) in FAULTS {
        match check(&Broken::new(fault), NOW).await {
            Err(breach) if breach.clause() == clause => {}
            Err(breach) => wrong.push(format!("{fault:?}: expected {clause:?}, got {breach}")),
            Ok(()) => wrong.push(format!("{fault:?}: not found")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_store_without_fault_is_not_accused() {
    check(&Broken::new(Fault::None), NOW).await.expect("kept");
    check(&Liar::after(usize::MAX), NOW).await.expect("kept");
}

/// Each answer of the store is looked at, but for those of many callers at once.
#[tokio::test]
async fn a_single_false_answer_is_found() {
    let (_, unheeded) = lies().await;
    assert!(unheeded.is_empty(), "{unheeded:?}");
}

#[tokio::test]
async fn no_clause_is_there_that_no_store_can_break() {
    let (mut broken, _) = lies().await;
    broken.extend(FAULTS.map(|(_, clause)| clause));
    let sources = [
        include_str!("concurrency.rs"),
        include_str!("crowds.rs"),
        include_str!("ends.rs"),
        include_str!("index.rs"),
        include_str!("kept.rs"),
        include_str!("keys.rs"),
        include_str!("leases.rs"),
        include_str!("marks.rs"),
        include_str!("once.rs"),
        include_str!("sessions.rs"),
    ];
    // Every second piece between quotation marks is within them; clauses are those with spaces.
    let quoted = sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    let clauses: BTreeSet<_> = quoted.filter(|text| text.matches(' ').count() > 2 && !text.starts_with(": ")).collect();
    let unbroken: Vec<_> = clauses.difference(&broken).collect();
    assert!(clauses.len() > 80 && unbroken.is_empty(), "{}: {unbroken:#?}", clauses.len());
}

/// The clauses that are said to be broken by a store that lies once, and the lies that nobody noticed.
async fn lies() -> (BTreeSet<&'static str>, Vec<(usize, &'static str)>) {
    let honest = Liar::after(usize::MAX);
    one_by_one(&honest).await.expect("kept");
    let (mut broken, mut unheeded) = (BTreeSet::new(), Vec::new());
    for turn in 0..honest.answers() {
        let liar = Liar::after(turn);
        match one_by_one(&liar).await {
            Ok(()) => unheeded.push((turn, liar.lied())),
            Err(breach) => drop(broken.insert(breach.clause)),
        }
    }
    (broken, unheeded)
}

/// All but many callers at once.
async fn one_by_one(store: &dyn SessionStore) -> Result<(), Breach> {
    let probe = Probe::new(store, NOW);
    sessions::check(probe).await?;
    index::check(probe).await?;
    marks::check(probe).await?;
    once::check(probe).await?;
    leases::check(probe).await?;
    kept::check(probe).await?;
    keys::check(probe).await?;
    ends::check(probe).await
}

#[test]
fn a_breach_says_what_was_expected_and_what_came() {
    let breach = super::same("a thing is as it is", &1, &2).expect_err("not the same");
    assert_eq!(breach.to_string(), "a thing is as it is: expected 2, got 1");
    assert_eq!(breach.clause(), "a thing is as it is");
}

#[tokio::test]
async fn a_breach_by_an_error_has_the_error_as_its_source() {
    use std::error::Error;

    let breach: Breach = check(&Broken::new(Fault::KeptFails), NOW).await.expect_err("it fails");
    assert_eq!(breach.to_string(), "every method answers: `kept` failed");
    let source = breach.source().and_then(Error::source).expect("kept");
    assert_eq!(source.to_string(), "out of order");
}

/// What is wrong with a store, and the clause that must be named.
const FAULTS: [(Fault, &str); 93] = [
    (Fault::InsertReplaces, "an insertion never changes a session that is there"),
    (Fault::InsertAdopts, "an insertion under the key of a session that is there is refused"),
    (Fault::InsertForgetsTheSid, "a session that was updated is still its subject's and its `sid`'s"),
    (Fault::InsertCutsTheValue, "a session is loaded as it was inserted"),
    (Fault::InsertOverflows, "what ends in the year 9999 is there until then"),
    (
        Fault::InsertRaces,
        "of all who insert a session under one key at once, one does, and it stays as it was inserted",
    ),
    (Fault::LoadsTheExpired, "a session is gone from the second on at which it expires"),
    (Fault::LoadsTooShort, "a session is there until the second before it expires"),
    (Fault::UpdateCreates, "an update never makes a session"),
    (Fault::UpdateRevivesTheDeleted, "an update never brings back what was deleted"),
    (Fault::UpdateRevivesTheExpired, "there is nothing to update after expiry"),
    (Fault::UpdateRaces, "of changes made at once none is lost"),
    (Fault::UpdateRevivesInARace, "no update and no touch that was under way brings a deleted session back"),
    (Fault::UpdateIgnoresTheVersion, "an update by a version that the value no longer has changes nothing"),
    (Fault::UpdateKeepsTheVersion, "each change gives a version that the value never had"),
    (Fault::UpdateMovesTheDates, "an update replaces the value, gives it another version, and leaves the rest"),
    (Fault::UpdateCutsTheValue, "an update replaces the value, gives it another version, and leaves the rest"),
    (Fault::UpdateRefusesAtRandom, "a change is refused only where another was made since its version was read"),
    (
        Fault::VersionsBeginAnew,
        "a version that was read before a deletion does not fit a session that was made after it",
    ),
    (Fault::TouchCreates, "a touch never makes a session"),
    (Fault::TouchRevivesTheDeleted, "a touch never brings back what was deleted"),
    (Fault::TouchRevivesTheExpired, "there is nothing to touch after expiry"),
    (Fault::TouchGoesBack, "a touch moves both dates, forwards only, and leaves the value and its version"),
    (Fault::TouchChangesTheVersion, "a touch moves both dates, forwards only, and leaves the value and its version"),
    (Fault::TouchDoesNothing, "a touch moves both dates, forwards only, and leaves the value and its version"),
    (Fault::TouchLeavesTheEnd, "a session that was touched lives until its new end"),
    (Fault::TouchEndsAtOnce, "a touch moves both dates, forwards only, and leaves the value and its version"),
    (Fault::TouchWritesBack, "of touches and updates made at once none undoes another"),
    (Fault::DeleteDoesNothing, "a session that was deleted is gone"),
    (Fault::DeleteEndsAnother, "a deletion ends no other session"),
    (Fault::DeleteFindsTheExpired, "a deletion says that an expired session was not there"),
    (Fault::DeleteLeavesTheIndex, "a session that was deleted is nobody's"),
    (Fault::DeleteRaces, "of all who delete a session at once, one does"),
    (Fault::ListForgetsTheFourth, "a subject's list has each of its sessions, once, and no other"),
    (Fault::ListGivesTwice, "a subject's list has each of its sessions, once, and no other"),
    (Fault::ListIsOnePage, "a list has each of a thousand sessions"),
    (Fault::ListIsStale, "a list has the sessions as they are loaded"),
    (Fault::ListHasTheExpired, "what has expired is in no list"),
    (Fault::DeleteAllIgnoresTheMark, "what a mark does not end is spared, and all else is ended"),
    (Fault::DeleteAllEndsTheSubject, "the end of a `sid` ends its sessions and no other"),
    (Fault::DeleteAllForgetsOne, "the end of a `sid` ends its sessions and no other"),
    (Fault::DeleteAllDoesNothing, "a session that was ended with others is gone"),
    (Fault::DeleteAllFindsTheExpired, "what has expired was not there to be ended"),
    (Fault::DeleteAllRaces, "of all who end a subject's sessions at once, one ends each"),
    (Fault::DeleteAllIsOnePage, "a thousand sessions are ended at once"),
    (Fault::DeleteAllComparesRoughly, "of two moments that follow each other at once a mark tells which was first"),
    (Fault::MarksOfDifferentKeysOnly, "a key whose mark is asked for twice at once counts once"),
    (Fault::MarksOfTheFirstKey, "the marks of several keys are joined"),
    (Fault::MarkIsReplaced, "a mark only grows: each raise joins what was there"),
    (Fault::MarkOfTheIssuerToo, "a mark is nobody else's"),
    (Fault::MarkStays, "a mark is gone from the second on at which it ends"),
    (Fault::MarkEndsWithTheLastRaise, "a mark is there until the latest end that it was raised with"),
    (Fault::MarkIsRevived, "a mark that is raised anew has nothing of one that has ended"),
    (
        Fault::MarkWithoutTheClockOfTheProvider,
        "a mark has the moment at which it was raised, on the clock on which it was",
    ),
    (Fault::RaiseRaces, "of marks raised at once none is lost"),
    (Fault::MomentsOfTheClock, "a mark ends a session whose login was under way"),
    (Fault::MomentsWithoutTheClock, "no moment is before the second in which it was taken"),
    (Fault::MomentsGoBack, "each moment is later than all before, of burnt attempts and raised marks alike"),
    (Fault::MomentsRace, "no two moments are equal, however many are taken at once"),
    (Fault::MarkReachesAhead, "a mark spares a login that begins after it"),
    (Fault::BurnsTwice, "an attempt that was burnt is not burnt again until its end"),
    (Fault::BurnsForEver, "an attempt may be burnt again after its end"),
    (Fault::BurnRaces, "of all who burn an attempt at once, one is the first"),
    (Fault::JtiIsForgotten, "a `jti` that was remembered is known until its end"),
    (Fault::JtiStays, "a `jti` is forgotten from the second on at which it ends"),
    (Fault::JtiIsRememberedWhenAsked, "to ask for a `jti` does not remember it"),
    (Fault::JtiRaces, "of all who remember a `jti` at once, one finds it new"),
    (Fault::KeysAreShared, "sessions, attempts, `jti`s, leases and kept values do not share their keys"),
    (Fault::KeysEndAtAZero, "keys that differ in one byte, whichever it is, are different keys"),
    (Fault::KeysAreTrimmed, "keys that differ in one byte, whichever it is, are different keys"),
    (Fault::KeysAreText, "keys that differ in one byte, whichever it is, are different keys"),
    (Fault::LeaseForEverybody, "a lease that somebody has is refused until it ends"),
    (Fault::LeaseStays, "a lease is free from the second on at which it ends"),
    (Fault::LeaseRaces, "of all who ask for a lease at once, one has it"),
    (Fault::FenceStandsStill, "each holder has a greater fence than all before"),
    (Fault::RenewalByAnybody, "only its holder renews a lease"),
    (Fault::RenewalAfterTheEnd, "a lease that has ended is not renewed"),
    (Fault::RenewalTakes, "a renewal never takes a lease"),
    (Fault::RenewalDoesNothing, "the holder renews a lease, and has it until its new end"),
    (Fault::ReleaseByAnybody, "only its holder gives a lease back"),
    (Fault::ReleaseDoesNothing, "a lease that was given back is nobody's"),
    (Fault::KeepReplaces, "without a version a value that is there stays as it is"),
    (Fault::KeepCreates, "with a version no value is made"),
    (Fault::KeepIgnoresTheVersion, "a value is not replaced by a version that it no longer has"),
    (Fault::KeepRaces, "of all who make a value at once, one does"),
    (Fault::KeepLosesAChange, "of changes made at once none is lost"),
    (Fault::DiscardRaces, "of all who discard a value at once, one does"),
    (Fault::KeptForGoodEnds, "what is kept for good stays"),
    (Fault::KeepCutsTheValue, "a value is kept as it was given"),
    (Fault::KeepLeavesTheEnd, "a value that was replaced ends when its replacement says"),
    (Fault::KeepTakesThePastForGood, "what ends before now is taken, and then as if it were not there"),
    (Fault::KeepReplacesBeforeNowForGood, "a value whose replacement ends before now is gone"),
    (Fault::KeptFails, "every method answers"),
];
