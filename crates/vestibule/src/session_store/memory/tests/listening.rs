//! Who waits for the end of a session is told.

use std::sync::{Arc, Mutex};

use super::*;
use crate::session_store::{Listener, Notice};

/// A store, and what its listener was told.
fn overheard(bounds: &Bounds) -> (Arc<MemoryStore>, Arc<Mutex<Vec<Key>>>) {
    let (store, told) = (Arc::new(MemoryStore::bounded(bounds)), Arc::new(Mutex::new(Vec::new())));
    store.listen(listener(&told));
    (store, told)
}

fn listener(told: &Arc<Mutex<Vec<Key>>>) -> Listener {
    let told = Arc::clone(told);
    Arc::new(move |notice| {
        if let Notice::Ended(key) = notice {
            told.lock().expect("not poisoned").push(key);
        }
    })
}

fn taken(told: &Mutex<Vec<Key>>) -> Vec<Key> {
    let mut told = std::mem::take(&mut *told.lock().expect("not poisoned"));
    told.sort_unstable();
    told
}

fn sorted<const N: usize>(mut keys: [Key; N]) -> Vec<Key> {
    keys.sort_unstable();
    keys.to_vec()
}

#[test]
fn a_listener_is_told_of_each_session_that_is_ended_and_each_mark_that_is_raised() {
    let (store, told) = overheard(&Bounds::USUAL);
    let until = NOW.plus(100);
    for number in 10..15 {
        assert_eq!(ok(store.insert(key(number), session(key(1), None, until), NOW)), Insertion::Done);
    }
    assert_eq!(taken(&told), []);
    assert!(ok(store.delete(key(10), NOW)));
    assert_eq!(taken(&told), [key(10)]);
    assert!(!ok(store.delete(key(10), NOW)));
    assert!(ok(store.delete_all(key(1), Mark::default(), NOW)).is_empty());
    assert_eq!(taken(&told), [], "nothing has ended");
    assert!(ok(store.touch(key(14), NOW, until.plus(100), NOW)));
    ok(store.delete_all(key(1), EVERYTHING, until));
    assert_eq!(taken(&told), [key(14)], "the others had expired");
    ok(store.raise(Raising::new(key(2), key(3), None, until), NOW));
    assert_eq!(taken(&told), [key(2)]);
}

#[test]
fn nobody_is_told_of_what_expires() {
    let (store, told) = overheard(&Bounds::USUAL);
    one_of_each(&store, 1, NOW.plus(100));
    taken(&told);
    store.purge(NOW.plus(100));
    ok(store.load(key(1), NOW.plus(200)));
    assert!(!ok(store.delete(key(1), NOW.plus(200))));
    assert_eq!(taken(&told), []);
}

/// V64
#[test]
fn a_listener_is_told_of_the_issuer_whose_mark_stands_in_for_another() {
    let (store, told) = overheard(&Bounds { marks: 1, ..Bounds::USUAL });
    ok(store.raise(Raising::new(key(1), key(100), None, NOW.plus(100)), NOW));
    taken(&told);
    ok(store.raise(Raising::new(key(2), key(200), None, NOW.plus(100)), NOW));
    assert_eq!(taken(&told), sorted([key(2), key(100)]));
}

/// All there is ends in this process, so nothing is missed from the first moment on.
#[test]
fn a_listener_hears_at_once() {
    let (store, told) = (MemoryStore::new(), Arc::new(Mutex::new(Vec::new())));
    let listener = Arc::clone(&told);
    store.listen(Arc::new(move |notice| listener.lock().expect("not poisoned").push(notice)));
    assert_eq!(*told.lock().expect("not poisoned"), [Notice::Hearing]);
}

#[test]
fn all_listeners_are_told() {
    let (store, told) = overheard(&Bounds::USUAL);
    store.listen(listener(&told));
    ok(store.raise(Raising::new(key(1), key(2), None, NOW.plus(100)), NOW));
    assert_eq!(taken(&told), [key(1), key(1)]);
}

/// V110
#[test]
fn no_lock_is_held_while_a_listener_is_told() {
    let (store, told) = overheard(&Bounds { marks: 1, ..Bounds::USUAL });
    let (weak, free) = (Arc::downgrade(&store), Arc::clone(&told));
    store.listen(Arc::new(move |notice| {
        let Notice::Ended(key) = notice else { return };
        let store = weak.upgrade().expect("at work");
        if !store.sessions.is_locked() && !store.marks.is_locked() && !store.listeners.is_locked() {
            free.lock().expect("not poisoned").push(key);
        }
    }));
    let until = NOW.plus(100);
    (10..13).for_each(|number| insert(&store, number, until));
    ok(store.delete(key(10), NOW));
    ok(store.delete_all(key(11), EVERYTHING, NOW));
    ok(store.raise(Raising::new(key(1), key(2), None, until), NOW));
    ok(store.raise(Raising::new(key(3), key(2), None, until), NOW));
    assert_eq!(taken(&told), {
        let mut twice = sorted([key(10), key(11), key(1), key(2), key(3)]).repeat(2);
        twice.sort_unstable();
        twice
    });
}
