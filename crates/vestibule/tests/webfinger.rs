//! A provider that is found by WebFinger: when it is looked for, what follows from what is found, and what outlives a restart.

mod house;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use house::{APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, provider};
use http::{Request, Response};
use serde_json::json;
use vestibule::{
    Client, HttpClient, HttpError, Provider, Settings, Vestibule,
    core::{
        Limits,
        http_client::{Answer, DynamicHost},
    },
};
use vestibule_provider::DevelopmentProvider;

/// An identifier at another place than the issuer.
const JOE: &str = "acct:joe@localhost:9999";

/// The network: a WebFinger service at every host, and the provider.
#[derive(Clone)]
struct Directory {
    provider: DevelopmentProvider,
    /// The issuer that it names; nobody answers when there is none.
    issuer: Arc<Mutex<Option<&'static str>>>,
    found: Arc<AtomicUsize>,
    /// Path and mark of what was asked.
    asked: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Directory {
    fn new(provider: &DevelopmentProvider, issuer: Option<&'static str>) -> Self {
        Self {
            provider: provider.clone(),
            issuer: Arc::new(Mutex::new(issuer)),
            found: Arc::default(),
            asked: Arc::default(),
        }
    }

    fn now_names(&self, issuer: Option<&'static str>) {
        *self.issuer.lock().expect("no panic") = issuer;
    }

    fn found(&self) -> usize {
        self.found.load(Ordering::SeqCst)
    }
}

impl HttpClient for Directory {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        let is_marked = request.extensions().get::<DynamicHost>().is_some();
        self.asked.lock().expect("no panic").push((request.uri().path().to_owned(), is_marked));
        if request.uri().path() != "/.well-known/webfinger" {
            return self.provider.send(request, limits);
        }
        let issuer = *self.issuer.lock().expect("no panic");
        self.found.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let issuer = issuer.ok_or_else(|| HttpError::Connect("nobody answers".into()))?;
            let links = json!({ "links": [{ "rel": "http://openid.net/specs/connect/1.0/issuer", "href": issuer }] });
            let answer = Response::builder().header("content-type", "application/jrd+json");
            Ok(answer.body(links.to_string().into()).expect("an answer"))
        })
    }
}

/// A process of the application, whose provider is found by this identifier.
fn process(directory: &Directory, clock: &TestClock, identifier: &str) -> Vestibule {
    let client = Client::confidential("my-app", CLIENT_SECRET);
    let corp = Provider::webfinger(identifier, client).expect("an identifier");
    bare_builder(&directory.provider, clock)
        .http_client(directory.clone())
        .provider("corp", corp)
        .build()
        .expect("the settings hold together")
}

fn house(identifier: &str, issuer: Option<&'static str>) -> (House, Directory) {
    let directory = Directory::new(&provider(), issuer);
    let clock = TestClock::new();
    let vestibule = process(&directory, &clock, identifier);
    (House::around(directory.provider.clone(), clock, &vestibule), directory)
}

/// The application begins anew, in another process: what it knew is forgotten, and the browser is the same.
fn restart(house: &mut House, issuer: Option<&'static str>, identifier: &str) -> Directory {
    let directory = Directory::new(&house.provider, issuer);
    let vestibule = process(&directory, &house.clock, identifier);
    let other = House::around(house.provider.clone(), house.clock.clone(), &vestibule);
    house.browser.site(APP, other.app.clone());
    house.app = other.app;
    directory
}

/// Discovery 2
#[tokio::test]
async fn a_provider_is_found_once_when_somebody_first_signs_in() {
    let (mut house, directory) = house(JOE, Some(ISSUER));
    house.get("/").await;
    assert_eq!(directory.found(), 0);
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    let mut another = house.another_browser();
    let callback = house::callback_url(&mut another, "/profile", "bob").await;
    assert_eq!(another.get(&callback).await.text(), "profile of bob");
    assert_eq!(directory.found(), 1);
}

