//! What was asked of the provider, so that a test can say what did and what did not arrive.

use std::fmt;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use crate::{hold::Side, provider::DevelopmentProvider, token::is_refresh};

/// One request that the provider got.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use vestibule_provider::{Browser, DevelopmentProvider};
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// let mut browser = Browser::new();
/// browser.site(provider.issuer().as_str(), provider.router());
/// browser.get("http://127.0.0.1:3001/jwks?a=b").await;
///
/// let requests = provider.requests();
/// assert_eq!((requests[0].path.as_str(), requests[0].query.as_deref()), ("/jwks", Some("a=b")));
/// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The whole path, that of the issuer included.
    pub path: String,
    /// The query, as it came.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it came.
    pub body: Bytes,
}

/// The most bytes of a request body: far more than any request to a provider needs.
const MOST_BODY_BYTES: usize = 64 * 1024;

/// Writes the request down, then lets it pass, when its time has come.
pub(crate) async fn record(State(provider): State<DevelopmentProvider>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path().to_owned();
    let is_refresh = path == format!("{}/token", provider.base_path()) && is_refresh(&body);
    if is_refresh {
        provider.state().tally.refresh_requests += 1;
    }
    provider.remember(RecordedRequest {
        method: parts.method.clone(),
        path: path.clone(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    provider.pass_gates(Side::Before, &path).await;
    provider.rotate_keys_for(&path);
    if provider.hooks().is_unreachable() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let asker = Asker::of(&provider, is_refresh && response.status().is_success());
    provider.take_time(&path).await;
    provider.pass_gates(Side::Behind, &path).await;
    asker.hears();
    response
}

/// Who waits for the answer to a refresh that was granted. One who goes before it is counted.
struct Asker(Option<DevelopmentProvider>);

impl Asker {
    fn of(provider: &DevelopmentProvider, has_refreshed: bool) -> Self {
        Self(has_refreshed.then(|| provider.clone()))
    }

    fn hears(mut self) {
        self.0 = None;
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        if let Some(provider) = &self.0 {
            provider.state().tally.refreshes_unheard += 1;
        }
    }
}

/// Query, headers and body hold codes, tokens and secrets: their values are not printed.
impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
