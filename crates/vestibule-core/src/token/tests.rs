mod refresh;
mod request;

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::*;
use crate::{
    authorization::{Accepted, AuthorizationRequest, AuthorizationResponse, ExpectedResponse, PendingLogin},
    client_auth::TokenEndpointAuthMethod,
    error::{ErrorResponse, Excerpt, JsonFault},
    exchange::Endpoint,
};

const TOKEN_ENDPOINT: &str = "https://login.example.com/token";
const REDIRECT_URI: &str = "https://app.example.com/auth/callback/corp?a=b%20c";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

/// Metadata without a list of authentication methods, plus these members.
fn metadata_with(members: &[(&str, Value)]) -> ProviderMetadata {
    let mut json = json!({
        "issuer": "https://login.example.com",
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": TOKEN_ENDPOINT,
        "jwks_uri": "https://login.example.com/keys",
    });
    for (name, value) in members {
        json[*name] = value.clone();
    }
    ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
}

fn metadata() -> ProviderMetadata {
    metadata_with(&[])
}

fn offering(methods: &[&str]) -> ProviderMetadata {
    metadata_with(&[("token_endpoint_auth_methods_supported", json!(methods))])
}

fn entropy() -> Entropy {
    Entropy::from_bytes([7; 32])
}

fn code() -> AuthorizationCode {
    let login = PendingLogin::begin(entropy(), NOW);
    let answer = format!("code=canary-code%2F%2B&state={}.", login.attempt());
    let response = AuthorizationResponse::from_query(&answer).expect("a response");
    match login.accept(response, &ExpectedResponse::of(&metadata()), NOW).expect("accepted") {
        Accepted::Code(code) => code,
        Accepted::FrontChannel(response) => panic!("a code alone was asked for: {response:?}"),
    }
}

fn token_request(client: &Client, metadata: &ProviderMetadata) -> TokenRequest {
    client.redeem(metadata, REDIRECT_URI, code()).expect("a request")
}

fn sent(client: &Client, metadata: &ProviderMetadata) -> Request<Bytes> {
    token_request(client, metadata).request(NOW, entropy())
}

/// The form of a request, in which no parameter is there twice.
fn form(request: &Request<Bytes>) -> HashMap<String, String> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(request.body()).into_owned().collect();
    let count = pairs.len();
    let form: HashMap<_, _> = pairs.into_iter().collect();
    assert_eq!(form.len(), count);
    form
}

fn answer(status: u16, body: &str) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body.to_owned()))
        .expect("valid")
}

fn read(response: Response<Bytes>) -> Result<TokenResponse, ProtocolError> {
    match token_request(&Client::public("rp"), &metadata()).accept(NOW, response)? {
        Step::Done(tokens) => Ok(tokens),
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

fn good() -> Value {
    json!({"access_token": "canary-access", "token_type": "Bearer", "id_token": "canary-id"})
}

fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().expect("an object").remove(name);
    body
}

fn refusal(body: &Value) -> Option<ProtocolError> {
    read(answer(200, &body.to_string())).err()
}

fn misbehaved(reason: Misbehaviour) -> Option<ProtocolError> {
    Some(ProtocolError::Misbehaved(reason))
}

fn json_fault(fault: JsonFault) -> Option<ProtocolError> {
    misbehaved(Misbehaviour::Json { endpoint: Endpoint::Token, fault })
}

fn unexpected_status(status: u16) -> Option<ProtocolError> {
    misbehaved(Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status })
}

fn denied(error: &str, description: Option<&str>) -> Option<ProtocolError> {
    ErrorResponse::new(error, description).map(ProtocolError::Denied)
}

#[test]
fn a_good_answer_is_read_whole() {
    let body = with(with(with(good(), "expires_in", 3600), "refresh_token", "r"), "scope", "openid");
    let tokens = read(answer(200, &with(body, "unknown", json!([1])).to_string())).expect("tokens");
    assert_eq!(tokens.access_token().expose(), "canary-access");
    assert_eq!(tokens.expires_in(), Some(3600));
    assert_eq!(tokens.refresh_token().map(|token| token.expose().as_str()), Some("r"));
    assert_eq!(tokens.scope(), Some("openid"));
}

