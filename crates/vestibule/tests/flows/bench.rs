//! A house for every way that a response can come, and a response that is stopped on its way.

use axum::Router;
use url::{Url, form_urlencoded};
use vestibule::{Builder, Client, Provider, ResponseMode, ResponseType, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, Page, RegisteredClient, User};

use crate::house::{
    APP, CLIENT_SECRET, House, ISSUER, TestClock, bare_builder, log::Log, provider, rejection::Delivery,
};

pub(crate) const CALLBACK: &str = "http://localhost:3000/auth/callback/corp";

/// The provider as these tests know it: its client may ask for everything.
pub(crate) fn op() -> DevelopmentProvider {
    provider().client(
        RegisteredClient::confidential("my-app", CLIENT_SECRET)
            .response_types(ResponseType::ALL)
            .redirect_uri(CALLBACK)
            .redirect_uri(format!("{APP}/auth/callback/lab"))
            .post_logout_redirect_uri(format!("{APP}/auth/logged_out")),
    )
}

/// The same with people who sign in with a password, and one who can do more.
pub(crate) fn people() -> DevelopmentProvider {
    op().user(User::new("alice").claim("name", "Alice").claim("admin", true).acr("pwd").acr("phr"))
        .user(User::new("bob").claim("name", "Bob").acr("pwd"))
}

/// The settings of that provider.
pub(crate) fn corp() -> Provider {
    let client = Client::confidential("my-app", CLIENT_SECRET);
    Provider::discovered(ISSUER, client).expect("an issuer").scope("openid profile email")
}

/// The same with this response type, in this mode or in its own.
pub(crate) fn corp_by(response_type: ResponseType, mode: Option<ResponseMode>) -> Provider {
    let corp = corp().response_type(response_type);
    mode.into_iter().fold(corp, Provider::response_mode)
}

pub(crate) fn house(corp: Provider) -> House {
    house_with(corp, |builder| builder)
}

pub(crate) fn house_with(corp: Provider, settings: impl FnOnce(Builder) -> Builder) -> House {
    let (provider, clock) = (op(), TestClock::new());
    let builder = settings(bare_builder(&provider, &clock).provider("corp", corp));
    House::around(provider, clock, &builder.build().expect("the settings hold together"))
}

/// A house around an application of its own.
pub(crate) fn house_around(
    provider: DevelopmentProvider,
    settings: impl FnOnce(Builder) -> Builder,
    application: impl FnOnce(&Vestibule) -> Router,
) -> House {
    let clock = TestClock::new();
    let vestibule = settings(bare_builder(&provider, &clock)).build().expect("the settings hold together");
    let app = vestibule.wrap(application(&vestibule));
    House::around_app(provider, clock, app, std::sync::Arc::default())
}

/// Signs in on the provider's page, and lets the script of ours run where it is needed.
pub(crate) async fn finish_sign_in(browser: &mut Browser, page: &Page, user: &str) -> Page {
    let page = browser.sign_in_as(page, user).await;
    hop_over(browser, page).await
}

/// What the script of the page does that hands over a fragment; another page stays as it is.
pub(crate) async fn hop_over(browser: &mut Browser, page: Page) -> Page {
    let is_hop = page.url().as_str().starts_with(CALLBACK) && page.url().fragment().is_some();
    if is_hop { browser.submit_fragment(&page, "0", "fragment").await } else { page }
}

/// A response, stopped before the callback.
#[derive(Clone, Debug)]
pub(crate) struct Stopped {
    pub(crate) redirect_uri: String,
    pub(crate) mode: ResponseMode,
    pub(crate) parameters: String,
}

/// Opens a page, signs in at the provider unless the browser is signed in there, and stops before the callback.
pub(crate) async fn stopped(browser: &mut Browser, path: &str, user: &str) -> Stopped {
    let departure = browser.get_without_redirects(&format!("{APP}{path}")).await;
    let there = departure.header("location").expect("the way to the provider").to_owned();
    let mut page = browser.get_without_redirects(&there).await;
    if page.status() == 200 && page.text().contains("name=\"user\"") {
        page = browser.submit_without_redirects(&page, "authorize", &[("user", user)]).await;
    }
    Stopped::at(&page)
}

impl Stopped {
    fn at(page: &Page) -> Self {
        let Some(location) = page.header("location") else { return Self::on_a_form(page.text()) };
        let (redirect_uri, parameters) = location.split_once(['?', '#']).expect("parameters");
        let mode = if location.contains('#') { ResponseMode::Fragment } else { ResponseMode::Query };
        Self { redirect_uri: redirect_uri.to_owned(), mode, parameters: parameters.to_owned() }
    }

