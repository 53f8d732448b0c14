//! Many threads at once.

use std::{
    collections::BTreeSet,
    sync::{Barrier, Mutex, PoisonError},
    thread,
};

use super::*;

const THREADS: u64 = 8;

/// V110, R116
#[test]
fn threads_that_insert_and_end_sessions_leave_the_index_exact() {
    let store = MemoryStore::new();
    let until = NOW.plus(1_000);
    let (subject, sid) = (|n: u64| key(1_000_000 + n % 16), |n: u64| key(2_000_000 + n % 64));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let store = &store;
            scope.spawn(move || {
                for round in 0..2_000 {
                    let number = thread * 2_000 + round;
                    let expires_at = if number % 5 == 0 { NOW.plus(1 + (round / 100) as i64) } else { until };
                    let now = NOW.plus((round / 100) as i64);
                    let inserted = session(subject(number), Some(sid(number / 3)), expires_at);
                    assert_eq!(ok(store.insert(key(number), inserted, now)), Insertion::Done);
                    match number % 7 {
                        0..3 => drop(ok(store.delete(key(number.wrapping_sub(round % 50)), now))),
                        3 if round % 40 == 3 => drop(ok(store.delete_all(subject(round), EVERYTHING, now))),
                        4 if round % 10 == 4 => drop(ok(store.delete_all(sid(round), EVERYTHING, now))),
                        5 => drop(ok(store.list(subject(round), now))),
                        _ => drop(ok(store.touch(key(number), now, until.plus(1), now))),
                    }
                }
            });
        }
    });
    let now = NOW.plus(30);
    store.purge(now);
    let alive = |number: &u64| ok(store.load(key(*number), now)).is_some();
    let alive: Vec<u64> = (0..THREADS * 2_000).filter(alive).collect();
    assert!(alive.len() > 100, "{}", alive.len());
    assert_eq!((store.sizes().sessions, store.sizes().indexed), (alive.len(), 2 * alive.len()));
    let listed = |index| ok(store.list(index, now)).into_iter().map(|(key, _)| key).collect::<BTreeSet<_>>();
    for n in 0..64 {
        let of = |index: &dyn Fn(u64) -> Key, whose: Key| -> BTreeSet<Key> {
            alive.iter().filter(|number| index(**number) == whose).map(|number| key(*number)).collect()
        };
        assert_eq!(listed(subject(n)), of(&subject, subject(n)));
        assert_eq!(listed(sid(n)), of(&|number| sid(number / 3), sid(n)));
    }
}

/// V64
#[test]
fn no_two_threads_get_the_same_moment() {
    let store = MemoryStore::new();
    let all = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, all) = (&store, &all);
            scope.spawn(move || {
                let mut last = Moment(0);
                for number in (thread * 1_000..).take(1_000) {
                    let burnt = ok(store.burn_attempt(key(number), NOW.plus(100), NOW)).expect("the first time");
                    let raising = Raising::new(key(number), key(0), None, NOW.plus(100));
                    let (.., raised) = ok(store.raise(raising, NOW)).parts();
                    assert!(last < burnt && burnt < raised);
                    last = raised;
                    all.lock().unwrap_or_else(PoisonError::into_inner).extend([burnt, raised]);
                }
            });
        }
    });
    assert_eq!(all.into_inner().expect("not poisoned").len(), 16_000);
}

/// V64: whoever is told that their login began after a logout finds the mark of the logout, even the first of all.
#[test]
fn a_mark_is_found_by_whoever_gets_a_later_moment() {
    for round in 0..2_000 {
        let (store, start) = (MemoryStore::new(), Barrier::new(2));
        let (raised, (burnt, found)) = thread::scope(|scope| {
            let raise = scope.spawn(|| {
                start.wait();
                ok(store.raise(Raising::new(key(1), key(2), None, NOW.plus(100)), NOW))
            });
            start.wait();
            let burnt = ok(store.burn_attempt(key(round), NOW.plus(100), NOW)).expect("the first time");
            let found = ok(store.marks(&[key(1)], NOW));
            (raise.join().expect("no panic"), (burnt, found))
        });
        assert!(burnt < raised.parts().2 || found == raised, "{burnt:?} {raised:?} {found:?}");
    }
}
