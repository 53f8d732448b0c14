mod algorithms;
mod code_hash;
mod demands;
mod encrypted;
mod kinds;
mod refreshed;
mod signatures;
mod tenants;
mod times;

use std::sync::OnceLock;

use aws_lc_rs::hmac;
use serde_json::json;

use super::*;
use crate::{
    client::Client,
    discovery::ProviderMetadata,
    error::JsonFault,
    jose::{InvalidJws, SignatureAlgorithm, SigningKey, base64url},
};

const ISSUER: &str = "https://login.example.com";
const NONCE: &str = "n-0S6_WzA2Mj";
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const SKEW: i64 = 60;

fn es256() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(SignatureAlgorithm::Es256).expect("a key"))
}

fn rs256() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(SignatureAlgorithm::Rs256).expect("a key"))
}

fn set(keys: &[Value]) -> JwkSet {
    JwkSet::from_json(json!({ "keys": keys }).to_string().as_bytes()).expect("a key set")
}

fn metadata_of(issuer: &str) -> ProviderMetadata {
    let json = json!({
        "issuer": issuer,
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "jwks_uri": "https://login.example.com/keys",
    });
    ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
}

fn client() -> Client {
    Client::public("rp").id_token_signed_response_alg(SignatureAlgorithm::Es256)
}

fn good() -> Value {
    json!({"iss": ISSUER, "sub": "alice", "aud": "rp", "exp": NOW.plus(600), "iat": NOW, "nonce": NONCE})
}

fn with(mut claims: Value, name: &str, value: impl Into<Value>) -> Value {
    claims[name] = value.into();
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().expect("an object").remove(name);
    claims
}

fn sign(claims: &Value) -> UnverifiedIdToken {
    UnverifiedIdToken::new(es256().sign("JWT", claims.to_string().as_bytes()).expect("signed"), NONCE)
}

fn verify_as(client: &Client, token: &UnverifiedIdToken) -> Result<IdToken, InvalidIdToken> {
    token.verify(&set(&[es256().public_jwk()]), &client.expected_id_token(&metadata_of(ISSUER)), NOW)
}

/// Why these claims, well signed, are refused; `None` when they are not.
fn refusal(claims: &Value) -> Option<InvalidIdToken> {
    verify_as(&client(), &sign(claims)).err()
}

fn missing(member: &'static str) -> Option<InvalidIdToken> {
    Some(InvalidIdToken::Claims(JsonFault::Missing { member }))
}

fn wrong_type(member: &'static str) -> Option<InvalidIdToken> {
    Some(InvalidIdToken::Claims(JsonFault::WrongType { member }))
}

fn at(seconds_from_now: i64) -> NumericDate {
    NOW.plus(seconds_from_now)
}

#[test]
fn a_token_that_passes_every_check_is_read_whole() {
    let claims = json!({
        "iss": ISSUER, "sub": "alice", "aud": ["rp"], "azp": "rp", "exp": at(600), "iat": at(-1), "nbf": at(-1),
        "nonce": NONCE, "auth_time": at(-30), "acr": "urn:mace:incommon:iap:silver", "sid": "s-1", "email": "a@example.com",
        "session_expiry": at(28_800),
    });
    let token = sign(&claims);
    let id_token = verify_as(&client(), &token).expect("verified");
    assert_eq!(id_token.raw(), &token.raw);
    assert_eq!(id_token.subject().as_str(), "alice");
    assert_eq!(id_token.issued_at(), at(-1));
    assert_eq!(id_token.auth_time(), Some(at(-30)));
    assert_eq!(id_token.acr(), Some("urn:mace:incommon:iap:silver"));
    assert_eq!(id_token.sid(), Some("s-1"));
    assert_eq!(id_token.session_expiry(), Some(at(28_800)));
    assert_eq!(id_token.claims().claim("email"), Some(&json!("a@example.com")));
}

/// R39
#[test]
fn the_issuer_is_compared_byte_for_byte() {
    for other in [
        "https://login.example.com/",
        "https://LOGIN.example.com",
        "HTTPS://login.example.com",
        "http://login.example.com",
        "https://login.example.com:443",
        "https://login.example.com.evil.example",
        "https://login.example.co",
        "login.example.com",
        "",
    ] {
        let reason = InvalidIdToken::Issuer { expected: ISSUER.to_owned(), got: Excerpt::new(other) };
        assert_eq!(refusal(&with(good(), "iss", other)), Some(reason), "{other}");
    }
    assert_eq!(refusal(&without(good(), "iss")), missing("iss"));
}

