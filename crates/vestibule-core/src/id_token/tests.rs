mod algorithms;
mod code_hash;
mod demands;
mod encrypted;
mod kinds;
mod refreshed;

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

/// R42, V33: in every build, with a signature or without.
#[test]
fn an_unsigned_token_is_refused() {
    let payload = base64url::encode(good().to_string());
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = base64url::encode(json!({"alg": alg, "typ": "JWT"}).to_string());
        for signature in ["", "AA"] {
            let token = UnverifiedIdToken::new(format!("{header}.{payload}.{signature}"), NONCE);
            let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Es256, got: Excerpt::new(alg) };
            assert_eq!(verify_as(&client(), &token).err(), Some(reason.into()), "{alg}");
        }
    }
}

/// R42, R70, V34: the public key is no secret, whichever form of it the attacker feeds to HMAC.
#[test]
fn a_token_made_with_the_public_key_as_hmac_secret_is_refused() {
    let jwk = rs256().public_jwk();
    let modulus = base64url::decode(jwk["n"].as_str().expect("a string")).expect("base64url");
    let mut any_alg = jwk.clone();
    any_alg.as_object_mut().expect("an object").remove("alg");
    let client = Client::confidential("rp", "a secret that is 32 bytes long!!");
    let header = json!({"alg": "HS256", "kid": rs256().kid(), "typ": "JWT"}).to_string();
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(good().to_string()));
    for secret in [jwk.to_string().as_bytes(), &modulus, b"a secret that is 32 bytes long!!", b""] {
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
        let token = UnverifiedIdToken::new(format!("{input}.{}", base64url::encode(mac)), NONCE);
        for key in [&jwk, &any_alg] {
            let verified =
                token.verify(&set(std::slice::from_ref(key)), &client.expected_id_token(&metadata_of(ISSUER)), NOW);
            let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Rs256, got: Excerpt::new("HS256") };
            assert_eq!(verified.err(), Some(reason.into()));
        }
    }
}

/// R42, R70: what the key could do does not matter, only what was agreed on.
#[test]
fn a_token_signed_with_another_algorithm_than_the_registered_one_is_refused() {
    let payload = good().to_string();
    let rs256_token = rs256().sign("JWT", payload.as_bytes()).expect("signed");
    let es256_token = es256().sign("JWT", payload.as_bytes()).expect("signed");
    let header = json!({"alg": "PS256", "kid": rs256().kid(), "typ": "JWT"});
    let ps256_label = rs256().sign_with_header(&header, payload.as_bytes()).expect("signed");
    let keys = set(&[rs256().public_jwk(), es256().public_jwk()]);
    for (token, registered, got) in [
        (&rs256_token, SignatureAlgorithm::Es256, "RS256"),
        (&es256_token, SignatureAlgorithm::Rs256, "ES256"),
        (&rs256_token, SignatureAlgorithm::Ps256, "RS256"),
        (&rs256_token, SignatureAlgorithm::Rs512, "RS256"),
        (&ps256_label, SignatureAlgorithm::Rs256, "PS256"),
    ] {
        let client = client().id_token_signed_response_alg(registered);
        let verified = UnverifiedIdToken::new(token.as_str(), NONCE).verify(
            &keys,
            &client.expected_id_token(&metadata_of(ISSUER)),
            NOW,
        );
        let reason = InvalidJws::Algorithm { expected: registered, got: Excerpt::new(got) };
        assert_eq!(verified.err(), Some(reason.into()), "{got} where {registered} is registered");
    }
}

/// R42
#[test]
fn the_default_algorithm_is_rs256() {
    let token = rs256().sign("JWT", good().to_string().as_bytes()).expect("signed");
    let (client, keys) = (Client::public("rp"), set(&[rs256().public_jwk()]));
    let expected_of = metadata_of(ISSUER);
    let verified = UnverifiedIdToken::new(token, NONCE).verify(&keys, &client.expected_id_token(&expected_of), NOW);
    assert_eq!(verified.err(), None);
}

