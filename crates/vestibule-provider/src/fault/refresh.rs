//! What is wrong in the answer to a refresh request, and nowhere else: people sign in as ever.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Fault, Hooks, STRANGER};
use crate::http_client::lost;

/// One way in which refreshing goes wrong ([`Fault::Refresh`]), named after what a client must refuse or survive.
///
/// [`DevelopmentProvider::hold`](crate::DevelopmentProvider::hold) makes a refresh take long.
///
/// # Example
/// ```
/// use vestibule_provider::{DevelopmentProvider, Fault, RefreshFault};
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// provider.set_fault(Some(Fault::Refresh(RefreshFault::WrongSubject)));
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshFault {
    /// The refreshed ID Token says that another issuer made it.
    WrongIssuer,
    /// The refreshed ID Token is about somebody else.
    WrongSubject,
    /// The refreshed ID Token is for another client.
    WrongAudience,
    /// The refreshed ID Token has another `auth_time` than the first.
    WrongAuthTime,
    /// The refreshed ID Token has the nonce of another login.
    WrongNonce,
    /// The refreshed ID Token was made before the first.
    OlderIssuedAt,
    /// The answer is the error `invalid_grant`; the refresh token stays as it was.
    InvalidGrant,
    /// The answer is status 500; the refresh token stays as it was.
    ServerError,
    /// The refresh token is used, and nobody gets the answer: [`HttpError::Timeout`](vestibule_core::HttpError::Timeout) by
    /// function call, 504 over a port.
    AnswerLost,
    /// The answer has no refresh token: the one that was sent stays good (RFC 6749 6).
    NoRefreshToken,
    /// The answer has a scope with one more value than was granted, `everything`.
    WiderScope,
}

impl RefreshFault {
    /// The ones of the ID Token, which a client must refuse (Core 12.2).
    pub const OF_ID_TOKEN: [Self; 6] = [
        Self::WrongIssuer,
        Self::WrongSubject,
        Self::WrongAudience,
        Self::WrongAuthTime,
        Self::WrongNonce,
        Self::OlderIssuedAt,
    ];
}

impl Hooks {
    /// The claims of a refreshed ID Token, before they are signed.
    pub(crate) fn refreshed_id_token_claims(&self, claims: &mut Map<String, Value>) {
        let auth_time = claims.get("auth_time").and_then(Value::as_i64).unwrap_or_default();
        let (name, value) = match self.refresh_fault() {
            Some(RefreshFault::WrongIssuer) => ("iss", json!(STRANGER)),
            Some(RefreshFault::WrongSubject) => ("sub", json!("somebody-else")),
            Some(RefreshFault::WrongAudience) => ("aud", json!("another-client")),
            Some(RefreshFault::WrongAuthTime) => ("auth_time", json!(auth_time + 1)),
            Some(RefreshFault::WrongNonce) => ("nonce", json!("the-nonce-of-another-login")),
            Some(RefreshFault::OlderIssuedAt) => ("iat", json!(auth_time - 1)),
            _ => return,
        };
        claims.insert(name.to_owned(), value);
    }

    /// Whether the refresh token that was sent stays good.
    pub(crate) fn keeps_refresh_token(&self) -> bool {
        self.refresh_fault() == Some(RefreshFault::NoRefreshToken)
    }

    /// The members of the answer.
    pub(super) fn refresh_members(&self, members: &mut Map<String, Value>) {
        match self.refresh_fault() {
            Some(RefreshFault::NoRefreshToken) => drop(members.remove("refresh_token")),
            Some(RefreshFault::WiderScope) => {
                let granted = members.get("scope").and_then(Value::as_str).unwrap_or_default();
                members.insert("scope".to_owned(), json!(format!("{granted} everything")));
            }
            _ => {}
        }
    }

    /// What there is instead, before the endpoint looks at the request.
    pub(super) fn refresh_answer(&self) -> Option<Response> {
        match self.refresh_fault()? {
            RefreshFault::InvalidGrant => Some(super::answers::denial("invalid_grant", None)),
            RefreshFault::ServerError => Some(super::answers::server_error()),
            _ => None,
        }
    }

    /// A good answer of the token endpoint, or what becomes of it.
    pub(crate) fn token_response(&self, is_refresh: bool, response: Response) -> Response {
        if is_refresh && self.refresh_fault() == Some(RefreshFault::AnswerLost) {
            lost(StatusCode::GATEWAY_TIMEOUT.into_response())
        } else {
            response
        }
    }

    fn refresh_fault(&self) -> Option<RefreshFault> {
        match self.0 {
            Some(Fault::Refresh(fault)) => Some(fault),
            _ => None,
        }
    }
}
