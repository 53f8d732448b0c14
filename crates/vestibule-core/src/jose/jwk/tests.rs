use serde_json::json;

use super::*;
use crate::jose::{DecryptionKey, EncryptionCurve, KeyManagementAlgorithm, SigningKey, base64url, roca};

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
    let (good, rsa) = (public(SignatureAlgorithm::Es256), public(SignatureAlgorithm::Rs256));
    let symmetric = [json!({"kty": "oct", "k": "c2VjcmV0"}), json!({"kty": "oct"})];
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].map(|member| with(rsa.clone(), member, json!("AA")));
    for bad in symmetric.into_iter().chain(private).chain([with(good.clone(), "d", json!("AA"))]) {
        let set = set(&[bad.clone(), with(good.clone(), "kid", json!("other"))]);
        assert_eq!(set.len(), 1, "{bad}");
        assert_eq!(set.skipped()[0].reason, SkipReason::Private, "{bad}");
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

/// RFC 7517 4.2, 4.3: one key, one purpose; which, it says itself.
#[test]
fn a_key_is_for_signatures_or_for_encryption_and_never_for_both() {
    let rsa = without(without(public(SignatureAlgorithm::Rs256), "alg"), "use");
    let ec = without(without(public(SignatureAlgorithm::Es256), "alg"), "use");
    let x25519 = DecryptionKey::generate_on(KeyManagementAlgorithm::EcdhEs, EncryptionCurve::X25519);
    let x25519 = x25519.expect("a key").public_jwk();
    let purpose = |jwk: Value| {
        let set = set(std::slice::from_ref(&jwk));
        let encrypts = KeyManagementAlgorithm::ALL.iter().any(|alg| set.encryption_key(*alg).is_some());
        assert_eq!(encrypts, !set.encryption_keys().is_empty());
        (set.len(), set.encryption_keys().len())
    };
    for jwk in [&rsa, &ec] {
        assert_eq!(purpose(jwk.clone()), (1, 0), "one that does not say is for signatures");
        assert_eq!(purpose(with(jwk.clone(), "use", json!("sig"))), (1, 0));
        assert_eq!(purpose(with(jwk.clone(), "use", json!("enc"))), (0, 1));
        assert_eq!(purpose(with(jwk.clone(), "key_ops", json!(["verify"]))), (1, 0));
        for operation in ["encrypt", "wrapKey", "deriveKey", "deriveBits"] {
            assert_eq!(purpose(with(jwk.clone(), "key_ops", json!([operation]))), (0, 1), "{operation}");
        }
        assert_eq!(purpose(with(jwk.clone(), "key_ops", json!(["verify", "encrypt"]))), (1, 0));
    }
    assert_eq!(purpose(with(rsa.clone(), "alg", json!("RSA-OAEP-256"))), (0, 1));
    assert_eq!(purpose(with(ec.clone(), "alg", json!("ECDH-ES"))), (0, 1));
    assert_eq!(purpose(without(without(x25519, "use"), "alg")), (0, 1));
    for (name, value) in [("use", json!("tls")), ("key_ops", json!(["sign"])), ("key_ops", json!([]))] {
        assert_eq!(only_skip(with(rsa.clone(), name, value)), SkipReason::OtherUse);
    }
    assert_eq!(only_skip(with(public(SignatureAlgorithm::Rs256), "key_ops", json!(["encrypt"]))), SkipReason::OtherUse);
    let contradicting = with(with(rsa, "use", json!("enc")), "key_ops", json!(["verify"]));
    assert_eq!(only_skip(contradicting), SkipReason::OtherUse);
}

/// R70: RFC 8725 3.1: an encryption key serves the algorithms of its type or the one that it names; the old padding is none (V45).
#[test]
fn an_encryption_key_serves_the_algorithms_of_its_type_or_the_one_that_it_names() {
    use KeyManagementAlgorithm::{EcdhEs, EcdhEsA128Kw, EcdhEsA256Kw, RsaOaep, RsaOaep256};
    let enc = |algorithm| with(without(public(algorithm), "alg"), "use", json!("enc"));
    let served = |jwk: Value| {
        let set = set(&[jwk]);
        KeyManagementAlgorithm::ALL.into_iter().filter(|alg| set.encryption_key(*alg).is_some()).collect::<Vec<_>>()
    };
    let rsa = enc(SignatureAlgorithm::Rs256);
    assert_eq!(served(rsa.clone()), [RsaOaep, RsaOaep256]);
    assert_eq!(served(with(rsa.clone(), "alg", json!("RSA-OAEP-256"))), [RsaOaep256]);
    for algorithm in [SignatureAlgorithm::Es256, SignatureAlgorithm::Es384, SignatureAlgorithm::Es512] {
        assert_eq!(served(enc(algorithm)), [EcdhEs, EcdhEsA128Kw, EcdhEsA256Kw], "{algorithm}");
    }
    for alg in ["RSA1_5", "RS256", "ECDH-ES", "A128KW", "dir", "rsa-oaep", ""] {
        assert_eq!(only_skip(with(rsa.clone(), "alg", json!(alg))), SkipReason::Unknown, "{alg}");
    }
    for algorithm in [SignatureAlgorithm::Es256k, SignatureAlgorithm::EdDsa] {
        assert_eq!(only_skip(enc(algorithm)), SkipReason::Unknown, "{algorithm}");
    }
}

/// R71, V44, V51: the checks of strength, form and privacy are those of the other keys.
#[test]
fn a_bad_encryption_key_is_skipped() {
    let rsa = with(without(public(SignatureAlgorithm::Rs256), "alg"), "use", json!("enc"));
    let ec = with(without(public(SignatureAlgorithm::Es256), "alg"), "use", json!("enc"));
    assert_eq!(only_skip(with(rsa.clone(), "e", json!("Aw"))), SkipReason::Weak);
    let short = base64url::encode([0xff; 128]);
    assert_eq!(only_skip(with(rsa.clone(), "n", json!(short))), SkipReason::Weak);
    assert_eq!(only_skip(without(rsa.clone(), "n")), SkipReason::Malformed);
    assert_eq!(only_skip(with(ec.clone(), "y", ec["x"].clone())), SkipReason::Malformed);
    assert_eq!(only_skip(without(ec.clone(), "y")), SkipReason::Malformed);
    assert_eq!(only_skip(with(ec.clone(), "x", json!("AA"))), SkipReason::Malformed);
    assert_eq!(only_skip(with(ec.clone(), "d", json!("AA"))), SkipReason::Private);
    assert_eq!(only_skip(with(ec, "kty", json!("unknown"))), SkipReason::Unknown);
    let x25519 = json!({"kty": "OKP", "crv": "X25519", "x": base64url::encode([9; 33])});
    assert_eq!(only_skip(x25519), SkipReason::Malformed);
}

/// R79, V51
#[test]
fn one_kid_may_stand_for_a_key_of_each_purpose_but_not_for_two_of_one() {
    let enc = || DecryptionKey::generate(KeyManagementAlgorithm::EcdhEs).expect("a key").with_kid("k").public_jwk();
    let sig = with(public(SignatureAlgorithm::Es256), "kid", json!("k"));
    let other = DecryptionKey::generate(KeyManagementAlgorithm::EcdhEsA128Kw).expect("a key").with_kid("k");
    let set = set(&[enc(), sig, enc(), other.public_jwk()]);
    assert_eq!((set.len(), set.encryption_keys().len()), (1, 2));
    assert_eq!(set.skipped(), [SkippedKey { kid: Some("k".to_owned()), reason: SkipReason::Duplicate }]);
}

/// V44
#[test]
fn an_rsa_key_that_can_be_taken_apart_is_skipped_whatever_it_is_for() {
    let rsa = with(public(SignatureAlgorithm::Rs256), "n", json!(roca::FACTORABLE));
    assert_eq!(only_skip(rsa.clone()), SkipReason::Factorable);
    assert_eq!(only_skip(with(without(rsa, "alg"), "use", json!("enc"))), SkipReason::Factorable);
}

/// R71, V44
#[test]
fn weak_and_malformed_rsa_keys_are_skipped() {
    let good = public(SignatureAlgorithm::Rs256);
    let n = |bytes: Vec<u8>| with(good.clone(), "n", json!(base64url::encode(bytes)));
    let e = |bytes: &[u8]| with(good.clone(), "e", json!(base64url::encode(bytes)));
    for (bits, first, others) in [(1024, 0xff, 127), (2040, 0xff, 254), (2047, 0x7f, 255), (8193, 0x01, 1024)] {
        assert_eq!(only_skip(n([vec![first], vec![0xff; others]].concat())), SkipReason::Weak, "{bits} bits");
    }
    for exponent in [&[1][..], &[3], &[17], &[0xff, 0xff], &[1, 0, 0], &[1, 0, 2], &[1, 0, 0, 0, 1]] {
        assert_eq!(only_skip(e(exponent)), SkipReason::Weak, "{exponent:?}");
    }
    assert_eq!(set(&[e(&[1, 0, 0, 1])]).len(), 1, "four bytes are not too many");
    assert_eq!(only_skip(e(&[])), SkipReason::Malformed);
    for zero_first in [&[0][..], &[0, 3], &[0, 1, 0, 1], &[0, 0, 1, 0, 1]] {
        assert_eq!(only_skip(e(zero_first)), SkipReason::Malformed, "{zero_first:?}: RFC 7518 6.3.1.2, a leading zero");
    }
    assert_eq!(only_skip(n(vec![])), SkipReason::Malformed);
    assert_eq!(only_skip(n([vec![0], vec![0xff; 128]].concat())), SkipReason::Malformed, "malformed before it is weak");
    let modulus = base64url::decode(good["n"].as_str().expect("a string")).expect("base64url");
    assert_eq!(only_skip(n([&[0], modulus.as_slice()].concat())), SkipReason::Malformed, "a leading zero");
    let (last, others) = modulus.split_last().expect("a modulus");
    assert_eq!(only_skip(n([others, &[last & 0xfe]].concat())), SkipReason::Malformed, "an even modulus");
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

/// R71: RFC 7518 6.2.1.2: each coordinate has its own length, so that a point has one form; together they are a good point here.
#[test]
fn coordinates_of_other_lengths_than_the_curves_are_refused() {
    for algorithm in
        [SignatureAlgorithm::Es256, SignatureAlgorithm::Es384, SignatureAlgorithm::Es512, SignatureAlgorithm::Es256k]
    {
        let good = public(algorithm);
        let coordinate = |name: &str| base64url::decode(good[name].as_str().expect("a string")).expect("base64url");
        let (x, y) = (coordinate("x"), coordinate("y"));
        let point = [x.as_slice(), &y].concat();
        for at in [0, 1, x.len() - 1, x.len() + 1, point.len()] {
            let (x, y) = point.split_at(at);
            let moved = with(with(good.clone(), "x", json!(base64url::encode(x))), "y", json!(base64url::encode(y)));
            assert_eq!(only_skip(moved), SkipReason::Malformed, "{algorithm}: split at {at}");
        }
        let padded = json!(base64url::encode([&[0], x.as_slice()].concat()));
        assert_eq!(only_skip(with(good, "x", padded)), SkipReason::Malformed, "{algorithm}: a leading zero");
    }
    for bytes in [0, 31, 33, 64] {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(vec![9; bytes])});
        assert_eq!(only_skip(jwk), SkipReason::Malformed, "{bytes}");
    }
}

