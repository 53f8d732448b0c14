//! The provider ends a session by a frame in a page of its own (Front-Channel Logout 1.0).

use axum::body::Body;
use http::Request;
use serde_json::json;
use vestibule_provider::Page;

use crate::{
    bench::{Bench, Log, MODES, Mode, STAFF, corp, frontchannel, is_in},
    house::{
        APP, ISSUER,
        paper::{expect_page_of_ours, joined, set_cookies},
        rejection::cookies,
    },
};

fn good() -> String {
    frontchannel("corp", &[("iss", ISSUER), ("sid", "s-1")])
}

fn expect_framed_by(page: &Page, origins: &str) {
    assert_eq!(page.status(), 200, "{}", page.text());
    let policy = joined(page, "content-security-policy");
    assert!(policy.contains(&format!("; frame-ancestors {origins}; ")), "{policy}");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("script-src"), "{policy}");
    assert_eq!(joined(page, "cache-control"), "no-store");
    assert_eq!(joined(page, "x-content-type-options"), "nosniff");
    assert_eq!(page.header("x-frame-options"), None, "it cannot name an origin");
    assert_eq!(page.header("cross-origin-opener-policy"), None);
}

/// R123, R124, R125, R116, V14, V72: without any cookie, since browsers keep them back.
#[tokio::test]
async fn a_frame_of_the_providers_ends_the_session_that_it_names() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut one = bench.device("corp", "alice", "s-1").await;
        let mut other = bench.device("corp", "alice", "s-2").await;
        let mut there = bench.device("staff", "alice", "s-1").await;
        let page = bench.frame(&mut one, &good()).await;
        expect_framed_by(&page, ISSUER);
        assert_eq!(page.header("set-cookie"), None, "there was none to delete");
        let left = (is_in(&mut one).await, is_in(&mut other).await, is_in(&mut there).await);
        assert_eq!(left, (false, true, true), "{mode:?}");
        assert_eq!(bench.frame(&mut one, &good()).await.status(), 200, "once more is no harm");
    }
}

/// R124, V14: the provider, wherever its pages are, and nobody else.
#[tokio::test]
async fn only_the_provider_may_have_the_page_in_a_frame() {
    let bench = Bench::new(Mode::Cookies);
    bench.corp.says("authorization_endpoint", "https://auth.example.com/authorize?tenant=1");
    bench.corp.says("end_session_endpoint", "https://bye.example.com:8443/end");
    let page = bench.frame(&mut bench.browser(), &good()).await;
    expect_framed_by(&page, &format!("{ISSUER} https://auth.example.com https://bye.example.com:8443"));

    let bench = Bench::new(Mode::Cookies);
    bench.corp.provider.set_fault(Some(vestibule_provider::Fault::Unreachable));
    let mut alice = bench.device("staff", "alice", "s-1").await;
    let page = bench.frame(&mut alice, &good()).await;
    expect_framed_by(&page, ISSUER);
}

/// R123, V72: anything else ends nothing.
#[tokio::test]
async fn what_does_not_name_this_provider_and_a_session_ends_nothing() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut alice = bench.device("corp", "alice", "s-1").await;
        let mut there = bench.device("staff", "alice", "s-1").await;
        let asked = bench.store.asked();
        let slash = format!("{ISSUER}/");
        for parameters in [
            &[][..],
            &[("sid", "s-1")],
            &[("iss", ISSUER)],
            &[("iss", ISSUER), ("sid", "")],
            &[("iss", ""), ("sid", "s-1")],
            &[("iss", &slash), ("sid", "s-1")],
            &[("iss", STAFF), ("sid", "s-1")],
            &[("iss", ISSUER), ("sid", "s-1"), ("sid", "s-1")],
            &[("iss", ISSUER), ("iss", ISSUER), ("sid", "s-1")],
        ] {
            let page = bench.frame(&mut alice, &frontchannel("corp", parameters)).await;
            assert_eq!(page.status(), 400, "{parameters:?}");
            expect_page_of_ours(&page);
        }
        assert_eq!(bench.store.asked(), asked);
        assert!(is_in(&mut alice).await && is_in(&mut there).await, "{mode:?}");
        // One that is not there ends nothing either, and does not say so.
        let page = bench.frame(&mut alice, &frontchannel("corp", &[("iss", ISSUER), ("sid", "s-9")])).await;
        assert_eq!(page.status(), 200);
        assert!(is_in(&mut alice).await && is_in(&mut there).await, "{mode:?}");
        assert_eq!(bench.frame(&mut alice, "/auth/frontchannel_logout/nobody?iss=x&sid=s-1").await.status(), 404);
    }
}