/// R42: a signature of the right kind, by a key of the right name, over other bytes or with another key.
#[test]
fn a_forged_or_altered_token_is_refused() {
    let bad_signature = Some(InvalidIdToken::Jws(InvalidJws::Signature));
    let attacker = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid(es256().kid());
    let forged = attacker.sign("JWT", good().to_string().as_bytes()).expect("signed");
    assert_eq!(verify_as(&client(), &UnverifiedIdToken::new(forged, NONCE)).err(), bad_signature);

    let token = es256().sign("JWT", good().to_string().as_bytes()).expect("signed");
    let [header, _, signature] = token.split('.').collect::<Vec<_>>().try_into().expect("three segments");
    let altered = base64url::encode(with(good(), "sub", "admin").to_string());
    let altered = UnverifiedIdToken::new(format!("{header}.{altered}.{signature}"), NONCE);
    assert_eq!(verify_as(&client(), &altered).err(), bad_signature);
    let stripped = UnverifiedIdToken::new(token.rsplit_once('.').expect("three segments").0.to_owned() + ".", NONCE);
    assert_eq!(verify_as(&client(), &stripped).err(), bad_signature);
}

/// R77: the reason on which the keys are fetched anew.
#[test]
fn a_kid_that_is_not_in_the_key_set_is_told_apart_from_a_bad_signature() {
    let rotated = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("2025-01");
    let token = rotated.sign("JWT", good().to_string().as_bytes()).expect("signed");
    let reason = InvalidJws::NoMatchingKey { algorithm: SignatureAlgorithm::Es256, kid: Some(Excerpt::new("2025-01")) };
    assert_eq!(verify_as(&client(), &UnverifiedIdToken::new(token.as_str(), NONCE)).err(), Some(reason.into()));
    let keys = set(&[es256().public_jwk(), rotated.public_jwk()]);
    let (client, metadata) = (client(), metadata_of(ISSUER));
    assert!(UnverifiedIdToken::new(token, NONCE).verify(&keys, &client.expected_id_token(&metadata), NOW).is_ok());
}

/// V46: neither the claims nor the keys of one provider are good at another.
#[test]
fn a_good_token_of_one_provider_is_refused_for_another() {
    let (client, here, there) = (client(), metadata_of(ISSUER), metadata_of("https://other.example"));
    let other_key = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("theirs");
    let (our_keys, their_keys) = (set(&[es256().public_jwk()]), set(&[other_key.public_jwk()]));
    let token = sign(&good());
    assert!(token.verify(&our_keys, &client.expected_id_token(&here), NOW).is_ok());
    for keys in [&our_keys, &their_keys] {
        let reason = InvalidIdToken::Issuer { expected: "https://other.example".to_owned(), got: Excerpt::new(ISSUER) };
        assert_eq!(token.verify(keys, &client.expected_id_token(&there), NOW).err(), Some(reason));
    }
    // The other provider signs that we said it.
    let forged = UnverifiedIdToken::new(other_key.sign("JWT", good().to_string().as_bytes()).expect("signed"), NONCE);
    let reason = InvalidJws::NoMatchingKey { algorithm: SignatureAlgorithm::Es256, kid: Some(Excerpt::new("theirs")) };
    assert_eq!(forged.verify(&our_keys, &client.expected_id_token(&here), NOW).err(), Some(reason.into()));
}

/// R43, V55: RFC 7519 4.1.4, "on or after which" the token is refused.
#[test]
fn a_token_is_refused_from_the_second_at_which_it_expires() {
    for seconds in [-SKEW, -SKEW - 1, -SKEW - 3600, -NOW.seconds()] {
        let reason = InvalidIdToken::Expired { exp: at(seconds), now: NOW };
        assert_eq!(refusal(&with(good(), "exp", at(seconds).seconds())), Some(reason), "{seconds}");
    }
    for seconds in [-SKEW + 1, 0, 1, 3600] {
        assert_eq!(refusal(&with(good(), "exp", at(seconds).seconds())), None, "{seconds}");
    }
}

