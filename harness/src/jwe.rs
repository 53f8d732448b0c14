//! Compact JWE: what is read, what opens, and what may be inside.

use vestibule_core::jose::{CompactJwe, CompactJws, EncryptionKey, NestedJws};

use crate::{Verdict, canary, known, stage};

pub(crate) const WORDS: &[&str] = &[
    ".",
    "..",
    "=",
    "!",
    "e30",
    "A128KW",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0",
    "eyJ6aXAiOiJERUYifQ",
    "{}",
    "a.b.c",
    "a.b.c.d.e",
    "\u{e9}",
];

/// What begins so is encrypted to us before it is read.
const CONTENT: u8 = b'!';

/// A token opens only if it was encrypted for us, to the last bit. What anybody can encrypt for us is a signed token, or nothing.
pub(crate) fn run(data: &[u8]) -> Verdict {
    match data.split_first() {
        Some((&CONTENT, content)) => encrypted(content),
        _ => token(data),
    }
}

fn token(data: &[u8]) -> Verdict {
    let Ok(token) = str::from_utf8(data) else { return Verdict::Refused };
    let Some(opened) = opened(token) else { return Verdict::Refused };
    assert!(known::ENCRYPTED.contains(&token), "it opened, and nobody made it");
    Verdict::from(opened.parse().ok())
}

fn opened(token: &str) -> Option<NestedJws> {
    let jwe = match CompactJwe::parse(token) {
        Ok(jwe) => jwe,
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            return None;
        }
    };
    stage::ENCRYPTIONS.into_iter().find_map(|way| match jwe.decrypt(way, &stage::decryption_keys(way)) {
        Ok(opened) => Some(opened),
        Err(reason) => {
            canary::assert_short(&reason.to_string());
            None
        }
    })
}

/// R69, V37: three segments of the characters of base64url, and nothing else.
fn encrypted(content: &[u8]) -> Verdict {
    let (alg, enc) = stage::ENCRYPTIONS[3];
    let key = EncryptionKey::from_secret(alg, enc, &stage::client_secret()).expect("it takes a secret");
    let header = serde_json::json!({"alg": alg.name(), "enc": enc.name(), "cty": "JWT"});
    let token = key.encrypt_with_header(alg, enc, &header, content).expect("encrypted");
    let opened = opened(&token);
    // Too long for anybody.
    let is_short = token.len() <= 64 * 1024;
    let text = str::from_utf8(content).ok().filter(|text| text.split('.').count() == 3);
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let expected = text.filter(|text| is_short && text.chars().all(is_legal));
    assert_eq!(
        opened.as_ref().map(NestedJws::as_str),
        expected,
        "what is inside is no signed token, or is one and was refused"
    );
    let Some(opened) = opened else { return Verdict::Refused };
    assert_eq!(opened.parse().is_ok(), CompactJws::parse(opened.as_str()).is_ok(), "one token, read in two ways");
    Verdict::from(opened.parse().ok())
}
