//! What is never printed: every secret of a login, in the log at TRACE, on pages and in `Debug`.

mod house;

use std::collections::BTreeSet;

use axum::{Router, body::Body, routing::get};
use house::{
    APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, builder, callback_url,
    log::Log,
    provider,
    rejection::{and, parameter, with, without},
    town::Town,
};
use http::Request;
use serde_json::Value;
use url::{Url, form_urlencoded};
use vestibule::{
    Builder, Client, EndUser, NewLogin, Provider, Rejection, ResponseMode, ResponseType, SecretKey, UserInfoMethod,
};
use vestibule_provider::{DevelopmentProvider, Fault, Page, RegisteredClient};

/// A house that remembers what must not be seen, and every page that was.
struct Watched {
    house: House,
    town: Town,
    log: Log,
    pages: Vec<Page>,
    debug: Vec<String>,
}

impl Watched {
    fn new(log: &Log) -> Self {
        let (provider, clock) = (provider(), TestClock::new());
        let builder = builder(&provider, &clock);
        Self::around(log, provider, clock, builder)
    }

    /// With a client for every response type, and settings of its own.
    fn of(log: &Log, corp: Provider) -> Self {
        let client = RegisteredClient::confidential("my-app", CLIENT_SECRET).response_types(ResponseType::ALL);
        let provider = provider().client(client.redirect_uri(format!("{APP}/auth/callback/corp")));
        let clock = TestClock::new();
        let builder = bare_builder(&provider, &clock).provider("corp", corp);
        Self::around(log, provider, clock, builder)
    }

    fn around(log: &Log, provider: DevelopmentProvider, clock: TestClock, builder: Builder) -> Self {
        let town = Town::of([provider.clone()]);
        let builder = builder.http_client(town.clone()).on_login(async |login: NewLogin| {
            tracing::info!(?login, "the application logs whom it gets");
            Ok(login)
        });
        let mut debug = vec![format!("{builder:?}")];
        let vestibule = builder.build().expect("the settings hold together");
        debug.push(format!("{vestibule:?} {:?}", vestibule.require_login()));
        let house = House::around(provider, clock, &vestibule);
        Self { house, town, log: log.clone(), pages: Vec::new(), debug }
    }

    async fn open(&mut self, url: &str) -> Page {
        let page = self.house.browser.get(url).await;
        self.pages.push(page.clone());
        page
    }

    /// A callback, stopped before it is followed.
    async fn callback_url(&mut self) -> String {
        callback_url(&mut self.house.browser, "/profile", "alice").await
    }

    /// A login whose response comes in a fragment, or by a form, and once more after it was used.
    async fn sign_in_by_a_page(&mut self) {
        self.house.browser.disable_scripts();
        let page = self.open(&format!("{APP}/profile")).await;
        let page = self.house.browser.sign_in_as(&page, "alice").await;
        self.pages.push(page.clone());
        for _ in 0..2 {
            let landed = match page.url().fragment() {
                Some(_) => self.house.browser.submit_fragment(&page, "0", "fragment").await,
                None => self.house.browser.post_form_of(&page).await,
            };
            self.pages.push(landed);
        }
    }

    /// Nothing that must not be seen was seen.
    fn expect_no_secret(&self, what: &str) {
        let Secrets { values: secrets, attempts } = self.secrets();
        let lines = self.log.lines();
        let ours = self.pages.iter().filter(|page| page.url().as_str().starts_with(APP));
        let texts = ours.map(|page| page.text().to_owned());
        let printed = self.pages.iter().map(|page| format!("{page:?}"));
        for text in lines.iter().cloned().chain(texts).chain(printed).chain(self.debug.iter().cloned()) {
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "{what}: '{secret}' is in: {text}");
            }
        }
        for line in lines {
            for attempt in &attempts {
                assert!(!line.contains(attempt.as_str()), "{what}: '{attempt}' is in: {line}");
            }
            assert!(!line.contains("Alice Liddell") && !line.contains("alice@example.com"), "{what}: {line}");
        }
    }

    fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(CLIENT_SECRET);
        secrets.add(&form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect::<String>());
        secrets.add("BwcHBwcHBwcHBwcHBwcHBw");
        secrets.add("7, 7, 7, 7");
        secrets.add("0707070707");
        for request in self.house.provider.requests() {
            let body = String::from_utf8_lossy(&request.body);
            for form in [request.query.as_deref().unwrap_or_default(), &body] {
                secrets.add_parameters(form);
            }
            if let Some(value) = request.headers.get("authorization").and_then(|value| value.to_str().ok()) {
                secrets.add(value.rsplit(' ').next().unwrap_or_default());
            }
        }
        for exchanged in self.town.seen() {
            let answer: Value = serde_json::from_slice(&exchanged.answer).unwrap_or_default();
            for member in ["access_token", "id_token"] {
                secrets.add(answer.get(member).and_then(Value::as_str).unwrap_or_default());
            }
        }
        for hop in self.pages.iter().flat_map(Page::hops) {
            secrets.add_parameters(hop.url.query().unwrap_or_default());
            secrets.add_parameters(hop.url.fragment().unwrap_or_default());
            for line in hop.set_cookies.iter().filter(|_| hop.url.as_str().starts_with(APP)) {
                secrets.add(line.split_once('=').and_then(|(_, rest)| rest.split(';').next()).unwrap_or_default());
            }
        }
        for page in self.pages.iter().filter(|page| page.url().as_str().starts_with(ISSUER)) {
            // The form of a response that is posted: dots, letters and digits need no escaping there.
            for name in ["id_token", "access_token", "code"] {
                let value = page.text().split_once(&format!("name=\"{name}\" value=\""));
                secrets.add(value.and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default());
            }
        }
        for cookie in self.house.browser.cookies() {
            secrets.add(&cookie.value);
        }
        secrets
    }
}

