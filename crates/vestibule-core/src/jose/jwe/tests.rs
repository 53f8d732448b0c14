mod header;
mod keys;
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

/// RFC 7518 4.6.1.2, 4.6.1.3: both are in what the key is derived from.
#[test]
fn the_parties_that_a_header_names_are_part_of_the_key() {
    let ours = DecryptionKey::generate(EcdhEs).expect("a key");
    let to = published(&ours);
    let ours = keys([ours]);
    let header = serde_json::json!({"alg": "ECDH-ES", "enc": "A256GCM", "cty": "JWT", "apu": "QWxpY2U", "apv": "Qm9i"});
    let token = to.encrypt_with_header(EcdhEs, A256Gcm, &header, SIGNED.as_bytes()).expect("a token");
    assert_eq!(open(&token, (EcdhEs, A256Gcm), &ours), Ok(SIGNED.to_owned()));
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
