use proptest::prelude::*;

use super::*;
use crate::jose::{CompactJws, EncryptionCurve, JwkSet};

use KeyManagementAlgorithm::{EcdhEs, EcdhEsA128Kw, RsaOaep};

fn signing(algorithm: SignatureAlgorithm) -> Value {
    let key = SigningKey::generate(algorithm).expect("a key");
    serde_json::from_str(key.to_private_jwk().expect("a JWK").expose()).expect("JSON")
}

fn decryption(key: Result<DecryptionKey, crate::jose::NoDecryptionKey>) -> Value {
    serde_json::from_str(key.expect("a key").to_private_jwk().expect("a JWK").expose()).expect("JSON")
}

fn with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

fn without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().expect("an object").remove(name);
    jwk
}

fn set(keys: &[Value]) -> Result<PrivateJwkSet, InvalidPrivateJwkSet> {
    PrivateJwkSet::from_json(json!({ "keys": keys }).to_string().as_bytes())
}

fn of_key_pairs() -> impl Iterator<Item = SignatureAlgorithm> {
    SignatureAlgorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric())
}

/// RFC 7518 6.2.2, 6.3.2, RFC 8037 2
#[test]
fn a_signing_key_that_is_kept_and_read_back_signs_as_before() {
    for algorithm in of_key_pairs() {
        let key = SigningKey::generate(algorithm).expect("a key");
        let kept = key.to_private_jwk().expect("a JWK");
        let jwk: Value = serde_json::from_str(kept.expose()).expect("JSON");
        let read = SigningKey::from_jwk(&jwk).expect("the same key");
        assert_eq!(read.to_private_jwk().expect("a JWK"), kept, "{algorithm}");
        let token = read.sign("JWT", b"{}").expect("a token");
        let keys = JwkSet::from_json(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).expect("keys");
        assert_eq!(CompactJws::parse(&token).and_then(|jws| jws.verify(algorithm, &keys)), Ok(()), "{algorithm}");
        let nameless = SigningKey::from_jwk(&without(jwk, "kid")).expect("the same key");
        assert_eq!(nameless.kid(), key.kid(), "RFC 7638: its thumbprint");
    }
}

/// RFC 8725 3.1: a curve has one algorithm; RSA has six, and one is to be named.
#[test]
fn a_signing_key_serves_the_algorithm_that_it_names() {
    for algorithm in of_key_pairs() {
        let jwk = without(signing(algorithm), "alg");
        let read = SigningKey::from_jwk(&jwk).map(|key| key.algorithm());
        let named = if jwk["kty"] == "RSA" { Err(InvalidPrivateJwk::NoAlgorithm) } else { Ok(algorithm) };
        assert_eq!(read, named, "{algorithm}");
        assert_eq!(SigningKey::from_jwk_for(algorithm, &jwk).map(|key| key.algorithm()), Ok(algorithm));
    }
    let rsa = signing(SignatureAlgorithm::Rs256);
    let refused = SigningKey::from_jwk_for(SignatureAlgorithm::Ps256, &rsa).err();
    assert_eq!(refused, Some(InvalidPrivateJwk::Algorithm { got: Excerpt::new("RS256") }));
    for alg in ["HS256", "none", "RSA-OAEP", "rs256", ""] {
        let refused = SigningKey::from_jwk(&with(rsa.clone(), "alg", json!(alg))).err();
        assert_eq!(refused, Some(InvalidPrivateJwk::Algorithm { got: Excerpt::new(alg) }), "{alg}");
    }
    let es256 = with(signing(SignatureAlgorithm::Es384), "alg", json!("ES256"));
    assert_eq!(SigningKey::from_jwk(&es256).err(), Some(InvalidPrivateJwk::UnknownType));
    let okp = with(signing(SignatureAlgorithm::EdDsa), "crv", json!("Ed448"));
    assert_eq!(SigningKey::from_jwk(&okp).err(), Some(InvalidPrivateJwk::UnknownType));
}

