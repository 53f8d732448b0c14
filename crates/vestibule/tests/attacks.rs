//! Attacks on the way out and on the binding between browser and attempt. What "rejected" means is in the bench.

mod house;

use axum::body::Body;
use house::{
    APP, House, ISSUER, callback_url,
    rejection::{Delivery, Rejected, and, cookies, is_departure, parameter, who, with, without},
};
use http::{Method, Request};
use vestibule_provider::Fault;

/// R2, V17: the attacker's browser A starts, the victim's browser B finishes, or the other way round.
#[tokio::test]
async fn a_login_that_one_browser_started_is_not_finished_by_another() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    let other = house.another_browser();
    let mut starter = std::mem::replace(&mut house.browser, other);

    house.expect_started_over(&callback, None).await;
    assert_eq!(starter.get(&callback).await.text(), "profile of alice", "a stranger's try burns nobody's login");
    assert_eq!(house.provider.count("/token"), 1);
}

/// V17: login CSRF. Whoever is signed in lands on a page of ours, as who they are.
#[tokio::test]
async fn a_person_who_is_lured_to_the_callback_of_an_attacker_stays_who_they_are() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let mut attacker = house.another_browser();
    let lure = callback_url(&mut attacker, "/profile?of=mallory", "mallory").await;
    let page = house.browser.get(&lure).await;
    assert_eq!((page.text(), page.url().as_str()), ("profile of alice", "http://localhost:3000/profile?of=mallory"));
    assert_eq!((house.me().await.as_deref(), house.provider.count("/token")), (Some("alice"), 1));
    let page = house.browser.get(&with(&lure, "state", "0123456789abcdefghijkl.evil")).await;
    assert_eq!(
        page.url().as_str(),
        "http://localhost:3000/",
        "an address that we did not seal leads to the front page"
    );
    assert_eq!(page.text(), "alice");
}

/// V17: another login of the same browser is no help either.
#[tokio::test]
async fn a_browser_with_a_login_of_its_own_does_not_finish_that_of_another() {
    let mut house = House::new();
    let foreign = house.callback_url("/profile").await;
    house.browser = house.another_browser();
    let own = house.callback_url("/profile").await;
    house.expect_started_over(&foreign, None).await;
    house
        .expect_rejected(
            &with(&foreign, "state", &parameter(&own, "state")),
            Rejected { token_requests: 1, ..Rejected::with(502) },
        )
        .await;
}

/// R21: none, wrong, another browser's, expired, reused.
#[tokio::test]
async fn a_state_that_is_missing_wrong_foreign_expired_or_used_is_rejected() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    house.expect_rejected(&without(&callback, "state"), Rejected::with(400)).await;
    for wrong in ["", "x", ".", "0123456789abcdefghijkl.", "0123456789abcdefghijkl", "état", &"x".repeat(10_000)] {
        house.expect_rejected(&with(&callback, "state", wrong), Rejected::with(400)).await;
    }
    let mut other = house.another_browser();
    let foreign = callback_url(&mut other, "/profile", "alice").await;
    house.expect_started_over(&foreign, None).await;
    assert_eq!(
        house.browser.clone().get(&callback).await.text(),
        "profile of alice",
        "none of these touched the login"
    );
    house.expect_started_over(&callback, Some((&callback).into())).await;
}

/// R21: after half an hour the browser forgets the login, and one that does not forget is not believed.
#[tokio::test]
async fn a_login_of_31_minutes_ago_is_rejected() {
    for minds_the_age in [true, false] {
        let mut house = House::new();
        let callback = house.callback_url("/profile").await;
        if !minds_the_age {
            let login = cookies(&house.browser, "login").remove(0);
            assert!(house.browser.set_cookie(APP, &format!("{}={}; Path=/; HttpOnly", login.name, login.value)));
        }
        house.pass(31 * 60);
        assert_eq!(cookies(&house.browser, "login").is_empty(), minds_the_age);
        house.expect_started_over(&callback, Some((&callback).into())).await;
    }
}

