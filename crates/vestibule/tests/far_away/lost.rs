//! Refreshes whose store does what it is asked and whose answer gets lost, and stores that are away for longer than a moment: nobody loses
//! tokens by that (R87).

use std::time::Duration;

use tokio::{task::JoinHandle, time::Instant};
use vestibule_provider::{Browser, Fault, Hold, RefreshFault};

use crate::{
    bench::{MODES, Machine, Mode, STALE_AFTER, ask, token},
    far::{Mishap, Mood},
    house::APP,
};

/// Two machines, and at the first a browser whose token has become stale.
async fn stale(mode: Mode) -> ([Machine; 2], Browser, String) {
    let [mut here, mut there] = Machine::two(mode, |builder| builder);
    let mut browser = here.signed_in("alice").await;
    let first = token(&mut browser).await;
    here.house.pass(STALE_AFTER);
    there.house.pass(0);
    ([here, there], browser, first)
}

/// A request at this machine, whose refresh the provider holds.
async fn held(machine: &Machine, browser: &Browser) -> (Hold, JoinHandle<String>) {
    let hold = machine.house.provider.hold("/token");
    let asking = tokio::spawn(ask(machine, browser, "/token"));
    hold.until_waiting(1).await;
    (hold, asking)
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// The token was presented so many times, and none of them was one too many.
fn expect_presented(machine: &Machine, times: usize, mode: Mode) {
    let tally = machine.house.provider.tally();
    assert_eq!((tally.refresh_requests, tally.reuses_detected), (times, 0), "{mode:?}");
}

/// The lease is ours and the note is ours, so the token is presented.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_noted_unheard_goes_on() {
    for mode in MODES {
        for mishap in [Mishap::AnswerLost, Mishap::NotDone] {
            let ([here, _], mut browser, first) = stale(mode).await;
            here.store.next("keep", mishap);
            let second = token(&mut browser).await;
            assert_ne!(second, first, "{mode:?} {mishap:?}");
            assert_eq!(token(&mut browser).await, second, "{mode:?} {mishap:?}");
            expect_presented(&here, 1, mode);
        }
    }
}

/// What was noted unheard is taken back as soon as the store is there, so that no other machine drops tokens that nobody presented.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_nothing_came_of_is_taken_back() {
    for mode in MODES {
        let ([here, there], browser, first) = stale(mode).await;
        here.store.next("keep", Mishap::AnswerLostAnd(Mood::Failing));
        let asking = tokio::spawn(ask(&here, &browser, "/token"));
        seconds(3).await;
        here.recovers().await;
        assert_eq!(asking.await.expect("no panic"), first, "{mode:?}: it still holds");
        expect_presented(&here, 0, mode);
        assert_ne!(token(&mut there.here(&browser)).await, first, "{mode:?}");
        expect_presented(&here, 1, mode);
    }
}

/// Where the store was away for too long, this process knows all the same.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_could_not_be_taken_back_is_known_here() {
    for mode in MODES {
        let ([mut here, _], mut browser, first) = stale(mode).await;
        here.store.next("keep", Mishap::AnswerLostAnd(Mood::Failing));
        let began = Instant::now();
        assert_eq!(ask(&here, &browser, "/token").await, first, "{mode:?}");
        assert!(began.elapsed() < Duration::from_secs(6), "{mode:?} {:?}", began.elapsed());
        seconds(10).await;
        here.recovers().await;
        here.house.pass(31);
        browser.set_now(vestibule::Clock::now(&here.house.clock));
        assert_ne!(token(&mut browser).await, first, "{mode:?}: the lease has run out, and the note is known");
        expect_presented(&here, 1, mode);
    }
}

