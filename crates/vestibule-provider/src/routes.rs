//! Which path is which endpoint.

use axum::{
    Router, middleware,
    routing::{get, post},
};

use crate::{
    authorize::authorize,
    check_session::check_session,
    discovery::configuration,
    end_session::end_session,
    jwks::jwks,
    pages,
    provider::DevelopmentProvider,
    record::record,
    register::{register, registration},
    revoke::revoke,
    token::token,
    userinfo::{claims, userinfo},
    web_finger::web_finger,
};

pub(crate) fn router(provider: &DevelopmentProvider) -> Router {
    let below = |path: &str| format!("{}{path}", provider.base_path());
    let router = Router::new()
        // An issuer's path may have segments that begin with a colon.
        .without_v07_checks()
        .route(&below("/.well-known/openid-configuration"), get(configuration))
        // RFC 7033 4: below the host, whatever the issuer's path is.
        .route("/.well-known/webfinger", get(web_finger))
        .route(&below("/register"), post(register))
        .route(&below("/registration"), get(registration).put(registration).delete(registration))
        .route(&below("/authorize"), get(authorize).post(authorize))
        .route(&below("/token"), post(token))
        .route(&below("/revoke"), post(revoke))
        .route(&below("/check_session"), get(check_session))
        .route(&below("/userinfo"), get(userinfo).post(userinfo))
        .route(&below("/claims"), get(claims))
        .route(&below(&provider.jwks_path()), get(jwks))
        .route(&below("/end_session"), get(end_session).post(end_session));
    // RFC 8705 5
    let router = match provider.mtls_base_path() {
        Some(base) => router
            .route(&format!("{base}/token"), post(token))
            .route(&format!("{base}/revoke"), post(revoke))
            .route(&format!("{base}/userinfo"), get(userinfo).post(userinfo)),
        None => router,
    };
    router
        .fallback(pages::nothing_here)
        .layer(middleware::from_fn_with_state(provider.clone(), record))
        .with_state(provider.clone())
}
