//! What a provider says about itself, and the exchanges that fetch it (OpenID Connect Discovery 1.0).

mod provider_metadata;
mod webfinger;

pub use provider_metadata::ProviderMetadata;
pub(crate) use provider_metadata::{LogoutSupport, Offered};
pub use webfinger::{InvalidIdentifier, InvalidWebFinger, WebFingerRequest, WebFingerResource};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use url::Url;

use crate::{
    error::{InvalidMetadata, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, json_answer},
    issuer::{Issuer, uri},
    jose::JwkSet,
    json,
    numeric_date::NumericDate,
    secret::Entropy,
    tenants::Tenants,
};

/// Fetches the metadata of an issuer (Discovery 4).
#[derive(Debug)]
pub struct DiscoveryRequest {
    issuer: Issuer,
    tenants: Option<Tenants>,
}

impl DiscoveryRequest {
    /// For this issuer.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        Self { issuer, tenants: None }
    }

    /// For an issuer that stands for many tenants, whose metadata may name a template (`https://login.example.com/{tenantid}/v2.0`): the
    /// tokens of these tenants are taken, each under its own issuer.
    #[must_use]
    pub fn tenants(self, tenants: Tenants) -> Self {
        Self { tenants: Some(tenants), ..self }
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
        let metadata = ProviderMetadata::published(&object, self.issuer, self.tenants.as_ref()).map_err(refuse)?;
        // Discovery 3: these are REQUIRED of a published document, though we could live without some of them.
        for member in ["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"] {
            json::required::<Vec<String>>(&object, member).map_err(|fault| refuse(fault.into()))?;
        }
        Ok(Step::Done(metadata))
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
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri(url);
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(accept));
    request
}

#[cfg(test)]
mod tests;
