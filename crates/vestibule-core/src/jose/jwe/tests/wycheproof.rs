//! Project Wycheproof's vectors, for what encryption is made of (V37, V45).
//!
//! Each goes through the function that [`CompactJwe::decrypt`] calls for it; the crate leaves out the vectors for JSON Web Encryption.

use ::wycheproof::{EllipticCurve, HashFunction, MontgomeryCurve, TestResult, aead, ecdh, keywrap, rsa_oaep, xdh};
use aws_lc_rs::{agreement::PrivateKey, key_wrap};

use super::*;
use crate::jose::jwe::{key_agreement::Derivation, shared_key};

/// How many vectors were run, by what they are: an empty set must not pass for a good one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Run {
    valid: usize,
    invalid: usize,
    acceptable: usize,
}

impl Run {
    /// What is valid comes out as it should; nothing else comes out, save what is acceptable and as it should be.
    fn judge(&mut self, result: TestResult, expected: &[u8], got: Option<&[u8]>, vector: &str) {
        match result {
            TestResult::Valid => {
                assert_eq!(got, Some(expected), "{vector}");
                self.valid += 1;
            }
            TestResult::Invalid => {
                assert_eq!(got, None, "{vector}");
                self.invalid += 1;
            }
            TestResult::Acceptable => {
                assert!(got.is_none() || got == Some(expected), "{vector}");
                self.acceptable += 1;
            }
        }
    }
}

/// V53: vectors of other sizes of vector, tag or key are those of no algorithm of ours.
fn run_aead(name: aead::TestName, algorithms: &[ContentEncryptionAlgorithm]) -> Run {
    let mut run = Run::default();
    for group in aead::TestSet::load(name).expect("a test set").test_groups {
        let ours = algorithms.iter().find(|enc| {
            (enc.key_bytes() * 8, enc.iv_bytes() * 8, enc.tag_bytes() * 8)
                == (group.key_size, group.nonce_size, group.tag_size)
        });
        for test in ours.into_iter().flat_map(|enc| group.tests.iter().map(move |test| (enc, test))) {
            let (enc, test) = test;
            let opened = enc.open(&test.key, &test.nonce, &test.aad, &test.ct, &test.tag);
            let vector = format!("{enc} {} {}", test.tc_id, test.comment);
            run.judge(test.result, &test.pt, opened.as_ref().map(|text| text.expose().as_slice()), &vector);
            if test.result == TestResult::Valid {
                let sealed = enc.seal(&test.key, &test.nonce, &test.aad, &test.pt).expect("sealed");
                assert_eq!((&sealed.ciphertext[..], &sealed.tag[..]), (&test.ct[..], &test.tag[..]), "{vector}");
            }
        }
    }
    run
}

/// V37: RFC 7518 5.2, 5.3
#[test]
fn content_is_decrypted_as_wycheproof_demands() {
    use ContentEncryptionAlgorithm::*;
    let runs = [
        run_aead(aead::TestName::AesGcm, &[A128Gcm, A192Gcm, A256Gcm]),
        run_aead(aead::TestName::Aes128CbcHmacSha256, &[A128CbcHs256]),
        run_aead(aead::TestName::Aes192CbcHmacSha384, &[A192CbcHs384]),
        run_aead(aead::TestName::Aes256CbcHmacSha512, &[A256CbcHs512]),
    ];
    let counted = runs.map(|run| (run.valid, run.invalid, run.acceptable));
    assert_eq!(counted, [(116, 81, 0), (67, 27, 0), (67, 27, 0), (67, 27, 0)]);
}

/// V37: RFC 7518 4.4
#[test]
fn keys_are_unwrapped_as_wycheproof_demands() {
    let mut run = Run::default();
    for group in keywrap::TestSet::load(keywrap::TestName::AesKeyWrap).expect("a test set").test_groups {
        let cipher = match group.key_size {
            128 => &key_wrap::AES_128,
            256 => &key_wrap::AES_256,
            _ => continue,
        };
        for test in &group.tests {
            let got = shared_key::unwrap(cipher, &test.key, &test.ct);
            let vector = format!("{} {}", test.tc_id, test.comment);
            run.judge(test.result, &test.pt, got.as_ref().map(|key| key.expose().as_slice()), &vector);
        }
    }
    assert_eq!(run, Run { valid: 24, invalid: 84, acceptable: 2 });
}