/// R51: RFC 6749 5.1, "RECOMMENDED" and "OPTIONAL".
#[test]
fn expires_in_refresh_token_and_scope_may_be_absent() {
    let tokens = read(answer(200, &good().to_string())).expect("tokens");
    assert_eq!((tokens.expires_in(), tokens.refresh_token(), tokens.scope()), (None, None, None));
}

/// R50
#[test]
fn the_token_type_is_bearer_in_any_case_of_letters() {
    for token_type in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(refusal(&with(good(), "token_type", token_type)), None, "{token_type}");
    }
    for token_type in ["mac", "DPoP", "N_A", "Bearer ", ""] {
        let reason = Misbehaviour::TokenType { got: Excerpt::new(token_type) };
        assert_eq!(refusal(&with(good(), "token_type", token_type)), misbehaved(reason), "{token_type}");
    }
    assert_eq!(refusal(&without(good(), "token_type")), json_fault(JsonFault::Missing { member: "token_type" }));
}

/// Core 3.1.3.3
#[test]
fn an_answer_without_tokens_is_refused() {
    assert_eq!(refusal(&without(good(), "id_token")), misbehaved(Misbehaviour::NoIdToken));
    assert_eq!(refusal(&without(good(), "access_token")), json_fault(JsonFault::Missing { member: "access_token" }));
    assert_eq!(refusal(&json!({})), json_fault(JsonFault::Missing { member: "access_token" }));
}

/// R65, V41
#[test]
fn a_member_of_the_wrong_type_is_refused_by_name() {
    for (name, value) in [
        ("access_token", json!(1)),
        ("access_token", json!(null)),
        ("token_type", json!(["Bearer"])),
        ("id_token", json!({})),
        ("id_token", json!(null)),
        ("expires_in", json!("3600")),
        ("expires_in", json!(1e300)),
        ("refresh_token", json!(false)),
        ("scope", json!(["openid"])),
        ("error", json!(1)),
        ("error", json!(null)),
    ] {
        let reason = json_fault(JsonFault::WrongType { member: name });
        assert_eq!(refusal(&with(good(), name, value.clone())), reason, "{name}: {value}");
    }
}

/// R65, V42
#[test]
fn an_answer_that_is_not_one_strict_object_is_refused() {
    let good = good().to_string();
    for body in [
        String::new(),
        "[]".to_owned(),
        "null".to_owned(),
        "<html>".to_owned(),
        format!("{good}{good}"),
        good.replace('}', ",\"access_token\":\"other\"}"),
        format!("\u{feff}{good}"),
        "access_token=a&token_type=bearer".to_owned(),
    ] {
        let refused = read(answer(200, &body)).err();
        let is_reason = matches!(
            refused,
            Some(ProtocolError::Misbehaved(Misbehaviour::Json {
                endpoint: Endpoint::Token,
                fault: JsonFault::NotAnObject { .. }
            }))
        );
        assert!(is_reason, "{body}: {refused:?}");
    }
}

/// R62, V79: wherever it points, and however good its body.
#[test]
fn a_redirect_is_not_an_answer() {
    for status in [301, 302, 303, 307, 308] {
        for body in [good(), json!({"error": "invalid_grant"})] {
            let mut response = answer(status, &body.to_string());
            response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("https://evil.example/token"));
            assert_eq!(read(response).err(), unexpected_status(status), "{body}");
        }
    }
}

/// R90: that a server fails is not the word of the provider.
#[test]
fn only_200_400_and_401_are_answers() {
    for body in [good(), json!({"error": "invalid_grant"})] {
        for status in [201, 204, 304, 403, 404, 429, 500, 502, 503] {
            assert_eq!(read(answer(status, &body.to_string())).err(), unexpected_status(status), "{body}");
        }
    }
}

