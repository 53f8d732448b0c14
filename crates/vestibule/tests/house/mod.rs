//! The test bench: an application behind the door, a provider that talks to it by function call, a browser, and one clock for
//! all three.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of the bench")]

pub mod canaries;
pub mod everywhere;
pub mod log;
pub mod paper;
pub mod rejection;
pub mod town;

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use axum::{
    Router, middleware,
    routing::{get, post},
};
use serde::Deserialize;
use vestibule::{Builder, Claims, Client, Clock, EndUser, NumericDate, Provider, SecretKey, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, Page, RegisteredClient, User};

pub const APP: &str = "http://localhost:3000";
pub const ISSUER: &str = "http://127.0.0.1:3001";
pub const CLIENT_SECRET: &str = "a secret: 100% ours + \"quoted\"";
const BEGAN: i64 = 1_700_000_000;

/// Application, provider, browser and clock.
pub struct House {
    pub provider: DevelopmentProvider,
    pub browser: Browser,
    pub clock: TestClock,
    /// How often a handler behind a gate or an extractor ran.
    pub entered: Arc<AtomicUsize>,
    pub app: Router,
}

#[derive(Deserialize)]
pub struct Employee {
    pub name: String,
    pub admin: Option<bool>,
}

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl Clock for TestClock {
    fn now(&self) -> NumericDate {
        NumericDate::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

impl TestClock {
    /// A clock that shows the time at which every test begins.
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(BEGAN)))
    }
}

impl House {
    /// A house with the builder's defaults.
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// A house with settings of its own.
    pub fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let provider = provider();
        let clock = TestClock::new();
        let vestibule = settings(builder(&provider, &clock)).build().expect("the settings hold together");
        Self::around(provider, clock, &vestibule)
    }

    /// A house whose one provider, `corp`, is set up in another way, for a client that is registered in another way.
    pub fn of(registered: RegisteredClient, corp: Provider) -> Self {
        let provider = provider().client(registered.redirect_uri(format!("{APP}/auth/callback/corp")));
        let clock = TestClock::new();
        let vestibule =
            bare_builder(&provider, &clock).provider("corp", corp).build().expect("the settings hold together");
        Self::around(provider, clock, &vestibule)
    }

    /// A house around a vestibule that was built elsewhere.
    pub fn around(provider: DevelopmentProvider, clock: TestClock, vestibule: &Vestibule) -> Self {
        let entered = Arc::new(AtomicUsize::new(0));
        let app = application(vestibule, &entered).layer(middleware::from_fn(canaries::overhear));
        let mut browser = Browser::new();
        browser.site(APP, app.clone());
        browser.site(ISSUER, provider.router());
        let mut house = Self { provider, browser, clock, entered, app };
        house.set_clocks();
        house
    }

    /// Another browser of the same house: empty, or a copy of a profile.
    pub fn another_browser(&self) -> Browser {
        let mut browser = Browser::new();
        browser.site(APP, self.app.clone());
        browser.site(ISSUER, self.provider.router());
        browser.set_now(self.clock.now());
        browser
    }

    pub fn pass(&mut self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
        self.set_clocks();
    }

    fn set_clocks(&mut self) {
        self.provider.set_now(self.clock.now());
        self.browser.set_now(self.clock.now());
    }

    /// Opens a page of the application.
    pub async fn get(&mut self, path: &str) -> Page {
        self.browser.get(&format!("{APP}{path}")).await
    }

    /// Opens a page and signs in on the provider's page that comes up instead.
    pub async fn sign_in(&mut self, path: &str, user: &str) -> Page {
        let page = self.get(path).await;
        assert!(page.url().as_str().starts_with(ISSUER), "the provider's page, not {}: {}", page.url(), page.text());
        self.browser.sign_in_as(&page, user).await
    }

    /// Opens a page, signs in at the provider, and stops before the callback: its URL.
    pub async fn callback_url(&mut self, path: &str) -> String {
        callback_url(&mut self.browser, path, "alice").await
    }

    /// Who `/api/me` says is signed in; `None` for a stranger.
    pub async fn me(&mut self) -> Option<String> {
        let page = self.browser.fetch(&format!("{APP}/api/me")).await;
        (page.status() == 200).then(|| page.text().to_owned())
    }

    pub fn entered(&self) -> usize {
        self.entered.load(Ordering::SeqCst)
    }

    /// The cookies of the application that the browser holds, by name.
    pub fn cookie_names(&self) -> Vec<String> {
        self.browser
            .cookies()
            .filter(|cookie| cookie.name.contains("vestibule-"))
            .map(|cookie| cookie.name.clone())
            .collect()
    }
}

