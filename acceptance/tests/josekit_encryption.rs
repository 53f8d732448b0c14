//! josekit, which knows nothing of us and encrypts with OpenSSL, and our `jose` must open each other's tokens, and refuse the same.

#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

use josekit::{
    JoseError,
    jwe::{self, JweDecrypter, JweEncrypter, JweHeader},
    jwk::{
        Jwk,
        alg::{ec::EcCurve, ecx::EcxCurve},
    },
};
use serde_json::{Value, json};
use vestibule_core::{
    ContentEncryptionAlgorithm::{self, *},
    JwkSet,
    KeyManagementAlgorithm::{self, *},
    Secret,
    jose::{CompactJwe, DecryptionKey, DecryptionKeys, EncryptionCurve, EncryptionKey, InvalidJwe},
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The form of a signed token: what it says is not looked at here.
const SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";
const SECRET: &str = "a client secret: ü%+ /?";

fn every_pair() -> impl Iterator<Item = (KeyManagementAlgorithm, ContentEncryptionAlgorithm)> {
    KeyManagementAlgorithm::ALL
        .into_iter()
        .flat_map(|algorithm| ContentEncryptionAlgorithm::ALL.into_iter().map(move |enc| (algorithm, enc)))
}

fn their_encrypter(algorithm: KeyManagementAlgorithm, jwk: &Jwk) -> Result<Box<dyn JweEncrypter>, JoseError> {
    Ok(match algorithm {
        RsaOaep => Box::new(jwe::RSA_OAEP.encrypter_from_jwk(jwk)?),
        RsaOaep256 => Box::new(jwe::RSA_OAEP_256.encrypter_from_jwk(jwk)?),
        EcdhEs => Box::new(jwe::ECDH_ES.encrypter_from_jwk(jwk)?),
        EcdhEsA128Kw => Box::new(jwe::ECDH_ES_A128KW.encrypter_from_jwk(jwk)?),
        EcdhEsA256Kw => Box::new(jwe::ECDH_ES_A256KW.encrypter_from_jwk(jwk)?),
        A128Kw => Box::new(jwe::A128KW.encrypter_from_jwk(jwk)?),
        A256Kw => Box::new(jwe::A256KW.encrypter_from_jwk(jwk)?),
        A128GcmKw => Box::new(jwe::A128GCMKW.encrypter_from_jwk(jwk)?),
        A256GcmKw => Box::new(jwe::A256GCMKW.encrypter_from_jwk(jwk)?),
        Dir => Box::new(jwe::Dir.encrypter_from_jwk(jwk)?),
        other => panic!("{other}: teach this test what josekit calls it"),
    })
}

fn their_decrypter(algorithm: KeyManagementAlgorithm, jwk: &Jwk) -> Result<Box<dyn JweDecrypter>, JoseError> {
    Ok(match algorithm {
        RsaOaep => Box::new(jwe::RSA_OAEP.decrypter_from_jwk(jwk)?),
        RsaOaep256 => Box::new(jwe::RSA_OAEP_256.decrypter_from_jwk(jwk)?),
        EcdhEs => Box::new(jwe::ECDH_ES.decrypter_from_jwk(jwk)?),
        EcdhEsA128Kw => Box::new(jwe::ECDH_ES_A128KW.decrypter_from_jwk(jwk)?),
        EcdhEsA256Kw => Box::new(jwe::ECDH_ES_A256KW.decrypter_from_jwk(jwk)?),
        A128Kw => Box::new(jwe::A128KW.decrypter_from_jwk(jwk)?),
        A256Kw => Box::new(jwe::A256KW.decrypter_from_jwk(jwk)?),
        A128GcmKw => Box::new(jwe::A128GCMKW.decrypter_from_jwk(jwk)?),
        A256GcmKw => Box::new(jwe::A256GCMKW.decrypter_from_jwk(jwk)?),
        Dir => Box::new(jwe::Dir.decrypter_from_jwk(jwk)?),
        other => panic!("{other}: teach this test what josekit calls it"),
    })
}

/// A private key of theirs, with the `use` and `alg` that a provider would publish.
fn their_key(algorithm: KeyManagementAlgorithm, curve: EncryptionCurve) -> Result<Jwk, JoseError> {
    let mut jwk = match (algorithm, curve) {
        (RsaOaep | RsaOaep256, _) => Jwk::generate_rsa_key(2048)?,
        (_, EncryptionCurve::P256) => Jwk::generate_ec_key(EcCurve::P256)?,
        (_, EncryptionCurve::P384) => Jwk::generate_ec_key(EcCurve::P384)?,
        (_, EncryptionCurve::P521) => Jwk::generate_ec_key(EcCurve::P521)?,
        (_, EncryptionCurve::X25519) => Jwk::generate_ecx_key(EcxCurve::X25519)?,
        (_, other) => panic!("{other:?}: teach this test what josekit calls it"),
    };
    jwk.set_key_use("enc");
    jwk.set_algorithm(algorithm.name());
    jwk.set_key_id("their key");
    Ok(jwk)
}

/// Core 10.2: the SHA-256, SHA-384 and SHA-512 of the secret, as Python's hashlib has them; each begins a key.
const HASHES: [&str; 3] = [
    "759116b85122947679da5fa83e9ae4691ff561fa43c1690fd643c930c3d2d7e2",
    "6b3f33dff7131ea7b3efdf127abbc4a90436bf656a5580b2d4bcb547b5f825c7efa789035c8aac4809b6e79b0f534930",
    "\
     a7f4b69ea0be09410bc877379ce79d00a2df9ba9ff17c68260eb93a04473227b\
     dd8e2b489f82cdeddb27eb808afac8b09e0e8c06f598c65c6fc1d694cff1f54e",
];

/// The secret as they take it: derived already.
fn their_secret(algorithm: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> Jwk {
    let (hash, bytes) = match (algorithm, enc) {
        (A128Kw | A128GcmKw, _) | (Dir, A128Gcm) => (HASHES[0], 16),
        (Dir, A192Gcm) => (HASHES[0], 24),
        (Dir, A192CbcHs384) => (HASHES[1], 48),
        (Dir, A256CbcHs512) => (HASHES[2], 64),
        _ => (HASHES[0], 32),
    };
    let mut jwk = Jwk::new("oct");
    let byte = |at: usize| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).expect("hexadecimal digits");
    jwk.set_key_value((0..bytes).map(byte).collect::<Vec<_>>());
    jwk
}

fn their_jwk(value: &Value) -> Jwk {
    Jwk::from_map(value.as_object().expect("an object").clone()).expect("a JWK")
}

/// The public half of a key of theirs, as they would publish it. josekit leaves the kid behind.
fn their_public(jwk: &Jwk) -> Result<Value, JoseError> {
    let mut public = jwk.to_public_key()?;
    public.set_key_use("enc");
    jwk.algorithm().into_iter().for_each(|algorithm| public.set_algorithm(algorithm));
    jwk.key_id().into_iter().for_each(|kid| public.set_key_id(kid));
    Ok(Value::Object(public.into()))
}

fn set(public: &Value) -> JwkSet {
    let set = JwkSet::from_json(json!({ "keys": [public] }).to_string().as_bytes()).expect("a key set");
    assert!(set.skipped().is_empty(), "{:?}", set.skipped());
    set
}

fn ours_of(key: DecryptionKey) -> DecryptionKeys {
    [key].into_iter().collect()
}

fn encrypted_by_them(
    algorithm: KeyManagementAlgorithm,
    enc: ContentEncryptionAlgorithm,
    jwk: &Jwk,
) -> Result<String, JoseError> {
    let mut header = JweHeader::new();
    header.set_content_encryption(enc.name());
    header.set_content_type("JWT");
    jwe::serialize_compact(SIGNED.as_bytes(), &header, &*their_encrypter(algorithm, jwk)?)
}

fn opened_by_us(
    token: &str,
    agreed: (KeyManagementAlgorithm, ContentEncryptionAlgorithm),
    keys: &DecryptionKeys,
) -> Result<String, InvalidJwe> {
    CompactJwe::parse(token)?.decrypt(agreed, keys).map(|nested| nested.as_str().to_owned())
}

/// The curves of an algorithm; RSA has none, and is tried once.
fn curves(algorithm: KeyManagementAlgorithm) -> Vec<EncryptionCurve> {
    match algorithm {
        RsaOaep | RsaOaep256 => vec![EncryptionCurve::P256],
        _ => EncryptionCurve::ALL.to_vec(),
    }
}

fn our_key(
    algorithm: KeyManagementAlgorithm,
    curve: EncryptionCurve,
) -> Result<DecryptionKey, Box<dyn std::error::Error>> {
    Ok(match algorithm {
        RsaOaep | RsaOaep256 => DecryptionKey::generate(algorithm)?,
        _ => DecryptionKey::generate_on(algorithm, curve)?,
    })
}

/// The token with one bit of each of its parts changed, one part at a time.
fn tampered(token: &str) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let changed = |part: &str| {
        // In the middle: the last character may carry bits that nobody reads.
        let at = part.len() / 2;
        let other = if part.as_bytes()[at] == b'A' { 'B' } else { 'A' };
        format!("{}{other}{}", &part[..at], &part[at + 1..])
    };
    (0..5)
        .filter(|which| !parts[*which].is_empty())
        .map(|which| {
            let part = |index: usize| if index == which { changed(parts[index]) } else { parts[index].to_owned() };
            (0..5).map(part).collect::<Vec<_>>().join(".")
        })
        .collect()
}

