use std::sync::{Arc, Mutex};

use axum::{Router, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vestibule_core::{Secret, SignatureAlgorithm, jose::SigningKey};
use vestibule_provider::{DevelopmentProvider, RegisteredClient, Warning};

use crate::{
    front::{self, Response, browser, response},
    party::{NOW, authorize_url, parameter},
};

const APP: &str = "http://localhost:3000";
const REQUEST_URI: &str = "http://localhost:3000/request.jwt";
const SECRET: &str = "a secret that is long enough for an HMAC of 256 bits";

struct Bench {
    provider: DevelopmentProvider,
    key: SigningKey,
    /// What the application serves as its request object, and how often it did.
    served: Arc<Mutex<(String, usize)>>,
}

/// Claims that are in order.
fn claims() -> Value {
    json!({
        "iss": "rp", "aud": "http://127.0.0.1:3001", "exp": NOW.plus(60), "nbf": NOW, "iat": NOW,
        "client_id": "rp", "response_type": "code", "state": "the object's", "max_age": 60,
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut claims = claims();
    claims.as_object_mut().expect("an object").insert(member.to_owned(), value);
    claims
}

fn without(member: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().expect("an object").remove(member);
    claims
}

pub(crate) fn unsigned(claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", encode(&json!({"alg": "none"})), encode(claims))
}

impl Bench {
    fn new(register: impl FnOnce(RegisteredClient) -> RegisteredClient) -> Self {
        let key = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
        let keys = json!({"keys": [key.public_jwk()]});
        let provider = front::provider().client(register(front::rp().jwks(keys.clone())));
        let served: Arc<Mutex<(String, usize)>> = Arc::default();
        let answer = Arc::clone(&served);
        let request = async move || {
            let mut served = answer.lock().expect("no panic");
            served.1 += 1;
            served.0.clone()
        };
        let jwks = async move || keys.to_string();
        provider.site(APP, Router::new().route("/request.jwt", get(request)).route("/jwks", get(jwks)));
        Self { provider, key, served }
    }

    fn sign(&self, claims: &Value) -> String {
        self.key.sign("JWT", claims.to_string().as_bytes()).expect("a signature")
    }

    async fn by_value(&self, token: &str) -> Response {
        response(&self.provider, &[("request", token)]).await
    }

    async fn by_reference(&self, uri: &str, token: String) -> Response {
        self.served.lock().expect("no panic").0 = token;
        response(&self.provider, &[("request_uri", uri)]).await
    }
}

/// Core 6.1: the object's win.
#[tokio::test]
async fn the_parameters_of_a_request_object_take_the_place_of_those_beside_it() {
    let bench = Bench::new(|client| client);
    let mut claims = with("nonce", json!("n-object"));
    claims["claims"] = json!({"id_token": {"email": null}});
    let response = bench.by_value(&bench.sign(&claims)).await;
    assert_eq!(response.piece("state"), "the object's");
    let tokens = response.redeem(&bench.provider).await;
    let id_token = crate::party::claims(crate::party::text(&tokens, "id_token"));
    assert_eq!((&id_token["nonce"], &id_token["email"]), (&json!("n-object"), &json!("alice@example.com")));
    assert_eq!(bench.provider.warnings(), []);
}

/// Core 6.2
#[tokio::test]
async fn a_request_object_is_fetched_once_while_the_browser_waits() {
    let bench = Bench::new(|client| client);
    let response = bench.by_reference(REQUEST_URI, bench.sign(&claims())).await;
    assert_eq!(response.piece("state"), "the object's");
    let fetches: Vec<_> = bench.provider.fetches().into_iter().map(|fetch| (fetch.url, fetch.status)).collect();
    assert_eq!(fetches, [(REQUEST_URI.to_owned(), Some(http::StatusCode::OK))]);
    assert_eq!(bench.served.lock().expect("no panic").1, 1);
    assert_eq!(bench.provider.count("/request.jwt"), 0);
}

/// Core 6.1, RFC 9101 4 and 6
#[tokio::test]
async fn a_request_object_that_is_not_in_order_is_refused() {
    let bench = Bench::new(|client| client);
    let stranger = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid(bench.key.kid());
    for (what, token) in [
        ("signature", stranger.sign("JWT", claims().to_string().as_bytes()).expect("a signature")),
        ("no signature", unsigned(&claims())),
        ("iss", bench.sign(&with("iss", json!("another")))),
        ("aud", bench.sign(&with("aud", json!("https://other.example")))),
        ("exp", bench.sign(&with("exp", json!(NOW)))),
        ("exp as text", bench.sign(&with("exp", json!("soon")))),
        ("nbf", bench.sign(&with("nbf", json!(NOW.plus(1))))),
        ("nbf as text", bench.sign(&with("nbf", json!("soon")))),
        ("client_id", bench.sign(&with("client_id", json!("spa")))),
        ("response_type", bench.sign(&with("response_type", json!("code id_token")))),
        ("request", bench.sign(&with("request", json!("x")))),
        ("request_uri", bench.sign(&with("request_uri", json!(REQUEST_URI)))),
        ("a list", bench.sign(&with("scope", json!(["openid"])))),
        ("resource", bench.sign(&with("resource", json!(1)))),
        ("no object", bench.sign(&json!([]))),
        ("five parts", "a.b.c.d.e".to_owned()),
        ("no token", "x".to_owned()),
    ] {
        let response = bench.by_value(&token).await;
        assert_eq!((response.get("error"), response.piece("state")), (Some("invalid_request_object"), "s 1"), "{what}");
    }
}

#[tokio::test]
async fn an_object_without_issuer_or_audience_is_taken_with_a_warning() {
    for (member, warning) in
        [("iss", Warning::RequestObjectWithoutIssuer), ("aud", Warning::RequestObjectWithoutAudience)]
    {
        let bench = Bench::new(|client| client);
        assert!(bench.by_value(&bench.sign(&without(member))).await.get("code").is_some());
        assert_eq!(bench.provider.warnings(), [warning]);
    }
    let bench = Bench::new(|client| client);
    let aud = json!(["https://other.example", "http://127.0.0.1:3001"]);
    assert!(bench.by_value(&bench.sign(&with("aud", aud))).await.get("code").is_some());
}

/// Registration 2
#[tokio::test]
async fn the_registered_algorithm_is_the_only_one() {
    let hmac = SigningKey::from_secret(SignatureAlgorithm::Hs256, &Secret::from(SECRET)).expect("a key");
    let hmac = hmac.sign("JWT", claims().to_string().as_bytes()).expect("a signature");
    let confidential = |client: RegisteredClient| {
        drop(client);
        RegisteredClient::confidential("rp", SECRET).redirect_uri(crate::party::REDIRECT_URI)
    };
    let es256 = |client: RegisteredClient| client.request_object_signing_alg(SignatureAlgorithm::Es256);
    let eddsa = |client: RegisteredClient| client.request_object_signing_alg(SignatureAlgorithm::EdDsa);
    for (bench, token, is_taken) in [
        (Bench::new(es256), None, true),
        (Bench::new(eddsa), None, false),
        (Bench::new(es256), Some(unsigned(&claims())), false),
        (Bench::new(RegisteredClient::unsigned_request_objects), Some(unsigned(&claims())), true),
        (Bench::new(RegisteredClient::unsigned_request_objects), Some(format!("{}AAAA", unsigned(&claims()))), false),
        (Bench::new(RegisteredClient::unsigned_request_objects), None, false),
        (Bench::new(confidential), Some(hmac.clone()), true),
        (Bench::new(|client| client), Some(hmac.clone()), false),
    ] {
        let token = token.unwrap_or_else(|| bench.sign(&claims()));
        let error = bench.by_value(&token).await.get("error").map(str::to_owned);
        assert_eq!(error.as_deref(), (!is_taken).then_some("invalid_request_object"), "{token}");
    }
}

#[tokio::test]
async fn the_keys_are_fetched_from_the_client_too() {
    let bench = Bench::new(|client| client.jwks_uri("http://localhost:3000/jwks"));
    assert!(bench.by_value(&bench.sign(&claims())).await.get("code").is_some());
    assert_eq!(bench.provider.fetches().len(), 1);
    let bench = Bench::new(|client| client.jwks_uri("http://localhost:3000/nothing"));
    assert_eq!(bench.by_value(&bench.sign(&claims())).await.get("error"), Some("invalid_request_object"));
}

/// Core 6.2
#[tokio::test]
async fn a_place_that_is_not_in_order_is_not_fetched_from() {
    let bench = Bench::new(|client| client);
    let long = format!("{REQUEST_URI}?{}", "x".repeat(512));
    for (uri, fetches) in [
        ("http://app.example/request.jwt", 0),
        ("ftp://localhost/request.jwt", 0),
        ("request.jwt", 0),
        ("urn:example:request", 0),
        (long.as_str(), 0),
        ("https://app.example/request.jwt", 1),
        ("http://localhost:3000/nothing", 2),
    ] {
        let response = bench.by_reference(uri, bench.sign(&claims())).await;
        assert_eq!(response.get("error"), Some("invalid_request_uri"), "{uri}");
        assert_eq!(bench.provider.fetches().len(), fetches, "{uri}");
    }
    let response = bench.by_reference(REQUEST_URI, "x".repeat(65 * 1024)).await;
    assert_eq!(response.get("error"), Some("invalid_request_uri"));
}

/// Discovery 3
#[tokio::test]
async fn a_place_may_have_to_be_registered() {
    let other = "http://localhost:3000/request.jwt?other";
    for (uri, is_taken) in [(REQUEST_URI, true), ("http://localhost:3000/request.jwt#hash", true), (other, false)] {
        let mut bench = Bench::new(|client| client.request_uri(REQUEST_URI));
        bench.provider = bench.provider.require_request_uri_registration();
        let response = bench.by_reference(uri, bench.sign(&claims())).await;
        assert_eq!(response.get("error"), (!is_taken).then_some("invalid_request_uri"), "{uri}");
    }
}

/// Core 3.1.2.6, 6.1
#[tokio::test]
async fn what_has_to_stand_beside_an_object_is_missed() {
    let bench = Bench::new(|client| client);
    let token = bench.sign(&with("scope", json!("openid")));
    for (changes, error) in [
        (vec![("response_type", "")], "invalid_request"),
        (vec![("scope", "")], "invalid_request"),
        (vec![("scope", "email")], "invalid_scope"),
        (vec![("request_uri", REQUEST_URI)], "invalid_request"),
    ] {
        let changes = [&changes[..], &[("request", &token)]].concat();
        assert_eq!(response(&bench.provider, &changes).await.get("error"), Some(error), "{changes:?}");
    }
    let provider = bench.provider.clone().without_request_objects();
    for (name, value, error) in [
        ("request", token.as_str(), "request_not_supported"),
        ("request_uri", REQUEST_URI, "request_uri_not_supported"),
    ] {
        assert_eq!(response(&provider, &[(name, value)]).await.get("error"), Some(error));
    }
    assert_eq!(provider.fetches(), []);
}

/// RFC 6749 4.1.2.1: never a redirect to where nobody vouches for, whoever signed it.
#[tokio::test]
async fn a_redirect_uri_in_an_object_has_to_be_registered() {
    let bench = Bench::new(|client| client);
    let other = "http://localhost:3000/other?kept=yes";
    for (uri, is_taken) in [(other, true), ("https://evil.example/", false)] {
        let token = bench.sign(&with("redirect_uri", json!(uri)));
        let page = browser(&bench.provider).get(&authorize_url(&[("request", &token), ("prompt", "none")])).await;
        assert_eq!(parameter(page.url(), "kept").is_some(), is_taken, "{uri}");
        assert_eq!(page.hops().len(), if is_taken { 2 } else { 1 });
    }
}
