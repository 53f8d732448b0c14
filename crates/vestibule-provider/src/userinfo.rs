//! The userinfo endpoint: the claims that an access token opens (Core 5.3).

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method};
use serde_json::{Map, Value};

use crate::{
    bearer,
    denial::{Denial, not_stored},
    parameters::Parameters,
    provider::DevelopmentProvider,
};

pub(crate) async fn userinfo(
    State(provider): State<DevelopmentProvider>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(answer) = provider.hooks().userinfo_answer() {
        return answer;
    }
    let form = if method == Method::POST { body } else { Bytes::new() };
    let answer = match claims(&provider, &headers, &form) {
        Ok(claims) => Json(claims).into_response(),
        Err(denial) => denial.into_response(),
    };
    not_stored(answer)
}

fn claims(provider: &DevelopmentProvider, headers: &HeaderMap, form: &[u8]) -> Result<Map<String, Value>, Denial> {
    let invalid = || Denial::new("invalid_token", "no such access token, or it has expired");
    let refused = || invalid().unauthorized("Bearer error=\"invalid_token\"");
    let shown = shown(headers, form)?;
    let token = provider.state().access_tokens.get(&shown).cloned().ok_or_else(refused)?;
    if token.expires_at <= provider.now() {
        return Err(refused());
    }
    let mut claims = token.user.released(&token.scope);
    provider.hooks().userinfo_claims(&mut claims);
    Ok(claims)
}

/// RFC 6750 2.1 and 2.2: in the header or in the body, and not in both. In the query never.
fn shown(headers: &HeaderMap, form: &[u8]) -> Result<String, Denial> {
    let parameters =
        Parameters::parse(form).map_err(|_| Denial::new("invalid_request", "a parameter is there twice"))?;
    match (bearer::in_header(headers), parameters.get("access_token")) {
        (Some(_), Some(_)) => Err(Denial::new("invalid_request", "two access tokens")),
        (Some(token), None) | (None, Some(token)) => Ok(token.to_owned()),
        (None, None) => Err(Denial::new("invalid_token", "no access token").unauthorized("Bearer")),
    }
}
