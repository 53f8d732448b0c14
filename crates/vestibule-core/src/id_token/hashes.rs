//! at_hash and c_hash: what binds an access token and a code to the ID Token that came with them.

use serde_json::{Map, Value};

use crate::{
    error::InvalidIdToken,
    jose::{SignatureAlgorithm, digest},
    json,
    secret::Secret,
};

/// Whether the hashes have to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hashes {
    /// From the token endpoint they may be absent (Core 3.1.3.6, 3.3.3.6).
    Optional,
    /// From the authorization endpoint they are REQUIRED for whatever came along (Core 3.2.2.10, 3.3.2.11): nothing else says
    /// that a code or an access token which went through the browser is the one that the provider sent (R35).
    Required,
}

/// Core 3.1.3.8 and 3.2.2.9, V43: an at_hash fits the access token that came along.
pub(super) fn check_access_token_hash(
    claims: &Map<String, Value>,
    hashes: Hashes,
    access_token: Option<&Secret<String>>,
    algorithm: SignatureAlgorithm,
) -> Result<(), InvalidIdToken> {
    match (json::member::<String>(claims, "at_hash")?, access_token) {
        (Some(at_hash), Some(access_token)) => {
            let fitting = digest::access_token_hash(algorithm, access_token.expose());
            digest::constant_time_eq(at_hash.as_bytes(), fitting.as_bytes())
                .then_some(())
                .ok_or(InvalidIdToken::AccessTokenHash)
        }
        (None, Some(_)) if hashes == Hashes::Required => Err(InvalidIdToken::AccessTokenHashMissing),
        _ => Ok(()),
    }
}

/// Core 3.3.2.10, V43: a c_hash fits the code that came along.
pub(super) fn check_code_hash(
    claims: &Map<String, Value>,
    hashes: Hashes,
    code: Option<&Secret<String>>,
    algorithm: SignatureAlgorithm,
) -> Result<(), InvalidIdToken> {
    match (json::member::<String>(claims, "c_hash")?, code) {
        (Some(c_hash), Some(code)) => {
            let fitting = digest::code_hash(algorithm, code.expose());
            digest::constant_time_eq(c_hash.as_bytes(), fitting.as_bytes())
                .then_some(())
                .ok_or(InvalidIdToken::CodeHash)
        }
        (None, Some(_)) if hashes == Hashes::Required => Err(InvalidIdToken::CodeHashMissing),
        _ => Ok(()),
    }
}
