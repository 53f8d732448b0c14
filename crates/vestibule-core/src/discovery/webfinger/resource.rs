//! What people type, made into what a WebFinger service is asked for (Discovery 2.1).

use url::Url;

use crate::issuer::{is_https_or_loopback, is_requestable};

/// An identifier that somebody typed, normalised: what to ask for, and whom to ask (Discovery 2.1.2).
///
/// The resource is an identifier and nothing to be fetched: `http://example.com/joe` stays that, and `example.com` is asked over
/// https all the same (RFC 7033 4). Plain http is for loopback hosts only: with `http`, or with an account there.
///
/// # Example
/// ```
/// use vestibule_core::discovery::WebFingerResource;
///
/// let account = WebFingerResource::parse("joe@example.com")?;
/// assert_eq!((account.as_str(), account.host(), account.port()), ("acct:joe@example.com", "example.com", None));
///
/// let host = WebFingerResource::parse("example.com:8080")?;
/// assert_eq!((host.as_str(), host.host(), host.port()), ("https://example.com:8080/", "example.com", Some(8080)));
///
/// assert!(WebFingerResource::parse("=joe").is_err());
/// # Ok::<_, vestibule_core::discovery::InvalidIdentifier>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WebFingerResource {
    resource: String,
    endpoint: Url,
}

/// Why a string is not an identifier that a provider can be found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIdentifier {
    /// Nothing was given.
    #[error("it is empty")]
    Empty,
    /// More bytes than anybody types.
    #[error("it has more than 1024 bytes")]
    TooLong,
    /// A space, a control character or a backslash, which a URL parser would quietly repair.
    #[error("it has a space, a control character or a backslash")]
    Character,
    /// It begins with `=`, `@` or `!`, which are reserved (Discovery 2.1.1).
    #[error("identifiers that begin with '=', '@' or '!' are reserved (Discovery 2.1.1)")]
    Reserved,
    /// A scheme other than acct, https and http.
    #[error("its scheme is not acct, https or http")]
    Scheme,
    /// An account that is none by RFC 7565: a name of allowed characters, `@`, a host.
    #[error("it is not an account (RFC 7565)")]
    Account,
    /// No host that can be asked, or a port that is none.
    #[error("it has no host, or one that cannot be asked")]
    Host,
    /// A user name with a password.
    #[error("it has a password")]
    Password,
}

/// The longest identifier in bytes: an e-mail address has at most 254, and nobody types a URL that long.
const LONGEST: usize = 1024;

