//! Sign-ins that the application begins itself, with wishes of its own; and that nobody else has wishes (V24).

use std::time::Duration;

use axum::{Router, routing::get};
use http::Request;
use serde_json::{Value, json};
use vestibule::{Builder, EndUser, SecretKey, SignIn, Vestibule};
use vestibule_provider::Page;

use crate::{
    bench::{asked, corp, departures, house_around, last_said, op, people, said},
    house::{APP, House, ISSUER, TestClock, bare_builder, paper::place, rejection::with},
};

/// A page that answers with a sign-in, and one that has it as a link.
fn house_of(sign_in: impl Fn(SignIn) -> SignIn + Clone + Send + Sync + 'static) -> House {
    house_around(
        people(),
        |builder| builder.provider("corp", corp()),
        |vestibule| application(vestibule.clone(), sign_in),
    )
}

fn application(vestibule: Vestibule, sign_in: impl Fn(SignIn) -> SignIn + Clone + Send + Sync + 'static) -> Router {
    let (again, wish) = (vestibule.clone(), sign_in.clone());
    Router::new()
        .route("/invited", get(async move || sign_in(vestibule.sign_in("corp"))))
        .route("/link", get(async move || wish(again.sign_in("corp")).href()))
        .route("/welcome", get(async |user: EndUser| format!("welcome, {}", user.subject())))
        .route(
            "/",
            get(async |user: Option<EndUser>| user.map_or("nobody".to_owned(), |user| user.subject().to_string())),
        )
}

fn invitation(sign_in: SignIn) -> SignIn {
    let sign_in = sign_in.login_hint("somebody").login_hint("alice@example.com").ui_locales("de en").prompt("login");
    let sign_in = sign_in.acr_values(["phr", "pwd"]).max_age(Duration::from_secs(600)).return_to("/welcome?tab=1");
    sign_in.parameter("hd", "example.com").expect("none of the protocol's")
}

fn expect_invitation(house: &House) {
    for (name, value) in [
        ("login_hint", "alice@example.com"),
        ("ui_locales", "de en"),
        ("prompt", "login"),
        ("acr_values", "phr pwd"),
        ("max_age", "600"),
        ("hd", "example.com"),
    ] {
        assert_eq!(last_said(house, name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_sign_in_as_an_answer_asks_for_what_the_application_wishes() {
    let mut house = house_of(invitation);
    let answer = house.browser.get_without_redirects(&format!("{APP}/invited")).await;
    assert_eq!(answer.status(), 303);
    let page = house.get("/invited").await;
    expect_invitation(&house);
    let page = house.browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.text(), place(&page)), ("welcome, alice", "/welcome?tab=1".to_owned()));
    assert_eq!(departures(&house), 1);
}

#[tokio::test]
async fn a_sign_in_as_a_link_is_the_same_and_does_not_say_what_is_wished() {
    let mut house = house_of(invitation);
    let href = house.get("/link").await.text().to_owned();
    assert!(href.starts_with("/auth/login/corp?wish="), "{href}");
    // Long enough not to be met by chance in what is sealed.
    for value in ["alice", "example", "login_hint", "acr_values", "max_age"] {
        assert!(!href.contains(value), "{value}: {href}");
    }
    let page = house.get(&href).await;
    expect_invitation(&house);
    assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "welcome, alice");
    let mut later = house.another_browser();
    later.get(&format!("{APP}{href}")).await;
    expect_invitation(&house);
}

/// Core 5.5, 3.1.2.1: single claims, and who shall sign in again; both checked or known before anybody is sent away.
#[tokio::test]
async fn claims_and_the_person_are_wished_for_too() {
    let claims = json!({"userinfo": {"email": {"essential": true}}});
    let wished = claims.clone();
    let mut house = house_around(
        people(),
        |builder| builder.provider("corp", corp()),
        |vestibule| {
            let vestibule = vestibule.clone();
            let confirm =
                async move |user: EndUser| vestibule.sign_in("corp").claims(wished).expect("claims").again(&user);
            Router::new()
                .route("/confirm", get(confirm))
                .route("/", get(async |user: EndUser| user.subject().to_string()))
        },
    );
    house.sign_in("/", "alice").await;
    let page = house.get("/confirm").await;
    assert_eq!(page.text(), "alice", "the provider knows who is meant, and asks nothing");
    let asked_for = last_said(&house, "claims").expect("claims");
    assert_eq!(serde_json::from_str::<Value>(&asked_for).expect("JSON"), claims);
    let hint = last_said(&house, "id_token_hint").expect("a hint");
    assert_eq!(hint.split('.').count(), 3, "the signed ID Token");
    assert_eq!(departures(&house), 2);
}

#[test]
fn claims_that_cannot_be_asked_for_are_refused_at_once() {
    let vestibule = Vestibule::builder(APP).secret_key(SecretKey::from_bytes([7; 32])).provider("corp", corp());
    let vestibule = vestibule.http_client(op()).build().expect("the settings hold together");
    for claims in [json!([]), json!({}), json!({"email": null}), json!({"id_token": {"acr": {"essential": true}}})] {
        assert!(vestibule.sign_in("corp").claims(claims.clone()).is_err(), "{claims}");
    }
}

/// R47: what was wished of the age is held against the answer.
#[tokio::test]
async fn an_age_that_is_wished_is_checked() {
    let mut house = house_of(|sign_in| sign_in.max_age(Duration::from_secs(600)));
    house.provider.set_fault(Some(vestibule_provider::Fault::StaleAuthTime));
    let page = house.get("/invited").await;
    let page = house.browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.status().as_u16(), place(&page)), (502, "/auth/error".to_owned()));
}

