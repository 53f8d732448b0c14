use http::{Request, StatusCode};
use vestibule_core::ClientMetadata;
use vestibule_provider::Fault;

use crate::{
    party::{Failure, Party, REDIRECT_URI, json, provider, send},
    registration_metadata::register,
};

#[tokio::test]
async fn every_fault_is_what_a_client_that_registers_itself_refuses() {
    let (error, error_description) = ("invalid_redirect_uri".to_owned(), Some("not yours".to_owned()));
    for (fault, reason) in [
        (Fault::RegistrationError { error, error_description }, "not yours"),
        (Fault::RegistrationServerError, "status 500"),
        (Fault::RegistrationRedirectUriChanged, "redirect URI"),
        (Fault::RegistrationEmptyClientId, "empty client_id"),
        (Fault::RegistrationAuthMethodUnusable, "needs keys of ours"),
    ] {
        let provider = provider();
        provider.set_fault(Some(fault.clone()));
        let refused = Party::registering(&provider, &ClientMetadata::new("Photo Album")).await;
        let Err(Failure::Protocol(error)) = refused else { panic!("nobody noticed {fault:?}") };
        assert!(error.to_string().contains(reason), "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn an_error_is_said_as_it_was_set() {
    let provider = provider();
    let fault = Fault::RegistrationError { error: "invalid_client_metadata".to_owned(), error_description: None };
    provider.set_fault(Some(fault));
    let answer = send(&provider, Request::post("http://127.0.0.1:3001/register"), "").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(json(&answer), serde_json::json!({"error": "invalid_client_metadata"}));
}

/// V33: as the Foundation's conformance suite says it, before it sends an ID Token without a signature.
#[tokio::test]
async fn a_client_can_be_told_that_it_is_registered_for_tokens_without_a_signature() {
    let provider = provider();
    provider.set_fault(Some(Fault::RegistrationAlgNone));
    let told = json(&register(&provider, &serde_json::json!({"redirect_uris": [REDIRECT_URI]})).await);
    assert_eq!(told["id_token_signed_response_alg"], "none");
}
