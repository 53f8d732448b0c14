//! One question to the provider and the reading of its answer.

use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::{
    error::{ErrorResponse, Excerpt, JsonFault, Misbehaviour, ProtocolError},
    json,
    numeric_date::NumericDate,
    secret::Entropy,
};

/// One question to the provider and the reading of its answer, without the sending.
///
/// Whoever drives it calls [`request`](Self::request), carries the request out within [`LIMITS`](Self::LIMITS), and hands the
/// response to [`accept`](Self::accept); on [`Step::Again`] once more.
///
/// # Example
/// ```
/// use bytes::Bytes;
/// use vestibule_core::{Entropy, Exchange, Issuer, NumericDate, Step, discovery::DiscoveryRequest};
///
/// let now = NumericDate::from_seconds(1_700_000_000);
/// let mut discovery = DiscoveryRequest::new(Issuer::parse("https://login.example.com")?);
/// let request = discovery.request(now, Entropy::from_bytes([7; 32]));
/// assert_eq!(request.uri(), "https://login.example.com/.well-known/openid-configuration");
/// // send it with any HTTP client, then:
/// let answer = http::Response::builder().status(404).body(Bytes::new())?;
/// assert!(discovery.accept(now, answer).is_err());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub trait Exchange: Sized {
    /// What a good answer becomes.
    type Output;

    /// Whom it asks.
    const ENDPOINT: Endpoint;

    /// What the one who sends must hold to.
    const LIMITS: Limits;

    /// The request to send now. A second call makes a second request with one-time values of its own.
    fn request(&mut self, now: NumericDate, entropy: Entropy) -> Request<Bytes>;

    /// Reads the answer to the last request.
    ///
    /// # Errors
    /// [`ProtocolError`] with the exact reason why the answer is not one that the specification allows.
    fn accept(self, now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError>;
}

/// Where an exchange stands after an answer.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle both, and there is no third")]
pub enum Step<E: Exchange> {
    /// Finished.
    Done(E::Output),
    /// The provider asks for the same once more, in another form.
    Again(E),
}

/// What the sender of an exchange must hold to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes that a response body may have, after any decoding (V83).
    pub body_bytes: usize,
    /// The media types that a good answer may have; compared by exact essence (V84).
    pub media_types: &'static [&'static str],
}

impl Limits {
    /// Limits for one kind of answer.
    #[must_use]
    pub const fn new(body_bytes: usize, media_types: &'static [&'static str]) -> Self {
        Self { body_bytes, media_types }
    }
}

/// The body of a 200 answer of an accepted media type, as a JSON object.
pub(crate) fn json_answer(
    endpoint: Endpoint,
    limits: &Limits,
    response: &Response<Bytes>,
) -> Result<Map<String, Value>, Misbehaviour> {
    check_is_ok(endpoint, response)?;
    json_body(endpoint, limits, response)
}

/// RFC 9110 15.3.1: 200 and nothing else is an answer with what was asked for.
pub(crate) fn check_is_ok(endpoint: Endpoint, response: &Response<Bytes>) -> Result<(), Misbehaviour> {
    if response.status() == StatusCode::OK {
        Ok(())
    } else {
        Err(Misbehaviour::UnexpectedStatus { endpoint, status: response.status().as_u16() })
    }
}

/// The body as a JSON object, whatever the status.
pub(crate) fn json_body(
    endpoint: Endpoint,
    limits: &Limits,
    response: &Response<Bytes>,
) -> Result<Map<String, Value>, Misbehaviour> {
    media_type(endpoint, limits, response)?;
    json::object(response.body()).map_err(|fault| fault.at(endpoint))
}

/// Which of the accepted media types the answer has (V84), if it is not too large to be one (V83).
pub(crate) fn media_type(
    endpoint: Endpoint,
    limits: &Limits,
    response: &Response<Bytes>,
) -> Result<&'static str, Misbehaviour> {
    if response.body().len() > limits.body_bytes {
        return Err(Misbehaviour::BodyTooLarge { limit: limits.body_bytes });
    }
    let content_type = response.headers().get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or(""));
    let essence = content_type.split(';').next().unwrap_or("").trim();
    let accepted = limits.media_types.iter().find(|accepted| essence.eq_ignore_ascii_case(accepted));
    accepted.copied().ok_or_else(|| Misbehaviour::UnexpectedMediaType { endpoint, got: Excerpt::new(content_type) })
}

/// The error that the JSON of an endpoint holds, if it holds one (RFC 6749 5.2).
pub(crate) fn error_in(endpoint: Endpoint, object: &Map<String, Value>) -> Result<Option<ErrorResponse>, Misbehaviour> {
    let read = |fault: JsonFault| fault.at(endpoint);
    let Some(error) = json::member::<String>(object, "error").map_err(read)? else { return Ok(None) };
    let description: Option<String> = json::member(object, "error_description").map_err(read)?;
    ErrorResponse::new(&error, description.as_deref()).map(Some).ok_or(Misbehaviour::MalformedError)
}

