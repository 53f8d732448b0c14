//! Who may pass: a layer for whole routers. Else the way to sign in, 401 or 403.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{Request, request::Parts};
use serde::de::DeserializeOwned;
use tower_layer::Layer;
use tower_service::Service;
use vestibule_core::ClaimsSet;

use crate::{
    end_user::NotAllowed,
    login::{challenge, unavailable},
    pages::Action,
    provider::ConnectedProvider,
    return_address::ReturnAddress,
    session::{
        Session,
        visit::{StoreFailed, Visit},
    },
    silent_renewal,
};

/// A layer that lets in who is signed in; made by [`Vestibule::require_login`](crate::Vestibule::require_login).
///
/// # Example
/// ```
/// use axum::{Router, routing::get};
/// use vestibule::{Client, Provider, SecretKey, Vestibule};
///
/// #[derive(serde::Deserialize)]
/// struct Employee { admin: Option<bool> }
///
/// let vestibule = Vestibule::builder("https://app.example.com")
///     .secret_key(SecretKey::generate())
///     .provider("corp", Provider::discovered("https://login.example.com", Client::public("my-app"))?)
///     .build()?;
/// let app: Router = vestibule.wrap(
///     Router::new()
///         .route("/admin", get(|| async { "settings" }))
///         .route_layer(vestibule.require_login().claims(|employee: &Employee| employee.admin == Some(true)))
///         .route("/", get(|| async { "for everybody" })),
/// );
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct RequireLogin {
    provider: Option<Arc<ConnectedProvider>>,
    find: Find,
    allows: Option<Predicate>,
}

type Find = Arc<dyn Fn(&str) -> Option<Arc<ConnectedProvider>> + Send + Sync>;
type Predicate = Arc<dyn Fn(&ClaimsSet) -> bool + Send + Sync>;

impl RequireLogin {
    pub(crate) fn new(find: impl Fn(&str) -> Option<Arc<ConnectedProvider>> + Send + Sync + 'static) -> Self {
        Self { provider: None, find: Arc::new(find), allows: None }
    }

    /// Only who signed in with this provider. Somebody signed in elsewhere gets a page that offers it, and is never sent there
    /// unasked.
    ///
    /// # Panics
    /// When there is no provider of this name: at startup, as axum does for a bad path.
    #[must_use]
    pub fn provider(self, name: &str) -> Self {
        let provider = (self.find)(name);
        assert!(
            provider.is_some(),
            "require_login().provider(\"{name}\"): no provider of this name was given to the builder"
        );
        Self { provider, ..self }
    }

    /// Only whose claims satisfy the predicate; everybody else gets 403. Claims that do not fit the struct do not satisfy it.
    #[must_use]
    pub fn claims<T, F>(self, allows: F) -> Self
    where
        T: DeserializeOwned,
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let earlier = self.allows;
        let allows: Predicate = Arc::new(move |claims: &ClaimsSet| {
            earlier.as_ref().is_none_or(|earlier| earlier(claims)) && claims.read().is_ok_and(|claims| allows(&claims))
        });
        Self { allows: Some(allows), ..self }
    }

    /// The answer to whom may not pass.
    async fn decide(&self, visit: &Visit, request: &Parts) -> Option<Response> {
        match visit.session().await {
            Ok(Some(session)) => {
                if silent_renewal::is_due(visit, &session, &request.method, &request.headers)
                    && let Some(departure) = silent_renewal::depart(visit, &session).await
                {
                    return Some(departure);
                }
                self.refusal(visit, &session).map(IntoResponse::into_response)
            }
            Ok(None) => Some(challenge(visit, &request.method, &request.headers, self.provider.as_ref()).await),
            Err(StoreFailed) => Some(unavailable(&request.method, &request.headers)),
        }
    }

    /// Why somebody who is signed in may not pass; `None` when they may.
    fn refusal(&self, visit: &Visit, session: &Session) -> Option<NotAllowed> {
        if let Some(provider) = self.provider.as_ref().filter(|provider| provider.name() != session.provider.name()) {
            return Some(not_with_that_provider(visit, provider));
        }
        let allowed = self.allows.as_ref().is_none_or(|allows| allows(&session.claims()));
        (!allowed).then(|| {
            let home = ReturnAddress::home(&visit.door().base);
            let action = Action { label: "To the start page", href: home.as_str() };
            NotAllowed::new("Your account may not see this page.", Some(action))
        })
    }
}

/// Somebody who signed in elsewhere is offered the right provider, and never sent there unasked: that would go on for ever.
fn not_with_that_provider(visit: &Visit, provider: &ConnectedProvider) -> NotAllowed {
    let (door, name) = (visit.door(), provider.name());
    let return_to = ReturnAddress::of_request(&door.base, visit.uri());
    let href = door.paths.public_login(Some(name), return_to.as_ref());
    let label = format!("Sign in with {name} instead");
    let message = format!("This page is for people who sign in with {name}.");
    NotAllowed::new(&message, Some(Action { label: &label, href: &href }))
}

impl fmt::Debug for RequireLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider.as_ref().map(|provider| provider.name());
        f.debug_struct("RequireLogin").field("provider", &provider).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for RequireLogin {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate { rule: self.clone(), inner }
    }
}

/// What [`RequireLogin`] makes of a service: the inner one is not called unless somebody may pass (V15).
#[derive(Clone, Debug)]
pub struct Gate<S> {
    rule: RequireLogin,
    inner: S,
}

impl<S> Service<Request<Body>> for Gate<S>
where
    S: Service<Request<Body>> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Error: Send,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let visit = match Visit::of(request.extensions(), "require_login()") {
            Ok(visit) => visit.clone(),
            Err(outside) => return Box::pin(std::future::ready(Ok(outside.into_response()))),
        };
        // Who is signed in is known at once, save where a store has to be asked over the network.
        if let Some(Ok(Some(session))) = visit.session_at_once()
            && !silent_renewal::is_due(&visit, &session, request.method(), request.headers())
            && self.rule.refusal(&visit, &session).is_none()
        {
            let passing = self.inner.call(request);
            return Box::pin(async move { passing.await.map(IntoResponse::into_response) });
        }
        // The one that was polled ready is the one to be called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let rule = self.rule.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            match rule.decide(&visit, &parts).await {
                None => inner.call(Request::from_parts(parts, body)).await.map(IntoResponse::into_response),
                Some(answer) => Ok(answer),
            }
        })
    }
}
