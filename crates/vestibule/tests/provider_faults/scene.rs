//! Who is there when a fault happens, and what they do: Bob, who is signed in, and Alice, who wants to be, or wants to leave.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tokio::time::{Instant, advance};
use vestibule::{ClientMetadata, LoginError, Provider, SessionPolicy, SessionStore, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, Page};

use crate::{
    bench::{self, STALE_AFTER, application, around, memory},
    fault::Fault,
    faulty_line::FaultyLine,
    grid::{Endpoint, Phase},
    house::{APP, House, ISSUER, TestClock, bare_builder},
    servers::Servers,
    stopwatch::Stopwatch,
};

/// After so long metadata and keys are asked for again, registered secrets have ended, and so have access tokens.
const LONG: u64 = 2 * 3600;

pub(crate) struct Scene {
    endpoint: Endpoint,
    line: FaultyLine,
    stopwatch: Stopwatch,
    store: Arc<dyn SessionStore>,
    /// Where Alice is.
    pub(crate) house: House,
    pub(crate) bob: Browser,
    /// The access token that Bob has.
    token: String,
    /// Where Alice was sent to sign in.
    sent_to: Option<String>,
    waited: Option<Duration>,
}

/// What somebody saw.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) text: String,
    /// Whether it is what they came for.
    pub(crate) is_good: bool,
    /// Whether it took another sign-in than the one that they came for.
    pub(crate) is_by_signing_in: bool,
    /// Whether the provider took a refresh token for stolen, since it came twice.
    pub(crate) is_taken_for_theft: bool,
}

/// Shows what an error view is told.
async fn sorry(error: LoginError) -> Response {
    format!("{:?}", error.kind()).into_response()
}

impl Scene {
    /// As it is when the fault begins.
    pub(crate) async fn set(endpoint: Endpoint, phase: Phase, servers: &Arc<Servers>, stopwatch: &Stopwatch) -> Self {
        let (op, clock, store) = (op(endpoint), TestClock::new(), memory());
        let line = FaultyLine::new(&op, servers);
        let vestibule = door(endpoint, &op, &clock, &store, &line);
        let house = around(op, clock, &vestibule);
        let bob = house.another_browser();
        let mut scene = Self {
            endpoint,
            line,
            stopwatch: stopwatch.clone(),
            store,
            house,
            bob,
            token: String::new(),
            sent_to: None,
            waited: None,
        };
        scene.bob_signs_in().await;
        if endpoint == Endpoint::Revocation {
            assert_eq!(signs_in(&mut scene.house.browser).await.text(), "alice");
        }
        scene.phase_begins(phase).await;
        scene
    }

    async fn bob_signs_in(&mut self) {
        let place = format!("{APP}/{}", if self.endpoint == Endpoint::Registration { "api/me" } else { "token" });
        let page = self.bob.get(&place).await;
        let page = self.bob.sign_in_as(&page, "bob").await;
        assert_eq!(page.status(), 200, "{}", page.text());
        self.token = page.text().to_owned();
    }

    async fn phase_begins(&mut self, phase: Phase) {
        match phase {
            Phase::AtStart => self.restart(),
            Phase::InBetween => {}
            Phase::LongAfter => self.pass(LONG).await,
        }
        if self.endpoint == Endpoint::Refresh && phase != Phase::LongAfter {
            self.pass(STALE_AFTER.unsigned_abs()).await;
        }
    }

    /// Another process, with the same settings, keys and store.
    pub(crate) fn restart(&mut self) {
        let vestibule = door(self.endpoint, &self.house.provider, &self.house.clock, &self.store, &self.line);
        self.house.app = application(&vestibule);
        self.house.browser.site(APP, self.house.app.clone());
        self.bob.site(APP, self.house.app.clone());
    }

    pub(crate) async fn pass(&mut self, seconds: u64) {
        self.house.pass(i64::try_from(seconds).expect("a few"));
        self.bob.set_now(vestibule::Clock::now(&self.house.clock));
        advance(Duration::from_secs(seconds)).await;
    }

    pub(crate) fn breaks(&mut self, fault: Fault) {
        self.line.breaks(self.endpoint, fault);
    }

    pub(crate) fn moves(&self) {
        self.line.moves();
    }

    pub(crate) fn is_mended(&mut self) {
        self.line.is_mended();
    }

    /// How many questions met the fault. The browser's is one of them.
    pub(crate) fn met(&self) -> usize {
        self.line.met() + usize::from(self.endpoint == Endpoint::Authorization)
    }

    /// How long whoever acted first was kept waiting by others than this machine, in seconds.
    pub(crate) fn waited(&self) -> u64 {
        let waited = self.waited.unwrap_or_default();
        (waited + Duration::from_millis(500)).as_secs()
    }

    pub(crate) async fn is_session_there(&mut self) -> bool {
        self.bob.clone().fetch(&format!("{APP}/api/me")).await.text() == "bob"
    }

