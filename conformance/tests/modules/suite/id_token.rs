//! Modules about an ID Token that must be refused: the one of the authorization endpoint, where the response type has one there,
//! else the one of the token endpoint. Nothing is asked after it, and nothing that came along is used.

use conformance::{Bench, CLIENT_ID, ISSUER, Setup, Variant};
use vestibule::SignatureAlgorithm;
use vestibule_provider::Fault;

/// The suite's base class of the negative modules.
async fn expect_id_token_refused(bench: Bench, fault: Fault, reason: &str) {
    let expected = bench.variant.until_the_first_id_token();
    let mut bench = bench.with_fault(fault);
    let page = bench.sign_in().await;
    bench.expect_refused(&page, &format!("the ID Token {reason}")).await;
    bench.expect_arrived(&expected);
}

async fn expect_refused(variant: Variant, fault: Fault, reason: &str) {
    expect_id_token_refused(Setup::of(variant).start(), fault, reason).await;
}

pub(crate) async fn oidcc_client_test_invalid_iss(variant: Variant) {
    let reason = format!("has issuer 'https://stranger.example', expected '{ISSUER}' (Core 3.1.3.7 (2))");
    expect_refused(variant, Fault::WrongIssuer, &reason).await;
}

pub(crate) async fn oidcc_client_test_missing_sub(variant: Variant) {
    expect_refused(variant, Fault::MissingSubject, "has claims that cannot be read: 'sub' is missing").await;
}

pub(crate) async fn oidcc_client_test_missing_iat(variant: Variant) {
    expect_refused(variant, Fault::MissingIssuedAt, "has claims that cannot be read: 'iat' is missing").await;
}

pub(crate) async fn oidcc_client_test_invalid_aud(variant: Variant) {
    let reason = format!("is not for client '{CLIENT_ID}' (Core 3.1.3.7 (3))");
    expect_refused(variant, Fault::WrongAudience, &reason).await;
}

pub(crate) async fn oidcc_client_test_nonce_invalid(variant: Variant) {
    expect_refused(variant, Fault::LongerNonce, "has a nonce of another login (Core 3.1.3.7 (11))").await;
}

pub(crate) async fn oidcc_client_test_invalid_sig_rs256(variant: Variant) {
    let reason = "is not a usable JWS: a signature that does not verify (RFC 7515 5.2)";
    expect_refused(variant, Fault::BadSignature, reason).await;
}

/// The suite would let it pass from the token endpoint (Core 3.1.3.7 (6)); here `none` is none of the algorithms, even for a client
/// that is told that it has registered it.
pub(crate) async fn oidcc_client_test_idtoken_sig_none(variant: Variant) {
    let mut bench = Setup::of(variant).start();
    if variant.registers() {
        bench = bench.with_fault(Fault::RegistrationAlgNone);
        bench.introduce().await;
    }
    let reason = "is not a usable JWS: signed with 'none', expected RS256 (RFC 8725 3.1)";
    expect_id_token_refused(bench, Fault::AlgNone, reason).await;
}

pub(crate) async fn oidcc_client_test_invalid_chash(variant: Variant) {
    let reason = "has a c_hash that does not fit the code (Core 3.3.2.11)";
    expect_refused(variant, Fault::WrongCodeHash, reason).await;
}

pub(crate) async fn oidcc_client_test_missing_chash(variant: Variant) {
    let reason = "came with a code and has no c_hash (Core 3.3.2.11)";
    expect_refused(variant, Fault::MissingCodeHash, reason).await;
}

pub(crate) async fn oidcc_client_test_invalid_athash(variant: Variant) {
    let reason = "has an at_hash that does not fit the access token (Core 3.1.3.8)";
    expect_refused(variant, Fault::WrongAccessTokenHash, reason).await;
}

pub(crate) async fn oidcc_client_test_missing_athash(variant: Variant) {
    let reason = "came with an access token and has no at_hash (Core 3.2.2.10)";
    expect_refused(variant, Fault::MissingAccessTokenHash, reason).await;
}

pub(crate) async fn oidcc_client_test_missing_aud(variant: Variant) {
    expect_refused(variant, Fault::MissingAudience, "has claims that cannot be read: 'aud' is missing").await;
}

pub(crate) async fn oidcc_client_test_invalid_sig_es256(variant: Variant) {
    let setup = Setup::of(variant).set("id_token_signed_response_alg", "ES256");
    let setup = setup.client(|client| client.id_token_signed_response_alg(SignatureAlgorithm::Es256));
    let reason = "is not a usable JWS: a signature that does not verify (RFC 7515 5.2)";
    expect_id_token_refused(setup.start(), Fault::BadSignature, reason).await;
}

/// The key is the client's secret: nobody is asked for any.
pub(crate) async fn oidcc_client_test_invalid_sig_hs256(variant: Variant) {
    let setup = Setup::of(variant).set("id_token_signed_response_alg", "HS256");
    let setup = setup.client(|client| client.id_token_signed_response_alg(SignatureAlgorithm::Hs256));
    let mut bench = setup.start().with_fault(Fault::BadSignature);
    let page = bench.sign_in().await;
    let reason = "the ID Token is not a usable JWS: a signature that does not verify (RFC 7515 5.2)";
    bench.expect_refused(&page, reason).await;
    let expected: Vec<&str> = variant.until_the_first_id_token().into_iter().filter(|one| *one != "jwks").collect();
    bench.expect_arrived(&expected);
}
