//! Every cookie of a whole walk, as a browser sees it.

use std::time::Duration;

use axum::{Router, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use vestibule::{Client, EndUser, Provider, SecretKey, SessionPolicy, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, Fault, Page, RegisteredClient};

use crate::house::{
    APP, CLIENT_SECRET, House, ISSUER, TestClock,
    paper::{SetCookie, set_cookies},
    provider,
};

const SITE: &str = "https://app.example.com";

/// R132, V61: what is said of every cookie, set or deleted.
fn expect_in_order(cookie: &SetCookie, is_https: bool) {
    let prefix = if is_https { "__Host-vestibule-" } else { "vestibule-" };
    let rest = cookie.name.strip_prefix(prefix).unwrap_or_else(|| panic!("{cookie:?}"));
    let (hash, purpose) = rest.split_once('-').expect("a hash");
    assert!(hash.len() == 8 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{cookie:?}");
    assert!(!purpose.is_empty());
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.has(attribute), "{attribute}: {cookie:?}");
    }
    assert_eq!(cookie.has("Secure"), is_https, "{cookie:?}");
    for attribute in &cookie.attributes {
        let known = ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"].contains(&attribute.as_str());
        assert!(known || attribute.starts_with("Max-Age="), "{attribute}: {cookie:?}");
    }
    assert!(cookie.name.len() + cookie.value.len() <= 4096, "{}", cookie.value.len());
    assert!(cookie.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{cookie:?}");
}

/// The prefix and the hash are left out: `session`, `login`, `error`, `logout`.
fn purposes(cookies: &[SetCookie]) -> Vec<String> {
    let mut purposes: Vec<String> = cookies
        .iter()
        .map(|cookie| {
            let (_, rest) = cookie.name.split_once("vestibule-").expect("ours");
            let purpose = rest.split('-').nth(1).expect("a purpose");
            format!("{purpose}{}", if cookie.is_deletion() { " deleted" } else { "" })
        })
        .collect();
    purposes.sort();
    purposes.dedup();
    purposes
}

struct Walk {
    browser: Browser,
    provider: DevelopmentProvider,
    clock: TestClock,
    site: &'static str,
    cookies: Vec<SetCookie>,
}

impl Walk {
    fn keep(&mut self, page: &Page) {
        self.cookies.extend(set_cookies(page, self.site));
    }

    async fn open(&mut self, path: &str) -> Page {
        let page = self.browser.get(&format!("{}{path}", self.site)).await;
        self.keep(&page);
        page
    }

    async fn sign_in(&mut self, path: &str) -> Page {
        let page = self.open(path).await;
        assert!(page.url().as_str().starts_with(ISSUER), "{}", page.url());
        let page = self.browser.sign_in_as(&page, "alice").await;
        self.keep(&page);
        page
    }

    /// A login that fails, one that works, a renewal, a second login, a logout, and back again.
    async fn walk(&mut self) {
        let fault = Fault::AuthorizeError { error: "access_denied".to_owned(), error_description: None };
        self.provider.set_fault(Some(fault));
        assert_eq!(self.open("/profile").await.status(), 403);
        self.provider.set_fault(None);
        for _ in 0..10 {
            self.open("/auth/login").await;
        }
        let page = self.sign_in("/profile").await;
        assert_eq!((page.url().as_str(), page.text()), (format!("{}/profile", self.site).as_str(), "alice"));
        self.pass(400);
        assert_eq!(self.open("/profile").await.text(), "alice");
        self.open("/auth/login?return_to=/profile").await;
        let page = self.open("/auth/logout").await;
        let page = self.browser.submit(&page, "/auth/logout", &[]).await;
        self.keep(&page);
        assert_eq!(page.text(), "stranger");
        self.open("/auth/logged_out?state=x").await;
        assert!(self.open("/profile").await.url().as_str().starts_with(ISSUER), "signed out here and there");
    }

    fn pass(&mut self, seconds: i64) {
        self.clock.advance(seconds);
        let now = vestibule::Clock::now(&self.clock);
        self.browser.set_now(now);
        self.provider.set_now(now);
    }
}

fn walk(site: &'static str) -> Walk {
    let provider = provider().client(
        RegisteredClient::confidential("my-app", CLIENT_SECRET)
            .redirect_uri(format!("{site}/auth/callback/corp"))
            .post_logout_redirect_uri(format!("{site}/auth/logged_out")),
    );
    let clock = TestClock::new();
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let vestibule = Vestibule::builder(site)
        .secret_key(SecretKey::from_bytes([7; 32]))
        .provider("corp", Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile email"))
        .session(SessionPolicy::lifetime(Duration::from_secs(7000)).idle(Duration::from_secs(1000)))
        .http_client(provider.clone())
        .clock(clock.clone())
        .build()
        .expect("the settings hold together");
    let app = vestibule.wrap(
        Router::new()
            .route("/", get(async |user: Option<EndUser>| if user.is_some() { "somebody" } else { "stranger" }))
            .route("/profile", get(async |user: EndUser| user.subject().to_string())),
    );
    let mut browser = Browser::new();
    browser.site(site, app);
    browser.site(ISSUER, provider.router());
    let mut walk = Walk { browser, provider, clock, site, cookies: Vec::new() };
    walk.pass(0);
    walk
}

const ALL: [&str; 9] = [
    "error",
    "login",
    "login deleted",
    "logout",
    "logout deleted",
    "session",
    "session deleted",
    "trips",
    "trips deleted",
];

/// R132, V61
#[tokio::test]
async fn every_cookie_of_a_whole_walk_has_the_attributes_and_the_size_that_it_must() {
    for (site, is_https) in [(APP, false), (SITE, true)] {
        let mut walk = walk(site);
        walk.walk().await;
        let seen = purposes(&walk.cookies);
        assert_eq!(seen, ALL, "{site}: the walk saw them all");
        for cookie in &walk.cookies {
            expect_in_order(cookie, is_https);
        }
    }
}

/// R132, V61: and what the browser made of them.
#[tokio::test]
async fn over_https_a_whole_login_works_with_cookies_that_no_subdomain_can_set() {
    let mut walk = walk(SITE);
    let page = walk.sign_in("/profile").await;
    assert_eq!((page.url().as_str(), page.text()), ("https://app.example.com/profile", "alice"));
    let kept: Vec<_> = walk.browser.cookies().filter(|cookie| cookie.name.contains("vestibule")).cloned().collect();
    let [trips, session] = kept.as_slice() else { panic!("two are left when a login is over: {kept:?}") };
    assert!(trips.name.starts_with("__Host-vestibule-") && trips.name.ends_with("-trips"), "{trips:?}");
    assert!(trips.secure && trips.http_only && trips.host_only, "{trips:?}");
    let a_minute_from_now = vestibule::Clock::now(&walk.clock).plus(60);
    assert_eq!(trips.expires, Some(a_minute_from_now), "one of them for a minute");
    assert!(session.name.starts_with("__Host-vestibule-") && session.name.ends_with("-session"), "{session:?}");
    assert!(session.secure && session.http_only && session.host_only, "{session:?}");
    assert_eq!((session.host.as_str(), session.path.as_str()), ("app.example.com", "/"));
    assert_eq!(session.same_site, vestibule_provider::browser::SameSite::Lax);

    for (from, line) in [
        ("https://evil.example.com/", format!("{}=1x; Path=/; Secure; Domain=example.com", session.name)),
        ("https://evil.example.com/", format!("{}=1x; Path=/profile; Secure", session.name)),
        ("https://app.example.com/", format!("{}=1x; Path=/profile; Secure", session.name)),
        ("http://app.example.com/", format!("{}=1x; Path=/", session.name)),
    ] {
        assert!(!walk.browser.set_cookie(from, &line), "{from}: {line}");
    }
    assert_eq!(walk.open("/profile").await.text(), "alice");
}

/// R137, V69: what the browser keeps tells it nothing.
#[tokio::test]
async fn a_cookie_shows_neither_claims_nor_tokens_nor_who_it_is() {
    let mut house = House::new();
    house.sign_in("/profile?secret=canary", "alice").await;
    house.browser.get_without_redirects(&format!("{APP}/auth/login?return_to=/profile?secret=canary")).await;
    let mut looked_at = 0;
    for cookie in house.browser.cookies().filter(|cookie| cookie.name.contains("vestibule-")) {
        // The session has a count in front.
        let sealed = if cookie.name.ends_with("-session") { &cookie.value[1..] } else { &cookie.value };
        let bytes = URL_SAFE_NO_PAD.decode(sealed).expect("base64url, all of it");
        let texts = [cookie.value.clone(), String::from_utf8_lossy(&bytes).into_owned()];
        for part in ["alice", "Alice", "example", "my-app", "canary", "127.0.0.1", "corp", "profile", "eyJhbGci"] {
            assert!(texts.iter().all(|text| !text.contains(part)), "{part} in {}", cookie.name);
        }
        looked_at += 1;
    }
    assert_eq!(looked_at, 3, "the session, what the trip came to, and a pending login");
}

/// R137: the same session sealed twice has nothing in common that shows.
#[tokio::test]
async fn two_sessions_of_one_person_look_like_those_of_two() {
    let mut values = Vec::new();
    let mut house = House::new();
    for _ in 0..2 {
        house.browser = house.another_browser();
        house.sign_in("/profile", "alice").await;
        let cookie =
            house.browser.cookies().find(|cookie| cookie.name.ends_with("-session")).expect("signed in").clone();
        values.push(URL_SAFE_NO_PAD.decode(&cookie.value[1..]).expect("base64url"));
    }
    let nonce_begins = 5;
    let same = values[0].iter().zip(&values[1]).skip(nonce_begins).filter(|(a, b)| a == b).count();
    assert!(same < values[0].len() / 20, "{same} of {}", values[0].len());
}
