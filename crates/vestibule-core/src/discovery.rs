//! What a provider says about itself, and the exchanges that fetch it (OpenID Connect Discovery 1.0).

mod provider_metadata;
mod webfinger;

pub use provider_metadata::ProviderMetadata;
pub(crate) use provider_metadata::{LogoutSupport, Offered};
pub use webfinger::{InvalidIdentifier, InvalidWebFinger, WebFingerRequest, WebFingerResource};

use bytes::Bytes;
use http::{Method, Request, Response, header};
use url::Url;

use crate::{
    error::{Excerpt, InvalidMetadata, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, json_answer},
    issuer::Issuer,
    jose::JwkSet,
    json,
    numeric_date::NumericDate,
    secret::Entropy,
};

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
    const ENDPOINT: Endpoint = Endpoint::Configuration;
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
        Self { jwks_uri: metadata.jwks_uri().clone() }
    }
}

impl Exchange for KeysRequest {
    type Output = JwkSet;
    const ENDPOINT: Endpoint = Endpoint::Jwks;
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
