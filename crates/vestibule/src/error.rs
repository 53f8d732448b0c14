//! A login that did not come to its end: what the log says, what the person sees, and the record between the two.

mod failure;

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
use vestibule_core::{ErrorResponse, NumericDate, ProtocolError};

pub(crate) use self::failure::LoginFailure;
use crate::{
    decision::{self, Login},
    door::Door,
    end_user::OutsideTheVestibule,
    pages::{self, Action, ErrorPage},
    paths::Place,
    provider::{ConnectedProvider, ProviderError},
    return_address::ReturnAddress,
    session::{cookie::Purpose, visit::Visit},
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
    try_again: String,
}

/// What kept a login from its end.
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
    /// The provider cannot be reached.
    Unreachable,
    /// Our own store failed.
    Store,
    /// What the provider says about the person does not fit into cookies.
    TooBig,
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
            LoginErrorKind::TooBig => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the person may read. Text, not HTML: for a refusal it is the application's own reason.
    #[must_use]
    pub fn public_message(&self) -> &str {
        match self.record.kind {
            LoginErrorKind::Cancelled => "You cancelled the sign-in.",
            LoginErrorKind::Refused => &self.record.reason,
            LoginErrorKind::Denied => "The provider refused the sign-in.",
            LoginErrorKind::Misbehaved => "We could not verify the sign-in.",
            LoginErrorKind::Unsolicited => "This sign-in was used or has expired.",
            LoginErrorKind::Unreachable => "The provider cannot be reached. Try again later.",
            LoginErrorKind::Store => "Something went wrong on our side.",
            LoginErrorKind::TooBig => "Your account holds more than this site can keep.",
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

    /// Where a new sign-in starts, back to the page that the person wanted: a path of our own.
    #[must_use]
    pub fn try_again(&self) -> &str {
        &self.try_again
    }

    fn from_record(door: &Door, record: Record) -> Self {
        let denial =
            record.denial.as_ref().and_then(|(error, description)| ErrorResponse::new(error, description.as_deref()));
        let return_to = ReturnAddress::parse(&door.base, &record.return_to);
        let provider = record.provider.as_deref().filter(|name| door.provider(name).is_some());
        let try_again = door.paths.public_login(provider, return_to.as_ref());
        Self { record, denial, try_again }
    }

    fn action_label(&self) -> &'static str {
        match self.record.kind {
            LoginErrorKind::Unsolicited => "Start again",
            _ => "Try again",
        }
    }
}

/// What travels, sealed, from the callback to the error page.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    kind: LoginErrorKind,
    provider: Option<String>,
    reference: String,
    denial: Option<(String, Option<String>)>,
    reason: String,
    return_to: String,
    at: i64,
}

impl Record {
    fn of(
        failure: LoginFailure,
        provider: Option<&str>,
        reference: String,
        return_to: &ReturnAddress,
        now: NumericDate,
    ) -> Self {
        let kind = failure.kind();
        let (denial, reason) = match failure {
            LoginFailure::Provider(ProviderError::Protocol(ProtocolError::Denied(response))) => {
                (Some((response.error().to_owned(), response.error_description().map(str::to_owned))), String::new())
            }
            LoginFailure::Refused(refusal) => (None, refusal.into_reason()),
            _ => (None, String::new()),
        };
        let (provider, return_to) = (provider.map(str::to_owned), return_to.as_str().to_owned());
        Self { kind, provider, reference, denial, reason, return_to, at: now.seconds() }
    }
}

/// How long the error page survives a reload, in seconds.
const RECORD_LIFETIME: i64 = 60;

/// The answer to a login that failed: one log line, one sealed record, and 303 to the error page (a clean URL).
pub(crate) fn fail(
    visit: &Visit,
    failure: impl Into<LoginFailure>,
    provider: Option<&ConnectedProvider>,
    return_to: Option<ReturnAddress>,
) -> Response {
    fail_with(visit, failure.into(), provider, return_to, &[])
}

/// What follows the record of a failure after which nobody lands anywhere.
const FOR_GOOD: &[u8] = &[1];

