//! Introducing ourselves to a provider: what we ask to be known as, and what we got (OpenID Connect Dynamic Client
//! Registration 1.0, RFC 7591).

mod adoption;
mod client_information;
mod client_keys;
mod client_metadata;
pub mod management;
mod sector_identifier;
mod terms;
mod tls_client_auth;

pub use client_information::ClientInformation;
pub use client_keys::{ClientKeys, InvalidClientKeys};
pub use client_metadata::{ApplicationType, ClientMetadata, InvalidClientMetadata};
pub use sector_identifier::{InvalidSectorIdentifier, SectorIdentifierDocument};
pub use terms::{RequestObjectSigning, SubjectType};
pub use tls_client_auth::TlsClientAuthSubject;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value};
use url::Url;

use self::{client_information::Members, terms::Terms};
use crate::{
    client_auth::TokenEndpointAuthMethod,
    discovery::{LogoutSupport, ProviderMetadata},
    error::{InvalidMetadata, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, error_in, json_body},
    issuer::uri,
    jose::SignatureAlgorithm,
    numeric_date::NumericDate,
    secret::{Entropy, Secret},
};

/// Asks a provider to register us (Registration 3.1).
///
/// # Example
/// ```
/// use vestibule_core::{ClientMetadata, Entropy, Exchange, NumericDate, ProviderMetadata, registration::RegistrationRequest};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize", "registration_endpoint": "https://login.example.com/register",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// let mut exchange = RegistrationRequest::new(
///     &metadata,
///     &ClientMetadata::new("Photo Album").contact("ops@example.com"),
///     "https://app.example.com/auth/callback/corp",
///     "https://app.example.com/auth/logged_out",
/// )?;
/// let request = exchange.request(NumericDate::from_seconds(1_700_000_000), Entropy::from_bytes([7; 32]));
/// assert_eq!(request.uri(), "https://login.example.com/register");
/// # Ok::<_, vestibule_core::error::InvalidMetadata>(())
/// ```
#[derive(Clone, Debug)]
pub struct RegistrationRequest {
    registration_endpoint: Url,
    initial_access_token: Option<Secret<String>>,
    asked: Members,
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: TokenEndpointAuthMethod,
    id_token_signed_response_alg: SignatureAlgorithm,
    terms: Terms,
    logout: LogoutSupport,
}

impl RegistrationRequest {
    /// For an application with this redirect URI and this place to come back to after signing out.
    ///
    /// # Errors
    /// [`InvalidMetadata::NoRegistration`] when the provider registers nobody, [`InvalidMetadata::ClientMetadata`] when what is
    /// asked for contradicts itself.
    pub fn new(
        metadata: &ProviderMetadata,
        client_metadata: &ClientMetadata,
        redirect_uri: impl Into<String>,
        post_logout_redirect_uri: &str,
    ) -> Result<Self, InvalidMetadata> {
        let registration_endpoint = metadata.registration_endpoint().ok_or(InvalidMetadata::NoRegistration)?.clone();
        client_metadata.check()?;
        let redirect_uris = client_metadata.all_redirect_uris(redirect_uri.into());
        client_metadata.check_sector(&redirect_uris)?;
        Ok(Self {
            registration_endpoint,
            initial_access_token: client_metadata.initial_access_token.clone(),
            asked: Members(client_metadata.asked(metadata, &redirect_uris, post_logout_redirect_uri)),
            token_endpoint_auth_method: client_metadata.auth_method(metadata),
            id_token_signed_response_alg: client_metadata.algorithm(metadata),
            terms: client_metadata.terms(),
            logout: metadata.logout_support(),
            redirect_uris,
        })
    }

    /// Where we take logout tokens (Back-Channel Logout 2.2). It is asked for where the provider says that it posts any, and with
    /// a `sid` in each where it says that it has them.
    #[must_use]
    pub fn backchannel_logout_uri(mut self, uri: &str) -> Self {
        if self.logout.backchannel_logout_supported {
            self.ask("backchannel_logout_uri", uri);
            self.ask("backchannel_logout_session_required", self.logout.backchannel_logout_session_supported);
        }
        self
    }

    /// Which page of ours ends a session when a frame loads it (Front-Channel Logout 2). It is asked for where the provider says
    /// that it loads such pages and names the session: a request that names none ends none (V72).
    #[must_use]
    pub fn frontchannel_logout_uri(mut self, uri: &str) -> Self {
        if self.logout.frontchannel_logout_supported && self.logout.frontchannel_logout_session_supported {
            self.ask("frontchannel_logout_uri", uri);
            self.ask("frontchannel_logout_session_required", true);
        }
        self
    }

    fn ask(&mut self, name: &str, value: impl Into<Value>) {
        self.asked.0.insert(name.to_owned(), value.into());
    }

    /// The document that vouches for the redirect URIs that are asked for, where a `sector_identifier_uri` is (Registration 5).
    #[must_use]
    pub fn sector_identifier_document(&self) -> SectorIdentifierDocument {
        SectorIdentifierDocument::new(self.redirect_uris.iter().map(String::as_str))
    }

    /// Where the request goes.
    #[must_use]
    pub fn registration_endpoint(&self) -> &Url {
        &self.registration_endpoint
    }

    /// What is asked for, as JSON: a registration is good for exactly this.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "only a map whose keys are not strings, or an error of its own, has no JSON"
    )]
    pub fn asked(&self) -> Vec<u8> {
        serde_json::to_vec(&self.asked.0).expect("a map of strings to JSON values is JSON")
    }
}

impl Exchange for RegistrationRequest {
    type Output = ClientInformation;
    const ENDPOINT: Endpoint = Endpoint::Registration;
    const LIMITS: Limits = Limits::new(64 * 1024, &["application/json"]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        let mut request = Request::new(Bytes::from(self.asked()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri(&self.registration_endpoint);
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        // A token that no header can carry is left out: the provider says so.
        if let Some(bearer) = self.initial_access_token.as_ref().and_then(bearer) {
            headers.insert(header::AUTHORIZATION, bearer);
        }
        request
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let object = registration_answer(&Self::LIMITS, &response)?;
        self.adopt(&object, None).map(Step::Done).map_err(|invalid| Misbehaviour::from(invalid).into())
    }
}

/// The header that shows a bearer token (RFC 6750 2.1); `None` for a token that no header can carry.
fn bearer(token: &Secret<String>) -> Option<HeaderValue> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
    bearer.set_sensitive(true);
    Some(bearer)
}

/// The JSON of a 201 answer (200 is taken for one too), or the error that the endpoint gave (Registration 3.3).
fn registration_answer(limits: &Limits, response: &Response<Bytes>) -> Result<Map<String, Value>, ProtocolError> {
    let unexpected =
        Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Registration, status: response.status().as_u16() };
    match response.status() {
        StatusCode::CREATED | StatusCode::OK => Ok(json_body(Endpoint::Registration, limits, response)?),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let object = json_body(Endpoint::Registration, limits, response).map_err(|_| unexpected.clone())?;
            Err(error_in(Endpoint::Registration, &object)?.map_or_else(|| unexpected.into(), ProtocolError::Denied))
        }
        _ => Err(unexpected.into()),
    }
}

#[cfg(test)]
mod tests;