/// V22, R28, R31: the code goes to the token endpoint once, whoever holds a copy of the cookies.
#[tokio::test]
async fn a_callback_that_was_used_is_rejected() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    let mut thief = house.browser.clone();
    assert_eq!(house.browser.get(&callback).await.text(), "profile of alice");
    house.provider.forget_requests();

    std::mem::swap(&mut house.browser, &mut thief);
    house.expect_started_over(&callback, Some((&callback).into())).await;
    house.expect_started_over(&with(&callback, "code", "another"), None).await;
    assert_eq!(house.provider.requests().len(), 0);
    assert_eq!(who(&mut thief).await.as_deref(), Some("alice"), "the person is not signed out by it");
}

/// V22: at once, not one after the other.
#[tokio::test]
async fn of_many_copies_of_one_callback_at_once_one_makes_a_token_request() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    let copies = (0..50).map(|_| {
        let (mut browser, callback) = (house.browser.clone(), callback.clone());
        tokio::spawn(
            async move { browser.get_without_redirects(&callback).await.header("location") == Some("/profile") },
        )
    });
    let mut signed_in = 0;
    for copy in copies.collect::<Vec<_>>() {
        signed_in += usize::from(copy.await.expect("no panic"));
    }
    assert_eq!((signed_in, house.provider.count("/token")), (1, 1));
}

/// V22, V32: an attempt that failed is as used as one that did not.
#[tokio::test]
async fn a_login_that_failed_at_the_token_endpoint_is_not_tried_again() {
    let mut house = House::new();
    for fault in [Fault::ServerError, Fault::Unreachable, Fault::BadSignature] {
        let callback = house.callback_url("/profile").await;
        let mut profile = house.browser.clone();
        house.provider.set_fault(Some(fault));
        house.browser.get(&callback).await;
        house.provider.set_fault(None);
        let token_requests = house.provider.count("/token");
        for browser in [&mut house.browser, &mut profile] {
            assert!(
                is_departure(&browser.get_without_redirects(&callback).await),
                "a new one, with secrets of its own"
            );
            assert_eq!(who(browser).await, None);
        }
        assert_eq!(house.provider.count("/token"), token_requests);
    }
}

/// R13: whatever character of the state is changed. The attempt that a changed state names is burnt.
#[tokio::test]
async fn a_state_that_was_changed_anywhere_is_rejected() {
    let mut house = House::new();
    let length = parameter(&house.callback_url("/profile").await, "state").len();
    for at in (0..length).step_by(9).chain([22, length - 1]) {
        let callback = house.callback_url("/profile").await;
        let state = changed(&parameter(&callback, "state"), at);
        let expected = Rejected::with(400);
        // What names another attempt leaves this one alone.
        let expected = if at > 22 { expected.burning(&callback) } else { expected };
        house.expect_rejected(&with(&callback, "state", &state), expected).await;
    }
}

/// R13: another return address cannot be put into a state, not even one of our own making.
#[tokio::test]
async fn the_return_address_of_one_login_is_not_that_of_another() {
    let mut house = House::new();
    let (mine, other) = (house.callback_url("/profile").await, house.callback_url("/profile?evil").await);
    let (state, other) = (parameter(&mine, "state"), parameter(&other, "state"));
    let mixed = format!("{}{}", &state[..23], &other[23..]);
    house.expect_rejected(&with(&mine, "state", &mixed), Rejected::with(400).burning(&mine)).await;
    let callback = house.callback_url("/profile").await;
    let cut = parameter(&callback, "state")[..23].to_owned();
    house.expect_rejected(&with(&callback, "state", &cut), Rejected::with(400).burning(&callback)).await;
}

/// R13: whatever character of the cookie is changed, and when it is not there at all.
#[tokio::test]
async fn a_login_cookie_that_was_changed_anywhere_is_rejected() {
    let mut house = House::new();
    house.callback_url("/profile").await;
    let length = cookies(&house.browser, "login").remove(0).value.len();
    for at in (0..length).step_by(9).chain([length - 1]) {
        house.browser = house.another_browser();
        let callback = house.callback_url("/profile").await;
        let login = cookies(&house.browser, "login").remove(0);
        let changed = changed(&login.value, at);
        assert!(house.browser.set_cookie(APP, &format!("{}={changed}; Path=/; HttpOnly; SameSite=Lax", login.name)));
        house.expect_started_over(&callback, None).await;
        let left = cookies(&house.browser, "login");
        assert!(left.len() == 1 && left.iter().all(|login| login.value != changed), "it is deleted all the same");
    }
    house.browser = house.another_browser();
    let callback = house.callback_url("/profile").await;
    let name = cookies(&house.browser, "login").remove(0).name;
    house.browser.remove_cookie(&name);
    house.expect_started_over(&callback, None).await;
}

