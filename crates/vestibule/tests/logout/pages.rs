//! Every page of the library's own, with the headers that each must have (R135).

use axum::{Router, routing::get};
use vestibule::{Builder, Client, EndUser, Provider};
use vestibule_provider::{Fault, Page, RegisteredClient};

use crate::house::{
    APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, builder,
    paper::{expect_page_of_ours, joined, navigation, own_form},
    provider,
};

fn expect(page: &Page, status: u16, text: &str) {
    assert_eq!(page.status(), status, "{text}: {}", page.text());
    assert!(page.text().contains(text), "{text}: {}", page.text());
    expect_page_of_ours(page);
    let scripted = page.text().contains("<script");
    assert_eq!(joined(page, "content-security-policy").contains("script-src"), scripted, "{text}");
    assert!(!page.text().contains("http-equiv") && !page.text().contains("onclick"), "{text}");
    let from_elsewhere = ["src=", "<link", "<img", "url(", "@import"];
    assert!(from_elsewhere.iter().all(|part| !page.text().contains(part)), "{text}: nothing from elsewhere");
}

/// R135, V9, V12, V14
#[tokio::test]
async fn every_page_around_a_sign_in_says_that_it_is_not_to_be_framed_cached_sniffed_or_scripted() {
    let mut house = House::new();
    expect(&house.browser.post_form(&format!("{APP}/form"), &[]).await, 401, "Please sign in");
    expect(&house.get("/auth/error").await, 404, "Nothing went wrong here");
    expect(&house.get("/auth/login/nobody").await, 404, "There is no such sign-in");
    expect(&house.get("/auth/callback/nobody").await, 404, "There is no such sign-in");
    expect(&house.get("/auth/callback/corp?state=x&code=y").await, 400, "This sign-in is over");
    for (fault, status, title) in [
        (Fault::AuthorizeError { error: "access_denied".into(), error_description: None }, 403, "Sign-in cancelled"),
        (Fault::AuthorizeError { error: "server_error".into(), error_description: None }, 502, "The sign-in failed"),
        (Fault::WrongResponseIssuer, 502, "The sign-in failed"),
    ] {
        house.provider.set_fault(Some(fault));
        let page = house.get("/profile").await;
        let page =
            if page.url().as_str().starts_with(ISSUER) { house.browser.sign_in_as(&page, "alice").await } else { page };
        expect(&page, status, title);
    }
    let mut house = House::new();
    house.provider.set_fault(Some(Fault::Unreachable));
    let page = house.get("/profile").await;
    expect(&page, 503, "Sign-in is not possible right now");
    assert!(page.header("retry-after").is_some());
}

/// R135
#[tokio::test]
async fn every_page_for_who_is_signed_in_says_so_too() {
    let mut house = House::new();
    house.sign_in("/profile", "bob").await;
    expect(&house.get("/admin").await, 403, "You do not have access");
    expect(&house.get("/auth/logout").await, 200, "Sign out?");
    expect(&house.get("/auth/logged_out?state=x").await, 200, "You are signed out");
    let refused = house.browser.post_form_from("https://evil.example", &format!("{APP}/auth/logout"), &[]).await;
    expect(&refused, 403, "signed in");
}

/// R135
#[tokio::test]
async fn the_page_of_choices_and_the_page_outside_say_so_too() {
    let two = |builder: Builder| {
        let other = Provider::discovered("http://127.0.0.1:3009", Client::public("x")).expect("an issuer");
        builder.provider("staff", other)
    };
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = two(builder(&provider, &clock)).build().expect("the settings hold together");
    let outside = Router::new().route("/outside", get(async |_: EndUser| "never"));
    let app = vestibule.wrap(Router::new()).merge(outside);
    let mut house = House::around_app(provider, clock, app, std::sync::Arc::default());
    expect(&house.get("/auth/login").await, 200, "Choose the account to sign in with.");
    expect(&house.get("/outside").await, 500, "Something went wrong on our side");
}

/// R135, V75
#[tokio::test]
async fn the_page_that_sends_itself_says_so_too() {
    let client_id = "c".repeat(900);
    let corp = Provider::discovered(ISSUER, Client::confidential(&client_id, CLIENT_SECRET)).expect("an issuer");
    let mut house = House::of(RegisteredClient::confidential(client_id, CLIENT_SECRET), corp);
    house.sign_in("/profile", "alice").await;
    expect(&house.send("/auth/logout", own_form()).await, 200, "One moment");
}

/// V12, V13: an answer without a page says where to, and nothing about where from.
#[tokio::test]
async fn every_redirect_of_ours_is_a_303_that_no_cache_keeps_and_that_tells_no_referrer() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    let callback = callback.strip_prefix(APP).expect("ours").to_owned();
    let mut walk = Vec::new();
    for path in ["/profile", "/auth/login", "/auth/callback/corp?error=x", &callback, &callback] {
        walk.push((path.to_owned(), house.send(path, navigation()).await));
    }
    walk.push(("/auth/logout".to_owned(), house.send("/auth/logout", own_form()).await));
    walk.push(("/auth/logout again".to_owned(), house.send("/auth/logout", own_form()).await));
    for (path, page) in walk {
        assert_eq!((page.status().as_u16(), page.text()), (303, ""), "{path}");
        assert_eq!(joined(&page, "cache-control"), "no-store", "{path}");
        assert_eq!(joined(&page, "referrer-policy"), "no-referrer", "{path}");
        let location = page.header("location").expect("a redirect has one");
        assert!(!location.starts_with(APP), "{path}: within the application by path alone: {location}");
    }
}

/// The builder without a provider's metadata does not matter to a page that asks nobody.
#[tokio::test]
async fn a_stranger_sees_the_logout_page_without_anybody_being_asked() {
    let (provider, clock) = (provider(), TestClock::new());
    let corp = Provider::discovered(ISSUER, Client::public("my-app")).expect("an issuer");
    let vestibule = bare_builder(&provider, &clock).provider("corp", corp).build().expect("the settings hold together");
    let mut house = House::around(provider, clock, &vestibule);
    expect(&house.get("/auth/logout").await, 200, "Sign out?");
    assert_eq!(house.provider.requests().len(), 0);
}
