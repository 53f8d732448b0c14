//! What the provider remembers, all of it bounded.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Weak},
};

use serde_json::{Map, Value};
use vestibule::Clock;
use vestibule_core::NumericDate;

use crate::{
    application::Applications,
    authorize::RequestSettings,
    back_channel::Outbox,
    client::RegisteredClient,
    client_auth::{PresentedCertificate, Proofs},
    fault::Fault,
    hold::Gate,
    latency::Latencies,
    pkce::CodeChallenge,
    record::RecordedRequest,
    refresh_token::Families,
    registration::Registrations,
    session::Sessions,
    tally::Tally,
    token::TokenSettings,
    user::User,
    userinfo::UserInfoSettings,
    warning::Warning,
    web_finger::WebFinger,
};

/// The most grants, tokens of each kind and sessions that are kept; the oldest goes first.
const MOST: usize = 10_000;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) clients: BTreeMap<String, Arc<RegisteredClient>>,
    pub(crate) registrations: Registrations,
    pub(crate) users: Vec<Arc<User>>,
    pub(crate) fault: Option<Fault>,
    pub(crate) gates: Vec<Weak<Gate>>,
    pub(crate) latencies: Latencies,
    pub(crate) cache_seconds: Option<u32>,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) now: Option<NumericDate>,
    pub(crate) requests: VecDeque<RecordedRequest>,
    pub(crate) tally: Tally,
    pub(crate) sessions: Sessions,
    pub(crate) grants: Bounded<Grant>,
    pub(crate) access_tokens: Bounded<AccessToken>,
    pub(crate) families: Families,
    pub(crate) token_settings: TokenSettings,
    pub(crate) outbox: Outbox,
    pub(crate) applications: Applications,
    pub(crate) request_settings: RequestSettings,
    pub(crate) proofs: Proofs,
    pub(crate) warnings: VecDeque<Warning>,
    pub(crate) userinfo: UserInfoSettings,
    pub(crate) web_finger: WebFinger,
    pub(crate) advertised: Map<String, Value>,
}

impl State {
    /// Ends what a code brought: refresh and access tokens alike (RFC 6749 4.1.2, RFC 9700 4.14.2).
    pub(crate) fn revoke(&mut self, code: &str) {
        self.access_tokens.retain(|token| token.code != code);
        if self.families.end(code) {
            self.tally.families_revoked += 1;
        }
    }
}

/// Who signed in, when, and in which session.
#[derive(Clone)]
pub(crate) struct SignIn {
    pub(crate) user: Arc<User>,
    pub(crate) auth_time: NumericDate,
    /// The session's public name in tokens; the cookie holds another, secret one.
    pub(crate) sid: String,
    /// How surely the user was recognised (Core 2).
    pub(crate) acr: Option<String>,
}

/// What an authorization request asked for beside its scope.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    /// Names of claims for the ID Token (Core 5.5).
    pub(crate) id_token_claims: Vec<String>,
    /// Names of claims for the userinfo endpoint (Core 5.5).
    pub(crate) userinfo_claims: Vec<String>,
    /// What the access tokens are for (RFC 8707).
    pub(crate) resources: Vec<String>,
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
    pub(crate) asked: Asked,
    /// Whether the code came with an ID Token, so that the token endpoint's is the second.
    pub(crate) has_front_id_token: bool,
    pub(crate) issued_at: NumericDate,
    pub(crate) is_used: bool,
}

/// What an access token opens.
#[derive(Clone)]
pub(crate) struct AccessToken {
    /// The code that it came with or from, or that the refresh token came from that it came from.
    pub(crate) code: String,
    pub(crate) client_id: String,
    pub(crate) user: Arc<User>,
    pub(crate) scope: String,
    /// The resources that it is for (RFC 8707 2); all of them when there are none.
    pub(crate) audience: Vec<String>,
    /// Without which it is good for nothing (RFC 8705 3).
    pub(crate) certificate: Option<PresentedCertificate>,
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

    pub(crate) fn in_order(&self) -> impl Iterator<Item = &V> {
        self.order.iter().filter_map(|key| self.entries.get(key))
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<V> {
        let value = self.entries.remove(key)?;
        self.order.retain(|kept| kept != key);
        Some(value)
    }

    /// Takes out all of which this is true.
    pub(crate) fn take_all(&mut self, is_meant: impl Fn(&V) -> bool) -> Vec<V> {
        let keys: Vec<String> =
            self.order.iter().filter(|key| self.entries.get(*key).is_some_and(&is_meant)).cloned().collect();
        keys.iter().filter_map(|key| self.take(key)).collect()
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
        bounded.insert("c".to_owned(), 3);
        assert_eq!((bounded.take("b"), bounded.take("b"), bounded.order.len()), (Some(2), None, 1));
        bounded.insert("d".to_owned(), 4);
        assert_eq!((bounded.take_all(|number| *number > 2), bounded.order.len(), bounded.len()), (vec![3, 4], 0, 0));
    }
}
