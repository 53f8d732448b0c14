//! Which keys the settings must have, said at start.

use std::time::Duration;

use vestibule::{
    Client, ClientMetadata, ConfigError, OwnKeys, Provider, RequestObjects, Secret,
    SignatureAlgorithm::{Es256, Es384, Rs256},
    TokenEndpointAuthMethod::PrivateKeyJwt,
    core::{
        ContentEncryptionAlgorithm::A256Gcm,
        KeyManagementAlgorithm::{EcdhEs, RsaOaep256},
        jose::{DecryptionKey, SigningKey},
    },
};

use crate::{
    bench::{by_key, corp},
    house::{ISSUER, TestClock, bare_builder, provider},
};

fn refused(corp: Provider) -> Option<ConfigError> {
    bare_builder(&provider(), &TestClock::new()).provider("corp", corp).build().err()
}

fn refused_setting(corp: Provider) -> Option<String> {
    refused(corp).map(|error| error.setting().to_owned())
}

#[test]
fn a_given_client_that_needs_keys_and_has_none_is_refused_with_what_to_do() {
    for client in [
        by_key(),
        Client::public("my-app").token_endpoint_auth_method(PrivateKeyJwt),
        Client::confidential("my-app", "secret").request_object_signing_alg(Es256),
        Client::confidential("my-app", "secret").id_token_encrypted_response(EcdhEs, A256Gcm),
    ] {
        let error = refused(corp(client)).expect("no keys");
        assert_eq!(error.setting(), "provider.corp.keys");
        let said = error.to_string();
        assert!(said.contains("OwnKeys::made()") && said.contains("/auth/jwks/corp"), "{said}");
    }
    assert_eq!(refused_setting(corp(by_key()).keys(OwnKeys::made())), None);
}

#[test]
fn keys_that_were_given_must_be_the_ones_that_are_needed() {
    let keys = OwnKeys::from_jwks(br#"{"keys":[]}"#).expect("an empty set");
    assert_eq!(refused_setting(corp(by_key()).keys(keys)).as_deref(), Some("provider.corp"));
    assert_eq!(OwnKeys::from_jwks(b"{").expect_err("no JSON").setting(), "jwks");
}

/// A set with this one key in it.
fn only(jwk: &Secret<String>) -> OwnKeys {
    OwnKeys::from_jwks(format!(r#"{{"keys":[{}]}}"#, jwk.expose()).as_bytes()).expect("a set")
}

#[test]
fn a_key_for_another_algorithm_or_another_use_is_not_the_one_that_is_needed() {
    let signs = |algorithm| only(&SigningKey::generate(algorithm).expect("a key").to_private_jwk().expect("a JWK"));
    let opens = |alg| only(&DecryptionKey::generate(alg).expect("a key").to_private_jwk().expect("a JWK"));
    let encrypted = || Client::confidential("my-app", "secret").id_token_encrypted_response(EcdhEs, A256Gcm);
    let objects = || Client::confidential("my-app", "secret").request_object_signing_alg(Es256);
    for (name, client, good, bad) in [
        ("an assertion", by_key(), signs(Es256), [signs(Es384), opens(EcdhEs)]),
        ("a request object", objects(), signs(Es256), [signs(Es384), opens(EcdhEs)]),
        ("an ID Token", encrypted(), opens(EcdhEs), [opens(RsaOaep256), signs(Es256)]),
    ] {
        assert_eq!(refused_setting(corp(client.clone()).keys(good)), None, "{name}");
        for keys in bad {
            let setting = refused_setting(corp(client.clone()).keys(keys));
            assert_eq!(setting.as_deref(), Some("provider.corp"), "{name}");
        }
    }
}

#[test]
fn a_lifetime_leaves_room_for_publishing() {
    for (days, is_refused) in [(1, true), (2, false), (400, false), (401, true)] {
        let keys = OwnKeys::made_for(Duration::from_secs(days * 24 * 3600));
        assert_eq!(refused_setting(corp(by_key()).keys(keys)).is_some(), is_refused, "{days}");
    }
}

#[test]
fn client_metadata_that_contradicts_itself_is_refused_at_start() {
    let lab = |metadata: ClientMetadata| Provider::discovered(ISSUER, metadata).expect("an issuer");
    let good = ClientMetadata::new("Photo Album").token_endpoint_auth_method(PrivateKeyJwt);
    assert_eq!(refused_setting(lab(good)), None, "its keys are made");
    let bad = ClientMetadata::new("Photo Album").contact("nobody");
    assert_eq!(refused_setting(lab(bad)).as_deref(), Some("provider.corp.registration"));
}

#[test]
fn request_objects_are_signed_or_said_to_be_not() {
    let client = || Client::confidential("my-app", "secret");
    let setting = Some("provider.corp.request_objects".to_owned());
    assert_eq!(refused_setting(corp(client()).request_objects(RequestObjects::ByValue)), setting);
    let signed = client().request_object_signing_alg(Rs256);
    let keys = OwnKeys::made;
    assert_eq!(refused_setting(corp(signed.clone()).keys(keys()).insecure_unsigned_request_objects()), setting);
    assert_eq!(refused_setting(corp(signed).keys(keys()).request_objects(RequestObjects::ByReference)), None);
    assert_eq!(refused_setting(corp(client()).insecure_unsigned_request_objects()), None);
}

/// Core 6.2
#[test]
fn a_request_uri_of_more_than_512_characters_is_refused() {
    let build = |length: usize| {
        let prefix = format!("/{}", "a".repeat(length));
        let corp = corp(Client::confidential("my-app", "secret")).insecure_unsigned_request_objects();
        let builder = bare_builder(&provider(), &TestClock::new()).path_prefix(prefix);
        builder.provider("corp", corp.request_objects(RequestObjects::ByReference)).build()
    };
    let fixed = "http://localhost:3000/".len() + "/request_objects/corp/".len() + 22;
    assert!(build(512 - fixed).is_ok() && build(513 - fixed).is_err());
}
