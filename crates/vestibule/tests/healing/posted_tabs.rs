//! V26, V28: 64 tabs whose responses the provider's page posts. The session's cookie does not come along with those, and the cookies
//! of the logins do.

use vestibule::{Client, Provider, ResponseMode};
use vestibule_provider::RegisteredClient;

use crate::{
    house::{CLIENT_SECRET, House, ISSUER},
    town_hall::{Crowd, Order},
};

const TABS: usize = 64;

const ORDERS: [Order; 4] = [Order::First, Order::Last, Order::Seed(1), Order::Seed(2)];

async fn departed(order: Order) -> Crowd {
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let corp = Provider::discovered(ISSUER, client).expect("an issuer").response_mode(ResponseMode::FormPost);
    let house = House::of(RegisteredClient::confidential("my-app", CLIENT_SECRET), corp);
    let mut crowd = Crowd::at(house, TABS).await;
    crowd.all_ask(order).await;
    crowd
}

/// V26
#[tokio::test]
async fn tabs_whose_forms_come_one_by_one_all_end_on_their_own_page() {
    for order in ORDERS {
        let mut crowd = departed(order).await;
        crowd.each_ends(order).await;
        crowd.expect_each_on_its_own_page(2, &format!("{order:?}"));
    }
}

/// V26
#[tokio::test]
async fn tabs_whose_forms_come_step_by_step_all_end_on_their_own_page() {
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
async fn tabs_whose_forms_come_all_at_once_all_end_on_their_own_page() {
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
async fn tabs_whose_forms_come_in_any_order_all_end_on_their_own_page() {
    for seed in 0..8 {
        let mut crowd = departed(Order::Seed(seed)).await;
        crowd.go_on_at_random(seed).await;
        crowd.expect_each_on_its_own_page(3, &format!("seed {seed}"));
    }
}