impl WebFingerResource {
    /// Normalises what somebody typed.
    ///
    /// # Errors
    /// [`InvalidIdentifier`] says why no provider can be found by it.
    pub fn parse(input: &str) -> Result<Self, InvalidIdentifier> {
        if input.is_empty() {
            return Err(InvalidIdentifier::Empty);
        }
        if input.len() > LONGEST {
            return Err(InvalidIdentifier::TooLong);
        }
        if input.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(InvalidIdentifier::Character);
        }
        // Discovery 2.1.1 (1)
        if input.starts_with(['=', '@', '!']) {
            return Err(InvalidIdentifier::Reserved);
        }
        // Discovery 2.1.2 (5): the fragment is stripped off. Rule 2 asks whether there was one.
        let (identifier, fragment) = match input.split_once('#') {
            Some((identifier, fragment)) => (identifier, Some(fragment)),
            None => (input, None),
        };
        match scheme(identifier) {
            // Discovery 2.1.2 (4): with a scheme, it is used as it is.
            Some((scheme, account)) if scheme.eq_ignore_ascii_case("acct") => Self::account(identifier.into(), account),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => {
                let rest = rest.strip_prefix("//").ok_or(InvalidIdentifier::Host)?;
                Self::url(identifier.to_owned(), Parts::of(rest), scheme)
            }
            Some(_) => Err(InvalidIdentifier::Scheme),
            None => Self::without_scheme(Parts::of(identifier), fragment.is_some()),
        }
    }

    /// What is asked for: the `resource` of the request.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.resource
    }

    /// The host that is asked, as URLs write it.
    #[must_use]
    pub fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }

    /// The port that is asked, if it is not the scheme's own.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.endpoint.port()
    }

    /// Where the WebFinger service is (RFC 7033 10.1).
    pub(super) fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// Whether it is asked without TLS: on this machine only.
    pub(super) fn is_plain_http(&self) -> bool {
        self.endpoint.scheme() == "http"
    }

    fn without_scheme(parts: Parts<'_>, had_fragment: bool) -> Result<Self, InvalidIdentifier> {
        match parts.user {
            // Discovery 2.1.2 (2)
            Some(user) if parts.port.is_none() && parts.rest.is_empty() && !had_fragment => {
                let account = format!("{}@{}", as_userpart(user), parts.host);
                Self::account(format!("acct:{account}"), &account)
            }
            // Discovery 2.1.2 (3). An empty path is written "/", as in the example of 2.2.3 (RFC 3986 6.2.3).
            _ => {
                let slash = if parts.rest.starts_with('/') { "" } else { "/" };
                Self::url(format!("https://{}{slash}{}", parts.authority, parts.rest), parts, "https")
            }
        }
    }

    /// RFC 7565 7: `"acct" ":" userpart "@" host`. A port is let pass besides: what listens on one has accounts too, as the
    /// Foundation's own conformance suite does.
    fn account(resource: String, account: &str) -> Result<Self, InvalidIdentifier> {
        let (user, _) = account.rsplit_once('@').ok_or(InvalidIdentifier::Account)?;
        let parts = Parts::of(account);
        if !is_userpart(user) || parts.user != Some(user) || !parts.rest.is_empty() {
            return Err(InvalidIdentifier::Account);
        }
        // On this machine there is seldom TLS, and nothing to overhear.
        let plain = endpoint("http", &parts)?;
        let endpoint = if is_https_or_loopback(&plain) { plain } else { endpoint("https", &parts)? };
        Ok(Self { resource, endpoint })
    }

    fn url(resource: String, parts: Parts<'_>, scheme: &str) -> Result<Self, InvalidIdentifier> {
        if parts.user.is_some_and(|user| user.contains(':')) {
            return Err(InvalidIdentifier::Password);
        }
        let as_it_says = endpoint(&scheme.to_ascii_lowercase(), &parts)?;
        // RFC 7033 4: a WebFinger service is asked over https.
        let endpoint = if is_https_or_loopback(&as_it_says) { as_it_says } else { endpoint("https", &parts)? };
        Ok(Self { resource, endpoint })
    }
}

/// `[userinfo "@"] host [":" port]`, and what comes after it (RFC 3986 3.2).
#[derive(Clone, Copy)]
struct Parts<'a> {
    authority: &'a str,
    user: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    /// Path and query.
    rest: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (authority, rest) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        // The colons inside of brackets are an IPv6 address's own.
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (place, None),
        };
        Self { authority, user, host, port, rest }
    }
}

/// The scheme and what follows its colon. `example.com:8080` has none, though RFC 3986 could read it so: what follows is a port
/// (Discovery 2.2.3).
fn scheme(identifier: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = identifier.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let port = rest.split(['/', '?']).next().unwrap_or_default();
    let is_port = !rest.starts_with("//") && port.bytes().all(|byte| byte.is_ascii_digit());
    (is_scheme && !is_port).then_some((scheme, rest))
}

/// Where the WebFinger service of a host is. The URL parser knows every way to write a host, and writes each in one.
fn endpoint(scheme: &str, parts: &Parts<'_>) -> Result<Url, InvalidIdentifier> {
    let port = match parts.port {
        Some("") => return Err(InvalidIdentifier::Host),
        Some(port) => format!(":{port}"),
        None => String::new(),
    };
    if parts.host.is_empty() {
        return Err(InvalidIdentifier::Host);
    }
    let url = Url::parse(&format!("{scheme}://{}{port}/.well-known/webfinger", parts.host));
    url.ok().filter(is_requestable).ok_or(InvalidIdentifier::Host)
}

/// RFC 7565 7: unreserved, sub-delims and percent-encoded; not empty.
fn is_userpart(user: &str) -> bool {
    let mut bytes = user.bytes();
    while let Some(byte) = bytes.next() {
        let is_allowed = match byte {
            b'%' => [bytes.next(), bytes.next()].iter().all(|digit| digit.is_some_and(|d| d.is_ascii_hexdigit())),
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte),
        };
        if !is_allowed {
            return false;
        }
    }
    !user.is_empty()
}

/// Discovery 2.1.2 (2): an at-sign in the name of an account is percent-encoded; and so is what is not ASCII (RFC 3986 2.5).
fn as_userpart(user: &str) -> String {
    let mut buffer = [0; 4];
    let mut userpart = String::with_capacity(user.len());
    for c in user.chars() {
        if c == '@' || !c.is_ascii() {
            userpart.extend(c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            userpart.push(c);
        }
    }
    userpart
}
