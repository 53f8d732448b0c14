//! What can go wrong between us and the provider, sorted by who must act.

mod tokens;
mod userinfo;

use std::fmt;

pub(crate) use tokens::ClaimFault;
pub use tokens::{Difference, InvalidIdToken, InvalidLogoutToken};
pub use userinfo::{InvalidClaimSources, InvalidSourcedClaims, InvalidUserInfo};

use crate::{
    authorization::{ResponseMode, ResponseType},
    exchange::Endpoint,
    issuer::InvalidIssuer,
    numeric_date::NumericDate,
    registration::{InvalidClientMetadata, management::ManagementRefused},
};

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

impl ProtocolError {
    /// Whether the provider is in trouble rather than of another opinion: it answered with a status of 5xx or 429 (RFC 6585 4),
    /// or with an error code that stands for one where no status can be sent (RFC 6749 4.1.2.1).
    ///
    /// The same request may succeed later, and what it was about is as good as before: a refresh token that met a 503 has
    /// neither been used nor refused (R90).
    ///
    /// # Example
    /// ```
    /// use vestibule_core::{ErrorResponse, Misbehaviour, ProtocolError, exchange::Endpoint};
    ///
    /// let answered = |status| ProtocolError::from(Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status });
    /// assert!(answered(503).is_transient());
    /// assert!(!answered(404).is_transient());
    /// let refused = ErrorResponse::new("invalid_grant", None).expect("a code");
    /// assert!(!ProtocolError::Denied(refused).is_transient());
    /// ```
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Misbehaved(Misbehaviour::UnexpectedStatus { status, .. }) => matches!(status, 429 | 500..=599),
            Self::Denied(response) => matches!(response.error(), "server_error" | "temporarily_unavailable"),
            Self::Misbehaved(_) | Self::Unsolicited(_) => false,
        }
    }
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

    /// Whether the code or refresh token that was sent is good for nothing any more (RFC 6749 5.2): expired, revoked, used, or
    /// never ours.
    #[must_use]
    pub fn is_invalid_grant(&self) -> bool {
        self.error == "invalid_grant"
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
    #[error("the answer of the WebFinger service {0}")]
    WebFinger(#[from] crate::discovery::InvalidWebFinger),
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
    #[error("the authorization response has both an error and an ID Token or access token")]
    TokensAndError,
    #[error("the authorization response came by {got}, asked for by {expected} (Form Post 1.0 2)")]
    ResponseMode { expected: ResponseMode, got: ResponseMode },
    #[error("the authorization response to response_type {response_type} has no {parameter}")]
    MissingInResponse { response_type: ResponseType, parameter: &'static str },
    #[error("the authorization response to response_type {response_type} has {parameter}, which was not asked for")]
    UnaskedInResponse { response_type: ResponseType, parameter: &'static str },
    #[error("the authorization response has token_type '{got}', expected Bearer (Core 3.2.2.5)")]
    ResponseTokenType { got: Excerpt },
    #[error("the authorization response has expires_in '{got}', which is no number of seconds (RFC 6749 4.2.2)")]
    ResponseExpiresIn { got: Excerpt },
    #[error("the token response has token_type '{got}', expected Bearer (RFC 6749 5.1)")]
    TokenType { got: Excerpt },
    #[error("an answer has an access token that is empty or not printable ASCII (RFC 6749 A.12)")]
    AccessToken,
    #[error("the token response has no ID Token (Core 3.1.3.3)")]
    NoIdToken,
    #[error("the registration {0}")]
    Registration(#[from] InvalidRegistration),
    #[error("the client configuration endpoint {0}")]
    ClientConfiguration(#[from] ManagementRefused),
    #[error("the ID Token {0}")]
    IdToken(#[from] InvalidIdToken),
    #[error("the userinfo response {0}")]
    UserInfo(#[from] InvalidUserInfo),
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
    #[error(
        "provider metadata names '{got}' for many tenants, where '{asked}' was asked: list the tenants whose people may sign in, as tenants = [..], or give the issuer of one"
    )]
    ManyTenants { asked: String, got: Excerpt },
    #[error("provider metadata: {member} '{got}' is not an https URL")]
    Endpoint { member: &'static str, got: Excerpt },
    #[error("the provider has no registration_endpoint: give a client_id that you registered by hand")]
    NoRegistration,
    #[error(
        "the provider takes no request objects: neither its request_parameter_supported nor its request_uri_parameter_supported"
    )]
    NoRequestObjects,
    #[error(
        "the provider takes signed request objects only (require_signed_request_object): set request_object_signing_alg"
    )]
    RequestObjectRequired,
    #[error(
        "the provider takes a request_uri only where that very one is registered (require_request_uri_registration), and ours is another one each time: send request objects by value"
    )]
    RequestUrisRegistered,
    #[error("the provider does not support {what} '{wanted}'; its {member} has {offered}")]
    Unsupported { what: &'static str, wanted: &'static str, member: &'static str, offered: Excerpt },
    #[error("the provider publishes no key to encrypt for it by {algorithm} (Core 10.2)")]
    NoEncryptionKey { algorithm: crate::jose::KeyManagementAlgorithm },
    #[error("what we ask to be registered as: {0}")]
    ClientMetadata(#[from] InvalidClientMetadata),
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
    #[error("is of client '{got}', ours is '{expected}' (RFC 7592 3)")]
    ClientId { expected: Excerpt, got: Excerpt },
    #[error("lacks a redirect URI that we asked for")]
    RedirectUris,
    #[error("lacks the response type '{lacks}' that we asked for")]
    ResponseType { lacks: ResponseType },
    #[error("lacks the grant type '{lacks}', which the response types that we asked for need (Registration 2)")]
    GrantType { lacks: &'static str },
    #[error("has token_endpoint_auth_method '{got}', which we cannot use")]
    AuthMethod { got: Excerpt },
    #[error("has no client_secret, which its {member} needs")]
    NoSecret { member: &'static str },
    #[error("has a client_secret of less than {bytes} bytes, too short for its {member} (RFC 7518 3.2)")]
    SecretTooShort { member: &'static str, bytes: usize },
    #[error("has {member} '{got}', which we cannot use")]
    Algorithm { member: &'static str, got: Excerpt },
    #[error("has {member}, which needs keys of ours, and none are registered")]
    NoKeys { member: &'static str },
    #[error("has request_object_signing_alg 'none', and we asked for signed ones")]
    UnsignedRequestObjects,
    #[error("has require_signed_request_object, and we asked for no algorithm to sign them with")]
    SignedRequestObjects,
    #[error("has tls_client_certificate_bound_access_tokens, and we asked for nothing that has a certificate")]
    CertificateBoundTokens,
    #[error("cannot be used: {0}")]
    Unusable(crate::client::InvalidClient),
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
            if at.saturating_add(c.len_utf8()) > Self::BYTES {
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

    /// V11
    #[test]
    fn a_refusal_is_printed_with_its_description_on_one_line() {
        let printed = |description: Option<&str>| {
            ErrorResponse::new("access_denied", description).map(|refusal| refusal.to_string())
        };
        assert_eq!(printed(None).as_deref(), Some("access_denied"));
        assert_eq!(printed(Some("not 'today'")).as_deref(), Some(r"access_denied (not \'today\')"));
    }

    /// R90: what ends the tokens, and what does not.
    #[test]
    fn a_provider_in_trouble_is_told_apart_from_one_that_refuses() {
        let status = |status| ProtocolError::from(Misbehaviour::UnexpectedStatus { endpoint: Endpoint::Token, status });
        for transient in [429, 500, 502, 503, 504, 599] {
            assert!(status(transient).is_transient(), "{transient}");
        }
        for lasting in [200, 204, 302, 400, 401, 403, 404, 428, 430, 499, 600] {
            assert!(!status(lasting).is_transient(), "{lasting}");
        }
        let denied = |error| ErrorResponse::new(error, None).map(ProtocolError::Denied).expect("a code");
        for transient in ["server_error", "temporarily_unavailable"] {
            assert!(denied(transient).is_transient(), "{transient}");
        }
        for lasting in ["invalid_grant", "invalid_client", "access_denied", "Server_Error"] {
            assert!(!denied(lasting).is_transient(), "{lasting}");
        }
        assert!(!ProtocolError::from(Misbehaviour::MalformedError).is_transient());
        assert!(!ProtocolError::from(Unsolicited::NoState).is_transient());
        let is_invalid_grant = |error| ErrorResponse::new(error, None).is_some_and(|e| e.is_invalid_grant());
        assert!(is_invalid_grant("invalid_grant") && !is_invalid_grant("Invalid_grant"));
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
