//! Logins that another site begins (Core 4): off unless the settings say so, and then for one issuer, in a browser's window, to a page
//! of ours (V2, V25, R140).

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use url::form_urlencoded;
use vestibule_provider::Page;

use crate::{
    bench::{asked, corp, departures, finish_sign_in, house, last_said},
    house::{
        APP, House, ISSUER,
        log::Log,
        paper::{expect_page_of_ours, navigation, place},
        rejection::cookies,
    },
};

const HERE: &str = "/auth/initiate_login/corp";
const PORTAL: &str = "https://portal.example";

fn open_house() -> House {
    house(corp().initiate_login())
}

fn here(parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{APP}{HERE}?{query}")
}

/// A refusal: a page of ours, one line in the log, no login.
fn expect_refused(page: &Page, status: u16, log: &Log, reason: &str, what: &str) {
    assert_eq!(page.status(), status, "{what}");
    expect_page_of_ours(page);
    assert!(page.hops().iter().all(|hop| hop.set_cookies.is_empty()), "{what}: no login has begun");
    let lines = log.lines();
    let line = lines.iter().find(|line| line.contains("a login that another site began was refused"));
    assert!(line.is_some_and(|line| line.ends_with(&format!("reason={reason}"))), "{what}: {lines:?}");
}

/// V25: opt-in.
#[tokio::test]
async fn nobody_else_begins_logins_unless_the_settings_let_them() {
    let mut house = house(corp());
    for page in [
        house.browser.get(&here(&[("iss", ISSUER)])).await,
        house.browser.post_form_from(PORTAL, &format!("{APP}{HERE}"), &[("iss", ISSUER)]).await,
        house.get("/auth/initiate_login/unknown?iss=x").await,
    ] {
        assert_eq!(page.status(), 404, "{}", page.text());
        expect_page_of_ours(&page);
    }
    assert_eq!(departures(&house), 0);
}

/// Core 4: MUST support both.
#[tokio::test]
async fn a_link_or_a_form_of_another_site_begins_a_login() {
    let target = format!("{APP}/profile?tab=1");
    let all = [("iss", ISSUER), ("login_hint", "alice@example.com"), ("target_link_uri", target.as_str())];
    for is_form in [false, true] {
        let mut house = open_house();
        let page = if is_form {
            house.browser.post_form_from(PORTAL, &format!("{APP}{HERE}"), &all).await
        } else {
            house.browser.get(&here(&all)).await
        };
        assert_eq!(last_said(&house, "login_hint").as_deref(), Some("alice@example.com"));
        let methods: Vec<_> = page.hops().iter().map(|hop| hop.method.as_str()).collect();
        assert_eq!(methods, if is_form { vec!["POST", "GET", "GET"] } else { vec!["GET", "GET"] });
        let page = finish_sign_in(&mut house.browser, &page, "alice").await;
        assert_eq!((page.text(), place(&page)), ("profile of alice", "/profile?tab=1".to_owned()));
    }
}

/// Core 4: what is not there is the front page, and nobody's hint.
#[tokio::test]
async fn an_issuer_is_enough() {
    for parameters in [vec![("iss", ISSUER)], vec![("iss", ISSUER), ("login_hint", ""), ("target_link_uri", "")]] {
        let mut house = open_house();
        let page = house.browser.get(&here(&parameters)).await;
        assert_eq!(last_said(&house, "login_hint"), None);
        let page = finish_sign_in(&mut house.browser, &page, "alice").await;
        assert_eq!((page.text(), place(&page)), ("alice", "/".to_owned()));
    }
}

