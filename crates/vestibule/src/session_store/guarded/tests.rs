//! A store that does not answer costs little, and is asked again once it does.

pub(crate) mod distant;

use std::{
    sync::Arc,
    time::{Duration, Instant as Real},
};

use tokio::time::{Instant, advance, sleep};
use vestibule_core::NumericDate;

use self::distant::{Distant, Mood};
use super::{Guarded, LOOK_EVERY, NOTHING};
use crate::{
    clock::SystemClock,
    error::chain,
    session_store::SessionStore,
    store::{Key, StoreError},
};

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const DEADLINE: Duration = Duration::from_secs(1);
/// What somebody asks for, and those who look whether the store is back do not.
const SOMETHING: Key = Key::from_bytes([7; 32]);

fn guarded() -> (Guarded, Arc<Distant>) {
    let store = Arc::new(Distant::default());
    (Guarded::new(Arc::clone(&store) as Arc<dyn SessionStore>, DEADLINE, Arc::new(SystemClock)), store)
}

async fn ask(guarded: &Guarded) -> Result<(), StoreError> {
    guarded.load(SOMETHING, NOW).await.map(drop)
}

/// A store that nobody asks any more.
async fn given_up(mood: Mood) -> (Guarded, Arc<Distant>) {
    let (guarded, store) = guarded();
    store.is(mood);
    for _ in 0..5 {
        assert!(ask(&guarded).await.expect_err("no answer").was_asked());
    }
    (guarded, store)
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_in_time_is_an_error_that_says_so() {
    let (guarded, store) = guarded();
    store.is(Mood::Silent);
    let began = Instant::now();
    let error = ask(&guarded).await.expect_err("no answer");
    assert_eq!(began.elapsed(), DEADLINE);
    assert!(error.is_transient());
    assert_eq!(chain(&error), "the store failed: there was no answer within 1s");
}

/// The fifth in a row is the last that anybody waits for.
#[tokio::test(start_paused = true)]
async fn a_store_that_takes_its_whole_time_not_to_answer_costs_nothing_after_the_fifth_question() {
    for mood in [Mood::Silent, Mood::Failing] {
        let (guarded, store) = given_up(mood).await;
        let began = (Instant::now(), Real::now());
        for _ in 0..1000 {
            let error = ask(&guarded).await.expect_err("not asked");
            assert!(error.is_transient() && !error.was_asked(), "{mood:?}: {error:?}");
            assert!(chain(&error).contains("the store is not asked: "), "{}", chain(&error));
        }
        assert_eq!(began.0.elapsed(), Duration::ZERO, "{mood:?}");
        assert!(began.1.elapsed() < Duration::from_secs(1), "{mood:?}: a thousand");
        assert_eq!(store.asked(), 5, "{mood:?}");
    }
}

/// Every method is a question like any other.
#[tokio::test(start_paused = true)]
async fn whatever_it_would_have_been_asked_it_is_not() {
    let (guarded, store) = given_up(Mood::Failing).await;
    assert!(guarded.marks(&[SOMETHING], NOW).await.is_err_and(|error| !error.was_asked()));
    assert!(guarded.delete(SOMETHING, NOW).await.is_err_and(|error| !error.was_asked()));
    assert!(guarded.lease(SOMETHING, NOW, NOW).await.is_err_and(|error| !error.was_asked()));
    assert_eq!(store.asked(), 5);
    assert!(guarded.check().await.is_err_and(|error| error.was_asked()), "who starts asks the store itself");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_back_is_asked_again_though_nobody_asked_meanwhile() {
    for mood in [Mood::Silent, Mood::Failing, Mood::Refusing] {
        let (guarded, store) = guarded();
        store.is(mood);
        while ask(&guarded).await.is_err_and(|error| error.was_asked()) {}
        sleep(Duration::from_secs(60)).await;
        assert!(ask(&guarded).await.is_err_and(|error| !error.was_asked()), "{mood:?}: not back");
        store.is(Mood::Well);
        sleep(LOOK_EVERY + DEADLINE).await;
        ask(&guarded).await.expect("it is back");
    }
}

/// One question at a time, and not too many of them.
#[tokio::test(start_paused = true)]
async fn those_who_look_whether_it_is_back_are_one() {
    for (mood, most, at_once) in [(Mood::Silent, 10, 1), (Mood::Failing, 50, 0)] {
        let (guarded, store) = given_up(mood).await;
        for _ in 0..100 {
            sleep(Duration::from_millis(100)).await;
            for _ in 0..10 {
                assert!(ask(&guarded).await.is_err());
            }
        }
        assert!(store.looked() > 0 && store.looked() <= most, "{mood:?}: {} in ten seconds", store.looked());
        assert_eq!((store.most_at_once(), store.asked()), (at_once, 5), "{mood:?}");
    }
}

/// What answers now and then is not dead.
#[tokio::test(start_paused = true)]
async fn only_failures_in_a_row_count() {
    let (guarded, store) = guarded();
    for _ in 0..10 {
        store.is(Mood::Failing);
        for _ in 0..4 {
            assert!(ask(&guarded).await.expect_err("it fails").was_asked());
        }
        store.is(Mood::Well);
        ask(&guarded).await.expect("it answers");
    }
}

/// One record that cannot be read is no reason to leave everybody outside. A password that is not taken is none to say it a thousand times.
#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_is_left_alone_too_and_later() {
    let (guarded, store) = guarded();
    for _ in 0..10 {
        store.is(Mood::Refusing);
        for _ in 0..19 {
            assert!(ask(&guarded).await.is_err_and(|error| error.was_asked() && !error.is_transient()));
        }
        store.is(Mood::Well);
        ask(&guarded).await.expect("another record is in order");
    }
    store.is(Mood::Refusing);
    let before = store.asked();
    for _ in 0..1000 {
        assert!(ask(&guarded).await.is_err());
    }
    assert_eq!(store.asked() - before, 20);
}

/// Whoever hangs up has learnt nothing, neither good nor bad.
#[tokio::test(start_paused = true)]
async fn a_question_that_is_dropped_counts_for_nothing() {
    let (guarded, store) = guarded();
    store.is(Mood::Silent);
    let drop_one = async || {
        tokio::time::timeout(DEADLINE / 2, ask(&guarded)).await.expect_err("dropped");
    };
    for _ in 0..100 {
        drop_one().await;
    }
    for _ in 0..4 {
        assert!(ask(&guarded).await.expect_err("no answer").was_asked());
        drop_one().await;
    }
    assert!(ask(&guarded).await.expect_err("the fifth").was_asked());
    assert!(!ask(&guarded).await.expect_err("the sixth").was_asked());
    store.is(Mood::Well);
    sleep(LOOK_EVERY + DEADLINE).await;
    ask(&guarded).await.expect("and it is found to be back all the same");
}

/// What was asked before says nothing about now: whoever looks will see.
#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_the_store_was_given_up_changes_nothing() {
    let (guarded, store) = guarded();
    store.is(Mood::Slow);
    let (late, after) = tokio::join!(ask(&guarded), async {
        store.is(Mood::Failing);
        while ask(&guarded).await.is_err_and(|error| error.was_asked()) {}
        sleep(DEADLINE).await;
        ask(&guarded).await
    });
    assert!(late.is_ok() && after.is_err_and(|error| !error.was_asked()));
}

