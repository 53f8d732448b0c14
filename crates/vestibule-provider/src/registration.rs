//! The clients that registered themselves (Dynamic Client Registration 1.0, RFC 7591), and how they may.

mod credentials;
mod flow;
mod logout_uris;
mod management;
mod members;
mod proof;
mod request;
mod tokens;

use std::{slice, sync::Arc};

use serde_json::{Map, Value, json};
use url::form_urlencoded;
use vestibule_core::{NumericDate, Secret, TokenEndpointAuthMethod};

use crate::{
    client::RegisteredClient, identifier::identifier, provider::DevelopmentProvider,
    registration::credentials::Alphabet, state::Bounded,
};

pub(crate) use proof::AUTH_METHODS;
pub(crate) use request::RegistrationRequest;

/// The most clients that are kept; the oldest goes first.
const MOST_CLIENTS: usize = 1_000;

/// What the provider knows of clients that registered themselves.
pub(crate) struct Registrations {
    known: Bounded<Registration>,
    initial_access_token: Option<Secret<String>>,
    /// Seconds that a secret is good for.
    secret_lifetime: Option<u32>,
    alphabet: Alphabet,
    /// What clients are registered as, whatever they ask for.
    substituted: Map<String, Value>,
    /// The one method of client authentication, where there are not all of them.
    only_auth_method: Option<TokenEndpointAuthMethod>,
    rotates_tokens: bool,
    renews_secrets: bool,
}

/// One of them.
pub(crate) struct Registration {
    client: Arc<RegisteredClient>,
    credentials: Credentials,
    /// What the client was told (Registration 3.2).
    information: Map<String, Value>,
}

/// What the provider gave it.
#[derive(Clone)]
struct Credentials {
    client_id: String,
    issued_at: NumericDate,
    secret: Option<Secret<String>>,
    secret_expires_at: Option<NumericDate>,
    registration_access_token: Secret<String>,
}

impl DevelopmentProvider {
    /// Lets only those clients register that show this token (Registration 3); everybody may, unless said.
    pub fn initial_access_token(self, token: impl Into<Secret<String>>) -> Self {
        self.state().registrations.initial_access_token = Some(token.into());
        self
    }

    /// Gives clients that register ids and secrets with `:`, `%`, `+`, quotes, backslashes and spaces in them, all of which
    /// RFC 6749 allows (appendix A). Unless said, they are letters, digits, `-` and `_`.
    pub fn with_awkward_credentials(self) -> Self {
        self.state().registrations.alphabet = Alphabet::Awkward;
        self
    }

    /// Gives clients that register the ids and secrets that the Foundation's conformance suite gives: `client_`, 15 letters, five
    /// digits and five signs of any kind, and `secret_`, 50, ten and five.
    pub fn with_suite_credentials(self) -> Self {
        self.state().registrations.alphabet = Alphabet::Suite;
        self
    }

    /// Offers this method of client authentication and no other: the metadata document says so, and nobody can register for
    /// another. Unless said, there are all seven.
    pub fn only_auth_method(self, method: TokenEndpointAuthMethod) -> Self {
        self.state().registrations.only_auth_method = Some(method);
        self
    }

    /// Ends the secrets of clients that register from now on so many seconds later, as the answer says
    /// (`client_secret_expires_at`): then they are answered with `invalid_client`. Unless said, they do not end.
    pub fn registered_secrets_expire_after(self, seconds: u32) -> Self {
        self.state().registrations.secret_lifetime = Some(seconds);
        self
    }

    /// Registers clients with this value of a member in the place of what they ask for, as a provider may (Registration 3.2,
    /// RFC 7591 3.2.1): they are told so, and are dealt with so. A value that nobody may register is refused as theirs.
    pub fn substitutes_at_registration(self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.state().registrations.substituted.insert(member.into(), value.into());
        self
    }

    /// Forgets the clients that registered themselves, as a provider does whose database is gone: who comes with a remembered
    /// registration is unknown. Those of [`client`](Self::client) stay.
    pub fn forget_clients(&self) {
        self.state().registrations.known.retain(|_| false);
    }

