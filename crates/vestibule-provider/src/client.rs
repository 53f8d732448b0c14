//! The clients that the provider knows.

mod answers;
mod asking;
mod proof;

use vestibule_core::{NumericDate, Secret, SignatureAlgorithm, TokenEndpointAuthMethod};

pub use answers::Encryption;
pub(crate) use asking::ObjectAlgorithm;
pub(crate) use proof::KeySource;

use self::{answers::Answers, asking::Asking, proof::Proof};

/// A client that is registered with the provider: who may ask, and where the answers go.
///
/// # Example
/// ```
/// use vestibule_core::{SignatureAlgorithm, TokenEndpointAuthMethod};
/// use vestibule_provider::RegisteredClient;
///
/// let client = RegisteredClient::confidential("demo", "demo-secret")
///     .redirect_uri("http://localhost:3000/auth/callback/demo")
///     .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost)
///     .id_token_signed_response_alg(SignatureAlgorithm::Es256);
/// assert_eq!(client.client_id(), "demo");
/// ```
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    client_id: String,
    client_name: Option<String>,
    client_secret: Option<Secret<String>>,
    client_secret_expires_at: Option<NumericDate>,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    token_endpoint_auth_method: TokenEndpointAuthMethod,
    id_token_signed_response_alg: SignatureAlgorithm,
    grant_types: Vec<String>,
    backchannel_logout_uri: Option<String>,
    backchannel_logout_session_required: bool,
    frontchannel_logout_uri: Option<String>,
    answers: Answers,
    asking: Asking,
    proof: Proof,
}

impl RegisteredClient {
    /// A client with a secret, which it shows by `client_secret_basic` unless another method is set.
    #[must_use]
    pub fn confidential(client_id: impl Into<String>, client_secret: impl Into<Secret<String>>) -> Self {
        Self {
            client_secret: Some(client_secret.into()),
            token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
            ..Self::public(client_id)
        }
    }

    /// A client without a secret: it must use PKCE.
    #[must_use]
    pub fn public(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_name: None,
            client_secret: None,
            client_secret_expires_at: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            token_endpoint_auth_method: TokenEndpointAuthMethod::None,
            id_token_signed_response_alg: SignatureAlgorithm::Rs256,
            grant_types: vec!["authorization_code".to_owned()],
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            frontchannel_logout_uri: None,
            answers: Answers::default(),
            asking: Asking::default(),
            proof: Proof::default(),
        }
    }

    /// A name for the sign-in page; its client_id unless said.
    #[must_use]
    pub fn client_name(self, name: impl Into<String>) -> Self {
        Self { client_name: Some(name.into()), ..self }
    }

    /// One more place that authorization responses may go to, compared byte for byte.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// One more place that the browser may go to after a logout, compared byte for byte.
    #[must_use]
    pub fn post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }

    /// The one method by which the client authenticates at the token endpoint; every other is refused.
    #[must_use]
    pub fn token_endpoint_auth_method(self, method: TokenEndpointAuthMethod) -> Self {
        Self { token_endpoint_auth_method: method, ..self }
    }

    /// The algorithm that its ID Tokens are signed with: RS256 unless said (Registration 2).
    ///
    /// HS256, HS384 and HS512 take the client's secret as their key: at least 32, 48 or 64 bytes, else the token endpoint
    /// fails with status 500.
    #[must_use]
    pub fn id_token_signed_response_alg(self, algorithm: SignatureAlgorithm) -> Self {
        Self { id_token_signed_response_alg: algorithm, ..self }
    }

    /// One more grant type beside `authorization_code`: with `refresh_token` every login brings a refresh token, and without it
    /// those with the scope `offline_access` (Core 11).
    #[must_use]
    pub fn grant_type(mut self, grant_type: impl Into<String>) -> Self {
        self.grant_types.push(grant_type.into());
        self
    }

    /// Where logout tokens are sent (Back-Channel Logout 2.2).
    #[must_use]
    pub fn backchannel_logout_uri(self, uri: impl Into<String>) -> Self {
        Self { backchannel_logout_uri: Some(uri.into()), ..self }
    }

    /// Its logout tokens name the session, one each, even when all of somebody's sessions end (Back-Channel Logout 2.2).
    #[must_use]
    pub fn backchannel_logout_session_required(self) -> Self {
        Self { backchannel_logout_session_required: true, ..self }
    }

    /// What is loaded in a frame when a session ends at a browser, always with `iss` and `sid` (Front-Channel Logout 2).
    #[must_use]
    pub fn frontchannel_logout_uri(self, uri: impl Into<String>) -> Self {
        Self { frontchannel_logout_uri: Some(uri.into()), ..self }
    }

    /// All its grant types, in the place of those that it has.
    pub(crate) fn grant_types(self, grant_types: &[String]) -> Self {
        Self { grant_types: grant_types.to_vec(), ..self }
    }

    /// When the secret ends, if it does.
    pub(crate) fn secret_expires_at(self, date: Option<NumericDate>) -> Self {
        Self { client_secret_expires_at: date, ..self }
    }

    /// What the provider calls it.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Its name for people.
    pub(crate) fn label(&self) -> &str {
        self.client_name.as_deref().unwrap_or(&self.client_id)
    }

    pub(crate) fn auth_method(&self) -> TokenEndpointAuthMethod {
        self.token_endpoint_auth_method
    }

    pub(crate) fn algorithm(&self) -> SignatureAlgorithm {
        self.id_token_signed_response_alg
    }

    pub(crate) fn client_secret(&self) -> Option<&Secret<String>> {
        self.client_secret.as_ref()
    }

    pub(crate) fn secret_has_expired(&self, now: NumericDate) -> bool {
        self.client_secret_expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it proves nothing at the token endpoint (RFC 6749 2.1).
    pub(crate) fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == TokenEndpointAuthMethod::None
    }

    pub(crate) fn has_grant_type(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|registered| registered == grant_type)
    }

    pub(crate) fn backchannel_uri(&self) -> Option<&str> {
        self.backchannel_logout_uri.as_deref()
    }

    pub(crate) fn needs_sid_in_back_channel(&self) -> bool {
        self.backchannel_logout_session_required
    }

    pub(crate) fn frontchannel_uri(&self) -> Option<&str> {
        self.frontchannel_logout_uri.as_deref()
    }

    pub(crate) fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    pub(crate) fn may_return_to(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered == redirect_uri)
    }

    pub(crate) fn may_log_out_to(&self, post_logout_redirect_uri: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|registered| registered == post_logout_redirect_uri)
    }

    /// Whether this is the client's secret; never for a client that has none.
    pub(crate) fn has_secret(&self, shown: &Secret<String>) -> bool {
        self.client_secret.as_ref() == Some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_without_a_secret_cannot_show_one() {
        assert!(!RegisteredClient::public("spa").has_secret(&"".into()));
        let client = RegisteredClient::confidential("rp", "s");
        assert!(client.has_secret(&"s".into()) && !client.has_secret(&"S".into()));
    }

    #[test]
    fn debug_prints_no_secret() {
        assert!(!format!("{:?}", RegisteredClient::confidential("rp", "canary")).contains("canary"));
    }

    #[test]
    fn redirect_uris_are_compared_byte_for_byte() {
        let client = RegisteredClient::public("spa").redirect_uri("http://localhost:3000/cb");
        assert!(client.may_return_to("http://localhost:3000/cb"));
        for other in ["http://localhost:3000/cb/", "http://LOCALHOST:3000/cb", "http://localhost:3000/cb?a=b", ""] {
            assert!(!client.may_return_to(other), "{other}");
        }
    }
}