/// RFC 7517 4.2, 4.3
#[test]
fn a_key_for_another_purpose_does_not_sign() {
    let jwk = signing(SignatureAlgorithm::Es256);
    for (name, value) in [("use", json!("enc")), ("key_ops", json!(["verify"])), ("key_ops", json!([]))] {
        assert_eq!(SigningKey::from_jwk(&with(jwk.clone(), name, value)).err(), Some(InvalidPrivateJwk::Purpose));
    }
    assert!(SigningKey::from_jwk(&with(without(jwk, "use"), "key_ops", json!(["sign"]))).is_ok());
}

/// R71, V44: numbers that are missing, malformed, of other lengths, weak, or of two different keys.
#[test]
fn numbers_that_make_no_key_are_refused_by_name() {
    let rsa = signing(SignatureAlgorithm::Rs256);
    for member in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        let missing = Some(InvalidPrivateJwk::Member { member });
        assert_eq!(SigningKey::from_jwk(&without(rsa.clone(), member)).err(), missing);
        assert_eq!(SigningKey::from_jwk(&with(rsa.clone(), member, json!("="))).err(), missing);
        if !["n", "e"].contains(&member) {
            let refused = SigningKey::from_jwk(&with(rsa.clone(), member, json!("Aw"))).err();
            assert_eq!(refused, Some(InvalidPrivateJwk::Inconsistent), "{member}");
        }
    }
    assert_eq!(SigningKey::from_jwk(&with(rsa.clone(), "e", json!("Aw"))).err(), Some(InvalidPrivateJwk::Weak));
    let other = signing(SignatureAlgorithm::Rs256)["n"].clone();
    assert_eq!(SigningKey::from_jwk(&with(rsa.clone(), "n", other)).err(), Some(InvalidPrivateJwk::Inconsistent));
    assert_eq!(SigningKey::from_jwk(&with(rsa.clone(), "oth", json!([]))).err(), Some(InvalidPrivateJwk::UnknownType));
    assert_eq!(SigningKey::from_jwk(&with(rsa, "n", json!(1))).err(), Some(InvalidPrivateJwk::NotAJwk));
    assert_eq!(SigningKey::from_jwk(&json!("x")).err(), Some(InvalidPrivateJwk::NotAJwk));
    for algorithm in [SignatureAlgorithm::Es256, SignatureAlgorithm::Es512, SignatureAlgorithm::EdDsa] {
        let (jwk, other) = (signing(algorithm), signing(algorithm));
        let d = with(jwk.clone(), "d", other["d"].clone());
        assert_eq!(SigningKey::from_jwk(&d).err(), Some(InvalidPrivateJwk::Inconsistent), "{algorithm}");
        let short = Some(InvalidPrivateJwk::Member { member: "d" });
        assert_eq!(SigningKey::from_jwk(&with(jwk.clone(), "d", json!("AA"))).err(), short, "{algorithm}");
        assert_eq!(SigningKey::from_jwk(&without(jwk, "d")).err(), short, "{algorithm}");
    }
    for curve in EncryptionCurve::ALL {
        let [jwk, other] = [(); 2].map(|()| decryption(DecryptionKey::generate_on(EcdhEs, curve)));
        let d = with(jwk.clone(), "d", other["d"].clone());
        assert_eq!(DecryptionKey::from_jwk(&d).err(), Some(InvalidPrivateJwk::Inconsistent), "{curve:?}");
        let short = with(jwk.clone(), "d", json!("AA"));
        assert_eq!(DecryptionKey::from_jwk(&short).err(), Some(InvalidPrivateJwk::Member { member: "d" }));
        let point = with(jwk, "x", json!("AA"));
        assert_eq!(DecryptionKey::from_jwk(&point).err(), Some(InvalidPrivateJwk::Member { member: "x" }));
    }
}

/// RFC 7517 5: each key goes where its use or algorithm says.
#[test]
fn a_set_is_sorted_into_keys_that_sign_and_keys_that_decrypt() {
    let keys = set(&[
        decryption(DecryptionKey::generate(RsaOaep)),
        signing(SignatureAlgorithm::Rs256),
        without(decryption(DecryptionKey::generate(EcdhEs)), "use"),
        without(without(signing(SignatureAlgorithm::Es256), "use"), "alg"),
        decryption(DecryptionKey::generate_on(EcdhEsA128Kw, EncryptionCurve::X25519)),
    ])
    .expect("a key set");
    let algorithms: Vec<_> = keys.decryption_keys().iter().map(|key| key.algorithm()).collect();
    assert_eq!(algorithms, [RsaOaep, EcdhEs, EcdhEsA128Kw]);
    assert_eq!(keys.signing_keys().len(), 2);
    for algorithm in [SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256] {
        assert_eq!(keys.signing_key(algorithm).map(|key| key.algorithm()), Some(algorithm));
    }
    assert!(keys.signing_key(SignatureAlgorithm::Ps256).is_none());
    let published = JwkSet::from_json(keys.public_jwk_set().to_string().as_bytes()).expect("a key set");
    assert_eq!((published.len(), published.encryption_keys().len(), published.skipped().len()), (2, 3, 0));
}