/// R140, V23, V25: the issuer is REQUIRED, byte for byte the one of this path, and there once.
#[tokio::test]
async fn without_the_issuer_of_this_provider_no_login_begins() {
    let hint = "h".repeat(513);
    for (parameters, reason) in [
        (vec![], "there is no iss (Core 4)"),
        (vec![("login_hint", "alice")], "there is no iss (Core 4)"),
        (vec![("iss", "")], "iss is not the issuer of this provider (Core 4)"),
        (vec![("iss", "https://evil.example")], "iss is not the issuer of this provider (Core 4)"),
        (vec![("iss", "http://127.0.0.1:3001/")], "iss is not the issuer of this provider (Core 4)"),
        (vec![("iss", "HTTP://127.0.0.1:3001")], "iss is not the issuer of this provider (Core 4)"),
        (vec![("iss", " http://127.0.0.1:3001")], "iss is not the issuer of this provider (Core 4)"),
        (vec![("iss", ISSUER), ("iss", ISSUER)], "a parameter is there more than once"),
        (vec![("iss", ISSUER), ("login_hint", "a"), ("login_hint", "b")], "a parameter is there more than once"),
        (
            vec![("iss", ISSUER), ("target_link_uri", "/"), ("target_link_uri", "/")],
            "a parameter is there more than once",
        ),
        (vec![("iss", ISSUER), ("login_hint", hint.as_str())], "login_hint is too long"),
    ] {
        let mut house = open_house();
        let (log, _listening) = Log::listen();
        let page = house.browser.get(&here(&parameters)).await;
        expect_refused(&page, 400, &log, reason, &format!("{parameters:?}"));
        let page = house.browser.post_form_from(PORTAL, &format!("{APP}{HERE}"), &parameters).await;
        assert_eq!((page.status().as_u16(), departures(&house)), (400, 0), "{parameters:?}");
    }
}

/// The longest hint goes on as it is; nothing else of the request does (V24).
#[tokio::test]
async fn the_hint_is_passed_on_and_nothing_else() {
    let hint = format!("ü&=#{}", "h".repeat(507));
    let evil = [
        ("prompt", "none"),
        ("acr_values", "evil"),
        ("scope", "evil"),
        ("redirect_uri", "https://evil.example"),
        ("claims", "{}"),
    ];
    let mut house = open_house();
    house.browser.get(&here(&[("iss", ISSUER)])).await;
    house.browser.get(&here(&[&[("iss", ISSUER), ("login_hint", hint.as_str())], &evil[..]].concat())).await;
    assert_eq!(last_said(&house, "login_hint").as_deref(), Some(hint.as_str()));
    let names =
        |at: usize| -> Vec<String> { asked(&house)[at].query_pairs().map(|(name, _)| name.into_owned()).collect() };
    let with_hint: Vec<String> = names(1).into_iter().filter(|name| name != "login_hint").collect();
    assert_eq!((with_hint, asked(&house)[1].query().is_some_and(|query| query.contains("evil"))), (names(0), false));
}

/// V25: nothing that a browser loads unseen begins a login.
#[tokio::test]
async fn only_a_window_of_a_browser_begins_a_login() {
    let mut house = open_house();
    for dest in ["iframe", "frame", "embed", "object", "image", "script", "empty", ""] {
        for method in [Method::GET, Method::POST] {
            let (log, _listening) = Log::listen();
            let request = Request::builder().method(method).header("sec-fetch-dest", dest);
            let page = house.send(&format!("{HERE}?iss={ISSUER}"), request).await;
            expect_refused(&page, 403, &log, "it was not asked for by a window of a browser (V25)", dest);
        }
    }
    let page = house.send(&format!("{HERE}?iss={ISSUER}"), navigation()).await;
    assert_eq!(page.status(), 303);
    assert_eq!(house.send(&format!("{HERE}?iss={ISSUER}"), Request::get("/")).await.status(), 303, "an old browser");
}

/// R37, V84
#[tokio::test]
async fn another_method_or_another_body_begins_no_login() {
    let mut house = open_house();
    for method in ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let page = house.send(&format!("{HERE}?iss={ISSUER}"), Request::builder().method(method)).await;
        assert_eq!((page.status().as_u16(), page.header("allow")), (405, Some("GET, POST")), "{method}");
        assert!(page.hops()[0].set_cookies.is_empty(), "{method}");
    }
    let form = "application/x-www-form-urlencoded";
    for (kind, bytes, status) in [("application/json", 10, 415), ("", 10, 415), (form, 16 * 1024 + 1, 413)] {
        let body = format!("iss={ISSUER}&x={}", "x".repeat(bytes));
        let request = Request::post(format!("{APP}{HERE}")).header("content-type", kind).body(Body::from(body));
        let page = house.browser.request(request.expect("a request")).await;
        assert_eq!(page.status(), status, "{kind}");
    }
    assert_eq!(departures(&house), 0);
}