#[derive(Default)]
struct Secrets {
    values: BTreeSet<String>,
    /// The first part of each state: it is in the name of a cookie too, which a browser shows.
    attempts: BTreeSet<String>,
}

impl Secrets {
    /// Not what is too short to be a secret.
    fn add(&mut self, secret: &str) {
        if secret.len() >= 10 {
            self.values.insert(secret.to_owned());
        }
    }

    fn add_parameters(&mut self, form: &str) {
        let secret = [
            "code",
            "state",
            "nonce",
            "code_verifier",
            "code_challenge",
            "access_token",
            "id_token",
            "id_token_hint",
            "client_secret",
        ];
        for (name, value) in form_urlencoded::parse(form.as_bytes()) {
            if secret.contains(&name.as_ref()) {
                self.add(&value);
            }
            if let Some((attempt, return_address)) = value.split_once('.').filter(|_| name == "state") {
                self.attempts.insert(attempt.to_owned());
                self.add(return_address);
            }
        }
    }
}

/// V69, R64
#[tokio::test]
async fn a_login_and_a_logout_leave_no_secret_behind() {
    let (log, _listening) = Log::listen();
    let mut watched = Watched::new(&log);
    let callback = watched.callback_url().await;
    watched.open(&callback).await;
    watched.open(&format!("{APP}/name")).await;
    watched.open(&format!("{APP}/auth/logout")).await;
    let out = watched.house.browser.post_form_from(APP, &format!("{APP}/auth/logout"), &[]).await;
    watched.pages.push(out);
    watched.open(&format!("{APP}/profile")).await;
    let count = watched.secrets().values.len();
    assert!(count >= 16, "the test knows what to look for: {count}");
    assert!(log.lines().iter().any(|line| line.contains("signed in")), "{:?}", log.lines());
    watched.expect_no_secret("a login");
}

/// V69, V75: what comes through the browser in a fragment or a form is not in the log either, whatever becomes of it.
#[tokio::test]
async fn a_response_that_a_page_brings_leaves_no_secret_behind() {
    for mode in [ResponseMode::Fragment, ResponseMode::FormPost] {
        for fault in [
            None,
            Some(Fault::WrongCodeHash),
            Some(Fault::WrongAccessTokenHash),
            Some(Fault::WrongNonce),
            Some(Fault::BadSignature),
            Some(Fault::WrongTokenType),
            Some(Fault::MissingCode),
        ] {
            let (log, _listening) = Log::listen();
            let client = Client::confidential("my-app", CLIENT_SECRET);
            let corp = Provider::discovered(ISSUER, client).expect("an issuer");
            let corp = corp.response_type(ResponseType::CodeIdTokenToken).response_mode(mode);
            let mut watched = Watched::of(&log, corp);
            watched.house.provider.set_fault(fault.clone());
            watched.sign_in_by_a_page().await;
            let what = format!("{mode} {fault:?}");
            let tokens = watched.secrets().values.iter().filter(|value| value.starts_with("eyJ")).count();
            assert!(tokens >= 1, "{what}: the test knows what to look for");
            assert!(fault.is_none() || log.failures().len() == 1, "{what}: {:?}", log.failures());
            let started_over = log.lines().iter().filter(|line| line.contains("decision=started_over")).count();
            assert!(
                fault.is_none() || started_over == 1,
                "{what}: the second time its login is burnt: {:?}",
                log.lines()
            );
            watched.expect_no_secret(&what);
        }
    }
}

