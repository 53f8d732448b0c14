use vestibule_provider::{Browser, DevelopmentProvider, Fault, Page};

use super::*;
use crate::provider::provider;

mod profiles;
mod sessions;

const APP: &str = "http://localhost:3000";
const ISSUER: &str = "http://127.0.0.1:3001";

/// The demo and its provider, in memory, with a browser before them.
fn demo() -> (Browser, DevelopmentProvider) {
    demo_at(APP)
}

fn demo_at(base_url: &str) -> (Browser, DevelopmentProvider) {
    let configuration = Configuration::for_this_process(base_url, ISSUER).expect("settings");
    let (app, provider) = demo_of(&configuration, |builder| builder);
    (browser_of(&app, &provider), provider)
}

fn demo_of(configuration: &Configuration, with: impl FnOnce(Builder) -> Builder) -> (Router, DevelopmentProvider) {
    let clients = configuration.clients_at(ISSUER).expect("a client");
    let provider = provider(ISSUER, &clients).expect("a provider");
    let builder = with(configuration.builder().expect("a builder").http_client(provider.clone()));
    let (app, _) = application(configuration, builder, Some(ISSUER.to_owned())).expect("the application");
    (app, provider)
}

fn browser_of(app: &Router, provider: &DevelopmentProvider) -> Browser {
    let mut browser = Browser::new();
    browser.site(APP, app.clone());
    browser.site(ISSUER, provider.router());
    // It comes for our keys, and for request objects.
    provider.site(APP, app.clone());
    browser
}

async fn signed_in(browser: &mut Browser, user: &str) -> Page {
    let sign_in = browser.get(&format!("{APP}/profile")).await;
    browser.sign_in_as(&sign_in, user).await
}

#[tokio::test]
async fn a_stranger_is_offered_to_sign_in() {
    let (mut browser, _) = demo();
    let page = browser.get(APP).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().contains("href=\"&#x2f;auth&#x2f;login&#x2f;demo?return_to="), "{}", page.text());
    assert!(!page.text().contains("Sign out"));
}

#[tokio::test]
async fn who_signs_in_lands_on_the_profile_and_is_greeted() {
    let (mut browser, _) = demo();
    let page = signed_in(&mut browser, "alice").await;
    assert_eq!((page.status(), page.url().as_str()), (StatusCode::OK, "http://localhost:3000/profile"));
    for part in ["<h1>Alice Liddell</h1>", "alice@example.com", "in 8 hours", "in 1 day", "RFC 9207"] {
        assert!(page.text().contains(part), "{part}");
    }
    assert!(browser.get(APP).await.text().contains("<h1>Hello, Alice Liddell</h1>"));
}

#[tokio::test]
async fn admin_is_for_alice_and_not_for_bob() {
    let (mut browser, _) = demo();
    signed_in(&mut browser, "alice").await;
    assert_eq!(browser.get(&format!("{APP}/admin")).await.status(), StatusCode::OK);

    let (mut browser, _) = demo();
    signed_in(&mut browser, "bob").await;
    assert_eq!(browser.get(&format!("{APP}/admin")).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_script_gets_json_or_a_problem() {
    let (mut browser, _) = demo();
    let stranger = browser.fetch(&format!("{APP}/api/me")).await;
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    assert!(stranger.text().contains("login_url"));
    signed_in(&mut browser, "bob").await;
    let me = browser.fetch(&format!("{APP}/api/me")).await;
    let claims: serde_json::Value = serde_json::from_str(me.text()).expect("JSON");
    assert_eq!(claims.get("sub").and_then(serde_json::Value::as_str), Some("bob"));
}

#[tokio::test]
async fn signing_out_ends_on_goodbye() {
    let (mut browser, _) = demo();
    let page = signed_in(&mut browser, "alice").await;
    let mut page = browser.submit(&page, "/auth/logout", &[]).await;
    if page.url().as_str().starts_with(ISSUER) {
        page = browser.submit(&page, "/end_session", &[]).await;
    }
    assert_eq!(page.url().as_str(), "http://localhost:3000/goodbye");
    assert!(browser.get(APP).await.text().contains("you are a stranger"));
}

#[tokio::test]
async fn a_failed_sign_in_is_shown_by_the_demos_own_view() {
    let (mut browser, _) = demo();
    let page = browser.get(&format!("{APP}/profile")).await;
    let page = browser.submit(&page, "/authorize", &[("cancel", "yes")]).await;
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    assert!(page.text().contains("You cancelled the sign-in.") && page.text().contains("access_denied"));
}

#[tokio::test]
async fn a_provider_that_misbehaves_signs_nobody_in() {
    let (mut browser, provider) = demo();
    provider.set_fault(Some(Fault::WrongNonce));
    let page = signed_in(&mut browser, "alice").await;
    assert_eq!(page.status(), StatusCode::BAD_GATEWAY);
    assert!(page.text().contains("We could not verify the sign-in."));
    assert!(browser.get(APP).await.text().contains("you are a stranger"));
}

#[tokio::test]
async fn no_page_is_scripted_framed_or_sniffed() {
    let (mut browser, _) = demo();
    for path in ["/", "/goodbye", "/nowhere", "/style.css", "/icon.svg"] {
        let page = browser.get(&format!("{APP}{path}")).await;
        let header = |name: &str| page.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self'; form-action "), "{path}");
        assert!(policy.contains(ISSUER) && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
    }
    assert_eq!(browser.get(&format!("{APP}/nowhere")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_public_address_may_have_a_path() {
    let (mut browser, _) = demo_at("http://localhost:3000/shop");
    let page = browser.get(&format!("{APP}/shop/profile")).await;
    let page = browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.status(), page.url().as_str()), (StatusCode::OK, "http://localhost:3000/shop/profile"));
}
