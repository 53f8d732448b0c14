//! What an endpoint answers with instead, before it looks at the request.

use axum::{
    Json,
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::{Fault, Hooks};
use crate::{
    client_auth::refused,
    denial::{Denial, not_stored},
};

impl Hooks {
    pub(crate) fn metadata_answer(&self) -> Option<Response> {
        match self.0.as_ref()? {
            Fault::MetadataServerError => Some(server_error()),
            Fault::MetadataMalformed => Some(page()),
            _ => None,
        }
    }

    pub(crate) fn jwks_answer(&self) -> Option<Response> {
        match self.0.as_ref()? {
            Fault::JwksServerError => Some(server_error()),
            Fault::JwksMalformed => Some(page()),
            _ => None,
        }
    }

    pub(crate) fn registration_answer(&self) -> Option<Response> {
        match self.0.as_ref()? {
            Fault::RegistrationError { error, error_description } => Some(denial(error, error_description.as_deref())),
            Fault::RegistrationServerError => Some(server_error()),
            _ => None,
        }
    }

    pub(crate) fn management_answer(&self) -> Option<Response> {
        match self.0.as_ref()? {
            Fault::ManagementStatus(status) => {
                Some(StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response())
            }
            _ => None,
        }
    }

    pub(crate) fn token_answer(&self, is_refresh: bool) -> Option<Response> {
        let answer = match self.0.as_ref()? {
            Fault::Refresh(_) if is_refresh => self.refresh_answer()?,
            Fault::TokenError { error, error_description } => denial(error, error_description.as_deref()),
            Fault::TokenRedirect(url) => Redirect::temporary(url).into_response(),
            Fault::ServerError => server_error(),
            Fault::Oversized => Json(json!({"access_token": "x".repeat(1 << 20)})).into_response(),
            Fault::MalformedToken => page(),
            Fault::InvalidClient => refused("unknown client").into_response(),
            Fault::TokenErrorWithStatus200 => Json(json!({"error": "invalid_grant"})).into_response(),
            _ => return None,
        };
        Some(not_stored(answer))
    }

    pub(crate) fn revocation_answer(&self) -> Option<Response> {
        match self.0.as_ref()? {
            Fault::RevocationUnavailable => {
                let mut answer = StatusCode::SERVICE_UNAVAILABLE.into_response();
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
                Some(not_stored(answer))
            }
            _ => None,
        }
    }

    pub(crate) fn claims_answer(&self) -> Option<Response> {
        match self.0.as_ref()? {
            Fault::ClaimsServerError => Some(server_error()),
            Fault::ClaimsMalformed => Some(page()),
            _ => None,
        }
    }

    pub(crate) fn userinfo_answer(&self) -> Option<Response> {
        match self.0.as_ref()? {
            Fault::UserInfoServerError => Some(server_error()),
            Fault::UserInfoMalformed => Some(page()),
            _ => None,
        }
    }
}

pub(super) fn denial(error: &str, error_description: Option<&str>) -> Response {
    Denial::with_optional_description(error.to_owned(), error_description.map(str::to_owned)).into_response()
}

pub(super) fn server_error() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

pub(super) fn page() -> Response {
    Html("<!doctype html><title>It works</title>").into_response()
}
