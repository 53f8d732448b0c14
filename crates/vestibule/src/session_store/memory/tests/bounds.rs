//! Each bound, hit tenfold.

use std::error::Error;

use super::*;
use crate::session_store::{Sizes, Update};

const FEW: Bounds = Bounds { sessions: 10, marks: 10, issuers: 10, attempts: 10, jtis: 10, leases: 10, kept: 10 };

fn small() -> MemoryStore {
    MemoryStore::bounded(&FEW)
}

fn reason(error: &StoreError) -> String {
    error.source().expect("a reason").to_string()
}

/// V105
#[test]
fn one_session_too_many_is_refused_for_good_and_those_that_are_there_stay() {
    let store = MemoryStore::new().at_most_sessions(10);
    let until = NOW.plus(100);
    (0..10).for_each(|number| insert(&store, number, until));
    for number in 10..100 {
        let refused = at_once(store.insert(key(number), session(key(number), None, until), NOW)).expect_err("full");
        assert!(!refused.is_transient());
        let reason = reason(&refused);
        assert!(reason.contains("10 sessions") && reason.contains("`MemoryStore::at_most_sessions`"), "{reason}");
    }
    assert_eq!((store.sizes().sessions, store.sizes().indexed), (10, 20));
    for number in 0..10 {
        assert!(ok(store.load(key(number), NOW)).is_some());
        let again = ok(store.insert(key(number), session(key(77), None, until), NOW));
        assert_eq!(again, Insertion::Exists, "full or not, there is one");
    }
}

/// V105
#[test]
fn a_full_store_takes_a_session_when_another_has_ended_or_expired() {
    let store = MemoryStore::new().at_most_sessions(10);
    let (soon, later) = (NOW.plus(50), NOW.plus(100));
    swept(&store, soon);
    (0..10).for_each(|number| insert(&store, number, later));
    assert!(ok(store.delete(key(3), NOW)));
    insert(&store, 10, soon);
    let new = session(key(11), None, later);
    at_once(store.insert(key(11), new.clone(), soon.minus(1))).expect_err("full");
    assert_eq!(ok(store.insert(key(11), new.clone(), soon)), Insertion::Done);
    at_once(store.insert(key(12), new, soon)).expect_err("full once more");
    assert!(ok(store.load(key(11), soon)).is_some());
    assert_eq!(store.sizes().sessions, 10);
}

/// V64, V105
#[test]
fn too_many_marks_end_too_many_sessions_and_never_too_few() {
    let store = small();
    let (issuer, other_issuer) = (key(1_000), key(1_001));
    let mut births = Vec::new();
    for number in 0..100 {
        let born = ok(store.burn_attempt(key(number), NOW.plus(100), NOW)).expect("the first time");
        // On our own clock, or on the provider's.
        let issued_at = (number % 2 == 0).then_some(NOW);
        ok(store.raise(Raising::new(key(number), issuer, issued_at, NOW.plus(100)), NOW));
        births.push((key(number), Born::new(NOW, born)));
        for (subject, born) in &births {
            assert!(ok(store.marks(&[*subject, issuer], NOW)).ends(*born), "after {number}");
        }
    }
    let sizes = store.sizes();
    assert_eq!((sizes.marks, sizes.issuer_marks), (10, 1));
    assert_eq!(ok(store.marks(&[other_issuer], NOW)), Mark::default(), "another issuer's sessions live");
    let born = ok(store.burn_attempt(key(2_000), NOW.plus(100), NOW)).expect("the first time");
    assert!(
        !ok(store.marks(&[key(5), issuer], NOW)).ends(Born::new(NOW, born)),
        "whoever logs in afterwards is signed in"
    );
}

/// V64, V105
#[test]
fn the_mark_that_ends_soonest_gives_way_and_its_issuers_mark_lasts_as_long_as_any_that_did() {
    let store = small();
    let issuer = key(1_000);
    let raise = |number: u64, until| ok(store.raise(Raising::new(key(number), issuer, None, NOW.plus(until)), NOW));
    (0..8).for_each(|number| _ = raise(number, 1_000));
    let (soonest, soon) = (raise(8, 300), raise(9, 400));
    raise(10, 1_000);
    assert_eq!(ok(store.marks(&[key(8)], NOW)), Mark::default());
    assert_eq!(ok(store.marks(&[issuer], NOW)), soonest, "what it was, and not more");
    assert_eq!(ok(store.marks(&[key(9)], NOW)), soon);
    raise(11, 1_000);
    // Raised anew it is there already, and nothing gives way.
    raise(11, 1_000);
    assert_eq!(store.sizes(), Sizes { marks: 10, issuer_marks: 1, ..Sizes::default() });
    assert_eq!(ok(store.marks(&[issuer], NOW.plus(399))), soonest.join(soon));
    assert_eq!(ok(store.marks(&[issuer], NOW.plus(400))), Mark::default());
}

/// V64, V105
#[test]
fn a_mark_of_a_whole_issuer_never_gives_way() {
    let store = small();
    let issuer = key(1_000);
    let mark = ok(store.raise(Raising::new(issuer, issuer, Some(NOW), NOW.plus(10)), NOW));
    for number in 0..100 {
        ok(store.raise(Raising::new(key(number), key(1_001), None, NOW.plus(100)), NOW));
    }
    assert_eq!(ok(store.marks(&[issuer], NOW)), mark);
    assert_eq!((store.sizes().marks, store.sizes().issuer_marks), (10, 2));
}

