//! Who may pass: a layer for whole routers. Else the way to sign in, 401 or 403.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Request, header, request::Parts};
use serde::de::DeserializeOwned;
use tower_layer::Layer;
use tower_service::Service;
use vestibule_core::ClaimsSet;

use crate::{
    decision::{self, Gate as Decided},
    end_user::NotAllowed,
    kept_posts::{self, KeptPosts, Resumed, Stopped},
    login::{Asker, challenge, login_link, unavailable},
    pages::Action,
    provider::ConnectedProvider,
    return_address::ReturnAddress,
    session::{
        Session,
        visit::{StoreFailed, Visit},
    },
    silent_renewal,
    step_up::{Demand, Verdict},
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
    demand: Demand,
    kept_posts: Option<KeptPosts>,
}

type Find = Arc<dyn Fn(&str) -> Option<Arc<ConnectedProvider>> + Send + Sync>;
type Predicate = Arc<dyn Fn(&ClaimsSet) -> bool + Send + Sync>;

impl RequireLogin {
    pub(crate) fn new(find: impl Fn(&str) -> Option<Arc<ConnectedProvider>> + Send + Sync + 'static) -> Self {
        Self { provider: None, find: Arc::new(find), allows: None, demand: Demand::default(), kept_posts: None }
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

    /// Only who signed in in one of these ways (`acr`, Core 2), the preferred one first. Somebody who signed in otherwise is sent to
    /// sign in once more, with these as `acr_values` (Core 3.1.2.1); if that is not what comes back, they get 403.
    ///
    /// # Example
    /// ```
    /// # use vestibule::{Client, Provider, SecretKey, Vestibule};
    /// # let vestibule = Vestibule::builder("https://app.example.com").secret_key(SecretKey::generate())
    /// #     .provider("corp", Provider::discovered("https://login.example.com", Client::public("my-app"))?).build()?;
    /// use std::time::Duration;
    ///
    /// let payments = vestibule.require_login().acr_values(["phr"]).max_age(Duration::from_secs(5 * 60));
    /// # let _ = payments;
    /// # Ok::<_, vestibule::ConfigError>(())
    /// ```
    ///
    /// # Panics
    /// When a value is empty or has a space: at startup, as axum does for a bad path.
    #[must_use]
    pub fn acr_values(self, acr_values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let demand = self.demand.acr_values(acr_values);
        assert!(
            demand.acr_values.iter().all(|value| !value.is_empty() && !value.contains(' ')),
            "require_login().acr_values({:?}): a value is empty or has a space",
            demand.acr_values
        );
        Self { demand, ..self }
    }

    /// Only who proved to the provider who they are no longer ago than this (`auth_time`, Core 2), give or take a minute between
    /// the clocks. Everybody else is sent to do so once more, with `max_age` (Core 3.1.2.1).
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { demand: self.demand.max_age(max_age), ..self }
    }

    /// A POST that comes when its person is signed in no more, or not in the way that is demanded, is not lost: it is kept, and once
    /// they have signed in they are asked whether to send it. It then comes to the handler as if it had just been sent, whatever reads
    /// it there: `Form`, `Json`, `Multipart`.
    ///
    /// This holds for POSTs of this application's own pages and scripts, of people who passed this gate within the last seven days in the
    /// same browser: put the page that has the form behind it too. A script gets, with its 401, the member `kept`: the
    /// address to open in a window. Nothing is kept of strangers, nor of PUT and PATCH.
    ///
    /// Of the request's headers its `Content-Type` and `Content-Length` are kept. What the application itself checks, such as a token
    /// against cross-site request forgery, it checks once more, and one that is bound to the former session it will refuse. A layer
    /// around this one sees a small form in the place of what goes on.
    ///
    /// # Example
    /// ```
    /// # use vestibule::{Client, Provider, SecretKey, Vestibule};
    /// # let vestibule = Vestibule::builder("https://app.example.com").secret_key(SecretKey::generate())
    /// #     .provider("corp", Provider::discovered("https://login.example.com", Client::public("my-app"))?).build()?;
    /// use vestibule::KeptPosts;
    ///
    /// let letters = vestibule.require_login().keep_posts(KeptPosts::default());
    /// # let _ = letters;
    /// # Ok::<_, vestibule::ConfigError>(())
    /// ```
    #[must_use]
    pub fn keep_posts(self, kept_posts: KeptPosts) -> Self {
        Self { kept_posts: Some(kept_posts), ..self }
    }

    /// Lets a request through, or answers it.
    async fn decide(&self, visit: &Visit, request: Parts, body: Body) -> Result<Passing, Box<Response>> {
        let (method, headers) = (&request.method, &request.headers);
        match visit.session().await {
            Ok(Some(session)) => {
                if silent_renewal::is_due(visit, &session, method, headers)
                    && let Some(departure) = silent_renewal::depart(visit, &session).await
                {
                    return Err(Box::new(departure));
                }
                match self.judge(visit, &session) {
                    Judgement::MayPass => self.pass(visit, session, request, body).await,
                    Judgement::MayNot(ground) => Err(Box::new(self.refuse(visit, &session, ground).into_response())),
                    Judgement::StepUp => {
                        let (session, provider) = (Some(&*session), Some(&session.provider));
                        let stopped = Stopped { session, provider, demand: &self.demand };
                        Err(Box::new(self.stop(visit, &request, body, stopped).await))
                    }
                }
            }
            Ok(None) => {
                let stopped = Stopped { session: None, provider: self.provider.as_ref(), demand: &self.demand };
                Err(Box::new(self.stop(visit, &request, body, stopped).await))
            }
            Err(StoreFailed) => Err(Box::new(unavailable(visit, method, headers))),
        }
    }

