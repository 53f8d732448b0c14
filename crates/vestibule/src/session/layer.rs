//! The layer around the whole application: it takes the request's cookies aside, and writes ours to the response.
//!
//! It opens nothing by itself. Only when a gate or an extractor asks who the person is does the session open, does the idle
//! limit move, and is the response marked as personal (V12).

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::visit::Visit;
use crate::door::Door;

/// Puts a [`Visit`] into every request.
#[derive(Clone, Debug)]
pub(crate) struct SessionLayer {
    door: Arc<Door>,
}

impl SessionLayer {
    pub(crate) fn new(door: Arc<Door>) -> Self {
        Self { door }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { door: Arc::clone(&self.door), inner }
    }
}

/// What [`SessionLayer`] makes of a service.
#[derive(Clone, Debug)]
pub(crate) struct SessionService<S> {
    door: Arc<Door>,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for SessionService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Leaving<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let visit = Visit::new(Arc::clone(&self.door), &request);
        request.extensions_mut().insert(visit.clone());
        Leaving { inner: self.inner.call(request), visit }
    }
}

pin_project! {
    /// The response on its way out.
    pub(crate) struct Leaving<F> {
        #[pin]
        inner: F,
        visit: Visit,
    }
}

impl<F, B, E> Future for Leaving<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        this.visit.write(response.headers_mut());
        Poll::Ready(Ok(response))
    }
}
