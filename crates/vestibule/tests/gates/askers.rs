//! Who is redirected to sign in (SECURITY-RULES, "Who is redirected to sign in").

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, routing::any};
use http::Request;
use vestibule::EndUser;
use vestibule_provider::Page;

use crate::house::{
    APP, House, ISSUER, TestClock, builder,
    paper::{expect_page_of_ours, link, navigation, place},
    provider,
};

const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// What a stranger gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// 303 to the provider.
    Redirect,
    /// 401, a page with a link.
    Page,
    /// 401, `application/problem+json`.
    Problem,
}

/// One way to ask.
#[derive(Clone, Copy, Debug, Default)]
struct Asking {
    method: &'static str,
    mode: Option<&'static str>,
    dest: Option<&'static str>,
    purpose: Option<&'static str>,
    accept: Option<&'static str>,
    upgrade: Option<&'static str>,
}

const NAVIGATION: Asking = Asking {
    method: "GET",
    mode: Some("navigate"),
    dest: Some("document"),
    purpose: None,
    accept: Some(HTML),
    upgrade: None,
};
/// No Sec-Fetch headers: an old browser, a program, or plain http to a name that is not loopback.
const OLD: Asking = Asking { mode: None, dest: None, ..NAVIGATION };

/// One page behind an extractor, one behind a gate, for every method.
fn house() -> House {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    let entered = Arc::new(AtomicUsize::new(0));
    let (by_extractor, by_gate) = (Arc::clone(&entered), Arc::clone(&entered));
    let gated = Router::new()
        .route(
            "/gated",
            any(async move || {
                by_gate.fetch_add(1, Ordering::SeqCst);
                "behind the gate"
            }),
        )
        .route_layer(vestibule.require_login());
    let open = any(async |user: Option<EndUser>| if user.is_some() { "somebody" } else { "nobody" });
    let extracted = any(async move |user: EndUser| {
        by_extractor.fetch_add(1, Ordering::SeqCst);
        format!("for {}", user.subject())
    });
    let app = vestibule.wrap(Router::new().route("/extracted", extracted).route("/optional", open).merge(gated));
    House::around_app(provider, clock, app, entered)
}

impl House {
    async fn ask(&mut self, path: &str, asking: &Asking) -> Page {
        let headers = [
            ("sec-fetch-mode", asking.mode),
            ("sec-fetch-dest", asking.dest),
            ("sec-purpose", asking.purpose),
            ("accept", asking.accept),
            ("upgrade", asking.upgrade),
        ];
        let request = Request::builder().method(asking.method);
        let request = headers
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .fold(request, |request, (name, value)| request.header(name, value));
        self.send(path, request).await
    }

    /// Asks as a stranger, in a browser that was never here.
    async fn expect(&mut self, who: &str, path: &str, asking: &Asking, expected: Answer) {
        self.browser = self.another_browser();
        let page = self.ask(path, asking).await;
        let what = format!("{who} at {path}: {asking:?}");
        match expected {
            Answer::Redirect => expect_redirect(&page, &what),
            Answer::Page => expect_sign_in_page(&page, &what),
            Answer::Problem => expect_problem(&page, &what, asking.method == "HEAD"),
        }
        assert_eq!(page.header("cache-control"), Some("no-store"), "{what}");
        assert_eq!(self.entered(), 0, "{what}: the handler must not run");
        let begun = self.cookie_names().iter().filter(|name| name.contains("-login-")).count();
        assert_eq!(begun, usize::from(expected == Answer::Redirect), "{what}: a login begins by a redirect alone");
    }
}

fn expect_redirect(page: &Page, what: &str) {
    // R7: never 307, which would send a body on, and never 302, which some programs repeat as POST.
    assert_eq!(page.status(), 303, "{what}");
    let location = page.header("location").expect("a redirect has one");
    assert!(location.starts_with(&format!("{ISSUER}/authorize?")), "{what}: {location}");
    assert_eq!(page.text(), "", "{what}");
}

fn expect_sign_in_page(page: &Page, what: &str) {
    assert_eq!((page.status().as_u16(), page.header("location")), (401, None), "{what}");
    expect_page_of_ours(page);
    assert!(link(page, "Sign in").starts_with("/auth/login/corp?return_to="), "{what}");
}

fn expect_problem(page: &Page, what: &str, is_head: bool) {
    assert_eq!((page.status().as_u16(), page.header("location")), (401, None), "{what}");
    assert_eq!(page.header("content-type"), Some("application/problem+json"), "{what}");
    if is_head {
        assert_eq!(page.text(), "", "{what}");
        return;
    }
    let problem: serde_json::Value = serde_json::from_str(page.text()).expect("JSON");
    let member = |name| problem.get(name).cloned().expect("a member");
    assert_eq!(member("status"), 401, "{what}");
    assert_eq!(member("login_url"), format!("{APP}/auth/login/corp"), "{what}");
}

