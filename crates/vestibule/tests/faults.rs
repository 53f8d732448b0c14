//! Every fault of a provider: what the person sees, that nobody is signed in, and which requests were not made.

mod house;

use axum::response::{IntoResponse, Response};
use house::{
    House,
    log::Log,
    rejection::{Rejected, cookies},
};
use vestibule::{LoginError, LoginErrorKind};
use vestibule_provider::Fault;

/// What one fault leads to.
struct Outcome {
    fault: Fault,
    kind: LoginErrorKind,
    /// Requests to `/authorize`, `/token`, `/jwks` and `/userinfo`.
    requests: [usize; 4],
    /// A part of the one log line.
    reason: &'static str,
}

/// Shows only what a test asks for.
async fn sorry(error: LoginError) -> Response {
    format!("{:?} {:?}", error.kind(), error.provider()).into_response()
}

fn status(kind: LoginErrorKind) -> u16 {
    match kind {
        LoginErrorKind::Cancelled | LoginErrorKind::Refused => 403,
        LoginErrorKind::Unsolicited => 400,
        LoginErrorKind::Unreachable => 503,
        LoginErrorKind::TooBig => 500,
        _ => 502,
    }
}

fn error(error: &str, description: &str) -> (String, Option<String>) {
    (error.to_owned(), Some(description.to_owned()))
}

fn outcomes() -> Vec<Outcome> {
    use LoginErrorKind::{Cancelled, Denied, Misbehaved, Unreachable};
    let (denied, denied_description) = error("access_denied", "not today");
    let (failed, failed_description) = error("temporarily_unavailable", "come back");
    let (invalid, invalid_description) = error("invalid_grant", "no such code");
    let authorize_denied = Fault::AuthorizeError { error: denied, error_description: denied_description };
    let authorize_failed = Fault::AuthorizeError { error: failed, error_description: failed_description };
    let token_denied = Fault::TokenError { error: invalid, error_description: invalid_description };
    let redirect = Fault::TokenRedirect("http://127.0.0.1:3001/stolen".to_owned());
    let row = |fault, kind, requests, reason| Outcome { fault, kind, requests, reason };
    vec![
        row(Fault::MetadataIssuerMismatch, Misbehaved, [0, 0, 0, 0], "(Discovery 4.3)"),
        row(Fault::Unreachable, Unreachable, [0, 0, 0, 0], "told to be unreachable"),
        row(authorize_denied, Cancelled, [1, 0, 0, 0], "access_denied (not today)"),
        row(authorize_failed, Denied, [1, 0, 0, 0], "temporarily_unavailable (come back)"),
        row(Fault::WrongResponseIssuer, Misbehaved, [2, 0, 0, 0], "is for issuer 'https://stranger.example'"),
        row(Fault::MissingResponseIssuer, Misbehaved, [2, 0, 0, 0], "has no iss"),
        row(token_denied, Denied, [2, 1, 0, 0], "invalid_grant (no such code)"),
        row(redirect, Misbehaved, [2, 1, 0, 0], "status 307"),
        row(Fault::ServerError, Unreachable, [2, 1, 0, 0], "status 500"),
        row(Fault::Oversized, Misbehaved, [2, 1, 0, 0], "more than 65536 bytes"),
        row(Fault::MalformedToken, Misbehaved, [2, 1, 0, 0], "media type 'text/html"),
        row(Fault::MissingIdToken, Misbehaved, [2, 1, 0, 0], "no ID Token"),
        row(Fault::WrongNonce, Misbehaved, [2, 1, 1, 0], "nonce of another login"),
        row(Fault::MissingNonce, Misbehaved, [2, 1, 1, 0], "no nonce"),
        row(Fault::WrongIssuer, Misbehaved, [2, 1, 1, 0], "has issuer 'https://stranger.example'"),
        row(Fault::WrongAudience, Misbehaved, [2, 1, 1, 0], "is not for client 'my-app'"),
        row(Fault::Expired, Misbehaved, [2, 1, 1, 0], "expired at"),
        row(Fault::BadSignature, Misbehaved, [2, 1, 1, 0], "signature"),
        row(Fault::AlgNone, Misbehaved, [2, 1, 1, 0], "'none'"),
        row(Fault::MissingSubject, Misbehaved, [2, 1, 1, 0], "'sub' is missing"),
        row(Fault::WrongAccessTokenHash, Misbehaved, [2, 1, 1, 0], "at_hash"),
        row(Fault::UnknownKid, Misbehaved, [2, 1, 2, 0], "no key"),
        row(Fault::WrongUserInfoSubject, Misbehaved, [2, 1, 1, 1], "is about subject 'somebody-else'"),
    ]
}

fn requests(house: &House) -> [usize; 4] {
    ["/authorize", "/token", "/jwks", "/userinfo"].map(|path| house.provider.count(path))
}

/// Goes as far as the provider lets a person go.
async fn try_to_sign_in(house: &mut House) -> vestibule_provider::Page {
    let page = house.get("/profile").await;
    if page.url().path() == "/authorize" { house.browser.sign_in_as(&page, "alice").await } else { page }
}

