//! Why claims are refused that came from the userinfo endpoint, or from where it says that more are.

use super::{Excerpt, JsonFault};
use crate::{
    jose::{InvalidJwe, InvalidJws},
    numeric_date::NumericDate,
};

/// Why a userinfo response is refused. Each reason is one check of Core 5.3.2 or 5.3.4, or of the format beneath it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidUserInfo {
    #[error("is not signed, as userinfo_signed_response_alg says (Core 5.3.2)")]
    NotSigned,
    #[error("is not encrypted, as userinfo_encrypted_response_alg says (Core 5.3.2)")]
    NotEncrypted,
    #[error("is encrypted, which was not agreed on (Registration 2)")]
    Encrypted,
    #[error("is signed, which was not agreed on: set userinfo_signed_response_alg (Registration 2)")]
    Signed,
    #[error("is not a usable JWE: {0}")]
    Jwe(#[from] InvalidJwe),
    #[error("is not ASCII text, as every JWT is (RFC 7519 3)")]
    NotText,
    #[error("is not a usable JWS: {0}")]
    Jws(#[from] InvalidJws),
    #[error("has typ '{got}', which is another kind of token (RFC 8725 3.11)")]
    Type { got: Excerpt },
    #[error("has claims that cannot be read: {0}")]
    Claims(#[from] JsonFault),
    #[error("has {claim}, which is a claim of another kind of token (RFC 8725 3.12)")]
    AnotherKind { claim: &'static str },
    #[error("has issuer '{got}', expected '{expected}' (Core 5.3.2)")]
    Issuer { expected: String, got: Excerpt },
    #[error("has tid '{got}', and an issuer of the tenant '{expected}'")]
    Tenant { expected: Excerpt, got: Excerpt },
    #[error("is not for client '{client_id}' (Core 5.3.2)")]
    Audience { client_id: String },
    #[error("is also for '{got}', which is not trusted (Core 5.3.2)")]
    UntrustedAudience { got: Excerpt },
    #[error("expired at {exp}, and it is {now} (RFC 7519 4.1.4)")]
    Expired { exp: NumericDate, now: NumericDate },
    #[error("is not valid before {nbf}, and it is {now} (RFC 7519 4.1.5)")]
    NotYetValid { nbf: NumericDate, now: NumericDate },
    #[error("was issued at {iat}, in the future of {now} (RFC 7519 4.1.6)")]
    IssuedInFuture { iat: NumericDate, now: NumericDate },
    #[error("was issued at {iat}, too long before {now} to be an answer to what was just asked (RFC 7519 4.1.6)")]
    IssuedTooLongAgo { iat: NumericDate, now: NumericDate },
    #[error("is about subject '{got}', the ID Token about '{expected}' (Core 5.3.4)")]
    Subject { expected: Excerpt, got: Excerpt },
}

/// Why what a provider says of claims that are elsewhere cannot be followed (Core 5.6.2). It says nothing of the other claims: a
/// login need not fail of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidClaimSources {
    #[error("the claims from elsewhere cannot be read: {0}")]
    Json(#[from] JsonFault),
    #[error("there are {count} sources of claims, the most are {most}")]
    TooMany { count: usize, most: usize },
    #[error("the claim '{claim}' is said to come from the source '{source_name}', which is not there (Core 5.6.2)")]
    NoSuchSource { claim: Excerpt, source_name: Excerpt },
    #[error("the source '{source_name}' has neither a JWT nor an endpoint (Core 5.6.2)")]
    NeitherTokenNorEndpoint { source_name: Excerpt },
    #[error("the source '{source_name}' has both a JWT and an endpoint (Core 5.6.2)")]
    TokenAndEndpoint { source_name: Excerpt },
    #[error("the endpoint '{got}' of the source '{source_name}' is not an https URL")]
    Endpoint { source_name: Excerpt, got: Excerpt },
    #[error("the source '{source_name}' has an access token that is empty or not printable ASCII (RFC 6749 A.12)")]
    AccessToken { source_name: Excerpt },
}

/// Why claims from elsewhere are not believed (Core 5.6.2). It says nothing of the other claims: a login need not fail of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says it, and the fields are what the message shows")]
pub enum InvalidSourcedClaims {
    #[error("the claims from elsewhere are not signed (Core 5.6.2)")]
    NotSigned,
    #[error("the claims from elsewhere are not a usable JWS: {0}")]
    Jws(#[from] InvalidJws),
    #[error("the claims from elsewhere have typ '{got}', which is another kind of token (RFC 8725 3.11)")]
    Type { got: Excerpt },
    #[error("the claims from elsewhere cannot be read: {0}")]
    Claims(#[from] JsonFault),
    #[error("the claims from elsewhere have {claim}, which is a claim of another kind of token (RFC 8725 3.12)")]
    AnotherKind { claim: &'static str },
    #[error("the claims from elsewhere have issuer '{got}', expected '{expected}'")]
    Issuer { expected: String, got: Excerpt },
    #[error(
        "the claims from elsewhere are about subject '{got}', and it is the provider itself who signed them, of '{expected}'"
    )]
    Subject { expected: Excerpt, got: Excerpt },
    #[error("the claims from elsewhere are not for client '{client_id}' (RFC 7519 4.1.3)")]
    Audience { client_id: String },
    #[error("the claims from elsewhere expired at {exp}, and it is {now} (RFC 7519 4.1.4)")]
    Expired { exp: NumericDate, now: NumericDate },
    #[error("the claims from elsewhere are not valid before {nbf}, and it is {now} (RFC 7519 4.1.5)")]
    NotYetValid { nbf: NumericDate, now: NumericDate },
}
