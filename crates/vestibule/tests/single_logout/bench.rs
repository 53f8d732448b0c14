//! An application with two providers, and sessions in cookies or in a store.

use std::sync::Arc;

use axum::{Router, body::Body, routing::get};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;
use url::form_urlencoded;
use vestibule::{AccessToken, Builder, Client, Clock, EndUser, NumericDate, Provider, SecretKey, Vestibule};
use vestibule_provider::{Browser, Page};

use super::{
    house::{self, APP, CLIENT_SECRET, ISSUER, TestClock, log, rejection::who},
    op::{ES256, Op, Ops},
    store::Moody,
};

pub const STAFF: &str = "http://127.0.0.1:3002";
pub const MODES: [Mode; 2] = [Mode::Cookies, Mode::Store];

/// Where the sessions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Cookies,
    Store,
}

pub struct Bench {
    pub mode: Mode,
    pub clock: TestClock,
    pub corp: Op,
    pub staff: Op,
    pub store: Arc<Moody>,
    pub slow: Arc<Slow>,
    pub app: Router,
}

/// A page that waits until it is let on, after it asked who is there.
#[derive(Default)]
pub struct Slow {
    pub asked: Notify,
    pub go_on: Notify,
}

/// What the application answered to somebody who is no browser.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Bench {
    pub fn new(mode: Mode) -> Self {
        Self::with(mode, |builder| builder)
    }

    /// With settings of its own; the providers are there already.
    pub fn with(mode: Mode, settings: impl FnOnce(Builder) -> Builder) -> Self {
        Self::of(mode, corp(), settings)
    }

    /// With another first provider.
    pub fn of(mode: Mode, corp: Provider, settings: impl FnOnce(Builder) -> Builder) -> Self {
        let (op, staff) = (Op::new(ISSUER, "corp"), Op::new(STAFF, "staff"));
        Self::around(mode, op, staff, corp, settings)
    }

    pub fn around(mode: Mode, op: Op, staff: Op, corp: Provider, settings: impl FnOnce(Builder) -> Builder) -> Self {
        log::install();
        let (clock, store) = (TestClock::new(), Arc::new(Moody::default()));
        let mut bench = Self { mode, clock, corp: op, staff, store, slow: Arc::default(), app: Router::new() };
        bench.restart(corp, settings);
        bench.pass(0);
        bench
    }

    /// The application starts anew; the store stays what it is.
    pub fn restart(&mut self, corp: Provider, settings: impl FnOnce(Builder) -> Builder) {
        let client = Client::confidential("my-app", CLIENT_SECRET).id_token_signed_response_alg(ES256);
        let builder = Vestibule::builder(APP)
            .secret_key(SecretKey::from_bytes([7; 32]))
            .http_client(Ops(vec![self.corp.clone(), self.staff.clone()]))
            .clock(self.clock.clone())
            .provider("corp", corp)
            .provider("staff", Provider::discovered(STAFF, client).expect("an issuer"));
        let builder = match self.mode {
            Mode::Cookies => builder.marks(Arc::clone(&self.store)),
            Mode::Store => builder.sessions(Arc::clone(&self.store)),
        };
        self.app = application(&settings(builder).build().expect("the settings hold together"), &self.slow);
    }

    pub fn pass(&mut self, seconds: i64) {
        self.clock.advance(seconds);
        self.corp.provider.set_now(self.now());
        self.staff.provider.set_now(self.now());
    }

    pub fn now(&self) -> NumericDate {
        self.clock.now()
    }

    /// An empty browser.
    pub fn browser(&self) -> Browser {
        let mut browser = Browser::new();
        browser.site(APP, self.app.clone());
        browser.site(ISSUER, self.corp.provider.router());
        browser.site(STAFF, self.staff.provider.router());
        browser.set_now(self.now());
        browser
    }

    pub fn op(&self, provider: &str) -> &Op {
        if provider == "corp" { &self.corp } else { &self.staff }
    }

    /// A new browser in which somebody signs in, in a session that the provider calls `sid`.
    pub async fn device(&self, provider: &str, user: &str, sid: &str) -> Browser {
        let mut browser = self.browser();
        let callback = self.callback(&mut browser, provider, user, sid).await;
        let page = browser.get(&callback).await;
        assert_eq!(page.text(), format!("{provider} {user} {sid}"), "{:?}", page);
        browser
    }

    /// Signs in as far as the way back from the provider, which is not gone yet.
    pub async fn callback(&self, browser: &mut Browser, provider: &str, user: &str, sid: &str) -> String {
        self.op(provider).calls_sessions(Some(sid));
        let page = browser.get(&format!("{APP}/auth/login/{provider}?return_to=/who")).await;
        let page = browser.submit_without_redirects(&page, "authorize", &[("user", user)]).await;
        page.header("location").expect("the way back").to_owned()
    }

    /// Sends a request as somebody who is no browser.
    pub async fn send(&self, request: Request<Body>) -> Answered {
        let Ok(response) = self.app.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        Answered { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Posts a logout token as the provider does.
    pub async fn post(&self, provider: &str, token: &str) -> Answered {
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
        self.post_form(provider, body).await
    }

    pub async fn post_form(&self, provider: &str, body: impl Into<Body>) -> Answered {
        let request = Request::post(format!("/auth/backchannel_logout/{provider}"))
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(body.into()).expect("a request")).await
    }

    /// The provider ends what these claims name.
    pub async fn end(&self, provider: &str, whose: Value) -> Answered {
        let op = self.op(provider);
        self.post(provider, &op.sign(&op.logout(self.now(), &whose))).await
    }

    pub async fn end_session(&self, provider: &str, sid: &str) -> Answered {
        self.end(provider, json!({"sid": sid})).await
    }

    /// A page of the provider's loads one of ours in a frame.
    pub async fn frame(&self, browser: &mut Browser, path: &str) -> Page {
        let page = browser.get(&format!("{ISSUER}/farewell")).await;
        browser.load_frame(&page, &format!("{APP}{path}")).await
    }
}

