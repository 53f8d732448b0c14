//! V13: responses in fragments, which no server sees, heal as those in queries do.

use vestibule::{Client, Provider, ResponseType};
use vestibule_provider::{Browser, Page, RegisteredClient};

use crate::house::{APP, CLIENT_SECRET, House, ISSUER, rejection::cookies};

const NIGHT: i64 = 12 * 3600;
const CALLBACK: &str = "http://localhost:3000/auth/callback/corp";

fn house() -> House {
    let registered = RegisteredClient::confidential("my-app", CLIENT_SECRET).response_types(ResponseType::ALL);
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let corp = Provider::discovered(ISSUER, client).expect("an issuer").response_type(ResponseType::CodeIdToken);
    House::of(registered, corp)
}

/// What the script of the page does.
async fn hand_over(browser: &mut Browser, page: Page) -> Page {
    assert!(page.url().as_str().starts_with(CALLBACK) && page.url().fragment().is_some(), "{}", page.url());
    assert_eq!(page.status(), 200, "the page that reads the fragment: {}", page.text());
    browser.submit_fragment(&page, "0", "fragment").await
}

/// A browser that is restored in the morning at the provider's page, all whose logins here are over.
#[tokio::test]
async fn a_fragment_that_comes_after_a_night_starts_over_to_its_own_page() {
    let mut house = house();
    let tabs = [house.get("/profile?tab=1").await, house.get("/profile?tab=2").await];
    house.pass(NIGHT);
    assert!(cookies(&house.browser, "login-").is_empty(), "their time is over");
    let late = house.browser.sign_in_as(&tabs[0], "alice").await;
    // The provider knows them now, so that the second response comes by itself.
    let page = hand_over(&mut house.browser, late).await;
    let page = hand_over(&mut house.browser, page).await;
    assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=1")), "{}", page.url());
    assert!(page.url().as_str().starts_with(APP));
    // Whoever is signed in lands on the page that it was for, and not on the front page.
    let tokens = house.provider.count("/token");
    let late = house.browser.sign_in_as(&tabs[1], "alice").await;
    let page = hand_over(&mut house.browser, late).await;
    assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=2")));
    assert_eq!(house.provider.count("/token"), tokens);
}

/// One that was made up comes to the error page as one in a query does.
#[tokio::test]
async fn a_fragment_that_is_not_ours_begins_nothing() {
    let mut house = house();
    for fragment in ["", "#", "#state=x&code=y", "#x"] {
        let page = house.browser.get(&format!("{CALLBACK}{fragment}")).await;
        let page = house.browser.submit_fragment(&page, "0", "fragment").await;
        assert_eq!((page.status().as_u16(), page.url().path()), (400, "/auth/error"), "{fragment}");
        assert!(page.text().contains("Start again"), "{fragment}: {}", page.text());
    }
    assert_eq!(house.provider.count("/authorize"), 0);
}

/// The page leads to the provider where the fragment was stale, and a browser goes only where the page said that it may.
#[tokio::test]
async fn the_page_that_a_stranger_gets_first_names_where_its_form_may_lead() {
    let mut house = house();
    let page = house.browser.get(CALLBACK).await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains(&format!("form-action 'self' {ISSUER};")), "{policy}");
}
