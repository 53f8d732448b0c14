//! Who is signed in, as a handler's argument. The argument is the guard: a handler that takes [`EndUser`] cannot run for a
//! stranger.

use std::{fmt, future::Future, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use vestibule_core::{ClaimsSet, Issuer, NumericDate, Secret, Subject};

use crate::{
    decision::{self, Gate, Reference},
    login::{challenge, unavailable},
    pages::{self, ErrorPage},
    provider::ConnectedProvider,
    session::{
        Session,
        endings::Wait,
        visit::{StoreFailed, Visit},
    },
    session_info::SessionId,
    silent_renewal,
    step_up::Demand,
};

/// The person who is signed in (OpenID Connect's word for them).
///
/// As an argument it lets nobody else in; `Option<EndUser>` lets everybody in and never redirects.
///
/// # Example
/// ```
/// use vestibule::EndUser;
///
/// async fn private(user: EndUser) -> String {
///     format!("Hello, {}", user.subject())
/// }
///
/// async fn public(user: Option<EndUser>) -> String {
///     user.map_or("Hello, stranger".to_owned(), |user| format!("Hello, {}", user.subject()))
/// }
/// # let _ = axum::Router::<()>::new().route("/a", axum::routing::get(private)).route("/b", axum::routing::get(public));
/// ```
#[derive(Clone)]
pub struct EndUser {
    session: Arc<Session>,
    visit: Visit,
}

impl EndUser {
    /// Who it is at their issuer.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.session.subject
    }

    /// The issuer that vouches for them.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.session.issuer
    }

    /// The key of your own user: two issuers may call two people by one subject (V99, R136).
    #[must_use]
    pub fn id(&self) -> (&Issuer, &Subject) {
        (self.issuer(), self.subject())
    }

    /// The name of the provider with whom they signed in, as the builder has it.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.session.provider.name()
    }

    /// What the provider and `on_login` say about them. Read from the session at each call.
    #[must_use]
    pub fn claims(&self) -> ClaimsSet {
        self.session.claims()
    }

    /// When they signed in here.
    #[must_use]
    pub fn signed_in_at(&self) -> NumericDate {
        self.session.times.began_at
    }

    /// When they last proved to the provider who they are, if it says (`auth_time`).
    #[must_use]
    pub fn auth_time(&self) -> Option<NumericDate> {
        self.session.evidence().auth_time
    }

    /// How they proved it, if the provider says (`acr`).
    #[must_use]
    pub fn acr(&self) -> Option<String> {
        self.session.evidence().acr
    }

    /// The provider's name for its session, if it says (`sid`).
    #[must_use]
    pub fn sid(&self) -> Option<String> {
        self.session.sid.clone()
    }

    /// When the session ends if they do nothing; `None` without an idle limit.
    #[must_use]
    pub fn idle_until(&self) -> Option<NumericDate> {
        self.session.times.idle_until()
    }

    /// When the session ends whatever they do.
    #[must_use]
    pub fn ends_at(&self) -> NumericDate {
        self.session.times.ends_at
    }

    /// Their ID Token, if they signed in with this provider and it was kept.
    pub(crate) fn id_token_of(&self, provider: &ConnectedProvider) -> Option<Secret<String>> {
        let is_theirs = self.session.provider.name() == provider.name();
        is_theirs.then(|| self.session.tokens().id_token).flatten()
    }

    /// Which of the [sessions](crate::Vestibule::sessions_of) that they may have is the present one.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        SessionId::of(self.session.key)
    }

    /// Completes when the session ends, in whatever way: signed out here or in another tab, by the provider, by
    /// [`log_out_everywhere`](crate::Vestibule::log_out_everywhere) or [`end_session`](crate::Vestibule::end_session), by another
    /// sign-in in the same browser, or at its idle or absolute end. For what outlives its request: a WebSocket, an event stream.
    ///
    /// What ends in this process is known at once, and so is what a store can [tell](crate::SessionStore::listen); otherwise it may
    /// take half a minute. Waiting is no activity: the idle limit runs on. For a session in cookies, requests that another process
    /// answers do not count as activity here; whoever is cut off by that comes back with their cookie.
    ///
    /// Dropping the future is all it takes to wait no longer. It needs a tokio runtime with its timer.
    ///
    /// # Example
    /// ```
    /// use vestibule::EndUser;
    ///
    /// async fn chat(user: EndUser) {
    ///     let ended = user.ended();
    ///     tokio::spawn(async move {
    ///         // tokio::select! { () = ended => socket.close(), message = socket.recv() => .. }
    ///         ended.await;
    ///     });
    /// }
    /// # let _ = axum::Router::<()>::new().route("/chat", axum::routing::get(chat));
    /// ```
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        Wait::new(self.visit.door(), &self.session).prolonged(self.visit.prolonged()).over()
    }

    async fn of(visit: Visit, parts: &Parts) -> Result<Option<Self>, Rejection> {
        match visit.session().await {
            Ok(session) => Ok(session.map(|session| Self { session, visit })),
            Err(StoreFailed) => {
                Err(Rejection::Unavailable(Unavailable(unavailable(&visit, &parts.method, &parts.headers))))
            }
        }
    }
}

/// Claims are personal: only who it is and where is printed.
impl fmt::Debug for EndUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndUser")
            .field("provider", &self.provider())
            .field("subject", self.subject())
            .finish_non_exhaustive()
    }
}

