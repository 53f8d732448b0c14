//! The identifier of a provider: parsed once, compared byte for byte.

use std::fmt;

use http::Uri;
use serde::{Deserialize, Deserializer, Serialize, de};
use url::{Host, Url};

/// An issuer identifier: an https URL without query or fragment (Core 1.2, Discovery 3).
///
/// `http` is taken for loopback hosts only, so that a provider on the developer's own machine needs no certificate. Two
/// issuers are equal when their strings are: no normalisation, as Core 3.1.3.7 (2) and RFC 9207 2.4 demand.
///
/// # Example
/// ```
/// use vestibule_core::Issuer;
///
/// let issuer = Issuer::parse("https://login.example.com/tenant/")?;
/// assert_eq!(issuer.configuration_url().as_str(), "https://login.example.com/tenant/.well-known/openid-configuration");
/// assert_ne!(issuer, Issuer::parse("https://login.example.com/tenant")?);
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Issuer {
    text: String,
}

/// Why a string is not an issuer identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIssuer {
    /// It does not parse as a URL with a host.
    #[error("it is not a URL with a host")]
    NotAUrl,
    /// The scheme is not https, and it is not http on a loopback host.
    #[error("it must be https (http is for loopback hosts only)")]
    NotHttps,
    /// It has a query, a fragment, a user name or a password.
    #[error("it must not have a query, a fragment or user information")]
    ExtraParts,
}

impl Issuer {
    /// Parses an issuer identifier, and keeps it exactly as it was written.
    ///
    /// # Errors
    /// [`InvalidIssuer`] says which rule of Core 1.2 it breaks.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidIssuer> {
        let text = text.into();
        let url = Url::parse(&text).map_err(|_| InvalidIssuer::NotAUrl)?;
        if !is_https_or_loopback(&url) {
            return Err(InvalidIssuer::NotHttps);
        }
        // Discovery 3: "no query or fragment components"; user information would leak into logs and Referer. A bare `?` or
        // `#` parses as an empty component, which the text shows.
        if text.contains(['?', '#']) || !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidIssuer::ExtraParts);
        }
        // The URL parser trims and repairs; an identifier that needs either is not the one that tokens will carry.
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(InvalidIssuer::NotAUrl);
        }
        // As `https:/host` and `https:host` do, in which it puts the slashes.
        if !names_a_host(&text, url.scheme()) {
            return Err(InvalidIssuer::NotAUrl);
        }
        let issuer = Self { text };
        if is_requestable(&issuer.configuration_url()) { Ok(issuer) } else { Err(InvalidIssuer::NotAUrl) }
    }

    /// The identifier as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the provider publishes its metadata (Discovery 4.1): one trailing slash is dropped, then the path is appended.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "what `parse` lets pass has no query, no fragment and a host that ends before a slash"
    )]
    pub fn configuration_url(&self) -> Url {
        let base = self.text.strip_suffix('/').unwrap_or(&self.text);
        Url::parse(&format!("{base}/.well-known/openid-configuration"))
            .expect("an issuer without query or fragment stays a URL when a path is appended")
    }

    /// A URL that this issuer names to be asked by us: https (V80), or plain http on loopback where the issuer is that itself.
    pub(crate) fn endpoint(&self, text: &str) -> Option<Url> {
        Url::parse(text).ok().filter(|url| {
            let scheme_allowed = url.scheme() == "https" || self.is_plain_http();
            scheme_allowed
                && is_https_or_loopback(url)
                && is_requestable(url)
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        })
    }

    /// Whether this provider may have plain http endpoints: only one that is itself http, which means loopback.
    pub(crate) fn is_plain_http(&self) -> bool {
        !self.text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
    }
}

/// Whether two slashes and a host follow the scheme, as they are written (RFC 3986 3).
fn names_a_host(text: &str, scheme: &str) -> bool {
    let host = text.get(scheme.len()..).and_then(|rest| rest.strip_prefix("://"));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
}

