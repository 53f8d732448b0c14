//! Many requests at once, on one machine and on several.

use std::sync::Arc;

use http::Request;
use tower::ServiceExt;
use vestibule_provider::{Browser, RefreshTokens};

use crate::{
    bench::{self, MODES, Mode, STALE_AFTER, alice_in, application, machine, memory, op, token_of},
    house::{APP, House, ISSUER, TestClock},
};

/// The Cookie header that the browser would send to the application.
pub(crate) fn cookie_header(browser: &Browser) -> String {
    let cookies = browser.cookies().filter(|cookie| cookie.name.contains("vestibule-"));
    cookies.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ")
}

pub(crate) async fn ask(app: axum::Router, path: &'static str, cookie: String) -> (u16, String) {
    let request = Request::get(path).header("cookie", cookie).body(axum::body::Body::empty()).expect("a request");
    let response = app.oneshot(request).await.expect("infallible");
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

async fn all_at_once(house: &House, requests: usize) -> Vec<(u16, String)> {
    let cookie = cookie_header(&house.browser);
    let tasks: Vec<_> = (0..requests).map(|_| tokio::spawn(ask(house.app.clone(), "/token", cookie.clone()))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("no panic"));
    }
    answers
}

/// R88
#[tokio::test]
async fn a_hundred_requests_with_a_stale_token_make_one_token_call() {
    for mode in MODES {
        let (mut house, first) = alice_in(mode, op()).await;
        house.pass(STALE_AFTER);
        let mut answers = all_at_once(&house, 100).await;
        answers.dedup();
        let [(200, second)] = answers.as_slice() else { panic!("{mode:?}: {answers:?}") };
        assert_ne!(*second, first, "{mode:?}");
        let tally = house.provider.tally();
        assert_eq!((tally.refresh_requests, tally.reuses_detected), (1, 0), "{mode:?}");
    }
}

/// A client that hangs up does not cancel what the provider has begun.
#[tokio::test]
async fn whoever_hangs_up_leaves_the_new_token_behind() {
    for mode in MODES {
        let (mut house, first) = alice_in(mode, op()).await;
        house.pass(STALE_AFTER);
        let hold = house.provider.hold("/token");
        let asking = tokio::spawn(ask(house.app.clone(), "/token", cookie_header(&house.browser)));
        hold.until_waiting(1).await;
        asking.abort();
        assert!(asking.await.expect_err("hung up").is_cancelled());
        hold.release();
        let second = bench::token(&mut house).await;
        assert_ne!(second, first, "{mode:?}");
        let tally = house.provider.tally();
        assert_eq!((tally.refresh_requests, tally.reuses_detected), (1, 0), "{mode:?}");
    }
}

/// The lease: machines that share a store refresh a session once among them.
#[tokio::test(start_paused = true)]
async fn two_machines_that_share_a_store_make_one_token_call() {
    for mode in MODES {
        let (op, clock, store) = (op(), TestClock::new(), memory());
        let [one, other] = [(); 2].map(|()| machine(&op, &clock, mode, &store).build().expect("settings"));
        let (mut house, first) = bench::alice_at(bench::around(op, clock, &one)).await;
        let elsewhere = application(&other);
        house.pass(STALE_AFTER);
        let (hold, cookie) = (house.provider.hold("/token"), cookie_header(&house.browser));
        let here = tokio::spawn(ask(house.app.clone(), "/token", cookie.clone()));
        hold.until_waiting(1).await;
        let there = tokio::spawn(ask(elsewhere, "/token", cookie));
        // The other machine looks at the lease and the notes again and again before the provider answers.
        for _ in 0..50 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let tally = house.provider.tally();
        assert_eq!((tally.refresh_requests, tally.refreshes), (1, 0), "{mode:?}: held, and nobody else asks");
        hold.release();
        let (here, there) = (here.await.expect("no panic"), there.await.expect("no panic"));
        assert_eq!(here, there, "{mode:?}");
        assert!(here.0 == 200 && here.1 != first, "{mode:?}: {here:?}");
        assert_eq!(house.provider.tally().refresh_requests, 1, "{mode:?}");
    }
}

/// Two sessions of one person are two families of tokens.
#[tokio::test]
async fn each_session_refreshes_for_itself() {
    let (mut house, first) = alice_in(Mode::Store, op().refresh_tokens(RefreshTokens::Rotating)).await;
    let mut tablet = house.another_browser();
    let page = tablet.get(&format!("{APP}/token")).await;
    assert!(page.url().as_str().starts_with(ISSUER), "{}", page.url());
    tablet.sign_in_as(&page, "alice").await;
    house.pass(STALE_AFTER);
    tablet.set_now(vestibule::Clock::now(&house.clock));
    let (here, there) = (bench::token(&mut house).await, token_of(&mut tablet).await);
    assert!(here != there && here != first);
    assert_eq!(house.provider.tally().refresh_requests, 2);
}

/// One store by two names is one store.
#[tokio::test]
async fn the_store_can_be_shared_by_reference() {
    let store = memory();
    let (op, clock) = (op(), TestClock::new());
    let one = machine(&op, &clock, Mode::Store, &store).build().expect("settings");
    let other = machine(&op, &clock, Mode::Store, &Arc::clone(&store)).build().expect("settings");
    let (house, first) = bench::alice_at(bench::around(op, clock, &one)).await;
    assert_eq!(ask(application(&other), "/token", cookie_header(&house.browser)).await, (200, first));
}
