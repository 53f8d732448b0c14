//! Core 5.6.2

use http::{Request, StatusCode};
use serde_json::{Value, json};
use vestibule_core::{JwkSet, SignatureAlgorithm, jose::CompactJws};
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::party::{ISSUER, browser, json as parsed, login, part, provider, send, text};

async fn userinfo(provider: &DevelopmentProvider) -> Value {
    let tokens = login(provider, &mut browser(provider), "openid").await;
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    parsed(&send(provider, Request::get("http://127.0.0.1:3001/userinfo").header("authorization", bearer), "").await)
}

#[tokio::test]
async fn nobody_elses_claims_are_there_unless_wanted() {
    let claims = userinfo(&provider()).await;
    assert!(claims.get("_claim_names").is_none() && claims.get("_claim_sources").is_none());
}

#[tokio::test]
async fn aggregated_claims_come_along_in_a_token_without_a_signature() {
    let claims = userinfo(&provider().with_aggregated_claims()).await;
    assert_eq!(claims["_claim_names"], json!({"shipping_address": "src1", "payment_info": "src1"}));
    let token = text(&claims["_claim_sources"]["src1"], "JWT");
    assert_eq!((&part(token, 0)["alg"], &part(token, 1)["sub"]), (&json!("none"), &json!("alice")));
    assert!(
        token.ends_with('.')
            && part(token, 1)["payment_info"].is_string()
            && part(token, 1)["shipping_address"].is_object()
    );
}

#[tokio::test]
async fn a_distributed_claim_is_where_the_answer_says_for_whoever_shows_its_access_token() {
    let provider = provider().with_aggregated_claims().with_distributed_claims();
    let claims = userinfo(&provider).await;
    assert_eq!(claims["_claim_names"].as_object().map(|names| names.len()), Some(3));
    let source = &claims["_claim_sources"]["src2"];
    assert_eq!(text(source, "endpoint"), "http://127.0.0.1:3001/claims");
    let good = format!("Bearer {}", text(source, "access_token"));
    for (authorization, status) in [
        (String::new(), StatusCode::UNAUTHORIZED),
        ("Bearer guessed".to_owned(), StatusCode::UNAUTHORIZED),
        (good, StatusCode::OK),
    ] {
        let request = Request::get(text(source, "endpoint")).header("authorization", authorization);
        let answer = send(&provider, request, "").await;
        assert_eq!(answer.status(), status);
        if status == StatusCode::OK {
            assert_eq!(answer.headers()["content-type"], "application/jwt");
            let token = String::from_utf8(answer.body().to_vec()).expect("a token");
            assert_eq!(part(&token, 1), json!({"iss": ISSUER, "sub": "alice", "credit_score": 650}));
            let keys = send(&provider, Request::get("http://127.0.0.1:3001/jwks"), "").await;
            let keys = JwkSet::from_json(keys.body()).expect("a key set");
            assert!(CompactJws::parse(&token).expect("a token").verify(SignatureAlgorithm::Es256, &keys).is_ok());
        }
    }
    assert_eq!(provider.count("/claims"), 3);
}

/// R84
#[tokio::test]
async fn a_distributed_claim_can_be_said_to_be_anywhere() {
    let claims = userinfo(&provider().with_distributed_claims_at("http://169.254.169.254/latest")).await;
    assert_eq!(text(&claims["_claim_sources"]["src2"], "endpoint"), "http://169.254.169.254/latest");
}

#[tokio::test]
async fn every_fault_spoils_the_answer_of_the_claims_endpoint_and_nothing_else() {
    let provider = provider().with_distributed_claims();
    let claims = userinfo(&provider).await;
    let source = &claims["_claim_sources"]["src2"];
    let ask = async || {
        let bearer = format!("Bearer {}", text(source, "access_token"));
        let request = Request::get(text(source, "endpoint")).header("authorization", bearer);
        let answer = send(&provider, request, "").await;
        (answer.status(), String::from_utf8(answer.body().to_vec()).expect("a text"))
    };
    for (fault, status) in
        [(Fault::ClaimsServerError, StatusCode::INTERNAL_SERVER_ERROR), (Fault::ClaimsMalformed, StatusCode::OK)]
    {
        provider.set_fault(Some(fault));
        let (got, text) = ask().await;
        assert!(got == status && text.split('.').count() != 3, "{text}");
    }
    let keys = send(&provider, Request::get("http://127.0.0.1:3001/jwks"), "").await;
    let keys = JwkSet::from_json(keys.body()).expect("a key set");
    for (fault, sub, is_good) in
        [(Fault::ClaimsWrongSubject, "somebody-else", true), (Fault::ClaimsBadSignature, "alice", false)]
    {
        provider.set_fault(Some(fault));
        let (_, token) = ask().await;
        let verified = CompactJws::parse(&token).expect("a token").verify(SignatureAlgorithm::Es256, &keys);
        assert_eq!((&part(&token, 1)["sub"], verified.is_ok()), (&json!(sub), is_good));
    }
    assert_eq!(userinfo(&provider).await["sub"], "alice");
}
