//! What a provider registered us as, and the client that we are by it.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::terms::{RequestObjectSigning, SubjectType, Terms};
use crate::{
    authorization::ResponseType,
    client::Client,
    client_auth::TokenEndpointAuthMethod,
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm},
    numeric_date::NumericDate,
    secret::Secret,
};

/// What a provider registered us as (Registration 3.2). It holds secrets: keep it sealed.
///
/// # Example
/// ```
/// use vestibule_core::{ClientInformation, Secret};
///
/// let kept = Secret::new(br#"{"client_id": "s6BhdRkqt3", "token_endpoint_auth_method": "none",
///     "id_token_signed_response_alg": "ES256"}"#.to_vec());
/// let information = ClientInformation::from_bytes(&kept).expect("what to_bytes wrote");
/// assert_eq!(information.client().client_id(), "s6BhdRkqt3");
/// assert_eq!(information.userinfo_signed_response_alg(), None); // plain JSON
/// ```
#[derive(Clone, Debug, Deserialize)]
pub struct ClientInformation {
    pub(super) client_id: String,
    pub(super) client_secret: Option<Secret<String>>,
    pub(super) client_secret_expires_at: Option<NumericDate>,
    pub(super) token_endpoint_auth_method: TokenEndpointAuthMethod,
    pub(super) id_token_signed_response_alg: SignatureAlgorithm,
    pub(super) registration_access_token: Option<Secret<String>>,
    pub(super) registration_client_uri: Option<String>,
    // What follows came later: bytes without it are read as what held when they were written.
    #[serde(default)]
    pub(super) terms: Terms,
    #[serde(default)]
    pub(super) added: Members,
}

/// Members of metadata. They are not printed: one may be a secret that only the provider and we know the meaning of.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub(super) struct Members(pub(super) Map<String, Value>);

