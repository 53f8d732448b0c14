//! Hashes, and values derived from a secret.

use aws_lc_rs::{constant_time, digest, hmac};

use super::{SignatureAlgorithm, base64url};

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// A value that only the holder of `secret` can compute, one for each label: HMAC-SHA-256 as a pseudo-random function.
pub(crate) fn derive(secret: &[u8; 32], label: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), label.as_bytes()).as_ref());
    out
}

/// The code challenge of a code verifier by S256 (RFC 7636 4.2).
#[must_use]
pub fn code_challenge(code_verifier: &str) -> String {
    base64url::encode(sha256(code_verifier.as_bytes()))
}

pub(crate) fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// The `at_hash` of an access token (Core 3.1.3.6): the left half of its hash, which is that of the ID Token's algorithm.
#[must_use]
pub fn access_token_hash(algorithm: SignatureAlgorithm, token: &str) -> String {
    left_half(algorithm, token)
}

/// The `c_hash` of a code (Core 3.3.2.11), made like an `at_hash`.
pub(crate) fn code_hash(algorithm: SignatureAlgorithm, code: &str) -> String {
    left_half(algorithm, code)
}

fn left_half(algorithm: SignatureAlgorithm, text: &str) -> String {
    let hash = digest::digest(algorithm.hash(), text.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    base64url::encode(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Core A.3 (`at_hash` of its access token).
    #[test]
    fn the_specifications_own_at_hash_comes_out() {
        let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(access_token_hash(SignatureAlgorithm::Rs256, access_token), "77QmUPtjPfzWtF2AnpK9RQ");
    }

    /// The example of RFC 7636 B.
    #[test]
    fn the_specifications_own_code_challenge_comes_out() {
        let code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(code_challenge(code_verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn derived_values_differ_by_label_and_by_secret() {
        assert_ne!(derive(&[1; 32], "nonce"), derive(&[1; 32], "state"));
        assert_ne!(derive(&[1; 32], "nonce"), derive(&[2; 32], "nonce"));
    }
}
