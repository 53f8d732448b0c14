//! Back from the provider's logout: on to the goodbye page with our own state, and on a page of ours with anything else
//! (R127, V74). Either way the session ended before.

use vestibule_provider::{Browser, Page};

use crate::house::{
    APP, House,
    paper::{expect_page_of_ours, own_form, place, set_cookies},
    rejection::{cookies, parameter},
};

/// Signed out here, and on the way to the provider with this state.
async fn under_way() -> (House, String) {
    let mut house = House::with(|builder| builder.after_logout("/open?bye=1"));
    house.sign_in("/profile", "alice").await;
    let page = house.send("/auth/logout", own_form()).await;
    let state = parameter(page.header("location").expect("to the provider"), "state");
    assert_eq!(house.me().await, None, "our session is over before the provider hears of it");
    (house, state)
}

async fn come_back(browser: &mut Browser, query: &str) -> Page {
    browser.get(&format!("{APP}/auth/logged_out{query}")).await
}

fn expect_page_of_our_own(page: &Page, what: &str) {
    assert_eq!((place(page).split('?').next(), page.status().as_u16()), (Some("/auth/logged_out"), 200), "{what}");
    assert_eq!(page.hops().len(), 1, "{what}");
    expect_page_of_ours(page);
    assert!(page.text().contains("You are signed out"), "{what}: {}", page.text());
}

#[tokio::test]
async fn with_our_own_state_people_come_out_where_the_application_wants_them() {
    let (mut house, state) = under_way().await;
    let page = come_back(&mut house.browser, &format!("?state={state}")).await;
    assert_eq!((place(&page).as_str(), page.text()), ("/open?bye=1", "open to all"));
    assert_eq!(page.hops()[0].status, 303);
    assert_eq!(house.cookie_names(), Vec::<String>::new(), "the logout's cookie is used up");
}

/// R127
#[tokio::test]
async fn with_any_other_state_people_see_a_page_of_ours() {
    for query in [
        "",
        "?",
        "?state=",
        "?state",
        "?state=0000000000000000000000000000000000000000000000000000000000000000",
        "?state={}0",
        "?state= {}",
        "?State={}",
        "?state={}&state={}",
        "?state=x&state={}",
        "?state={}&state=",
        "?code=x&error=access_denied",
        "?post_logout_redirect_uri=https://evil.example&return_to=//evil.example",
    ] {
        let (mut house, state) = under_way().await;
        let page = come_back(&mut house.browser, &query.replace("{}", &state)).await;
        expect_page_of_our_own(&page, query);
        assert!(!page.text().contains(&state) && !page.text().contains("evil"), "{query}");
        assert!(set_cookies(&page, APP).iter().all(crate::house::paper::SetCookie::is_deletion), "{query}");
        assert_eq!(house.me().await, None, "{query}: the session ended before");
        let page = come_back(&mut house.browser, &format!("?state={state}")).await;
        expect_page_of_our_own(&page, "one try a logout");
    }
    let (mut house, state) = under_way().await;
    let page = come_back(&mut house.browser, &format!("?state={}", state.to_ascii_uppercase())).await;
    expect_page_of_our_own(&page, "upper case");
}

/// R127
#[tokio::test]
async fn a_state_is_good_once_and_for_ten_minutes() {
    let (mut house, state) = under_way().await;
    let query = format!("?state={state}");
    let mut late = house.browser.clone();
    assert_eq!(place(&come_back(&mut house.browser, &query).await), "/open?bye=1");
    expect_page_of_our_own(&come_back(&mut house.browser, &query).await, "a second time");

    // The browser's clock stands still: what ends the wait is our own.
    house.clock.advance(600);
    assert_eq!(place(&come_back(&mut late.clone(), &query).await), "/open?bye=1", "at the last second");
    house.clock.advance(1);
    expect_page_of_our_own(&come_back(&mut late, &query).await, "a second too late");
}