#[test]
fn what_josekit_encrypts_to_our_public_key_we_open() -> Outcome {
    for (algorithm, enc) in every_pair().filter(|(algorithm, _)| !algorithm.is_symmetric()) {
        for curve in curves(algorithm) {
            let ours = our_key(algorithm, curve)?;
            let token = encrypted_by_them(algorithm, enc, &their_jwk(&ours.public_jwk()))
                .map_err(|error| format!("{algorithm} {enc} {curve:?}: {error}"))?;
            let opened = opened_by_us(&token, (algorithm, enc), &ours_of(ours));
            assert_eq!(opened, Ok(SIGNED.to_owned()), "{algorithm} {enc} {curve:?}");
        }
    }
    Ok(())
}

#[test]
fn what_we_encrypt_to_their_public_key_josekit_opens() -> Outcome {
    for (algorithm, enc) in every_pair().filter(|(algorithm, _)| !algorithm.is_symmetric()) {
        for curve in curves(algorithm) {
            let theirs = their_key(algorithm, curve)?;
            let set = set(&their_public(&theirs)?);
            let to = set.encryption_key(algorithm).ok_or("no key")?;
            let token = to.encrypt(algorithm, enc, SIGNED)?;
            let (opened, header) = jwe::deserialize_compact(&token, &*their_decrypter(algorithm, &theirs)?)
                .map_err(|error| format!("{algorithm} {enc} {curve:?}: {error}"))?;
            assert_eq!(opened, SIGNED.as_bytes(), "{algorithm} {enc} {curve:?}");
            assert_eq!((header.key_id(), header.content_type()), (Some("their key"), Some("JWT")));
        }
    }
    Ok(())
}

