use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use url::form_urlencoded;
use vestibule_core::{SignatureAlgorithm, TokenEndpointAuthMethod};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

use crate::party::{NOW, REDIRECT_URI, VERIFIER, code, json, provider, send};

const CREDENTIALS: &str = "rp:s%3A%25%2B%C3%A9";

/// A token request of `rp` that is in order, with these parameters changed; an empty value leaves one out.
async fn redeem(provider: &DevelopmentProvider, basic: Option<&str>, changes: &[(&str, &str)]) -> Response<Bytes> {
    let mut fields =
        vec![("grant_type", "authorization_code"), ("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)];
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::post("http://127.0.0.1:3001/token");
    request = request.header("content-type", "application/x-www-form-urlencoded");
    if let Some(credentials) = basic {
        request = request.header("authorization", format!("Basic {}", STANDARD.encode(credentials)));
    }
    send(provider, request, &body).await
}

/// RFC 6749 5.2
fn error(response: &Response<Bytes>) -> (u16, String) {
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
    (
        response.status().as_u16(),
        json(response).get("error").and_then(|error| error.as_str()).expect("an error").to_owned(),
    )
}

async fn opens_userinfo(provider: &DevelopmentProvider, access_token: &str) -> bool {
    let request =
        Request::get("http://127.0.0.1:3001/userinfo").header("authorization", format!("Bearer {access_token}"));
    send(provider, request, "").await.status() == StatusCode::OK
}

/// RFC 6749 4.1.2
#[tokio::test]
async fn a_code_is_good_once_and_a_second_use_ends_what_the_first_brought() {
    let provider = provider();
    let code = code(&provider, &[]).await;
    let first = redeem(&provider, Some(CREDENTIALS), &[("code", &code)]).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()["cache-control"], "no-store");
    let access_token = json(&first)["access_token"].as_str().expect("a token").to_owned();
    assert!(opens_userinfo(&provider, &access_token).await);
    let second = redeem(&provider, Some(CREDENTIALS), &[("code", &code)]).await;
    assert_eq!(error(&second), (400, "invalid_grant".to_owned()));
    assert!(!opens_userinfo(&provider, &access_token).await);
}

#[tokio::test]
async fn a_code_is_good_for_60_seconds() {
    let provider = provider();
    for (age, status) in [(60, 200), (61, 400)] {
        provider.set_now(NOW);
        let code = code(&provider, &[]).await;
        provider.set_now(NOW.plus(age));
        let answer = redeem(&provider, Some(CREDENTIALS), &[("code", &code)]).await;
        assert_eq!(answer.status().as_u16(), status, "after {age} seconds");
    }
}

#[tokio::test]
async fn a_code_is_bound_to_its_client_its_redirect_uri_and_its_challenge() {
    let provider = provider();
    for changes in [
        [("redirect_uri", "http://localhost:3000/other?kept=yes")],
        [("redirect_uri", "")],
        [("code_verifier", "")],
        [("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")],
        [("code_verifier", "short")],
    ] {
        let code = code(&provider, &[]).await;
        let answer = redeem(&provider, Some(CREDENTIALS), &[changes[0], ("code", &code)]).await;
        assert_eq!(error(&answer), (400, "invalid_grant".to_owned()), "{changes:?}");
    }
    let code = code(&provider, &[]).await;
    let answer = redeem(&provider, None, &[("client_id", "spa"), ("code", &code)]).await;
    assert_eq!(error(&answer), (400, "invalid_grant".to_owned()));
    // Somebody else's try does not burn it.
    assert_eq!(redeem(&provider, Some(CREDENTIALS), &[("code", &code)]).await.status(), StatusCode::OK);
}

/// RFC 9700 4.8.2
#[tokio::test]
async fn a_verifier_without_a_challenge_before_is_refused() {
    let provider = provider();
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let downgraded = code(&provider, &without).await;
    let answer = redeem(&provider, Some(CREDENTIALS), &[("code", &downgraded)]).await;
    assert_eq!(error(&answer), (400, "invalid_grant".to_owned()));
    let plain = code(&provider, &without).await;
    let answer = redeem(&provider, Some(CREDENTIALS), &[("code", &plain), ("code_verifier", "")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_authenticates_by_exactly_its_registered_method() {
    let post = RegisteredClient::confidential("poster", "s")
        .redirect_uri(REDIRECT_URI)
        .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost)
        .id_token_signed_response_alg(SignatureAlgorithm::Es256);
    let provider = provider().client(post);
    for (client, basic, shown, expected) in [
        ("rp", Some(CREDENTIALS), vec![], 200),
        ("rp", Some(CREDENTIALS), vec![("client_id", "rp")], 200),
        ("rp", Some(CREDENTIALS), vec![("client_id", "spa")], 400),
        ("rp", Some(CREDENTIALS), vec![("client_id", "rp"), ("client_secret", "s:%+é")], 400),
        ("rp", Some("rp:wrong"), vec![], 401),
        ("rp", Some("rp:"), vec![], 401),
        ("rp", Some("rp:s:%+é"), vec![], 401),
        ("rp", None, vec![("client_id", "rp"), ("client_secret", "s:%+é")], 401),
        ("rp", None, vec![("client_id", "rp")], 401),
        ("rp", None, vec![], 401),
        ("rp", Some("nobody:s"), vec![], 401),
        ("poster", None, vec![("client_id", "poster"), ("client_secret", "s")], 200),
        ("poster", None, vec![("client_id", "poster"), ("client_secret", "S")], 401),
        ("poster", Some("poster:s"), vec![], 401),
        ("spa", None, vec![("client_id", "spa")], 200),
        ("spa", None, vec![("client_id", "spa"), ("client_secret", "x")], 401),
        ("spa", Some("spa:"), vec![], 401),
    ] {
        let code = code(&provider, &[("client_id", client)]).await;
        let mut changes = shown.clone();
        changes.push(("code", &code));
        let answer = redeem(&provider, basic, &changes).await;
        assert_eq!(answer.status().as_u16(), expected, "{client} {basic:?} {shown:?}");
        if expected == 401 {
            assert_eq!(error(&answer).1, "invalid_client");
            assert!(answer.headers()["www-authenticate"].to_str().is_ok_and(|value| value.starts_with("Basic ")));
        }
    }
}

#[tokio::test]
async fn a_token_request_that_is_not_in_order_says_why() {
    let provider = provider();
    for (changes, expected) in [
        ([("grant_type", "")], "invalid_request"),
        ([("grant_type", "password")], "unsupported_grant_type"),
        ([("code", "")], "invalid_request"),
        ([("code", "guessed")], "invalid_grant"),
    ] {
        let answer = redeem(&provider, Some(CREDENTIALS), &[("code", "x"), changes[0]]).await;
        let answer = if changes[0].0 == "code" { redeem(&provider, Some(CREDENTIALS), &changes).await } else { answer };
        assert_eq!(error(&answer), (400, expected.to_owned()), "{changes:?}");
    }
    let twice = redeem(&provider, Some(CREDENTIALS), &[("code", "a"), ("code", "b")]).await;
    assert_eq!(error(&twice), (400, "invalid_request".to_owned()));
    let request = Request::post("http://127.0.0.1:3001/token").header("content-type", "application/json");
    assert_eq!(error(&send(&provider, request, "{}").await), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn the_token_endpoint_takes_posts_only() {
    let answer = send(&provider(), Request::get("http://127.0.0.1:3001/token"), "").await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
}
