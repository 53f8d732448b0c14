//! "Store error is not a store miss": 503, the cookie untouched, never a way to the provider; and it costs nobody their time.

use std::{fmt, time::Duration};

use tokio::time::Instant;
use vestibule_provider::{Browser, Page};

use crate::{
    bench::{MODES, Machine, Mode, ask, at, log_out, me, token},
    far::Mood,
    house::{
        APP, ISSUER,
        paper::{navigation, session_value, set_cookies},
    },
};

/// How the store does not answer.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// This is the first question that it does not answer.
    AtFirst(Mood),
    /// It was given up.
    ForAWhile(Mood),
}

const TROUBLES: [Trouble; 4] = [
    Trouble::AtFirst(Mood::Failing),
    Trouble::AtFirst(Mood::Silent),
    Trouble::ForAWhile(Mood::Failing),
    Trouble::ForAWhile(Mood::Silent),
];

impl Trouble {
    async fn begins(self, machine: &Machine, browser: &mut Browser) {
        match self {
            Self::AtFirst(mood) => machine.store.is(mood),
            Self::ForAWhile(mood) => machine.gives_up(browser, mood).await,
        }
    }

    /// What a question costs.
    fn costs(self) -> Duration {
        match self {
            Self::AtFirst(Mood::Silent) => Duration::from_secs(1),
            Self::AtFirst(_) | Self::ForAWhile(_) => Duration::ZERO,
        }
    }
}

fn expect_untouched(page: &Page, what: impl fmt::Debug) {
    assert_eq!((page.status().as_u16(), page.hops().len()), (503, 1), "{what:?}: {}", page.text());
    assert!(page.url().as_str().starts_with(APP), "{what:?}");
    assert_eq!((page.header("set-cookie"), page.header("location")), (None, None), "{what:?}");
    assert!(page.header("retry-after").is_some(), "{what:?}");
}

/// The gate, the extractor, the optional one, for a person and for a program, and what a page's script asks.
#[tokio::test(start_paused = true)]
async fn nobody_is_sent_away_or_loses_a_cookie_while_the_store_does_not_answer() {
    for mode in MODES {
        for trouble in TROUBLES {
            for path in ["/gated", "/profile", "/", "/token", "/auth/session"] {
                let mut machine = Machine::new(mode, |builder| builder);
                let mut browser = machine.signed_in("alice").await;
                let cookie = session_value(&browser);
                trouble.begins(&machine, &mut browser).await;
                let began = Instant::now();
                expect_untouched(&browser.get(&format!("{APP}{path}")).await, (mode, trouble, path));
                assert_eq!(began.elapsed(), trouble.costs(), "{mode:?} {trouble:?} {path}");
                expect_untouched(&browser.fetch(&format!("{APP}{path}")).await, (mode, trouble, path));
                assert_eq!(session_value(&browser), cookie);
                machine.recovers().await;
                assert_eq!(me(&mut browser).await.as_deref(), Some("alice"), "{mode:?} {trouble:?} {path}");
            }
        }
    }
}

/// Whoever comes back from the provider meets the error page, not the provider again. Their attempt was in vain; the session that they had
/// is as it was.
#[tokio::test(start_paused = true)]
async fn a_login_that_the_store_does_not_let_finish_is_an_error() {
    for mode in MODES {
        for trouble in TROUBLES {
            let mut machine = Machine::new(mode, |builder| builder);
            let mut browser = machine.signed_in("alice").await;
            let callback = machine.callback(&mut browser, "alice").await;
            let cookie = session_value(&browser);
            trouble.begins(&machine, &mut browser).await;
            let path = callback.strip_prefix(APP).expect("ours");
            let answer = browser.request(at(navigation(), path)).await;
            let page = browser.get(&format!("{APP}/auth/error")).await;
            assert_eq!(answer.header("location"), Some("/auth/error"), "{mode:?} {trouble:?}: {}", answer.text());
            assert_eq!(page.status(), 503, "{mode:?} {trouble:?}: {}", page.text());
            assert!(
                set_cookies(&answer, APP).iter().all(|line| !line.name.ends_with("-session")),
                "{mode:?} {trouble:?}"
            );
            assert_eq!(session_value(&browser), cookie);
            assert_eq!(machine.house.provider.count("/token"), 1, "{mode:?} {trouble:?}: that of the first login");
            machine.recovers().await;
            assert_eq!(me(&mut browser).await.as_deref(), Some("alice"), "{mode:?} {trouble:?}");
            let again = machine.signed_in("bob").await;
            assert!(session_value(&again).is_some(), "{mode:?} {trouble:?}: and people sign in again");
        }
    }
}

