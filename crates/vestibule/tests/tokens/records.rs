//! Notes of a refresh that are not what they should be (V68).

use std::sync::Arc;

use vestibule::SessionStore;

use crate::{
    bench::{LIFETIME, Mode, alice_at, around, machine, op, token, token_of},
    house::{APP, TestClock, everywhere::Everywhere},
};

/// What came of somebody else's refresh, put where whoever comes late with an old cookie looks, makes nobody that other one.
#[tokio::test]
async fn notes_in_the_place_of_others_are_none() {
    let (store, clock, op) = (Everywhere::new(), TestClock::new(), op());
    let shared: Arc<dyn SessionStore> = Arc::clone(&store) as _;
    let vestibule = machine(&op, &clock, Mode::Cookies, &shared).build().expect("the settings hold together");
    let (mut house, _) = alice_at(around(op, clock, &vestibule)).await;
    let mut bobs = house.another_browser();
    let page = bobs.get(&format!("{APP}/token")).await;
    bobs.sign_in_as(&page, "bob").await;
    let mut late = house.browser.clone();
    house.pass(LIFETIME);
    bobs.set_now(vestibule::Clock::now(&house.clock));
    late.set_now(vestibule::Clock::now(&house.clock));
    let (hers, his) = (token(&mut house).await, token_of(&mut bobs).await);
    assert_ne!(hers, his);
    let [of_alice, of_bob] = store.kept_keys().try_into().expect("two notes");
    let now = vestibule::Clock::now(&house.clock);
    let (value, own) = (store.value(of_bob, now).await, store.value(of_alice, now).await);
    store.put_kept(of_alice, value, now).await;
    let page = late.clone().fetch(&format!("{APP}/token")).await;
    assert!(page.status() != 200 || page.text() != his, "{}", page.text());
    assert_eq!(late.fetch(&format!("{APP}/api/me")).await.text(), "alice");
    assert_ne!(own, store.value(of_bob, now).await);
}