/// V24: what the protocol sets, an application does not.
#[tokio::test]
async fn a_parameter_of_the_protocol_is_refused() {
    let house = people();
    let vestibule =
        bare_builder(&house, &TestClock::new()).provider("corp", corp()).build().expect("it holds together");
    for name in [
        "response_type",
        "response_mode",
        "client_id",
        "client_secret",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "claims",
        "max_age",
        "acr_values",
        "iss",
    ] {
        let refused = vestibule.sign_in("corp").parameter(name, "evil").expect_err(name);
        assert!(refused.to_string().contains(name), "{refused}");
    }
    assert!(vestibule.sign_in("corp").parameter("prompt", "consent").is_ok());
    // R18
    let refused = vestibule.sign_in("corp").parameter("resource", "https://api.example/#a").expect_err("a fragment");
    assert!(refused.to_string().contains("RFC 8707 2"), "{refused}");
    assert!(vestibule.sign_in("corp").parameter("resource", "https://api.example/").is_ok());
}

#[test]
#[should_panic(expected = "sign_in(\"nobody\")")]
fn a_sign_in_with_a_provider_that_is_not_there_is_a_panic() {
    let vestibule = bare_builder(&op(), &TestClock::new()).provider("corp", corp()).build().expect("it holds together");
    let _ = vestibule.sign_in("nobody");
}

/// V1: an application that passes on what a stranger said passes on nothing that leads away.
#[tokio::test]
async fn a_place_that_is_none_of_ours_is_the_front_page() {
    for evil in [
        "",
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/.//evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "welcome",
        "@evil.example",
        "/auth/login",
        "/auth/logout",
        "/auth/login/corp?wish=x",
        "/x/../auth/logout",
    ] {
        let mut house = house_of(move |sign_in| sign_in.return_to(evil));
        let page = house.get("/invited").await;
        let page = house.browser.sign_in_as(&page, "alice").await;
        assert_eq!((page.text(), place(&page)), ("alice", "/".to_owned()), "{evil:?}");
    }
}

