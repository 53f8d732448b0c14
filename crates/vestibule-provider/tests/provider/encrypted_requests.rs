//! Core 6.1, 10.2: request objects that are encrypted to the provider.

use axum::{Router, routing::get};
use http::Request;
use serde_json::{Value, json};
use vestibule_core::{
    ContentEncryptionAlgorithm::{self, A128CbcHs256, A256Gcm},
    JwkSet,
    KeyManagementAlgorithm::{self, A128Kw, Dir, EcdhEs, EcdhEsA128Kw, RsaOaep},
    SignatureAlgorithm,
    jose::{DecryptionKey, EncryptionKey, SigningKey},
};
use vestibule_provider::{DevelopmentProvider, RegisteredClient};

use crate::{
    front::{self, response},
    party::{self, NOW, REDIRECT_URI, send},
    request_objects::unsigned,
};

type Algorithms = (KeyManagementAlgorithm, ContentEncryptionAlgorithm);

struct Bench {
    provider: DevelopmentProvider,
    signed: String,
}

fn claims() -> Value {
    json!({
        "iss": "rp", "aud": "http://127.0.0.1:3001", "exp": NOW.plus(60),
        "client_id": "rp", "response_type": "code", "state": "the object's",
    })
}

impl Bench {
    fn new(register: impl FnOnce(RegisteredClient) -> RegisteredClient) -> Self {
        let key = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key");
        let client = front::rp().jwks(json!({"keys": [key.public_jwk()]}));
        let signed = key.sign("JWT", claims().to_string().as_bytes()).expect("a signature");
        Self { provider: front::provider().client(register(client)), signed }
    }

    async fn keys(&self) -> JwkSet {
        let answer = send(&self.provider, Request::get("http://127.0.0.1:3001/jwks"), "").await;
        JwkSet::from_json(answer.body()).expect("a key set")
    }

    async fn encrypted(&self, (alg, enc): Algorithms, token: &str) -> String {
        let encrypted = if alg.is_symmetric() {
            EncryptionKey::from_secret(alg, enc, &"s:%+é".into()).expect("a key").encrypt(alg, enc, token)
        } else {
            self.keys().await.encryption_key(alg).expect("a key").encrypt(alg, enc, token)
        };
        encrypted.expect("a token")
    }

    /// The state of the answer: that of the object, or the one beside it, with the error.
    async fn ask(&self, token: &str) -> Result<(), String> {
        let response = response(&self.provider, &[("request", token)]).await;
        match response.get("error") {
            Some(error) => Err(error.to_owned()),
            None => {
                assert_eq!(response.piece("state"), "the object's");
                Ok(())
            }
        }
    }
}

fn refused() -> Result<(), String> {
    Err("invalid_request_object".to_owned())
}

#[tokio::test]
async fn a_request_object_is_decrypted_by_what_the_client_registered() {
    for alg in KeyManagementAlgorithm::ALL {
        let bench = Bench::new(|client| client.request_object_encryption(alg, A256Gcm));
        let token = bench.encrypted((alg, A256Gcm), &bench.signed).await;
        assert_eq!(bench.ask(&token).await, Ok(()), "{alg}");
        // Registration 2: it may, and need not.
        assert_eq!(bench.ask(&bench.signed).await, Ok(()));
        // The keys that sign have nothing to do with it.
        bench.provider.rotate_keys();
        assert_eq!(bench.ask(&token).await, Ok(()), "{alg}");
    }
}

#[tokio::test]
async fn a_key_to_encrypt_to_is_shown_for_each_algorithm_that_was_registered() {
    let bench = Bench::new(|client| client.request_object_encryption(EcdhEsA128Kw, A256Gcm));
    let keys = bench.keys().await;
    let shown: Vec<_> = keys.encryption_keys().iter().flat_map(EncryptionKey::algorithms).copied().collect();
    assert_eq!(shown, [EcdhEsA128Kw]);
    for bench in [Bench::new(|client| client), Bench::new(|client| client.request_object_encryption(Dir, A256Gcm))] {
        assert_eq!(bench.keys().await.encryption_keys().len(), 0);
    }
}

