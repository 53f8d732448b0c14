//! Project Wycheproof's vectors, for every algorithm that we verify (R71, V44).
//!
//! Each vector's key goes through [`JwkSet::from_json`], so through our checks of strength, length and form; the rest is
//! [`CompactJws::verify`] as it stands, or what lies beneath [`CompactJws::verify_with_secret`] where a secret is no UTF-8.
//!
//! Not covered: [`CompactJws::parse`], for the messages are any bytes and no signing input, which is text with a dot in it; and
//! the vectors for JSON Web Signatures and Keys, which the crate leaves out. The tests beside this file are for those.

use ::wycheproof::{
    EllipticCurve, HashFunction, Mgf, TestResult, ecdsa, eddsa, mac,
    rsa_pkcs1_verify::{self, TestFlag},
    rsa_pss_verify,
};

use super::*;

/// How many vectors were run, by what they are: an empty set must not pass for a good one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Run {
    valid: usize,
    invalid: usize,
    /// Neither: signatures that some accept, and we do not.
    acceptable: usize,
}

impl Run {
    /// A valid signature is accepted; any other is refused as a bad signature, and not for want of a key.
    fn judge(&mut self, result: TestResult, verified: &Result<(), InvalidJws>, vector: &str) {
        let (count, expected) = match result {
            TestResult::Valid => (&mut self.valid, Ok(())),
            TestResult::Invalid => (&mut self.invalid, Err(InvalidJws::Signature)),
            TestResult::Acceptable => (&mut self.acceptable, Err(InvalidJws::Signature)),
        };
        assert_eq!(*verified, expected, "{result:?}: {vector}");
        *count += 1;
    }
}

/// What `parse` would give, if a message of any bytes could come in a token.
fn jws<'a>(algorithm: SignatureAlgorithm, message: &'a [u8], signature: &[u8]) -> CompactJws<'a> {
    let header = Header { alg: algorithm.name().to_owned(), kid: None, typ: None, asks_for_extension: false };
    CompactJws { header, signing_input: message, payload: Vec::new(), signature: signature.to_vec() }
}

fn rsa_keys(n: &[u8], e: &[u8]) -> JwkSet {
    // The vectors write integers as DER does, with a leading zero; a JWK must not (RFC 7518 6.3.1).
    let integer = |bytes: &[u8]| base64url::encode(bytes.strip_prefix(&[0]).unwrap_or(bytes));
    set(&[json!({"kty": "RSA", "n": integer(n), "e": integer(e)})])
}

fn rs(hash: HashFunction) -> Option<SignatureAlgorithm> {
    match hash {
        HashFunction::Sha2_256 => Some(SignatureAlgorithm::Rs256),
        HashFunction::Sha2_384 => Some(SignatureAlgorithm::Rs384),
        HashFunction::Sha2_512 => Some(SignatureAlgorithm::Rs512),
        _ => None,
    }
}

/// RFC 7518 3.5: MGF1 with the hash of the signature, and a salt as long as the hash.
fn ps(group: &rsa_pss_verify::TestGroup) -> Option<SignatureAlgorithm> {
    let one_hash = group.mgf == Mgf::Mgf1 && group.mgf_hash == Some(group.hash);
    match (group.hash, group.salt_size) {
        (HashFunction::Sha2_256, 32) if one_hash => Some(SignatureAlgorithm::Ps256),
        (HashFunction::Sha2_384, 48) if one_hash => Some(SignatureAlgorithm::Ps384),
        (HashFunction::Sha2_512, 64) if one_hash => Some(SignatureAlgorithm::Ps512),
        _ => None,
    }
}

