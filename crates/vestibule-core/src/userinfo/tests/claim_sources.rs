//! Claims that are elsewhere: what is followed, what is kept apart, and what is believed.

use super::*;
use crate::{
    error::{InvalidClaimSources, InvalidSourcedClaims},
    http_client::DynamicHost,
    issuer::Issuer,
    jose::{InvalidJws, JwkSet, SigningKey},
};

const BANK: &str = "https://bank.example.com";

fn claims(value: &Value) -> ClaimsSet {
    ClaimsSet::from_json(value.to_string().as_bytes()).expect("claims")
}

fn issuer(text: &str) -> Issuer {
    Issuer::parse(text).expect("an issuer")
}

/// What is made of claims that have `shoe_size` and `hat_size` from `src1`, which is this.
fn sources(source: &Value) -> Result<ClaimSources, InvalidClaimSources> {
    let claims = claims(&json!({
        "sub": "alice",
        "_claim_names": {"shoe_size": "src1", "hat_size": "src1"},
        "_claim_sources": {"src1": source},
    }));
    ClaimSources::read(&claims, &issuer("https://login.example.com"))
}

fn question(source: &Value) -> DistributedClaimsRequest {
    sources(source).expect("a source").into_distributed().pop().expect("a question")
}

fn fetched(content_type: &'static str, body: impl Into<Bytes>) -> Result<UnverifiedDistributedClaims, ProtocolError> {
    let question = question(&json!({"endpoint": "https://bank.example.com/claims"}));
    match question.accept(NOW, answer(StatusCode::OK, content_type, body))? {
        Step::Done(claims) => Ok(claims),
        Step::Again(_) => panic!("nothing is asked for twice"),
    }
}

fn src1() -> Excerpt {
    Excerpt::new("src1")
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.collect()
}

/// Core 5.6.2
#[test]
fn claims_in_hand_and_claims_to_fetch_are_told_apart() {
    let claims = claims(&json!({
        "sub": "alice",
        "_claim_names": {"shoe_size": "src2", "address": "src1", "phone_number": "src1"},
        "_claim_sources": {"src1": {"JWT": "a.b.c"}, "src2": {"endpoint": "https://bank.example.com/c"}, "unused": 7},
    }));
    let sources = ClaimSources::read(&claims, &issuer("https://login.example.com")).expect("sources");
    let aggregated = sources.aggregated().first().expect("one");
    assert_eq!((aggregated.source_name(), names(aggregated.claim_names())), ("src1", vec!["address", "phone_number"]));
    assert!(!sources.is_empty());
    for one in [json!({"JWT": "a.b.c"}), json!({"endpoint": BANK})] {
        assert!(!self::sources(&one).expect("a source").is_empty(), "{one}");
    }
    let nowhere = ClaimSources::read(&self::claims(&json!({"sub": "alice"})), &issuer(BANK)).expect("no sources");
    assert!(nowhere.is_empty());
    let distributed = sources.into_distributed().pop().expect("one");
    assert_eq!((distributed.source_name(), names(distributed.claim_names())), ("src2", vec!["shoe_size"]));
    assert_eq!(distributed.endpoint().as_str(), "https://bank.example.com/c");
}

#[test]
fn a_source_that_cannot_be_followed_is_refused_by_name() {
    let refused = |source: Value| sources(&source).err();
    let wrong = |member| Some(InvalidClaimSources::Json(JsonFault::WrongType { member }));
    let source_name = src1();
    assert_eq!(refused(json!("x")), wrong("_claim_sources"));
    assert_eq!(refused(json!({"JWT": 1})), wrong("JWT"));
    assert_eq!(refused(json!({"endpoint": 1})), wrong("endpoint"));
    assert_eq!(refused(json!({"endpoint": BANK, "access_token": 1})), wrong("access_token"));
    assert_eq!(
        refused(json!({})),
        Some(InvalidClaimSources::NeitherTokenNorEndpoint { source_name: source_name.clone() })
    );
    let both = json!({"JWT": "a.b.c", "endpoint": BANK});
    assert_eq!(refused(both), Some(InvalidClaimSources::TokenAndEndpoint { source_name: source_name.clone() }));
    for token in ["", "a\r\nX-Admin: 1", "é"] {
        let reason = InvalidClaimSources::AccessToken { source_name: source_name.clone() };
        assert_eq!(refused(json!({"endpoint": BANK, "access_token": token})), Some(reason), "{token:?}");
    }
}

