//! The application behind the door: what a driver needs to see, and nothing else.

use axum::{
    Json, Router,
    routing::{get, post},
};
use serde_json::Value;
use vestibule::{AccessToken, Claims, EndUser, TokenError, Vestibule};

pub(crate) fn application(vestibule: &Vestibule) -> Router {
    let router = Router::new()
        .route("/", get(async |user: Option<EndUser>| user.map_or("a stranger".to_owned(), |user| subject(&user))))
        .route("/profile", get(async |user: EndUser| format!("profile of {}", subject(&user))))
        .route("/me", get(async |user: EndUser| subject(&user)))
        .route("/claims", get(async |Claims(claims): Claims<Value>| Json(claims)))
        .route("/refresh", post(refresh));
    vestibule.wrap(router)
}

fn subject(user: &EndUser) -> String {
    user.subject().to_string()
}

/// New tokens whatever time it is, and what the provider says with them.
async fn refresh(token: AccessToken) -> Result<String, TokenError> {
    let claims = token.refresh().await?.userinfo().await?;
    Ok(claims.claim("sub").map(ToString::to_string).unwrap_or_default())
}
