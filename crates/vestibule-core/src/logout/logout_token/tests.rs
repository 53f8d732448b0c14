mod encrypted;
mod times;

use std::sync::OnceLock;

use serde_json::json;

use super::*;
use crate::{
    client::Client,
    discovery::ProviderMetadata,
    error::JsonFault,
    jose::{SignatureAlgorithm, SigningKey, base64url},
};

const ISSUER: &str = "https://login.example.com";
const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const SKEW: i64 = 60;

fn es256() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(SignatureAlgorithm::Es256).expect("a key"))
}

fn keys() -> JwkSet {
    JwkSet::from_json(json!({"keys": [es256().public_jwk()]}).to_string().as_bytes()).expect("a key set")
}

fn metadata() -> ProviderMetadata {
    let json = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "jwks_uri": "https://login.example.com/keys",
    });
    ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
}

fn client() -> Client {
    Client::public("rp").id_token_signed_response_alg(SignatureAlgorithm::Es256)
}

/// The example of Back-Channel Logout 2.4, with our names.
fn good() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": "rp", "iat": NOW, "exp": NOW.plus(120), "jti": "bWJq", "sid": "s-1",
        "events": {EVENT: {}},
    })
}

fn with(mut claims: Value, name: &str, value: impl Into<Value>) -> Value {
    claims[name] = value.into();
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().expect("an object").remove(name);
    claims
}

fn sign(claims: &Value) -> UnverifiedLogoutToken {
    UnverifiedLogoutToken::new(es256().sign("logout+jwt", claims.to_string().as_bytes()).expect("signed"))
}

fn verify_as(client: &Client, token: &UnverifiedLogoutToken) -> Result<LogoutToken, InvalidLogoutToken> {
    token.verify(&keys(), &client.expected_logout_token(&metadata()), NOW)
}

fn verify(claims: &Value) -> Result<LogoutToken, InvalidLogoutToken> {
    verify_as(&client(), &sign(claims))
}

/// Why these claims, well signed, are refused; `None` when they are not.
fn refusal(claims: &Value) -> Option<InvalidLogoutToken> {
    verify(claims).err()
}

fn missing(member: &'static str) -> Option<InvalidLogoutToken> {
    Some(InvalidLogoutToken::Claims(JsonFault::Missing { member }))
}

fn wrong_type(member: &'static str) -> Option<InvalidLogoutToken> {
    Some(InvalidLogoutToken::Claims(JsonFault::WrongType { member }))
}

#[test]
fn a_token_that_passes_every_check_is_read_whole() {
    let logout_token = verify(&good()).expect("verified");
    assert_eq!(logout_token.subject().map(Subject::as_str), Some("alice"));
    assert_eq!((logout_token.sid(), logout_token.jti()), (Some("s-1"), "bWJq"));
    assert_eq!((logout_token.issued_at(), logout_token.expires_at()), (NOW, Some(NOW.plus(120))));
    assert!(logout_token.is_explicitly_typed());
}

/// R110
#[test]
fn the_issuer_is_compared_byte_for_byte() {
    for other in ["https://login.example.com/", "https://LOGIN.example.com", "https://evil.example", ""] {
        let reason = InvalidLogoutToken::Issuer { expected: ISSUER.to_owned(), got: Excerpt::new(other) };
        assert_eq!(refusal(&with(good(), "iss", other)), Some(reason), "{other}");
    }
    assert_eq!(refusal(&without(good(), "iss")), missing("iss"));
    assert_eq!(refusal(&with(good(), "iss", json!([ISSUER]))), wrong_type("iss"));
}

