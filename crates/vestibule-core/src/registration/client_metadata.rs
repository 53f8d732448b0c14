//! What we ask a provider to know us as.

use serde_json::{Map, Value, json};

use crate::{
    client_auth::TokenEndpointAuthMethod, discovery::ProviderMetadata, jose::SignatureAlgorithm, secret::Secret,
};

/// What we ask a provider to know us as (Registration 2).
///
/// # Example
/// ```
/// use vestibule_core::ClientMetadata;
///
/// let metadata = ClientMetadata::new("Photo Album").contact("ops@example.com");
/// # let _ = metadata;
/// ```
#[derive(Clone, Debug)]
pub struct ClientMetadata {
    client_name: String,
    contacts: Vec<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    id_token_signed_response_alg: Option<SignatureAlgorithm>,
    pub(super) initial_access_token: Option<Secret<String>>,
    refresh_tokens: bool,
}

impl ClientMetadata {
    /// An application of this name, which people see when they sign in.
    #[must_use]
    pub fn new(client_name: impl Into<String>) -> Self {
        Self {
            client_name: client_name.into(),
            contacts: Vec::new(),
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            token_endpoint_auth_method: None,
            id_token_signed_response_alg: None,
            initial_access_token: None,
            refresh_tokens: false,
        }
    }

    /// The e-mail address of somebody responsible. Several may be given.
    #[must_use]
    pub fn contact(mut self, address: impl Into<String>) -> Self {
        self.contacts.push(address.into());
        self
    }

    /// The application's home page.
    #[must_use]
    pub fn client_uri(self, uri: impl Into<String>) -> Self {
        Self { client_uri: Some(uri.into()), ..self }
    }

    /// A picture that people see when they sign in.
    #[must_use]
    pub fn logo_uri(self, uri: impl Into<String>) -> Self {
        Self { logo_uri: Some(uri.into()), ..self }
    }

    /// How the application uses what it learns about people.
    #[must_use]
    pub fn policy_uri(self, uri: impl Into<String>) -> Self {
        Self { policy_uri: Some(uri.into()), ..self }
    }

    /// The terms of service.
    #[must_use]
    pub fn tos_uri(self, uri: impl Into<String>) -> Self {
        Self { tos_uri: Some(uri.into()), ..self }
    }

    /// How we want to authenticate at the token endpoint. Unset: by `client_secret_basic`, or by what the provider offers.
    #[must_use]
    pub fn token_endpoint_auth_method(self, method: TokenEndpointAuthMethod) -> Self {
        Self { token_endpoint_auth_method: Some(method), ..self }
    }

    /// The algorithm that our ID Tokens shall be signed with. Unset: RS256, or the first that the provider offers.
    #[must_use]
    pub fn id_token_signed_response_alg(self, algorithm: SignatureAlgorithm) -> Self {
        Self { id_token_signed_response_alg: Some(algorithm), ..self }
    }

    /// The token that a provider demands of those who register (Registration 3).
    #[must_use]
    pub fn initial_access_token(self, token: impl Into<Secret<String>>) -> Self {
        Self { initial_access_token: Some(token.into()), ..self }
    }

    /// That we may use refresh tokens (`grant_types`, Registration 2). Providers give none to a client that did not ask.
    #[must_use]
    pub fn refresh_tokens(self) -> Self {
        Self { refresh_tokens: true, ..self }
    }

    /// The body of the request, as JSON: what this provider is asked for.
    pub(super) fn asked(
        &self,
        metadata: &ProviderMetadata,
        redirect_uri: &str,
        post_logout_redirect_uri: &str,
    ) -> Map<String, Value> {
        let mut asked = Map::new();
        let mut ask = |name: &str, value: Value| asked.insert(name.to_owned(), value);
        ask("application_type", json!("web"));
        ask("client_name", json!(self.client_name));
        ask("redirect_uris", json!([redirect_uri]));
        ask("post_logout_redirect_uris", json!([post_logout_redirect_uri]));
        ask("response_types", json!(["code"]));
        let refresh: &[&str] = if self.refresh_tokens { &["refresh_token"] } else { &[] };
        ask("grant_types", json!([&["authorization_code"], refresh].concat()));
        ask("token_endpoint_auth_method", json!(self.auth_method(metadata)));
        ask("id_token_signed_response_alg", json!(self.algorithm(metadata)));
        if !self.contacts.is_empty() {
            ask("contacts", json!(self.contacts));
        }
        for (name, value) in [
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
        ] {
            if let Some(value) = value {
                ask(name, json!(value));
            }
        }
        asked
    }

    pub(super) fn auth_method(&self, metadata: &ProviderMetadata) -> TokenEndpointAuthMethod {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None as Unauthenticated};
        let offered = || {
            [ClientSecretBasic, ClientSecretPost, Unauthenticated]
                .into_iter()
                .find(|method| metadata.token_endpoint_auth_methods().contain(*method))
        };
        self.token_endpoint_auth_method.or_else(offered).unwrap_or(ClientSecretBasic)
    }

    pub(super) fn algorithm(&self, metadata: &ProviderMetadata) -> SignatureAlgorithm {
        let offered = || {
            SignatureAlgorithm::ALL
                .into_iter()
                .filter(|algorithm| !algorithm.is_symmetric())
                .find(|algorithm| metadata.offers_algorithm(*algorithm))
        };
        self.id_token_signed_response_alg.or_else(offered).unwrap_or(SignatureAlgorithm::Rs256)
    }
}
