//! Leave for good: our session first, then the provider's (RP-Initiated Logout 1.0); and the ways in which the provider's end ends
//! ours.

mod back_channel;
mod check_session;
mod front_channel;

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};
use vestibule_core::{EndSessionRequest, NumericDate};

pub(crate) use self::{
    back_channel::backchannel_logout,
    check_session::{check_session, session_changed},
    front_channel::frontchannel_logout,
};
use crate::{
    decision::{self, Logout, Reference},
    door::Door,
    error::see_other,
    pages::{self, Action, ErrorPage},
    paths::Place,
    return_address::ReturnAddress,
    session::{Session, cookie::Purpose, seal, visit::Visit},
};

/// The longest URL that a logout is sent by; a longer one goes as a form (V75), since proxies and servers cut.
const MOST_URL_BYTES: usize = 2000;
/// For how many seconds a person may be at the provider to sign out.
const LIFETIME: i64 = 10 * 60;

/// What waits, sealed in a cookie, for the person's return from the provider.
#[derive(Serialize, Deserialize)]
struct PendingLogout {
    state: [u8; 32],
    at: i64,
}

/// `GET /auth/logout`: a page with one button. A GET never signs anybody out (V73).
pub(crate) async fn logout_page(State(door): State<Arc<Door>>, visit: Visit) -> Response {
    let end_session = end_session_origin(&visit).await;
    let page = pages::logout_page(&door.paths.public(Place::Logout), ReturnAddress::home(&door.base).as_str());
    pages::html(StatusCode::OK, page, &end_session.as_deref().into_iter().collect::<Vec<_>>())
}

/// Chromium applies `form-action` to where the form's answer redirects, so the page names the provider's origin too. It is asked
/// for its metadata if need be: the form will lead there, and a policy without it would stop people on the way.
async fn end_session_origin(visit: &Visit) -> Option<String> {
    let session = visit.session().await.ok()??;
    let metadata = session.provider.metadata().await.ok()?;
    metadata.end_session_endpoint().map(|url| url.origin().ascii_serialization())
}

/// `POST /auth/logout`
pub(crate) async fn logout(State(door): State<Arc<Door>>, visit: Visit, headers: HeaderMap) -> Response {
    if !comes_from_us(&headers, door.base.origin()) {
        return not_asked_for(&door, decision::record(&visit, Logout::NotAskedFor));
    }
    let session = visit.session().await;
    if let Ok(Some(session)) = &session {
        give_tokens_back(session);
    }
    visit.forget_person();
    // Ours ends first and whatever happens next: a provider that is down keeps nobody signed in (R128).
    if let Err(error) = visit.log_out().await {
        // What the store could not say at all was recorded when it was asked.
        let recorded = visit.trace().trouble().filter(|_| session.is_err());
        return not_everywhere(recorded.unwrap_or_else(|| decision::record(&visit, Logout::NotEverywhere(&error))));
    }
    match session {
        Ok(Some(session)) => {
            decision::record(&visit, Logout::SignedOut(&session));
            at_the_provider(&visit, &session).await.unwrap_or_else(|| see_other(door.after_logout.as_str()))
        }
        _ => see_other(door.after_logout.as_str()),
    }
}

/// R91: nobody waits for what is a courtesy, and whoever hangs up does not stop it.
fn give_tokens_back(session: &Arc<Session>) {
    let session = Arc::clone(session);
    tokio::spawn(async move { session.provider.revoke(&session.tokens()).await });
}

/// The store could not end the session. The browser forgets its cookie all the same, and the person is told the truth.
fn not_everywhere(reference: Reference) -> Response {
    let page = pages::error_page(&ErrorPage {
        title: "Something went wrong on our side",
        message: "You are signed out in this browser. A copy of its cookies could still be used until your session ends.",
        reference: Some(reference.as_str()),
        action: None,
    });
    let mut response = pages::html(StatusCode::SERVICE_UNAVAILABLE, page, &[]);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    response
}

/// For a form of another site. No button here: the cookie did not come along, so this page does not know to which provider a
/// form would lead, but the page behind the link will.
fn not_asked_for(door: &Door, reference: Reference) -> Response {
    let page = pages::error_page(&ErrorPage {
        title: "You are still signed in",
        message: "Another site asked to sign you out. If that is what you want, do it here.",
        reference: Some(reference.as_str()),
        action: Some(Action { label: "Sign out", href: &door.paths.public(Place::Logout) }),
    });
    pages::html(StatusCode::FORBIDDEN, page, &[])
}

