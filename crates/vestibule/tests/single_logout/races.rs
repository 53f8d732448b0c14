//! Logouts while something else is under way: a login that is not finished yet, a request that is being answered.

use std::sync::Arc;

use serde_json::json;
use vestibule_provider::Browser;

use crate::{
    bench::{Bench, MODES, Mode, frontchannel, is_in},
    house::{APP, ISSUER, rejection::with},
};

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    BackChannelSid,
    BackChannelSubject,
    FrontChannel,
    Ours,
    Changed,
}

impl End {
    const ALL: [Self; 5] =
        [Self::BackChannelSid, Self::BackChannelSubject, Self::FrontChannel, Self::Ours, Self::Changed];
    /// Those for which nobody has to be signed in yet.
    const BY_THE_PROVIDER: [Self; 3] = [Self::BackChannelSid, Self::BackChannelSubject, Self::FrontChannel];

    /// Ends Alice's session `s-1` at `corp`; `browser` has its cookie.
    async fn take_place(self, bench: &Bench, browser: &Browser) {
        let mut browser = browser.clone();
        let status = match self {
            Self::BackChannelSid => bench.end_session("corp", "s-1").await.status,
            Self::BackChannelSubject => bench.end("corp", json!({"sub": "alice"})).await.status,
            Self::FrontChannel => {
                let path = frontchannel("corp", &[("iss", ISSUER), ("sid", "s-1")]);
                bench.frame(&mut bench.browser(), &path).await.status()
            }
            Self::Ours => browser.post_form(&format!("{APP}/auth/logout"), &[]).await.status(),
            Self::Changed => {
                let fields = [("session_state", "state-1")];
                browser.post_form(&format!("{APP}/auth/session_changed"), &fields).await.status()
            }
        };
        assert!(status.is_success() || status.is_redirection(), "{self:?}: {status}");
    }
}

/// Alice's browser after a login whose response said what the state of her session is.
async fn alice(bench: &Bench) -> Browser {
    let mut browser = bench.browser();
    let callback = bench.callback(&mut browser, "corp", "alice", "s-1").await;
    let page = browser.get(&with(&callback, "session_state", "state-1")).await;
    assert_eq!(page.text(), "corp alice s-1");
    browser
}

/// R130, V64: whatever ended it, wherever it was kept.
#[tokio::test]
async fn a_copy_of_the_cookie_is_worth_nothing_after_any_logout() {
    for mode in MODES {
        for end in End::ALL {
            let bench = Bench::new(mode);
            let browser = alice(&bench).await;
            let mut copy = browser.clone();
            assert!(is_in(&mut copy).await);
            end.take_place(&bench, &browser).await;
            assert!(!is_in(&mut copy).await, "{mode:?} {end:?}");
            let page = copy.fetch(&format!("{APP}/who")).await;
            assert_eq!(page.status(), 401, "{mode:?} {end:?}: no page for a stranger");
        }
    }
}

/// R121: the provider says goodbye while our callback waits for its token endpoint.
#[tokio::test]
async fn a_logout_that_comes_before_the_login_is_finished_lets_nobody_in() {
    for mode in MODES {
        for end in End::BY_THE_PROVIDER {
            let bench = Bench::new(mode);
            // So that its keys are at hand.
            bench.device("corp", "bob", "s-2").await;
            let mut browser = bench.browser();
            let callback = bench.callback(&mut browser, "corp", "alice", "s-1").await;
            let hold = bench.corp.provider.hold("/token");
            let login = tokio::spawn(async move {
                let page = browser.get(&callback).await;
                (browser, page)
            });
            hold.until_waiting(1).await;
            end.take_place(&bench, &Browser::new()).await;
            hold.release();
            let (mut browser, page) = login.await.expect("no panic");
            assert_ne!(page.text(), "corp alice s-1", "{mode:?} {end:?}");
            assert!(!is_in(&mut browser).await, "{mode:?} {end:?}: born dead");
            let again = browser.cookies().filter(|cookie| cookie.name.ends_with("-session")).count();
            assert_eq!(again, 0, "{mode:?} {end:?}: nor is there a cookie that could come to life");
        }
    }
}

/// V57, R120: a request that was under way renews the session's cookie after the logout, and it is worth nothing.
#[tokio::test]
async fn an_answer_that_was_under_way_does_not_bring_the_session_back() {
    for mode in MODES {
        for end in End::ALL {
            let mut bench = Bench::new(mode);
            let browser = alice(&bench).await;
            // Long enough for the idle limit to be worth a new cookie.
            bench.pass(3600);
            let mut slow = browser.clone();
            slow.set_now(bench.now());
            let answering = tokio::spawn(async move {
                let page = slow.get(&format!("{APP}/slow")).await;
                (slow, page)
            });
            bench.slow.asked.notified().await;
            end.take_place(&bench, &browser).await;
            bench.slow.go_on.notify_one();
            let (mut slow, page) = answering.await.expect("no panic");
            assert_eq!(page.text(), "slow page of alice", "{mode:?} {end:?}");
            assert_eq!(page.header("set-cookie").is_some(), mode == Mode::Cookies, "its cookie was renewed");
            assert!(!is_in(&mut slow).await, "{mode:?} {end:?}");
            assert!(!is_in(&mut browser.clone()).await, "{mode:?} {end:?}");
        }
    }
}

/// R120: many at once, in whatever order they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_a_logout_at_once_leave_nobody_signed_in() {
    for mode in MODES {
        for _ in 0..20 {
            let mut bench = Bench::new(mode);
            let browser = alice(&bench).await;
            bench.pass(3600);
            let bench = Arc::new(bench);
            let requests: Vec<_> = (0..8)
                .map(|_| {
                    let mut browser = browser.clone();
                    browser.set_now(bench.now());
                    tokio::spawn(async move {
                        browser.get(&format!("{APP}/api/me")).await;
                        browser
                    })
                })
                .collect();
            let logout = {
                let bench = Arc::clone(&bench);
                tokio::spawn(async move { bench.end_session("corp", "s-1").await.expect_ok() })
            };
            logout.await.expect("ended");
            for request in requests {
                assert!(!is_in(&mut request.await.expect("no panic")).await, "{mode:?}");
            }
        }
    }
}
