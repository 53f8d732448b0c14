//! What is asked for, as a set of words (Multiple Response Types 3 and 5), and how it goes back where nothing is said.

use vestibule_core::ResponseMode;

/// A response type that this provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) has_code: bool,
    pub(crate) has_id_token: bool,
    pub(crate) has_token: bool,
}

impl Wanted {
    /// Nothing for words that are unknown, there twice or none, and for `token` alone, which no OpenID request has (Core 3).
    pub(crate) fn parse(response_type: &str) -> Option<Self> {
        let mut wanted = Self { has_code: false, has_id_token: false, has_token: false };
        for word in response_type.split(' ') {
            let seen = match word {
                "code" => &mut wanted.has_code,
                "id_token" => &mut wanted.has_id_token,
                "token" => &mut wanted.has_token,
                _ => return None,
            };
            if std::mem::replace(seen, true) {
                return None;
            }
        }
        (wanted.has_code || wanted.has_id_token).then_some(wanted)
    }

    /// Whether tokens come back, which have no place in a query (Multiple Response Types 3 and 5).
    pub(crate) fn has_tokens(self) -> bool {
        self.has_id_token || self.has_token
    }
}

/// How an answer goes back for which nothing is said, whether the response type is in order or not.
pub(crate) fn default_mode(response_type: &str) -> ResponseMode {
    if response_type.split(' ').any(|word| matches!(word, "id_token" | "token")) {
        ResponseMode::Fragment
    } else {
        ResponseMode::Query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_words_has_no_meaning() {
        for (name, has_code, has_id_token, has_token) in [
            ("code", true, false, false),
            ("id_token", false, true, false),
            ("token id_token", false, true, true),
            ("id_token code", true, true, false),
            ("token code", true, false, true),
            ("token code id_token", true, true, true),
        ] {
            assert_eq!(Wanted::parse(name), Some(Wanted { has_code, has_id_token, has_token }), "{name}");
        }
        for name in ["", "token", "none", "code code", "code  id_token", "Code", "code,id_token", "code none"] {
            assert_eq!(Wanted::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn what_has_a_token_in_it_goes_by_the_fragment() {
        for (name, mode) in [
            ("code", ResponseMode::Query),
            ("", ResponseMode::Query),
            ("id_token", ResponseMode::Fragment),
            ("code token", ResponseMode::Fragment),
            ("token", ResponseMode::Fragment),
        ] {
            assert_eq!(default_mode(name), mode, "{name}");
        }
    }
}
