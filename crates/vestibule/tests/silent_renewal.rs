//! Asking the provider at an interval whether somebody is still signed in there: nobody notices, and nobody sees an error page.

mod house;

use std::time::Duration;

use house::{APP, House, ISSUER};
use vestibule::{MemoryStore, SessionPolicy, Tokens};
use vestibule_provider::{Fault, Page};

const EVERY: i64 = 900;
const LIFETIME: i64 = 4 * 3600;

fn policy() -> SessionPolicy {
    let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
    SessionPolicy::lifetime(seconds(LIFETIME)).silent_renewal(seconds(EVERY))
}

/// With sessions in cookies, and with sessions in a store.
fn houses() -> [House; 2] {
    [
        House::with(|builder| builder.session(policy())),
        House::with(|builder| builder.session(policy()).sessions(MemoryStore::new())),
    ]
}

/// How often the provider was asked without a page being shown.
fn silent_requests(house: &House) -> usize {
    let requests = house.provider.requests();
    requests
        .iter()
        .filter(|request| request.query.as_deref().is_some_and(|query| query.contains("prompt=none")))
        .count()
}

/// Whether the way to a page led over the provider.
fn led_away(page: &Page) -> bool {
    page.hops().iter().any(|hop| hop.url.as_str().starts_with(ISSUER))
}

#[tokio::test]
async fn somebody_who_is_still_signed_in_there_goes_on_and_notices_nothing() {
    for mut house in houses() {
        house.sign_in("/profile?x=1", "alice").await;
        house.pass(EVERY - 1);
        assert!(!led_away(&house.get("/profile?x=1").await), "not before it is time");
        house.pass(1);
        let before = house.browser.cookies().map(|cookie| cookie.value.clone()).collect::<Vec<_>>();
        let page = house.get("/profile?x=1").await;
        assert_eq!((page.status().as_u16(), page.url().as_str()), (200, format!("{APP}/profile?x=1").as_str()));
        assert_eq!(page.text(), "profile of alice");
        assert_eq!((led_away(&page), silent_requests(&house)), (true, 1));
        let after = house.browser.cookies().map(|cookie| cookie.value.clone()).collect::<Vec<_>>();
        assert_ne!(before, after, "a new session in the place of the old");
        assert!(!led_away(&house.get("/profile").await), "and then not for another interval");
    }
}

/// Core 3.1.2.1: the provider is told of whom it is asked, where we kept what tells it.
#[tokio::test]
async fn the_provider_is_shown_the_id_token_of_whom_it_is_asked() {
    let hints = |house: &House| {
        let requests = house.provider.requests().into_iter().filter_map(|request| request.query);
        let silent = requests.filter(|query| query.contains("prompt=none"));
        silent.filter(|query| query.contains("&id_token_hint=eyJ")).count()
    };
    for mut house in houses() {
        house.sign_in("/profile", "alice").await;
        house.pass(EVERY);
        assert_eq!(house.get("/profile").await.text(), "profile of alice");
        assert_eq!((silent_requests(&house), hints(&house)), (1, 1));
    }
    let mut house = House::with(|builder| builder.session(policy()).tokens(Tokens::Discard));
    house.sign_in("/profile", "alice").await;
    house.pass(EVERY);
    assert_eq!(house.get("/profile").await.text(), "profile of alice");
    assert_eq!((silent_requests(&house), hints(&house)), (1, 0), "nothing was kept");
}

/// R133: the absolute end does not move.
#[tokio::test]
async fn a_session_that_is_renewed_ends_when_it_would_have() {
    for mut house in houses() {
        house.sign_in("/profile", "alice").await;
        for _ in 0..(LIFETIME / EVERY) - 1 {
            house.pass(EVERY);
            assert_eq!(house.get("/profile").await.text(), "profile of alice");
        }
        assert_eq!(house.me().await.as_deref(), Some("alice"));
        house.pass(EVERY);
        assert_eq!(house.me().await, None);
    }
}