fn fail_with(
    visit: &Visit,
    failure: LoginFailure,
    provider: Option<&ConnectedProvider>,
    return_to: Option<ReturnAddress>,
    mark: &[u8],
) -> Response {
    let door = visit.door();
    let reference = decision::record(visit, Login::Failed { failure: &failure, provider }).to_string();
    let provider = provider.map(ConnectedProvider::name);
    let return_to = return_to.unwrap_or_else(|| ReturnAddress::home(&door.base));
    let record = Record::of(failure, provider, reference, &return_to, door.now());
    let mut payload = postcard::to_stdvec(&record).expect("strings and integers have a postcard form");
    payload.extend_from_slice(mark);
    let sealed = door.seals.login_error.seal(&door.context(&door.names.name(Purpose::Error)), &payload);
    let mut response = see_other(&door.paths.public(Place::Error));
    response.headers_mut().append(header::SET_COOKIE, door.names.set(Purpose::Error, &sealed, Some(RECORD_LIFETIME)));
    response
}

/// The same, where nobody lands on the page that it was for, be they signed in or not.
pub(crate) fn fail_for_good(
    visit: &Visit,
    failure: LoginFailure,
    provider: &ConnectedProvider,
    return_to: Option<ReturnAddress>,
) -> Response {
    fail_with(visit, failure, Some(provider), return_to, FOR_GOOD)
}

/// `GET /auth/error`: the record as a page, by the application's view or by ours.
pub(crate) async fn error_page(
    State(door): State<std::sync::Arc<Door>>,
    visit: Visit,
    mut request: Request<Body>,
) -> Response {
    let Some((error, may_land)) = read_record(&door, &visit) else { return nothing_to_show(&door) };
    if may_land && let Some(landing) = landing(&door, &visit, &error).await {
        return see_other(landing.as_str());
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
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Where somebody belongs who is signed in, and whose callback was merely late, used or unknown. The callback knows that itself, save
/// when a form of another site made it: then the session's cookie comes along only now (V28).
async fn landing(door: &Door, visit: &Visit, error: &LoginError) -> Option<ReturnAddress> {
    if error.record.kind != LoginErrorKind::Unsolicited || !matches!(visit.peek().await, Ok(Some(_))) {
        return None;
    }
    ReturnAddress::parse(&door.base, &error.record.return_to)
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

/// What failed, and whether somebody who is signed in may land where it was for.
fn read_record(door: &Door, visit: &Visit) -> Option<(LoginError, bool)> {
    let cookies = visit.cookies();
    let sealed = cookies.error().filter(|_| !cookies.are_hostile())?;
    let payload = door.seals.login_error.open(&door.context(&door.names.name(Purpose::Error)), sealed)?;
    let (record, mark): (Record, &[u8]) = postcard::take_from_bytes(&payload).ok()?;
    let age = door.now().seconds_since(NumericDate::from_seconds(record.at));
    (0..=RECORD_LIFETIME).contains(&age).then(|| (LoginError::from_record(door, record), mark != FOR_GOOD))
}

/// The reference of the failure that the browser was told of a moment ago.
pub(crate) fn told_reference(door: &Door, visit: &Visit) -> Option<String> {
    read_record(door, visit).map(|(error, _)| error.record.reference)
}

fn default_page(door: &Door, error: &LoginError) -> Response {
    let title = match error.record.kind {
        LoginErrorKind::Cancelled => "Sign-in cancelled",
        LoginErrorKind::Refused => "You cannot sign in here",
        LoginErrorKind::Unsolicited => "This sign-in is over",
        LoginErrorKind::Unreachable | LoginErrorKind::Store => "Sign-in is not possible right now",
        LoginErrorKind::Denied | LoginErrorKind::Misbehaved | LoginErrorKind::TooBig => "The sign-in failed",
    };
    let page = ErrorPage {
        title,
        message: error.public_message(),
        reference: Some(error.reference()),
        action: Some(Action { label: error.action_label(), href: error.try_again() }),
    };
    let page = pages::error_page_that_leads_on(&page, decision::link(door).as_deref());
    pages::html(error.status(), page, &[])
}

/// No record, or an old one: whoever comes here has nothing to worry about.
fn nothing_to_show(door: &Door) -> Response {
    let home = ReturnAddress::home(&door.base);
    let page = pages::error_page(&ErrorPage {
        title: "Nothing went wrong here",
        message: "This page shows why a sign-in failed, for a minute after it did.",
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
