//! Core 5.3.2, R82

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use vestibule_core::{
    ContentEncryptionAlgorithm, JwkSet, KeyManagementAlgorithm, SignatureAlgorithm, jose::CompactJws,
};
use vestibule_provider::{DevelopmentProvider, Fault, RegisteredClient};

use crate::party::{ISSUER, REDIRECT_URI, browser, json as parsed, login, part, provider, send, text};

const USERINFO: &str = "http://127.0.0.1:3001/userinfo";

/// A provider whose client `rp` has its userinfo signed.
fn signing(algorithm: SignatureAlgorithm) -> DevelopmentProvider {
    provider().client(rp().userinfo_signed_response_alg(algorithm))
}

fn rp() -> RegisteredClient {
    RegisteredClient::confidential("rp", "s:%+é")
        .redirect_uri(REDIRECT_URI)
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
}

async fn ask(provider: &DevelopmentProvider, token: &str) -> Response<Bytes> {
    send(provider, Request::get(USERINFO).header("authorization", format!("Bearer {token}")), "").await
}

/// What the userinfo endpoint says of alice.
async fn answer(provider: &DevelopmentProvider) -> Response<Bytes> {
    let tokens = login(provider, &mut browser(provider), "openid profile").await;
    let answer = ask(provider, text(&tokens, "access_token")).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer
}

fn token(answer: &Response<Bytes>) -> String {
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &"application/jwt".parse().expect("valid"))
    );
    String::from_utf8(answer.body().to_vec()).expect("a token")
}

async fn keys(provider: &DevelopmentProvider) -> JwkSet {
    let answer = send(provider, Request::get("http://127.0.0.1:3001/jwks"), "").await;
    JwkSet::from_json(answer.body()).expect("a key set")
}

async fn is_signed(provider: &DevelopmentProvider, token: &str, algorithm: SignatureAlgorithm) -> bool {
    CompactJws::parse(token).expect("a token").verify(algorithm, &keys(provider).await).is_ok()
}

#[tokio::test]
async fn whoever_registered_an_algorithm_gets_a_token_for_itself_and_everybody_else_plain_json() {
    for algorithm in [SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa, SignatureAlgorithm::Rs256] {
        let provider = signing(algorithm);
        let token = token(&answer(&provider).await);
        assert!(is_signed(&provider, &token, algorithm).await, "{algorithm}");
        let expected = json!({"iss": ISSUER, "aud": "rp", "sub": "alice", "name": "Alice Liddell", "admin": true});
        assert_eq!(part(&token, 1), expected);
    }
    let plain = answer(&provider()).await;
    assert_eq!(plain.headers()["content-type"], "application/json");
    assert_eq!(parsed(&plain), json!({"sub": "alice", "name": "Alice Liddell", "admin": true}));
}

/// Core 10.1
#[tokio::test]
async fn an_hmac_is_under_the_clients_secret() {
    let secret = "a secret of at least thirty-two bytes";
    let client = RegisteredClient::confidential("rp", secret)
        .redirect_uri(REDIRECT_URI)
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
        .userinfo_signed_response_alg(SignatureAlgorithm::Hs256);
    let provider = provider().client(client);
    let code = crate::party::code(&provider, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", crate::party::VERIFIER),
        ("code", &code),
    ];
    let basic = "rp:a+secret+of+at+least+thirty-two+bytes";
    let tokens = parsed(&crate::party::post_as(&provider, basic, "/token", &fields).await);
    let token = token(&ask(&provider, text(&tokens, "access_token")).await);
    assert_eq!(part(&token, 0)["alg"], json!("HS256"));
    let signed = CompactJws::parse(&token).expect("a token");
    assert!(signed.verify_with_secret(SignatureAlgorithm::Hs256, &secret.into()).is_ok());
}

#[tokio::test]
async fn every_fault_breaks_one_rule_of_a_signed_answer() {
    let provider = signing(SignatureAlgorithm::Es256);
    let good = part(&token(&answer(&provider).await), 1);
    for (fault, member, value, is_good) in [
        (Fault::UserInfoWrongIssuer, "iss", json!("https://stranger.example"), true),
        (Fault::UserInfoWrongAudience, "aud", json!("another-client"), true),
        (Fault::WrongUserInfoSubject, "sub", json!("somebody-else"), true),
        (Fault::UserInfoUnknownKid, "sub", json!("alice"), false),
        (Fault::UserInfoBadSignature, "sub", json!("alice"), false),
    ] {
        provider.set_fault(Some(fault.clone()));
        let token = token(&answer(&provider).await);
        assert_eq!(is_signed(&provider, &token, SignatureAlgorithm::Es256).await, is_good, "{fault:?}");
        let mut expected = good.clone();
        expected[member] = value;
        assert_eq!(part(&token, 1), expected, "{fault:?}");
    }
    provider.set_fault(Some(Fault::UserInfoAlgNone));
    let token = token(&answer(&provider).await);
    assert!(token.ends_with('.') && part(&token, 0)["alg"] == "none" && part(&token, 1) == good);
}

#[tokio::test]
async fn a_fault_can_answer_in_a_form_that_nobody_registered() {
    let signs = signing(SignatureAlgorithm::Es256);
    signs.set_fault(Some(Fault::UserInfoUnprotected));
    assert_eq!(answer(&signs).await.headers()["content-type"], "application/json");
    for (registered, other) in
        [(SignatureAlgorithm::Es256, SignatureAlgorithm::Rs256), (SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256)]
    {
        let provider = signing(registered);
        provider.set_fault(Some(Fault::UserInfoOtherAlgorithm));
        assert_eq!(part(&token(&answer(&provider).await), 0)["alg"], json!(other));
    }
    let provider = provider();
    provider.set_fault(Some(Fault::UserInfoSignedUnasked));
    assert_eq!(part(&token(&answer(&provider).await), 0)["alg"], json!("RS256"));
    provider.set_fault(Some(Fault::UserInfoEncryptedUnasked));
    let token = token(&answer(&provider).await);
    assert_eq!((token.split('.').count(), &part(&token, 0)["alg"]), (5, &json!("RSA-OAEP")));
}

#[tokio::test]
async fn what_cannot_be_encrypted_is_not_sent_in_the_clear() {
    let (alg, enc) = (KeyManagementAlgorithm::EcdhEs, ContentEncryptionAlgorithm::A256Gcm);
    for client in [rp(), rp().userinfo_signed_response_alg(SignatureAlgorithm::Es256)] {
        let provider = provider().client(client.userinfo_encrypted_response(alg, enc));
        let answer = answer(&provider).await;
        assert_eq!(
            (answer.status(), text(&parsed(&answer), "error")),
            (StatusCode::INTERNAL_SERVER_ERROR, "server_error")
        );
    }
}

/// RFC 6750 2.1, 2.2
#[tokio::test]
async fn a_provider_can_take_the_access_token_in_one_place_alone() {
    for (provider, in_header, in_body) in [
        (provider().takes_bearer_in_header_only(), StatusCode::OK, StatusCode::BAD_REQUEST),
        (provider().takes_bearer_in_body_only(), StatusCode::BAD_REQUEST, StatusCode::OK),
    ] {
        let tokens: Value = login(&provider, &mut browser(&provider), "openid").await;
        let token = text(&tokens, "access_token");
        assert_eq!(ask(&provider, token).await.status(), in_header);
        let answer = send(&provider, Request::post(USERINFO), &format!("access_token={token}")).await;
        assert_eq!(answer.status(), in_body);
    }
}