/// The way to the provider's end_session_endpoint; `None` when it has none or cannot be asked for it.
async fn at_the_provider(visit: &Visit, session: &Session) -> Option<Response> {
    let door = visit.door();
    let provider = &session.provider;
    let at = match provider.introduced().await {
        Ok(at) => at,
        Err(error) => {
            decision::record(visit, Logout::ProviderNotTold { session, error: &error });
            return None;
        }
    };
    let pending = PendingLogout { state: seal::random(), at: door.now().seconds() };
    let return_uri = door.base.absolute(&door.paths.public(Place::LoggedOut));
    let state = hex(&pending.state);
    let request =
        EndSessionRequest::new(&at.metadata, &at.client, session.tokens().id_token.as_ref(), &return_uri, &state)?;
    let mut response = carry(&request);
    let payload = postcard::to_stdvec(&pending).expect("bytes and integers have a postcard form");
    let sealed = door.seals.logout.seal(&door.context(&door.names.name(Purpose::Logout)), &payload);
    response.headers_mut().append(header::SET_COOKIE, door.names.set(Purpose::Logout, &sealed, Some(LIFETIME)));
    Some(response)
}

/// By redirect, or by a form where the URL would be too long for somebody on the way.
fn carry(request: &EndSessionRequest) -> Response {
    let url = request.url();
    if url.as_str().len() <= MOST_URL_BYTES {
        return see_other(url.as_str());
    }
    let page = pages::auto_post_page(request.endpoint().as_str(), request.parameters());
    pages::html(StatusCode::OK, page, &[&request.endpoint().origin().ascii_serialization()])
}

/// `GET /auth/logged_out`: back from the provider. With the state that we sent, on to the application's page; with any other,
/// a page of ours: either way the session ended before (R127).
pub(crate) async fn logged_out(State(door): State<Arc<Door>>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let mut response = if returned_with_our_state(&door, &visit, query.as_deref().unwrap_or_default()) {
        see_other(door.after_logout.as_str())
    } else {
        pages::html(StatusCode::OK, pages::signed_out_page(ReturnAddress::home(&door.base).as_str()), &[])
    };
    if visit.cookies().logout().is_some() {
        response.headers_mut().append(header::SET_COOKIE, door.names.delete(Purpose::Logout));
    }
    response
}

fn returned_with_our_state(door: &Door, visit: &Visit, query: &str) -> bool {
    let cookies = visit.cookies();
    let mut states = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "state");
    let (Some((_, state)), None) = (states.next(), states.next()) else { return false };
    let pending = cookies.logout().filter(|_| !cookies.are_hostile()).and_then(|sealed| {
        let payload = door.seals.logout.open(&door.context(&door.names.name(Purpose::Logout)), sealed)?;
        postcard::from_bytes::<PendingLogout>(&payload).ok()
    });
    pending.is_some_and(|pending| {
        let age = door.now().seconds_since(NumericDate::from_seconds(pending.at));
        (0..=LIFETIME).contains(&age)
            && vestibule_core::Secret::from(hex(&pending.state)) == vestibule_core::Secret::from(state.as_ref())
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a POST was sent by a page of ours, or by something that is no browser (V73).
///
/// Browsers say where a request comes from: `Sec-Fetch-Site` to trustworthy addresses, `Origin` with every POST. What says
/// neither is no browser, so no page of another site can be behind it.
pub(crate) fn comes_from_us(headers: &HeaderMap, our_origin: &Url) -> bool {
    let is = |value: &HeaderValue, text: &str| value.as_bytes() == text.as_bytes();
    match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(site), _) => is(site, "same-origin") || is(site, "none"),
        (None, Some(origin)) => is(origin, &our_origin.origin().ascii_serialization()),
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        comes_from_us(&headers, &Url::parse("https://app.example.com").expect("a URL"))
    }

    /// V73, V16
    #[test]
    fn only_our_own_pages_and_what_is_no_browser_sign_anybody_out() {
        assert!(judge(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(judge(&[("sec-fetch-site", "none")]));
        assert!(judge(&[("origin", "https://app.example.com")]));
        assert!(judge(&[]));
        for site in ["cross-site", "same-site", "Same-Origin", ""] {
            assert!(!judge(&[("sec-fetch-site", site), ("origin", "https://app.example.com")]), "{site}");
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
        ] {
            assert!(!judge(&[("origin", origin)]), "{origin}");
        }
    }
}
