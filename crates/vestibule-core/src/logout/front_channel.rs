//! A logout that the provider sends through the browser, in a frame (Front-Channel Logout 1.0).

use url::form_urlencoded;

use crate::issuer::Issuer;

/// The parameters of a front-channel logout request (Front-Channel Logout 2): a browser brought them, and nobody signed them.
///
/// # Security
/// Whoever can make a browser load a page can send this. That it names an issuer and a session which exist is all that speaks for
/// it, so it may end that session and must do no more: revoke no token, end no other session (V72).
///
/// # Example
/// ```
/// use vestibule_core::{Issuer, logout::FrontChannelLogout};
///
/// let request = FrontChannelLogout::from_query("iss=https%3A%2F%2Flogin.example.com&sid=08a5019c-17e1")?;
/// assert!(request.is_from(&Issuer::parse("https://login.example.com")?));
/// assert_eq!(request.sid(), "08a5019c-17e1");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontChannelLogout {
    iss: String,
    sid: String,
}

/// Why a query is not a front-channel logout request that we act upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFrontChannelLogout {
    /// A parameter more than once (V23).
    #[error("parameter '{name}' more than once")]
    DuplicateParameter {
        /// Its name.
        name: &'static str,
    },
    /// No `iss` or no `sid`, or an empty one. Front-Channel Logout 2 wants both or neither; neither ends nothing (V72).
    #[error("no parameter '{name}'")]
    MissingParameter {
        /// Its name.
        name: &'static str,
    },
}

impl FrontChannelLogout {
    /// Reads a query. Unknown parameters are ignored: the address that is registered may have some of its own.
    ///
    /// # Errors
    /// [`InvalidFrontChannelLogout`] when `iss` or `sid` is not there exactly once.
    pub fn from_query(query: &str) -> Result<Self, InvalidFrontChannelLogout> {
        let (mut iss, mut sid) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, slot) = match name.as_ref() {
                "iss" => ("iss", &mut iss),
                "sid" => ("sid", &mut sid),
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(InvalidFrontChannelLogout::DuplicateParameter { name });
            }
        }
        // Front-Channel Logout 2: "if either is included, both MUST be".
        let required = |value: Option<String>, name| {
            value.filter(|value| !value.is_empty()).ok_or(InvalidFrontChannelLogout::MissingParameter { name })
        };
        Ok(Self { iss: required(iss, "iss")?, sid: required(sid, "sid")? })
    }

    /// Who is said to have sent it, as it stands there: anybody can say so.
    #[must_use]
    pub fn unverified_issuer(&self) -> &str {
        &self.iss
    }

    /// Whether it names this issuer, by simple string comparison.
    #[must_use]
    pub fn is_from(&self, issuer: &Issuer) -> bool {
        self.iss == issuer.as_str()
    }

    /// The session at the provider that has ended: what `sid` was in the ID Token.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.sid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "iss=https%3A%2F%2Flogin.example.com&sid=s-1";

    /// R123, V72
    #[test]
    fn both_parameters_are_required() {
        let missing = |name| Err(InvalidFrontChannelLogout::MissingParameter { name });
        for query in ["", "sid=s-1", "iss=&sid=s-1", "iss&sid=s-1", "ISS=https%3A%2F%2Flogin.example.com&sid=s-1"] {
            assert_eq!(FrontChannelLogout::from_query(query), missing("iss"), "{query}");
        }
        for query in ["iss=a", "iss=a&sid=", "iss=a&sid", "iss=a&SID=s-1"] {
            assert_eq!(FrontChannelLogout::from_query(query), missing("sid"), "{query}");
        }
    }

    /// V23, R123
    #[test]
    fn a_parameter_more_than_once_is_refused() {
        for name in ["iss", "sid"] {
            for again in ["", "s-1", "other"] {
                let refused = FrontChannelLogout::from_query(&format!("{GOOD}&{name}={again}"));
                assert_eq!(refused, Err(InvalidFrontChannelLogout::DuplicateParameter { name }), "{again}");
            }
        }
    }

    #[test]
    fn other_parameters_are_ignored() {
        let request = FrontChannelLogout::from_query(&format!("tenant=a&{GOOD}&tenant=b")).expect("a request");
        assert_eq!(Ok(request), FrontChannelLogout::from_query(GOOD));
    }

    /// R119, R123
    #[test]
    fn the_issuer_is_compared_byte_for_byte() {
        let request = FrontChannelLogout::from_query(GOOD).expect("a request");
        let is_from = |issuer: &str| request.is_from(&Issuer::parse(issuer).expect("an issuer"));
        assert!(is_from("https://login.example.com"));
        assert_eq!(request.unverified_issuer(), "https://login.example.com");
        for other in ["https://login.example.com/", "https://LOGIN.example.com", "https://login.example.com:443"] {
            assert!(!is_from(other), "{other}");
        }
    }

    #[test]
    fn a_session_id_is_read_as_it_was_written() {
        let request = FrontChannelLogout::from_query("sid=a%2Bb+c%00&iss=https%3A%2F%2Flogin.example.com");
        assert_eq!(request.as_ref().map(FrontChannelLogout::sid), Ok("a+b c\0"));
    }
}
