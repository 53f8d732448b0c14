//! What a client may say of itself at registration (Registration 2, RFC 7591 2, RFC 8705 2.1.2).

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use vestibule_core::{ClientMetadata, SignatureAlgorithm};
use vestibule_provider::DevelopmentProvider;

use crate::party::{self, Party, REDIRECT_URI, browser, provider, send, text};

pub(crate) async fn register(provider: &DevelopmentProvider, asked: &Value) -> Response<Bytes> {
    let request = Request::post("http://127.0.0.1:3001/register").header("content-type", "application/json");
    send(provider, request, &asked.to_string()).await
}

/// What is asked for, beside a redirect URI.
fn asked(more: &Value) -> Value {
    let mut asked = json!({"redirect_uris": [REDIRECT_URI]});
    let members = asked.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    asked
}

/// The public key of RFC 7517 A.1.
fn jwks() -> Value {
    json!({"keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "kid": "1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }]})
}

/// Everything at once that goes together.
fn everything() -> Value {
    json!({
        "redirect_uris": [REDIRECT_URI],
        "response_types": ["code", "code id_token", "id_token token"],
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "application_type": "web",
        "subject_type": "public",
        "client_uri": "https://app.example/",
        "logo_uri": "https://app.example/logo.png",
        "policy_uri#de": "https://app.example/datenschutz",
        "tos_uri": "https://app.example/terms",
        "contacts": ["ops@app.example"],
        "jwks": jwks(),
        "sector_identifier_uri": "https://app.example/sector.json",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "id_token_signed_response_alg": "ES256",
        "id_token_encrypted_response_alg": "ECDH-ES",
        "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_signed_response_alg": "EdDSA",
        "userinfo_encrypted_response_alg": "ECDH-ES+A128KW",
        "userinfo_encrypted_response_enc": "A128GCM",
        "request_object_signing_alg": "ES256",
        "request_object_encryption_alg": "RSA-OAEP",
        "request_object_encryption_enc": "A192CBC-HS384",
        "default_max_age": 3600,
        "require_auth_time": true,
        "default_acr_values": ["phr"],
        "initiate_login_uri": "https://app.example/login",
        "request_uris": ["https://app.example/request.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"],
    })
}

/// Registration 3.2
#[tokio::test]
async fn every_member_is_registered_and_the_answer_says_so() {
    let provider = provider();
    let answer = register(&provider, &everything()).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "{answer:?}");
    let told = party::json(&answer);
    for (member, value) in everything().as_object().expect("an object") {
        assert_eq!(&told[member], value, "{member}");
    }
    assert!(told.get("client_secret").is_none(), "it has a key");
    let client = provider.registered(text(&told, "client_id")).expect("registered");
    assert_eq!(client.userinfo_algorithm(), Some(SignatureAlgorithm::EdDsa));
    assert_eq!((client.max_age(), client.needs_auth_time()), (Some(3600), true));
    let encryptions = [client.id_token_encryption(), client.userinfo_encryption(), client.request_encryption()];
    let names = encryptions.map(|how| how.map(|how| (how.alg().name(), how.enc().name())));
    let expected = [("ECDH-ES", "A256GCM"), ("ECDH-ES+A128KW", "A128GCM"), ("RSA-OAEP", "A192CBC-HS384")].map(Some);
    assert_eq!(names, expected);
}

/// Registration 2: the content is then encrypted with A128CBC-HS256.
#[tokio::test]
async fn an_encryption_without_enc_has_the_one_of_the_specification() {
    let asked = asked(&json!({"jwks": jwks(), "id_token_encrypted_response_alg": "ECDH-ES"}));
    let told = party::json(&register(&provider(), &asked).await);
    assert_eq!(told["id_token_encrypted_response_enc"], json!("A128CBC-HS256"));
}