/// R52
#[test]
fn an_error_is_an_error_with_every_status_that_is_an_answer() {
    let body = json!({"error": "invalid_grant", "error_description": "The code\r\n has expired\0"});
    for status in [200, 400, 401] {
        let refused = read(answer(status, &body.to_string())).err();
        assert_eq!(refused, denied("invalid_grant", Some("The code has expired")), "{status}");
        let with_tokens = with(good(), "error", "invalid_grant").to_string();
        assert_eq!(read(answer(status, &with_tokens)).err(), denied("invalid_grant", None), "{status}");
    }
}

/// R52
#[test]
fn a_failure_without_an_error_code_is_a_status_and_no_success() {
    for body in [json!({}), good()] {
        for status in [400, 401] {
            assert_eq!(read(answer(status, &body.to_string())).err(), unexpected_status(status), "{body}");
        }
    }
}

/// R32, V85
#[test]
fn an_error_code_that_is_none_is_not_passed_on() {
    for error in ["", "a\"b", "a\\b", "<\n>", "é", &"x".repeat(65)] {
        for status in [200, 400] {
            let refused = read(answer(status, &json!({"error": error}).to_string())).err();
            assert_eq!(refused, misbehaved(Misbehaviour::MalformedError), "{error}");
        }
    }
    let refused = read(answer(400, r#"{"error":"invalid_grant","error_description":7}"#)).err();
    assert_eq!(refused, json_fault(JsonFault::WrongType { member: "error_description" }));
}

/// V84
#[test]
fn an_answer_of_another_media_type_is_refused() {
    for status in [200, 400] {
        for other in
            ["text/html", "text/json", "application/jwt", "application/x-www-form-urlencoded", "application/json+x", ""]
        {
            let mut response = answer(status, &good().to_string());
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_str(other).expect("a value"));
            let reason = Misbehaviour::UnexpectedMediaType { endpoint: Endpoint::Token, got: Excerpt::new(other) };
            assert_eq!(read(response).err(), misbehaved(reason), "{other}");
        }
    }
    let mut response = answer(200, &good().to_string());
    response.headers_mut().remove(header::CONTENT_TYPE);
    let reason = Misbehaviour::UnexpectedMediaType { endpoint: Endpoint::Token, got: Excerpt::new("") };
    assert_eq!(read(response).err(), misbehaved(reason));
}

/// V83: in bytes, at 64 KiB exactly.
#[test]
fn an_oversized_answer_is_refused() {
    let limit = TokenRequest::LIMITS.body_bytes;
    assert_eq!(limit, 65_536);
    let empty = with(good(), "padding", "").to_string();
    let padded = |bytes: usize| with(good(), "padding", "x".repeat(bytes - empty.len())).to_string();
    assert_eq!(read(answer(200, &padded(limit))).err(), None);
    assert_eq!(read(answer(200, &padded(limit + 1))).err(), misbehaved(Misbehaviour::BodyTooLarge { limit }));
    assert_eq!(read(answer(400, &padded(10 * limit))).err(), misbehaved(Misbehaviour::BodyTooLarge { limit }));
}

/// V69
#[test]
fn debug_and_error_texts_hold_no_token_code_or_secret() {
    let request = token_request(&Client::confidential("rp", "canary-secret"), &metadata());
    let (nonce, verifier) = (request.code.nonce.clone(), request.code.code_verifier.clone());
    let mut shown = format!("{request:?}");
    let body = with(with(good(), "refresh_token", "canary-refresh"), "expires_in", 60);
    shown.push_str(&format!("{:?}", read(answer(200, &body.to_string())).expect("tokens")));
    for bad in
        [with(body.clone(), "token_type", "mac"), with(body.clone(), "expires_in", "x"), with(body, "error", "\n")]
    {
        let refused = refusal(&bad).expect("refused");
        shown.push_str(&format!("{refused} {refused:?}"));
    }
    for canary in ["canary", nonce.expose(), verifier.expose()] {
        assert!(!shown.contains(canary), "{canary}: {shown}");
    }
}

/// V10
#[test]
fn an_access_token_that_no_header_can_carry_is_refused() {
    for access_token in ["", "a\r\nb", "a\u{7f}", "é"] {
        let body = with(good(), "access_token", access_token);
        assert_eq!(refusal(&body), misbehaved(Misbehaviour::AccessToken), "{access_token:?}");
    }
}
