//! What a provider says about itself, and the exchanges that fetch it (OpenID Connect Discovery 1.0).

use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::{Map, Value};
use url::Url;

use crate::{
    error::{Excerpt, InvalidMetadata, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, json_answer},
    issuer::{Issuer, is_https_or_loopback, is_requestable},
    jose::{JwkSet, SignatureAlgorithm},
    json,
    numeric_date::NumericDate,
    secret::Entropy,
};

/// A provider's metadata (Discovery 3), as far as a relying party needs it. Members have their wire names.
///
/// # Example
/// ```
/// use vestibule_core::ProviderMetadata;
///
/// let metadata = ProviderMetadata::from_json(br#"{
///     "issuer": "https://login.example.com",
///     "authorization_endpoint": "https://login.example.com/authorize",
///     "token_endpoint": "https://login.example.com/token",
///     "jwks_uri": "https://login.example.com/keys"
/// }"#)?;
/// assert!(metadata.userinfo_endpoint().is_none());
/// # Ok::<_, vestibule_core::error::InvalidMetadata>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderMetadata {
    issuer: Issuer,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    registration_endpoint: Option<Url>,
    response_types_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: bool,
}

impl ProviderMetadata {
    /// Reads metadata that the application describes: the same JSON that Discovery 3 defines, of which only `issuer`,
    /// `authorization_endpoint`, `token_endpoint` and `jwks_uri` must be there.
    ///
    /// # Errors
    /// [`InvalidMetadata`] names the member that is missing, of the wrong type, or not an https URL.
    pub fn from_json(bytes: &[u8]) -> Result<Self, InvalidMetadata> {
        Self::from_object(&json::object(bytes)?)
    }

    fn from_object(object: &Map<String, Value>) -> Result<Self, InvalidMetadata> {
        let text: String = json::required(object, "issuer")?;
        let issuer = Issuer::parse(text.as_str())
            .map_err(|reason| InvalidMetadata::InvalidIssuer { got: Excerpt::new(&text), reason })?;
        Ok(Self {
            authorization_endpoint: required_endpoint(object, &issuer, "authorization_endpoint")?,
            token_endpoint: required_endpoint(object, &issuer, "token_endpoint")?,
            jwks_uri: required_endpoint(object, &issuer, "jwks_uri")?,
            userinfo_endpoint: endpoint(object, &issuer, "userinfo_endpoint")?,
            end_session_endpoint: endpoint(object, &issuer, "end_session_endpoint")?,
            registration_endpoint: endpoint(object, &issuer, "registration_endpoint")?,
            response_types_supported: json::member(object, "response_types_supported")?,
            id_token_signing_alg_values_supported: json::member(object, "id_token_signing_alg_values_supported")?,
            token_endpoint_auth_methods_supported: json::member(object, "token_endpoint_auth_methods_supported")?,
            authorization_response_iss_parameter_supported: json::member(
                object,
                "authorization_response_iss_parameter_supported",
            )?
            .unwrap_or(false),
            issuer,
        })
    }

    /// The issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where the browser is sent to sign in.
    #[must_use]
    pub fn authorization_endpoint(&self) -> &Url {
        &self.authorization_endpoint
    }

    /// Where a code is redeemed.
    #[must_use]
    pub fn token_endpoint(&self) -> &Url {
        &self.token_endpoint
    }

    /// Where the keys are.
    #[must_use]
    pub fn jwks_uri(&self) -> &Url {
        &self.jwks_uri
    }

    /// Where more claims are, if the provider has such a place.
    #[must_use]
    pub fn userinfo_endpoint(&self) -> Option<&Url> {
        self.userinfo_endpoint.as_ref()
    }

    /// Where the browser is sent to sign out (RP-Initiated Logout 2.1), if the provider has such a place.
    #[must_use]
    pub fn end_session_endpoint(&self) -> Option<&Url> {
        self.end_session_endpoint.as_ref()
    }

    /// Where clients register themselves (Registration 3), if the provider has such a place.
    #[must_use]
    pub fn registration_endpoint(&self) -> Option<&Url> {
        self.registration_endpoint.as_ref()
    }

    /// Whether the provider promises `iss` in its authorization responses (RFC 9207 3).
    #[must_use]
    pub fn authorization_response_iss_parameter_supported(&self) -> bool {
        self.authorization_response_iss_parameter_supported
    }

    /// Whether this metadata sends people, codes and tokens to the same hosts as `earlier` did (R108).
    #[must_use]
    pub fn has_the_hosts_of(&self, earlier: &Self) -> bool {
        let hosts = |metadata: &Self| {
            let optional =
                [&metadata.userinfo_endpoint, &metadata.end_session_endpoint, &metadata.registration_endpoint];
            let optional = optional.map(|url| url.as_ref().map(Url::origin));
            (
                [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri].map(Url::origin),
                optional,
            )
        };
        let ((required, optional), (earlier_required, earlier_optional)) = (hosts(self), hosts(earlier));
        // An endpoint may come or go; one that stays, stays where it is.
        let stays = |(new, old): (Option<_>, Option<_>)| new.is_none() || old.is_none() || new == old;
        required == earlier_required && optional.into_iter().zip(earlier_optional).all(stays)
    }

