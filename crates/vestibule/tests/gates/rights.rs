//! Signed in, and yet not allowed: 403, and never a login loop.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, routing::get};
use serde::Deserialize;
use vestibule::{Claims, RequireLogin};
use vestibule_provider::User;

use crate::house::{
    House, TestClock, builder,
    log::Log,
    paper::{expect_page_of_ours, place},
    provider,
};

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Aged {
    #[expect(dead_code, reason = "only its presence matters")]
    age: u8,
}

#[derive(Deserialize)]
struct Admin {
    admin: Option<bool>,
}

/// Gates and extractors of all kinds; bob is no admin, carol has no name, dora's age is no number.
fn house() -> House {
    let provider = provider()
        .user(User::new("carol"))
        .user(User::new("dora").claim("name", "Dora").claim("age", "canary").claim("admin", "yes"));
    let clock = TestClock::new();
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    let entered = Arc::new(AtomicUsize::new(0));
    let counted = |text: &'static str| {
        let entered = Arc::clone(&entered);
        get(async move || {
            entered.fetch_add(1, Ordering::SeqCst);
            text
        })
    };
    let behind = |path, rule: RequireLogin| Router::new().route(path, counted("entered")).route_layer(rule);
    let is_admin = |admin: &Admin| admin.admin == Some(true);
    let app = Router::new()
        .route("/name", get(async |Claims(me): Claims<Named>| me.name))
        .merge(behind("/admin", vestibule.require_login().claims(is_admin)))
        .merge(behind("/never", vestibule.require_login().claims(|_: &Admin| false)))
        .merge(behind("/aged", vestibule.require_login().claims(|_: &Aged| true)))
        .merge(behind(
            "/both",
            vestibule.require_login().claims(is_admin).claims(|me: &Named| me.name.starts_with('A')),
        ))
        .merge(behind("/both_turned", vestibule.require_login().claims(|_: &Admin| false).claims(is_admin)));
    House::around_app(provider, clock, vestibule.wrap(app), entered)
}

async fn expect_forbidden(house: &mut House, path: &str) {
    let asked = house.provider.requests().len();
    for _ in 0..3 {
        let page = house.get(path).await;
        assert_eq!((page.status().as_u16(), page.hops().len()), (403, 1), "{path}");
        expect_page_of_ours(&page);
        assert_eq!(page.header("set-cookie"), None, "{path}: no login begins");
    }
    let program = house.browser.fetch(&format!("{}{path}", crate::house::APP)).await;
    assert_eq!(program.status(), 403, "{path}");
    assert_eq!(house.provider.requests().len(), asked, "{path}: nobody is sent to the provider again");
    assert_eq!(house.entered(), 0, "{path}: the handler must not run");
}

/// V15
#[tokio::test]
async fn claims_that_do_not_satisfy_the_gate_get_403_and_never_a_login_loop() {
    let mut house = house();
    let page = house.sign_in("/admin", "bob").await;
    assert_eq!((page.status().as_u16(), place(&page).as_str()), (403, "/admin"));
    assert_eq!(house.provider.count("/token"), 1, "one login, one answer");
    for path in ["/admin", "/never", "/aged", "/both", "/both_turned"] {
        expect_forbidden(&mut house, path).await;
    }
    assert_eq!(house.get("/name").await.text(), "Bob", "and the session lives on");
}

/// V15, V41: what cannot be read satisfies nothing.
#[tokio::test]
async fn claims_of_another_shape_do_not_satisfy_the_gate() {
    let mut house = house();
    house.sign_in("/name", "dora").await;
    for path in ["/aged", "/admin"] {
        expect_forbidden(&mut house, path).await;
    }
}

#[tokio::test]
async fn claims_that_satisfy_every_predicate_of_the_gate_pass() {
    let mut house = house();
    let page = house.sign_in("/both", "alice").await;
    assert_eq!((page.text(), house.entered()), ("entered", 1));
    assert_eq!(house.get("/admin").await.text(), "entered");
    assert_eq!(house.get("/both_turned").await.status(), 403, "an earlier predicate stays in force");
    assert_eq!(house.get("/never").await.status(), 403);
}

#[tokio::test]
async fn claims_that_do_not_fit_the_struct_of_the_handler_get_403_and_a_log_line_without_values() {
    let mut house = house();
    let (log, _listening) = Log::listen();
    let page = house.sign_in("/name", "carol").await;
    assert_eq!((page.status().as_u16(), place(&page).as_str()), (403, "/name"));
    expect_forbidden(&mut house, "/name").await;
    let lines: Vec<_> = log.lines().into_iter().filter(|line| line.contains("missing field `name`")).collect();
    assert!(lines.iter().all(|line| line.starts_with("WARN vestibule::gate")), "{lines:?}");
    assert_eq!(lines.len(), 5, "one a refusal");
}

/// The first question is who it is: a stranger is sent to sign in, whatever the gate asks besides.
#[tokio::test]
async fn a_stranger_is_asked_to_sign_in_before_any_claim_is_judged() {
    let mut house = house();
    for path in ["/admin", "/never", "/aged", "/both", "/name"] {
        let page = house.browser.get_without_redirects(&format!("{}{path}", crate::house::APP)).await;
        assert_eq!(page.status(), 303, "{path}");
    }
    assert_eq!(house.entered(), 0);
}
