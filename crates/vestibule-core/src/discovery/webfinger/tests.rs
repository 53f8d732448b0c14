use http::{HeaderValue, Method, header};
use serde_json::json;

use super::*;

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const ISSUER: &str = "https://login.example.com/tenant";

fn parse(input: &str) -> Result<(String, String, Option<u16>), InvalidIdentifier> {
    WebFingerResource::parse(input)
        .map(|resource| (resource.as_str().to_owned(), resource.host().to_owned(), resource.port()))
}

/// R96: Discovery 2.1.2 and the examples of 2.2.
#[test]
fn what_somebody_types_is_normalised() {
    for (input, resource, host, port) in [
        // 2.2.1, 2.2.2, 2.2.3, 2.2.4
        ("joe@example.com", "acct:joe@example.com", "example.com", None),
        ("https://example.com/joe", "https://example.com/joe", "example.com", None),
        ("example.com:8080", "https://example.com:8080/", "example.com", Some(8080)),
        (
            "acct:juliet%40capulet.example@shopping.example.com",
            "acct:juliet%40capulet.example@shopping.example.com",
            "shopping.example.com",
            None,
        ),
        (
            "juliet@capulet.example@shopping.example.com",
            "acct:juliet%40capulet.example@shopping.example.com",
            "shopping.example.com",
            None,
        ),
        ("acct:joe@example.com", "acct:joe@example.com", "example.com", None),
        ("ACCT:joe@Example.COM", "ACCT:joe@Example.COM", "example.com", None),
        ("acct:joe@example.com:8443", "acct:joe@example.com:8443", "example.com", Some(8443)),
        ("acct:joe@example.com#top", "acct:joe@example.com", "example.com", None),
        ("joe+tag@example.com", "acct:joe+tag@example.com", "example.com", None),
        ("joe@[::1]", "acct:joe@[::1]", "[::1]", None),
        ("+joe@example.com", "acct:+joe@example.com", "example.com", None),
        ("j\u{f6}e@example.com", "acct:j%C3%B6e@example.com", "example.com", None),
        ("joe@b\u{fc}cher.example", "acct:joe@b\u{fc}cher.example", "xn--bcher-kva.example", None),
        // With a port, a path, a query or a fragment it is no account.
        ("joe@example.com:8080", "https://joe@example.com:8080/", "example.com", Some(8080)),
        ("joe@example.com/path", "https://joe@example.com/path", "example.com", None),
        ("joe@example.com?q=1", "https://joe@example.com/?q=1", "example.com", None),
        ("joe@example.com#top", "https://joe@example.com/", "example.com", None),
        ("example.com", "https://example.com/", "example.com", None),
        ("example.com/joe", "https://example.com/joe", "example.com", None),
        ("example.com/joe?a=b#c", "https://example.com/joe?a=b", "example.com", None),
        ("example.com:8080/joe", "https://example.com:8080/joe", "example.com", Some(8080)),
        ("example.com/a@b", "https://example.com/a@b", "example.com", None),
        ("example.com?to=https://evil.example", "https://example.com/?to=https://evil.example", "example.com", None),
        // A scheme that is there stays, and so does everything behind it but the fragment.
        ("https://example.com", "https://example.com", "example.com", None),
        ("https://example.com#top", "https://example.com", "example.com", None),
        ("https://example.com:8443/joe?a=b", "https://example.com:8443/joe?a=b", "example.com", Some(8443)),
        ("https://example.com:443/joe", "https://example.com:443/joe", "example.com", None),
        ("HTTPS://Example.COM/Joe", "HTTPS://Example.COM/Joe", "example.com", None),
        ("https://joe@example.com/", "https://joe@example.com/", "example.com", None),
        ("http://example.com/joe", "http://example.com/joe", "example.com", None),
        // Hosts are what URLs say they are: R97.
        ("acct:x@127.0.0.1", "acct:x@127.0.0.1", "127.0.0.1", None),
        ("acct:x@0x7f.1", "acct:x@0x7f.1", "127.0.0.1", None),
        ("x@2130706433", "acct:x@2130706433", "127.0.0.1", None),
        ("acct:x@[::ffff:7f00:1]", "acct:x@[::ffff:7f00:1]", "[::ffff:7f00:1]", None),
        ("[::1]:3001", "https://[::1]:3001/", "[::1]", Some(3001)),
        ("acct:x@localhost.", "acct:x@localhost.", "localhost.", None),
        ("localhost:3001", "https://localhost:3001/", "localhost", Some(3001)),
    ] {
        assert_eq!(parse(input), Ok((resource.to_owned(), host.to_owned(), port)), "{input}");
    }
}