/// R71, V44: the crypto library would read a SubjectPublicKeyInfo (RFC 8410 4) too, and nobody would see the order of its point.
#[test]
fn an_ed25519_key_in_another_encoding_is_refused() {
    let algorithm_and_lengths = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let good = public(SignatureAlgorithm::EdDsa)["x"].as_str().and_then(base64url::decode).expect("a point");
    let neutral = [&[1][..], &[0; 31]].concat();
    for point in [good, neutral] {
        let x = base64url::encode([&algorithm_and_lengths, point.as_slice()].concat());
        assert_eq!(only_skip(json!({"kty": "OKP", "crv": "Ed25519", "x": x})), SkipReason::Malformed);
    }
}

/// R71: on secp256k1 there is a point with x = 1; 1 + p is the same x written in another way.
#[test]
fn a_coordinate_beyond_the_field_is_refused() {
    let y = "QhjyCubGRrNj22hgWCL7FCZMqNJYf91vvHUNWH52p-4";
    let jwk = |x: &str| json!({"kty": "EC", "crv": "secp256k1", "x": x, "y": y});
    assert_eq!(set(&[jwk("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE")]).len(), 1);
    assert_eq!(only_skip(jwk("_____________________________________v___DA")), SkipReason::Malformed);
}

/// R71, V44: under the neutral element everybody's signature is good, and under the other points of small order every second to
/// eighth one.
#[test]
fn an_ed25519_key_under_which_everybody_can_sign_is_skipped() {
    for x in [
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
        "7P_______________________________________38",
        "7P________________________________________8",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o",
    ] {
        assert_eq!(only_skip(json!({"kty": "OKP", "crv": "Ed25519", "x": x})), SkipReason::Weak, "{x}");
    }
    assert_eq!(set(&[public(SignatureAlgorithm::EdDsa)]).len(), 1);
}