/// Somebody took the lease over, believed that the token was presented, and dropped it: it is not presented after that.
#[tokio::test(start_paused = true)]
async fn an_attempt_whose_lease_ran_out_presents_nothing() {
    for mode in MODES {
        let ([mut here, there], browser, _) = stale(mode).await;
        here.store.next("keep", Mishap::AnswerLostAnd(Mood::Failing));
        let asking = tokio::spawn(ask(&here, &browser, "/token"));
        tokio::time::sleep(Duration::from_millis(5)).await;
        here.house.pass(31);
        let page = there.here(&browser).fetch(&format!("{APP}/token")).await;
        assert_eq!(page.status(), 401, "{mode:?}: {}", page.text());
        here.store.is(Mood::Well);
        asking.await.expect("no panic");
        expect_presented(&here, 0, mode);
        let page = here.here(&browser).fetch(&format!("{APP}/token")).await;
        assert_eq!(page.status(), 401, "{mode:?}: {}: what the other one noted is still there", page.text());
        expect_presented(&here, 0, mode);
    }
}

/// A provider in trouble, and a store that is away for a moment just then.
#[tokio::test(start_paused = true)]
async fn a_token_that_was_presented_in_vain_is_good_at_every_machine() {
    for mode in MODES {
        let ([here, there], browser, first) = stale(mode).await;
        here.house.provider.set_fault(Some(Fault::Refresh(RefreshFault::ServerError)));
        let (hold, asking) = held(&here, &browser).await;
        here.store.next("keep", Mishap::NotDone);
        here.store.next("keep", Mishap::AnswerLost);
        here.store.next("discard", Mishap::NotDone);
        hold.release();
        assert_eq!(asking.await.expect("no panic"), first, "{mode:?}: it still holds");
        here.house.provider.set_fault(None);
        assert_ne!(token(&mut there.here(&browser)).await, first, "{mode:?}");
        expect_presented(&here, 2, mode);
    }
}

/// And where it is away for longer, at this one.
#[tokio::test(start_paused = true)]
async fn a_token_that_was_presented_in_vain_is_good_here_whatever_is_noted() {
    for mode in MODES {
        let ([mut here, _], mut browser, first) = stale(mode).await;
        here.house.provider.set_fault(Some(Fault::Refresh(RefreshFault::ServerError)));
        let (hold, asking) = held(&here, &browser).await;
        here.store.is(Mood::Failing);
        hold.release();
        assert_eq!(asking.await.expect("no panic"), first, "{mode:?}: it still holds");
        seconds(10).await;
        here.recovers().await;
        here.house.provider.set_fault(None);
        here.house.pass(31);
        browser.set_now(vestibule::Clock::now(&here.house.clock));
        assert_ne!(token(&mut browser).await, first, "{mode:?}");
        expect_presented(&here, 2, mode);
    }
}

/// A lease that was asked for in vain is asked for again. One that was given unheard nobody can tell from another's: it costs seconds, and
/// nobody their token.
#[tokio::test(start_paused = true)]
async fn a_lease_that_nobody_heard_of_keeps_nobody_waiting() {
    for mode in MODES {
        let ([here, _], mut browser, first) = stale(mode).await;
        here.store.next("lease", Mishap::NotDone);
        assert_ne!(token(&mut browser).await, first, "{mode:?}");

        let ([mut here, _], mut browser, first) = stale(mode).await;
        here.store.next("lease", Mishap::AnswerLost);
        let began = Instant::now();
        assert_eq!(token(&mut browser).await, first, "{mode:?}");
        assert!(began.elapsed() < Duration::from_secs(3), "{mode:?} {:?}", began.elapsed());
        here.house.pass(30);
        browser.set_now(vestibule::Clock::now(&here.house.clock));
        assert_ne!(token(&mut browser).await, first, "{mode:?}: it has run out");
        expect_presented(&here, 1, mode);
    }
}

/// A lease that was not given back keeps every other machine waiting.
#[tokio::test(start_paused = true)]
async fn a_lease_is_given_back_though_the_store_stumbles() {
    for mode in MODES {
        let ([here, there], mut browser, first) = stale(mode).await;
        here.store.next("release_lease", Mishap::NotDone);
        here.store.next("release_lease", Mishap::NotDone);
        let began = Instant::now();
        assert_ne!(token(&mut browser).await, first, "{mode:?}");
        assert_eq!(began.elapsed(), Duration::ZERO, "{mode:?}: nobody waits for that");
        let page = there.here(&browser).fetch(&format!("{APP}/new")).await;
        assert_eq!(page.status(), 200, "{mode:?}: {}", page.text());
        assert!(began.elapsed() < Duration::from_secs(1), "{mode:?} {:?}", began.elapsed());
        expect_presented(&here, 2, mode);
    }
}