/// R96
#[test]
fn what_is_no_identifier_is_refused() {
    let longest = format!("{}@example.com", "x".repeat(1024 - "@example.com".len()));
    assert!(parse(&longest).is_ok());
    for (input, reason) in [
        ("", InvalidIdentifier::Empty),
        (&format!("x{longest}"), InvalidIdentifier::TooLong),
        (" joe@example.com", InvalidIdentifier::Character),
        ("joe@example.com\r\nhost: evil.example", InvalidIdentifier::Character),
        ("https:\\\\example.com", InvalidIdentifier::Character),
        ("=joe", InvalidIdentifier::Reserved),
        ("@joe", InvalidIdentifier::Reserved),
        ("!joe", InvalidIdentifier::Reserved),
        ("ftp://example.com/joe", InvalidIdentifier::Scheme),
        ("mailto:joe@example.com", InvalidIdentifier::Scheme),
        ("javascript:alert(1)", InvalidIdentifier::Scheme),
        ("joe:secret@example.com", InvalidIdentifier::Scheme),
        ("acct:example.com", InvalidIdentifier::Account),
        ("acct:@example.com", InvalidIdentifier::Account),
        ("acct:joe@evil.example@example.com", InvalidIdentifier::Account),
        ("acct:joe%4@example.com", InvalidIdentifier::Account),
        ("acct:joe@example.com/path", InvalidIdentifier::Account),
        ("acct:joe@example.com?q", InvalidIdentifier::Account),
        ("acct:evil.example/@example.com", InvalidIdentifier::Account),
        ("acct:a:b@example.com", InvalidIdentifier::Account),
        ("acct:joe@", InvalidIdentifier::Host),
        ("joe@exa%mple.com", InvalidIdentifier::Host),
        ("joe@example.com:", InvalidIdentifier::Host),
        ("example.com:", InvalidIdentifier::Host),
        ("example.com:99999", InvalidIdentifier::Host),
        ("https:example.com", InvalidIdentifier::Host),
        ("https:///joe", InvalidIdentifier::Host),
        ("https://example.com:x/", InvalidIdentifier::Host),
        ("#top", InvalidIdentifier::Host),
        ("/joe", InvalidIdentifier::Host),
        ("https://joe:secret@example.com/", InvalidIdentifier::Password),
    ] {
        assert_eq!(parse(input), Err(reason), "{input}");
    }
}

fn endpoint(input: &str) -> String {
    WebFingerResource::parse(input).expect(input).endpoint().to_string()
}

/// R96: TLS, save on this machine.
#[test]
fn a_host_is_asked_over_tls_unless_it_is_this_machine() {
    for (input, expected) in [
        ("joe@example.com", "https://example.com/.well-known/webfinger"),
        ("http://example.com/joe", "https://example.com/.well-known/webfinger"),
        ("http://example.com:8080/joe", "https://example.com:8080/.well-known/webfinger"),
        ("http://user@localhost.example.com/joe", "https://localhost.example.com/.well-known/webfinger"),
        ("acct:joe@localhost.", "https://localhost./.well-known/webfinger"),
        ("acct:joe@127.0.0.1:3001", "http://127.0.0.1:3001/.well-known/webfinger"),
        ("http://127.0.0.1:3001/joe", "http://127.0.0.1:3001/.well-known/webfinger"),
        ("https://127.0.0.1:3001/joe", "https://127.0.0.1:3001/.well-known/webfinger"),
        ("127.0.0.1:3001", "https://127.0.0.1:3001/.well-known/webfinger"),
    ] {
        assert_eq!(endpoint(input), expected, "{input}");
    }
}

fn asked(input: &str) -> WebFingerRequest {
    WebFingerRequest::new(WebFingerResource::parse(input).expect("an identifier"))
}

/// RFC 7033 4.1, V78
#[test]
fn the_host_is_asked_for_the_issuer_with_every_character_in_its_place() {
    let request = asked("https://example.com/joe?a=b&rel=x+y").request(NOW, Entropy::from_bytes([7; 32]));
    assert_eq!(request.method(), Method::GET);
    assert_eq!(
        request.uri(),
        "https://example.com/.well-known/webfinger?resource=https%3A%2F%2Fexample.com%2Fjoe%3Fa%3Db%26rel%3Dx%2By\
         &rel=http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer"
    );
    assert_eq!(request.headers()[header::ACCEPT], "application/jrd+json, application/json");
    assert!(request.extensions().get::<DynamicHost>().is_some());
    let request = asked("joe@example.com").of_the_settings().request(NOW, Entropy::from_bytes([7; 32]));
    assert!(request.extensions().get::<DynamicHost>().is_none());

    let request =
        asked("acct:juliet%40capulet.example@shopping.example.com").request(NOW, Entropy::from_bytes([7; 32]));
    assert!(
        request
            .uri()
            .query()
            .expect("a query")
            .starts_with("resource=acct%3Ajuliet%2540capulet.example%40shopping.example.com&")
    );
}

