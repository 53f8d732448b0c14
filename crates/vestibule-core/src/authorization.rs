//! The way out to the provider and the way back: request, pending login, response (Core 3.1.2).

mod pending_login;
mod response;
mod response_type;

pub use pending_login::{AuthorizationCode, ExpectedResponse, PendingLogin, State};
pub use response::AuthorizationResponse;
pub use response_type::{ResponseMode, ResponseType, UnknownResponseMode, UnknownResponseType};

use url::Url;

use crate::{client::Client, discovery::ProviderMetadata};

/// What is asked of the provider in one login, besides what the protocol itself puts in.
///
/// # Example
/// ```
/// use vestibule_core::{AuthorizationRequest, Client, Entropy, NumericDate, PendingLogin, ProviderMetadata};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// # let (drawn, now) = ([7; 32], NumericDate::from_seconds(1_700_000_000));
/// let client = Client::public("my-app");
/// let pending = PendingLogin::begin(Entropy::from_bytes(drawn), now);
/// let request = AuthorizationRequest::new("https://app.example.com/auth/callback/corp", "openid email");
/// let url = client.authorize(&metadata, &request, &pending);
/// assert!(url.as_str().starts_with("https://login.example.com/authorize?response_type=code&client_id=my-app&"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    redirect_uri: String,
    scope: String,
    carried: String,
    parameters: Vec<(String, String)>,
}

/// The parameters that the protocol itself sets; an application cannot set them (V24). `max_age` and `acr_values` are among
/// them because whoever sends them must check the answer (Core 3.1.2.1).
const RESERVED: [&str; 15] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "claims",
    "max_age",
    "acr_values",
];

/// A parameter that the protocol itself sets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameter '{0}' is set by the protocol and cannot be set here")]
pub struct ReservedParameter(String);

impl AuthorizationRequest {
    /// A request with the redirect URI exactly as it is registered, and a scope that should contain `openid`.
    #[must_use]
    pub fn new(redirect_uri: impl Into<String>, scope: impl Into<String>) -> Self {
        Self { redirect_uri: redirect_uri.into(), scope: scope.into(), carried: String::new(), parameters: Vec::new() }
    }

    /// Text that comes back inside `state`: sealed by the caller, of URL-safe characters without a dot.
    #[must_use]
    pub fn carry(self, carried: impl Into<String>) -> Self {
        Self { carried: carried.into(), ..self }
    }

    /// A further parameter, such as `login_hint` or `ui_locales` (Core 3.1.2.1), or one of the provider's own.
    ///
    /// # Errors
    /// [`ReservedParameter`] when the protocol sets it.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, ReservedParameter> {
        let name = check_parameter(name.into())?;
        self.parameters.push((name, value.into()));
        Ok(self)
    }
}

/// Whether an application may set the authorization parameter `name`.
///
/// # Errors
/// [`ReservedParameter`] when the protocol sets it.
pub fn check_parameter(name: String) -> Result<String, ReservedParameter> {
    if RESERVED.contains(&name.as_str()) { Err(ReservedParameter(name)) } else { Ok(name) }
}

impl Client {
    /// The URL that the browser is sent to (Core 3.1.2.1): always with state, nonce and PKCE S256.
    #[must_use]
    pub fn authorize(
        &self,
        metadata: &ProviderMetadata,
        request: &AuthorizationRequest,
        pending: &PendingLogin,
    ) -> Url {
        let mut url = metadata.authorization_endpoint().clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id())
            .append_pair("redirect_uri", &request.redirect_uri)
            .append_pair("scope", &request.scope)
            .append_pair("state", pending.state(&request.carried).as_str())
            .append_pair("nonce", &pending.nonce())
            // RFC 7636 4.2; RFC 9700 2.1.1: for confidential clients too. `plain` does not exist here.
            .append_pair("code_challenge", &pending.code_challenge())
            .append_pair("code_challenge_method", "S256");
        for (name, value) in &request.parameters {
            query.append_pair(name, value);
        }
        drop(query);
        url
    }
}

#[cfg(test)]
mod tests;
