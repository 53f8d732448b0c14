//! The application behind the door, its provider in memory, and how people come in.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{Router, response::Redirect, routing::get};
use http::HeaderValue;
use serde::Deserialize;
use tokio::runtime::Runtime;
use vestibule::{
    Claims, Client, Clock, EndUser, NumericDate, Provider, SecretKey, SignatureAlgorithm::Es256, Vestibule,
};
use vestibule_provider::{Browser, DevelopmentProvider, RegisteredClient, User};

use crate::REQUESTS;

const APP: &str = "http://localhost:3000";
const ISSUER: &str = "http://127.0.0.1:3001";
const CLIENT_SECRET: &str = "a secret of thirty-two characters";
const BEGAN: i64 = 1_700_000_000;

/// What a page answers that does not ask who the person is.
pub(crate) const OPEN: &str = "open to all";

/// How large a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// ID Token, access token and a few claims: a cookie of 1.3 KB.
    Usual,
    /// The same with 4 KB of claims: a cookie in two pieces.
    Large,
}

/// Application, provider and their clock.
pub(crate) struct House {
    provider: DevelopmentProvider,
    clock: StandingClock,
    app: Router,
    runtime: Runtime,
}

/// A clock that stands still until it is moved: asking the system for the time is nothing that we could make faster.
#[derive(Clone, Debug)]
struct StandingClock(Arc<AtomicI64>);

impl Clock for StandingClock {
    fn now(&self) -> NumericDate {
        NumericDate::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

#[derive(Deserialize)]
struct Employee {
    name: String,
}

impl House {
    pub(crate) fn new() -> Self {
        let clock = StandingClock(Arc::new(AtomicI64::new(BEGAN)));
        let provider = provider();
        provider.set_now(clock.now());
        // ES256, since its keys are quickly made; the sessions are of the same size with any algorithm.
        let client = Client::confidential("my-app", CLIENT_SECRET).id_token_signed_response_alg(Es256);
        let corp = Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile email");
        let vestibule = Vestibule::builder(APP)
            .secret_key(SecretKey::from_bytes([7; 32]))
            .http_client(provider.clone())
            .clock(clock.clone())
            .provider("corp", corp)
            .build()
            .expect("these settings hold together");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let house = Self { app: application(&vestibule), provider, clock, runtime };
        house.runtime.block_on(vestibule.ready()).expect("the provider is there");
        house
    }

    pub(crate) fn app(&self) -> Router {
        self.app.clone()
    }

    /// Signs somebody in with a browser of their own: the Cookie header that they send from now on.
    pub(crate) fn sign_in(&mut self, person: usize, size: Size) -> HeaderValue {
        let mut browser = Browser::new();
        browser.site(APP, self.app());
        browser.site(ISSUER, self.provider.router());
        browser.set_now(self.clock.now());
        self.runtime.block_on(async {
            let page = browser.get(&format!("{APP}/profile")).await;
            let page = browser.sign_in_as(&page, &user(person, size)).await;
            assert_eq!(page.text(), name(person), "{}", page.url());
        });
        let cookies: Vec<_> = browser
            .cookies()
            .filter(|cookie| cookie.host == "localhost")
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        let header = cookies.join("; ");
        let (pieces, bytes) = match size {
            Size::Usual => (1, 1250..1400),
            Size::Large => (2, 6000..7200),
        };
        assert_eq!(cookies.len(), pieces, "{cookies:?}");
        assert!(bytes.contains(&header.len()), "{} bytes", header.len());
        HeaderValue::try_from(header).expect("a browser sends what a header may have")
    }

    /// More than a tenth of the idle limit of eight hours.
    pub(crate) fn let_an_hour_pass(&mut self) {
        self.clock.0.fetch_add(3600, Ordering::Relaxed);
    }
}

/// What a person is called.
pub(crate) fn name(person: usize) -> String {
    format!("person-{person:02}")
}

/// By what name a person of a size signs in.
fn user(person: usize, size: Size) -> String {
    format!("{}-{size:?}", name(person))
}

/// The same pages without us.
pub(crate) fn bare() -> Router {
    Router::new()
        .route("/open", get(async || OPEN))
        .route("/redirect", get(async || Redirect::to("http://127.0.0.1:3001/authorize")))
}

fn application(vestibule: &Vestibule) -> Router {
    vestibule.wrap(
        Router::new()
            .route("/open", get(async || OPEN))
            .route("/profile", get(async |user: EndUser| user.subject().to_string()))
            .route("/name", get(async |Claims(me): Claims<Employee>| me.name)),
    )
}

fn provider() -> DevelopmentProvider {
    let client = RegisteredClient::confidential("my-app", CLIENT_SECRET)
        .id_token_signed_response_alg(Es256)
        .redirect_uri(format!("{APP}/auth/callback/corp"));
    let provider = DevelopmentProvider::new(ISSUER).expect("an issuer").client(client);
    let people = (0..=REQUESTS).flat_map(|person| [Size::Usual, Size::Large].map(|size| (person, size)));
    people.fold(provider, |provider, (person, size)| provider.user(described(person, size)))
}

/// Claims as providers give them: few large ones, or a long list of groups.
fn described(person: usize, size: Size) -> User {
    let usual = User::new(user(person, size))
        .subject(name(person))
        .claim("name", name(person))
        .claim("email", format!("{}@example.com", name(person)));
    match size {
        Size::Usual => usual,
        Size::Large => {
            let groups: Vec<_> = (0..GROUPS).map(|group| format!("cn=group-{group:03},ou=example")).collect();
            usual.claim("groups", groups)
        }
    }
}

/// So many that the claims come to 4 KB.
const GROUPS: usize = 146;
