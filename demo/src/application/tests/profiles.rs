//! `settings.profiles.toml`, with one way of signing in a table: each of them by itself, at the provider of this process.

use url::form_urlencoded;

use super::*;
use crate::configuration::tests::read;

const PROFILES: &str = include_str!("../../../settings.profiles.toml");

fn profiles() -> (Browser, DevelopmentProvider) {
    let configuration = read(PROFILES).expect("the profiles");
    let (app, provider) = demo_of(&configuration, |builder| builder.secret_key(vestibule::SecretKey::generate()));
    (browser_of(&app, &provider), provider)
}

async fn signed_in_with(browser: &mut Browser, name: &str, user: &str) -> Page {
    let sign_in = browser.get(&format!("{APP}/auth/login?provider={name}&return_to=/profile")).await;
    let page = browser.sign_in_as(&sign_in, user).await;
    match browser.fragment_of(&page) {
        // What the script of the page does.
        Some(_) => browser.submit_fragment(&page, "/auth/callback/", "fragment").await,
        None => page,
    }
}

#[tokio::test]
async fn every_profile_signs_in_by_itself() {
    let names: Vec<String> = profile_names();
    assert_eq!(names.len(), 9, "{names:?}");
    for name in names {
        let (mut browser, _) = profiles();
        let page = signed_in_with(&mut browser, &name, "alice").await;
        assert_eq!((page.status(), page.url().as_str()), (StatusCode::OK, "http://localhost:3000/profile"), "{name}");
        assert!(page.text().contains("<h1>Alice Liddell</h1>"), "{name}: {}", page.text());
        let page = browser.submit(&page, "/auth/logout", &[]).await;
        assert!(page.status().is_success(), "{name}: {}", page.text());
        assert!(browser.get(APP).await.text().contains("you are a stranger"), "{name}");
    }
}

fn profile_names() -> Vec<String> {
    let tables: toml::Table = PROFILES.parse().expect("TOML");
    let providers = tables.get("provider").and_then(toml::Value::as_table).expect("providers");
    providers.keys().cloned().collect()
}

#[tokio::test]
async fn a_link_of_another_site_begins_a_sign_in_where_that_is_wanted() {
    let (mut browser, _) = profiles();
    let index = browser.get(APP).await;
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("iss", ISSUER).finish();
    let link = format!("/auth/initiate_login/partner?{query}");
    assert!(index.text().replace("&#x2f;", "/").contains(&format!("href=\"{link}\"")), "{}", index.text());
    let page = browser.get(&format!("{APP}{link}")).await;
    let page = browser.sign_in_as(&page, "alice").await;
    assert_eq!((page.status(), page.url().as_str()), (StatusCode::OK, "http://localhost:3000/"));
    assert!(page.text().contains("Hello, Alice Liddell"));
}

#[tokio::test]
async fn the_vault_asks_for_a_stronger_sign_in_once_and_then_refuses() {
    let (mut browser, _) = demo();
    signed_in(&mut browser, "alice").await;
    let asked = browser.get(&format!("{APP}/vault")).await;
    assert!(asked.url().as_str().starts_with(ISSUER), "{}", asked.url());
    let page = browser.sign_in_as(&asked, "alice").await;
    assert_eq!((page.status(), page.url().as_str()), (StatusCode::OK, "http://localhost:3000/vault"));
    assert!(page.text().contains("<h1>In the vault</h1>"));

    let (mut browser, _) = demo();
    signed_in(&mut browser, "bob").await;
    let page = browser.get(&format!("{APP}/vault")).await;
    assert_eq!((page.status(), page.url().as_str()), (StatusCode::FORBIDDEN, "http://localhost:3000/vault"));
}
