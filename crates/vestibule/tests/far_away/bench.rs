//! A machine whose store is far away, with people who sign in there.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, atomic::AtomicUsize},
    time::Duration,
};

use axum::{Router, body::Body, routing::get};
use http::Request;
use tower::ServiceExt;
use vestibule::{
    AccessToken, Builder, Client, EndUser, Issuer, MemoryStore, Provider, SessionPolicy, Subject, TokenError, Vestibule,
};
use vestibule_provider::{Browser, DevelopmentProvider, Page};

use crate::{
    far::{Far, Mood},
    house::{
        self, APP, CLIENT_SECRET, House, ISSUER, TestClock,
        paper::{navigation, own_form},
    },
};

/// Where the sessions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Cookies,
    Store,
}

pub(crate) const MODES: [Mode; 2] = [Mode::Cookies, Mode::Store];
pub(crate) const CACHE: i64 = 2;
/// For how many seconds the provider's access tokens are good, and after how many they are stale.
const LIFETIME: i64 = 300;
pub(crate) const STALE_AFTER: i64 = LIFETIME - 30;

pub(crate) struct Machine {
    pub(crate) house: House,
    pub(crate) vestibule: Vestibule,
    pub(crate) store: Arc<Far>,
    waiting: Slot,
}

/// What a handler left for the test.
type Slot = Arc<Mutex<Option<Ended>>>;
pub(crate) type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) fn op() -> DevelopmentProvider {
    house::provider().access_tokens_live(Duration::from_secs(LIFETIME.unsigned_abs()))
}

pub(crate) fn cached(builder: Builder) -> Builder {
    builder.cache_sessions(Duration::from_secs(CACHE.unsigned_abs()))
}

impl Machine {
    pub(crate) fn new(mode: Mode, settings: impl FnOnce(Builder) -> Builder) -> Self {
        Self::at(mode, op(), TestClock::new(), Far::new(), settings)
    }

    /// Two machines before one store.
    pub(crate) fn two(mode: Mode, settings: impl Fn(Builder) -> Builder) -> [Self; 2] {
        let (shared, op, clock) = (Arc::new(MemoryStore::new()), op(), TestClock::new());
        [(); 2].map(|()| Self::at(mode, op.clone(), clock.clone(), Far::at(&shared), &settings))
    }

    fn at(
        mode: Mode,
        op: DevelopmentProvider,
        clock: TestClock,
        store: Arc<Far>,
        settings: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let client = Client::confidential("my-app", CLIENT_SECRET);
        let corp = Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile offline_access");
        let builder = house::bare_builder(&op, &clock)
            .provider("corp", corp)
            .session(SessionPolicy::lifetime(Duration::from_secs(24 * 3600)));
        let builder = match mode {
            Mode::Cookies => builder.marks(Arc::clone(&store)),
            Mode::Store => builder.sessions(Arc::clone(&store)),
        };
        let vestibule = settings(builder).build().expect("the settings hold together");
        let waiting = Slot::default();
        let app = application(&vestibule, &waiting);
        let house = House::around_app(op, clock, app, Arc::new(AtomicUsize::new(0)));
        Self { house, vestibule, store, waiting }
    }

    /// A browser in which somebody has just signed in, and what the store was asked for it forgotten.
    pub(crate) async fn signed_in(&mut self, user: &str) -> Browser {
        let mut browser = self.house.another_browser();
        let callback = self.callback(&mut browser, user).await;
        let page = browser.request(at(navigation(), callback.strip_prefix(APP).expect("ours"))).await;
        assert_eq!(page.header("location"), Some("/profile"), "{}", page.text());
        self.store.asked();
        browser
    }

    /// The way back of somebody who is signing in.
    pub(crate) async fn callback(&self, browser: &mut Browser, user: &str) -> String {
        house::callback_url(browser, "/auth/login?return_to=/profile", user).await
    }

    /// The same browser at this machine.
    pub(crate) fn here(&self, browser: &Browser) -> Browser {
        let mut copy = browser.clone();
        copy.site(APP, self.house.app.clone());
        copy.set_now(vestibule::Clock::now(&self.house.clock));
        copy
    }