/// RFC 7518 6.2.2, 6.3.2, RFC 8037 2: private keys go from one to the other as well.
#[test]
fn a_private_key_of_either_opens_tokens_at_the_other() -> Outcome {
    for algorithm in [RsaOaep, RsaOaep256, EcdhEs, EcdhEsA256Kw] {
        for curve in curves(algorithm) {
            let ours = our_key(algorithm, curve)?;
            let set = set(&ours.public_jwk());
            let token = set.encryption_key(algorithm).ok_or("no key")?.encrypt(algorithm, A256Gcm, SIGNED)?;
            let exported: Value = serde_json::from_str(ours.to_private_jwk()?.expose())?;
            let theirs = their_decrypter(algorithm, &their_jwk(&exported))?;
            assert_eq!(jwe::deserialize_compact(&token, &*theirs)?.0, SIGNED.as_bytes(), "{algorithm} {curve:?}");

            let theirs = their_key(algorithm, curve)?;
            let token = encrypted_by_them(algorithm, A256Gcm, &their_jwk(&their_public(&theirs)?))?;
            let imported = DecryptionKey::from_jwk(&Value::Object(theirs.into()))?;
            assert_eq!(opened_by_us(&token, (algorithm, A256Gcm), &ours_of(imported)), Ok(SIGNED.to_owned()));
        }
    }
    Ok(())
}

