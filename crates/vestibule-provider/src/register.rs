//! The client registration endpoint (Registration 3), and the one where a client reads its own (RFC 7592 2.1).

use axum::{
    Json,
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::{
    bearer,
    denial::{Denial, not_stored},
    media_type,
    parameters::Parameters,
    provider::DevelopmentProvider,
    registration::RegistrationRequest,
};

pub(crate) async fn register(State(provider): State<DevelopmentProvider>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(answer) = provider.hooks().registration_answer() {
        return answer;
    }
    match introduce(&provider, &headers, &body) {
        Ok(information) => not_stored((StatusCode::CREATED, Json(information)).into_response()),
        Err(denial) => denial.into_response(),
    }
}

pub(crate) async fn registration(
    State(provider): State<DevelopmentProvider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match read(&provider, &query.unwrap_or_default(), &headers) {
        Ok(information) => not_stored(Json(information).into_response()),
        Err(denial) => denial.into_response(),
    }
}

fn introduce(provider: &DevelopmentProvider, headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Denial> {
    let token = bearer::in_header(headers);
    if !provider.state().registrations.is_open_to(token) {
        return Err(refused(token));
    }
    // Registration 3.1
    if !media_type::is(headers, "application/json") {
        return Err(Denial::new("invalid_client_metadata", "the body must be application/json"));
    }
    let request = RegistrationRequest::parse(body, &provider.state().registrations)?;
    let mut information = provider.register(&request);
    provider.hooks().registration_members(&mut information);
    Ok(information)
}

fn read(provider: &DevelopmentProvider, query: &str, headers: &HeaderMap) -> Result<Map<String, Value>, Denial> {
    let token = bearer::in_header(headers);
    let parameters = Parameters::parse(query.as_bytes())
        .map_err(|_| Denial::new("invalid_request", "a parameter is there twice"))?;
    let client_id = parameters.get("client_id").unwrap_or_default();
    // RFC 7592 2.1: a client that is not there is answered as a token that is not its.
    token.and_then(|token| provider.state().registrations.information(client_id, token)).ok_or_else(|| refused(token))
}

/// RFC 6750 3: who showed no token is told no error in the challenge.
fn refused(token: Option<&str>) -> Denial {
    match token {
        Some(_) => {
            Denial::new("invalid_token", "not the access token for this").unauthorized("Bearer error=\"invalid_token\"")
        }
        None => Denial::new("invalid_token", "no access token").unauthorized("Bearer"),
    }
}
