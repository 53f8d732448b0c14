//! `/auth/live` and `/auth/ready`: what a machine asks that watches over the process.

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::FutureExt as _;
use tokio::time::sleep;
use vestibule::Tokens;
use vestibule_provider::{Fault, Page};

use crate::{
    frail::Frail,
    house::{APP, House},
    line::{house as counted_house, house_without_provider},
};

async fn ask(house: &mut House, which: &str) -> Page {
    house.browser.fetch(&format!("{APP}/auth/{which}")).await
}

fn assert_uncached(page: &Page) {
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.headers().get("set-cookie").is_none());
}

/// Reliability: `ready` and `live` differ.
#[tokio::test(start_paused = true)]
async fn a_process_without_its_provider_lives_and_is_not_ready() {
    let (mut house, _line, _vestibule) = house_without_provider();
    let live = ask(&mut house, "live").await;
    assert_eq!((live.status().as_u16(), live.text()), (200, "live"));
    assert_uncached(&live);

    let first = ask(&mut house, "ready").await;
    assert_eq!(first.status().as_u16(), 503);
    assert_eq!(first.text(), r#"{"ready":false,"causes":[{"provider":"corp","cause":"it has not been asked yet"}]}"#);
    sleep(Duration::from_secs(2)).await;
    let later = ask(&mut house, "ready").await;
    assert_eq!(later.text(), r#"{"ready":false,"causes":[{"provider":"corp","cause":"it cannot be reached"}]}"#);
    assert_eq!(later.header("retry-after"), Some("5"));
    assert_uncached(&later);

    house.provider.set_fault(None);
    sleep(Duration::from_secs(31)).await;
    let ready = ask(&mut house, "ready").await;
    assert_eq!((ready.status().as_u16(), ready.text()), (200, r#"{"ready":true}"#));
    assert_uncached(&ready);
}

/// What is wrong with a provider is said in general words: the rest is in the log.
#[tokio::test(start_paused = true)]
async fn the_cause_is_named_without_what_is_inside() {
    for (fault, cause) in [
        (Fault::MetadataServerError, "it answers with errors"),
        (Fault::MetadataIssuerMismatch, "its answers cannot be used"),
        (Fault::JwksMalformed, "its answers cannot be used"),
    ] {
        let (mut house, _line, vestibule) = counted_house(|builder| builder);
        house.provider.set_fault(Some(fault.clone()));
        assert!(vestibule.ready().await.is_err());
        let page = ask(&mut house, "ready").await;
        let expected = format!(r#"{{"ready":false,"causes":[{{"provider":"corp","cause":"{cause}"}}]}}"#);
        assert_eq!((page.status().as_u16(), page.text()), (503, expected.as_str()), "{fault:?}");
    }
}

/// A probe costs the provider nothing: the first one has it asked, and the rest do not ask it more often.
#[tokio::test(start_paused = true)]
async fn a_thousand_probes_ask_the_provider_no_more_than_one() {
    let (mut house, line, _vestibule) = counted_house(|builder| builder);
    assert_eq!(line.questions(), 0);
    for _ in 0..1000 {
        ask(&mut house, "ready").await;
    }
    sleep(Duration::from_secs(5)).await;
    assert_eq!(line.questions(), 2, "metadata and keys");
    assert_eq!(ask(&mut house, "ready").await.status().as_u16(), 200);

    house.provider.set_fault(Some(Fault::Unreachable));
    for _ in 0..3500 {
        ask(&mut house, "ready").await;
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(line.questions(), 2, "nothing has aged, so nothing is asked");
    sleep(Duration::from_secs(100)).await;
    // After an hour it has: 200 on what is known, and a question each 15 s or so.
    for _ in 0..3600 {
        assert_eq!(ask(&mut house, "ready").await.status().as_u16(), 200);
        sleep(Duration::from_secs(1)).await;
    }
    assert!((120..=400).contains(&line.questions()), "{} questions", line.questions());
}

/// What nobody could have used for a day any more is not ready.
#[tokio::test(start_paused = true)]
async fn what_is_known_serves_for_a_day_and_not_for_ever() {
    let (mut house, _line, vestibule) = counted_house(|builder| builder);
    vestibule.ready().await.expect("the provider is there");
    house.provider.set_fault(Some(Fault::Unreachable));
    sleep(Duration::from_secs(24 * 3600)).await;
    assert_eq!(ask(&mut house, "ready").await.status().as_u16(), 200);
    sleep(Duration::from_secs(2 * 3600)).await;
    assert_eq!(ask(&mut house, "ready").await.status().as_u16(), 503);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_named() {
    let store = Frail::new();
    let (mut house, _line, vestibule) = counted_house(|builder| builder.sessions(std::sync::Arc::clone(&store)));
    vestibule.ready().await.expect("all is there");
    assert_eq!(ask(&mut house, "ready").await.status().as_u16(), 200);
    store.fails.store(true, Ordering::SeqCst);
    house.pass(1);
    let page = ask(&mut house, "ready").await;
    let expected = r#"{"ready":false,"causes":[{"store":"it does not answer"}]}"#;
    assert_eq!((page.status().as_u16(), page.text()), (503, expected));
    assert_eq!(ask(&mut house, "live").await.status().as_u16(), 200);
}

/// Anybody can ask, from the street too.
#[tokio::test(start_paused = true)]
async fn a_thousand_probes_ask_the_store_once_a_second_and_once_at_a_time() {
    let store = Frail::new();
    store.is_slow.store(true, Ordering::SeqCst);
    let (mut house, _line, vestibule) = counted_house(|builder| builder.marks(std::sync::Arc::clone(&store)));
    vestibule.ready().await.expect("all is there");
    let before = store.marks_asked.load(Ordering::SeqCst);
    for second in 1..=3 {
        let browser = house.browser.clone();
        let probes = (0..1000).map(|_| {
            let mut browser = browser.clone();
            async move { browser.fetch(&format!("{APP}/auth/ready")).await.status().as_u16() }
        });
        let statuses = futures_util::future::join_all(probes).await;
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        assert_eq!(store.marks_asked.load(Ordering::SeqCst) - before, second);
        house.pass(1);
    }
    assert_eq!(store.most_at_once.load(Ordering::SeqCst), 1);
    // Nobody waits for who hung up.
    let mut hung_up = house.browser.clone();
    let asked = hung_up.fetch(&format!("{APP}/auth/ready")).now_or_never();
    assert!(asked.is_none(), "the store takes longer");
    assert_eq!(ask(&mut house, "ready").await.status().as_u16(), 200);
}

/// They are about nobody: whoever asks with a session's cookie stays as idle as they were.
#[tokio::test(start_paused = true)]
async fn a_probe_is_nobodys_activity() {
    let (mut house, _line, _vestibule) = counted_house(|builder| {
        let policy = vestibule::SessionPolicy::lifetime(Duration::from_secs(86_400)).idle(Duration::from_secs(600));
        builder.session(policy).tokens(Tokens::Discard)
    });
    house.sign_in("/profile", "alice").await;
    for _ in 0..11 {
        house.pass(60);
        assert_uncached(&ask(&mut house, "live").await);
        assert_uncached(&ask(&mut house, "ready").await);
    }
    assert_eq!(house.me().await, None, "eleven minutes without activity");
}