    /// Does what leads to the endpoint, while it is faulty.
    pub(crate) async fn act(&mut self, fault: Fault) -> Seen {
        let (began, real) = (Instant::now(), self.stopwatch.real());
        let seen = match self.endpoint {
            Endpoint::Authorization => self.alice_leaves(fault).await,
            Endpoint::Revocation => self.alice_signs_out().await,
            Endpoint::Refresh => self.bob_wants_a_token().await,
            _ => self.alice_signs_in().await,
        };
        let _ = self.waited.get_or_insert(began.elapsed().saturating_sub(self.stopwatch.real().saturating_sub(real)));
        self.line.is_quiet().await;
        seen
    }

    /// The same when the fault is gone.
    pub(crate) async fn act_again(&mut self, fault: Fault) -> Seen {
        let Some(sent_to) = self.sent_to.clone() else { return self.act(fault).await };
        // Whoever loads the page of the provider again goes on with the login that was begun.
        self.house.browser.site(ISSUER, self.house.provider.router());
        let page = self.house.browser.get(&sent_to).await;
        Seen::of(&self.house.browser.sign_in_as(&page, "alice").await, "alice")
    }

    pub(crate) async fn alice_signs_in(&mut self) -> Seen {
        Seen::of(&signs_in(&mut self.house.browser).await, "alice")
    }

    async fn alice_leaves(&mut self, fault: Fault) -> Seen {
        let browser = &mut self.house.browser;
        let page = browser.get_without_redirects(&format!("{APP}/auth/login/corp?return_to=/api/me")).await;
        let there = page.header("location").expect("the way to the provider").to_owned();
        let text = match fault.status() {
            Some(status) => {
                let status = StatusCode::from_u16(status).expect("a status");
                browser.site(ISSUER, Router::new().fallback(async move || status));
                format!("the provider's {}", browser.get_without_redirects(&there).await.status().as_u16())
            }
            None => "the browser's own error".to_owned(),
        };
        self.sent_to = Some(there);
        let is_in = browser.fetch(&format!("{APP}/api/me")).await.status() == 200;
        Seen::plain(text, is_in)
    }

    async fn alice_signs_out(&mut self) -> Seen {
        let browser = &mut self.house.browser;
        let page = browser.get(&format!("{APP}/auth/logout")).await;
        let page = browser.submit_without_redirects(&page, "/auth/logout", &[]).await;
        let is_out = browser.fetch(&format!("{APP}/api/me")).await.status() == 401;
        let status = page.status().as_u16();
        let to =
            if page.header("location").is_some_and(|to| to.starts_with(ISSUER)) { "the provider" } else { "our page" };
        let text = format!("{status} to {to}, signed {} here", if is_out { "out" } else { "IN" });
        Seen::plain(text, is_out)
    }

    pub(crate) async fn bob_wants_a_token(&mut self) -> Seen {
        let asked = self.house.provider.count("/authorize");
        let reuses = self.house.provider.tally().reuses_detected;
        let page = self.bob.get(&format!("{APP}/token")).await;
        let is_by_signing_in = self.house.provider.count("/authorize") > asked;
        let is_ok = page.status() == 200;
        let text = match (is_ok, page.text() == self.token) {
            (true, true) => "200, the token at hand".to_owned(),
            (true, false) if is_by_signing_in => "200, a new token by a new sign-in".to_owned(),
            (true, false) => "200, a new token".to_owned(),
            (false, _) => format!("{} {}", page.status().as_u16(), page.text()),
        };
        let is_taken_for_theft = self.house.provider.tally().reuses_detected > reuses;
        Seen { is_by_signing_in, is_taken_for_theft, ..Seen::plain(text, is_ok && page.text() != self.token) }
    }
}

impl Seen {
    pub(crate) fn of(page: &Page, name: &str) -> Self {
        let is_good = page.status() == 200 && page.text() == name;
        let shown = if is_good { "signed in" } else { page.text() };
        Self::plain(format!("{} {shown}", page.status().as_u16()), is_good)
    }

    pub(crate) fn plain(text: String, is_good: bool) -> Self {
        Self { text, is_good, is_by_signing_in: false, is_taken_for_theft: false }
    }
}

/// Goes as far as the provider lets a person go.
async fn signs_in(browser: &mut Browser) -> Page {
    let page = browser.get(&format!("{APP}/auth/login/corp?return_to=/api/me")).await;
    if page.url().as_str().starts_with(ISSUER) { browser.sign_in_as(&page, "alice").await } else { page }
}

fn op(endpoint: Endpoint) -> DevelopmentProvider {
    let op = bench::op();
    if endpoint == Endpoint::Registration { op.registered_secrets_expire_after(3600) } else { op }
}

fn door(
    endpoint: Endpoint,
    op: &DevelopmentProvider,
    clock: &TestClock,
    store: &Arc<dyn SessionStore>,
    line: &FaultyLine,
) -> Vestibule {
    let corp = match endpoint {
        Endpoint::Registration => Provider::discovered(ISSUER, ClientMetadata::new("Photo Album")).expect("an issuer"),
        _ => bench::corp(),
    };
    let builder = bare_builder(op, clock).http_client(line.clone()).provider("corp", corp).marks(Arc::clone(store));
    let builder = builder.session(SessionPolicy::lifetime(Duration::from_secs(7 * 24 * 3600))).error_view(sorry);
    builder.build().expect("the settings hold together")
}
