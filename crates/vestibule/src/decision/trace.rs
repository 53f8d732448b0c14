//! What ties the decisions of one request to others: the login that it is about, and in development the browser.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::{Reference, browser::BrowserId};
use crate::store::Key;

/// What ties the decisions about one request to each other and to those of other requests.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// The latest: one request can be about two, where the second takes the place of the first.
    attempt: Mutex<Option<Thread>>,
    /// Of what the store could not say, so that a page which has to say so has the reference of that.
    trouble: OnceLock<Reference>,
    /// As it came.
    browser: Option<BrowserId>,
    /// As it is told to call itself from now on.
    named: OnceLock<BrowserId>,
}

/// What several decisions can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thread {
    /// A login under way, by the name of its attempt.
    Attempt([u8; 22]),
    /// A session.
    Session(Key),
}

impl Thread {
    /// The login whose attempt has this name.
    pub(super) fn of_attempt(name: &str) -> Option<Self> {
        name.as_bytes().try_into().ok().map(Self::Attempt)
    }
}

impl Trace {
    /// The trace of what this browser asks for, if it says which one it is.
    pub(crate) fn of(browser: Option<BrowserId>) -> Self {
        Self { browser, ..Self::default() }
    }

    /// From here on it is about the login with this name: all that is decided of one login has one reference.
    pub(crate) fn follow(&self, attempt: &str) {
        if let Some(thread) = Thread::of_attempt(attempt) {
            *self.attempt.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        }
    }

    pub(super) fn attempt(&self) -> Option<Thread> {
        *self.attempt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the login that it is about.
    pub(crate) fn followed(&self) -> Option<String> {
        let Some(Thread::Attempt(name)) = self.attempt() else { return None };
        String::from_utf8(name.to_vec()).ok()
    }

    /// By what its decisions are found again: those of one login by one, others by one each.
    pub(crate) fn reference(&self) -> Reference {
        match self.attempt() {
            Some(Thread::Attempt([a, b, c, d, e, f, ..])) => Reference::of([a, b, c, d, e, f]),
            _ => Reference::random(),
        }
    }

    /// The store's trouble was recorded by this reference.
    pub(crate) fn remember_trouble(&self, reference: Reference) {
        let _ = self.trouble.set(reference);
    }

    /// By what reference the store's trouble was recorded.
    pub(crate) fn trouble(&self) -> Option<Reference> {
        self.trouble.get().copied()
    }

    /// The browser, as far as it is known.
    pub(super) fn browser(&self) -> Option<BrowserId> {
        self.browser.or_else(|| self.named.get().copied())
    }

    /// The browser. One that is not known yet is told what to call itself.
    pub(super) fn know_browser(&self) -> BrowserId {
        self.browser.unwrap_or_else(|| *self.named.get_or_init(BrowserId::random))
    }

    /// What the response tells the browser to call itself.
    pub(crate) fn named(&self) -> Option<BrowserId> {
        self.named.get().copied()
    }
}
