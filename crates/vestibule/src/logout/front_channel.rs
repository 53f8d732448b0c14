//! The provider ends a session by a frame in a page of its own (Front-Channel Logout 1.0).
//!
//! Browsers keep our cookie back there, so it is the `sid` that ends the session, as with a logout token; but nobody signed it
//! (V72). Whoever could make one up would end a session whose `sid` they know, and nothing else.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use url::Url;
use vestibule_core::FrontChannelLogout;

use crate::{
    decision::{self, Logout, Reference},
    door::Door,
    login::unknown_provider,
    pages::{self, ErrorPage, frames},
    provider::{ConnectedProvider, Empty, ProviderError},
    session::{
        Session,
        visit::{StoreFailed, Visit},
    },
    store::StoreError,
};

/// Why nothing ended.
enum Refusal {
    /// It does not name a session of this provider's, exactly once.
    NotThisProvider(&'static str),
    /// Nobody can tell at the moment whether it does.
    UnknownIssuer(ProviderError),
    /// The cookie that came along is of another session.
    AnotherSession,
    TooMany(Duration),
    Store(StoreError),
    /// As above, and the log has said so.
    StoreFailed,
}

/// `GET /auth/frontchannel_logout/{provider}`
pub(crate) async fn frontchannel_logout(
    State(door): State<Arc<Door>>,
    visit: Visit,
    Path(name): Path<String>,
    method: Method,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(provider) = door.provider(&name) else { return unknown_provider(&visit) };
    // axum hands HEAD to a handler of GET.
    if method != Method::GET {
        let headers = [(header::ALLOW, "GET"), (header::CACHE_CONTROL, "no-store")];
        return (StatusCode::METHOD_NOT_ALLOWED, headers).into_response();
    }
    match end(&visit, provider, query.as_deref().unwrap_or_default()).await {
        Ok(()) => {
            decision::record(&visit, Logout::ByFrame(&name));
            frames::logged_out_in_frame(&origins(provider).await)
        }
        Err(refusal) => {
            let reference = refusal.said(&name).map(|said| decision::record(&visit, said));
            refusal.page(reference.or_else(|| visit.trace().trouble()))
        }
    }
}

async fn end(visit: &Visit, provider: &Arc<ConnectedProvider>, query: &str) -> Result<(), Refusal> {
    let request = FrontChannelLogout::from_query(query)
        .map_err(|_| Refusal::NotThisProvider("it does not have iss and sid, each once"))?;
    provider.known_issuer().await.map_err(Refusal::UnknownIssuer)?;
    let issuer = provider.issuer_named(request.unverified_issuer());
    let issuer = issuer.ok_or(Refusal::NotThisProvider("its iss is not this provider's issuer"))?;
    let session = visit.peek().await?;
    let is_meant = |session: &Arc<Session>| session.issuer == issuer && session.sid.as_deref() == Some(request.sid());
    if session.as_ref().is_some_and(|session| !is_meant(session)) {
        return Err(Refusal::AnotherSession);
    }
    let door = visit.door();
    let index = door.keys.sid(&issuer, request.sid());
    let is_known = session.is_some() || door.has_sessions(index).await?;
    if !is_known {
        // In cookies it may exist all the same. But what is made up must not crowd out what a store remembers of others.
        provider.may_log_out_unsigned()?;
    }
    door.end_all(index, &issuer, None).await?;
    if session.is_some() {
        visit.forget_person();
        visit.forget_session();
    }
    Ok(())
}

/// Who may have the answer in a frame (V14, R124): the provider, as far as it is known by its issuer and its endpoints.
async fn origins(provider: &Arc<ConnectedProvider>) -> Vec<String> {
    let mut urls: Vec<Url> =
        provider.issuer().and_then(|issuer| Url::parse(issuer.as_str()).ok()).into_iter().collect();
    if let Ok(metadata) = provider.metadata().await {
        urls.push(metadata.authorization_endpoint().clone());
        urls.extend(metadata.end_session_endpoint().cloned());
    }
    let origins: BTreeSet<_> = urls.iter().map(|url| url.origin().ascii_serialization()).collect();
    origins.into_iter().collect()
}

impl Refusal {
    /// What the log says of it, unless it has done so.
    fn said<'a>(&'a self, provider: &'a str) -> Option<Logout<'a>> {
        Some(match self {
            Self::NotThisProvider(reason) => Logout::FrameRefused { provider, reason },
            Self::AnotherSession => {
                let reason = "the browser has another session than the one that it names";
                Logout::FrameRefused { provider, reason }
            }
            Self::TooMany(_) => Logout::FramePutOff(provider),
            Self::Store(error) => Logout::FrameNotHeeded { provider, error },
            Self::UnknownIssuer(error) => Logout::FrameOfUnknownIssuer { provider, error },
            Self::StoreFailed => return None,
        })
    }

    fn page(&self, reference: Option<Reference>) -> Response {
        let (status, message, again_in) = match self {
            Self::NotThisProvider(_) | Self::AnotherSession => {
                (StatusCode::BAD_REQUEST, "The address of this page does not name a session that could be ended.", None)
            }
            Self::TooMany(again_in) => {
                (StatusCode::TOO_MANY_REQUESTS, LATER, Some(again_in.as_secs().saturating_add(1)))
            }
            Self::UnknownIssuer(_) | Self::Store(_) | Self::StoreFailed => {
                (StatusCode::SERVICE_UNAVAILABLE, LATER, Some(STORE_AGAIN_IN))
            }
        };
        let reference = reference.as_ref().map(Reference::as_str);
        let page = pages::error_page(&ErrorPage { title: "Nobody was signed out", message, reference, action: None });
        let mut response = pages::html(status, page, &[]);
        let again_in = again_in.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds)));
        response.headers_mut().extend(again_in);
        response
    }
}

const LATER: &str = "Something went wrong on our side. Try again in a moment.";
/// When a store that failed is worth another try, in seconds.
const STORE_AGAIN_IN: u64 = 5;

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<StoreFailed> for Refusal {
    fn from(_: StoreFailed) -> Self {
        Self::StoreFailed
    }
}

impl From<Empty> for Refusal {
    fn from(Empty { again_in }: Empty) -> Self {
        Self::TooMany(again_in)
    }
}
