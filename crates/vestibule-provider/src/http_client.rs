//! The provider as an HTTP client's whole world: a request to it is a function call.

use axum::{
    body::{Body, to_bytes},
    response::Response as Answered,
};
use bytes::Bytes;
use http::{Request, Response, Uri};
use tower::ServiceExt;
use url::Url;
use vestibule_core::{HttpClient, HttpError, Limits, http_client::Answer};

use crate::provider::DevelopmentProvider;

/// Why a request does not reach the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum NoConnection {
    #[error("nobody but the development provider can be reached")]
    AnotherHost,
    #[error("the development provider was told to be unreachable")]
    Unreachable,
    #[error("the development provider was told to lose its answer")]
    Lost,
}

/// What marks an answer that does not arrive.
#[derive(Clone)]
struct NotArriving;

/// Lets an answer get lost on its way: by function call nobody sees it.
pub(crate) fn lost(mut response: Answered) -> Answered {
    response.extensions_mut().insert(NotArriving);
    response
}

impl HttpClient for DevelopmentProvider {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(self.answer(request, limits))
    }
}

impl DevelopmentProvider {
    async fn answer(&self, mut request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, HttpError> {
        if !self.lives_at(request.uri()) {
            return Err(HttpError::Connect(Box::new(NoConnection::AnotherHost)));
        }
        if self.hooks().is_unreachable() {
            return Err(HttpError::Connect(Box::new(NoConnection::Unreachable)));
        }
        let uri = request.uri().clone();
        self.connect(&uri, request.extensions_mut());
        let Ok(response) = self.router().oneshot(request.map(Body::from)).await;
        let (parts, body) = response.into_parts();
        if parts.extensions.get::<NotArriving>().is_some() {
            return Err(HttpError::Timeout(Box::new(NoConnection::Lost)));
        }
        // A body in memory fails by its length alone.
        let body = to_bytes(body, limits.body_bytes)
            .await
            .map_err(|_| HttpError::BodyTooLarge { limit: limits.body_bytes })?;
        Ok(Response::from_parts(parts, body))
    }

    fn lives_at(&self, uri: &Uri) -> bool {
        Url::parse(&uri.to_string()).is_ok_and(|url| url.origin() == self.url().origin()) || self.is_mtls_alias(uri)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::fault::Fault;

    const LIMITS: Limits = Limits::new(64 * 1024, &["application/json"]);

    async fn send(provider: &DevelopmentProvider, url: &str, limits: Limits) -> Result<StatusCode, HttpError> {
        let request = Request::builder().uri(url).body(Bytes::new()).expect("valid");
        provider.send(request, limits).await.map(|response| response.status())
    }

    #[tokio::test]
    async fn only_the_issuers_own_host_and_port_are_reached() {
        let provider = DevelopmentProvider::new("http://127.0.0.1:3001/op").expect("valid");
        let good = send(&provider, "http://127.0.0.1:3001/op/.well-known/openid-configuration", LIMITS).await;
        assert_eq!(good.ok(), Some(StatusCode::OK));
        for other in [
            "http://127.0.0.1:3002/op/jwks",
            "http://localhost:3001/op/jwks",
            "https://127.0.0.1:3001/op/jwks",
            "/jwks",
        ] {
            let answer = send(&provider, other, LIMITS).await;
            assert!(matches!(answer, Err(HttpError::Connect(_))), "{other}");
        }
        assert_eq!(provider.requests().len(), 1);
    }

    #[tokio::test]
    async fn an_unreachable_provider_gets_no_request() {
        let provider = DevelopmentProvider::new("http://127.0.0.1:3001").expect("valid");
        provider.set_fault(Some(Fault::Unreachable));
        let answer = send(&provider, "http://127.0.0.1:3001/jwks", LIMITS).await;
        assert!(matches!(answer, Err(HttpError::Connect(_))));
        assert_eq!(provider.requests().len(), 0);
    }

    /// V83
    #[tokio::test]
    async fn a_body_over_the_limit_is_not_handed_over() {
        let provider = DevelopmentProvider::new("http://127.0.0.1:3001").expect("valid");
        let url = "http://127.0.0.1:3001/.well-known/openid-configuration";
        let answer = send(&provider, url, Limits::new(64, &["application/json"])).await;
        assert!(matches!(answer, Err(HttpError::BodyTooLarge { limit: 64 })));
    }
}
