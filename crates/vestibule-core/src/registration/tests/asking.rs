//! What is asked for, member by member.

use super::*;
use crate::{
    authorization::ResponseType,
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm},
};

fn everything() -> ClientMetadata {
    let keys = ClientKeys::jwks_uri("https://app.example.com/auth/keys").expect("an https URL");
    ClientMetadata::new("Photo Album")
        .application_type(ApplicationType::Native)
        .contact("a@example.com")
        .client_name_in("ja", "写真アルバム")
        .client_uri("https://app.example.com")
        .client_uri_in("de-CH", "https://app.example.com/de")
        .logo_uri("https://app.example.com/logo.png")
        .logo_uri_in("fr", "https://app.example.com/fr.png")
        .policy_uri("https://app.example.com/policy")
        .policy_uri_in("fr", "https://app.example.com/fr/policy")
        .tos_uri("https://app.example.com/tos")
        .tos_uri_in("fr", "https://app.example.com/fr/tos")
        .redirect_uri("https://other.example.com/callback")
        .redirect_uri(REDIRECT_URI)
        .post_logout_redirect_uri("https://other.example.com/bye")
        .request_uri("https://app.example.com/auth/request#hash")
        .initiate_login_uri("https://app.example.com/auth/initiate")
        .sector_identifier_uri("https://app.example.com/auth/sector")
        .subject_type(SubjectType::Pairwise)
        .response_type(ResponseType::CodeIdToken)
        .response_type(ResponseType::Code)
        .response_type(ResponseType::Code)
        .refresh_tokens()
        .default_max_age(3600)
        .require_auth_time()
        .default_acr_value("phr")
        .default_acr_value("pwd")
        .scope("openid email")
        .software_id("photo-album")
        .software_version("2.1")
        .software_statement("a.b.canary")
        .keys(keys)
        .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
        .token_endpoint_auth_signing_alg(SignatureAlgorithm::Ps256)
        .id_token_signed_response_alg(SignatureAlgorithm::Es256)
        .id_token_encrypted_response_alg(KeyManagementAlgorithm::RsaOaep256)
        .id_token_encrypted_response_enc(ContentEncryptionAlgorithm::A256Gcm)
        .userinfo_signed_response_alg(SignatureAlgorithm::EdDsa)
        .userinfo_encrypted_response_alg(KeyManagementAlgorithm::EcdhEs)
        .userinfo_encrypted_response_enc(ContentEncryptionAlgorithm::A128Gcm)
        .request_object_signing_alg(SignatureAlgorithm::Ps384)
        .request_object_encryption_alg(KeyManagementAlgorithm::RsaOaep)
        .request_object_encryption_enc(ContentEncryptionAlgorithm::A192CbcHs384)
        .require_signed_request_object()
}

/// Registration 2, RFC 7591 2, RFC 8705, RFC 9101 10.5
#[test]
fn every_member_goes_out_under_its_wire_name() {
    assert_eq!(
        asked(&everything(), json!({})),
        json!({
            "application_type": "native",
            "client_name": "Photo Album",
            "client_name#ja": "写真アルバム",
            "client_uri": "https://app.example.com",
            "client_uri#de-CH": "https://app.example.com/de",
            "contacts": ["a@example.com"],
            "default_acr_values": ["phr", "pwd"],
            "default_max_age": 3600,
            "grant_types": ["authorization_code", "implicit", "refresh_token"],
            "id_token_encrypted_response_alg": "RSA-OAEP-256",
            "id_token_encrypted_response_enc": "A256GCM",
            "id_token_signed_response_alg": "ES256",
            "initiate_login_uri": "https://app.example.com/auth/initiate",
            "jwks_uri": "https://app.example.com/auth/keys",
            "logo_uri": "https://app.example.com/logo.png",
            "logo_uri#fr": "https://app.example.com/fr.png",
            "policy_uri": "https://app.example.com/policy",
            "policy_uri#fr": "https://app.example.com/fr/policy",
            "post_logout_redirect_uris": [AFTER_LOGOUT, "https://other.example.com/bye"],
            "redirect_uris": [REDIRECT_URI, "https://other.example.com/callback"],
            "request_object_encryption_alg": "RSA-OAEP",
            "request_object_encryption_enc": "A192CBC-HS384",
            "request_object_signing_alg": "PS384",
            "request_uris": ["https://app.example.com/auth/request#hash"],
            "require_auth_time": true,
            "require_signed_request_object": true,
            "response_types": ["code id_token", "code"],
            "scope": "openid email",
            "sector_identifier_uri": "https://app.example.com/auth/sector",
            "software_id": "photo-album",
            "software_statement": "a.b.canary",
            "software_version": "2.1",
            "subject_type": "pairwise",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "PS256",
            "tos_uri": "https://app.example.com/tos",
            "tos_uri#fr": "https://app.example.com/fr/tos",
            "userinfo_encrypted_response_alg": "ECDH-ES",
            "userinfo_encrypted_response_enc": "A128GCM",
            "userinfo_signed_response_alg": "EdDSA",
        })
    );
    // Which goes with another method than the one above.
    let keys = ClientKeys::jwks_uri("https://app.example.com/auth/keys").expect("an https URL");
    let bound = ClientMetadata::new("Photo Album")
        .keys(keys)
        .token_endpoint_auth_method(TokenEndpointAuthMethod::SelfSignedTlsClientAuth)
        .tls_client_certificate_bound_access_tokens();
    assert_eq!(asked(&bound, json!({}))["tls_client_certificate_bound_access_tokens"], true);
    let printed = format!("{:?} {:?}", everything(), request_of(&everything(), &metadata(json!({}))));
    assert!(!printed.contains("canary"), "{printed}");
}

