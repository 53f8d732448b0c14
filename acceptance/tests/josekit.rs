//! josekit, which knows nothing of us and signs with OpenSSL, and our `jose` must understand each other, and refuse the same.

#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

use josekit::{
    JoseError,
    jwk::{
        Jwk,
        alg::{ec::EcCurve, ed::EdCurve},
    },
    jws::{self, JwsHeader, JwsSigner, JwsVerifier},
    jwt::{self, JwtPayload},
};
use serde_json::{Value, json};
use vestibule_core::{
    JwkSet, Secret,
    SignatureAlgorithm::{self, *},
    jose::{CompactJws, InvalidJws, SigningKey},
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PAYLOAD: &[u8] = br#"{"sub":"alice","name":"Zo\u00eb \u2603"}"#;
const SECRET: &str = "a secret of more than sixty-four bytes, which is what HS512 wants: ü%+ /?";

fn of_key_pairs() -> impl Iterator<Item = SignatureAlgorithm> {
    SignatureAlgorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric())
}

fn of_secrets() -> impl Iterator<Item = SignatureAlgorithm> {
    SignatureAlgorithm::ALL.into_iter().filter(|algorithm| algorithm.is_symmetric())
}

fn our_keys(public: &[Value]) -> JwkSet {
    JwkSet::from_json(json!({ "keys": public }).to_string().as_bytes()).expect("a key set")
}

fn their_jwk(value: &Value) -> Jwk {
    Jwk::from_map(value.as_object().expect("an object").clone()).expect("a JWK")
}

fn their_verifier(algorithm: SignatureAlgorithm, jwk: &Jwk) -> Result<Box<dyn JwsVerifier>, JoseError> {
    Ok(match algorithm {
        Rs256 => Box::new(jws::RS256.verifier_from_jwk(jwk)?),
        Rs384 => Box::new(jws::RS384.verifier_from_jwk(jwk)?),
        Rs512 => Box::new(jws::RS512.verifier_from_jwk(jwk)?),
        Ps256 => Box::new(jws::PS256.verifier_from_jwk(jwk)?),
        Ps384 => Box::new(jws::PS384.verifier_from_jwk(jwk)?),
        Ps512 => Box::new(jws::PS512.verifier_from_jwk(jwk)?),
        Es256 => Box::new(jws::ES256.verifier_from_jwk(jwk)?),
        Es384 => Box::new(jws::ES384.verifier_from_jwk(jwk)?),
        Es512 => Box::new(jws::ES512.verifier_from_jwk(jwk)?),
        Es256k => Box::new(jws::ES256K.verifier_from_jwk(jwk)?),
        EdDsa => Box::new(jws::EdDSA.verifier_from_jwk(jwk)?),
        Hs256 => Box::new(jws::HS256.verifier_from_jwk(jwk)?),
        Hs384 => Box::new(jws::HS384.verifier_from_jwk(jwk)?),
        Hs512 => Box::new(jws::HS512.verifier_from_jwk(jwk)?),
        other => panic!("{other}: teach this test what josekit calls it"),
    })
}

fn their_signer(algorithm: SignatureAlgorithm, jwk: &Jwk) -> Result<Box<dyn JwsSigner>, JoseError> {
    Ok(match algorithm {
        Rs256 => Box::new(jws::RS256.signer_from_jwk(jwk)?),
        Rs384 => Box::new(jws::RS384.signer_from_jwk(jwk)?),
        Rs512 => Box::new(jws::RS512.signer_from_jwk(jwk)?),
        Ps256 => Box::new(jws::PS256.signer_from_jwk(jwk)?),
        Ps384 => Box::new(jws::PS384.signer_from_jwk(jwk)?),
        Ps512 => Box::new(jws::PS512.signer_from_jwk(jwk)?),
        Es256 => Box::new(jws::ES256.signer_from_jwk(jwk)?),
        Es384 => Box::new(jws::ES384.signer_from_jwk(jwk)?),
        Es512 => Box::new(jws::ES512.signer_from_jwk(jwk)?),
        Es256k => Box::new(jws::ES256K.signer_from_jwk(jwk)?),
        EdDsa => Box::new(jws::EdDSA.signer_from_jwk(jwk)?),
        Hs256 => Box::new(jws::HS256.signer_from_jwk(jwk)?),
        Hs384 => Box::new(jws::HS384.signer_from_jwk(jwk)?),
        Hs512 => Box::new(jws::HS512.signer_from_jwk(jwk)?),
        other => panic!("{other}: teach this test what josekit calls it"),
    })
}

/// A private key of theirs.
fn their_key(algorithm: SignatureAlgorithm) -> Result<Jwk, JoseError> {
    match algorithm {
        Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512 => Jwk::generate_rsa_key(2048),
        Es256 => Jwk::generate_ec_key(EcCurve::P256),
        Es384 => Jwk::generate_ec_key(EcCurve::P384),
        Es512 => Jwk::generate_ec_key(EcCurve::P521),
        Es256k => Jwk::generate_ec_key(EcCurve::Secp256k1),
        EdDsa => Jwk::generate_ed_key(EdCurve::Ed25519),
        _ => {
            let mut jwk = Jwk::new("oct");
            jwk.set_key_value(SECRET);
            Ok(jwk)
        }
    }
}

