//! The provider's own session: who is signed in at which browser.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};

use crate::{identifier::identifier, provider::DevelopmentProvider, state::SignIn, user::User};

const COOKIE: &str = "provider_session";

/// The session whose cookie came with the request.
pub(crate) fn current(provider: &DevelopmentProvider, headers: &HeaderMap) -> Option<SignIn> {
    let state = provider.state();
    cookies(headers).find_map(|id| state.sign_ins.get(id)).cloned()
}

/// Begins a session; the second value is the cookie to set.
pub(crate) fn begin(provider: &DevelopmentProvider, user: Arc<User>) -> (SignIn, Option<HeaderValue>) {
    let (id, sid) = (identifier(), identifier());
    let sign_in = SignIn { user, auth_time: provider.now(), sid };
    provider.state().sign_ins.insert(id.clone(), sign_in.clone());
    (sign_in, cookie(provider, &id, ""))
}

/// Ends the session of this public name.
pub(crate) fn end(provider: &DevelopmentProvider, sid: &str) {
    provider.state().sign_ins.retain(|sign_in| sign_in.sid != sid);
}

/// The cookie by which the browser forgets its session.
pub(crate) fn forget(provider: &DevelopmentProvider) -> Option<HeaderValue> {
    cookie(provider, "", "; Max-Age=0")
}

fn cookie(provider: &DevelopmentProvider, id: &str, more: &str) -> Option<HeaderValue> {
    let path = provider.url().path();
    let secure = if provider.url().scheme() == "https" { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{COOKIE}={id}; Path={path}; HttpOnly; SameSite=Lax{secure}{more}")).ok()
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}
