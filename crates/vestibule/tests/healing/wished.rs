//! A login that the application wished for in a way of its own is not replaced by a plain one, which would sign somebody in otherwise.

use serde_json::json;
use vestibule::{SignIn, Vestibule};

use crate::house::{APP, House, TestClock, builder, callback_url, log::Log, provider, rejection::cookies};

/// A house whose application begins sign-ins, and the link of one.
fn house(wish: impl FnOnce(SignIn) -> SignIn) -> (House, String) {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule: Vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    let href = wish(vestibule.sign_in("corp").return_to("/profile?tab=2")).href();
    (House::around(provider, clock, &vestibule), href)
}

fn forget_logins(house: &mut House) {
    for login in cookies(&house.browser, "login-") {
        house.browser.remove_cookie(&login.name);
    }
}

/// What an application does with a sign-in before it begins.
type Wished = fn(SignIn) -> SignIn;

fn wishes() -> [(&'static str, Wished); 4] {
    [
        ("prompt", |sign_in| sign_in.prompt("login")),
        ("claims", |sign_in| sign_in.claims(json!({"userinfo": {"email": null}})).expect("claims")),
        ("resource", |sign_in| sign_in.parameter("resource", "https://api.example.com").expect("a resource")),
        ("a hint and more", |sign_in| sign_in.login_hint("alice").prompt("select_account")),
    ]
}

/// R21
#[tokio::test]
async fn a_stale_response_of_a_login_with_a_wish_ends_on_a_page_that_asks() {
    for (what, wish) in wishes() {
        let (mut house, href) = house(wish);
        let callback = callback_url(&mut house.browser, &href, "alice").await;
        forget_logins(&mut house);
        let authorized = house.provider.count("/authorize");
        let page = house.browser.get(&callback).await;
        assert_eq!((page.status().as_u16(), page.url().path()), (400, "/auth/error"), "{what}");
        assert!(page.text().contains("This sign-in was used or has expired."), "{what}: {}", page.text());
        assert!(page.text().contains("Start again"), "{what}: {}", page.text());
        assert_eq!(house.provider.count("/authorize"), authorized, "{what}: nothing was begun");
        // Whoever is signed in lands, as ever.
        assert_eq!(house.get("/profile").await.text(), "profile of alice", "{what}");
        let page = house.browser.get(&callback).await;
        assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=2")), "{what}");
    }
}

/// What only makes it more convenient is given up for its coming to an end.
#[tokio::test]
async fn a_stale_response_of_a_login_with_a_hint_starts_over() {
    let hints: [Wished; 3] =
        [|sign_in| sign_in, |sign_in| sign_in.login_hint("alice"), |sign_in| sign_in.ui_locales("de")];
    for hint in hints {
        let (mut house, href) = house(hint);
        let callback = callback_url(&mut house.browser, &href, "alice").await;
        forget_logins(&mut house);
        let page = house.browser.get(&callback).await;
        assert_eq!((page.text(), page.url().as_str()), ("profile of alice", "http://localhost:3000/profile?tab=2"));
    }
}

/// The record says which kind it was.
#[tokio::test]
async fn the_record_of_a_departure_says_that_it_was_wished_for() {
    let (mut house, href) = house(|sign_in| sign_in.prompt("login"));
    let (log, _listening) = Log::listen();
    house.browser.get_without_redirects(&format!("{APP}{href}")).await;
    let lines = log.lines();
    let departed = lines.iter().find(|line| line.contains("sent_to_provider")).expect("a record");
    assert!(departed.contains("the application wished for a sign-in of this kind"), "{departed}");
}