/// R110
#[test]
fn the_audience_is_us_and_whom_we_trust() {
    let elsewhere = Some(InvalidLogoutToken::Audience { client_id: "rp".to_owned() });
    for other in [json!("other"), json!("RP"), json!([]), json!(["other"])] {
        assert_eq!(refusal(&with(good(), "aud", other.clone())), elsewhere, "{other}");
    }
    assert_eq!(refusal(&without(good(), "aud")), missing("aud"));
    assert_eq!(refusal(&with(good(), "aud", 1)), wrong_type("aud"));
    assert_eq!(refusal(&with(good(), "aud", json!(["rp"]))), None);
    let shared = sign(&with(good(), "aud", json!(["rp", "api"])));
    let stranger = InvalidLogoutToken::UntrustedAudience { got: Excerpt::new("api") };
    assert_eq!(verify_as(&client(), &shared).err(), Some(stranger));
    // An azp is for ID Tokens: nobody is authorized by a logout.
    assert_eq!(verify_as(&client().trusted_audience("api"), &shared).err(), None);
}

/// R110, V70: Back-Channel Logout 2.6 (3): "an alg with the value none MUST NOT be used".
#[test]
fn an_unsigned_token_is_refused() {
    let payload = base64url::encode(good().to_string());
    for alg in ["none", "None", "NONE", ""] {
        let header = base64url::encode(json!({"alg": alg, "typ": "logout+jwt"}).to_string());
        let token = UnverifiedLogoutToken::new(format!("{header}.{payload}."));
        let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Es256, got: Excerpt::new(alg) };
        assert_eq!(verify_as(&client(), &token).err(), Some(reason.into()), "{alg}");
    }
}

/// R110: Back-Channel Logout 2.6 (3): the algorithm of the ID Tokens.
#[test]
fn a_token_signed_with_another_algorithm_than_the_registered_one_is_refused() {
    let registered = client().id_token_signed_response_alg(SignatureAlgorithm::Rs256);
    let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Rs256, got: Excerpt::new("ES256") };
    assert_eq!(verify_as(&registered, &sign(&good())).err(), Some(reason.into()));
}

/// R110
#[test]
fn a_forged_or_altered_token_is_refused() {
    let attacker = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
    let forged = |key: &SigningKey| {
        let token = key.sign("logout+jwt", good().to_string().as_bytes()).expect("signed");
        verify_as(&client(), &UnverifiedLogoutToken::new(token)).err()
    };
    let (algorithm, kid) = (SignatureAlgorithm::Es256, Some(Excerpt::new(attacker.kid())));
    // R77: the reason on which the keys are fetched anew.
    assert_eq!(forged(&attacker), Some(InvalidJws::NoMatchingKey { algorithm, kid }.into()));
    assert_eq!(forged(&attacker.with_kid(es256().kid())), Some(InvalidJws::Signature.into()));
    let token = sign(&good()).raw;
    let [header, _, signature] = token.expose().split('.').collect::<Vec<_>>().try_into().expect("three segments");
    let everybody = base64url::encode(with(good(), "sub", "admin").to_string());
    let altered = UnverifiedLogoutToken::new(format!("{header}.{everybody}.{signature}"));
    assert_eq!(verify_as(&client(), &altered).err(), Some(InvalidJws::Signature.into()));
}

/// R110, V34: as ID Tokens, where an HMAC is registered: under the client secret, and the key set has no say.
#[test]
fn an_hmac_is_made_with_the_client_secret() {
    let secret = "a secret that is 32 bytes long!!";
    let client = Client::confidential("rp", secret).id_token_signed_response_alg(SignatureAlgorithm::Hs256);
    let signed = |secret: &str| {
        let signer = SigningKey::from_secret(SignatureAlgorithm::Hs256, &secret.into()).expect("a long secret");
        UnverifiedLogoutToken::new(signer.sign("logout+jwt", good().to_string().as_bytes()).expect("signed"))
    };
    assert_eq!(verify_as(&client, &signed(secret)).err(), None);
    assert_eq!(verify_as(&client, &signed(&secret.to_uppercase())).err(), Some(InvalidJws::Signature.into()));
    let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Es256, got: Excerpt::new("HS256") };
    assert_eq!(verify_as(&self::client(), &signed(secret)).err(), Some(reason.into()));
}

