//! What the things of a session are called in a store: hashes that tell a reader of the store nothing, and that differ between
//! two applications that share it (V68).

use vestibule_core::{Issuer, Subject};

use super::seal::sha256_of_parts;
use crate::{base_url::BaseUrl, store::Key};

/// Makes the keys of one application.
#[derive(Debug)]
pub(crate) struct Keys {
    base_url: String,
}

impl Keys {
    pub(crate) fn new(base: &BaseUrl) -> Self {
        Self { base_url: base.as_str().to_owned() }
    }

    /// The session whose cookie holds this secret.
    pub(crate) fn session(&self, secret: &[u8; 32]) -> Key {
        self.key("session", &[secret])
    }

    /// All sessions of a person.
    pub(crate) fn subject(&self, issuer: &Issuer, subject: &Subject) -> Key {
        self.key("subject", &[issuer.as_str().as_bytes(), subject.as_str().as_bytes()])
    }

    /// The session that the provider calls so. Two providers may use one name (R119).
    pub(crate) fn sid(&self, issuer: &Issuer, sid: &str) -> Key {
        self.key("sid", &[issuer.as_str().as_bytes(), sid.as_bytes()])
    }

    /// Everybody who signed in with this issuer.
    pub(crate) fn issuer(&self, issuer: &Issuer) -> Key {
        self.key("issuer", &[issuer.as_str().as_bytes()])
    }

    /// A login attempt.
    pub(crate) fn attempt(&self, attempt: &str) -> Key {
        self.key("attempt", &[attempt.as_bytes()])
    }

    /// A logout token.
    pub(crate) fn jti(&self, issuer: &Issuer, jti: &str) -> Key {
        self.key("jti", &[issuer.as_str().as_bytes(), jti.as_bytes()])
    }

    /// The refresh of a session's tokens, and what came of it.
    pub(crate) fn refresh(&self, session: Key) -> Key {
        self.key("refresh", &[session.as_bytes()])
    }

    /// A request object that the provider of this name comes to fetch.
    pub(crate) fn request_object(&self, provider: &str, id: &str) -> Key {
        self.key("request object", &[provider.as_bytes(), id.as_bytes()])
    }

    /// One of the few places for POSTs that are kept for a person, whom stores call `subject`.
    pub(crate) fn kept_post(&self, subject: Key, slot: u8) -> Key {
        self.key("kept post", &[subject.as_bytes(), &[slot]])
    }

    /// The keys that we made for the provider of this name.
    pub(crate) fn own_keys(&self, provider: &str) -> Key {
        self.key("own keys", &[provider.as_bytes()])
    }

    /// A client that registered itself, by what it is remembered by.
    pub(crate) fn registration(&self, remembered_by: &str) -> Key {
        self.key("registration", &[remembered_by.as_bytes()])
    }

    fn key(&self, what: &str, parts: &[&[u8]]) -> Key {
        let all = [what.as_bytes(), self.base_url.as_bytes()].into_iter().chain(parts.iter().copied());
        Key::from_bytes(sha256_of_parts(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(base: &str) -> Keys {
        Keys::new(&BaseUrl::parse(base).expect("a base URL"))
    }

    /// V68, R119, R136
    #[test]
    fn whatever_differs_has_another_key() {
        let (ours, theirs) = (keys("https://a.example"), keys("https://b.example"));
        let issuer = |text| Issuer::parse(text).expect("an issuer");
        let (one, other) = (issuer("https://one.example"), issuer("https://other.example"));
        let subject = |text: &str| Subject::parse(text).expect("a subject");
        let all = [
            ours.sid(&one, "alice"),
            ours.sid(&other, "alice"),
            ours.jti(&one, "alice"),
            ours.subject(&one, &subject("alice")),
            ours.subject(&one, &subject("Alice")),
            ours.subject(&other, &subject("alice")),
            theirs.subject(&one, &subject("alice")),
            ours.issuer(&one),
            ours.attempt("alice"),
            ours.session(&[1; 32]),
            ours.session(&[2; 32]),
            ours.refresh(Key::from_bytes([1; 32])),
            ours.kept_post(Key::from_bytes([1; 32]), 0),
            ours.kept_post(Key::from_bytes([1; 32]), 1),
            ours.kept_post(Key::from_bytes([2; 32]), 0),
            theirs.kept_post(Key::from_bytes([1; 32]), 0),
            ours.own_keys("alice"),
            ours.own_keys("bob"),
            theirs.own_keys("alice"),
            ours.registration("alice"),
            ours.registration("bob"),
            theirs.registration("alice"),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(
            ours.sid(&one, "alice"),
            keys("https://a.example").sid(&one, "alice"),
            "and what does not, the same"
        );
    }
}
