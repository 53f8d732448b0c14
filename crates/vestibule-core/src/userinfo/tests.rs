mod claim_sources;
mod encrypted;
mod signed;

use http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::error::JsonFault;

const ENDPOINT: &str = "https://login.example.com/userinfo?v=1";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);

fn metadata(userinfo_endpoint: Option<&str>) -> ProviderMetadata {
    let mut json = json!({
        "issuer": "https://login.example.com",
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "jwks_uri": "https://login.example.com/keys",
    });
    if let Some(endpoint) = userinfo_endpoint {
        json["userinfo_endpoint"] = json!(endpoint);
    }
    ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
}

fn question(method: UserInfoMethod, access_token: &str) -> UserInfoRequest {
    let subject = Subject::parse("alice").expect("a subject");
    let client = Client::public("rp");
    UserInfoRequest::new(&client, &metadata(Some(ENDPOINT)), method, access_token.into(), subject).expect("a question")
}

fn sent(method: UserInfoMethod, access_token: &str) -> Request<Bytes> {
    question(method, access_token).request(NOW, Entropy::from_bytes([7; 32]))
}

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn read(response: Response<Bytes>) -> Result<ClaimsSet, ProtocolError> {
    match question(UserInfoMethod::Get, "t").accept(NOW, response)? {
        Step::Done(UserInfoResponse::Plain(claims)) => Ok(claims),
        Step::Done(UserInfoResponse::Signed(_)) => panic!("no signature was agreed on"),
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

/// Why a 200 answer with this JSON is refused; `None` when it is not.
fn refusal(body: &Value) -> Option<ProtocolError> {
    read(answer(StatusCode::OK, "application/json", body.to_string())).err()
}

fn misbehaved(reason: Misbehaviour) -> Option<ProtocolError> {
    Some(ProtocolError::Misbehaved(reason))
}

fn json_fault(fault: JsonFault) -> Option<ProtocolError> {
    misbehaved(Misbehaviour::Json { endpoint: Endpoint::UserInfo, fault })
}

/// R83, R53: RFC 6750 2.1
#[test]
fn the_access_token_is_in_the_header_by_default_and_never_in_the_url() {
    let request = sent(UserInfoMethod::default(), "canary");
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.uri(), ENDPOINT);
    assert_eq!(request.headers()[header::AUTHORIZATION], "Bearer canary");
    assert!(request.headers()[header::AUTHORIZATION].is_sensitive());
    assert_eq!(request.headers()[header::ACCEPT], "application/json");
    assert!(request.body().is_empty());
}

/// R53: RFC 6750 2.2
#[test]
fn a_post_has_the_access_token_in_its_body_and_nowhere_else() {
    let request = sent(UserInfoMethod::Post, "canary+/=&");
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), ENDPOINT);
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
    assert!(request.headers().values().all(|value| value.to_str().is_ok_and(|value| !value.contains("canary"))));
    let form: Vec<_> = form_urlencoded::parse(request.body()).into_owned().collect();
    assert_eq!(form, [("access_token".to_owned(), "canary+/=&".to_owned())]);
}

/// V10: RFC 6750 2.1 has no such token; it makes no second header.
#[test]
fn an_access_token_with_a_line_break_adds_no_header() {
    let request = sent(UserInfoMethod::Get, "t\r\nX-Admin: 1");
    let names: Vec<_> = request.headers().keys().map(header::HeaderName::as_str).collect();
    assert_eq!(names, ["accept"]);
    assert_eq!((request.uri().to_string().as_str(), request.body().len()), (ENDPOINT, 0));
}

#[test]
fn where_it_is_off_or_there_is_no_endpoint_nothing_is_asked() {
    let subject = || Subject::parse("alice").expect("a subject");
    let asked = |metadata, method| {
        UserInfoRequest::new(&Client::public("rp"), &metadata, method, "t".into(), subject()).is_some()
    };
    assert!(!asked(metadata(Some(ENDPOINT)), UserInfoMethod::Off));
    for method in [UserInfoMethod::Get, UserInfoMethod::Post, UserInfoMethod::Off] {
        assert!(!asked(metadata(None), method), "{method:?}");
    }
}

