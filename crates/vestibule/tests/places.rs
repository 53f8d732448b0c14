//! A base URL with a path, a prefix of one's own, a redirect URI that was registered long ago.

mod house;

use std::sync::{Arc, atomic::AtomicUsize};

use axum::{Router, extract::Request, http::Uri, routing::get};
use house::{APP, CLIENT_SECRET, House, ISSUER, TestClock};
use tower::ServiceExt;
use vestibule::{Builder, Client, EndUser, Provider, SecretKey, Vestibule};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};

fn op(callback: &str, logged_out: &str) -> DevelopmentProvider {
    DevelopmentProvider::new(ISSUER)
        .expect("an issuer")
        .client(
            RegisteredClient::confidential("my-app", CLIENT_SECRET)
                .redirect_uri(format!("{APP}{callback}"))
                .post_logout_redirect_uri(format!("{APP}{logged_out}")),
        )
        .user(User::new("alice"))
}

fn corp() -> Provider {
    Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer")
}

fn vestibule(
    base_url: &str,
    op: &DevelopmentProvider,
    clock: &TestClock,
    settings: impl FnOnce(Builder) -> Builder,
) -> Vestibule {
    let builder = Vestibule::builder(base_url)
        .secret_key(SecretKey::from_bytes([7; 32]))
        .http_client(op.clone())
        .clock(clock.clone());
    settings(builder).build().expect("the settings hold together")
}

fn application(prefix: &str) -> Router {
    Router::new()
        .route(
            &format!("{prefix}/"),
            get(async |user: Option<EndUser>| user.map_or("stranger".to_owned(), |user| user.subject().to_string())),
        )
        .route(&format!("{prefix}/profile"), get(async |user: EndUser| format!("profile of {}", user.subject())))
        .route(&format!("{prefix}/api/me"), get(async |user: EndUser| user.subject().to_string()))
}

/// A proxy that takes `/shop` away before it hands on.
fn stripping(app: Router) -> Router {
    let strip = |mut request: Request| {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let stripped = path.strip_prefix("/shop").unwrap_or("/not-found");
        *request.uri_mut() = Uri::try_from(if stripped.is_empty() { "/" } else { stripped }).expect("a path");
        request
    };
    Router::new().fallback_service(app.map_request(strip))
}

/// Signs in on a page below `/shop` and out again, and never leaves `/shop`.
async fn walk(mut house: House, home: &str) {
    let page = house.sign_in("/shop/profile?tab=2", "alice").await;
    assert_eq!(page.url().as_str(), format!("{APP}/shop/profile?tab=2"), "{}", page.text());
    assert_eq!(page.text(), "profile of alice");
    for hop in page.hops().iter().filter(|hop| hop.url.as_str().starts_with(APP)) {
        assert!(hop.url.path().starts_with("/shop/"), "{}", hop.url);
    }
    let page = house.browser.post_form(&format!("{APP}/shop/auth/logout"), &[]).await;
    assert_eq!((page.url().as_str(), page.text()), (format!("{APP}{home}").as_str(), "stranger"));
    let problem = house.browser.fetch(&format!("{APP}/shop/api/me")).await;
    assert!(problem.text().contains(&format!("\"login_url\":\"{APP}/shop/auth/login/corp\"")), "{}", problem.text());
    // And an error finds its page.
    let page = house.get("/shop/auth/callback/corp?code=x&state=y").await;
    assert_eq!((page.status().as_u16(), page.url().path()), (400, "/shop/auth/error"));
    assert!(page.text().contains("href=\"/shop/auth/login/corp"), "{}", page.text());
}

fn house(op: DevelopmentProvider, clock: TestClock, app: Router) -> House {
    House::around_app(op, clock, app, Arc::new(AtomicUsize::new(0)))
}

fn shop() -> (DevelopmentProvider, TestClock) {
    (op("/shop/auth/callback/corp", "/shop/auth/logged_out"), TestClock::new())
}

#[tokio::test]
async fn below_a_path_that_a_proxy_strips() {
    let (op, clock) = shop();
    let vestibule = vestibule(&format!("{APP}/shop/"), &op, &clock, |builder| builder.provider("corp", corp()));
    let app = stripping(vestibule.wrap(application("")));
    walk(house(op, clock, app), "/shop/").await;
}

#[tokio::test]
async fn below_a_path_that_nesting_strips() {
    let (op, clock) = shop();
    let vestibule = vestibule(&format!("{APP}/shop"), &op, &clock, |builder| builder.provider("corp", corp()));
    // axum's nest serves `/shop` and not `/shop/`.
    let app = Router::new().nest("/shop", vestibule.wrap(application("")));
    walk(house(op, clock, app), "/shop").await;
}

#[tokio::test]
async fn below_a_path_that_nobody_strips() {
    let (op, clock) = shop();
    let settings = |builder: Builder| builder.provider("corp", corp()).path_prefix("/shop/auth");
    let vestibule = vestibule(&format!("{APP}/shop/"), &op, &clock, settings);
    let app = vestibule.wrap(application("/shop"));
    walk(house(op, clock, app), "/shop/").await;
}

#[tokio::test]
async fn a_prefix_of_ones_own() {
    let (op, clock) = (op("/sign-in/callback/corp", "/sign-in/logged_out"), TestClock::new());
    let vestibule = vestibule(APP, &op, &clock, |builder| builder.provider("corp", corp()).path_prefix("/sign-in"));
    let mut house = house(op, clock, vestibule.wrap(application("")));
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
    assert_eq!(house.get("/auth/logout").await.status().as_u16(), 404);
    let page = house.browser.post_form(&format!("{APP}/sign-in/logout"), &[]).await;
    assert_eq!(page.text(), "stranger");
    assert_eq!(vestibule.logout_path(), "/sign-in/logout");
    assert_eq!(vestibule.login_path(None, "/profile"), "/sign-in/login?return_to=%2Fprofile");
}

/// V6, R20
#[tokio::test]
async fn a_redirect_uri_that_was_registered_long_ago_is_kept_and_is_the_only_one() {
    let (op, clock) = (op("/redirect_uri", "/auth/logged_out"), TestClock::new());
    let settings = |builder: Builder| builder.provider("corp", corp().redirect_path("/redirect_uri"));
    let vestibule = vestibule(APP, &op, &clock, settings);
    let mut house = house(op, clock, vestibule.wrap(application("")));
    let callback = house.callback_url("/profile").await;
    assert!(callback.starts_with(&format!("{APP}/redirect_uri?")), "{callback}");
    let elsewhere = callback.replace("/redirect_uri", "/auth/callback/corp");
    assert_eq!(house.browser.get(&elsewhere).await.status().as_u16(), 404);
    assert_eq!(house.browser.get(&callback).await.text(), "profile of alice");
}