/// R71, V44: 2048, 3072, 4096 and 8192 bits.
#[test]
fn rsa_with_pkcs1_padding_is_verified_as_wycheproof_demands() {
    let (mut run, mut weak, mut other_hash) = (Run::default(), 0, 0);
    for name in rsa_pkcs1_verify::TestName::all() {
        for group in rsa_pkcs1_verify::TestSet::load(name).expect("a test set").test_groups {
            let keys = rsa_keys(&group.key.n, &group.key.e);
            for test in &group.tests {
                let vector = format!("{name:?} {} {}", test.tc_id, test.comment);
                let verify = |algorithm| jws(algorithm, &test.msg, &test.sig).verify(algorithm, &keys);
                match rs(group.hash) {
                    // Valid signatures of keys with the exponent 3, which we do not take: 2 + 1 with 2048 bits and SHA-256 and
                    // SHA-512, 1 + 1 with 3072 bits.
                    Some(algorithm) if **group.key.e == [3] => {
                        assert_eq!(verify(algorithm), Err(InvalidJws::NoMatchingKey { algorithm, kid: None }));
                        weak += 1;
                    }
                    Some(algorithm) => {
                        // The one thing that may be accepted is a DigestInfo without its NULL. RFC 8017 8.2.2 compares with
                        // the encoding that has it, and so do we: no signer leaves it out.
                        if test.result == TestResult::Acceptable {
                            assert_eq!(test.flags, [TestFlag::MissingNull], "{vector}");
                        }
                        run.judge(test.result, &verify(algorithm), &vector);
                    }
                    // A good signature with another hash is none with ours. (Some bad ones are bad for having our hash.)
                    None if test.result == TestResult::Valid => {
                        for algorithm in
                            [SignatureAlgorithm::Rs256, SignatureAlgorithm::Rs384, SignatureAlgorithm::Rs512]
                        {
                            assert_eq!(verify(algorithm), Err(InvalidJws::Signature), "{algorithm}: {vector}");
                        }
                        other_hash += 1;
                    }
                    None => {}
                }
            }
        }
    }
    assert_eq!(run, Run { valid: 84, invalid: 3005, acceptable: 12 });
    assert_eq!((weak, other_hash), (5, 84));
}

/// R71, V44: 2048, 3072 and 4096 bits.
#[test]
fn rsa_with_pss_padding_is_verified_as_wycheproof_demands() {
    let (mut run, mut other_parameters) = (Run::default(), 0);
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).expect("a test set").test_groups {
            let keys = rsa_keys(&group.key.n, &group.key.e);
            for test in &group.tests {
                let vector = format!("{name:?} {} {}", test.tc_id, test.comment);
                let verify = |algorithm| jws(algorithm, &test.msg, &test.sig).verify(algorithm, &keys);
                if let Some(algorithm) = ps(&group) {
                    run.judge(test.result, &verify(algorithm), &vector);
                } else if test.result == TestResult::Valid {
                    // A good signature with another hash, mask or length of salt is none of those that JWA has.
                    for algorithm in [SignatureAlgorithm::Ps256, SignatureAlgorithm::Ps384, SignatureAlgorithm::Ps512] {
                        assert_eq!(verify(algorithm), Err(InvalidJws::Signature), "{algorithm}: {vector}");
                    }
                    other_parameters += 1;
                }
            }
        }
    }
    assert_eq!(run, Run { valid: 775, invalid: 411, acceptable: 0 });
    assert_eq!(other_parameters, 1633);
}

fn es(curve: EllipticCurve) -> (SignatureAlgorithm, &'static str) {
    match curve {
        EllipticCurve::Secp256r1 => (SignatureAlgorithm::Es256, "P-256"),
        EllipticCurve::Secp384r1 => (SignatureAlgorithm::Es384, "P-384"),
        EllipticCurve::Secp521r1 => (SignatureAlgorithm::Es512, "P-521"),
        EllipticCurve::Secp256k1 => (SignatureAlgorithm::Es256k, "secp256k1"),
        other => panic!("{other:?} is no curve of ours"),
    }
}

/// Runs `check` on each vector of the sets: its expected result, what we say, and what it is called.
fn for_each_ecdsa(sets: &[ecdsa::TestName], mut check: impl FnMut(TestResult, Result<(), InvalidJws>, &str)) {
    for name in sets {
        for group in ecdsa::TestSet::load(*name).expect("a test set").test_groups {
            let (algorithm, crv) = es(group.key.curve);
            let (form, point) = group.key.key.split_first().expect("a point");
            assert_eq!(*form, 4, "an uncompressed point");
            let (x, y) = point.split_at(point.len() / 2);
            let jwk = json!({"kty": "EC", "crv": crv, "x": base64url::encode(x), "y": base64url::encode(y)});
            let keys = set(&[jwk]);
            for test in &group.tests {
                let verified = jws(algorithm, &test.msg, &test.sig).verify(algorithm, &keys);
                check(test.result, verified, &format!("{name:?} {} {}", test.tc_id, test.comment));
            }
        }
    }
}

