//! A token with one bit changed: of its text, or of what a part of it stands for.

#![expect(clippy::indexing_slicing, reason = "a test that looks for what is not there fails, as it should")]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Whether every bit of every token is asked for (`VESTIBULE_BITS=full`, in release), or a part of them that shows the same.
pub(super) fn in_full() -> bool {
    std::env::var_os("VESTIBULE_BITS").is_some_and(|value| value == "full")
}

/// The token with each bit of its text changed, of which one in eight is no text any more. Among them are those that base64url does
/// not use, at the end of each part: a laxer reader takes the token for the same.
pub(super) fn of_the_text(token: &str) -> impl Iterator<Item = String> {
    let text = token.as_bytes().to_vec();
    (0..text.len() * 8).filter_map(move |bit| String::from_utf8(flipped(&text, bit)).ok())
}

/// The token with each bit of what these parts stand for changed.
pub(super) fn of_the_parts(token: &str, parts: impl IntoIterator<Item = usize>) -> impl Iterator<Item = String> {
    let segments: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.into_iter().flat_map(move |part| {
        let segments = segments.clone();
        let bytes = URL_SAFE_NO_PAD.decode(&segments[part]).expect("base64url");
        (0..bytes.len() * 8).map(move |bit| {
            let mut segments = segments.clone();
            segments[part] = URL_SAFE_NO_PAD.encode(flipped(&bytes, bit));
            segments.join(".")
        })
    })
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}
