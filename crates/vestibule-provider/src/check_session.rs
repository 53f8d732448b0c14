//! Whether somebody is still signed in, without asking the provider: `session_state`, and the page that judges it in a frame
//! (Session Management 1.0).

use std::collections::BTreeSet;

use axum::{extract::State, response::Response};
// The hash is the same: base64url of SHA-256 (RFC 7636 4.2).
use url::{Origin, Url};
use vestibule_core::jose::code_challenge as hash;

use crate::{Browser, identifier::identifier, pages, provider::DevelopmentProvider, session::STATE_COOKIE};

/// What the frame of `check_session_iframe` answers (Session Management 3.2).
///
/// # Example
/// ```
/// use vestibule_provider::SessionStatus;
///
/// assert_eq!(SessionStatus::Unchanged.name(), "unchanged");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionStatus {
    /// The same person is signed in at this browser as when the `session_state` was made.
    Unchanged,
    /// Something happened since: ask again, with `prompt=none`.
    Changed,
    /// It cannot be said: the message is malformed, comes from a place that is no client's, or the browser keeps the cookie
    /// back. Do not ask again.
    Error,
}

impl SessionStatus {
    /// The message.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Error => "error",
        }
    }
}

impl DevelopmentProvider {
    /// What the frame of `check_session_iframe` in this browser answers to a page of `origin` that posts `message`: a
    /// client_id, a space, and a `session_state`.
    ///
    /// A [`Browser`] runs no scripts. This is what the script of that page does, written once more; a real browser has the
    /// last word.
    #[must_use]
    pub fn check_session(&self, browser: &Browser, origin: &str, message: &str) -> SessionStatus {
        let host = self.url().host_str().unwrap_or_default();
        let mut cookies = browser.cookies().filter(|cookie| cookie.name == STATE_COOKIE && cookie.host == host);
        let known = client_origins(self).contains(origin) && browser.has_cookies_in_frame(origin, self.url());
        match (cookies.next(), Message::parse(message).filter(|_| known)) {
            (Some(cookie), Some(message)) if message.is_about(origin, &cookie.value) => SessionStatus::Unchanged,
            (Some(_), Some(_)) => SessionStatus::Changed,
            _ => SessionStatus::Error,
        }
    }
}

/// What a page posts.
struct Message<'a> {
    client_id: &'a str,
    session_state: &'a str,
    salt: &'a str,
}

impl<'a> Message<'a> {
    fn parse(message: &'a str) -> Option<Self> {
        // A client_id may have spaces, a session_state has none.
        let (client_id, session_state) = message.rsplit_once(' ')?;
        let (_, salt) = session_state.rsplit_once('.')?;
        (!client_id.is_empty() && !salt.is_empty()).then_some(Self { client_id, session_state, salt })
    }

    fn is_about(&self, origin: &str, browser_state: &str) -> bool {
        salted(self.client_id, origin, browser_state, self.salt) == self.session_state
    }
}

/// The `session_state` of an authorization response (Session Management 2). It is opaque, has no space, and is never the same
/// twice.
pub(crate) fn session_state(client_id: &str, redirect_uri: &str, browser_state: &str) -> Option<String> {
    let origin = origin(redirect_uri)?;
    Some(salted(client_id, &origin, browser_state, &identifier()))
}

/// Session Management 3.2
fn salted(client_id: &str, origin: &str, browser_state: &str, salt: &str) -> String {
    format!("{}.{salt}", hash(&format!("{client_id} {origin} {browser_state} {salt}")))
}

/// RFC 6454 4, as scripts see it. A scheme that has no origin (an app's own) has no pages that could ask.
fn origin(uri: &str) -> Option<String> {
    let origin = Url::parse(uri).ok()?.origin();
    matches!(origin, Origin::Tuple(..)).then(|| origin.ascii_serialization())
}

/// From where messages are expected (Session Management 3.2): where clients are sent answers.
fn client_origins(provider: &DevelopmentProvider) -> BTreeSet<String> {
    let state = provider.state();
    let clients = state.clients.values().chain(state.registrations.clients());
    clients.flat_map(|client| client.redirect_uris()).filter_map(|uri| origin(uri)).collect()
}

pub(crate) async fn check_session(State(provider): State<DevelopmentProvider>) -> Response {
    let origins: Vec<String> = client_origins(&provider).into_iter().collect();
    pages::check_session(&origins.join(" "), STATE_COOKIE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_state_has_a_salt_and_no_space_and_is_never_the_same() {
        let made = || session_state("my client", "http://localhost:3000/callback", "state").expect("an origin");
        let (first, second) = (made(), made());
        assert_ne!(first, second);
        assert!(first.contains('.') && !first.contains(' '));
        for (message, expected) in [
            (format!("my client {first}"), true),
            (format!("my client {second}"), true),
            (format!("your client {first}"), false),
        ] {
            let message = Message::parse(&message).expect("a message");
            assert_eq!(message.is_about("http://localhost:3000", "state"), expected);
            assert!(!message.is_about("http://localhost:3000", "another"));
            assert!(!message.is_about("http://127.0.0.1:3000", "state"));
        }
    }

    #[test]
    fn a_malformed_message_is_no_message() {
        for message in ["", " ", "rp", "rp ", " a.b", "rp a", "rp a.", "rp a.b "] {
            assert!(Message::parse(message).is_none(), "{message:?}");
        }
    }
}
