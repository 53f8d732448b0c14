//! The client registration endpoint (Registration 3), and the one where a client reads, changes and ends its own registration
//! (RFC 7592 2).

use axum::{
    Json,
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode};
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
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(answer) = provider.hooks().management_answer() {
        return answer;
    }
    let query = query.unwrap_or_default();
    let information = match method {
        Method::PUT => update(&provider, &query, &headers, &body),
        Method::DELETE => {
            return match end(&provider, &query, &headers) {
                // RFC 7592 2.3
                Ok(()) => not_stored(StatusCode::NO_CONTENT.into_response()),
                Err(denial) => denial.into_response(),
            };
        }
        _ => read(&provider, &query, &headers),
    };
    match information {
        Ok(mut information) => {
            provider.hooks().managed_registration_members(&mut information);
            not_stored(Json(information).into_response())
        }
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
    let client_id = client_id(query)?;
    let token = bearer::in_header(headers);
    // RFC 7592 2.1: a client that is not there is answered as a token that is not its.
    token.and_then(|token| provider.state().registrations.information(&client_id, token)).ok_or_else(|| refused(token))
}

fn update(
    provider: &DevelopmentProvider,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Map<String, Value>, Denial> {
    let client_id = client_id(query)?;
    let token = bearer::in_header(headers);
    // RFC 7592 2.2
    if !media_type::is(headers, "application/json") {
        return Err(Denial::new("invalid_client_metadata", "the body must be application/json"));
    }
    let updated = token.and_then(|token| provider.update_registration(&client_id, token, body));
    updated.ok_or_else(|| refused(token))?
}

fn end(provider: &DevelopmentProvider, query: &str, headers: &HeaderMap) -> Result<(), Denial> {
    let client_id = client_id(query)?;
    let token = bearer::in_header(headers);
    token.and_then(|token| provider.end_registration(&client_id, token)).ok_or_else(|| refused(token))
}

/// Whose registration it is, by the query of `registration_client_uri`.
fn client_id(query: &str) -> Result<String, Denial> {
    let parameters = Parameters::parse(query.as_bytes())
        .map_err(|_| Denial::new("invalid_request", "a parameter is there twice"))?;
    Ok(parameters.get("client_id").unwrap_or_default().to_owned())
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