/// The keys of a set outlive the process: sealed, by whoever keeps them.
#[test]
fn a_set_is_kept_and_read_back() {
    let keys = set(&[
        signing(SignatureAlgorithm::Rs256),
        decryption(DecryptionKey::generate(RsaOaep)),
        with(signing(SignatureAlgorithm::EdDsa), "kid", json!("a \"quoted\" kid")),
        decryption(DecryptionKey::generate_on(EcdhEs, EncryptionCurve::X25519)),
    ])
    .expect("a key set");
    let kept = keys.to_json().expect("JSON");
    let read = PrivateJwkSet::from_json(kept.expose().as_bytes()).expect("a key set");
    assert_eq!(read.public_jwk_set(), keys.public_jwk_set());
    assert_eq!(read.to_json(), Ok(kept.clone()));
    assert_eq!(kept.expose().len(), kept.expose().capacity(), "it never grew, and left nothing behind");
    let none = PrivateJwkSet::default().to_json().expect("JSON");
    assert!(PrivateJwkSet::from_json(none.expose().as_bytes()).is_ok_and(|read| read.signing_keys().is_empty()));
}

/// V44: of our own keys none that can be taken apart is taken either. The numbers beside its modulus are not looked at.
#[test]
fn a_private_key_that_can_be_taken_apart_is_refused() {
    let rsa = with(signing(SignatureAlgorithm::Rs256), "n", json!(crate::jose::roca::FACTORABLE));
    assert_eq!(SigningKey::from_jwk(&rsa).err(), Some(InvalidPrivateJwk::Factorable));
}

/// V69: what a private key was written in, or read from, leaves no copy behind.
#[test]
fn the_json_of_a_private_key_is_wiped() {
    let mut jwk = json!({"keys": [signing(SignatureAlgorithm::Es256), signing(SignatureAlgorithm::Rs256)]});
    wipe(&mut jwk);
    let emptied = |key: &Value| key.as_object().is_some_and(|key| key.values().all(|value| value == ""));
    assert!(jwk["keys"].as_array().is_some_and(|keys| keys.len() == 2 && keys.iter().all(emptied)), "{jwk}");
    for algorithm in SignatureAlgorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric()) {
        let written = SigningKey::generate(algorithm).expect("a key").to_private_jwk().expect("a JWK");
        let members: Map<String, Value> = serde_json::from_str(written.expose()).expect("JSON");
        let longest = into_secret(members.clone());
        assert_eq!(longest.expose(), written.expose());
        let room: usize =
            members.iter().map(|(name, value)| name.len() + value.as_str().map_or(ROOM, str::len) + ROOM).sum();
        assert!(written.expose().len() <= room, "{algorithm}: it never grows");
    }
}

/// A secret is kept where it came from.
#[test]
fn a_set_with_a_secret_is_not_kept() {
    let secret = SigningKey::from_secret(SignatureAlgorithm::Hs256, &Secret::new("x".repeat(32))).expect("a key");
    assert_eq!(PrivateJwkSet::new([Arc::new(secret)], []).to_json(), Err(SigningFailed));
    let enc = crate::jose::ContentEncryptionAlgorithm::A256Gcm;
    let secret = DecryptionKey::from_secret(KeyManagementAlgorithm::Dir, enc, &Secret::from("x")).expect("a key");
    assert_eq!(PrivateJwkSet::new([], [Arc::new(secret)]).to_json(), Err(SigningFailed));
}

