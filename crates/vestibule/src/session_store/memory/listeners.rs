//! Those who are told what ends.

use std::{
    fmt,
    sync::{Arc, RwLock},
};

use super::locks;
use crate::{
    session_store::{Listener, Notice},
    store::Key,
};

#[derive(Default)]
pub(super) struct Listeners(RwLock<Arc<[Listener]>>);

impl Listeners {
    /// All there is ends here, so whoever listens hears of everything.
    pub(super) fn add(&self, listener: Listener) {
        listener(Notice::Hearing);
        let mut listeners = locks::write(&self.0);
        *listeners = listeners.iter().cloned().chain([listener]).collect();
    }

    /// To be called outside of any lock: a listener may ask the store.
    pub(super) fn tell(&self, keys: &[Key]) {
        if keys.is_empty() {
            return;
        }
        let listeners = Arc::clone(&locks::read(&self.0));
        for listener in listeners.iter() {
            keys.iter().for_each(|key| listener(Notice::Ended(*key)));
        }
    }

    #[cfg(test)]
    pub(super) fn is_locked(&self) -> bool {
        self.0.try_write().is_err()
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listeners")
    }
}
