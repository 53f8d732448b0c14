//! Every session of a person is ended.

use http::Request;
use tower::ServiceExt;
use vestibule::Clock;

use crate::{
    bench::{Home, MODES, me},
    house::{APP, callback_url},
};

/// R134, R130, V64: in both modes, in every browser, and for every copy of a cookie.
#[tokio::test]
async fn every_session_of_a_person_ends_and_nobody_elses() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let mut of_alice =
            [home.signed_in("alice").await, home.signed_in("alice").await, home.signed_in("alice").await];
        let mut of_bob = home.signed_in("bob").await;
        let mut copies = of_alice.clone();
        home.log_out_everywhere("alice").await;
        for browser in of_alice.iter_mut().chain(&mut copies) {
            assert_eq!(me(browser).await, None, "{mode:?}");
        }
        assert_eq!(me(&mut of_bob).await.as_deref(), Some("bob"), "{mode:?}");
        // Also later, as long as any of the cookies could live.
        home.house.pass(7 * 3600);
        assert_eq!(me(&mut copies[0]).await, None, "{mode:?}");
    }
}

/// V64: in the very same second.
#[tokio::test]
async fn whoever_signs_in_right_afterwards_is_signed_in() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let mut before = home.signed_in("alice").await;
        home.log_out_everywhere("alice").await;
        let mut after = home.signed_in("alice").await;
        assert_eq!(me(&mut before).await, None, "{mode:?}");
        assert_eq!(me(&mut after).await.as_deref(), Some("alice"), "{mode:?}");
    }
}

/// V64: a logout of ours is on our own clock, so that of the provider may be wrong by as much as is tolerated.
#[tokio::test]
async fn the_providers_clock_has_no_say() {
    for mode in MODES {
        for wrong_by in [30, -30] {
            let mut home = Home::new(mode);
            home.house.provider.set_now(home.house.clock.now().plus(wrong_by));
            let mut before = home.signed_in("alice").await;
            home.log_out_everywhere("alice").await;
            let mut after = home.signed_in("alice").await;
            assert_eq!(me(&mut before).await, None, "{mode:?}, {wrong_by}");
            assert_eq!(me(&mut after).await.as_deref(), Some("alice"), "{mode:?}, {wrong_by}");
        }
    }
}

/// R121: the provider has answered the browser, and is being asked for the tokens when the logout comes.
#[tokio::test]
async fn a_login_that_is_under_way_is_born_dead() {
    for mode in MODES {
        let home = Home::new(mode);
        let mut browser = home.house.another_browser();
        let callback = callback_url(&mut browser, "/profile", "alice").await;
        let cookies: Vec<_> = browser.cookies().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let hold = home.house.provider.hold("/token");
        let request = Request::get(callback.strip_prefix(APP).expect("a callback of ours"))
            .header("cookie", cookies.join("; "))
            .body(axum::body::Body::empty())
            .expect("a request");
        let coming_back = tokio::spawn(home.house.app.clone().oneshot(request));
        hold.until_waiting(1).await;
        home.log_out_everywhere("alice").await;
        hold.release();
        let answer = coming_back.await.expect("no panic").expect("infallible");
        for line in answer.headers().get_all("set-cookie") {
            browser.set_cookie(APP, line.to_str().expect("text"));
        }
        assert_eq!(me(&mut browser).await, None, "{mode:?}");
    }
}

/// An issuer that nobody signs in with, or a person who never did, is no error: there is nothing to end.
#[tokio::test]
async fn nothing_to_end_is_no_error() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let mut of_bob = home.signed_in("bob").await;
        home.log_out_everywhere("alice").await;
        let elsewhere = vestibule::Issuer::parse("https://elsewhere.example").expect("an issuer");
        let (_, bob) = crate::bench::id("bob");
        home.vestibule.log_out_everywhere((&elsewhere, &bob)).await.expect("done");
        assert_eq!(me(&mut of_bob).await.as_deref(), Some("bob"), "{mode:?}: R136, another bob");
    }
}
