//! Two machines before one store, each of which remembers what it said.

use std::time::Duration;

use vestibule::SessionPolicy;
use vestibule_provider::Browser;

use crate::{
    bench::{CACHE, MODES, Machine, Mode, STALE_AFTER, ask, cached, log_out, me, token},
    house::APP,
};

/// How a session ends at another machine.
#[derive(Clone, Copy, Debug)]
enum End {
    Out,
    Everywhere,
}

impl End {
    async fn happens(self, machine: &Machine, browser: &Browser) {
        match self {
            Self::Out => drop(log_out(&mut machine.here(browser)).await),
            Self::Everywhere => machine.log_out_everywhere("alice").await,
        }
    }
}

/// R130: the next request, though a moment ago the store said otherwise.
#[tokio::test(start_paused = true)]
async fn what_ends_at_one_machine_is_over_at_the_other_with_the_next_request() {
    for mode in MODES {
        for end in [End::Out, End::Everywhere] {
            let [mut here, there] = Machine::two(mode, cached);
            let mut browser = here.signed_in("alice").await;
            let mut of_bob = here.signed_in("bob").await;
            for browser in [&mut browser, &mut of_bob] {
                assert!(me(browser).await.is_some());
            }
            here.store.asked();
            end.happens(&there, &browser).await;
            assert_eq!(me(&mut browser).await, None, "{mode:?} {end:?}");
            here.store.asked();
            assert_eq!(me(&mut of_bob).await.as_deref(), Some("bob"), "{mode:?} {end:?}");
            assert_eq!(here.store.asked(), [""; 0], "{mode:?} {end:?}: nobody told of his");
        }
    }
}

/// The store has answered that all is well, and before the answer arrives it tells that it is not.
#[tokio::test(start_paused = true)]
async fn an_end_between_question_and_answer_is_not_overheard() {
    for mode in MODES {
        for end in [End::Out, End::Everywhere] {
            let [mut here, there] = Machine::two(mode, cached);
            let mut browser = here.signed_in("alice").await;
            here.store.hold();
            let asked = tokio::spawn(ask(&here, &browser, "/api/me"));
            here.store.until_held().await;
            end.happens(&there, &browser).await;
            here.store.release();
            assert_eq!(asked.await.expect("no panic"), "alice", "{mode:?} {end:?}: it was asked before");
            assert_eq!(me(&mut browser).await, None, "{mode:?} {end:?}");
        }
    }
}

/// A store that lost its own line to the other machines says so, and then it is asked.
#[tokio::test(start_paused = true)]
async fn what_ends_unheard_is_over_all_the_same() {
    for mode in MODES {
        let [mut here, there] = Machine::two(mode, cached);
        let mut browser = here.signed_in("alice").await;
        assert!(me(&mut browser).await.is_some());
        here.store.falls_mute();
        here.store.tell(vestibule::session_store::Notice::Deaf);
        there.log_out_everywhere("alice").await;
        assert_eq!(me(&mut browser).await, None, "{mode:?}");
        // Even one that does not know that it lost it: later by as much as was asked for.
        let [mut here, there] = Machine::two(mode, cached);
        let mut browser = here.signed_in("alice").await;
        assert!(me(&mut browser).await.is_some());
        here.store.falls_mute();
        there.log_out_everywhere("alice").await;
        here.house.pass(CACHE);
        assert_eq!(me(&mut browser).await, None, "{mode:?}");
    }
}

/// V57: a store that is told that somebody was seen says that they are gone, though nobody else did.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_gone_when_it_is_seen_is_over() {
    let idle = SessionPolicy::lifetime(Duration::from_secs(100)).idle(Duration::from_secs(20));
    let [mut here, there] =
        Machine::two(Mode::Store, |builder| builder.session(idle.clone()).cache_sessions(Duration::from_secs(5)));
    let mut browser = here.signed_in("alice").await;
    here.house.pass(1);
    assert!(me(&mut browser).await.is_some());
    here.store.falls_mute();
    there.log_out_everywhere("alice").await;
    here.store.asked();
    assert!(me(&mut browser).await.is_some(), "nobody told");
    here.house.pass(1);
    assert_eq!(me(&mut browser).await, None);
    assert_eq!(here.store.asked(), ["touch"]);
}

/// R88: tokens that another machine replaced are served as they were for a moment, and never presented again.
#[tokio::test(start_paused = true)]
async fn a_refresh_never_presents_what_is_only_remembered() {
    let [mut here, there] = Machine::two(Mode::Store, cached);
    let mut browser = here.signed_in("alice").await;
    let first = token(&mut browser).await;
    here.house.pass(STALE_AFTER - 1);
    assert_eq!(token(&mut browser).await, first, "not stale yet, and remembered");
    here.house.pass(1);
    let second = token(&mut there.here(&browser)).await;
    assert_ne!(second, first);
    // Here the old ones are at hand, and stale.
    here.store.asked();
    assert_eq!(token(&mut browser).await, second);
    assert!(!here.store.asked().is_empty(), "the store was asked");
    assert_eq!(token(&mut browser).await, second, "and is what is remembered from now on");
    let tally = here.house.provider.tally();
    assert_eq!((tally.refresh_requests, tally.reuses_detected), (1, 0));
}

/// As long as the old one holds it is what whoever asks in that moment gets, and no longer.
#[tokio::test(start_paused = true)]
async fn tokens_of_another_machine_are_seen_when_what_is_remembered_is_old() {
    let [mut here, there] = Machine::two(Mode::Store, cached);
    let mut browser = here.signed_in("alice").await;
    let first = token(&mut browser).await;
    let page = there.here(&browser).fetch(&format!("{APP}/new")).await;
    let second = page.text().to_owned();
    assert_eq!(page.status(), 200, "{second}");
    assert_eq!(token(&mut browser).await, first, "a moment longer");
    here.house.pass(CACHE);
    assert_eq!(token(&mut browser).await, second);
    // And whoever wants a new one from what is remembered gets one, by the newest refresh token.
    let third = there.here(&browser).fetch(&format!("{APP}/new")).await.text().to_owned();
    let fourth = browser.fetch(&format!("{APP}/new")).await.text().to_owned();
    assert!(third != second && fourth != second);
    assert_eq!(here.house.provider.tally().reuses_detected, 0);
    assert_eq!(token(&mut browser).await, fourth, "its own refresh it knows at once");
}

/// Tokens that are replaced here are what the next request here has.
#[tokio::test(start_paused = true)]
async fn a_refresh_here_is_known_at_once() {
    let mut machine = Machine::new(Mode::Store, cached);
    let mut browser = machine.signed_in("alice").await;
    let first = token(&mut browser).await;
    for _ in 0..3 {
        let new = browser.fetch(&format!("{APP}/new")).await.text().to_owned();
        assert_ne!(new, first);
        assert_eq!(token(&mut browser).await, new);
    }
    assert_eq!(machine.house.provider.tally().reuses_detected, 0);
}
