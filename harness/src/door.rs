//! An application behind the door, as every input finds it: new, at one time, and with a provider that cannot be reached.

use std::{
    future::{Future, ready},
    io,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    routing::{any, get},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use tokio::runtime::Builder;
use tower::ServiceExt;
use url::Url;
use vestibule::{
    AccessToken, Clock, EndUser, HttpClient, HttpError, KeptPosts, NumericDate, Provider, SecretKey, SessionStore,
    Vestibule,
    core::{Limits, http_client::Answer},
};

use crate::{
    envelope::{self, SECRET_KEY},
    stage::{self, CLIENT_ID, ISSUER, NOW},
};

pub(crate) const APP: &str = "https://app.example.com";
pub(crate) const PROVIDER: &str = "corp";

/// An answer, to be looked at.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A request that was parsed and can be sent.
pub(crate) type Asked = Request<Body>;

/// Nobody is there.
#[derive(Debug)]
struct NobodyHome;

impl HttpClient for NobodyHome {
    fn send(&self, _request: Request<Bytes>, _limits: Limits) -> Answer<'_> {
        Box::pin(ready(Err(HttpError::Connect(Box::new(io::Error::other("nobody is there"))))))
    }
}

/// A clock that stands still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> NumericDate {
        NOW
    }
}

/// The application, whose sessions live in cookies.
pub(crate) fn with_cookies() -> Router {
    around(&vestibule().build().expect("the settings hold together"))
}

/// The application, whose sessions live in this store.
pub(crate) fn with_store(store: impl SessionStore + 'static) -> Router {
    around(&vestibule().sessions(store).build().expect("the settings hold together"))
}

pub(crate) fn vestibule() -> vestibule::Builder {
    let corp = Provider::described(stage::metadata().clone(), stage::plain_client().clone()).initiate_login();
    Vestibule::builder(APP)
        .secret_key(SecretKey::from_bytes(SECRET_KEY))
        .provider(PROVIDER, corp)
        .http_client(NobodyHome)
        .clock(Still)
}

/// The application, whose sessions live in cookies, and which keeps what is posted to `/letters`.
pub(crate) fn that_keeps_posts() -> Router {
    let vestibule = vestibule().build().expect("the settings hold together");
    let write = async |letter: String| format!("{WRITTEN}{letter}");
    let letters = Router::new()
        .route("/letters", get(async || "the page with the form").post(write))
        .route_layer(vestibule.require_login().keep_posts(KeptPosts::default()));
    vestibule.wrap(letters)
}

/// What the handler of letters says before one.
pub(crate) const WRITTEN: &str = "written: ";

/// `/who` says who is signed in, `/private` lets nobody else in.
pub(crate) fn around(vestibule: &Vestibule) -> Router {
    let private =
        Router::new().route("/private/{*rest}", any(async || "private")).route_layer(vestibule.require_login());
    let who = async |user: Option<EndUser>| {
        user.map_or(String::new(), |user| {
            // All that can be asked of a session is asked.
            let (acr, sid, auth_time) = (user.acr(), user.sid(), user.auth_time());
            let (until, ends, began) = (user.idle_until(), user.ends_at(), user.signed_in_at());
            let said = format!("{acr:?} {sid:?} {auth_time:?} {until:?} {ends} {began} {:?}", user.session_id());
            assert!(said.len() < 64 * 1024, "a session that says more than cookies hold");
            let _ = user.claims().to_json();
            user.subject().to_string()
        })
    };
    let token = async |_: AccessToken| "a token";
    let open = Router::new().route("/", get(async || "front page")).route("/who", get(who)).route("/token", get(token));
    vestibule.wrap(open.merge(private))
}

/// Runs a story to its end, by a clock that skips whatever nobody does anything in. What it leaves behind ends with it.
pub(crate) fn run<T>(story: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(story)
}

/// A page that somebody opens, with these cookies.
pub(crate) fn navigation(path_and_query: &str, cookie: &[u8]) -> Option<Asked> {
    let mut request = Request::builder()
        .uri(path_and_query)
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-site", "none");
    if !cookie.is_empty() {
        request = request.header(header::COOKIE, HeaderValue::from_bytes(cookie).ok()?);
    }
    request.body(Body::empty()).ok()
}

/// A form that a page of ours sends, with these cookies.
pub(crate) fn own_form(path: &str, cookie: &str, body: &str) -> Asked {
    Request::post(path)
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie)
        .body(Body::from(body.to_owned()))
        .expect("text of ours")
}

/// The answer to one request, which is one that the door may give.
pub(crate) async fn ask(app: &Router, request: Asked) -> Answered {
    let Ok(response) = app.clone().oneshot(request).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 256 * 1024).await.expect("a page of ours is short");
    let answered = Answered { status: parts.status, headers: parts.headers, body };
    answered.assert_is_fit();
    answered
}

impl Answered {
    /// Where it leads.
    pub(crate) fn location(&self) -> Option<&str> {
        self.headers.get(header::LOCATION).map(|location| location.to_str().expect("a place that is no text"))
    }

    /// Who it says is signed in.
    pub(crate) fn who(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        (self.status == StatusCode::OK && !text.is_empty()).then_some(text)
    }

    /// What holds of each answer: a status of the error table, cookies of ours alone, and no way but to ourselves or the provider.
    fn assert_is_fit(&self) {
        // 409 and 410 are for what is kept.
        let known = [200, 303, 400, 401, 403, 404, 405, 409, 410, 413, 415, 429, 500, 502, 503];
        assert!(known.contains(&self.status.as_u16()), "status {}", self.status);
        for line in self.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().expect("a cookie that is no text");
            assert!(line.starts_with(&cookie_prefix()), "a cookie that is not ours: {line}");
            assert!(line.contains("; Path=/") && line.contains("; HttpOnly") && line.contains("; Secure"), "{line}");
        }
        if let Some(location) = self.location() {
            let base = Url::parse(APP).expect("a URL");
            let landed = base.join(location).expect("a place that is no URL");
            let provider = Url::parse(ISSUER).expect("a URL");
            assert!(landed.origin() == base.origin() || landed.origin() == provider.origin(), "led away: {location:?}");
            assert!(!location.contains('\\') && !location.starts_with("//"), "a place that browsers read otherwise");
        }
        let text = String::from_utf8_lossy(&self.body);
        assert!(!text.contains(stage::CLIENT_SECRET), "a secret on a page");
    }
}

/// What the names of our cookies begin with (V67).
pub(crate) fn cookie_prefix() -> String {
    let hash: String = envelope::sha256(APP.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("__Host-vestibule-{hash}-")
}

/// What a seal binds a value to, besides its role.
pub(crate) fn context(name: &str) -> Vec<u8> {
    [APP.as_bytes(), b"\0", name.as_bytes()].concat()
}

/// What the seal inside a state binds the return address to.
pub(crate) fn state_context(attempt: &str) -> Vec<u8> {
    let redirect_uri = format!("{APP}/auth/callback/{PROVIDER}");
    let belongs = envelope::sha256([PROVIDER, ISSUER, CLIENT_ID, &redirect_uri].join("\0").as_bytes());
    [context(attempt).as_slice(), belongs.get(..16).expect("SHA-256 has 32 bytes")].concat()
}
