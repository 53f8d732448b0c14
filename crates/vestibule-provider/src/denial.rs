//! An error as OAuth words it (RFC 6749 4.1.2.1, 5.2).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};
use vestibule_core::jose::{EncryptionFailed, NoDecryptionKey, signing_key::SigningFailed};

/// Why the provider says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    error: String,
    error_description: Option<String>,
    status: StatusCode,
    challenge: Option<&'static str>,
}

impl Denial {
    /// A denial that is answered with status 400 where it is not a redirect.
    pub(crate) fn new(error: impl Into<String>, error_description: impl Into<String>) -> Self {
        Self::with_optional_description(error.into(), Some(error_description.into()))
    }

    pub(crate) fn with_optional_description(error: String, error_description: Option<String>) -> Self {
        Self { error, error_description, status: StatusCode::BAD_REQUEST, challenge: None }
    }

    /// Nobody's fault but the provider's: 500.
    pub(crate) fn server_error(error_description: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::new("server_error", error_description) }
    }

    /// RFC 6749 5.2, RFC 6750 3: 401, and how to do it better.
    pub(crate) fn unauthorized(self, challenge: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, challenge: Some(challenge), ..self }
    }

    pub(crate) fn error(&self) -> &str {
        &self.error
    }

    pub(crate) fn error_description(&self) -> Option<&str> {
        self.error_description.as_deref()
    }
}

/// No randomness or memory is nobody's fault but the machine's.
impl From<SigningFailed> for Denial {
    fn from(failed: SigningFailed) -> Self {
        Self::server_error(failed.to_string())
    }
}

impl From<NoDecryptionKey> for Denial {
    fn from(failed: NoDecryptionKey) -> Self {
        Self::server_error(failed.to_string())
    }
}

/// A secret or a key that does not fit its algorithm is a mistake in the registration.
impl From<EncryptionFailed> for Denial {
    fn from(failed: EncryptionFailed) -> Self {
        Self::server_error(failed.to_string())
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        let mut members = Map::new();
        members.insert("error".to_owned(), Value::from(self.error));
        if let Some(description) = self.error_description {
            members.insert("error_description".to_owned(), Value::from(description));
        }
        let mut response = (self.status, Json(members)).into_response();
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        not_stored(response)
    }
}

/// RFC 6749 5.1: no answer of the provider is kept by a cache.
pub(crate) fn not_stored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
