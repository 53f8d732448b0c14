//! What may be kept by a cache: nothing for which anybody asked who the person is (V12).

use axum::{Router, routing::get};
use http::{HeaderMap, HeaderValue, Request, header};
use vestibule::EndUser;
use vestibule_provider::Page;

use crate::house::{
    APP, House, ISSUER, TestClock, builder,
    paper::{joined, navigation, own_form},
    provider,
};

/// What a handler wrote that thinks of caches and not of people.
fn cacheable() -> HeaderMap {
    HeaderMap::from_iter([
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60, s-maxage=86400")),
        (header::VARY, HeaderValue::from_static("Accept-Encoding")),
        (header::ETAG, HeaderValue::from_static("\"1\"")),
    ])
}

fn house() -> House {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    let gated = Router::new()
        .route("/gated", get(async || (cacheable(), "personal")))
        .route("/forbidden", get(async || (cacheable(), "personal")))
        .route_layer(vestibule.require_login());
    let forbidden = Router::new()
        .route("/never", get(async || (cacheable(), "personal")))
        .route_layer(vestibule.require_login().claims(|_: &serde_json::Value| false));
    let app = Router::new()
        .route("/user", get(async |_: EndUser| (cacheable(), "personal")))
        .route("/optional", get(async |_: Option<EndUser>| (cacheable(), "perhaps personal")))
        .route("/open", get(async || (cacheable(), "for all")))
        .route("/bare", get(async || "for all"))
        .merge(gated)
        .merge(forbidden);
    House::around_app(provider, clock, vestibule.wrap(app), std::sync::Arc::default())
}

fn expect_personal(page: &Page, what: &str) {
    assert_eq!(joined(page, "cache-control"), "no-store", "{what}: whatever the handler thought");
    let vary = joined(page, "vary").to_ascii_lowercase();
    assert!(vary.split(',').any(|name| name.trim() == "cookie"), "{what}: {vary}");
}

/// V12
#[tokio::test]
async fn an_answer_for_which_somebody_asked_who_it_is_is_kept_by_no_cache() {
    let mut house = house();
    for path in ["/user", "/gated", "/never", "/optional"] {
        expect_personal(&house.send(path, navigation()).await, path);
        expect_personal(&house.send(path, Request::get("/")).await, path);
    }
    house.sign_in("/user", "alice").await;
    for (path, status) in [("/user", 200), ("/gated", 200), ("/optional", 200), ("/never", 403)] {
        let page = house.send(path, navigation()).await;
        assert_eq!(page.status(), status, "{path}");
        expect_personal(&page, path);
    }
    let page = house.send("/user", navigation()).await;
    assert_eq!(joined(&page, "etag"), "\"1\"", "what is not about caches is the handler's own");
    assert!(joined(&page, "vary").contains("Accept-Encoding"), "and its Vary stands beside ours");
}

/// V12
#[tokio::test]
async fn an_answer_for_which_nobody_asked_is_left_alone() {
    let mut house = house();
    let plain =
        Router::new().route("/open", get(async || (cacheable(), "for all"))).route("/bare", get(async || "for all"));
    let mut without_us = vestibule_provider::Browser::new();
    without_us.site(APP, plain);
    for signed_in in [false, true] {
        if signed_in {
            house.sign_in("/user", "alice").await;
            house.pass(3600);
        }
        for path in ["/open", "/bare"] {
            let (page, plain) = (house.get(path).await, without_us.get(&format!("{APP}{path}")).await);
            assert_eq!(page.headers(), plain.headers(), "{path}, signed in: {signed_in}");
            assert_eq!(page.text(), plain.text());
        }
        let missing = house.get("/nowhere").await;
        assert_eq!(
            (missing.status().as_u16(), missing.header("cache-control"), missing.header("vary")),
            (404, None, None)
        );
    }
}

/// V12: also an answer of our own that sets or deletes a cookie.
#[tokio::test]
async fn an_answer_that_sets_a_cookie_of_ours_is_kept_by_no_cache() {
    let mut house = house();
    let expect = |page: &Page, what: &str| {
        assert!(page.header("set-cookie").is_some(), "{what}");
        expect_personal(page, what);
    };
    let login = house.browser.get_without_redirects(&format!("{APP}/auth/login")).await;
    expect(&login, "the way to the provider");
    let refused = house.browser.get_without_redirects(&format!("{APP}/auth/callback/corp?error=access_denied")).await;
    expect(&refused, "a callback of nobody");

    house.browser = house.another_browser();
    let callback = house.callback_url("/user").await;
    assert!(callback.starts_with(APP) && !callback.starts_with(ISSUER));
    let back = house.browser.get_without_redirects(&callback).await;
    expect(&back, "the callback");
    let again = house.browser.get_without_redirects(&callback).await;
    expect_personal(&again, "the callback again");

    house.pass(3600);
    let renewed = house.send("/user", navigation()).await;
    expect(&renewed, "a session that moved");
    let out = house.send("/auth/logout", own_form()).await;
    expect(&out, "the way out");
    let gone = house.browser.get_without_redirects(&format!("{APP}/auth/logged_out?state=x")).await;
    expect(&gone, "back from the way out");
}