/// R16: one question, and then a normal sign-in where somebody is needed.
#[tokio::test]
async fn somebody_who_is_signed_in_there_no_more_signs_in_as_ever() {
    for mut house in houses() {
        house.sign_in("/profile", "alice").await;
        house.provider.log_out("alice");
        house.pass(EVERY);
        let page = house.get("/profile").await;
        assert!(page.url().as_str().starts_with(ISSUER), "the provider's own page: {}", page.url());
        assert_eq!(page.status(), 200, "{}", page.text());
        assert_eq!(silent_requests(&house), 1);
        assert_eq!(house.me().await, None);
        assert_eq!(house.get("/").await.text(), "stranger", "where nobody is needed they go on as a stranger");
        let page = house.get("/profile").await;
        assert_eq!(house.browser.sign_in_as(&page, "alice").await.text(), "profile of alice");
        assert_eq!(silent_requests(&house), 1);
    }
}

#[tokio::test]
async fn the_session_goes_on_while_the_provider_cannot_be_asked() {
    for fault in [
        Fault::ServerError,
        Fault::WrongNonce,
        Fault::MissingResponseIssuer,
        Fault::TokenError { error: "temporarily_unavailable".to_owned(), error_description: None },
    ] {
        for mut house in houses() {
            house.sign_in("/profile", "alice").await;
            house.provider.set_fault(Some(fault.clone()));
            house.pass(EVERY);
            assert_eq!(house.get("/profile").await.text(), "profile of alice", "{fault:?}");
            assert!(!led_away(&house.get("/profile").await), "{fault:?}: and is asked again after an interval");
            house.provider.set_fault(None);
            house.pass(EVERY);
            assert_eq!(house.get("/profile").await.text(), "profile of alice", "{fault:?}");
            assert_eq!(silent_requests(&house), 2, "{fault:?}");
        }
    }
}

/// Whoever signed in at the provider since does not take the session over: it ends, and they sign in as anybody would.
#[tokio::test]
async fn another_person_at_the_provider_ends_the_session() {
    for mut house in houses() {
        house.sign_in("/profile", "alice").await;
        let page = house.browser.get(&format!("{ISSUER}/authorize?prompt=login&response_type=code&client_id=my-app&redirect_uri={APP}/auth/callback/corp&scope=openid&state=x.y&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256")).await;
        house.browser.submit_without_redirects(&page, "authorize", &[("user", "bob")]).await;
        house.pass(EVERY);
        let page = house.get("/profile").await;
        assert_eq!(page.text(), "profile of bob");
        let callbacks = page.hops().iter().filter(|hop| hop.url.path() == "/auth/callback/corp").count();
        assert_eq!(callbacks, 2, "the silent login was refused, and a normal one followed");
    }
}

/// A logout in another tab holds, though a silent login was under way.
#[tokio::test]
async fn who_logged_out_meanwhile_is_not_signed_in_again() {
    for mut house in houses() {
        house.sign_in("/profile", "alice").await;
        house.pass(EVERY);
        let departure = house.browser.get_without_redirects(&format!("{APP}/profile")).await;
        let there = departure.header("location").expect("to the provider").to_owned();
        let back = house.browser.get_without_redirects(&there).await;
        let callback = back.header("location").expect("and back").to_owned();
        house.browser.post_form(&format!("{APP}/auth/logout"), &[]).await;
        let tokens = house.provider.count("/token");
        house.browser.get_without_redirects(&callback).await;
        assert_eq!(house.me().await, None);
        assert_eq!(house.provider.count("/token"), tokens, "the code is not redeemed");
    }
}

/// Only who opens a page can be sent somewhere.
#[tokio::test]
async fn a_program_is_answered_as_ever() {
    for mut house in houses() {
        house.sign_in("/profile", "alice").await;
        house.pass(EVERY);
        assert_eq!(house.me().await.as_deref(), Some("alice"));
        assert_eq!(silent_requests(&house), 0);
    }
}

#[tokio::test]
async fn a_gate_asks_as_an_argument_does() {
    for mut house in houses() {
        house.sign_in("/admin", "alice").await;
        house.pass(EVERY);
        assert_eq!(house.get("/admin").await.text(), "for admins");
        assert_eq!(silent_requests(&house), 1);
    }
}
