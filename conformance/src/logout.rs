//! Leaving: what the driver does with the browser, and what the provider sends to the application meanwhile.

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderValue, Request, header};
use tower::ServiceExt;
use vestibule_provider::Page;

use crate::{APP, Bench};

/// An answer of the application to a request that no browser made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// Whether it says `Cache-Control: no-store`.
    pub is_not_stored: bool,
}

impl Bench {
    /// Alice signs out, at the application and at the provider, as far as that goes.
    pub async fn log_out(&mut self) -> Page {
        let page = self.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
        // A hint too long for a URL goes as a form that sends itself.
        if page.url().path() == "/auth/logout" { self.browser.submit(&page, "end_session", &[]).await } else { page }
    }

    /// Hands the application the logout request that the provider sends; there must be one.
    pub async fn deliver_logout_request(&self) -> Answered {
        let requests = self.op.pending_logout_requests();
        let [request] = <[_; 1]>::try_from(requests).expect("one logout request");
        self.deliver(request).await
    }

    /// Hands the application a request of the provider's.
    pub async fn deliver(&self, request: Request<Bytes>) -> Answered {
        let Ok(response): Result<Response, _> = self.app.clone().oneshot(request.map(Body::from)).await;
        let cache_control = response.headers().get(header::CACHE_CONTROL);
        let is_not_stored = cache_control == Some(&HeaderValue::from_static("no-store"));
        Answered { status: response.status().as_u16(), is_not_stored }
    }
}

impl Answered {
    /// What the suite wants: exactly this status, and no cache.
    pub fn expect(self, status: u16) {
        assert_eq!(self, Self { status, is_not_stored: true });
    }
}
