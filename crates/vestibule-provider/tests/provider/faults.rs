use http::{Request, StatusCode};
use vestibule_core::{HttpError, UserInfoMethod, jose::jwk::SkipReason, userinfo::UserInfoRequest};
use vestibule_provider::Fault;

use crate::party::{Failure, NOW, Party, ask, authorize_url, browser, json, parameter, provider, send};

/// The whole login with this fault, and why it came to nothing.
async fn refusal(fault: Fault) -> String {
    let provider = provider();
    let party = Party::rp(&provider).await.expect("discovery");
    provider.set_fault(Some(fault));
    let tokens = match party.tokens("openid").await {
        Ok(tokens) => tokens,
        Err(Failure::Protocol(error)) => return error.to_string(),
        Err(Failure::Http(error)) => return error.to_string(),
    };
    let expected = party.client.expected_id_token(&party.metadata);
    let id_token = match tokens.id_token().verify(&party.keys, &expected, NOW) {
        Ok(id_token) => id_token,
        Err(reason) => return format!("the ID Token {reason}"),
    };
    let (access_token, subject) = (tokens.access_token().clone(), id_token.subject().clone());
    let question = UserInfoRequest::new(&party.client, &party.metadata, UserInfoMethod::Get, access_token, subject);
    match ask(&provider, question.expect("an endpoint")).await {
        Err(Failure::Protocol(error)) => error.to_string(),
        Err(Failure::Http(error)) => error.to_string(),
        Ok(claims) => panic!("nobody noticed: {claims:?}"),
    }
}

#[tokio::test]
async fn every_fault_is_what_the_relying_party_refuses() {
    let (error, error_description) = ("temporarily_unavailable".to_owned(), Some("later".to_owned()));
    for (fault, reason) in [
        (Fault::WrongNonce, "nonce"),
        (Fault::MissingNonce, "nonce"),
        (Fault::WrongIssuer, "https://stranger.example"),
        (Fault::WrongAudience, "rp"),
        (Fault::Expired, "expired"),
        (Fault::BadSignature, "signature"),
        (Fault::AlgNone, "signed with 'none'"),
        (Fault::MissingSubject, "sub"),
        (Fault::WrongAccessTokenHash, "at_hash"),
        (Fault::UnknownKid, "no key for ES256"),
        (Fault::MissingIdToken, "no ID Token"),
        (Fault::AuthorizeError { error: error.clone(), error_description: error_description.clone() }, "later"),
        (Fault::TokenError { error, error_description }, "temporarily_unavailable"),
        (Fault::WrongResponseIssuer, "RFC 9207"),
        (Fault::MissingResponseIssuer, "RFC 9207"),
        (Fault::WrongUserInfoSubject, "somebody-else"),
        (Fault::TokenRedirect("https://evil.example/".to_owned()), "status 307"),
        (Fault::ServerError, "status 500"),
        (Fault::Oversized, "more than 65536 bytes"),
        (Fault::MalformedToken, "text/html"),
        (Fault::InvalidClient, "invalid_client"),
        (Fault::TokenErrorWithStatus200, "an error: invalid_grant"),
        (Fault::UserInfoServerError, "status 500"),
        (Fault::UserInfoMalformed, "text/html"),
        (Fault::OversizedUserInfo, "more than 262144 bytes"),
    ] {
        let fault_name = format!("{fault:?}");
        let got = refusal(fault).await;
        assert!(got.contains(reason), "{fault_name}: {got}");
    }
}

#[tokio::test]
async fn metadata_and_keys_that_are_not_in_order_are_refused() {
    let provider = provider();
    for (fault, reason) in [
        (Fault::MetadataIssuerMismatch, "https://stranger.example"),
        (Fault::MetadataServerError, "metadata document answered with status 500"),
        (Fault::MetadataMalformed, "metadata document answered with"),
        (Fault::OversizedMetadata, "more than 262144 bytes"),
        (Fault::JwksServerError, "key set answered with status 500"),
        (Fault::JwksMalformed, "key set answered with"),
        (Fault::OversizedJwks, "more than 262144 bytes"),
    ] {
        provider.set_fault(Some(fault.clone()));
        let got = match Party::rp(&provider).await.err().expect("a refusal") {
            Failure::Protocol(error) => error.to_string(),
            Failure::Http(error) => error.to_string(),
        };
        assert!(got.contains(reason), "{fault:?}: {got}");
    }
}

#[tokio::test]
async fn a_token_without_kid_is_signed_by_the_one_key_or_the_last_of_three() {
    let provider = provider();
    for (fault, count) in [(Fault::NoKid, 1), (Fault::NoKidManyKeys, 3)] {
        provider.set_fault(Some(fault));
        let answer = send(&provider, Request::get("http://127.0.0.1:3001/jwks"), "").await;
        let set = json(&answer);
        assert!(set["keys"].as_array().is_some_and(|keys| keys.iter().all(|key| key.get("kid").is_none())), "{set}");
        let party = Party::rp(&provider).await.expect("discovery");
        assert_eq!(party.keys.len(), count);
        assert!(party.sign_in(&mut browser(&provider)).await.expect("tokens").is_ok());
    }
}

/// V51
#[tokio::test]
async fn private_keys_stand_before_the_good_one() {
    let provider = provider();
    provider.set_fault(Some(Fault::PrivateKeyInJwks));
    let party = Party::rp(&provider).await.expect("discovery");
    let skipped: Vec<_> = party.keys.skipped().iter().map(|key| (key.kid.as_deref(), key.reason)).collect();
    assert_eq!(skipped, [(Some("private"), SkipReason::Private), (Some("symmetric"), SkipReason::Private)]);
    assert!(party.sign_in(&mut browser(&provider)).await.expect("tokens").is_ok());
}

#[tokio::test]
async fn a_fault_applies_until_it_is_cleared() {
    let provider = provider();
    let fault = Fault::AuthorizeError { error: "access_denied".to_owned(), error_description: None };
    provider.set_fault(Some(fault));
    let mut browser = browser(&provider);
    for _ in 0..2 {
        let page = browser.get(&authorize_url(&[])).await;
        let got = ["error", "error_description", "state"].map(|name| parameter(page.url(), name));
        assert_eq!(got, [Some("access_denied".to_owned()), None, Some("s 1".to_owned())]);
    }
    provider.set_fault(None);
    assert!(crate::party::is_sign_in(&browser.get(&authorize_url(&[])).await));
}

#[tokio::test]
async fn an_unreachable_provider_answers_503_over_a_port_and_nothing_by_function_call() {
    let provider = provider();
    provider.set_fault(Some(Fault::Unreachable));
    let page = browser(&provider).get("http://127.0.0.1:3001/jwks").await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(matches!(Party::rp(&provider).await, Err(Failure::Http(HttpError::Connect(_)))));
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_names_its_target() {
    let provider = provider();
    provider.set_fault(Some(Fault::TokenRedirect("https://evil.example/take".to_owned())));
    let answer = send(&provider, Request::post("http://127.0.0.1:3001/token"), "").await;
    assert_eq!(
        (answer.status(), &answer.headers()["location"]),
        (StatusCode::TEMPORARY_REDIRECT, &"https://evil.example/take".parse().expect("a header"))
    );
}
