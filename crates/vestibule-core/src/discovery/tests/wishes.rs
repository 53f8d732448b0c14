//! What a client wants, and a provider that says it cannot do it.

use std::sync::Arc;

use super::*;
use crate::{
    authorization::ResponseType,
    client_auth::TokenEndpointAuthMethod,
    jose::{ContentEncryptionAlgorithm, DecryptionKey, KeyManagementAlgorithm, PrivateJwkSet},
};

/// One thing that a client wants: what it is called, by which name, and where a provider says that it has it.
type Wish = (Client, &'static str, &'static str, &'static str);

fn secret() -> Client {
    Client::confidential("rp", "x".repeat(64))
}

fn key() -> Arc<SigningKey> {
    Arc::new(SigningKey::generate(SignatureAlgorithm::Es256).expect("a key"))
}

fn wishes() -> Vec<Wish> {
    use ContentEncryptionAlgorithm::A256Gcm;
    use KeyManagementAlgorithm::EcdhEs;
    let userinfo = secret().userinfo_signed_response_alg(SignatureAlgorithm::Es256);
    let objects = secret().signing_key(key()).request_object_signing_alg(SignatureAlgorithm::Es256);
    let opens = Arc::new(PrivateJwkSet::new([], [Arc::new(DecryptionKey::generate(EcdhEs).expect("a key"))]));
    let id_tokens = secret().private_keys(opens.clone()).id_token_encrypted_response(EcdhEs, A256Gcm);
    let (encrypted, sealed) = (
        userinfo.clone().private_keys(opens).userinfo_encrypted_response(EcdhEs, A256Gcm),
        objects.clone().request_object_encryption(EcdhEs, A256Gcm),
    );
    let by_key = Client::public("rp").signing_key(key());
    let by_jwt = secret().token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretJwt);
    let by_certificate = Client::public("rp").token_endpoint_auth_method(TokenEndpointAuthMethod::TlsClientAuth);
    vec![
        (secret(), "the response type", "code", "response_types_supported"),
        (secret(), "code challenges by", "S256", "code_challenge_methods_supported"),
        (secret(), "ID Tokens signed with", "RS256", "id_token_signing_alg_values_supported"),
        (id_tokens.clone(), "ID Tokens encrypted with", "ECDH-ES", "id_token_encryption_alg_values_supported"),
        (id_tokens, "ID Tokens encrypted with", "A256GCM", "id_token_encryption_enc_values_supported"),
        (userinfo, "userinfo signed with", "ES256", "userinfo_signing_alg_values_supported"),
        (encrypted.clone(), "userinfo encrypted with", "ECDH-ES", "userinfo_encryption_alg_values_supported"),
        (encrypted, "userinfo encrypted with", "A256GCM", "userinfo_encryption_enc_values_supported"),
        (objects, "request objects signed with", "ES256", "request_object_signing_alg_values_supported"),
        (sealed.clone(), "request objects encrypted with", "ECDH-ES", "request_object_encryption_alg_values_supported"),
        (sealed, "request objects encrypted with", "A256GCM", "request_object_encryption_enc_values_supported"),
        (by_key.clone(), "client authentication by", "private_key_jwt", "token_endpoint_auth_methods_supported"),
        (by_key, "client assertions signed with", "ES256", "token_endpoint_auth_signing_alg_values_supported"),
        (by_jwt, "client authentication by", "client_secret_jwt", "token_endpoint_auth_methods_supported"),
        (by_certificate, "client authentication by", "tls_client_auth", "token_endpoint_auth_methods_supported"),
    ]
}

#[test]
fn whatever_a_client_wants_and_the_provider_says_it_has_not_is_refused_by_name() {
    for (client, what, wanted, member) in wishes() {
        assert_eq!(client.check(), Ok(()), "{member}");
        let check = |value: Option<Value>| {
            let mut document = published();
            // Nothing is said of what is not this wish.
            document.as_object_mut().expect("an object").retain(|name, _| !name.ends_with("_supported"));
            let document = value.map_or(document.clone(), |value| with(document, member, value));
            client.check_provider(&described(&document).expect("metadata"))
        };
        assert_eq!(check(None), Ok(()), "{member}: silence is no refusal");
        assert_eq!(check(Some(json!(["unheard-of", wanted]))), Ok(()), "{member}");
        assert_eq!(check(Some(json!(["a", "b"]))), unsupported(what, wanted, member, "a b"), "{wanted}");
        assert_eq!(check(Some(json!([]))), unsupported(what, wanted, member, ""), "{wanted}");
    }
}

/// RFC 9101 10.5, Discovery 3
#[test]
fn request_objects_are_sent_where_they_are_taken_and_must_be_where_nothing_else_is() {
    let without_objects = secret();
    let with_objects = secret().signing_key(key()).request_object_signing_alg(SignatureAlgorithm::Es256);
    let check = |client: &Client, document: &Value| client.check_provider(&described(document).expect("metadata"));
    let required = with(published(), "require_signed_request_object", true);
    assert_eq!(check(&without_objects, &required), Err(InvalidMetadata::RequestObjectRequired));
    assert_eq!(check(&with_objects, &required), Ok(()));
    let none = with(published(), "request_uri_parameter_supported", false);
    assert_eq!(check(&with_objects, &none), Err(InvalidMetadata::NoRequestObjects));
    assert_eq!(check(&without_objects, &none), Ok(()));
    assert_eq!(check(&with_objects, &with(none, "request_parameter_supported", true)), Ok(()), "by value");
    assert_eq!(check(&with_objects, &published()), Ok(()), "by reference, which is the default");
}

/// Core 3.2: an implicit login asks nothing of the token endpoint.
#[test]
fn what_only_a_code_needs_is_asked_of_a_provider_only_for_a_code() {
    let document = with(without(published(), "token_endpoint"), "response_types_supported", json!(["token id_token"]));
    let metadata = described(&with(document, "code_challenge_methods_supported", json!([]))).expect("metadata");
    assert_eq!(secret().check_provider_for(&metadata, ResponseType::IdTokenToken), Ok(()));
    let (what, member) = ("the response type", "response_types_supported");
    assert_eq!(
        secret().check_provider_for(&metadata, ResponseType::IdToken),
        unsupported(what, "id_token", member, "token id_token")
    );
    assert_eq!(secret().check_provider(&metadata), unsupported(what, "code", member, "token id_token"));
}

/// Providers that serve public clients seldom say so.
#[test]
fn a_public_client_needs_no_method_in_the_list() {
    let client = Client::public("rp").token_endpoint_auth_method(TokenEndpointAuthMethod::None);
    assert_eq!(client.check_provider(&described(&published()).expect("metadata")), Ok(()));
}
