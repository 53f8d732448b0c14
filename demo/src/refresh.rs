//! A new access token now, and what the provider says with it about the person.

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

pub(crate) async fn refresh(_: OwnForm, _: EndUser, token: AccessToken) -> Result<Json<Refreshed>, TokenError> {
    let token = token.refresh().await?;
    Ok(Json(Refreshed {
        claims: token.userinfo().await?,
        expires_in: token.expires_at().map(|end| end.seconds_since(moment::now())),
        scope: token.scope().map(str::to_owned),
    }))
}
