mod endpoints;
mod logout;
mod members;
mod wishes;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::{
    client::Client,
    error::{Excerpt, JsonFault, Misbehaviour},
    issuer::InvalidIssuer,
    jose::{InvalidJwkSet, SignatureAlgorithm, SigningKey},
};

const ISSUER: &str = "https://login.example.com";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const ENDPOINTS: [&str; 8] = [
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "end_session_endpoint",
    "registration_endpoint",
    "revocation_endpoint",
    "check_session_iframe",
];

/// What a provider publishes, all of it that is REQUIRED or that we read.
fn published() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "jwks_uri": "https://login.example.com/keys",
        "userinfo_endpoint": "https://login.example.com/userinfo",
        "end_session_endpoint": "https://login.example.com/logout",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    })
}

fn with(mut document: Value, name: &str, value: impl Into<Value>) -> Value {
    document[name] = value.into();
    document
}

fn without(mut document: Value, name: &str) -> Value {
    document.as_object_mut().expect("an object").remove(name);
    document
}

fn answer(content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn discovery(issuer: &str) -> DiscoveryRequest {
    DiscoveryRequest::new(Issuer::parse(issuer).expect("an issuer"))
}

fn done<E: Exchange>(step: Step<E>) -> E::Output {
    match step {
        Step::Done(output) => output,
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

/// What we make of this answer to the question for the metadata of [`ISSUER`].
fn discover(response: Response<Bytes>) -> Result<ProviderMetadata, ProtocolError> {
    discovery(ISSUER).accept(NOW, response).map(done)
}

fn read(document: &Value) -> Result<ProviderMetadata, ProtocolError> {
    discover(answer("application/json", document.to_string()))
}

/// The same document, described by the application instead.
fn described(document: &Value) -> Result<ProviderMetadata, InvalidMetadata> {
    ProviderMetadata::from_json(document.to_string().as_bytes())
}

fn misbehaved(reason: impl Into<Misbehaviour>) -> Option<ProtocolError> {
    Some(ProtocolError::Misbehaved(reason.into()))
}

fn not_https(member: &'static str, got: &str) -> Option<InvalidMetadata> {
    Some(InvalidMetadata::Endpoint { member, got: Excerpt::new(got) })
}

/// Discovery 4.1
#[test]
fn the_metadata_is_asked_for_at_the_well_known_place_of_the_issuer() {
    let request = discovery("https://login.example.com/tenant/").request(NOW, Entropy::from_bytes([7; 32]));
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.uri(), "https://login.example.com/tenant/.well-known/openid-configuration");
    assert_eq!(request.headers()[header::ACCEPT], "application/json");
    assert!(request.body().is_empty());
}

#[test]
fn metadata_is_read_whole() {
    let metadata = read(&published()).expect("metadata");
    assert_eq!(metadata.issuer().as_str(), ISSUER);
    assert_eq!(metadata.authorization_endpoint().as_str(), "https://login.example.com/authorize");
    assert_eq!(metadata.token_endpoint().map(Url::as_str), Some("https://login.example.com/token"));
    assert_eq!(metadata.jwks_uri().as_str(), "https://login.example.com/keys");
    assert_eq!(metadata.userinfo_endpoint().map(Url::as_str), Some("https://login.example.com/userinfo"));
    assert_eq!(metadata.end_session_endpoint().map(Url::as_str), Some("https://login.example.com/logout"));
    assert!(metadata.authorization_response_iss_parameter_supported());
    assert_eq!(described(&published()), Ok(metadata));
}

/// R93: Discovery 4.3, "MUST be identical".
#[test]
fn metadata_of_another_issuer_than_the_one_asked_is_refused() {
    for other in [
        "https://login.example.com/",
        "https://LOGIN.example.com",
        "HTTPS://login.example.com",
        "https://login.example.com:443",
        "http://login.example.com",
        "https://evil.example",
        "https://login.example.com/tenant",
        "",
    ] {
        let reason = InvalidMetadata::IssuerMismatch { expected: ISSUER.to_owned(), got: Excerpt::new(other) };
        assert_eq!(read(&with(published(), "issuer", other)).err(), misbehaved(reason), "{other}");
    }
    let response = answer("application/json", published().to_string());
    let reason = InvalidMetadata::IssuerMismatch { expected: format!("{ISSUER}/"), got: Excerpt::new(ISSUER) };
    assert_eq!(discovery("https://login.example.com/").accept(NOW, response).err(), misbehaved(reason));
}

/// R94, R109
#[test]
fn an_issuer_that_is_no_issuer_is_refused() {
    for (issuer, reason) in [
        ("http://login.example.com", InvalidIssuer::NotHttps),
        ("https://login.example.com?tenant=a", InvalidIssuer::ExtraParts),
        ("https://login.example.com#a", InvalidIssuer::ExtraParts),
        ("https://user@login.example.com", InvalidIssuer::ExtraParts),
        ("login.example.com", InvalidIssuer::NotAUrl),
        ("", InvalidIssuer::NotAUrl),
    ] {
        let refused = described(&with(published(), "issuer", issuer)).err();
        assert_eq!(refused, Some(InvalidMetadata::InvalidIssuer { got: Excerpt::new(issuer), reason }), "{issuer}");
    }
}

/// R98: Discovery 3
#[test]
fn a_required_member_that_is_missing_is_named() {
    for member in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ] {
        let reason = InvalidMetadata::Json(JsonFault::Missing { member });
        assert_eq!(read(&without(published(), member)).err(), misbehaved(reason.clone()), "{member}");
        assert!(reason.to_string().contains(&format!("'{member}'")), "{reason}");
    }
}

/// R98: who describes a provider by hand need not say what we can live without.
#[test]
fn described_metadata_needs_four_members() {
    let needed = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"];
    let mut least = published();
    least.as_object_mut().expect("an object").retain(|name, _| needed.contains(&name.as_str()));
    let metadata = described(&least).expect("metadata");
    assert_eq!((metadata.userinfo_endpoint(), metadata.end_session_endpoint()), (None, None));
    assert!(!metadata.authorization_response_iss_parameter_supported(), "RFC 9207 3: the default is false");
    for member in needed {
        let reason = InvalidMetadata::Json(JsonFault::Missing { member });
        assert_eq!(described(&without(least.clone(), member)).err(), Some(reason));
    }
}

/// R99
#[test]
fn unknown_members_are_ignored_whatever_they_are() {
    let document = with(with(published(), "unheard_of", json!({"a": [1, null]})), "scopes_supported", 7);
    assert_eq!(read(&document), read(&published()));
}

/// R99
#[test]
fn a_member_of_the_wrong_type_is_named() {
    let cases = ENDPOINTS.map(|member| (member, json!(["https://login.example.com/x"]))).into_iter().chain([
        ("issuer", json!(1)),
        ("issuer", json!([ISSUER])),
        ("token_endpoint", json!(null)),
        ("userinfo_endpoint", json!(null)),
        ("response_types_supported", json!("code")),
        ("response_types_supported", json!(["code", 1])),
        ("subject_types_supported", json!("public")),
        ("id_token_signing_alg_values_supported", json!("RS256")),
        ("token_endpoint_auth_methods_supported", json!("client_secret_basic")),
        ("authorization_response_iss_parameter_supported", json!("true")),
        ("authorization_response_iss_parameter_supported", json!(1)),
    ]);
    for (member, value) in cases {
        let reason = InvalidMetadata::Json(JsonFault::WrongType { member });
        let document = with(published(), member, value.clone());
        assert_eq!(read(&document).err(), misbehaved(reason.clone()), "{member}: {value}");
        assert_eq!(described(&document).err(), Some(reason), "{member}: {value}");
    }
}

/// R65, V42
#[test]
fn a_document_that_is_not_one_strict_object_is_refused() {
    let good = published().to_string();
    let twice = good.replacen('{', r#"{"issuer":"https://evil.example","#, 1);
    for body in ["", "[]", "null", "<html></html>", &format!("{good}{good}"), &twice, &format!("\u{feff}{good}")] {
        let refused = discover(answer("application/json", body.to_owned())).err();
        let is_reason = matches!(
            refused,
            Some(ProtocolError::Misbehaved(Misbehaviour::Json {
                endpoint: Endpoint::Configuration,
                fault: JsonFault::NotAnObject { .. }
            }))
        );
        assert!(is_reason, "{body}: {refused:?}");
        let refused = ProviderMetadata::from_json(body.as_bytes()).err();
        assert!(matches!(refused, Some(InvalidMetadata::Json(JsonFault::NotAnObject { .. }))), "{body}: {refused:?}");
    }
}

/// R62, V79
#[test]
fn a_document_that_did_not_come_with_200_is_refused() {
    for status in [201, 301, 302, 303, 307, 308, 401, 404, 500] {
        let mut response = answer("application/json", published().to_string());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        let reason = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Configuration, status };
        assert_eq!(discover(response).err(), misbehaved(reason));
    }
}

/// V84
#[test]
fn a_document_of_another_media_type_is_refused() {
    for other in ["text/html", "text/plain", "application/jwk-set+json", "application/jrd+json", ""] {
        let refused = discover(answer(other, published().to_string())).err();
        let reason = Misbehaviour::UnexpectedMediaType { endpoint: Endpoint::Configuration, got: Excerpt::new(other) };
        assert_eq!(refused, misbehaved(reason), "{other}");
    }
}

/// V83
#[test]
fn an_oversized_document_or_key_set_is_refused() {
    assert_eq!((DiscoveryRequest::LIMITS.body_bytes, KeysRequest::LIMITS.body_bytes), (262_144, 262_144));
    let large = || answer("application/json", with(published(), "padding", "x".repeat(262_144)).to_string());
    assert_eq!(discover(large()).err(), misbehaved(Misbehaviour::BodyTooLarge { limit: 262_144 }));
    let refused = KeysRequest::new(&read(&published()).expect("metadata")).accept(NOW, large()).err();
    assert_eq!(refused, misbehaved(Misbehaviour::BodyTooLarge { limit: 262_144 }));
}

/// V46, V84: RFC 7517 8.5
#[test]
fn keys_are_asked_for_at_the_jwks_uri_and_read_by_either_media_type() {
    let mut exchange = KeysRequest::new(&read(&published()).expect("metadata"));
    let request = exchange.request(NOW, Entropy::from_bytes([7; 32]));
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.uri(), "https://login.example.com/keys");
    assert_eq!(request.headers()[header::ACCEPT], "application/jwk-set+json, application/json");

    let key = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
    let body = json!({"keys": [key.public_jwk(), {"kty": "unheard-of"}]}).to_string();
    let keys = |content_type| {
        let exchange = KeysRequest::new(&read(&published()).expect("metadata"));
        exchange.accept(NOW, answer(content_type, body.clone())).map(|step| done(step).len())
    };
    assert_eq!(keys("application/json"), Ok(1));
    assert_eq!(keys("application/jwk-set+json; charset=utf-8"), Ok(1));
    for other in ["text/html", "application/jwk+json", "application/octet-stream", ""] {
        let reason = Misbehaviour::UnexpectedMediaType { endpoint: Endpoint::Jwks, got: Excerpt::new(other) };
        assert_eq!(keys(other).err(), misbehaved(reason), "{other}");
    }
}

