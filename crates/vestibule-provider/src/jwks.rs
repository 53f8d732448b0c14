//! The key set (RFC 7517 5).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use serde_json::Value;

use crate::{cache, denial::Denial, fault::Hooks, provider::DevelopmentProvider};

pub(crate) async fn jwks(State(provider): State<DevelopmentProvider>, headers: HeaderMap) -> Response {
    let hooks = provider.hooks();
    if let Some(answer) = hooks.jwks_answer() {
        return answer;
    }
    match set(&provider, &hooks) {
        Ok(set) => cache::document(&provider, &headers, &set),
        Err(denial) => denial.into_response(),
    }
}

/// What signs, and what clients encrypt to.
fn set(provider: &DevelopmentProvider, hooks: &Hooks) -> Result<Value, Denial> {
    let (signing, encryption) = (provider.algorithms(), provider.request_encryption_algorithms());
    let mut keys = provider.keys();
    let mut set = hooks.key_set(&mut keys, &signing)?;
    let recipients = keys.recipients(&encryption)?;
    set.get_mut("keys").and_then(Value::as_array_mut).into_iter().for_each(|keys| keys.extend(recipients.clone()));
    Ok(set)
}
