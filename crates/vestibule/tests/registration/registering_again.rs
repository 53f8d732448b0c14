//! Registrations that have ended or are not known any more.

use std::time::Duration;

use vestibule_provider::Fault;

use crate::{
    house::APP,
    lab::{Shelf, asked, lab, op, run, run_of, signs_in},
};

/// R101
#[tokio::test(start_paused = true)]
async fn an_expired_secret_leads_to_one_new_registration() {
    let op = op().registered_secrets_expire_after(3600);
    let mut house = run(&op);
    assert!(signs_in(&mut house).await);
    house.pass(3239);
    tokio::time::advance(Duration::from_secs(3239)).await;
    let mut second = house.another_browser();
    second.get_without_redirects(&format!("{APP}/profile")).await;
    assert_eq!(op.count("/register"), 1, "still good");
    house.pass(320);
    tokio::time::advance(Duration::from_secs(320)).await;
    second.get_without_redirects(&format!("{APP}/profile")).await;
    second.get_without_redirects(&format!("{APP}/profile")).await;
    assert_eq!(op.count("/register"), 2);
}

/// R101
#[tokio::test(start_paused = true)]
async fn a_provider_whose_secrets_end_at_once_is_not_stormed() {
    let op = op().registered_secrets_expire_after(1);
    let house = run(&op);
    let mut browser = house.another_browser();
    for _ in 0..100 {
        browser.get_without_redirects(&format!("{APP}/profile")).await;
    }
    assert_eq!(op.count("/register"), 1);
    tokio::time::advance(Duration::from_secs(61)).await;
    browser.get_without_redirects(&format!("{APP}/profile")).await;
    assert_eq!(op.count("/register"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_the_provider_forgot_registers_once_more() {
    let (op, shelf) = (op(), Shelf::default());
    let with_shelf = |_: ()| run_of(&op, lab(asked()), |builder| builder.registrations(shelf.clone()));
    assert!(signs_in(&mut with_shelf(())).await);
    // The next run remembers a client that the provider forgot between the login and the token request.
    let mut house = with_shelf(());
    let callback = house.callback_url("/profile").await;
    op.set_fault(Some(Fault::InvalidClient));
    let page = house.browser.get(&callback).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (502, "/auth/error"));
    op.set_fault(None);
    op.forget_clients();
    // The provider still knows alice, though it forgot us.
    assert_eq!(house.get("/profile").await.text(), "profile of alice", "the next login has a new client");
    assert_eq!(op.count("/register"), 2);
    assert!(signs_in(&mut with_shelf(())).await, "and it is remembered");
    assert_eq!(op.count("/register"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_knows_no_client_at_all_is_not_stormed() {
    let op = op();
    let mut house = run(&op);
    op.set_fault(Some(Fault::InvalidClient));
    for _ in 0..5 {
        let callback = house.callback_url("/profile").await;
        assert_eq!(house.browser.get(&callback).await.status().as_u16(), 502);
    }
    assert_eq!(op.count("/register"), 1);
}
