//! How a response came to the redirect URI: in the query, by a page of ours that read the fragment, or by a form of the provider's.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use url::form_urlencoded;
use vestibule_core::{AuthorizationResponse, ProtocolError, ResponseMode};

use crate::{
    attempt::Attempt,
    form::{self, NoForm},
    pages::hop::{FRAGMENT, fragment_page},
    provider::ConnectedProvider,
    session::visit::Visit,
};

/// Why a request to the redirect URI brings no response.
#[derive(Debug)]
pub(super) enum NotArrived {
    /// It was answered: it brings nothing yet, or comes in no way that there is.
    Answered(Box<Response>),
    /// What was posted cannot be read.
    NoForm(NoForm),
}

/// The parameters of a response, by how they came.
#[derive(Debug)]
pub(super) enum Arrived {
    Query(String),
    Fragment(String),
    Form(Bytes),
}

impl Arrived {
    /// What a request to the redirect URI brings.
    pub(super) async fn read(
        visit: &Visit,
        provider: &Arc<ConnectedProvider>,
        request: Request<Body>,
    ) -> Result<Self, NotArrived> {
        // axum hands HEAD to a handler of GET; a link scanner's HEAD must not burn a login (R37).
        match *request.method() {
            Method::GET => Self::in_query(visit, provider, request.uri().query().unwrap_or_default().to_owned()).await,
            Method::POST => Self::in_body(request).await,
            _ => {
                let answer = (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")]).into_response();
                Err(NotArrived::Answered(Box::new(answer)))
            }
        }
    }

    async fn in_query(visit: &Visit, provider: &Arc<ConnectedProvider>, query: String) -> Result<Self, NotArrived> {
        // V13: the page says nothing but how to hand over what no server sees, and holds no protocol value. So it is there whenever a
        // fragment may have come, also to a browser that has forgotten its login: else nobody would see that it did.
        if query.is_empty() && may_have_a_fragment(visit, provider).await {
            let origin = provider.authorization_origin();
            return Err(NotArrived::Answered(Box::new(fragment_page(provider.redirect_uri(), &[&origin]))));
        }
        Ok(Self::Query(query))
    }

    /// R30: a form, of at most 16 KB.
    async fn in_body(request: Request<Body>) -> Result<Self, NotArrived> {
        let body = form::read(request).await.map_err(NotArrived::NoForm)?;
        let mut fields = form_urlencoded::parse(&body);
        if let (Some((name, fragment)), None) = (fields.next(), fields.next())
            && name == FRAGMENT
        {
            return Ok(Self::Fragment(fragment.into_owned()));
        }
        Ok(Self::Form(body))
    }

    /// The response, read and not believed.
    pub(super) fn response(&self) -> Result<AuthorizationResponse, ProtocolError> {
        match self {
            Self::Query(query) => AuthorizationResponse::from_query(query),
            Self::Fragment(fragment) => AuthorizationResponse::from_fragment(fragment),
            Self::Form(form) => AuthorizationResponse::from_form(form),
        }
    }

    /// Its parameters as they came.
    pub(super) fn parameters(&self) -> &[u8] {
        match self {
            Self::Query(text) | Self::Fragment(text) => text.as_bytes(),
            Self::Form(form) => form,
        }
    }
}

/// Whether a response of this provider comes in a fragment: by the settings, or by those with which a login of this browser began.
async fn may_have_a_fragment(visit: &Visit, provider: &Arc<ConnectedProvider>) -> bool {
    if provider.answers_in_fragments() {
        // The answer to the page's form may lead to the provider once more, so the page has to know where that is.
        let _ = provider.introduced().await;
        return true;
    }
    let (door, cookies) = (visit.door(), visit.cookies());
    // The login belongs to the issuer that it was begun with, which another process may have found.
    if cookies.logins().next().is_none() || provider.known_issuer().await.is_err() {
        return false;
    }
    let mut attempts = cookies.logins().filter_map(|cookie| Attempt::open(door, cookie));
    attempts.any(|attempt| attempt.belongs_to(provider) && attempt.pending.response_mode() == ResponseMode::Fragment)
}
