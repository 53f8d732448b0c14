//! Those who are told what ends.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use vestibule::session_store::{Key, Listener, Notice};

#[derive(Default)]
pub(crate) struct Listeners {
    /// The last that was told of what happens elsewhere. Held while somebody is told of it, so that nobody hears it out of order.
    elsewhere: Mutex<Option<Notice>>,
    all: RwLock<Arc<[Listener]>>,
}

impl Listeners {
    /// Whoever comes while the store hears of what happens elsewhere is told so at once.
    pub(crate) fn add(&self, listener: Listener) {
        let elsewhere = self.elsewhere();
        if let Some(Notice::Hearing) = *elsewhere {
            listener(Notice::Hearing);
        }
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        *all = all.iter().cloned().chain([listener]).collect();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(crate) fn hear_or_not(&self, notice: Notice) {
        let mut elsewhere = self.elsewhere();
        *elsewhere = Some(notice);
        self.tell_each(&[notice]);
    }

    pub(crate) fn tell(&self, keys: &[Key]) {
        if !keys.is_empty() {
            let notices: Vec<_> = keys.iter().map(|key| Notice::Ended(*key)).collect();
            self.tell_each(&notices);
        }
    }

    /// Outside of the lock on those who listen: a listener may bring another.
    fn tell_each(&self, notices: &[Notice]) {
        let all = Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner));
        for listener in all.iter() {
            notices.iter().for_each(|notice| listener(*notice));
        }
    }

    fn elsewhere(&self) -> MutexGuard<'_, Option<Notice>> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listeners")
    }
}
