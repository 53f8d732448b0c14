//! V28, V97: with a response by a form of the provider's page the cookies that say what went before do not come along. What is not seen is
//! not forgotten.

use vestibule::{Client, Provider, ResponseMode};
use vestibule_provider::RegisteredClient;

use crate::{
    circles::{expect_diagnosis, follow, is_of_the_provider, loses_its_session},
    house::{APP, CLIENT_SECRET, House, ISSUER, rejection::cookies},
};

pub(crate) fn posting_house() -> House {
    let registered = RegisteredClient::confidential("my-app", CLIENT_SECRET);
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let corp = Provider::discovered(ISSUER, client).expect("an issuer").response_mode(ResponseMode::FormPost);
    House::of(registered, corp)
}

/// V97
#[tokio::test]
async fn a_session_that_does_not_come_back_ends_the_circle_after_three_forms() {
    let mut house = posting_house();
    let (page, departures) = follow(&mut house, "/profile?tab=2", loses_its_session).await;
    expect_diagnosis(&page, departures, "and did not come back, though a smaller cookie did");
    assert_eq!(house.provider.count("/token"), 3);
    let again = "/auth/login/corp?return_to=%2Fprofile%3Ftab%3D2";
    let (page, departures) = follow(&mut house, again, |_| ()).await;
    assert_eq!((page.text(), departures), ("profile of alice", 1), "whoever tries again begins with nothing counted");
}

/// V97: what a login was begun after is still known where its response comes to nothing.
#[tokio::test]
async fn forms_that_come_to_nothing_are_counted_with_those_that_signed_in() {
    let mut house = posting_house();
    let (mut url, mut departures) = (format!("{APP}/profile"), 0);
    // Of each first login the cookie is lost, and of each second the session.
    let page = loop {
        let page = house.browser.get_without_redirects(&url).await;
        let Some(location) = page.header("location").map(str::to_owned) else { break page };
        assert!(location.starts_with(ISSUER), "{location}");
        departures += 1;
        assert!(departures < 6, "it goes round in circles");
        let mut form = house.browser.get_without_redirects(&location).await;
        if is_of_the_provider(&form, "/authorize") {
            form = house.browser.submit_without_redirects(&form, "/authorize", &[("user", "alice")]).await;
        }
        if !url.contains("/auth/error") {
            for login in cookies(&house.browser, "posted-login-") {
                house.browser.remove_cookie(&login.name);
            }
        }
        let answer = house.browser.submit_without_redirects(&form, "/auth/callback", &[]).await;
        url = format!("{APP}{}", answer.header("location").expect("a way on"));
        loses_its_session(&mut house.browser);
    };
    assert_eq!((page.status().as_u16(), page.url().path(), departures), (400, "/auth/error", 3), "{}", page.text());
}

/// V97: a minute on the provider's page is longer than what came before it is remembered, as with the cookie.
#[tokio::test]
async fn forms_that_are_a_minute_apart_are_no_circle() {
    let mut house = posting_house();
    house.sign_in("/profile", "alice").await;
    for round in 0..6 {
        loses_its_session(&mut house.browser);
        let answer = house.browser.get_without_redirects(&format!("{APP}/profile")).await;
        let provider = answer.header("location").expect("the way to the provider").to_owned();
        house.pass(61);
        let form = house.browser.get_without_redirects(&provider).await;
        let page = house.browser.submit(&form, "/auth/callback", &[]).await;
        assert_eq!(page.text(), "profile of alice", "{round}");
    }
}

/// V61, V97: a page at a host whose cookies are not the base URL's, and an error page that finds the session there.
#[tokio::test]
async fn forms_for_a_page_at_another_host_are_no_circle_without_end() {
    let mut house = posting_house();
    let elsewhere = "http://127.0.0.1:3000";
    house.browser.site(elsewhere, house.app.clone());
    let (mut url, mut departures) = (format!("{elsewhere}/profile"), 0);
    let page = loop {
        departures += usize::from(url.starts_with(&format!("{ISSUER}/authorize")));
        assert!(departures < 6, "it goes round in circles");
        let mut page = house.browser.get_without_redirects(&url).await;
        if is_of_the_provider(&page, "/authorize") {
            page = house.browser.submit_without_redirects(&page, "/authorize", &[("user", "alice")]).await;
        }
        if is_of_the_provider(&page, "/auth/callback") {
            page = house.browser.submit_without_redirects(&page, "/auth/callback", &[]).await;
        }
        house.pass(1);
        // Pages of the application are led to the other host, and its sign-in is not.
        url = match page.header("location") {
            Some(location) if location.starts_with("/auth/") => format!("{APP}{location}"),
            Some(location) if location.starts_with('/') => format!("{elsewhere}{location}"),
            Some(location) => location.to_owned(),
            None => break page,
        };
    };
    assert_eq!(page.status(), 500, "{}", page.text());
    assert!(page.text().contains("The request was for &#39;127.0.0.1:3000&#39;"), "{}", page.text());
}
