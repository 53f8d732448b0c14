//! What the provider remembers, all of it bounded.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Weak},
};

use vestibule_core::NumericDate;

use crate::{
    client::RegisteredClient, fault::Fault, hold::Gate, pkce::CodeChallenge, record::RecordedRequest,
    registration::Registrations, user::User,
};

/// The most grants, access tokens and sessions that are kept, each; the oldest goes first.
const MOST: usize = 10_000;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) clients: BTreeMap<String, Arc<RegisteredClient>>,
    pub(crate) registrations: Registrations,
    pub(crate) users: Vec<Arc<User>>,
    pub(crate) fault: Option<Fault>,
    pub(crate) gates: Vec<Weak<Gate>>,
    pub(crate) cache_seconds: Option<u32>,
    pub(crate) now: Option<NumericDate>,
    pub(crate) requests: VecDeque<RecordedRequest>,
    pub(crate) sign_ins: Bounded<SignIn>,
    pub(crate) grants: Bounded<Grant>,
    pub(crate) access_tokens: Bounded<AccessToken>,
}

/// A person at a browser: the provider's own session.
#[derive(Clone)]
pub(crate) struct SignIn {
    pub(crate) user: Arc<User>,
    pub(crate) auth_time: NumericDate,
    /// The session's public name in tokens; the cookie holds another, secret one.
    pub(crate) sid: String,
}

/// What a code stands for.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) sign_in: SignIn,
    pub(crate) issued_at: NumericDate,
    pub(crate) is_used: bool,
}

/// What an access token opens.
#[derive(Clone)]
pub(crate) struct AccessToken {
    /// The code that it came from: a second use of that code ends it.
    pub(crate) code: String,
    pub(crate) user: Arc<User>,
    pub(crate) scope: String,
    pub(crate) expires_at: NumericDate,
}

/// A map that forgets its oldest entry rather than grow over its bound: [`MOST`] unless said.
pub(crate) struct Bounded<V> {
    entries: HashMap<String, V>,
    order: VecDeque<String>,
    most: usize,
}

impl<V> Bounded<V> {
    pub(crate) fn of_at_most(most: usize) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), most }
    }

    /// Keys are fresh identifiers, so that none comes twice.
    pub(crate) fn insert(&mut self, key: String, value: V) {
        if self.order.len() >= self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.entries.insert(key, value);
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values()
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&V) -> bool) {
        self.entries.retain(|_, value| keep(value));
        self.order.retain(|key| self.entries.contains_key(key));
    }
}

impl<V> Default for Bounded<V> {
    fn default() -> Self {
        Self::of_at_most(MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V105
    #[test]
    fn the_oldest_entry_goes_when_there_are_too_many() {
        let mut bounded = Bounded::default();
        for number in 0..=MOST {
            bounded.insert(number.to_string(), number);
        }
        assert_eq!((bounded.get("0"), bounded.get("1")), (None, Some(&1)));
        assert_eq!((bounded.entries.len(), bounded.order.len()), (MOST, MOST));
    }

    #[test]
    fn what_is_let_go_leaves_no_trace() {
        let mut bounded = Bounded::default();
        bounded.insert("a".to_owned(), 1);
        bounded.insert("b".to_owned(), 2);
        bounded.retain(|number| *number == 2);
        assert_eq!((bounded.get("a"), bounded.order.len()), (None, 1));
    }
}