impl Answered {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Back-Channel Logout 2.8: done, and nothing more to say.
    pub fn expect_ok(&self) {
        assert_eq!((self.status.as_u16(), self.body.as_str()), (200, ""), "{self:?}");
        self.expect_not_stored();
    }

    /// The same as an error of this status.
    pub fn expect_error(&self, status: u16, why: &str) {
        assert_eq!(self.status, status, "{why}: {self:?}");
        let body: Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{why}: no JSON: {self:?}"));
        let error = if matches!(status, 429 | 503) { "temporarily_unavailable" } else { "invalid_request" };
        assert_eq!(body.get("error"), Some(&json!(error)), "{why}: {self:?}");
        assert!(body.get("error_description").is_some_and(Value::is_string), "{why}: {self:?}");
        assert_eq!(self.headers.contains_key("retry-after"), matches!(status, 429 | 503), "{why}: {self:?}");
        self.expect_not_stored();
    }

    fn expect_not_stored(&self) {
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert!(!self.headers.contains_key("set-cookie") && !self.headers.contains_key("location"), "{self:?}");
    }
}

pub fn corp() -> Provider {
    let client = Client::confidential("my-app", CLIENT_SECRET).id_token_signed_response_alg(ES256);
    Provider::discovered(ISSUER, client).expect("an issuer")
}

/// Whether somebody is signed in in this browser. Asking changes nothing in it.
pub async fn is_in(browser: &mut Browser) -> bool {
    who(browser).await.is_some()
}

fn application(vestibule: &Vestibule, slow: &Arc<Slow>) -> Router {
    let who =
        async |user: EndUser| format!("{} {} {}", user.provider(), user.subject(), user.sid().unwrap_or_default());
    let slow = Arc::clone(slow);
    let slow = async move |user: EndUser| {
        slow.asked.notify_one();
        slow.go_on.notified().await;
        format!("slow page of {}", user.subject())
    };
    let token = async |token: AccessToken| token.secret().expose().clone();
    let router = Router::new().route("/who", get(who)).route("/api/me", get(who));
    vestibule.wrap(router.route("/slow", get(slow)).route("/token", get(token)))
}

/// The front-channel logout page with these parameters.
pub fn frontchannel(provider: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/auth/frontchannel_logout/{provider}?{query}")
}

pub use house::log::Log;
