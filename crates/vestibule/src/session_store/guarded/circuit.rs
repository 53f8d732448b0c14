//! Whether a store is asked at all: not when it failed again and again, until it was seen to be back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::store::StoreError;

/// Closed while questions go through.
#[derive(Debug)]
pub(super) struct Circuit(Mutex<State>);

#[derive(Debug)]
enum State {
    /// Since the last answer.
    Closed {
        failures: u32,
        weight: u32,
    },
    Open {
        since: Instant,
        looking: Looking,
    },
}

/// Who looks whether the store is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looking {
    Nobody,
    Somebody,
}

/// The circuit opens, after so many failures in a row.
pub(super) struct Opening {
    pub(super) failures: u32,
}

/// The circuit closes again.
pub(super) struct Closing {
    pub(super) open_for: Duration,
}

/// Five that may pass by themselves, or twenty that will not. Fewer than five happen whenever a connection is lost with the
/// questions on it, and the next one is better; more would keep people waiting where each takes its whole time. An error for good
/// can be about one record, which somebody asks for again and again, and is no reason to leave everybody outside. Twenty in a row are about
/// the store (a password that it does not take), and it does not want to hear the same from every request either.
const ENOUGH: u32 = 20;
const TRANSIENT: u32 = 4;
const PERMANENT: u32 = 1;

impl Circuit {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::answered()))
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(*self.lock(), State::Open { .. })
    }

    /// An answer that comes late, to a question from before the circuit opened, does not close it: whoever looks will see.
    pub(super) fn answered(&self) {
        let mut state = self.lock();
        if let State::Closed { .. } = *state {
            *state = State::answered();
        }
    }

    /// Says so when this was one too many.
    pub(super) fn failed(&self, error: &StoreError) -> Option<Opening> {
        let mut state = self.lock();
        let State::Closed { failures, weight } = &mut *state else { return None };
        *failures = failures.saturating_add(1);
        *weight = weight.saturating_add(if error.is_transient() { TRANSIENT } else { PERMANENT });
        if *weight < ENOUGH {
            return None;
        }
        let failures = *failures;
        *state = State::Open { since: Instant::now(), looking: Looking::Nobody };
        Some(Opening { failures })
    }

    /// Says so to one, until they no longer look.
    pub(super) fn is_to_be_looked_after(&self) -> bool {
        let mut state = self.lock();
        let State::Open { looking, .. } = &mut *state else { return false };
        std::mem::replace(looking, Looking::Somebody) == Looking::Nobody
    }

    pub(super) fn note(&self, now: Looking) {
        if let State::Open { looking, .. } = &mut *self.lock() {
            *looking = now;
        }
    }

    /// Says for how long it was open, if it was.
    pub(super) fn close(&self) -> Option<Closing> {
        match std::mem::replace(&mut *self.lock(), State::answered()) {
            State::Open { since, .. } => Some(Closing { open_for: since.elapsed() }),
            State::Closed { .. } => None,
        }
    }

    /// Held for an instant, and never to take another lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn answered() -> Self {
        Self::Closed { failures: 0, weight: 0 }
    }
}
