//! What the provider fetched from the application, and what it found there.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use http::header;

use crate::{APP, Bench};

/// One document, as the provider got it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Document {
    /// Where it is.
    pub url: String,
    /// The status of the answer.
    pub status: u16,
    /// Its media type; empty where none is said.
    pub content_type: String,
    /// The document itself.
    pub body: Bytes,
}

/// The documents, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetched(Arc<Mutex<Vec<Document>>>);

/// More than any document of the application's.
const MOST_BYTES: usize = 1 << 20;

impl Fetched {
    /// The application as the provider sees it, with every answer noted down.
    pub(crate) fn recording(&self, app: Router) -> Router {
        app.layer(from_fn_with_state(self.clone(), note))
    }
}

async fn note(State(Fetched(fetched)): State<Fetched>, request: Request, next: Next) -> Response {
    let url = format!("{APP}{}", request.uri());
    let (head, body) = next.run(request).await.into_parts();
    let body = to_bytes(body, MOST_BYTES).await.expect("a document in memory");
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let document =
        Document { url, status: head.status.as_u16(), content_type: content_type.to_owned(), body: body.clone() };
    fetched.lock().unwrap_or_else(PoisonError::into_inner).push(document);
    Response::from_parts(head, Body::from(body))
}

impl Bench {
    /// What the provider fetched so far.
    #[must_use]
    pub fn fetched(&self) -> Vec<Document> {
        self.fetched.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it fetched from places that begin like this.
    #[must_use]
    pub fn fetched_below(&self, place: &str) -> Vec<Document> {
        self.fetched().into_iter().filter(|document| document.url.starts_with(place)).collect()
    }
}
