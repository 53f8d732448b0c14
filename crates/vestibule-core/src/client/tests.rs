mod keys;

use super::*;
use crate::jose::{DecryptionKey, KeyManagementAlgorithm};

#[test]
fn settings_that_contradict_each_other_are_refused() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost};
    assert_eq!(Client::public("rp").check(), Ok(()));
    assert_eq!(Client::confidential("rp", "s").check(), Ok(()));
    assert_eq!(Client::public("").check(), Err(InvalidClient::EmptyClientId));
    assert_eq!(Client::confidential("rp", "").check(), Err(InvalidClient::EmptyClientSecret));
    assert_eq!(
        Client::public("rp").token_endpoint_auth_method(ClientSecretPost).check(),
        Err(InvalidClient::SecretMissing(ClientSecretPost))
    );
    assert_eq!(
        Client::public("rp").token_endpoint_auth_method(ClientSecretBasic).check(),
        Err(InvalidClient::SecretMissing(ClientSecretBasic))
    );
    assert_eq!(
        Client::confidential("rp", "s").token_endpoint_auth_method(TokenEndpointAuthMethod::None).check(),
        Err(InvalidClient::SecretUnused)
    );
}

/// V54
#[test]
fn an_hmac_needs_a_secret_as_long_as_its_hash() {
    for (algorithm, bytes) in
        [(SignatureAlgorithm::Hs256, 32), (SignatureAlgorithm::Hs384, 48), (SignatureAlgorithm::Hs512, 64)]
    {
        let client = |bytes| Client::confidential("rp", "x".repeat(bytes)).id_token_signed_response_alg(algorithm);
        assert_eq!(client(bytes).check(), Ok(()));
        assert_eq!(client(bytes - 1).check(), Err(InvalidClient::SecretTooShort(algorithm)));
        assert_eq!(
            Client::public("rp").id_token_signed_response_alg(algorithm).check(),
            Err(InvalidClient::SecretTooShort(algorithm))
        );
    }
}

/// V55
#[test]
fn more_than_300_seconds_of_skew_are_refused() {
    assert_eq!(Client::public("rp").clock_skew(300).check(), Ok(()));
    assert_eq!(Client::public("rp").clock_skew(301).check(), Err(InvalidClient::ClockSkew(301)));
    assert_eq!(Client::public("rp").clock_skew(-1).check(), Err(InvalidClient::ClockSkew(-1)));
}

fn key(algorithm: SignatureAlgorithm) -> Arc<SigningKey> {
    Arc::new(SigningKey::generate(algorithm).expect("a key"))
}

#[test]
fn a_method_without_what_it_needs_is_refused() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, PrivateKeyJwt, TlsClientAuth};
    let public = |method| Client::public("rp").token_endpoint_auth_method(method);
    assert_eq!(public(ClientSecretJwt).check(), Err(InvalidClient::SecretMissing(ClientSecretJwt)));
    assert_eq!(public(PrivateKeyJwt).check(), Err(InvalidClient::SigningKeyMissing));
    assert_eq!(public(TlsClientAuth).check(), Ok(()));
    let with_key = |client: Client| client.signing_key(key(SignatureAlgorithm::Es256));
    assert_eq!(with_key(public(PrivateKeyJwt)).check(), Ok(()));
    assert_eq!(with_key(Client::public("rp")).check(), Ok(()));
    for unused in [
        public(TlsClientAuth),
        public(TokenEndpointAuthMethod::None),
        Client::confidential("rp", "s"),
        Client::confidential("rp", "s").token_endpoint_auth_method(ClientSecretBasic),
    ] {
        assert_eq!(with_key(unused.clone()).check(), Err(InvalidClient::SigningKeyUnused), "{unused:?}");
        let signs_requests = with_key(unused).request_object_signing_alg(SignatureAlgorithm::Es256);
        assert_eq!(signs_requests.check(), Ok(()));
    }
}

