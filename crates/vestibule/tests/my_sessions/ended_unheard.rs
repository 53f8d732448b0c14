//! `EndUser::ended` where the store tells nothing, or fails, or is slow.

use std::sync::{Arc, atomic::Ordering};

use crate::{
    bench::{Ended, Home, MODES, Mode, is_over, log_out, me},
    frail::Frail,
};

const HOUR: u64 = 3600;

/// What another machine ends is found within half a minute, and what this one ends is known at once.
#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_tell_is_asked() {
    for mode in MODES {
        let store = Frail::silent();
        let mut here = Home::with(mode, store.clone(), |builder| builder);
        let there = Home::with(mode, store.clone(), |builder| builder);
        let (mut browser, mut ended) = here.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        log_out(&mut browser).await;
        assert!(is_over(&mut ended).await, "{mode:?}: by this process itself");

        let (_browser, mut ended) = here.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        here.log_out_everywhere("alice").await;
        assert!(is_over(&mut ended).await, "{mode:?}: and so is that");

        let (_browser, mut ended) = here.signed_in_and_waiting("alice").await;
        let (_of_bob, mut of_bob) = here.signed_in_and_waiting("bob").await;
        assert!(!is_over(&mut ended).await && !is_over(&mut of_bob).await);
        here.pass(10).await;
        there.log_out_everywhere("alice").await;
        assert!(!is_over(&mut ended).await, "{mode:?}: nobody told");
        here.pass(20).await;
        assert!(is_over(&mut ended).await, "{mode:?}");
        assert!(!is_over(&mut of_bob).await, "{mode:?}");
    }
}

/// An error is not an end; but no error makes a session longer than it can be.
#[tokio::test(start_paused = true)]
async fn a_store_that_fails_ends_nothing_before_the_absolute_end() {
    for mode in MODES {
        let store = Frail::new();
        let mut home = Home::with(mode, store.clone(), |builder| {
            builder.session(vestibule::SessionPolicy::lifetime(std::time::Duration::from_secs(24 * HOUR)))
        });
        let (mut browser, mut ended) = home.signed_in_and_waiting("alice").await;
        store.fails.store(true, Ordering::SeqCst);
        assert!(!is_over(&mut ended).await, "{mode:?}");
        home.pass(12 * HOUR).await;
        assert!(!is_over(&mut ended).await, "{mode:?}");
        store.fails.store(false, Ordering::SeqCst);
        home.pass(30).await;
        assert!(!is_over(&mut ended).await, "{mode:?}");
        browser.set_now(vestibule::Clock::now(&home.house.clock));
        assert_eq!(me(&mut browser).await.as_deref(), Some("alice"), "{mode:?}");
        store.fails.store(true, Ordering::SeqCst);
        home.pass(12 * HOUR).await;
        assert!(is_over(&mut ended).await, "{mode:?}");
    }
}

/// Everybody who waits may look at the same moment; the store is not asked by all of them at once.
#[tokio::test(start_paused = true)]
async fn a_thousand_who_wait_do_not_fall_upon_the_store() {
    let store = Frail::new();
    let mut home = Home::with(Mode::Cookies, store.clone(), |builder| builder);
    let mut browser = home.signed_in("alice").await;
    let mut waiting: Vec<Ended> = Vec::new();
    for _ in 0..1000 {
        waiting.push(home.wait(&mut browser).await);
    }
    let (_of_bob, of_bob) = home.signed_in_and_waiting("bob").await;
    store.is_slow.store(true, Ordering::SeqCst);
    let waiting: Vec<_> = waiting.into_iter().chain([of_bob]).map(tokio::spawn).collect();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    home.log_out_everywhere("alice").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let over = waiting.iter().filter(|task| task.is_finished()).count();
    assert_eq!(over, 1000, "all of hers, and none of his");
    let most = store.most_at_once.load(Ordering::SeqCst);
    assert!((2..=32).contains(&most), "{most} at once");
    drop(Arc::clone(&store));
}
