//! What the application asks for beside what the provider offers.

use serde_json::{Value, json};
use vestibule::{Client, ClientMetadata, Provider, ResponseMode, ResponseType, SignatureAlgorithm, examination::Code};

use crate::{
    bench::{Line, assert_found, assert_not_found, confidential, discovered},
    house::ISSUER,
};

#[tokio::test]
async fn what_the_provider_does_not_offer_is_a_fault_with_what_it_offers() {
    for (member, offered, code, part) in [
        ("response_types_supported", json!(["id_token"]), Code::ResponseTypeNotOffered, "it offers id_token"),
        ("id_token_signing_alg_values_supported", json!(["ES256", "PS256"]), Code::SignatureNotOffered, "ES256, PS256"),
        ("code_challenge_methods_supported", json!(["plain"]), Code::PkceNotOffered, "the provider takes plain"),
        (
            "token_endpoint_auth_methods_supported",
            json!(["private_key_jwt"]),
            Code::AuthenticationNotOffered,
            "private_key_jwt",
        ),
    ] {
        let findings = Line::with_metadata(member, offered).examine().await;
        assert_found(findings.findings(), code, part);
        assert_not_found(findings.findings(), Code::AgreementFails);
    }
}

#[tokio::test]
async fn a_provider_that_does_not_say_whether_it_takes_pkce_gets_advice() {
    let findings = Line::with_metadata("code_challenge_methods_supported", Value::Null).examine().await;
    assert_found(findings.findings(), Code::PkceUnsaid, "does not say");
}

#[tokio::test]
async fn a_method_that_was_set_and_is_not_offered_is_a_fault() {
    let line = Line::with_metadata("token_endpoint_auth_methods_supported", json!(["client_secret_basic"]));
    let client = confidential().token_endpoint_auth_method(vestibule::TokenEndpointAuthMethod::ClientSecretPost);
    let findings = line.examine_other(discovered(client)).await;
    assert_found(
        &findings,
        Code::AuthenticationNotOffered,
        "authenticates by client_secret_post; the provider takes client_secret_basic",
    );
    let unsaid = Line::with_metadata("token_endpoint_auth_methods_supported", Value::Null).examine().await;
    assert_found(unsaid.findings(), Code::Authentication, "which means client_secret_basic");
}

#[tokio::test]
async fn a_response_mode_that_is_not_offered_is_a_warning() {
    let line = Line::with_metadata("response_modes_supported", json!(["query"]));
    let findings = line.examine_other(discovered(confidential()).response_mode(ResponseMode::FormPost)).await;
    assert_found(&findings, Code::ResponseModeNotOffered, "form_post; it offers query");
}

/// A login by `id_token` alone has no code, so nothing that only a code needs is looked at.
#[tokio::test]
async fn a_login_without_a_code_needs_neither_pkce_nor_a_secret() {
    let line = Line::with_metadata("code_challenge_methods_supported", json!(["plain"]));
    let provider = discovered(Client::public("my-app")).response_type(ResponseType::IdToken);
    let findings = line.examine_other(provider).await;
    assert_found(&findings, Code::ResponseType, "response_type id_token");
    for code in [Code::Pkce, Code::PkceNotOffered, Code::Authentication] {
        assert_not_found(&findings, code);
    }
}

#[tokio::test]
async fn what_else_was_agreed_on_and_is_not_offered_is_told_too() {
    let line = Line::with_metadata("userinfo_signing_alg_values_supported", json!(["ES256"]));
    let client = confidential().userinfo_signed_response_alg(SignatureAlgorithm::Rs256);
    let findings = line.examine_other(discovered(client)).await;
    assert_found(&findings, Code::AgreementFails, "userinfo signed with");
}

#[tokio::test]
async fn a_client_that_registers_itself_is_not_registered_by_an_examination() {
    let registering = || Provider::discovered(ISSUER, ClientMetadata::new("Photo Album")).expect("an issuer");
    let line = Line::straight();
    let findings = line.examine_other(registering()).await;
    assert_found(&findings, Code::WouldRegister, "would register itself at http://127.0.0.1:3001/register");
    assert_not_found(&findings, Code::RedirectUriAccepted);
    assert_eq!(line.provider.count("/register"), 0);
    let findings = Line::with_metadata("registration_endpoint", Value::Null).examine_other(registering()).await;
    assert_found(&findings, Code::RegistrationMissing, "registers nobody");
}
