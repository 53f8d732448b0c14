//! Where requests may be sent to.

use super::*;

/// R109, V80
#[test]
fn every_endpoint_of_an_https_issuer_is_https() {
    for member in ENDPOINTS {
        for refused in [
            "http://login.example.com/x",
            "http://127.0.0.1:3001/x",
            "http://localhost/x",
            "http://[::1]/x",
            "ftp://login.example.com/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "//login.example.com/x",
            "/x",
            "login.example.com/x",
            "https://",
            "",
            "https://login.example.com/x#fragment",
            "https://login.example.com/x#",
            "https://user@login.example.com/x",
            "https://user:pass@login.example.com/x",
            "https://:pass@login.example.com/x",
        ] {
            let document = with(published(), member, refused);
            assert_eq!(described(&document).err(), not_https(member, refused), "{member}: {refused}");
            assert_eq!(read(&document).err(), not_https(member, refused).and_then(misbehaved), "{member}: {refused}");
        }
        // V80: another host is allowed, as are a query and a port.
        assert!(read(&with(published(), member, "https://api.example.net:8443/x?y=z")).is_ok(), "{member}");
    }
}

/// R109: plain http is for a provider that itself lives on loopback, and stays there.
#[test]
fn an_http_endpoint_of_a_loopback_issuer_is_on_loopback_too() {
    let local = with(published(), "issuer", "http://127.0.0.1:3001");
    for member in ENDPOINTS {
        for accepted in
            ["http://127.0.0.1:3001/x", "http://localhost:3001/x", "http://[::1]/x", "https://login.example.com/x"]
        {
            assert!(described(&with(local.clone(), member, accepted)).is_ok(), "{member}: {accepted}");
        }
        for refused in
            ["http://login.example.com/x", "http://10.0.0.1/x", "http://127.0.0.1.example.com/x", "http://0.0.0.0/x"]
        {
            let document = with(local.clone(), member, refused);
            assert_eq!(described(&document).err(), not_https(member, refused), "{member}: {refused}");
        }
    }
}

/// V104: URLs that a browser would take and an HTTP request cannot hold.
#[test]
fn an_endpoint_that_no_request_can_be_sent_to_is_refused() {
    let long = format!("https://login.example.com/{}", "x".repeat(70_000));
    for member in ENDPOINTS {
        for refused in ["https://a{b.example.com/x", "https://a\"b.example.com/x", "https://a`b.example.com/x", &long] {
            let document = with(published(), member, refused);
            assert_eq!(described(&document).err(), not_https(member, refused), "{member}: {}", Excerpt::new(refused));
        }
        for accepted in ["https://login.example.com/{a}|b?c={d}^`\"<>'", "https://zoë.example.com/ë"] {
            let metadata = described(&with(published(), member, accepted)).expect("metadata");
            let request = KeysRequest::new(&metadata).request(NOW, Entropy::from_bytes([7; 32]));
            assert_eq!(request.uri(), metadata.jwks_uri().as_str(), "{member}");
        }
    }
}

/// V104
#[test]
fn an_issuer_that_no_request_can_be_sent_to_is_refused() {
    let long = format!("https://login.example.com/{}", "x".repeat(70_000));
    let edge = format!("https://login.example.com/{}", "x".repeat(65_534 - 26));
    for issuer in ["https://a{b.example.com", "https://a\"b.example.com", &long, &edge] {
        assert_eq!(Issuer::parse(issuer), Err(InvalidIssuer::NotAUrl), "{}", Excerpt::new(issuer));
    }
}
