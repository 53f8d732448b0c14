mod specifications;
mod wycheproof;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    SignatureAlgorithm,
    jose::{DecryptionKey, EncryptionKey, JwkSet, SigningKey},
};

use ContentEncryptionAlgorithm::{A128CbcHs256, A128Gcm, A256Gcm};
use KeyManagementAlgorithm::{A128GcmKw, A128Kw, Dir, EcdhEs, EcdhEsA128Kw, RsaOaep, RsaOaep256};

const SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln";
const SECRET: &str = "the secret of one client";

type Agreed = (KeyManagementAlgorithm, ContentEncryptionAlgorithm);

/// A key of ours, and what others know of it.
fn pair_of((algorithm, enc): Agreed) -> (DecryptionKey, EncryptionKey) {
    if algorithm.is_symmetric() {
        let secret = Secret::from(SECRET);
        let ours = DecryptionKey::from_secret(algorithm, enc, &secret).expect("a key");
        return (ours, EncryptionKey::from_secret(algorithm, enc, &secret).expect("a key"));
    }
    let ours = DecryptionKey::generate(algorithm).expect("a key");
    let theirs = published(&ours);
    (ours, theirs)
}

fn published(key: &DecryptionKey) -> EncryptionKey {
    let set = json!({"keys": [key.public_jwk()]}).to_string();
    let mut set = JwkSet::from_json(set.as_bytes()).expect("a key set");
    assert!(set.is_empty() && set.skipped().is_empty());
    set.take_encryption_keys().pop().expect("a key")
}

fn keys(keys: impl IntoIterator<Item = DecryptionKey>) -> DecryptionKeys {
    keys.into_iter().collect()
}

fn open(token: &str, agreed: Agreed, keys: &DecryptionKeys) -> Result<String, InvalidJwe> {
    CompactJwe::parse(token)?.decrypt(agreed, keys).map(|nested| nested.as_str().to_owned())
}

/// The token with a header of its own, and whatever key management adds.
fn with_header(to: &EncryptionKey, (algorithm, enc): Agreed, header: &Value) -> String {
    to.encrypt_with_header(algorithm, enc, header, SIGNED.as_bytes()).expect("a token")
}

fn every_pair() -> impl Iterator<Item = Agreed> {
    KeyManagementAlgorithm::ALL
        .into_iter()
        .flat_map(|algorithm| ContentEncryptionAlgorithm::ALL.into_iter().map(move |enc| (algorithm, enc)))
}

#[test]
fn every_pair_of_algorithms_decrypts_what_it_encrypted_and_nothing_else() {
    let mut tried = 0;
    for agreed in every_pair() {
        let (ours, theirs) = pair_of(agreed);
        let token = theirs.encrypt(agreed.0, agreed.1, SIGNED).expect("a token");
        let ours = keys([ours]);
        assert_eq!(open(&token, agreed, &ours), Ok(SIGNED.to_owned()), "{agreed:?}");
        for other in every_pair().filter(|other| *other != agreed) {
            let refused = open(&token, other, &ours);
            let is_named =
                matches!(refused, Err(InvalidJwe::KeyManagement { .. } | InvalidJwe::ContentEncryption { .. }));
            assert!(is_named, "{agreed:?} as {other:?}");
        }
        tried += 1;
    }
    assert_eq!(tried, 60);
}

/// RFC 8037 3.2, RFC 7518 6.2.1.1
#[test]
fn every_curve_is_agreed_on() {
    for curve in EncryptionCurve::ALL {
        for algorithm in [EcdhEs, EcdhEsA128Kw] {
            let ours = DecryptionKey::generate_on(algorithm, curve).expect("a key");
            let token = published(&ours).encrypt(algorithm, A256Gcm, SIGNED).expect("a token");
            assert_eq!(open(&token, (algorithm, A256Gcm), &keys([ours])), Ok(SIGNED.to_owned()), "{curve:?}");
        }
    }
}

