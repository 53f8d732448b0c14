//! A provider that answers, and says that it cannot now: people are told to come back, and whoever runs this is told which status came.

mod house;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use house::{House, TestClock, builder, log::Log, provider};
use http::{Request, Response};
use vestibule::{
    HttpClient,
    core::{Limits, http_client::Answer},
};
use vestibule_provider::{DevelopmentProvider, Page};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const ENDPOINTS: [&str; 4] = [DISCOVERY, "/jwks", "/token", "/userinfo"];
/// What no page and no line of a log may have.
const BODY: &str = "<h1>canary</h1>";

/// A provider behind a gateway, which answers at one path in its place.
#[derive(Clone)]
struct Gateway {
    provider: DevelopmentProvider,
    in_its_place: Arc<Mutex<Option<Instead>>>,
}

#[derive(Clone, Copy)]
struct Instead {
    path: &'static str,
    status: u16,
    retry_after: Option<&'static str>,
}

impl HttpClient for Gateway {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        let instead = *self.in_its_place.lock().expect("no panic");
        match instead.filter(|instead| request.uri().path() == instead.path) {
            Some(instead) => {
                let answer = Response::builder().status(instead.status).header("content-type", "text/html");
                let answer =
                    instead.retry_after.into_iter().fold(answer, |answer, at| answer.header("retry-after", at));
                Box::pin(async move { Ok(answer.body(Bytes::from_static(BODY.as_bytes())).expect("an answer")) })
            }
            None => self.provider.send(request, limits),
        }
    }
}

impl Gateway {
    fn answers(&self, path: &'static str, status: u16, retry_after: Option<&'static str>) {
        *self.in_its_place.lock().expect("no panic") = Some(Instead { path, status, retry_after });
    }

    fn is_well(&self) {
        *self.in_its_place.lock().expect("no panic") = None;
    }
}

fn house() -> (House, Gateway) {
    let (provider, clock) = (provider(), TestClock::new());
    let gateway = Gateway { provider: provider.clone(), in_its_place: Arc::default() };
    let vestibule =
        builder(&provider, &clock).http_client(gateway.clone()).build().expect("the settings hold together");
    (House::around(provider, clock, &vestibule), gateway)
}

/// Goes as far as the provider lets a person go.
async fn try_to_sign_in(house: &mut House) -> Page {
    let page = house.get("/profile").await;
    if page.url().path() == "/authorize" { house.browser.sign_in_as(&page, "alice").await } else { page }
}

/// Reliability: "a login during the outage gets a 503 page with Retry-After".
#[tokio::test(start_paused = true)]
async fn a_provider_that_cannot_answer_now_is_a_503_page_that_says_to_try_again_later() {
    for path in ENDPOINTS {
        for status in [429, 500, 502, 503, 504] {
            let (log, _listening) = Log::listen();
            let (mut house, gateway) = house();
            gateway.answers(path, status, None);
            let page = try_to_sign_in(&mut house).await;
            assert_eq!((page.url().path(), page.status().as_u16()), ("/auth/error", 503), "{path}, {status}");
            assert_eq!(page.header("retry-after"), Some("30"), "{path}, {status}");
            assert!(page.text().contains("Try again later.") && !page.text().contains("canary"), "{}", page.text());
            let [line] = &log.failures()[..] else { panic!("one line: {:?}", log.failures()) };
            assert!(line.contains(&format!("answered with status {status}: it is not available right now")), "{line}");
            assert!(line.contains("kind=Unreachable") && !line.contains("canary"), "{line}");
            let rule = if status == 429 { "RFC 6585 4" } else { "RFC 9110 15.6" };
            assert!(line.contains(&format!("rule={rule} kind")), "{line}");
            assert_eq!(house.me().await, None);

            gateway.is_well();
            assert_eq!(
                try_to_sign_in(&mut house).await.text(),
                "profile of alice",
                "{path}, {status}: and then it is well"
            );
        }
    }
}

/// Its word counts as far as people can make use of it: not beyond what we would say ourselves, and of those two statuses alone.
#[tokio::test(start_paused = true)]
async fn when_to_come_back_is_what_the_provider_says_within_half_a_minute() {
    for (status, said, told) in [
        (503, Some("7"), "7"),
        (429, Some("12"), "12"),
        (503, Some("0"), "1"),
        (503, Some("3600"), "30"),
        (429, Some("Fri, 31 Dec 9999 23:59:59 GMT"), "30"),
        (503, Some("when we are done"), "30"),
        (503, None, "30"),
        (500, Some("7"), "30"),
    ] {
        for path in [DISCOVERY, "/token"] {
            let (mut house, gateway) = house();
            gateway.answers(path, status, said);
            let page = try_to_sign_in(&mut house).await;
            assert_eq!(page.header("retry-after"), Some(told), "{path}: {status}, {said:?}");
            let again = house.get("/auth/error").await;
            assert_eq!(again.header("retry-after"), Some(told), "{path}: {status}, {said:?}: after a reload too");
        }
    }
}

/// What is no sign of trouble is of no use to whoever tries again.
#[tokio::test(start_paused = true)]
async fn any_other_status_is_misbehaviour_as_before() {
    for path in ENDPOINTS {
        for status in [204, 302, 400, 403, 404, 410, 451] {
            let (mut house, gateway) = house();
            gateway.answers(path, status, Some("7"));
            let page = try_to_sign_in(&mut house).await;
            assert_eq!(page.status(), 502, "{path}, {status}");
            assert_eq!(page.header("retry-after"), None, "{path}, {status}");
        }
    }
}
