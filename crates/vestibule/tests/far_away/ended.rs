//! `EndUser::ended` where the store is far away.

use std::time::Duration;

use vestibule::session_store::Notice;

use crate::{
    bench::{Ended, MODES, Machine, cached, is_over, log_out},
    far::Mood,
};

/// What this machine ends, what another one does, and what nobody told.
#[tokio::test(start_paused = true)]
async fn ends_are_heard_through_the_guard() {
    for mode in MODES {
        let [mut here, there] = Machine::two(mode, cached);
        let (mut browser, mut ended) = here.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        log_out(&mut browser).await;
        assert!(soon(&mut ended).await, "{mode:?}: here");

        let (_browser, mut ended) = here.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        there.log_out_everywhere("alice").await;
        assert!(soon(&mut ended).await, "{mode:?}: there");

        let (_browser, mut ended) = here.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        here.store.falls_mute();
        there.log_out_everywhere("alice").await;
        assert!(!soon(&mut ended).await, "{mode:?}: nobody told");
        assert!(tokio::time::timeout(Duration::from_secs(31), &mut ended).await.is_ok(), "{mode:?}: found by itself");
    }
}

/// Whether it is over when the store has answered, which is far away.
async fn soon(ended: &mut Ended) -> bool {
    tokio::time::timeout(Duration::from_millis(10), ended).await.is_ok()
}

/// A store that does not answer has ended nothing, however often somebody looks.
#[tokio::test(start_paused = true)]
async fn nobody_is_told_of_an_end_by_a_store_that_does_not_answer() {
    for mode in MODES {
        for mood in [Mood::Failing, Mood::Silent] {
            let mut machine = Machine::new(mode, |builder| builder);
            let (mut browser, mut ended) = machine.signed_in_and_waiting("alice").await;
            assert!(!is_over(&mut ended).await);
            machine.gives_up(&mut browser, mood).await;
            machine.store.tell(Notice::Hearing);
            assert!(tokio::time::timeout(Duration::from_secs(600), &mut ended).await.is_err(), "{mode:?} {mood:?}");
            machine.recovers().await;
            machine.log_out_everywhere("alice").await;
            assert!(soon(&mut ended).await, "{mode:?} {mood:?}");
        }
    }
}

/// The line by which it tells is back before it answers: who looked in vain looks again soon.
#[tokio::test(start_paused = true)]
async fn an_end_that_was_missed_is_found_soon_after_the_store_is_back() {
    for mode in MODES {
        let [mut here, there] = Machine::two(mode, |builder| builder);
        let (mut browser, mut ended) = here.signed_in_and_waiting("alice").await;
        assert!(!is_over(&mut ended).await);
        here.gives_up(&mut browser, Mood::Failing).await;
        here.store.falls_mute();
        there.log_out_everywhere("alice").await;
        here.store.tell(Notice::Hearing);
        assert!(!soon(&mut ended).await, "{mode:?}");
        here.recovers().await;
        assert!(tokio::time::timeout(Duration::from_secs(6), &mut ended).await.is_ok(), "{mode:?}");
    }
}

/// Thousands look at once when the store hears again, a few at a time.
#[tokio::test(start_paused = true)]
async fn those_who_wait_do_not_fall_upon_a_store_that_hears_again() {
    for mode in MODES {
        let mut machine = Machine::new(mode, |builder| builder);
        let mut waiting = Vec::new();
        for _ in 0..100 {
            let (_, ended) = machine.signed_in_and_waiting("alice").await;
            waiting.push(tokio::spawn(ended));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        machine.store.tell(Notice::Deaf);
        tokio::time::sleep(Duration::from_secs(1)).await;
        machine.store.asked();
        machine.store.hold();
        machine.store.tell(Notice::Hearing);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(machine.store.asked().len(), 32, "{mode:?}");
        machine.store.release();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(machine.store.asked().len(), 68, "{mode:?}: and then the others");
        assert!(waiting.iter().all(|task| !task.is_finished()), "{mode:?}");
    }
}
