//! Why a logout token had no effect: what the log says, and what the provider is told (Back-Channel Logout 2.8).

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;
use vestibule_core::error::InvalidLogoutToken;

use crate::{
    decision::Logout,
    form::NoForm,
    provider::{NotVerified, ProviderError},
    store::StoreError,
};

#[derive(Debug)]
pub(super) enum Refusal {
    UnknownProvider,
    Method,
    NoForm(NoForm),
    /// What is wrong with the form.
    Form(&'static str),
    Token(InvalidLogoutToken),
    /// The provider does not know us.
    NoClient,
    TooMany(Duration),
    /// Its keys could not be had.
    Provider(ProviderError),
    Store(StoreError),
}

/// When a store that failed is worth another try, in seconds.
const STORE_AGAIN_IN: u64 = 5;

impl Refusal {
    /// What the log says of it. What strangers sent stands in it only as an excerpt (V11), and of the path only what the settings
    /// have: it can be anybody's text.
    pub(super) fn said<'a>(&'a self, provider: Option<&'a str>) -> Logout<'a> {
        match self {
            Self::Token(invalid) => Logout::TokenRefused { provider, invalid },
            Self::Provider(error) => Logout::TokenNotVerified { provider, error },
            Self::Store(error) => Logout::TokenNotHeeded { provider, error },
            // Whoever floods us shall not flood the log as well.
            Self::TooMany(_) => Logout::TokenPutOff { provider, reason: self.description() },
            Self::UnknownProvider | Self::Method | Self::NoForm(_) | Self::Form(_) | Self::NoClient => {
                Logout::NoToken { provider, reason: self.description() }
            }
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownProvider => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoForm(no_form) => no_form.status(),
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Form(_) | Self::Token(_) | Self::NoClient | Self::Provider(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The log says more: whoever posts here may be anybody.
    fn description(&self) -> &'static str {
        match self {
            Self::UnknownProvider => "there is no such provider here",
            Self::Method => "only POST is answered here",
            Self::NoForm(NoForm::MediaType) => "the body must be application/x-www-form-urlencoded",
            Self::NoForm(NoForm::TooLong) => "the body is too long",
            Self::Form(what) => what,
            Self::Token(_) => "the logout token was refused",
            Self::NoClient => "the provider has not registered this client yet",
            Self::TooMany(_) => "too many logout tokens",
            Self::Provider(_) => "the logout token could not be verified",
            Self::Store(_) => "the session could not be ended",
        }
    }

    /// Seconds.
    fn again_in(&self) -> Option<u64> {
        match self {
            Self::TooMany(again_in) => Some(again_in.as_secs().saturating_add(1)),
            Self::Store(_) => Some(STORE_AGAIN_IN),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let again_in = self.again_in();
        let error = if again_in.is_some() { "temporarily_unavailable" } else { "invalid_request" };
        let mut set: Vec<(HeaderName, HeaderValue)> =
            vec![(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        set.extend(again_in.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
        if matches!(self, Self::Method) {
            set.push((header::ALLOW, HeaderValue::from_static("POST")));
        }
        let body = Json(json!({"error": error, "error_description": self.description()}));
        let mut response = (self.status(), body).into_response();
        response.headers_mut().extend(set);
        response
    }
}

impl From<NotVerified> for Refusal {
    fn from(not_verified: NotVerified) -> Self {
        match not_verified {
            NotVerified::Invalid(invalid) => Self::Token(invalid),
            NotVerified::NoClient => Self::NoClient,
            NotVerified::TooMany(again_in) => Self::TooMany(again_in),
            // R118: 503 is for a failure of our own.
            NotVerified::Provider(error) => Self::Provider(error),
        }
    }
}

impl From<NoForm> for Refusal {
    fn from(no_form: NoForm) -> Self {
        Self::NoForm(no_form)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
