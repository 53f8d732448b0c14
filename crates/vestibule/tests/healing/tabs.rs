//! V26, Reliability "Many tabs": 64 tabs that one signed-out browser opens at once all end on their own page.

use vestibule_provider::Fault;

use crate::{
    house::{APP, House, rejection::cookies},
    town_hall::{Crowd, Order},
};

const TABS: usize = 64;

const ORDERS: [Order; 6] = [Order::First, Order::Last, Order::Seed(1), Order::Seed(2), Order::Seed(3), Order::Seed(4)];

/// Every request leaves before the first answer comes: no answer can know of the others' cookies.
async fn departed(order: Order) -> Crowd {
    let mut crowd = Crowd::of(TABS).await;
    crowd.all_ask(order).await;
    crowd
}

/// V26
#[tokio::test]
async fn tabs_that_leave_together_and_return_one_by_one_all_end_on_their_own_page() {
    for leaving in [Order::First, Order::Seed(9)] {
        for order in ORDERS {
            let mut crowd = departed(leaving).await;
            crowd.each_ends(order).await;
            crowd.expect_each_on_its_own_page(2, &format!("{leaving:?}, {order:?}"));
        }
    }
}

/// V26
#[tokio::test]
async fn tabs_that_leave_together_and_return_step_by_step_all_end_on_their_own_page() {
    for order in ORDERS {
        let mut crowd = departed(order).await;
        while !crowd.has_ended() {
            crowd.each_asks(order).await;
        }
        crowd.expect_each_on_its_own_page(2, &format!("{order:?}"));
    }
}

/// V26
#[tokio::test]
async fn tabs_of_which_each_step_is_under_way_at_once_all_end_on_their_own_page() {
    for order in ORDERS {
        let mut crowd = departed(order).await;
        while !crowd.has_ended() {
            crowd.all_ask(order).await;
        }
        crowd.expect_each_on_its_own_page(2, &format!("{order:?}"));
    }
}

/// V26
#[tokio::test]
async fn tabs_that_leave_one_after_the_other_all_end_on_their_own_page() {
    for order in ORDERS {
        let mut crowd = Crowd::of(TABS).await;
        crowd.each_asks(order).await;
        crowd.each_asks(order).await;
        crowd.each_ends(order).await;
        crowd.expect_each_on_its_own_page(2, &format!("{order:?}"));
    }
}

/// V26
#[tokio::test]
async fn tabs_whose_requests_and_answers_come_in_any_order_all_end_on_their_own_page() {
    for seed in 0..24 {
        let mut crowd = departed(Order::Seed(seed)).await;
        crowd.go_on_at_random(seed).await;
        crowd.expect_each_on_its_own_page(3, &format!("seed {seed}"));
    }
}

/// V60: beside a session that takes all the room that a session may, logins under way give way, and land by it.
#[tokio::test]
async fn a_large_session_leaves_the_header_short_while_tabs_are_under_way() {
    let large = |builder: vestibule::Builder| {
        builder.on_login(async |login: vestibule::NewLogin| Ok(login.with_claim("large", "x".repeat(4000))))
    };
    let mut crowd = Crowd::at(House::with(large), TABS).await;
    crowd.all_ask(Order::First).await;
    crowd.all_ask(Order::First).await;
    crowd.each_ends(Order::Seed(5)).await;
    crowd.expect_each_on_its_own_page(2, "a large session");
    assert!(crowd.heaviest() > 5000, "{}", crowd.heaviest());
}

/// V56: two tabs have one session where the provider says that they are of one sign-in, by its name or by when it was. By nothing at all
/// nobody can know, and the later one is another.
#[tokio::test]
async fn tabs_go_on_with_one_session_only_where_the_provider_says_that_it_is_one_sign_in() {
    for (fault, is_one) in [
        (None, true),
        (Some(Fault::MissingAuthTime), true),
        (Some(Fault::MissingSessionId), true),
        (Some(Fault::NamelessSignIn), false),
    ] {
        let mut house = House::new();
        house.provider.set_fault(fault.clone());
        let tabs = [house.callback_url("/profile?tab=1").await, house.callback_url("/profile?tab=2").await];
        assert_eq!(house.browser.get(&tabs[0]).await.text(), "profile of alice");
        let first = cookies(&house.browser, "session").remove(0).value;
        let page = house.browser.get(&tabs[1]).await;
        assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=2")), "{fault:?}");
        assert_eq!(cookies(&house.browser, "session").remove(0).value == first, is_one, "{fault:?}");
    }
}

/// V26, V56: each tab then puts its own session in the place of the last, and ends on its page all the same.
#[tokio::test]
async fn tabs_at_a_provider_that_names_no_sign_in_all_end_on_their_own_page() {
    for order in [Order::First, Order::Last] {
        let mut crowd = Crowd::of(TABS).await;
        crowd.house.provider.set_fault(Some(Fault::NamelessSignIn));
        crowd.all_ask(order).await;
        crowd.each_ends(order).await;
        crowd.expect_each_on_its_own_page(2, &format!("{order:?}"));
    }
}

/// V26: the places are fixed, so that what a browser can be made to keep has an end.
#[tokio::test]
async fn logins_have_eight_places_and_no_more() {
    let mut house = House::new();
    for _ in 0..100 {
        let mut alone = house.another_browser();
        alone.get_without_redirects(&format!("{APP}/profile")).await;
        for login in cookies(&alone, "login-") {
            let line = format!("{}={}; Path=/; HttpOnly; SameSite=Lax", login.name, login.value);
            assert!(house.browser.set_cookie(APP, &line));
        }
    }
    let logins = cookies(&house.browser, "login-");
    assert_eq!(logins.len(), 8, "all of the places were found by chance");
    house.get("/profile").await;
    assert_eq!(cookies(&house.browser, "login-").len(), 8);
}
