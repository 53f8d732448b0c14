//! What "rejected" means at the callback, all of it.

use axum::body::Body;
use http::Request;
use url::{Url, form_urlencoded};
use vestibule_provider::{Browser, Page, browser::Cookie};

use super::{APP, House};

/// How a response is brought to the callback.
#[derive(Clone, Copy, Debug)]
pub enum Delivery<'a> {
    /// By a redirect to this URL.
    Redirect(&'a str),
    /// By a form that a page at `from` sends.
    Form { from: &'a str, url: &'a str, body: &'a str },
}

impl Delivery<'_> {
    /// Brings it in this browser, and stays at the answer.
    pub async fn by(self, browser: &mut Browser) -> Page {
        match self {
            Self::Redirect(url) => browser.get_without_redirects(url).await,
            Self::Form { from, url, body } => {
                let request = Request::post(url)
                    .header("accept", "text/html")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("origin", from)
                    .header("sec-fetch-site", if from == APP { "same-origin" } else { "cross-site" })
                    .header("sec-fetch-mode", "navigate")
                    .header("sec-fetch-dest", "document");
                browser.request(request.body(Body::from(body.to_owned())).expect("a request")).await
            }
        }
    }
}

impl<'a> From<&'a str> for Delivery<'a> {
    fn from(url: &'a str) -> Self {
        Self::Redirect(url)
    }
}

impl<'a> From<&'a String> for Delivery<'a> {
    fn from(url: &'a String) -> Self {
        Self::Redirect(url)
    }
}

/// What is expected of one rejection.
#[derive(Clone, Copy)]
pub struct Rejected<'a> {
    /// The status of the error page.
    pub status: u16,
    /// How many token requests it took: none where there was none yet.
    pub token_requests: usize,
    /// The callback that would have finished the attempt, for this very browser: it must not any more.
    pub burnt: Option<Delivery<'a>>,
}

impl<'a> Rejected<'a> {
    /// Rejected before the token request.
    pub fn with(status: u16) -> Self {
        Self { status, token_requests: 0, burnt: None }
    }

    pub fn burning(self, callback: impl Into<Delivery<'a>>) -> Self {
        Self { burnt: Some(callback.into()), ..self }
    }

    pub fn after_a_token_request(self) -> Self {
        Self { token_requests: 1, ..self }
    }
}

impl House {
    /// Brings `callback` to the application and expects a stranger's rejection: nobody signed in, the attempt burnt, only
    /// deletions and one error record, 303 to a clean `/auth/error`, which has its status, survives a reload within 60
    /// seconds, and is gone after. Gives the error page.
    pub async fn expect_rejected<'a>(&mut self, callback: impl Into<Delivery<'a>>, expected: Rejected<'_>) -> Page {
        let mut profile_before = self.browser.clone();
        let (token_requests, userinfo_requests) = (self.provider.count("/token"), self.provider.count("/userinfo"));
        let entered = self.entered();

        let answer = callback.into().by(&mut self.browser).await;
        assert_eq!(
            (answer.status().as_u16(), answer.header("location")),
            (303, Some("/auth/error")),
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.text(), "");
        expect_only_deletions_and_a_record(&answer);
        assert_eq!(self.provider.count("/token"), token_requests + expected.token_requests, "token requests");
        assert_eq!(self.provider.count("/userinfo"), userinfo_requests, "no userinfo request");
        assert_eq!(who(&mut self.browser).await, None);