#[test]
fn methods_are_read_by_their_names() {
    for (name, method) in [("get", UserInfoMethod::Get), ("post", UserInfoMethod::Post), ("off", UserInfoMethod::Off)] {
        assert_eq!(serde_json::from_value::<UserInfoMethod>(json!(name)).ok(), Some(method));
    }
    assert!(serde_json::from_value::<UserInfoMethod>(json!("GET")).is_err());
}

#[test]
fn claims_about_the_subject_are_read() {
    let body = json!({"sub": "alice", "name": "Alice", "address": {"locality": "Linz"}});
    let claims = read(answer(StatusCode::OK, "application/json; charset=utf-8", body.to_string())).expect("claims");
    assert_eq!(claims.claim("name"), Some(&json!("Alice")));
    assert_eq!(claims.claim("address"), Some(&json!({"locality": "Linz"})));
}

/// R81, V50, V102
#[test]
fn claims_about_somebody_else_are_refused() {
    for other in ["bob", "Alice", "alice ", "alice\0", "", &"x".repeat(1000)] {
        let reason = Misbehaviour::UserInfoSubject { expected: Excerpt::new("alice"), got: Excerpt::new(other) };
        assert_eq!(refusal(&json!({"sub": other, "name": "Alice"})), misbehaved(reason), "{other}");
    }
}

/// R81: Core 5.3.2, "The sub (subject) Claim MUST always be returned".
#[test]
fn claims_about_nobody_are_refused() {
    assert_eq!(refusal(&json!({"name": "Alice"})), json_fault(JsonFault::Missing { member: "sub" }));
    for sub in [json!(1), json!(null), json!(["alice"]), json!({"alice": 1})] {
        assert_eq!(refusal(&json!({"sub": sub})), json_fault(JsonFault::WrongType { member: "sub" }), "{sub}");
    }
}

/// R65, V42
#[test]
fn an_answer_that_is_not_one_strict_object_is_refused() {
    for body in
        ["", "[]", "null", r#"{"sub":"alice","sub":"bob"}"#, r#"{"sub":"bob","sub":"alice"}"#, r#"{"sub":"alice"}x"#]
    {
        let refused = read(answer(StatusCode::OK, "application/json", body)).err();
        let is_reason = matches!(
            refused,
            Some(ProtocolError::Misbehaved(Misbehaviour::Json {
                endpoint: Endpoint::UserInfo,
                fault: JsonFault::NotAnObject { .. }
            }))
        );
        assert!(is_reason, "{body}: {refused:?}");
    }
}

/// R62, V79
#[test]
fn every_status_but_200_is_refused() {
    for status in [201, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 500, 503] {
        let response =
            answer(StatusCode::from_u16(status).expect("a status"), "application/json", r#"{"sub":"alice"}"#);
        let reason = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::UserInfo, status };
        assert_eq!(read(response).err(), misbehaved(reason));
    }
}

/// V84
#[test]
fn another_media_type_is_refused() {
    for other in ["text/html", "application/jose", "text/plain", "application/jsonp", ""] {
        let response = answer(StatusCode::OK, other, r#"{"sub":"alice"}"#);
        let reason = Misbehaviour::UnexpectedMediaType { endpoint: Endpoint::UserInfo, got: Excerpt::new(other) };
        assert_eq!(read(response).err(), misbehaved(reason), "{other}");
    }
}

/// V83
#[test]
fn an_oversized_answer_is_refused() {
    let limit = UserInfoRequest::LIMITS.body_bytes;
    assert_eq!(limit, 262_144);
    let body = json!({"sub": "alice", "padding": "x".repeat(limit)});
    assert_eq!(refusal(&body), misbehaved(Misbehaviour::BodyTooLarge { limit }));
}

/// V69
#[test]
fn debug_and_error_texts_hold_no_token_and_no_claim() {
    let question = question(UserInfoMethod::Get, "canary");
    let claims =
        read(answer(StatusCode::OK, "application/json", r#"{"sub":"alice","email":"canary"}"#)).expect("claims");
    let refused = refusal(&json!({"sub": 7, "email": "canary"})).expect("refused");
    let shown = format!("{question:?} {claims:?} {refused} {refused:?}");
    assert!(!shown.contains("canary"), "{shown}");
}
