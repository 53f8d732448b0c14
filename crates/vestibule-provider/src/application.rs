//! The way from the provider to an application: for its request objects and its keys.

use std::collections::{BTreeMap, VecDeque};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;
use url::Url;
use vestibule_core::issuer::is_https_or_loopback;

use crate::{
    client::{KeySource, RegisteredClient},
    postman::Postman,
    provider::DevelopmentProvider,
    state::Bounded,
};

/// What can be reached, and what was fetched.
#[derive(Default)]
pub(crate) struct Applications {
    /// By origin.
    sites: BTreeMap<String, Router>,
    /// There as long as the provider listens on a port.
    pub(crate) postman: Option<Postman>,
    fetches: VecDeque<Fetch>,
    /// The key sets that were fetched last, by their place.
    key_sets: Bounded<Value>,
}

/// One document that the provider asked an application for.
///
/// # Example
/// ```
/// use vestibule_provider::DevelopmentProvider;
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// assert_eq!(provider.fetches(), []);
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetch {
    /// Where it is.
    pub url: String,
    /// The status of the answer; `None` when there was none.
    pub status: Option<StatusCode>,
}

/// Why there is no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotFetched {
    #[error("neither https nor http on this machine")]
    Scheme,
    #[error("nobody answers there")]
    Unreachable,
    #[error("the answer has another status than 200, or is too large")]
    Refused,
}

/// The most bytes of a document.
pub(crate) const MOST_BYTES: usize = 64 * 1024;
/// The most fetches that are remembered; the oldest goes first.
const MOST_FETCHES: usize = 1_000;

impl DevelopmentProvider {
    /// Puts an application at an origin, so that the provider gets request objects and key sets from there by function call; of a
    /// longer URL the origin counts.
    ///
    /// A provider that [serves](Self::serve) on a port gets them over http from this machine, where nothing is put. In memory there
    /// is no other way to an application.
    ///
    /// # Panics
    /// When `origin` is not a URL.
    ///
    /// # Example
    /// ```
    /// use axum::{Router, routing::get};
    /// use vestibule_provider::DevelopmentProvider;
    ///
    /// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
    /// provider.site("http://localhost:3000", Router::new().route("/auth/jwks", get(async || r#"{"keys":[]}"#)));
    /// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
    /// ```
    pub fn site(&self, origin: &str, router: Router) {
        let url = Url::parse(origin).unwrap_or_else(|_| panic!("not a URL: {origin}"));
        self.state().applications.sites.insert(url.origin().ascii_serialization(), router);
    }

    /// What the provider fetched from applications, oldest first: the newest 1,000.
    #[must_use]
    pub fn fetches(&self) -> Vec<Fetch> {
        self.state().applications.fetches.iter().cloned().collect()
    }

    /// The document at a URL.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Bytes, NotFetched> {
        let parsed = Url::parse(url).ok().filter(is_https_or_loopback);
        let parsed = parsed.ok_or(NotFetched::Scheme)?;
        let (site, postman) = {
            let applications = &self.state().applications;
            (applications.sites.get(&parsed.origin().ascii_serialization()).cloned(), applications.postman.clone())
        };
        let answer = match (site, postman) {
            (Some(site), _) => by_function_call(site, &parsed).await,
            (None, Some(postman)) => postman.get(&parsed).await,
            (None, None) => None,
        };
        self.remember_fetch(Fetch { url: url.to_owned(), status: answer.as_ref().map(|(status, _)| *status) });
        match answer.ok_or(NotFetched::Unreachable)? {
            (StatusCode::OK, Some(body)) => Ok(body),
            _ => Err(NotFetched::Refused),
        }
    }

    /// The key set of a client, as it stands there; nothing when the client has none, or it cannot be had.
    pub(crate) async fn keys_of(&self, client: &RegisteredClient) -> Option<Value> {
        match client.keys()? {
            KeySource::Given(jwks) => Some(jwks.clone()),
            KeySource::At(uri) => {
                let keys: Value = serde_json::from_slice(&self.fetch(uri).await.ok()?).ok()?;
                let known = &mut self.state().applications.key_sets;
                known.take(uri);
                known.insert(uri.clone(), keys.clone());
                Some(keys)
            }
        }
    }

    /// The same as it stood there when it was fetched last.
    pub(crate) fn known_keys_of(&self, client: &RegisteredClient) -> Option<Value> {
        match client.keys()? {
            KeySource::Given(jwks) => Some(jwks.clone()),
            KeySource::At(uri) => self.state().applications.key_sets.get(uri).cloned(),
        }
    }

    fn remember_fetch(&self, fetch: Fetch) {
        let fetches = &mut self.state().applications.fetches;
        if fetches.len() >= MOST_FETCHES {
            fetches.pop_front();
        }
        fetches.push_back(fetch);
    }
}

/// The status, and the body unless it is too large.
pub(crate) type Answered = (StatusCode, Option<Bytes>);

async fn by_function_call(site: Router, url: &Url) -> Option<Answered> {
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let authority = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let request = Request::get(target).header(header::HOST, format!("{}{authority}", url.host_str()?));
    let Ok(response) = site.oneshot(request.body(Body::empty()).ok()?).await;
    let status = response.status();
    Some((status, to_bytes(response.into_body(), MOST_BYTES).await.ok()))
}
