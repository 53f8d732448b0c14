//! What can go wrong between us and the provider, sorted by who must act.

use std::fmt;

use crate::{exchange::Endpoint, issuer::InvalidIssuer, jose::InvalidJws, numeric_date::NumericDate};

/// Why an exchange with the provider, or a login, did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The provider said no, in the form that the specification gives for it.
    #[error("the provider answered with an error: {0}")]
    Denied(ErrorResponse),
    /// The provider sent what it must not send; nothing of it is used.
    #[error(transparent)]
    Misbehaved(#[from] Misbehaviour),
    /// What arrived belongs to no login of this browser that is under way.
    #[error(transparent)]
    Unsolicited(#[from] Unsolicited),
}

/// An error response of the authorization endpoint (Core 3.1.2.6) or the token endpoint (RFC 6749 5.2).
///
/// All of it is the provider's text, or a stranger's: **escape it before you show it**.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorResponse {
    error: String,
    error_description: Option<String>,
}

/// The most bytes of an error code that is taken for one (V85).
const CODE_BYTES: usize = 64;
/// The most characters of a description that are kept.
const DESCRIPTION_CHARS: usize = 256;

impl ErrorResponse {
    /// Reads an error code and its description; `None` when the code is not one (RFC 6749 4.1.2.1: printable ASCII without
    /// `"` and `\`).
    ///
    /// Of the description, control characters are dropped and at most 256 characters are kept.
    #[must_use]
    pub fn new(error: &str, error_description: Option<&str>) -> Option<Self> {
        let is_code = !error.is_empty()
            && error.len() <= CODE_BYTES
            && error.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        is_code.then(|| Self {
            error: error.to_owned(),
            error_description: error_description
                .map(|text| text.chars().filter(|c| !c.is_control()).take(DESCRIPTION_CHARS).collect()),
        })
    }

    /// The code, such as `access_denied`: printable ASCII, at most 64 bytes. Escape it all the same.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// The provider's explanation, without control characters and at most 256 characters long. Escape it.
    #[must_use]
    pub fn error_description(&self) -> Option<&str> {
        self.error_description.as_deref()
    }

    /// Whether the person (or the provider on their behalf) said no, rather than something failing.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        self.error == "access_denied"
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)?;
        match &self.error_description {
            Some(text) => write!(f, " ({})", Excerpt::new(text)),
            None => Ok(()),
        }
    }
}

