//! With which keys logout tokens are verified: those at hand, those of a process that just started, those that have aged, and our
//! own secret.

use std::time::Duration;

use serde_json::json;
use tokio::time::advance;
use vestibule::{
    Client, ClientMetadata, FileRegistrationStore, Provider, Secret, SignatureAlgorithm, core::jose::SigningKey,
};
use vestibule_provider::{Fault, RegisteredClient};

use crate::{
    bench::{Bench, MODES, Mode, STAFF, corp, is_in},
    house::{APP, ISSUER},
    op::{ES256, Op},
};

const CONFIGURATION: &str = "/.well-known/openid-configuration";

/// The process has just started: people are signed in by their cookies, and nobody has asked the provider anything.
#[tokio::test(start_paused = true)]
async fn a_new_process_asks_for_metadata_and_keys_once() {
    for mode in MODES {
        let mut bench = Bench::new(mode);
        bench.device("corp", "alice", "s-1").await;
        bench.device("corp", "alice", "s-2").await;
        bench.restart(corp(), |builder| builder);
        bench.corp.provider.forget_requests();
        for sid in ["s-1", "s-2"] {
            bench.end_session("corp", sid).await.expect_ok();
        }
        assert_eq!((bench.corp.provider.count(CONFIGURATION), bench.corp.provider.count("/jwks")), (1, 1));
    }
}

/// V52: garbage makes a new process ask no more often than anything else does.
#[tokio::test(start_paused = true)]
async fn a_new_process_is_not_made_to_ask_over_and_over() {
    let mut bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let mut there = bench.browser();
    bench.restart(corp(), |builder| builder);
    there.site(APP, bench.app.clone());
    alice.site(APP, bench.app.clone());
    bench.corp.provider.forget_requests();
    bench.corp.provider.set_fault(Some(Fault::MetadataServerError));
    bench.end_session("corp", "s-1").await.expect_error(400, "the provider is in trouble");
    for _ in 0..50 {
        bench.end_session("corp", "s-1").await.expect_error(429, "asked a moment ago");
    }
    assert_eq!(bench.corp.provider.count(CONFIGURATION), 1);
    bench.corp.provider.set_fault(None);
    advance(Duration::from_secs(30)).await;
    assert!(is_in(&mut alice).await);
    bench.end_session("corp", "s-1").await.expect_ok();
    assert!(!is_in(&mut alice).await);
}

/// "A failed refresh never evicts good keys": those that have aged serve on while the provider gives no new ones.
#[tokio::test(start_paused = true)]
async fn keys_that_have_aged_serve_while_there_are_no_new_ones_and_not_longer() {
    let bench = Bench::new(Mode::Cookies);
    let mut alice = bench.device("corp", "alice", "s-1").await;
    advance(Duration::from_secs(3600)).await;
    bench.corp.provider.set_fault(Some(Fault::JwksServerError));
    bench.end_session("corp", "s-1").await.expect_ok();
    assert!(!is_in(&mut alice).await);
    assert_eq!(bench.corp.provider.count("/jwks"), 2, "it was asked first");

    bench.corp.provider.set_fault(None);
    let withdrawn = bench.corp.sign(&bench.corp.logout(bench.now(), &json!({"sid": "s-1"})));
    bench.corp.changes_its_key();
    advance(Duration::from_secs(30)).await;
    bench.post("corp", &withdrawn).await.expect_error(400, "of a key that the provider has withdrawn");
}

