//! A login that did not come to its end: what the log says, what the person sees, and the record between the two.

mod diagnosis;
mod failure;
mod record;

use std::{convert::Infallible, error::Error};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Request, StatusCode, header, request::Parts};
use serde::{Deserialize, Serialize};
use tower_service::Service;
use vestibule_core::ErrorResponse;

pub use self::diagnosis::{Cause, Diagnosis};
use self::record::{After, Record};
pub(crate) use self::{
    diagnosis::Found,
    failure::LoginFailure,
    record::{Again, Failed, Then, Undecided},
};
use crate::{
    decision::{self, Login},
    door::{Door, Stage},
    end_user::OutsideTheVestibule,
    pages::{self, Action, ErrorPage},
    provider::{ConnectedProvider, RETRY_AFTER},
    return_address::ReturnAddress,
    session::visit::Visit,
    start_over::{self, Bringer},
};

/// A login that did not come to its end, as the error view gets it: what may be shown, and where the log says more.
///
/// The error view is any handler that takes it; see [`Builder::error_view`](crate::Builder::error_view).
///
/// # Example
/// ```
/// use vestibule::LoginError;
///
/// async fn sorry(error: LoginError) -> String {
///     // Escape what `denial()` gives: it is the provider's text. This answer is plain text.
///     let code = error.denial().map_or("none", |denial| denial.error());
///     format!("{} (error code: {code}, reference: {})", error.public_message(), error.reference())
/// }
/// # let _ = sorry;
/// ```
#[derive(Clone, Debug)]
pub struct LoginError {
    record: Record,
    denial: Option<ErrorResponse>,
    diagnosis: Option<Diagnosis>,
    stage: Stage,
    try_again: String,
}

/// What kept a login from its end.
///
/// # Example
/// ```
/// use vestibule::{LoginError, LoginErrorKind};
///
/// async fn sorry(error: LoginError) -> &'static str {
///     match error.kind() {
///         LoginErrorKind::Cancelled => "You did not sign in. You can go on without.",
///         LoginErrorKind::Unreachable => "Nobody can sign in just now. Try again in a few minutes.",
///         _ => "That did not work.",
///     }
/// }
/// # let _ = sorry;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LoginErrorKind {
    /// The person, or the provider on their behalf, said no (`access_denied`).
    Cancelled,
    /// The application's `on_login` refused.
    Refused,
    /// The provider answered with another error.
    Denied,
    /// The provider sent what the specifications forbid.
    Misbehaved,
    /// What came back belongs to no login under way: used, expired, or of another browser.
    Unsolicited,
    /// The provider cannot be reached, or answered that it cannot answer now (a status of 5xx, or 429).
    Unreachable,
    /// Our own store failed.
    Store,
    /// What the provider says about the person does not fit into cookies.
    TooBig,
    /// Sign-ins succeeded, one after the other, and none of them lasted until the next page. [`LoginError::diagnosis`] says why.
    Looping,
}

impl LoginError {
    /// What kept the login from its end.
    #[must_use]
    pub fn kind(&self) -> LoginErrorKind {
        self.record.kind
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.record.kind {
            LoginErrorKind::Cancelled | LoginErrorKind::Refused => StatusCode::FORBIDDEN,
            LoginErrorKind::Denied | LoginErrorKind::Misbehaved => StatusCode::BAD_GATEWAY,
            LoginErrorKind::Unsolicited => StatusCode::BAD_REQUEST,
            LoginErrorKind::Unreachable | LoginErrorKind::Store => StatusCode::SERVICE_UNAVAILABLE,
            LoginErrorKind::TooBig | LoginErrorKind::Looping => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the person may read. Text, not HTML: for a refusal it is the application's own reason.
    #[must_use]
    pub fn public_message(&self) -> &str {
        if self.diagnosis.as_ref().is_some_and(Diagnosis::is_of_blocked_cookies) {
            return "Your browser did not send back a cookie that this site needs to sign you in. Allow cookies for this site, then \
                    try again.";
        }
        match self.record.kind {
            // What was used or has expired would have been started over.
            LoginErrorKind::Unsolicited if self.diagnosis.is_some() => {
                "This site did not recognise your browser when you came back."
            }
            LoginErrorKind::Cancelled => "You cancelled the sign-in.",
            LoginErrorKind::Refused => &self.record.reason,
            LoginErrorKind::Denied => "The provider refused the sign-in.",
            LoginErrorKind::Misbehaved => "We could not verify the sign-in.",
            LoginErrorKind::Unsolicited => "This sign-in was used or has expired.",
            LoginErrorKind::Unreachable => "The provider cannot be reached. Try again later.",
            LoginErrorKind::Store => "Something went wrong on our side.",
            LoginErrorKind::TooBig => "Your account holds more than this site can keep.",
            LoginErrorKind::Looping => "You signed in several times, and this site did not remember it.",
        }
    }

    /// What finds the log line with the exact reason.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.record.reference
    }

    /// The name of the provider, where one was involved.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.record.provider.as_deref()
    }

