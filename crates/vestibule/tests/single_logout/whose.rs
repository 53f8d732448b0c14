//! Whose sessions end: the one that a `sid` names, or all of a subject, at this issuer and no other (Back-Channel Logout 2.7).

use serde_json::{Value, json};
use vestibule_provider::Browser;

use crate::bench::{Bench, MODES, Mode, is_in};

/// Alice's three devices and Bob's one at each of two issuers, who call their sessions alike.
struct Devices(Vec<(&'static str, &'static str, &'static str, Browser)>);

const ALL: [(&str, &str, &str); 8] = [
    ("corp", "alice", "s-1"),
    ("corp", "alice", "s-2"),
    ("corp", "alice", "s-3"),
    ("corp", "bob", "s-4"),
    ("staff", "alice", "s-1"),
    ("staff", "alice", "s-2"),
    ("staff", "alice", "s-3"),
    ("staff", "bob", "s-4"),
];

impl Devices {
    async fn of(bench: &Bench) -> Self {
        let mut devices = Vec::new();
        for (provider, user, sid) in ALL {
            devices.push((provider, user, sid, bench.device(provider, user, sid).await));
        }
        Self(devices)
    }

    /// Those in which somebody is still signed in.
    async fn signed_in(&mut self) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut signed_in = Vec::new();
        for (provider, user, sid, browser) in &mut self.0 {
            if is_in(browser).await {
                signed_in.push((*provider, *user, *sid));
            }
        }
        signed_in
    }
}

/// What is left of all when these are gone.
fn all_but(gone: &[(&'static str, &'static str, &'static str)]) -> Vec<(&'static str, &'static str, &'static str)> {
    ALL.into_iter().filter(|device| !gone.contains(device)).collect()
}

/// R116, R119, R130, V76, V64: the exact sets, with the cookies as they were before.
#[tokio::test]
async fn a_sid_ends_that_session_and_a_subject_ends_all_of_theirs_at_this_issuer_alone() {
    let s_1 = [("corp", "alice", "s-1")];
    let alices = [("corp", "alice", "s-1"), ("corp", "alice", "s-2"), ("corp", "alice", "s-3")];
    let cases: [(Value, Vec<_>); 5] = [
        (json!({"sid": "s-1"}), s_1.to_vec()),
        (json!({"sid": "s-1", "sub": "alice"}), s_1.to_vec()),
        (json!({"sub": "alice"}), alices.to_vec()),
        (json!({"sid": "s-5", "sub": "alice"}), vec![]),
        (json!({"sub": "Alice"}), vec![]),
    ];
    for mode in MODES {
        for (whose, gone) in &cases {
            let bench = Bench::new(mode);
            let mut devices = Devices::of(&bench).await;
            assert_eq!(devices.signed_in().await, ALL);
            bench.end("corp", whose.clone()).await.expect_ok();
            assert_eq!(devices.signed_in().await, all_but(gone), "{mode:?} {whose}");
            // And then the same at the other issuer.
            bench.end("staff", whose.clone()).await.expect_ok();
            let there: Vec<_> = gone.iter().map(|(_, user, sid)| ("staff", *user, *sid)).collect();
            let both = [gone.clone(), there].concat();
            assert_eq!(devices.signed_in().await, all_but(&both), "{mode:?} {whose} at both");
        }
    }
}

/// V64: whoever signs in right after a logout is signed in, in the same second too.
#[tokio::test]
async fn a_login_after_the_logout_is_not_born_dead() {
    for mode in MODES {
        for whose in [json!({"sid": "s-1"}), json!({"sub": "alice"})] {
            let mut bench = Bench::new(mode);
            let mut before = bench.device("corp", "alice", "s-1").await;
            bench.end("corp", whose.clone()).await.expect_ok();
            let mut after = bench.device("corp", "alice", "s-1").await;
            assert_eq!((is_in(&mut before).await, is_in(&mut after).await), (false, true), "{mode:?} {whose}");
            bench.pass(1);
            let mut later = bench.device("corp", "alice", "s-1").await;
            assert!(is_in(&mut after).await && is_in(&mut later).await, "{mode:?} {whose}");
        }
    }
}

/// V64: the provider's clock decides about what the provider says.
#[tokio::test]
async fn a_token_that_comes_late_does_not_end_a_login_that_is_newer_than_itself() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        let mut before = bench.device("corp", "alice", "s-1").await;
        let late = bench.corp.sign(&bench.corp.logout(bench.now(), &json!({"sub": "alice"})));
        bench.pass(30);
        let mut newer = bench.device("corp", "alice", "s-2").await;
        bench.post("corp", &late).await.expect_ok();
        assert_eq!((is_in(&mut before).await, is_in(&mut newer).await), (false, true), "{mode:?}");
    }
}

/// Back-Channel Logout 2.8: 200 for what is not there, or not any more, as well.
#[tokio::test]
async fn a_session_that_is_not_there_is_ended_with_200() {
    for mode in MODES {
        let bench = Bench::new(mode);
        bench.end_session("corp", "never heard of").await.expect_ok();
        let mut alice = bench.device("corp", "alice", "s-1").await;
        alice.post_form("http://localhost:3000/auth/logout", &[]).await;
        bench.end_session("corp", "s-1").await.expect_ok();
    }
}

/// R130, V64: whichever cookie somebody kept.
#[tokio::test]
async fn every_cookie_that_a_session_ever_had_is_worth_nothing_after_the_logout() {
    let mut bench = Bench::new(Mode::Cookies);
    let mut first = bench.device("corp", "alice", "s-1").await;
    bench.pass(3600);
    let mut second = first.clone();
    second.set_now(bench.now());
    let page = second.fetch("http://localhost:3000/api/me").await;
    assert!(page.header("set-cookie").is_some(), "the cookie is another now");
    assert!(is_in(&mut first).await && is_in(&mut second).await);
    bench.end_session("corp", "s-1").await.expect_ok();
    assert!(!is_in(&mut first).await && !is_in(&mut second).await);
}

/// V64: on our clock and on the provider's, one after the other.
#[tokio::test]
async fn a_logout_of_ours_does_not_hide_one_of_the_providers() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let (mut one, mut other) =
            (bench.device("corp", "alice", "s-1").await, bench.device("corp", "alice", "s-2").await);
        one.post_form("http://localhost:3000/auth/logout", &[]).await;
        assert_eq!((is_in(&mut one).await, is_in(&mut other).await), (false, true));
        bench.end("corp", json!({"sub": "alice"})).await.expect_ok();
        assert!(!is_in(&mut one).await && !is_in(&mut other).await, "{mode:?}");
    }
}