/// V37, V45: one reason for whatever was changed, so that nobody learns what it was.
#[test]
fn a_token_that_was_changed_does_not_decrypt() {
    for agreed in [
        (RsaOaep, A128CbcHs256),
        (RsaOaep256, A256Gcm),
        (EcdhEsA128Kw, A128CbcHs256),
        (A128Kw, A256Gcm),
        (A128GcmKw, A128CbcHs256),
        (EcdhEs, A256Gcm),
        (Dir, A128CbcHs256),
    ] {
        let (ours, theirs) = pair_of(agreed);
        let ours = keys([ours]);
        let token = theirs.encrypt(agreed.0, agreed.1, SIGNED).expect("a token");
        let segments: Vec<Vec<u8>> =
            token.split('.').map(|segment| base64url::decode(segment).expect("base64url")).collect();
        for which in 1..5 {
            let last = segments[which].len().saturating_sub(1);
            for at in if segments[which].is_empty() { vec![] } else { vec![0, last / 2, last] } {
                let mut changed = segments.clone();
                changed[which][at] ^= 1;
                let changed: Vec<String> = changed.iter().map(base64url::encode).collect();
                assert_eq!(
                    open(&changed.join("."), agreed, &ours),
                    Err(InvalidJwe::Decryption),
                    "{agreed:?} {which} {at}"
                );
            }
        }
        // The header is authenticated too: another order of its members is another header.
        let mut header: Value = serde_json::from_slice(&segments[0]).expect("JSON");
        header["typ"] = json!("JWT");
        let rest = token.split_once('.').expect("a dot").1;
        let changed = format!("{}.{rest}", base64url::encode(header.to_string()));
        assert_eq!(open(&changed, agreed, &ours), Err(InvalidJwe::Decryption), "{agreed:?}");
        // Another key of the same kind, with the same name.
        let stranger = if agreed.0.is_symmetric() {
            DecryptionKey::from_secret(agreed.0, agreed.1, &Secret::from("another")).expect("a key")
        } else {
            let kid = theirs.kid().expect("a kid").to_owned();
            DecryptionKey::generate(agreed.0).expect("a key").with_kid(kid)
        };
        assert_eq!(open(&token, agreed, &keys([stranger])), Err(InvalidJwe::Decryption), "{agreed:?}");
    }
}

/// V45: RFC 7516 11.5: no padding, no length of what is wrapped, and no length of the wrapping is told apart.
#[test]
fn an_encrypted_key_of_rsa_that_is_none_fails_where_a_wrong_one_fails() {
    let (ours, theirs) = pair_of((RsaOaep, A256Gcm));
    let ours = keys([ours]);
    let token = theirs.encrypt(RsaOaep, A256Gcm, SIGNED).expect("a token");
    let short = theirs.encrypt_with_header(RsaOaep, A128Gcm, &json!({"alg": "RSA-OAEP", "enc": "A256GCM"}), b"x");
    let segments: Vec<&str> = token.split('.').collect();
    let short = short.expect("a token");
    let short_key = short.split('.').nth(1).expect("a key").to_owned();
    for key in [
        String::new(),
        base64url::encode([0; 256]),
        base64url::encode([255; 256]),
        base64url::encode([1; 255]),
        short_key,
    ] {
        let token = [segments[0], &key, segments[2], segments[3], segments[4]].join(".");
        assert_eq!(open(&token, (RsaOaep, A256Gcm), &ours), Err(InvalidJwe::Decryption));
    }
    assert_eq!(open(&short, (RsaOaep, A256Gcm), &ours), Err(InvalidJwe::Decryption), "a shorter content key");
}

/// V38, V45, R74: the old RSA padding and passwords are refused by name, before any cryptography; so is whatever was not agreed on.
#[test]
fn only_the_agreed_algorithms_are_accepted_whatever_the_header_says() {
    let (ours, theirs) = pair_of((RsaOaep, A256Gcm));
    let ours = keys([ours]);
    for alg in ["RSA1_5", "PBES2-HS256+A128KW", "PBES2-HS512+A256KW", "RSA-OAEP-256", "dir", "none", "rsa-oaep", ""] {
        let header = json!({"alg": alg, "enc": "A256GCM", "p2c": 2_000_000_000, "p2s": "AAAA"});
        let reason = InvalidJwe::KeyManagement { expected: RsaOaep, got: Excerpt::new(alg) };
        assert_eq!(open(&with_header(&theirs, (RsaOaep, A256Gcm), &header), (RsaOaep, A256Gcm), &ours), Err(reason));
    }
    for enc in ["A128GCM", "A128CBC-HS256", "none", ""] {
        let header = json!({"alg": "RSA-OAEP", "enc": enc});
        let reason = InvalidJwe::ContentEncryption { expected: A256Gcm, got: Excerpt::new(enc) };
        assert_eq!(open(&with_header(&theirs, (RsaOaep, A256Gcm), &header), (RsaOaep, A256Gcm), &ours), Err(reason));
    }
}

