//! Modules about request objects (OpenID Connect Core 6) that the provider fetches from where the relying party puts them.

use conformance::{JWKS_URI, REQUEST_OBJECTS, Setup, Variant};
use serde_json::json;

use super::{discovery::asked, login::expect_complete};

/// The object is signed like this and nothing else, as was registered before, and so is the place where it is.
async fn expect_fetched(variant: Variant, setup: Setup, alg: &str, key_sets: usize) {
    let bench = expect_complete(setup.start()).await;
    let asked = asked(&bench);
    assert_eq!(asked.get("request_object_signing_alg"), Some(&json!(alg)));
    assert_eq!(asked.get("request_uris"), Some(&json!([REQUEST_OBJECTS])));
    assert_eq!(asked.get("jwks_uri"), (key_sets > 0).then(|| json!(JWKS_URI)).as_ref());
    assert_eq!(bench.newest_object().header.get("alg"), Some(&json!(alg)));
    assert!(variant.registers() && bench.fetched_below(JWKS_URI).len() == key_sets);
}

pub(crate) async fn oidcc_client_test_request_uri_signed_rs256(variant: Variant) {
    expect_fetched(variant, Setup::of(variant).set("request_object_signing_alg", "RS256"), "RS256", 1).await;
}

/// It has no signature that anybody could check, so there is no key to fetch.
pub(crate) async fn oidcc_client_test_request_uri_signed_none(variant: Variant) {
    let setup =
        Setup::of(variant).set("request_object_signing_alg", "none").set("insecure_unsigned_request_objects", true);
    expect_fetched(variant, setup, "none", 0).await;
}
