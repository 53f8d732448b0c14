//! Key sets: a provider's public one, and our own private one.

use serde_json::Value;
use vestibule_core::{JwkSet, jose::PrivateJwkSet};

use crate::{Verdict, canary};

pub(crate) const WORDS: &[&str] = &[
    "\"keys\":[",
    "\"kty\":\"EC\"",
    "\"kty\":\"RSA\"",
    "\"kty\":\"OKP\"",
    "\"kty\":\"oct\"",
    "\"crv\":\"P-256\"",
    "\"crv\":\"P-384\"",
    "\"crv\":\"P-521\"",
    "\"crv\":\"Ed25519\"",
    "\"crv\":\"X25519\"",
    "\"use\":\"enc\"",
    "\"use\":\"sig\"",
    "\"alg\":\"RS256\"",
    "\"alg\":\"ECDH-ES\"",
    "\"e\":\"AQAB\"",
    "\"e\":\"Aw\"",
    "\"d\":\"AQ\"",
    "\"k\":\"AQ\"",
    "\"key_ops\":[\"verify\"]",
    "\"kid\":\"1\"",
    ",{}",
    "null",
];

/// Members of a JWK that only its owner knows (RFC 7518 6.2.2, 6.3.2, 6.4).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Every key of the document is used or skipped, and none that is private or symmetric is used.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let private = private(data);
    let set = match JwkSet::from_json(data) {
        Ok(set) => set,
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            assert!(!private, "private keys of a document that is no key set");
            return Verdict::Refused;
        }
    };
    let document: Value = serde_json::from_slice(data).expect("a key set that is no JSON");
    let keys = document.get("keys").and_then(Value::as_array).expect("a key set without keys");
    let used = set.len() + set.encryption_keys().len();
    assert!(keys.len() <= 64, "{} keys", keys.len());
    assert_eq!(used + set.skipped().len(), keys.len(), "a key that was neither used nor skipped");
    let is_public =
        |key: &&Value| PRIVATE.iter().all(|member| key.get(member).is_none()) && key.get("kty") != Some(&"oct".into());
    let public = keys.iter().filter(is_public).count();
    assert!(used <= public, "a private key was used");
    Verdict::from((used > 0 || private).then_some(()))
}

/// Our own: what is read, written and read again is the same set. Says whether it is one with keys.
fn private(data: &[u8]) -> bool {
    let set = match PrivateJwkSet::from_json(data) {
        Ok(set) => set,
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            return false;
        }
    };
    let public = set.public_jwk_set();
    let shown = format!("{set:?} {public}");
    assert!(!shown.contains("\"d\"") && !shown.contains("\"k\""), "a private number was shown");
    let written = set.to_json().expect("no key of it comes from a secret");
    let again = PrivateJwkSet::from_json(written.expose().as_bytes()).expect("what we wrote");
    assert_eq!(again.public_jwk_set(), public, "another set than was written");
    assert_eq!(again.to_json().ok().as_ref(), Some(&written), "written in two ways");
    let readable = JwkSet::from_json(public.to_string().as_bytes()).expect("a set that others can read");
    assert!(readable.skipped().is_empty(), "we published what nobody uses: {:?}", readable.skipped());
    public.get("keys").and_then(Value::as_array).is_some_and(|keys| !keys.is_empty())
}
