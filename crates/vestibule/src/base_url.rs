//! The public address of the application. It is configuration; the Host of a request is never asked (V5).

use http::{HeaderMap, Uri, header};
use url::Url;
use vestibule_core::issuer::{is_https_or_loopback, is_loopback};

use crate::{config_error::ConfigError, return_address::is_below, session::seal::sha256};

/// Where people reach the application: scheme, host, port, and perhaps a path.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    origin: Url,
    /// Without a slash at the end; empty for the root.
    path: String,
    home: String,
    text: String,
}

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let refuse = |problem| {
            ConfigError::new("base_url", problem)
                .value(text)
                .remedy("give the address that people type, such as https://app.example.com or http://localhost:3000")
        };
        let mut url = Url::parse(text).map_err(|_| refuse("it is not a URL"))?;
        if !is_https_or_loopback(&url) {
            return Err(refuse("it must be https (http is for loopback hosts, in development)"));
        }
        if text.contains(['?', '#']) || !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it must not have a query, a fragment or user information"));
        }
        // Whether the front page of `/shop` is `/shop` or `/shop/`, only the one who wrote the base URL knows: axum's nest serves
        // the one, most proxies the other.
        let home = url.path().to_owned();
        let path = home.trim_end_matches('/').to_owned();
        url.set_path("/");
        let text = format!("{}{path}", url.origin().ascii_serialization());
        Ok(Self { origin: url, path, home, text })
    }

    /// The origin, with the path `/`.
    pub(crate) fn origin(&self) -> &Url {
        &self.origin
    }

    /// The path, without a slash at the end.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The path of the front page.
    pub(crate) fn home(&self) -> &str {
        &self.home
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// A path as a browser must ask for it: one that lacks our own path (stripped by a proxy or by nesting) gets it back.
    pub(crate) fn public_path(&self, path: &str) -> String {
        if is_below(path, &self.path) { path.to_owned() } else { format!("{}{path}", self.path) }
    }

    /// The absolute URL of a public path.
    pub(crate) fn absolute(&self, public_path: &str) -> String {
        format!("{}{public_path}", self.origin.origin().ascii_serialization())
    }

    pub(crate) fn is_https(&self) -> bool {
        self.origin.scheme() == "https"
    }

    /// Whether nobody but this machine can come here: a developer's.
    pub(crate) fn is_loopback(&self) -> bool {
        // Browsers keep names below it on this machine too (RFC 6761 6.3), and people come by nothing else.
        is_loopback(&self.origin) || self.origin.domain().is_some_and(|name| name.ends_with(".localhost"))
    }

    /// The host and port that a request is for, where they are not our own. A stranger's text, or a proxy's, of which nothing may come
    /// but words for whoever looks for a mistake (V5).
    pub(crate) fn other_authority(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        const MOST_BYTES: usize = 128;
        let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let asked = named.or_else(|| uri.authority().map(|authority| authority.as_str()))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if asked.is_empty() || asked.len() > MOST_BYTES || !asked.bytes().all(is_plain) {
            return None;
        }
        let url = Url::parse(&format!("{}://{asked}", self.origin.scheme())).ok()?;
        (url.origin() != self.origin.origin()).then(|| asked.to_owned())
    }

    /// Eight characters that tell applications on one host apart (V67): cookies ignore ports.
    pub(crate) fn short_hash(&self) -> String {
        sha256(self.text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_https_or_loopback_and_nothing_more() {
        for refused in [
            "",
            "app.example.com",
            "http://app.example.com",
            "ftp://localhost",
            "https://a.example/?x",
            "https://a.example/#",
            "https://u:p@a.example",
        ] {
            assert_eq!(BaseUrl::parse(refused).expect_err(refused).setting(), "base_url");
        }
        for (text, expected) in [
            ("https://app.example.com", "https://app.example.com"),
            ("https://app.example.com/", "https://app.example.com"),
            ("https://app.example.com:443/shop/", "https://app.example.com/shop"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ] {
            assert_eq!(BaseUrl::parse(text).expect(text).as_str(), expected);
        }
    }

    #[test]
    fn two_ports_of_one_host_have_two_hashes() {
        let hash = |text| BaseUrl::parse(text).expect("valid").short_hash();
        assert_ne!(hash("http://localhost:3000"), hash("http://localhost:3001"));
        assert_eq!(hash("http://localhost:3000").len(), 8);
    }

    #[test]
    fn development_is_where_the_base_url_is_on_loopback() {
        let is_loopback = |text| BaseUrl::parse(text).expect(text).is_loopback();
        for loopback in ["http://localhost:3000", "https://app.localhost", "http://127.0.0.1", "http://[::1]:3000"] {
            assert!(is_loopback(loopback), "{loopback}");
        }
        for public in ["https://app.example.com", "https://localhost.example.com", "https://192.168.1.5"] {
            assert!(!is_loopback(public), "{public}");
        }
    }

    /// V5: a host is compared, and told; what could be no host is neither.
    #[test]
    fn a_request_for_another_host_is_told_from_one_for_ours() {
        let base = BaseUrl::parse("https://app.example.com/shop").expect("a base URL");
        let other = |host: &'static [u8]| {
            let host = http::HeaderValue::from_bytes(host).expect("a header value");
            base.other_authority(&Uri::from_static("/"), &HeaderMap::from_iter([(header::HOST, host)]))
        };
        for ours in [b"app.example.com".as_slice(), b"app.example.com:443", b"APP.example.com"] {
            assert_eq!(other(ours), None);
        }
        for theirs in ["www.example.com", "app.example.com:8443", "10.0.0.5:3000", "[::1]:3000"] {
            assert_eq!(other(theirs.as_bytes()).as_deref(), Some(theirs));
        }
        for none in [b"".as_slice(), b"a b", b"<script>", b"a/b", b"a@b", b"\xff", b"a..b:x", &[b'x'; 129]] {
            assert_eq!(other(none), None, "{none:?}");
        }
        let of_http_2 = Uri::from_static("https://www.example.com/");
        assert_eq!(base.other_authority(&of_http_2, &HeaderMap::new()).as_deref(), Some("www.example.com"));
    }
}