/// Opens a page, signs in at the provider, and stops before the callback: its URL.
pub async fn callback_url(browser: &mut Browser, path: &str, user: &str) -> String {
    let mut page = browser.get_without_redirects(&format!("{APP}{path}")).await;
    let sign_in = page.header("location").expect("the way to the provider").to_owned();
    assert!(sign_in.starts_with(ISSUER), "{sign_in}");
    page = browser.get_without_redirects(&sign_in).await;
    if page.status() == 200 {
        // The provider answers its form with the redirect that must not be followed yet.
        let action = page.url().clone();
        page = browser.submit_without_redirects(&page, "authorize", &[("user", user)]).await;
        assert!(page.status().is_redirection(), "{action}: {}", page.text());
    }
    page.header("location").expect("the way back").to_owned()
}

pub fn provider() -> DevelopmentProvider {
    DevelopmentProvider::new(ISSUER)
        .expect("an issuer")
        .client(
            RegisteredClient::confidential("my-app", CLIENT_SECRET)
                .redirect_uri(format!("{APP}/auth/callback/corp"))
                .post_logout_redirect_uri(format!("{APP}/auth/logged_out")),
        )
        .user(
            User::new("alice").claim("name", "Alice Liddell").claim("email", "alice@example.com").claim("admin", true),
        )
        .user(User::new("bob").claim("name", "Bob"))
}

pub fn builder(provider: &DevelopmentProvider, clock: &TestClock) -> Builder {
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let corp = Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile email");
    bare_builder(provider, clock).provider("corp", corp)
}

/// Without a provider that people sign in with.
pub fn bare_builder(provider: &DevelopmentProvider, clock: &TestClock) -> Builder {
    log::install();
    Vestibule::builder(APP)
        .secret_key(SecretKey::from_bytes([7; 32]))
        .http_client(canaries::Overheard(provider.clone()))
        .clock(clock.clone())
}

fn application(vestibule: &Vestibule, entered: &Arc<AtomicUsize>) -> Router {
    let count = |entered: &Arc<AtomicUsize>| {
        let entered = Arc::clone(entered);
        move || entered.fetch_add(1, Ordering::SeqCst)
    };
    let (profile, form, admin) = (count(entered), count(entered), count(entered));
    let behind_the_gate = Router::new()
        .route(
            "/admin",
            get(async move || {
                admin();
                "for admins"
            }),
        )
        .route_layer(vestibule.require_login().claims(|employee: &Employee| employee.admin == Some(true)));
    let router = Router::new()
        .route(
            "/",
            get(async |user: Option<EndUser>| user.map_or("stranger".to_owned(), |user| user.subject().to_string())),
        )
        .route("/open", get(async || "open to all"))
        .route(
            "/profile",
            get(async move |user: EndUser| {
                profile();
                format!("profile of {}", user.subject())
            }),
        )
        .route("/name", get(async |Claims(me): Claims<Employee>| me.name))
        .route("/api/me", get(async |user: EndUser| user.subject().to_string()))
        .route(
            "/form",
            post(async move |_: EndUser, body: String| {
                form();
                body
            }),
        )
        .merge(behind_the_gate);
    vestibule.wrap(router)
}
