//! What has expired is as if it were not there, and its memory is given back.

use super::*;
use crate::session_store::{Fence, Sizes};

const MANY: u64 = 100_000;

fn capacity(store: &MemoryStore) -> usize {
    store.sessions.capacity()
        + store.marks.capacity()
        + store.attempts.capacity()
        + store.jtis.capacity()
        + store.leases.capacity()
        + store.kept.capacity()
}

/// Many sessions, and some of everything else.
fn full(until: NumericDate) -> MemoryStore {
    let store = MemoryStore::new();
    (0..MANY).for_each(|number| insert(&store, number, until.minus((number % 50) as i64)));
    (MANY..MANY + 900).for_each(|number| one_of_each(&store, number, until));
    let sizes = store.sizes();
    assert_eq!((sizes.sessions, sizes.indexed), (100_900, 201_800));
    let rest = [sizes.marks, sizes.issuer_marks, sizes.burnt_attempts, sizes.jtis, sizes.leases, sizes.kept];
    assert_eq!(rest, [900; 6]);
    assert!(capacity(&store) > 100_000);
    store
}

/// V105
#[test]
fn what_has_expired_is_purged_and_its_memory_given_back() {
    let until = NOW.plus(100);
    let store = full(until);
    store.purge(until.minus(1));
    assert_eq!(store.sizes().sessions, 2_900, "those that live are spared");
    assert!(ok(store.load(key(MANY + 7), until.minus(1))).is_some());
    store.purge(until);
    assert_eq!(store.sizes(), Sizes::default());
    assert!(capacity(&store) < 64 * 128, "{}", capacity(&store));
}

/// V105
#[test]
fn what_has_expired_is_purged_as_other_operations_go_by() {
    let until = NOW.plus(100);
    let store = full(until);
    let operations = (1..1_000).find(|_| {
        let before = store.sizes().sessions;
        ok(store.knows_jti(key(1), until));
        let after = store.sizes();
        assert!(before - after.sessions <= 128, "nobody waits for all of it");
        after == Sizes::default()
    });
    assert!(operations.is_some(), "{:?}", store.sizes());
    assert!(capacity(&store) < 64 * 128, "{}", capacity(&store));
}

/// V105
#[test]
fn a_map_that_lost_most_of_its_entries_gives_memory_back() {
    let store = MemoryStore::new();
    (0..20_000).for_each(|number| insert(&store, number, NOW.plus(100)));
    let before = store.sessions.capacity();
    (0..20_000).filter(|number| number % 100 != 0).for_each(|number| assert!(ok(store.delete(key(number), NOW))));
    assert_eq!(store.sizes().sessions, 200);
    assert!(store.sessions.capacity() < before / 4, "{before} and then {}", store.sessions.capacity());
}

/// A store may be asked by machines whose clocks differ: what was cleared away up to a later second leaves things behind that end
/// before it.
#[test]
fn what_has_expired_is_not_found_even_while_it_is_there() {
    let store = MemoryStore::new();
    let (key, until) = (key(7), NOW.plus(100));
    swept(&store, until.plus(100));
    one_of_each(&store, 7, until);
    let version = ok(store.kept(key, NOW)).map(|kept| kept.version);
    assert!(ok(store.load(key, until)).is_none());
    assert!(!ok(store.touch(key, until, until.plus(100), until)));
    assert!(!ok(store.delete(key, until)));
    assert!(ok(store.list(key, until)).is_empty());
    assert!(ok(store.delete_all(key, EVERYTHING, until)).is_empty());
    assert_eq!(ok(store.marks(&[key], until)), Mark::default());
    assert!(!ok(store.knows_jti(key, until)));
    assert!(!ok(store.renew_lease(key, Fence(1), until.plus(100), until)));
    assert!(ok(store.kept(key, until)).is_none());
    assert!(!ok(store.discard(key, until)));
    let replaced = ok(store.keep(key, version, Vec::new(), None, until));
    assert_eq!(replaced, crate::session_store::Update::Gone);
    let all =
        Sizes { sessions: 1, indexed: 2, marks: 1, issuer_marks: 1, burnt_attempts: 1, jtis: 1, leases: 1, kept: 1 };
    assert_eq!(store.sizes(), all, "it is there all the while");
    assert!(ok(store.burn_attempt(key, until.plus(100), until)).is_some());
    assert!(ok(store.remember_jti(key, until.plus(100), until)));
    assert!(ok(store.lease(key, until.plus(100), until)).is_some());
}

/// R116
#[test]
fn an_index_is_there_as_long_as_it_has_a_session() {
    let store = MemoryStore::new();
    let until = NOW.plus(100);
    let [subject, shared, alone] = [key(1), key(2), key(3)];
    for (number, sid) in [(10, Some(shared)), (11, Some(shared)), (12, Some(alone)), (13, None)] {
        assert_eq!(ok(store.insert(key(number), session(subject, sid, until), NOW)), Insertion::Done);
    }
    let indexed = || store.sizes().indexed;
    assert_eq!(indexed(), 7);
    assert!(ok(store.delete(key(10), NOW)));
    assert_eq!(indexed(), 5);
    assert_eq!(ok(store.delete_all(shared, EVERYTHING, NOW)), [key(11)]);
    assert_eq!(indexed(), 3);
    store.purge(until);
    assert_eq!(indexed(), 0);
    assert_eq!(ok(store.insert(key(10), session(subject, None, until), NOW)), Insertion::Done);
    assert_eq!(ok(store.insert(key(10), session(alone, None, until.plus(9)), until)), Insertion::Done);
    assert_eq!(indexed(), 1, "an expired session that is replaced leaves nothing behind");
}