/// V26: with the POST no cookie comes along, so that the logins under way could not be counted: the GET after it brings them.
#[tokio::test]
async fn however_many_forms_come_eight_logins_are_under_way_at_most() {
    let mut house = open_house();
    for _ in 0..12 {
        let page = house.browser.post_form_from(PORTAL, &format!("{APP}{HERE}"), &[("iss", ISSUER)]).await;
        assert!(page.hops()[0].set_cookies.is_empty(), "the POST itself begins nothing");
        house.pass(1);
        assert!(cookies(&house.browser, "login-").len() <= 8);
    }
    assert_eq!((cookies(&house.browser, "login-").len(), departures(&house)), (8, 12));
}

/// V25: many at once are too many; who signs in here notices nothing of it.
#[tokio::test(start_paused = true)]
async fn a_flood_is_refused_and_others_sign_in_meanwhile() {
    let mut house = open_house();
    for _ in 0..100 {
        assert_eq!(house.send(&format!("{HERE}?iss={ISSUER}"), navigation()).await.status(), 303);
    }
    let (log, _listening) = Log::listen();
    let page = house.send(&format!("{HERE}?iss={ISSUER}"), navigation()).await;
    expect_refused(&page, 429, &log, "too many at once", "the 101st");
    assert_eq!(page.header("retry-after"), Some("1"));
    house.browser = house.another_browser();
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
    tokio::time::advance(Duration::from_millis(100)).await;
    assert_eq!(house.send(&format!("{HERE}?iss={ISSUER}"), navigation()).await.status(), 303, "one more after a while");
}

const ORIGINS: [&str; 25] = [
    "",
    APP,
    "http://localhost:3000@evil.example",
    "http://localhost:3000.evil.example",
    "http://localhost:3000:80",
    "http://localhost:3000\\@evil.example",
    "http://localhost:3000%2f@evil.example",
    "http://user:password@localhost:3000",
    "http://localhost:03000",
    "http://localhost",
    "http://localhost.:3000",
    "https://localhost:3000",
    "http://127.0.0.1:3000",
    "HTTP://LOCALHOST:3000",
    "https://evil.example",
    "//evil.example",
    "//localhost:3000",
    "\\\\evil.example",
    "/\\evil.example",
    "http:/evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "\thttp://localhost:3000",
    " http://localhost:3000",
];

const PATHS: [&str; 40] = [
    "",
    "/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nlocation: //evil.example",
    "/\0",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/./\\evil.example",
    "/%2e//evil.example",
    "/%2e%2e//evil.example",
    "/x/..//evil.example",
    "/\u{a0}/evil.example",
    "/\u{ff0f}evil.example",
    "@evil.example/",
    ".evil.example/",
    ":80@evil.example/",
    "/;@evil.example/",
    "?//evil.example",
    "#//evil.example",
    "/?next=//evil.example",
    "/auth/login",
    "/auth/login/corp?prompt=none",
    "/auth/logout",
    "/auth/callback/corp?code=x&state=y",
    "/auth/initiate_login/corp?iss=x",
    "/auth/../auth/login",
    "/x/../auth/login/corp",
    "/./auth/error",
    "/%2e/auth/error",
    "/auth/./logged_out",
];

/// V2, R140: 1,000 payloads, and where each login of somebody who is signed in at the provider ends.
#[tokio::test(start_paused = true)]
async fn no_target_leads_away_from_us_or_into_the_sign_in_itself() {
    let mut house = open_house();
    house.sign_in("/profile", "alice").await;
    let targets: Vec<String> =
        ORIGINS.iter().flat_map(|origin| PATHS.iter().map(move |path| format!("{origin}{path}"))).collect();
    assert_eq!(targets.len(), 1000);
    for target in targets {
        tokio::time::advance(Duration::from_millis(100)).await;
        let page = house.browser.get(&here(&[("iss", ISSUER), ("target_link_uri", &target)])).await;
        let [.., callback, landed] = page.hops() else { panic!("{target:?}: {page:?}") };
        assert_eq!((callback.url.path(), callback.status.as_u16()), ("/auth/callback/corp", 303), "{target:?}");
        assert_eq!(landed.url.origin().ascii_serialization(), APP, "{target:?}");
        assert!(
            !landed.url.path().starts_with("/auth/") && !landed.url.path().starts_with("//"),
            "{target:?}: {page:?}"
        );
        let origins = page.hops().iter().map(|hop| hop.url.origin().ascii_serialization());
        assert!(origins.into_iter().all(|origin| origin == APP || origin == ISSUER), "{target:?}: {page:?}");
        assert!(target.starts_with(APP) || landed.url.path() == "/", "{target:?}: {page:?}");
        house.provider.forget_requests();
    }
}
