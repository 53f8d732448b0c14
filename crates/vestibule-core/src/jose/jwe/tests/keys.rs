//! Which keys are tried, and what no key may be.

use super::*;

/// V37: an invalid-curve attack asks for the shared secret with a point of the attacker's choice.
#[test]
fn an_ephemeral_key_that_is_no_point_of_our_curve_is_refused() {
    let agreed = (EcdhEs, A128Gcm);
    let (ours, theirs) = pair_of(agreed);
    let public = ours.public_jwk();
    let ours = keys([ours]);
    let token = |epk: &Value| with_header(&theirs, agreed, &json!({"alg": "ECDH-ES", "enc": "A128GCM", "epk": epk}));
    let zero = base64url::encode([0; 32]);
    for epk in [
        json!({"kty": "EC", "crv": "P-256", "x": public["x"], "y": public["x"]}),
        json!({"kty": "EC", "crv": "P-256", "x": zero, "y": zero}),
        json!({"kty": "EC", "crv": "P-256", "x": public["x"]}),
        json!({"kty": "EC", "crv": "P-384", "x": public["x"], "y": public["y"]}),
        json!({"kty": "EC", "crv": "secp256k1", "x": public["x"], "y": public["y"]}),
        json!({"kty": "OKP", "crv": "P-256", "x": public["x"], "y": public["y"]}),
        json!({"kty": "OKP", "crv": "X25519", "x": public["x"], "y": public["y"]}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": public["x"]}),
        json!({"kty": "OKP", "crv": "X25519", "x": base64url::encode([9; 31])}),
    ] {
        assert_eq!(open(&token(&epk), agreed, &ours), Err(InvalidJwe::EphemeralKey), "{epk}");
    }
    let without =
        CompactJwe::parse("eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSJ9..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(without.expect("a JWE").decrypt(agreed, &ours).err(), Some(InvalidJwe::EphemeralKey));
    // A good point, of a curve on which we have no key.
    let other = DecryptionKey::generate_on(EcdhEs, EncryptionCurve::P384).expect("a key").public_jwk();
    let reason = InvalidJwe::NoMatchingKey { algorithm: EcdhEs, kid: None };
    assert_eq!(open(&token(&other), agreed, &ours), Err(reason));
}

/// RFC 7748 6.1, RFC 8037 3.2: with a point of small order everybody has the same shared secret: zeros.
#[test]
fn a_shared_secret_of_zeros_is_refused() {
    let agreed = (EcdhEs, A128Gcm);
    let ours = DecryptionKey::generate_on(EcdhEs, EncryptionCurve::X25519).expect("a key");
    for x in [
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "7P_______________________________________38",
        "4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA",
        "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc",
    ] {
        let header = json!({"alg": "ECDH-ES", "enc": "A128GCM", "epk": {"kty": "OKP", "crv": "X25519", "x": x}});
        // What somebody would send who knows that the shared secret is zeros.
        let key = key_agreement::Derivation::of(EcdhEs, A128Gcm, &[], &[]).key(&[0; 32]);
        let shared = EncryptionKey::shared(shared_key::SharedKey::from_bytes(Dir, A128Gcm, key.expose()));
        let token = shared.encrypt_with_header(Dir, A128Gcm, &header, SIGNED.as_bytes()).expect("a token");
        let point = PublicPoint::parse(EncryptionCurve::X25519, &base64url::decode(x).expect("base64url"), None);
        assert!(point.is_some(), "X25519 takes any 32 bytes");
        assert_eq!(
            CompactJwe::parse(&token).expect("a JWE").decrypt(agreed, &keys_of(&ours)).err(),
            Some(InvalidJwe::Decryption),
            "{x}"
        );
    }
}

fn keys_of(key: &DecryptionKey) -> DecryptionKeys {
    let jwk = key.to_private_jwk().expect("a JWK");
    let jwk = serde_json::from_str(jwk.expose()).expect("JSON");
    keys([DecryptionKey::from_jwk(&jwk).expect("a key")])
}

/// R79, V36: a kid is a string to compare; without one each fitting key is tried, and no more than eight.
#[test]
fn keys_are_picked_by_kid_algorithm_and_curve() {
    let agreed = (EcdhEs, A128Gcm);
    let key = |kid: &str| DecryptionKey::generate(EcdhEs).expect("a key").with_kid(kid);
    let (first, second) = (key("k"), key("2"));
    let (to_first, to_second) = (published(&first), published(&second));
    let wrapping = DecryptionKey::generate(EcdhEsA128Kw).expect("a key").with_kid("k");
    let to_wrapping = published(&wrapping);
    let rsa = DecryptionKey::generate(RsaOaep).expect("a key").with_kid("k");
    let ours = keys([rsa, wrapping, second, first]);
    for to in [&to_first, &to_second] {
        let token = to.encrypt(EcdhEs, A128Gcm, SIGNED).expect("a token");
        assert_eq!(open(&token, agreed, &ours), Ok(SIGNED.to_owned()));
        let nameless = with_header(to, agreed, &json!({"alg": "ECDH-ES", "enc": "A128GCM"}));
        assert_eq!(open(&nameless, agreed, &ours), Ok(SIGNED.to_owned()), "each is tried");
        for kid in ["K", "k ", "", "3"] {
            let token = with_header(to, agreed, &json!({"alg": "ECDH-ES", "enc": "A128GCM", "kid": kid}));
            let reason = InvalidJwe::NoMatchingKey { algorithm: EcdhEs, kid: Some(Excerpt::new(kid)) };
            assert_eq!(open(&token, agreed, &ours), Err(reason), "{kid}");
        }
    }
    let token = to_wrapping.encrypt(EcdhEsA128Kw, A128Gcm, SIGNED).expect("a token");
    assert_eq!(open(&token, (EcdhEsA128Kw, A128Gcm), &ours), Ok(SIGNED.to_owned()));
    let none = InvalidJwe::NoMatchingKey { algorithm: A128Kw, kid: None };
    let (_, shared) = pair_of((A128Kw, A128Gcm));
    let token = shared.encrypt(A128Kw, A128Gcm, SIGNED).expect("a token");
    assert_eq!(open(&token, (A128Kw, A128Gcm), &ours), Err(none));
}

/// V104: a token without a kid costs no more than eight operations with private keys.
#[test]
fn no_more_than_eight_keys_are_tried() {
    let agreed = (EcdhEs, A128Gcm);
    let key = || DecryptionKey::generate(EcdhEs).expect("a key");
    let last = key();
    let token = with_header(&published(&last), agreed, &json!({"alg": "ECDH-ES", "enc": "A128GCM"}));
    let jwk = last.to_private_jwk().expect("a JWK");
    let jwk = serde_json::from_str(jwk.expose()).expect("JSON");
    let after = |others: usize| {
        let last = DecryptionKey::from_jwk(&jwk).expect("a key");
        keys((0..others).map(|_| key()).chain([last]))
    };
    assert_eq!(open(&token, agreed, &after(7)), Ok(SIGNED.to_owned()));
    assert_eq!(open(&token, agreed, &after(8)), Err(InvalidJwe::Decryption));
}

/// A client has one secret: whatever a provider calls it, it is that one, and for the two algorithms that were agreed on.
#[test]
fn a_key_from_a_secret_needs_no_kid() {
    let agreed = (Dir, A128CbcHs256);
    let (ours, theirs) = pair_of(agreed);
    let token = with_header(&theirs, agreed, &json!({"alg": "dir", "enc": "A128CBC-HS256", "kid": "secret"}));
    let ours = keys([ours]);
    assert_eq!(open(&token, agreed, &ours), Ok(SIGNED.to_owned()));
    // As long as A256GCM's key, and still not its key.
    let token = theirs.encrypt_with_header(Dir, A256Gcm, &json!({}), b"");
    assert_eq!(token.err(), Some(crate::jose::EncryptionFailed::Algorithm { algorithm: Dir }));
    let (_, other) = pair_of((Dir, A256Gcm));
    let token = other.encrypt(Dir, A256Gcm, SIGNED).expect("a token");
    assert_eq!(open(&token, (Dir, A256Gcm), &ours), Err(InvalidJwe::NoMatchingKey { algorithm: Dir, kid: None }));
}
