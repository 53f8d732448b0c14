//! The keys that the provider publishes.

use serde_json::json;
use vestibule::{Client, SignatureAlgorithm, examination::Code};
use vestibule_provider::Fault;

use crate::{
    bench::{Line, assert_found, assert_not_found, discovered},
    house::CLIENT_SECRET,
};

#[tokio::test]
async fn each_key_is_said_with_what_it_is_for() {
    let findings = Line::straight().examine().await;
    assert_found(findings.findings(), Code::Keys, "1 key that can check signatures");
    assert_found(findings.findings(), Code::Keys, "(kty 'RSA', alg 'RS256', use 'sig')");
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_a_fault() {
    for fault in [Fault::JwksServerError, Fault::JwksMalformed, Fault::OversizedJwks] {
        let line = Line::straight();
        line.provider.set_fault(Some(fault));
        let findings = line.examine().await;
        assert_found(findings.findings(), Code::KeysUnavailable, "/jwks");
        assert_found(findings.findings(), Code::Discovery, "status 200");
    }
}

/// V51
#[tokio::test]
async fn a_private_key_in_public_is_told() {
    let line = Line::straight();
    line.provider.set_fault(Some(Fault::PrivateKeyInJwks));
    let findings = line.examine().await;
    assert_found(findings.findings(), Code::KeysPrivate, "'private', 'symmetric'");
    assert_not_found(findings.findings(), Code::KeysSkipped);
}

#[tokio::test]
async fn keys_of_no_use_are_told_and_none_that_fits_is_a_fault() {
    let strange = |document: &mut serde_json::Value| {
        document["keys"] = json!([{"kty": "unheard-of", "kid": "a\u{1b}[31mb"}]);
    };
    let findings = Line::rewriting("/jwks", strange).examine().await;
    assert_found(findings.findings(), Code::KeysSkipped, "unknown type");
    assert_found(findings.findings(), Code::KeysNoneFits, "RS256");
    let said =
        format!("{:?}", findings.findings().iter().map(|finding| finding.sentence().to_owned()).collect::<String>());
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[tokio::test]
async fn a_client_whose_tokens_are_signed_with_its_secret_needs_no_key() {
    let line = Line::straight();
    let client = Client::confidential("my-app", format!("{CLIENT_SECRET}, and long enough for an HMAC"))
        .id_token_signed_response_alg(SignatureAlgorithm::Hs256);
    let findings = line.examine_other(discovered(client)).await;
    assert_found(&findings, Code::KeysNotNeeded, "client secret");
    assert_not_found(&findings, Code::KeysNoneFits);
}