/// The claims of the person who is signed in, as a struct of the application's own.
///
/// Nobody who is not signed in gets in; whose claims do not fit the struct gets 403.
///
/// # Example
/// ```
/// use vestibule::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct Employee { given_name: String, department: String }
///
/// async fn desk(Claims(me): Claims<Employee>) -> String {
///     format!("{} of {}", me.given_name, me.department)
/// }
/// # let _ = axum::Router::<()>::new().route("/", axum::routing::get(desk));
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a handler takes it apart: Claims(me)")]
pub struct Claims<T>(pub T);

/// Why an extractor did not give a handler its argument: an answer, not a failure.
#[derive(Debug)]
#[non_exhaustive]
pub enum Rejection {
    /// Nobody is signed in: the person is sent to sign in, a program gets 401.
    LoginRequired(LoginRequired),
    /// Somebody is signed in who may not see this: 403.
    NotAllowed(NotAllowed),
    /// The session store failed, so nobody can say who it is: 503, and the session stays.
    Unavailable(Unavailable),
    /// The route lies outside of `wrap`: 500.
    OutsideTheVestibule(OutsideTheVestibule),
}

/// Nobody is signed in; the answer says where to.
pub struct LoginRequired(Response);

/// Somebody is signed in who may not see this.
pub struct NotAllowed(Response);

/// Nobody can say who it is: the session store failed.
pub struct Unavailable(Response);

/// A gate or an extractor outside of [`Vestibule::wrap`](crate::Vestibule::wrap): a mistake in the application, which must
/// not open the door, nor send people round in circles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideTheVestibule {
    what: &'static str,
}

impl OutsideTheVestibule {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what }
    }
}

impl LoginRequired {
    pub(crate) fn new(answer: Response) -> Self {
        Self(answer)
    }
}

impl Unavailable {
    pub(crate) fn new(answer: Response) -> Self {
        Self(answer)
    }
}

impl NotAllowed {
    /// The 403 page, with what to do instead if there is something.
    pub(crate) fn new(reference: Reference, message: &str, action: Option<pages::Action<'_>>) -> Self {
        let page = pages::forbidden_page(message, reference.as_str(), action);
        Self(pages::html(StatusCode::FORBIDDEN, page, &[]))
    }
}

impl Visit {
    /// The visit of a request, which the session layer put there.
    pub(crate) fn of<'a>(
        extensions: &'a http::Extensions,
        what: &'static str,
    ) -> Result<&'a Self, OutsideTheVestibule> {
        extensions.get::<Self>().ok_or(OutsideTheVestibule::new(what))
    }
}

impl<S: Sync> FromRequestParts<S> for EndUser {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let visit = Visit::of(&parts.extensions, "EndUser")?.clone();
        match Self::of(visit.clone(), parts).await? {
            Some(user) if silent_renewal::is_due(&visit, &user.session, &parts.method, &parts.headers) => {
                match silent_renewal::depart(&visit, &user.session).await {
                    Some(departure) => Err(Rejection::LoginRequired(LoginRequired(departure))),
                    None => Ok(user),
                }
            }
            Some(user) => Ok(user),
            None => Err(Rejection::LoginRequired(LoginRequired(
                challenge(&visit, &parts.method, &parts.headers, None, &Demand::default()).await,
            ))),
        }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for EndUser {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejection> {
        let visit = Visit::of(&parts.extensions, "Option<EndUser>")?.clone();
        Self::of(visit, parts).await
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let user = <EndUser as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        user.claims().read().map(Self).map_err(|mismatch| {
            let record = Gate::ClaimsDoNotFit { session: &user.session, mismatch: &mismatch };
            let reference = decision::record(&user.visit, record);
            Rejection::NotAllowed(NotAllowed::new(
                reference,
                "Your account lacks something that this page needs.",
                None,
            ))
        })
    }
}

/// Our own routes take the visit as an argument; the layer around them put it there.
impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = OutsideTheVestibule;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, OutsideTheVestibule> {
        Self::of(&parts.extensions, "a route of vestibule's own").cloned()
    }
}

/// The answer begins a login: state and nonce are in its headers, which are not printed.
impl fmt::Debug for LoginRequired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequired").field("status", &self.0.status()).finish_non_exhaustive()
    }
}

impl fmt::Debug for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotAllowed").field("status", &self.0.status()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unavailable").field("status", &self.0.status()).finish_non_exhaustive()
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Self::LoginRequired(LoginRequired(response))
            | Self::NotAllowed(NotAllowed(response))
            | Self::Unavailable(Unavailable(response)) => response,
            Self::OutsideTheVestibule(outside) => outside.into_response(),
        }
    }
}

impl IntoResponse for LoginRequired {
    fn into_response(self) -> Response {
        self.0
    }
}

impl IntoResponse for Unavailable {
    fn into_response(self) -> Response {
        self.0
    }
}

impl IntoResponse for NotAllowed {
    fn into_response(self) -> Response {
        self.0
    }
}

impl IntoResponse for OutsideTheVestibule {
    fn into_response(self) -> Response {
        tracing::error!(target: "vestibule::gate", what = self.what,
            "outside the vestibule: this route is not inside `vestibule.wrap(..)`, so nobody can be let in");
        let page = pages::error_page(&ErrorPage {
            title: "Something went wrong on our side",
            message: "This page cannot be shown.",
            reference: None,
            action: None,
        });
        pages::html(StatusCode::INTERNAL_SERVER_ERROR, page, &[])
    }
}

impl From<OutsideTheVestibule> for Rejection {
    fn from(outside: OutsideTheVestibule) -> Self {
        Self::OutsideTheVestibule(outside)
    }
}
