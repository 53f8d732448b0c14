use serde_json::json;

use super::*;
use crate::jose::SigningKey;

fn set(keys: &[Value]) -> JwkSet {
    JwkSet::from_json(json!({ "keys": keys }).to_string().as_bytes()).expect("a key set")
}

fn public(algorithm: SignatureAlgorithm) -> Value {
    SigningKey::generate(algorithm).expect("a key").public_jwk()
}

fn with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

fn without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().expect("an object").remove(name);
    jwk
}

fn only_skip(jwk: Value) -> SkipReason {
    let set = set(&[jwk]);
    assert!(set.is_empty());
    set.skipped()[0].reason
}

/// R105, V51
#[test]
fn a_key_with_private_parts_is_skipped_and_the_others_are_used() {
    let good = public(SignatureAlgorithm::Es256);
    for bad in [
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        with(good.clone(), "d", json!("AA")),
        with(good.clone(), "k", json!("AA")),
        with(public(SignatureAlgorithm::Rs256), "p", json!("AA")),
    ] {
        let set = set(&[bad, with(good.clone(), "kid", json!("other"))]);
        assert_eq!(set.len(), 1);
        assert_eq!(set.skipped()[0].reason, SkipReason::Private);
    }
}

#[test]
fn unknown_types_curves_and_algorithms_are_skipped() {
    assert_eq!(only_skip(json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"})), SkipReason::Unknown);
    assert_eq!(
        only_skip(with(public(SignatureAlgorithm::Es256), "crv", json!("brainpoolP256r1"))),
        SkipReason::Unknown
    );
    assert_eq!(only_skip(with(public(SignatureAlgorithm::EdDsa), "crv", json!("Ed448"))), SkipReason::Unknown);
    assert_eq!(only_skip(with(public(SignatureAlgorithm::Es256), "alg", json!("ES384"))), SkipReason::Unknown);
    assert_eq!(only_skip(with(public(SignatureAlgorithm::Rs256), "alg", json!("RSA-OAEP"))), SkipReason::Unknown);
}

#[test]
fn a_key_for_encryption_is_not_used_for_signatures() {
    assert_eq!(only_skip(with(public(SignatureAlgorithm::Rs256), "use", json!("enc"))), SkipReason::NotForSignatures);
    assert_eq!(
        only_skip(with(public(SignatureAlgorithm::Rs256), "key_ops", json!(["encrypt"]))),
        SkipReason::NotForSignatures
    );
}

/// R71, V44
#[test]
fn weak_and_malformed_rsa_keys_are_skipped() {
    let good = public(SignatureAlgorithm::Rs256);
    let n = |bytes: Vec<u8>| with(good.clone(), "n", json!(base64url::encode(bytes)));
    let e = |bytes: &[u8]| with(good.clone(), "e", json!(base64url::encode(bytes)));
    let modulus = |bytes: usize| {
        let mut n = vec![0xff; bytes];
        n[0] = 0xc0;
        n
    };
    assert_eq!(only_skip(n(modulus(128))), SkipReason::Weak);
    assert_eq!(only_skip(n(modulus(255))), SkipReason::Weak);
    assert_eq!(only_skip(n(modulus(1025))), SkipReason::Weak);
    for exponent in [&[1][..], &[3], &[17], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        assert_eq!(only_skip(e(exponent)), SkipReason::Weak, "{exponent:?}");
    }
    assert_eq!(only_skip(e(&[])), SkipReason::Malformed);
    assert_eq!(only_skip(e(&[0, 1, 0, 1])), SkipReason::Malformed);
    assert_eq!(only_skip(n(vec![])), SkipReason::Malformed);
    assert_eq!(only_skip(without(good.clone(), "n")), SkipReason::Malformed);
    assert_eq!(only_skip(with(good.clone(), "n", json!("AQAB="))), SkipReason::Malformed);
    assert_eq!(set(&[good]).len(), 1);
}

/// R71
#[test]
fn a_point_that_is_not_on_its_curve_is_skipped() {
    for algorithm in
        [SignatureAlgorithm::Es256, SignatureAlgorithm::Es384, SignatureAlgorithm::Es512, SignatureAlgorithm::Es256k]
    {
        let good = public(algorithm);
        let x = good["x"].clone();
        assert_eq!(only_skip(with(good.clone(), "y", x)), SkipReason::Malformed, "{algorithm}");
        let length = base64url::decode(good["x"].as_str().expect("a string")).expect("base64url").len();
        let zero = json!(base64url::encode(vec![0; length]));
        assert_eq!(
            only_skip(with(with(good.clone(), "x", zero.clone()), "y", zero)),
            SkipReason::Malformed,
            "{algorithm}"
        );
        assert_eq!(only_skip(with(good.clone(), "x", json!("AA"))), SkipReason::Malformed, "{algorithm}");
        assert_eq!(set(&[good]).len(), 1);
    }
}

/// R79, V51
#[test]
fn one_kid_may_stand_for_keys_of_different_algorithms_but_not_of_one() {
    let one = with(public(SignatureAlgorithm::Es256), "kid", json!("k"));
    let two = with(public(SignatureAlgorithm::Rs256), "kid", json!("k"));
    let twin = with(public(SignatureAlgorithm::Es256), "kid", json!("k"));
    let set = set(&[one, two, twin]);
    assert_eq!(set.len(), 2);
    assert_eq!(set.skipped(), [SkippedKey { kid: Some("k".to_owned()), reason: SkipReason::Duplicate }]);
}

/// V51
#[test]
fn more_than_64_keys_are_no_key_set() {
    let key = json!({"kty": "unknown"});
    assert_eq!(set(&vec![key.clone(); 64]).skipped().len(), 64);
    let json = json!({"keys": vec![key; 65]}).to_string();
    assert_eq!(JwkSet::from_json(json.as_bytes()).err(), Some(InvalidJwkSet::TooManyKeys { count: 65 }));
}

#[test]
fn what_is_no_key_set_says_why() {
    assert_eq!(JwkSet::from_json(b"{}").err(), Some(InvalidJwkSet::Json(JsonFault::Missing { member: "keys" })));
    assert_eq!(
        JwkSet::from_json(br#"{"keys":{}}"#).err(),
        Some(InvalidJwkSet::Json(JsonFault::WrongType { member: "keys" }))
    );
    assert!(matches!(JwkSet::from_json(b"<html>").err(), Some(InvalidJwkSet::Json(JsonFault::NotAnObject { .. }))));
    assert_eq!(set(&[json!(1), json!("x"), json!(null)]).skipped().len(), 3);
}