/// Registration 2: the table of response types and grant types.
#[test]
fn the_grant_types_are_those_that_the_response_types_need() {
    for (response_types, grant_types) in [
        (&[ResponseType::Code][..], json!(["authorization_code"])),
        (&[ResponseType::IdToken], json!(["implicit"])),
        (&[ResponseType::IdTokenToken], json!(["implicit"])),
        (&[ResponseType::CodeIdToken], json!(["authorization_code", "implicit"])),
        (&[ResponseType::CodeToken], json!(["authorization_code", "implicit"])),
        (&[ResponseType::CodeIdTokenToken], json!(["authorization_code", "implicit"])),
        (&[ResponseType::Code, ResponseType::IdToken], json!(["authorization_code", "implicit"])),
    ] {
        let client = response_types.iter().copied().fold(ClientMetadata::new("a"), ClientMetadata::response_type);
        let asked = asked(&client, json!({}));
        assert_eq!((&asked["grant_types"], &asked["response_types"]), (&grant_types, &json!(response_types)));
    }
}

#[test]
fn keys_in_place_and_the_name_in_the_certificate_go_out_under_their_names() {
    let set = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]});
    let client = ClientMetadata::new("a").keys(ClientKeys::jwks(set.clone()).expect("public keys"));
    let choice = asked(&client, json!({}));
    assert_eq!((&choice["jwks"], choice.get("jwks_uri")), (&set, None));
    let client = client.token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth);
    for (subject, member, value) in [
        (TlsClientAuthSubject::Dn("CN=app".to_owned()), "tls_client_auth_subject_dn", "CN=app"),
        (TlsClientAuthSubject::SanDns("app.example.com".to_owned()), "tls_client_auth_san_dns", "app.example.com"),
        (TlsClientAuthSubject::SanUri("urn:app".to_owned()), "tls_client_auth_san_uri", "urn:app"),
        (TlsClientAuthSubject::SanIp([192, 0, 2, 1].into()), "tls_client_auth_san_ip", "192.0.2.1"),
        (TlsClientAuthSubject::SanEmail("a@example.com".to_owned()), "tls_client_auth_san_email", "a@example.com"),
    ] {
        assert_eq!(asked(&client.clone().tls_client_auth_subject(subject), json!({}))[member], value);
    }
}

#[test]
fn unsigned_request_objects_are_asked_for_by_their_insecure_name_only() {
    let choice = asked(&ClientMetadata::new("a").insecure_unsigned_request_objects(), json!({}));
    assert_eq!(choice["request_object_signing_alg"], "none");
}

/// V87: from the offer, and of that only what we have the means for.
#[test]
fn a_method_that_is_not_chosen_is_one_that_is_offered_and_that_we_can_use() {
    let keys = ClientKeys::jwks_uri("https://app.example.com/auth/keys").expect("an https URL");
    let plain = ClientMetadata::new("a");
    for (client, offered, expected) in [
        (plain.clone(), &["private_key_jwt", "client_secret_jwt"][..], "client_secret_jwt"),
        (plain.clone().keys(keys), &["client_secret_jwt", "private_key_jwt"], "private_key_jwt"),
        (plain.clone(), &["private_key_jwt", "none"], "none"),
        (plain, &["tls_client_auth", "private_key_jwt"], "client_secret_basic"),
    ] {
        let choice = asked(&client, json!({"token_endpoint_auth_methods_supported": offered}));
        assert_eq!(choice["token_endpoint_auth_method"], expected, "{offered:?}");
    }
}

#[test]
fn what_is_asked_for_can_be_read_again() {
    let silent = ClientMetadata::new("Photo Album");
    assert_eq!((silent.authenticates_by(), silent.signs_request_objects()), (None, None));
    assert!(!silent.lacks_keys());
    let told = silent
        .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
        .request_object_signing_alg(SignatureAlgorithm::Ps256);
    assert_eq!(told.authenticates_by(), Some(TokenEndpointAuthMethod::PrivateKeyJwt));
    assert_eq!(told.signs_request_objects(), Some(RequestObjectSigning::With(SignatureAlgorithm::Ps256)));
    assert_eq!(told.signs_request_objects().map(|signing| signing.to_string()).as_deref(), Some("PS256"));
    assert!(told.lacks_keys());
}
