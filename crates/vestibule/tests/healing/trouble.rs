//! Reliability "Store error is not a store miss": while nobody can say who is signed in, nobody is sent to sign in, and nobody is told
//! that their sign-in is over.

use std::sync::{Arc, atomic::Ordering};

use vestibule::{Client, Provider, ResponseMode};
use vestibule_provider::Page;

use crate::house::{self, APP, CLIENT_SECRET, House, ISSUER, TestClock, everywhere::Everywhere, rejection::cookies};

/// A house whose sessions are in a store that can be away, with a provider that answers in this way.
fn house(mode: Option<ResponseMode>) -> (House, Arc<Everywhere>) {
    let (store, clock, provider) = (Everywhere::new(), TestClock::new(), house::provider());
    let corp = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let corp = mode.into_iter().fold(corp, Provider::response_mode);
    let builder = house::bare_builder(&provider, &clock).provider("corp", corp).sessions(Arc::clone(&store));
    let vestibule = builder.build().expect("the settings hold together");
    (House::around(provider, clock, &vestibule), store)
}

/// A page that says whose trouble it is, and lets nobody leave.
fn expect_trouble(house: &House, page: &Page, authorized: usize) {
    assert_eq!((page.status().as_u16(), page.url().path()), (503, "/auth/error"), "{}", page.text());
    assert!(page.text().contains("Something went wrong on our side."), "{}", page.text());
    assert_eq!(house.provider.count("/authorize"), authorized, "nobody left");
    assert_eq!(cookies(&house.browser, "session").len(), 1, "the session is not forgotten");
}

#[tokio::test]
async fn a_stale_callback_while_the_store_is_away_starts_nothing_over() {
    let (mut house, store) = house(None);
    let stale = house.callback_url("/profile?tab=1").await;
    for login in cookies(&house.browser, "login-") {
        house.browser.remove_cookie(&login.name);
    }
    assert_eq!(house.get("/profile?tab=2").await.text(), "profile of alice");
    let authorized = house.provider.count("/authorize");
    store.is_away.store(true, Ordering::SeqCst);
    let page = house.browser.get(&stale).await;
    expect_trouble(&house, &page, authorized);
    store.is_away.store(false, Ordering::SeqCst);
    assert_eq!(house.browser.get(&stale).await.text(), "profile of alice", "and then they land");
}

/// V28: with a form it is the error page that asks who is signed in.
#[tokio::test]
async fn an_error_page_while_the_store_is_away_starts_nothing_over() {
    let (mut house, store) = house(Some(ResponseMode::FormPost));
    let late = house.get("/profile?tab=1").await;
    for login in cookies(&house.browser, "posted-login-") {
        house.browser.remove_cookie(&login.name);
    }
    house.sign_in("/profile?tab=2", "alice").await;
    let form = house.browser.submit_without_redirects(&late, "/authorize", &[("user", "alice")]).await;
    let answer = house.browser.submit_without_redirects(&form, "/auth/callback", &[]).await;
    let authorized = house.provider.count("/authorize");
    store.is_away.store(true, Ordering::SeqCst);
    let record = format!("{APP}{}", answer.header("location").expect("the way to the error page"));
    let page = house.browser.get(&record).await;
    expect_trouble(&house, &page, authorized);
}

/// Where nothing would start over, they are not told that it is over either.
#[tokio::test]
async fn a_callback_that_is_not_ours_while_the_store_is_away_is_the_stores_trouble() {
    let (mut house, store) = house(None);
    house.sign_in("/profile", "alice").await;
    let authorized = house.provider.count("/authorize");
    let foreign = format!("{APP}/auth/callback/corp?state=x&code=y");
    store.is_away.store(true, Ordering::SeqCst);
    let page = house.browser.get(&foreign).await;
    expect_trouble(&house, &page, authorized);
}
