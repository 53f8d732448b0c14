//! The page that hands a fragment over: when there is one, what is on it, and what becomes of what it sends (V13, V30).

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Request;
use vestibule::{Client, ResponseMode, ResponseType};

use crate::{
    bench::{
        CALLBACK, Stopped, at_the_error_page, corp, corp_by, finish_sign_in, house, house_with, only_reason,
        only_reason_to_start_over, stopped,
    },
    house::{
        APP, CLIENT_SECRET, House, ISSUER,
        log::Log,
        paper::{joined, navigation, path_and_query},
        rejection::{Delivery, Rejected, cookies, is_departure, who},
    },
};

const NO_STATE: &str = "no state";
const NOT_OF_THIS_BROWSER: &str = "a state whose login this browser did not start, or that it finished";

/// A house whose browser waits for a response in a fragment, and that response.
async fn waiting() -> (House, Stopped) {
    let mut house = house(corp_by(ResponseType::CodeIdToken, None));
    let stopped = stopped(&mut house.browser, "/profile", "alice").await;
    assert_eq!((stopped.mode, stopped.redirect_uri.as_str()), (ResponseMode::Fragment, CALLBACK));
    (house, stopped)
}

/// A callback that says nothing ends on the error page.
async fn expect_no_page(house: &mut House, what: &str) {
    let (log, _listening) = Log::listen();
    let page = house.browser.get_without_redirects(CALLBACK).await;
    assert_eq!(
        (page.status().as_u16(), page.header("location"), page.text()),
        (303, Some("/auth/error"), ""),
        "{what}"
    );
    assert_eq!(only_reason(&log), NO_STATE, "{what}");
}

/// V13: only at the redirect URI of a provider whose responses come in fragments. Whether this browser waits for one it cannot know that
/// was restored after a night.
#[tokio::test]
async fn the_page_is_there_only_where_fragments_come() {
    let mut plain = house(corp());
    expect_no_page(&mut plain, "nobody signs in").await;
    plain.get("/profile").await;
    expect_no_page(&mut plain, "a query is awaited").await;
    let mut by_form = house(corp_by(ResponseType::CodeIdToken, Some(ResponseMode::FormPost)));
    by_form.get("/profile").await;
    expect_no_page(&mut by_form, "a form is awaited").await;

    let lab =
        vestibule::Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let mut elsewhere = house_with(corp(), |builder| builder.provider("lab", lab.response_type(ResponseType::IdToken)));
    elsewhere.get("/auth/login/lab").await;
    expect_no_page(&mut elsewhere, "the fragment of another provider is awaited").await;
    let page = elsewhere.browser.get_without_redirects(&format!("{APP}/auth/callback/lab")).await;
    assert_eq!(page.status(), 200);

    let (mut house, stopped) = waiting().await;
    let stranger = house.another_browser().get_without_redirects(CALLBACK).await;
    let page = house.browser.get(CALLBACK).await;
    assert_eq!((page.status().as_u16(), stranger.text()), (200, page.text()), "the same page, whoever asks");
    stopped.arrive(&mut house.browser).await;
    assert_eq!(house.browser.get(CALLBACK).await.text(), page.text(), "and when it has come");
    // Without a fragment its form says nothing, and who is signed in goes on.
    let page = house.browser.submit_fragment(&page, "0", "fragment").await;
    assert_eq!((page.url().as_str(), page.text()), ("http://localhost:3000/", "alice"));
}

/// V13: what has a query is a response, in the wrong place or not.
#[tokio::test]
async fn a_query_is_never_answered_with_the_page() {
    let (mut house, stopped) = waiting().await;
    for query in ["x=1", "code=abc", "error=access_denied", "state=x", "fragment=x", "&", "%00"] {
        let page = house.browser.get_without_redirects(&format!("{CALLBACK}?{query}")).await;
        assert_eq!((page.status().as_u16(), page.header("location")), (303, Some("/auth/error")), "{query}");
        assert_eq!(page.text(), "", "{query}");
    }
    assert_eq!(stopped.arrive(&mut house.browser).await.header("location"), Some("/profile"), "the login goes on");
}

/// R37: link scanners ask so, and burn nothing.
#[tokio::test]
async fn other_methods_are_not_answered() {
    let (mut house, stopped) = waiting().await;
    for method in ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let page = house.send("/auth/callback/corp", Request::builder().method(method)).await;
        assert_eq!((page.status().as_u16(), page.header("allow")), (405, Some("GET, POST")), "{method}");
    }
    assert_eq!(stopped.arrive(&mut house.browser).await.header("location"), Some("/profile"), "nothing was burnt");
}

/// V13: two logins, one and the same page, and nothing of either on it.
#[tokio::test]
async fn the_page_has_no_protocol_value_in_it() {
    let (mut house, stopped) = waiting().await;
    let page = house.browser.get(CALLBACK).await;
    let attempt = stopped.parameter("state").expect("a state").split('.').next().expect("its name").to_owned();
    for name in ["code", "id_token", "state", "iss"] {
        let value = stopped.parameter(name).expect("part of the response");
        assert!(!page.text().contains(&value), "{name}: {}", page.text());
    }
    for value in ["id_token", "nonce", "my-app", ISSUER, attempt.as_str()] {
        assert!(!page.text().contains(value), "{value}: {}", page.text());
    }
    let (mut other, _) = waiting().await;
    assert_eq!(other.browser.get(CALLBACK).await.text(), page.text());
    assert_eq!(page.hops()[0].set_cookies, Vec::<String>::new());
    let form = format!("<form method=\"post\" action=\"{CALLBACK}\"><input type=\"hidden\" name=\"fragment\"></form>");
    assert!(page.text().contains(&form), "{}", page.text());
}