/// Those who looked went with their runtime: the next one sees to it that somebody looks.
#[test]
fn whoever_looks_may_go_with_their_runtime() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().expect("a runtime")
    };
    let (guarded, store) = runtime().block_on(given_up(Mood::Failing));
    runtime().block_on(async {
        store.is(Mood::Well);
        sleep(Duration::from_secs(60)).await;
        assert!(!ask(&guarded).await.expect_err("nobody looked").was_asked());
        sleep(LOOK_EVERY).await;
        advance(Duration::from_millis(1)).await;
        ask(&guarded).await.expect("somebody looked");
    });
}

/// Where an answer is at hand nothing is measured.
#[test]
fn a_store_that_answers_at_once_needs_no_timer() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without timers");
    let (guarded, _) = guarded();
    runtime.block_on(ask(&guarded)).expect("an answer");
}

#[tokio::test(start_paused = true)]
async fn nobody_looks_for_a_door_that_is_gone() {
    let (guarded, store) = given_up(Mood::Failing).await;
    drop(guarded);
    sleep(Duration::from_secs(1)).await;
    assert_eq!((store.looked(), Arc::strong_count(&store)), (0, 1));
}

/// What looks for nothing must find nothing, and leave nothing.
#[tokio::test(start_paused = true)]
async fn to_look_changes_nothing() {
    let (guarded, store) = guarded();
    guarded.0.look().await.expect("it is well");
    assert_eq!((store.sizes(), store.looked()), (crate::MemoryStore::new().sizes(), 3));
    assert!(store.load(NOTHING, NOW).await.is_ok_and(|found| found.is_none()));
}
