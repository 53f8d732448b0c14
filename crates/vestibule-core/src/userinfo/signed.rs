//! Signed userinfo: what Core 5.3.2 wants of it, and the subject of the login (Core 5.3.4).

use std::fmt;

use serde_json::{Map, Value};

use super::other_kinds::telling_claim;
use crate::{
    agreement::Agreement,
    claims::{ClaimsSet, Subject},
    error::{Excerpt, InvalidUserInfo},
    jose::{CompactJws, JwkSet},
    json,
    numeric_date::NumericDate,
    secret::Secret,
};

/// A userinfo response as the provider signed it, with the subject that it must be about. Its one use is [`verify`](Self::verify).
///
/// # Example
/// ```
/// use vestibule_core::{ClaimsSet, Client, JwkSet, NumericDate, error::InvalidUserInfo};
/// use vestibule_core::{ProviderMetadata, userinfo::UnverifiedUserInfo};
///
/// fn claims(
///     signed: &UnverifiedUserInfo,
///     keys: &JwkSet,
///     (client, metadata): (&Client, &ProviderMetadata),
///     now: NumericDate,
/// ) -> Result<ClaimsSet, InvalidUserInfo> {
///     signed.verify(keys, &client.expected_userinfo(metadata), now)
/// }
/// # let _ = claims;
/// ```
pub struct UnverifiedUserInfo {
    raw: Secret<String>,
    subject: Subject,
}

/// What signed userinfo must agree with; made by [`Client::expected_userinfo`](crate::Client::expected_userinfo).
///
/// # Example
/// ```
/// use vestibule_core::{Client, ProviderMetadata, SignatureAlgorithm};
///
/// # let metadata = ProviderMetadata::from_json(br#"{"issuer": "https://login.example.com",
/// #   "authorization_endpoint": "https://login.example.com/authorize",
/// #   "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys"}"#)?;
/// let client = Client::public("my-app").userinfo_signed_response_alg(SignatureAlgorithm::Es256);
/// let expected = client.expected_userinfo(&metadata);
/// # let _ = expected;
/// # Ok::<_, vestibule_core::error::InvalidMetadata>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ExpectedUserInfo<'a>(Option<Agreement<'a>>);

impl<'a> ExpectedUserInfo<'a> {
    /// Signed as was agreed on, if it was.
    pub(crate) fn new(agreement: Option<Agreement<'a>>) -> Self {
        Self(agreement)
    }
}

/// How old a signed answer may be that says when it was made, in seconds: providers may keep one, and yesterday's is not of this
/// question.
const ISSUED_WITHIN: i64 = 24 * 60 * 60;

impl UnverifiedUserInfo {
    pub(super) fn new(raw: impl Into<Secret<String>>, subject: Subject) -> Self {
        Self { raw: raw.into(), subject }
    }

    /// Checks the answer against this provider's keys, what was agreed on, and the subject of the login (Core 5.3.2, 5.3.4).
    ///
    /// # Errors
    /// [`InvalidUserInfo`] names the check. [`InvalidUserInfo::Jws`] with
    /// [`NoMatchingKey`](crate::jose::InvalidJws::NoMatchingKey) is the one reason to fetch the keys anew and call again.
    pub fn verify(
        &self,
        keys: &JwkSet,
        expected: &ExpectedUserInfo<'_>,
        now: NumericDate,
    ) -> Result<ClaimsSet, InvalidUserInfo> {
        let agreement = expected.0.as_ref().ok_or(InvalidUserInfo::Signed)?;
        let raw = agreement.signed_form(&self.raw)?;
        let jws = CompactJws::parse(raw.expose())?;
        check_type(jws.typ())?;
        let claims = json::object(jws.unverified_payload())?;
        check_kind(&claims)?;
        // Core 5.3.2: iss and aud SHOULD be there. Where they are, they are these.
        if claims.contains_key("iss") {
            agreement.check_issuer(&claims)?;
        }
        if claims.contains_key("aud") {
            agreement.check_audience(&claims)?;
        }
        agreement.check_signature(&jws, &claims, keys)?;
        json::member(&claims, "exp")?.map_or(Ok(()), |exp| agreement.check_expiry(exp, now))?;
        agreement.check_not_before(&claims, now)?;
        if claims.contains_key("iat") {
            agreement.check_issued_within(ISSUED_WITHIN, &claims, now)?;
        }
        self.check_subject(&claims)?;
        Ok(claims.into())
    }

    /// Core 5.3.4: unless it is exactly the ID Token's, nothing of this is used (V50).
    fn check_subject(&self, claims: &Map<String, Value>) -> Result<(), InvalidUserInfo> {
        let sub: String = json::required(claims, "sub")?;
        if sub == self.subject.as_str() {
            Ok(())
        } else {
            Err(InvalidUserInfo::Subject { expected: Excerpt::new(self.subject.as_str()), got: Excerpt::new(&sub) })
        }
    }
}

/// RFC 8725 3.11: a token that says it is another kind is another kind. Userinfo has no name of its own: it says `JWT` or nothing.
fn check_type(typ: Option<&str>) -> Result<(), InvalidUserInfo> {
    match typ {
        Some(typ) if !typ.eq_ignore_ascii_case("JWT") => Err(InvalidUserInfo::Type { got: Excerpt::new(typ) }),
        _ => Ok(()),
    }
}

/// RFC 8725 3.12, V47: the other kinds are signed by the same keys for the same client, and none of them is userinfo.
fn check_kind(claims: &Map<String, Value>) -> Result<(), InvalidUserInfo> {
    telling_claim(claims).map_or(Ok(()), |claim| Err(InvalidUserInfo::AnotherKind { claim }))
}

impl fmt::Debug for UnverifiedUserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedUserInfo(***)")
    }
}