/// V39, R74
#[test]
fn compressed_content_is_refused() {
    let agreed = (A128Kw, A128Gcm);
    let (_, theirs) = pair_of(agreed);
    for zip in [json!("DEF"), json!(""), json!(null), json!(1)] {
        let token = with_header(&theirs, agreed, &json!({"alg": "A128KW", "enc": "A128GCM", "zip": zip}));
        assert_eq!(CompactJwe::parse(&token).err(), Some(InvalidJwe::Compressed));
    }
}

/// R66, V40
#[test]
fn extensions_are_refused() {
    let agreed = (A128Kw, A128Gcm);
    let (_, theirs) = pair_of(agreed);
    for extension in [json!({"crit": ["exp"]}), json!({"crit": []}), json!({"crit": null}), json!({"b64": false})] {
        let mut header = json!({"alg": "A128KW", "enc": "A128GCM", "zip": "DEF"});
        header.as_object_mut().expect("an object").extend(extension.as_object().expect("an object").clone());
        let token = with_header(&theirs, agreed, &header);
        assert_eq!(CompactJwe::parse(&token).err(), Some(InvalidJwe::CriticalExtension), "{header}");
    }
}

/// V35: keys and addresses inside the token change nothing; they are not even read.
#[test]
fn a_key_that_the_token_brings_along_is_not_used() {
    let agreed = (A128Kw, A128Gcm);
    let (ours, theirs) = pair_of(agreed);
    let header = json!({"alg": "A128KW", "enc": "A128GCM", "jwk": 7, "jku": 7, "x5c": 7, "x5u": 7, "x5t": 7});
    assert_eq!(open(&with_header(&theirs, agreed, &header), agreed, &keys([ours])), Ok(SIGNED.to_owned()));
}

/// V53, R68
#[test]
fn only_the_compact_form_is_read() {
    let agreed = (A128Kw, A128Gcm);
    let token = pair_of(agreed).1.encrypt(A128Kw, A128Gcm, SIGNED).expect("a token");
    let segments: Vec<&str> = token.split('.').collect();
    for refused in [
        String::new(),
        "....".to_owned(),
        SIGNED.to_owned(),
        segments[..4].join("."),
        format!("{token}."),
        format!("{token}.{}", segments[4]),
        format!("{token}="),
        format!("{token} "),
        format!(" {token}"),
        token.replacen('.', ".\n", 1),
        token.replacen('.', "=.", 1),
        format!("{{\"protected\":\"{}\"}}", segments[0]),
    ] {
        let reason = CompactJwe::parse(&refused).err();
        assert!(matches!(reason, Some(InvalidJwe::NotCompact | InvalidJwe::Header)), "{refused}: {reason:?}");
    }
    for which in 0..5 {
        let mut changed = segments.clone();
        let laxer = format!("{}=", segments[which]);
        changed[which] = &laxer;
        assert_eq!(CompactJwe::parse(&changed.join(".")).err(), Some(InvalidJwe::NotCompact), "{which}");
    }
}

/// V104
#[test]
fn a_token_is_at_most_64_kibibytes_long() {
    let token = |bytes: usize| format!("{}.", "A".repeat(bytes - 1));
    assert_eq!(CompactJwe::parse(&token(65_536)).err(), Some(InvalidJwe::NotCompact));
    assert_eq!(CompactJwe::parse(&token(65_537)).err(), Some(InvalidJwe::TooLong { bytes: 65_537 }));
}

