//! Why a token is refused: one enum a kind of token.

use super::{Excerpt, InvalidUserInfo, JsonFault};
use crate::{
    agreement::FormFault,
    jose::{InvalidJwe, InvalidJws},
    numeric_date::NumericDate,
};

/// Why an ID Token is refused. Each reason is one check of Core 3.1.3.7 or 3.1.3.8, or of the format beneath it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidIdToken {
    #[error("is not encrypted, as id_token_encrypted_response_alg says (Core 3.1.3.7 (1))")]
    NotEncrypted,
    #[error("is encrypted, which was not agreed on: set id_token_encrypted_response_alg (Core 3.1.3.7 (1))")]
    Encrypted,
    #[error("is not a usable JWE: {0}")]
    Jwe(#[from] InvalidJwe),
    #[error("is not a usable JWS: {0}")]
    Jws(#[from] InvalidJws),
    #[error("has typ '{got}', which is another kind of token (RFC 8725 3.11)")]
    Type { got: Excerpt },
    #[error("has claims that cannot be read: {0}")]
    Claims(#[from] JsonFault),
    #[error("has issuer '{got}', expected '{expected}' (Core 3.1.3.7 (2))")]
    Issuer { expected: String, got: Excerpt },
    #[error("has tid '{got}', and an issuer of the tenant '{expected}'")]
    Tenant { expected: Excerpt, got: Excerpt },
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
    #[error(
        "was issued at {iat}, too long before {now} to be of a login or refresh that just ended (Core 3.1.3.7 (10))"
    )]
    IssuedTooLongAgo { iat: NumericDate, now: NumericDate },
    #[error("has no nonce (Core 3.1.3.7 (11))")]
    NonceMissing,
    #[error("has a nonce of another login (Core 3.1.3.7 (11))")]
    Nonce,
    #[error("has an empty subject, or one that is not at most 255 ASCII characters (Core 2)")]
    Subject,
    #[error("is about '{got}', and the sub '{expected}' was asked for (Core 3.1.2.2)")]
    SubjectNotAskedFor { expected: Excerpt, got: Excerpt },
    #[error("has no acr, which was asked for as essential (Core 3.1.3.7 (12))")]
    AcrMissing,
    #[error("has acr '{got}', which is none of those asked for as essential (Core 3.1.3.7 (12))")]
    Acr { got: Excerpt },
    #[error(
        "has no auth_time, which max_age, default_max_age, require_auth_time or claims asks for (Core 3.1.3.7 (13))"
    )]
    AuthTimeMissing,
    #[error("has auth_time {auth_time}, in the future of {now} (Core 3.1.3.7 (13))")]
    AuthTimeInFuture { auth_time: NumericDate, now: NumericDate },
    #[error("has auth_time {auth_time}, more than max_age {max_age} before {now} (Core 3.1.3.7 (13))")]
    AuthTimeTooLongAgo { auth_time: NumericDate, max_age: u32, now: NumericDate },
    #[error("came with an access token and has no at_hash (Core 3.2.2.10)")]
    AccessTokenHashMissing,
    #[error("has an at_hash that does not fit the access token (Core 3.1.3.8)")]
    AccessTokenHash,
    #[error("came with a code and has no c_hash (Core 3.3.2.11)")]
    CodeHashMissing,
    #[error("has a c_hash that does not fit the code (Core 3.3.2.11)")]
    CodeHash,
    #[error("has the event of a logout token (Back-Channel Logout 4.1)")]
    LogoutEvent,
    #[error("is not of the login that it renews: {0} (Core 12.2)")]
    NotOfThisLogin(Difference),
    #[error("is not of the login that the authorization response was of: {0} (Core 3.3.3.6)")]
    NotOfThisResponse(Difference),
}

/// In what a later ID Token of a login, refreshed or from the token endpoint of a hybrid flow, differs from the first one, though
/// Core 12.2 or 3.3.3.6 wants them equal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum Difference {
    #[error("its issuer is '{got}', the first one was of '{first}'")]
    Issuer { first: Excerpt, got: Excerpt },
    #[error("its subject is '{got}', the first one was about '{first}'")]
    Subject { first: Excerpt, got: Excerpt },
    #[error("it was issued at {got}, before the first one, which is of {first}")]
    IssuedAt { first: NumericDate, got: NumericDate },
    #[error("it is not for the same audience as the first one")]
    Audience,
    #[error("it says that the person signed in at {got}, the first one said {first}")]
    AuthTime { first: NumericDate, got: NumericDate },
    #[error("its azp is '{got}', the first one had '{first}'")]
    AuthorizedParty { first: Excerpt, got: Excerpt },
    #[error("its nonce is not that of the first one")]
    Nonce,
}