/// R40, V47
#[test]
fn the_audience_must_contain_us() {
    let elsewhere = Some(InvalidIdToken::Audience { client_id: "rp".to_owned() });
    for other in [json!("other"), json!("RP"), json!("rp "), json!(""), json!([]), json!(["other", "third"])] {
        assert_eq!(refusal(&with(good(), "aud", other.clone())), elsewhere, "{other}");
    }
    assert_eq!(refusal(&without(good(), "aud")), missing("aud"));
    assert_eq!(refusal(&with(good(), "aud", json!(["rp"]))), None);
}

/// R40, V48
#[test]
fn an_audience_besides_us_must_be_trusted_by_name() {
    let shared = with(with(good(), "aud", json!(["rp", "api"])), "azp", "rp");
    let stranger = InvalidIdToken::UntrustedAudience { got: Excerpt::new("api") };
    assert_eq!(refusal(&shared), Some(stranger.clone()));
    let verify = |client: Client, claims: &Value| verify_as(&client, &sign(claims)).err();
    assert_eq!(verify(client().trusted_audience("API"), &shared), Some(stranger));
    assert_eq!(verify(client().trusted_audience("api"), &shared), None);
    // One that is trusted brings no other along.
    let more = with(shared, "aud", json!(["api", "rp", "evil"]));
    let reason = InvalidIdToken::UntrustedAudience { got: Excerpt::new("evil") };
    assert_eq!(verify(client().trusted_audience("api"), &more), Some(reason));
}

/// R41, V48
#[test]
fn the_authorized_party_is_us_and_is_named_where_there_are_several_audiences() {
    let trusting = client().trusted_audience("api");
    let verify = |claims: &Value| verify_as(&trusting, &sign(claims)).err();
    let other = |got| Some(InvalidIdToken::AuthorizedParty { expected: "rp".to_owned(), got: Excerpt::new(got) });
    let several = with(good(), "aud", json!(["rp", "api"]));
    assert_eq!(verify(&several), Some(InvalidIdToken::AuthorizedPartyMissing));
    assert_eq!(verify(&with(several.clone(), "azp", "api")), other("api"));
    assert_eq!(verify(&with(several, "azp", "rp")), None);
    assert_eq!(verify(&with(good(), "aud", json!(["rp", "rp"]))), Some(InvalidIdToken::AuthorizedPartyMissing));
    for azp in ["other", "RP", ""] {
        assert_eq!(verify(&with(good(), "azp", azp)), other(azp), "{azp}");
    }
    assert_eq!(verify(&with(good(), "azp", "rp")), None);
    assert_eq!(verify(&with(good(), "azp", json!(["rp"]))), wrong_type("azp"));
}

/// R45, V18
#[test]
fn the_nonce_is_required_and_is_the_one_that_was_sent() {
    assert_eq!(refusal(&without(good(), "nonce")), Some(InvalidIdToken::NonceMissing));
    for other in ["another", "N-0S6_WzA2Mj", "n-0s6_wza2mj", "n-0S6_WzA2M", "n-0S6_WzA2Mj ", ""] {
        assert_eq!(refusal(&with(good(), "nonce", other)), Some(InvalidIdToken::Nonce), "{other}");
    }
    for wrong in [json!([NONCE]), json!(null), json!(1), json!({"nonce": NONCE})] {
        assert_eq!(refusal(&with(good(), "nonce", wrong.clone())), wrong_type("nonce"), "{wrong}");
    }
}