    /// The client authentication methods that the token endpoint offers; when it does not say, `client_secret_basic`
    /// (Discovery 3).
    pub(crate) fn offers_auth_method(&self, method: &str) -> bool {
        match &self.token_endpoint_auth_methods_supported {
            Some(offered) => offered.iter().any(|name| name == method),
            None => method == "client_secret_basic",
        }
    }

    /// Whether the provider signs ID Tokens with this algorithm; when it does not say, RS256 (Discovery 3).
    pub(crate) fn offers_algorithm(&self, algorithm: SignatureAlgorithm) -> bool {
        match &self.id_token_signing_alg_values_supported {
            Some(offered) => offered.iter().any(|name| name == algorithm.name()),
            None => algorithm == SignatureAlgorithm::Rs256,
        }
    }

    pub(crate) fn describes_auth_methods(&self) -> Option<Excerpt> {
        self.token_endpoint_auth_methods_supported.as_ref().map(|offered| Excerpt::new(&offered.join(" ")))
    }

    /// Whether the provider can do what this kind of login needs, as far as it says.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] names what is missing and what is offered.
    pub(crate) fn supports(&self, algorithm: SignatureAlgorithm) -> Result<(), InvalidMetadata> {
        let among = |offered: &Option<Vec<String>>, what, wanted: &'static str, member| match offered {
            // The word order of a response type does not matter (OAuth 2.0 Multiple Response Types 3); `code` is one word.
            Some(offered) if !offered.iter().any(|name| name == wanted) => {
                Err(InvalidMetadata::Unsupported { what, wanted, member, offered: Excerpt::new(&offered.join(" ")) })
            }
            _ => Ok(()),
        };
        among(&self.response_types_supported, "the response type", "code", "response_types_supported")?;
        among(
            &self.id_token_signing_alg_values_supported,
            "ID Tokens signed with",
            algorithm.name(),
            "id_token_signing_alg_values_supported",
        )
    }
}

/// V80: every endpoint is https; plain http is for a provider that itself lives on loopback.
fn endpoint(
    object: &Map<String, Value>,
    issuer: &Issuer,
    member: &'static str,
) -> Result<Option<Url>, InvalidMetadata> {
    let Some(text) = json::member::<String>(object, member)? else { return Ok(None) };
    let url = Url::parse(&text).ok().filter(|url| {
        let scheme_allowed = url.scheme() == "https" || issuer.is_plain_http();
        scheme_allowed
            && is_https_or_loopback(url)
            && is_requestable(url)
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    url.map(Some).ok_or_else(|| InvalidMetadata::Endpoint { member, got: Excerpt::new(&text) })
}

fn required_endpoint(
    object: &Map<String, Value>,
    issuer: &Issuer,
    member: &'static str,
) -> Result<Url, InvalidMetadata> {
    endpoint(object, issuer, member)?.ok_or(InvalidMetadata::Json(crate::error::JsonFault::Missing { member }))
}

/// Fetches the metadata of an issuer (Discovery 4).
#[derive(Debug)]
pub struct DiscoveryRequest {
    issuer: Issuer,
}

impl DiscoveryRequest {
    /// For this issuer.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        Self { issuer }
    }
}

impl Exchange for DiscoveryRequest {
    type Output = ProviderMetadata;
    const LIMITS: Limits = Limits::new(256 * 1024, &["application/json"]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        get(&self.issuer.configuration_url(), "application/json")
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let object = json_answer(Endpoint::Configuration, &Self::LIMITS, &response)?;
        let refuse = |error: InvalidMetadata| ProtocolError::Misbehaved(error.into());
        // Discovery 4.3: the issuer in the document is exactly the one that was asked.
        let got: String = json::required(&object, "issuer").map_err(|fault| refuse(fault.into()))?;
        if got != self.issuer.as_str() {
            return Err(refuse(InvalidMetadata::IssuerMismatch {
                expected: self.issuer.to_string(),
                got: Excerpt::new(&got),
            }));
        }
        // Discovery 3: these are REQUIRED of a published document, though we could live without some of them.
        for member in ["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"] {
            json::required::<Vec<String>>(&object, member).map_err(|fault| refuse(fault.into()))?;
        }
        ProviderMetadata::from_object(&object).map(Step::Done).map_err(refuse)
    }
}

/// Fetches the key set of a provider (RFC 7517 5).
#[derive(Debug)]
pub struct KeysRequest {
    jwks_uri: Url,
}

impl KeysRequest {
    /// For the keys of this provider. Keys are reached through the metadata of their provider and in no other way (V46).
    #[must_use]
    pub fn new(metadata: &ProviderMetadata) -> Self {
        Self { jwks_uri: metadata.jwks_uri.clone() }
    }
}

impl Exchange for KeysRequest {
    type Output = JwkSet;
    const LIMITS: Limits = Limits::new(256 * 1024, &["application/json", "application/jwk-set+json"]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        get(&self.jwks_uri, "application/jwk-set+json, application/json")
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let object = json_answer(Endpoint::Jwks, &Self::LIMITS, &response)?;
        JwkSet::from_object(&object).map(Step::Done).map_err(|error| ProtocolError::Misbehaved(error.into()))
    }
}

pub(crate) fn get(url: &Url, accept: &'static str) -> Request<Bytes> {
    Request::builder()
        .method(Method::GET)
        .uri(url.as_str())
        .header(header::ACCEPT, accept)
        .body(Bytes::new())
        .expect("a parsed URL and constant headers make a request")
}

#[cfg(test)]
mod tests;
