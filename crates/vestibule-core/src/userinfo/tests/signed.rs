//! Signed userinfo: which forms are taken, and each check of one.

use super::*;
use crate::{
    error::InvalidUserInfo,
    http_client::ClientCertificate,
    jose::{ContentEncryptionAlgorithm::A256Gcm, InvalidJws, JwkSet, KeyManagementAlgorithm::EcdhEs, SigningKey},
};

const ISSUER: &str = "https://login.example.com";

fn key() -> SigningKey {
    SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("1")
}

fn keys(key: &SigningKey) -> JwkSet {
    JwkSet::from_json(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).expect("keys")
}

fn client() -> Client {
    Client::public("rp").userinfo_signed_response_alg(SignatureAlgorithm::Es256)
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "rp", "sub": "alice", "name": "Alice"})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().expect("an object").remove(name);
    claims
}

fn asked(client: &Client) -> UserInfoRequest {
    let subject = Subject::parse("alice").expect("a subject");
    let question = UserInfoRequest::new(client, &metadata(Some(ENDPOINT)), UserInfoMethod::Get, "t".into(), subject);
    question.expect("a question")
}

/// What this client makes of this answer.
fn received(client: &Client, content_type: &'static str, body: &str) -> Result<UserInfoResponse, ProtocolError> {
    match asked(client).accept(NOW, answer(StatusCode::OK, content_type, body.to_owned()))? {
        Step::Done(answer) => Ok(answer),
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

/// Why the form of it is refused.
fn refused(client: &Client, content_type: &'static str, body: &str) -> Option<ProtocolError> {
    received(client, content_type, body).err()
}

fn invalid(reason: InvalidUserInfo) -> Option<ProtocolError> {
    misbehaved(reason.into())
}

fn unverified(token: &str) -> UnverifiedUserInfo {
    match received(&client(), "application/jwt", token) {
        Ok(UserInfoResponse::Signed(signed)) => signed,
        other => panic!("{other:?}"),
    }
}

/// What comes of these claims, signed as was agreed on, under a header of this type.
fn verify_typed(typ: &str, claims: &Value) -> Result<ClaimsSet, InvalidUserInfo> {
    let key = key();
    let token = key.sign(typ, claims.to_string().as_bytes()).expect("signed");
    let (client, metadata) = (client(), metadata(Some(ENDPOINT)));
    unverified(&token).verify(&keys(&key), &client.expected_userinfo(&metadata), NOW)
}

fn verify(claims: &Value) -> Result<ClaimsSet, InvalidUserInfo> {
    verify_typed("JWT", claims)
}

/// R82: Core 5.3.2
#[test]
fn a_signed_answer_of_the_provider_about_the_subject_is_taken() {
    let read = verify(&claims()).expect("verified");
    assert_eq!(read.claim("name"), Some(&json!("Alice")));
    for (name, value) in [
        ("aud", json!(["rp"])),
        ("exp", json!(NOW.plus(1))),
        ("exp", json!(NOW.minus(59))),
        ("nbf", json!(NOW.plus(60))),
        ("iat", json!(NOW.minus(3600))),
        ("events_attended", json!(3)),
    ] {
        assert!(verify(&with(name, value.clone())).is_ok(), "{name}: {value}");
    }
    // Core 5.3.2: iss and aud only SHOULD be there.
    assert!(verify(&without("iss")).is_ok() && verify(&without("aud")).is_ok());
    let header = json!({"alg": "ES256", "kid": "1"});
    let key = key();
    let token = key.sign_with_header(&header, claims().to_string().as_bytes()).expect("signed");
    let (client, metadata) = (client(), metadata(Some(ENDPOINT)));
    assert!(unverified(&token).verify(&keys(&key), &client.expected_userinfo(&metadata), NOW).is_ok());
}

/// R81, V50: Core 5.3.4
#[test]
fn a_signed_answer_about_somebody_else_is_refused() {
    for other in ["bob", "Alice", "alice ", ""] {
        let reason = InvalidUserInfo::Subject { expected: Excerpt::new("alice"), got: Excerpt::new(other) };
        assert_eq!(verify(&with("sub", other)), Err(reason), "{other}");
    }
    assert_eq!(verify(&without("sub")), Err(InvalidUserInfo::Claims(JsonFault::Missing { member: "sub" })));
    assert_eq!(verify(&with("sub", 1)), Err(InvalidUserInfo::Claims(JsonFault::WrongType { member: "sub" })));
}

/// R82
#[test]
fn an_answer_of_another_issuer_or_for_another_client_is_refused() {
    let got = Excerpt::new("https://login.example.com/");
    let reason = InvalidUserInfo::Issuer { expected: ISSUER.to_owned(), got };
    assert_eq!(verify(&with("iss", "https://login.example.com/")), Err(reason));
    for aud in [json!("other"), json!(["other"]), json!([]), json!("RP")] {
        let reason = InvalidUserInfo::Audience { client_id: "rp".to_owned() };
        assert_eq!(verify(&with("aud", aud.clone())), Err(reason), "{aud}");
    }
    let reason = InvalidUserInfo::UntrustedAudience { got: Excerpt::new("other") };
    assert_eq!(verify(&with("aud", json!(["rp", "other"]))), Err(reason));
}

/// RFC 7519 4.1.4 to 4.1.6
#[test]
fn an_answer_of_another_time_is_refused() {
    let (early, late) = (NOW.minus(60), NOW.plus(61));
    assert_eq!(verify(&with("exp", json!(early))), Err(InvalidUserInfo::Expired { exp: early, now: NOW }));
    assert_eq!(verify(&with("nbf", json!(late))), Err(InvalidUserInfo::NotYetValid { nbf: late, now: NOW }));
    assert_eq!(verify(&with("iat", json!(late))), Err(InvalidUserInfo::IssuedInFuture { iat: late, now: NOW }));
    let old = NOW.minus(24 * 3600 + 61);
    assert!(verify(&with("iat", json!(NOW.minus(24 * 3600)))).is_ok());
    assert_eq!(verify(&with("iat", json!(old))), Err(InvalidUserInfo::IssuedTooLongAgo { iat: old, now: NOW }));
    for member in ["exp", "nbf", "iat"] {
        let reason = InvalidUserInfo::Claims(JsonFault::WrongType { member });
        assert_eq!(verify(&with(member, "soon")), Err(reason));
    }
}

/// V47, R72: they are signed by the same key for the same client.
#[test]
fn another_kind_of_token_is_not_userinfo() {
    for typ in ["at+jwt", "logout+jwt", "client-authentication+jwt", ""] {
        assert_eq!(verify_typed(typ, &claims()), Err(InvalidUserInfo::Type { got: Excerpt::new(typ) }), "{typ}");
    }
    for claim in ["nonce", "at_hash", "c_hash", "s_hash", "events", "response_type"] {
        assert_eq!(verify(&with(claim, "x")), Err(InvalidUserInfo::AnotherKind { claim }));
    }
}

/// V47: a refreshed ID Token has none of those. Providers that sign userinfo give it times, or say how somebody signed in.
#[test]
fn what_expires_and_speaks_of_the_sign_in_is_an_id_token() {
    let dated = || with("iat", json!(NOW));
    for claim in ["auth_time", "azp", "sid"] {
        let mut claims = dated();
        claims[claim] = json!("x");
        assert!(verify(&claims).is_ok(), "{claim}");
        claims["exp"] = json!(NOW.plus(60));
        assert_eq!(verify(&claims), Err(InvalidUserInfo::AnotherKind { claim }));
    }
    let mut with_times = dated();
    with_times["exp"] = json!(NOW.plus(60));
    with_times["acr"] = json!("eidas2");
    with_times["state"] = json!("Bavaria");
    assert!(verify(&with_times).is_ok(), "as it comes from providers that sign it");
}

/// R82, V34: the algorithm is the one that was agreed on, and the keys are the provider's.
#[test]
fn an_answer_that_is_not_signed_as_agreed_on_is_refused() {
    let (key, other) = (key(), key());
    let (client, metadata) = (client(), metadata(Some(ENDPOINT)));
    let verify = |token: &str, key: &SigningKey| {
        unverified(token).verify(&keys(key), &client.expected_userinfo(&metadata), NOW).err()
    };
    let body = claims().to_string();
    let token = key.sign("JWT", body.as_bytes()).expect("signed");
    assert_eq!(verify(&token, &key), None);
    assert_eq!(verify(&token, &other), Some(InvalidUserInfo::Jws(InvalidJws::Signature)));
    let unknown = InvalidJws::NoMatchingKey { algorithm: SignatureAlgorithm::Es256, kid: Some(Excerpt::new("1")) };
    assert_eq!(verify(&token, &self::key().with_kid("2")), Some(InvalidUserInfo::Jws(unknown)));
    for alg in ["none", "RS256", "HS256"] {
        let token = key.sign_with_header(&json!({"alg": alg, "kid": "1"}), body.as_bytes()).expect("signed");
        let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Es256, got: Excerpt::new(alg) };
        assert_eq!(verify(&token, &key), Some(InvalidUserInfo::Jws(reason)));
    }
    // Without an agreement there is nothing to verify by.
    let nothing = Client::public("rp");
    let refused = unverified(&token).verify(&keys(&key), &nothing.expected_userinfo(&metadata), NOW).err();
    assert_eq!(refused, Some(InvalidUserInfo::Signed));
}

/// Core 10.1: with the client secret.
#[test]
fn an_hmac_is_made_with_the_client_secret() {
    let secret = "0123456789012345678901234567890123456789";
    let client = Client::confidential("rp", secret).userinfo_signed_response_alg(SignatureAlgorithm::Hs256);
    let verify = |secret: &str| {
        let key = SigningKey::from_secret(SignatureAlgorithm::Hs256, &secret.into()).expect("long enough");
        let token = key.sign("JWT", claims().to_string().as_bytes()).expect("signed");
        let metadata = metadata(Some(ENDPOINT));
        unverified(&token).verify(&JwkSet::empty(), &client.expected_userinfo(&metadata), NOW).err()
    };
    assert_eq!(verify(secret), None);
    let other = "another-secret-another-secret-another-secret";
    assert_eq!(verify(other), Some(InvalidUserInfo::Jws(InvalidJws::Signature)));
}

/// R82, V37: each form only where it was agreed on.
#[test]
fn an_answer_of_another_form_than_agreed_on_is_refused() {
    let plain = json!({"sub": "alice"}).to_string();
    let (none, signed) = (Client::public("rp"), client());
    let encrypted = client().userinfo_encrypted_response(EcdhEs, A256Gcm);
    let (jws, jwe) = ("e30.e30.AA", "e30.AA.AA.AA.AA");
    assert!(received(&none, "application/json", &plain).is_ok());
    assert_eq!(refused(&signed, "application/json", &plain), invalid(InvalidUserInfo::NotSigned));
    assert_eq!(refused(&encrypted, "application/json", &plain), invalid(InvalidUserInfo::NotEncrypted));
    assert_eq!(refused(&none, "application/jwt", jws), invalid(InvalidUserInfo::Signed));
    assert!(received(&signed, "application/jwt", jws).is_ok());
    assert_eq!(refused(&encrypted, "application/jwt", jws), invalid(InvalidUserInfo::NotEncrypted));
    assert_eq!(refused(&none, "application/jwt", jwe), invalid(InvalidUserInfo::Encrypted));
    assert_eq!(refused(&signed, "application/jwt", jwe), invalid(InvalidUserInfo::Encrypted));
    assert!(received(&encrypted, "application/jwt", jwe).is_ok());
    assert_eq!(refused(&signed, "application/jwt", "e30.é.AA"), invalid(InvalidUserInfo::NotText));
}

/// Core 5.3.2
#[test]
fn a_signed_answer_is_asked_for_where_it_was_agreed_on() {
    let request = asked(&client()).request(NOW, Entropy::from_bytes([7; 32]));
    assert_eq!(request.headers()[header::ACCEPT], "application/jwt");
    assert!(request.extensions().get::<ClientCertificate>().is_none());
}

/// RFC 8705 3, 5: a token that is bound to a certificate is presented with it.
#[test]
fn who_shows_a_certificate_asks_at_the_alias() {
    use crate::client_auth::TokenEndpointAuthMethod::{ClientSecretPost, TlsClientAuth};
    let metadata = ProviderMetadata::from_json(
        br#"{"issuer": "https://a.example", "authorization_endpoint": "https://a.example/a",
        "token_endpoint": "https://a.example/t", "jwks_uri": "https://a.example/k", "userinfo_endpoint": "https://a.example/u",
        "mtls_endpoint_aliases": {"userinfo_endpoint": "https://mtls.a.example/u"}}"#,
    );
    let metadata = metadata.expect("metadata");
    let sent = |client: &Client| {
        let subject = Subject::parse("alice").expect("a subject");
        let question = UserInfoRequest::new(client, &metadata, UserInfoMethod::Get, "t".into(), subject);
        question.expect("a question").request(NOW, Entropy::from_bytes([7; 32]))
    };
    let request = sent(&Client::public("rp").token_endpoint_auth_method(TlsClientAuth));
    assert_eq!(request.uri(), "https://mtls.a.example/u");
    assert!(request.extensions().get::<ClientCertificate>().is_some());
    let request = sent(&Client::confidential("rp", "s").token_endpoint_auth_method(ClientSecretPost));
    assert_eq!(request.uri(), "https://a.example/u");
    assert!(request.extensions().get::<ClientCertificate>().is_none());
}

/// V69
#[test]
fn debug_prints_no_signed_claim() {
    let answer = received(&client(), "application/jwt", "canary.canary.canary").expect("of this form");
    let shown = format!("{answer:?}");
    assert!(!shown.contains("canary"), "{shown}");
}
