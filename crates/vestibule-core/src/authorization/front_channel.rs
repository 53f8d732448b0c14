//! What came through the browser beside, or instead of, a code: nothing of it is of use before its ID Token is verified
//! (Core 3.2.2.8 and 3.3.2.8).

use super::AuthorizationCode;
use crate::{
    error::InvalidIdToken,
    id_token::{ExpectedIdToken, FrontChannelIdentity, IdToken, UnverifiedIdToken},
    jose::JwkSet,
    numeric_date::NumericDate,
    token::GrantedTokens,
};

/// A response that has an ID Token, not yet verified. Its one use is [`verify`](Self::verify): there is no other way to the code
/// and the access token that came along (R35).
///
/// # Example
/// ```
/// use vestibule_core::{
///     AuthorizationCode, Client, IdToken, JwkSet, NumericDate, ProviderMetadata,
///     authorization::{FrontChannel, UnverifiedFrontChannel}, error::InvalidIdToken,
/// };
///
/// fn verify(
///     response: &UnverifiedFrontChannel, keys: &JwkSet, client: &Client, metadata: &ProviderMetadata, now: NumericDate,
/// ) -> Result<(IdToken, Option<AuthorizationCode>), InvalidIdToken> {
///     let FrontChannel { id_token, code, .. } = response.verify(keys, &client.expected_id_token(metadata), now)?;
///     Ok((id_token, code))
/// }
/// # let _ = verify;
/// ```
#[derive(Debug)]
pub struct UnverifiedFrontChannel {
    id_token: UnverifiedIdToken,
    granted: Option<GrantedTokens>,
    code: Option<AuthorizationCode>,
}

/// What a response through the browser brought, once its ID Token was verified.
///
/// # Example
/// See [`UnverifiedFrontChannel`].
#[derive(Debug)]
#[non_exhaustive]
pub struct FrontChannel {
    /// Who signed in. If there is a code, the ID Token of the token endpoint says more (Core 3.3.3.6), and has the answers to
    /// `max_age` and essential acr values.
    pub id_token: IdToken,
    /// The access token, which this ID Token vouches for. If there is a code, the token endpoint gives another, which is the one to
    /// keep (Core 3.3.3.8).
    pub granted: Option<GrantedTokens>,
    /// The code, to be redeemed for an ID Token about the same subject.
    pub code: Option<AuthorizationCode>,
}

impl UnverifiedFrontChannel {
    /// With a code, the person's ID Token is the one of the token endpoint: only that one is held against what was demanded of
    /// the sign-in, since from here "the OP MAY choose to return fewer Claims" (Core 3.3.3.6).
    pub(super) fn new(
        id_token: UnverifiedIdToken,
        granted: Option<GrantedTokens>,
        code: Option<AuthorizationCode>,
    ) -> Self {
        Self { id_token: id_token.through_the_browser(), granted, code }
    }

    /// Checks the ID Token against this provider's keys, what was agreed on and what came along (Core 3.2.2.11, 3.3.2.12).
    ///
    /// # Errors
    /// [`InvalidIdToken`] names the check. [`InvalidIdToken::Jws`] with
    /// [`NoMatchingKey`](crate::jose::InvalidJws::NoMatchingKey) is the one reason to fetch the keys anew and call again.
    pub fn verify(
        &self,
        keys: &JwkSet,
        expected: &ExpectedIdToken<'_>,
        now: NumericDate,
    ) -> Result<FrontChannel, InvalidIdToken> {
        let id_token = self.id_token.verify(keys, expected, now)?;
        let about = FrontChannelIdentity::of(&id_token, expected);
        let code = self.code.as_ref().map(|code| code.given_along_with(about));
        Ok(FrontChannel { id_token, granted: self.granted.clone(), code })
    }
}
