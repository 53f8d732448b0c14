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
    for algorithm in SignatureAlgorithm::ALL {
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
    ] {
        let token = key.sign_with_header(&header, PAYLOAD).expect("signed");
        assert_eq!(CompactJws::parse(&token).err(), Some(InvalidJws::CriticalExtension), "{header}");
    }
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
    ] {
        let token = format!("{}.e30.AA", base64url::encode(header));
        assert_eq!(CompactJws::parse(&token).err(), Some(InvalidJws::Header), "{header}");
    }
}

proptest! {
    /// V104
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*", token in "[A-Za-z0-9_.-]{0,200}") {
        let _ = CompactJws::parse(&text);
        let _ = CompactJws::parse(&token);
    }
}