/// R43, V41
#[test]
fn an_exp_that_is_no_time_is_refused() {
    assert_eq!(refusal(&without(good(), "exp")), missing("exp"));
    let reason = InvalidIdToken::Expired { exp: NumericDate::from_seconds(-1), now: NOW };
    assert_eq!(refusal(&with(good(), "exp", -1)), Some(reason));
    for exp in [json!("1900000000"), json!(1e300), json!(null), json!(true), json!([1_900_000_000]), json!(u64::MAX)] {
        assert_eq!(refusal(&with(good(), "exp", exp.clone())), wrong_type("exp"), "{exp}");
    }
    // A fraction is a time (RFC 7519 2).
    assert_eq!(refusal(&with(good(), "exp", 1_700_000_001.5)), None);
}

/// V55
#[test]
fn a_token_is_refused_before_its_nbf() {
    for seconds in [SKEW + 1, 3600] {
        let reason = InvalidIdToken::NotYetValid { nbf: at(seconds), now: NOW };
        assert_eq!(refusal(&with(good(), "nbf", at(seconds).seconds())), Some(reason), "{seconds}");
    }
    for seconds in [SKEW, 0, -3600] {
        assert_eq!(refusal(&with(good(), "nbf", at(seconds).seconds())), None, "{seconds}");
    }
    assert_eq!(refusal(&with(good(), "nbf", "1700000000")), wrong_type("nbf"));
}

/// R44, V55
#[test]
fn a_token_is_refused_when_it_was_issued_in_the_future_or_long_ago() {
    for seconds in [SKEW + 1, 3600] {
        let reason = InvalidIdToken::IssuedInFuture { iat: at(seconds), now: NOW };
        assert_eq!(refusal(&with(good(), "iat", at(seconds).seconds())), Some(reason), "{seconds}");
    }
    for seconds in [-600 - SKEW - 1, -86_400, -NOW.seconds() - 1] {
        let reason = InvalidIdToken::IssuedTooLongAgo { iat: at(seconds), now: NOW };
        assert_eq!(refusal(&with(good(), "iat", at(seconds).seconds())), Some(reason), "{seconds}");
    }
    for seconds in [SKEW, 0, -600, -600 - SKEW] {
        assert_eq!(refusal(&with(good(), "iat", at(seconds).seconds())), None, "{seconds}");
    }
    assert_eq!(refusal(&without(good(), "iat")), missing("iat"));
    assert_eq!(refusal(&with(good(), "iat", "1700000000")), wrong_type("iat"));
}

/// V55: no skew means none, and more skew means exactly so much more.
#[test]
fn the_skew_is_the_one_of_the_client() {
    for skew in [0, 300] {
        let client = client().clock_skew(skew);
        let verify = |name: &str, seconds: i64| {
            verify_as(&client, &sign(&with(good(), name, at(seconds).seconds()))).map(drop).err()
        };
        assert_eq!(verify("exp", 1 - skew), None);
        assert_eq!(verify("exp", -skew), Some(InvalidIdToken::Expired { exp: at(-skew), now: NOW }));
        assert_eq!(verify("nbf", skew), None);
        assert_eq!(verify("nbf", skew + 1), Some(InvalidIdToken::NotYetValid { nbf: at(skew + 1), now: NOW }));
        assert_eq!(verify("iat", skew), None);
        assert_eq!(verify("iat", skew + 1), Some(InvalidIdToken::IssuedInFuture { iat: at(skew + 1), now: NOW }));
        assert_eq!(verify("iat", -600 - skew), None);
        let long_ago = at(-601 - skew);
        assert_eq!(verify("iat", -601 - skew), Some(InvalidIdToken::IssuedTooLongAgo { iat: long_ago, now: NOW }));
    }
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
