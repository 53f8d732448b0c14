//! A client changes its own registration, or gives it up (RFC 7592 2.2 and 2.3).

use serde_json::{Map, Value, json};
use vestibule_core::Secret;

use super::{
    Credentials, RegistrationRequest,
    members::{invalid, member, text},
    request::object,
};
use crate::{denial::Denial, identifier::identifier, provider::DevelopmentProvider};

/// What the provider gave the client, and the client must not send back (RFC 7592 2.2).
const NOT_THE_CLIENTS: [&str; 4] =
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

impl DevelopmentProvider {
    /// Gives a client that updates its registration another registration access token, with which the old one ends, as a provider
    /// may (RFC 7592 5). Unless said, it keeps the one that it has.
    pub fn rotates_registration_access_tokens(self) -> Self {
        self.state().registrations.rotates_tokens = true;
        self
    }

    /// Gives a client that updates its registration another secret, good for as long as that of a new one, in the place of the one
    /// that it had, as a provider may (RFC 7592 2.2). Unless said, it keeps the one that it has, and that one's end.
    pub fn renews_secrets_at_updates(self) -> Self {
        self.state().registrations.renews_secrets = true;
        self
    }

    /// Registers a client anew, as it asks, under the id that it has; `None` if this is not its token.
    pub(crate) fn update_registration(
        &self,
        client_id: &str,
        token: &str,
        body: &[u8],
    ) -> Option<Result<Map<String, Value>, Denial>> {
        let credentials = self.state().registrations.owned(client_id, token)?.credentials.clone();
        Some(self.update(credentials, body))
    }

    /// Forgets a client, and what its access tokens open; `None` if this is not its token.
    pub(crate) fn end_registration(&self, client_id: &str, token: &str) -> Option<()> {
        let mut state = self.state();
        state.registrations.owned(client_id, token)?;
        state.registrations.known.take(client_id);
        // RFC 7592 2.3. Codes and refresh tokens are good for nobody but the client, which is unknown from now on.
        state.access_tokens.retain(|access_token| access_token.client_id != client_id);
        Some(())
    }

    fn update(&self, mut credentials: Credentials, body: &[u8]) -> Result<Map<String, Value>, Denial> {
        let asked = object(body)?;
        check_credentials(&asked, &credentials)?;
        let now = self.now();
        let (request, alphabet, rotates_tokens) = {
            let registrations = &self.state().registrations;
            let request = RegistrationRequest::read(asked, registrations)?;
            if registrations.renews_secrets {
                credentials.secret = None;
                credentials.secret_expires_at = registrations.secret_end(now);
            }
            (request, registrations.alphabet, registrations.rotates_tokens)
        };
        if rotates_tokens {
            credentials.registration_access_token = identifier().into();
        }
        credentials.secret =
            request.has_secret().then(|| credentials.secret.take().unwrap_or_else(|| alphabet.client_secret()));
        let client_id = credentials.client_id.clone();
        let entry = self.registration(&request, credentials);
        let information = entry.information.clone();
        if let Some(registration) = self.state().registrations.known.get_mut(&client_id) {
            *registration = entry;
        }
        Ok(information)
    }
}

/// RFC 7592 2.2: the client says who it is, shows its secret if it likes, and cannot choose either.
fn check_credentials(asked: &Map<String, Value>, credentials: &Credentials) -> Result<(), Denial> {
    if text(asked, "client_id")? != Some(&credentials.client_id) {
        return Err(invalid("client_id must be the client's own"));
    }
    if let Some(secret) = text(asked, "client_secret")?
        && credentials.secret != Some(Secret::from(secret))
    {
        return Err(invalid("client_secret must be the client's own"));
    }
    match NOT_THE_CLIENTS.iter().find(|name| member(asked, name).is_some()) {
        Some(name) => Err(invalid(format!("{} is the provider's to say", json!(name)))),
        None => Ok(()),
    }
}
