//! The provider says to us, without a browser in between, that it ended a session (Back-Channel Logout 1.0).
//!
//! Whatever answers here is cheap until a signature holds: no store is asked for a stranger (V77). What could not be done is
//! answered so that the provider tries again: the token counts as used only when it took effect (V71).

mod refusal;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, Request, StatusCode, header};
use url::form_urlencoded;
use vestibule_core::{LogoutToken, logout::UnverifiedLogoutToken};

use self::refusal::Refusal;
use crate::{
    decision::{self, Logout},
    door::Door,
    form,
};

/// Nothing shorter can be a form with a token, which has a header, half a dozen claims and a signature (V77).
const FEWEST_BYTES: usize = 256;

/// What came of a logout token.
#[derive(Clone, Copy)]
enum Outcome {
    OneSession,
    AllSessions,
    /// It was here before.
    Nothing,
}

/// `POST /auth/backchannel_logout/{provider}`
pub(crate) async fn backchannel_logout(
    State(door): State<Arc<Door>>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Response {
    match receive(&door, &name, request).await {
        Ok(outcome) => {
            decision::record_apart(&door, Logout::ByToken { provider: &name, outcome: outcome.said() });
            // Back-Channel Logout 2.8
            (StatusCode::OK, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
        }
        Err(refusal) => {
            decision::record_apart(&door, refusal.said(door.provider(&name).map(|provider| provider.name())));
            refusal.into_response()
        }
    }
}

async fn receive(door: &Door, name: &str, request: Request<Body>) -> Result<Outcome, Refusal> {
    let provider = door.provider(name).ok_or(Refusal::UnknownProvider)?;
    let token = read(request).await?;
    let token = provider.verify_logout_token(&token).await?;
    let outcome = end(door, &token).await?;
    if !matches!(outcome, Outcome::Nothing) {
        provider.logout_token_took_effect();
    }
    Ok(outcome)
}

/// Back-Channel Logout 2.5: a form, with the token as a parameter.
async fn read(request: Request<Body>) -> Result<UnverifiedLogoutToken, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method);
    }
    let body = form::read(request).await?;
    if body.len() < FEWEST_BYTES {
        return Err(Refusal::Form("the body is too short to hold a signed token"));
    }
    let mut tokens = form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Ok(UnverifiedLogoutToken::new(token.into_owned())),
        (None, _) => Err(Refusal::Form("there is no logout_token")),
        (Some(_), Some(_)) => Err(Refusal::Form("logout_token is there more than once")),
    }
}

/// Back-Channel Logout 2.7: ends what the token names, once.
async fn end(door: &Door, token: &LogoutToken) -> Result<Outcome, Refusal> {
    let (store, now) = (door.store(), door.now());
    let issuer = token.issuer();
    let jti = door.keys.jti(issuer, token.jti());
    if store.knows_jti(jti, now).await? {
        return Ok(Outcome::Nothing);
    }
    let (index, outcome) = match (token.sid(), token.subject()) {
        (Some(sid), _) => (door.keys.sid(issuer, sid), Outcome::OneSession),
        (None, Some(subject)) => (door.keys.subject(issuer, subject), Outcome::AllSessions),
        (None, None) => return Err(Refusal::Form("the token names nobody")),
    };
    door.end_all(index, issuer, Some(token.issued_at())).await?;
    // Only now, so that a token that could not take effect can come again. It would pass to the end of that second.
    store.remember_jti(jti, token.acceptable_until().plus(1), now).await?;
    Ok(outcome)
}

impl Outcome {
    /// Its stable name, and what the log says of it.
    const fn said(self) -> (&'static str, &'static str) {
        match self {
            Self::OneSession => ("ended_by_logout_token", "the provider ended a session"),
            Self::AllSessions => ("all_ended_by_logout_token", "the provider ended all sessions of a person"),
            Self::Nothing => ("logout_token_repeated", "the provider sent a logout token that had taken effect before"),
        }
    }
}