/// V15, V16, R7
#[tokio::test]
async fn who_asks_decides_between_a_redirect_a_page_and_a_problem() {
    let mut house = house();
    for (who, asking, expected) in [
        ("a person who opens a page", NAVIGATION, Answer::Redirect),
        ("an old browser", OLD, Answer::Redirect),
        ("an old browser that shouts", Asking { accept: Some("TEXT/HTML"), ..OLD }, Answer::Redirect),
        ("a person who opens a page that is not for reading", Asking { accept: None, ..NAVIGATION }, Answer::Redirect),
        ("a form", Asking { method: "POST", ..NAVIGATION }, Answer::Page),
        ("a form of an old browser", Asking { method: "POST", ..OLD }, Answer::Page),
        ("a link scanner", Asking { method: "HEAD", ..NAVIGATION }, Answer::Problem),
        ("an old link scanner", Asking { method: "HEAD", ..OLD }, Answer::Problem),
        ("a preflight", Asking { method: "OPTIONS", mode: Some("cors"), dest: Some("empty"), ..OLD }, Answer::Problem),
        ("a preflight without more", Asking { method: "OPTIONS", ..OLD }, Answer::Problem),
        ("XMLHttpRequest, fetch", Asking { mode: Some("cors"), dest: Some("empty"), ..NAVIGATION }, Answer::Problem),
        ("fetch of its own", Asking { mode: Some("same-origin"), dest: Some("empty"), ..NAVIGATION }, Answer::Problem),
        (
            "fetch that posts",
            Asking { method: "POST", mode: Some("cors"), dest: Some("empty"), ..OLD },
            Answer::Problem,
        ),
        ("an iframe", Asking { dest: Some("iframe"), ..NAVIGATION }, Answer::Problem),
        ("a form in an iframe", Asking { method: "POST", dest: Some("iframe"), ..NAVIGATION }, Answer::Problem),
        ("a frame", Asking { dest: Some("frame"), ..NAVIGATION }, Answer::Problem),
        ("an object", Asking { dest: Some("object"), ..NAVIGATION }, Answer::Problem),
        ("an image", Asking { mode: Some("no-cors"), dest: Some("image"), ..NAVIGATION }, Answer::Problem),
        ("a script", Asking { mode: Some("no-cors"), dest: Some("script"), ..NAVIGATION }, Answer::Problem),
        (
            "a WebSocket handshake",
            Asking { mode: Some("websocket"), dest: Some("empty"), upgrade: Some("websocket"), accept: None, ..OLD },
            Answer::Problem,
        ),
        ("a WebSocket program", Asking { upgrade: Some("websocket"), accept: None, ..OLD }, Answer::Problem),
        ("a prefetch", Asking { purpose: Some("prefetch"), ..NAVIGATION }, Answer::Problem),
        ("a prerender", Asking { purpose: Some("prefetch;prerender"), ..NAVIGATION }, Answer::Problem),
        ("a prefetch of an odd browser", Asking { purpose: Some("prefetch"), ..OLD }, Answer::Problem),
        ("a program", Asking { accept: Some("*/*"), ..OLD }, Answer::Problem),
        ("a program for JSON", Asking { accept: Some("application/json"), ..OLD }, Answer::Problem),
        ("a program that says nothing", Asking { accept: None, ..OLD }, Answer::Problem),
        ("a program that deletes", Asking { method: "DELETE", ..OLD }, Answer::Problem),
        ("a program that puts", Asking { method: "PUT", ..NAVIGATION }, Answer::Problem),
        ("half of the headers", Asking { dest: None, ..NAVIGATION }, Answer::Problem),
        ("the other half", Asking { mode: None, ..NAVIGATION }, Answer::Problem),
    ] {
        for path in ["/extracted", "/gated"] {
            house.expect(who, path, &asking, expected).await;
        }
    }
}

/// V15, V16, R7: every combination, by the rule as it is written.
#[tokio::test]
async fn the_rule_holds_for_every_combination_of_the_headers() {
    let mut house = house();
    for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] {
        for mode in [None, Some("navigate"), Some("cors"), Some("no-cors"), Some("same-origin"), Some("websocket")] {
            for dest in [None, Some("document"), Some("iframe"), Some("image"), Some("empty")] {
                for purpose in [None, Some("prefetch")] {
                    for accept in [None, Some(HTML), Some("*/*"), Some("application/json")] {
                        let asking = Asking { method, mode, dest, purpose, accept, upgrade: None };
                        if method == "POST" && purpose.is_some() {
                            continue;
                        }
                        house.expect("any", "/extracted", &asking, by_the_rule(&asking)).await;
                    }
                }
            }
        }
    }
}

