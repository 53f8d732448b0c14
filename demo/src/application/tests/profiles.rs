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
    assert_eq!(names.len(), 11, "{names:?}");
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

/// What the provider came to fetch, each with its status, without what is made up anew each time.
fn fetched(provider: &DevelopmentProvider) -> Vec<(String, Option<StatusCode>)> {
    let place = |url: &str| url.strip_prefix(APP).unwrap_or(url).split('/').take(4).collect::<Vec<_>>().join("/");
    let mut fetched: Vec<_> = provider.fetches().iter().map(|fetch| (place(&fetch.url), fetch.status)).collect();
    fetched.sort();
    fetched.dedup();
    fetched
}

/// Core 6.2 and 9
#[tokio::test]
async fn a_key_in_the_place_of_a_secret_signs_who_asks_and_what_is_asked_for() {
    let (mut browser, provider) = profiles();
    let asked = browser.get(&format!("{APP}/auth/login?provider=private-key")).await;
    let parameters: Vec<_> = asked.url().query_pairs().map(|(name, _)| name.into_owned()).collect();
    // What every server must see, whether it reads the object or not (Core 6.1), and where the object is.
    let plain = ["response_type", "client_id", "redirect_uri", "scope", "state", "nonce"];
    let plain = plain.iter().chain(&["code_challenge", "code_challenge_method", "request_uri"]);
    assert!(plain.eq(&parameters), "{parameters:?}");
    let page = signed_in_with(&mut browser, "private-key", "alice").await;
    assert_eq!(page.url().as_str(), "http://localhost:3000/profile");
    let expected = ["/auth/jwks/private-key", "/auth/request_objects/private-key"];
    assert_eq!(fetched(&provider), expected.map(|place| (place.to_owned(), Some(StatusCode::OK))));
}

/// Core 10.2
#[tokio::test]
async fn what_comes_back_can_be_encrypted_for_a_key_of_ours() {
    let (mut browser, provider) = profiles();
    let sign_in = browser.get(&format!("{APP}/auth/login?provider=encrypted")).await;
    let answer = browser.sign_in_as(&sign_in, "alice").await;
    let fragment = browser.fragment_of(&answer).expect("a fragment");
    let id_token =
        form_urlencoded::parse(fragment.as_bytes()).find(|(name, _)| name == "id_token").expect("an ID Token");
    assert_eq!(id_token.1.split('.').count(), 5, "{fragment}");
    let client = provider.registered("encrypted").expect("the client is known");
    assert!(client.userinfo_encryption().is_some());
    assert_eq!(fetched(&provider), [("/auth/jwks/encrypted".to_owned(), Some(StatusCode::OK))]);
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
