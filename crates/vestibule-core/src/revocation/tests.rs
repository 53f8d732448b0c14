use http::header;
use serde_json::{Value, json};

use super::*;
use crate::{
    client_auth::TokenEndpointAuthMethod,
    error::{ErrorResponse, Excerpt, JsonFault},
};

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

fn metadata(members: &[(&str, Value)]) -> ProviderMetadata {
    let mut json = json!({
        "issuer": "https://login.example.com",
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "jwks_uri": "https://login.example.com/keys",
        "revocation_endpoint": "https://login.example.com/revoke?tenant=a",
    });
    for (name, value) in members {
        json[*name] = value.clone();
    }
    ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
}

fn revocation(client: &Client, metadata: &ProviderMetadata) -> RevocationRequest {
    let exchange = client.revoke(metadata, "canary/+ %", TokenTypeHint::RefreshToken);
    exchange.expect("a method of authentication").expect("an endpoint")
}

fn sent(client: &Client, metadata: &ProviderMetadata) -> Request<Bytes> {
    revocation(client, metadata).request(NOW, Entropy::from_bytes([7; 32]))
}

fn read(status: u16, content_type: &str, body: &[u8]) -> Result<(), ProtocolError> {
    let response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .body(Bytes::copy_from_slice(body))
        .expect("a response");
    match revocation(&Client::public("rp"), &metadata(&[])).accept(NOW, response)? {
        Step::Done(()) => Ok(()),
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

fn unexpected(status: u16) -> Result<(), ProtocolError> {
    Err(Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Revocation, status }.into())
}

/// R91: RFC 7009 2.1
#[test]
fn the_request_has_the_token_in_its_body_and_nowhere_else() {
    for (hint, name) in [(TokenTypeHint::AccessToken, "access_token"), (TokenTypeHint::RefreshToken, "refresh_token")] {
        let exchange = Client::confidential("rp", "secret").revoke(&metadata(&[]), "canary/+ %", hint);
        let mut exchange = exchange.expect("a method").expect("an endpoint");
        let request = exchange.request(NOW, Entropy::from_bytes([7; 32]));
        assert_eq!(request.method(), http::Method::POST);
        assert_eq!(request.uri(), "https://login.example.com/revoke?tenant=a");
        assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
        assert_eq!(request.body(), format!("token=canary%2F%2B+%25&token_type_hint={name}").as_bytes());
        assert!(!format!("{exchange:?}").contains("canary"), "V69");
    }
}

#[test]
fn a_provider_without_the_endpoint_takes_nothing_back() {
    let metadata = ProviderMetadata::from_json(
        br#"{"issuer": "https://a.example", "authorization_endpoint": "https://a.example/a", "token_endpoint": "https://a.example/t", "jwks_uri": "https://a.example/k"}"#,
    );
    let exchange = Client::public("rp").revoke(&metadata.expect("metadata"), "t", TokenTypeHint::AccessToken);
    assert!(matches!(exchange, Ok(None)), "{exchange:?}");
}

/// V87: RFC 8414 2: from the metadata, never by trial.
#[test]
fn the_authentication_method_is_the_one_that_the_metadata_offers() {
    const TOKEN: &str = "token_endpoint_auth_methods_supported";
    const REVOCATION: &str = "revocation_endpoint_auth_methods_supported";
    let (basic, post) = (json!(["client_secret_basic"]), json!(["client_secret_post"]));
    let is_basic = |client: &Client, members: &[(&str, Value)]| {
        let request = sent(client, &metadata(members));
        let body = String::from_utf8(request.body().to_vec()).expect("a form");
        let (header, form) = (request.headers().contains_key(header::AUTHORIZATION), body.contains("client_secret=s"));
        assert_ne!(header, form, "{body}");
        header
    };
    let client = Client::confidential("rp", "s");
    // RFC 8414 2: "If omitted, the default is client_secret_basic".
    assert!(is_basic(&client, &[]));
    assert!(is_basic(&client, &[(REVOCATION, basic.clone())]));
    assert!(!is_basic(&client, &[(REVOCATION, post.clone())]));
    assert!(is_basic(&client, &[(REVOCATION, basic.clone()), (TOKEN, post.clone())]));
    // A provider that says so for its token endpoint only, and knows no basic at all.
    assert!(!is_basic(&client, &[(TOKEN, post)]));
    let set = client.clone().token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost);
    assert!(!is_basic(&set, &[(REVOCATION, basic)]));
    let refused =
        client.revoke(&metadata(&[(REVOCATION, json!(["private_key_jwt"]))]), "t", TokenTypeHint::AccessToken);
    let reason = InvalidMetadata::Unsupported {
        what: "client authentication by",
        wanted: "client_secret_basic",
        member: REVOCATION,
        offered: Excerpt::new("private_key_jwt"),
    };
    assert_eq!(refused.err(), Some(reason));
    let public = sent(&Client::public("rp"), &metadata(&[]));
    assert!(public.body().ends_with(b"&client_id=rp") && !public.headers().contains_key(header::AUTHORIZATION));
}

/// R91: RFC 7009 2.2: "The content of the response body is ignored by the client".
#[test]
fn a_200_is_success_whatever_its_body() {
    assert_eq!(RevocationRequest::LIMITS.body_bytes, 65_536);
    let large = "x".repeat(RevocationRequest::LIMITS.body_bytes + 1);
    for (content_type, body) in [
        ("application/json", "{}"),
        ("application/json", r#"{"error":"invalid_token"}"#),
        ("text/html", "<html>"),
        ("", ""),
        ("text/plain", &large),
    ] {
        assert_eq!(read(200, content_type, body.as_bytes()), Ok(()), "{content_type}");
    }
}

/// RFC 7009 2.2.1
#[test]
fn an_error_is_the_providers_word() {
    for error in ["unsupported_token_type", "invalid_client", "invalid_request"] {
        for status in [400, 401] {
            let refused = read(status, "application/json", json!({"error": error}).to_string().as_bytes());
            let denied = ErrorResponse::new(error, None).map(ProtocolError::Denied).expect("a code");
            assert_eq!(refused, Err(denied), "{status}");
        }
    }
    assert_eq!(read(400, "application/json", b"{}"), unexpected(400));
    assert_eq!(read(400, "application/json", br#"{"error":"\n"}"#), Err(Misbehaviour::MalformedError.into()));
    let fault = JsonFault::WrongType { member: "error" };
    let reason = Misbehaviour::Json { endpoint: Endpoint::Revocation, fault };
    assert_eq!(read(400, "application/json", br#"{"error":1}"#), Err(reason.into()));
    let reason = Misbehaviour::UnexpectedMediaType { endpoint: Endpoint::Revocation, got: Excerpt::new("text/html") };
    assert_eq!(read(400, "text/html", br#"{"error":"invalid_client"}"#), Err(reason.into()));
}

/// R91, R62: RFC 7009 2.2.1: at 503 "the client must assume the token still exists".
#[test]
fn no_other_status_is_success() {
    for status in [201, 202, 204, 301, 302, 307, 403, 404, 429, 500, 503] {
        let refused = read(status, "application/json", br#"{"error":"invalid_client"}"#);
        assert_eq!(refused, unexpected(status));
        assert_eq!(
            refused.err().map(|error| error.is_transient()),
            Some(matches!(status, 429 | 500 | 503)),
            "{status}"
        );
    }
}
