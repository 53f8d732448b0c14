use super::*;

const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
const TWO: Duration = Duration::from_secs(2);

fn key(number: u16) -> Key {
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    Key::from_bytes(bytes)
}

const WHOSE: [u16; 4] = [1, 2, 3, 4];

fn hearing() -> Recent {
    let recent = Recent::at_most(MOST, TWO);
    recent.hear(Notice::Hearing);
    recent
}

/// Somebody asks the store, and hears that nothing ended the session of key 1; `meanwhile` is between question and answer.
fn found(recent: &Recent, meanwhile: impl FnOnce(&Recent)) {
    let asked = recent.ask(NOW);
    meanwhile(recent);
    if let Some(asked) = asked {
        recent.keep(key(1), Found { session: None, whose: WHOSE.map(key), asked });
    }
}

fn is_found(recent: &Recent) -> bool {
    recent.find(key(1), NOW).is_some()
}

#[test]
fn what_was_found_is_believed() {
    let recent = hearing();
    assert!(!is_found(&recent));
    found(&recent, |_| {});
    assert!(is_found(&recent));
    assert!(recent.find(key(2), NOW).is_none(), "of this session alone");
}

/// By its own key, its sid's, its person's, its issuer's: at once, and also between question and answer.
#[test]
fn an_end_of_whatever_can_end_it_puts_it_out() {
    for ended in WHOSE {
        let recent = hearing();
        found(&recent, |_| {});
        recent.hear(Notice::Ended(key(ended)));
        assert!(!is_found(&recent), "{ended}");
        found(&recent, |_| {});
        assert!(is_found(&recent), "{ended}: asked after the end");
        let recent = hearing();
        found(&recent, |recent| recent.hear(Notice::Ended(key(ended))));
        assert!(!is_found(&recent), "{ended}: between question and answer");
        assert_eq!(recent.found.len(), 0, "{ended}: nor is it there");
    }
}

#[test]
fn an_end_of_somebody_else_changes_nothing() {
    let recent = hearing();
    found(&recent, |recent| recent.hear(Notice::Ended(key(5))));
    recent.hear(Notice::Ended(key(6)));
    assert!(is_found(&recent));
}

/// What ends while the store is deaf is not told: nothing from before is believed after, and nothing in between at all.
#[test]
fn nothing_is_believed_that_an_unheard_end_may_have_ended() {
    let recent = Recent::at_most(MOST, TWO);
    found(&recent, |_| {});
    assert!(!is_found(&recent), "nobody has heard anything yet");
    recent.hear(Notice::Hearing);
    assert!(!is_found(&recent));
    found(&recent, |_| {});
    recent.hear(Notice::Deaf);
    assert!(!is_found(&recent));
    assert_eq!(recent.found.len(), 0);
    found(&recent, |_| {});
    assert!(!is_found(&recent));
    recent.hear(Notice::Hearing);
    assert!(!is_found(&recent));
    for gap in [&[Notice::Deaf][..], &[Notice::Deaf, Notice::Hearing], &[Notice::Hearing]] {
        let recent = hearing();
        found(&recent, |recent| gap.iter().for_each(|notice| recent.hear(*notice)));
        assert!(!is_found(&recent), "{gap:?}: between question and answer");
        let recent = hearing();
        found(&recent, |_| {});
        gap.iter().for_each(|notice| recent.hear(*notice));
        assert!(!is_found(&recent), "{gap:?}");
    }
}

/// A clock that stands still, or is set back, makes nothing good for longer; neither does one that runs ahead.
#[tokio::test(start_paused = true)]
async fn it_is_believed_for_so_long_by_either_clock() {
    let recent = hearing();
    found(&recent, |_| {});
    assert!(recent.find(key(1), NOW.plus(1)).is_some());
    assert!(recent.find(key(1), NOW.plus(2)).is_none());
    found(&recent, |_| {});
    assert!(recent.find(key(1), NOW.minus(1)).is_none(), "set back");
    found(&recent, |_| {});
    tokio::time::advance(TWO - Duration::from_millis(1)).await;
    assert!(is_found(&recent));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(!is_found(&recent), "set back, and forward again");
}

/// Ten times as many as there is room for.
#[test]
fn it_is_bounded() {
    let recent = Recent::at_most(100, TWO);
    recent.hear(Notice::Hearing);
    for number in 0..1000 {
        let asked = recent.ask(NOW).expect("it hears");
        recent.keep(key(number), Found { session: None, whose: [key(number); 4], asked });
    }
    assert!(recent.found.len() <= 100, "{}", recent.found.len());
}

/// Tokens of people who went away do not stay.
#[tokio::test(start_paused = true)]
async fn what_is_no_longer_good_is_thrown_away() {
    let recent = hearing();
    for number in 1..100 {
        let asked = recent.ask(NOW).expect("it hears");
        recent.keep(key(number), Found { session: None, whose: [key(number); 4], asked });
    }
    tokio::time::advance(SWEPT_EVERY).await;
    found(&recent, |_| {});
    assert_eq!(recent.found.len(), 1);
}

#[test]
fn a_cache_of_nothing_or_of_more_than_five_seconds_is_refused() {
    for wrong in [Duration::ZERO, Duration::from_millis(999), Duration::from_millis(5001), Duration::from_secs(6)] {
        assert_eq!(Recent::good_for(wrong).expect_err("refused").setting(), "sessions.cache", "{wrong:?}");
    }
    for right in [Duration::from_secs(1), Duration::from_secs(5)] {
        assert!(Recent::good_for(right).is_ok(), "{right:?}");
    }
    let cut = Recent::good_for(Duration::from_millis(1999)).expect("one second");
    assert_eq!(cut.good_for, Duration::from_secs(1), "never more than was asked for");
}
