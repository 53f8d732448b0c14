use super::*;
use crate::{SignatureAlgorithm, error::Excerpt, jose::SigningKey};

use ContentEncryptionAlgorithm::{A128CbcHs256, A128Gcm, A192CbcHs384, A192Gcm, A256CbcHs512, A256Gcm};
use KeyManagementAlgorithm::{A128GcmKw, A128Kw, A256GcmKw, A256Kw, Dir, EcdhEs, RsaOaep, RsaOaep256};

fn private(key: &DecryptionKey) -> Value {
    serde_json::from_str(key.to_private_jwk().expect("a JWK").expose()).expect("JSON")
}

/// Core 10.2: the left part of the SHA-2 hash of the secret. Computed with sha256sum and its sisters.
#[test]
fn a_symmetric_key_is_the_left_of_a_hash_of_the_client_secret() {
    let secret = Secret::from("client secret");
    let derived = |algorithm, enc| match DecryptionKey::from_secret(algorithm, enc, &secret).expect("a key").half {
        Half::Shared(key) => key.bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        _ => panic!("no shared key"),
    };
    let (sha256, sha384, sha512) = (
        "e934524395ab8aa265a88f10538ab034b8196fb8d369e6fe3d519ed16bde4030",
        "1823c5f840b39643a917e2a38c8df1aff7232a28bcd7dd1236be74a93849aba9f3f7a720c021ebcb7c88a54c6794004a",
        "42ebd50f8420774e7d51a75f4506be3669a5a6b0429ebe0528b7bd588d62d830e54d9bfa40bfff36b0ef480634e1be104b732f8268c13b097ce8815c20692bb5",
    );
    for (algorithm, enc, expected) in [
        (A128Kw, A256Gcm, &sha256[..32]),
        (A256Kw, A256Gcm, sha256),
        (A128GcmKw, A256CbcHs512, &sha256[..32]),
        (A256GcmKw, A128Gcm, sha256),
        (Dir, A128Gcm, &sha256[..32]),
        (Dir, A192Gcm, &sha256[..48]),
        (Dir, A256Gcm, sha256),
        (Dir, A128CbcHs256, sha256),
        (Dir, A192CbcHs384, sha384),
        (Dir, A256CbcHs512, sha512),
    ] {
        assert_eq!(derived(algorithm, enc), expected, "{algorithm} {enc}");
    }
}

#[test]
fn an_algorithm_has_keys_of_its_own_kind_and_no_other() {
    let secret = Secret::from("secret");
    for algorithm in KeyManagementAlgorithm::ALL {
        let refused = Some(NoDecryptionKey::Algorithm { algorithm });
        if algorithm.is_symmetric() {
            assert_eq!(DecryptionKey::generate(algorithm).err(), refused, "{algorithm}");
            assert_eq!(DecryptionKey::generate_on(algorithm, EncryptionCurve::X25519).err(), refused, "{algorithm}");
        } else {
            assert!(DecryptionKey::generate(algorithm).is_ok(), "{algorithm}");
            assert_eq!(DecryptionKey::from_secret(algorithm, A128Gcm, &secret).err(), refused, "{algorithm}");
        }
    }
    let refused = DecryptionKey::generate_on(RsaOaep, EncryptionCurve::P256).err();
    assert_eq!(refused, Some(NoDecryptionKey::Algorithm { algorithm: RsaOaep }));
}

