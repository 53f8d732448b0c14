//! `EndUser::ended`: whoever waits learns of every end, at once where this process or its store knows of it.

use std::{sync::Arc, time::Duration};

use vestibule::{Clock, MemoryStore, SessionPolicy, SessionStore};

use crate::{
    bench::{Home, MODES, Mode, id, is_over, log_out, me, session_id},
    house::{APP, callback_url},
};

const HOUR: u64 = 3600;

#[tokio::test(start_paused = true)]
async fn a_logout_in_the_same_browser_is_known_at_once() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let (mut browser, mut ended) = home.signed_in_and_waiting("alice").await;
        let (_of_bob, mut of_bob) = home.signed_in_and_waiting("bob").await;
        let (_other, mut of_other) = home.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await && !is_over(&mut of_bob).await && !is_over(&mut of_other).await);
        log_out(&mut browser).await;
        assert!(is_over(&mut ended).await, "{mode:?}");
        assert!(!is_over(&mut of_bob).await && !is_over(&mut of_other).await, "{mode:?}: the others go on");
    }
}

/// R134
#[tokio::test(start_paused = true)]
async fn a_logout_everywhere_is_known_at_once() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let (_one, mut one) = home.signed_in_and_waiting("alice").await;
        let (_other, mut other) = home.signed_in_and_waiting("alice").await;
        let (_of_bob, mut of_bob) = home.signed_in_and_waiting("bob").await;
        assert!(!is_over(&mut one).await && !is_over(&mut other).await);
        home.log_out_everywhere("alice").await;
        assert!(is_over(&mut one).await && is_over(&mut other).await, "{mode:?}");
        assert!(!is_over(&mut of_bob).await, "{mode:?}");
        let (_after, mut after) = home.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut after).await, "{mode:?}: V64, the mark is older");
    }
}

/// R116: one session by its name at the provider, or all of the person.
#[tokio::test(start_paused = true)]
async fn a_logout_by_the_provider_is_known_at_once() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let (mut one, mut first) = home.signed_in_and_waiting("alice").await;
        let (_other, mut second) = home.signed_in_and_waiting("alice").await;
        let (_of_bob, mut of_bob) = home.signed_in_and_waiting("bob").await;
        assert!(!is_over(&mut first).await && !is_over(&mut second).await && !is_over(&mut of_bob).await);
        let sid = one.fetch(&format!("{APP}/sid")).await.text().to_owned();
        // A logout token ends what is older than itself.
        home.pass(1).await;
        let of_one = home.house.provider.logout_token("my-app").sid(sid).sign();
        home.back_channel_logout(&of_one).await;
        assert!(is_over(&mut first).await && !is_over(&mut second).await, "{mode:?}");
        let of_all = home.house.provider.logout_token("my-app").sub("alice").sign();
        home.back_channel_logout(&of_all).await;
        assert!(is_over(&mut second).await && !is_over(&mut of_bob).await, "{mode:?}");
    }
}

/// R134
#[tokio::test(start_paused = true)]
async fn a_session_that_is_ended_by_its_id_is_known_at_once() {
    let mut home = Home::new(Mode::Store);
    let (mut browser, mut ended) = home.signed_in_and_waiting("alice").await;
    let (_other, mut of_other) = home.signed_in_and_waiting("alice").await;
    assert!(!is_over(&mut ended).await);
    let (issuer, subject) = id("alice");
    home.vestibule.end_session((&issuer, &subject), session_id(&mut browser).await).await.expect("theirs");
    assert!(is_over(&mut ended).await);
    assert!(!is_over(&mut of_other).await);
}

#[tokio::test(start_paused = true)]
async fn another_sign_in_in_the_same_browser_ends_the_session_before() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let (mut browser, mut ended) = home.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        let callback = callback_url(&mut browser, "/auth/login", "alice").await;
        browser.get(&callback).await;
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"), "{mode:?}");
        assert!(is_over(&mut ended).await, "{mode:?}");
    }
}

/// R133
#[tokio::test(start_paused = true)]
async fn the_idle_and_the_absolute_end_are_known_when_they_come() {
    for mode in MODES {
        for (policy, end) in [
            (SessionPolicy::lifetime(Duration::from_secs(1000)), 1000),
            (SessionPolicy::lifetime(Duration::from_secs(1000)).idle(Duration::from_secs(95)), 95),
        ] {
            let mut home = Home::with(mode, Arc::new(MemoryStore::new()), |builder| builder.session(policy));
            let (_browser, mut ended) = home.signed_in_and_waiting("alice").await;
            assert!(!is_over(&mut ended).await);
            home.pass(end - 1).await;
            assert!(!is_over(&mut ended).await, "{mode:?}, {end}");
            home.pass(1).await;
            assert!(is_over(&mut ended).await, "{mode:?}, {end}");
        }
    }
}

