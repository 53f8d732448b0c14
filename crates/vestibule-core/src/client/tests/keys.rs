//! Our private keys, given one by one or as a set.

use super::*;
use crate::jose::{ContentEncryptionAlgorithm::A256Gcm, KeyManagementAlgorithm::EcdhEs};

fn set(algorithms: &[SignatureAlgorithm]) -> Arc<PrivateJwkSet> {
    Arc::new(PrivateJwkSet::new(algorithms.iter().map(|algorithm| key(*algorithm)), []))
}

#[test]
fn keys_of_a_set_sign_as_those_that_were_given_alone() {
    use SignatureAlgorithm::{EdDsa, Es256, Es384};
    let keys = set(&[Es256, EdDsa]);
    let alone = key(EdDsa);
    let client = Client::public("rp").private_keys(keys.clone()).signing_key(alone.clone());
    let kids: Vec<_> = client.signing_keys().map(|key| key.kid()).collect();
    assert_eq!(kids, [alone.kid(), keys.signing_keys()[0].kid(), keys.signing_keys()[1].kid()]);
    assert_eq!(client.signing_key_for(EdDsa).map(|key| key.kid()), Some(alone.kid()), "the one that was given alone");
    assert_eq!(client.signing_key_for(Es256).map(|key| key.kid()), Some(keys.signing_keys()[0].kid()));
    assert!(client.signing_key_for(Es384).is_none());
    assert_eq!(client.private_jwk_set().map(|set| set.public_jwk_set()), Some(keys.public_jwk_set()));
    let by_jwt = Client::public("rp").token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt);
    let by_jwt = by_jwt.token_endpoint_auth_signing_alg(EdDsa).request_object_signing_alg(Es256);
    assert_eq!(by_jwt.check(), Err(InvalidClient::SigningKeyMissing));
    assert_eq!(by_jwt.private_keys(keys).check(), Ok(()));
}

/// One set may serve several providers.
#[test]
fn a_set_may_have_keys_that_nothing_uses() {
    let keys = set(&[SignatureAlgorithm::Es256]);
    let client = Client::confidential("rp", "s").private_keys(keys.clone());
    assert_eq!(client.check(), Ok(()));
    assert_eq!(client.signing_key(key(SignatureAlgorithm::Es256)).check(), Err(InvalidClient::SigningKeyUnused));
    let none = Client::public("rp").token_endpoint_auth_method(TokenEndpointAuthMethod::None).private_keys(keys);
    assert_eq!(none.check(), Ok(()));
    assert_eq!(Client::public("rp").private_keys(opens(EcdhEs)).check(), Ok(()));
}

/// Nobody authenticates by a key because there is one for something else.
#[test]
fn a_set_says_nothing_of_how_we_authenticate() {
    let metadata = ProviderMetadata::from_json(
        br#"{"issuer": "https://a.example", "authorization_endpoint": "https://a.example/a",
        "token_endpoint": "https://a.example/t", "jwks_uri": "https://a.example/k",
        "token_endpoint_auth_methods_supported": ["none"]}"#,
    );
    let metadata = metadata.expect("metadata");
    let client = Client::public("rp").private_keys(set(&[SignatureAlgorithm::Es256]));
    assert_eq!(client.check_provider(&metadata), Ok(()));
    let told = client.clone().token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt);
    assert!(told.check_provider(&metadata).is_err());
    assert!(client.signing_key(key(SignatureAlgorithm::Es256)).check_provider(&metadata).is_err());
}

/// Core 10.1: what both sides have is the client secret, which signs no `private_key_jwt`.
#[test]
fn a_secret_in_a_set_is_no_key_of_ours() {
    let secret = SigningKey::from_secret(SignatureAlgorithm::Hs256, &"x".repeat(32).into()).expect("a key");
    let client = Client::public("rp").private_keys(Arc::new(PrivateJwkSet::new([Arc::new(secret)], [])));
    assert_eq!(client.signing_keys().count(), 0);
}

#[test]
fn what_is_encrypted_for_a_key_needs_one_that_opens_it() {
    let missing = |member| Err(InvalidClient::NoDecryptionKeyFor { member, algorithm: EcdhEs });
    let id_tokens = Client::public("rp").id_token_encrypted_response(EcdhEs, A256Gcm);
    let userinfo = Client::public("rp").userinfo_signed_response_alg(SignatureAlgorithm::Es256);
    let userinfo = userinfo.userinfo_encrypted_response(EcdhEs, A256Gcm);
    for (client, member) in
        [(id_tokens, "id_token_encrypted_response_alg"), (userinfo, "userinfo_encrypted_response_alg")]
    {
        assert_eq!(client.check(), missing(member));
        assert_eq!(client.clone().private_keys(opens(KeyManagementAlgorithm::RsaOaep)).check(), missing(member));
        assert_eq!(client.private_keys(opens(EcdhEs)).check(), Ok(()));
    }
    // Core 10.2: this one comes of the secret.
    let by_secret =
        Client::confidential("rp", "x".repeat(32)).id_token_encrypted_response(KeyManagementAlgorithm::Dir, A256Gcm);
    assert_eq!(by_secret.check(), Ok(()));
}

/// Core 10.2: a request object is encrypted to a key of the provider.
#[test]
fn the_providers_keys_are_needed_to_encrypt_to_it() {
    let by_secret = Client::confidential("rp", "x".repeat(32)).id_token_signed_response_alg(SignatureAlgorithm::Hs256);
    let encrypting = |alg| by_secret.clone().request_object_encryption(alg, A256Gcm);
    assert!(encrypting(EcdhEs).needs_provider_keys());
    assert!(!encrypting(KeyManagementAlgorithm::A128Kw).needs_provider_keys());
}
