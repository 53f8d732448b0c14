//! One cookie, and the rules by which it is taken (RFC 6265bis 5.6 and 5.7).

use std::fmt;

use url::{Host, Url};
use vestibule_core::NumericDate;

use super::{cookie_date, site::is_trustworthy};

/// A cookie as the browser keeps it.
///
/// # Example
/// ```
/// use vestibule_provider::{Browser, browser::SameSite};
///
/// let mut browser = Browser::new();
/// assert!(browser.set_cookie("http://localhost:3000/", "a=1; Path=/; HttpOnly; SameSite=Strict"));
/// let cookie = browser.cookies().next().expect("it was stored");
/// assert_eq!((cookie.name.as_str(), cookie.host.as_str(), cookie.same_site), ("a", "localhost", SameSite::Strict));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Cookie {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// The host that set it, or the domain that it named.
    pub host: String,
    /// Whether it goes to `host` alone, and not to its subdomains.
    pub host_only: bool,
    /// The path below which it is sent.
    pub path: String,
    /// Whether it goes over safe connections only.
    pub secure: bool,
    /// Whether it is hidden from scripts.
    pub http_only: bool,
    /// With which requests from other sites it is sent.
    pub same_site: SameSite,
    /// When it ends; `None` when the browser closes.
    pub expires: Option<NumericDate>,
}

/// With which requests from other sites a cookie is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SameSite {
    /// With all.
    None,
    /// With top-level navigations by a safe method; also where nothing is said.
    Lax,
    /// With none.
    Strict,
}

/// The most bytes of name and value together.
const MOST_BYTES: usize = 4096;
/// The most bytes of an attribute's value; a longer one is as if it were not there.
const MOST_ATTRIBUTE_BYTES: usize = 1024;
/// The most seconds that a cookie is kept: 400 days.
const MOST_SECONDS: i64 = 400 * 24 * 60 * 60;

/// The attributes of a `Set-Cookie` line; of each the last counts.
#[derive(Default)]
struct Attributes<'a> {
    domain: Option<&'a str>,
    path: Option<&'a str>,
    expires: Option<&'a str>,
    max_age: Option<&'a str>,
    same_site: Option<&'a str>,
    secure: bool,
    http_only: bool,
}

impl Cookie {
    /// Reads a `Set-Cookie` line that came from `url`; `None` when the rules refuse it.
    pub(super) fn parse(url: &Url, line: &str, now: NumericDate) -> Option<Self> {
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return None;
        }
        let (pair, rest) = line.split_once(';').unwrap_or((line, ""));
        // A line without `=` is a value without a name.
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let (name, value) = (trimmed(name), trimmed(value));
        if (name.is_empty() && value.is_empty()) || name.len() + value.len() > MOST_BYTES {
            return None;
        }
        let attributes = Attributes::read(rest);
        let (host, host_only) = attributes.host(url)?;
        let cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            host,
            host_only,
            path: attributes.path.map_or_else(|| default_path(url), str::to_owned),
            secure: attributes.secure,
            http_only: attributes.http_only,
            same_site: attributes.same_site(),
            expires: attributes.expires(now),
        };
        (cookie.is_allowed_from(url) && cookie.keeps_its_prefix(attributes.path)).then_some(cookie)
    }

    fn is_allowed_from(&self, url: &Url) -> bool {
        // Chromium takes loopback for safe.
        (!self.secure || is_trustworthy(url)) && (self.secure || self.same_site != SameSite::None)
    }

    /// RFC 6265bis 4.1.3: compared without regard to case; a value without a name must not look like one with a prefix.
    fn keeps_its_prefix(&self, path: Option<&str>) -> bool {
        let spelled = if self.name.is_empty() { &self.value } else { &self.name };
        let spelled = spelled.to_ascii_lowercase();
        let is_host = spelled.starts_with("__host-");
        if self.name.is_empty() {
            return !is_host && !spelled.starts_with("__secure-");
        }
        (!spelled.starts_with("__secure-") || self.secure)
            && (!is_host || (self.secure && self.host_only && path == Some("/")))
    }

    pub(super) fn is_live(&self, now: NumericDate) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// Whether it belongs to this URL by host, path and safety (RFC 6265bis 5.8.3).
    pub(super) fn belongs_to(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let host_fits = host == self.host || (!self.host_only && is_below(host, &self.host));
        host_fits && self.path_fits(url.path()) && (!self.secure || is_trustworthy(url))
    }

    /// RFC 6265bis 5.1.4
    fn path_fits(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'))
    }

    /// Whether this one takes the other's place.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        (&self.name, &self.host, self.host_only, &self.path) == (&other.name, &other.host, other.host_only, &other.path)
    }
}

impl<'a> Attributes<'a> {
    fn read(text: &'a str) -> Self {
        let mut attributes = Self::default();
        for attribute in text.split(';') {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let (name, value) = (trimmed(name), trimmed(value));
            if value.len() > MOST_ATTRIBUTE_BYTES {
                continue;
            }
            match name.to_ascii_lowercase().as_str() {
                "domain" => attributes.domain = Some(value.strip_prefix('.').unwrap_or(value)),
                "path" => attributes.path = Some(value).filter(|path| path.starts_with('/')),
                "expires" => attributes.expires = Some(value),
                "max-age" => attributes.max_age = Some(value),
                "samesite" => attributes.same_site = Some(value),
                "secure" => attributes.secure = true,
                "httponly" => attributes.http_only = true,
                _ => {}
            }
        }
        attributes
    }

    /// The host, and whether it alone is meant; `None` when the domain is not this host's to name.
    fn host(&self, url: &Url) -> Option<(String, bool)> {
        let host = url.host_str()?;
        let Some(domain) = self.domain.filter(|domain| !domain.is_empty()) else {
            return Some((host.to_owned(), true));
        };
        let domain = domain.to_ascii_lowercase();
        if domain == host {
            // A name of one label, and an address, have no subdomains.
            let is_alone = !matches!(url.host(), Some(Host::Domain(name)) if name.contains('.'));
            return Some((domain, is_alone));
        }
        // A single label is a public suffix.
        (domain.contains('.') && matches!(url.host(), Some(Host::Domain(_))) && is_below(host, &domain))
            .then_some((domain, false))
    }

    fn same_site(&self) -> SameSite {
        match self.same_site.map(str::to_ascii_lowercase).as_deref() {
            Some("none") => SameSite::None,
            Some("strict") => SameSite::Strict,
            _ => SameSite::Lax,
        }
    }

    /// RFC 6265bis 5.7 (6): Max-Age comes before Expires; neither reaches further than 400 days.
    fn expires(&self, now: NumericDate) -> Option<NumericDate> {
        let by_age = self.max_age.and_then(seconds).map(|age| if age <= 0 { now.minus(1) } else { now.plus(age) });
        let end = by_age.or_else(|| cookie_date::parse(self.expires?))?;
        Some(end.min(now.plus(MOST_SECONDS)))
    }
}

/// RFC 6265bis 5.6.2: digits, with a minus before them at most. More than fit are as many as fit.
fn seconds(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// RFC 6265bis 5.1.4: the directory of the URL.
fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((directory, _)) => directory.to_owned(),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie")
            .field("name", &self.name)
            .field("host", &self.host)
            .field("path", &self.path)
            .field("secure", &self.secure)
            .field("same_site", &self.same_site)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
