//! Whoever wants a new token, and finds that somebody else's refresh is under way.

use std::sync::Arc;

use axum::{Router, routing::get};
use tokio::sync::Notify;
use vestibule::{AccessToken, TokenError, Vestibule};
use vestibule_provider::{Fault, RefreshFault};

use crate::{
    bench::{MODES, Mode, STALE_AFTER, alice_at, around, machine, memory, op},
    house::{House, TestClock},
    together::{ask, cookie_header},
};

/// A page that shows the token, and one that has it replaced once it is let on.
fn application(vestibule: &Vestibule, let_on: &Arc<Notify>) -> Router {
    let let_on = Arc::clone(let_on);
    let late = async move |token: AccessToken| -> Result<String, TokenError> {
        let_on.notified().await;
        Ok(token.refresh().await?.secret().expose().clone())
    };
    let shown = async |token: AccessToken| token.secret().expose().clone();
    vestibule.wrap(Router::new().route("/token", get(shown)).route("/late", get(late)))
}

/// What the late page answers that joins the refresh of the other one, to which the provider answers with this fault.
async fn joined(mode: Mode, fault: Option<RefreshFault>) -> ([(u16, String); 2], String, House) {
    let (op, clock, let_on) = (op(), TestClock::new(), Arc::new(Notify::new()));
    let vestibule = machine(&op, &clock, mode, &memory()).build().expect("the settings hold together");
    let (mut house, first) = alice_at(around(op, clock, &vestibule)).await;
    let (app, cookie) = (application(&vestibule, &let_on), cookie_header(&house.browser));
    // It has its token from when that was not stale yet.
    let late = tokio::spawn(ask(app.clone(), "/late", cookie.clone()));
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    house.pass(STALE_AFTER);
    house.provider.set_fault(fault.map(Fault::Refresh));
    let hold = house.provider.hold("/token");
    let shown = tokio::spawn(ask(app, "/token", cookie));
    hold.until_waiting(1).await;
    let_on.notify_one();
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    hold.release();
    ([shown.await.expect("no panic"), late.await.expect("no panic")], first, house)
}

/// R85: what came is not used, and the token that is left is not the new one that was asked for.
#[tokio::test]
async fn whoever_joins_a_refresh_whose_answer_is_refused_is_not_given_the_old_token_as_a_new_one() {
    for mode in MODES {
        for fault in RefreshFault::OF_ID_TOKEN {
            let ([shown, (status, body)], first, house) = joined(mode, Some(fault)).await;
            assert_eq!(shown, (200, first.clone()), "{mode:?} {fault:?}: the old one, while it holds");
            assert_eq!(status, 401, "{mode:?} {fault:?}: {body}");
            assert_eq!(house.provider.tally().refresh_requests, 1, "{mode:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn whoever_joins_a_refresh_that_works_gets_what_it_brought() {
    for mode in MODES {
        let ([shown, late], first, house) = joined(mode, None).await;
        assert_eq!(shown, late, "{mode:?}");
        assert!(shown.0 == 200 && shown.1 != first, "{mode:?}: {shown:?}");
        assert_eq!(house.provider.tally().refresh_requests, 1, "{mode:?}");
    }
}

/// R90: whoever wants a new token in any case hears that there is none; whoever joined them has one that holds.
#[tokio::test]
async fn whoever_joins_a_forced_refresh_that_is_refused_goes_on_with_the_token_that_holds() {
    for mode in MODES {
        let (op, clock, let_on) = (op(), TestClock::new(), Arc::new(Notify::new()));
        let vestibule = machine(&op, &clock, mode, &memory()).build().expect("the settings hold together");
        let (mut house, first) = alice_at(around(op, clock, &vestibule)).await;
        let (app, cookie) = (application(&vestibule, &let_on), cookie_header(&house.browser));
        house.provider.set_fault(RefreshFault::OF_ID_TOKEN.first().cloned().map(Fault::Refresh));
        let hold = house.provider.hold("/token");
        let_on.notify_one();
        let forced = tokio::spawn(ask(app.clone(), "/late", cookie.clone()));
        hold.until_waiting(1).await;
        house.pass(STALE_AFTER);
        let joining = tokio::spawn(ask(app, "/token", cookie));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        hold.release();
        let (status, body) = forced.await.expect("no panic");
        assert_ne!(status, 200, "{mode:?}: {body}");
        assert_eq!(joining.await.expect("no panic"), (200, first), "{mode:?}");
        assert_eq!(house.provider.tally().refresh_requests, 1, "{mode:?}");
    }
}
