//! Two applications with one secret key and one store, at two addresses (V68).

use std::sync::Arc;

use axum::{Router, routing::get};
use vestibule::{Client, EndUser, MemoryStore, Provider, SecretKey, SessionId, SessionsError, Vestibule};
use vestibule_provider::{Browser, DevelopmentProvider, RegisteredClient};

use crate::{
    bench::id,
    house::{APP, CLIENT_SECRET, ISSUER, TestClock, provider},
};

const NEIGHBOUR: &str = "http://localhost:3100";

fn application(base_url: &str, op: &DevelopmentProvider, store: &Arc<MemoryStore>) -> (Vestibule, Router) {
    let corp = Provider::discovered(ISSUER, Client::confidential("my-app", CLIENT_SECRET)).expect("an issuer");
    let vestibule = Vestibule::builder(base_url)
        .secret_key(SecretKey::from_bytes([7; 32]))
        .provider("corp", corp)
        .http_client(op.clone())
        .clock(TestClock::new())
        .sessions(Arc::clone(store))
        .build()
        .expect("the settings hold together");
    let app = vestibule.wrap(Router::new().route("/id", get(async |user: EndUser| user.session_id().to_string())));
    (vestibule, app)
}

async fn sign_in(browser: &mut Browser, base_url: &str) -> SessionId {
    let mut page = browser.get(&format!("{base_url}/id")).await;
    if page.url().as_str().starts_with(ISSUER) {
        page = browser.sign_in_as(&page, "alice").await;
    }
    page.text().parse().expect("an id")
}

async fn is_signed_in(browser: &mut Browser, base_url: &str) -> bool {
    browser.fetch(&format!("{base_url}/id")).await.status() == 200
}

/// V68, R134: neither lists nor ends what is the other's.
#[tokio::test]
async fn two_applications_that_share_a_store_do_not_see_each_others_sessions() {
    let registered =
        [APP, NEIGHBOUR].iter().fold(RegisteredClient::confidential("my-app", CLIENT_SECRET), |client, site| {
            client.redirect_uri(format!("{site}/auth/callback/corp"))
        });
    let (op, store) = (provider().client(registered), Arc::new(MemoryStore::new()));
    op.set_now(vestibule::Clock::now(&TestClock::new()));
    let (ours, our_app) = application(APP, &op, &store);
    let (theirs, their_app) = application(NEIGHBOUR, &op, &store);
    let mut browser = Browser::new();
    browser.site(APP, our_app);
    browser.site(NEIGHBOUR, their_app);
    browser.site(ISSUER, op.router());
    browser.set_now(vestibule::Clock::now(&TestClock::new()));
    let (here, there) = (sign_in(&mut browser, APP).await, sign_in(&mut browser, NEIGHBOUR).await);
    assert_eq!(store.sizes().sessions, 2);

    let (issuer, subject) = id("alice");
    let who = (&issuer, &subject);
    let ids = async |vestibule: &Vestibule| {
        let list = vestibule.sessions_of(who).await.expect("a list");
        list.iter().map(vestibule::SessionInfo::id).collect::<Vec<_>>()
    };
    assert_eq!((ids(&ours).await, ids(&theirs).await), (vec![here], vec![there]));
    assert!(matches!(ours.end_session(who, there).await, Err(SessionsError::NotTheirs)));
    ours.log_out_everywhere(who).await.expect("done");
    assert!(!is_signed_in(&mut browser, APP).await);
    assert!(is_signed_in(&mut browser, NEIGHBOUR).await);
    assert_eq!(ids(&theirs).await, [there]);
}
