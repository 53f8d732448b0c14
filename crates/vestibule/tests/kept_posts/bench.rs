//! An application with notes that people write, each kept POST of which can be looked at when it comes to its handler.

use std::{
    sync::{Arc, Mutex, atomic::AtomicUsize},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use http::{HeaderMap, Request, Uri};
use vestibule::{Builder, KeptPosts, MemoryStore, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, Page, User};

use crate::{
    far::Far,
    house::{
        self, APP, House, ISSUER, TestClock, builder,
        everywhere::Everywhere,
        paper::{link, own_form},
    },
};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const NIGHT: i64 = 9 * 3600;

/// Where sessions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Cookies,
    Store,
}

pub(crate) const MODES: [Mode; 2] = [Mode::Cookies, Mode::Store];

/// What came to a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) uri: Uri,
    pub(crate) content_type: Option<String>,
    pub(crate) content_length: Option<String>,
    pub(crate) body: Bytes,
}

pub(crate) struct Bench {
    pub(crate) house: House,
    pub(crate) store: Arc<Far>,
    /// What the store has, whatever mood the way to it is in.
    pub(crate) shared: Arc<MemoryStore>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Bench {
    pub(crate) fn new(mode: Mode) -> Self {
        Self::keeping(mode, KeptPosts::default())
    }

    pub(crate) fn keeping(mode: Mode, kept: KeptPosts) -> Self {
        Self::at(mode, &house::provider(), &TestClock::new(), &Arc::default(), kept)
    }

    /// With somebody else at the provider.
    pub(crate) fn with_user(mode: Mode, user: User) -> Self {
        Self::at(mode, &house::provider().user(user), &TestClock::new(), &Arc::default(), KeptPosts::default())
    }

    /// Two machines before one store.
    pub(crate) fn two(mode: Mode) -> [Self; 2] {
        let (op, clock, shared) = (house::provider(), TestClock::new(), Arc::default());
        [(); 2].map(|()| Self::at(mode, &op, &clock, &shared, KeptPosts::default()))
    }

    fn at(mode: Mode, op: &DevelopmentProvider, clock: &TestClock, shared: &Arc<MemoryStore>, kept: KeptPosts) -> Self {
        let store = Far::at(shared);
        let builder = match mode {
            Mode::Cookies => builder(op, clock).marks(Arc::clone(&store)),
            Mode::Store => builder(op, clock).sessions(Arc::clone(&store)),
        };
        Self::around(builder, (op, clock), (store, shared), kept)
    }

    /// With sessions in cookies, before a store whose values a test can get at.
    pub(crate) fn before(store: &Arc<Everywhere>) -> Self {
        let (op, clock) = (house::provider(), TestClock::new());
        let builder = builder(&op, &clock).marks(Arc::clone(store));
        let shared = Arc::default();
        Self::around(builder, (&op, &clock), (Far::at(&shared), &shared), KeptPosts::default())
    }

    fn around(
        builder: Builder,
        (op, clock): (&DevelopmentProvider, &TestClock),
        (store, shared): (Arc<Far>, &Arc<MemoryStore>),
        kept: KeptPosts,
    ) -> Self {
        let vestibule = builder.build().expect("the settings hold together");
        let received = Arc::default();
        let app = application(&vestibule, kept, &received);
        let house = House::around_app(op.clone(), clock.clone(), app, Arc::new(AtomicUsize::new(0)));
        Self { house, store, shared: Arc::clone(shared), received }
    }

    /// Alice has the page with the form open, and a night passes.
    pub(crate) async fn left_alone_overnight(&mut self) {
        self.house.sign_in("/notes", "alice").await;
        self.house.pass(NIGHT);
        assert_eq!(self.house.me().await, None, "the session is over");
    }

    /// The same browser at this machine.
    pub(crate) fn takes_over(&mut self, browser: &Browser) {
        self.house.browser = browser.clone();
        self.house.browser.site(APP, self.house.app.clone());
        self.house.pass(0);
    }

    pub(crate) async fn send(&mut self, path: &str, content_type: &str, body: impl Into<Body>) -> Page {
        let request = own_form().uri(format!("{APP}{path}")).header("content-type", content_type);
        self.house.browser.request(request.body(body.into()).expect("a request")).await
    }

    /// Sends a form, which is kept, and gives the page that says so.
    pub(crate) async fn kept(&mut self, path: &str, content_type: &str, body: impl Into<Body>) -> Page {
        let page = self.send(path, content_type, body).await;
        assert_eq!(page.status(), 401, "{}", page.text());
        assert!(page.text().contains("It is kept here"), "{}", page.text());
        page
    }

    /// Signs in by the page's link, as alice unless the provider remembers who it is.
    pub(crate) async fn back_from(&mut self, page: &Page) -> Page {
        self.back_as(page, "alice").await
    }

    pub(crate) async fn back_as(&mut self, page: &Page, user: &str) -> Page {
        let back = self.house.browser.follow_link(page, &link(page, "Sign in")).await;
        self.arrived(back, user).await
    }

    /// Signs in where the provider asks who it is.
    pub(crate) async fn arrived(&mut self, page: Page, user: &str) -> Page {
        if page.url().as_str().starts_with(ISSUER) { self.house.browser.sign_in_as(&page, user).await } else { page }
    }

    /// The provider forgets who was there.
    pub(crate) fn at_the_provider_nobody_is_signed_in(&mut self) {
        let browser = &mut self.house.browser;
        let cookies: Vec<_> = browser.cookies().map(|cookie| cookie.name.clone()).collect();
        for name in cookies.iter().filter(|name| !name.contains("vestibule-")) {
            browser.remove_cookie(name);
        }
    }

    /// Presses "Send it now" on the page that asks.
    pub(crate) async fn press_send(&mut self, asking: &Page) -> Page {
        assert!(asking.text().contains("Send what you wrote?"), "{} {}", asking.url(), asking.text());
        self.house.browser.submit(asking, "0", &[]).await
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    /// How many values the store keeps; tombstones and refreshes aside there is nothing else in these tests.
    pub(crate) fn in_store(&self) -> usize {
        self.shared.purge(vestibule::Clock::now(&self.house.clock));
        self.shared.sizes().kept
    }

    /// Whether the browser knows for whom a POST would be kept.
    pub(crate) fn knows_who_was_here(&self) -> bool {
        self.house.cookie_names().iter().any(|name| name.ends_with("-former"))
    }

    pub(crate) fn kept_cookies(&self) -> usize {
        self.house.cookie_names().iter().filter(|name| name.contains("-kept-")).count()
    }
}

fn application(vestibule: &Vestibule, kept: KeptPosts, received: &Arc<Mutex<Vec<Received>>>) -> Router {
    let received = Arc::clone(received);
    let write = async move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        let (content_type, content_length) = (text("content-type"), text("content-length"));
        received.lock().expect("no panic").push(Received { uri, content_type, content_length, body });
        "written"
    };
    let page = get(async || "the page with the form").post(write.clone()).put(write.clone()).patch(write.clone());
    let lossy = get(async || "another page").post(write.clone());
    let strict = get(async || "a page for who just signed in").post(write.clone());
    let routes = Router::new()
        .route("/notes", page.clone())
        .route("/letters", page)
        .route_layer(vestibule.require_login().keep_posts(kept.clone()));
    let strict = Router::new()
        .route("/strict", strict)
        .route_layer(vestibule.require_login().max_age(Duration::from_secs(300)).keep_posts(kept));
    let lossy = Router::new().route("/lossy", lossy).route_layer(vestibule.require_login());
    let me = get(async |user: vestibule::EndUser| user.subject().to_string());
    vestibule.wrap(routes.merge(strict).merge(lossy).route("/api/me", me).route("/", get(async || "the start page")))
}

/// A page that leaves nothing behind.
pub(crate) fn expect_nothing_kept(bench: &Bench, page: &Page, what: &str) {
    assert_eq!(page.status(), 401, "{what}: {}", page.text());
    assert!(!page.text().contains("It is kept"), "{what}: {}", page.text());
    assert_eq!((bench.in_store(), bench.kept_cookies(), bench.received().len()), (0, 0, 0), "{what}");
}

/// A body in which every byte occurs.
pub(crate) fn binary(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + at / 256) % 256).expect("a byte")).collect()
}

/// A form with a file, as a browser writes it.
pub(crate) fn multipart(file: &[u8]) -> (String, Vec<u8>) {
    let boundary = "----WebKitFormBoundaryp8zHqLKc";
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nZo\u{eb}'s picture\r\n--{boundary}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"cat.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    );
    let body = [head.as_bytes(), file, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A POST of a page's script.
pub(crate) fn script(path: &str, content_type: &str, body: &str) -> Request<Body> {
    Request::post(format!("{APP}{path}"))
        .header("accept", "*/*")
        .header("origin", APP)
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "cors")
        .header("sec-fetch-dest", "empty")
        .header("content-type", content_type)
        .body(Body::from(body.to_owned()))
        .expect("a request")
}
