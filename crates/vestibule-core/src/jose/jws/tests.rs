mod specifications;
mod wycheproof;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::jose::SigningKey;

const PAYLOAD: &[u8] = br#"{"sub":"alice"}"#;

fn key(algorithm: SignatureAlgorithm) -> SigningKey {
    SigningKey::generate(algorithm).expect("a key")
}

fn set(keys: &[Value]) -> JwkSet {
    JwkSet::from_json(json!({ "keys": keys }).to_string().as_bytes()).expect("a key set")
}

fn verify(token: &str, algorithm: SignatureAlgorithm, keys: &JwkSet) -> Result<(), InvalidJws> {
    CompactJws::parse(token)?.verify(algorithm, keys)
}

#[test]
fn every_algorithm_verifies_what_it_signed_and_nothing_else() {
    for algorithm in SignatureAlgorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric()) {
        let (signer, other) = (key(algorithm).with_kid("k"), key(algorithm).with_kid("k"));
        let token = signer.sign("JWT", PAYLOAD).expect("signed");
        assert_eq!(verify(&token, algorithm, &set(&[signer.public_jwk()])), Ok(()), "{algorithm}");
        assert_eq!(verify(&token, algorithm, &set(&[other.public_jwk()])), Err(InvalidJws::Signature), "{algorithm}");
        let (input, signature) = token.rsplit_once('.').expect("three segments");
        let forged = format!(
            "{}.{}.{signature}",
            input.split_once('.').expect("two").0,
            base64url::encode(br#"{"sub":"admin"}"#)
        );
        assert_eq!(verify(&forged, algorithm, &set(&[signer.public_jwk()])), Err(InvalidJws::Signature), "{algorithm}");
    }
}

/// R42, R70, V34
#[test]
fn only_the_agreed_algorithm_is_accepted_whatever_key_and_header_say() {
    let rsa = key(SignatureAlgorithm::Rs256);
    let jwk = rsa.public_jwk();
    let mut any_alg = jwk.clone();
    any_alg.as_object_mut().expect("an object").remove("alg");
    let keys = set(&[any_alg]);
    for alg in ["none", "None", "HS256", "RS384", "PS256", "ES256", "rs256", ""] {
        let token = rsa.sign_with_header(&json!({"alg": alg, "kid": rsa.kid()}), PAYLOAD).expect("signed");
        let reason = InvalidJws::Algorithm { expected: SignatureAlgorithm::Rs256, got: Excerpt::new(alg) };
        assert_eq!(verify(&token, SignatureAlgorithm::Rs256, &keys), Err(reason), "{alg}");
    }
    // A key that names RS256 does not serve PS256, even where PS256 was agreed on.
    let token = rsa.sign_with_header(&json!({"alg": "PS256", "kid": rsa.kid()}), PAYLOAD).expect("signed");
    assert!(matches!(verify(&token, SignatureAlgorithm::Ps256, &set(&[jwk])), Err(InvalidJws::NoMatchingKey { .. })));
}

/// R76, R79
#[test]
fn keys_are_picked_by_kid_algorithm_and_type() {
    let (rsa, ec) = (key(SignatureAlgorithm::Rs256).with_kid("k"), key(SignatureAlgorithm::Es256).with_kid("k"));
    let (other, third) = (key(SignatureAlgorithm::Rs256).with_kid("2"), key(SignatureAlgorithm::Rs256).with_kid("3"));
    let keys = set(&[
        ec.public_jwk(),
        other.public_jwk(),
        rsa.public_jwk(),
        json!({"kty": "EC", "crv": "unknown", "kid": "k"}),
    ]);
    for (signer, expected) in [
        (&rsa, Ok(())),
        (&ec, Ok(())),
        (&third, Err(InvalidJws::NoMatchingKey { algorithm: SignatureAlgorithm::Rs256, kid: Some(Excerpt::new("3")) })),
    ] {
        let token = signer.sign("JWT", PAYLOAD).expect("signed");
        assert_eq!(verify(&token, signer.algorithm(), &keys), expected);
    }
    let anonymous = rsa.sign_with_header(&json!({"alg": "RS256"}), PAYLOAD).expect("signed");
    assert_eq!(verify(&anonymous, SignatureAlgorithm::Rs256, &keys), Ok(()), "without kid each RSA key is tried");
    let anonymous = third.sign_with_header(&json!({"alg": "RS256"}), PAYLOAD).expect("signed");
    assert_eq!(verify(&anonymous, SignatureAlgorithm::Rs256, &keys), Err(InvalidJws::Signature));
    assert_eq!(
        verify(&anonymous, SignatureAlgorithm::Rs256, &set(&[])),
        Err(InvalidJws::NoMatchingKey { algorithm: SignatureAlgorithm::Rs256, kid: None })
    );
}

