//! The next morning: a browser that is restored with its tabs, and programs that changed in the night.

use crate::{
    house::{APP, House, rejection::cookies},
    town_hall::{Crowd, Order},
};

const NIGHT: i64 = 12 * 3600;

/// The closing sentence of the whole: five protected tabs after a night are five pages.
#[tokio::test]
async fn five_tabs_of_a_browser_that_is_restored_in_the_morning_are_five_pages() {
    for order in [Order::First, Order::Last, Order::Seed(1)] {
        let mut crowd = Crowd::of(5).await;
        crowd.house.pass(NIGHT);
        crowd.all_ask(order).await;
        crowd.each_ends(order).await;
        crowd.expect_each_on_its_own_page(2, &format!("{order:?}"));
    }
}

/// Where the provider's session is over too, each tab has its sign-in page in front of it: whichever is used first, the others come
/// after it to their own pages.
#[tokio::test]
async fn five_tabs_that_slept_at_the_providers_page_are_five_pages() {
    for first in 0..5 {
        let mut house = House::new();
        let mut tabs = Vec::new();
        for tab in 0..5 {
            tabs.push(house.get(&format!("/profile?tab={tab}")).await);
        }
        house.pass(NIGHT);
        assert!(cookies(&house.browser, "login-").is_empty(), "their time is over");
        for tab in (0..5).map(|tab| (tab + first) % 5) {
            let page = house.browser.sign_in_as(&tabs[tab], "alice").await;
            let here = format!("{APP}/profile?tab={tab}");
            assert_eq!((page.text(), page.url().as_str()), ("profile of alice", here.as_str()), "first {first}");
        }
        assert_eq!(house.provider.count("/token"), 1, "the others land by the session");
    }
}
