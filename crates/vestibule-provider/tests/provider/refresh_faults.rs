use http::{Request, StatusCode};
use serde_json::json as value;
use vestibule_core::{HttpClient, HttpError, Limits};
use vestibule_provider::{DevelopmentProvider, Fault, RefreshFault};

use crate::party::{NOW, browser, claims, json, login, post, provider, text};

const OFFLINE: &str = "openid offline_access";

/// A provider whose fault was there from the start, and the refresh token of a login that it did not disturb.
async fn with_fault(fault: RefreshFault) -> (DevelopmentProvider, String) {
    let provider = provider();
    provider.set_fault(Some(Fault::Refresh(fault)));
    let answer = login(&provider, &mut browser(&provider), OFFLINE).await;
    let claims = claims(text(&answer, "id_token"));
    for (name, value) in
        [("iss", value!(provider.issuer())), ("sub", value!("alice")), ("nonce", value!("n-1")), ("iat", value!(NOW))]
    {
        assert_eq!(claims.get(name), Some(&value), "{fault:?}");
    }
    assert_eq!(text(&answer, "scope"), OFFLINE);
    let token = text(&answer, "refresh_token").to_owned();
    (provider, token)
}

fn refresh(token: &str) -> [(&'static str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

/// Core 12.2
#[tokio::test]
async fn each_fault_of_a_refreshed_id_token_changes_its_one_claim() {
    for (fault, name, wrong) in [
        (RefreshFault::WrongIssuer, "iss", value!("https://stranger.example")),
        (RefreshFault::WrongSubject, "sub", value!("somebody-else")),
        (RefreshFault::WrongAudience, "aud", value!("another-client")),
        (RefreshFault::WrongAuthTime, "auth_time", value!(NOW.plus(1))),
        (RefreshFault::WrongNonce, "nonce", value!("the-nonce-of-another-login")),
        (RefreshFault::OlderIssuedAt, "iat", value!(NOW.minus(1))),
    ] {
        let (provider, token) = with_fault(fault).await;
        provider.set_now(NOW.plus(10));
        let got = claims(text(&json(&post(&provider, "/token", &refresh(&token)).await), "id_token"));
        for (claim, right) in [
            ("iss", value!(provider.issuer())),
            ("sub", value!("alice")),
            ("aud", value!("rp")),
            ("auth_time", value!(NOW)),
            ("iat", value!(NOW.plus(10))),
            ("nonce", value!(null)),
        ] {
            assert_eq!(got[claim], if claim == name { wrong.clone() } else { right }, "{fault:?}: {claim}");
        }
    }
    assert_eq!(RefreshFault::OF_ID_TOKEN.len(), 6);
}

#[tokio::test]
async fn an_error_leaves_the_refresh_token_as_it_was() {
    for (fault, status) in [(RefreshFault::InvalidGrant, 400), (RefreshFault::ServerError, 500)] {
        let (provider, token) = with_fault(fault).await;
        let answer = post(&provider, "/token", &refresh(&token)).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"] == "no-store"), (status, true));
        provider.set_fault(None);
        assert_eq!(post(&provider, "/token", &refresh(&token)).await.status(), StatusCode::OK);
        assert_eq!((provider.tally().refresh_requests, provider.tally().reuses_detected), (2, 0));
    }
    let (provider, token) = with_fault(RefreshFault::InvalidGrant).await;
    assert_eq!(json(&post(&provider, "/token", &refresh(&token)).await), value!({"error": "invalid_grant"}));
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_leaves_the_old_one_good() {
    let (provider, token) = with_fault(RefreshFault::NoRefreshToken).await;
    for _ in 0..2 {
        let answer = json(&post(&provider, "/token", &refresh(&token)).await);
        assert!(answer.get("access_token").is_some() && answer.get("refresh_token").is_none());
    }
    assert_eq!((provider.tally().refreshes, provider.tally().reuses_detected), (2, 0));
}

#[tokio::test]
async fn a_wider_scope_has_a_value_that_nobody_granted() {
    let (provider, token) = with_fault(RefreshFault::WiderScope).await;
    let answer = json(&post(&provider, "/token", &refresh(&token)).await);
    assert_eq!(answer["scope"], value!("openid offline_access everything"));
}

#[tokio::test]
async fn a_lost_answer_has_used_the_token() {
    let (provider, token) = with_fault(RefreshFault::AnswerLost).await;
    let ask = || {
        let request =
            Request::post("http://127.0.0.1:3001/token").header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("authorization", "Basic cnA6cyUzQSUyNSUyQiVDMyVBOQ==");
        request.body(format!("grant_type=refresh_token&refresh_token={token}").into()).expect("a request")
    };
    let answer = provider.send(ask(), Limits::new(usize::MAX, &[])).await;
    assert!(matches!(answer, Err(HttpError::Timeout(_))), "{answer:?}");
    assert_eq!(provider.tally().rotations, 1);
    provider.set_fault(None);
    let answer = provider.send(ask(), Limits::new(usize::MAX, &[])).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), provider.tally().reuses_detected), (400, 1));
}

#[tokio::test]
async fn a_lost_answer_is_a_504_over_a_port() {
    let (provider, token) = with_fault(RefreshFault::AnswerLost).await;
    let page = browser(&provider)
        .request(
            Request::post("http://127.0.0.1:3001/token")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("authorization", "Basic cnA6cyUzQSUyNSUyQiVDMyVBOQ==")
                .body(format!("grant_type=refresh_token&refresh_token={token}").into())
                .expect("a request"),
        )
        .await;
    assert_eq!((page.status(), page.text()), (StatusCode::GATEWAY_TIMEOUT, ""));
}
