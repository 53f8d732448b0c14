//! The browser watches the provider's session, and ours ends when it has changed (Session Management 1.0).

use axum::body::Body;
use http::Request;
use serde_json::Value;
use vestibule_provider::{Browser, Fault, Page};

use crate::{
    bench::{Bench, MODES, Mode, corp, is_in},
    house::{
        APP, ISSUER,
        paper::joined,
        rejection::{cookies, with, without},
    },
};

const IFRAME: &str = "https://session.example.com:8443/check?a=1&b=%22%3E%3Cscript%3E";

/// Alice's browser after a login whose response said what the state of her session is.
async fn alice(bench: &Bench, session_state: &str) -> Browser {
    bench.corp.says("check_session_iframe", IFRAME);
    let mut browser = bench.browser();
    let callback = bench.callback(&mut browser, "corp", "alice", "s-1").await;
    assert_eq!(browser.get(&with(&callback, "session_state", session_state)).await.text(), "corp alice s-1");
    browser
}

async fn check_session(browser: &mut Browser) -> Page {
    browser.get(&format!("{APP}/auth/check_session")).await
}

async fn changed(browser: &mut Browser, session_state: &str) -> Page {
    browser.post_form(&format!("{APP}/auth/session_changed"), &[("session_state", session_state)]).await
}

fn expect_nothing_to_watch(page: &Page) {
    assert_eq!(page.status(), 200);
    assert!(!page.text().contains("<script") && !page.text().contains("<iframe"), "{}", page.text());
    let policy = joined(page, "content-security-policy");
    assert_eq!(policy, "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'");
    assert_eq!((joined(page, "cache-control").as_str(), page.header("x-frame-options")), ("no-store", None));
}

/// R129, V9, V14
#[tokio::test]
async fn the_page_that_watches_may_run_our_script_and_load_the_providers_page_and_nothing_else() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut browser = alice(&bench, "\"><script>alert(1)</script>").await;
        let page = check_session(&mut browser).await;
        assert_eq!(page.status(), 200);
        let policy = joined(&page, "content-security-policy");
        let directives: Vec<_> = policy.split("; ").collect();
        assert!(directives[1].starts_with("script-src 'sha256-") && directives[1].split(' ').count() == 2, "{policy}");
        assert_eq!(directives[0], "default-src 'none'");
        assert_eq!(
            directives[2..],
            [
                "connect-src 'self'",
                "frame-src https://session.example.com:8443",
                "form-action 'none'",
                "frame-ancestors 'self'",
                "base-uri 'none'",
            ]
        );
        assert_eq!((joined(&page, "cache-control").as_str(), page.header("x-frame-options")), ("no-store", None));
        let html = page.text();
        assert_eq!(html.matches("<script").count(), 1, "what the provider says is text: {html}");
        for attribute in [
            "src=\"https://session.example.com:8443/check?a=1&amp;b=%22%3E%3Cscript%3E\"",
            "data-origin=\"https://session.example.com:8443\"",
            "data-message=\"my-app &quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"",
            "data-session-state=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"",
            "data-changed=\"/auth/session_changed\"",
            "data-channel=\"vestibule:/auth\"",
        ] {
            assert_eq!(html.matches(attribute).count(), 1, "{attribute}: {html}");
        }
        for handler in ["onload=", "onclick=", "onmessage=", "javascript:"] {
            assert!(!html.contains(handler), "{handler}");
        }
    }
}

#[tokio::test]
async fn where_there_is_nothing_to_watch_the_page_is_empty() {
    for mode in MODES {
        let bench = Bench::new(mode);
        expect_nothing_to_watch(&check_session(&mut bench.browser()).await);
        bench.corp.says("check_session_iframe", IFRAME);
        let mut unsaid = bench.browser();
        let callback = bench.callback(&mut unsaid, "corp", "alice", "s-1").await;
        unsaid.get(&without(&callback, "session_state")).await;
        assert!(is_in(&mut unsaid).await);
        expect_nothing_to_watch(&check_session(&mut unsaid).await);

        let bench = Bench::new(mode);
        bench.corp.says("check_session_iframe", Value::Null);
        let mut no_iframe = bench.device("corp", "alice", "s-1").await;
        expect_nothing_to_watch(&check_session(&mut no_iframe).await);

        let mut bench = Bench::new(mode);
        let mut unreachable = alice(&bench, "x").await;
        bench.restart(corp(), |builder| builder);
        unreachable.site(APP, bench.app.clone());
        bench.corp.provider.set_fault(Some(Fault::Unreachable));
        expect_nothing_to_watch(&check_session(&mut unreachable).await);
        bench.store.fails_at(&["marks", "load"]);
        expect_nothing_to_watch(&check_session(&mut unreachable).await);
    }
}

