//! What is one site and what is two (HTML, "sites"; RFC 6265bis 5.2).

use url::{Host, Url};

/// Whether both belong to one site: the same scheme and the same registrable domain. Ports do not matter.
///
/// Without the public suffix list, the last two labels of a name stand for its registrable domain.
pub(super) fn is_same_site(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && match (a.host(), b.host()) {
            (Some(Host::Domain(a)), Some(Host::Domain(b))) => registrable(a) == registrable(b),
            (a, b) => a == b,
        }
}

/// Whether the browser takes the connection for a safe one: https, or to this machine itself (Secure Contexts 3.1).
pub(super) fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

fn registrable(name: &str) -> &str {
    let second = name.rmatch_indices('.').nth(1);
    second.and_then(|(at, dot)| name.get(at + dot.len()..)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        is_same_site(&Url::parse(a).expect("a URL"), &Url::parse(b).expect("a URL"))
    }

    #[test]
    fn a_site_is_a_scheme_and_a_registrable_domain() {
        assert!(same("http://localhost:3000/a", "http://localhost:3001/b"));
        assert!(same("https://app.example.com", "https://login.example.com:8443"));
        assert!(same("https://example.com", "https://www.example.com"));
        assert!(!same("http://localhost:3000", "http://127.0.0.1:3000"));
        assert!(!same("http://127.0.0.1", "http://127.0.0.2"));
        assert!(!same("http://app.example.com", "https://app.example.com"));
        assert!(!same("https://example.com", "https://example.org"));
        assert!(!same("https://evil-example.com", "https://example.com"));
    }
}
