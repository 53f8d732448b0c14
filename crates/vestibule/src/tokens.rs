//! The tokens of a session: which of them it keeps, and the access token as a handler's argument.

use std::{fmt, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde::Deserialize;
use serde_json::json;
use vestibule_core::{ClaimsSet, Misbehaviour, NumericDate, Secret};

use crate::{
    decision::{self, Gate},
    end_user::{LoginRequired, OutsideTheVestibule, Rejection, Unavailable},
    error::chain,
    login::{self, Asker},
    provider::{Proved, ProviderError},
    refresh::{self, NotRefreshed, Wish},
    return_address::ReturnAddress,
    session::{
        HeldTokens, Session,
        visit::{StoreFailed, Visit},
    },
    step_up::Demand,
};

/// Which tokens a session keeps. Fewer make smaller cookies.
///
/// # Example
/// ```
/// use vestibule::{Tokens, Vestibule};
///
/// let builder = Vestibule::builder("https://app.example.com").tokens(Tokens::Discard);
/// # let _ = builder;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tokens {
    /// All of them: handlers may take an access token, and the provider learns at logout who it is that leaves.
    #[default]
    Keep,
    /// The ID Token alone, for logout. No handler can take an access token.
    IdTokenOnly,
    /// None. At logout the provider may ask the person whether they mean it.
    Discard,
}

/// A token is replaced this many seconds before it expires, or a tenth of its life before, whichever is later: one that lives
/// for ten seconds is not replaced with every request.
const MARGIN: i64 = 30;

impl Tokens {
    /// What a session keeps of the tokens of its login.
    pub(crate) fn hold(self, proved: &Proved, now: NumericDate) -> HeldTokens {
        let id_token = Some(proved.id_token.raw().clone());
        match (self, &proved.granted) {
            (Self::Keep, Some(granted)) => HeldTokens {
                id_token,
                access_token: Some(granted.access_token().clone()),
                refresh_token: granted.refresh_token().cloned(),
                scope: granted.scope().map(str::to_owned),
                ..HeldTokens::default()
            }
            .expiring(granted.expires_in(), now),
            (Self::Keep, None) | (Self::IdTokenOnly, _) => HeldTokens { id_token, ..HeldTokens::default() },
            (Self::Discard, _) => HeldTokens::default(),
        }
    }
}

impl HeldTokens {
    /// The same, with an access token that is good for so many seconds from now, if the provider says.
    pub(crate) fn expiring(self, expires_in: Option<i64>, now: NumericDate) -> Self {
        let lifetime = expires_in.map(|seconds| seconds.max(0));
        Self {
            access_token_expires_at: lifetime.map(|seconds| now.plus(seconds)),
            access_token_stale_at: lifetime.map(|seconds| now.plus(seconds - MARGIN.min(seconds / 10))),
            ..self
        }
    }

    /// The access token, if it can still be used.
    pub(crate) fn usable(&self, now: NumericDate) -> Option<&Secret<String>> {
        self.access_token.as_ref().filter(|_| self.access_token_expires_at.is_none_or(|end| now < end))
    }

    /// Whether the access token is due to be replaced.
    pub(crate) fn are_stale(&self, now: NumericDate) -> bool {
        self.access_token_stale_at.is_some_and(|stale| now >= stale)
    }
}

/// The access token of the person who is signed in, for calls to an API on their behalf. It is refreshed when it is stale: once,
/// however many requests ask at the same time, and not before its time.
///
/// As an argument it lets in nobody who is not signed in. Where there is no token any more (it expired and cannot be refreshed), a
/// page navigation leads through a new sign-in and everything else gets 401. Where the provider cannot be reached, a navigation
/// that needs a new token ends in the error view, and everything else gets 503.
///
/// # Example
/// ```
/// use vestibule::AccessToken;
///
/// async fn photos(token: AccessToken) -> String {
///     let authorization = token.authorization();
///     // http.get("https://api.example.com/photos").header("authorization", authorization)...
///     # let _ = authorization;
///     format!("with a token for {:?}", token.scope())
/// }
/// # let _ = axum::Router::<()>::new().route("/", axum::routing::get(photos));
/// ```
#[derive(Clone)]
pub struct AccessToken {
    visit: Visit,
    session: Arc<Session>,
    tokens: Arc<HeldTokens>,
    token: Secret<String>,
}

impl AccessToken {
    /// The token itself. Not for logs, and not for the browser.
    #[must_use]
    pub fn secret(&self) -> &Secret<String> {
        &self.token
    }