#[test]
fn an_answer_that_is_no_key_set_is_refused() {
    let refusal = |status, body: &str| {
        let mut response = answer("application/json", body.to_owned());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        KeysRequest::new(&read(&published()).expect("metadata")).accept(NOW, response).err()
    };
    let missing = InvalidJwkSet::Json(JsonFault::Missing { member: "keys" });
    assert_eq!(refusal(200, "{}"), misbehaved(missing));
    let wrong = InvalidJwkSet::Json(JsonFault::WrongType { member: "keys" });
    assert_eq!(refusal(200, r#"{"keys":{}}"#), misbehaved(wrong));
    let many = json!({"keys": vec![json!({"kty": "RSA"}); 65]}).to_string();
    assert_eq!(refusal(200, &many), misbehaved(InvalidJwkSet::TooManyKeys { count: 65 }));
    for status in [302, 404, 500] {
        let reason = Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Jwks, status };
        assert_eq!(refusal(status, r#"{"keys":[]}"#), misbehaved(reason));
    }
}

fn unsupported(
    what: &'static str,
    wanted: &'static str,
    member: &'static str,
    offered: &str,
) -> Result<(), InvalidMetadata> {
    Err(InvalidMetadata::Unsupported { what, wanted, member, offered: Excerpt::new(offered) })
}

#[test]
fn a_provider_that_cannot_do_what_was_agreed_on_is_refused_by_name() {
    let check = |client: &Client, document: &Value| client.check_provider(&read(document).expect("metadata"));
    let client = Client::confidential("rp", "secret");
    assert_eq!(check(&client, &published()), Ok(()));
    assert_eq!(
        check(&client, &with(published(), "response_types_supported", json!(["id_token", "code token"]))),
        unsupported("the response type", "code", "response_types_supported", "id_token code token")
    );
    let member = "id_token_signing_alg_values_supported";
    assert_eq!(
        check(&client, &with(published(), member, json!(["none", "HS256", "rs256"]))),
        unsupported("ID Tokens signed with", "RS256", member, "none HS256 rs256")
    );
    assert_eq!(
        check(&Client::public("rp").id_token_signed_response_alg(SignatureAlgorithm::Es256), &published()),
        unsupported("ID Tokens signed with", "ES256", member, "RS256")
    );
    let member = "token_endpoint_auth_methods_supported";
    let document = with(published(), member, json!(["private_key_jwt"]));
    let refused = unsupported("client authentication by", "client_secret_basic", member, "private_key_jwt");
    assert_eq!(check(&client, &document), refused);
    assert_eq!(check(&Client::public("rp"), &document), Ok(()));
    let message = refused.expect_err("refused").to_string();
    assert!(message.contains(member) && message.contains("'client_secret_basic'"), "{message}");
}

#[test]
fn a_provider_that_does_not_say_what_it_can_do_is_not_refused_for_it() {
    let mut least = published();
    least.as_object_mut().expect("an object").retain(|name, _| !name.ends_with("_supported"));
    let metadata = described(&least).expect("metadata");
    for client in [Client::public("rp"), Client::confidential("rp", "secret")] {
        let client = client.id_token_signed_response_alg(SignatureAlgorithm::EdDsa);
        assert_eq!(client.check_provider(&metadata), Ok(()));
    }
}