/// V51
#[test]
fn the_public_half_has_nothing_private() {
    let keys = [
        DecryptionKey::generate(RsaOaep256),
        DecryptionKey::generate(EcdhEs),
        DecryptionKey::generate_on(EcdhEs, EncryptionCurve::X25519),
    ];
    for key in keys.map(|key| key.expect("a key")) {
        let jwk = key.public_jwk();
        assert_eq!(
            (&jwk["use"], &jwk["alg"], &jwk["kid"]),
            (&json!("enc"), &json!(key.algorithm()), &json!(key.kid()))
        );
        let private = private(&key);
        for (name, value) in private.as_object().expect("an object") {
            let is_public = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"].contains(&name.as_str());
            assert_eq!(jwk.get(name), is_public.then_some(value), "{name}");
        }
    }
    let shared = DecryptionKey::from_secret(Dir, A128Gcm, &Secret::from("secret")).expect("a key");
    assert_eq!(shared.public_jwk(), json!({"kty": "oct", "kid": "", "alg": "dir", "use": "enc"}));
    assert_eq!(shared.to_private_jwk().err(), Some(NoDecryptionKey::Algorithm { algorithm: Dir }));
    assert_eq!(format!("{shared:?}"), r#"DecryptionKey { algorithm: Dir, kid: "", .. }"#);
}

/// RFC 7638: the kid of a key without one is its thumbprint, whether it was made or read.
#[test]
fn a_key_that_is_kept_and_read_back_is_the_same_key() {
    for curve in EncryptionCurve::ALL {
        let key = DecryptionKey::generate_on(EcdhEs, curve).expect("a key");
        let mut jwk = private(&key);
        assert_eq!(DecryptionKey::from_jwk(&jwk).map(|read| private(&read)), Ok(jwk.clone()), "{curve:?}");
        jwk.as_object_mut().expect("an object").remove("kid");
        assert_eq!(DecryptionKey::from_jwk(&jwk).map(|read| read.kid().to_owned()), Ok(key.kid().to_owned()));
    }
    let jwk = private(&DecryptionKey::generate(RsaOaep).expect("a key"));
    assert_eq!(DecryptionKey::from_jwk(&jwk).map(|read| private(&read)), Ok(jwk));
}

/// RFC 8725 3.1, RFC 7517 4.2, 4.3
#[test]
fn a_private_jwk_serves_the_algorithm_and_the_purpose_that_it_names() {
    let jwk = private(&DecryptionKey::generate(RsaOaep).expect("a key"));
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        DecryptionKey::from_jwk(&jwk).map(|key| key.algorithm())
    };
    let without = |name: &str| {
        let mut jwk = jwk.clone();
        jwk.as_object_mut().expect("an object").remove(name);
        jwk
    };
    for alg in ["RSA1_5", "RS256", "PBES2-HS256+A128KW", "none", ""] {
        assert_eq!(with("alg", json!(alg)), Err(InvalidPrivateJwk::Algorithm { got: Excerpt::new(alg) }), "{alg}");
    }
    for alg in ["A128KW", "dir"] {
        assert_eq!(with("alg", json!(alg)), Err(InvalidPrivateJwk::Algorithm { got: Excerpt::new(alg) }), "{alg}");
    }
    assert_eq!(with("alg", json!("ECDH-ES")), Err(InvalidPrivateJwk::UnknownType));
    assert_eq!(with("use", json!("sig")), Err(InvalidPrivateJwk::Purpose));
    assert_eq!(with("key_ops", json!(["sign"])), Err(InvalidPrivateJwk::Purpose));
    assert_eq!(with("key_ops", json!(["unwrapKey"])), Ok(RsaOaep));
    let nameless = without("alg");
    assert_eq!(DecryptionKey::from_jwk(&nameless).err(), Some(InvalidPrivateJwk::NoAlgorithm));
    assert_eq!(DecryptionKey::from_jwk_for(RsaOaep256, &nameless).map(|key| key.algorithm()), Ok(RsaOaep256));
    let refused = DecryptionKey::from_jwk_for(RsaOaep256, &jwk).err();
    assert_eq!(refused, Some(InvalidPrivateJwk::Algorithm { got: Excerpt::new("RSA-OAEP") }));
    assert!(DecryptionKey::from_jwk(&without("use")).is_ok());
    let signing = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
    let signing: Value = serde_json::from_str(signing.to_private_jwk().expect("a JWK").expose()).expect("JSON");
    assert_eq!(DecryptionKey::from_jwk_for(EcdhEs, &signing).err(), Some(InvalidPrivateJwk::Purpose));
}

#[test]
fn a_set_knows_whether_it_has_a_key() {
    assert!(DecryptionKeys::empty().is_empty());
    let key = DecryptionKey::generate(EcdhEs).expect("a key");
    assert!(!DecryptionKeys::from_iter([key]).is_empty());
}