/// A request with everything that a stranger may wish.
const EVIL: &str = "login_hint=evil&acr_values=evil&max_age=1&prompt=none&ui_locales=evil&scope=evil&claims=%7B%7D&state=evil&nonce=evil&\
                    redirect_uri=https%3A%2F%2Fevil.example&response_type=token&response_mode=query&client_id=evil&\
                    request=evil&request_uri=https%3A%2F%2Fevil.example&code_challenge=evil&hd=evil&iss=evil&wish=evil";

/// Names and values of the last request, save those that are new each time.
fn wished(house: &House) -> Vec<(String, String)> {
    let requests = asked(house);
    let pairs = requests.last().expect("a departure").query_pairs().into_owned();
    pairs.filter(|(name, _)| !["state", "nonce", "code_challenge"].contains(&name.as_str())).collect()
}

/// V24
#[tokio::test]
async fn nothing_of_a_query_feeds_the_authorization_request() {
    let mut house = house_of(|sign_in| sign_in);
    for path in ["/auth/login/corp", "/auth/login", "/welcome", "/invited"] {
        house.get(path).await;
        let plain = wished(&house);
        house.get(&format!("{path}?{EVIL}")).await;
        assert_eq!(wished(&house), plain, "{path}");
        for request in asked(&house) {
            assert!(!request.as_str().contains("evil"), "{path}: {request}");
        }
    }
}

/// V24: a wish is the application's for one provider, and of this application, or it is none.
#[tokio::test]
async fn a_wish_that_somebody_changed_or_took_elsewhere_is_none() {
    let two = |builder: Builder| builder.provider("corp", corp()).provider("lab", corp()).default_provider("corp");
    let mut house = house_around(people(), two, |vestibule| application(vestibule.clone(), invitation));
    let href = format!("{APP}{}", house.get("/link").await.text());
    let wish = crate::house::rejection::parameter(&href, "wish");
    let (at, last) = (wish.len() / 2, wish.len() - 1);
    let flipped = |at: usize| {
        let other = if wish.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &wish[..at], &wish[at + 1..])
    };
    let stranger = bare_builder(&op(), &TestClock::new()).secret_key(SecretKey::from_bytes([8; 32]));
    let stranger = stranger.provider("corp", corp()).build().expect("it holds together");
    let of_another = format!("{APP}{}", invitation(stranger.sign_in("corp")).href());
    for url in [
        with(&href, "wish", &flipped(0)),
        with(&href, "wish", &flipped(at)),
        with(&href, "wish", &wish[..last]),
        with(&href, "wish", &format!("{wish}A")),
        with(&href, "wish", ""),
        href.replace("/login/corp", "/login/lab"),
        of_another,
    ] {
        let before = departures(&house);
        house.browser.get(&url).await;
        assert_eq!(departures(&house), before + 1, "{url}: a login all the same");
        for name in ["login_hint", "acr_values", "max_age", "prompt", "hd", "ui_locales"] {
            assert_eq!(last_said(&house, name), None, "{name}: {url}");
        }
    }
    house.browser.get(&href).await;
    expect_invitation(&house);
}

/// R12: whoever opens a link of another site's with a wish in it begins a login, as with any link, and nothing more.
#[tokio::test]
async fn a_wish_changes_nothing_for_who_is_signed_in() {
    let mut house = house_of(|sign_in| sign_in.acr_values(["phr"]));
    let page = house.get("/invited").await;
    house.browser.sign_in_as(&page, "alice").await;
    let href = house.get("/link").await.text().to_owned();
    let departure: Page = house.send(&href, Request::get("/").header("sec-fetch-site", "cross-site")).await;
    assert!(departure.header("location").is_some_and(|location| location.starts_with(ISSUER)));
    assert_eq!(
        said(&url::Url::parse(departure.header("location").unwrap_or_default()).expect("a URL"), "acr_values")
            .as_deref(),
        Some("phr")
    );
    assert_eq!(house.get("/").await.text(), "alice");
}
