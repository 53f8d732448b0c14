use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use vestibule_core::{ClientMetadata, SignatureAlgorithm, TokenEndpointAuthMethod};
use vestibule_provider::DevelopmentProvider;

use crate::party::{self, Failure, GOODBYE, NOW, Party, REDIRECT_URI, browser, provider, send};

const REGISTER: &str = "http://127.0.0.1:3001/register";

async fn register(provider: &DevelopmentProvider, asked: &Value) -> Response<Bytes> {
    let request = Request::post(REGISTER).header("content-type", "application/json");
    send(provider, request, &asked.to_string()).await
}

/// What a client that asks for nothing special is told.
async fn registered(provider: &DevelopmentProvider) -> Value {
    let answer = register(provider, &json!({"redirect_uris": [REDIRECT_URI]})).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    party::json(&answer)
}

fn text<'a>(information: &'a Value, name: &str) -> &'a str {
    information[name].as_str().expect("a text")
}

/// A registration read by its own client.
async fn read(provider: &DevelopmentProvider, uri: &str, token: Option<&str>) -> Response<Bytes> {
    let request = Request::get(uri);
    let request = match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    send(provider, request, "").await
}

fn es256() -> ClientMetadata {
    ClientMetadata::new("Photo Album").id_token_signed_response_alg(SignatureAlgorithm::Es256)
}

fn refusal<T>(answer: Result<T, Failure>) -> String {
    match answer {
        Err(Failure::Protocol(error)) => error.to_string(),
        Err(Failure::Http(error)) => panic!("{error}"),
        Ok(_) => panic!("nobody noticed"),
    }
}

/// R54
#[tokio::test]
async fn a_client_that_registered_itself_can_sign_people_in_whatever_its_credentials_look_like() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None as Unauthenticated};
    for provider in [provider(), provider().with_awkward_credentials()] {
        for method in [ClientSecretBasic, ClientSecretPost, Unauthenticated] {
            let party = Party::registering(&provider, &es256().token_endpoint_auth_method(method)).await;
            let party = party.expect("a registration");
            let id_token = party.sign_in(&mut browser(&provider)).await.expect("tokens").expect("an ID Token");
            assert_eq!(id_token.subject().as_str(), "alice", "{method:?}");
        }
    }
}

#[tokio::test]
async fn awkward_credentials_have_every_sign_that_breaks_things_and_plain_ones_none() {
    let plain = registered(&provider()).await;
    let awkward = registered(&provider().with_awkward_credentials()).await;
    for name in ["client_id", "client_secret"] {
        for sign in [':', '%', '+', '\'', '"', '\\', ' '] {
            assert!(text(&awkward, name).contains(sign) && !text(&plain, name).contains(sign), "{name} {sign}");
        }
    }
}

