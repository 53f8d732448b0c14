//! The client that a registration makes, and the keys that come to it.

use std::sync::Arc;

use super::*;
use crate::{
    client::{Client, InvalidClient},
    client_auth::TokenEndpointAuthMethod::{ClientSecretBasic, PrivateKeyJwt},
    jose::{
        ContentEncryptionAlgorithm as Enc, DecryptionKey, KeyManagementAlgorithm as Alg, PrivateJwkSet, SigningKey,
    },
};

fn keys() -> PrivateJwkSet {
    let signing = [SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa].map(SigningKey::generate);
    let decryption = [Alg::RsaOaep256, Alg::EcdhEs].map(DecryptionKey::generate);
    PrivateJwkSet::new(
        signing.map(|key| Arc::new(key.expect("a key"))),
        decryption.map(|key| Arc::new(key.expect("a key"))),
    )
}

fn registered(client_metadata: &ClientMetadata, members: Value) -> Result<ClientInformation, InvalidRegistration> {
    let mut answer = good();
    let Value::Object(members) = members else { panic!("an object") };
    answer.as_object_mut().expect("an object").extend(members);
    request_of(client_metadata, &metadata(json!({}))).adopt(answer.as_object().expect("an object"), None)
}

/// All that can be settled on.
fn everything() -> Value {
    json!({
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "EdDSA",
        "id_token_signed_response_alg": "PS256",
        "id_token_encrypted_response_alg": "RSA-OAEP-256", "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_signed_response_alg": "EdDSA", "userinfo_encrypted_response_alg": "ECDH-ES",
        "request_object_signing_alg": "ES256",
        "request_object_encryption_alg": "ECDH-ES+A128KW", "request_object_encryption_enc": "A128GCM",
        "default_max_age": 60, "require_auth_time": true,
    })
}

fn asking(keys: &PrivateJwkSet) -> ClientMetadata {
    ClientMetadata::new("Photo Album")
        .keys(ClientKeys::of(keys))
        .token_endpoint_auth_method(PrivateKeyJwt)
        .request_object_signing_alg(SignatureAlgorithm::Rs256)
        .request_object_encryption_alg(Alg::RsaOaep)
}

/// R100: what was settled on holds for everything that the client sends and gets.
#[test]
fn the_client_of_a_registration_has_every_term_of_it() {
    let keys = keys();
    let information = registered(&asking(&keys), everything()).expect("adopted");
    for information in [ClientInformation::from_bytes(&information.to_bytes()).expect("readable"), information] {
        let client = information.client();
        let agreed = |encryption: Option<crate::client::Encryption>| encryption.map(|both| (both.alg, both.enc));
        assert_eq!(agreed(client.id_token_encryption()), Some((Alg::RsaOaep256, Enc::A256Gcm)));
        assert_eq!(client.userinfo_signature(), Some(SignatureAlgorithm::EdDsa));
        assert_eq!(agreed(client.userinfo_encryption()), Some((Alg::EcdhEs, Enc::A128CbcHs256)), "Registration 2");
        assert_eq!(client.signs_request_objects_with(), Some(SignatureAlgorithm::Es256));
        assert_eq!(agreed(client.encrypts_request_objects_with()), Some((Alg::EcdhEsA128Kw, Enc::A128Gcm)));
        let same = Client::confidential(client.client_id(), "cf136dc3c1fc93f31185e5885805d")
            .token_endpoint_auth_method(PrivateKeyJwt)
            .token_endpoint_auth_signing_alg(SignatureAlgorithm::EdDsa)
            .id_token_signed_response_alg(SignatureAlgorithm::Ps256)
            .id_token_encrypted_response(Alg::RsaOaep256, Enc::A256Gcm)
            .userinfo_signed_response_alg(SignatureAlgorithm::EdDsa)
            .userinfo_encrypted_response(Alg::EcdhEs, Enc::A128CbcHs256)
            .request_object_signing_alg(SignatureAlgorithm::Es256)
            .request_object_encryption(Alg::EcdhEsA128Kw, Enc::A128Gcm)
            .default_max_age(60)
            .require_auth_time();
        assert_eq!(format!("{client:?}"), format!("{same:?}"));
    }
}

/// The keys are the caller's, and come after.
#[test]
fn a_registration_is_adopted_before_the_keys_are_there_and_checked_with_them() {
    let keys = keys();
    let client = registered(&asking(&keys), everything()).expect("adopted").client();
    assert_eq!(client.check(), Err(InvalidClient::SigningKeyMissing));
    let without = |algorithm| {
        let signing = keys.signing_keys().iter().filter(|key| key.algorithm() != algorithm).cloned();
        Arc::new(PrivateJwkSet::new(signing, keys.decryption_keys().iter().cloned()))
    };
    let missing = |member, algorithm| Err(InvalidClient::NoSigningKeyFor { member, algorithm });
    assert_eq!(
        client.clone().private_keys(without(SignatureAlgorithm::EdDsa)).check(),
        missing("token_endpoint_auth_signing_alg", SignatureAlgorithm::EdDsa)
    );
    assert_eq!(
        client.clone().private_keys(without(SignatureAlgorithm::Es256)).check(),
        missing("request_object_signing_alg", SignatureAlgorithm::Es256)
    );
    assert_eq!(client.private_keys(Arc::new(keys)).check(), Ok(()));
}

/// V37: a provider that encrypts userinfo which it does not sign is refused when it says so.
#[test]
fn an_answer_by_which_userinfo_would_be_encrypted_only_is_refused() {
    let client = ClientMetadata::new("a").keys(ClientKeys::of(&keys())).token_endpoint_auth_method(ClientSecretBasic);
    let unsigned = InvalidClient::EncryptedUnsigned {
        encrypted: "userinfo_encrypted_response_alg",
        signed: "userinfo_signed_response_alg",
    };
    let refused = registered(&client, json!({"userinfo_encrypted_response_alg": "ECDH-ES"})).err();
    assert_eq!(refused, Some(InvalidRegistration::Unusable(unsigned)));
}

/// Registration 2: an algorithm for assertions that nobody settled on is one that the provider offers and that a key is for.
#[test]
fn an_algorithm_for_assertions_that_was_not_settled_on_comes_of_the_offer() {
    let keys = keys();
    let asked = ClientMetadata::new("a").keys(ClientKeys::of(&keys)).token_endpoint_auth_method(PrivateKeyJwt);
    let information = registered(&asked, json!({"token_endpoint_auth_method": "private_key_jwt"})).expect("adopted");
    assert_eq!(information.token_endpoint_auth_signing_alg(), None);
    let client = information.client().private_keys(Arc::new(keys));
    let check = |offered: Value| {
        client.check_provider(&metadata(json!({
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": offered,
        })))
    };
    assert_eq!(check(json!(["RS256", "EdDSA"])), Ok(()));
    assert!(matches!(check(json!(["RS256"])), Err(InvalidMetadata::Unsupported { wanted: "ES256", .. })));
}

/// RFC 7591 2: the public halves, and nothing else.
#[test]
fn our_keys_are_registered_by_their_public_halves() {
    let keys = keys();
    let asked = request_of(&asking(&keys), &metadata(json!({}))).asked();
    let asked: Value = serde_json::from_slice(&asked).expect("JSON");
    assert_eq!(asked["jwks"], keys.public_jwk_set());
    assert_eq!(asked["jwks"]["keys"].as_array().map(Vec::len), Some(4));
    assert_eq!(ClientKeys::jwks(asked["jwks"].clone()), Ok(ClientKeys::of(&keys)), "with no private member");
}
