use vestibule_core::{KeyManagementAlgorithm::EcdhEs, SignatureAlgorithm::Es256};

use super::*;

const DAY: i64 = 24 * 3600;
const LIFETIME: i64 = 30 * DAY;
const BEGAN: NumericDate = NumericDate::from_seconds(1_700_000_000);

fn needs() -> Needs {
    [Purpose::Signs(Es256), Purpose::Opens(EcdhEs)].into_iter().collect()
}

/// The keys as they are when somebody signs in at each of these times, in seconds from the beginning.
fn used_at(times: &[i64]) -> Made {
    times.iter().fold(Made::none(LIFETIME), |made, time| {
        let due = made.due(&needs(), BEGAN.plus(*time));
        if due.is_empty() { made } else { made.with_new(&due, BEGAN.plus(*time)).expect("keys") }
    })
}

fn signs(made: &Made, time: i64) -> String {
    made.in_use(BEGAN.plus(time)).signing_key(Es256).expect("a key").kid().to_owned()
}

fn opens(made: &Made, time: i64) -> Vec<String> {
    made.in_use(BEGAN.plus(time)).decryption_keys().iter().map(|key| key.kid().to_owned()).collect()
}

/// The kids that are published for a use.
fn published(made: &Made, time: i64, usage: &str) -> Vec<String> {
    let set = made.published(BEGAN.plus(time));
    let keys = set.get("keys").and_then(Value::as_array).expect("keys").iter();
    keys.filter(|key| key.get("use").and_then(Value::as_str) == Some(usage))
        .filter_map(|key| Some(key.get("kid")?.as_str()?.to_owned()))
        .collect()
}

#[test]
fn a_first_key_signs_at_once_and_is_all_that_there_is() {
    let made = used_at(&[0, 1, DAY, 28 * DAY]);
    assert_eq!(made.keys.len(), 2);
    assert_eq!(published(&made, 0, "sig"), [signs(&made, 0)]);
    assert_eq!(published(&made, 0, "enc"), opens(&made, 0));
}

#[test]
fn the_next_signing_key_is_published_for_a_day_before_it_signs_and_the_last_one_for_a_day_after() {
    let first = used_at(&[0]);
    let made =
        used_at(&[0]).with_new(&[Purpose::Signs(Es256)].into_iter().collect(), BEGAN.plus(29 * DAY)).expect("a key");
    assert!(first.due(&needs(), BEGAN.plus(29 * DAY - 1)).is_empty());
    assert!(!first.due(&needs(), BEGAN.plus(29 * DAY)).is_empty());

    let (old, new) = (signs(&made, 0), signs(&made, 31 * DAY));
    assert_ne!(old, new);
    assert_eq!((signs(&made, 30 * DAY - 1), signs(&made, 30 * DAY)), (old.clone(), new.clone()));
    assert_eq!(published(&made, 29 * DAY, "sig"), [old.clone(), new.clone()]);
    assert_eq!(published(&made, 31 * DAY - 1, "sig"), [old, new.clone()]);
    assert_eq!(published(&made, 31 * DAY, "sig"), [new]);
    assert_eq!(made.next_change(BEGAN.plus(29 * DAY)), Some(BEGAN.plus(30 * DAY)));
}

#[test]
fn who_comes_after_a_long_time_signs_with_the_key_that_is_known_until_the_new_one_is() {
    let made = used_at(&[0, 100 * DAY]);
    assert_eq!(signs(&made, 100 * DAY), signs(&made, 0));
    assert_eq!(published(&made, 100 * DAY, "sig").len(), 2);
    assert_ne!(signs(&made, 101 * DAY), signs(&made, 0));
}

#[test]
fn an_old_decryption_key_is_tried_for_one_lifetime_more_and_published_no_longer() {
    let made = used_at(&[0, 30 * DAY]);
    let both = opens(&made, 30 * DAY);
    assert_eq!((both.len(), both.last()), (2, opens(&made, 0).last()), "the newest first");
    assert_eq!(published(&made, 30 * DAY, "enc"), both[..1]);
    assert_eq!(opens(&made, 60 * DAY - 1), both);
    assert_eq!(opens(&made, 60 * DAY), both[..1]);
    assert_eq!(
        made.next_change(BEGAN.plus(60 * DAY - 1)),
        Some(BEGAN.plus(60 * DAY)),
        "so whoever keeps them looks again"
    );
}

#[test]
fn what_is_over_is_forgotten_with_the_next_key() {
    let made = used_at(&[0, 30 * DAY, 60 * DAY, 90 * DAY, 120 * DAY]);
    assert!(made.keys.len() <= 6, "{}", made.keys.len());
}

#[test]
fn a_need_that_comes_later_gets_its_key_and_the_others_stay() {
    let one = Made::none(LIFETIME).with_new(&[Purpose::Signs(Es256)].into_iter().collect(), BEGAN).expect("a key");
    assert_eq!(one.due(&needs(), BEGAN).iter().collect::<Vec<_>>(), [Purpose::Opens(EcdhEs)]);
    let both = one.with_new(&one.due(&needs(), BEGAN), BEGAN).expect("a key");
    assert_eq!(signs(&both, 0), signs(&one, 0));
}

#[test]
fn what_was_written_is_read_and_anything_else_is_nothing() {
    let made = used_at(&[0]);
    let bytes = made.to_bytes().expect("bytes");
    let read = Made::read(&bytes, LIFETIME).expect("the same");
    assert_eq!((signs(&read, 0), opens(&read, 0)), (signs(&made, 0), opens(&made, 0)));
    assert!(Made::read(&Secret::new(b"\x00\x01\x02{}\x00".to_vec()), LIFETIME).is_none());
}

#[test]
fn nothing_that_is_published_is_private() {
    let set = used_at(&[0, 29 * DAY]).published(BEGAN.plus(29 * DAY));
    for key in set.get("keys").and_then(Value::as_array).expect("keys") {
        assert!(key.get("d").is_none() && key.get("x").is_some(), "{key}");
    }
}
