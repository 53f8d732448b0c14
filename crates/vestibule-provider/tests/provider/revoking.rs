use bytes::Bytes;
use http::Response;
use serde_json::Value;
use vestibule_core::SignatureAlgorithm;
use vestibule_provider::{DevelopmentProvider, Fault, RegisteredClient};

use crate::party::{browser, json, login, post, post_as, provider, text, userinfo};

async fn tokens(provider: &DevelopmentProvider) -> Value {
    login(provider, &mut browser(provider), "openid offline_access").await
}

async fn revoke(provider: &DevelopmentProvider, fields: &[(&str, &str)]) -> u16 {
    post(provider, "/revoke", fields).await.status().as_u16()
}

async fn refresh(provider: &DevelopmentProvider, token: &str) -> u16 {
    post(provider, "/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await.status().as_u16()
}

fn error(answer: &Response<Bytes>) -> (u16, String) {
    (answer.status().as_u16(), text(&json(answer), "error").to_owned())
}

/// RFC 7009 2.1
#[tokio::test]
async fn a_revoked_access_token_opens_nothing_and_its_refresh_token_stays() {
    let provider = provider();
    for hint in ["access_token", "refresh_token", "unheard_of"] {
        let answer = tokens(&provider).await;
        let (access, refresh_token) = (text(&answer, "access_token"), text(&answer, "refresh_token"));
        assert_eq!(revoke(&provider, &[("token", access), ("token_type_hint", hint)]).await, 200);
        assert_eq!(userinfo(&provider, access).await, 401, "{hint}");
        assert_eq!(refresh(&provider, refresh_token).await, 200);
    }
    let tally = provider.tally();
    assert_eq!((tally.access_tokens_revoked, tally.refresh_tokens_revoked, tally.families_revoked), (3, 0, 0));
}

/// RFC 7009 2.1
#[tokio::test]
async fn a_revoked_refresh_token_takes_the_access_tokens_of_its_login_with_it() {
    let provider = provider();
    let (mine, other) = (tokens(&provider).await, tokens(&provider).await);
    assert_eq!(revoke(&provider, &[("token", text(&mine, "refresh_token"))]).await, 200);
    assert_eq!(refresh(&provider, text(&mine, "refresh_token")).await, 400);
    assert_eq!(userinfo(&provider, text(&mine, "access_token")).await, 401);
    assert_eq!(userinfo(&provider, text(&other, "access_token")).await, 200);
    let tally = provider.tally();
    assert_eq!((tally.refresh_tokens_revoked, tally.families_revoked, tally.reuses_detected), (1, 1, 0));
}

/// RFC 7009 2.2
#[tokio::test]
async fn a_token_that_nobody_knows_is_revoked_all_the_same() {
    let provider = provider();
    let answer = tokens(&provider).await;
    for token in ["guessed", text(&answer, "refresh_token"), text(&answer, "refresh_token")] {
        assert_eq!(revoke(&provider, &[("token", token)]).await, 200);
    }
    assert_eq!((provider.tally().unknown_tokens_revoked, provider.tally().refresh_tokens_revoked), (2, 1));
}

/// RFC 7009 2.1 and 2.2.1
#[tokio::test]
async fn only_the_client_itself_revokes_its_tokens() {
    let other = RegisteredClient::confidential("other", "o").id_token_signed_response_alg(SignatureAlgorithm::Es256);
    let provider = provider().client(other);
    let answer = tokens(&provider).await;
    for name in ["access_token", "refresh_token"] {
        let fields = [("token", text(&answer, name))];
        assert_eq!(error(&post_as(&provider, "other:o", "/revoke", &fields).await), (400, "invalid_grant".to_owned()));
        assert_eq!(
            error(&post_as(&provider, "rp:guessed", "/revoke", &fields).await),
            (401, "invalid_client".to_owned())
        );
    }
    assert_eq!(error(&post(&provider, "/revoke", &[]).await), (400, "invalid_request".to_owned()));
    assert_eq!(userinfo(&provider, text(&answer, "access_token")).await, 200);
    assert_eq!(refresh(&provider, text(&answer, "refresh_token")).await, 200);
}

/// RFC 7009 2.2.1
#[tokio::test]
async fn a_revocation_endpoint_that_has_no_time_revokes_nothing() {
    let provider = provider();
    let answer = tokens(&provider).await;
    provider.set_fault(Some(Fault::RevocationUnavailable));
    let refused = post(&provider, "/revoke", &[("token", text(&answer, "access_token"))]).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"] == "60"), (503, true));
    assert_eq!(userinfo(&provider, text(&answer, "access_token")).await, 200);
    assert_eq!(provider.count("/revoke"), 1);
}
