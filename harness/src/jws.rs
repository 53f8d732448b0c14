//! Compact JWS: what is read, and whose signature holds.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use vestibule_core::{
    SignatureAlgorithm,
    jose::{CompactJws, InvalidJws},
};

use crate::{Verdict, known, oracle::Members, stage};

pub(crate) const WORDS: &[&str] = &[
    ".",
    "..",
    "=",
    "eyJhbGciOiJIUzI1NiJ9",
    "eyJhbGciOiJub25lIn0",
    "eyJhbGciOiJFUzI1NiIsImtpZCI6InNpZyJ9",
    "e30",
    "bnVsbA",
    "\n",
    "AAAA",
];

/// Nobody without a key makes a token that verifies: whatever does was signed by who made the seeds.
pub(crate) fn run(data: &[u8]) -> Verdict {
    let Ok(token) = str::from_utf8(data) else { return Verdict::Refused };
    let jws = match CompactJws::parse(token) {
        Ok(jws) => jws,
        Err(reason) => {
            assert_is_known(&reason);
            return Verdict::Refused;
        }
    };
    assert_is_strict(token, &jws);
    let verified = [
        jws.verify(SignatureAlgorithm::Es256, stage::public_keys()),
        jws.verify(SignatureAlgorithm::Rs256, stage::public_keys()),
        jws.verify_with_secret(SignatureAlgorithm::Hs256, &stage::client_secret()),
        // A public key is no secret, and a secret is none of the keys (V34).
        jws.verify(SignatureAlgorithm::Hs256, stage::public_keys()),
        jws.verify_with_secret(SignatureAlgorithm::Es256, &stage::client_secret()),
    ];
    let [es256, rs256, hs256, confused @ ..] = &verified;
    assert!(rs256.is_err() && confused.iter().all(Result::is_err), "a key served what it is not for");
    if es256.is_ok() || hs256.is_ok() {
        let is_known = known::SIGNED.iter().any(|known| signing_input(known) == signing_input(token));
        assert!(is_known, "a signature that nobody made");
    }
    Verdict::from(es256.as_ref().ok().or(hs256.as_ref().ok()))
}

fn signing_input(token: &str) -> Option<&str> {
    token.rsplit_once('.').map(|(input, _)| input)
}

/// V53: three segments of legal characters, each of which is what encoding its bytes gives; a header that serde_json reads as one
/// object, with an algorithm and without extensions.
fn assert_is_strict(token: &str, jws: &CompactJws<'_>) {
    let segments: Vec<Vec<u8>> = token.split('.').map(decoded).collect();
    let [header, payload, _] = segments.as_slice() else { panic!("{} segments", segments.len()) };
    assert_eq!(payload, jws.unverified_payload(), "another payload than the token's");
    let header = Members::of(header).expect("a header that is no object");
    assert!(!header.has_duplicates(), "a header with a member twice");
    assert!(header.text("alg").is_some(), "no algorithm");
    assert!(header.get("crit").is_none() && header.get("b64").is_none(), "an extension");
    assert_eq!(header.text("typ"), jws.typ(), "another type than the header's");
}

fn decoded(segment: &str) -> Vec<u8> {
    let bytes = URL_SAFE_NO_PAD.decode(segment).expect("a segment that is no base64url");
    assert_eq!(URL_SAFE_NO_PAD.encode(&bytes), segment, "a segment that is not canonical");
    bytes
}

fn assert_is_known(reason: &InvalidJws) {
    let is_of_the_form = matches!(reason, InvalidJws::NotCompact | InvalidJws::Header | InvalidJws::CriticalExtension);
    assert!(is_of_the_form, "{reason}: found before there was a key");
}
