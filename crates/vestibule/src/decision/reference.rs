//! What finds a record again.

use std::fmt;

use crate::session::seal;

/// Six characters that a person can read out: 30 bits, for finding a log line, not for anything secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference([u8; 6]);

const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

impl Reference {
    /// One of its own.
    pub(crate) fn random() -> Self {
        Self::of(seal::random())
    }

    /// The one of these bytes.
    pub(super) fn of(bytes: [u8; 6]) -> Self {
        Self(bytes.map(|byte| LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'a')))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_six_letters_that_nobody_mistakes() {
        for byte in 0..=u8::MAX {
            let reference = Reference::of([byte; 6]);
            assert_eq!(reference.as_str().len(), 6);
            assert!(!reference.as_str().contains(['i', 'l', 'o', '1']), "{reference}");
        }
        assert_ne!(Reference::random(), Reference::random());
    }
}
