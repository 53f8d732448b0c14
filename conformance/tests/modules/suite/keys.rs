//! Modules about the keys that sign.

use conformance::{Bench, Setup, Variant};
use serde_json::json;
use vestibule_provider::Fault;

use super::login::expect_complete;

/// Picked by what kind of key it is and what it is for, where nothing has a name (Core 10.1).
pub(crate) async fn oidcc_client_test_kid_absent_single_jwks(variant: Variant) {
    expect_complete(Setup::of(variant).start().with_fault(Fault::NoKid)).await;
}

/// The suite takes either; here each of the three keys that fit is tried.
pub(crate) async fn oidcc_client_test_kid_absent_multiple_jwks(variant: Variant) {
    expect_complete(Setup::of(variant).start().with_fault(Fault::NoKidManyKeys)).await;
}

pub(crate) async fn oidcc_client_test_idtoken_sig_rs256(variant: Variant) {
    let only = |op: vestibule_provider::DevelopmentProvider| {
        op.advertises("id_token_signing_alg_values_supported", json!(["RS256"]))
    };
    expect_complete(Setup::of(variant).op(only).start()).await;
}

/// A second login, at a provider that knows Alice, of a relying party that has keys already: they are not the right ones any more.
async fn expect_second_login(mut bench: Bench) {
    let page = bench.sign_in().await;
    bench.expect_signed_in(&page).await;
    let first = bench.variant.complete();
    let second = first.iter().filter(|endpoint| !["discovery", "register"].contains(endpoint)).copied().collect();
    bench.expect_arrived(&[first, second].concat());
}

/// The suite's relying party may have had no keys before; that of the second login has.
pub(crate) async fn oidcc_client_test_signing_key_rotation_just_before_signing(variant: Variant) {
    let at = if variant.response_type.has_id_token() { "/authorize" } else { "/token" };
    let bench = expect_complete(Setup::of(variant).op(|op| op.rotates_keys_at(at)).start()).await;
    expect_second_login(bench).await;
}

pub(crate) async fn oidcc_client_test_signing_key_rotation(variant: Variant) {
    let bench = expect_complete(Setup::of(variant).start()).await;
    bench.op.rotate_keys();
    expect_second_login(bench).await;
}
