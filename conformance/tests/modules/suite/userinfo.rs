//! Modules about how userinfo is asked, and about claims that are others' than the provider's (Core 5.3.1, 5.6.2).

use conformance::{Setup, Variant, body_of};
use http::{Method, header};
use serde_json::json;

use super::login::expect_complete;

pub(crate) async fn oidcc_client_test_userinfo_bearer_header(variant: Variant) {
    let bench = expect_complete(Setup::of(variant).op(|op| op.takes_bearer_in_header_only()).start()).await;
    let requests = bench.arrived_at("userinfo");
    assert!(
        matches!(requests.as_slice(), [one] if one.headers.contains_key(header::AUTHORIZATION) && one.body.is_empty())
    );
}

pub(crate) async fn oidcc_client_test_userinfo_bearer_body(variant: Variant) {
    let setup = Setup::of(variant).set("userinfo", "post").op(|op| op.takes_bearer_in_body_only());
    let bench = expect_complete(setup.start()).await;
    let request = bench.the_one_at("userinfo");
    assert_eq!((&request.method, request.headers.contains_key(header::AUTHORIZATION)), (&Method::POST, false));
    assert!(matches!(body_of(&request).as_slice(), [(name, _)] if name == "access_token"));
}

/// The suite's claims have no signature: they are no claims of Alice's.
pub(crate) async fn oidcc_client_test_aggregated_claims(variant: Variant) {
    let mut bench = expect_complete(Setup::of(variant).op(|op| op.with_aggregated_claims()).start()).await;
    let claims = bench.claims().await;
    assert_eq!(claims.get("name"), Some(&json!("Alice Liddell")));
    assert_eq!((claims.get("shipping_address"), claims.get("payment_info")), (None, None));
}

/// The claims endpoint is asked with the token that the userinfo response has for it, and with nothing that is Alice's.
pub(crate) async fn oidcc_client_test_distributed_claims(variant: Variant) {
    let setup = Setup::of(variant).set("distributed_claims", true).op(|op| op.with_distributed_claims());
    let mut bench = setup.start();
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    bench.expect_arrived(&[variant.complete(), vec!["claims"]].concat());
    let (request, userinfo) = (bench.the_one_at("claims"), bench.the_one_at("userinfo"));
    assert_eq!((&request.method, &request.query, request.body.is_empty()), (&Method::GET, &None, true));
    let mut names: Vec<&str> = request.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "authorization"]);
    let shown = request.headers.get(header::AUTHORIZATION);
    assert!(shown.and_then(|shown| shown.to_str().ok()).is_some_and(|shown| shown.starts_with("Bearer ")));
    assert_ne!(shown, userinfo.headers.get(header::AUTHORIZATION));
    // That the provider answered shows that it was the right one.
    assert_eq!(bench.claims().await.get("credit_score"), Some(&json!(650)));
}
