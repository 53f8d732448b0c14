//! Modules about a login that comes to its end, and what the provider says of the person.

use conformance::{Bench, Setup, Variant, body_of, parameters_of};
use http::header;
use serde_json::json;
use vestibule_provider::Fault;

/// A login that must come to its end, with every request that belongs to it.
pub(super) async fn expect_complete(mut bench: Bench) -> Bench {
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    bench.expect_arrived(&bench.variant.complete());
    bench
}

pub(crate) async fn oidcc_client_test(variant: Variant) {
    expect_complete(Setup::of(variant).start()).await;
}

/// The nonce is there in every request; that of the ID Token is held against it, in `nonce_invalid`.
pub(crate) async fn oidcc_client_test_nonce_unless_code_flow(variant: Variant) {
    let bench = expect_complete(Setup::of(variant).start()).await;
    let request = bench.the_one_at("authorize");
    assert!(parameters_of(&request).iter().any(|(name, value)| name == "nonce" && value.len() == 43));
}

/// Where there is no access token, the claims are in the ID Token (Core 5.4).
pub(crate) async fn oidcc_client_test_scope_userinfo_claims(variant: Variant) {
    let mut bench = expect_complete(Setup::of(variant).start()).await;
    let request = bench.the_one_at("authorize");
    assert!(parameters_of(&request).contains(&("scope".to_owned(), "openid profile email".to_owned())));
    let claims = bench.claims().await;
    assert_eq!(claims.get("name"), Some(&json!("Alice Liddell")));
    assert_eq!(claims.get("email"), Some(&json!("alice@op.example")));
}

pub(crate) async fn oidcc_client_test_client_secret_basic(variant: Variant) {
    let bench = expect_complete(Setup::of(variant).start()).await;
    let request = bench.the_one_at("token");
    let authorization = request.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    assert!(authorization.is_some_and(|value| value.starts_with("Basic ")));
    assert!(!body_of(&request).iter().any(|(name, _)| name == "client_id" || name == "client_secret"));
}

/// Userinfo is asked, and nothing of its answer is used.
pub(crate) async fn oidcc_client_test_userinfo_invalid_sub(variant: Variant) {
    let mut bench = Setup::of(variant).start().with_fault(Fault::WrongUserInfoSubject);
    let page = bench.sign_in().await;
    let reason = "the userinfo response is about subject 'somebody-else', the ID Token about 'alice' (Core 5.3.4)";
    bench.expect_refused(&page, reason).await;
    bench.expect_arrived(&variant.complete());
}
