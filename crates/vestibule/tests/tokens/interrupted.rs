//! A process that dies between the provider's answer and our keeping it (R87).

use std::{sync::Arc, time::Duration};

use http::Request;
use tower::ServiceExt;
use vestibule::{Provider, SessionStore, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, RefreshTokens};

use crate::{
    bench::{LIFETIME, MODES, Mode, alice_at, application, around, corp, machine, memory, op, token_of},
    house::{self, APP, House, ISSUER, TestClock},
};

struct Crash {
    house: House,
    first: String,
    op: DevelopmentProvider,
    clock: TestClock,
    store: Arc<dyn SessionStore>,
}

fn vestibule(
    op: &DevelopmentProvider,
    clock: &TestClock,
    mode: Mode,
    store: &Arc<dyn SessionStore>,
    corp: Provider,
) -> Vestibule {
    let builder = house::bare_builder(op, clock).provider("corp", corp);
    let builder = match mode {
        Mode::Cookies => builder.marks(Arc::clone(store)),
        Mode::Store => builder.sessions(Arc::clone(store)),
    };
    builder.build().expect("the settings hold together")
}

/// One machine dies while the provider holds its refresh request; the provider then answers nobody.
fn a_machine_dies(mode: Mode, op: DevelopmentProvider) -> Crash {
    let (clock, store) = (TestClock::new(), memory());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (house, first) = runtime.block_on(async {
        let one = machine(&op, &clock, mode, &store).build().expect("settings");
        let (mut house, first) = alice_at(around(op.clone(), clock.clone(), &one)).await;
        house.pass(LIFETIME);
        let cookies = house.browser.cookies().filter(|cookie| cookie.name.contains("vestibule-"));
        let cookie = cookies.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ");
        let request =
            Request::get("/token").header("cookie", cookie).body(axum::body::Body::empty()).expect("a request");
        let hold = op.hold("/token");
        let asking = tokio::spawn(house.app.clone().oneshot(request));
        hold.until_waiting(1).await;
        drop(asking);
        (house, first)
    });
    // With it go all tasks: nobody reads the provider's answer, and nobody gives the lease back.
    drop(runtime);
    Crash { house, first, op, clock, store }
}

/// What another machine makes of it, once the lease of the dead one has run out.
async fn another_machine(crash: &mut Crash, mode: Mode, corp: Provider) -> Browser {
    let other = vestibule(&crash.op, &crash.clock, mode, &crash.store, corp);
    crash.house.pass(31);
    let mut browser = crash.house.browser.clone();
    browser.site(APP, application(&other));
    browser
}

/// Without a grace the token is not presented a second time: the tokens are dropped, and the session lives on.
#[test]
fn the_tokens_are_dropped_where_a_second_use_would_be_taken_for_theft() {
    for mode in MODES {
        let mut crash = a_machine_dies(mode, op());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let asked = crash.op.tally().refresh_requests;
            let mut browser = another_machine(&mut crash, mode, corp()).await;
            assert_eq!(browser.fetch(&format!("{APP}/token")).await.status(), 401, "{mode:?}");
            assert_eq!(browser.fetch(&format!("{APP}/api/me")).await.text(), "alice", "{mode:?}");
            assert_eq!(crash.op.tally().refresh_requests, asked, "{mode:?}: nothing was presented");
            let page = browser.get(&format!("{APP}/token")).await;
            assert!(
                !page.url().as_str().starts_with(ISSUER) && page.status() == 200,
                "{mode:?}: a new sign-in heals it"
            );
        });
    }
}

/// With a grace it is tried once more.
#[test]
fn the_token_is_tried_once_more_where_the_provider_forgives_it() {
    for mode in MODES {
        let grace = Duration::from_secs(60);
        let mut crash = a_machine_dies(mode, op().refresh_tokens(RefreshTokens::RotatingWithGrace(grace)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let forgiving = corp().refresh_token_reuse_grace(grace);
            let mut browser = another_machine(&mut crash, mode, forgiving).await;
            let second = token_of(&mut browser).await;
            assert_ne!(second, crash.first, "{mode:?}");
            assert_eq!(crash.op.tally().reuses_detected, 0, "{mode:?}");
        });
    }
}

/// But not when the grace has passed.
#[test]
fn the_token_is_not_tried_again_after_the_grace() {
    for mode in MODES {
        let grace = Duration::from_secs(30);
        let mut crash = a_machine_dies(mode, op().refresh_tokens(RefreshTokens::RotatingWithGrace(grace)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let asked = crash.op.tally().refresh_requests;
            let mut browser = another_machine(&mut crash, mode, corp().refresh_token_reuse_grace(grace)).await;
            assert_eq!(browser.fetch(&format!("{APP}/token")).await.status(), 401, "{mode:?}");
            assert_eq!(crash.op.tally().refresh_requests, asked, "{mode:?}");
        });
    }
}
