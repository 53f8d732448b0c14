//! A browser in memory, for tests: it moves between routers by origin and keeps cookies as a real one does.

mod cookie;
mod cookie_date;
mod form;
mod frame_policy;
mod frames;
mod html;
mod jar;
mod navigation;
mod page;
mod script;
mod site;

use std::{collections::BTreeMap, fmt};

use axum::{Router, body::Body};
use http::{Request, header};
use url::{Origin, Url, form_urlencoded};
use vestibule_core::NumericDate;

pub use cookie::{Cookie, SameSite};
pub use page::{Hop, Page};

use self::{
    form::Form,
    jar::{Context, Jar},
    navigation::{Initiator, Navigation},
};
use crate::provider::system_now;

/// A browser in memory. A clone is a copy of the whole profile: same cookies now, separate lives from now on.
///
/// It sends the headers that Chromium sends with a navigation (`Sec-Fetch-*`, `Origin` on a POST), follows redirects, and
/// keeps its cookies by the rules of RFC 6265bis. Of scripts it understands one, which is that of a page that sends its form by itself
/// (`document.forms[0].submit()`). An origin that is no [`site`](Self::site) answers 502.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use axum::{Router, response::Redirect, routing::get};
/// use vestibule_provider::Browser;
///
/// let app = Router::new().route("/", get(async || "Hello")).route("/old", get(async || Redirect::to("/")));
/// let mut browser = Browser::new();
/// browser.site("http://localhost:3000", app);
///
/// let page = browser.get("http://localhost:3000/old").await;
/// assert_eq!((page.url().as_str(), page.text(), page.hops().len()), ("http://localhost:3000/", "Hello", 2));
/// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Browser {
    sites: BTreeMap<String, Router>,
    jar: Jar,
    now: Option<NumericDate>,
    blocks_third_party_cookies: bool,
    is_without_scripts: bool,
}

impl Browser {
    /// A browser without sites and cookies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a router at an origin; of a longer URL, such as an issuer with a path, the origin counts.
    ///
    /// # Panics
    /// When `origin` is not an http or https URL.
    pub fn site(&mut self, origin: &str, router: Router) {
        self.sites.insert(parsed(origin).origin().ascii_serialization(), router);
    }

    /// Stops the clock by which cookies expire; before the first call it is the system's.
    pub fn set_now(&mut self, now: NumericDate) {
        self.now = Some(now);
    }

    /// Neither sends nor takes cookies in frames and scripts of other sites from now on, `SameSite=None` or not, as browsers do
    /// more and more.
    pub fn block_third_party_cookies(&mut self) {
        self.blocks_third_party_cookies = true;
    }

    /// Goes to a URL as if it had been typed, and follows redirects: 20 at most.
    ///
    /// # Panics
    /// When `url` is not an http or https URL.
    pub async fn get(&mut self, url: &str) -> Page {
        self.navigate(Navigation::get(parsed(url), Initiator::Person)).await
    }

    /// Goes to a URL as if it had been typed, and stays at the first answer.
    ///
    /// # Panics
    /// When `url` is not an http or https URL.
    pub async fn get_without_redirects(&mut self, url: &str) -> Page {
        self.navigate(Navigation::get(parsed(url), Initiator::Person).staying()).await
    }

    /// Clicks a link on `page`, and follows redirects. A relative URL is taken from the page's.
    ///
    /// # Panics
    /// When `url` is not an http or https URL.
    pub async fn follow_link(&mut self, page: &Page, url: &str) -> Page {
        self.navigate(Navigation::get(resolved(page, url), Initiator::of(page))).await
    }

    /// Sends a form of `page`, and follows redirects.
    ///
    /// `form` is the form's number on the page, from 0, or a part of its `action`. Its own fields are sent as they are; those
    /// in `fields` are filled in, and a name that the form has not is added, as a button adds its own.
    ///
    /// # Panics
    /// When the page has no such form.
    pub async fn submit(&mut self, page: &Page, form: &str, fields: &[(&str, &str)]) -> Page {
        self.navigate(submission(page, form, fields)).await
    }

    /// Sends a form of `page` as [`submit`](Self::submit) does, and stays at the first answer.
    ///
    /// # Panics
    /// When the page has no such form.
    pub async fn submit_without_redirects(&mut self, page: &Page, form: &str, fields: &[(&str, &str)]) -> Page {
        self.navigate(submission(page, form, fields).staying()).await
    }