/// V64: what a machine does by itself is not what a person does.
#[tokio::test]
async fn watching_prolongs_no_session() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        let mut browser = alice(&bench, "x").await;
        for _ in 0..8 {
            bench.pass(3600);
            browser.set_now(bench.now());
            assert_eq!(check_session(&mut browser).await.header("set-cookie"), None);
        }
        assert!(!is_in(&mut browser).await, "{mode:?}: idle for eight hours");
    }
}

/// R130: ours ends, and the provider's is the provider's.
#[tokio::test]
async fn when_the_providers_session_has_changed_ours_ends() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut browser = alice(&bench, "state=1+&%20").await;
        let mut copy = browser.clone();
        let page = changed(&mut browser, "state=1+&%20").await;
        assert_eq!((page.status().as_u16(), page.text()), (204, ""));
        assert_eq!(joined(&page, "cache-control"), "no-store");
        assert_eq!(cookies(&browser, "session").len(), 0);
        assert!(!is_in(&mut browser).await && !is_in(&mut copy).await, "{mode:?}");
        assert_eq!(bench.corp.provider.count("/end_session"), 0);
        assert_eq!(changed(&mut browser, "state=1+&%20").await.status(), 204, "another tab says so too");
    }
}

/// A tab that was left open knows of an earlier session.
#[tokio::test]
async fn a_page_that_watched_another_session_ends_nothing() {
    for mode in MODES {
        let bench = Bench::new(mode);
        let mut browser = alice(&bench, "new").await;
        for told in ["old", "", "new ", "NEW"] {
            let page = changed(&mut browser, told).await;
            assert_eq!((page.status().as_u16(), page.header("set-cookie")), (409, None), "{told:?}");
        }
        let page = browser.post_form(&format!("{APP}/auth/session_changed"), &[("other", "new")]).await;
        assert_eq!(page.status(), 409);
        assert!(is_in(&mut browser).await, "{mode:?}");
        let mut unsaid = bench.browser();
        let callback = bench.callback(&mut unsaid, "corp", "bob", "s-2").await;
        unsaid.get(&without(&callback, "session_state")).await;
        for told in ["", "new"] {
            assert_eq!(changed(&mut unsaid, told).await.status(), 409);
        }
        assert!(is_in(&mut unsaid).await, "{mode:?}: nothing was watched there");
    }
}

/// V73: no other site says so.
#[tokio::test]
async fn another_site_cannot_say_that_it_has_changed() {
    let bench = Bench::new(Mode::Store);
    let mut browser = alice(&bench, "x").await;
    let address = format!("{APP}/auth/session_changed");
    for from in ["https://evil.example/", ISSUER, "http://localhost:3999/"] {
        let page = browser.post_form_from(from, &address, &[("session_state", "x")]).await;
        assert_eq!(page.status(), 403, "{from}");
    }
    // Even when the cookie comes along.
    for headers in
        [&[("sec-fetch-site", "same-site")][..], &[("origin", "https://evil.example")], &[("origin", "null")]]
    {
        let request = Request::post(&address).header("content-type", "application/x-www-form-urlencoded");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let page = browser.request(request.body(Body::from("session_state=x")).expect("a request")).await;
        assert_eq!((page.status().as_u16(), page.header("set-cookie")), (403, None), "{headers:?}");
    }
    let page = browser.get(&format!("{address}?session_state=x")).await;
    assert_eq!(page.status(), 405);
    let huge = Request::post(&address).header("sec-fetch-site", "same-origin");
    let page = browser.request(huge.body(Body::from("x".repeat(20_000))).expect("a request")).await;
    assert_eq!(page.status(), 413);
    assert!(is_in(&mut browser).await);
}