#[tokio::test]
async fn who_registered_no_encryption_may_choose_one() {
    let mut bench = Bench::new(|client| client);
    bench.provider = bench.provider.clone().with_suite_keys();
    for algorithms in [(RsaOaep, A128CbcHs256), (EcdhEs, A256Gcm), (A128Kw, A256Gcm)] {
        let token = bench.encrypted(algorithms, &bench.signed).await;
        assert_eq!(bench.ask(&token).await, Ok(()), "{algorithms:?}");
    }
}

#[tokio::test]
async fn an_encrypted_object_that_is_not_in_order_is_refused() {
    let bench = Bench::new(|client| client.request_object_encryption(EcdhEs, A256Gcm));
    let good = bench.encrypted((EcdhEs, A256Gcm), &bench.signed).await;
    let keys = bench.keys().await;
    let key = keys.encryption_key(EcdhEs).expect("a key");
    let header = json!({"alg": "ECDH-ES", "enc": "A256GCM", "kid": key.kid()});
    let plain = key.encrypt_with_header(EcdhEs, A256Gcm, &header, claims().to_string().as_bytes());
    let stranger = DecryptionKey::generate(EcdhEs).expect("a key").with_kid(key.kid().expect("a kid"));
    let stranger = JwkSet::from_json(json!({"keys": [stranger.public_jwk()]}).to_string().as_bytes()).expect("a set");
    let stranger = stranger.encryption_key(EcdhEs).expect("a key").encrypt(EcdhEs, A256Gcm, &bench.signed);
    for (what, token) in [
        ("another enc", bench.encrypted((EcdhEs, A128CbcHs256), &bench.signed).await),
        ("another alg", bench.encrypted((Dir, A256Gcm), &bench.signed).await),
        ("claims", plain.expect("a token")),
        ("no signature", bench.encrypted((EcdhEs, A256Gcm), &unsigned(&claims())).await),
        ("twice", bench.encrypted((EcdhEs, A256Gcm), &good).await),
        ("to a stranger", stranger.expect("a token")),
        ("broken", format!("{good}A")),
        ("noise", "a.b.c.d.e".to_owned()),
    ] {
        assert_eq!(bench.ask(&token).await, refused(), "{what}");
    }
    assert_eq!(bench.ask(&good).await, Ok(()));
}

#[tokio::test]
async fn an_algorithm_without_a_key_opens_nothing() {
    // Nobody registered one, so that no key was ever shown.
    let bench = Bench::new(|client| client);
    let ecdh = Bench::new(|client| client.request_object_encryption(EcdhEs, A256Gcm));
    let token = ecdh.encrypted((EcdhEs, A256Gcm), &bench.signed).await;
    assert_eq!(bench.ask(&token).await, refused());
    // And who has no secret, encrypts with none.
    let public = |client: RegisteredClient| {
        drop(client);
        RegisteredClient::public("rp").redirect_uri(REDIRECT_URI).unsigned_request_objects()
    };
    let bench = Bench::new(public);
    let empty = EncryptionKey::from_secret(A128Kw, A256Gcm, &"".into()).expect("a key");
    let token = empty.encrypt(A128Kw, A256Gcm, &unsigned(&claims())).expect("a token");
    assert_eq!(bench.ask(&token).await, refused());
    let unknown = party::provider();
    let header = "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4R0NNIn0";
    let response = response(&unknown, &[("request", &format!("{header}.AA.AA.AA.AA"))]).await;
    assert!(response.piece("error_description").contains("an algorithm that nobody knows"));
}

/// Core 6.2
#[tokio::test]
async fn an_encrypted_object_may_be_fetched_and_may_be_unsigned_where_that_is_registered() {
    let bench = Bench::new(|client| client.request_object_encryption(EcdhEs, A256Gcm).unsigned_request_objects());
    let token = bench.encrypted((EcdhEs, A256Gcm), &unsigned(&claims())).await;
    assert_eq!(bench.ask(&token).await, Ok(()));
    let served = token.clone();
    bench.provider.site("http://localhost:3000", Router::new().route("/r", get(async move || served)));
    let response = response(&bench.provider, &[("request_uri", "http://localhost:3000/r")]).await;
    assert_eq!(response.piece("state"), "the object's");
}