/// V78, V80
#[test]
fn a_source_is_asked_by_https_only() {
    for endpoint in
        ["http://bank.example.com/", "http://127.0.0.1/", "ftp://b.example/", "::", "/claims", "https://u@b.example/"]
    {
        let reason = InvalidClaimSources::Endpoint { source_name: src1(), got: Excerpt::new(endpoint) };
        assert_eq!(sources(&json!({"endpoint": endpoint})).err(), Some(reason), "{endpoint}");
    }
    // A provider on the developer's own machine has its sources there too, and nowhere else by plain http.
    let local = |endpoint| {
        let claims = claims(&json!({"_claim_names": {"a": "s"}, "_claim_sources": {"s": {"endpoint": endpoint}}}));
        ClaimSources::read(&claims, &issuer("http://127.0.0.1:3001")).is_ok()
    };
    assert!(local("http://127.0.0.1:3002/claims") && !local("http://10.0.0.1/claims"));
}

#[test]
fn names_and_sources_that_do_not_fit_are_refused() {
    let refused = |value: Value| ClaimSources::read(&claims(&value), &issuer("https://login.example.com")).err();
    let json = |fault| Some(InvalidClaimSources::Json(fault));
    let names = || json!({"shoe_size": "src1"});
    assert_eq!(refused(json!({"_claim_names": names()})), json(JsonFault::Missing { member: "_claim_sources" }));
    for (value, member) in [
        (json!({"_claim_names": "x"}), "_claim_names"),
        (json!({"_claim_names": {"a": 1}, "_claim_sources": {}}), "_claim_names"),
        (json!({"_claim_names": names(), "_claim_sources": []}), "_claim_sources"),
    ] {
        assert_eq!(refused(value.clone()), json(JsonFault::WrongType { member }), "{value}");
    }
    let missing = InvalidClaimSources::NoSuchSource { claim: Excerpt::new("shoe_size"), source_name: src1() };
    assert_eq!(refused(json!({"_claim_names": names(), "_claim_sources": {"src2": {"JWT": "a"}}})), Some(missing));
    let many = |count: usize| {
        let sources: serde_json::Map<_, _> = (1..=count).map(|n| (format!("src{n}"), json!({"JWT": "a"}))).collect();
        refused(json!({"_claim_names": names(), "_claim_sources": sources}))
    };
    assert_eq!(many(8), None);
    assert_eq!(many(9), Some(InvalidClaimSources::TooMany { count: 9, most: 8 }));
}

