//! The key set (RFC 7517 5).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;

use crate::{cache, denial::Denial, provider::DevelopmentProvider};

pub(crate) async fn jwks(State(provider): State<DevelopmentProvider>, headers: HeaderMap) -> Response {
    let hooks = provider.hooks();
    if let Some(answer) = hooks.jwks_answer() {
        return answer;
    }
    let algorithms = provider.algorithms();
    let set = hooks.key_set(&mut provider.keys(), &algorithms);
    match set {
        Ok(set) => cache::document(&provider, &headers, &set),
        Err(failed) => Denial::from(failed).into_response(),
    }
}
