//! Core 10.2, Registration 2: what a client registered to have encrypted.

use axum::{Router, routing::get};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use vestibule_core::{
    ContentEncryptionAlgorithm::{self, A128CbcHs256, A192CbcHs384, A256Gcm},
    JwkSet,
    KeyManagementAlgorithm::{self, A128Kw, Dir, EcdhEs, EcdhEsA128Kw, RsaOaep},
    SignatureAlgorithm,
    jose::{CompactJwe, CompactJws, DecryptionKey, DecryptionKeys, InvalidJwe},
};
use vestibule_provider::{DevelopmentProvider, EncryptionFault, Fault, RegisteredClient};

use crate::{
    front::{self, response},
    party::{self, REDIRECT_URI, browser, code, login, part, post, send, text},
    town,
};

type Algorithms = (KeyManagementAlgorithm, ContentEncryptionAlgorithm);

const ECDH: Algorithms = (EcdhEs, A256Gcm);

/// What `rp` opens its tokens with.
struct Recipient {
    keys: DecryptionKeys,
    jwks: Value,
}

impl Recipient {
    /// With the client secret for a symmetric algorithm, with a key of its own for any other.
    fn new((alg, enc): Algorithms) -> Self {
        let key = if alg.is_symmetric() {
            DecryptionKey::from_secret(alg, enc, &"s:%+é".into())
        } else {
            DecryptionKey::generate(alg)
        };
        let key = key.expect("a key");
        let jwks = json!({"keys": [key.public_jwk()]});
        Self { keys: DecryptionKeys::from_iter([key]), jwks }
    }

    fn open(&self, algorithms: Algorithms, token: &str) -> Result<String, InvalidJwe> {
        Ok(CompactJwe::parse(token)?.decrypt(algorithms, &self.keys)?.as_str().to_owned())
    }
}

fn rp((alg, enc): Algorithms, recipient: &Recipient) -> RegisteredClient {
    front::rp().jwks(recipient.jwks.clone()).id_token_encrypted_response(alg, enc)
}

async fn is_ours(provider: &DevelopmentProvider, signed: &str) -> bool {
    let answer = send(provider, Request::get("http://127.0.0.1:3001/jwks"), "").await;
    let keys = JwkSet::from_json(answer.body()).expect("a key set");
    CompactJws::parse(signed).expect("a token").verify(SignatureAlgorithm::Es256, &keys).is_ok()
}

async fn id_token(provider: &DevelopmentProvider) -> String {
    text(&login(provider, &mut browser(provider), "openid").await, "id_token").to_owned()
}

async fn userinfo(provider: &DevelopmentProvider) -> String {
    let tokens = login(provider, &mut browser(provider), "openid").await;
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let request = Request::get("http://127.0.0.1:3001/userinfo").header("authorization", bearer);
    let answer = send(provider, request, "").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/jwt");
    String::from_utf8(answer.body().to_vec()).expect("a token")
}

#[tokio::test]
async fn a_signed_token_is_encrypted_by_what_the_client_registered() {
    let algorithms = KeyManagementAlgorithm::ALL.map(|alg| (alg, A128CbcHs256));
    for algorithms in [&algorithms[..], &[(Dir, A192CbcHs384), ECDH, (RsaOaep, A256Gcm)]].concat() {
        let recipient = Recipient::new(algorithms);
        let provider = party::provider().client(rp(algorithms, &recipient));
        let token = id_token(&provider).await;
        let header = part(&token, 0);
        assert_eq!([&header["alg"], &header["enc"], &header["cty"]], [algorithms.0.name(), algorithms.1.name(), "JWT"]);
        let signed = recipient.open(algorithms, &token).expect("for us");
        assert!(is_ours(&provider, &signed).await, "{algorithms:?}");
        assert_eq!(part(&signed, 1)["sub"], "alice");
        let kid = recipient.jwks["keys"][0].get("kid").filter(|_| !algorithms.0.is_symmetric());
        assert_eq!(header.get("kid"), kid);
    }
}