        let page = self.expect_error_page(expected.status).await;
        if let Some(callback) = expected.burnt {
            self.expect_burnt(callback, &mut profile_before, token_requests + expected.token_requests).await;
        }
        assert_eq!(self.entered(), entered, "no handler ran");
        page
    }

    /// Brings `callback` to the application and expects that it is rejected as [`expect_rejected`](Self::expect_rejected) says, save that
    /// a stranger whose state is ours is not told: the answer, or with a form that of the error page, leads to the provider with a login
    /// of its own.
    pub async fn expect_started_over<'a>(&mut self, callback: impl Into<Delivery<'a>>, burnt: Option<Delivery<'_>>) {
        let mut profile_before = self.browser.clone();
        let logins_before = cookies(&self.browser, "login").len() + cookies(&self.browser, "posted-login").len();
        let (token_requests, userinfo_requests) = (self.provider.count("/token"), self.provider.count("/userinfo"));
        let entered = self.entered();

        let mut answer = callback.into().by(&mut self.browser).await;
        if let Some(error_page) = answer.header("location").filter(|place| place.starts_with("/auth/error?record=")) {
            let url = format!("{APP}{error_page}");
            answer = self.browser.get_without_redirects(&url).await;
        }
        assert!(is_departure(&answer), "{:?} {}", answer.header("location"), answer.text());
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.text(), "");
        let set = answer.hops().iter().flat_map(|hop| &hop.set_cookies).filter(|line| !line.ends_with("; Max-Age=0"));
        let set: Vec<_> = set.collect();
        assert!(matches!(set[..], [login] if login.contains("login-")), "one login of its own: {set:?}");
        let logins = cookies(&self.browser, "login").len() + cookies(&self.browser, "posted-login").len();
        assert!(logins <= logins_before + 1);
        assert_eq!(self.provider.count("/token"), token_requests, "no token request");
        assert_eq!(self.provider.count("/userinfo"), userinfo_requests, "no userinfo request");
        assert_eq!(who(&mut self.browser).await, None);
        if let Some(callback) = burnt {
            self.expect_burnt(callback, &mut profile_before, token_requests).await;
        }
        assert_eq!(self.entered(), entered, "no handler ran");
    }

    /// A callback finishes nothing, not even for the browser that its login was begun in.
    async fn expect_burnt(&mut self, callback: Delivery<'_>, profile: &mut Browser, token_requests: usize) {
        let again = callback.by(profile).await;
        let is_rejected = again.header("location").is_some_and(|place| place.starts_with("/auth/error"));
        assert!(is_rejected || is_departure(&again), "the attempt was burnt: {:?}", again.header("location"));
        assert_eq!(self.provider.count("/token"), token_requests, "no further token request");
        assert_eq!(who(profile).await, None);
    }

    /// The error page shows, shows again when it is loaded again, and is gone after a minute.
    async fn expect_error_page(&mut self, status: u16) -> Page {
        let page = self.get("/auth/error").await;
        assert_eq!((page.status().as_u16(), page.url().as_str()), (status, "http://localhost:3000/auth/error"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        self.pass(59);
        let again = self.get("/auth/error").await;
        assert_eq!((again.status(), again.text()), (page.status(), page.text()), "it survives a reload");
        self.pass(2);
        let gone = self.browser.clone().get(&format!("{APP}/auth/error")).await;
        assert_eq!(gone.status(), 404, "it is gone after");
        self.pass(-61);
        page
    }
}

/// Whether an answer leads to the sign-in of a provider.
pub fn is_departure(answer: &Page) -> bool {
    answer.header("location").is_some_and(|place| place.starts_with("http") && place.contains("/authorize?"))
}

/// Who is signed in, as a program of this browser finds out.
pub async fn who(browser: &mut Browser) -> Option<String> {
    let page = browser.clone().fetch(&format!("{APP}/api/me")).await;
    (page.status() == 200).then(|| page.text().to_owned())
}

fn expect_only_deletions_and_a_record(answer: &Page) {
    let [hop] = answer.hops() else { panic!("one answer") };
    let (records, others): (Vec<_>, Vec<_>) = hop.set_cookies.iter().partition(|line| {
        let name = line.split('=').next().unwrap_or_default();
        name.ends_with("-error") && line.ends_with("; Max-Age=60")
    });
    assert_eq!(records.len(), 1, "one error record of 60 seconds: {hop:?}");
    for line in others {
        assert!(line.contains("=; ") && line.ends_with("; Max-Age=0"), "not a deletion: {hop:?}");
    }
}

/// The cookies of the application whose names end or go on so after the shared prefix.
pub fn cookies(browser: &Browser, purpose: &str) -> Vec<Cookie> {
    let is_wanted = |cookie: &&Cookie| cookie.name.splitn(3, '-').nth(2).is_some_and(|rest| rest.starts_with(purpose));
    browser.cookies().filter(is_wanted).cloned().collect()
}

/// One parameter of a URL.
pub fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    let found = url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("no parameter {name}"))
}

/// The URL without a parameter.
pub fn without(url: &str, name: &str) -> String {
    let mut url = Url::parse(url).expect("a URL");
    let kept: Vec<_> = url.query_pairs().into_owned().filter(|(own, _)| own != name).collect();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    url.set_query(Some(&query));
    url.into()
}

/// The URL with one more parameter, whatever it has already.
pub fn and(url: &str, name: &str, value: &str) -> String {
    let mut url = Url::parse(url).expect("a URL");
    url.query_pairs_mut().append_pair(name, value);
    url.into()
}

/// The URL with another value of a parameter.
pub fn with(url: &str, name: &str, value: &str) -> String {
    and(&without(url, name), name, value)
}