fn by_the_rule(asking: &Asking) -> Answer {
    let is_navigation = match (asking.mode, asking.dest) {
        (Some("navigate"), Some("document")) => true,
        (None, None) => asking.accept == Some(HTML),
        _ => false,
    };
    match asking.method {
        "GET" if is_navigation && asking.purpose.is_none() => Answer::Redirect,
        "POST" if is_navigation => Answer::Page,
        _ => Answer::Problem,
    }
}

/// V16: no header of somebody's own choice opens or closes anything.
#[tokio::test]
async fn no_other_header_makes_a_difference() {
    let mut house = house();
    for (name, value) in [
        ("x-requested-with", "XMLHttpRequest"),
        ("authorization", "Bearer canary"),
        ("origin", "https://evil.example"),
        ("user-agent", "kube-probe/1.30"),
        ("x-forwarded-user", "alice"),
        ("x-original-method", "OPTIONS"),
        ("x-http-method-override", "OPTIONS"),
    ] {
        let page = house.send("/gated", navigation().header(name, value)).await;
        expect_redirect(&page, name);
        let page = house.send("/gated", Request::get("/").header(name, value)).await;
        expect_problem(&page, name, false);
    }
    assert_eq!(house.entered(), 0);
}

/// The same askers, signed in: nobody is stopped.
#[tokio::test]
async fn whoever_is_signed_in_passes_however_they_ask() {
    let mut house = house();
    let page = house.sign_in("/gated", "alice").await;
    assert_eq!((page.text(), house.entered()), ("behind the gate", 1));
    for (asking, expected) in [
        (NAVIGATION, "for alice"),
        (Asking { method: "POST", ..NAVIGATION }, "for alice"),
        (Asking { method: "HEAD", ..NAVIGATION }, ""),
        (Asking { mode: Some("cors"), dest: Some("empty"), ..OLD }, "for alice"),
        (Asking { purpose: Some("prefetch"), ..NAVIGATION }, "for alice"),
    ] {
        let before = house.entered();
        let page = house.ask("/extracted", &asking).await;
        assert_eq!((page.status().as_u16(), page.text(), house.entered()), (200, expected, before + 1), "{asking:?}");
    }
}

#[tokio::test]
async fn an_optional_user_never_redirects_anybody() {
    let mut house = house();
    for method in ["GET", "POST", "DELETE"] {
        for mode in [None, Some("navigate"), Some("cors")] {
            let asking = Asking { method, mode, ..NAVIGATION };
            let page = house.ask("/optional", &asking).await;
            assert_eq!((page.status().as_u16(), page.text()), (200, "nobody"), "{asking:?}");
            assert_eq!(page.header("set-cookie"), None, "{asking:?}");
        }
    }
    assert_eq!(house.provider.requests().len(), 0, "the provider was not even asked for its metadata");
    house.sign_in("/gated", "alice").await;
    assert_eq!(house.get("/optional").await.text(), "somebody");
}

/// R7: the page of a form that came too late has a link that works.
#[tokio::test]
async fn a_form_of_a_stranger_is_answered_by_a_page_whose_link_signs_in_and_comes_back() {
    let mut house = house();
    let page = house.browser.post_form(&format!("{APP}/extracted?draft=1"), &[("text", "canary")]).await;
    expect_sign_in_page(&page, "a form");
    assert!(!page.text().contains("canary"));
    assert_eq!((house.entered(), house.provider.requests().len()), (0, 0));

    let href = link(&page, "Sign in");
    let at_the_provider = house.browser.follow_link(&page, &href).await;
    let back = house.browser.sign_in_as(&at_the_provider, "alice").await;
    assert_eq!((place(&back).as_str(), back.text()), ("/extracted?draft=1", "for alice"));
    let sent = house.browser.post_form(&format!("{APP}/extracted?draft=1"), &[("text", "again")]).await;
    assert_eq!((sent.status().as_u16(), sent.text()), (200, "for alice"));
}

/// The problem's `login_url` is for opening: with a `return_to` it leads back to the page that asked.
#[tokio::test]
async fn the_login_url_of_a_problem_signs_in_and_comes_back() {
    let mut house = house();
    let page = house.browser.fetch(&format!("{APP}/extracted")).await;
    let problem: serde_json::Value = serde_json::from_str(page.text()).expect("JSON");
    let login_url = problem["login_url"].as_str().expect("a URL").to_owned();
    let sign_in = house.browser.get(&format!("{login_url}?return_to=/gated%3Fx=1")).await;
    let back = house.browser.sign_in_as(&sign_in, "alice").await;
    assert_eq!((place(&back).as_str(), back.text()), ("/gated?x=1", "behind the gate"));
}