/// V51
#[test]
fn nothing_private_is_published_or_printed() {
    let (sig, enc) = (signing(SignatureAlgorithm::Es256), decryption(DecryptionKey::generate(RsaOaep)));
    let keys = set(&[sig.clone(), enc.clone()]).expect("a key set");
    let shown = format!("{keys:?} {}", keys.public_jwk_set());
    for (jwk, member) in [(&sig, "d"), (&enc, "d"), (&enc, "p"), (&enc, "q"), (&enc, "dp"), (&enc, "dq"), (&enc, "qi")]
    {
        assert!(!shown.contains(jwk[member].as_str().expect("a number")), "{member}");
    }
    let secret = SigningKey::from_secret(SignatureAlgorithm::Hs256, &Secret::new("x".repeat(32))).expect("a key");
    let shared = PrivateJwkSet::new([Arc::new(secret)], []);
    assert_eq!(shared.public_jwk_set(), json!({"keys": []}));
    assert!(shared.signing_keys()[0].to_private_jwk().is_err());
}

/// Our own keys: one that cannot be used is a mistake in the file, and named.
#[test]
fn a_set_with_a_bad_key_names_it_and_the_rule() {
    let good = signing(SignatureAlgorithm::Es256);
    let bad = with(without(signing(SignatureAlgorithm::EdDsa), "d"), "kid", json!("bad"));
    let refused = set(&[good.clone(), bad]).expect_err("refused");
    let reason = InvalidPrivateJwk::Member { member: "d" };
    assert_eq!(refused, InvalidPrivateJwkSet::Key { index: 1, kid: Some(Excerpt::new("bad")), reason });
    assert_eq!(refused.to_string(), "key 1, with kid bad: 'd' is missing or malformed (RFC 7518 6)");
    let symmetric = json!({"kty": "oct", "k": "c2VjcmV0", "alg": "A128KW"});
    let reason = InvalidPrivateJwk::Algorithm { got: Excerpt::new("A128KW") };
    assert_eq!(set(&[symmetric]).err(), Some(InvalidPrivateJwkSet::Key { index: 0, kid: None, reason }));
    let kid = Excerpt::new(good["kid"].as_str().expect("a kid"));
    assert_eq!(set(&[good.clone(), good.clone()]).err(), Some(InvalidPrivateJwkSet::Duplicate { index: 1, kid }));
    let other = with(signing(SignatureAlgorithm::EdDsa), "kid", good["kid"].clone());
    assert!(set(&[good, other]).is_ok(), "R79: of different algorithms");
}

#[test]
fn what_is_no_set_says_why() {
    let read = |json: &[u8]| PrivateJwkSet::from_json(json).err();
    assert_eq!(read(b"{}"), Some(InvalidPrivateJwkSet::Json(JsonFault::Missing { member: "keys" })));
    assert_eq!(read(br#"{"keys":{}}"#), Some(InvalidPrivateJwkSet::Json(JsonFault::WrongType { member: "keys" })));
    assert!(matches!(read(b"-----BEGIN"), Some(InvalidPrivateJwkSet::Json(JsonFault::NotAnObject { .. }))));
    assert_eq!(set(&vec![json!({}); 65]).err(), Some(InvalidPrivateJwkSet::TooManyKeys { count: 65 }));
    assert_eq!(
        set(&vec![json!({}); 64]).err(),
        Some(InvalidPrivateJwkSet::Key { index: 0, kid: None, reason: InvalidPrivateJwk::NotAJwk })
    );
}

proptest! {
    /// V104
    #[test]
    fn no_numbers_make_the_reader_panic(
        kty in "(RSA|EC|OKP|oct)",
        crv in "(P-256|P-384|P-521|secp256k1|Ed25519|X25519)",
        alg in "(RS256|ES256|ES512|EdDSA|RSA-OAEP|ECDH-ES)",
        numbers in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..70), 10),
    ) {
        let mut jwk = json!({"kty": kty, "crv": crv, "alg": alg});
        for (name, number) in ["n", "e", "x", "y", "d", "p", "q", "dp", "dq", "qi"].iter().zip(&numbers) {
            jwk[*name] = json!(base64url::encode(number));
        }
        prop_assert!(SigningKey::from_jwk(&jwk).is_err() || kty == "OKP");
        prop_assert!(DecryptionKey::from_jwk(&jwk).is_err());
    }
}
