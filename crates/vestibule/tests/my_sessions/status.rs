//! `GET /auth/session`: what a page's script may know.

use std::{sync::atomic::Ordering, time::Duration};

use http::{Request, StatusCode};
use serde_json::{Value, json};
use vestibule::{Clock, SessionPolicy};
use vestibule_provider::Page;

use crate::{
    bench::{Home, MODES, Mode, log_out, me, status},
    frail::Frail,
    house::{
        APP,
        paper::{joined, navigation, set_cookies},
    },
};

const HOUR: i64 = 3600;

fn json_of(page: &Page) -> Value {
    assert_eq!((page.status(), page.header("content-type")), (StatusCode::OK, Some("application/json")));
    serde_json::from_str(page.text()).expect("JSON")
}

/// R137: this and nothing else, so no token, no claim and no subject.
#[tokio::test]
async fn a_script_is_told_whether_somebody_is_signed_in_and_for_how_long() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let stranger = json_of(&status(&mut home.house.another_browser()).await);
        assert_eq!(stranger, json!({"signed_in": false}), "{mode:?}");
        let mut browser = home.signed_in("alice").await;
        home.house.pass(HOUR / 2);
        let told = json_of(&status(&mut browser).await);
        let expected = json!({
            "signed_in": true,
            "provider": "corp",
            "acr": null,
            "idle_seconds": 8 * HOUR - HOUR / 2,
            "absolute_seconds": 24 * HOUR - HOUR / 2,
        });
        assert_eq!(told, expected, "{mode:?}");
        log_out(&mut browser).await;
        assert_eq!(json_of(&status(&mut browser).await), json!({"signed_in": false}), "{mode:?}");
    }
}

#[tokio::test]
async fn without_an_idle_limit_there_is_none_to_tell() {
    let policy = SessionPolicy::lifetime(Duration::from_secs(1000));
    let mut home = Home::with(Mode::Store, Frail::new(), |builder| builder.session(policy));
    let mut browser = home.signed_in("alice").await;
    let told = json_of(&status(&mut browser).await);
    assert_eq!((&told["idle_seconds"], &told["absolute_seconds"]), (&Value::Null, &json!(1000)));
}

/// A page that asks every minute keeps nobody signed in.
#[tokio::test]
async fn asking_is_no_activity() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let mut browser = home.signed_in("alice").await;
        for minute in 0..8 * 60 {
            let page = status(&mut browser).await;
            assert_eq!(json_of(&page)["idle_seconds"], json!(8 * HOUR - minute * 60), "{mode:?}");
            assert!(set_cookies(&page, APP).is_empty(), "{mode:?}");
            home.house.pass(60);
            browser.set_now(home.house.clock.now());
        }
        assert_eq!(json_of(&status(&mut browser).await), json!({"signed_in": false}), "{mode:?}");
        assert_eq!(me(&mut browser).await, None, "{mode:?}");
    }
}

/// V12, and other origins: no CORS header, whoever asks.
#[tokio::test]
async fn the_answer_is_kept_by_no_cache_and_read_by_no_other_origin() {
    let mut home = Home::new(Mode::Cookies);
    home.house.browser = home.signed_in("alice").await;
    for request in [
        Request::get("/"),
        navigation(),
        Request::get("/").header("origin", "https://evil.example").header("sec-fetch-site", "same-site"),
        Request::head("/"),
    ] {
        let page = home.house.send("/auth/session", request).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!((joined(&page, "cache-control").as_str(), joined(&page, "vary").as_str()), ("no-store", "Cookie"));
        assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert!(!page.headers().keys().any(|name| name.as_str().starts_with("access-control-")));
    }
    for request in [Request::post("/"), Request::options("/").header("origin", "https://evil.example")] {
        let page = home.house.send("/auth/session", request).await;
        assert_eq!(page.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert!(!page.headers().keys().any(|name| name.as_str().starts_with("access-control-")));
    }
}

/// A store error is not a stranger, and the cookie stays.
#[tokio::test]
async fn a_store_that_fails_is_a_problem() {
    let store = Frail::new();
    let mut home = Home::with(Mode::Store, store.clone(), |builder| builder);
    let mut browser = home.signed_in("alice").await;
    store.fails.store(true, Ordering::SeqCst);
    home.house.browser = browser.clone();
    for request in [Request::get("/"), navigation()] {
        let page = home.house.send("/auth/session", request).await;
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(page.header("content-type"), Some("application/problem+json"));
        assert_eq!(joined(&page, "cache-control"), "no-store");
        assert!(set_cookies(&page, APP).is_empty());
    }
    store.fails.store(false, Ordering::SeqCst);
    assert_eq!(json_of(&status(&mut browser).await)["signed_in"], json!(true));
}

#[tokio::test]
async fn the_path_is_where_the_prefix_says() {
    let home = Home::with(Mode::Cookies, Frail::new(), |builder| builder.path_prefix("/sign-in"));
    assert_eq!(home.vestibule.session_path(), "/sign-in/session");
    assert_eq!(
        json_of(&home.house.another_browser().fetch(&format!("{APP}/sign-in/session")).await)["signed_in"],
        json!(false)
    );
}
