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
