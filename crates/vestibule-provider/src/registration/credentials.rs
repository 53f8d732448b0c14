//! The ids and secrets that registered clients get.

use vestibule_core::Secret;

use crate::identifier::identifier;

/// Of which characters ids and secrets are made.
#[derive(Clone, Copy, Default)]
pub(crate) enum Alphabet {
    /// base64url alone.
    #[default]
    Plain,
    /// With everything that RFC 6749 allows (appendix A: VSCHAR) and careless encoding breaks.
    Awkward,
}

/// Signs that mean something in a header, a form, a query, a format string or a page. `%41` is no escape here, and a lone `%`
/// never was one.
const AWKWARD: &str = " :%+\"'\\&=?#/;,<>`%41|{}~ ";

impl Alphabet {
    pub(crate) fn client_id(self) -> String {
        format!("client{}{}", self.joint(), identifier())
    }

    /// At least 86 characters: long enough to be the key of HS512 (RFC 7518 3.2: 64 bytes).
    pub(crate) fn client_secret(self) -> Secret<String> {
        Secret::new(format!("{}{}{}", identifier(), self.joint(), identifier()))
    }

    fn joint(self) -> &'static str {
        match self {
            Self::Plain => "_",
            Self::Awkward => AWKWARD,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_one_that_rfc_6749_allows() {
        for alphabet in [Alphabet::Plain, Alphabet::Awkward] {
            let (id, secret) = (alphabet.client_id(), alphabet.client_secret());
            for text in [&id, secret.expose()] {
                assert!(text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{text}");
            }
            assert!(secret.expose().len() >= 64);
        }
        assert!(Alphabet::Plain.client_id().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}
