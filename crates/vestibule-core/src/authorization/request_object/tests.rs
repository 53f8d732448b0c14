mod encrypted;

use std::collections::HashMap;

use url::Url;

use super::*;
use crate::{
    authorization::{ResponseMode, ResponseType},
    jose::{CompactJws, InvalidJws, JwkSet, SignatureAlgorithm},
};

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const REDIRECT_URI: &str = "https://app.example.com/auth/callback/corp";

fn metadata() -> ProviderMetadata {
    let json = json!({
        "issuer": "https://login.example.com/",
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "jwks_uri": "https://login.example.com/keys",
    });
    ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
}

fn drawn(byte: u8) -> Entropy {
    Entropy::from_bytes([byte; 32])
}

fn key() -> SigningKey {
    SigningKey::generate(SignatureAlgorithm::Es256).expect("a key")
}

fn whole_request() -> AuthorizationRequest {
    AuthorizationRequest::new(REDIRECT_URI, "openid email")
        .carry("c2VhbGVk")
        .response_type(ResponseType::CodeIdToken)
        .response_mode(ResponseMode::FormPost)
        .and_then(|request| request.claims(json!({"userinfo": {"email": null}})))
        .and_then(|request| request.essential_acr(["phr"]))
        .and_then(|request| request.resource("https://a.example"))
        .and_then(|request| request.resource("https://b.example"))
        .and_then(|request| request.resource("https://c.example"))
        .expect("allowed")
        .max_age(300)
        .prompt("login")
        .id_token_hint("canary")
}

fn pending(request: &AuthorizationRequest) -> PendingLogin {
    PendingLogin::begin(drawn(7), NOW).asking(request)
}

fn signed(request: &AuthorizationRequest, key: &SigningKey, entropy: Entropy) -> RequestObject {
    let (client, metadata) = (Client::confidential("rp", "secret"), metadata());
    RequestObject::signed(&client, &metadata, request, &pending(request), key, NOW, entropy).expect("signed")
}

fn payload(object: &RequestObject) -> Value {
    serde_json::from_slice(CompactJws::parse(object.as_str()).expect("a JWS").unverified_payload()).expect("JSON")
}

fn header(object: &RequestObject) -> Value {
    let (header, _) = object.as_str().split_once('.').expect("a header");
    serde_json::from_slice(&base64url::decode(header).expect("base64url")).expect("JSON")
}

fn sent(url: &Url) -> HashMap<String, String> {
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let count = pairs.len();
    let sent: HashMap<_, _> = pairs.into_iter().collect();
    assert_eq!(sent.len(), count);
    sent
}

/// R11: RFC 9101 4, Core 6.1
#[test]
fn a_request_object_has_the_whole_request_and_says_whose_and_for_whom_it_is() {
    let (request, key) = (whole_request(), key());
    let object = signed(&request, &key, drawn(9));
    assert_eq!(header(&object), json!({"alg": "ES256", "kid": key.kid(), "typ": "oauth-authz-req+jwt"}));
    let login = pending(&request);
    let expected = json!({
        "iss": "rp", "aud": "https://login.example.com/", "iat": NOW, "nbf": NOW, "exp": NOW.plus(300),
        "jti": base64url::encode([9; 32]),
        "response_type": "code id_token", "response_mode": "form_post", "client_id": "rp",
        "redirect_uri": REDIRECT_URI, "scope": "openid email",
        "state": login.state("c2VhbGVk").as_str(), "nonce": login.nonce(),
        "code_challenge": login.code_challenge(), "code_challenge_method": "S256",
        "max_age": 300, "prompt": "login", "id_token_hint": "canary",
        "claims": {
            "userinfo": {"email": null},
            "id_token": {"acr": {"essential": true, "values": ["phr"]}},
        },
        "resource": ["https://a.example", "https://b.example", "https://c.example"],
    });
    assert_eq!(payload(&object), expected);
    assert!(!format!("{object:?}").contains(object.as_str()), "V69");
}

/// R11
#[test]
fn its_signature_is_that_of_the_key_and_its_jti_its_own() {
    let (request, key) = (whole_request(), key());
    let [one, other] = [1, 2].map(|byte| signed(&request, &key, drawn(byte)));
    let keys = JwkSet::from_json(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).expect("a key set");
    let jws = CompactJws::parse(one.as_str()).expect("a JWS");
    assert_eq!(jws.verify(SignatureAlgorithm::Es256, &keys), Ok(()));
    assert_ne!(payload(&one)["jti"], payload(&other)["jti"]);
}

/// RFC 9101 10.8: it is of no use as a client assertion, nor is any claim of it the application's.
#[test]
fn a_request_object_has_no_subject_and_no_other_request_inside() {
    let object = signed(&whole_request(), &key(), drawn(9));
    for name in ["sub", "request", "request_uri", "client_secret"] {
        assert_eq!(payload(&object).get(name), None, "{name}");
        assert!(whole_request().parameter(name, "rp").is_err(), "{name}");
    }
}

/// RFC 8707 2
#[test]
fn one_resource_is_a_string() {
    let request = AuthorizationRequest::new(REDIRECT_URI, "openid").resource("https://a.example").expect("a URI");
    assert_eq!(payload(&signed(&request, &key(), drawn(9)))["resource"], "https://a.example");
}

/// V33: it may be sent; nothing here takes such a token.
#[test]
fn an_unsigned_request_object_says_so() {
    let (request, client) = (whole_request(), Client::public("rp"));
    let object = RequestObject::insecure_unsigned(&client, &metadata(), &request, &pending(&request), NOW, drawn(9));
    assert_eq!(header(&object), json!({"alg": "none", "typ": "oauth-authz-req+jwt"}));
    assert!(object.as_str().ends_with('.'));
    assert_eq!(payload(&object), payload(&signed(&request, &key(), drawn(9))));
    let refused = CompactJws::parse(object.as_str())
        .expect("the form of one")
        .verify(SignatureAlgorithm::Es256, &JwkSet::empty());
    assert!(matches!(refused, Err(InvalidJws::Algorithm { .. })), "{refused:?}");
}

/// Core 6.1: what OAuth requires is in plain, with the same values; the rest is in the object alone.
#[test]
fn beside_a_request_object_goes_what_every_server_must_see() {
    let (request, client) = (whole_request(), Client::public("rp"));
    let login = pending(&request);
    let object = signed(&request, &key(), drawn(9));
    let by_value = client.authorize_by_value(&metadata(), &request, &login, &object);
    let request_uri = Url::parse("https://app.example.com/auth/request/x?a=b").expect("a URL");
    let by_reference = client.authorize_by_reference(&metadata(), &request, &login, &request_uri);
    for (url, name, value) in
        [(by_value, "request", object.as_str()), (by_reference, "request_uri", request_uri.as_str())]
    {
        let mut sent = sent(&url);
        assert_eq!(sent.remove(name).as_deref(), Some(value));
        let payload = payload(&object);
        let plain = [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        ];
        assert_eq!(sent.len(), plain.len(), "{url}");
        for name in plain {
            assert_eq!(Some(sent[name].as_str()), payload[name].as_str(), "{name}");
        }
    }
}
