//! V97, Reliability "Loops": sign-ins that succeed, and of which the next page knows nothing, end after three on a page that says why.

use std::time::Duration;

use vestibule::{Builder, Client, NewLogin, Provider, SecretKey, SessionPolicy, Vestibule};
use vestibule_provider::{Browser, Fault, Page, RegisteredClient};

use crate::house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, log::Log, provider, rejection::cookies};

/// A base URL that is not on loopback.
const PUBLIC: &str = "https://app.example.com";

/// What happens to the cookies of a browser before each of its requests to the application.
pub(crate) type Interference = fn(&mut Browser);

pub(crate) fn loses_its_session(browser: &mut Browser) {
    let sessions = browser.cookies().filter(|cookie| cookie.name.ends_with("-session"));
    let sessions: Vec<_> = sessions.map(|cookie| cookie.name.clone()).collect();
    sessions.iter().for_each(|name| browser.remove_cookie(name));
}

fn gets_another_session(browser: &mut Browser) {
    for session in cookies(browser, "session") {
        assert!(browser.set_cookie(APP, &format!("{}=1of-another-key; Path=/", session.name)));
    }
}

/// Opens a page, follows redirects, and lets nobody be asked anything. Gives the page and how often the provider was gone to.
pub(crate) async fn follow(house: &mut House, path: &str, interference: Interference) -> (Page, usize) {
    follow_at(house, APP, path, interference).await
}

/// The same at another origin.
pub(crate) async fn follow_at(
    house: &mut House,
    origin: &str,
    path: &str,
    interference: Interference,
) -> (Page, usize) {
    let (mut url, mut departures) = (format!("{origin}{path}"), 0);
    for _ in 0..40 {
        if url.starts_with(origin) && !url.contains("/auth/callback") {
            interference(&mut house.browser);
        }
        departures += usize::from(url.starts_with(&format!("{ISSUER}/authorize")));
        let mut page = house.browser.get_without_redirects(&url).await;
        if is_of_the_provider(&page, "/authorize") {
            page = house.browser.submit_without_redirects(&page, "/authorize", &[("user", "alice")]).await;
        }
        if is_of_the_provider(&page, "/auth/callback") {
            page = house.browser.submit_without_redirects(&page, "/auth/callback", &[]).await;
        }
        match page.header("location") {
            Some(location) if location.starts_with('/') => url = format!("{origin}{location}"),
            Some(location) => url = location.to_owned(),
            None => return (page, departures),
        }
    }
    panic!("it goes round in circles: {url}");
}

/// Whether it is a page of the provider's with a form that leads there.
pub(crate) fn is_of_the_provider(page: &Page, action: &str) -> bool {
    let text = page.text().replace("&#x2f;", "/").replace("&#47;", "/");
    let mut actions = text.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    page.status() == 200 && page.url().as_str().starts_with(ISSUER) && actions.any(|own| own.contains(action))
}

pub(crate) fn expect_diagnosis(page: &Page, departures: usize, sentence: &str) {
    assert_eq!((page.status().as_u16(), page.url().path(), departures), (500, "/auth/error", 3), "{}", page.text());
    assert!(page.text().contains("<h1>Signing in goes round in circles</h1>"), "{}", page.text());
    assert!(page.text().contains("You signed in several times, and this site did not remember it."), "{}", page.text());
    assert!(!page.text().contains("Allow cookies"), "some came back: {}", page.text());
    assert!(page.text().contains(sentence), "{}", page.text());
}

/// V97
#[tokio::test]
async fn a_session_that_does_not_come_back_ends_the_circle_after_three_trips() {
    let mut house = House::new();
    let (page, departures) = follow(&mut house, "/profile?tab=2", loses_its_session).await;
    expect_diagnosis(&page, departures, "and did not come back, though a smaller cookie did");
    assert!(page.text().contains("1 cookie(s)"), "{}", page.text());
    assert_eq!(house.provider.count("/token"), 3);
    // Whoever tries again is given as much once more, and gets in as soon as it is mended.
    let again = "/auth/login/corp?return_to=%2Fprofile%3Ftab%3D2";
    assert!(page.text().contains(again), "{}", page.text());
    let (page, departures) = follow(&mut house, again, |_| ()).await;
    assert_eq!((page.text(), departures), ("profile of alice", 1));
}

/// V97: the log has the same sentence, and in production the page has only the reference.
#[tokio::test]
async fn in_production_the_page_has_a_reference_and_the_log_has_the_sentence() {
    let sentence = "and did not come back, though a smaller cookie did";
    for (development, shows) in [(false, false), (true, true)] {
        let mut house = public_house(|builder| if development { builder.development() } else { builder });
        let (log, _listening) = Log::listen();
        let (page, departures) = follow_at(&mut house, PUBLIC, "/profile", loses_its_session).await;
        assert_eq!((page.status().as_u16(), departures), (500, 3));
        assert_eq!(page.text().contains(sentence), shows, "{}", page.text());
        assert_eq!(page.text().contains("What was found"), shows);
        let reference =
            page.text().split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a reference");
        let lines = log.lines();
        assert!(lines.iter().any(|line| line.contains(reference) && line.contains(sentence)), "{lines:?}");
    }
}

