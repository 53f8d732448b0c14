use std::collections::BTreeSet;

use http::{Request, StatusCode};
use serde_json::{Value, json};
use vestibule_core::{ResponseType, TokenEndpointAuthMethod};
use vestibule_provider::{DevelopmentProvider, User};

use crate::{
    party::{self, REDIRECT_URI, provider, send},
    registration_metadata::register,
};

async fn document(provider: &DevelopmentProvider) -> Value {
    let answer = send(provider, Request::get("http://127.0.0.1:3001/.well-known/openid-configuration"), "").await;
    assert_eq!(answer.status(), StatusCode::OK);
    party::json(&answer)
}

fn names<'a>(document: &'a Value, member: &str) -> Vec<&'a str> {
    let list = document[member].as_array().unwrap_or_else(|| panic!("{member} is not a list: {document}"));
    list.iter().map(|name| name.as_str().expect("a text")).collect()
}

/// Discovery 3
#[tokio::test]
async fn the_document_says_everything_that_a_relying_party_may_choose_from() {
    let document = document(&provider()).await;
    for (member, some) in [
        ("response_modes_supported", ["query", "fragment", "form_post"].as_slice()),
        ("grant_types_supported", &["authorization_code", "implicit", "refresh_token"]),
        ("subject_types_supported", &["public"]),
        ("id_token_signing_alg_values_supported", &["RS256", "ES256", "EdDSA", "HS256"]),
        ("id_token_encryption_alg_values_supported", &["RSA-OAEP", "ECDH-ES", "dir"]),
        ("id_token_encryption_enc_values_supported", &["A128CBC-HS256", "A256GCM"]),
        ("userinfo_signing_alg_values_supported", &["RS256", "ES256"]),
        ("userinfo_encryption_alg_values_supported", &["RSA-OAEP"]),
        ("userinfo_encryption_enc_values_supported", &["A128GCM"]),
        ("request_object_signing_alg_values_supported", &["RS256", "none"]),
        ("request_object_encryption_alg_values_supported", &["RSA-OAEP", "ECDH-ES"]),
        ("request_object_encryption_enc_values_supported", &["A128CBC-HS256"]),
        ("token_endpoint_auth_signing_alg_values_supported", &["RS256", "HS256"]),
        ("revocation_endpoint_auth_methods_supported", &["private_key_jwt"]),
        ("claim_types_supported", &["normal", "aggregated", "distributed"]),
        ("claims_supported", &["sub", "acr", "c_hash", "email_verified", "phone_number", "address"]),
    ] {
        let given = names(&document, member);
        assert!(some.iter().all(|name| given.contains(name)), "{member}: {given:?}");
    }
    for member in ["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"] {
        assert_eq!(document[member], json!(true), "{member}");
    }
    assert_eq!(names(&document, "token_endpoint_auth_methods_supported").len(), 7);
    for member in ["id_token", "userinfo"] {
        let given = names(&document, &format!("{member}_signing_alg_values_supported"));
        assert!(!given.contains(&"none"), "no token is worth anything without a signature");
    }
}

#[tokio::test]
async fn response_types_are_all_there_and_in_an_order_of_words_that_nobody_expects() {
    let document = document(&provider()).await;
    let given = names(&document, "response_types_supported");
    let parsed: Vec<ResponseType> = given.iter().map(|name| name.parse().expect("a response type")).collect();
    assert!(ResponseType::ALL.iter().all(|response_type| parsed.contains(response_type)));
    assert!(given.contains(&"id_token code") && given.contains(&"token code id_token"));
    assert!(!given.contains(&"code id_token") && !given.contains(&"code id_token token"));
}

#[tokio::test]
async fn where_there_is_one_method_of_authentication_no_other_can_be_registered() {
    let provider = provider().only_auth_method(TokenEndpointAuthMethod::ClientSecretPost);
    let document = document(&provider).await;
    for member in ["token_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported"] {
        assert_eq!(names(&document, member), ["client_secret_post"]);
    }
    for (method, status) in [
        (json!("client_secret_post"), StatusCode::CREATED),
        (json!("client_secret_basic"), StatusCode::BAD_REQUEST),
        // Registration 2: client_secret_basic is meant.
        (Value::Null, StatusCode::BAD_REQUEST),
    ] {
        let asked = json!({"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": method});
        assert_eq!(register(&provider, &asked).await.status(), status, "{method}");
    }
}