/// Core 3.3.3.6, 12.2; Back-Channel Logout 2.4
#[tokio::test]
async fn every_id_token_and_every_logout_token_is_encrypted() {
    let recipient = Recipient::new(ECDH);
    let client = rp(ECDH, &recipient).grant_type("refresh_token").backchannel_logout_uri("http://localhost:3000/back");
    let provider = front::provider().client(client);
    let front = response(&provider, &[("response_type", "code id_token")]).await;
    let back = front.redeem(&provider).await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", text(&back, "refresh_token"))];
    let refreshed = party::json(&post(&provider, "/token", &fields).await);
    assert_eq!(provider.log_out("alice"), 1);
    let logout = town::logout_token(&provider.pending_logout_requests()[0]);
    for token in [front.piece("id_token"), text(&back, "id_token"), text(&refreshed, "id_token"), &logout] {
        let signed = recipient.open(ECDH, token).expect("for us");
        assert!(is_ours(&provider, &signed).await);
        assert_eq!((&part(&signed, 1)["sub"], &part(&signed, 1)["aud"]), (&json!("alice"), &json!("rp")));
    }
}

/// Core 5.3.2
#[tokio::test]
async fn userinfo_is_encrypted_with_its_signature_or_without() {
    let recipient = Recipient::new(ECDH);
    let client = front::rp().jwks(recipient.jwks.clone()).userinfo_encrypted_response(EcdhEs, A256Gcm);
    let provider = party::provider().client(client.clone().userinfo_signed_response_alg(SignatureAlgorithm::Es256));
    let signed = recipient.open(ECDH, &userinfo(&provider).await).expect("for us");
    assert!(is_ours(&provider, &signed).await);
    // It decrypts, and is no token.
    let provider = party::provider().client(client);
    let token = userinfo(&provider).await;
    assert_eq!(part(&token, 0).get("cty"), None);
    assert_eq!(recipient.open(ECDH, &token), Err(InvalidJwe::NotNested));
    assert_eq!(id_token(&provider).await.split('.').count(), 3, "that is registered apart");
}