/// V42, R65
#[test]
fn a_header_is_one_strict_object() {
    for header in [
        "",
        "[]",
        "{}",
        r#"{"alg":"dir"}"#,
        r#"{"enc":"A128GCM"}"#,
        r#"{"alg":1,"enc":"A128GCM"}"#,
        r#"{"alg":"dir","enc":null}"#,
        r#"{"alg":"dir","alg":"dir","enc":"A128GCM"}"#,
        r#"{"alg":"dir","enc":"A128GCM","x":1,"x":2}"#,
        r#"{"alg":"dir","enc":"A128GCM","\u0065nc":"A128GCM"}"#,
        r#"{"alg":"dir","enc":"A128GCM"}{}"#,
        r#"{"alg":"dir","enc":"A128GCM","kid":7}"#,
        r#"{"alg":"dir","enc":"A128GCM","cty":null}"#,
        r#"{"alg":"dir","enc":"A128GCM","apu":"="}"#,
        r#"{"alg":"dir","enc":"A128GCM","iv":1}"#,
        r#"{"alg":"dir","enc":"A128GCM","epk":"P-256"}"#,
        r#"{"alg":"dir","enc":"A128GCM","epk":{"kty":"EC","crv":"P-256","x":"AA","x":"AA"}}"#,
    ] {
        let token = format!("{}....", base64url::encode(header));
        assert_eq!(CompactJwe::parse(&token).err(), Some(InvalidJwe::Header), "{header}");
    }
    let not_utf_8 = format!("{}....", base64url::encode(b"{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"x\":\"\xff\"}"));
    assert_eq!(CompactJwe::parse(&not_utf_8).err(), Some(InvalidJwe::Header));
    let many: serde_json::Map<_, _> = (0..31).map(|n| (n.to_string(), json!(n))).collect();
    let mut header = json!({"alg": "dir", "enc": "A128GCM"});
    header.as_object_mut().expect("an object").extend(many);
    let token = format!("{}....", base64url::encode(header.to_string()));
    assert_eq!(CompactJwe::parse(&token).err(), Some(InvalidJwe::Header), "33 members");
}

/// RFC 7518 4, 5: each part has the length that the algorithms give it, and no other.
#[test]
fn parts_of_other_lengths_are_refused() {
    for (agreed, which, part) in [
        ((A128Kw, A128Gcm), 2, "initialization vector"),
        ((A128Kw, A128CbcHs256), 2, "initialization vector"),
        ((A128Kw, A128Gcm), 4, "authentication tag"),
        ((A128Kw, A128CbcHs256), 4, "authentication tag"),
        ((A128Kw, A128Gcm), 1, "encrypted key"),
        ((A128GcmKw, A128Gcm), 1, "encrypted key"),
        ((EcdhEsA128Kw, A128Gcm), 1, "encrypted key"),
        ((Dir, A128Gcm), 1, "encrypted key"),
        ((EcdhEs, A128Gcm), 1, "encrypted key"),
    ] {
        let (ours, theirs) = pair_of(agreed);
        let token = theirs.encrypt(agreed.0, agreed.1, SIGNED).expect("a token");
        let ours = keys([ours]);
        let segments: Vec<&str> = token.split('.').collect();
        let bytes = base64url::decode(segments[which]).expect("base64url");
        let shorter = bytes.split_last().map(|(_, others)| others.to_vec()).unwrap_or_default();
        for length in [shorter, [bytes.as_slice(), &[0]].concat()] {
            if length == bytes {
                continue;
            }
            let changed = base64url::encode(length);
            let mut segments = segments.clone();
            segments[which] = &changed;
            assert_eq!(open(&segments.join("."), agreed, &ours), Err(InvalidJwe::Length { part }), "{agreed:?}");
        }
    }
    let agreed = (A128GcmKw, A128Gcm);
    let (ours, theirs) = pair_of(agreed);
    let ours = keys([ours]);
    for (member, value, part) in [
        ("iv", base64url::encode([0; 11]), "initialization vector of the key"),
        ("iv", String::new(), "initialization vector of the key"),
        ("tag", base64url::encode([0; 15]), "authentication tag of the key"),
        ("tag", base64url::encode([0; 4]), "authentication tag of the key"),
    ] {
        let token = with_header(&theirs, agreed, &json!({"alg": "A128GCMKW", "enc": "A128GCM", member: value}));
        assert_eq!(open(&token, agreed, &ours), Err(InvalidJwe::Length { part }));
    }
}

/// RFC 7518 5.3: where the text ends and the tag begins is not for the sender to choose.
#[test]
fn a_tag_with_a_piece_of_the_text_is_no_tag() {
    let (key, iv) = ([7; 16], [7; 12]);
    let sealed = A128Gcm.seal(&key, &iv, b"", b"text").expect("sealed");
    assert!(A128Gcm.open(&key, &iv, b"", &sealed.ciphertext, &sealed.tag).is_some());
    let (last, others) = sealed.ciphertext.split_last().expect("a text");
    let tag = [&[*last], sealed.tag.as_slice()].concat();
    assert!(A128Gcm.open(&key, &iv, b"", others, &tag).is_none());
}

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