/// V78, R84: marked, with the source's own token or with none.
#[test]
fn the_question_has_its_own_token_or_none_and_the_mark_of_a_host_from_outside() {
    let endpoint = "https://bank.example.com/claims?of=alice";
    for (source, bearer) in [
        (json!({"endpoint": endpoint}), None),
        (json!({"endpoint": endpoint, "access_token": "canary"}), Some("Bearer canary")),
    ] {
        let mut question = question(&source);
        let request = question.request(NOW, Entropy::from_bytes([7; 32]));
        assert_eq!((request.method(), request.uri().to_string().as_str()), (&Method::GET, endpoint));
        let sent = request.headers().get(header::AUTHORIZATION);
        assert_eq!(sent.map(|value| value.to_str().expect("ASCII")), bearer);
        assert!(sent.is_none_or(HeaderValue::is_sensitive));
        assert_eq!(request.headers()[header::ACCEPT], "application/jwt, application/json");
        assert!(request.extensions().get::<DynamicHost>().is_some());
        let shown = format!("{question:?} {request:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}

/// V50: what nobody vouches for is not among the claims, and says so by its type.
#[test]
fn claims_from_elsewhere_are_only_those_that_were_named() {
    let body = json!({"shoe_size": 9, "sub": "mallory", "email": "m@example.com"});
    let shoe_size = claims(&json!({"shoe_size": 9}));
    let plain = fetched("application/json", body.to_string()).expect("an answer");
    assert_eq!(plain.unverified_claims(), Ok(shoe_size.clone()));
    assert_eq!(
        (plain.source_name(), names(plain.claim_names()), plain.unverified_issuer()),
        ("src1", vec!["hat_size", "shoe_size"], None)
    );
    // The suite's own are of `none`: they can be looked at, and never be verified.
    let token = format!(
        "{}.{}.",
        crate::jose::base64url::encode(r#"{"alg":"none"}"#),
        crate::jose::base64url::encode(body.to_string())
    );
    let aggregated = sources(&json!({"JWT": token})).expect("a source");
    let aggregated = aggregated.aggregated().first().expect("one");
    assert_eq!(aggregated.unverified_claims(), Ok(shoe_size.clone()));
    let fetched = fetched("application/jwt", token).expect("an answer");
    assert_eq!(fetched.unverified_claims(), Ok(shoe_size));
    let shown = format!("{plain:?} {aggregated:?} {fetched:?}");
    assert!(!shown.contains("mallory") && !shown.contains(": 9"), "{shown}");
    let broken = sources(&json!({"JWT": "no token"})).expect("a source");
    let broken = broken.aggregated().first().expect("one");
    assert_eq!(broken.unverified_claims(), Err(InvalidSourcedClaims::Jws(InvalidJws::NotCompact)));
    assert_eq!(broken.unverified_issuer(), None);
}

/// V83, V84, V79
#[test]
fn an_answer_of_a_source_is_small_and_of_a_known_kind() {
    let limit = DistributedClaimsRequest::LIMITS.body_bytes;
    assert_eq!(limit, 65_536);
    assert_eq!(
        fetched("application/jwt", "x".repeat(limit + 1)).err(),
        misbehaved(Misbehaviour::BodyTooLarge { limit })
    );
    let endpoint = Endpoint::ClaimsSource;
    let reason = Misbehaviour::UnexpectedMediaType { endpoint, got: Excerpt::new("text/html") };
    assert_eq!(fetched("text/html", "{}").err(), misbehaved(reason));
    let twice = fetched("application/json", r#"{"a":1,"a":2}"#).err();
    assert!(matches!(
        twice,
        Some(ProtocolError::Misbehaved(Misbehaviour::Json { endpoint: Endpoint::ClaimsSource, .. }))
    ));
    for status in [StatusCode::FOUND, StatusCode::UNAUTHORIZED, StatusCode::CREATED] {
        let question = question(&json!({"endpoint": "https://bank.example.com/claims"}));
        let reason = Misbehaviour::UnexpectedStatus { endpoint, status: status.as_u16() };
        let refused = question.accept(NOW, answer(status, "application/jwt", "a.b.c")).map(drop);
        assert_eq!(refused.err(), misbehaved(reason));
    }
}

/// What comes of these claims of the bank, in hand and fetched, which must not differ.
fn verified(typ: &str, payload: &Value, signer: &SigningKey, keys: &JwkSet) -> Result<ClaimsSet, InvalidSourcedClaims> {
    let token = signer.sign(typ, payload.to_string().as_bytes()).expect("signed");
    let (client, bank, es256) = (Client::public("rp"), issuer(BANK), SignatureAlgorithm::Es256);
    let aggregated = sources(&json!({"JWT": token})).expect("a source");
    let aggregated = aggregated.aggregated().first().expect("one").verify(&client, &bank, es256, keys, NOW);
    let fetched = fetched("application/jwt", token).expect("an answer");
    assert_eq!(fetched.verify(&client, &bank, es256, keys, NOW), aggregated);
    aggregated
}

fn signer() -> (SigningKey, JwkSet) {
    let signer = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("1");
    let keys = JwkSet::from_json(json!({"keys": [signer.public_jwk()]}).to_string().as_bytes()).expect("keys");
    (signer, keys)
}

/// RFC 8725 3.12, V50
#[test]
fn an_id_token_of_the_source_is_no_claims_from_it() {
    let (signer, keys) = signer();
    let refused = verified("JWT", &json!({"iss": BANK, "shoe_size": 9, "nonce": "n"}), &signer, &keys);
    assert_eq!(refused, Err(InvalidSourcedClaims::AnotherKind { claim: "nonce" }));
}

/// Core 5.6.2: a name of the provider's own for somebody else is about somebody else.
#[test]
fn what_the_provider_signed_is_about_the_person_that_it_named() {
    let (signer, keys) = signer();
    let provider = "https://login.example.com";
    let verify = |sub: &str| {
        let payload = json!({"iss": provider, "sub": sub, "shoe_size": 9}).to_string();
        let token = signer.sign("JWT", payload.as_bytes()).expect("signed");
        let sources = sources(&json!({"JWT": token})).expect("a source");
        let claims = sources.aggregated().first().expect("one");
        assert_eq!(claims.unverified_issuer().as_deref(), Some(provider));
        let (client, es256) = (Client::public("rp"), SignatureAlgorithm::Es256);
        let fetched = fetched("application/jwt", token).expect("an answer");
        assert_eq!(fetched.unverified_issuer().as_deref(), Some(provider));
        claims.verify(&client, &issuer(provider), es256, &keys, NOW)
    };
    assert_eq!(verify("alice"), Ok(claims(&json!({"shoe_size": 9}))));
    let (expected, got) = (Excerpt::new("alice"), Excerpt::new("mallory"));
    assert_eq!(verify("mallory"), Err(InvalidSourcedClaims::Subject { expected, got }));
}

/// Core 5.6.2, RFC 7519 4.1: believed only of the issuer whose keys they are.
#[test]
fn claims_from_elsewhere_are_believed_when_their_issuer_signed_them() {
    let (signer, keys) = signer();
    let good = json!({"iss": BANK, "shoe_size": 9, "sub": "their-own"});
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let verify = |claims: &Value| verified("JWT", claims, &signer, &keys);
    let shoe_size = claims(&json!({"shoe_size": 9}));
    for accepted in [
        good.clone(),
        with("aud", json!(["rp", "op"])),
        with("exp", json!(NOW.minus(59))),
        with("nbf", json!(NOW.plus(60))),
    ] {
        assert_eq!(verify(&accepted), Ok(shoe_size.clone()), "{accepted}");
    }
    let got = Excerpt::new("https://evil.example");
    assert_eq!(
        verify(&with("iss", json!("https://evil.example"))),
        Err(InvalidSourcedClaims::Issuer { expected: BANK.to_owned(), got })
    );
    assert_eq!(
        verify(&json!({"shoe_size": 9})),
        Err(InvalidSourcedClaims::Claims(JsonFault::Missing { member: "iss" }))
    );
    assert_eq!(
        verify(&with("aud", json!("other"))),
        Err(InvalidSourcedClaims::Audience { client_id: "rp".to_owned() })
    );
    let (exp, nbf) = (NOW.minus(60), NOW.plus(61));
    assert_eq!(verify(&with("exp", json!(exp))), Err(InvalidSourcedClaims::Expired { exp, now: NOW }));
    assert_eq!(verify(&with("nbf", json!(nbf))), Err(InvalidSourcedClaims::NotYetValid { nbf, now: NOW }));
    assert_eq!(
        verified("at+jwt", &good, &signer, &keys),
        Err(InvalidSourcedClaims::Type { got: Excerpt::new("at+jwt") })
    );
    let other = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("1");
    assert_eq!(verified("JWT", &good, &other, &keys), Err(InvalidSourcedClaims::Jws(InvalidJws::Signature)));
    let plain = fetched("application/json", good.to_string()).expect("an answer");
    let refused = plain.verify(&Client::public("rp"), &issuer(BANK), SignatureAlgorithm::Es256, &keys, NOW);
    assert_eq!(refused, Err(InvalidSourcedClaims::NotSigned));
}