#[tokio::test]
async fn what_goes_together_is_registered() {
    for more in [
        json!({"response_types": ["id_token"], "grant_types": ["implicit"]}),
        json!({"response_types": ["id_token code"], "grant_types": ["implicit", "authorization_code"]}),
        json!({"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "HS256"}),
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/jwks"}),
        json!({"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": jwks()}),
        json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=app"}),
        json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example"}),
        json!({"token_endpoint_auth_method": "none", "request_object_signing_alg": "none"}),
        json!({"id_token_encrypted_response_alg": "A128KW", "userinfo_signed_response_alg": "HS256"}),
        json!({"initiate_login_uri": "http://localhost:3000/login"}),
        json!({"request_uris": ["http://127.0.0.1:3000/request"]}),
        json!({"userinfo_signed_response_alg": null, "default_max_age": 0}),
    ] {
        let answer = register(&provider(), &asked(&more)).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{more} {}", party::json(&answer));
    }
}

#[tokio::test]
async fn a_secret_is_for_those_who_show_it_or_sign_with_it() {
    for (method, expected) in [
        (json!({"token_endpoint_auth_method": "client_secret_jwt"}), true),
        (json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks()}), false),
        (json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=app"}), false),
    ] {
        let told = party::json(&register(&provider(), &asked(&method)).await);
        assert_eq!(told.get("client_secret").is_some(), expected, "{method}");
    }
}

/// What does not go together, with a word of the reason.
#[rustfmt::skip]
fn contradictions() -> Vec<(Value, &'static str)> {
    let private = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "MA", "y": "MA", "d": "MA"}]});
    vec![
        (json!({"response_types": ["token"], "grant_types": ["implicit"]}), "response_types"),
        (json!({"response_types": ["code id_token"]}), "lacks implicit"),
        (json!({"response_types": ["code id_token"], "grant_types": ["implicit"]}), "lacks authorization_code"),
        (json!({"grant_types": ["authorization_code", "implicit"]}), "needs the grant type implicit"),
        (json!({"response_types": ["id_token"], "grant_types": ["implicit", "authorization_code"]}), "authorization_code"),
        (json!({"grant_types": ["authorization_code", "password"]}), "not supported"),
        (json!({"subject_type": "pairwise"}), "subject_type"),
        (json!({"sector_identifier_uri": "http://localhost:3000/sector.json"}), "https"),
        (json!({"sector_identifier_uri": 1}), "sector_identifier_uri"),
        (json!({"initiate_login_uri": "http://app.example/login"}), "initiate_login_uri"),
        (json!({"request_uris": ["http://app.example/request"]}), "request URI"),
        (json!({"request_uris": "https://app.example/request"}), "request_uris"),
        (json!({"contacts": ["ops"]}), "contacts"),
        (json!({"client_uri": "app.example"}), "client_uri"),
        (json!({"tos_uri#fr": "javascript:alert(1)"}), "tos_uri"),
        (json!({"jwks": jwks(), "jwks_uri": "https://app.example/jwks"}), "both"),
        (json!({"jwks_uri": "http://app.example/jwks"}), "jwks_uri"),
        (json!({"jwks": []}), "key set"),
        (json!({"jwks": {"keys": []}}), "must have keys"),
        (json!({"jwks": {"keys": [{"crv": "P-256"}]}}), "kty"),
        (json!({"jwks": private}), "not public"),
        (json!({"token_endpoint_auth_method": "client_secret_saml"}), "token_endpoint_auth_method"),
        (json!({"token_endpoint_auth_method": "private_key_jwt"}), "needs jwks"),
        (json!({"token_endpoint_auth_method": "self_signed_tls_client_auth"}), "needs jwks"),
        (json!({"token_endpoint_auth_method": "tls_client_auth"}), "exactly one"),
        (json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "::1", "tls_client_auth_san_dns": "a"}), "exactly one"),
        (json!({"tls_client_auth_san_ip": 1}), "tls_client_auth_san_ip"),
        (json!({"tls_client_certificate_bound_access_tokens": "yes"}), "true or false"),
        (json!({"token_endpoint_auth_signing_alg": "ES256"}), "does not fit"),
        (json!({"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "ES256"}), "does not fit"),
        (json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(), "token_endpoint_auth_signing_alg": "HS256"}), "does not fit"),
        (json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(), "token_endpoint_auth_signing_alg": "none"}), "token_endpoint_auth_signing_alg"),
        (json!({"userinfo_signed_response_alg": "none"}), "userinfo_signed_response_alg"),
        (json!({"userinfo_signed_response_alg": "HS256", "token_endpoint_auth_method": "none"}), "secret"),
        (json!({"request_object_signing_alg": "HS256", "token_endpoint_auth_method": "none"}), "secret"),
        (json!({"id_token_encrypted_response_alg": "dir", "token_endpoint_auth_method": "none"}), "secret"),
        (json!({"request_object_signing_alg": "RS256"}), "need jwks"),
        (json!({"request_object_signing_alg": "rs256"}), "request_object_signing_alg"),
        (json!({"id_token_encrypted_response_alg": "RSA-OAEP"}), "need jwks"),
        (json!({"userinfo_encrypted_response_alg": "ECDH-ES"}), "need jwks"),
        (json!({"userinfo_encrypted_response_alg": "RSA1_5", "jwks": jwks()}), "userinfo_encrypted_response_alg"),
        (json!({"userinfo_encrypted_response_enc": "A128GCM"}), "without userinfo_encrypted_response_alg"),
        (json!({"request_object_encryption_alg": "RSA-OAEP", "request_object_encryption_enc": "A128"}), "request_object_encryption_enc"),
        (json!({"default_max_age": -1}), "default_max_age"),
        (json!({"default_max_age": "60"}), "default_max_age"),
        (json!({"require_auth_time": "true"}), "require_auth_time"),
        (json!({"default_acr_values": "phr"}), "default_acr_values"),
    ]
}

