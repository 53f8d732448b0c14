//! Values that nobody can guess: codes, tokens, sessions.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// 256 bits, as 43 characters of base64url.
pub(crate) fn identifier() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness; no provider works without it");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// So many of these characters, each of which is ASCII.
pub(crate) fn drawn(characters: &str, count: usize) -> String {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness; no provider works without it");
    let characters = characters.as_bytes();
    // Which of them is nearly equally likely: enough for a development provider, of which nobody guesses.
    let places = bytes.into_iter().map(|byte| usize::from(byte) * characters.len() / 256);
    places.filter_map(|place| characters.get(place)).copied().map(char::from).collect()
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

    #[test]
    fn what_is_drawn_has_the_length_and_the_characters_that_were_asked_for() {
        let text = super::drawn("ab ", 1000);
        assert_eq!(text.len(), 1000);
        assert_eq!(text.chars().collect::<HashSet<_>>(), HashSet::from(['a', 'b', ' ']));
    }
}