/// V78
#[tokio::test]
async fn where_webfinger_leads_is_guarded_and_what_the_settings_name_is_not() {
    for (identifier, is_guarded) in [(JOE, true), ("acct:joe@127.0.0.1:3001", false), ("acct:joe@127.0.0.1", true)] {
        let (mut house, directory) = house(identifier, Some(ISSUER));
        house.sign_in("/profile", "alice").await;
        let asked = directory.asked.lock().expect("no panic").clone();
        let (finding, rest): (Vec<_>, Vec<_>) = asked.into_iter().partition(|(path, _)| path.ends_with("/webfinger"));
        assert_eq!(finding, [("/.well-known/webfinger".to_owned(), false)], "{identifier}");
        assert_eq!(rest.len(), 4, "metadata, token, keys and userinfo: {rest:?}");
        assert!(rest.iter().all(|(_, is_marked)| *is_marked == is_guarded), "{identifier}: {rest:?}");
    }
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let (mut house, directory) = house(JOE, None);
    assert_eq!(house.get("/profile").await.status(), 503);
    // No issuer at all, and one that is none.
    for wrong in ["http://login.example.com", "login.example.com"] {
        directory.now_names(Some(wrong));
        assert_eq!(house.get("/profile").await.status(), 502, "{wrong}");
    }
    directory.now_names(Some(ISSUER));
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
}

/// V67
#[tokio::test]
async fn a_restart_signs_nobody_out_though_nobody_can_be_asked() {
    let (mut house, _) = house(JOE, Some(ISSUER));
    house.sign_in("/profile", "alice").await;
    let directory = restart(&mut house, None, JOE);
    assert_eq!(house.me().await.as_deref(), Some("alice"));
    assert_eq!(directory.found(), 0, "nobody is asked for a session");
    directory.now_names(Some(ISSUER));
    let mut another = house.another_browser();
    house::callback_url(&mut another, "/profile", "bob").await;
    assert_eq!(house.me().await.as_deref(), Some("alice"), "the issuer is known again, and the same");
}

/// V67: a session of another configuration is no session.
#[tokio::test]
async fn a_session_of_another_identifier_or_another_issuer_is_no_session() {
    let (mut house, _) = house(JOE, Some(ISSUER));
    house.sign_in("/profile", "alice").await;
    let profile = house.browser.clone();

    restart(&mut house, Some(ISSUER), "acct:jane@localhost:9999");
    assert_eq!(house.me().await, None, "another identifier");

    house.browser = profile;
    restart(&mut house, Some("http://127.0.0.1:3002"), JOE);
    assert_eq!(house.me().await.as_deref(), Some("alice"), "not known yet");
    house.another_browser().get(&format!("{APP}/profile")).await;
    assert_eq!(house.me().await, None, "another issuer");
}

/// V20: a code goes to the issuer that it is of.
#[tokio::test]
async fn a_login_is_finished_with_the_issuer_that_it_was_begun_with() {
    let (mut house, _) = house(JOE, Some(ISSUER));
    let callback = house.callback_url("/profile").await;
    let profile = house.browser.clone();
    restart(&mut house, Some("http://127.0.0.1:3002"), JOE);
    assert_eq!(house.browser.get(&callback).await.status(), 503, "it starts over with the other one, which is away");
    assert_eq!(house.provider.count("/token"), 0);

    house.browser = profile;
    restart(&mut house, Some(ISSUER), JOE);
    assert_eq!(house.browser.get(&callback).await.text(), "profile of alice");
}

#[test]
fn what_is_no_identifier_is_refused_at_once() {
    for (identifier, reason) in [("=joe", "reserved"), ("acct:joe", "not an account"), ("ftp://a.example", "scheme")] {
        let error = Provider::webfinger(identifier, Client::public("my-app")).expect_err(identifier);
        assert_eq!(error.setting(), "webfinger");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn a_settings_file_names_a_provider_in_one_way() {
    let build = |lines: &str| {
        let text = format!(
            "base_url = 'http://localhost:3000'\nsecret_key = 'c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM'\n\
             outbound_allow = ['login.internal:443']\n[provider.corp]\nclient_id = 'my-app'\n{lines}"
        );
        Settings::from_toml(&text).and_then(|settings| settings.builder()).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(build("webfinger = 'acct:joe@example.com'"), Ok(()));
    let two = build("webfinger = 'acct:joe@example.com'\nissuer = 'https://login.example.com'").expect_err("two");
    assert!(two.starts_with("provider.corp.webfinger: the issuer is said already"), "{two}");
    let wrong = build("webfinger = '@joe'").expect_err("none");
    assert!(wrong.starts_with("provider.corp.webfinger = '@joe': identifiers that begin with"), "{wrong}");
    let none = build("").expect_err("none");
    assert!(none.starts_with("provider.corp.issuer: it is not set"), "{none}");
}
