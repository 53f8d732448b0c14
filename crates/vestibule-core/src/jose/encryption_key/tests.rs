use super::*;
use crate::jose::{DecryptionKey, JwkSet};

use ContentEncryptionAlgorithm::{A128CbcHs256, A128Gcm, A256Gcm};
use KeyManagementAlgorithm::{A128Kw, Dir, EcdhEs, RsaOaep, RsaOaep256};

fn published(key: &DecryptionKey) -> JwkSet {
    JwkSet::from_json(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).expect("a key set")
}

fn header(token: &str) -> Value {
    let header = token.split('.').next().and_then(base64url::decode).expect("base64url");
    serde_json::from_slice(&header).expect("JSON")
}

/// RFC 7519 5.2: the header says what is inside, and to whom it goes.
#[test]
fn a_token_names_its_algorithms_its_content_and_the_key_of_its_recipient() {
    let ours = DecryptionKey::generate(RsaOaep).expect("a key").with_kid("k");
    let set = published(&ours);
    let to = set.encryption_key(RsaOaep).expect("a key");
    let token = to.encrypt(RsaOaep, A256Gcm, "a.b.c").expect("a token");
    assert_eq!(header(&token), json!({"alg": "RSA-OAEP", "enc": "A256GCM", "cty": "JWT", "kid": "k"}));
    let shared = EncryptionKey::from_secret(Dir, A128Gcm, &Secret::from("secret")).expect("a key");
    let token = shared.encrypt(Dir, A128Gcm, "a.b.c").expect("a token");
    assert_eq!(header(&token), json!({"alg": "dir", "enc": "A128GCM", "cty": "JWT"}));
}

/// RFC 8725 3.1
#[test]
fn a_key_encrypts_by_its_own_algorithms_only() {
    let ours = DecryptionKey::generate(RsaOaep).expect("a key");
    let set = published(&ours);
    let to = set.encryption_key(RsaOaep).expect("a key");
    for algorithm in [RsaOaep256, EcdhEs, A128Kw, Dir] {
        assert!(set.encryption_key(algorithm).is_none());
        assert_eq!(to.encrypt(algorithm, A256Gcm, "a.b.c"), Err(EncryptionFailed::Algorithm { algorithm }));
    }
    let secret = Secret::from("secret");
    let shared = EncryptionKey::from_secret(A128Kw, A128Gcm, &secret).expect("a key");
    assert_eq!(shared.encrypt(A128Kw, A256Gcm, "a.b.c"), Err(EncryptionFailed::Algorithm { algorithm: A128Kw }));
    let refused = EncryptionKey::from_secret(RsaOaep, A256Gcm, &secret).err();
    assert_eq!(refused, Some(EncryptionFailed::Algorithm { algorithm: RsaOaep }));
}

/// RFC 7518 5.2, 5.3, 8.4: a content key, a vector and an ephemeral key serve once.
#[test]
fn no_two_tokens_have_anything_fresh_in_common() {
    let ours = DecryptionKey::generate(EcdhEs).expect("a key");
    let set = published(&ours);
    let to = set.encryption_key(EcdhEs).expect("a key");
    let (one, two) = (to.encrypt(EcdhEs, A128Gcm, "a.b.c"), to.encrypt(EcdhEs, A128Gcm, "a.b.c"));
    let (one, two) = (one.expect("a token"), two.expect("a token"));
    assert_ne!(header(&one)["epk"], header(&two)["epk"]);
    for which in [2, 3, 4] {
        assert_ne!(one.split('.').nth(which), two.split('.').nth(which), "{which}");
    }
    let shared = EncryptionKey::from_secret(A128Kw, A128CbcHs256, &Secret::from("secret")).expect("a key");
    let (one, two) = (shared.encrypt(A128Kw, A128CbcHs256, "a.b.c"), shared.encrypt(A128Kw, A128CbcHs256, "a.b.c"));
    assert_ne!(one.expect("a token").split('.').nth(1), two.expect("a token").split('.').nth(1));
}

/// RFC 7748 6.1: with a point of small order everybody has the same secret: nothing is sent to it.
#[test]
fn nothing_is_encrypted_to_a_point_of_small_order() {
    let jwk = json!({"kty": "OKP", "crv": "X25519", "use": "enc", "x": base64url::encode([0; 32])});
    let set = JwkSet::from_json(json!({"keys": [jwk]}).to_string().as_bytes()).expect("a key set");
    let to = set.encryption_key(EcdhEs).expect("any 32 bytes are a point");
    assert_eq!(to.encrypt(EcdhEs, A128Gcm, "a.b.c"), Err(EncryptionFailed::Library));
}

#[test]
fn a_shared_key_is_not_printed() {
    let shared = EncryptionKey::from_secret(A128Kw, A128Gcm, &Secret::from("canary")).expect("a key");
    assert_eq!(format!("{shared:?}"), "EncryptionKey { kid: None, algorithms: [A128Kw], .. }");
}

/// V51
#[test]
fn keys_of_different_kids_stand_beside_each_other() {
    let published = |kid: &str| DecryptionKey::generate(EcdhEs).expect("a key").with_kid(kid).public_jwk();
    let set = json!({"keys": [published("a"), published("b")]});
    let set = JwkSet::from_json(set.to_string().as_bytes()).expect("a key set");
    let kids: Vec<_> = set.encryption_keys().iter().map(EncryptionKey::kid).collect();
    assert_eq!(kids, [Some("a"), Some("b")]);
}
