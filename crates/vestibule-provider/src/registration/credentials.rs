//! The ids and secrets that registered clients get.

use vestibule_core::Secret;

use crate::identifier::{drawn, identifier};

/// Of which characters ids and secrets are made.
#[derive(Clone, Copy, Default)]
pub(crate) enum Alphabet {
    /// base64url alone.
    #[default]
    Plain,
    /// With everything that RFC 6749 allows (appendix A: VSCHAR) and careless encoding breaks.
    Awkward,
    /// As the Foundation's conformance suite does.
    Suite,
}

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";
/// All of VSCHAR (RFC 6749, appendix A) that is neither.
const PUNCTUATION: &str = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// Signs that mean something in a header, a form, a query, a format string or a page. `%41` is no escape here, and a lone `%`
/// never was one.
const AWKWARD: &str = " :%+\"'\\&=?#/;,<>`%41|{}~ ";

impl Alphabet {
    pub(crate) fn client_id(self) -> String {
        match self {
            Self::Plain => format!("client_{}", identifier()),
            Self::Awkward => format!("client{AWKWARD}{}", identifier()),
            Self::Suite => format!("client_{}", mixed(15, 5)),
        }
    }

    /// At least 72 characters: long enough to be the key of HS512 (RFC 7518 3.2: 64 bytes).
    pub(crate) fn client_secret(self) -> Secret<String> {
        Secret::new(match self {
            Self::Plain => format!("{}_{}", identifier(), identifier()),
            Self::Awkward => format!("{}{AWKWARD}{}", identifier(), identifier()),
            Self::Suite => format!("secret_{}", mixed(50, 10)),
        })
    }
}

/// So many letters, then digits, then five signs of any kind.
fn mixed(letters: usize, digits: usize) -> String {
    format!("{}{}{}", drawn(LETTERS, letters), drawn(DIGITS, digits), drawn(PUNCTUATION, 5))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_character_is_one_that_rfc_6749_allows() {
        for alphabet in [Alphabet::Plain, Alphabet::Awkward, Alphabet::Suite] {
            let (id, secret) = (alphabet.client_id(), alphabet.client_secret());
            for text in [&id, secret.expose()] {
                assert!(text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{text}");
            }
            assert!(secret.expose().len() >= 64);
        }
        let vschar = PUNCTUATION.bytes().chain(LETTERS.bytes()).chain(DIGITS.bytes());
        assert_eq!(vschar.collect::<BTreeSet<u8>>(), (0x20..=0x7e).collect());
        assert!(Alphabet::Plain.client_id().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}