/// R48, V43
#[test]
fn an_at_hash_fits_the_access_token_or_the_token_is_refused() {
    let right = digest::access_token_hash(SignatureAlgorithm::Es256, ACCESS_TOKEN);
    let half_wrong = format!("{}{}", right.split_at(11).0, "A".repeat(11));
    // Of the other hashes that a provider may use, none is the one of ES256.
    let sha512 = digest::access_token_hash(SignatureAlgorithm::Es512, ACCESS_TOKEN);
    let sha384 = digest::access_token_hash(SignatureAlgorithm::Es384, ACCESS_TOKEN);
    let whole = base64url::encode(digest::sha256(ACCESS_TOKEN.as_bytes()));
    let of_another = digest::access_token_hash(SignatureAlgorithm::Es256, "another token");
    let beside = |claims: &Value| verify_as(&client(), &sign(claims).beside(ACCESS_TOKEN.into())).err();
    for wrong in
        [half_wrong, sha512, sha384, whole, of_another, format!("{right}="), right.to_lowercase(), String::new()]
    {
        let refused = Some(InvalidIdToken::AccessTokenHash);
        assert_eq!(beside(&with(good(), "at_hash", wrong.as_str())), refused, "{wrong}");
    }
    assert_eq!(beside(&with(good(), "at_hash", right)), None);
    assert_eq!(beside(&good()), None, "in the code flow it may be absent");
    for wrong in [json!(null), json!(["x"]), json!(1)] {
        assert_eq!(beside(&with(good(), "at_hash", wrong)), wrong_type("at_hash"));
    }
}

/// R49
#[test]
fn the_subject_is_1_to_255_ascii_characters() {
    for sub in [String::new(), "x".repeat(256), "zoë".to_owned()] {
        assert_eq!(refusal(&with(good(), "sub", sub.as_str())), Some(InvalidIdToken::Subject), "{sub}");
    }
    assert_eq!(refusal(&with(good(), "sub", "x".repeat(255))), None);
    assert_eq!(refusal(&without(good(), "sub")), missing("sub"));
    for sub in [json!(7), json!(null), json!(["alice"]), json!({"alice": 1})] {
        assert_eq!(refusal(&with(good(), "sub", sub.clone())), wrong_type("sub"), "{sub}");
    }
}

/// V41
#[test]
fn a_claim_of_another_type_than_the_specified_one_is_refused() {
    for (name, value) in [
        ("iss", json!([ISSUER])),
        ("iss", json!(null)),
        ("aud", json!(1)),
        ("aud", json!(null)),
        ("aud", json!(["rp", 1])),
        ("aud", json!({"rp": true})),
        ("aud", json!(vec!["rp"; 33])),
        ("auth_time", json!("1700000000")),
        ("auth_time", json!(1e300)),
        ("acr", json!(1)),
        ("acr", json!(["0"])),
        ("sid", json!(1)),
        ("sid", json!(null)),
        ("session_expiry", json!("1700028800")),
        ("session_expiry", json!(null)),
    ] {
        assert_eq!(refusal(&with(good(), name, value.clone())), wrong_type(name), "{name}: {value}");
    }
}

/// R65, V42
#[test]
fn a_payload_that_is_not_one_strict_object_is_refused() {
    let good = good().to_string();
    let body = good.strip_suffix('}').expect("an object");
    let deep = format!("{body},\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let payloads: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"null".to_vec(),
        b"[]".to_vec(),
        format!("[{good}]").into_bytes(),
        format!("\"{}\"", base64url::encode(&good)).into_bytes(),
        format!("{good}x").into_bytes(),
        format!("{good}{good}").into_bytes(),
        format!("{good}\0").into_bytes(),
        format!("\u{feff}{good}").into_bytes(),
        format!("{body},\"sub\":\"admin\"}}").into_bytes(),
        format!("{body},\"s\\u0075b\":\"admin\"}}").into_bytes(),
        format!("{body},\"x\":1,\"x\":1}}").into_bytes(),
        format!("{body},\"x\":\"\\ud800\"}}").into_bytes(),
        format!("{body},\"x\":NaN}}").into_bytes(),
        [body.as_bytes(), b",\"x\":\"\xff\"}"].concat(),
        deep.into_bytes(),
    ];
    for payload in payloads {
        let token = UnverifiedIdToken::new(es256().sign("JWT", &payload).expect("signed"), NONCE);
        let refused = verify_as(&client(), &token).err();
        let shown = String::from_utf8_lossy(payload.get(..40).unwrap_or(&payload)).into_owned();
        assert!(matches!(refused, Some(InvalidIdToken::Claims(JsonFault::NotAnObject { .. }))), "{shown}: {refused:?}");
    }
}