    /// The value of an `Authorization` header (RFC 6750 2.1), marked as sensitive.
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.token.expose()))
            .expect("an access token is accepted only if a header can carry it");
        value.set_sensitive(true);
        value
    }

    /// When it expires, if the provider said.
    #[must_use]
    pub fn expires_at(&self) -> Option<NumericDate> {
        self.tokens.access_token_expires_at
    }

    /// What it is good for, if the provider said.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.tokens.scope.as_deref()
    }

    /// A new one now, whatever time it is: after an API answered 401, or when the person's rights have changed.
    ///
    /// # Errors
    /// [`TokenError`]. The session is as before, save that a provider which took the refresh token back has ended the tokens.
    pub async fn refresh(&self) -> Result<Self, TokenError> {
        let session = refresh::refreshed(&self.visit, &self.session, Wish::Now).await?;
        Self::of(&self.visit, session).ok_or(TokenError::LoginNeeded)
    }

    /// What the userinfo endpoint says now about the person (Core 5.3). Their session keeps what it said at login.
    ///
    /// # Errors
    /// [`TokenError`]; also when the answer is about somebody else (Core 5.3.4).
    pub async fn userinfo(&self) -> Result<ClaimsSet, TokenError> {
        let Session { provider, subject, .. } = &*self.session;
        let claims = provider.userinfo(self.token.clone(), subject.clone()).await?;
        claims.ok_or(TokenError::NoUserInfoEndpoint)
    }

    fn of(visit: &Visit, session: Arc<Session>) -> Option<Self> {
        let tokens = session.tokens();
        let token = tokens.usable(visit.door().now())?.clone();
        Some(Self { visit: visit.clone(), session, tokens: Arc::new(tokens), token })
    }
}

/// Why there is no (new) access token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// There is none, and none can be had without a new sign-in.
    #[error("there is no access token; a new sign-in gives one")]
    LoginNeeded,
    /// The session has ended meanwhile.
    #[error("the session has ended")]
    SignedOut,
    /// The provider has no userinfo endpoint, or the settings say not to ask it.
    #[error("there is no userinfo endpoint to ask")]
    NoUserInfoEndpoint,
    /// The provider cannot be reached, or did not answer as it should.
    #[error("the provider did not give what was asked for")]
    Provider(#[from] ProviderError),
}

impl From<NotRefreshed> for TokenError {
    fn from(not_refreshed: NotRefreshed) -> Self {
        match not_refreshed {
            NotRefreshed::NoTokens => Self::LoginNeeded,
            NotRefreshed::SignedOut => Self::SignedOut,
            NotRefreshed::Provider(error) => Self::Provider(error),
        }
    }
}

impl AccessToken {
    async fn at_hand_or_refreshed(visit: &Visit, session: Arc<Session>) -> Result<Option<Self>, NotRefreshed> {
        let session = refresh::refreshed(visit, &session, Wish::WhenStale).await?;
        Ok(Self::of(visit, session))
    }

    async fn refusal(visit: &Visit, parts: &Parts, not_refreshed: NotRefreshed) -> Rejection {
        match not_refreshed {
            NotRefreshed::NoTokens if visit.door().tokens != Tokens::Keep => nothing_kept(),
            NotRefreshed::NoTokens if none_is_ever_given(visit).await => nothing_given(),
            // A provider whose tokens are no good from the first moment would be asked for ever.
            NotRefreshed::NoTokens if just_signed_in(visit).await => {
                let useless = Misbehaviour::AccessToken.into();
                Rejection::Unavailable(Unavailable::new(trouble(visit, parts, useless).await))
            }
            NotRefreshed::NoTokens | NotRefreshed::SignedOut => {
                let provider = visit.session().await.ok().flatten().map(|session| Arc::clone(&session.provider));
                let answer =
                    login::challenge(visit, &parts.method, &parts.headers, provider.as_ref(), &Demand::default()).await;
                Rejection::LoginRequired(LoginRequired::new(answer))
            }
            NotRefreshed::Provider(ProviderError::Store(_)) => unavailable(visit, parts),
            NotRefreshed::Provider(error) => {
                Rejection::Unavailable(Unavailable::new(trouble(visit, parts, error).await))
            }
        }
    }
}

/// For how many seconds after a login another one would give nothing better.
const JUST_NOW: i64 = 60;

async fn just_signed_in(visit: &Visit) -> bool {
    let session = visit.session().await.ok().flatten();
    session.is_some_and(|session| visit.door().now().seconds_since(session.times.began_at) < JUST_NOW)
}

async fn none_is_ever_given(visit: &Visit) -> bool {
    let session = visit.session().await.ok().flatten();
    session.is_some_and(|session| !session.provider.gives_access_tokens())
}