    /// The error response of the provider: `error` and `error_description`. **Escape them**: they are a stranger's text.
    #[must_use]
    pub fn denial(&self) -> Option<&ErrorResponse> {
        self.denial.as_ref()
    }

    /// What is probably the matter, where that was found out. The log line that the [reference](Self::reference) finds has it too.
    #[must_use]
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        self.diagnosis.as_ref()
    }

    /// The diagnosis as our own page shows it: in [development](crate::Builder::development) only. Text, not HTML.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self.stage {
            Stage::Development => self.diagnosis.as_ref().map(Diagnosis::to_string),
            Stage::Production => None,
        }
    }

    /// Where a new sign-in starts, back to the page that the person wanted: a path of our own.
    #[must_use]
    pub fn try_again(&self) -> &str {
        &self.try_again
    }

    fn from_record(door: &Door, record: Record, diagnosis: Option<Diagnosis>) -> Self {
        let denial =
            record.denial.as_ref().and_then(|(error, description)| ErrorResponse::new(error, description.as_deref()));
        let return_to = door.return_address(&record.return_to);
        let provider = record.provider.as_deref().filter(|name| door.provider(name).is_some());
        let try_again = door.paths.public_login(provider, return_to.as_ref());
        Self { record, denial, diagnosis, stage: door.stage, try_again }
    }

    fn action_label(&self) -> &'static str {
        match self.record.kind {
            LoginErrorKind::Unsolicited => "Start again",
            _ => "Try again",
        }
    }
}

/// The answer to a login that failed: one log line, one sealed record, and 303 to the error page (a clean URL).
pub(crate) fn fail(
    visit: &Visit,
    failure: impl Into<LoginFailure>,
    provider: Option<&ConnectedProvider>,
    return_to: Option<ReturnAddress>,
) -> Response {
    Failed::new(failure, return_to).answer(visit, provider)
}