/// R69, V37: sign, then encrypt: what comes out is a signed token or nothing.
#[test]
fn only_a_signed_token_comes_out_of_an_encrypted_one() {
    let agreed = (A128Kw, A128Gcm);
    let (ours, theirs) = pair_of(agreed);
    let ours = keys([ours]);
    let header = json!({"alg": "A128KW", "enc": "A128GCM"});
    let encrypted = theirs.encrypt(A128Kw, A128Gcm, SIGNED).expect("a token");
    let inside = |plaintext: &[u8]| {
        let token = theirs.encrypt_with_header(A128Kw, A128Gcm, &header, plaintext).expect("a token");
        open(&token, agreed, &ours)
    };
    for refused in [
        br#"{"sub":"alice"}"#.as_slice(),
        br#"{"sub":"a.b.c"}"#,
        encrypted.as_bytes(),
        b"",
        b"a.b",
        b"a.b.c.d",
        b" a.b.c",
        b"a.b.c\n",
        b"a.b.c=",
        b"a.b.\xff",
        "a.b.é".as_bytes(),
    ] {
        assert_eq!(inside(refused), Err(InvalidJwe::NotNested), "{}", String::from_utf8_lossy(refused));
    }
    assert_eq!(inside(SIGNED.as_bytes()), Ok(SIGNED.to_owned()));
}

/// R69, V33: claims that nobody signed have the form, and the verifier refuses them.
#[test]
fn an_unsigned_token_inside_is_refused_by_the_verifier() {
    let agreed = (A128Kw, A128Gcm);
    let (ours, theirs) = pair_of(agreed);
    let unsigned = format!("{}.{}.", base64url::encode(r#"{"alg":"none"}"#), base64url::encode(r#"{"sub":"alice"}"#));
    let token = theirs.encrypt(A128Kw, A128Gcm, &unsigned).expect("a token");
    let nested = CompactJwe::parse(&token).expect("a JWE").decrypt(agreed, &keys([ours])).expect("the form of a JWS");
    let signer = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
    let provider = JwkSet::from_json(json!({"keys": [signer.public_jwk()]}).to_string().as_bytes()).expect("keys");
    let refused = nested.parse().and_then(|jws| jws.verify(SignatureAlgorithm::Es256, &provider));
    assert!(matches!(refused, Err(InvalidJws::Algorithm { .. })));
}

/// RFC 7519 5.2
#[test]
fn the_content_is_of_the_type_jwt_if_it_says_anything() {
    let agreed = (A128Kw, A128Gcm);
    let (ours, theirs) = pair_of(agreed);
    let ours = keys([ours]);
    let open = |cty: &str| {
        let header = json!({"alg": "A128KW", "enc": "A128GCM", "cty": cty});
        open(&with_header(&theirs, agreed, &header), agreed, &ours)
    };
    for cty in ["JWT", "jwt", "Jwt"] {
        assert_eq!(open(cty), Ok(SIGNED.to_owned()), "{cty}");
    }
    for cty in ["", "JSON", "json", "JWT ", "application/json", "JWE"] {
        assert_eq!(open(cty), Err(InvalidJwe::ContentType { got: Excerpt::new(cty) }), "{cty}");
    }
    let token = with_header(&theirs, agreed, &json!({"alg": "A128KW", "enc": "A128GCM", "typ": "JWT"}));
    assert_eq!(CompactJwe::parse(&token).expect("a JWE").typ(), Some("JWT"));
}

#[test]
fn what_was_inside_is_not_printed() {
    assert_eq!(format!("{:?}", NestedJws(Secret::from("canary"))), "NestedJws(***)");
}

proptest! {
    /// V104
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*", token in "[A-Za-z0-9_.-]{0,200}") {
        let _ = CompactJwe::parse(&text);
        let _ = CompactJwe::parse(&token);
    }

    /// V104
    #[test]
    fn no_parts_make_decryption_panic(
        pair in 0..60_usize,
        key in proptest::collection::vec(any::<u8>(), 0..80),
        iv in proptest::collection::vec(any::<u8>(), 12..=16),
        text in proptest::collection::vec(any::<u8>(), 0..80),
        tag in proptest::collection::vec(any::<u8>(), 16..=32),
    ) {
        let agreed = every_pair().nth(pair).expect("60 pairs");
        if let Ok(ours) = DecryptionKey::from_secret(agreed.0, agreed.1, &Secret::from(SECRET)) {
            let header = json!({"alg": agreed.0, "enc": agreed.1, "iv": base64url::encode([0; 12]), "tag": base64url::encode([0; 16])});
            let parts = [header.to_string().into_bytes(), key, iv, text, tag].map(base64url::encode);
            prop_assert!(open(&parts.join("."), agreed, &keys([ours])).is_err());
        }
    }
}