/// What a provider did that the specifications forbid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum Misbehaviour {
    #[error("{endpoint} answered with status {status}")]
    UnexpectedStatus { endpoint: Endpoint, status: u16 },
    #[error("{endpoint} answered with the media type '{got}'")]
    UnexpectedMediaType { endpoint: Endpoint, got: Excerpt },
    #[error("an answer has more than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("the provider asked for another try more than once")]
    AskedAgain,
    #[error("in {endpoint}: {fault}")]
    Json { endpoint: Endpoint, fault: JsonFault },
    #[error("an error response whose error code is not one (RFC 6749 4.1.2.1)")]
    MalformedError,
    #[error(transparent)]
    Metadata(#[from] InvalidMetadata),
    #[error("the provider's key set: {0}")]
    Keys(#[from] crate::jose::InvalidJwkSet),
    #[error("the authorization response is for issuer '{got}', the login was with '{expected}' (RFC 9207 2.4)")]
    ResponseIssuer { expected: String, got: Excerpt },
    #[error("the authorization response has no iss, which the provider's metadata promises (RFC 9207 2.4)")]
    ResponseIssuerMissing,
    #[error("the authorization response has both a code and an error")]
    CodeAndError,
    #[error("the authorization response has neither a code nor an error")]
    NeitherCodeNorError,
    #[error("the token response has token_type '{got}', expected Bearer (RFC 6749 5.1)")]
    TokenType { got: Excerpt },
    #[error("the token response has an access token that is empty or not printable ASCII (RFC 6749 A.12)")]
    AccessToken,
    #[error("the token response has no ID Token (Core 3.1.3.3)")]
    NoIdToken,
    #[error("the registration {0}")]
    Registration(#[from] InvalidRegistration),
    #[error("the ID Token {0}")]
    IdToken(#[from] InvalidIdToken),
    #[error("the userinfo response is about subject '{got}', the ID Token about '{expected}' (Core 5.3.4)")]
    UserInfoSubject { expected: Excerpt, got: Excerpt },
}

/// Why metadata of a provider cannot be used (Discovery 3 and 4.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidMetadata {
    #[error("provider metadata: {0}")]
    Json(#[from] JsonFault),
    #[error("provider metadata: issuer '{got}': {reason}")]
    InvalidIssuer { got: Excerpt, reason: InvalidIssuer },
    #[error("provider metadata names issuer '{got}', expected '{expected}' (Discovery 4.3)")]
    IssuerMismatch { expected: String, got: Excerpt },
    #[error("provider metadata: {member} '{got}' is not an https URL")]
    Endpoint { member: &'static str, got: Excerpt },
    #[error("the provider has no registration_endpoint: give a client_id that you registered by hand")]
    NoRegistration,
    #[error("the provider does not support {what} '{wanted}'; its {member} has {offered}")]
    Unsupported { what: &'static str, wanted: &'static str, member: &'static str, offered: Excerpt },
}

/// Why the answer to a registration cannot be adopted (Registration 3.2, RFC 7591 3.2.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidRegistration {
    #[error("cannot be read: {0}")]
    Json(#[from] JsonFault),
    #[error("has an empty client_id")]
    EmptyClientId,
    #[error("lacks the redirect URI that we asked for")]
    RedirectUris,
    #[error("has token_endpoint_auth_method '{got}', which we cannot use")]
    AuthMethod { got: Excerpt },
    #[error("has no client_secret, which its token_endpoint_auth_method needs")]
    NoSecret,
    #[error("has id_token_signed_response_alg '{got}', which we cannot use")]
    Algorithm { got: Excerpt },
    #[error("cannot be used: {0}")]
    Unusable(crate::client::InvalidClient),
}

/// Why an ID Token is refused. Each reason is one check of Core 3.1.3.7 or 3.1.3.8, or of the format beneath it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidIdToken {
    #[error("is not a usable JWS: {0}")]
    Jws(#[from] InvalidJws),
    #[error("has typ '{got}', which is another kind of token (RFC 8725 3.11)")]
    Type { got: Excerpt },
    #[error("has claims that cannot be read: {0}")]
    Claims(#[from] JsonFault),
    #[error("has issuer '{got}', expected '{expected}' (Core 3.1.3.7 (2))")]
    Issuer { expected: String, got: Excerpt },
    #[error("is not for client '{client_id}' (Core 3.1.3.7 (3))")]
    Audience { client_id: String },
    #[error("is also for '{got}', which is not trusted (Core 3.1.3.7 (3))")]
    UntrustedAudience { got: Excerpt },
    #[error("has several audiences but no azp (Core 3.1.3.7 (4))")]
    AuthorizedPartyMissing,
    #[error("has azp '{got}', expected '{expected}' (Core 3.1.3.7 (5))")]
    AuthorizedParty { expected: String, got: Excerpt },
    #[error("expired at {exp}, and it is {now} (Core 3.1.3.7 (9))")]
    Expired { exp: NumericDate, now: NumericDate },
    #[error("is not valid before {nbf}, and it is {now} (RFC 7519 4.1.5)")]
    NotYetValid { nbf: NumericDate, now: NumericDate },
    #[error("was issued at {iat}, in the future of {now} (Core 3.1.3.7 (10))")]
    IssuedInFuture { iat: NumericDate, now: NumericDate },
    #[error("was issued at {iat}, too long before {now} for a login that just ended (Core 3.1.3.7 (10))")]
    IssuedTooLongAgo { iat: NumericDate, now: NumericDate },
    #[error("has no nonce (Core 3.1.3.7 (11))")]
    NonceMissing,
    #[error("has a nonce of another login (Core 3.1.3.7 (11))")]
    Nonce,
    #[error("has an empty subject, or one that is not at most 255 ASCII characters (Core 2)")]
    Subject,
    #[error("has an at_hash that does not fit the access token (Core 3.1.3.8)")]
    AccessTokenHash,
    #[error("has a c_hash that does not fit the code (Core 3.3.2.11)")]
    CodeHash,
}

/// What arrived at the callback and belongs to no login under way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum Unsolicited {
    #[error("parameter '{name}' more than once")]
    DuplicateParameter { name: &'static str },
    #[error("no state")]
    NoState,
    #[error("a state that we did not make")]
    ForeignState,
    #[error("a state whose login this browser did not start, or that it finished")]
    UnknownAttempt,
    #[error("a login that was started at {begun_at} and has expired")]
    Expired { begun_at: NumericDate },
    #[error("a login that was used already")]
    Used,
}

/// Why JSON from a stranger cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum JsonFault {
    #[error("not one JSON object without duplicate members (line {line}, column {column})")]
    NotAnObject { line: usize, column: usize },
    #[error("'{member}' is missing")]
    Missing { member: &'static str },
    #[error("'{member}' has the wrong type")]
    WrongType { member: &'static str },
}

/// A stranger's text for our messages: escaped and cut to 64 bytes, so that it can neither forge a line nor flood it (V11).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Excerpt(String);

impl Excerpt {
    /// The longest excerpt in bytes, before escaping.
    const BYTES: usize = 64;

    /// Escapes and cuts `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut excerpt = String::new();
        for (at, c) in text.char_indices() {
            if at + c.len_utf8() > Self::BYTES {
                excerpt.push_str("...");
                break;
            }
            excerpt.extend(c.escape_default());
        }
        Self(excerpt)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V11
    #[test]
    fn an_excerpt_is_one_short_line_of_ascii() {
        assert_eq!(Excerpt::new("plain").to_string(), "plain");
        assert_eq!(Excerpt::new("a\n\x1b[31m'é").to_string(), r"a\n\u{1b}[31m\'\u{e9}");
        assert_eq!(Excerpt::new(&"x".repeat(1_000_000)).to_string(), format!("{}...", "x".repeat(64)));
    }

    /// V85, R32
    #[test]
    fn an_error_code_is_short_printable_ascii() {
        assert_eq!(ErrorResponse::new("access_denied", None).map(|e| e.is_access_denied()), Some(true));
        for code in ["", "a\"b", "a\\b", "a\nb", "é", &"x".repeat(65)] {
            assert_eq!(ErrorResponse::new(code, None), None, "{code:?}");
        }
        let long = format!("a\0b\r\n{}", "x".repeat(1_000_000));
        let response = ErrorResponse::new("server_error", Some(&long)).expect("a code");
        assert_eq!(response.error_description(), Some(format!("ab{}", "x".repeat(254)).as_str()));
    }
}
