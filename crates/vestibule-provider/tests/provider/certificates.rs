use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, StatusCode};
use serde_json::json;
use url::form_urlencoded;
use vestibule_core::{SignatureAlgorithm, TokenEndpointAuthMethod, http_client::ClientCertificate};
use vestibule_provider::{DevelopmentProvider, PresentedCertificate, RegisteredClient};

use crate::party::{self, REDIRECT_URI, VERIFIER, code, json, send};

const TOKEN: &str = "http://127.0.0.1:3001/token";
const CERTIFICATE: &[u8] = b"as good as a certificate";

/// As little of a certificate as has a subject: `CN=rp,O=Ops`.
const WITH_SUBJECT: &[u8] = &[
    0x30, 44, 0x30, 42, // certificate, and what is signed of it
    0x02, 1, 1, 0x30, 0, 0x30, 0, 0x30, 0, // serial number, algorithm, issuer, validity
    0x30, 25, 0x31, 10, 0x30, 8, 0x06, 3, 0x55, 4, 10, 0x0c, 1, b'O', // O=O
    0x31, 11, 0x30, 9, 0x06, 3, 0x55, 4, 3, 0x0c, 2, b'r', b'p', // CN=rp
    0x05, 0, 0x05, 0, 0x05, 0,
];

fn client(method: TokenEndpointAuthMethod) -> RegisteredClient {
    RegisteredClient::public("rp")
        .redirect_uri(REDIRECT_URI)
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
        .token_endpoint_auth_method(method)
}

/// The status for a code, by a request that carries this.
async fn redeem(provider: &DevelopmentProvider, request: http::request::Builder) -> StatusCode {
    let code = code(provider, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
        ("code", &code),
        ("client_id", "rp"),
    ];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let answer = send(provider, request.header("content-type", "application/x-www-form-urlencoded"), &body).await;
    let error = json(&answer).get("error").map(ToString::to_string);
    assert_eq!(error.as_deref(), (!answer.status().is_success()).then_some("\"invalid_client\""));
    answer.status()
}