/// V60, Reliability "Big claims"
#[tokio::test]
async fn a_large_session_that_does_not_come_back_is_said_to_be_large() {
    let large = async |login: NewLogin| {
        Ok(login.with_claim("groups", "x".repeat(2500)).with_claim("photo", "x".repeat(900)).with_claim("role", "x"))
    };
    let mut house = House::with(|builder: Builder| builder.on_login(large));
    let (page, departures) = follow(&mut house, "/profile", loses_its_session).await;
    expect_diagnosis(&page, departures, "probably too much for the browser, or for a proxy on the way");
    assert!(page.text().contains("groups (2502 bytes), photo (902 bytes), "), "{}", page.text());
}

/// Reliability "Big claims": one that cannot be kept at all says so at the first login.
#[tokio::test]
async fn a_session_that_is_too_big_names_its_size_and_its_largest_claims_at_once() {
    let large = async |login: NewLogin| Ok(login.with_claim("groups", "x".repeat(9000)));
    let mut house = House::with(|builder: Builder| builder.on_login(large));
    let (page, departures) = follow(&mut house, "/profile", |_| ()).await;
    assert_eq!((page.status().as_u16(), departures), (500, 1));
    assert!(page.text().contains("bytes of cookies, more than there may be. The largest claims: groups (9002 bytes)"));
}

/// V97: a cookie of another configuration.
#[tokio::test]
async fn a_session_that_cannot_be_opened_is_said_to_be_of_another_key() {
    let mut house = House::new();
    let (page, departures) = follow(&mut house, "/profile", gets_another_session).await;
    expect_diagnosis(&page, departures, "it was sealed with another secret_key");
}

/// V61: what tosses cookies from where we cannot delete them.
#[tokio::test]
async fn a_cookie_that_comes_twice_again_and_again_is_named() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    let session = cookies(&house.browser, "session").remove(0);
    house.browser = house.another_browser();
    for path in ["/auth", "/auth/callback"] {
        assert!(house.browser.set_cookie(&format!("{APP}{path}/x"), &format!("{}=1x; Path={path}", session.name)));
    }
    let (page, departures) = follow(&mut house, "/profile", |_| ()).await;
    assert_eq!((page.status().as_u16(), page.url().path(), departures), (400, "/auth/error", 2), "{}", page.text());
    assert!(page.text().contains("A cookie of ours came twice"), "{}", page.text());
    expect_not_recognised(&page);
}

/// It is said of no sign-in that it was used which never could be.
fn expect_not_recognised(page: &Page) {
    assert!(page.text().contains("<h1>You could not be signed in</h1>"), "{}", page.text());
    assert!(page.text().contains("This site did not recognise your browser when you came back."), "{}", page.text());
    assert!(!page.text().contains("was used or has expired"), "{}", page.text());
}

/// V59: machines whose keys differ do not open each other's logins.
#[tokio::test]
async fn a_login_that_another_machine_cannot_open_is_said_to_be_of_another_key() {
    let mut house = House::new();
    let mut callback = house.callback_url("/profile").await;
    for attempt in 0..2 {
        for login in cookies(&house.browser, "login-") {
            assert!(house.browser.set_cookie(APP, &format!("{}=of-another-key; Path=/", login.name)));
        }
        if attempt == 0 {
            let answer = house.browser.get_without_redirects(&callback).await;
            let again = answer.header("location").expect("the way to the provider").to_owned();
            let page = house.browser.get_without_redirects(&again).await;
            callback = page.header("location").expect("the way back").to_owned();
        }
    }
    // No other cookie of ours comes back.
    let page = house.browser.get(&callback).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (400, "/auth/error"), "{}", page.text());
    assert!(page.text().contains("it was sealed with another secret_key"), "{}", page.text());
    expect_not_recognised(&page);
}

/// Reliability "Clocks"
#[tokio::test]
async fn a_session_that_is_over_at_once_is_said_to_be_a_matter_of_clocks() {
    let mut house = House::with(|builder| builder.session(SessionPolicy::default().idle(Duration::from_secs(60))));
    let mut departures = 0;
    for _ in 0..3 {
        departures += follow(&mut house, "/profile", |_| ()).await.1;
        // The page is asked of a machine whose clock is ten minutes ahead; the browser's is not.
        let browser = house.browser.clone();
        house.pass(600);
        house.browser = browser;
    }
    let (page, more) = follow(&mut house, "/profile", |_| ()).await;
    assert_eq!((page.status().as_u16(), departures + more), (500, 3), "{}", page.text());
    assert!(page.text().contains("by our clocks 600 seconds after it began"), "{}", page.text());
}

/// Where the provider's clock is wrong, the first login says by how much.
#[tokio::test]
async fn a_provider_whose_clock_is_wrong_is_said_to_be_so_many_seconds_away() {
    let mut house = House::new();
    house.provider.set_fault(Some(Fault::Expired));
    let (page, departures) = follow(&mut house, "/profile", |_| ()).await;
    assert_eq!((page.status().as_u16(), departures), (502, 1));
    assert!(page.text().contains("seconds behind our clock"), "{}", page.text());
}