/// R23, R39, R40, R42, R43, R45, R48, R49, R52, R62, R81, R93, V18, V33, V43, V47, V50, V79, V83, V84
#[tokio::test(start_paused = true)]
async fn every_fault_keeps_everybody_out_and_is_said_in_the_log() {
    for Outcome { fault, kind, requests: expected, reason } in outcomes() {
        let (log, _listening) = Log::listen();
        let mut house = House::with(|builder| builder.error_view(sorry));
        house.provider.set_fault(Some(fault.clone()));
        let page = try_to_sign_in(&mut house).await;
        assert_eq!(page.text(), format!("{kind:?} Some(\"corp\")"), "{fault:?}");
        assert_eq!((page.status().as_u16(), page.url().path()), (status(kind), "/auth/error"), "{fault:?}");
        assert_eq!(requests(&house), expected, "{fault:?}");
        assert_eq!((house.me().await, house.entered()), (None, 0), "{fault:?}");
        assert!(cookies(&house.browser, "session").is_empty(), "{fault:?}");
        assert!(cookies(&house.browser, "login").is_empty(), "{fault:?}");

        let [line] = &log.failures()[..] else { panic!("{fault:?}: one line, not {:?}", log.failures()) };
        assert!(line.contains(reason) && line.contains(&format!("kind={kind:?}")), "{fault:?}: {line}");
        assert!(line.contains("provider=corp"), "{line}");
    }
}

/// V22, V32: the other half of "rejected", for each fault that shows itself at the callback.
#[tokio::test(start_paused = true)]
async fn every_fault_at_the_callback_burns_the_login() {
    for Outcome { fault, kind, requests: [authorizations, token_requests, _, userinfo_requests], .. } in outcomes() {
        if authorizations == 0 || userinfo_requests > 0 {
            continue;
        }
        let mut house = House::new();
        house.provider.set_fault(Some(fault));
        let callback =
            if authorizations == 1 { denied_callback(&mut house).await } else { house.callback_url("/profile").await };
        let expected = Rejected { token_requests, ..Rejected::with(status(kind)) };
        house.expect_rejected(&callback, expected.burning(&callback)).await;
        house.provider.set_fault(None);
        let mut page = house.get("/profile").await;
        if page.url().path() == "/authorize" {
            page = house.browser.sign_in_as(&page, "alice").await;
        }
        assert_eq!(page.text(), "profile of alice", "once the provider behaves");
    }
}

async fn denied_callback(house: &mut House) -> String {
    let page = house.browser.get_without_redirects("http://localhost:3000/profile").await;
    let authorize = page.header("location").expect("the way to the provider").to_owned();
    let page = house.browser.get_without_redirects(&authorize).await;
    page.header("location").expect("the way back").to_owned()
}

/// R81, V50: the access token was used, and nothing of what it brought.
#[tokio::test]
async fn claims_about_somebody_else_are_not_used() {
    let mut house = House::new();
    house.provider.set_fault(Some(Fault::WrongUserInfoSubject));
    let page = house.sign_in("/profile", "alice").await;
    assert_eq!((page.status().as_u16(), house.me().await), (502, None));
    assert_eq!(house.provider.count("/userinfo"), 1);
    assert!(!page.text().contains("somebody-else"), "{}", page.text());
}

#[tokio::test]
async fn while_the_provider_is_down_a_login_says_so_and_later_it_works_again() {
    let mut house = House::new();
    house.provider.set_fault(Some(Fault::Unreachable));
    for _ in 0..3 {
        let page = house.get("/profile").await;
        assert_eq!((page.status().as_u16(), page.url().path()), (503, "/auth/error"));
        let retry_after: u32 = page.header("retry-after").and_then(|seconds| seconds.parse().ok()).expect("seconds");
        assert!((1..=120).contains(&retry_after));
        assert!(page.text().contains("The provider cannot be reached. Try again later."), "{}", page.text());
        assert!(!page.text().contains("told to be"), "{}", page.text());
    }
    assert_eq!((house.me().await, house.entered(), house.provider.requests().len()), (None, 0, 0));
    house.provider.set_fault(None);
    assert_eq!(house.sign_in("/profile", "alice").await.text(), "profile of alice");
}

/// Reliability: existing sessions need no provider.
#[tokio::test]
async fn who_is_signed_in_does_not_notice_that_the_provider_is_down() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    house.provider.set_fault(Some(Fault::Unreachable));
    house.provider.forget_requests();
    house.pass(600);
    assert_eq!(house.get("/profile").await.text(), "profile of alice");
    assert_eq!(house.get("/name").await.text(), "Alice Liddell");
    assert_eq!(house.provider.requests().len(), 0);
}

#[tokio::test]
async fn a_provider_that_goes_down_in_the_middle_of_a_login_is_a_503_and_no_token_is_kept() {
    let mut house = House::new();
    let callback = house.callback_url("/profile").await;
    house.provider.set_fault(Some(Fault::Unreachable));
    let page = house.browser.get(&callback).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (503, "/auth/error"));
    assert!(page.header("retry-after").is_some());
    assert_eq!((house.me().await, house.provider.count("/token")), (None, 0));
    house.provider.set_fault(None);
    let page = house.browser.follow_link(&page, "/auth/login/corp?return_to=%2Fprofile").await;
    assert_eq!(page.text(), "profile of alice");
}

/// A failed login takes nothing from who is signed in already.
#[tokio::test]
async fn who_is_signed_in_stays_so_when_another_login_fails() {
    let mut house = House::new();
    house.sign_in("/profile", "alice").await;
    for (fault, status) in [(Fault::BadSignature, 502), (Fault::ServerError, 503), (Fault::WrongResponseIssuer, 502)] {
        house.provider.set_fault(Some(fault));
        let page = house.get("/auth/login").await;
        assert_eq!((page.status().as_u16(), page.url().path()), (status, "/auth/error"));
        assert_eq!(house.me().await.as_deref(), Some("alice"));
    }
}
