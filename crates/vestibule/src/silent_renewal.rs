//! Asking the provider, at an interval, whether the person is still signed in there: a login with `prompt=none` (Core 3.1.2.1),
//! which shows nothing. A refusal ends our session; trouble changes nothing. Nobody ever sees an error page for it.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, Method};
use vestibule_core::{Issuer, ProtocolError, Secret, Subject};

use crate::{
    decision::{self, Login, Logout},
    error::{LoginFailure, chain, see_other},
    login::{self, Asker, Leaving},
    provider::{ConnectedProvider, ProviderError},
    return_address::ReturnAddress,
    session::{Session, Times, visit::Visit},
    wish::Wish,
};

/// Whether the provider should be asked again before this page is shown. Only who opens a page can be sent there.
pub(crate) fn is_due(visit: &Visit, session: &Session, method: &Method, headers: &HeaderMap) -> bool {
    let is_time = |every| visit.door().now().seconds_since(session.times.checked_at) >= every;
    visit.door().policy.silent_renewal_every().is_some_and(is_time) && Asker::of(method, headers) == Asker::Navigation
}

/// The way to the provider and back to this page; `None` if there is none just now, and the session goes on.
pub(crate) async fn depart(visit: &Visit, session: &Session) -> Option<Response> {
    let door = visit.door();
    let return_to =
        ReturnAddress::of_request(&door.base, visit.uri()).unwrap_or_else(|| ReturnAddress::home(&door.base));
    let wish = Wish { id_token_hint: hint(session), ..Wish::silently() };
    match login::begin(visit, &session.provider, &return_to, wish, Leaving::default()).await {
        Ok(response) => Some(response),
        Err(error) => {
            put_off(visit, session, &chain(&error)).await;
            None
        }
    }
}

/// Core 3.1.2.1, id_token_hint: "SHOULD be present when prompt=none is used and MAY be used by the Authorization Server to determine if
/// the login request is satisfied".
fn hint(session: &Session) -> Option<Secret<String>> {
    // It travels in the address; servers refuse one of more than 8 KB, some proxies of less.
    session.tokens().id_token.filter(|id_token| id_token.expose().len() <= MOST_HINT_BYTES)
}

/// Longer ID Tokens are not shown as a hint.
const MOST_HINT_BYTES: usize = 2048;

/// The session that a silent login renews: one of the same provider that is still there. Somebody who logged out meanwhile is not
/// logged in again.
pub(crate) async fn renewed(visit: &Visit, provider: &ConnectedProvider) -> Result<Arc<Session>, LoginFailure> {
    let session = visit.session().await.ok().flatten();
    session
        .filter(|session| provider.issuer_named(session.issuer.as_str()).is_some())
        .ok_or(LoginFailure::NothingToRenew)
}

/// Whoever signed in at the provider since is not the person who signed in here, and is not let in unasked.
pub(crate) fn check_person(earlier: &Session, issuer: &Issuer, subject: &Subject) -> Result<(), LoginFailure> {
    if *earlier.issuer == *issuer && earlier.subject == *subject { Ok(()) } else { Err(LoginFailure::SomebodyElse) }
}

/// The times of a session that goes on: it ends no later than it would have.
pub(crate) fn carry_on(earlier: &Session, renewed: Times) -> Times {
    Times { began_at: earlier.times.began_at, ends_at: renewed.ends_at.min(earlier.times.ends_at), ..renewed }
}

/// What becomes of a silent login that did not come to its end: back to the page, signed in as before or not at all.
pub(crate) async fn give_up(visit: &Visit, failure: LoginFailure, return_to: ReturnAddress) -> Response {
    if is_refusal(&failure) {
        decision::record(visit, Login::NoLongerSignedIn(&failure));
        if matches!(failure, LoginFailure::SomebodyElse) {
            visit.forget_who_was_here();
        }
        if let Err(error) = visit.log_out().await {
            decision::record(visit, Logout::NotEnded(&error));
        }
    } else if let Ok(Some(session)) = visit.session().await {
        put_off(visit, &session, &chain(&failure)).await;
    }
    see_other(return_to.as_str())
}

/// What a provider says that cannot sign somebody in without showing them something (Core 3.1.2.6), or does not want to. Any
/// other error is trouble.
const REFUSALS: [&str; 5] =
    ["login_required", "interaction_required", "consent_required", "account_selection_required", "access_denied"];

fn is_refusal(failure: &LoginFailure) -> bool {
    match failure {
        LoginFailure::Provider(ProviderError::Protocol(ProtocolError::Denied(denial))) => {
            REFUSALS.contains(&denial.error())
        }
        LoginFailure::SomebodyElse | LoginFailure::Refused(_) => true,
        _ => false,
    }
}

/// Trouble is no refusal: the session goes on, and the provider is asked again after the next interval.
async fn put_off(visit: &Visit, session: &Session, reason: &str) {
    decision::record(visit, Login::NotFoundOut { session, reason });
    let now = visit.door().now();
    let put_off = |session: &Session| session.with_times(Times { checked_at: now, ..session.times });
    visit.change(session, put_off).await;
}