/// RFC 8705 5
#[tokio::test]
async fn aliases_are_said_of_the_endpoints_that_look_at_certificates() {
    assert_eq!(document(&provider()).await.get("mtls_endpoint_aliases"), None);
    let document = document(&provider().with_mtls_aliases("https://mtls.example/mtls/")).await;
    let expected = json!({
        "token_endpoint": "https://mtls.example/mtls/token",
        "userinfo_endpoint": "https://mtls.example/mtls/userinfo",
        "revocation_endpoint": "https://mtls.example/mtls/revoke",
    });
    assert_eq!(document["mtls_endpoint_aliases"], expected);
}

/// Discovery 3
#[tokio::test]
async fn the_document_says_how_request_objects_are_taken() {
    let registered = document(&provider().require_request_uri_registration()).await;
    let refusing = document(&provider().without_request_objects()).await;
    for (member, by_registration, without) in [
        ("request_parameter_supported", true, false),
        ("request_uri_parameter_supported", true, false),
        ("require_request_uri_registration", true, false),
    ] {
        assert_eq!((&registered[member], &refusing[member]), (&json!(by_registration), &json!(without)), "{member}");
    }
    for member in ["signing_alg", "encryption_alg", "encryption_enc"] {
        assert_eq!(refusing.get(format!("request_object_{member}_values_supported")), None, "{member}");
    }
    assert_eq!(document(&provider()).await["require_request_uri_registration"], json!(false));
}

#[tokio::test]
async fn the_contexts_of_all_users_are_said_once_each() {
    assert_eq!(document(&provider()).await.get("acr_values_supported"), None);
    let provider = provider().user(User::new("eve").acr("phr").acr("pwd")).user(User::new("mallory").acr("pwd"));
    assert_eq!(names(&document(&provider).await, "acr_values_supported"), ["phr", "pwd"]);
}

/// Core 9
#[tokio::test]
async fn algorithms_for_assertions_are_those_of_the_methods_that_there_are() {
    let member = "token_endpoint_auth_signing_alg_values_supported";
    let only = |method| provider().only_auth_method(method);
    let by_secret = document(&only(TokenEndpointAuthMethod::ClientSecretJwt)).await;
    assert_eq!(names(&by_secret, member), ["HS256", "HS384", "HS512"]);
    let by_key = document(&only(TokenEndpointAuthMethod::PrivateKeyJwt)).await;
    assert!(names(&by_key, member).contains(&"ES256") && !names(&by_key, member).contains(&"HS256"));
    let neither = document(&only(TokenEndpointAuthMethod::ClientSecretBasic)).await;
    assert_eq!(neither.get(member), None);
}

#[tokio::test]
async fn the_document_can_be_told_to_say_something_else_or_nothing() {
    let aliases = json!({"token_endpoint": "https://mtls.example/token"});
    let provider = provider()
        .advertises("mtls_endpoint_aliases", aliases.clone())
        .advertises("claims_parameter_supported", false)
        .advertises("userinfo_endpoint", Value::Null);
    let (said, usual) = (document(&provider).await, document(&party::provider()).await);
    assert_eq!((&said["mtls_endpoint_aliases"], &said["claims_parameter_supported"]), (&aliases, &json!(false)));
    let members = |document: &Value| -> BTreeSet<String> {
        document.as_object().into_iter().flat_map(|members| members.keys().cloned()).collect()
    };
    let (said, usual) = (members(&said), members(&usual));
    assert_eq!(usual.difference(&said).collect::<Vec<_>>(), ["userinfo_endpoint"]);
    assert_eq!(said.difference(&usual).collect::<Vec<_>>(), ["mtls_endpoint_aliases"]);
}