/// The public half of a key of theirs, as they would publish it. josekit leaves the kid behind.
fn their_public(jwk: &Jwk) -> Result<Value, JoseError> {
    let mut public = jwk.to_public_key()?;
    jwk.key_id().into_iter().for_each(|kid| public.set_key_id(kid));
    Ok(Value::Object(public.into()))
}

fn signed_by_them(algorithm: SignatureAlgorithm, jwk: &Jwk) -> Result<String, JoseError> {
    let mut header = JwsHeader::new();
    header.set_token_type("JWT");
    if let Some(kid) = jwk.key_id() {
        header.set_key_id(kid);
    }
    jws::serialize_compact(PAYLOAD, &header, &*their_signer(algorithm, jwk)?)
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
    (0..3)
        .map(|which| {
            let part = |index: usize| if index == which { changed(parts[index]) } else { parts[index].to_owned() };
            [part(0), part(1), part(2)].join(".")
        })
        .collect()
}

fn we_refuse(algorithm: SignatureAlgorithm, keys: &JwkSet, token: &str) -> bool {
    CompactJws::parse(token).and_then(|jws| jws.verify(algorithm, keys)).is_err()
}

#[test]
fn what_we_sign_josekit_verifies_with_our_public_key() -> Outcome {
    for algorithm in of_key_pairs() {
        let key = SigningKey::generate(algorithm)?;
        let verifier = their_verifier(algorithm, &their_jwk(&key.public_jwk()))?;
        let (payload, header) = jws::deserialize_compact(&key.sign("JWT", PAYLOAD)?, &*verifier)?;
        assert_eq!(payload, PAYLOAD, "{algorithm}");
        assert_eq!((header.algorithm(), header.key_id()), (Some(algorithm.name()), Some(key.kid())));
    }
    Ok(())
}

#[test]
fn what_josekit_signs_we_verify_with_its_public_key() -> Outcome {
    for algorithm in of_key_pairs() {
        let mut theirs = their_key(algorithm)?;
        theirs.set_key_id("their key");
        let keys = our_keys(&[their_public(&theirs)?]);
        assert!(keys.skipped().is_empty(), "{algorithm}: {:?}", keys.skipped());
        let token = signed_by_them(algorithm, &theirs)?;
        let jws = CompactJws::parse(&token)?;
        jws.verify(algorithm, &keys).map_err(|error| format!("{algorithm}: {error}"))?;
        assert_eq!((jws.unverified_payload(), jws.typ()), (PAYLOAD, Some("JWT")));
    }
    Ok(())
}

#[test]
fn what_was_tampered_with_is_refused_by_both() -> Outcome {
    for algorithm in of_key_pairs() {
        let (ours, theirs) = (SigningKey::generate(algorithm)?, their_key(algorithm)?);
        for (token, public) in [
            (ours.sign("JWT", PAYLOAD)?, ours.public_jwk()),
            (signed_by_them(algorithm, &theirs)?, their_public(&theirs)?),
        ] {
            let (keys, verifier) =
                (our_keys(std::slice::from_ref(&public)), their_verifier(algorithm, &their_jwk(&public))?);
            assert!(!we_refuse(algorithm, &keys, &token) && jws::deserialize_compact(&token, &*verifier).is_ok());
            for (part, tampered) in tampered(&token).iter().enumerate() {
                assert!(we_refuse(algorithm, &keys, tampered), "we took {algorithm} with another part {part}");
                let taken = jws::deserialize_compact(tampered, &*verifier);
                assert!(taken.is_err(), "josekit took {algorithm} with another part {part}");
            }
        }
    }
    Ok(())
}

#[test]
fn another_key_of_the_same_kind_verifies_nothing_for_either() -> Outcome {
    for algorithm in of_key_pairs() {
        let (signer, stranger) = (SigningKey::generate(algorithm)?.with_kid("1"), their_key(algorithm)?);
        let mut public = their_jwk(&their_public(&stranger)?);
        public.set_key_id("1");
        let token = signer.sign("JWT", PAYLOAD)?;
        assert!(jws::deserialize_compact(&token, &*their_verifier(algorithm, &public)?).is_err(), "{algorithm}");
        let keys = our_keys(&[Value::Object(public.into())]);
        assert_eq!(CompactJws::parse(&token)?.verify(algorithm, &keys), Err(InvalidJws::Signature), "{algorithm}");
    }
    Ok(())
}