/// R71, V44: r and s of zero, of the order and beyond, and points at the edges of each curve.
#[test]
fn ecdsa_is_verified_as_wycheproof_demands() {
    let mut run = Run::default();
    for_each_ecdsa(
        &[
            ecdsa::TestName::EcdsaSecp256r1Sha256P1363,
            ecdsa::TestName::EcdsaSecp384r1Sha384P1363,
            ecdsa::TestName::EcdsaSecp521r1Sha512P1363,
            ecdsa::TestName::EcdsaSecp256k1Sha256P1363,
        ],
        |result, verified, vector| run.judge(result, &verified, vector),
    );
    assert_eq!(run, Run { valid: 764, invalid: 348, acceptable: 0 });
}

/// R71: RFC 7518 3.4: one hash for each curve, and the two numbers side by side, not in DER.
#[test]
fn ecdsa_with_another_hash_or_in_der_is_refused() {
    let mut refused = 0;
    for_each_ecdsa(
        &[
            ecdsa::TestName::EcdsaSecp256r1Sha512P1363,
            ecdsa::TestName::EcdsaSecp384r1Sha512P1363,
            ecdsa::TestName::EcdsaSecp256k1Sha512P1363,
            ecdsa::TestName::EcdsaSecp256r1Sha256,
            ecdsa::TestName::EcdsaSecp384r1Sha384,
            ecdsa::TestName::EcdsaSecp521r1Sha512,
            ecdsa::TestName::EcdsaSecp256k1Sha256,
        ],
        |_, verified, vector| {
            assert_eq!(verified, Err(InvalidJws::Signature), "{vector}");
            refused += 1;
        },
    );
    assert_eq!(refused, 972 + 2006);
}

/// R71, V44
#[test]
fn ed25519_is_verified_as_wycheproof_demands() {
    let mut run = Run::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("a test set").test_groups {
        let keys = set(&[json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&group.key.pk)})]);
        for test in &group.tests {
            let verified =
                jws(SignatureAlgorithm::EdDsa, &test.msg, &test.sig).verify(SignatureAlgorithm::EdDsa, &keys);
            run.judge(test.result, &verified, &format!("{} {}", test.tc_id, test.comment));
        }
    }
    assert_eq!(run, Run { valid: 88, invalid: 63, acceptable: 0 });
}

/// R71, V54: a whole tag under a long secret, and nothing less.
#[test]
fn an_hmac_is_verified_as_wycheproof_demands() {
    let (mut run, mut truncated, mut short) = (Run::default(), 0, 0);
    for (name, algorithm) in [
        (mac::TestName::HmacSha256, SignatureAlgorithm::Hs256),
        (mac::TestName::HmacSha384, SignatureAlgorithm::Hs384),
        (mac::TestName::HmacSha512, SignatureAlgorithm::Hs512),
    ] {
        let bits = algorithm.secret_bytes() * 8;
        for group in mac::TestSet::load(name).expect("a test set").test_groups {
            for test in &group.tests {
                let vector = format!("{name:?} {} {}", test.tc_id, test.comment);
                let verified = jws(algorithm, &test.msg, &test.tag).verify_mac(algorithm, &test.key);
                if group.key_size < bits {
                    // Valid tags, whole and half, under half of the secret that RFC 7518 3.2 demands: 6 for each hash.
                    assert_eq!(verified, Err(InvalidJws::NoMatchingKey { algorithm, kid: None }), "{vector}");
                    short += 1;
                } else if group.tag_size < bits {
                    // Half a tag is none in JWA, valid or not.
                    assert_eq!(verified, Err(InvalidJws::Signature), "{vector}");
                    truncated += 1;
                } else {
                    run.judge(test.result, &verified, &vector);
                }
            }
        }
    }
    assert_eq!(run, Run { valid: 90, invalid: 162, acceptable: 0 });
    assert_eq!((truncated, short), (252, 18));
}