#[test]
fn what_is_encrypted_with_a_client_secret_is_opened_by_the_other() -> Outcome {
    let secret = Secret::from(SECRET);
    for (algorithm, enc) in every_pair().filter(|(algorithm, _)| algorithm.is_symmetric()) {
        let theirs = their_secret(algorithm, enc);
        let token = EncryptionKey::from_secret(algorithm, enc, &secret)?.encrypt(algorithm, enc, SIGNED)?;
        let opened = jwe::deserialize_compact(&token, &*their_decrypter(algorithm, &theirs)?)
            .map_err(|error| format!("{algorithm} {enc}: {error}"))?;
        assert_eq!(opened.0, SIGNED.as_bytes(), "{algorithm} {enc}");
        let token =
            encrypted_by_them(algorithm, enc, &theirs).map_err(|error| format!("{algorithm} {enc}: {error}"))?;
        let ours = ours_of(DecryptionKey::from_secret(algorithm, enc, &secret)?);
        assert_eq!(opened_by_us(&token, (algorithm, enc), &ours), Ok(SIGNED.to_owned()), "{algorithm} {enc}");
    }
    Ok(())
}

#[test]
fn what_was_tampered_with_is_refused_by_both() -> Outcome {
    for (algorithm, enc) in
        [(RsaOaep, A256Gcm), (RsaOaep256, A128CbcHs256), (EcdhEs, A128CbcHs256), (EcdhEsA128Kw, A256Gcm)]
    {
        let ours = our_key(algorithm, EncryptionCurve::P256)?;
        let exported: Value = serde_json::from_str(ours.to_private_jwk()?.expose())?;
        let theirs = their_decrypter(algorithm, &their_jwk(&exported))?;
        let token = encrypted_by_them(algorithm, enc, &their_jwk(&ours.public_jwk()))?;
        let ours = ours_of(ours);
        assert!(
            opened_by_us(&token, (algorithm, enc), &ours).is_ok() && jwe::deserialize_compact(&token, &*theirs).is_ok()
        );
        for (part, tampered) in tampered(&token).iter().enumerate() {
            assert!(
                opened_by_us(tampered, (algorithm, enc), &ours).is_err(),
                "we took {algorithm} with another part {part}"
            );
            let taken = jwe::deserialize_compact(tampered, &*theirs);
            assert!(taken.is_err(), "josekit took {algorithm} with another part {part}");
        }
    }
    Ok(())
}

/// V38, V39, V45: what josekit still makes, and we do not read: the old padding, passwords, compression.
#[test]
#[expect(deprecated, reason = "RSA1_5 is what is to be refused")]
fn what_josekit_makes_with_old_or_costly_algorithms_is_refused() -> Outcome {
    let ours = our_key(RsaOaep, EncryptionCurve::P256)?;
    let mut public = ours.public_jwk();
    public.as_object_mut().ok_or("no object")?.remove("alg");
    let theirs = their_jwk(&public);
    let ours = ours_of(ours);
    let mut header = JweHeader::new();
    header.set_content_encryption("A256GCM");
    let old = jwe::serialize_compact(SIGNED.as_bytes(), &header, &jwe::RSA1_5.encrypter_from_jwk(&theirs)?)?;
    let password = jwe::PBES2_HS256_A128KW.encrypter_from_bytes(SECRET.as_bytes())?;
    let password = jwe::serialize_compact(SIGNED.as_bytes(), &header, &password)?;
    for token in [old, password] {
        let refused = opened_by_us(&token, (RsaOaep, A256Gcm), &ours);
        assert!(matches!(refused, Err(InvalidJwe::KeyManagement { .. })), "{refused:?}");
    }
    header.set_compression("DEF");
    let small = jwe::serialize_compact(SIGNED.as_bytes(), &header, &jwe::RSA_OAEP.encrypter_from_jwk(&theirs)?)?;
    assert_eq!(opened_by_us(&small, (RsaOaep, A256Gcm), &ours), Err(InvalidJwe::Compressed));
    Ok(())
}