/// Whoever waits keeps nobody signed in.
#[tokio::test(start_paused = true)]
async fn waiting_is_no_activity() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let (mut browser, mut ended) = home.signed_in_and_waiting("alice").await;
        for _ in 0..8 * HOUR / 30 - 1 {
            assert!(!is_over(&mut ended).await, "{mode:?}");
            home.pass(30).await;
        }
        assert!(!is_over(&mut ended).await);
        home.pass(30).await;
        assert!(is_over(&mut ended).await, "{mode:?}");
        browser.set_now(home.house.clock.now());
        assert_eq!(me(&mut browser).await, None, "{mode:?}");
    }
}

/// A page in another tab is activity: whoever waits in this one goes on for as long.
#[tokio::test(start_paused = true)]
async fn activity_in_another_tab_moves_the_end() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let (mut browser, mut ended) = home.signed_in_and_waiting("alice").await;
        for _ in 0..3 {
            home.pass(7 * HOUR).await;
            assert!(!is_over(&mut ended).await, "{mode:?}");
            browser.set_now(home.house.clock.now());
            assert_eq!(me(&mut browser).await.as_deref(), Some("alice"), "{mode:?}");
        }
        home.pass(3 * HOUR - 1).await;
        assert!(!is_over(&mut ended).await, "{mode:?}");
        home.pass(1).await;
        assert!(is_over(&mut ended).await, "{mode:?}: the absolute end");
    }
}

/// The request that begins to wait is activity too, which its own response says.
#[tokio::test(start_paused = true)]
async fn the_request_that_waits_counts_as_activity_itself() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let mut browser = home.signed_in("alice").await;
        home.pass(7 * HOUR).await;
        browser.set_now(home.house.clock.now());
        let mut ended = home.wait(&mut browser).await;
        home.pass(HOUR).await;
        browser.set_now(home.house.clock.now());
        let mut later = home.wait_later(&mut browser).await;
        home.pass(8 * HOUR - 1).await;
        assert!(!is_over(&mut ended).await && !is_over(&mut later).await, "{mode:?}");
        home.pass(1).await;
        assert!(is_over(&mut ended).await && is_over(&mut later).await, "{mode:?}");
    }
}

/// No gap: what ends between the question and the wait has ended.
#[tokio::test(start_paused = true)]
async fn a_session_that_ended_before_anybody_waited_is_over() {
    for mode in MODES {
        let mut home = Home::new(mode);
        let (mut browser, mut ended) = home.signed_in_and_waiting("alice").await;
        log_out(&mut browser).await;
        assert!(is_over(&mut ended).await, "{mode:?}");
    }
}

/// A silent renewal gives the browser another cookie, and the session goes on: so does whoever waits.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_renewed_silently_has_not_ended() {
    for mode in MODES {
        let policy = SessionPolicy::default().silent_renewal(Duration::from_secs(600));
        let mut home = Home::with(mode, Arc::new(MemoryStore::new()), |builder| builder.session(policy));
        let (mut browser, mut ended) = home.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        let before = session_id(&mut browser).await;
        home.pass(600).await;
        browser.set_now(home.house.clock.now());
        let page = browser.get(&format!("{APP}/profile")).await;
        assert_eq!(page.text(), "profile of alice", "{mode:?}");
        assert_ne!(session_id(&mut browser).await, before, "{mode:?}: V56, it is another one");
        assert!(!is_over(&mut ended).await, "{mode:?}");
        log_out(&mut browser).await;
        assert!(is_over(&mut ended).await, "{mode:?}: and ends as that one does");
    }
}

/// Two machines with one store: what the one ends, the store tells the other.
#[tokio::test(start_paused = true)]
async fn an_end_on_another_machine_is_told_by_the_store() {
    for mode in MODES {
        let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::new());
        let mut here = Home::with(mode, Arc::clone(&store), |builder| builder);
        let there = Home::with(mode, store, |builder| builder);
        let (_browser, mut ended) = here.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        there.log_out_everywhere("alice").await;
        assert!(is_over(&mut ended).await, "{mode:?}");
    }
}
