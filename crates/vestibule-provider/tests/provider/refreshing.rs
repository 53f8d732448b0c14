use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json as value};
use vestibule_core::{JwkSet, SignatureAlgorithm, jose::CompactJws};
use vestibule_provider::{DevelopmentProvider, RefreshTokens, RegisteredClient};

use crate::party::{NOW, REDIRECT_URI, browser, claims, json, login, post, post_as, provider, text, userinfo};

const OFFLINE: &str = "openid email offline_access";

/// What a login of alice brings that asks for offline access.
async fn tokens(provider: &DevelopmentProvider) -> Value {
    login(provider, &mut browser(provider), OFFLINE).await
}

async fn refresh(provider: &DevelopmentProvider, refresh_token: &str, more: &[(&str, &str)]) -> Response<Bytes> {
    let fields = [&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)], more].concat();
    post(provider, "/token", &fields).await
}

/// A refresh that is granted.
async fn refreshed(provider: &DevelopmentProvider, refresh_token: &str) -> Value {
    let answer = refresh(provider, refresh_token, &[]).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (200, &value_of("no-store")));
    json(&answer)
}

fn value_of(text: &'static str) -> http::HeaderValue {
    http::HeaderValue::from_static(text)
}

async fn refusal(provider: &DevelopmentProvider, refresh_token: &str, more: &[(&str, &str)]) -> String {
    let answer = refresh(provider, refresh_token, more).await;
    assert_eq!(answer.status().as_u16(), 400);
    text(&json(&answer), "error").to_owned()
}

/// Core 11, Registration 2
#[tokio::test]
async fn a_refresh_token_comes_with_offline_access_or_to_a_client_that_registered_for_it() {
    let plain = provider();
    let registered = provider().client(
        RegisteredClient::confidential("rp", "s:%+é")
            .redirect_uri(REDIRECT_URI)
            .id_token_signed_response_alg(SignatureAlgorithm::Es256)
            .grant_type("refresh_token"),
    );
    for (provider, scope, expected) in
        [(&plain, "openid", false), (&plain, OFFLINE, true), (&registered, "openid", true)]
    {
        let answer = login(provider, &mut browser(provider), scope).await;
        assert_eq!(answer.get("refresh_token").is_some(), expected, "{scope}");
    }
}

#[tokio::test]
async fn a_refresh_gives_a_new_access_token_for_the_same_scope_and_the_same_person() {
    let provider = provider();
    let first = tokens(&provider).await;
    provider.set_now(NOW.plus(3000));
    let second = refreshed(&provider, text(&first, "refresh_token")).await;
    assert_ne!(text(&first, "access_token"), text(&second, "access_token"));
    assert_eq!((&second["scope"], &second["token_type"]), (&value!(OFFLINE), &value!("Bearer")));
    // The first one lives until its end.
    provider.set_now(NOW.plus(3600));
    for (answer, status) in [(&first, 401), (&second, 200)] {
        assert_eq!(userinfo(&provider, text(answer, "access_token")).await, status);
    }
}

/// Core 12.2
#[tokio::test]
async fn a_refreshed_id_token_is_about_the_same_login_and_has_no_nonce() {
    let provider = provider();
    let first = tokens(&provider).await;
    provider.set_now(NOW.plus(3000));
    let second = refreshed(&provider, text(&first, "refresh_token")).await;
    let (before, after) = (claims(text(&first, "id_token")), claims(text(&second, "id_token")));
    for name in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert_eq!((&before["nonce"], after.get("nonce")), (&value!("n-1"), None));
    assert_eq!((&after["iat"], &after["exp"]), (&value!(NOW.plus(3000)), &value!(NOW.plus(3300))));

    let keys = post(&provider, "/jwks", &[]).await;
    assert_eq!(keys.status().as_u16(), 405);
    let request = http::Request::get("http://127.0.0.1:3001/jwks");
    let keys = JwkSet::from_json(crate::party::send(&provider, request, "").await.body()).expect("a key set");
    let token = CompactJws::parse(text(&second, "id_token")).expect("a token");
    assert!(token.verify(SignatureAlgorithm::Es256, &keys).is_ok());
}

#[tokio::test]
async fn a_refresh_may_come_without_an_id_token() {
    let provider = provider().without_id_token_at_refresh();
    let first = tokens(&provider).await;
    assert!(first.get("id_token").is_some(), "only refreshing is meant");
    assert!(refreshed(&provider, text(&first, "refresh_token")).await.get("id_token").is_none());
}

/// RFC 9700 4.14.2
#[tokio::test]
async fn a_used_refresh_token_that_comes_again_revokes_all_that_came_of_its_login_and_nothing_else() {
    let provider = provider();
    let (first, other) = (tokens(&provider).await, tokens(&provider).await);
    let second = refreshed(&provider, text(&first, "refresh_token")).await;
    let third = refreshed(&provider, text(&second, "refresh_token")).await;
    assert_eq!(refusal(&provider, text(&first, "refresh_token"), &[]).await, "invalid_grant");
    assert_eq!(refusal(&provider, text(&third, "refresh_token"), &[]).await, "invalid_grant");
    for answer in [&first, &second, &third] {
        assert_eq!(userinfo(&provider, text(answer, "access_token")).await, 401);
    }
    assert_eq!(userinfo(&provider, text(&other, "access_token")).await, 200);
    refreshed(&provider, text(&other, "refresh_token")).await;
    let tally = provider.tally();
    assert_eq!((tally.refresh_requests, tally.refreshes, tally.rotations), (5, 3, 3));
    assert_eq!((tally.reuses_detected, tally.families_revoked), (1, 1), "what is revoked is not revoked again");
}