/// V45: RFC 7518 4.3: no label. A wrong padding, in whatever way, gives nothing.
#[test]
fn rsa_with_oaep_is_decrypted_as_wycheproof_demands() {
    let (mut run, mut labelled) = (Run::default(), 0);
    for (name, algorithm, hash) in [
        (rsa_oaep::TestName::Rsa2048Sha1Mgf1Sha1, RsaOaep, HashFunction::Sha1),
        (rsa_oaep::TestName::Rsa2048Sha256Mgf1Sha256, RsaOaep256, HashFunction::Sha2_256),
        (rsa_oaep::TestName::Rsa3072Sha256Mgf1Sha256, RsaOaep256, HashFunction::Sha2_256),
        (rsa_oaep::TestName::Rsa4096Sha256Mgf1Sha256, RsaOaep256, HashFunction::Sha2_256),
    ] {
        for group in rsa_oaep::TestSet::load(name).expect("a test set").test_groups {
            assert_eq!((group.hash, group.mgf_hash), (hash, hash));
            let pair = aws_lc_rs::signature::RsaKeyPair::from_pkcs8(&group.pkcs8).expect("a key");
            let mut jwk = crate::jose::private_jwk::rsa_numbers::public_members(&pair);
            jwk.append(&mut crate::jose::private_jwk::rsa_numbers::private_members(&pair).expect("numbers"));
            let key = DecryptionKey::from_jwk_for(algorithm, &Value::Object(jwk)).expect("a key");
            for test in &group.tests {
                let transport = Transport {
                    algorithm,
                    enc: A128Gcm,
                    encrypted_key: &test.ct,
                    ephemeral: None,
                    apu: &[],
                    apv: &[],
                    iv: &[],
                    tag: &[],
                };
                let got = key.content_key(&transport);
                if test.label.is_empty() {
                    let vector = format!("{name:?} {} {}", test.tc_id, test.comment);
                    run.judge(test.result, &test.pt, got.as_ref().map(|key| key.expose().as_slice()), &vector);
                } else {
                    assert!(got.is_none(), "a label");
                    labelled += 1;
                }
            }
        }
    }
    assert_eq!((run, labelled), (Run { valid: 40, invalid: 76, acceptable: 0 }, 31));
}

/// What is derived from a shared secret, and what is agreed on: equal if and only if the secrets are.
fn agreed_on(curve: EncryptionCurve, private: &[u8], point: Option<&PublicPoint>) -> Option<Secret<Vec<u8>>> {
    let private = PrivateKey::from_private_key(curve.algorithm(), private).expect("a private key");
    point?.agree(&private, &Derivation::of(EcdhEs, A128Gcm, &[], &[]))
}

fn derived(shared: &[u8]) -> Vec<u8> {
    Derivation::of(EcdhEs, A128Gcm, &[], &[]).key(shared).expose().clone()
}

/// V37: RFC 8037 3.2: a shared secret of zeros is refused, a point that is written in another way is not.
#[test]
fn x25519_is_agreed_on_as_wycheproof_demands() {
    let (mut run, mut zeros) = (Run::default(), 0);
    for group in xdh::TestSet::load(xdh::TestName::X25519).expect("a test set").test_groups {
        assert_eq!(group.curve, MontgomeryCurve::X25519);
        for test in &group.tests {
            let point = PublicPoint::parse(EncryptionCurve::X25519, &test.public_key, None);
            let got = agreed_on(EncryptionCurve::X25519, &test.private_key, point.as_ref());
            let vector = format!("{} {}", test.tc_id, test.comment);
            if test.shared_secret.iter().all(|byte| *byte == 0) {
                assert!(got.is_none(), "{vector}");
                zeros += 1;
                continue;
            }
            let got = got.as_ref().map(|key| key.expose().as_slice());
            run.judge(test.result, &derived(&test.shared_secret), got, &vector);
        }
    }
    assert_eq!((run, zeros), (Run { valid: 264, invalid: 0, acceptable: 223 }, 31));
}

/// V37: the invalid curve attack among them. Points are those of a JWK: uncompressed.
#[test]
fn curves_of_nist_are_agreed_on_as_wycheproof_demands() {
    let mut run = Run::default();
    for name in [
        ecdh::TestName::EcdhSecp256r1Ecpoint,
        ecdh::TestName::EcdhSecp384r1Ecpoint,
        ecdh::TestName::EcdhSecp521r1Ecpoint,
    ] {
        for group in ecdh::TestSet::load(name).expect("a test set").test_groups {
            let (curve, bytes) = match group.curve {
                EllipticCurve::Secp256r1 => (EncryptionCurve::P256, 32),
                EllipticCurve::Secp384r1 => (EncryptionCurve::P384, 48),
                EllipticCurve::Secp521r1 => (EncryptionCurve::P521, 66),
                other => panic!("{other:?} is no curve of ours"),
            };
            for test in &group.tests {
                // A JWK has no compressed points.
                let Some((4, point)) = test.public_key.split_first() else { continue };
                let (x, y) = point.split_at(point.len() / 2);
                let point = PublicPoint::parse(curve, x, Some(y));
                // The vectors write the private number as DER does.
                let number: Vec<u8> = test.private_key.iter().copied().skip_while(|byte| *byte == 0).collect();
                let private = [vec![0; bytes - number.len()], number].concat();
                let got = agreed_on(curve, &private, point.as_ref());
                let vector = format!("{name:?} {} {}", test.tc_id, test.comment);
                let got = got.as_ref().map(|key| key.expose().as_slice());
                run.judge(test.result, &derived(&test.shared_secret), got, &vector);
            }
        }
    }
    assert_eq!(run, Run { valid: 1733, invalid: 48, acceptable: 0 });
}