fn faults() -> Vec<Fault> {
    let canary = || "canary".to_owned();
    vec![
        Fault::WrongNonce,
        Fault::MissingNonce,
        Fault::WrongIssuer,
        Fault::WrongAudience,
        Fault::Expired,
        Fault::BadSignature,
        Fault::AlgNone,
        Fault::MissingSubject,
        Fault::WrongAccessTokenHash,
        Fault::UnknownKid,
        Fault::MissingIdToken,
        Fault::AuthorizeError { error: canary(), error_description: Some(canary()) },
        Fault::TokenError { error: canary(), error_description: None },
        Fault::WrongResponseIssuer,
        Fault::MissingResponseIssuer,
        Fault::WrongUserInfoSubject,
        Fault::MetadataIssuerMismatch,
        Fault::Unreachable,
        Fault::TokenRedirect("https://evil.example/".to_owned()),
        Fault::ServerError,
        Fault::Oversized,
        Fault::MalformedToken,
    ]
}

/// V69, R64
#[tokio::test(start_paused = true)]
async fn no_fault_brings_a_secret_out() {
    for fault in faults() {
        let (log, _listening) = Log::listen();
        let mut watched = Watched::new(&log);
        watched.house.provider.set_fault(Some(fault.clone()));
        let page = watched.open(&format!("{APP}/profile")).await;
        if page.url().path() == "/authorize" {
            let page = watched.house.browser.sign_in_as(&page, "alice").await;
            watched.pages.push(page);
        }
        assert_eq!(log.failures().len(), 1, "{fault:?}: {:?}", log.failures());
        watched.expect_no_secret(&format!("{fault:?}"));
    }
}

/// V69, R64
#[tokio::test]
async fn no_attack_brings_a_secret_out() {
    let (log, _listening) = Log::listen();
    let mut watched = Watched::new(&log);
    let attacks: [fn(&str) -> String; 9] = [
        |callback| callback.to_owned(),
        |callback| with(callback, "iss", "https://evil.example"),
        |callback| without(callback, "iss"),
        |callback| without(callback, "state"),
        |callback| with(callback, "state", &format!("{}x", parameter(callback, "state"))),
        |callback| and(callback, "code", "x"),
        |callback| and(callback, "error", "access_denied"),
        |callback| with(callback, "code", "another-code-than-ours"),
        |callback| callback.replace("/callback/corp", "/callback/other"),
    ];
    for attack in attacks {
        watched.house.browser = watched.house.another_browser();
        let callback = watched.callback_url().await;
        let mut copy = watched.house.browser.clone();
        let attacked = attack(&callback);
        watched.open(&attacked).await;
        // And once more: without the cookie, and with it after it was used.
        watched.open(&attacked).await;
        watched.pages.push(copy.get(&callback).await);
    }
    assert!(log.failures().len() > attacks.len());
    let prefix = watched.house.cookie_names().into_iter().find_map(|name| Some(name.rsplit_once('-')?.0.to_owned()));
    let hostile = format!("{}-session=secret-of-the-cookie; Path=/auth", prefix.expect("a cookie of ours"));
    watched.house.browser = watched.house.another_browser();
    let callback = watched.callback_url().await;
    assert!(watched.house.browser.set_cookie(&format!("{APP}/auth/"), &hostile));
    watched.open(&callback).await;
    watched.expect_no_secret("an attack");
}

/// V11, V85: what a stranger says is one short line of ASCII in the log, before any formatter sees it.
#[tokio::test]
async fn what_a_stranger_says_cannot_forge_a_line_of_the_log() {
    let (log, _listening) = Log::listen();
    let mut house = House::new();
    let evil = "a\r\nERROR forged\u{1b}[31m\u{202e}\0\u{9b}31m";
    let long = format!("{evil}{}", "x".repeat(20_000));
    for text in [evil, long.as_str()] {
        let callback = house.callback_url("/profile").await;
        house.browser.get(&with(&callback, "iss", text)).await;
        for name in ["error_description", "error", "state", "code"] {
            let callback = without(&house.callback_url("/profile").await, "code");
            let callback = if name == "error" { callback } else { and(&callback, "error", "server_error") };
            house.browser.get(&with(&callback, name, text)).await;
        }
        let (error, error_description) = ("server_error".to_owned(), Some(text.to_owned()));
        house
            .provider
            .set_fault(Some(Fault::TokenError { error: error.clone(), error_description: error_description.clone() }));
        let callback = house.callback_url("/profile").await;
        house.browser.get(&callback).await;
        house.provider.set_fault(Some(Fault::AuthorizeError { error, error_description }));
        house.get("/profile").await;
        house.provider.set_fault(None);
        house.browser.get(&format!("{APP}/auth/callback/{}", "%0aforged%1b")).await;
    }
    assert_eq!(log.failures().len(), 14, "{:#?}", log.failures());
    for line in log.lines() {
        assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line:?}");
        assert!(line.len() < 600, "{} bytes: {line}", line.len());
    }
}

