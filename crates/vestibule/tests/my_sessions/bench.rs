//! A home: a house whose vestibule the test keeps in hand, several browsers, and those who wait for the end of their session.

#![allow(unreachable_pub, reason = "a module of a test, which has no other crate to reach")]

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, routing::get};
use http::Request;
use vestibule::{Builder, EndUser, Issuer, MemoryStore, SessionId, SessionInfo, SessionStore, Subject, Vestibule};
use vestibule_provider::{Browser, Page};

use crate::house::{APP, House, ISSUER, TestClock, builder, callback_url, paper::navigation, provider};

/// Where the sessions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Cookies,
    Store,
}

pub const MODES: [Mode; 2] = [Mode::Cookies, Mode::Store];

pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
pub const CURL: &str = "curl/8.5.0";
pub const UNKNOWN: &str = "something of its own";

pub struct Home {
    pub house: House,
    pub vestibule: Vestibule,
    waiting: Slot,
}

/// What a handler left for the test: a future of its own, and whom it could ask for another.
type Slot = Arc<Mutex<Option<(Ended, EndUser)>>>;
pub type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Home {
    pub fn new(mode: Mode) -> Self {
        Self::with(mode, Arc::new(MemoryStore::new()), |builder| builder)
    }

    pub fn with(mode: Mode, store: Arc<dyn SessionStore>, settings: impl FnOnce(Builder) -> Builder) -> Self {
        let (provider, clock) = (provider(), TestClock::new());
        let builder = settings(builder(&provider, &clock));
        let builder = match mode {
            Mode::Cookies => builder.marks(store),
            Mode::Store => builder.sessions(store),
        };
        let vestibule = builder.build().expect("the settings hold together");
        let waiting = Slot::default();
        let app = application(&vestibule, &waiting);
        Self { house: House::around_app(provider, clock, app, Arc::default()), vestibule, waiting }
    }

    /// A browser in which somebody has just signed in.
    pub async fn signed_in(&mut self, user: &str) -> Browser {
        self.signed_in_by(user, FIREFOX).await
    }

    pub async fn signed_in_by(&mut self, user: &str, agent: &str) -> Browser {
        let mut browser = self.house.another_browser();
        let callback = callback_url(&mut browser, "/profile", user).await;
        let request = navigation().header("user-agent", agent).uri(callback).body(Body::empty()).expect("a request");
        let page = browser.request(request).await;
        assert_eq!(page.header("location"), Some("/profile"), "{}", page.text());
        browser
    }

    /// The future that the handler of `/wait` made for whoever is signed in in this browser.
    pub async fn wait(&self, browser: &mut Browser) -> Ended {
        let page = browser.fetch(&format!("{APP}/wait")).await;
        assert_eq!(page.status(), 200, "{}", page.text());
        self.waiting.lock().expect("no panic").take().expect("the handler left it").0
    }

    /// A future that was made when the answer was on its way already, as by a task that the handler spawned.
    pub async fn wait_later(&self, browser: &mut Browser) -> Ended {
        let page = browser.fetch(&format!("{APP}/wait")).await;
        assert_eq!(page.status(), 200, "{}", page.text());
        let (_, user) = self.waiting.lock().expect("no panic").take().expect("the handler left it");
        Box::pin(user.ended())
    }

    /// The same for somebody who signs in for it.
    pub async fn signed_in_and_waiting(&mut self, user: &str) -> (Browser, Ended) {
        let mut browser = self.signed_in(user).await;
        let ended = self.wait(&mut browser).await;
        (browser, ended)
    }

    /// Time goes by, for the clock and for the timers.
    pub async fn pass(&mut self, seconds: u64) {
        self.house.pass(i64::try_from(seconds).expect("small"));
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    pub async fn list(&self, subject: &str) -> Vec<SessionInfo> {
        let (issuer, subject) = id(subject);
        self.vestibule.sessions_of((&issuer, &subject)).await.expect("a list")
    }

    /// The provider says, without a browser in between, whom it signed out.
    pub async fn back_channel_logout(&mut self, logout_token: &str) {
        let to = format!("{APP}/auth/backchannel_logout/corp");
        let page = self.house.another_browser().post_form(&to, &[("logout_token", logout_token)]).await;
        assert_eq!(page.status(), 200, "{}", page.text());
    }

    pub async fn log_out_everywhere(&self, subject: &str) {
        let (issuer, subject) = id(subject);
        self.vestibule.log_out_everywhere((&issuer, &subject)).await.expect("done");
    }
}

/// The two halves of `user.id()`.
pub fn id(subject: &str) -> (Issuer, Subject) {
    (Issuer::parse(ISSUER).expect("an issuer"), Subject::parse(subject).expect("a subject"))
}

/// Who is signed in in this browser.
pub async fn me(browser: &mut Browser) -> Option<String> {
    let page = browser.fetch(&format!("{APP}/api/me")).await;
    (page.status() == 200).then(|| page.text().to_owned())
}

/// The id of the session in this browser.
pub async fn session_id(browser: &mut Browser) -> SessionId {
    browser.fetch(&format!("{APP}/id")).await.text().parse().expect("an id")
}

/// What a script in the page is told.
pub async fn status(browser: &mut Browser) -> Page {
    browser.fetch(&format!("{APP}/auth/session")).await
}

pub async fn log_out(browser: &mut Browser) {
    let request = Request::post(format!("{APP}/auth/logout")).header("sec-fetch-site", "same-origin");
    browser.request(request.body(Body::empty()).expect("a request")).await;
}

/// Whether the future is done by now, without any time passing.
pub async fn is_over(ended: &mut Ended) -> bool {
    tokio::time::timeout(Duration::ZERO, ended).await.is_ok()
}

fn application(vestibule: &Vestibule, waiting: &Slot) -> Router {
    let waiting = Arc::clone(waiting);
    vestibule.wrap(
        Router::new()
            .route("/profile", get(async |user: EndUser| format!("profile of {}", user.subject())))
            .route("/api/me", get(async |user: EndUser| user.subject().to_string()))
            .route("/sid", get(async |user: EndUser| user.sid().expect("the provider has one")))
            .route("/id", get(async |user: EndUser| user.session_id().to_string()))
            .route(
                "/wait",
                get(async move |user: EndUser| {
                    let ended = Box::pin(user.ended());
                    *waiting.lock().expect("no panic") = Some((ended, user));
                }),
            ),
    )
}
