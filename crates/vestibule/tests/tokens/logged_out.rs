//! A logout while a refresh is under way.

use http::Request;
use tower::ServiceExt;
use vestibule::{Issuer, Subject};
use vestibule_provider::Browser;

use crate::{
    bench::{LIFETIME, MODES, alice_at, around, machine, memory, op},
    house::{ISSUER, TestClock},
};

fn cookie_header(browser: &Browser) -> String {
    let cookies = browser.cookies().filter(|cookie| cookie.name.contains("vestibule-"));
    cookies.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ")
}

/// V57, R117, R120: the session stays ended, and what the provider gave meanwhile is given back to it.
#[tokio::test]
async fn a_refresh_does_not_bring_back_a_session_that_was_ended_meanwhile() {
    for mode in MODES {
        let (op, clock) = (op(), TestClock::new());
        let vestibule = machine(&op, &clock, mode, &memory()).build().expect("the settings hold together");
        let (mut house, _) = alice_at(around(op, clock, &vestibule)).await;
        house.pass(LIFETIME);
        let cookie = cookie_header(&house.browser);
        let hold = house.provider.hold("/token");
        let request =
            Request::get("/token").header("cookie", &cookie).body(axum::body::Body::empty()).expect("a request");
        let asking = tokio::spawn(house.app.clone().oneshot(request));
        hold.until_waiting(1).await;
        let alice = (Issuer::parse(ISSUER).expect("an issuer"), Subject::parse("alice").expect("a subject"));
        vestibule.log_out_everywhere((&alice.0, &alice.1)).await.expect("the store answers");
        hold.release();
        let answer = asking.await.expect("no panic").expect("infallible");
        assert_eq!(answer.status(), 401, "{mode:?}");
        assert_eq!(house.provider.tally().refreshes, 1, "{mode:?}: the provider had answered");
        assert!(house.provider.tally().refresh_tokens_revoked >= 1, "{mode:?}: and got its tokens back");
        let request =
            Request::get("/api/me").header("cookie", &cookie).body(axum::body::Body::empty()).expect("a request");
        let answer = house.app.clone().oneshot(request).await.expect("infallible");
        assert_eq!(answer.status(), 401, "{mode:?}: the cookie of before");
        assert_eq!(house.me().await, None, "{mode:?}");
    }
}
