use axum::{Router, routing::get};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;
use vestibule_core::{NumericDate, Secret, SignatureAlgorithm, TokenEndpointAuthMethod, jose::SigningKey};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

use crate::party::{self, NOW, REDIRECT_URI, VERIFIER, code, json, send};

const SECRET: &str = "a secret that is long enough for an HMAC of 256 bits";
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn private_key(key: &SigningKey) -> RegisteredClient {
    client(RegisteredClient::public("rp"), TokenEndpointAuthMethod::PrivateKeyJwt)
        .jwks(json!({"keys": [key.public_jwk()]}))
}

fn secret() -> RegisteredClient {
    client(RegisteredClient::confidential("rp", SECRET), TokenEndpointAuthMethod::ClientSecretJwt)
}

fn client(client: RegisteredClient, method: TokenEndpointAuthMethod) -> RegisteredClient {
    client
        .redirect_uri(REDIRECT_URI)
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
        .token_endpoint_auth_method(method)
}

fn key() -> SigningKey {
    SigningKey::generate(SignatureAlgorithm::Es256).expect("a key")
}

fn hmac(secret: &str) -> SigningKey {
    SigningKey::from_secret(SignatureAlgorithm::Hs256, &Secret::from(secret)).expect("a key")
}

/// Claims that are in order, with one changed; `null` leaves it out.
fn claims(jti: &str, member: &str, value: Value) -> Value {
    let mut claims = json!({
        "iss": "rp", "sub": "rp", "aud": "http://127.0.0.1:3001", "jti": jti, "exp": NOW.plus(60), "iat": NOW,
    });
    let members = claims.as_object_mut().expect("an object");
    members.insert(member.to_owned(), value);
    members.retain(|_, value| !value.is_null());
    claims
}

fn sign(key: &SigningKey, claims: &Value) -> String {
    key.sign("JWT", claims.to_string().as_bytes()).expect("a signature")
}

/// A new code, redeemed with this assertion and these fields: the status, and the error if there is one.
async fn redeem(provider: &DevelopmentProvider, assertion: &str, more: &[(&str, &str)]) -> (StatusCode, Value) {
    let code = code(provider, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
        ("code", &code),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion),
    ];
    let fields = fields.iter().filter(|(name, _)| !more.iter().any(|(changed, _)| changed == name)).chain(more);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request =
        Request::post("http://127.0.0.1:3001/token").header("content-type", "application/x-www-form-urlencoded");
    let answer = send(provider, request, &body).await;
    (answer.status(), json(&answer).get("error").cloned().unwrap_or_default())
}

const GOOD: (StatusCode, Value) = (StatusCode::OK, Value::Null);

fn refused() -> (StatusCode, Value) {
    (StatusCode::UNAUTHORIZED, json!("invalid_client"))
}

/// Core 9
#[tokio::test]
async fn an_assertion_under_the_clients_key_or_secret_proves_who_it_is() {
    let key = key();
    for (client, key) in [(private_key(&key), &key), (secret(), &hmac(SECRET))] {
        let provider = party::provider().client(client);
        let issuer = "http://127.0.0.1:3001";
        for (number, aud) in
            [json!(issuer), json!("http://127.0.0.1:3001/token"), json!(["https://other.example", issuer])]
                .into_iter()
                .enumerate()
        {
            let assertion = sign(key, &claims(&number.to_string(), "aud", aud.clone()));
            assert_eq!(redeem(&provider, &assertion, &[("client_id", "rp")]).await, GOOD, "{aud}");
        }
    }
}

/// RFC 7523 3
#[tokio::test]
async fn an_assertion_that_is_not_in_order_proves_nothing() {
    let key = key();
    let provider = party::provider().client(private_key(&key));
    for (member, value) in [
        ("iss", json!("another")),
        ("iss", json!(null)),
        ("aud", json!("https://other.example")),
        ("aud", json!(null)),
        ("exp", json!(NOW)),
        ("exp", json!(null)),
        ("exp", json!("soon")),
        ("exp", json!(NOW.plus(3601))),
        ("nbf", json!(NOW.plus(1))),
        ("iat", json!(NOW.plus(1))),
        ("jti", json!(null)),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("sub", json!(null)),
        ("sub", json!("nobody")),
    ] {
        let assertion = sign(&key, &claims("a", member, value.clone()));
        assert_eq!(redeem(&provider, &assertion, &[]).await, refused(), "{member}: {value}");
    }
    // None of these used the name up.
    assert_eq!(redeem(&provider, &sign(&key, &claims("a", "nbf", json!(NOW))), &[]).await, GOOD);
}

/// RFC 7523 3 (7)
#[tokio::test]
async fn an_assertion_is_good_once() {
    let key = key();
    let provider = party::provider().client(private_key(&key));
    let assertion = sign(&key, &claims("a", "iat", json!(null)));
    assert_eq!(redeem(&provider, &assertion, &[]).await, GOOD);
    assert_eq!(redeem(&provider, &assertion, &[]).await, refused());
    assert_eq!(redeem(&provider, &sign(&key, &claims("b", "iat", json!(null))), &[]).await, GOOD);
}

