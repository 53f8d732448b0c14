use vestibule_core::{ResponseType, SignatureAlgorithm};

use super::*;
use crate::client::{KeySource, ObjectAlgorithm};

fn registered(more: &Value) -> RegisteredClient {
    let mut asked = json!({"redirect_uris": ["https://app.example/callback"]});
    let members = asked.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    let request = RegistrationRequest::parse(asked.to_string().as_bytes(), &Registrations::default());
    request.expect("in order").client("rp", None)
}

#[test]
fn what_a_client_may_ask_for_is_what_it_registered() {
    let grant_types = ["authorization_code", "implicit", "refresh_token"];
    let client = registered(&json!({"response_types": ["id_token code", "id_token"], "grant_types": grant_types}));
    for (response_type, expected) in
        [(ResponseType::CodeIdToken, true), (ResponseType::IdToken, true), (ResponseType::Code, false)]
    {
        assert_eq!(client.may_ask_for(|one| one == response_type), expected, "{response_type}");
    }
    assert!(grant_types.iter().all(|grant_type| client.has_grant_type(grant_type)));
    let client = registered(&json!({"response_types": ["id_token"], "grant_types": ["implicit"]}));
    assert!(!client.has_grant_type("authorization_code"));
}

#[test]
fn what_a_client_proves_itself_with_is_what_it_registered() {
    let client = registered(&json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "PS256",
        "jwks_uri": "https://app.example/jwks",
        "tls_client_auth_subject_dn": "CN=app",
    }));
    assert_eq!(client.auth_method(), TokenEndpointAuthMethod::PrivateKeyJwt);
    assert_eq!(client.assertion_algorithm(), Some(SignatureAlgorithm::Ps256));
    assert_eq!((client.subject_dn(), client.registered_certificate()), (Some("CN=app"), None));
    assert!(matches!(client.keys(), Some(KeySource::At(uri)) if uri == "https://app.example/jwks"));
    let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]});
    let client = registered(&json!({ "jwks": jwks.clone() }));
    assert!(matches!(client.keys(), Some(KeySource::Given(keys)) if *keys == jwks));
}

#[test]
fn how_a_client_signs_its_requests_and_where_they_are_is_what_it_registered() {
    for (more, expected) in [
        (json!({}), ObjectAlgorithm::Any),
        (json!({"request_object_signing_alg": "none"}), ObjectAlgorithm::Unsigned),
        (json!({"request_object_signing_alg": "HS256"}), ObjectAlgorithm::Signed(SignatureAlgorithm::Hs256)),
    ] {
        assert_eq!(registered(&more).object_algorithm(), expected, "{more}");
    }
    let client = registered(&json!({"request_uris": ["https://app.example/request#hash"]}));
    assert!(client.has_request_uri("https://app.example/request"));
}
