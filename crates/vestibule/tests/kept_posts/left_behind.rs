//! What stays in a browser of whoever was here, and what does not.

use std::time::Duration;

use axum::body::Body;
use vestibule::KeptPosts;

use crate::{
    bench::{Bench, FORM, MODES, Mode, NIGHT, expect_nothing_kept},
    house::{APP, ISSUER, paper::own_form},
};

/// A browser that several people use: who signed out left it, and nothing of the next one's is kept in their name, or shown to them.
#[tokio::test]
async fn of_somebody_who_signed_out_nothing_is_kept_and_what_was_kept_is_forgotten() {
    for mode in MODES {
        let mut bench = Bench::keeping(mode, KeptPosts::default().lifetime(Duration::from_secs(24 * 3600)));
        bench.left_alone_overnight().await;
        let kept = bench.kept("/notes", FORM, "text=x").await;
        bench.back_from(&kept).await;
        bench.house.get("/notes").await;
        assert_eq!((bench.kept_cookies(), bench.knows_who_was_here()), (1, true), "{mode:?}");
        let page = bench.house.get("/auth/logout").await;
        bench.house.browser.submit(&page, "/auth/logout", &[]).await;
        assert_eq!((bench.kept_cookies(), bench.knows_who_was_here()), (0, false), "{mode:?}");
        let page = bench.send("/notes", FORM, "text=of+the+next").await;
        assert!(page.status() == 401 && !page.text().contains("It is kept"), "{mode:?}: {}", page.text());
        assert_eq!((bench.kept_cookies(), bench.received().len()), (0, 0), "{mode:?}");
    }
}

/// The same where nobody was signed in any more: the button says "sign out" all the same.
#[tokio::test]
async fn whoever_signs_out_after_their_session_ended_leaves_nothing_either() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    bench.kept("/notes", FORM, "text=x").await;
    bench.house.browser.request(own_form().uri(format!("{APP}/auth/logout")).body(Body::empty()).expect("one")).await;
    assert_eq!((bench.kept_cookies(), bench.knows_who_was_here()), (0, false));
}

/// V72: the provider's frame, in the browser that the session is in, where it gets at our cookies.
#[tokio::test]
async fn whom_the_provider_signed_out_by_a_frame_left_this_browser() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.house.sign_in("/notes", "alice").await;
    let sids = bench.house.provider.sids_of("alice");
    let sid = sids.last().expect("a session");
    let frame = bench.house.get(&format!("/auth/frontchannel_logout/corp?iss={ISSUER}&sid={sid}")).await;
    assert_eq!(frame.status(), 200, "{}", frame.text());
    assert!(!bench.knows_who_was_here());
}

/// V65: somebody else signs in at this browser, behind a gate that keeps nothing. What they send later is not the first one's.
#[tokio::test]
async fn whoever_signs_in_after_somebody_else_sends_nothing_in_their_name() {
    for is_signed_in in [true, false] {
        let mut bench = Bench::new(Mode::Cookies);
        bench.house.sign_in("/notes", "alice").await;
        if !is_signed_in {
            bench.house.pass(NIGHT);
        }
        bench.at_the_provider_nobody_is_signed_in();
        let provider = bench.house.get("/auth/login?return_to=/lossy").await;
        bench.house.browser.sign_in_as(&provider, "bob").await;
        assert_eq!(bench.house.me().await.as_deref(), Some("bob"));
        assert!(!bench.knows_who_was_here(), "{is_signed_in}");
        bench.house.pass(NIGHT);
        let page = bench.send("/notes", FORM, "text=bobs").await;
        expect_nothing_kept(&bench, &page, "bob's");
    }
}
