//! What is remembered of what a store said, and for how long: never longer than the session lasts.

use std::time::Duration;

use vestibule::{
    Builder, Clock, SessionPolicy,
    session_store::{Notice, Raising, SessionStore},
};

use crate::{
    bench::{CACHE, MODES, Machine, Mode, at, cached, id, log_out, me},
    house::paper::navigation,
};

/// What the store is asked to know who comes with a cookie.
const fn question(mode: Mode) -> &'static str {
    match mode {
        Mode::Cookies => "marks",
        Mode::Store => "load",
    }
}

/// A hit costs the store nothing, wherever somebody asks; the whole way, as a page and as a program.
#[tokio::test(start_paused = true)]
async fn a_signed_in_request_asks_the_store_once_and_then_not_at_all() {
    for mode in MODES {
        let mut machine = Machine::new(mode, cached);
        let mut browser = machine.signed_in("alice").await;
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
        assert_eq!(machine.store.asked(), [question(mode)], "{mode:?}");
        for _ in 0..20 {
            assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
            for path in ["/gated", "/profile", "/", "/auth/session"] {
                assert_eq!(browser.request(at(navigation(), path)).await.status(), 200, "{mode:?} {path}");
            }
        }
        assert_eq!(machine.store.asked(), [""; 0], "{mode:?}");
        machine.house.pass(CACHE - 1);
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
        assert_eq!(machine.store.asked(), [""; 0], "{mode:?}");
        machine.house.pass(1);
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
        assert_eq!(machine.store.asked(), [question(mode)], "{mode:?}: for so long and no longer");
    }
}

/// Unless it is asked for, nothing is remembered.
#[tokio::test(start_paused = true)]
async fn without_the_setting_the_store_is_asked_each_time() {
    for mode in MODES {
        let mut machine = Machine::new(mode, |builder| builder);
        let mut browser = machine.signed_in("alice").await;
        for _ in 0..3 {
            assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
            assert_eq!(machine.store.asked(), [question(mode)], "{mode:?}");
        }
    }
}

/// Nobody but who is signed in is remembered: not a stranger's cookie, nor one that is over.
#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_remembered() {
    for mode in MODES {
        let mut machine = Machine::new(mode, cached);
        let mut browser = machine.signed_in("alice").await;
        let mut copy = browser.clone();
        log_out(&mut browser).await;
        for _ in 0..3 {
            machine.store.asked();
            assert_eq!(me(&mut copy).await, None, "{mode:?}");
            assert_eq!(machine.store.asked(), [question(mode)], "{mode:?}");
        }
    }
}

/// R130, V57: a copy of the cookie, right after the logout here, though the store tells nobody.
#[tokio::test(start_paused = true)]
async fn whoever_is_signed_out_here_is_out_at_once() {
    for mode in MODES {
        let mut machine = Machine::new(mode, cached);
        machine.store.falls_mute();
        let mut browser = machine.signed_in("alice").await;
        let mut copy = browser.clone();
        assert_eq!(me(&mut copy).await.as_deref(), Some("alice"));
        log_out(&mut browser).await;
        assert_eq!(me(&mut copy).await, None, "{mode:?}");

        let mut browser = machine.signed_in("alice").await;
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
        machine.log_out_everywhere("alice").await;
        assert_eq!(me(&mut browser).await, None, "{mode:?}: everywhere");
    }
}

/// One session of several, by whoever runs the application.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_ended_from_the_list_is_out_at_once() {
    let mut machine = Machine::new(Mode::Store, cached);
    machine.store.falls_mute();
    let mut browser = machine.signed_in("alice").await;
    assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
    let (issuer, subject) = id("alice");
    let listed = machine.vestibule.sessions_of((&issuer, &subject)).await.expect("a list");
    machine.vestibule.end_session((&issuer, &subject), listed[0].id()).await.expect("done");
    assert_eq!(me(&mut browser).await, None);
}

/// While nobody would hear of an end elsewhere, nothing is believed: before the first word, and after the last.
#[tokio::test(start_paused = true)]
async fn a_deaf_store_is_asked_each_time() {
    for mode in MODES {
        let mut machine = Machine::new(mode, cached);
        let mut browser = machine.signed_in("alice").await;
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
        machine.store.tell(Notice::Deaf);
        machine.store.asked();
        for _ in 0..5 {
            assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
            assert_eq!(machine.store.asked(), [question(mode)], "{mode:?}");
        }
        machine.store.tell(Notice::Hearing);
        for asked in [1, 0, 0] {
            assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
            assert_eq!(machine.store.asked().len(), asked, "{mode:?}");
        }
    }
}

/// V64: the mark of an issuer stands in where there was no room for others.
#[tokio::test(start_paused = true)]
async fn the_mark_of_a_whole_issuer_is_heard() {
    let mut machine = Machine::new(Mode::Cookies, cached);
    let mut browser = machine.signed_in("alice").await;
    assert_eq!(me(&mut browser).await.as_deref(), Some("alice"));
    let issuer = *machine.store.whose().last().expect("there are four");
    let (now, until) = (machine.house.clock.now(), machine.house.clock.now().plus(1000));
    let raising = Raising::new(issuer, issuer, None, until);
    let _ = machine.store.raise(raising, now).await.expect("done");
    assert_eq!(me(&mut browser).await, None);
}

fn idle(builder: Builder) -> Builder {
    let policy = SessionPolicy::lifetime(Duration::from_secs(100)).idle(Duration::from_secs(20));
    builder.session(policy).cache_sessions(Duration::from_secs(5))
}

/// R133, V63: the idle limit moves as without it, and the absolute one does not.
#[tokio::test(start_paused = true)]
async fn both_limits_hold() {
    for mode in MODES {
        let mut machine = Machine::new(mode, idle);
        let mut browser = machine.signed_in("alice").await;
        for second in 1..100 {
            machine.house.pass(1);
            browser.set_now(machine.house.clock.now());
            assert_eq!(me(&mut browser).await.as_deref(), Some("alice"), "{mode:?} {second}");
        }
        assert!(machine.store.asked().len() <= 100, "{mode:?}: it was believed now and then");
        machine.house.pass(1);
        assert_eq!(me(&mut browser).await, None, "{mode:?}: over");

        let mut browser = machine.signed_in("alice").await;
        machine.house.pass(16);
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"), "{mode:?}");
        machine.house.pass(20);
        assert_eq!(me(&mut browser).await, None, "{mode:?}: idle");
    }
}

/// A session of less than the cache's time is over when it is over.
#[tokio::test(start_paused = true)]
async fn a_session_that_ends_while_it_is_remembered_is_over() {
    for mode in MODES {
        let mut machine = Machine::new(mode, |builder| {
            let policy = SessionPolicy::lifetime(Duration::from_secs(3));
            builder.session(policy).cache_sessions(Duration::from_secs(5))
        });
        let mut browser = machine.signed_in("alice").await;
        machine.house.pass(2);
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"), "{mode:?}");
        machine.house.pass(1);
        assert_eq!(me(&mut browser).await, None, "{mode:?}");
    }
}
