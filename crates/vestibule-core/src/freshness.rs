//! How long an answer may be kept, and asking again only for what changed (RFC 9110 13.1.2, RFC 9111).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};

use crate::{
    error::ProtocolError,
    exchange::{Endpoint, Exchange, Limits, Step},
    numeric_date::NumericDate,
    secret::Entropy,
};

/// An exchange whose answer is kept: it asks only for what changed since, and says how long the answer is good for.
///
/// # Example
/// ```
/// use vestibule_core::{Entropy, Exchange, Issuer, NumericDate, discovery::DiscoveryRequest, freshness::Conditional};
///
/// let discovery = DiscoveryRequest::new(Issuer::parse("https://login.example.com")?);
/// let mut conditional = Conditional::new(discovery, Some(http::HeaderValue::from_static("\"v1\"")));
/// let request = conditional.request(NumericDate::from_seconds(1_700_000_000), Entropy::from_bytes([7; 32]));
/// assert_eq!(request.headers()["if-none-match"], "\"v1\"");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Conditional<E> {
    exchange: E,
    etag: Option<HeaderValue>,
}

/// What became of a conditional exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an answer is new or it is not")]
pub enum Answer<T> {
    /// A new answer.
    Modified(T, Freshness),
    /// What was kept is still right (status 304).
    NotModified(Freshness),
}

/// How long an answer is good for, as its headers say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Freshness {
    /// For how many seconds; `None` when the provider does not say.
    pub max_age: Option<u32>,
    /// What tells this answer from another, for the next time.
    pub etag: Option<HeaderValue>,
}

impl<E> Conditional<E> {
    /// Asks for what changed since the answer with this `etag`, or for all of it.
    pub fn new(exchange: E, etag: Option<HeaderValue>) -> Self {
        Self { exchange, etag }
    }
}

impl<E: Exchange> Exchange for Conditional<E> {
    type Output = Answer<E::Output>;
    const ENDPOINT: Endpoint = E::ENDPOINT;
    const LIMITS: Limits = E::LIMITS;

    fn request(&mut self, now: NumericDate, entropy: Entropy) -> Request<Bytes> {
        let mut request = self.exchange.request(now, entropy);
        if let Some(etag) = &self.etag {
            request.headers_mut().insert(header::IF_NONE_MATCH, etag.clone());
        }
        request
    }

    fn accept(self, now: NumericDate, response: Response<Bytes>) -> Result<Step<Self>, ProtocolError> {
        let freshness = Freshness::of(response.headers());
        // Only who asked conditionally may be told that nothing changed.
        if response.status() == StatusCode::NOT_MODIFIED && self.etag.is_some() {
            return Ok(Step::Done(Answer::NotModified(Freshness { etag: self.etag, ..freshness })));
        }
        Ok(match self.exchange.accept(now, response)? {
            Step::Done(output) => Step::Done(Answer::Modified(output, freshness)),
            Step::Again(exchange) => Step::Again(Self { exchange, etag: self.etag }),
        })
    }
}

impl Freshness {
    fn of(headers: &HeaderMap) -> Self {
        let directives = headers.get_all(header::CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok());
        let mut max_age = None;
        for directive in directives.flat_map(|value| value.split(',')).map(str::trim) {
            match directive.split_once('=') {
                Some((name, seconds)) if name.eq_ignore_ascii_case("max-age") => {
                    // RFC 9111 1.2.2: what is too large to hold is as large as can be; what is no number says nothing.
                    let digits = seconds.trim_matches('"');
                    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                    max_age = max_age.or_else(|| is_number.then(|| digits.parse().unwrap_or(u32::MAX)));
                }
                None if ["no-store", "no-cache"].iter().any(|name| directive.eq_ignore_ascii_case(name)) => {
                    return Self { max_age: Some(0), etag: headers.get(header::ETAG).cloned() };
                }
                _ => {}
            }
        }
        Self { max_age, etag: headers.get(header::ETAG).cloned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{discovery::KeysRequest, error::Misbehaviour, exchange::Endpoint, jose::JwkSet};

    const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

    fn keys() -> KeysRequest {
        let metadata = crate::ProviderMetadata::from_json(
            br#"{"issuer": "https://a.example", "authorization_endpoint": "https://a.example/a",
                "token_endpoint": "https://a.example/t", "jwks_uri": "https://a.example/k"}"#,
        );
        KeysRequest::new(&metadata.expect("metadata"))
    }

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Response<Bytes> {
        let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(Bytes::from_static(br#"{"keys":[]}"#)).expect("a response")
    }

    fn read(etag: Option<&'static str>, response: Response<Bytes>) -> Result<Answer<JwkSet>, ProtocolError> {
        let conditional = Conditional::new(keys(), etag.map(HeaderValue::from_static));
        match conditional.accept(NOW, response)? {
            Step::Done(answer) => Ok(answer),
            Step::Again(_) => panic!("nobody asked for another try"),
        }
    }

    fn max_age(cache_control: &'static str) -> Option<u32> {
        match read(None, answer(200, &[("cache-control", cache_control)])) {
            Ok(Answer::Modified(_, freshness)) => freshness.max_age,
            other => panic!("{other:?}"),
        }
    }

    /// R106
    #[test]
    fn max_age_is_read_from_among_the_directives() {
        assert_eq!(max_age("public, max-age=600, must-revalidate"), Some(600));
        assert_eq!(max_age("Max-Age=\"600\""), Some(600));
        assert_eq!(max_age("max-age=99999999999999"), Some(u32::MAX));
        assert_eq!(max_age("max-age=600, max-age=1"), Some(600));
        assert_eq!(max_age("max-age=600, no-store"), Some(0));
        for nothing in ["", "public", "max-age", "max-age=", "max-age=-1", "max-age=x", "s-maxage=5", "x-max-age=5"] {
            assert_eq!(max_age(nothing), None, "{nothing}");
        }
    }

    /// R107
    #[test]
    fn a_304_confirms_what_was_asked_for_conditionally_and_nothing_else() {
        let confirmed = read(Some("\"v1\""), answer(304, &[("cache-control", "max-age=60")]));
        let freshness = Freshness { max_age: Some(60), etag: Some(HeaderValue::from_static("\"v1\"")) };
        assert!(matches!(confirmed, Ok(Answer::NotModified(got)) if got == freshness));
        let unexpected = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Jwks, status: 304 };
        assert_eq!(read(None, answer(304, &[])).err(), Some(unexpected.into()));
        let renewed = read(Some("\"v1\""), answer(200, &[("etag", "\"v2\"")]));
        assert!(
            matches!(renewed, Ok(Answer::Modified(_, got)) if got.etag == Some(HeaderValue::from_static("\"v2\"")))
        );
    }

    /// RFC 9110 13.1.2: what is known is named, and the question is otherwise the same.
    #[test]
    fn only_who_knows_a_version_asks_whether_it_changed() {
        let entropy = || crate::Entropy::from_bytes([7; 32]);
        let sent = Conditional::new(keys(), Some(HeaderValue::from_static("\"v1\""))).request(NOW, entropy());
        assert_eq!(
            (sent.uri(), &sent.headers()[header::IF_NONE_MATCH]),
            (keys().request(NOW, entropy()).uri(), &HeaderValue::from_static("\"v1\""),)
        );
        let sent = Conditional::new(keys(), None).request(NOW, entropy());
        assert!(!sent.headers().contains_key(header::IF_NONE_MATCH));
    }
}
