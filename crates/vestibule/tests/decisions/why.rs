//! `/auth/why`: in development, to each browser what was decided about it.

use vestibule::{Client, Provider, ResponseMode, Vestibule};
use vestibule_provider::{Browser, Fault, RegisteredClient};

use crate::{
    bench::{records, reference_on},
    house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, builder, log::Log, provider},
};

const WHY: &str = "http://localhost:3000/auth/why";

async fn why(browser: &mut Browser) -> String {
    let page = browser.get(WHY).await;
    assert_eq!(page.status(), 200);
    page.text().to_owned()
}

#[tokio::test]
async fn a_browser_sees_what_was_decided_about_it_the_newest_first() {
    let mut house = House::new();
    assert!(why(&mut house.browser).await.contains("Nothing yet"));
    let (log, _listening) = Log::listen();
    house.sign_in("/profile", "bob").await;
    house.pass(90);
    let refused = house.get("/admin").await;
    let text = why(&mut house.browser).await;
    let records = records(&log);
    assert_eq!(records.len(), 3);
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle}: {text}"));
    assert!(at("claims_refused") < at("signed_in") && at("signed_in") < at("sent_to_provider"));
    assert!(text.contains(reference_on(&refused)) && text.contains("just now") && text.contains("90 seconds ago"));
    for record in records {
        assert!(text.contains(&format!("<code>{}</code>", record.reference)), "{record:?}");
    }
}

/// V66: in the log it is quiet, since whoever likes can come with such a one; whoever develops is told.
#[tokio::test]
async fn a_session_of_another_key_is_told_to_its_browser_alone() {
    let mut house = House::new();
    why(&mut house.browser).await;
    house.sign_in("/profile", "alice").await;
    let name = house.cookie_names().into_iter().find(|name| name.ends_with("-session")).expect("signed in");
    assert!(house.browser.set_cookie(APP, &format!("{name}=1forged; Path=/")));
    let (log, _listening) = Log::listen();
    house.get("/").await;
    assert_eq!(records(&log), []);
    let text = why(&mut house.browser).await;
    assert!(text.contains("session_not_opened") && text.contains("another secret key"), "{text}");
}

/// No cookie but the login's own is set where a login begins: what it is about is known by that.
#[tokio::test]
async fn a_login_under_way_and_a_session_are_known_without_that_cookie() {
    let mut house = House::new();
    house.get("/profile").await;
    assert!(!house.browser.cookies().any(|cookie| cookie.name.starts_with("why-")));
    assert!(why(&mut house.browser).await.contains("sent_to_provider"));
    let mut house = House::new();
    house.sign_in("/profile", "bob").await;
    house.get("/admin").await;
    let text = why(&mut house.browser).await;
    assert!(text.contains("claims_refused") && text.contains("signed_in"), "{text}");
}

#[tokio::test]
async fn another_browser_sees_nothing_of_it() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let mut other = house.another_browser();
    assert!(why(&mut other).await.contains("Nothing yet"));
    // Nor one that brings the response of somebody else's login: of that it sees alone what became of it here.
    let callback = {
        let mut third = house.another_browser();
        crate::house::callback_url(&mut third, "/profile", "alice").await
    };
    other.get(&callback).await;
    let text = why(&mut other).await;
    // Its own departure is another's: that it starts over.
    assert!(text.contains("started_over"), "{text}");
    assert_eq!(text.matches("sent_to_provider").count(), 1, "{text}");
}

/// V28: with a form that the provider's page posts no cookie of ours comes along but the login's own.
#[tokio::test]
async fn a_response_without_cookies_is_seen_by_the_browser_that_began_the_login() {
    let client = RegisteredClient::confidential("my-app", CLIENT_SECRET);
    let corp = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let mut house = House::of(client, corp.response_mode(ResponseMode::FormPost));
    let page = house.get("/profile").await;
    house.provider.set_fault(Some(Fault::WrongNonce));
    let failed = house.browser.sign_in_as(&page, "alice").await;
    let text = why(&mut house.browser).await;
    assert!(text.contains("provider_misbehaved") && text.contains(reference_on(&failed)), "{text}");
}

#[tokio::test]
async fn the_error_page_leads_there_in_development() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    assert_eq!(vestibule.why_path().as_deref(), Some("/auth/why"));
    let mut house = House::around(provider, clock, &vestibule);
    house.provider.set_fault(Some(Fault::Unreachable));
    let page = house.get("/profile").await;
    assert!(page.text().contains("href=\"/auth/why\""), "{}", page.text());
}

/// In production nobody is told: there is no such page, no cookie for it, and no link to it.
#[tokio::test]
async fn in_production_there_is_no_such_page() {
    const LIVE: &str = "https://app.example.com";
    let (provider, clock) = (provider(), TestClock::new());
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let vestibule = Vestibule::builder(LIVE)
        .secret_key(vestibule::SecretKey::from_bytes([7; 32]))
        .http_client(provider.clone())
        .clock(clock.clone())
        .provider("corp", Provider::discovered(ISSUER, client).expect("an issuer"))
        .build()
        .expect("the settings hold together");
    let mut browser = Browser::new();
    browser.site(LIVE, vestibule.wrap(axum::Router::new()));
    browser.set_now(vestibule::Clock::now(&clock));
    provider.set_now(vestibule::Clock::now(&clock));
    assert_eq!((browser.get(&format!("{LIVE}/auth/why")).await.status().as_u16(), vestibule.why_path()), (404, None));
    browser.get_without_redirects(&format!("{LIVE}/auth/login/corp")).await;
    assert!(browser.cookies().any(|cookie| cookie.name.contains("-login-")), "a login began");
    assert!(!browser.cookies().any(|cookie| cookie.name.starts_with("why-")));
    provider.set_fault(Some(Fault::Unreachable));
    let failed = browser.get(&format!("{LIVE}/auth/callback/corp?state=x&code=y")).await;
    assert!(reference_on(&failed).len() == 6 && !failed.text().contains("/auth/why"), "{}", failed.text());
    assert_eq!(vestibule.sizes().filter(|(of, _)| *of == "latest_decisions").count(), 0);
}

/// Reliability, "Everything bounded": ten times as many decisions as are kept.
#[tokio::test]
async fn the_latest_decisions_are_bounded() {
    let (provider, clock) = (provider(), TestClock::new());
    let vestibule = crate::house::builder(&provider, &clock).build().expect("the settings hold together");
    let mut house = House::around(provider, clock, &vestibule);
    for _ in 0..5120 {
        assert_eq!(house.browser.fetch(&format!("{APP}/api/me")).await.status(), 401);
    }
    let sizes: Vec<_> = vestibule.sizes().filter(|(of, _)| *of == "latest_decisions").collect();
    assert_eq!(sizes, [("latest_decisions", 512)]);
}