/// V54
#[test]
fn every_hmac_that_was_agreed_on_needs_a_secret_as_long_as_its_hash() {
    let jwt = |client: Client| client.token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretJwt);
    let secret = |bytes| Client::confidential("rp", "x".repeat(bytes));
    let member = "token_endpoint_auth_signing_alg";
    let too_short = |member, algorithm| Err(InvalidClient::SecretTooShortFor { member, algorithm });
    assert_eq!(jwt(secret(31)).check(), too_short(member, SignatureAlgorithm::Hs256));
    assert_eq!(jwt(secret(32)).check(), Ok(()));
    for (algorithm, bytes) in
        [(SignatureAlgorithm::Hs256, 32), (SignatureAlgorithm::Hs384, 48), (SignatureAlgorithm::Hs512, 64)]
    {
        let signing = |bytes| secret(bytes).token_endpoint_auth_signing_alg(algorithm);
        assert_eq!(jwt(signing(bytes)).check(), Ok(()));
        assert_eq!(jwt(signing(bytes - 1)).check(), too_short(member, algorithm));
        assert_eq!(signing(bytes - 1).check(), too_short(member, algorithm), "the method may become that");
        let userinfo = |bytes| secret(bytes).userinfo_signed_response_alg(algorithm);
        assert_eq!(userinfo(bytes).check(), Ok(()));
        assert_eq!(userinfo(bytes - 1).check(), too_short("userinfo_signed_response_alg", algorithm));
        let objects = |bytes| secret(bytes).request_object_signing_alg(algorithm);
        assert_eq!(objects(bytes).check(), Ok(()));
        assert_eq!(objects(bytes - 1).check(), too_short("request_object_signing_alg", algorithm));
    }
}

#[test]
fn an_algorithm_for_assertions_is_one_of_the_method() {
    use SignatureAlgorithm::{EdDsa, Es256, Hs256};
    use TokenEndpointAuthMethod::{ClientSecretJwt, ClientSecretPost, PrivateKeyJwt};
    let secret = || Client::confidential("rp", "x".repeat(32));
    let by_key = || Client::public("rp").signing_key(key(Es256));
    let wrong = |method, algorithm| Err(InvalidClient::AssertionAlgorithm { method, algorithm });
    for (client, algorithm, expected) in [
        (by_key(), Es256, Ok(())),
        (by_key(), Hs256, wrong(PrivateKeyJwt, Hs256)),
        (by_key().token_endpoint_auth_method(PrivateKeyJwt), Es256, Ok(())),
        (secret(), Es256, wrong(ClientSecretJwt, Es256)),
        (secret().token_endpoint_auth_method(ClientSecretJwt), Hs256, Ok(())),
        (secret().token_endpoint_auth_method(ClientSecretJwt), Es256, wrong(ClientSecretJwt, Es256)),
        (
            secret().token_endpoint_auth_method(ClientSecretPost),
            Hs256,
            Err(InvalidClient::AssertionAlgorithmUnused(Hs256)),
        ),
        (Client::public("rp"), Es256, Err(InvalidClient::AssertionAlgorithmUnused(Es256))),
    ] {
        assert_eq!(
            client.clone().token_endpoint_auth_signing_alg(algorithm).check(),
            expected,
            "{client:?} {algorithm}"
        );
    }
    let missing = |member| Err(InvalidClient::NoSigningKeyFor { member, algorithm: EdDsa });
    assert_eq!(by_key().token_endpoint_auth_signing_alg(EdDsa).check(), missing("token_endpoint_auth_signing_alg"));
    assert_eq!(by_key().request_object_signing_alg(EdDsa).check(), missing("request_object_signing_alg"));
    assert_eq!(Client::public("rp").request_object_signing_alg(EdDsa).check(), missing("request_object_signing_alg"));
}

/// A set with a key that opens what is encrypted by this algorithm.
fn opens(algorithm: KeyManagementAlgorithm) -> Arc<PrivateJwkSet> {
    Arc::new(PrivateJwkSet::new([], [Arc::new(DecryptionKey::generate(algorithm).expect("a key"))]))
}

/// V37: what is only encrypted may be from anybody.
#[test]
fn nothing_is_encrypted_that_is_not_signed() {
    use crate::jose::{ContentEncryptionAlgorithm::A256Gcm, KeyManagementAlgorithm::EcdhEs};
    let unsigned = |encrypted, signed| Err(InvalidClient::EncryptedUnsigned { encrypted, signed });
    let userinfo = Client::public("rp").private_keys(opens(EcdhEs)).userinfo_encrypted_response(EcdhEs, A256Gcm);
    assert_eq!(userinfo.check(), unsigned("userinfo_encrypted_response_alg", "userinfo_signed_response_alg"));
    assert_eq!(userinfo.userinfo_signed_response_alg(SignatureAlgorithm::Es256).check(), Ok(()));
    let objects = Client::public("rp").request_object_encryption(EcdhEs, A256Gcm);
    assert_eq!(objects.check(), unsigned("request_object_encryption_alg", "request_object_signing_alg"));
    let objects = objects.signing_key(key(SignatureAlgorithm::Es256));
    assert_eq!(objects.request_object_signing_alg(SignatureAlgorithm::Es256).check(), Ok(()));
}

