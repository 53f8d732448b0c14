//! RFC 7592

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use vestibule_core::SignatureAlgorithm;
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::{
    party::{self, GOODBYE, REDIRECT_URI, VERIFIER, browser, post_as, provider, send, text, userinfo},
    registration_metadata::register,
};

async fn registered(provider: &DevelopmentProvider) -> Value {
    party::json(&register(provider, &json!({"redirect_uris": [REDIRECT_URI]})).await)
}

/// A request of the client to what it was told is its registration.
async fn manage(
    provider: &DevelopmentProvider,
    method: Method,
    told: &Value,
    token: &str,
    body: &Value,
) -> Response<Bytes> {
    let request = Request::builder()
        .method(method)
        .uri(text(told, "registration_client_uri"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    send(provider, request, &body.to_string()).await
}

async fn update(provider: &DevelopmentProvider, told: &Value, body: &Value) -> Response<Bytes> {
    manage(provider, Method::PUT, told, text(told, "registration_access_token"), body).await
}

async fn read(provider: &DevelopmentProvider, told: &Value, token: &str) -> StatusCode {
    manage(provider, Method::GET, told, token, &Value::Null).await.status()
}

/// RFC 7592 2.2: the whole registration, in the place of the whole.
#[tokio::test]
async fn a_client_replaces_its_registration_and_keeps_its_credentials() {
    let provider = provider().with_suite_credentials();
    let asked =
        json!({"redirect_uris": [REDIRECT_URI], "client_name": "Photo Album", "post_logout_redirect_uris": [GOODBYE]});
    let told = party::json(&register(&provider, &asked).await);
    let new = json!({
        "client_id": told["client_id"],
        "client_secret": told["client_secret"],
        "redirect_uris": ["http://localhost:3000/new"],
        "id_token_signed_response_alg": "ES256",
    });
    let answer = update(&provider, &told, &new).await;
    assert_eq!(
        (answer.status(), &answer.headers()["cache-control"]),
        (StatusCode::OK, &"no-store".parse().expect("valid"))
    );
    let updated = party::json(&answer);
    for member in
        ["client_id", "client_secret", "registration_access_token", "registration_client_uri", "client_id_issued_at"]
    {
        assert_eq!(updated[member], told[member], "{member}");
    }
    assert_eq!(updated["redirect_uris"], json!(["http://localhost:3000/new"]));
    assert!(updated.get("client_name").is_none() && updated.get("post_logout_redirect_uris").is_none());
    let client = provider.registered(text(&told, "client_id")).expect("registered");
    assert_eq!(client.id_token_algorithm(), SignatureAlgorithm::Es256);
    for (redirect_uri, status) in
        [(REDIRECT_URI, StatusCode::BAD_REQUEST), ("http://localhost:3000/new", StatusCode::OK)]
    {
        let url = party::authorize_url(&[("client_id", text(&told, "client_id")), ("redirect_uri", redirect_uri)]);
        assert_eq!(browser(&provider).get(&url).await.status(), status, "{redirect_uri}");
    }
    let again = manage(&provider, Method::GET, &told, text(&told, "registration_access_token"), &Value::Null).await;
    assert_eq!(party::json(&again), updated);
}

#[tokio::test]
async fn an_update_that_is_not_in_order_changes_nothing() {
    let provider = provider();
    let told = registered(&provider).await;
    for (member, value) in [
        ("client_id", Value::Null),
        ("client_id", json!("rp")),
        ("client_secret", json!("guessed")),
        ("registration_access_token", told["registration_access_token"].clone()),
        ("registration_client_uri", told["registration_client_uri"].clone()),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", json!(0)),
        ("grant_types", json!(["implicit"])),
        ("client_name", json!(1)),
    ] {
        let mut body = json!({"client_id": told["client_id"], "redirect_uris": ["http://localhost:3000/new"]});
        body[member] = value.clone();
        let answer = update(&provider, &told, &body).await;
        assert_eq!(
            (answer.status(), text(&party::json(&answer), "error")),
            (StatusCode::BAD_REQUEST, "invalid_client_metadata"),
            "{member} {value}"
        );
    }
    let answer = update(&provider, &told, &json!([])).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let still = manage(&provider, Method::GET, &told, text(&told, "registration_access_token"), &Value::Null).await;
    assert_eq!(party::json(&still), told);
}

#[tokio::test]
async fn a_client_that_shows_no_secret_any_more_has_none_and_gets_one_when_it_needs_one() {
    let provider = provider();
    let told = registered(&provider).await;
    let new = |method| json!({"client_id": told["client_id"], "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": method});
    let public = party::json(&update(&provider, &told, &new("none")).await);
    assert!(public.get("client_secret").is_none());
    let confidential = party::json(&update(&provider, &told, &new("client_secret_post")).await);
    assert!(text(&confidential, "client_secret").len() >= 64 && confidential["client_secret"] != told["client_secret"]);
}

/// RFC 7592 5
#[tokio::test]
async fn a_token_that_rotates_is_good_until_the_next_comes() {
    let provider = provider().rotates_registration_access_tokens();
    let told = registered(&provider).await;
    let first = text(&told, "registration_access_token");
    assert_eq!(read(&provider, &told, first).await, StatusCode::OK, "reading rotates nothing");
    let new = json!({"client_id": told["client_id"], "redirect_uris": [REDIRECT_URI]});
    let updated = party::json(&update(&provider, &told, &new).await);
    let second = text(&updated, "registration_access_token");
    assert_ne!(first, second);
    assert_eq!(read(&provider, &told, first).await, StatusCode::UNAUTHORIZED);
    assert_eq!(update(&provider, &told, &new).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(read(&provider, &told, second).await, StatusCode::OK);
}

/// The access token of a login at this client.
async fn access_token(provider: &DevelopmentProvider, told: &Value) -> String {
    let code = party::code(provider, &[("client_id", text(told, "client_id"))]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
        ("code", &code),
    ];
    let basic = format!("{}:{}", text(told, "client_id"), text(told, "client_secret"));
    text(&party::json(&post_as(provider, &basic, "/token", &fields).await), "access_token").to_owned()
}

/// RFC 7592 2.3
#[tokio::test]
async fn a_client_that_ended_its_registration_is_unknown_and_its_tokens_open_nothing() {
    let provider = provider();
    let (told, other) = (registered(&provider).await, registered(&provider).await);
    let access_tokens = [access_token(&provider, &told).await, access_token(&provider, &other).await];
    let token = text(&told, "registration_access_token");
    let gone = manage(&provider, Method::DELETE, &told, token, &Value::Null).await;
    assert_eq!((gone.status(), gone.body().len()), (StatusCode::NO_CONTENT, 0));
    assert!(provider.registered(text(&told, "client_id")).is_none());
    assert_eq!(read(&provider, &told, token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(read(&provider, &other, text(&other, "registration_access_token")).await, StatusCode::OK);
    for (access_token, status) in access_tokens.iter().zip([401, 200]) {
        assert_eq!(userinfo(&provider, access_token).await, status);
    }
}

#[tokio::test]
async fn whoever_shows_another_token_changes_and_ends_nothing() {
    let provider = provider();
    let (told, other) = (registered(&provider).await, registered(&provider).await);
    let body = json!({"client_id": told["client_id"], "redirect_uris": ["http://localhost:3000/new"]});
    for method in [Method::PUT, Method::DELETE] {
        for token in ["guessed", text(&other, "registration_access_token")] {
            let answer = manage(&provider, method.clone(), &told, token, &body).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
        }
        let without = Request::builder()
            .method(method.clone())
            .uri(text(&told, "registration_client_uri"))
            .header("content-type", "application/json");
        let answer = send(&provider, without, &body.to_string()).await;
        assert_eq!(
            (answer.status(), &answer.headers()["www-authenticate"]),
            (StatusCode::UNAUTHORIZED, &"Bearer".parse().expect("valid"))
        );
    }
    let still = manage(&provider, Method::GET, &told, text(&told, "registration_access_token"), &Value::Null).await;
    assert_eq!(party::json(&still), told);
}

#[tokio::test]
async fn an_answer_can_be_that_of_another_client() {
    let provider = provider();
    let told = registered(&provider).await;
    provider.set_fault(Some(Fault::RegistrationOfAnother));
    let token = text(&told, "registration_access_token");
    let answer = manage(&provider, Method::GET, &told, token, &Value::Null).await;
    assert_eq!(party::json(&answer)["client_id"], json!("another-client"));
    assert_eq!(
        registered(&provider).await["client_id"].as_str().map(str::len),
        Some(50),
        "who registers is told its own"
    );
}