    fn on_a_form(html: &str) -> Self {
        let attribute = |tag: &str, name: &str| {
            let (_, value) = tag.split_once(&format!("{name}=\"")).expect("the attribute");
            let value = value.split('"').next().expect("quoted");
            [("&#x2f;", "/"), ("&quot;", "\""), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
                .into_iter()
                .fold(value.to_owned(), |value, (entity, character)| value.replace(entity, character))
        };
        let (_, form) = html.split_once("<form").expect("a form");
        let fields = form.split("<input").skip(1).map(|tag| (attribute(tag, "name"), attribute(tag, "value")));
        let parameters = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self { redirect_uri: attribute(form, "action"), mode: ResponseMode::FormPost, parameters }
    }

    /// Brings it as it was meant to come.
    pub(crate) async fn arrive(&self, browser: &mut Browser) -> Page {
        self.arrive_by(self.mode, browser).await
    }

    /// Brings it another way; as a form, from the provider's page.
    pub(crate) async fn arrive_by(&self, mode: ResponseMode, browser: &mut Browser) -> Page {
        let (url, body) = self.delivered_by(mode);
        delivery(mode, &url, &body).by(browser).await
    }

    /// The URL and the body that bring it by this mode.
    pub(crate) fn delivered_by(&self, mode: ResponseMode) -> (String, String) {
        let Self { redirect_uri, parameters, .. } = self;
        match mode {
            ResponseMode::Query => (format!("{redirect_uri}?{parameters}"), String::new()),
            ResponseMode::Fragment => {
                let body = form_urlencoded::Serializer::new(String::new()).append_pair("fragment", parameters).finish();
                (redirect_uri.clone(), body)
            }
            _ => (redirect_uri.clone(), parameters.clone()),
        }
    }

    /// One of its parameters.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.parameters.as_bytes());
        pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }

    /// The same without a parameter.
    pub(crate) fn without(&self, name: &str) -> Self {
        let kept = form_urlencoded::parse(self.parameters.as_bytes()).filter(|(own, _)| own != name);
        let parameters = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        Self { parameters, ..self.clone() }
    }
}

/// A fragment is handed over by a page of ours, a form by one of the provider's.
pub(crate) fn delivery<'a>(mode: ResponseMode, url: &'a str, body: &'a str) -> Delivery<'a> {
    match mode {
        ResponseMode::Query => Delivery::Redirect(url),
        ResponseMode::Fragment => Delivery::Form { from: APP, url, body },
        _ => Delivery::Form { from: ISSUER, url, body },
    }
}

/// How often a browser was sent to the provider: each time is a GET of its authorization endpoint.
pub(crate) fn departures(house: &House) -> usize {
    asked(house).len()
}

/// The authorization requests that a redirect of ours brought, as URLs.
pub(crate) fn asked(house: &House) -> Vec<Url> {
    let requests = house.provider.requests();
    let departures = requests.iter().filter(|request| request.path == "/authorize" && request.method == "GET");
    let urls = departures.map(|request| format!("{ISSUER}/authorize?{}", request.query.as_deref().unwrap_or_default()));
    urls.map(|url| Url::parse(&url).expect("a URL")).collect()
}

/// One parameter of an authorization request.
pub(crate) fn said(request: &Url, name: &str) -> Option<String> {
    request.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

/// One parameter of the last authorization request.
pub(crate) fn last_said(house: &House, name: &str) -> Option<String> {
    said(asked(house).last().expect("a departure"), name)
}

/// The one reason in the log why a login did not come to its end.
pub(crate) fn only_reason(log: &Log) -> String {
    let failures = log.failures();
    let [line] = &failures[..] else { panic!("one failure: {failures:#?}") };
    let (_, reason) = line.split_once(" reason=").expect("a reason");
    reason.to_owned()
}

/// The one reason in the log why a login was started over, which is no failure.
pub(crate) fn only_reason_to_start_over(log: &Log) -> String {
    assert_eq!(log.failures(), Vec::<String>::new());
    let lines: Vec<_> = log.lines().into_iter().filter(|line| line.contains("decision=started_over")).collect();
    let [line] = &lines[..] else { panic!("one login that is started over: {lines:#?}") };
    let (_, reason) = line.split_once(" reason=").expect("a reason");
    reason.to_owned()
}

/// Follows an answer to the error page, which decides what becomes of a response that was posted (V28), and stays at its answer.
pub(crate) async fn at_the_error_page(browser: &mut Browser, answer: &Page) -> Page {
    let record = answer.header("location").filter(|place| place.starts_with("/auth/error?record=")).expect("a record");
    browser.get_without_redirects(&format!("{APP}{record}")).await
}
