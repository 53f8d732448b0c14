//! Reliability, V17, V22, V32: a response that came too late, twice, or to a browser that has forgotten its login starts over once,
//! unseen, and then says what is wrong.

use axum::body::Body;
use http::Request;
use vestibule_provider::{Browser, Page};

use crate::{
    forms::posting_house,
    house::{
        APP, House, ISSUER,
        log::Log,
        rejection::{cookies, parameter, who, with},
    },
};

/// Forgets every cookie of the application.
fn forget(house: &mut House) {
    for name in house.cookie_names() {
        house.browser.remove_cookie(&name);
    }
}

/// Goes to the provider that an answer leads to, and gives the callback to which that leads.
async fn next_callback(browser: &mut Browser, answer: &Page) -> String {
    let provider = answer.header("location").expect("the way to the provider").to_owned();
    assert!(provider.starts_with(&format!("{ISSUER}/authorize?")), "{provider}");
    let page = browser.get_without_redirects(&provider).await;
    page.header("location").expect("the way back: the provider knows them").to_owned()
}

/// R21: whatever became of the login.
#[tokio::test]
async fn a_response_whose_login_is_gone_late_or_used_starts_over_to_its_own_page() {
    for what in ["gone", "late", "used"] {
        let mut house = House::new();
        let callback = house.callback_url("/profile?tab=2").await;
        match what {
            "gone" => forget(&mut house),
            "late" => house.pass(10 * 3600),
            _ => {
                house.browser.get(&callback).await;
                for session in cookies(&house.browser, "session") {
                    house.browser.remove_cookie(&session.name);
                }
            }
        }
        let (before, entered) = (house.provider.count("/token"), house.entered());
        let answer = house.browser.get_without_redirects(&callback).await;
        assert_eq!(answer.status(), 303, "{what}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "V13: {what}");
        assert_eq!((house.provider.count("/token"), house.entered()), (before, entered), "{what}");
        assert!(cookies(&house.browser, "error").is_empty(), "{what}: nobody is told anything");
        assert_eq!(cookies(&house.browser, "login-").len(), 1, "{what}: one login, which is another");
        let again = next_callback(&mut house.browser, &answer).await;
        assert_ne!(parameter(&again, "code"), parameter(&callback, "code"), "{what}");
        let page = house.browser.get(&again).await;
        let here = format!("{APP}/profile?tab=2");
        assert_eq!((page.text(), page.url().as_str()), ("profile of alice", here.as_str()), "{what}");
    }
}

/// The second time it says what is wrong, and asks nobody anything.
#[tokio::test]
async fn a_login_that_was_started_over_is_not_started_over_again() {
    let mut house = House::new();
    let callback = house.callback_url("/profile?tab=2").await;
    forget(&mut house);
    let answer = house.browser.get_without_redirects(&callback).await;
    let again = next_callback(&mut house.browser, &answer).await;
    forget(&mut house);
    let (log, _listening) = Log::listen();
    let page = house.browser.get(&again).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (400, "/auth/error"));
    assert!(page.text().contains("Allow cookies for this site"), "{}", page.text());
    assert!(page.text().contains("return_to=%2Fprofile%3Ftab%3D2"), "back to where they were going: {}", page.text());
    assert_eq!(house.provider.count("/token"), 0);
    let sentence = "The cookie of this sign-in did not come back.";
    assert!(page.text().contains(sentence), "it is development on loopback: {}", page.text());
    let logged = log.lines().into_iter().find(|line| line.contains(sentence)).expect("the log has it");
    let reference = page.text().split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a reference");
    assert!(logged.contains(reference), "{logged}");
}