#[tokio::test]
async fn within_the_grace_a_used_token_is_answered_again() {
    let provider = provider().refresh_tokens(RefreshTokens::RotatingWithGrace(Duration::from_secs(30)));
    let first = tokens(&provider).await;
    let second = refreshed(&provider, text(&first, "refresh_token")).await;
    provider.set_now(NOW.plus(30));
    let again = refreshed(&provider, text(&first, "refresh_token")).await;
    for answer in [&second, &again] {
        assert_eq!(userinfo(&provider, text(answer, "access_token")).await, 200);
    }
    refreshed(&provider, text(&second, "refresh_token")).await;
    let tally = provider.tally();
    assert_eq!((tally.rotations, tally.reuses_within_grace, tally.reuses_detected), (2, 1, 0));
    provider.set_now(NOW.plus(31));
    assert_eq!(refusal(&provider, text(&first, "refresh_token"), &[]).await, "invalid_grant");
    assert_eq!(refusal(&provider, text(&again, "refresh_token"), &[]).await, "invalid_grant");
    assert_eq!(provider.tally().reuses_detected, 1);
}

#[tokio::test]
async fn a_lasting_token_is_repeated_in_every_answer() {
    let provider = provider().refresh_tokens(RefreshTokens::Lasting);
    let first = tokens(&provider).await;
    for _ in 0..3 {
        assert_eq!(refreshed(&provider, text(&first, "refresh_token")).await["refresh_token"], first["refresh_token"]);
    }
    let tally = provider.tally();
    assert_eq!((tally.refreshes, tally.rotations, tally.reuses_detected), (3, 0, 0));
}

/// RFC 6749 6
#[tokio::test]
async fn a_refresh_may_ask_for_less_and_never_for_more() {
    let provider = provider();
    let first = tokens(&provider).await;
    let token = text(&first, "refresh_token");
    for scope in ["openid profile", "everything", "openid email offline_access admin"] {
        assert_eq!(refusal(&provider, token, &[("scope", scope)]).await, "invalid_scope", "{scope}");
    }
    // A request that was refused has used nothing.
    let narrow = json(&refresh(&provider, token, &[("scope", "openid")]).await);
    assert_eq!(narrow["scope"], value!("openid"));
    let wide = refreshed(&provider, text(&narrow, "refresh_token")).await;
    assert_eq!(wide["scope"], value!(OFFLINE));
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_alone() {
    let other = RegisteredClient::confidential("other", "o").id_token_signed_response_alg(SignatureAlgorithm::Es256);
    let provider = provider().client(other);
    let first = tokens(&provider).await;
    let token = text(&first, "refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    for (basic, expected) in [("other:o", (400, "invalid_grant")), ("rp:guessed", (401, "invalid_client"))] {
        let answer = post_as(&provider, basic, "/token", &fields).await;
        assert_eq!((answer.status().as_u16(), text(&json(&answer), "error")), expected);
    }
    for (token, expected) in [("", "invalid_request"), ("guessed", "invalid_grant")] {
        assert_eq!(refusal(&provider, token, &[]).await, expected);
    }
    // Nobody's try has used it.
    refreshed(&provider, token).await;
    assert_eq!(provider.tally().refresh_requests, 5);
}

/// RFC 6749 4.1.2
#[tokio::test]
async fn a_code_that_comes_twice_ends_its_refresh_token_too() {
    let provider = provider();
    let code = crate::party::code(&provider, &[("scope", OFFLINE)]).await;
    let verifier = ("code_verifier", crate::party::VERIFIER);
    let fields = [("grant_type", "authorization_code"), ("redirect_uri", REDIRECT_URI), verifier, ("code", &code)];
    let first = json(&post(&provider, "/token", &fields).await);
    assert_eq!(post(&provider, "/token", &fields).await.status().as_u16(), 400);
    assert_eq!(refusal(&provider, text(&first, "refresh_token"), &[]).await, "invalid_grant");
}

#[tokio::test]
async fn access_tokens_live_as_long_as_was_said() {
    let provider = provider().access_tokens_live(Duration::from_secs(60));
    let first = tokens(&provider).await;
    assert_eq!(first["expires_in"], value!(60));
    for (age, status) in [(59, 200), (60, 401)] {
        provider.set_now(NOW.plus(age));
        assert_eq!(userinfo(&provider, text(&first, "access_token")).await, status, "after {age} seconds");
    }
}

#[tokio::test]
async fn a_hundred_refreshes_are_counted_as_a_hundred() {
    let provider = provider();
    let mut token = text(&tokens(&provider).await, "refresh_token").to_owned();
    for _ in 0..100 {
        token = text(&refreshed(&provider, &token).await, "refresh_token").to_owned();
    }
    let tally = provider.tally();
    assert_eq!((tally.refresh_requests, tally.rotations, tally.reuses_detected), (100, 100, 0));
    provider.forget_requests();
    assert_eq!(provider.tally(), vestibule_provider::Tally::default());
}
