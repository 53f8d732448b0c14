//! What is written on pages and in headers, read back.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, body::Body, middleware};
use http::{Request, request};
use url::Url;
use vestibule_provider::{Browser, DevelopmentProvider, Page};

use super::{APP, House, ISSUER, TestClock, canaries};

impl House {
    /// A house around an application of its own; `entered` is what its handlers count in.
    pub fn around_app(provider: DevelopmentProvider, clock: TestClock, app: Router, entered: Arc<AtomicUsize>) -> Self {
        let app = app.layer(middleware::from_fn(canaries::overhear));
        let mut browser = Browser::new();
        browser.site(APP, app.clone());
        browser.site(ISSUER, provider.router());
        let mut house = Self { provider, browser, clock, entered, app };
        house.pass(0);
        house
    }

    /// Sends a request to a path of the application exactly as it is, with the browser's cookies; follows nothing.
    pub async fn send(&mut self, path: &str, request: request::Builder) -> Page {
        let request = request.uri(format!("{APP}{path}")).body(Body::empty()).expect("a request");
        self.browser.request(request).await
    }

    /// The cookies that would go with a request to the application, as a header's value.
    pub fn cookie_header(&self) -> String {
        let ours = self.browser.cookies().filter(|cookie| cookie.name.contains("vestibule-"));
        ours.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ")
    }
}

impl TestClock {
    /// Moves this clock alone: the browser's and the provider's are set by who holds them.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// The value of the cookie that holds the session, or its first piece.
pub fn session_value(browser: &Browser) -> Option<String> {
    browser.cookies().find(|cookie| cookie.name.ends_with("-session")).map(|cookie| cookie.value.clone())
}

/// The headers of a page that a person opens, as Chromium sends them.
pub fn navigation() -> request::Builder {
    Request::get("/")
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("sec-fetch-site", "none")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
}

/// A form that a page of the application sends.
pub fn own_form() -> request::Builder {
    Request::post("/")
        .header("accept", "text/html")
        .header("origin", APP)
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
}

/// Where the link with this label leads.
pub fn link(page: &Page, label: &str) -> String {
    let (before, _) = page
        .text()
        .split_once(&format!(">{label}</a>"))
        .unwrap_or_else(|| panic!("no link '{label}' on {}: {}", page.url(), page.text()));
    let (_, href) = before.rsplit_once("href=\"").expect("a link has an href");
    href.split('"').next().expect("quoted").replace("&amp;", "&")
}

/// Path and query of where the browser is; a panic when it is not at the application.
pub fn place(page: &Page) -> String {
    assert_eq!(page.url().origin().ascii_serialization(), APP, "{}", page.url());
    path_and_query(page.url())
}

pub fn path_and_query(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// A `Set-Cookie` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    pub name: String,
    pub value: String,
    /// As written, in order.
    pub attributes: Vec<String>,
}

impl SetCookie {
    pub fn parse(line: &str) -> Self {
        let mut parts = line.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a name and a value");
        Self { name: name.to_owned(), value: value.to_owned(), attributes: parts.map(str::to_owned).collect() }
    }

    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|own| own == attribute)
    }

    pub fn max_age(&self) -> Option<i64> {
        let value = self.attributes.iter().find_map(|attribute| attribute.strip_prefix("Max-Age="))?;
        Some(value.parse().expect("a number"))
    }

    pub fn is_deletion(&self) -> bool {
        self.value.is_empty() && self.max_age() == Some(0)
    }
}

/// The cookies that the answers of this origin set on the way to a page, deletions included.
pub fn set_cookies(page: &Page, origin: &str) -> Vec<SetCookie> {
    let hops = page.hops().iter().filter(|hop| hop.url.origin().ascii_serialization() == origin);
    hops.flat_map(|hop| &hop.set_cookies).map(|line| SetCookie::parse(line)).collect()
}

/// All values of a header, joined as HTTP allows.
pub fn joined(page: &Page, name: &str) -> String {
    let values = page.headers().get_all(name).iter().map(|value| value.to_str().expect("text"));
    values.collect::<Vec<_>>().join(", ")
}

/// R135, V9, V12, V14: what every page of the library's own says to the browser about itself.
pub fn expect_page_of_ours(page: &Page) {
    let at = format!("{} {}", page.status(), page.url().path());
    assert!(page.text().starts_with("<!doctype html>"), "{at}: {}", page.text());
    for (name, expected) in [
        ("content-type", "text/html; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(joined(page, name), expected, "{name} of {at}");
    }
    let policy = joined(page, "content-security-policy");
    for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.split("; ").any(|own| own == directive), "{directive} of {at}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{at}: {policy}");
    assert!(policy.split("; ").any(|own| own.starts_with("form-action 'self'")), "{at}: {policy}");
}
