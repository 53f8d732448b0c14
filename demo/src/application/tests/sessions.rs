//! Where somebody is signed in, a page that knows when that ends, and a token that is replaced.

use std::path::Path;

use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
};
use futures_util::{FutureExt, StreamExt};
use tower::ServiceExt;
use vestibule::SecretKey;

use super::*;

/// The application, and two browsers in which alice is signed in.
async fn two_browsers() -> (Router, Browser, Browser) {
    let configuration = Configuration::for_this_process(APP, ISSUER).expect("settings");
    two_browsers_of(demo_of(&configuration, |builder| builder)).await
}

/// The same with sessions in cookies, which they are unless the settings say otherwise.
async fn two_browsers_with_cookies() -> (Router, Browser, Browser) {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/settings.example.toml"));
    let configuration = Configuration::from_file(file).expect("the example");
    two_browsers_of(demo_of(&configuration, |builder| builder.secret_key(SecretKey::generate()))).await
}

async fn two_browsers_of((app, provider): (Router, DevelopmentProvider)) -> (Router, Browser, Browser) {
    let (mut one, mut other) = (browser_of(&app, &provider), browser_of(&app, &provider));
    signed_in(&mut one, "alice").await;
    signed_in(&mut other, "alice").await;
    (app, one, other)
}

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.fetch(&format!("{APP}/api/me")).await.status() == StatusCode::OK
}

#[tokio::test]
async fn a_person_sees_both_browsers_and_ends_the_other_one() {
    let (_, mut one, mut other) = two_browsers().await;
    let page = one.get(&format!("{APP}/sessions")).await;
    assert_eq!(
        (page.text().matches("<li class=\"card\">").count(), page.text().matches("this browser").count()),
        (2, 1)
    );
    let (_, id) = page.text().split_once("name=\"id\" value=\"").expect("a button");
    let (id, _) = id.split_once('"').expect("quoted");
    let page = one.submit(&page, "/sessions/end", &[("id", id)]).await;
    assert_eq!((page.status(), page.url().path()), (StatusCode::OK, "/sessions"));
    assert_eq!(page.text().matches("<li class=\"card\">").count(), 1);
    assert!(is_signed_in(&mut one).await && !is_signed_in(&mut other).await);
}

#[tokio::test]
async fn a_person_ends_all_others_or_all() {
    let (_, mut one, mut other) = two_browsers().await;
    let page = one.get(&format!("{APP}/sessions")).await;
    let page = one.submit(&page, "/sessions/end_others", &[]).await;
    assert!(is_signed_in(&mut one).await && !is_signed_in(&mut other).await);
    assert!(!page.text().contains("/sessions/end_others"), "there are none left");
    let page = one.submit(&page, "/sessions/end_all", &[]).await;
    assert_eq!(page.url().path(), "/goodbye");
    assert!(!is_signed_in(&mut one).await);
}

#[tokio::test]
async fn with_sessions_in_cookies_the_page_explains_and_all_can_be_ended() {
    let (_, mut one, mut other) = two_browsers_with_cookies().await;
    let page = one.get(&format!("{APP}/sessions")).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().contains("[sessions]") && !page.text().contains("<li class=\"card\">"));
    one.submit(&page, "/sessions/end_all", &[]).await;
    assert!(!is_signed_in(&mut one).await && !is_signed_in(&mut other).await);
}

#[tokio::test]
async fn forms_of_another_site_end_nothing() {
    let (_, mut one, mut other) = two_browsers().await;
    for path in ["/sessions/end", "/sessions/end_others", "/sessions/end_all", "/refresh"] {
        for from in ["https://evil.example/", "http://localhost:4000/"] {
            let page = one.post_form_from(from, &format!("{APP}{path}"), &[("id", &"0".repeat(32))]).await;
            assert_eq!(page.status(), StatusCode::FORBIDDEN, "{path} from {from}");
        }
        assert!(!one.get(&format!("{APP}{path}")).await.status().is_success(), "{path}: nor does a GET");
    }
    assert!(is_signed_in(&mut one).await && is_signed_in(&mut other).await);
}

#[tokio::test]
async fn a_refresh_shows_claims_and_never_a_token() {
    let (mut browser, provider) = demo();
    signed_in(&mut browser, "alice").await;
    let page = browser.post_form(&format!("{APP}/refresh"), &[]).await;
    assert_eq!(page.status(), StatusCode::OK, "{}", page.text());
    let told: serde_json::Value = serde_json::from_str(page.text()).expect("JSON");
    assert_eq!(told["claims"]["email"], "alice@example.com");
    assert_eq!(told["scope"], "openid profile email");
    assert!(told["expires_in"].as_i64().is_some_and(|seconds| seconds > 0));
    let members: Vec<_> = told.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["claims", "expires_in", "scope"]);
    assert_eq!(provider.tally().refreshes, 1);
}

#[tokio::test]
async fn a_script_learns_until_when_the_token_is_good_and_never_the_token() {
    let (mut browser, provider) = demo();
    assert_eq!(browser.fetch(&format!("{APP}/api/token")).await.status(), StatusCode::UNAUTHORIZED);
    signed_in(&mut browser, "alice").await;
    let page = browser.fetch(&format!("{APP}/api/token")).await;
    assert_eq!(page.status(), StatusCode::OK, "{}", page.text());
    let told: serde_json::Value = serde_json::from_str(page.text()).expect("JSON");
    let members: Vec<_> = told.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["expires_at", "scope"]);
    assert!(told["expires_at"].as_i64().is_some_and(|end| end > moment::now().seconds()), "{told}");
    assert_eq!((provider.tally().refreshes, provider.count("/userinfo")), (0, 1));
}

/// The first event, and the rest of them.
async fn events(app: &Router, browser: &Browser) -> (String, BodyDataStream) {
    let cookies: Vec<_> = browser.cookies().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
    let request = Request::get("/live/events").header(header::COOKIE, cookies.join("; ")).body(Body::empty());
    let response = app.clone().oneshot(request.expect("a request")).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    let first = events.next().await.expect("an event").expect("readable");
    (String::from_utf8_lossy(&first).into_owned(), events)
}

#[tokio::test]
async fn the_live_page_is_told_when_the_session_ends_and_then_the_stream_ends() {
    let (app, mut one, mut other) = two_browsers().await;
    let (first, mut rest) = events(&app, &one).await;
    assert_eq!(first, "event: signed_in\ndata: -\n\n");
    assert!(rest.next().now_or_never().is_none(), "nothing to say so far");
    let page = other.get(&format!("{APP}/sessions")).await;
    other.submit(&page, "/sessions/end_others", &[]).await;
    let last = rest.next().await.expect("an event").expect("readable");
    assert_eq!(String::from_utf8_lossy(&last), "event: ended\ndata: -\n\n");
    assert!(rest.next().await.is_none());
    assert_eq!(one.fetch(&format!("{APP}/live/events")).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_live_page_has_the_one_script_of_the_demo() {
    let (_, mut one, _) = two_browsers().await;
    let page = one.get(&format!("{APP}/live")).await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("script-src 'self'; connect-src 'self'; form-action "), "{policy}");
    let script = one.get(&format!("{APP}/live.js")).await;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
}
