//! What every interleaving begins with: somebody is signed in, their token is stale, and another login is coming back. It is
//! recorded once, and set up anew for each.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    routing::get,
};
use http::{HeaderMap, Request};
use serde_json::Value;
use tower::ServiceExt;
use vestibule::{
    Builder, Client, EndUser, Issuer, MemoryStore, Provider, ProviderMetadata, SessionPolicy, SessionStore, Subject,
    Vestibule,
    session_store::{Key, NewSession},
};
use vestibule_provider::{Browser, DevelopmentProvider};

use crate::{
    bench::{Mode, around, machine, op},
    house::{APP, CLIENT_SECRET, ISSUER, TestClock, bare_builder, callback_url, paper::path_and_query},
    playback::{Answers, Recorder},
    stepping::Stepping,
    turns::Turns,
};

/// The cookies of a browser, by name.
pub(crate) type Jar = BTreeMap<String, String>;

/// What is coming back from the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coming {
    /// A login that somebody asked for.
    Login,
    /// A look whether they are still signed in there.
    Check,
}

pub(crate) struct Scene {
    pub(crate) mode: Mode,
    pub(crate) coming: Coming,
    op: DevelopmentProvider,
    /// As it described itself.
    corp: Provider,
    age: i64,
    /// What the store holds, where it holds sessions.
    pub(crate) record: Option<(Key, NewSession)>,
    pub(crate) first_refresh_token: String,
    pub(crate) session: Jar,
    /// What the application calls it.
    pub(crate) session_id: String,
    /// The login that is coming back: its cookie, and where the provider sent it.
    pub(crate) attempt: Jar,
    pub(crate) callback: String,
    pub(crate) answers: Arc<Answers>,
}

pub(crate) fn issuer() -> Issuer {
    Issuer::parse(ISSUER).expect("an issuer")
}

pub(crate) fn alice() -> Subject {
    Subject::parse("alice").expect("a subject")
}

/// In cookies there is an idle limit, so that every answer that knows who asks sets a cookie.
fn policy(mode: Mode, coming: Coming) -> SessionPolicy {
    let mut policy = SessionPolicy::lifetime(Duration::from_secs(24 * 3600));
    if mode == Mode::Cookies {
        policy = policy.idle(Duration::from_secs(1800));
    }
    if coming == Coming::Check {
        policy = policy.silent_renewal(Duration::from_secs(60));
    }
    policy
}

impl Scene {
    /// The scene so many seconds after the login, recorded by whoever needs it first.
    pub(crate) fn at(mode: Mode, age: i64, coming: Coming) -> &'static Self {
        type Recorded = ((Mode, i64, Coming), &'static Scene);
        static RECORDED: Mutex<Vec<Recorded>> = Mutex::new(Vec::new());
        let (mut recorded, asked) = (RECORDED.lock().unwrap_or_else(PoisonError::into_inner), (mode, age, coming));
        if let Some((_, scene)) = recorded.iter().find(|(own, _)| *own == asked) {
            return scene;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let scene: &'static Self = Box::leak(Box::new(runtime.block_on(Self::record(mode, age, coming))));
        recorded.push((asked, scene));
        scene
    }

    async fn record(mode: Mode, age: i64, coming: Coming) -> Self {
        let (op, clock) = (op(), TestClock::new());
        let recorder = Recorder { op: op.clone(), answers: Arc::default() };
        let stepping = Stepping::new(Arc::new(MemoryStore::new()), Turns::default(), 0);
        let store: Arc<dyn SessionStore> = Arc::new(stepping.clone());
        let builder = machine(&op, &clock, mode, &store).session(policy(mode, coming));
        let vestibule = builder.http_client(recorder.clone()).build().expect("the settings hold together");
        let mut house = around(op.clone(), clock.clone(), &vestibule);
        house.sign_in("/token", "alice").await;
        let first_refresh_token = member(&recorder, "/token", "refresh_token");
        let session = jar(&house.browser, "session");
        let session_id = session_id(&vestibule, &session).await;
        house.pass(age);
        let (leaving, landing) = match coming {
            Coming::Login => ("/auth/login/corp", "/"),
            Coming::Check => ("/api/me", "/api/me"),
        };
        let callback = callback_url(&mut house.browser, leaving, "alice").await;
        let attempt = jar(&house.browser, "login");
        let landed = house.browser.get_without_redirects(&callback).await;
        assert_eq!(landed.header("location"), Some(landing), "what is coming back is good");
        let answers = Arc::new(recorder.answers.lock().expect("no panic").clone());
        let record = stepping.inserted.lock().expect("no panic").first().cloned();
        let callback = path_and_query(&callback.parse().expect("a URL"));
        Self {
            mode,
            coming,
            op,
            corp: described(&answers),
            age,
            record,
            first_refresh_token,
            session,
            session_id,
            attempt,
            callback,
            answers,
        }
    }

    /// A clock that shows the time at which it begins.
    pub(crate) fn clock(&self) -> TestClock {
        let clock = TestClock::new();
        clock.advance(self.age);
        clock
    }

    /// The settings of a machine on which it is set.
    pub(crate) fn machine(&self, clock: &TestClock, store: Arc<dyn SessionStore>) -> Builder {
        let builder = bare_builder(&self.op, clock).provider("corp", self.corp.clone());
        let builder = builder.session(policy(self.mode, self.coming));
        match self.mode {
            Mode::Cookies => builder.marks(store),
            Mode::Store => builder.sessions(store),
        }
    }
}

/// The provider that is not asked for its metadata any more.
fn described(answers: &Answers) -> Provider {
    let document = answers["/.well-known/openid-configuration"].body();
    let metadata = ProviderMetadata::from_json(document).expect("it was good for the login");
    Provider::described(metadata, Client::confidential("my-app", CLIENT_SECRET)).scope("openid profile offline_access")
}

async fn session_id(vestibule: &Vestibule, jar: &Jar) -> String {
    let app = vestibule.wrap(Router::new().route("/", get(async |user: EndUser| user.session_id().to_string())));
    let request = Request::get("/").header("cookie", cookie_header(jar)).body(Body::empty()).expect("a request");
    let answer = app.oneshot(request).await.expect("infallible");
    let id = to_bytes(answer.into_body(), 100).await.expect("a body in memory");
    String::from_utf8(id.to_vec()).expect("text")
}

fn member(recorder: &Recorder, path: &str, name: &str) -> String {
    let answers = recorder.answers.lock().expect("no panic");
    let members: Value = serde_json::from_slice(answers[path].body()).expect("JSON");
    members[name].as_str().expect("a text").to_owned()
}

/// The browser's cookies of one purpose.
fn jar(browser: &Browser, purpose: &str) -> Jar {
    let cookies = crate::house::rejection::cookies(browser, purpose).into_iter();
    let jar: Jar = cookies.map(|cookie| (cookie.name, cookie.value)).collect();
    assert!(!jar.is_empty(), "{APP} set a cookie for its {purpose}");
    jar
}

/// The value of a Cookie header.
pub(crate) fn cookie_header(jar: &Jar) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// The jar after an answer, of somebody who forgets nothing that they were ever given.
pub(crate) fn after(jar: &Jar, headers: &HeaderMap) -> Jar {
    let mut jar = jar.clone();
    for line in headers.get_all("set-cookie") {
        let pair = line.to_str().expect("text").split(';').next().unwrap_or_default();
        match pair.split_once('=') {
            Some((_, "")) | None => {}
            Some((name, value)) => drop(jar.insert(name.to_owned(), value.to_owned())),
        }
    }
    jar
}