/// RFC 8705 2.1.2, 2.2.2
#[tokio::test]
async fn a_client_is_known_by_the_certificate_that_it_registered() {
    use TokenEndpointAuthMethod as Method;
    let x5c = |der: &[u8]| json!({"keys": [{"kty": "EC"}, {"kty": "EC", "x5c": [STANDARD.encode(der), "AAAA"]}]});
    for (client, presented, is_taken) in [
        (client(Method::TlsClientAuth).certificate(CERTIFICATE), CERTIFICATE, true),
        (client(Method::TlsClientAuth).certificate(CERTIFICATE), b"another", false),
        (client(Method::TlsClientAuth).tls_client_auth_subject_dn("CN=rp,O=O"), WITH_SUBJECT, true),
        (client(Method::TlsClientAuth).tls_client_auth_subject_dn("CN=rp"), WITH_SUBJECT, false),
        (client(Method::TlsClientAuth).tls_client_auth_subject_dn("CN=rp,O=O"), CERTIFICATE, false),
        (client(Method::TlsClientAuth).jwks(x5c(CERTIFICATE)), CERTIFICATE, false),
        (client(Method::TlsClientAuth), CERTIFICATE, false),
        (client(Method::SelfSignedTlsClientAuth).jwks(x5c(CERTIFICATE)), CERTIFICATE, true),
        (client(Method::SelfSignedTlsClientAuth).jwks(x5c(b"another")), CERTIFICATE, false),
        (client(Method::SelfSignedTlsClientAuth).tls_client_auth_subject_dn("CN=rp,O=O"), WITH_SUBJECT, false),
        (client(Method::SelfSignedTlsClientAuth), CERTIFICATE, false),
        (client(Method::PrivateKeyJwt).certificate(CERTIFICATE), CERTIFICATE, false),
    ] {
        let provider = party::provider().client(client.clone());
        let status = redeem(&provider, Request::post(TOKEN).extension(PresentedCertificate::new(presented))).await;
        let expected = if is_taken { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        assert_eq!(status, expected, "{client:?}");
        assert_eq!(redeem(&provider, Request::post(TOKEN)).await, StatusCode::UNAUTHORIZED, "without any");
    }
}

#[tokio::test]
async fn the_provider_presents_a_certificate_to_itself_with_requests_that_are_marked() {
    let provider = party::provider().client(client(TokenEndpointAuthMethod::TlsClientAuth).certificate(CERTIFICATE));
    let marked = || Request::post(TOKEN).extension(ClientCertificate);
    assert_eq!(redeem(&provider, marked()).await, StatusCode::UNAUTHORIZED);
    provider.present_certificate(Some(PresentedCertificate::new(CERTIFICATE)));
    assert_eq!(redeem(&provider, marked()).await, StatusCode::OK);
    assert_eq!(redeem(&provider, Request::post(TOKEN)).await, StatusCode::UNAUTHORIZED);
    provider.present_certificate(None);
    assert_eq!(redeem(&provider, marked()).await, StatusCode::UNAUTHORIZED);
}

/// RFC 8705 5
#[tokio::test]
async fn where_there_are_aliases_a_certificate_is_seen_there_alone() {
    for base in ["http://127.0.0.1:3001/mtls", "https://mtls.example/mtls"] {
        let provider = party::provider()
            .client(client(TokenEndpointAuthMethod::TlsClientAuth).certificate(CERTIFICATE))
            .with_mtls_aliases(base);
        provider.present_certificate(Some(PresentedCertificate::new(CERTIFICATE)));
        for (url, status) in [(format!("{base}/token"), StatusCode::OK), (TOKEN.to_owned(), StatusCode::UNAUTHORIZED)] {
            let request = Request::post(&url).extension(ClientCertificate);
            assert_eq!(redeem(&provider, request).await, status, "{url}");
            let request = Request::post(&url).extension(PresentedCertificate::new(CERTIFICATE));
            assert_eq!(redeem(&provider, request).await, status, "{url}");
        }
        assert_eq!((provider.count("/mtls/token"), provider.count("/token")), (2, 2));
    }
}

/// RFC 8705 3
#[tokio::test]
async fn an_access_token_is_bound_to_the_certificate_of_a_client_that_registered_that() {
    let client = client(TokenEndpointAuthMethod::TlsClientAuth).certificate(CERTIFICATE);
    for (client, is_bound) in [(client.clone(), false), (client.tls_client_certificate_bound_access_tokens(), true)] {
        let provider = party::provider().client(client);
        let code = code(&provider, &[]).await;
        let body = format!(
            "grant_type=authorization_code&client_id=rp&code={code}&code_verifier={VERIFIER}&redirect_uri={}",
            "http%3A%2F%2Flocalhost%3A3000%2Fcallback",
        );
        let request = Request::post(TOKEN).header("content-type", "application/x-www-form-urlencoded");
        let tokens = json(&send(&provider, request.extension(PresentedCertificate::new(CERTIFICATE)), &body).await);
        let bearer = format!("Bearer {}", party::text(&tokens, "access_token"));
        let userinfo = || Request::get("http://127.0.0.1:3001/userinfo").header("authorization", &bearer);
        for (request, is_theirs) in [
            (userinfo().extension(PresentedCertificate::new(CERTIFICATE)), true),
            (userinfo().extension(PresentedCertificate::new(*b"another")), false),
            (userinfo(), false),
        ] {
            let expected = if is_theirs || !is_bound { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(send(&provider, request, "").await.status(), expected);
        }
    }
}

/// RFC 8705 3
#[tokio::test]
async fn where_access_tokens_are_bound_there_has_to_be_a_certificate() {
    let client = RegisteredClient::confidential("rp", "s:%+é").redirect_uri(REDIRECT_URI);
    let provider = party::provider().client(client.tls_client_certificate_bound_access_tokens());
    let code = code(&provider, &[]).await;
    let answer = party::post(&provider, "/token", &[("grant_type", "authorization_code"), ("code", &code)]).await;
    let denial = json(&answer);
    assert_eq!((answer.status(), party::text(&denial, "error")), (StatusCode::BAD_REQUEST, "invalid_request"));
    assert!(party::text(&denial, "error_description").contains("no client certificate"));
    let asked = json!({
        "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": "CN=rp", "tls_client_certificate_bound_access_tokens": true,
    });
    let told = json(&crate::registration_metadata::register(&provider, &asked).await);
    assert_eq!(told["tls_client_certificate_bound_access_tokens"], json!(true));
}