/// What is wrong is said even to a browser that keeps no cookie at all, and so cannot bring a record.
#[tokio::test]
async fn a_browser_without_cookies_learns_that_it_has_none() {
    let house = House::new();
    let mut signed_in_at_the_provider = house.browser.clone();
    let mut url = format!("{APP}/profile");
    let mut departures = 0;
    for _ in 0..20 {
        // Only the provider's cookies are kept.
        let kept: Vec<_> = signed_in_at_the_provider
            .cookies()
            .filter(|cookie| cookie.name.contains("vestibule-"))
            .map(|cookie| cookie.name.clone())
            .collect();
        kept.iter().for_each(|name| signed_in_at_the_provider.remove_cookie(name));
        let mut page = signed_in_at_the_provider.get_without_redirects(&url).await;
        departures += usize::from(url.starts_with(&format!("{ISSUER}/authorize")));
        if page.status() == 200 && url.starts_with(ISSUER) {
            page = signed_in_at_the_provider.submit_without_redirects(&page, "authorize", &[("user", "alice")]).await;
        }
        match page.header("location") {
            Some(location) if location.starts_with('/') => url = format!("{APP}{location}"),
            Some(location) => url = location.to_owned(),
            None => {
                assert_eq!(page.status(), 400);
                assert!(page.text().contains("Allow cookies for this site"), "{}", page.text());
                assert_eq!(departures, 2, "never a third, let alone a fourth");
                return;
            }
        }
    }
    panic!("it goes round in circles: {url}");
}

/// V26: where all places are taken it may be that very one which the login has that is over.
#[tokio::test]
async fn a_login_may_take_the_place_of_the_one_that_it_starts_over() {
    let mut house = House::new();
    let mut callback = String::new();
    for tab in 0..8 {
        house.pass(1);
        callback = house.callback_url(&format!("/profile?tab={tab}")).await;
    }
    house.browser.clone().get(&callback).await;
    let answer = house.browser.get_without_redirects(&callback).await;
    assert_eq!(cookies(&house.browser, "login-").len(), 8, "none of the others gave way, and the new one is there");
    let again = next_callback(&mut house.browser, &answer).await;
    let page = house.browser.get(&again).await;
    assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=7")));
}

/// V17: nobody who is signed in is sent anywhere.
#[tokio::test]
async fn who_is_signed_in_lands_and_starts_nothing() {
    let mut house = House::new();
    let callback = house.callback_url("/profile?tab=1").await;
    forget(&mut house);
    house.sign_in_again("/profile?tab=2").await;
    let tokens = house.provider.count("/token");
    let answer = house.browser.get_without_redirects(&callback).await;
    assert_eq!(answer.header("location"), Some("/profile?tab=1"));
    assert_eq!(house.provider.count("/token"), tokens);
}

/// R13, V20: a state that was changed, made up, or made for another provider begins nothing.
#[tokio::test]
async fn a_state_that_is_not_ours_begins_nothing() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    forget(&mut house);
    let state = parameter(&callback, "state");
    let last = if state.ends_with('A') { "B" } else { "A" };
    let changed = format!("{}{last}", &state[..state.len() - 1]);
    for state in [changed, format!("{}.x", "a".repeat(22)), format!("{}.", &state[..22]), String::new()] {
        let answer = house.browser.get_without_redirects(&with(&callback, "state", &state)).await;
        assert_eq!(answer.header("location"), Some("/auth/error"), "{state}");
        assert!(cookies(&house.browser, "login-").is_empty(), "{state}");
        let page = house.get("/auth/error").await;
        assert_eq!(page.status(), 400, "{state}");
        assert!(page.text().contains("Start again"), "a page with a button, never a bare 400: {}", page.text());
    }
    assert_eq!(house.provider.count("/authorize"), 2, "those of the one login");
}

