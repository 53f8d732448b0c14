//! Too many logout tokens, and too many of keys that nobody has: they cost little, and cost those who sign in nothing.
//!
//! Time stands still here, so that a login which would have to wait for somebody else's question takes longer than none.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::{Instant, advance};

use crate::{
    bench::{Bench, Mode, is_in},
    op::Op,
};

/// A token of a key that is not in the key set.
fn of_unknown_key(op: &Op, bench: &Bench, kid: usize) -> String {
    let header = json!({"alg": "ES256", "typ": "logout+jwt", "kid": format!("kid-{kid}")});
    op.sign_with_header(&header, &op.logout(bench.now(), &json!({"sid": "s-1"})))
}

fn forged(bench: &Bench) -> String {
    let mut token = bench.corp.sign(&bench.corp.logout(bench.now(), &json!({"sid": "s-1"})));
    let last = token.pop();
    token.push(if last == Some('A') { 'Q' } else { 'A' });
    token
}

/// V77
#[tokio::test(start_paused = true)]
async fn a_flood_is_put_off_and_a_good_token_gets_through_a_moment_later() {
    let bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let mut there = bench.device("staff", "alice", "s-1").await;
    let asked = bench.store.asked();
    let mut statuses = Vec::new();
    for _ in 0..1000 {
        statuses.push(bench.post("corp", &forged(&bench)).await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 200, "so many are looked at");
    assert!(statuses[200..].iter().all(|status| *status == 429));
    assert_eq!(bench.store.asked(), asked, "and no store is asked");

    bench.end_session("corp", "s-1").await.expect_error(429, "there is nothing left for this one");
    assert!(is_in(&mut alice).await);
    bench.end_session("staff", "s-1").await.expect_ok();
    assert!(!is_in(&mut there).await, "another provider's are another provider's");
    advance(Duration::from_secs(1)).await;
    bench.end_session("corp", "s-1").await.expect_ok();
    assert!(!is_in(&mut alice).await);
}

/// V77: what ends sessions is no flood, however much it is; what is repeated is.
#[tokio::test(start_paused = true)]
async fn a_provider_may_end_as_many_sessions_as_it_has() {
    let bench = Bench::new(Mode::Cookies);
    bench.device("corp", "alice", "s-1").await;
    for number in 0..1000 {
        bench.end_session("corp", &format!("s-{number}")).await.expect_ok();
    }
    let token = bench.corp.sign(&bench.corp.logout(bench.now(), &json!({"sid": "s-1"})));
    let mut replays = 0;
    while bench.post("corp", &token).await.status == 200 {
        replays += 1;
        assert!(replays <= 1000, "replays go on for ever");
    }
    assert_eq!(replays, 201);
}

/// V52, R77: the provider has new keys, and says goodbye with them before anybody signs in with them.
#[tokio::test(start_paused = true)]
async fn a_token_of_a_key_that_is_new_to_us_is_good() {
    let bench = Bench::new(Mode::Store);
    let (mut alice, mut bob) = (bench.device("corp", "alice", "s-1").await, bench.device("corp", "bob", "s-2").await);
    bench.corp.changes_its_key();
    bench.end_session("corp", "s-1").await.expect_ok();
    assert_eq!((is_in(&mut alice).await, bench.corp.provider.count("/jwks")), (false, 2));
    bench.end_session("corp", "s-2").await.expect_ok();
    assert_eq!((is_in(&mut bob).await, bench.corp.provider.count("/jwks")), (false, 2), "and it is known now");
}

/// V52: of tokens of unknown keys one in thirty seconds makes us ask; the others are put off or refused.
#[tokio::test(start_paused = true)]
async fn a_storm_of_unknown_keys_asks_the_provider_twice_a_minute() {
    let bench = Bench::new(Mode::Cookies);
    bench.device("corp", "alice", "s-1").await;
    assert_eq!(bench.corp.provider.count("/jwks"), 1);
    for minute in 0..10 {
        for half in 0..2 {
            for number in 0..50 {
                let token = of_unknown_key(&bench.corp, &bench, minute * 100 + half * 50 + number);
                let status = bench.post("corp", &token).await.status;
                assert_eq!(status, if number == 0 { 400 } else { 429 });
            }
            advance(Duration::from_secs(30)).await;
        }
        assert_eq!(bench.corp.provider.count("/jwks"), 3 + 2 * minute);
    }
}

/// V52: what the provider did not have a moment ago is not asked for again.
#[tokio::test(start_paused = true)]
async fn a_key_that_was_looked_for_in_vain_is_looked_for_again_after_five_minutes() {
    let bench = Bench::new(Mode::Cookies);
    bench.device("corp", "alice", "s-1").await;
    let token = of_unknown_key(&bench.corp, &bench, 1);
    for minute in 0..5 {
        bench.post("corp", &token).await.expect_error(400, "unknown");
        assert_eq!(bench.corp.provider.count("/jwks"), 2, "after {minute} minutes");
        advance(Duration::from_secs(60)).await;
    }
    bench.post("corp", &token).await.expect_error(400, "unknown");
    assert_eq!(bench.corp.provider.count("/jwks"), 3);
}

/// V52: "a storm on (b) cannot delay (a)".
#[tokio::test(start_paused = true)]
async fn a_storm_of_unknown_keys_does_not_delay_a_login() {
    let bench = Bench::new(Mode::Cookies);
    bench.device("corp", "alice", "s-1").await;
    advance(Duration::from_secs(10)).await;
    let mut browser = bench.browser();
    bench.corp.calls_sessions(None);
    let callback = {
        let page = browser.get("http://localhost:3000/auth/login/corp?return_to=/who").await;
        let page = browser.submit_without_redirects(&page, "authorize", &[("user", "bob")]).await;
        page.header("location").expect("the way back").to_owned()
    };
    for number in 0..20 {
        bench.post("corp", &of_unknown_key(&bench.corp, &bench, number)).await;
    }
    assert_eq!(bench.corp.provider.count("/jwks"), 2);
    bench.corp.provider.rotate_keys();
    let began = Instant::now();
    assert!(browser.get(&callback).await.text().starts_with("corp bob"));
    assert_eq!((bench.corp.provider.count("/jwks"), began.elapsed()), (3, Duration::ZERO), "it asks at once");
}

/// V52: nor does one whose question the provider never answers.
#[tokio::test(start_paused = true)]
async fn a_question_for_a_strangers_sake_that_hangs_does_not_delay_a_login() {
    let bench = Bench::new(Mode::Cookies);
    bench.device("corp", "alice", "s-1").await;
    advance(Duration::from_secs(10)).await;
    bench.corp.hangs_at_jwks();
    let token = of_unknown_key(&bench.corp, &bench, 1);
    let waits = tokio::time::timeout(Duration::from_secs(1), bench.post("corp", &token)).await;
    assert!(waits.is_err(), "the one who asked waits");
    bench.corp.provider.rotate_keys();
    bench.corp.calls_sessions(None);
    let mut browser = bench.browser();
    let page = browser.get("http://localhost:3000/auth/login/corp?return_to=/who").await;
    let began = Instant::now();
    assert!(browser.sign_in_as(&page, "bob").await.text().starts_with("corp bob"));
    assert_eq!(began.elapsed(), Duration::ZERO);
    bench.end_session("corp", "s-1").await.expect_ok();
}

/// V52: many of one new key at once ask once, and all of them are good.
#[tokio::test(start_paused = true)]
async fn a_hundred_tokens_of_a_key_that_is_new_to_us_fetch_it_once() {
    let bench = Arc::new(Bench::new(Mode::Cookies));
    let mut devices = Vec::new();
    for number in 0..10 {
        devices.push(bench.device("corp", "alice", &format!("s-{number}")).await);
    }
    bench.corp.changes_its_key();
    let posted = (0..100).map(|number| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.end_session("corp", &format!("s-{number}")).await.expect_ok() })
    });
    for posted in posted.collect::<Vec<_>>() {
        posted.await.expect("taken");
    }
    assert_eq!(bench.corp.provider.count("/jwks"), 2);
    for device in &mut devices {
        assert!(!is_in(device).await);
    }
}