fn unavailable(visit: &Visit, parts: &Parts) -> Rejection {
    Rejection::Unavailable(Unavailable::new(login::unavailable(visit, &parts.method, &parts.headers)))
}

/// A sign-in would not help, so people must not be sent round in circles.
fn nothing_kept() -> Rejection {
    tracing::error!(target: "vestibule::tokens",
        "a handler takes an AccessToken, and the settings let no session keep one: use .tokens(Tokens::Keep)");
    Rejection::OutsideTheVestibule(OutsideTheVestibule::new("AccessToken without Tokens::Keep"))
}

/// Likewise where the response type has no access token.
fn nothing_given() -> Rejection {
    tracing::error!(target: "vestibule::tokens",
        "a handler takes an AccessToken, and with response_type id_token the provider gives none: use another one");
    Rejection::OutsideTheVestibule(OutsideTheVestibule::new("AccessToken with response_type id_token"))
}

/// The same, saying when another try makes sense, where one does.
fn try_again(mut problem: Response, error: &ProviderError) -> Response {
    let seconds = error.retry_after().map(u16::from);
    problem.headers_mut().extend(seconds.map(|seconds| (header::RETRY_AFTER, seconds.into())));
    problem
}

/// A navigation that needs a token ends in the error view; a program gets a problem.
async fn trouble(visit: &Visit, parts: &Parts, error: ProviderError) -> Response {
    let session = visit.session().await.ok().flatten();
    let provider = session.as_ref().map(|session| &*session.provider);
    match Asker::of(&parts.method, &parts.headers) {
        Asker::Navigation => {
            crate::error::fail(visit, error, provider, ReturnAddress::of_request(&visit.door().base, visit.uri()))
        }
        Asker::PostNavigation | Asker::Program => {
            let provider = provider.map(|provider| provider.name());
            decision::record(visit, Gate::NoAccessToken { provider, error: &error });
            let status = if error.is_transient() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_GATEWAY };
            let problem = json!({
                "type": "about:blank",
                "title": "No access token",
                "status": status.as_u16(),
                "detail": "The provider did not give a new access token: try again.",
            });
            try_again(login::problem(status, &problem), &error)
        }
    }
}

impl<S: Sync> FromRequestParts<S> for AccessToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let visit = Visit::of(&parts.extensions, "AccessToken")?.clone();
        let session = match visit.session().await {
            Ok(Some(session)) => session,
            Ok(None) => return Err(Self::refusal(&visit, parts, NotRefreshed::SignedOut).await),
            Err(StoreFailed) => return Err(unavailable(&visit, parts)),
        };
        match Self::at_hand_or_refreshed(&visit, session).await {
            Ok(Some(token)) => Ok(token),
            Ok(None) => Err(Self::refusal(&visit, parts, NotRefreshed::NoTokens).await),
            Err(not_refreshed) => Err(Self::refusal(&visit, parts, not_refreshed).await),
        }
    }
}

/// `None` for strangers, and for whoever has no token; trouble is still trouble.
impl<S: Sync> OptionalFromRequestParts<S> for AccessToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejection> {
        let visit = Visit::of(&parts.extensions, "Option<AccessToken>")?.clone();
        let session = match visit.session().await {
            Ok(Some(session)) => session,
            Ok(None) => return Ok(None),
            Err(StoreFailed) => return Err(unavailable(&visit, parts)),
        };
        match Self::at_hand_or_refreshed(&visit, session).await {
            Ok(token) => Ok(token),
            Err(NotRefreshed::NoTokens | NotRefreshed::SignedOut) => Ok(None),
            Err(not_refreshed) => Err(Self::refusal(&visit, parts, not_refreshed).await),
        }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, title) = match &self {
            Self::LoginNeeded | Self::SignedOut => (StatusCode::UNAUTHORIZED, "Sign-in required"),
            Self::NoUserInfoEndpoint => (StatusCode::NOT_IMPLEMENTED, "No userinfo endpoint"),
            Self::Provider(error) if error.is_transient() => (StatusCode::SERVICE_UNAVAILABLE, "No access token"),
            Self::Provider(_) => (StatusCode::BAD_GATEWAY, "No access token"),
        };
        tracing::warn!(target: "vestibule::tokens", reason = chain(&self), "a handler got no access token");
        let problem =
            login::problem(status, &json!({"type": "about:blank", "title": title, "status": status.as_u16()}));
        match &self {
            Self::Provider(error) => try_again(problem, error),
            _ => problem,
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires_at", &self.expires_at())
            .field("scope", &self.scope())
            .finish_non_exhaustive()
    }
}
