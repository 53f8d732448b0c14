//! Values that nobody can guess: codes, tokens, sessions.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// 256 bits, as 43 characters of base64url.
pub(crate) fn identifier() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness; no provider works without it");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identifiers_are_43_characters_and_never_the_same() {
        let drawn: HashSet<String> = (0..100).map(|_| identifier()).collect();
        assert_eq!(drawn.len(), 100);
        assert!(drawn.iter().all(|one| one.len() == 43));
    }
}