/// Why a logout token is refused. Each reason is one check of Back-Channel Logout 2.6, or of the format beneath it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidLogoutToken {
    #[error("is not encrypted, as id_token_encrypted_response_alg says (Back-Channel Logout 2.6 (1))")]
    NotEncrypted,
    #[error("is encrypted, which was not agreed on: set id_token_encrypted_response_alg (Back-Channel Logout 2.6 (1))")]
    Encrypted,
    #[error("is not a usable JWE: {0}")]
    Jwe(#[from] InvalidJwe),
    #[error("is not a usable JWS: {0}")]
    Jws(#[from] InvalidJws),
    #[error("has typ '{got}', which is another kind of token (RFC 8725 3.11)")]
    Type { got: Excerpt },
    #[error("does not have the typ 'logout+jwt' that this provider's tokens have (Back-Channel Logout 2.4)")]
    NotTyped,
    #[error("has claims that cannot be read: {0}")]
    Claims(#[from] JsonFault),
    #[error("has issuer '{got}', expected '{expected}' (Back-Channel Logout 2.6 (4))")]
    Issuer { expected: String, got: Excerpt },
    #[error("has tid '{got}', and an issuer of the tenant '{expected}'")]
    Tenant { expected: Excerpt, got: Excerpt },
    #[error("is not for client '{client_id}' (Back-Channel Logout 2.6 (4))")]
    Audience { client_id: String },
    #[error("is also for '{got}', which is not trusted (Back-Channel Logout 2.6 (4))")]
    UntrustedAudience { got: Excerpt },
    #[error("was issued at {iat}, in the future of {now} (Back-Channel Logout 2.6 (4))")]
    IssuedInFuture { iat: NumericDate, now: NumericDate },
    #[error("was issued at {iat}, too long before {now} (Back-Channel Logout 4)")]
    IssuedTooLongAgo { iat: NumericDate, now: NumericDate },
    #[error("expired at {exp}, and it is {now} (Back-Channel Logout 2.6 (4))")]
    Expired { exp: NumericDate, now: NumericDate },
    #[error("is not valid before {nbf}, and it is {now} (RFC 7519 4.1.5)")]
    NotYetValid { nbf: NumericDate, now: NumericDate },
    #[error("names neither a subject nor a session (Back-Channel Logout 2.6 (5))")]
    NeitherSubjectNorSession,
    #[error("has an empty subject, or one that is not at most 255 ASCII characters (Core 2)")]
    Subject,
    #[error("has an empty sid (Back-Channel Logout 2.4)")]
    EmptySessionId,
    #[error("has no backchannel-logout event (Back-Channel Logout 2.6 (6))")]
    NoLogoutEvent,
    #[error("has a backchannel-logout event that is not a JSON object (Back-Channel Logout 2.4)")]
    LogoutEventValue,
    #[error("has a nonce, which no logout token has (Back-Channel Logout 2.6 (7))")]
    Nonce,
    #[error("has an empty jti (Back-Channel Logout 2.4)")]
    EmptyJti,
}

/// What is wrong with a claim that several kinds of token have; each kind makes a reason of its own from it.
#[derive(Debug)]
pub(crate) enum ClaimFault {
    Json(JsonFault),
    Issuer { expected: String, got: Excerpt },
    Tenant { expected: Excerpt, got: Excerpt },
    Audience { client_id: String },
    UntrustedAudience { got: Excerpt },
    Expired { exp: NumericDate, now: NumericDate },
    NotYetValid { nbf: NumericDate, now: NumericDate },
    IssuedInFuture { iat: NumericDate, now: NumericDate },
    IssuedTooLongAgo { iat: NumericDate, now: NumericDate },
}

impl From<Difference> for InvalidIdToken {
    fn from(difference: Difference) -> Self {
        Self::NotOfThisLogin(difference)
    }
}

impl From<JsonFault> for ClaimFault {
    fn from(fault: JsonFault) -> Self {
        Self::Json(fault)
    }
}

/// A kind of token has a reason of its own for each fault that all kinds share: by name, the same.
macro_rules! reasons_from_shared_faults {
    ($($reason:ty),+) => {$(
        impl From<ClaimFault> for $reason {
            fn from(fault: ClaimFault) -> Self {
                match fault {
                    ClaimFault::Json(fault) => Self::Claims(fault),
                    ClaimFault::Issuer { expected, got } => Self::Issuer { expected, got },
                    ClaimFault::Tenant { expected, got } => Self::Tenant { expected, got },
                    ClaimFault::Audience { client_id } => Self::Audience { client_id },
                    ClaimFault::UntrustedAudience { got } => Self::UntrustedAudience { got },
                    ClaimFault::Expired { exp, now } => Self::Expired { exp, now },
                    ClaimFault::NotYetValid { nbf, now } => Self::NotYetValid { nbf, now },
                    ClaimFault::IssuedInFuture { iat, now } => Self::IssuedInFuture { iat, now },
                    ClaimFault::IssuedTooLongAgo { iat, now } => Self::IssuedTooLongAgo { iat, now },
                }
            }
        }

        impl From<FormFault> for $reason {
            fn from(fault: FormFault) -> Self {
                match fault {
                    FormFault::NotEncrypted => Self::NotEncrypted,
                    FormFault::Encrypted => Self::Encrypted,
                    FormFault::Jwe(invalid) => Self::Jwe(invalid),
                }
            }
        }
    )+};
}

reasons_from_shared_faults!(InvalidIdToken, InvalidLogoutToken, InvalidUserInfo);