/// V64, V105
#[test]
fn where_not_even_the_mark_of_an_issuer_has_room_the_logout_fails_and_nothing_is_forgotten() {
    let store = small();
    let until = NOW.plus(100);
    let marks: Vec<_> = (0..10).map(|n| ok(store.raise(Raising::new(key(n), key(n), None, until), NOW))).collect();
    for number in 10..100 {
        let refused = at_once(store.raise(Raising::new(key(number), key(number), None, until), NOW)).expect_err("full");
        assert!(!refused.is_transient() && reason(&refused).contains("10 issuers"));
    }
    let subjects: Vec<_> =
        (100..110).map(|n| ok(store.raise(Raising::new(key(n), key(99), None, until), NOW))).collect();
    at_once(store.raise(Raising::new(key(110), key(99), None, until), NOW))
        .expect_err("the mark of its issuer has no room");
    for (number, mark) in (0..10).zip(marks).chain((100..110).zip(subjects)) {
        assert_eq!(ok(store.marks(&[key(number)], NOW)), mark);
    }
}

/// V64, V105
#[test]
fn no_mark_gives_way_as_long_as_one_has_expired() {
    let store = small();
    swept(&store, NOW.plus(10));
    (0..10).for_each(|n| _ = ok(store.raise(Raising::new(key(n), key(99), None, NOW.plus(10)), NOW)));
    (10..20).for_each(|n| _ = ok(store.raise(Raising::new(key(n), key(99), None, NOW.plus(20)), NOW.plus(10))));
    assert_eq!((store.sizes().marks, store.sizes().issuer_marks), (10, 0));
}

/// V105
#[test]
fn the_oldest_burnt_attempts_give_way() {
    let store = small();
    let burn = |number: u64| ok(store.burn_attempt(key(number), NOW.plus(600 + number as i64), NOW)).is_some();
    for number in 0..100 {
        assert!(burn(number));
        assert_eq!(store.sizes().burnt_attempts, 10.min(number as usize + 1), "and not more than must");
    }
    for number in 90..100 {
        assert!(!burn(number), "the latest are known");
    }
    assert!(burn(89), "the provider's one-time code is left against it");
}

/// V71, V105
#[test]
fn one_logout_token_too_many_is_refused_for_now_and_none_is_forgotten() {
    let store = small();
    let until = NOW.plus(100);
    swept(&store, until);
    (0..10).for_each(|number| assert!(ok(store.remember_jti(key(number), until, NOW))));
    for number in 10..100 {
        let refused = at_once(store.remember_jti(key(number), until, NOW)).expect_err("full");
        assert!(refused.is_transient() && reason(&refused).contains("10 logout tokens"));
        assert!(!ok(store.knows_jti(key(number), NOW)));
    }
    (0..10).for_each(|number| assert!(!ok(store.remember_jti(key(number), until, NOW)), "full or not, it is known"));
    assert!(ok(store.remember_jti(key(10), until.plus(100), until)), "there is room when they have expired");
}

/// V105
#[test]
fn one_lease_too_many_is_refused_for_now_and_none_is_taken_away() {
    let store = small();
    let until = NOW.plus(100);
    swept(&store, until);
    let fences: Vec<_> = (0..10).map(|number| ok(store.lease(key(number), until, NOW)).expect("free")).collect();
    for number in 10..100 {
        let refused = at_once(store.lease(key(number), until, NOW)).expect_err("full");
        assert!(refused.is_transient() && reason(&refused).contains("10 leases"));
    }
    for (number, fence) in (0..10).zip(&fences) {
        assert!(ok(store.renew_lease(key(number), *fence, until, NOW)));
    }
    ok(store.release_lease(key(0), fences[0], NOW));
    assert!(ok(store.lease(key(10), until, NOW)).is_some());
    assert!(ok(store.lease(key(11), until.plus(100), until)).is_some(), "there is room when they have ended");
}

/// V105
#[test]
fn the_kept_value_that_ends_soonest_gives_way_and_what_is_kept_for_good_does_not() {
    let store = small();
    let keep = |number: u64, until| at_once(store.keep(key(number), None, vec![1], until, NOW));
    let there = |number: u64| ok(store.kept(key(number), NOW)).is_some();
    (0..9).for_each(|number| assert!(matches!(keep(number, None), Ok(Update::Done(_)))));
    for number in 9..100 {
        assert!(matches!(keep(number, Some(NOW.plus(100))), Ok(Update::Done(_))));
        assert!(there(number));
        assert_eq!(there(number - 1), number == 9, "the one before gave way");
    }
    assert!(matches!(keep(100, None), Ok(Update::Done(_))));
    let refused = keep(101, None).expect_err("all are kept for good");
    assert!(refused.is_transient() && reason(&refused).contains("10 values"));
    assert!((0..9).chain([100]).all(there));
    let kept = ok(store.kept(key(0), NOW)).expect("there");
    let replaced = ok(store.keep(key(0), Some(kept.version), vec![2], None, NOW));
    assert!(matches!(replaced, Update::Done(_)), "full or not, it is there already");
}