/// V97: for a minute after a sign-in it is asked once whether that lasted, and a login begins all the same where it cannot say so.
#[tokio::test(start_paused = true)]
async fn a_login_begins_while_the_store_cannot_say_whether_the_last_one_lasted() {
    for mode in MODES {
        for trouble in TROUBLES {
            let mut machine = Machine::new(mode, |builder| builder);
            let mut browser = machine.signed_in("alice").await;
            trouble.begins(&machine, &mut browser).await;
            let began = Instant::now();
            let page = browser.request(at(navigation(), "/auth/login")).await;
            assert!(
                page.header("location").is_some_and(|location| location.starts_with(ISSUER)),
                "{mode:?} {trouble:?}"
            );
            assert!(machine.store.asked().len() <= 1, "{mode:?} {trouble:?}: {:?}", machine.store.asked());
            assert_eq!(began.elapsed(), trouble.costs(), "{mode:?} {trouble:?}");
        }
    }
}

/// A login that begins asks the store for nothing, and the session that is there is left alone.
#[tokio::test(start_paused = true)]
async fn a_login_begins_without_the_store() {
    for mode in MODES {
        for trouble in TROUBLES {
            let mut machine = Machine::new(mode, |builder| builder);
            let mut browser = machine.signed_in("alice").await;
            machine.house.clock.advance(61);
            browser.set_now(vestibule::Clock::now(&machine.house.clock));
            trouble.begins(&machine, &mut browser).await;
            let began = Instant::now();
            let page = browser.request(at(navigation(), "/auth/login")).await;
            assert!(
                page.header("location").is_some_and(|location| location.starts_with(ISSUER)),
                "{mode:?} {trouble:?}"
            );
            assert!(
                set_cookies(&page, APP).iter().all(|line| !line.name.ends_with("-session")),
                "{mode:?} {trouble:?}"
            );
            assert_eq!((began.elapsed(), machine.store.asked()), (Duration::ZERO, vec![]), "{mode:?} {trouble:?}");
        }
    }
}

/// R128: the browser forgets, which is what can be done, and the person is told that it is not all.
#[tokio::test(start_paused = true)]
async fn whoever_leaves_is_told_the_truth() {
    for mode in MODES {
        for trouble in TROUBLES {
            let mut machine = Machine::new(mode, |builder| builder);
            let mut browser = machine.signed_in("alice").await;
            trouble.begins(&machine, &mut browser).await;
            let page = log_out(&mut browser).await;
            assert_eq!((page.status().as_u16(), page.header("location")), (503, None), "{mode:?} {trouble:?}");
            assert!(page.header("retry-after").is_some());
            assert!(page.text().contains("You are signed out in this browser."), "{}", page.text());
            assert_eq!(session_value(&browser), None, "{mode:?} {trouble:?}");
        }
    }
}

/// A thousand requests in a row, while each question would take a second.
#[tokio::test(start_paused = true)]
async fn a_dead_store_costs_a_request_nothing() {
    for mode in MODES {
        let mut machine = Machine::new(mode, |builder| builder);
        let mut browser = machine.signed_in("alice").await;
        machine.gives_up(&mut browser, Mood::Silent).await;
        let began = Instant::now();
        for _ in 0..1000 {
            assert_eq!(browser.fetch(&format!("{APP}/api/me")).await.status(), 503);
        }
        assert_eq!((began.elapsed(), machine.store.asked()), (Duration::ZERO, vec![]), "{mode:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_store_may_take_is_a_setting() {
    let timeout = Duration::from_millis(300);
    let mut machine = Machine::new(Mode::Store, |builder| builder.store_timeout(timeout));
    let mut browser = machine.signed_in("alice").await;
    machine.store.is(Mood::Silent);
    let began = Instant::now();
    assert_eq!(browser.fetch(&format!("{APP}/api/me")).await.status(), 503);
    assert_eq!(began.elapsed(), timeout);
}

/// What a provider gave exists once: a refresh that was under way when the store went away is written down when it is back.
#[tokio::test(start_paused = true)]
async fn tokens_that_came_while_the_store_was_away_are_not_lost() {
    for mode in MODES {
        for mood in [Mood::Failing, Mood::Silent] {
            let mut machine = Machine::new(mode, |builder| builder);
            let mut browser = machine.signed_in("alice").await;
            let first = token(&mut browser).await;
            machine.house.pass(crate::bench::STALE_AFTER);
            let hold = machine.house.provider.hold("/token");
            let refreshing = tokio::spawn(ask(&machine, &browser, "/token"));
            hold.until_waiting(1).await;
            machine.gives_up(&mut browser, mood).await;
            hold.release();
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert!(!refreshing.is_finished(), "{mode:?} {mood:?}: it waits");
            machine.recovers().await;
            let second = refreshing.await.expect("no panic");
            assert_ne!(second, first, "{mode:?} {mood:?}");
            assert_eq!(token(&mut browser).await, second, "{mode:?} {mood:?}: and whoever comes later has it too");
            let tally = machine.house.provider.tally();
            assert_eq!((tally.refresh_requests, tally.reuses_detected), (1, 0), "{mode:?} {mood:?}");
        }
    }
}