    /// The request as it goes on: as it came, or as it was kept.
    async fn pass(
        &self,
        visit: &Visit,
        session: Arc<Session>,
        request: Parts,
        body: Body,
    ) -> Result<Passing, Box<Response>> {
        if self.kept_posts.is_none() {
            return Ok(Passing { request: Request::from_parts(request, body), noted: None });
        }
        let asker = Asker::of(&request.method, &request.headers);
        let Resumed { request, forgets } = kept_posts::resume(visit, &session, request, body).await?;
        Ok(Passing { request, noted: Some(Noted { session, asker, forgets }) })
    }

    /// The answer to whom may not pass.
    async fn stop(&self, visit: &Visit, request: &Parts, body: Body, stopped: Stopped<'_>) -> Response {
        match &self.kept_posts {
            Some(kept_posts) => kept_posts.challenge(visit, request, body, stopped).await,
            None => challenge(visit, &request.method, &request.headers, stopped.provider, stopped.demand).await,
        }
    }

    /// Whether somebody who is signed in may pass.
    fn judge(&self, visit: &Visit, session: &Session) -> Judgement {
        if self.provider.as_ref().is_some_and(|provider| provider.name() != session.provider.name()) {
            return Judgement::MayNot(Ground::OtherProvider);
        }
        if self.allows.as_ref().is_some_and(|allows| !allows(&session.claims())) {
            return Judgement::MayNot(Ground::Claims);
        }
        match self.demand.verdict(session, visit.door().now()) {
            Verdict::Enough => Judgement::MayPass,
            Verdict::NotYet => Judgement::StepUp,
            Verdict::NotThisTime => Judgement::MayNot(Ground::Strength),
        }
    }

    /// What they are told, and what they can do about it.
    fn refuse(&self, visit: &Visit, session: &Session, ground: Ground) -> NotAllowed {
        let provider = self.provider.as_ref().unwrap_or(&session.provider);
        match ground {
            Ground::OtherProvider => not_with_that_provider(visit, session, provider, &self.demand),
            Ground::Claims => {
                let reference = decision::record(visit, Decided::NotByTheirClaims(session));
                let home = ReturnAddress::home(&visit.door().base);
                let action = Action { label: "To the start page", href: home.as_str() };
                NotAllowed::new(reference, "Your account may not see this page.", Some(action))
            }
            Ground::Strength => not_in_that_way(visit, session, &self.demand),
        }
    }
}

/// A request that goes on to its handler.
struct Passing {
    request: Request<Body>,
    noted: Option<Noted>,
}

/// What the answer says of who passed, where POSTs are kept.
struct Noted {
    session: Arc<Session>,
    asker: Asker,
    forgets: Option<HeaderValue>,
}

impl Noted {
    fn write(self, visit: &Visit, response: &mut Response) {
        kept_posts::remember(visit, &self.session, self.asker, response);
        if let Some(line) = self.forgets {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
}

/// What is to be done about somebody who is signed in.
enum Judgement {
    MayPass,
    MayNot(Ground),
    /// They are asked to sign in as this page demands.
    StepUp,
}

/// Why somebody who is signed in may not pass.
#[derive(Clone, Copy)]
enum Ground {
    OtherProvider,
    Claims,
    Strength,
}

/// Somebody who was just asked for more than they gave can try again, and is not sent to unasked.
fn not_in_that_way(visit: &Visit, session: &Session, demand: &Demand) -> NotAllowed {
    let reference = decision::record(visit, Decided::NotStrongEnough(session));
    let href = way_back(visit, &session.provider, demand);
    let message = "This page needs a stronger or fresher sign-in than the one that you just made.";
    NotAllowed::new(reference, message, Some(Action { label: "Sign in again", href: &href }))
}

/// Somebody who signed in elsewhere is offered the right provider, and never sent there unasked: that would go on for ever.
fn not_with_that_provider(
    visit: &Visit,
    session: &Session,
    provider: &Arc<ConnectedProvider>,
    demand: &Demand,
) -> NotAllowed {
    let (name, href) = (provider.name(), way_back(visit, provider, demand));
    let reference = decision::record(visit, Decided::OtherProvider { wanted: name, session });
    let label = format!("Sign in with {name} instead");
    let message = format!("This page is for people who sign in with {name}.");
    NotAllowed::new(reference, &message, Some(Action { label: &label, href: &href }))
}

/// A sign-in that is at once what this page wants, and comes back to it.
fn way_back(visit: &Visit, provider: &Arc<ConnectedProvider>, demand: &Demand) -> String {
    let door = visit.door();
    login_link(door, Some(provider), demand, ReturnAddress::of_request(&door.base, visit.uri()).as_ref())
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
            && let Judgement::MayPass = self.rule.judge(&visit, &session)
            && self.rule.kept_posts.is_none()
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
            match rule.decide(&visit, parts, body).await {
                Ok(Passing { request, noted }) => {
                    let mut response = inner.call(request).await?.into_response();
                    if let Some(noted) = noted {
                        noted.write(&visit, &mut response);
                    }
                    Ok(response)
                }
                Err(answer) => Ok(*answer),
            }
        })
    }
}