#[tokio::test]
async fn what_does_not_go_together_is_refused_with_the_reason() {
    let provider = provider();
    for (more, reason) in contradictions() {
        let answer = register(&provider, &asked(&more)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{more}");
        let denial = party::json(&answer);
        assert_eq!(text(&denial, "error"), "invalid_client_metadata", "{more}");
        assert!(text(&denial, "error_description").contains(reason), "{more}: {denial}");
    }
}

/// R54
#[tokio::test]
async fn the_suites_credentials_have_its_form_and_sign_people_in() {
    let provider = provider().with_suite_credentials();
    let mut signs = String::new();
    for _ in 0..20 {
        let told = party::json(&register(&provider, &asked(&json!({}))).await);
        for (name, prefix, letters, digits) in [("client_id", "client_", 15, 5), ("client_secret", "secret_", 50, 10)] {
            let credential = text(&told, name).strip_prefix(prefix).expect("the prefix");
            let (words, rest) = credential.split_at(letters);
            let (numbers, five) = rest.split_at(digits);
            assert!(
                words.bytes().all(|byte| byte.is_ascii_alphabetic())
                    && numbers.bytes().all(|byte| byte.is_ascii_digit())
            );
            assert!(five.len() == 5 && !five.bytes().any(|byte| byte.is_ascii_alphanumeric()), "{five}");
            signs.push_str(five);
        }
        let metadata = ClientMetadata::new("Photo Album").id_token_signed_response_alg(SignatureAlgorithm::Es256);
        let party = Party::registering(&provider, &metadata).await.expect("a registration");
        assert!(party.sign_in(&mut browser(&provider)).await.expect("tokens").is_ok());
    }
    // 200 of 33: that one of these should never come has a chance of one in four hundred.
    assert!(['%', '+', ':', ' ', '\\', '"'].iter().filter(|sign| signs.contains(**sign)).count() >= 4, "{signs}");
}