    /// Registers a client; the answer is what it must know (Registration 3.2).
    pub(crate) fn register(&self, request: &RegistrationRequest) -> Map<String, Value> {
        let now = self.now();
        let (alphabet, secret_end) = {
            let registrations = &self.state().registrations;
            (registrations.alphabet, registrations.secret_end(now))
        };
        let credentials = Credentials {
            client_id: alphabet.client_id(),
            issued_at: now,
            secret: request.has_secret().then(|| alphabet.client_secret()),
            secret_expires_at: secret_end,
            registration_access_token: identifier().into(),
        };
        let entry = self.registration(request, credentials);
        let (client_id, information) = (entry.client.client_id().to_owned(), entry.information.clone());
        self.state().registrations.known.insert(client_id, entry);
        information
    }

    /// A client with these credentials, registered as it asks.
    fn registration(&self, request: &RegistrationRequest, credentials: Credentials) -> Registration {
        let mut information = request.registered();
        let mut tell = |name: &str, value: Value| information.insert(name.to_owned(), value);
        tell("client_id", json!(credentials.client_id));
        tell("client_id_issued_at", json!(credentials.issued_at));
        tell("registration_access_token", json!(credentials.registration_access_token.expose()));
        tell("registration_client_uri", json!(self.registration_client_uri(&credentials.client_id)));
        if let Some(secret) = &credentials.secret {
            tell("client_secret", json!(secret.expose()));
            // Registration 3.2: required beside a secret, and 0 means never.
            tell("client_secret_expires_at", credentials.secret_expires_at.map_or(json!(0), |end| json!(end)));
        }
        let secret = credentials.secret.clone().map(|secret| (secret, credentials.secret_expires_at));
        let client = Arc::new(request.client(&credentials.client_id, secret));
        Registration { client, credentials, information }
    }

    /// An id may have characters that a path may not.
    fn registration_client_uri(&self, client_id: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("client_id", client_id).finish();
        format!("{}?{query}", self.endpoint("/registration"))
    }
}

impl Registrations {
    pub(crate) fn client(&self, client_id: &str) -> Option<&Arc<RegisteredClient>> {
        self.known.get(client_id).map(|registration| &registration.client)
    }

    /// Puts what this provider registers whatever is asked for into a request.
    fn substitute_in(&self, asked: &mut Map<String, Value>) {
        asked.extend(self.substituted.clone());
    }

    pub(crate) fn clients(&self) -> impl Iterator<Item = &Arc<RegisteredClient>> {
        self.known.values().map(|registration| &registration.client)
    }

    /// Whether this token, or the lack of one, lets register.
    pub(crate) fn is_open_to(&self, token: Option<&str>) -> bool {
        self.initial_access_token.as_ref().is_none_or(|right| token.is_some_and(|token| *right == Secret::from(token)))
    }

    /// The methods of client authentication that there are.
    pub(crate) fn auth_methods(&self) -> &[TokenEndpointAuthMethod] {
        self.only_auth_method.as_ref().map_or(&AUTH_METHODS, slice::from_ref)
    }

    /// When a secret ends that is given now.
    fn secret_end(&self, now: NumericDate) -> Option<NumericDate> {
        self.secret_lifetime.map(|seconds| now.plus(i64::from(seconds)))
    }

    /// What a client was told, for whoever shows its token (RFC 7592 2.1).
    pub(crate) fn information(&self, client_id: &str, token: &str) -> Option<Map<String, Value>> {
        self.owned(client_id, token).map(|registration| registration.information.clone())
    }

    /// The registration of a client, for whoever shows its token.
    fn owned(&self, client_id: &str, token: &str) -> Option<&Registration> {
        let registration = self.known.get(client_id)?;
        (registration.credentials.registration_access_token == Secret::from(token)).then_some(registration)
    }
}

impl Default for Registrations {
    fn default() -> Self {
        Self {
            known: Bounded::of_at_most(MOST_CLIENTS),
            initial_access_token: None,
            secret_lifetime: None,
            alphabet: Alphabet::default(),
            substituted: Map::new(),
            only_auth_method: None,
            rotates_tokens: false,
            renews_secrets: false,
        }
    }
}

#[cfg(test)]
mod tests;