/// Core 10.1: as a provider publishes them, old key beside new.
#[test]
fn the_right_one_of_many_keys_is_found_by_its_kid_and_without_one() -> Outcome {
    let theirs = of_key_pairs()
        .chain([Rs256, Es256])
        .enumerate()
        .map(|(number, algorithm)| {
            let mut key = their_key(algorithm)?;
            key.set_key_id(number.to_string());
            Ok((algorithm, key))
        })
        .collect::<Result<Vec<_>, JoseError>>()?;
    let public = theirs.iter().map(|(_, key)| their_public(key)).collect::<Result<Vec<_>, _>>()?;
    let keys = our_keys(&public);
    assert_eq!(keys.len(), theirs.len(), "{:?}", keys.skipped());
    for (algorithm, key) in &theirs {
        let without_kid = jws::serialize_compact(PAYLOAD, &JwsHeader::new(), &*their_signer(*algorithm, key)?)?;
        for token in [signed_by_them(*algorithm, key)?, without_kid] {
            assert_eq!(CompactJws::parse(&token)?.verify(*algorithm, &keys), Ok(()), "{algorithm}");
        }
    }
    Ok(())
}

/// RFC 7518 3.4 and 6.2.1.2: numbers have a fixed length, and every 128th begins with a zero that careless code drops.
#[test]
fn numbers_that_begin_with_zeros_are_written_and_read_alike() -> Outcome {
    for (algorithm, times) in [(Es256, 300), (Es384, 60), (Es512, 30), (Es256k, 30)] {
        let ours = SigningKey::generate(algorithm)?;
        let verifier = their_verifier(algorithm, &their_jwk(&ours.public_jwk()))?;
        for _ in 0..times {
            // A new key of theirs each time; a new signature of ours by one key.
            jws::deserialize_compact(ours.sign("JWT", PAYLOAD)?, &*verifier)?;
            let theirs = their_key(algorithm)?;
            let (token, public) = (signed_by_them(algorithm, &theirs)?, their_public(&theirs)?);
            assert!(
                !we_refuse(algorithm, &our_keys(std::slice::from_ref(&public)), &token),
                "{algorithm}: {token} {public}"
            );
        }
    }
    for _ in 0..300 {
        let ours = SigningKey::generate(Es256)?;
        let verifier = their_verifier(Es256, &their_jwk(&ours.public_jwk()))?;
        jws::deserialize_compact(ours.sign("JWT", PAYLOAD)?, &*verifier)?;
    }
    Ok(())
}

#[test]
fn what_is_signed_with_a_secret_is_verified_by_the_other_and_refused_when_tampered_with() -> Outcome {
    let secret = Secret::from(SECRET);
    for algorithm in of_secrets() {
        let theirs = their_key(algorithm)?;
        let verifier = their_verifier(algorithm, &theirs)?;
        let tokens =
            [SigningKey::from_secret(algorithm, &secret)?.sign("JWT", PAYLOAD)?, signed_by_them(algorithm, &theirs)?];
        for token in tokens {
            assert_eq!(CompactJws::parse(&token)?.verify_with_secret(algorithm, &secret), Ok(()), "{algorithm}");
            assert_eq!(jws::deserialize_compact(&token, &*verifier)?.0, PAYLOAD, "{algorithm}");
            for tampered in tampered(&token) {
                let ours = CompactJws::parse(&tampered).and_then(|jws| jws.verify_with_secret(algorithm, &secret));
                assert!(ours.is_err() && jws::deserialize_compact(&tampered, &*verifier).is_err(), "{algorithm}");
            }
        }
    }
    Ok(())
}

/// RFC 7518 3.2: a key as long as the hash, at least.
#[test]
fn a_secret_that_is_too_short_is_taken_by_neither() {
    for algorithm in of_secrets() {
        let short = &SECRET[..algorithm.secret_bytes() - 1];
        let mut jwk = Jwk::new("oct");
        jwk.set_key_value(short);
        assert!(SigningKey::from_secret(algorithm, &Secret::from(short)).is_err(), "{algorithm}");
        assert!(their_signer(algorithm, &jwk).is_err(), "{algorithm}");
    }
}

/// V34: the public key of one algorithm is not the secret of another.
#[test]
fn a_public_key_is_no_secret() -> Outcome {
    let theirs = their_key(Rs256)?;
    let public = their_public(&theirs)?;
    let mut as_secret = Jwk::new("oct");
    as_secret.set_key_value(public.to_string());
    let token = signed_by_them(Hs256, &as_secret)?;
    let keys = our_keys(&[public]);
    for algorithm in SignatureAlgorithm::ALL {
        assert!(we_refuse(algorithm, &keys, &token), "{algorithm}");
    }
    Ok(())
}

/// V33
#[test]
fn what_josekit_leaves_unsigned_is_refused_under_every_algorithm() -> Outcome {
    let mut payload = JwtPayload::new();
    payload.set_subject("alice");
    let token = jwt::encode_unsecured(&payload, &JwsHeader::new())?;
    let keys = our_keys(
        &of_key_pairs().map(|a| SigningKey::generate(a).map(|key| key.public_jwk())).collect::<Result<Vec<_>, _>>()?,
    );
    for algorithm in SignatureAlgorithm::ALL {
        assert!(we_refuse(algorithm, &keys, &token), "{algorithm}");
    }
    Ok(())
}
