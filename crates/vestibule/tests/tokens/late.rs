//! Requests that come late with the old cookie, and answers that get lost: sessions in cookies only.

use vestibule_provider::Browser;

use crate::{
    bench::{LIFETIME, Mode, STALE_AFTER, alice_in, op, token, token_of},
    house::{APP, House},
};

/// The session cookie lines as they are now, to be put back later.
fn profile(browser: &Browser) -> Vec<(String, String)> {
    let cookies = browser.cookies().filter(|cookie| cookie.name.contains("vestibule-"));
    cookies.map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect()
}

fn with_profile(house: &House, profile: &[(String, String)]) -> Browser {
    let mut browser = house.another_browser();
    for (name, value) in profile {
        assert!(browser.set_cookie(APP, &format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")));
    }
    browser
}

/// The answer that carried the new cookie got lost: the next request finds what came of the refresh, and gets the cookie again.
#[tokio::test]
async fn an_answer_that_got_lost_costs_nothing() {
    let (mut house, first) = alice_in(Mode::Cookies, op()).await;
    house.pass(STALE_AFTER);
    let old = profile(&house.browser);
    let second = token(&mut house).await;
    let mut late = with_profile(&house, &old);
    assert_eq!(token_of(&mut late).await, second);
    assert_ne!(profile(&late), old, "the new cookie came with it");
    assert_ne!(second, first);
    let tally = house.provider.tally();
    assert_eq!((tally.refresh_requests, tally.reuses_detected), (1, 0));
}

/// R88: the old refresh token is not presented again, nor its successor forgotten, over several rounds of lost answers.
#[tokio::test]
async fn however_often_answers_get_lost_each_refresh_token_is_presented_once() {
    let (mut house, _) = alice_in(Mode::Cookies, op()).await;
    let old = profile(&house.browser);
    for round in 1..=4 {
        house.pass(LIFETIME + 1);
        let mut late = with_profile(&house, &old);
        let newest = token_of(&mut late).await;
        assert_eq!(token_of(&mut with_profile(&house, &old)).await, newest);
        let tally = house.provider.tally();
        assert_eq!((tally.refresh_requests, tally.reuses_detected), (round, 0));
    }
}

/// Requests that were sent with the old cookie arrive after one with the new cookie was seen.
#[tokio::test]
async fn who_was_on_their_way_still_finds_the_new_token_after_the_new_cookie_was_seen() {
    let (mut house, _) = alice_in(Mode::Cookies, op()).await;
    house.pass(STALE_AFTER);
    let old = profile(&house.browser);
    let second = token(&mut house).await;
    assert_eq!(token(&mut house).await, second, "with the new cookie");
    house.pass(60);
    assert_eq!(token_of(&mut with_profile(&house, &old)).await, second);
    assert_eq!(house.provider.tally().refresh_requests, 1);
}

/// What is kept for latecomers is given back: after the new cookie was seen, and a while.
#[tokio::test]
async fn nothing_is_kept_for_latecomers_for_ever() {
    let store = std::sync::Arc::new(vestibule::MemoryStore::new());
    let marks = std::sync::Arc::clone(&store);
    let house = crate::bench::bench_marked(op(), marks);
    let (mut house, _) = crate::bench::alice_at(house).await;
    house.pass(STALE_AFTER);
    token(&mut house).await;
    assert_eq!(store.sizes().kept, 1);
    token(&mut house).await;
    house.pass(121);
    store.purge(vestibule::Clock::now(&house.clock));
    assert_eq!(store.sizes().kept, 0);
}
