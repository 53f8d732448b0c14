//! The provider's own sessions: who is signed in at which browser, and which clients learned of it.

use std::{collections::BTreeSet, sync::Arc};

use http::{HeaderMap, HeaderValue, header};

use crate::{
    back_channel,
    identifier::identifier,
    logout,
    provider::DevelopmentProvider,
    state::{Bounded, SignIn},
    user::User,
};

const COOKIE: &str = "provider_session";
/// Scripts of the page for `check_session_iframe` read it, wherever they are framed.
pub(crate) const STATE_COOKIE: &str = "provider_browser_state";
/// What the state of a browser begins with at which nobody is signed in. No identifier has a dot.
const NOBODY: &str = "nobody.";

#[derive(Default)]
pub(crate) struct Sessions {
    /// By the secret that the cookie holds.
    pub(crate) known: Bounded<Session>,
    reach_frames: bool,
    /// Who is taken to be at every browser.
    whoever_comes: Option<String>,
}

/// A person at a browser.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) sign_in: SignIn,
    /// "OP User Agent state" (Session Management 3.2).
    pub(crate) browser_state: String,
    /// Which clients got a code in it: who is to be told of its end (Back-Channel Logout 2.3).
    pub(crate) clients: BTreeSet<String>,
}

/// What `session_state` is made of, and the cookie by which the browser keeps it, unless it has it already.
pub(crate) struct BrowserState {
    pub(crate) value: String,
    pub(crate) cookie: Option<HeaderValue>,
}

impl DevelopmentProvider {
    /// Lets the provider's own session be seen in frames of other sites (`SameSite=None`), so that an application may ask with
    /// `prompt=none` in a frame, as Session Management 3.1 suggests. Unless said, it is `SameSite=Lax`.
    pub fn with_sessions_in_frames(self) -> Self {
        self.state().sessions.reach_frames = true;
        self
    }

    /// Takes whoever comes for this user, and asks nobody: where there would be a sign-in page, the answer goes back at once, as
    /// from the Foundation's conformance suite. `prompt=none` signs nobody in.
    pub fn always_signs_in(self, name: impl Into<String>) -> Self {
        self.state().sessions.whoever_comes = Some(name.into());
        self
    }
}

/// Who is signed in without being asked, if somebody is.
pub(crate) fn whoever_comes(provider: &DevelopmentProvider) -> Option<String> {
    provider.state().sessions.whoever_comes.clone()
}

/// The session whose cookie came with the request.
pub(crate) fn current(provider: &DevelopmentProvider, headers: &HeaderMap) -> Option<Session> {
    let state = provider.state();
    cookies(headers, COOKIE).find_map(|id| state.sessions.known.get(id)).cloned()
}

/// Signs somebody in; the second value is the cookie to set. Who comes again goes on in the session that was, under a new
/// secret; the session of somebody else at this browser ends.
pub(crate) fn begin(
    provider: &DevelopmentProvider,
    headers: &HeaderMap,
    user: Arc<User>,
    acr: Option<String>,
) -> (Session, Option<HeaderValue>) {
    let (sid, clients) = match current(provider, headers) {
        Some(earlier) if earlier.sign_in.user.sub() == user.sub() => {
            let sid = earlier.sign_in.sid;
            provider.state().sessions.known.retain(|session| session.sign_in.sid != sid);
            (sid, earlier.clients)
        }
        earlier => {
            let is_earlier =
                |session: &Session| earlier.as_ref().is_some_and(|it| it.sign_in.sid == session.sign_in.sid);
            back_channel::tell_of_sessions(provider, &logout::end(provider, is_earlier), None);
            (identifier(), BTreeSet::new())
        }
    };
    let sign_in = SignIn { user, auth_time: provider.now(), sid, acr };
    let session = Session { sign_in, browser_state: identifier(), clients };
    let id = identifier();
    provider.state().sessions.known.insert(id.clone(), session.clone());
    (session, session_cookie(provider, &id, ""))
}

/// Remembers that a client learned of a session.
pub(crate) fn visited(provider: &DevelopmentProvider, sid: &str, client_id: &str) {
    let mut state = provider.state();
    if let Some(session) = state.sessions.known.values_mut().find(|session| session.sign_in.sid == sid) {
        session.clients.insert(client_id.to_owned());
    }
}

/// The state of the browser that sent a request, in which this session goes on, or none.
pub(crate) fn browser_state(
    provider: &DevelopmentProvider,
    headers: &HeaderMap,
    session: Option<&Session>,
) -> BrowserState {
    let had = cookies(headers, STATE_COOKIE).next();
    let value = match session {
        Some(session) => session.browser_state.clone(),
        // It changes once when a session is over, and then no more.
        None => had.filter(|had| had.starts_with(NOBODY)).map_or_else(nobody, str::to_owned),
    };
    let cookie = (had != Some(&value)).then(|| state_cookie(provider, &value)).flatten();
    BrowserState { value, cookie }
}

/// The cookies by which a browser forgets its session.
pub(crate) fn forget(provider: &DevelopmentProvider) -> Vec<HeaderValue> {
    [session_cookie(provider, "", "; Max-Age=0"), state_cookie(provider, &nobody())].into_iter().flatten().collect()
}

fn nobody() -> String {
    format!("{NOBODY}{}", identifier())
}

fn session_cookie(provider: &DevelopmentProvider, id: &str, more: &str) -> Option<HeaderValue> {
    let reach = if provider.state().sessions.reach_frames {
        "SameSite=None; Secure"
    } else if provider.url().scheme() == "https" {
        "SameSite=Lax; Secure"
    } else {
        "SameSite=Lax"
    };
    let path = provider.url().path();
    HeaderValue::try_from(format!("{COOKIE}={id}; Path={path}; HttpOnly; {reach}{more}")).ok()
}

/// Secure on a plain loopback address too, where browsers take it, since `SameSite=None` asks for it.
fn state_cookie(provider: &DevelopmentProvider, value: &str) -> Option<HeaderValue> {
    let path = provider.url().path();
    HeaderValue::try_from(format!("{STATE_COOKIE}={value}; Path={path}; SameSite=None; Secure")).ok()
}

fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}