/// https, or http on a host that never leaves this machine.
#[must_use]
pub fn is_https_or_loopback(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether an HTTP request can name it: a URL may be longer, and its host stranger, than a request target (V104).
pub(crate) fn is_requestable(url: &Url) -> bool {
    Uri::try_from(url.as_str()).is_ok()
}

/// What a request is sent to, of a URL that was found to be [requestable](is_requestable) when it was read.
#[expect(clippy::expect_used, reason = "each endpoint passes `is_requestable` before it is kept")]
pub(crate) fn uri(url: &Url) -> Uri {
    url.as_str().parse().expect("only URLs that a request can be sent to are kept")
}

/// Whether a URL's host never leaves this machine: `localhost`, or an address of the loopback interface (RFC 8252 8.3). Names below
/// `localhost` are not among them, since not every resolver keeps to RFC 6761 6.3.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Issuer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R94, R109
    #[test]
    fn an_issuer_is_https_without_query_fragment_or_user() {
        for (text, reason) in [
            ("", InvalidIssuer::NotAUrl),
            ("login.example.com", InvalidIssuer::NotAUrl),
            ("https://", InvalidIssuer::NotAUrl),
            (" https://login.example.com", InvalidIssuer::NotAUrl),
            ("https://login.example.com/a\tb", InvalidIssuer::NotAUrl),
            ("https://login.example.com/a b", InvalidIssuer::NotAUrl),
            ("https://login.example.com/a\u{1}b", InvalidIssuer::NotAUrl),
            ("https://login.example.com\\a", InvalidIssuer::NotAUrl),
            ("https:\\\\login.example.com", InvalidIssuer::NotAUrl),
            ("https:/login.example.com", InvalidIssuer::NotAUrl),
            ("https:login.example.com", InvalidIssuer::NotAUrl),
            ("https:///login.example.com", InvalidIssuer::NotAUrl),
            ("http:/127.0.0.1", InvalidIssuer::NotAUrl),
            ("http://login.example.com", InvalidIssuer::NotHttps),
            ("http://127.0.0.1.example.com", InvalidIssuer::NotHttps),
            ("http://localhost.example.com", InvalidIssuer::NotHttps),
            ("http://10.0.0.1", InvalidIssuer::NotHttps),
            ("ftp://login.example.com", InvalidIssuer::NotHttps),
            ("javascript:alert(1)", InvalidIssuer::NotHttps),
            ("https://login.example.com?a=b", InvalidIssuer::ExtraParts),
            ("https://login.example.com?", InvalidIssuer::ExtraParts),
            ("https://login.example.com#f", InvalidIssuer::ExtraParts),
            ("https://user@login.example.com", InvalidIssuer::ExtraParts),
            ("https://user:pass@login.example.com", InvalidIssuer::ExtraParts),
        ] {
            assert_eq!(Issuer::parse(text), Err(reason), "{text}");
        }
        for text in [
            "https://login.example.com",
            "https://login.example.com:8443/a/b/",
            "http://127.0.0.1:3001",
            "http://[::1]:3001",
            "http://localhost:3001",
        ] {
            assert_eq!(Issuer::parse(text).as_ref().map(Issuer::as_str), Ok(text));
        }
    }

    /// R39
    #[test]
    fn issuers_are_compared_byte_for_byte() {
        let issuer = Issuer::parse("https://login.example.com").expect("valid");
        for other in ["https://login.example.com/", "https://LOGIN.example.com", "https://login.example.com:443"] {
            assert_ne!(issuer, Issuer::parse(other).expect("valid"), "{other}");
        }
    }

    /// R95
    #[test]
    fn the_configuration_is_below_the_issuer_less_one_slash() {
        for (issuer, expected) in [
            ("https://a.example", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example/", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example//", "https://a.example//.well-known/openid-configuration"),
            ("https://a.example/t", "https://a.example/t/.well-known/openid-configuration"),
            ("https://a.example/t/", "https://a.example/t/.well-known/openid-configuration"),
            ("https://a.example/t//", "https://a.example/t//.well-known/openid-configuration"),
            ("https://a.example:8443/t", "https://a.example:8443/t/.well-known/openid-configuration"),
            ("https://a.example/a/b/c", "https://a.example/a/b/c/.well-known/openid-configuration"),
            ("https://a.example/a%20b", "https://a.example/a%20b/.well-known/openid-configuration"),
            ("http://127.0.0.1:3001", "http://127.0.0.1:3001/.well-known/openid-configuration"),
            ("http://[::1]:3001/", "http://[::1]:3001/.well-known/openid-configuration"),
        ] {
            assert_eq!(Issuer::parse(issuer).expect("valid").configuration_url().as_str(), expected);
        }
    }
}
