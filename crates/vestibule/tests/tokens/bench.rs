//! A house whose application hands out its access token, with sessions in cookies or in a store.

use std::{
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use axum::{Router, routing::get};
use vestibule::{
    AccessToken, Builder, Client, EndUser, MemoryStore, Provider, SessionPolicy, SessionStore, TokenError, Vestibule,
};
use vestibule_provider::{Browser, DevelopmentProvider};

use crate::house::{self, APP, CLIENT_SECRET, House, ISSUER, TestClock};

/// Where the sessions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Cookies,
    Store,
}

pub(crate) const MODES: [Mode; 2] = [Mode::Cookies, Mode::Store];

/// For how many seconds the provider's access tokens are good, and after how many they are stale.
pub(crate) const LIFETIME: i64 = 300;
pub(crate) const STALE_AFTER: i64 = LIFETIME - 30;

/// A provider with one-time refresh tokens, who ends the whole family when one comes twice.
pub(crate) fn op() -> DevelopmentProvider {
    house::provider().access_tokens_live(Duration::from_secs(LIFETIME.unsigned_abs()))
}

pub(crate) fn corp() -> Provider {
    Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET))
        .expect("an issuer")
        .scope("openid profile offline_access")
}

/// The settings of one machine. Machines that share a store share everything.
pub(crate) fn machine(
    op: &DevelopmentProvider,
    clock: &TestClock,
    mode: Mode,
    store: &Arc<dyn SessionStore>,
) -> Builder {
    let builder = house::bare_builder(op, clock)
        .provider("corp", corp())
        .session(SessionPolicy::lifetime(Duration::from_secs(24 * 3600)));
    match mode {
        Mode::Cookies => builder.marks(Arc::clone(store)),
        Mode::Store => builder.sessions(Arc::clone(store)),
    }
}

pub(crate) fn memory() -> Arc<dyn SessionStore> {
    Arc::new(MemoryStore::new())
}

pub(crate) fn bench(mode: Mode, op: DevelopmentProvider) -> House {
    bench_with(mode, op, |builder| builder)
}

/// Sessions in cookies, with their marks in a store that the test keeps in hand.
pub(crate) fn bench_marked(op: DevelopmentProvider, marks: Arc<MemoryStore>) -> House {
    let clock = TestClock::new();
    let vestibule = machine(&op, &clock, Mode::Cookies, &(marks as _)).build().expect("the settings hold together");
    around(op, clock, &vestibule)
}

pub(crate) fn bench_with(mode: Mode, op: DevelopmentProvider, settings: impl FnOnce(Builder) -> Builder) -> House {
    let clock = TestClock::new();
    let vestibule = settings(machine(&op, &clock, mode, &memory())).build().expect("the settings hold together");
    around(op, clock, &vestibule)
}

pub(crate) fn around(op: DevelopmentProvider, clock: TestClock, vestibule: &Vestibule) -> House {
    let app = application(vestibule);
    let mut browser = Browser::new();
    browser.site(APP, app.clone());
    browser.site(ISSUER, op.router());
    let mut house = House { provider: op, browser, clock, entered: Arc::new(AtomicUsize::new(0)), app };
    house.pass(0);
    house
}

pub(crate) fn application(vestibule: &Vestibule) -> Router {
    let router = Router::new()
        .route(
            "/",
            get(async |user: Option<EndUser>| user.map_or("stranger".to_owned(), |user| user.subject().to_string())),
        )
        .route("/api/me", get(async |user: EndUser| user.subject().to_string()))
        .route("/token", get(async |token: AccessToken| token.secret().expose().clone()))
        .route("/scope", get(async |token: AccessToken| token.scope().unwrap_or("unsaid").to_owned()))
        .route("/maybe", get(async |token: Option<AccessToken>| if token.is_some() { "some" } else { "none" }))
        .route("/new", get(new_token))
        .route("/userinfo", get(userinfo));
    vestibule.wrap(router)
}

async fn new_token(token: AccessToken) -> Result<String, TokenError> {
    Ok(token.refresh().await?.secret().expose().clone())
}

async fn userinfo(token: AccessToken) -> Result<String, TokenError> {
    let claims = token.userinfo().await?;
    Ok(claims.claim("name").map(ToString::to_string).unwrap_or_default())
}

/// The access token that a page shows; no redirect is followed.
pub(crate) async fn token(house: &mut House) -> String {
    token_of(&mut house.browser).await
}

pub(crate) async fn token_of(browser: &mut Browser) -> String {
    let page = browser.fetch(&format!("{APP}/token")).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    page.text().to_owned()
}

/// A house where Alice is signed in, and her access token.
pub(crate) async fn alice_in(mode: Mode, op: DevelopmentProvider) -> (House, String) {
    alice_at(bench(mode, op)).await
}

pub(crate) async fn alice_at(mut house: House) -> (House, String) {
    house.sign_in("/token", "alice").await;
    let first = token(&mut house).await;
    (house, first)
}