impl ClientInformation {
    /// The client that we are by this registration: all that was settled on. Our private keys are no part of it
    /// ([`Client::private_keys`]), and whether request objects are sent that nobody signed is for who sends them to look up
    /// ([`request_object_signing_alg`](Self::request_object_signing_alg)).
    #[must_use]
    pub fn client(&self) -> Client {
        let mut client = match &self.client_secret {
            Some(secret) => Client::confidential(self.client_id.as_str(), secret.clone()),
            None => Client::public(self.client_id.as_str()),
        };
        client = client
            .token_endpoint_auth_method(self.token_endpoint_auth_method)
            .id_token_signed_response_alg(self.id_token_signed_response_alg);
        if let Some(algorithm) = self.terms.token_endpoint_auth_signing_alg {
            client = client.token_endpoint_auth_signing_alg(algorithm);
        }
        if let Some((alg, enc)) = self.id_token_encrypted_response() {
            client = client.id_token_encrypted_response(alg, enc);
        }
        if let Some(algorithm) = self.terms.userinfo_signed_response_alg {
            client = client.userinfo_signed_response_alg(algorithm);
        }
        if let Some((alg, enc)) = self.userinfo_encrypted_response() {
            client = client.userinfo_encrypted_response(alg, enc);
        }
        if let Some(algorithm) = self.terms.request_object_algorithm() {
            client = client.request_object_signing_alg(algorithm);
        }
        if let Some((alg, enc)) = self.request_object_encryption() {
            client = client.request_object_encryption(alg, enc);
        }
        if let Some(seconds) = self.terms.default_max_age {
            // Longer than 136 years is as good as ever.
            client = client.default_max_age(u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        if self.terms.require_auth_time { client.require_auth_time() } else { client }
    }

    /// When the secret stops being good; `None` for never.
    #[must_use]
    pub fn client_secret_expires_at(&self) -> Option<NumericDate> {
        self.client_secret_expires_at
    }

    /// How we authenticate at the token endpoint.
    #[must_use]
    pub fn token_endpoint_auth_method(&self) -> TokenEndpointAuthMethod {
        self.token_endpoint_auth_method
    }

    /// What our assertions are signed with; `None` for any algorithm that both know, and where we make none.
    #[must_use]
    pub fn token_endpoint_auth_signing_alg(&self) -> Option<SignatureAlgorithm> {
        self.terms.token_endpoint_auth_signing_alg
    }

    /// What our ID Tokens are signed with.
    #[must_use]
    pub fn id_token_signed_response_alg(&self) -> SignatureAlgorithm {
        self.id_token_signed_response_alg
    }

    /// How our ID Tokens are encrypted; `None` when they are not.
    #[must_use]
    pub fn id_token_encrypted_response(&self) -> Option<(KeyManagementAlgorithm, ContentEncryptionAlgorithm)> {
        let enc = self.terms.id_token_encrypted_response_enc.unwrap_or_default();
        self.terms.id_token_encrypted_response_alg.map(|alg| (alg, enc))
    }

    /// What userinfo responses are signed with; `None` when they are plain JSON, or encrypted only.
    #[must_use]
    pub fn userinfo_signed_response_alg(&self) -> Option<SignatureAlgorithm> {
        self.terms.userinfo_signed_response_alg
    }

    /// How userinfo responses are encrypted; `None` when they are not.
    #[must_use]
    pub fn userinfo_encrypted_response(&self) -> Option<(KeyManagementAlgorithm, ContentEncryptionAlgorithm)> {
        let enc = self.terms.userinfo_encrypted_response_enc.unwrap_or_default();
        self.terms.userinfo_encrypted_response_alg.map(|alg| (alg, enc))
    }

    /// How our request objects are signed; `None` when we asked for none.
    #[must_use]
    pub fn request_object_signing_alg(&self) -> Option<RequestObjectSigning> {
        self.terms.request_object_signing_alg
    }

    /// How our request objects are encrypted; `None` when they are not.
    #[must_use]
    pub fn request_object_encryption(&self) -> Option<(KeyManagementAlgorithm, ContentEncryptionAlgorithm)> {
        let enc = self.terms.request_object_encryption_enc.unwrap_or_default();
        self.terms.request_object_encryption_alg.map(|alg| (alg, enc))
    }

    /// Whether the provider takes authorization requests of ours only as signed request objects (RFC 9101 10.5).
    #[must_use]
    pub fn require_signed_request_object(&self) -> bool {
        self.terms.require_signed_request_object
    }

    /// What may come back from the authorization endpoint.
    #[must_use]
    pub fn response_types(&self) -> &[ResponseType] {
        // Registration 2: "If omitted, the default is that the Client will use only the code Response Type."
        if self.terms.response_types.is_empty() { &[ResponseType::Code] } else { &self.terms.response_types }
    }

    /// Whether we may use refresh tokens: it is one of the `grant_types`.
    #[must_use]
    pub fn may_refresh(&self) -> bool {
        self.terms.grant_types.iter().any(|grant_type| grant_type == "refresh_token")
    }

    /// How the provider names the people who sign in; `None` when it does not say, or says what Core 8 does not know.
    #[must_use]
    pub fn subject_type(&self) -> Option<SubjectType> {
        self.terms.subject_type
    }

    /// How many seconds ago a person may have authenticated, where a login does not say.
    #[must_use]
    pub fn default_max_age(&self) -> Option<u64> {
        self.terms.default_max_age
    }

    /// Whether ID Tokens must say when the person authenticated.
    #[must_use]
    pub fn require_auth_time(&self) -> bool {
        self.terms.require_auth_time
    }

    /// How people shall authenticate where a login does not say.
    #[must_use]
    pub fn default_acr_values(&self) -> &[String] {
        &self.terms.default_acr_values
    }

    /// The scopes that we may ask for, with spaces between them; `None` when the provider does not say.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.terms.scope.as_deref()
    }

    /// Whether access tokens are good only together with our certificate (RFC 8705 3.4).
    #[must_use]
    pub fn tls_client_certificate_bound_access_tokens(&self) -> bool {
        self.terms.tls_client_certificate_bound_access_tokens
    }

    /// Its bytes, secrets and all: seal them.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let kept = json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret.as_ref().map(Secret::expose),
            "client_secret_expires_at": self.client_secret_expires_at,
            "token_endpoint_auth_method": self.token_endpoint_auth_method,
            "id_token_signed_response_alg": self.id_token_signed_response_alg,
            "registration_access_token": self.registration_access_token.as_ref().map(Secret::expose),
            "registration_client_uri": self.registration_client_uri,
            "terms": self.terms,
            "added": self.added.0,
        });
        Secret::new(kept.to_string().into_bytes())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    #[must_use]
    pub fn from_bytes(bytes: &Secret<Vec<u8>>) -> Option<Self> {
        serde_json::from_slice(bytes.expose()).ok()
    }

    /// The terms that hold. Bytes of before there were any say nothing: then it is what was asked for.
    pub(super) fn settled(&self, asked: Terms) -> Terms {
        if self.terms.response_types.is_empty() { asked } else { self.terms.clone() }
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