/// Core 10.2, 16.19, V54
#[test]
fn a_content_key_that_comes_of_the_secret_needs_one() {
    use crate::jose::{ContentEncryptionAlgorithm::A256Gcm, KeyManagementAlgorithm::Dir};
    let signed = |client: Client| client.userinfo_signed_response_alg(SignatureAlgorithm::Es256);
    let missing = |member| Err(InvalidClient::SecretMissingFor { member });
    let short = |member| Err(InvalidClient::SecretTooShortForKey { member, algorithm: Dir, bytes: 32 });
    let (almost, long_enough) =
        (Client::confidential("rp", "x".repeat(31)), Client::confidential("rp", "x".repeat(32)));
    let id_tokens = |client: Client| client.id_token_encrypted_response(Dir, A256Gcm).check();
    assert_eq!(id_tokens(Client::public("rp")), missing("id_token_encrypted_response_alg"));
    assert_eq!(id_tokens(almost.clone()), short("id_token_encrypted_response_alg"));
    assert_eq!(id_tokens(long_enough.clone()), Ok(()));
    let userinfo = |client: Client| signed(client).userinfo_encrypted_response(Dir, A256Gcm).check();
    assert_eq!(userinfo(Client::public("rp")), missing("userinfo_encrypted_response_alg"));
    assert_eq!(userinfo(almost.clone()), short("userinfo_encrypted_response_alg"));
    assert_eq!(userinfo(long_enough.clone()), Ok(()));
    let objects = |client: Client| {
        let client = client.signing_key(key(SignatureAlgorithm::Es256)).request_object_encryption(Dir, A256Gcm);
        client.request_object_signing_alg(SignatureAlgorithm::Es256).check()
    };
    assert_eq!(objects(Client::public("rp")), missing("request_object_encryption_alg"));
    assert_eq!(objects(almost.clone()), short("request_object_encryption_alg"));
    assert_eq!(objects(long_enough.clone()), Ok(()));
}

#[test]
fn what_was_agreed_on_can_be_asked_for() {
    use crate::jose::{ContentEncryptionAlgorithm as Enc, KeyManagementAlgorithm as Alg};
    let agreed = |encryption: Option<Encryption>| encryption.map(|encryption| (encryption.alg, encryption.enc));
    let client = Client::public("rp");
    assert_eq!((client.signs_request_objects_with(), client.userinfo_signature()), (None, None));
    let client = client
        .request_object_signing_alg(SignatureAlgorithm::Es256)
        .request_object_encryption(Alg::EcdhEs, Enc::A128Gcm)
        .id_token_encrypted_response(Alg::RsaOaep, Enc::A192Gcm)
        .userinfo_signed_response_alg(SignatureAlgorithm::EdDsa)
        .userinfo_encrypted_response(Alg::RsaOaep256, Enc::A256Gcm);
    assert_eq!(client.signs_request_objects_with(), Some(SignatureAlgorithm::Es256));
    assert_eq!(agreed(client.encrypts_request_objects_with()), Some((Alg::EcdhEs, Enc::A128Gcm)));
    assert_eq!(agreed(client.id_token_encryption()), Some((Alg::RsaOaep, Enc::A192Gcm)));
    assert_eq!(client.userinfo_signature(), Some(SignatureAlgorithm::EdDsa));
    assert_eq!(agreed(client.userinfo_encryption()), Some((Alg::RsaOaep256, Enc::A256Gcm)));
}

#[test]
fn the_providers_keys_are_needed_for_userinfo_too() {
    let by_secret = Client::confidential("rp", "x".repeat(32)).id_token_signed_response_alg(SignatureAlgorithm::Hs256);
    assert!(!by_secret.needs_provider_keys());
    assert!(!by_secret.clone().userinfo_signed_response_alg(SignatureAlgorithm::Hs256).needs_provider_keys());
    assert!(by_secret.userinfo_signed_response_alg(SignatureAlgorithm::Rs256).needs_provider_keys());
    assert!(Client::public("rp").needs_provider_keys());
}
