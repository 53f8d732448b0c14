//! One run: what the driver does with the browser.

use axum::{Router, body::Bytes};
use http::Request;
use vestibule::Clock;
use vestibule_provider::{Browser, DevelopmentProvider, Fault, Page};

use crate::{APP, ISSUER, OP, TestClock, Variant, fetched::Fetched, log::Log};

/// One run of a module in a variant.
#[derive(Debug)]
pub struct Bench {
    /// The variant.
    pub variant: Variant,
    /// The provider.
    pub op: DevelopmentProvider,
    /// The application, for requests that do not come from the browser.
    pub app: Router,
    /// The browser.
    pub browser: Browser,
    clock: TestClock,
    pub(crate) log: Log,
    pub(crate) fetched: Fetched,
}

impl Bench {
    pub(crate) fn new(
        variant: Variant,
        op: DevelopmentProvider,
        app: Router,
        browser: Browser,
        clock: TestClock,
        log: Log,
        fetched: Fetched,
    ) -> Self {
        let mut bench = Self { variant, op, app, browser, clock, log, fetched };
        bench.pass(0);
        bench
    }

    /// So many seconds go by, for everybody.
    pub fn pass(&mut self, seconds: i64) {
        self.clock.pass(seconds);
        self.op.set_now(self.clock.now());
        self.browser.set_now(self.clock.now());
    }

    /// From now on the provider does this wrong.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        self.op.set_fault(Some(fault));
        self
    }

    /// Alice signs in: from the application to the provider, and back with the answer, as far as that goes.
    pub async fn sign_in(&mut self) -> Page {
        let page = self.browser.get(&format!("{APP}/auth/login?provider={OP}&return_to=/profile")).await;
        self.go_on(page).await
    }

    /// Somebody wants to sign in and is never seen again: by then the relying party has registered itself, where it does.
    pub async fn introduce(&self) {
        let login = format!("{APP}/auth/login?provider={OP}");
        let answered = self.deliver(Request::get(login).body(Bytes::new()).expect("a request")).await;
        assert_eq!(answered.status, 303);
    }

    /// Goes on from a page as a browser does whose scripts run: one that came with a fragment hands it over.
    pub async fn go_on(&mut self, page: Page) -> Page {
        match self.browser.fragment_of(&page) {
            Some(_) => self.browser.submit_fragment(&page, "0", "fragment").await,
            None => page,
        }
    }

    /// Alice comes with another browser.
    pub fn change_browser(&mut self) {
        let mut browser = Browser::new();
        browser.site(APP, self.app.clone());
        browser.site(ISSUER, self.op.router());
        self.browser = browser;
        self.pass(0);
    }

    /// Opens a page of the application.
    pub async fn get(&mut self, path: &str) -> Page {
        self.browser.get(&format!("{APP}{path}")).await
    }

    /// Who is signed in, as a program in the browser finds out.
    pub async fn who(&mut self) -> Option<String> {
        let page = self.browser.fetch(&format!("{APP}/me")).await;
        (page.status() == 200).then(|| page.text().to_owned())
    }
}

/// Provider and application know each other, and would never end; the next run wants the provider's keys, which take long to make.
impl Drop for Bench {
    fn drop(&mut self) {
        self.op.site(APP, Router::new());
    }
}
