//! What a navigation ends with.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, header};
use url::Url;

/// Where the browser is, and how it came there.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let mut browser = vestibule_provider::Browser::new();
/// browser.site("http://localhost:3000", axum::Router::new().route("/", axum::routing::get(async || "Hello")));
/// let page = browser.get("http://localhost:3000/").await;
/// assert_eq!((page.status().as_u16(), page.text()), (200, "Hello"));
/// assert_eq!(page.header("content-type"), Some("text/plain; charset=utf-8"));
/// # });
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Page {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    hops: Vec<Hop>,
    url: Url,
}

/// One request of a navigation, and the outside of its answer.
#[derive(Clone)]
#[non_exhaustive]
pub struct Hop {
    /// The method.
    pub method: Method,
    /// Where it went.
    pub url: Url,
    /// The status of the answer.
    pub status: StatusCode,
    /// The `Set-Cookie` headers of the answer, stored or not.
    pub set_cookies: Vec<String>,
}

impl Page {
    /// The page that the last of `hops` gave.
    pub(super) fn new(response: Response<Bytes>, hops: Vec<Hop>) -> Self {
        let (parts, body) = response.into_parts();
        let url = hops.last().map_or_else(blank, |hop| hop.url.clone());
        let text = String::from_utf8_lossy(&body).into_owned();
        Self { status: parts.status, headers: parts.headers, text, hops, url }
    }

    pub(super) fn into_hops(self) -> Vec<Hop> {
        self.hops
    }

    /// The status of the last answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the address bar shows, fragment included.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The body of the last answer.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The headers of the last answer.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// One header of the last answer, when it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Every request of the navigation, the last one included; where a page sent its form by itself, that goes on.
    #[must_use]
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }
}

impl Hop {
    pub(super) fn new(method: Method, url: Url, response: &Response<Bytes>) -> Self {
        let set_cookies = response.headers().get_all(header::SET_COOKIE).into_iter();
        let set_cookies = set_cookies.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
        Self { method, url, status: response.status(), set_cookies }
    }
}

fn blank() -> Url {
    Url::parse("about:blank").expect("a constant URL")
}

/// Queries and fragments carry codes and tokens.
fn without_query(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("status", &self.status)
            .field("url", &without_query(&self.url))
            .field("hops", &self.hops)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.set_cookies.iter().map(|line| line.split('=').next().unwrap_or_default()).collect();
        f.debug_struct("Hop")
            .field("method", &self.method)
            .field("url", &without_query(&self.url))
            .field("status", &self.status)
            .field("set_cookies", &names)
            .finish()
    }
}