/// R70: a key that names its algorithm serves that one, whatever its type could do; one that names a foreign one serves none.
#[test]
fn a_key_serves_the_algorithms_of_its_type_or_the_one_that_it_names() {
    let served = |jwk: Value| {
        let set = set(&[jwk]);
        let serves = |algorithm: &SignatureAlgorithm| set.candidates(*algorithm, None, |_| true).next().is_some();
        SignatureAlgorithm::ALL.into_iter().filter(serves).map(SignatureAlgorithm::name).collect::<Vec<_>>()
    };
    let rsa = without(public(SignatureAlgorithm::Rs256), "alg");
    assert_eq!(served(rsa.clone()), ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]);
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        assert_eq!(served(with(rsa.clone(), "alg", json!(algorithm))), [algorithm]);
    }
    for algorithm in ["HS256", "ES256", "EdDSA", "none", "rs256", ""] {
        assert_eq!(only_skip(with(rsa.clone(), "alg", json!(algorithm))), SkipReason::Unknown, "{algorithm}");
    }
    for algorithm in ["ES256", "ES384", "ES512", "ES256K", "EdDSA"] {
        let key = public(algorithm.parse().expect("an algorithm"));
        assert_eq!(served(without(key.clone(), "alg")), [algorithm]);
        assert_eq!(only_skip(with(key, "alg", json!("HS256"))), SkipReason::Unknown, "{algorithm}");
    }
}

