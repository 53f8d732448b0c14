//! Whose provider? WebFinger finds the issuer for somebody's identifier (Discovery 2, RFC 7033).

mod resource;

pub use resource::{InvalidIdentifier, WebFingerResource};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use super::get;
use crate::{
    error::{Excerpt, JsonFault, Misbehaviour, ProtocolError},
    exchange::{Endpoint, Exchange, Limits, Step, json_answer},
    http_client::DynamicHost,
    issuer::{InvalidIssuer, Issuer},
    json,
    numeric_date::NumericDate,
    secret::Entropy,
};

/// What a link to an issuer is called (Discovery 2).
const REL: &str = "http://openid.net/specs/connect/1.0/issuer";

/// Asks the host of an identifier which issuer is responsible for it (Discovery 2, RFC 7033 4).
///
/// The request is marked [`DynamicHost`], since whoever typed the identifier named the host. What answers there names the next one:
/// mark whatever is asked of the issuer that it finds as well (V78).
///
/// The `subject` of an answer is not compared: it may differ from what was asked for (RFC 7033 4.4.1), and whoever could lie about
/// it could lie about the link too. Redirects are not followed (V79).
///
/// # Example
/// ```
/// use vestibule_core::{Entropy, Exchange, NumericDate, discovery::{WebFingerRequest, WebFingerResource}};
///
/// let resource = WebFingerResource::parse("joe@example.com")?;
/// assert_eq!(resource.as_str(), "acct:joe@example.com");
///
/// let request = WebFingerRequest::new(resource).request(NumericDate::from_seconds(0), Entropy::from_bytes([7; 32]));
/// assert_eq!(
///     request.uri(),
///     "https://example.com/.well-known/webfinger?resource=acct%3Ajoe%40example.com\
///      &rel=http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer",
/// );
/// # Ok::<_, vestibule_core::discovery::InvalidIdentifier>(())
/// ```
#[derive(Debug)]
pub struct WebFingerRequest {
    resource: WebFingerResource,
    is_of_the_settings: bool,
}

impl WebFingerRequest {
    /// For this identifier.
    #[must_use]
    pub fn new(resource: WebFingerResource) -> Self {
        Self { resource, is_of_the_settings: false }
    }

    /// The identifier is one of the settings, and its host as good as any other that they name: the request is not marked.
    #[must_use]
    pub fn of_the_settings(self) -> Self {
        Self { is_of_the_settings: true, ..self }
    }
}

impl Exchange for WebFingerRequest {
    type Output = Issuer;
    // RFC 7033 10.2: application/jrd+json. Static files that stand in for a WebFinger service are served as what their ending
    // says; nothing else is read from JSON at that place, so that one does no harm.
    const ENDPOINT: Endpoint = Endpoint::WebFinger;
    const LIMITS: Limits = Limits::new(64 * 1024, &["application/jrd+json", "application/json"]);

    fn request(&mut self, _now: NumericDate, _entropy: Entropy) -> Request<Bytes> {
        let mut url = self.resource.endpoint().clone();
        // RFC 7033 4.1: "&" and "=" inside of values are encoded. A form serialiser would write a space as "+".
        url.set_query(Some(&format!("resource={}&rel={}", encoded(self.resource.as_str()), encoded(REL))));
        let mut request = get(&url, "application/jrd+json, application/json");
        if !self.is_of_the_settings {
            request.extensions_mut().insert(DynamicHost);
        }
        request
    }

    fn accept(self, _now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let object = json_answer(Endpoint::WebFinger, &Self::LIMITS, &response)?;
        let issuer = issuer_in(&object).map_err(Misbehaviour::from)?;
        // R96: who was asked over TLS does not send us on without it.
        if issuer.is_plain_http() && !self.resource.is_plain_http() {
            let got = Excerpt::new(issuer.as_str());
            return Err(Misbehaviour::from(InvalidWebFinger::Href { got, reason: InvalidIssuer::NotHttps }).into());
        }
        Ok(Step::Done(issuer))
    }
}

/// Why an answer leads to no issuer (Discovery 2, RFC 7033 4.4).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidWebFinger {
    #[error("cannot be read: {0}")]
    Json(#[from] JsonFault),
    #[error("has no link to an issuer: no provider is responsible for this identifier")]
    NoLink,
    #[error("has a link to an issuer without href")]
    NoHref,
    #[error("names the issuer '{got}': {reason}")]
    Href { got: Excerpt, reason: InvalidIssuer },
}

/// The issuer that the answer names: the first link of our relation. There is no second choice when the first is no good.
fn issuer_in(object: &Map<String, Value>) -> Result<Issuer, InvalidWebFinger> {
    let links: Option<Vec<Map<String, Value>>> = json::member(object, "links")?;
    for link in links.unwrap_or_default() {
        // RFC 7033 4.4.4.1: relation types are compared as they are.
        if json::required::<String>(&link, "rel")? != REL {
            continue;
        }
        let href: String = json::member(&link, "href")?.ok_or(InvalidWebFinger::NoHref)?;
        // Discovery 2: the value is an issuer, https and without query or fragment.
        return Issuer::parse(href.as_str())
            .map_err(|reason| InvalidWebFinger::Href { got: Excerpt::new(&href), reason });
    }
    Err(InvalidWebFinger::NoLink)
}

/// Everything but unreserved characters is encoded (RFC 3986 2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
