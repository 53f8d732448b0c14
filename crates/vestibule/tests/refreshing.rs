//! Metadata and keys are asked for again as the provider says, within bounds; and a provider that moved overnight is not followed.

mod house;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::{Request, Response, StatusCode};
use bytes::Bytes;
use house::{APP, House, ISSUER, TestClock, builder, log::Log, provider};
use vestibule::{HttpClient, core::Limits, core::http_client::Answer};
use vestibule_provider::DevelopmentProvider;

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A provider whose metadata can be changed under way.
#[derive(Clone, Debug)]
struct Moving {
    op: DevelopmentProvider,
    moved: Arc<AtomicBool>,
}

impl HttpClient for Moving {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        let is_discovery = request.uri().path() == DISCOVERY;
        Box::pin(async move {
            let response = self.op.send(request, limits).await?;
            if !is_discovery || !self.moved.load(Ordering::SeqCst) || response.status() != StatusCode::OK {
                return Ok(response);
            }
            let metadata = String::from_utf8_lossy(response.body())
                .replace(&format!("{ISSUER}/jwks"), "http://127.0.0.1:3666/jwks");
            let (parts, _) = response.into_parts();
            Ok(Response::from_parts(parts, Bytes::from(metadata)))
        })
    }
}

async fn signs_in(house: &mut House) -> bool {
    let mut browser = house.another_browser();
    let callback = house::callback_url(&mut browser, "/profile", "alice").await;
    browser.get(&callback).await.text() == "profile of alice"
}

async fn wait(house: &mut House, seconds: u64) {
    house.pass(i64::try_from(seconds).expect("small"));
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

/// R106
#[tokio::test(start_paused = true)]
async fn metadata_and_keys_are_asked_for_again_as_the_provider_says_but_not_too_often() {
    for (max_age, kept) in [(1, 300), (600, 600), (1_000_000, 86_400)] {
        let mut house = House::new();
        house.provider = house.provider.clone().cache_for(max_age);
        assert!(signs_in(&mut house).await);
        wait(&mut house, kept - 2).await;
        assert!(signs_in(&mut house).await);
        assert_eq!((house.provider.count(DISCOVERY), house.provider.count("/jwks")), (1, 1), "{max_age}");
        wait(&mut house, 3).await;
        assert!(signs_in(&mut house).await);
        assert_eq!((house.provider.count(DISCOVERY), house.provider.count("/jwks")), (2, 2), "{max_age}");
    }
}

/// R107
#[tokio::test(start_paused = true)]
async fn what_did_not_change_is_not_sent_again() {
    let mut house = House::new();
    house.provider = house.provider.clone().cache_for(600);
    assert!(signs_in(&mut house).await);
    wait(&mut house, 601).await;
    assert!(signs_in(&mut house).await);
    let again: Vec<_> =
        house.provider.requests().into_iter().filter(|request| request.headers.contains_key("if-none-match")).collect();
    assert_eq!(again.iter().map(|request| request.path.as_str()).collect::<Vec<_>>(), [DISCOVERY, "/jwks"]);
    wait(&mut house, 300).await;
    assert!(signs_in(&mut house).await);
    assert_eq!(house.provider.count("/jwks"), 2, "confirmed, so good for another ten minutes");
}

/// R108, V80
#[tokio::test(start_paused = true)]
async fn a_provider_whose_metadata_names_other_hosts_is_not_followed() {
    let (log, _guard) = Log::listen();
    let (op, clock, moved) = (provider(), TestClock::new(), Arc::new(AtomicBool::new(false)));
    let moving = Moving { op: op.clone(), moved: Arc::clone(&moved) };
    let vestibule = builder(&op, &clock).http_client(moving).build().expect("the settings hold together");
    let mut house = House::around(op, clock, &vestibule);
    assert!(signs_in(&mut house).await);
    moved.store(true, Ordering::SeqCst);
    wait(&mut house, 3601).await;
    assert!(signs_in(&mut house).await, "with the metadata of before");
    assert_eq!(house.provider.count(DISCOVERY), 2);
    assert!(log.lines().iter().any(|line| line.contains("names other hosts than before")), "and it is said aloud");
}

/// "Existing sessions keep working with no provider call."
#[tokio::test(start_paused = true)]
async fn a_session_asks_the_provider_nothing() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    house.provider.forget_requests();
    for _ in 0..100 {
        assert_eq!(house.browser.get(&format!("{APP}/profile")).await.text(), "profile of alice");
    }
    assert_eq!(house.provider.requests().len(), 0);
}