    /// A session, and the future that its handler made.
    pub(crate) async fn signed_in_and_waiting(&mut self, user: &str) -> (Browser, Ended) {
        let mut browser = self.signed_in(user).await;
        let page = browser.fetch(&format!("{APP}/wait")).await;
        assert_eq!(page.status(), 200, "{}", page.text());
        let ended = self.waiting.lock().expect("no panic").take().expect("the handler left it");
        (browser, ended)
    }

    pub(crate) async fn log_out_everywhere(&self, subject: &str) {
        let (issuer, subject) = id(subject);
        self.vestibule.log_out_everywhere((&issuer, &subject)).await.expect("done");
    }

    /// Nobody asks the store any more, since it does not answer.
    pub(crate) async fn gives_up(&self, browser: &mut Browser, mood: Mood) {
        self.store.is(mood);
        for _ in 0..5 {
            assert_eq!(browser.fetch(&format!("{APP}/api/me")).await.status(), 503);
        }
        self.store.asked();
    }

    /// The store answers again, and that was seen.
    pub(crate) async fn recovers(&self) {
        self.store.is(Mood::Well);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// The two halves of `user.id()`.
pub(crate) fn id(subject: &str) -> (Issuer, Subject) {
    (Issuer::parse(ISSUER).expect("an issuer"), Subject::parse(subject).expect("a subject"))
}

/// Who is signed in in this browser.
pub(crate) async fn me(browser: &mut Browser) -> Option<String> {
    let page = browser.fetch(&format!("{APP}/api/me")).await;
    assert!(matches!(page.status().as_u16(), 200 | 401), "{} {}", page.status(), page.text());
    (page.status() == 200).then(|| page.text().to_owned())
}

pub(crate) async fn token(browser: &mut Browser) -> String {
    let page = browser.fetch(&format!("{APP}/token")).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    page.text().to_owned()
}

pub(crate) async fn log_out(browser: &mut Browser) -> Page {
    browser.request(at(own_form(), "/auth/logout")).await
}

/// What a page answers, to be asked for while something else happens.
pub(crate) fn ask(machine: &Machine, browser: &Browser, path: &str) -> impl Future<Output = String> + Send + use<> {
    let ours = browser.cookies().filter(|cookie| cookie.name.contains("vestibule-"));
    let cookies = ours.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ");
    let request = Request::get(path).header("cookie", cookies).body(Body::empty()).expect("a request");
    let answer = machine.house.app.clone().oneshot(request);
    async move {
        let body = axum::body::to_bytes(answer.await.expect("infallible").into_body(), 10_000).await.expect("a body");
        String::from_utf8(body.to_vec()).expect("a text")
    }
}

/// A request to a path of the application.
pub(crate) fn at(request: http::request::Builder, path: &str) -> Request<Body> {
    request.uri(format!("{APP}{path}")).body(Body::empty()).expect("a request")
}

/// Whether the future is done by now, without any time passing.
pub(crate) async fn is_over(ended: &mut Ended) -> bool {
    tokio::time::timeout(Duration::ZERO, ended).await.is_ok()
}

fn application(vestibule: &Vestibule, waiting: &Slot) -> Router {
    let waiting = Arc::clone(waiting);
    let gated = Router::new().route("/gated", get(async || "for people")).route_layer(vestibule.require_login());
    let wait = async move |user: EndUser| {
        *waiting.lock().expect("no panic") = Some(Box::pin(user.ended()));
    };
    let optional = async |user: Option<EndUser>| user.map_or("stranger".to_owned(), |user| user.subject().to_string());
    let router = Router::new()
        .route("/", get(optional))
        .route("/profile", get(async |user: EndUser| format!("profile of {}", user.subject())))
        .route("/api/me", get(async |user: EndUser| user.subject().to_string()))
        .route("/token", get(async |token: AccessToken| token.secret().expose().clone()))
        .route("/new", get(new_token))
        .route("/wait", get(wait))
        .merge(gated);
    vestibule.wrap(router)
}

async fn new_token(token: AccessToken) -> Result<String, TokenError> {
    Ok(token.refresh().await?.secret().expose().clone())
}