    /// Sends a form that a page of the same origin would have, and follows redirects.
    ///
    /// # Panics
    /// When `url` is not an http or https URL.
    pub async fn post_form(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        self.post_form_from(url, url, fields).await
    }

    /// Sends a form that a page at `from` would have, such as an attacker's, and follows redirects.
    ///
    /// # Panics
    /// When `from` or `url` is not an http or https URL.
    pub async fn post_form_from(&mut self, from: &str, url: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.navigate(Navigation::post(parsed(url), Initiator::at(parsed(from).origin()), body)).await
    }

    /// Chooses `user` on the provider's sign-in page, and follows redirects to the end.
    ///
    /// # Panics
    /// When `page` is not a sign-in page.
    pub async fn sign_in_as(&mut self, page: &Page, user: &str) -> Page {
        self.submit(page, "/authorize", &[("user", user)]).await
    }

    /// Asks as a script of the same origin does, by `fetch`: no redirect is followed.
    ///
    /// # Panics
    /// When `url` is not an http or https URL.
    pub async fn fetch(&mut self, url: &str) -> Page {
        let url = parsed(url);
        let request = Request::builder()
            .uri(url.as_str())
            .header(header::ACCEPT, "*/*")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "cors")
            .header("sec-fetch-dest", "empty");
        self.request(request.body(Body::empty()).expect("a parsed URL and constant headers make a request")).await
    }

    /// Sends a request as it is, with the browser's cookies added; no redirect is followed.
    ///
    /// The cookies are those of a request from the same site, unless the request says `Sec-Fetch-Site: cross-site`.
    ///
    /// # Panics
    /// When the request's URI is not an http or https URL.
    pub async fn request(&mut self, request: Request<Body>) -> Page {
        let url = parsed(&request.uri().to_string());
        let says = |name: &str, value: &str| request.headers().get(name).is_some_and(|got| got == value);
        let context = Context {
            is_same_site: !says("sec-fetch-site", "cross-site"),
            is_top_level: says("sec-fetch-mode", "navigate") && !says("sec-fetch-dest", "iframe"),
            is_safe: request.method().is_safe(),
        };
        let method = request.method().clone();
        let response = self.carry(&url, context, request).await;
        let hop = Hop::new(method, url, &response);
        Page::new(response, vec![hop])
    }

    /// The cookies that have not expired, in the order in which they were first set.
    pub fn cookies(&self) -> impl Iterator<Item = &Cookie> {
        self.jar.live(self.clock())
    }

    /// Stores a cookie as if an answer from `url` had this `Set-Cookie` header; `false` when the rules refuse it.
    ///
    /// # Panics
    /// When `url` is not an http or https URL.
    pub fn set_cookie(&mut self, url: &str, set_cookie: &str) -> bool {
        let now = self.clock();
        self.jar.store(&parsed(url), set_cookie, Context::SAME_SITE, now)
    }

    /// Deletes every cookie of this name.
    pub fn remove_cookie(&mut self, name: &str) {
        self.jar.remove(name);
    }

    /// Whether a frame with `url` sees its cookies of `SameSite=None` on a page of this origin.
    pub(crate) fn has_cookies_in_frame(&self, origin: &str, url: &Url) -> bool {
        !self.blocks_third_party_cookies || Url::parse(origin).is_ok_and(|page| site::is_same_site(&page, url))
    }

    fn clock(&self) -> NumericDate {
        self.now.unwrap_or_else(system_now)
    }
}

fn parsed(url: &str) -> Url {
    match Url::parse(url) {
        Ok(parsed) if matches!(parsed.origin(), Origin::Tuple(..)) && parsed.scheme().starts_with("http") => parsed,
        _ => panic!("not an http or https URL: {url}"),
    }
}

fn submission(page: &Page, form: &str, fields: &[(&str, &str)]) -> Navigation {
    let form = Form::find(page.text(), form);
    let mut url = form.action.as_deref().map_or_else(|| page.url().clone(), |action| resolved(page, action));
    let body = form.filled(fields);
    if form.is_post {
        Navigation::post(url, Initiator::of(page), body)
    } else {
        url.set_query(Some(&body));
        Navigation::get(url, Initiator::of(page))
    }
}

fn resolved(page: &Page, url: &str) -> Url {
    page.url()
        .join(url)
        .map_or_else(|_| panic!("not a URL on {}: {url}", page.url().path()), |url| parsed(url.as_str()))
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser")
            .field("sites", &self.sites.keys().collect::<Vec<_>>())
            .field("cookies", &self.cookies().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