/// V11: the application's own words may quote a stranger.
#[tokio::test]
async fn what_an_application_says_cannot_forge_a_line_of_the_log() {
    let (log, _listening) = Log::listen();
    let mut house = House::with(|builder| {
        builder.on_login(async |_: NewLogin| Err(vestibule::Refusal::new("no\nERROR forged\u{1b}[31m\0")))
    });
    let page = house.sign_in("/profile", "alice").await;
    assert_eq!(page.status(), 403);
    let [line] = &log.failures()[..] else { panic!("one line: {:?}", log.failures()) };
    assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line:?}");
    assert!(line.contains("the application refused: no\\nERROR"), "{line}");
}

/// A reason is said once.
#[tokio::test]
async fn no_line_of_the_log_says_its_reason_twice() {
    let (log, _listening) = Log::listen();
    let mut house = House::new();
    for fault in [Fault::WrongNonce, Fault::BadSignature, Fault::MalformedToken, Fault::WrongResponseIssuer] {
        house.provider.set_fault(Some(fault));
        let callback = house.callback_url("/profile").await;
        house.browser.get(&callback).await;
    }
    for line in log.failures() {
        let reason = line.split("reason=").nth(1).expect("a reason");
        let parts: Vec<_> = reason.split(": ").collect();
        let last = parts.last().expect("a part");
        assert_eq!(reason.matches(last).count(), 1, "{reason}");
    }
}

/// V69: an application that takes the extractor's answer into its own hands prints it sooner or later.
#[tokio::test]
async fn debug_of_a_rejection_shows_no_state_nonce_or_cookie() {
    let provider = provider();
    let clock = TestClock::new();
    let vestibule = builder(&provider, &clock).build().expect("the settings hold together");
    let app = Router::new().route("/", get(async |user: Result<EndUser, Rejection>| format!("{user:?}")));
    let mut house = House::around(provider, clock, &vestibule);
    house.browser.site(APP, vestibule.wrap(app));
    let page = house.get("/").await;
    assert!(page.text().contains("LoginRequired") && page.text().contains("303"), "{}", page.text());
    for leak in ["state", "nonce", "location", "set-cookie", "vestibule-", ISSUER] {
        assert!(!page.text().to_ascii_lowercase().contains(leak), "{leak}: {}", page.text());
    }
    let callback = callback_url(&mut house.browser, "/auth/login", "alice").await;
    let page = house.browser.get(&callback).await;
    assert!(page.text().contains("EndUser") && page.text().contains("alice"), "{}", page.text());
    assert!(!page.text().contains("Alice Liddell") && !page.text().contains("eyJ"), "{}", page.text());
}

/// V69: each public type that holds something.
#[tokio::test]
async fn debug_of_settings_and_keys_shows_no_secret() {
    let client = Client::confidential("my-app", "canary-secret");
    let provider = Provider::discovered(ISSUER, client.clone()).expect("an issuer").userinfo(UserInfoMethod::Post);
    let key = SecretKey::from_base64url("Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5MzI").expect("a key");
    let builder = vestibule::Vestibule::builder(APP).secret_key(key.clone()).provider("corp", provider.clone());
    let printed = format!("{client:?} {provider:?} {key:?} {builder:?}");
    for secret in ["canary", "Y2FuYXJ5", "[99, 97", "63616e"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
    assert!(printed.contains("my-app") && printed.contains(ISSUER), "what is no secret is printed: {printed}");
}

/// V75, R53: no token or code is ever in a URL of ours, or in a request to the provider's token or userinfo endpoint.
#[tokio::test]
async fn no_token_is_in_a_query() {
    let (log, _listening) = Log::listen();
    let mut watched = Watched::new(&log);
    let callback = watched.callback_url().await;
    watched.open(&callback).await;
    watched.open(&format!("{APP}/profile")).await;
    for exchanged in watched.town.seen() {
        assert_eq!(exchanged.uri.query(), None, "{}", exchanged.uri);
    }
    let ours: Vec<&Url> = watched.pages.iter().flat_map(Page::hops).map(|hop| &hop.url).collect();
    for url in ours.iter().filter(|url| url.path() != "/auth/callback/corp") {
        assert!(url.query().is_none(), "{url}");
    }
    let request = Request::get(format!("{APP}/api/me")).body(Body::empty()).expect("a request");
    assert_eq!(watched.house.browser.request(request).await.text(), "alice");
}