/// Registration 2
#[tokio::test]
async fn the_keys_are_fetched_from_the_client_and_a_logout_token_goes_by_those_of_the_last_time() {
    let recipient = Recipient::new(ECDH);
    let jwks = recipient.jwks.to_string();
    let client = front::rp()
        .id_token_encrypted_response(EcdhEs, A256Gcm)
        .jwks_uri("http://localhost:3000/jwks")
        .backchannel_logout_uri("http://localhost:3000/back");
    let provider = party::provider().client(client);
    provider.site("http://localhost:3000", Router::new().route("/jwks", get(async move || jwks)));
    for fetches in [1, 2] {
        let token = id_token(&provider).await;
        assert!(recipient.open(ECDH, &token).is_ok());
        assert_eq!(provider.fetches().len(), fetches);
    }
    let logout = provider.logout_token("rp").sub("alice").sign();
    assert!(recipient.open(ECDH, &logout).is_ok());
    assert_eq!(provider.fetches().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_encrypted_is_not_sent_in_the_clear() {
    let of_another_type = Recipient::new((RsaOaep, A256Gcm)).jwks;
    let plain = || front::rp().id_token_encrypted_response(EcdhEs, A256Gcm);
    let public =
        RegisteredClient::public("rp").redirect_uri(REDIRECT_URI).response_types(vestibule_core::ResponseType::ALL);
    for client in [
        plain(),
        plain().jwks(json!({"keys": []})),
        plain().jwks(of_another_type),
        plain().jwks_uri("http://localhost:3000/nothing"),
        public.id_token_encrypted_response(A128Kw, A256Gcm),
    ] {
        let provider = party::provider().client(client.backchannel_logout_uri("http://localhost:3000/back"));
        let front = response(&provider, &[("response_type", "id_token")]).await;
        assert_eq!((front.piece("error"), front.get("id_token")), ("server_error", None));
        assert!(front.piece("error_description").contains("no key to encrypt to by"));
        assert_eq!((provider.log_out("alice"), provider.pending_logout_requests().len()), (1, 0));
    }
    let provider = party::provider().client(plain());
    let code = code(&provider, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", party::VERIFIER),
        ("code", &code),
    ];
    let answer = post(&provider, "/token", &fields).await;
    assert_eq!(
        (answer.status(), text(&party::json(&answer), "error")),
        (StatusCode::INTERNAL_SERVER_ERROR, "server_error")
    );
}

fn is_expected(fault: EncryptionFault, alg: KeyManagementAlgorithm, opened: &Result<String, InvalidJwe>) -> bool {
    use EncryptionFault as Fault;
    match (fault, opened) {
        (Fault::ToAnother | Fault::Broken, Err(InvalidJwe::Decryption))
        | (Fault::UnknownKid, Err(InvalidJwe::NoMatchingKey { kid: Some(_), .. }))
        | (Fault::OtherKeyManagement, Err(InvalidJwe::KeyManagement { .. }))
        | (Fault::OtherContentEncryption, Err(InvalidJwe::ContentEncryption { .. }))
        | (Fault::PlainClaims | Fault::Twice, Err(InvalidJwe::NotNested))
        | (Fault::Compressed, Err(InvalidJwe::Compressed))
        | (Fault::Missing, Err(InvalidJwe::NotCompact)) => true,
        // A client has one secret: whatever it is called, it is that one.
        (Fault::UnknownKid, Ok(_)) => alg.is_symmetric(),
        _ => false,
    }
}

/// Core 16.14, V37, V39, R69
#[tokio::test]
async fn every_fault_breaks_one_rule_wherever_the_token_is() {
    for algorithms in [ECDH, (RsaOaep, A128CbcHs256), (EcdhEsA128Kw, A256Gcm), (Dir, A256Gcm), (A128Kw, A128CbcHs256)] {
        let recipient = Recipient::new(algorithms);
        let client = rp(algorithms, &recipient)
            .userinfo_signed_response_alg(SignatureAlgorithm::Es256)
            .userinfo_encrypted_response(algorithms.0, algorithms.1);
        let provider = front::provider().client(client);
        for fault in EncryptionFault::OF_ENCRYPTED {
            provider.set_fault(Some(Fault::IdTokenEncryption(fault)));
            let id_token = id_token(&provider).await;
            provider.set_fault(Some(Fault::UserInfoEncryption(fault)));
            let userinfo = userinfo(&provider).await;
            provider.set_fault(Some(Fault::LogoutTokenEncryption(fault)));
            let logout = provider.logout_token("rp").sub("alice").sign();
            for token in [id_token, userinfo, logout] {
                let opened = recipient.open(algorithms, &token);
                assert!(is_expected(fault, algorithms.0, &opened), "{algorithms:?} {fault:?}: {opened:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_fault_of_encryption_is_in_the_first_of_two_id_tokens_or_in_the_second() {
    let recipient = Recipient::new(ECDH);
    let provider = front::provider().client(rp(ECDH, &recipient));
    let fault = Fault::IdTokenEncryption(EncryptionFault::Missing);
    for (fault, expected) in [(fault.clone(), [3, 5]), (Fault::AtTokenEndpoint(Box::new(fault)), [5, 3])] {
        provider.set_fault(Some(fault));
        let front = response(&provider, &[("response_type", "code id_token")]).await;
        let back = front.redeem(&provider).await;
        let parts = [front.piece("id_token"), text(&back, "id_token")].map(|token| token.split('.').count());
        assert_eq!(parts, expected);
    }
    // What is inside is for the other faults.
    provider.set_fault(Some(Fault::AlgNone));
    let signed = recipient.open(ECDH, &id_token(&provider).await).expect("for us");
    assert_eq!(part(&signed, 0)["alg"], "none");
}

#[tokio::test]
async fn a_token_can_be_encrypted_though_nobody_asked() {
    let algorithms = (EcdhEs, A128CbcHs256);
    let recipient = Recipient::new(algorithms);
    for (client, is_for_us) in [(front::rp().jwks(recipient.jwks.clone()), true), (front::rp(), false)] {
        let provider = party::provider().client(client);
        provider.set_fault(Some(Fault::IdTokenEncryption(EncryptionFault::Unasked)));
        assert_eq!(recipient.open(algorithms, &id_token(&provider).await).is_ok(), is_for_us);
        provider.set_fault(Some(Fault::UserInfoEncryption(EncryptionFault::Unasked)));
        assert_eq!(userinfo(&provider).await.split('.').count(), 5);
    }
}

/// RFC 1951 3.2.4
#[tokio::test]
async fn a_compressed_content_says_how() {
    let recipient = Recipient::new(ECDH);
    let provider = party::provider().client(rp(ECDH, &recipient));
    provider.set_fault(Some(Fault::IdTokenEncryption(EncryptionFault::Compressed)));
    assert_eq!(part(&id_token(&provider).await, 0)["zip"], "DEF");
}