/// R33, V27: nor is the cookie of one login good for another of the same provider.
#[tokio::test]
async fn the_cookies_of_two_tabs_cannot_be_swapped() {
    let mut house = House::new();
    let callbacks = [house.callback_url("/profile").await, house.callback_url("/profile").await];
    let [one, other] = &cookies(&house.browser, "login")[..] else { panic!("two logins") };
    for (name, value) in [(&one.name, &other.value), (&other.name, &one.value)] {
        assert!(house.browser.set_cookie(APP, &format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")));
    }
    for callback in callbacks {
        house.expect_started_over(&callback, None).await;
    }
}

fn changed(text: &str, at: usize) -> String {
    let other = |old: char| if old == 'A' { 'B' } else { 'A' };
    text.chars().enumerate().map(|(place, old)| if place == at { other(old) } else { old }).collect()
}

/// V61: a name twice is not from us. All of ours are cleared, the true one too, and the person still learns why.
#[tokio::test]
async fn a_login_cookie_that_comes_twice_is_rejected_and_all_are_cleared() {
    for has_an_old_error in [false, true] {
        let mut house = House::new();
        if has_an_old_error {
            house.browser.get(&format!("{APP}/auth/callback/corp")).await;
            assert_eq!(cookies(&house.browser, "error").len(), 1);
        }
        let callback = house.callback_url("/profile").await;
        let login = cookies(&house.browser, "login").remove(0);
        assert!(house.browser.set_cookie(&format!("{APP}/auth/"), &format!("{}=tossed; Path=/auth", login.name)));
        house.expect_started_over(&callback, Some((&callback).into())).await;
        assert!(cookies(&house.browser, "login").iter().all(|cookie| cookie.value != login.value));
    }
}

/// V62
#[tokio::test]
async fn more_cookies_than_we_ever_set_are_rejected_and_cleared() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    let prefix =
        cookies(&house.browser, "login").remove(0).name.replace("login", "\0").split('\0').next().map(str::to_owned);
    let prefix = prefix.expect("a prefix");
    for n in 0..40 {
        assert!(house.browser.set_cookie(APP, &format!("{prefix}x{n}=1; Path=/")));
    }
    house.expect_started_over(&callback, Some((&callback).into())).await;
    assert!(house.cookie_names().len() < 40, "what was looked at is cleared");
}

/// V27: session, login and error record in each other's places.
#[tokio::test]
async fn a_sealed_value_in_the_place_of_another_is_worth_nothing() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let session = cookies(&house.browser, "session").remove(0);
    house.browser = house.another_browser();
    house.browser.get(&format!("{APP}/auth/callback/corp")).await;
    let error = cookies(&house.browser, "error").remove(0);

    for value in [&session.value, &session.value[1..].to_owned(), &error.value] {
        house.browser = house.another_browser();
        let callback = house.callback_url("/profile").await;
        let login = cookies(&house.browser, "login").remove(0);
        assert!(house.browser.set_cookie(APP, &format!("{}={value}; Path=/", login.name)));
        house.expect_started_over(&callback, None).await;

        house.browser = house.another_browser();
        for value in [format!("1{}", login.value), login.value.clone(), format!("1{}", error.value)] {
            assert!(house.browser.set_cookie(APP, &format!("{}={value}; Path=/", session.name)));
            assert_eq!(house.me().await, None);
        }
        for value in [&login.value, &session.value, &session.value[1..].to_owned()] {
            assert!(house.browser.set_cookie(APP, &format!("{}={value}; Path=/", error.name)));
            assert_eq!(house.get("/auth/error").await.status(), 404);
        }
    }
}

