//! Keys that we made are replaced in time, and nobody who verifies notices.

use std::time::Duration;

use vestibule::OwnKeys;

use crate::{
    bench::{DAY, by_key, corp, house, jwks, kids, op, registered, run, signed_by, signs_in},
    house::{House, TestClock},
};

/// Somebody signs in anew; the kid that our proof was signed under.
async fn signing_kid(house: &mut House) -> String {
    house.browser = house.another_browser();
    assert!(signs_in(house).await);
    signed_by(&house.provider)
}

#[tokio::test]
async fn the_next_key_is_published_a_day_before_it_signs_and_the_last_one_a_day_after() {
    let mut house = house();
    let first = signing_kid(&mut house).await;
    house.pass(28 * DAY);
    assert_eq!(signing_kid(&mut house).await, first);
    house.pass(DAY);
    assert_eq!(signing_kid(&mut house).await, first, "the next key is there, and does not sign yet");
    let [old, next] = &kids(&jwks(&mut house).await)[..] else { panic!("two keys") };
    assert_eq!(old, &first);
    house.pass(DAY);
    assert_eq!(&signing_kid(&mut house).await, next);
    assert_eq!(kids(&jwks(&mut house).await), [first, next.clone()]);
    house.pass(DAY);
    assert_eq!(&kids(&jwks(&mut house).await), std::slice::from_ref(next));
}

#[tokio::test]
async fn the_lifetime_is_a_setting() {
    let keys = OwnKeys::made_for(Duration::from_secs(2 * 24 * 3600));
    let (_, mut house) = run(&op(registered()), &TestClock::new(), corp(by_key()).keys(keys), |builder| builder);
    let first = signing_kid(&mut house).await;
    house.pass(DAY);
    signing_kid(&mut house).await;
    house.pass(DAY);
    assert_ne!(signing_kid(&mut house).await, first);
}