/// R76, V36: a kid is compared as it stands; a token that names one gets no key without one.
#[test]
fn a_kid_is_a_string_to_compare_and_nothing_else() {
    let key = public(SignatureAlgorithm::Es256);
    let with_kid = |kid: &str| set(&[with(key.clone(), "kid", json!(kid))]);
    let found = |set: &JwkSet, kid: Option<&str>| set.candidates(SignatureAlgorithm::Es256, kid, |_| true).count();
    for kid in ["k", "", "../../etc/passwd", "k' OR '1'='1", "https://keys.example/k", "k\0"] {
        assert_eq!(found(&with_kid(kid), Some(kid)), 1, "{kid}");
        assert_eq!(found(&with_kid(kid), None), 1, "{kid}");
        for other in ["K", "k ", "k%20", "./k"] {
            assert_eq!(found(&with_kid(kid), Some(other)), 0, "{kid}: {other}");
        }
    }
    let nameless = set(&[without(key.clone(), "kid"), public(SignatureAlgorithm::Es256)]);
    assert_eq!((found(&nameless, Some("k")), found(&nameless, Some("")), found(&nameless, None)), (0, 0, 2));
    assert_eq!(only_skip(with(key, "kid", json!(1))), SkipReason::Malformed);
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

/// R76: nothing tells keys without a kid apart, so each of them is tried.
#[test]
fn keys_of_one_algorithm_and_without_a_kid_are_all_used() {
    let keys = [(); 3].map(|()| without(public(SignatureAlgorithm::Es256), "kid"));
    let set = set(&keys);
    assert_eq!((set.len(), set.skipped().len()), (3, 0));
    assert_eq!(set.candidates(SignatureAlgorithm::Es256, None, |_| true).count(), 3);
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
fn a_set_is_empty_that_has_no_key_to_use() {
    assert!(JwkSet::empty().is_empty() && set(&[json!({"kty": "unknown"})]).is_empty());
    assert!(!set(&[public(SignatureAlgorithm::Es256)]).is_empty());
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

#[test]
fn a_set_knows_for_which_algorithms_it_has_a_key() {
    let set = set(&[public(SignatureAlgorithm::Es256)]);
    assert!(set.has_key_for(SignatureAlgorithm::Es256) && !set.has_key_for(SignatureAlgorithm::Es384));
}

/// RFC 7518 6.2.1.2: each coordinate is as long as its curve says, even where both together are.
#[test]
fn a_point_whose_coordinates_were_cut_elsewhere_is_skipped() {
    let key = DecryptionKey::generate(KeyManagementAlgorithm::EcdhEs).expect("a key").public_jwk();
    let bytes = |name: &str| key[name].as_str().and_then(base64url::decode).expect("base64url");
    let (x, y) = (bytes("x"), bytes("y"));
    let (first, rest) = y.split_first().expect("bytes");
    let longer = [x.as_slice(), &[*first]].concat();
    let jwk = with(with(key.clone(), "x", json!(base64url::encode(longer))), "y", json!(base64url::encode(rest)));
    let set = set(&[jwk]);
    assert!(set.encryption_keys().is_empty());
    assert_eq!(set.skipped()[0].reason, SkipReason::Malformed);
}