/// R65, R67, R69
#[test]
fn what_is_no_strict_jws_is_refused() {
    for token in ["", "null", "a.b", "{}", "a.b.c.d", "a.b.c.d.e.f"] {
        let refused = verify_as(&client(), &UnverifiedLogoutToken::new(token)).err();
        assert_eq!(refused, Some(InvalidJws::NotCompact.into()), "{token}");
    }
    let twice = good().to_string().replacen('{', r#"{"sub":"bob","#, 1);
    let token = UnverifiedLogoutToken::new(es256().sign("logout+jwt", twice.as_bytes()).expect("signed"));
    let refused = verify_as(&client(), &token).err();
    assert!(matches!(refused, Some(InvalidLogoutToken::Claims(JsonFault::NotAnObject { .. }))), "{refused:?}");
}

/// V47, V70, R72: RFC 8725 3.11
#[test]
fn a_token_of_another_type_is_refused() {
    let typed = |typ: Option<&str>| {
        let mut header = json!({"alg": "ES256", "kid": es256().kid()});
        if let Some(typ) = typ {
            header["typ"] = json!(typ);
        }
        UnverifiedLogoutToken::new(es256().sign_with_header(&header, good().to_string().as_bytes()).expect("signed"))
    };
    let (client, metadata) = (client(), metadata());
    let lax = client.expected_logout_token(&metadata);
    let verify = |expected: &ExpectedLogoutToken<'_>, typ| typed(typ).verify(&keys(), expected, NOW);
    for typ in ["logout+jwt", "Logout+JWT", "application/logout+jwt", "Application/LOGOUT+jwt"] {
        for expected in [lax, lax.require_type()] {
            assert!(verify(&expected, Some(typ)).expect("verified").is_explicitly_typed(), "{typ}");
        }
    }
    for typ in ["at+jwt", "application/at+jwt", "secevent+jwt", "logout", "logout+jwt ", "x/logout+jwt", "JOSE", ""] {
        for expected in [lax, lax.require_type()] {
            let reason = InvalidLogoutToken::Type { got: Excerpt::new(typ) };
            assert_eq!(verify(&expected, Some(typ)).err(), Some(reason), "{typ}");
        }
    }
    for untyped in [None, Some("JWT"), Some("jwt")] {
        assert!(!verify(&lax, untyped).expect("verified").is_explicitly_typed(), "{untyped:?}");
        assert_eq!(verify(&lax.require_type(), untyped).err(), Some(InvalidLogoutToken::NotTyped), "{untyped:?}");
    }
}

/// R111: Back-Channel Logout 2.6 (5)
#[test]
fn a_subject_or_a_session_must_be_named() {
    let neither = without(without(good(), "sub"), "sid");
    assert_eq!(refusal(&neither), Some(InvalidLogoutToken::NeitherSubjectNorSession));
    let subject_only = verify(&without(good(), "sid")).expect("verified");
    assert_eq!((subject_only.subject().map(Subject::as_str), subject_only.sid()), (Some("alice"), None));
    let session_only = verify(&without(good(), "sub")).expect("verified");
    assert_eq!((session_only.subject(), session_only.sid()), (None, Some("s-1")));
    for sub in [String::new(), "x".repeat(256), "zo\u{eb}".to_owned()] {
        assert_eq!(refusal(&with(good(), "sub", sub.as_str())), Some(InvalidLogoutToken::Subject), "{sub}");
    }
    assert_eq!(refusal(&with(good(), "sid", "")), Some(InvalidLogoutToken::EmptySessionId));
    for wrong in [json!(null), json!(7), json!(["alice"])] {
        assert_eq!(refusal(&with(good(), "sub", wrong.clone())), wrong_type("sub"), "{wrong}");
        assert_eq!(refusal(&with(good(), "sid", wrong.clone())), wrong_type("sid"), "{wrong}");
    }
}

/// R112: Back-Channel Logout 2.6 (6)
#[test]
fn the_event_is_an_object_under_its_exact_name() {
    assert_eq!(refusal(&without(good(), "events")), missing("events"));
    for events in [json!(EVENT), json!([EVENT]), json!(null), json!(true), json!([{EVENT: {}}])] {
        assert_eq!(refusal(&with(good(), "events", events.clone())), wrong_type("events"), "{events}");
    }
    for name in [
        "https://schemas.openid.net/event/backchannel-logout",
        "http://schemas.openid.net/event/backchannel-logout/",
        "http://schemas.openid.net/event/Backchannel-Logout",
        "http://schemas.openid.net/event/frontchannel-logout",
        "backchannel-logout",
    ] {
        let refused = refusal(&with(good(), "events", json!({name: {}})));
        assert_eq!(refused, Some(InvalidLogoutToken::NoLogoutEvent), "{name}");
    }
    assert_eq!(refusal(&with(good(), "events", json!({}))), Some(InvalidLogoutToken::NoLogoutEvent));
    for value in [json!(null), json!(""), json!("{}"), json!([]), json!(true), json!(1)] {
        let refused = refusal(&with(good(), "events", json!({EVENT: value})));
        assert_eq!(refused, Some(InvalidLogoutToken::LogoutEventValue), "{value}");
    }
    // "SHOULD be the empty JSON object": one that is not is no fault, and neither is another event beside it.
    let more = json!({EVENT: {"reason": "password changed"}, "urn:example:other": 1});
    assert_eq!(refusal(&with(good(), "events", more)), None);
}

/// R113: Back-Channel Logout 2.6 (7)
#[test]
fn a_nonce_is_forbidden_whatever_it_is() {
    for nonce in [json!("n"), json!(""), json!(null), json!(0), json!([]), json!({})] {
        let refused = refusal(&with(good(), "nonce", nonce.clone()));
        assert_eq!(refused, Some(InvalidLogoutToken::Nonce), "{nonce}");
    }
}

/// V70, R114
#[test]
fn a_name_by_which_a_replay_is_known_is_required() {
    assert_eq!(refusal(&without(good(), "jti")), missing("jti"));
    assert_eq!(refusal(&with(good(), "jti", "")), Some(InvalidLogoutToken::EmptyJti));
    for wrong in [json!(null), json!(7), json!(["bWJq"])] {
        assert_eq!(refusal(&with(good(), "jti", wrong.clone())), wrong_type("jti"), "{wrong}");
    }
}

/// V69
#[test]
fn debug_and_error_texts_hold_no_token() {
    let token = sign(&good());
    assert_eq!(format!("{token:?}"), "UnverifiedLogoutToken(***)");
    let refused = verify_as(&Client::public("other"), &token).expect_err("another client");
    assert!(!format!("{refused:?} {refused}").contains(token.raw.expose().as_str()));
}

/// V52, V77: the sets at hand are asked in turn, until one has a key for it.
#[test]
fn a_token_is_verified_by_the_first_set_that_has_its_key() {
    let other = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("other").public_jwk();
    let others = JwkSet::from_json(json!({"keys": [other]}).to_string().as_bytes()).expect("a key set");
    let (own, client, metadata) = (keys(), client(), metadata());
    let by = |sets: &[&JwkSet]| {
        sign(&good()).verify_by_any(sets.iter().copied(), &client.expected_logout_token(&metadata), NOW).map(drop)
    };
    for sets in [&[&own][..], &[&others, &own], &[&own, &others], &[&others, &others, &own]] {
        assert_eq!(by(sets), Ok(()));
    }
    for sets in [&[][..], &[&others]] {
        assert!(matches!(by(sets), Err(InvalidLogoutToken::Jws(InvalidJws::NoMatchingKey { .. }))));
    }
    // A set that has a key of that name has the last word.
    let forged = with(other_key_named_as_ours(), "alg", "ES256");
    let forged = JwkSet::from_json(json!({"keys": [forged]}).to_string().as_bytes()).expect("a key set");
    assert_eq!(by(&[&forged, &own]), Err(InvalidLogoutToken::Jws(InvalidJws::Signature)));
}

fn other_key_named_as_ours() -> Value {
    let kid = es256().public_jwk()["kid"].as_str().expect("a kid").to_owned();
    SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid(kid).public_jwk()
}