/// R37, R30: what is neither a GET nor a form neither finishes a login nor spoils it, and neither does a form that was not asked
/// for.
#[tokio::test]
async fn other_methods_at_the_callback_do_nothing() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    let before = house.cookie_names();
    for method in [Method::HEAD, Method::OPTIONS, Method::PUT, Method::PATCH, Method::DELETE] {
        let request = Request::builder().method(method.clone()).uri(&callback).body(Body::empty()).expect("a request");
        let page = house.browser.request(request).await;
        assert_eq!((page.status().as_u16(), page.header("location")), (405, None), "{method}");
        assert!(page.header("allow").is_some_and(|allow| allow.contains("GET")), "{method}");
        assert!(page.hops()[0].set_cookies.is_empty(), "{method}");
    }
    let query = callback.split_once('?').expect("a query").1.to_owned();
    let url = format!("{APP}/auth/callback/corp");
    // V28: form_post was not asked for, so no cookie comes along.
    house.expect_started_over(Delivery::Form { from: ISSUER, url: &url, body: &query }, None).await;
    let json = Request::builder().method(Method::POST).uri(format!("{APP}/auth/callback/corp"));
    let json = json.header("content-type", "application/json").body(Body::from("{}")).expect("a request");
    assert_eq!(house.browser.request(json).await.header("location"), Some("/auth/error"), "R30");
    assert_eq!(house.get("/auth/error").await.status(), 400, "R30");
    assert_eq!(house.provider.count("/token"), 0);
    assert!(before.iter().all(|name| house.cookie_names().contains(name)), "the login is still under way");
    assert_eq!(house.browser.get(&callback).await.text(), "profile of alice", "the login finishes all the same");
}

/// V29: what nobody asked for is not accepted, whatever it says.
#[tokio::test]
async fn a_response_to_no_login_at_all_is_rejected() {
    let mut house = House::new();
    let iss = "http%3A%2F%2F127.0.0.1%3A3001";
    for query in [
        "".to_owned(),
        format!("?code=stolen&iss={iss}"),
        format!("?code=stolen&state=&iss={iss}"),
        format!("?code=stolen&state=idp-initiated&iss={iss}"),
        format!("?error=access_denied&iss={iss}"),
        "?id_token=a.b.c&state=0123456789abcdefghijkl.".to_owned(),
        "?%FF=%FF&state=%FF".to_owned(),
    ] {
        house.expect_rejected(&format!("{APP}/auth/callback/corp{query}"), Rejected::with(400)).await;
    }
    assert_eq!(house.provider.requests().len(), 0, "the provider hears nothing of it");
}

/// V33: in any build, whatever the rest of the token says.
#[tokio::test]
async fn an_id_token_without_a_signature_signs_nobody_in() {
    let mut house = House::new();
    for fault in [Fault::AlgNone, Fault::BadSignature] {
        house.provider.set_fault(Some(fault));
        let callback = house.callback_url("/profile").await;
        house.expect_rejected(&callback, Rejected::with(502).after_a_token_request().burning(&callback)).await;
    }
}

/// V18
#[tokio::test]
async fn the_nonce_is_always_sent_and_always_required() {
    let mut house = House::new();
    for fault in [Fault::MissingNonce, Fault::WrongNonce] {
        house.provider.set_fault(Some(fault));
        let callback = house.callback_url("/profile").await;
        house.expect_rejected(&callback, Rejected::with(502).after_a_token_request().burning(&callback)).await;
    }
    let nonces: Vec<_> = house
        .provider
        .requests()
        .iter()
        .filter(|request| request.path == "/authorize")
        .filter_map(|request| request.query.clone())
        .collect();
    for query in &nonces {
        assert_eq!(parameter(&format!("{ISSUER}/?{query}"), "nonce").len(), 43);
    }
    assert!(!nonces.is_empty());
}

/// V23, R26: duplicates of what the protocol knows, in any order, and the login is burnt.
#[tokio::test]
async fn a_parameter_that_comes_twice_is_rejected() {
    let mut house = House::new();
    for name in ["state", "code", "iss"] {
        for second in ["", "x", "same"] {
            let callback = house.callback_url("/profile").await;
            let second = if second == "same" { parameter(&callback, name) } else { second.to_owned() };
            house.expect_rejected(&and(&callback, name, &second), Rejected::with(400).burning(&callback)).await;
        }
    }
    let callback = house.callback_url("/profile").await;
    let denied = and(&and(&without(&callback, "code"), "error", "access_denied"), "error", "access_denied");
    house.expect_rejected(&denied, Rejected::with(400).burning(&callback)).await;
    let callback = house.callback_url("/profile").await;
    let described = and(&and(&callback, "error_description", "a"), "error_description", "b");
    house.expect_rejected(&described, Rejected::with(400).burning(&callback)).await;
}