/// What the provider gave is written down, the store does not say so, and says that somebody else was at it when it is asked once more.
#[tokio::test(start_paused = true)]
async fn tokens_that_were_written_down_unheard_are_there() {
    for mode in MODES {
        let ([here, there], mut browser, first) = stale(mode).await;
        let (hold, asking) = held(&here, &browser).await;
        let written = if mode == Mode::Store { "update" } else { "keep" };
        here.store.next(written, Mishap::AnswerLost);
        here.store.next("kept", Mishap::NotDone);
        hold.release();
        let second = asking.await.expect("no panic");
        assert_ne!(second, first, "{mode:?}");
        assert_eq!(token(&mut there.here(&browser)).await, second, "{mode:?}");
        assert_eq!(token(&mut browser).await, second, "{mode:?}");
        expect_presented(&here, 1, mode);
    }
}

/// A store that many wait at is not asked the same for ever and ever; and who waits is not kept for long when the other is done.
#[tokio::test(start_paused = true)]
async fn whoever_waits_for_another_machine_asks_less_and_less_often() {
    for mode in MODES {
        let ([here, there], browser, first) = stale(mode).await;
        let (hold, asking) = held(&here, &browser).await;
        let waiting = tokio::spawn(ask(&there, &browser, "/token"));
        tokio::time::sleep(Duration::from_millis(500)).await;
        let leases = |machine: &Machine| machine.store.asked().into_iter().filter(|asked| *asked == "lease").count();
        assert!((4..12).contains(&leases(&there)), "{mode:?}: often at first");
        tokio::time::sleep(Duration::from_millis(7500)).await;
        assert!((10..32).contains(&leases(&there)), "{mode:?}");
        hold.release();
        let (second, began) = (asking.await.expect("no panic"), Instant::now());
        assert_ne!(second, first, "{mode:?}");
        assert_eq!(waiting.await.expect("no panic"), second, "{mode:?}");
        assert!(began.elapsed() < Duration::from_millis(600), "{mode:?} {:?}", began.elapsed());
        expect_presented(&here, 1, mode);
    }
}

/// Another server takes over from the one that died, which takes a while. Whoever asked is told to come again.
#[tokio::test(start_paused = true)]
async fn tokens_outlive_a_store_that_is_away_for_longer_than_people_wait() {
    for mode in MODES {
        for mood in [Mood::Failing, Mood::Silent] {
            let ([here, there], mut browser, first) = stale(mode).await;
            let (hold, asking) = held(&here, &browser).await;
            here.store.is(mood);
            hold.release();
            let began = Instant::now();
            let answer = asking.await.expect("no panic");
            assert!(answer.contains(r#""status":503"#), "{mode:?} {mood:?}: {answer}");
            assert_eq!(began.elapsed().as_secs(), 3, "{mode:?} {mood:?} {:?}", began.elapsed());
            seconds(15).await;
            here.recovers().await;
            let second = token(&mut browser).await;
            assert_ne!(second, first, "{mode:?} {mood:?}");
            assert_eq!(token(&mut there.here(&browser)).await, second, "{mode:?} {mood:?}");
            expect_presented(&here, 1, mode);
        }
    }
}

/// While new tokens wait for a store that writes nothing, whoever comes goes on with the old one that holds.
#[tokio::test(start_paused = true)]
async fn while_new_tokens_are_not_written_down_the_old_one_serves() {
    for mode in MODES {
        let ([here, _], mut browser, first) = stale(mode).await;
        let (hold, asking) = held(&here, &browser).await;
        let written = if mode == Mode::Store { "update" } else { "keep" };
        (0..15).for_each(|_| here.store.next(written, Mishap::NotDone));
        hold.release();
        let answer = asking.await.expect("no panic");
        assert!(answer.contains(r#""status":503"#), "{mode:?}: {answer}");
        assert_eq!(token(&mut browser).await, first, "{mode:?}");
        seconds(15).await;
        assert_ne!(token(&mut browser).await, first, "{mode:?}");
        expect_presented(&here, 1, mode);
    }
}
