//! Each thing that is decided of somebody who asks for a page, once.

use std::sync::atomic::Ordering;

use vestibule::MemoryStore;
use vestibule_provider::Page;

use crate::{
    bench::{Record, only, records, reference_on},
    house::{APP, House, everywhere::Everywhere, log::Log},
};

/// What is decided of the next page.
async fn decided(house: &mut House, path: &str) -> (Page, Record) {
    let (log, _listening) = Log::listen();
    let page = house.get(path).await;
    (page, only(&log))
}

#[tokio::test]
async fn a_program_that_is_told_to_sign_in_is_one_record() {
    let mut house = House::new();
    let (log, _listening) = Log::listen();
    assert_eq!(house.browser.fetch(&format!("{APP}/api/me")).await.status(), 401);
    let record = only(&log);
    assert_eq!((record.decision.as_str(), record.level.as_str()), ("login_required", "DEBUG"));
    assert_eq!((record.target.as_str(), record.rule.as_str()), ("vestibule::gate", "RFC 9110 15.5.2"));
}

#[tokio::test]
async fn whoever_may_not_see_a_page_finds_the_record_by_it() {
    let mut house = House::new();
    house.sign_in("/profile", "bob").await;
    let (page, record) = decided(&mut house, "/admin").await;
    assert_eq!((page.status().as_u16(), record.decision.as_str()), (403, "claims_refused"));
    assert_eq!((record.level.as_str(), record.rule.as_str()), ("INFO", "require_login().claims(..)"));
    assert_eq!((reference_on(&page), record.provider.as_deref()), (record.reference.as_str(), Some("corp")));
}

/// Which session was not opened, and why: the log says what the browser cannot know.
#[tokio::test]
async fn a_session_that_does_not_open_says_why() {
    let idle = std::time::Duration::from_secs(60);
    let policy = vestibule::SessionPolicy::lifetime(std::time::Duration::from_secs(600)).idle(idle);
    let reason = |log: &Log| {
        let all = records(log);
        all.into_iter().find(|record| record.decision == "session_not_opened").map(|record| record.rule)
    };
    let mut house = House::with(|builder| builder.session(policy));
    house.sign_in("/profile", "alice").await;
    let kept: Vec<_> = house.browser.cookies().filter(|cookie| cookie.name.ends_with("-session")).cloned().collect();
    let [cookie] = &kept[..] else { panic!("{kept:?}") };
    let lines = [
        // The same value, as if the browser had no clock.
        (format!("{}={}; Path=/", cookie.name, cookie.value), 61, "session.idle"),
        (format!("{}={}; Path=/", cookie.name, cookie.value), 600, "session.lifetime"),
    ];
    for (line, seconds, rule) in lines {
        house.pass(seconds);
        assert!(house.browser.set_cookie(APP, &line));
        let (log, _listening) = Log::listen();
        house.get("/").await;
        assert_eq!(reason(&log).as_deref(), Some(rule), "{line}");
    }
    // Whoever comes without a session is a stranger, and not worth a word.
    let (log, _listening) = Log::listen();
    house.another_browser().get(&format!("{APP}/")).await;
    assert_eq!(records(&log), []);
}

#[tokio::test]
async fn a_session_that_was_ended_says_so() {
    for in_store in [false, true] {
        let mut house = House::with(|builder| if in_store { builder.sessions(MemoryStore::new()) } else { builder });
        house.sign_in("/profile", "alice").await;
        let copy: Vec<_> =
            house.browser.cookies().filter(|cookie| cookie.name.ends_with("-session")).cloned().collect();
        house.browser.post_form_from(APP, &format!("{APP}/auth/logout"), &[]).await;
        for cookie in copy {
            assert!(house.browser.set_cookie(APP, &format!("{}={}; Path=/", cookie.name, cookie.value)));
        }
        let (_, record) = decided(&mut house, "/").await;
        assert_eq!(record.decision, "session_not_opened");
        let rule = if in_store { "sessions.store" } else { "a logout ends the sessions before it" };
        assert_eq!(record.rule, rule);
    }
}

/// Reliability, "Store error is not a store miss": and whoever runs the store finds the line by the page.
#[tokio::test]
async fn a_store_that_fails_is_one_record_which_the_page_has_the_reference_of() {
    let store = Everywhere::new();
    let mut house = House::with(|builder| builder.sessions(store.clone()));
    house.sign_in("/profile", "alice").await;
    store.is_away.store(true, Ordering::SeqCst);
    let (page, record) = decided(&mut house, "/profile").await;
    assert_eq!((page.status().as_u16(), record.decision.as_str()), (503, "store_unavailable"));
    assert_eq!((record.target.as_str(), record.level.as_str()), ("vestibule::session", "ERROR"));
    assert_eq!(reference_on(&page), record.reference);
}

/// V61
#[tokio::test]
async fn cookies_that_are_cleared_are_one_record() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let name = house.cookie_names().into_iter().find(|name| name.ends_with("-session")).expect("signed in");
    let (log, _listening) = Log::listen();
    let request = http::Request::get(format!("{APP}/")).header("cookie", format!("{name}=a; {name}=b"));
    house.browser.request(request.body(axum::body::Body::empty()).expect("a request")).await;
    assert_eq!(only(&log).decision, "cookies_cleared");
}
