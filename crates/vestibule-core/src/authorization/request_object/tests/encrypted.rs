//! Request objects that only the provider can read.

use super::*;
use crate::jose::{
    CompactJwe,
    ContentEncryptionAlgorithm::{A128Gcm, A256Gcm},
    DecryptionKey, DecryptionKeys,
    KeyManagementAlgorithm::{A256Kw, EcdhEs, RsaOaep256},
};

fn set(keys: &[Value]) -> JwkSet {
    JwkSet::from_json(json!({ "keys": keys }).to_string().as_bytes()).expect("a key set")
}

fn object() -> RequestObject {
    signed(&whole_request(), &key(), drawn(9))
}

/// Core 6.1, RFC 9101 6.1: signed, then encrypted to the key of the provider that the header names.
#[test]
fn a_request_object_is_encrypted_to_a_key_of_the_provider() {
    let (rsa, curve) = (DecryptionKey::generate(RsaOaep256), DecryptionKey::generate(EcdhEs));
    let (rsa, curve) = (rsa.expect("a key"), curve.expect("a key"));
    let keys = set(&[key().public_jwk(), rsa.public_jwk(), curve.public_jwk()]);
    let kid = curve.kid().to_owned();
    let client = Client::public("rp").request_object_encryption(EcdhEs, A256Gcm);
    let object = object();
    let encrypted = object.clone().encrypted(&keys, &client, &metadata()).expect("encrypted");
    let header = header(&encrypted);
    assert_eq!(
        (&header["alg"], &header["enc"], &header["cty"], &header["kid"]),
        (&json!("ECDH-ES"), &json!("A256GCM"), &json!("JWT"), &json!(kid))
    );
    let opens = DecryptionKeys::from_iter([rsa, curve]);
    let nested = CompactJwe::parse(encrypted.as_str()).expect("a JWE").decrypt((EcdhEs, A256Gcm), &opens);
    assert_eq!(nested.expect("decrypted").as_str(), object.as_str());
}

/// Core 10.2
#[test]
fn a_request_object_is_encrypted_by_the_client_secret() {
    let client = Client::confidential("rp", "secret").request_object_encryption(A256Kw, A128Gcm);
    let object = object();
    let encrypted = object.clone().encrypted(&JwkSet::empty(), &client, &metadata()).expect("encrypted");
    let shared = DecryptionKey::from_secret(A256Kw, A128Gcm, &"secret".into()).expect("a key");
    let opens = DecryptionKeys::from_iter([shared]);
    let nested = CompactJwe::parse(encrypted.as_str()).expect("a JWE").decrypt((A256Kw, A128Gcm), &opens);
    assert_eq!(nested.expect("decrypted").as_str(), object.as_str());
}

#[test]
fn a_request_object_is_not_encrypted_where_nobody_agreed_on_it() {
    let object = object();
    assert_eq!(object.clone().encrypted(&JwkSet::empty(), &Client::public("rp"), &metadata()), Ok(object));
}

#[test]
fn what_a_provider_lacks_is_named_and_nothing_is_sent_in_the_clear() {
    let client = Client::public("rp").request_object_encryption(EcdhEs, A256Gcm);
    let rsa = DecryptionKey::generate(RsaOaep256).expect("a key");
    for keys in [JwkSet::empty(), set(&[key().public_jwk(), rsa.public_jwk()])] {
        let refused = object().encrypted(&keys, &client, &metadata()).err();
        let reason = InvalidMetadata::NoEncryptionKey { algorithm: EcdhEs };
        assert_eq!(refused, Some(RequestObjectNotEncrypted::Metadata(reason)));
    }
    let curve = DecryptionKey::generate(EcdhEs).expect("a key");
    for (member, wanted) in [
        ("request_object_encryption_alg_values_supported", "ECDH-ES"),
        ("request_object_encryption_enc_values_supported", "A256GCM"),
    ] {
        let document = json!({
            "issuer": "https://login.example.com/", "authorization_endpoint": "https://login.example.com/authorize",
            "token_endpoint": "https://login.example.com/token", "jwks_uri": "https://login.example.com/keys",
            member: ["dir"],
        });
        let metadata = ProviderMetadata::from_json(document.to_string().as_bytes()).expect("metadata");
        let refused = object().encrypted(&set(&[curve.public_jwk()]), &client, &metadata).err();
        assert!(
            matches!(&refused, Some(RequestObjectNotEncrypted::Metadata(InvalidMetadata::Unsupported { wanted: got, .. })) if *got == wanted),
            "{refused:?}"
        );
    }
}
