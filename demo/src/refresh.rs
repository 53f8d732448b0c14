//! The access token: as it is, replaced when it is stale; and a new one now, with what the provider says about the person.

use axum::Json;
use serde::Serialize;
use vestibule::{AccessToken, ClaimsSet, EndUser, TokenError};

use crate::{moment, own_form::OwnForm};

/// What a page may know of it. The token stays here.
#[derive(Debug, Serialize)]
pub(crate) struct Refreshed {
    claims: ClaimsSet,
    /// In seconds.
    expires_in: Option<i64>,
    scope: Option<String>,
}

/// What a script may know of one that is good. The token stays here.
#[derive(Debug, Serialize)]
pub(crate) struct Good {
    /// In seconds since 1970.
    expires_at: Option<i64>,
    scope: Option<String>,
}

/// Replaces it when it is stale.
pub(crate) async fn token(token: AccessToken) -> Json<Good> {
    let expires_at = token.expires_at().map(|end| end.seconds());
    Json(Good { expires_at, scope: token.scope().map(str::to_owned) })
}

pub(crate) async fn refresh(_: OwnForm, _: EndUser, token: AccessToken) -> Result<Json<Refreshed>, TokenError> {
    let token = token.refresh().await?;
    Ok(Json(Refreshed {
        claims: token.userinfo().await?,
        expires_in: token.expires_at().map(|end| end.seconds_since(moment::now())),
        scope: token.scope().map(str::to_owned),
    }))
}