#[tokio::test]
async fn the_answer_says_everything_that_is_registered() {
    let provider = provider();
    let asked = json!({
        "redirect_uris": [REDIRECT_URI, "https://app.example/callback?a=b"],
        "post_logout_redirect_uris": [GOODBYE],
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "PS512",
        "client_name": "Photo Album",
        "client_name#fr": "Album de photos",
        "contacts": ["ops@app.example"],
        "logo_uri": null,
        "unheard_of": true,
    });
    let answer = register(&provider, &asked).await;
    assert_eq!(
        (answer.status(), answer.headers()["cache-control"].to_str().ok()),
        (StatusCode::CREATED, Some("no-store"))
    );
    let mut told = party::json(&answer);
    assert_eq!(text(&told, "client_id").len(), 50);
    assert!(text(&told, "client_secret").len() >= 64 && text(&told, "registration_access_token").len() == 43);
    assert!(text(&told, "registration_client_uri").starts_with("http://127.0.0.1:3001/registration?client_id="));
    let members = told.as_object_mut().expect("an object");
    for name in ["client_id", "client_secret", "registration_access_token", "registration_client_uri"] {
        members.remove(name);
    }
    let expected = json!({
        "client_id_issued_at": NOW,
        "client_secret_expires_at": 0,
        "redirect_uris": [REDIRECT_URI, "https://app.example/callback?a=b"],
        "post_logout_redirect_uris": [GOODBYE],
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "application_type": "web",
        "subject_type": "public",
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "PS512",
        "client_name": "Photo Album",
        "client_name#fr": "Album de photos",
        "contacts": ["ops@app.example"],
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_client_without_a_secret_is_told_none() {
    let asked = json!({"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"});
    let told = party::json(&register(&provider(), &asked).await);
    assert!(told.get("client_secret").is_none() && told.get("client_secret_expires_at").is_none());
}

#[tokio::test]
async fn a_request_that_is_not_in_order_says_why() {
    let provider = provider();
    for (member, value, error) in [
        ("redirect_uris", Value::Null, "invalid_redirect_uri"),
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("redirect_uris", json!(REDIRECT_URI), "invalid_redirect_uri"),
        ("redirect_uris", json!([REDIRECT_URI, 1]), "invalid_redirect_uri"),
        ("redirect_uris", json!([REDIRECT_URI, "http://app.example/callback"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://app.example/callback#top"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://app.example/call back"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["com.example.app:/callback"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["/callback"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https:app.example/callback"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://app.example\\callback"]), "invalid_redirect_uri"),
        ("post_logout_redirect_uris", json!(["javascript:alert(1)"]), "invalid_client_metadata"),
        ("response_types", json!(["id_token"]), "invalid_client_metadata"),
        ("response_types", json!(["code", "code id_token"]), "invalid_client_metadata"),
        ("response_types", json!([]), "invalid_client_metadata"),
        ("grant_types", json!(["implicit"]), "invalid_client_metadata"),
        ("grant_types", json!(["authorization_code", "implicit"]), "invalid_client_metadata"),
        ("grant_types", json!([]), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("private_key_jwt"), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!(1), "invalid_client_metadata"),
        ("id_token_signed_response_alg", json!("none"), "invalid_client_metadata"),
        ("id_token_signed_response_alg", json!("rs256"), "invalid_client_metadata"),
        ("subject_type", json!("pairwise"), "invalid_client_metadata"),
        ("application_type", json!("toaster"), "invalid_client_metadata"),
        ("contacts", json!("ops@app.example"), "invalid_client_metadata"),
        ("client_name", json!(["Photo Album"]), "invalid_client_metadata"),
    ] {
        let mut asked = json!({"redirect_uris": [REDIRECT_URI]});
        asked[member] = value.clone();
        let answer = register(&provider, &asked).await;
        assert_eq!(
            (answer.status(), text(&party::json(&answer), "error")),
            (StatusCode::BAD_REQUEST, error),
            "{asked}"
        );
    }
    for (content_type, body) in [("application/json", "[]"), ("application/json", ""), ("text/plain", "{}")] {
        let answer = send(&provider, Request::post(REGISTER).header("content-type", content_type), body).await;
        assert_eq!(text(&party::json(&answer), "error"), "invalid_client_metadata", "{content_type} {body}");
    }
}

/// Registration 3
#[tokio::test]
async fn an_initial_access_token_keeps_strangers_out() {
    let provider = provider().initial_access_token("let me in");
    for (metadata, expected) in
        [(es256(), "Bearer"), (es256().initial_access_token("me too"), "Bearer error=\"invalid_token\"")]
    {
        assert!(refusal(Party::registering(&provider, &metadata).await).contains("invalid_token"));
        let request = provider.requests().pop().expect("recorded");
        let again =
            request.headers.iter().fold(Request::post(REGISTER), |again, (name, value)| again.header(name, value));
        let answer = send(&provider, again, "{}").await;
        assert_eq!(
            (answer.status(), answer.headers()["www-authenticate"].to_str().ok()),
            (StatusCode::UNAUTHORIZED, Some(expected))
        );
    }
    assert!(Party::registering(&provider, &es256().initial_access_token("let me in")).await.is_ok());
}

/// R100: as a provider may (RFC 7591 3.2.1).
#[tokio::test]
async fn a_client_is_registered_as_the_provider_likes_and_told_so() {
    let substituted = [
        ("redirect_uris", json!(["https://app.example/elsewhere"])),
        ("token_endpoint_auth_method", json!("client_secret_post")),
        ("id_token_signed_response_alg", json!("EdDSA")),
        ("client_name", json!("Registered by Policy")),
        ("scope", json!("openid")),
    ];
    let provider = substituted
        .iter()
        .cloned()
        .fold(provider(), |provider, (member, value)| provider.substitutes_at_registration(member, value));
    let asked = json!({
        "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none", "client_name": "Photo Album",
    });
    let told = party::json(&register(&provider, &asked).await);
    for (member, value) in substituted {
        assert_eq!(told[member], value, "{member}");
    }
    assert!(text(&told, "client_secret").len() >= 64, "the method that was substituted needs one");
    // What was registered is what holds.
    for (redirect_uri, status) in
        [(REDIRECT_URI, StatusCode::BAD_REQUEST), ("https://app.example/elsewhere", StatusCode::OK)]
    {
        let parameters = [("client_id", text(&told, "client_id")), ("redirect_uri", redirect_uri)];
        let page = browser(&provider).get(&party::authorize_url(&parameters)).await;
        assert_eq!(page.status(), status, "{redirect_uri}");
    }
}

/// RFC 7592 2.1
#[tokio::test]
async fn a_client_reads_its_own_registration_and_nobody_elses() {
    let provider = provider().with_awkward_credentials();
    let (mine, other) = (registered(&provider).await, registered(&provider).await);
    let (uri, token) = (text(&mine, "registration_client_uri"), text(&mine, "registration_access_token"));
    let answer = read(&provider, uri, Some(token)).await;
    assert_eq!((answer.status(), party::json(&answer)), (StatusCode::OK, mine.clone()));
    for (uri, token) in [
        (uri, None),
        (uri, Some("guessed")),
        (uri, Some(text(&other, "registration_access_token"))),
        ("http://127.0.0.1:3001/registration?client_id=rp", Some(token)),
        ("http://127.0.0.1:3001/registration", Some(token)),
    ] {
        assert_eq!(read(&provider, uri, token).await.status(), StatusCode::UNAUTHORIZED, "{uri}");
    }
}

/// R101
#[tokio::test]
async fn a_secret_that_has_expired_is_no_secret() {
    let provider = provider().registered_secrets_expire_after(60);
    assert_eq!(registered(&provider).await["client_secret_expires_at"], json!(NOW.plus(60)));
    let party = Party::registering(&provider, &es256()).await.expect("a registration");
    let mut browser = browser(&provider);
    provider.set_now(NOW.plus(59));
    assert!(party.sign_in(&mut browser).await.is_ok());
    provider.set_now(NOW.plus(60));
    assert!(refusal(party.sign_in(&mut browser).await).contains("invalid_client"));
}

#[tokio::test]
async fn a_client_that_was_forgotten_is_unknown_everywhere() {
    let provider = provider();
    let party = Party::registering(&provider, &es256()).await.expect("a registration");
    let mut browser = browser(&provider);
    let code = party.authorize(&mut browser, "openid").await.expect("a code");
    let mine = registered(&provider).await;
    provider.forget_clients();
    assert!(refusal(party.redeem(code).await).contains("invalid_client"));
    let url = party::authorize_url(&[("client_id", party.client.client_id())]);
    assert_eq!(browser.get(&url).await.status(), StatusCode::BAD_REQUEST);
    let token = text(&mine, "registration_access_token");
    let answer = read(&provider, text(&mine, "registration_client_uri"), Some(token)).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    // The others stay.
    assert!(Party::rp(&provider).await.expect("discovery").tokens("openid").await.is_ok());
}

/// V105
#[tokio::test]
async fn the_oldest_registration_goes_when_there_are_more_than_a_thousand() {
    let provider = provider();
    let (first, second) = (registered(&provider).await, registered(&provider).await);
    for _ in 0..999 {
        registered(&provider).await;
    }
    for (information, status) in [(first, StatusCode::UNAUTHORIZED), (second, StatusCode::OK)] {
        let token = text(&information, "registration_access_token");
        let answer = read(&provider, text(&information, "registration_client_uri"), Some(token)).await;
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn a_client_registers_the_algorithm_of_its_tokens() {
    for algorithm in [SignatureAlgorithm::EdDsa, SignatureAlgorithm::Hs256, SignatureAlgorithm::Hs512] {
        let provider = provider().with_awkward_credentials();
        let metadata = ClientMetadata::new("Photo Album").id_token_signed_response_alg(algorithm);
        let party = Party::registering(&provider, &metadata).await.expect("a registration");
        // One of ES256, whose clients are there from the start.
        assert_eq!(party.keys.len(), 1 + usize::from(!algorithm.is_symmetric()), "{algorithm}");
        assert!(party.sign_in(&mut browser(&provider)).await.expect("tokens").is_ok(), "{algorithm}");
    }
}

/// Core 10.1
#[tokio::test]
async fn an_hmac_needs_a_client_with_a_secret() {
    let asked = json!({
        "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none", "id_token_signed_response_alg": "HS256",
    });
    let answer = register(&provider(), &asked).await;
    assert_eq!(text(&party::json(&answer), "error"), "invalid_client_metadata");
}

#[tokio::test]
async fn a_token_under_the_clients_secret_is_a_hint_at_logout_too() {
    let provider = provider();
    let metadata = ClientMetadata::new("Photo Album").id_token_signed_response_alg(SignatureAlgorithm::Hs256);
    let party = Party::registering(&provider, &metadata).await.expect("a registration");
    let mut browser = browser(&provider);
    let id_token = party.sign_in(&mut browser).await.expect("tokens").expect("an ID Token");
    let hint = id_token.raw().expose();
    let forged = hint.replace('.', ".A");
    for (hint, destination) in [(forged.as_str(), "http://127.0.0.1:3001/end_session"), (hint, GOODBYE)] {
        let page = browser
            .get(&format!("http://127.0.0.1:3001/end_session?post_logout_redirect_uri={GOODBYE}&id_token_hint={hint}"))
            .await;
        assert!(page.url().as_str().starts_with(destination), "{}", page.url());
    }
}