/// R66, R67, V40
#[test]
fn extensions_are_refused() {
    let key = key(SignatureAlgorithm::Es256);
    for header in [
        json!({"alg": "ES256", "crit": ["exp"]}),
        json!({"alg": "ES256", "crit": []}),
        json!({"alg": "ES256", "b64": false, "crit": ["b64"]}),
        json!({"alg": "ES256", "b64": false}),
        json!({"alg": "ES256", "b64": true}),
        json!({"alg": "ES256", "crit": null}),
    ] {
        let token = key.sign_with_header(&header, PAYLOAD).expect("signed");
        assert_eq!(CompactJws::parse(&token).err(), Some(InvalidJws::CriticalExtension), "{header}");
    }
    let escaped = format!("{}.e30.AA", base64url::encode(r#"{"alg":"ES256","\u0063rit":["exp"]}"#));
    assert_eq!(CompactJws::parse(&escaped).err(), Some(InvalidJws::CriticalExtension));
}

/// R73, V35: keys and addresses inside the token change nothing.
#[test]
fn a_key_that_the_token_brings_along_is_not_used() {
    let (ours, attacker) = (key(SignatureAlgorithm::Es256), key(SignatureAlgorithm::Es256));
    for header in [
        json!({"alg": "ES256", "kid": ours.kid(), "jwk": attacker.public_jwk()}),
        json!({"alg": "ES256", "kid": ours.kid(), "jku": "https://attacker.example/keys"}),
        json!({"alg": "ES256", "kid": ours.kid(), "x5u": "https://attacker.example/cert", "x5c": ["AA"]}),
    ] {
        let token = attacker.sign_with_header(&header, PAYLOAD).expect("signed");
        assert_eq!(verify(&token, SignatureAlgorithm::Es256, &set(&[ours.public_jwk()])), Err(InvalidJws::Signature));
    }
}

/// R67, R68, R75, V53
#[test]
fn only_the_compact_form_is_read() {
    let token = key(SignatureAlgorithm::Es256).sign("JWT", PAYLOAD).expect("signed");
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().expect("three segments");
    for refused in [
        String::new(),
        "..".to_owned(),
        "...".to_owned(),
        format!("{header}.{payload}"),
        format!("{token}.{signature}"),
        format!("{token}.{signature}.{signature}"),
        format!("{token}="),
        format!("{token} "),
        format!(" {token}"),
        format!("{header}.{payload}\n.{signature}"),
        format!("{header}.{payload}=.{signature}"),
        format!("{{\"payload\":\"{payload}\",\"protected\":\"{header}\",\"signature\":\"{signature}\"}}"),
        format!("\"{token}\""),
    ] {
        assert!(matches!(CompactJws::parse(&refused), Err(InvalidJws::NotCompact | InvalidJws::Header)), "{refused}");
    }
    let keys = set(&[]);
    assert!(verify(&format!("{header}.{payload}."), SignatureAlgorithm::Es256, &keys).is_err(), "an empty signature");
}

/// R68
#[test]
fn an_empty_or_detached_part_is_not_signed() {
    let signer = key(SignatureAlgorithm::Es256);
    let keys = set(&[signer.public_jwk()]);
    let token = signer.sign("JWT", PAYLOAD).expect("signed");
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().expect("three segments");
    assert_eq!(verify(&format!("{header}.{payload}."), SignatureAlgorithm::Es256, &keys), Err(InvalidJws::Signature));
    assert_eq!(verify(&format!("{header}..{signature}"), SignatureAlgorithm::Es256, &keys), Err(InvalidJws::Signature));
}

/// R71, V44: "psychic" signatures.
#[test]
fn a_signature_of_zeros_is_refused() {
    let signer = key(SignatureAlgorithm::Es256);
    let token = signer.sign("JWT", PAYLOAD).expect("signed");
    let input = token.rsplit_once('.').expect("three segments").0;
    for bytes in [[0; 64], [0xff; 64]] {
        let forged = format!("{input}.{}", base64url::encode(bytes));
        assert_eq!(
            verify(&forged, SignatureAlgorithm::Es256, &set(&[signer.public_jwk()])),
            Err(InvalidJws::Signature)
        );
    }
}

/// V42, R65
#[test]
fn a_header_is_one_strict_object() {
    for header in [
        "",
        "[]",
        "{}",
        r#"{"alg":1}"#,
        r#"{"alg":null}"#,
        r#"{"alg":"ES256","alg":"none"}"#,
        r#"{"alg":"ES256","x":1,"x":2}"#,
        r#"{"alg":"ES256"}{}"#,
        "\u{feff}{\"alg\":\"ES256\"}",
        r#"{"alg":"ES256","kid":7}"#,
        r#"{"alg":"ES256","kid":null}"#,
        r#"{"alg":"ES256","kid":"a","kid":"b"}"#,
        r#"{"alg":"ES256","\u0061lg":"ES256"}"#,
    ] {
        let token = format!("{}.e30.AA", base64url::encode(header));
        assert_eq!(CompactJws::parse(&token).err(), Some(InvalidJws::Header), "{header}");
    }
}

/// V53, R65: RFC 7515 5.2 (3): UTF-8 from end to end, also in members that nobody reads.
#[test]
fn a_header_that_is_not_utf_8_is_refused() {
    for header in [
        &b"{\"alg\":\"ES256\",\"x\":\"\xff\"}"[..],
        b"{\"alg\":\"ES256\",\"\xff\":1}",
        b"{\"alg\":\"ES256\",\"kid\":\"\xff\"}",
    ] {
        let token = format!("{}.e30.AA", base64url::encode(header));
        assert_eq!(CompactJws::parse(&token).err(), Some(InvalidJws::Header), "{}", String::from_utf8_lossy(header));
    }
}

/// V104: the search for duplicates is bounded.
#[test]
fn a_header_has_at_most_32_members() {
    let token = |members: usize| {
        let header: serde_json::Map<_, _> = (1..members).map(|n| (n.to_string(), json!(n))).collect();
        let header = Value::Object([("alg".to_owned(), json!("ES256"))].into_iter().chain(header).collect());
        format!("{}.e30.AA", base64url::encode(header.to_string()))
    };
    assert!(CompactJws::parse(&token(32)).is_ok());
    assert_eq!(CompactJws::parse(&token(33)).err(), Some(InvalidJws::Header));
}

proptest! {
    /// V104
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*", token in "[A-Za-z0-9_.-]{0,200}") {
        let _ = CompactJws::parse(&text);
        let _ = CompactJws::parse(&token);
    }
}

fn secret(bytes: usize) -> Secret<String> {
    Secret::new("x".repeat(bytes))
}

/// V34, V54
#[test]
fn an_hmac_is_made_with_the_shared_secret_and_a_long_one() {
    for (algorithm, bytes) in
        [(SignatureAlgorithm::Hs256, 32), (SignatureAlgorithm::Hs384, 48), (SignatureAlgorithm::Hs512, 64)]
    {
        let signer = SigningKey::from_secret(algorithm, &secret(bytes)).expect("a key");
        let token = signer.sign("JWT", PAYLOAD).expect("signed");
        let jws = CompactJws::parse(&token).expect("a JWS");
        assert_eq!(jws.verify_with_secret(algorithm, &secret(bytes)), Ok(()));
        assert_eq!(jws.verify_with_secret(algorithm, &secret(bytes + 1)), Err(InvalidJws::Signature));
        assert!(SigningKey::from_secret(algorithm, &secret(bytes - 1)).is_err());
        let short = jws.verify_with_secret(algorithm, &secret(bytes - 1));
        assert_eq!(short, Err(InvalidJws::NoMatchingKey { algorithm, kid: None }), "{algorithm}");
    }
}

/// R42, R70, V34: the oldest trick: an HMAC under the text of a public key.
#[test]
fn a_public_key_is_never_a_secret() {
    let provider = key(SignatureAlgorithm::Es256);
    let public = Secret::new(provider.public_jwk().to_string());
    let token = SigningKey::from_secret(SignatureAlgorithm::Hs256, &public)
        .expect("long enough")
        .sign("JWT", PAYLOAD)
        .expect("signed");
    let keys = set(&[provider.public_jwk()]);
    assert!(matches!(verify(&token, SignatureAlgorithm::Es256, &keys), Err(InvalidJws::Algorithm { .. })));
    assert!(matches!(verify(&token, SignatureAlgorithm::Hs256, &keys), Err(InvalidJws::NoMatchingKey { .. })));
    let jws = CompactJws::parse(&token).expect("a JWS");
    assert!(matches!(jws.verify_with_secret(SignatureAlgorithm::Es256, &public), Err(InvalidJws::Algorithm { .. })));
}
