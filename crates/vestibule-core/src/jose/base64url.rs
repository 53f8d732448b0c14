//! base64url without padding (RFC 7515 2), and nothing laxer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// V53, R68: no padding, no white space, and the unused bits of the last character are zero.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R68, V53
    #[test]
    fn only_the_canonical_form_decodes() {
        assert_eq!(decode("_-8"), Some(vec![0xff, 0xef]));
        for refused in ["_-8=", "_-9", "_-8 ", " _-8", "_-\n8", "/+8", "_", "é"] {
            assert_eq!(decode(refused), None, "{refused:?}");
        }
    }
}
