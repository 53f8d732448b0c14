//! Our own store fails. Then the provider is told to come again, and people keep their cookies.

use serde_json::json;

use crate::{
    bench::{Bench, Log, MODES, Mode, frontchannel, is_in},
    house::{
        APP, ISSUER,
        paper::own_form,
        rejection::{cookies, with},
    },
};

/// The steps of a logout at which a store can fail.
fn steps(mode: Mode) -> &'static [&'static str] {
    match mode {
        Mode::Cookies => &["knows_jti", "raise", "remember_jti"],
        Mode::Store => &["knows_jti", "raise", "delete_all", "remember_jti"],
    }
}

/// V71, R114, R118: 503, and the same token works when the store does.
#[tokio::test]
async fn a_store_that_fails_makes_the_provider_come_again_with_the_same_token() {
    for mode in MODES {
        for step in steps(mode) {
            let bench = Bench::new(mode);
            let mut alice = bench.device("corp", "alice", "s-1").await;
            let token = bench.corp.sign(&bench.corp.logout(bench.now(), &json!({"sid": "s-1"})));
            let (log, _listening) = Log::listen();
            bench.store.fails_at(&[step]);
            for _ in 0..2 {
                bench.post("corp", &token).await.expect_error(503, step);
            }
            bench.store.fails_at(&[]);
            if *step == "knows_jti" || *step == "raise" {
                assert!(is_in(&mut alice).await, "{mode:?} {step}");
            }
            bench.post("corp", &token).await.expect_ok();
            assert!(!is_in(&mut alice).await, "{mode:?} {step}");
            let errors = log.lines().into_iter().filter(|line| line.starts_with("ERROR vestibule::logout")).count();
            assert_eq!(errors, 2, "{mode:?} {step}: one line each");
        }
    }
}

/// R118: nobody else's trouble is 503.
#[tokio::test]
async fn a_token_that_is_wrong_is_refused_whatever_the_store_does() {
    let bench = Bench::new(Mode::Store);
    bench.device("corp", "alice", "s-1").await;
    bench.store.fails_at(&["knows_jti", "raise", "delete_all", "remember_jti", "load", "marks", "list"]);
    let claims = bench.corp.logout(bench.now(), &json!({"sid": "s-1", "aud": "another-app"}));
    bench.post("corp", &bench.corp.sign(&claims)).await.expect_error(400, "for another app");
}

/// "Store error is not a store miss": 503, the cookie untouched, never a way to the provider.
#[tokio::test]
async fn a_frame_of_the_providers_ends_nothing_while_the_store_fails() {
    for mode in MODES {
        let failing: &[&str] = match mode {
            Mode::Cookies => &["marks", "raise"],
            Mode::Store => &["load", "raise", "delete_all"],
        };
        for step in failing {
            let bench = Bench::new(mode);
            let mut alice = bench.device("corp", "alice", "s-1").await;
            let path = frontchannel("corp", &[("iss", ISSUER), ("sid", "s-1")]);
            bench.store.fails_at(&[step]);
            // With its cookie, as where both are one site: the more there is to lose.
            let page = alice.get(&format!("{APP}{path}")).await;
            assert_eq!((page.status().as_u16(), page.hops().len()), (503, 1), "{mode:?} {step}: {}", page.text());
            assert_eq!(page.header("cache-control"), Some("no-store"));
            assert!(page.header("retry-after").is_some());
            assert_eq!(page.header("set-cookie"), None, "{mode:?} {step}");
            bench.store.fails_at(&[]);
            assert!(is_in(&mut alice).await, "{mode:?} {step}");
            assert_eq!(alice.get(&format!("{APP}{path}")).await.status(), 200);
            assert!(!is_in(&mut alice).await, "{mode:?} {step}");
        }
    }
}

/// The same without its cookie.
#[tokio::test]
async fn a_frame_without_a_cookie_ends_nothing_while_the_store_fails() {
    for (mode, step) in [(Mode::Cookies, "raise"), (Mode::Store, "list"), (Mode::Store, "raise")] {
        let bench = Bench::new(mode);
        let mut alice = bench.device("corp", "alice", "s-1").await;
        let path = frontchannel("corp", &[("iss", ISSUER), ("sid", "s-1")]);
        bench.store.fails_at(&[step]);
        assert_eq!(bench.frame(&mut alice, &path).await.status(), 503, "{mode:?} {step}");
        bench.store.fails_at(&[]);
        assert!(is_in(&mut alice).await, "{mode:?} {step}");
        assert_eq!(bench.frame(&mut alice, &path).await.status(), 200);
        assert!(!is_in(&mut alice).await, "{mode:?} {step}");
    }
}

/// R128: whoever wants to leave is told the truth, and is not sent on to the provider as if all were well.
#[tokio::test]
async fn a_person_who_leaves_while_the_store_fails_is_told_so() {
    for (mode, step) in [(Mode::Cookies, "raise"), (Mode::Store, "delete")] {
        let bench = Bench::new(mode);
        let mut alice = bench.device("corp", "alice", "s-1").await;
        bench.store.fails_at(&[step]);
        let request = own_form().uri(format!("{APP}/auth/logout")).body(axum::body::Body::empty()).expect("a request");
        let page = alice.request(request).await;
        assert_eq!((page.status().as_u16(), page.header("location")), (503, None), "{mode:?}");
        assert!(page.header("retry-after").is_some());
        assert!(page.text().contains("You are signed out in this browser."), "{}", page.text());
        assert_eq!(cookies(&alice, "session").len(), 0, "{mode:?}: what can be done is done");
    }
}

/// What the provider's session does can be asked again: until then nothing is lost.
#[tokio::test]
async fn a_session_that_changed_stays_until_the_store_can_end_it() {
    for (mode, step) in
        [(Mode::Cookies, "marks"), (Mode::Cookies, "raise"), (Mode::Store, "load"), (Mode::Store, "delete")]
    {
        let bench = Bench::new(mode);
        let mut alice = bench.browser();
        let callback = bench.callback(&mut alice, "corp", "alice", "s-1").await;
        alice.get(&with(&callback, "session_state", "state-1")).await;
        let changed = format!("{APP}/auth/session_changed");
        bench.store.fails_at(&[step]);
        let page = alice.post_form(&changed, &[("session_state", "state-1")]).await;
        assert_eq!((page.status().as_u16(), page.header("set-cookie")), (503, None), "{mode:?} {step}");
        bench.store.fails_at(&[]);
        assert!(is_in(&mut alice).await, "{mode:?} {step}");
        assert_eq!(alice.post_form(&changed, &[("session_state", "state-1")]).await.status(), 204);
        assert!(!is_in(&mut alice).await, "{mode:?} {step}");
    }
}