/// V72: where cookies do come along (one site, or a browser that sends all of them), they must agree.
#[tokio::test]
async fn a_cookie_that_comes_along_must_be_of_the_session_that_is_named() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut one = bench.device("corp", "alice", "s-1").await;
        let mut other = bench.device("corp", "alice", "s-2").await;
        let mut there = bench.device("staff", "alice", "s-1").await;
        for browser in [&mut other, &mut there] {
            let page = browser.get(&format!("{APP}{}", good())).await;
            assert_eq!(page.status(), 400);
            expect_page_of_ours(&page);
            assert_eq!(set_cookies(&page, APP), []);
            assert!(is_in(browser).await && is_in(&mut one).await, "{mode:?}: nothing ended");
        }
        let page = one.get(&format!("{APP}{}", good())).await;
        expect_framed_by(&page, ISSUER);
        assert!(set_cookies(&page, APP).iter().all(crate::house::paper::SetCookie::is_deletion));
        assert_eq!(cookies(&one, "session").len(), 0, "{mode:?}: the browser forgets it");
        assert!(!is_in(&mut one).await && is_in(&mut other).await && is_in(&mut there).await, "{mode:?}");
    }
}

/// A cookie that opens nothing any more says nothing.
#[tokio::test]
async fn a_cookie_of_a_session_that_is_over_is_none() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut gone = bench.device("corp", "alice", "s-2").await;
        let mut alice = bench.device("corp", "alice", "s-1").await;
        bench.end_session("corp", "s-2").await.expect_ok();
        assert_eq!(gone.get(&format!("{APP}{}", good())).await.status(), 200);
        assert!(!is_in(&mut alice).await, "{mode:?}");
    }
}

/// R123: a link scanner's HEAD, a form.
#[tokio::test]
async fn only_a_get_ends_anything() {
    let bench = Bench::new(Mode::Store);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        let request = Request::builder().method(method).uri(good()).body(Body::empty()).expect("a request");
        let answer = bench.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("GET")), "{method}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert!(is_in(&mut alice).await);
}

/// V72: nobody signed it, so the provider keeps its tokens.
#[tokio::test]
async fn a_frame_revokes_no_token() {
    for mode in MODES {
        let bench = Bench::of(mode, corp(), |builder| builder);
        let mut alice = bench.device("corp", "alice", "s-1").await;
        assert_eq!(alice.get(&format!("{APP}{}", good())).await.status(), 200);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert!(!is_in(&mut alice).await);
        assert_eq!(bench.corp.revoked(), Vec::<String>::new(), "{mode:?}");
    }
}

/// V64, V72: whoever makes up sessions does not crowd out what the store remembers of others, and so ends nobody's.
async fn make_up_too_many(bench: &Bench) {
    let made_up = async |number: usize| {
        let path = frontchannel("corp", &[("iss", ISSUER), ("sid", &format!("made up {number}"))]);
        bench.send(Request::get(path).body(Body::empty()).expect("a request")).await
    };
    let mut taken = 0;
    for number in 0..20_100 {
        taken += usize::from(made_up(number).await.status == 200);
    }
    assert_eq!(taken, 20_000);
    let refused = made_up(0).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("5")));
}

/// V64, V72
#[tokio::test(start_paused = true)]
async fn logouts_that_are_made_up_are_bounded_where_sessions_are_in_cookies() {
    let bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    make_up_too_many(&bench).await;
    assert_eq!(bench.frame(&mut alice, &good()).await.status(), 429, "nobody here knows whether it is made up");
    assert!(is_in(&mut alice).await);
    assert_eq!(alice.get(&format!("{APP}{}", good())).await.status(), 200, "by its cookie it is known");
    assert!(!is_in(&mut alice).await);
}

/// V64, V72
#[tokio::test(start_paused = true)]
async fn logouts_that_are_made_up_are_bounded_where_a_store_has_the_sessions() {
    let bench = Bench::new(Mode::Store);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    make_up_too_many(&bench).await;
    assert_eq!(bench.frame(&mut alice, &good()).await.status(), 200, "this one is not made up");
    assert!(!is_in(&mut alice).await);
}

/// V11
#[tokio::test]
async fn the_log_has_one_line_each_and_no_names_of_sessions() {
    let bench = Bench::new(Mode::Cookies);
    bench.device("corp", "alice", "canary").await;
    let (log, _listening) = Log::listen();
    let ours =
        |log: &Log| -> Vec<_> { log.lines().into_iter().filter(|line| line.contains("vestibule::logout")).collect() };
    bench.frame(&mut bench.browser(), &frontchannel("corp", &[("iss", ISSUER), ("sid", "canary")])).await;
    bench.frame(&mut bench.browser(), &frontchannel("corp", &[("iss", "https://canary"), ("sid", "canary")])).await;
    let lines = ours(&log);
    let [done, refused] = &lines[..] else { panic!("one line each: {lines:?}") };
    assert!(done.starts_with("INFO") && done.contains("corp"), "{done}");
    assert!(refused.starts_with("WARN") && refused.contains("its iss is not this provider's issuer"), "{refused}");
    assert!(!log.lines().iter().any(|line| line.contains("canary")), "{:?}", log.lines());
    bench.end("corp", json!({"sid": "canary", "jti": "canary"})).await.expect_ok();
    assert!(!log.lines().iter().any(|line| line.contains("canary")), "{:?}", log.lines());
}
