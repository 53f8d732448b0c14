//! What the provider did, counted, so that a test can say how often, and that something never happened.

use crate::provider::DevelopmentProvider;

/// How often the provider refreshed, revoked and logged out, since it began or last
/// [forgot its requests](DevelopmentProvider::forget_requests).
///
/// # Example
/// ```
/// use vestibule_provider::DevelopmentProvider;
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// let tally = provider.tally();
/// assert_eq!((tally.refresh_requests, tally.reuses_detected), (0, 0));
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Requests with `grant_type=refresh_token` that arrived, whatever became of them.
    pub refresh_requests: usize,
    /// Refresh requests that were granted.
    pub refreshes: usize,
    /// Refreshes that were granted, and whose asker had hung up before the answer's [hold](DevelopmentProvider::hold_answers) or
    /// [latency](DevelopmentProvider::answers_take) was over: nobody got the tokens.
    pub refreshes_unheard: usize,
    /// Refresh tokens that were given in the place of one that had not been used before.
    pub rotations: usize,
    /// Used refresh tokens that came again within the grace, and were answered.
    pub reuses_within_grace: usize,
    /// Used refresh tokens that came again: each revoked its whole family (RFC 9700 4.14.2).
    pub reuses_detected: usize,
    /// Families, each the refresh tokens of one login, that were revoked for whatever reason.
    pub families_revoked: usize,
    /// Access tokens that clients revoked (RFC 7009).
    pub access_tokens_revoked: usize,
    /// Refresh tokens that clients revoked (RFC 7009).
    pub refresh_tokens_revoked: usize,
    /// Revocations that were granted though nobody knows the token (RFC 7009 2.2).
    pub unknown_tokens_revoked: usize,
    /// Sessions of the provider's own that ended: by somebody who left or became somebody else, or by command.
    pub sessions_ended: usize,
    /// Logout tokens that were made for clients to be told (Back-Channel Logout 2.5).
    pub logout_requests: usize,
}

impl DevelopmentProvider {
    /// What was counted since the provider began, or last [forgot its requests](Self::forget_requests).
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.state().tally
    }
}