/// V25, R37: what is no window of a browser begins no login, whatever state it brings.
#[tokio::test]
async fn a_frame_an_image_a_script_or_a_prefetch_begins_nothing() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    forget(&mut house);
    for headers in [
        vec![("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
        vec![("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        vec![("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", "text/html")],
        vec![("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("sec-purpose", "prefetch")],
        vec![("accept", "application/json")],
        vec![],
    ] {
        let request =
            headers.iter().fold(Request::get(&callback), |request, (name, value)| request.header(*name, *value));
        let answer = house.browser.request(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.header("location"), Some("/auth/error"), "{headers:?}");
        assert!(cookies(&house.browser, "login-").is_empty(), "{headers:?}");
    }
}

/// R14: with the setting, only our own pages begin logins, and a state does not say who brought it.
#[tokio::test]
async fn where_other_sites_may_begin_no_login_a_page_asks_first() {
    let mut house = House::with(|builder| builder.refuse_cross_site_logins());
    let callback = house.callback_url("/profile?tab=2").await;
    forget(&mut house);
    let page = house.browser.get(&callback).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (400, "/auth/error"));
    let page = house.browser.follow_link(&page, "/auth/login/corp?return_to=%2Fprofile%3Ftab%3D2").await;
    assert_eq!(page.text(), "profile of alice", "their own click is enough");
}

/// V65: whoever was logged out meanwhile is not signed in again behind their back.
#[tokio::test]
async fn a_logout_during_the_login_is_not_undone() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    let hold = house.provider.hold("/token");
    let mut browser = house.browser.clone();
    let goodbye = async {
        hold.until_waiting(1).await;
        let token = house.provider.logout_token("my-app").sub("alice").sign();
        let url = format!("{APP}/auth/backchannel_logout/corp");
        house.another_browser().post_form(&url, &[("logout_token", token.as_str())]).await;
        hold.release();
    };
    let (answer, ()) = tokio::join!(browser.get_without_redirects(&callback), goodbye);
    assert_eq!(answer.header("location"), Some("/auth/error"));
    assert_eq!(who(&mut browser).await, None);
}

/// V28: the session's cookie does not come along with a form of the provider's page, so it is the error page that starts over.
#[tokio::test]
async fn a_form_whose_login_is_gone_starts_over_at_the_error_page_once() {
    let mut house = posting_house();
    let page = house.get("/profile?tab=2").await;
    forget(&mut house);
    // Signs in, posts the form, and is sent there again, which this time comes to its end.
    let page = house.browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.text(), page.url().as_str()), ("profile of alice", "http://localhost:3000/profile?tab=2"));
    let errors = page.hops().iter().filter(|hop| hop.url.path() == "/auth/error").count();
    assert_eq!((errors, house.provider.count("/token")), (1, 1));
    assert!(cookies(&house.browser, "error").is_empty(), "a page that is loaded again begins nothing");
    assert_eq!(house.get("/auth/error").await.status(), 404);
}

/// V28: whoever is signed in lands, and whoever is not a window of a browser begins nothing.
#[tokio::test]
async fn a_form_of_somebody_who_is_signed_in_lands_and_starts_nothing() {
    let mut house = posting_house();
    let late = house.get("/profile?tab=1").await;
    forget(&mut house);
    house.sign_in("/profile?tab=2", "alice").await;
    let tokens = house.provider.count("/token");
    let page = house.browser.sign_in_as(&late, "alice").await;
    assert_eq!((page.text(), page.url().query()), ("profile of alice", Some("tab=1")));
    assert_eq!(house.provider.count("/token"), tokens);
}

/// V26, V28: the error page is asked for by each tab for itself, however many records there are.
#[tokio::test]
async fn forms_of_two_tabs_that_come_at_once_each_lead_to_their_own_page() {
    let mut house = posting_house();
    let tabs = [house.get("/profile?tab=1").await, house.get("/profile?tab=2").await];
    forget(&mut house);
    let mut records = Vec::new();
    for tab in &tabs {
        let form = house.browser.submit_without_redirects(tab, "/authorize", &[("user", "alice")]).await;
        let answer = house.browser.submit_without_redirects(&form, "/auth/callback", &[]).await;
        records.push(format!("{APP}{}", answer.header("location").expect("the way to the error page")));
    }
    for (record, tab) in records.iter().zip(["tab=1", "tab=2"]) {
        let page = house.browser.get(record).await;
        assert_eq!((page.text(), page.url().query()), ("profile of alice", Some(tab)));
    }
    assert_eq!(house.provider.count("/token"), 1, "the second lands by the session");
}

impl House {
    /// Opens a page of somebody whom the provider knows.
    async fn sign_in_again(&mut self, path: &str) {
        assert_eq!(self.get(path).await.text(), "profile of alice");
    }
}