/// Who signs in and out as often as they like goes round in no circle.
#[tokio::test]
async fn who_signs_out_between_is_never_stopped() {
    let mut house = House::new();
    for round in 0..8 {
        let (page, departures) = follow(&mut house, "/profile", |_| ()).await;
        assert_eq!((page.text(), departures), ("profile of alice", 1), "{round}");
        house.browser.post_form_from(&format!("{APP}/"), &format!("{APP}/auth/logout"), &[]).await;
        assert!(cookies(&house.browser, "trips").is_empty(), "{round}");
    }
}

/// A minute after the last one, what went before is forgotten.
#[tokio::test]
async fn trips_that_are_a_minute_apart_are_no_circle() {
    let mut house = House::new();
    for round in 0..6 {
        let (page, departures) = follow(&mut house, "/profile", |_| ()).await;
        assert_eq!((page.text(), departures), ("profile of alice", 1), "{round}");
        loses_its_session(&mut house.browser);
        house.pass(61);
    }
}

/// The minute is ours to keep: of a browser that does not, what is older is not believed.
#[tokio::test]
async fn trips_that_a_browser_keeps_for_longer_are_no_circle_either() {
    let mut house = House::new();
    for round in 0..6 {
        let (page, departures) = follow(&mut house, "/profile", |_| ()).await;
        assert_eq!((page.text(), departures), ("profile of alice", 1), "{round}");
        loses_its_session(&mut house.browser);
        let trips = cookies(&house.browser, "trips");
        house.pass(61);
        for kept in &trips {
            assert!(house.browser.set_cookie(APP, &format!("{}={}; Path=/", kept.name, kept.value)));
        }
        assert_eq!((trips.len(), cookies(&house.browser, "trips").len()), (1, 1));
    }
}

/// Whoever is told so, tries again with nothing counted: also where the last trip ended with a response that nobody waits for.
#[tokio::test]
async fn a_circle_that_ends_with_a_stale_response_is_forgotten_too() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    loses_its_session(&mut house.browser);
    let callback = house.callback_url("/profile").await;
    house.browser.get(&callback).await;
    loses_its_session(&mut house.browser);
    let callback = house.callback_url("/profile").await;
    for login in cookies(&house.browser, "login-") {
        house.browser.remove_cookie(&login.name);
    }
    let page = house.browser.get(&callback).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (400, "/auth/error"), "three came to nothing");
    assert!(cookies(&house.browser, "trips").is_empty(), "and the person was told");
    let (page, departures) = follow(&mut house, "/auth/login/corp?return_to=%2Fprofile", loses_its_session).await;
    assert_eq!((page.status().as_u16(), departures), (500, 3), "three more");
}

/// V61: a page at a host whose cookies are not the base URL's.
#[tokio::test]
async fn a_page_at_another_host_is_named_beside_the_base_url() {
    let mut house = House::new();
    let elsewhere = "http://127.0.0.1:3000";
    house.browser.site(elsewhere, house.app.clone());
    let (mut url, mut departures) = (format!("{elsewhere}/profile"), 0);
    let page = loop {
        departures += usize::from(url.starts_with(&format!("{ISSUER}/authorize")));
        assert!(departures < 6, "it goes round in circles");
        let mut page = house.browser.get_without_redirects(&url).await;
        if page.status() == 200 && url.starts_with(ISSUER) {
            page = house.browser.submit_without_redirects(&page, "authorize", &[("user", "alice")]).await;
        }
        house.pass(1);
        // What is asked of the base URL's host, save the callback and its error page, is led to the other.
        let host = if url.contains("/auth/callback") || url.contains("/auth/error") { elsewhere } else { APP };
        url = match page.header("location") {
            Some("/auth/error") => format!("{APP}/auth/error"),
            Some(location) if location.starts_with("/auth/error") => format!("{APP}{location}"),
            Some(location) if location.starts_with('/') => format!("{host}{location}"),
            Some(location) => location.to_owned(),
            None => break page,
        };
    };
    assert_eq!(page.status(), 500, "{}", page.text());
    assert!(page.text().contains("The request was for &#39;127.0.0.1:3000&#39;"), "{}", page.text());
    assert!(page.text().contains("the base URL is http://localhost:3000"), "{}", page.text());
}

/// A house that strangers come to.
fn public_house(settings: impl FnOnce(Builder) -> Builder) -> House {
    let clock = TestClock::new();
    let registered = RegisteredClient::confidential("my-app", CLIENT_SECRET);
    let provider = provider().client(registered.redirect_uri(format!("{PUBLIC}/auth/callback/corp")));
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let corp = Provider::discovered(ISSUER, client).expect("an issuer");
    let builder = Vestibule::builder(PUBLIC)
        .secret_key(SecretKey::from_bytes([7; 32]))
        .http_client(provider.clone())
        .clock(clock.clone())
        .provider("corp", corp);
    let vestibule = settings(builder).build().expect("the settings hold together");
    let mut house = House::around(provider, clock, &vestibule);
    house.browser.site(PUBLIC, house.app.clone());
    house
}
