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
use house::{APP, House, ISSUER, TestClock, bare_builder, builder, log::Log, provider};
use vestibule::{
    Client, HttpClient, HttpError, Provider, SignatureAlgorithm, UserInfoMethod, Vestibule, core::Limits,
    core::http_client::Answer,
};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

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
        let is_elsewhere = request.uri().port_u16() == Some(3666);
        Box::pin(async move {
            if is_elsewhere {
                return Err(HttpError::Connect("nobody lives there".into()));
            }
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
    let (mut house, moved, _vestibule) = house_that_moves();
    assert!(signs_in(&mut house).await);
    moved.store(true, Ordering::SeqCst);
    wait(&mut house, 3601).await;
    assert!(signs_in(&mut house).await, "with the metadata of before");
    assert_eq!(house.provider.count(DISCOVERY), 2);
    assert!(log.lines().iter().any(|line| line.contains("names other hosts than before")), "and it is said aloud");
}

/// A house whose provider names a host in its metadata where nobody lives, as long as it is told to.
fn house_that_moves() -> (House, Arc<AtomicBool>, Vestibule) {
    let (op, clock, moved) = (provider(), TestClock::new(), Arc::new(AtomicBool::new(false)));
    let moving = Moving { op: op.clone(), moved: Arc::clone(&moved) };
    let vestibule = builder(&op, &clock).http_client(moving).build().expect("the settings hold together");
    (House::around(op, clock, &vestibule), moved, vestibule)
}

/// R108 is about a provider that was found where it is. One whose metadata was wrong from the beginning was found nowhere.
#[tokio::test(start_paused = true)]
async fn metadata_that_was_wrong_from_the_beginning_is_put_right_without_a_restart() {
    let (log, _guard) = Log::listen();
    let (mut house, moved, _vestibule) = house_that_moves();
    moved.store(true, Ordering::SeqCst);
    assert!(!signs_in(&mut house).await);
    assert!(!signs_in(&mut house).await);
    moved.store(false, Ordering::SeqCst);
    // A question that is under way, be it the vigil's, is about the host of before: whoever joins it hears of that one, once.
    wait(&mut house, 2).await;
    let _ = signs_in(&mut house).await;
    wait(&mut house, 2).await;
    assert!(signs_in(&mut house).await, "whoever comes after that");
    let is_said =
        |line: &String| line.contains("names other hosts than before, from which nothing is kept: it is used");
    assert!(log.lines().iter().any(is_said), "{:?}", log.lines());

    moved.store(true, Ordering::SeqCst);
    wait(&mut house, 3601).await;
    assert!(signs_in(&mut house).await, "and now it stays where it is");
    assert!(log.lines().iter().any(|line| line.contains("is not used until a restart")));
}

/// R108: what has answered once is held on to, be it only the keys, and before anybody signed in.
#[tokio::test(start_paused = true)]
async fn a_host_that_gave_its_keys_is_held_on_to_before_anybody_has_signed_in() {
    let (log, _guard) = Log::listen();
    let (mut house, moved, vestibule) = house_that_moves();
    vestibule.ready().await.expect("the provider answers");
    moved.store(true, Ordering::SeqCst);
    wait(&mut house, 3601).await;
    assert!(signs_in(&mut house).await, "with the metadata and the keys of before");
    assert_eq!(house.provider.count(DISCOVERY), 2);
    assert!(log.lines().iter().any(|line| line.contains("is not used until a restart")), "{:?}", log.lines());
}

/// R108: the same where no keys are asked for, since tokens are signed with the client's secret.
#[tokio::test(start_paused = true)]
async fn a_host_where_somebody_signed_in_without_its_keys_is_held_on_to() {
    const SECRET: &str = "a secret that is long enough for HS256 and then some";
    let (hs256, clock, moved) = (SignatureAlgorithm::Hs256, TestClock::new(), Arc::new(AtomicBool::new(false)));
    let registered = RegisteredClient::confidential("my-app", SECRET).id_token_signed_response_alg(hs256);
    let op = provider().client(registered.redirect_uri(format!("{APP}/auth/callback/corp")));
    let client = Client::confidential("my-app", SECRET).id_token_signed_response_alg(hs256);
    let moving = Moving { op: op.clone(), moved: Arc::clone(&moved) };
    let corp = Provider::discovered(ISSUER, client).expect("an issuer").userinfo(UserInfoMethod::Off);
    let vestibule = bare_builder(&op, &clock).http_client(moving).provider("corp", corp).build();
    let mut house = House::around(op, clock, &vestibule.expect("the settings hold together"));
    let (log, _guard) = Log::listen();
    assert!(signs_in(&mut house).await);
    moved.store(true, Ordering::SeqCst);
    wait(&mut house, 3601).await;
    assert!(signs_in(&mut house).await);
    assert_eq!((house.provider.count(DISCOVERY), house.provider.count("/jwks")), (2, 0));
    assert!(log.lines().iter().any(|line| line.contains("is not used until a restart")), "{:?}", log.lines());
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
