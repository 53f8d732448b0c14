use http::{Request, StatusCode};
use vestibule_provider::DevelopmentProvider;

use crate::party::{NOW, Party, json, provider, send};

const USERINFO: &str = "http://127.0.0.1:3001/userinfo";

async fn access_token(provider: &DevelopmentProvider, scope: &str) -> String {
    let party = Party::rp(provider).await.expect("discovery");
    party.tokens(scope).await.expect("tokens").access_token().expose().clone()
}

/// RFC 6750 2.1, 2.2
#[tokio::test]
async fn the_access_token_comes_in_the_header_or_in_the_body() {
    let provider = provider();
    let token = access_token(&provider, "openid profile").await;
    let bearer = format!("Bearer {token}");
    for (request, body) in [
        (Request::get(USERINFO).header("authorization", &bearer), String::new()),
        (Request::post(USERINFO).header("authorization", &bearer), String::new()),
        (Request::post(USERINFO), format!("access_token={token}")),
    ] {
        let answer = send(&provider, request, &body).await;
        assert_eq!((answer.status(), json(&answer)["name"].as_str()), (StatusCode::OK, Some("Alice Liddell")));
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
    let both = Request::post(USERINFO).header("authorization", &bearer);
    assert_eq!(send(&provider, both, &format!("access_token={token}")).await.status(), StatusCode::BAD_REQUEST);
    let in_query = Request::get(format!("{USERINFO}?access_token={token}"));
    assert_eq!(send(&provider, in_query, "").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_that_is_missing_unknown_or_expired_opens_nothing() {
    let provider = provider();
    let token = access_token(&provider, "openid").await;
    provider.set_now(NOW.plus(3600));
    for (authorization, challenge) in [
        (String::new(), "Bearer"),
        ("Bearer guessed".to_owned(), "Bearer error=\"invalid_token\""),
        (format!("Bearer {token}"), "Bearer error=\"invalid_token\""),
        (format!("Basic {token}"), "Bearer"),
    ] {
        let request = Request::get(USERINFO).header("authorization", &authorization);
        let answer = send(&provider, request, "").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers()["www-authenticate"], challenge);
    }
}
