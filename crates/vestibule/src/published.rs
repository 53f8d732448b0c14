//! What a provider comes to fetch besides request objects: our public keys, and which redirect URIs are ours. Nothing in them is
//! from a request (V81).

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use crate::{door::Door, error::chain};

/// So long may others go without asking again. A key is published for a day before it signs, save the very first one.
const CACHED: &str = "public, max-age=300";

/// `GET /auth/jwks/{provider}`: the public halves of our own keys (RFC 7517 5).
pub(crate) async fn jwks(State(door): State<Arc<Door>>, Path(name): Path<String>) -> Response {
    let Some(provider) = door.provider(&name) else { return nothing(StatusCode::NOT_FOUND) };
    match provider.public_keys().await {
        // RFC 7517 8.5.2
        Ok(Some(keys)) => document("application/jwk-set+json", keys.to_string().into_bytes()),
        Ok(None) => nothing(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::error!(target: "vestibule::provider", provider = name, reason = chain(&error),
                "our public keys could not be given to the provider");
            nothing(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// `GET /auth/sector_identifier/{provider}`: our redirect URIs, as one sector (Registration 5, R103).
pub(crate) async fn sector_identifier(State(door): State<Arc<Door>>, Path(name): Path<String>) -> Response {
    match door.provider(&name) {
        Some(provider) => document("application/json", provider.sector_identifier_document().to_json()),
        None => nothing(StatusCode::NOT_FOUND),
    }
}

fn document(media_type: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(CACHED)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, body).into_response()
}

fn nothing(status: StatusCode) -> Response {
    (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}