/// Core 10.1: what is signed with our secret needs nobody's keys.
#[tokio::test]
async fn a_client_whose_tokens_are_signed_with_its_secret_works_too() {
    let secret = "a secret of more than thirty-two bytes, as HS256 wants it";
    let registered = RegisteredClient::confidential("my-app", secret)
        .redirect_uri(format!("{APP}/auth/callback/corp"))
        .id_token_signed_response_alg(SignatureAlgorithm::Hs256);
    let client = Client::confidential("my-app", secret).id_token_signed_response_alg(SignatureAlgorithm::Hs256);
    for mode in MODES {
        let provider = Provider::discovered(ISSUER, client.clone()).expect("an issuer");
        let bench = Bench::of(mode, provider, |builder| builder);
        let _ = bench.corp.provider.clone().client(registered.clone());
        let mut browser = bench.browser();
        let page = browser.get(&format!("{APP}/auth/login/corp?return_to=/who")).await;
        let page = browser.sign_in_as(&page, "alice").await;
        let sid = page.text().strip_prefix("corp alice ").expect("signed in").to_owned();
        let sign = |secret: &str| {
            let key = SigningKey::from_secret(SignatureAlgorithm::Hs256, &Secret::from(secret)).expect("long enough");
            let claims = bench.corp.logout(bench.now(), &json!({"sid": sid}));
            key.sign("logout+jwt", claims.to_string().as_bytes()).expect("signed")
        };
        bench.post("corp", &sign("another secret of more than thirty-two bytes")).await.expect_error(400, "another");
        bench.end_session("corp", &sid).await.expect_error(400, "with another algorithm");
        assert!(is_in(&mut browser).await);
        bench.post("corp", &sign(secret)).await.expect_ok();
        assert!(!is_in(&mut browser).await, "{mode:?}");
        assert_eq!(bench.corp.provider.count("/jwks"), 0);
    }
}

/// A provider whose one client registers itself, as it is known after a registration; and its folder.
fn registering(name: &str) -> (Provider, std::path::PathBuf) {
    let metadata = ClientMetadata::new("My App").id_token_signed_response_alg(ES256);
    let folder = std::env::temp_dir().join(format!("vestibule-{}-{name}", std::process::id()));
    (Provider::discovered(ISSUER, metadata).expect("an issuer"), folder)
}

async fn end_as(bench: &Bench, client_id: &str, sid: &str) -> crate::bench::Answered {
    bench.end("corp", json!({"sid": sid, "aud": client_id})).await
}

/// Nobody can have a token for a client that does not exist, and no stranger makes us have one.
#[tokio::test(start_paused = true)]
async fn nobody_is_registered_for_the_sake_of_a_logout_token() {
    let (provider, folder) = registering("stranger");
    let store = FileRegistrationStore::new(&folder).expect("a folder");
    let bench = Bench::of(Mode::Cookies, provider, |builder| builder.registrations(store));
    bench.end_session("corp", "s-1").await.expect_error(400, "there is no client yet");
    assert_eq!(bench.corp.provider.count("/register"), 0);
    let _ = std::fs::remove_dir_all(folder);
}

/// The registration is remembered, so a new process knows who it is.
#[tokio::test(start_paused = true)]
async fn a_new_process_takes_tokens_for_the_client_that_an_earlier_one_registered() {
    let (provider, folder) = registering("remembered");
    let store = || FileRegistrationStore::new(&folder).expect("a folder");
    let mut bench = Bench::of(Mode::Cookies, provider.clone(), |builder| builder.registrations(store()));
    let mut alice = bench.device("corp", "alice", "s-1").await;
    let authorized = bench.corp.provider.requests().into_iter().find(|request| request.path == "/authorize");
    let query = authorized.and_then(|request| request.query).expect("a query");
    let client_id = crate::house::rejection::parameter(&format!("{APP}/?{query}"), "client_id");

    bench.restart(provider, |builder| builder.registrations(store()));
    alice.site(APP, bench.app.clone());
    bench.corp.provider.forget_requests();
    assert!(is_in(&mut alice).await);
    end_as(&bench, &client_id, "s-1").await.expect_ok();
    assert!(!is_in(&mut alice).await);
    assert_eq!(bench.corp.provider.count("/register"), 0);
    let _ = std::fs::remove_dir_all(folder);
}

/// V52: two providers do not share what they allow.
#[tokio::test(start_paused = true)]
async fn the_trouble_of_one_provider_is_not_the_others() {
    let bench = Bench::new(Mode::Store);
    let mut alice = bench.device("staff", "alice", "s-1").await;
    bench.corp.provider.set_fault(Some(Fault::Unreachable));
    for _ in 0..10 {
        assert_ne!(bench.end_session("corp", "s-1").await.status, 200);
    }
    bench.end_session("staff", "s-1").await.expect_ok();
    assert!(!is_in(&mut alice).await);
    assert_eq!(Op::new(STAFF, "staff").issuer(), bench.staff.issuer());
}