/// `GET /auth/error`: the record as a page, by the application's view or by ours.
pub(crate) async fn error_page(
    State(door): State<std::sync::Arc<Door>>,
    visit: Visit,
    mut request: Request<Body>,
) -> Response {
    let Some((record, after)) = record::read(&visit, request.uri().query()) else { return nothing_to_show(&door) };
    let After { then, retry_after, diagnosis, attempt } = after;
    let error = LoginError::from_record(&door, record, diagnosis);
    attempt.iter().for_each(|attempt| visit.trace().follow(attempt));
    let bringer = Bringer::of(&visit, request.method(), request.headers());
    if let Some(elsewhere) = instead(&visit, &error, then, &bringer).await {
        return elsewhere;
    }
    let mut response = match door.error_view.clone() {
        Some(mut view) => {
            request.extensions_mut().insert(error.clone());
            view_response(&mut view, request).await
        }
        None => default_page(&door, &error),
    };
    // The view may choose a status of its own; one that forgets to does not turn an error into a success.
    if response.status() == StatusCode::OK {
        *response.status_mut() = error.status();
    }
    let headers = response.headers_mut();
    if matches!(error.record.kind, LoginErrorKind::Unreachable | LoginErrorKind::Store) {
        let seconds = retry_after.unwrap_or(RETRY_AFTER);
        headers.insert(header::RETRY_AFTER, u16::from(seconds).into());
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Where somebody belongs whose callback was merely late, used or unknown: on the page that it was for, if they are signed in, else
/// perhaps with the provider once more. The callback knows that itself, save when a form of another site made it: then the session's
/// cookie comes along only now (V28).
async fn instead(visit: &Visit, error: &LoginError, then: Then, bringer: &Bringer) -> Option<Response> {
    if error.record.kind != LoginErrorKind::Unsolicited || then == Then::Stays {
        return None;
    }
    let door = visit.door();
    let return_to = door.return_address(&error.record.return_to)?;
    let provider = error.provider().and_then(|name| door.provider(name))?;
    if let Then::IsDecidedThere(undecided) = then {
        return Some(start_over::decide(visit, provider, undecided, bringer).await);
    }
    match visit.peek().await {
        Ok(Some(_)) => {
            decision::record(visit, Login::LandedLater(provider));
            Some(see_other(return_to.as_str()))
        }
        Ok(None) => None,
        Err(nobody_knows) => Some(fail(visit, nobody_knows, Some(provider), Some(return_to))),
    }
}

async fn view_response(view: &mut Router, request: Request<Body>) -> Response {
    match view.call(request).await {
        Ok(response) => response,
        Err(never) => {
            let never: Infallible = never;
            match never {}
        }
    }
}

/// The reference of the failure that the browser was told of a moment ago.
pub(crate) fn told_reference(visit: &Visit) -> Option<String> {
    record::read(visit, None).map(|(record, _)| record.reference)
}

fn default_page(door: &Door, error: &LoginError) -> Response {
    let title = match error.record.kind {
        LoginErrorKind::Cancelled => "Sign-in cancelled",
        LoginErrorKind::Refused => "You cannot sign in here",
        LoginErrorKind::Unsolicited if error.diagnosis.is_some() => "You could not be signed in",
        LoginErrorKind::Unsolicited => "This sign-in is over",
        LoginErrorKind::Looping => "Signing in goes round in circles",
        LoginErrorKind::Unreachable | LoginErrorKind::Store => "Sign-in is not possible right now",
        LoginErrorKind::Denied | LoginErrorKind::Misbehaved | LoginErrorKind::TooBig => "The sign-in failed",
    };
    let page = ErrorPage {
        title,
        message: error.public_message(),
        reference: Some(error.reference()),
        action: Some(Action { label: error.action_label(), href: error.try_again() }),
    };
    let (detail, why) = (error.detail(), decision::link(door));
    let page = pages::explained_error_page(&page, detail.as_deref(), why.as_deref());
    pages::html(error.status(), page, &[])
}

/// No record, or an old one: whoever comes here has nothing to worry about.
fn nothing_to_show(door: &Door) -> Response {
    let home = ReturnAddress::home(&door.base);
    let page = pages::error_page(&ErrorPage {
        title: "Nothing went wrong here",
        message: "This page shows why a sign-in failed, for a minute after it did. If that was just now, your browser keeps no \
                  cookies of this site: allow them, then try again.",
        reference: None,
        action: Some(Action { label: "To the start page", href: home.as_str() }),
    });
    pages::html(StatusCode::NOT_FOUND, page, &[])
}

/// 303 to a path of our own, with nothing for the next page to learn about this one (V13).
pub(crate) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// An error and what caused it, in one line. What a message says of its cause already is not said again.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

/// The error view takes it as an argument. Anywhere else there is none: that is a mistake in the application, and answers 500.
impl<S: Sync> FromRequestParts<S> for LoginError {
    type Rejection = OutsideTheVestibule;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, OutsideTheVestibule> {
        parts.extensions.get::<Self>().cloned().ok_or(OutsideTheVestibule::new("LoginError outside of the error view"))
    }
}