/// R127: bound to the browser that left.
#[tokio::test]
async fn a_state_is_good_in_the_browser_that_left_and_in_no_other() {
    let (mut house, state) = under_way().await;
    let mut other = house.another_browser();
    expect_page_of_our_own(&come_back(&mut other, &format!("?state={state}")).await, "no cookie");

    let page = other.get(&format!("{APP}/profile")).await;
    other.sign_in_as(&page, "bob").await;
    let page = other.submit_logout().await;
    let others_state = parameter(page.header("location").expect("to the provider"), "state");
    let [cookie] = cookies(&other, "logout").try_into().expect("one logout under way");
    expect_page_of_our_own(
        &come_back(&mut other.clone(), &format!("?state={state}")).await,
        "alice's state, bob's cookie",
    );
    house.browser.set_cookie(APP, &format!("{}={}; Path=/", cookie.name, cookie.value));
    expect_page_of_our_own(&come_back(&mut house.browser, &format!("?state={state}")).await, "the other way round");
    assert_eq!(place(&come_back(&mut other, &format!("?state={others_state}")).await), "/open?bye=1");
}

/// V27, R13: what the cookie holds was made by us for this.
#[tokio::test]
async fn a_forged_or_misplaced_logout_cookie_is_none() {
    let (house, state) = under_way().await;
    let [cookie] = cookies(&house.browser, "logout").try_into().expect("one logout under way");
    let mut signed_in = house.another_browser();
    let page = signed_in.get(&format!("{APP}/profile")).await;
    signed_in.sign_in_as(&page, "alice").await;
    signed_in.get_without_redirects(&format!("{APP}/auth/login")).await;
    let others: Vec<_> = ["session", "login"].iter().flat_map(|purpose| cookies(&signed_in, purpose)).collect();
    assert_eq!(others.len(), 2);
    let values = others.iter().flat_map(|other| [other.value.clone(), other.value[1..].to_owned()]);
    let cut = cookie.value[..cookie.value.len() - 2].to_owned();
    for value in values.chain([String::new(), cut, format!("{}A", cookie.value), state.clone()]) {
        let mut forged = house.browser.clone();
        forged.set_cookie(APP, &format!("{}={value}; Path=/", cookie.name));
        expect_page_of_our_own(&come_back(&mut forged, &format!("?state={state}")).await, &value);
    }
}

/// V61: a cookie that comes twice could be anybody's.
#[tokio::test]
async fn a_logout_cookie_that_comes_twice_is_none() {
    let (mut house, state) = under_way().await;
    let cookie = house.cookie_header();
    let request = crate::house::paper::navigation().header("cookie", cookie);
    let page = house.send(&format!("/auth/logged_out?state={state}"), request).await;
    expect_page_of_our_own(&page, "twice");
}

/// V73, V74: nobody is signed out by being sent here.
#[tokio::test]
async fn the_way_back_signs_nobody_out() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    for query in ["", "?state=x", "?error=x"] {
        expect_page_of_our_own(&come_back(&mut house.browser, query).await, query);
        assert_eq!(house.me().await.as_deref(), Some("alice"), "{query}");
    }
}

/// V74, V1: after_logout is a path of ours, or no setting at all.
#[test]
fn after_logout_is_a_path_of_this_application() {
    let (provider, clock) = (crate::house::provider(), crate::house::TestClock::new());
    for evil in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "goodbye",
        "",
        "/.//evil.example",
    ] {
        let refused = crate::house::builder(&provider, &clock).after_logout(evil).build().expect_err(evil);
        assert_eq!(refused.setting(), "after_logout", "{evil:?}");
    }
    for path in ["/", "/goodbye", "/goodbye?x=1"] {
        assert!(crate::house::builder(&provider, &clock).after_logout(path).build().is_ok(), "{path}");
    }
}

/// The goodbye page may be one that needs a sign-in: then people are asked to, once, and no loop begins.
#[tokio::test]
async fn a_goodbye_page_behind_a_gate_ends_at_the_provider() {
    let mut house = House::with(|builder| builder.after_logout("/profile"));
    house.sign_in("/profile", "alice").await;
    let page = house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
    assert!(page.url().as_str().starts_with(&format!("{}/authorize", crate::house::ISSUER)), "{}", page.url());
    assert_eq!(house.me().await, None);
}

trait SubmitLogout {
    async fn submit_logout(&mut self) -> Page;
}

impl SubmitLogout for Browser {
    /// Presses the button, and stays at the answer.
    async fn submit_logout(&mut self) -> Page {
        let page = self.get(&format!("{APP}/auth/logout")).await;
        self.submit_without_redirects(&page, "/auth/logout", &[]).await
    }
}