fn answer(content_type: &'static str, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn read_from(input: &str, response: Response<Bytes>) -> Result<Issuer, ProtocolError> {
    asked(input).accept(NOW, response).map(|step| match step {
        Step::Done(issuer) => issuer,
        Step::Again(_) => panic!("nothing is asked for twice"),
    })
}

fn read(body: &Value) -> Result<Issuer, ProtocolError> {
    read_from("joe@example.com", answer("application/jrd+json", body))
}

fn link(href: &str) -> Value {
    json!({ "subject": "acct:joe@example.com", "links": [{ "rel": REL, "href": href }] })
}

/// Discovery 2
#[test]
fn the_first_link_of_the_relation_names_the_issuer() {
    assert_eq!(read(&link(ISSUER)).expect("an issuer").as_str(), ISSUER);
    let several = json!({ "links": [
        { "rel": "http://webfinger.net/rel/avatar", "href": 5 },
        { "rel": "HTTP://openid.net/specs/connect/1.0/issuer", "href": "https://shouting.example.com" },
        { "rel": REL, "href": ISSUER, "type": "text/html", "titles": {} },
        { "rel": REL, "href": "https://second.example.com" },
    ] });
    assert_eq!(read(&several).expect("an issuer").as_str(), ISSUER);
}

/// RFC 7033 4.4.1: "may differ".
#[test]
fn an_answer_may_be_about_another_subject_or_about_none() {
    for subject in [json!("acct:bob@example.com"), Value::Null, json!(5)] {
        let mut document = link(ISSUER);
        document["subject"] = subject;
        assert!(read(&document).is_ok());
    }
}

/// Discovery 2, RFC 7033 4.4
#[test]
fn an_answer_that_leads_to_no_issuer_is_refused_with_the_reason() {
    let href = |got: &str, reason| InvalidWebFinger::Href { got: Excerpt::new(got), reason };
    let wrong_type = |member| InvalidWebFinger::Json(JsonFault::WrongType { member });
    for (document, reason) in [
        (json!({}), InvalidWebFinger::NoLink),
        (json!({ "links": [] }), InvalidWebFinger::NoLink),
        (json!({ "links": [{ "rel": "issuer", "href": ISSUER }] }), InvalidWebFinger::NoLink),
        (json!({ "links": [{ "rel": REL }, { "rel": REL, "href": ISSUER }] }), InvalidWebFinger::NoHref),
        (json!({ "links": { "rel": REL, "href": ISSUER } }), wrong_type("links")),
        (json!({ "links": [[]] }), wrong_type("links")),
        (json!({ "links": [{ "rel": REL, "href": 5 }] }), wrong_type("href")),
        (json!({ "links": [{ "href": ISSUER }] }), InvalidWebFinger::Json(JsonFault::Missing { member: "rel" })),
        (link("login.example.com"), href("login.example.com", InvalidIssuer::NotAUrl)),
        (link("http://login.example.com"), href("http://login.example.com", InvalidIssuer::NotHttps)),
        (link("https://login.example.com?a"), href("https://login.example.com?a", InvalidIssuer::ExtraParts)),
        (link("https://login.example.com#a"), href("https://login.example.com#a", InvalidIssuer::ExtraParts)),
        // This machine may speak http; who sends us to it may not.
        (link("http://127.0.0.1:3001"), href("http://127.0.0.1:3001", InvalidIssuer::NotHttps)),
    ] {
        assert_eq!(read(&document), Err(Misbehaviour::from(reason).into()), "{document}");
    }
    let local = read_from("acct:joe@127.0.0.1:3001", answer("application/jrd+json", &link("http://127.0.0.1:3001")));
    assert_eq!(local.expect("an issuer").as_str(), "http://127.0.0.1:3001");
}

/// V83, V84, V79
#[test]
fn only_a_good_answer_of_the_right_kind_and_size_is_read() {
    assert!(read_from("joe@example.com", answer("application/json", &link(ISSUER))).is_ok());
    let html = Misbehaviour::UnexpectedMediaType { endpoint: Endpoint::WebFinger, got: Excerpt::new("text/html") };
    assert_eq!(read_from("joe@example.com", answer("text/html", &link(ISSUER))), Err(html.into()));
    for status in [302, 404] {
        let mut response = answer("application/jrd+json", &link(ISSUER));
        *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        let reason = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::WebFinger, status };
        assert_eq!(read_from("joe@example.com", response), Err(reason.into()));
    }
    let mut big = link(ISSUER);
    big["properties"] = "x".repeat(64 * 1024).into();
    assert_eq!(read(&big), Err(Misbehaviour::BodyTooLarge { limit: 64 * 1024 }.into()));
}
