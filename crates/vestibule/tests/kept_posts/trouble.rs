//! A store in trouble: nobody is told that something is kept that is not, and nothing is sent twice.

use axum::body::Body;

use crate::{
    bench::{Bench, FORM, Mode, script},
    far::{Mishap, Mood},
    house::everywhere::Everywhere,
};

#[tokio::test(start_paused = true)]
async fn what_the_store_does_not_take_is_not_said_to_be_kept() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    bench.store.next("keep", Mishap::NotDone);
    let page = bench.send("/notes", FORM, "text=x").await;
    assert_eq!((page.status().as_u16(), page.header("retry-after"), bench.kept_cookies()), (503, Some("5"), 0));
    let said = |what: &str| page.text().contains(what);
    assert!(
        said("it could not be kept. Something went wrong on our side.") && said("Go back to it"),
        "{}",
        page.text()
    );
    bench.store.next("keep", Mishap::NotDone);
    let answer = bench.house.browser.request(script("/notes", "application/json", "{}")).await;
    assert_eq!((answer.status().as_u16(), answer.header("retry-after")), (503, Some("5")));
    assert!(answer.text().contains("login_url") && !answer.text().contains("\"kept\""), "{}", answer.text());
    // It is well again, and so are its people.
    bench.kept("/notes", FORM, "text=x").await;
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_to_arrive_is_said_to_have_taken_too_long() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let never = Body::from_stream(futures_util::stream::pending::<Result<String, std::io::Error>>());
    let page = bench.send("/notes", FORM, never).await;
    assert!(page.status() == 401 && page.text().contains("It took too long to arrive."), "{}", page.text());
}

#[tokio::test(start_paused = true)]
async fn while_nobody_can_say_who_is_signed_in_nothing_is_kept() {
    let mut bench = Bench::new(Mode::Store);
    bench.house.sign_in("/notes", "alice").await;
    bench.store.is(Mood::Failing);
    let page = bench.send("/notes", FORM, "text=x").await;
    assert_eq!((page.status().as_u16(), bench.kept_cookies(), bench.in_store()), (503, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_taken_out_now_is_sent_later_and_once() {
    for (method, mishap) in [("kept", Mishap::NotDone), ("keep", Mishap::NotDone)] {
        let mut bench = Bench::new(Mode::Cookies);
        bench.left_alone_overnight().await;
        let kept = bench.kept("/notes", FORM, "text=x").await;
        let asking = bench.back_from(&kept).await;
        bench.store.next(method, mishap);
        let page = bench.house.browser.submit(&asking, "0", &[]).await;
        assert_eq!((page.status().as_u16(), page.header("retry-after")), (503, Some("5")), "{method}");
        assert_eq!((bench.received().len(), bench.kept_cookies()), (0, 1), "{method}");
        bench.press_send(&asking).await;
        assert_eq!(bench.received().len(), 1, "{method}");
    }
}

/// That it is taken was done, though the answer got lost: it is sent, and not lost with the answer.
#[tokio::test(start_paused = true)]
async fn an_answer_that_gets_lost_costs_nobody_what_they_wrote() {
    let mut bench = Bench::new(Mode::Cookies);
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes", FORM, "text=x").await;
    let asking = bench.back_from(&kept).await;
    bench.store.next("keep", Mishap::AnswerLost);
    let page = bench.press_send(&asking).await;
    assert_eq!((page.status().as_u16(), bench.received().len()), (200, 1), "{}", page.text());
}

/// V58: who can write to the store can put back what was there. Until when it is kept is in the browser's cookie too, under our seal.
#[tokio::test(start_paused = true)]
async fn what_somebody_put_back_into_the_store_is_not_kept_for_longer() {
    let store = Everywhere::new();
    let mut bench = Bench::before(&store);
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes", FORM, "text=x").await;
    let asking = bench.back_from(&kept).await;
    let keys = store.kept_keys();
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    let now = vestibule::Clock::now(&bench.house.clock);
    store.put_kept(*key, store.value(*key, now).await, now).await;
    let mut forgets_nothing = bench.house.browser.clone();
    bench.house.clock.advance(15 * 60);
    let page = forgets_nothing.submit(&asking, "0", &[]).await;
    assert_eq!((page.status().as_u16(), bench.received().len()), (410, 0), "{}", page.text());
}

#[tokio::test(start_paused = true)]
async fn a_value_that_somebody_changed_in_the_store_is_as_good_as_none() {
    let store = Everywhere::new();
    let mut bench = Bench::before(&store);
    bench.left_alone_overnight().await;
    let kept = bench.kept("/notes", FORM, "text=x").await;
    let asking = bench.back_from(&kept).await;
    let keys = store.kept_keys();
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    let now = vestibule::Clock::now(&bench.house.clock);
    let mut value = store.value(*key, now).await;
    assert!(!value.windows(6).any(|window| window == b"text=x"), "sealed");
    *value.last_mut().expect("bytes") ^= 1;
    store.put_kept(*key, value, now).await;
    let page = bench.house.browser.submit(&asking, "0", &[]).await;
    assert_eq!((page.status().as_u16(), bench.received().len()), (410, 0), "{}", page.text());
}
