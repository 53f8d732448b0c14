//! What was granted besides the ID Token, from whichever endpoint it came.

use crate::{error::Misbehaviour, secret::Secret};

/// The tokens that give access, as one response brought them (RFC 6749 5.1, 4.2.2).
///
/// # Example
/// ```
/// use vestibule_core::token::GrantedTokens;
///
/// fn remember(granted: &GrantedTokens) -> String {
///     format!("good for {:?} seconds, and for {:?}", granted.expires_in(), granted.scope())
/// }
/// # let _ = remember;
/// ```
#[derive(Clone, Debug)]
pub struct GrantedTokens {
    access_token: Secret<String>,
    expires_in: Option<i64>,
    refresh_token: Option<Secret<String>>,
    scope: Option<String>,
}

impl GrantedTokens {
    pub(crate) fn new(
        access_token: Secret<String>,
        expires_in: Option<i64>,
        scope: Option<String>,
    ) -> Result<Self, Misbehaviour> {
        // RFC 6749 A.12: visible ASCII, which is also what a header can carry.
        if access_token.expose().is_empty() || !access_token.expose().bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
            return Err(Misbehaviour::AccessToken);
        }
        Ok(Self { access_token, expires_in, refresh_token: None, scope })
    }

    pub(super) fn with_refresh_token(self, refresh_token: Option<Secret<String>>) -> Self {
        Self { refresh_token, ..self }
    }

    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &Secret<String> {
        &self.access_token
    }

    /// For how many seconds the access token is good, if the provider says.
    #[must_use]
    pub fn expires_in(&self) -> Option<i64> {
        self.expires_in
    }

    /// The refresh token, if there is one. The authorization endpoint gives none.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret<String>> {
        self.refresh_token.as_ref()
    }

    /// What was granted, where it differs from what was asked.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }
}