/// V9, V12, V13, V14: one script, which is named by its hash, and nothing else.
#[tokio::test]
async fn the_page_runs_its_own_script_and_tells_nobody_where_it_came_from() {
    let (mut house, _) = waiting().await;
    let page = house.send("/auth/callback/corp", navigation()).await;
    for (name, expected) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(joined(&page, name), expected, "{name}");
    }
    let (_, script) = page.text().split_once("<script>").expect("a script");
    let (script, after) = script.split_once("</script>").expect("its end");
    assert!(!after.contains("<script") && script.contains("location.hash"), "{after}");
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, script.as_bytes()));
    let policy = joined(&page, "content-security-policy");
    let directives: Vec<_> =
        policy.split("; ").filter(|directive| !directive.starts_with("style-src 'sha256-")).collect();
    assert_eq!(
        directives,
        [
            "default-src 'none'".to_owned(),
            format!("script-src 'sha256-{hash}'"),
            format!("form-action 'self' {ISSUER}"),
            "frame-ancestors 'none'".to_owned(),
            "base-uri 'none'".to_owned(),
        ]
    );
}

/// V22: what a thief brings after it is worth nothing, though they have the cookie.
#[tokio::test]
async fn a_fragment_signs_in_once() {
    let (mut house, stopped) = waiting().await;
    let mut thief = house.browser.clone();
    let answer = stopped.arrive(&mut house.browser).await;
    assert_eq!((answer.status().as_u16(), answer.header("location")), (303, Some("/profile")));
    assert_eq!(
        (joined(&answer, "referrer-policy"), joined(&answer, "cache-control")),
        ("no-referrer".into(), "no-store".into())
    );
    assert_eq!(who(&mut house.browser).await.as_deref(), Some("alice"));
    assert!(cookies(&house.browser, "login-").is_empty(), "the attempt's cookie has gone");

    let (log, _listening) = Log::listen();
    let tokens = house.provider.count("/token");
    let answer = stopped.arrive(&mut thief).await;
    assert!(is_departure(&at_the_error_page(&mut thief, &answer).await));
    assert_eq!(only_reason_to_start_over(&log), "a login that was used already");
    assert_eq!((who(&mut thief).await, house.provider.count("/token")), (None, tokens));
}

/// V17, V28: the cookie of such a login stays at home when another site's page posts.
#[tokio::test]
async fn a_fragment_that_another_site_posts_is_refused_and_harms_nobody() {
    for from in [ISSUER, "https://evil.example"] {
        let (mut house, stopped) = waiting().await;
        let (log, _listening) = Log::listen();
        let (url, body) = stopped.delivered_by(ResponseMode::Fragment);
        house.expect_started_over(Delivery::Form { from, url: &url, body: &body }, None).await;
        assert_eq!(only_reason_to_start_over(&log), NOT_OF_THIS_BROWSER);
        assert_eq!(stopped.arrive(&mut house.browser).await.header("location"), Some("/profile"), "nothing was burnt");
    }
}

/// V17: another browser has not begun it.
#[tokio::test]
async fn a_fragment_of_another_browser_signs_nobody_in() {
    let (mut house, stopped) = waiting().await;
    house.browser = house.another_browser();
    let (url, body) = stopped.delivered_by(ResponseMode::Fragment);
    let (log, _listening) = Log::listen();
    house.expect_started_over(Delivery::Form { from: APP, url: &url, body: &body }, None).await;
    assert_eq!(only_reason_to_start_over(&log), NOT_OF_THIS_BROWSER);
}

/// V23: a form is a fragment when that is the one thing that it says.
#[tokio::test]
async fn a_fragment_beside_something_else_is_a_form_without_a_state() {
    let (mut house, stopped) = waiting().await;
    let (url, body) = stopped.delivered_by(ResponseMode::Fragment);
    for body in
        [format!("{body}&x=1"), format!("x=1&{body}"), format!("{body}&{body}"), "fragment=".to_owned(), String::new()]
    {
        let (log, _listening) = Log::listen();
        house.expect_rejected(Delivery::Form { from: APP, url: &url, body: &body }, Rejected::with(400)).await;
        assert_eq!(only_reason(&log), NO_STATE, "{body}");
    }
    assert_eq!(stopped.arrive(&mut house.browser).await.header("location"), Some("/profile"), "nothing was burnt");
}

/// V26: tabs do not disturb each other.
#[tokio::test]
async fn two_tabs_finish_in_any_order() {
    let mut house = house(corp_by(ResponseType::IdTokenToken, None));
    let first = stopped(&mut house.browser, "/profile?tab=1", "alice").await;
    let second = stopped(&mut house.browser, "/profile?tab=2", "alice").await;
    for (tab, place) in [(second, "/profile?tab=2"), (first, "/profile?tab=1")] {
        assert_eq!(tab.arrive(&mut house.browser).await.header("location"), Some(place));
        assert_eq!(who(&mut house.browser).await.as_deref(), Some("alice"));
    }
}

/// V13: where the browser is in the end.
#[tokio::test]
async fn nothing_of_the_fragment_is_in_the_address_bar_in_the_end() {
    let mut house = house(corp_by(ResponseType::CodeIdTokenToken, None));
    let page = house.get("/profile?tab=1").await;
    let page = finish_sign_in(&mut house.browser, &page, "alice").await;
    assert_eq!(path_and_query(page.url()), "/profile?tab=1");
    let ways: Vec<_> = page.hops().iter().map(|hop| (hop.method.as_str(), hop.url.query().is_none())).collect();
    assert_eq!(ways, [("POST", true), ("GET", false)], "the response is in the body of one request");
}