/// R72, V47: RFC 8725 3.11
#[test]
fn a_token_that_says_it_is_another_kind_is_refused() {
    let verify = |header: Value| {
        let token = es256().sign_with_header(&header, good().to_string().as_bytes()).expect("signed");
        verify_as(&client(), &UnverifiedIdToken::new(token, NONCE)).err()
    };
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "client-authentication+jwt",
        "JOSE",
        "",
    ] {
        let refused = Some(InvalidIdToken::Type { got: Excerpt::new(typ) });
        assert_eq!(verify(json!({"alg": "ES256", "kid": es256().kid(), "typ": typ})), refused, "{typ}");
    }
    for typ in ["JWT", "jwt"] {
        assert_eq!(verify(json!({"alg": "ES256", "kid": es256().kid(), "typ": typ})), None, "{typ}");
    }
    assert_eq!(verify(json!({"alg": "ES256", "kid": es256().kid()})), None, "typ is optional (RFC 7515 4.1.9)");
    assert_eq!(verify(json!({"alg": "ES256", "typ": 1})), Some(InvalidJws::Header.into()));
}

/// R72, V47: kinds that do not say what they are lack the nonce, if nothing else.
#[test]
fn other_kinds_of_token_without_a_typ_are_refused() {
    let logout_token = json!({
        "iss": ISSUER, "sub": "alice", "aud": "rp", "iat": NOW, "exp": at(120), "jti": "bWJq", "sid": "s-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    let access_token = json!({
        "iss": ISSUER, "sub": "alice", "aud": "rp", "client_id": "rp", "exp": at(600), "iat": NOW, "jti": "x", "scope": "openid",
    });
    for claims in [logout_token, access_token] {
        assert_eq!(refusal(&claims), Some(InvalidIdToken::NonceMissing), "{claims}");
    }
}

/// R66, R68, R75: what is no compact JWS is not looked at further.
#[test]
fn what_is_no_jws_is_refused() {
    for token in ["", "null", "{}", "a.b", "a.b.c.d", "a.b.c.d.e.f", &good().to_string()] {
        let refused = verify_as(&client(), &UnverifiedIdToken::new(token, NONCE)).err();
        assert_eq!(refused, Some(InvalidJws::NotCompact.into()), "{token}");
    }
    let critical = json!({"alg": "ES256", "kid": es256().kid(), "crit": ["exp"]});
    let token = es256().sign_with_header(&critical, good().to_string().as_bytes()).expect("signed");
    let refused = verify_as(&client(), &UnverifiedIdToken::new(token, NONCE)).err();
    assert_eq!(refused, Some(InvalidJws::CriticalExtension.into()));
}

/// R69, V37: Core 16.14: nothing but a signed token is read, neither an encrypted one that nobody asked for nor a token within a
/// token.
#[test]
fn an_encrypted_or_nested_token_is_refused() {
    let jwe = format!("{}.AA.AA.AA.AA", base64url::encode(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#));
    let refused = verify_as(&client(), &UnverifiedIdToken::new(jwe.as_str(), NONCE)).err();
    assert_eq!(refused, Some(InvalidIdToken::Encrypted));
    let good = es256().sign("JWT", good().to_string().as_bytes()).expect("signed");
    for inner in [jwe, good] {
        let header = json!({"alg": "ES256", "kid": es256().kid(), "typ": "JWT", "cty": "JWT"});
        let nested = es256().sign_with_header(&header, inner.as_bytes()).expect("signed");
        let refused = verify_as(&client(), &UnverifiedIdToken::new(nested, NONCE)).err();
        assert!(matches!(refused, Some(InvalidIdToken::Claims(JsonFault::NotAnObject { .. }))), "{refused:?}");
    }
}

/// V69
#[test]
fn debug_and_error_texts_hold_no_token_and_no_nonce() {
    let canaries = ["canary-nonce", "canary-token", "canary-email"];
    let claims = with(with(good(), "nonce", "canary-nonce"), "email", "canary-email").to_string();
    let raw = es256().sign("JWT", claims.as_bytes()).expect("signed");
    let token = UnverifiedIdToken::new(raw.as_str(), "canary-nonce").beside("canary-token".into());
    let id_token = verify_as(&client(), &token).expect("verified");
    let refused = verify_as(&client(), &UnverifiedIdToken::new(raw.as_str(), "other")).expect_err("another nonce");
    for shown in [format!("{token:?}"), format!("{id_token:?}"), format!("{refused:?}"), refused.to_string()] {
        assert!(!shown.contains(&raw), "{shown}");
        assert!(canaries.iter().all(|canary| !shown.contains(canary)), "{shown}");
    }
    assert_eq!(format!("{token:?}"), "UnverifiedIdToken(***)");
}
