//! Those who are told what ends.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use vestibule::{
    session_store::{Listener, Notice},
    store::Key,
};

/// The listeners, and whether what ends elsewhere is heard.
#[derive(Default)]
pub(crate) struct Listeners {
    /// Held while those are told whether we hear, so that whoever comes in between is not told the one after the other.
    telling: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    listeners: Vec<Listener>,
    hearing: bool,
}

impl Listeners {
    pub(crate) fn add(&self, listener: &Listener) {
        let _telling = lock(&self.telling);
        let hearing = {
            let mut state = lock(&self.state);
            state.listeners.push(Arc::clone(listener));
            state.hearing
        };
        if hearing {
            listener(Notice::Hearing);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.state).listeners.is_empty()
    }

    /// From now on what ends elsewhere is heard.
    pub(crate) fn hearing(&self) {
        self.turn(true, Notice::Hearing);
    }

    /// From now on it is not. Says whether it was.
    pub(crate) fn deaf(&self) -> bool {
        self.turn(false, Notice::Deaf)
    }

    /// To be called outside of any lock: a listener may ask the store.
    pub(crate) fn tell(&self, ended: &[Key]) {
        if ended.is_empty() {
            return;
        }
        let listeners = lock(&self.state).listeners.clone();
        for listener in &listeners {
            ended.iter().for_each(|key| listener(Notice::Ended(*key)));
        }
    }

    fn turn(&self, to: bool, notice: Notice) -> bool {
        let _telling = lock(&self.telling);
        let listeners = {
            let mut state = lock(&self.state);
            if state.hearing == to {
                return false;
            }
            state.hearing = to;
            state.listeners.clone()
        };
        listeners.iter().for_each(|listener| listener(notice));
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listeners")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overheard(listeners: &Listeners) -> Arc<Mutex<Vec<Notice>>> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&told);
        let listener: Listener = Arc::new(move |notice| lock(&telling).push(notice));
        listeners.add(&listener);
        told
    }

    #[test]
    fn whoever_comes_later_is_told_at_once_that_the_store_hears() {
        let listeners = Listeners::default();
        let first = overheard(&listeners);
        assert_eq!(*lock(&first), []);
        listeners.hearing();
        listeners.hearing();
        let second = overheard(&listeners);
        assert_eq!((lock(&first).clone(), lock(&second).clone()), (vec![Notice::Hearing], vec![Notice::Hearing]));
        listeners.deaf();
        let third = overheard(&listeners);
        assert_eq!(lock(&second).clone(), [Notice::Hearing, Notice::Deaf]);
        assert_eq!(*lock(&third), []);
    }

    #[test]
    fn everybody_is_told_of_each_end_hearing_or_not() {
        let listeners = Listeners::default();
        let (first, second) = (overheard(&listeners), overheard(&listeners));
        let keys = [Key::from_bytes([1; 32]), Key::from_bytes([2; 32])];
        listeners.tell(&keys);
        let expected = keys.map(Notice::Ended);
        assert_eq!((lock(&first).clone(), lock(&second).clone()), (expected.to_vec(), expected.to_vec()));
    }
}