#[tokio::test]
async fn the_signature_is_the_clients_and_of_its_kind() {
    let key = key();
    let stranger = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid(key.kid());
    let long = "another secret that is long enough for an HMAC of 256 bits";
    let registered = |algorithm| private_key(&key).token_endpoint_auth_signing_alg(algorithm);
    // Each with what the other method takes.
    let with_secret = client(RegisteredClient::confidential("rp", SECRET), TokenEndpointAuthMethod::PrivateKeyJwt);
    let with_keys = secret().jwks(json!({"keys": [key.public_jwk()]}));
    for (client, key, expected) in [
        (private_key(&key), &stranger, refused()),
        (secret(), &hmac(long), refused()),
        (with_secret, &hmac(SECRET), refused()),
        (with_keys, &key, refused()),
        (registered(SignatureAlgorithm::Es256), &key, GOOD),
        (registered(SignatureAlgorithm::EdDsa), &key, refused()),
        (secret().token_endpoint_auth_signing_alg(SignatureAlgorithm::Hs384), &hmac(SECRET), refused()),
    ] {
        let provider = party::provider().client(client.clone());
        let got = redeem(&provider, &sign(key, &claims("a", "iat", json!(NOW))), &[]).await;
        assert_eq!(got, expected, "{client:?} {}", key.algorithm());
    }
}

/// RFC 6749 2.3, RFC 7523 2.2
#[tokio::test]
async fn an_assertion_stands_alone_and_for_the_client_that_it_names() {
    let key = key();
    let provider = party::provider().client(private_key(&key));
    let invalid = (StatusCode::BAD_REQUEST, json!("invalid_request"));
    for more in [
        ("client_id", "spa"),
        ("client_secret", "s"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
        ("client_assertion_type", ""),
    ] {
        let assertion = sign(&key, &claims("a", "iat", json!(NOW)));
        assert_eq!(redeem(&provider, &assertion, &[more]).await, invalid, "{more:?}");
    }
    assert_eq!(redeem(&provider, "no token", &[]).await, refused());
}

#[tokio::test]
async fn each_client_proves_itself_by_its_own_method_alone() {
    let key = key();
    let assertion = sign(&key, &claims("a", "iat", json!(NOW)));
    let provider = party::provider();
    assert_eq!(redeem(&provider, &assertion, &[]).await, refused(), "registered for client_secret_basic");
    let provider = provider.client(private_key(&key));
    assert_eq!(redeem(&provider, "", &[("client_id", "rp")]).await, refused(), "nothing shown");
    let provider = provider.client(secret());
    let shown = [("client_id", "rp"), ("client_secret", SECRET)];
    assert_eq!(redeem(&provider, "", &shown).await, refused(), "the secret itself");
}

/// FAPI 2.0
#[tokio::test]
async fn the_audience_may_have_to_be_the_issuer_as_a_plain_text() {
    let key = key();
    let provider = party::provider().client(private_key(&key)).strict_assertion_audience();
    for (aud, expected) in [
        (json!("http://127.0.0.1:3001"), GOOD),
        (json!(["http://127.0.0.1:3001"]), refused()),
        (json!("http://127.0.0.1:3001/token"), refused()),
    ] {
        let assertion = sign(&key, &claims(&aud.to_string(), "aud", aud.clone()));
        assert_eq!(redeem(&provider, &assertion, &[]).await, expected, "{aud}");
    }
}

#[tokio::test]
async fn the_keys_may_be_fetched_and_are_fetched_anew_each_time() {
    let key = key();
    let keys = json!({"keys": [key.public_jwk()]}).to_string();
    let jwks = client(RegisteredClient::public("rp"), TokenEndpointAuthMethod::PrivateKeyJwt);
    let provider = party::provider().client(jwks.jwks_uri("http://localhost:3000/jwks"));
    for (jti, is_there, expected) in [("a", false, refused()), ("b", true, GOOD), ("c", true, GOOD)] {
        if is_there {
            let keys = keys.clone();
            provider.site("http://localhost:3000", Router::new().route("/jwks", get(async move || keys)));
        }
        let assertion = sign(&key, &claims(jti, "iat", json!(NOW)));
        assert_eq!(redeem(&provider, &assertion, &[]).await, expected, "{jti}");
    }
    let statuses: Vec<_> = provider.fetches().iter().map(|fetch| fetch.status).collect();
    assert_eq!(statuses, [None, Some(StatusCode::OK), Some(StatusCode::OK)]);
}

/// RFC 7009 2.1: the same proof as at the token endpoint.
#[tokio::test]
async fn an_assertion_serves_at_the_revocation_endpoint() {
    let key = key();
    let provider = party::provider().client(private_key(&key));
    for (time, status) in [(NOW, StatusCode::OK), (NumericDate::from_seconds(0), StatusCode::UNAUTHORIZED)] {
        let assertion = sign(&key, &claims(&format!("{time:?}"), "exp", json!(time.plus(60))));
        let fields = [("token", "x"), ("client_assertion_type", TYPE), ("client_assertion", &assertion)];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request =
            Request::post("http://127.0.0.1:3001/revoke").header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(send(&provider, request, &body).await.status(), status);
    }
}