impl JsonFault {
    pub(crate) fn at(self, endpoint: Endpoint) -> Misbehaviour {
        Misbehaviour::Json { endpoint, fault: self }
    }
}

/// Which of the provider's answers an error speaks of.
///
/// # Example
/// ```
/// use vestibule_core::{Misbehaviour, exchange::Endpoint};
///
/// fn is_about_the_keys(misbehaviour: &Misbehaviour) -> bool {
///     matches!(misbehaviour, Misbehaviour::Json { endpoint: Endpoint::Jwks, .. })
/// }
/// # let _ = is_about_the_keys;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The provider's metadata (Discovery 4).
    Configuration,
    /// The provider's key set (RFC 7517 5).
    Jwks,
    /// The token endpoint (Core 3.1.3).
    Token,
    /// The userinfo endpoint (Core 5.3).
    UserInfo,
    /// The registration endpoint (Registration 3).
    Registration,
    /// The client configuration endpoint (RFC 7592 2).
    ClientConfiguration,
    /// The revocation endpoint (RFC 7009 2).
    Revocation,
    /// Where a source of distributed claims keeps them (Core 5.6.2).
    ClaimsSource,
    /// The WebFinger service of an identifier's host (RFC 7033 4).
    WebFinger,
}

impl Endpoint {
    /// Its name in a few letters of snake case, as labels have it.
    ///
    /// # Example
    /// ```
    /// # use vestibule_core::exchange::Endpoint;
    /// assert_eq!(Endpoint::UserInfo.name(), "userinfo");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Jwks => "jwks",
            Self::Token => "token",
            Self::UserInfo => "userinfo",
            Self::Registration => "registration",
            Self::ClientConfiguration => "client_configuration",
            Self::Revocation => "revocation",
            Self::ClaimsSource => "claims_source",
            Self::WebFinger => "webfinger",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configuration => "the provider's metadata document",
            Self::Jwks => "the provider's key set",
            Self::Token => "the token endpoint",
            Self::UserInfo => "the userinfo endpoint",
            Self::Registration => "the registration endpoint",
            Self::ClientConfiguration => "the client configuration endpoint",
            Self::Revocation => "the revocation endpoint",
            Self::ClaimsSource => "a source of distributed claims",
            Self::WebFinger => "the WebFinger service",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits::new(64, &["application/json"]);

    fn answer(status: u16, content_type: &str, body: &'static str) -> Response<Bytes> {
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, content_type)
            .body(Bytes::from_static(body.as_bytes()))
            .expect("valid")
    }

    fn read(response: &Response<Bytes>) -> Result<usize, Misbehaviour> {
        json_answer(Endpoint::Token, &LIMITS, response).map(|object| object.len())
    }

    /// V84
    #[test]
    fn only_the_exact_media_type_is_read() {
        assert_eq!(read(&answer(200, "application/json", "{}")), Ok(0));
        assert_eq!(read(&answer(200, "Application/JSON; charset=utf-8", "{}")), Ok(0));
        for other in ["text/html", "application/jsonp", "text/json", "application/json+evil", ""] {
            assert!(
                matches!(read(&answer(200, other, "{}")), Err(Misbehaviour::UnexpectedMediaType { .. })),
                "{other}"
            );
        }
    }

    /// R62, V79
    #[test]
    fn a_redirect_is_not_an_answer() {
        for status in [201, 204, 301, 302, 303, 307, 308, 500] {
            let reason = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status };
            assert_eq!(read(&answer(status, "application/json", "{}")), Err(reason));
        }
    }

    /// V83
    #[test]
    fn a_body_over_the_limit_is_not_read() {
        let body = r#"{"a":"0123456789012345678901234567890123456789012345678901234567890123456789"}"#;
        assert_eq!(read(&answer(200, "application/json", body)), Err(Misbehaviour::BodyTooLarge { limit: 64 }));
    }

    #[test]
    fn every_endpoint_has_words_of_its_own() {
        use Endpoint::{
            ClaimsSource, ClientConfiguration, Configuration, Jwks, Registration, Revocation, Token, UserInfo,
            WebFinger,
        };
        let all = [
            Configuration,
            Jwks,
            Token,
            UserInfo,
            Registration,
            ClientConfiguration,
            Revocation,
            ClaimsSource,
            WebFinger,
        ];
        let words: std::collections::HashSet<String> = all.iter().map(ToString::to_string).collect();
        let names: std::collections::HashSet<&str> = all.into_iter().map(Endpoint::name).collect();
        assert_eq!((words.len(), names.len()), (all.len(), all.len()));
        assert!(words.iter().all(|words| words.starts_with("the ") || words.starts_with("a ")));
    }
}
