//! Encrypted logout tokens: they are as the ID Tokens are.

use std::sync::Arc;

use super::*;
use crate::jose::{
    ContentEncryptionAlgorithm::A256Gcm, DecryptionKey, EncryptionKey, InvalidJwe, KeyManagementAlgorithm::Dir,
    KeyManagementAlgorithm::EcdhEs, PrivateJwkSet,
};

fn encrypted(key: &DecryptionKey, claims: &Value) -> UnverifiedLogoutToken {
    let published = json!({"keys": [key.public_jwk()]}).to_string();
    let published = JwkSet::from_json(published.as_bytes()).expect("a key set");
    let key = published.encryption_key(EcdhEs).expect("a key");
    let jws = es256().sign("logout+jwt", claims.to_string().as_bytes()).expect("signed");
    UnverifiedLogoutToken::new(key.encrypt(EcdhEs, A256Gcm, &jws).expect("encrypted"))
}

/// Back-Channel Logout 2.4, 2.6 (1), V37
#[test]
fn a_logout_token_is_encrypted_where_id_tokens_are_and_nowhere_else() {
    let key = Arc::new(DecryptionKey::generate(EcdhEs).expect("a key"));
    let token = encrypted(&key, &good());
    assert_eq!(verify_as(&client(), &token).err(), Some(InvalidLogoutToken::Encrypted));
    let party = client().id_token_encrypted_response(EcdhEs, A256Gcm);
    let kid = Some(Excerpt::new(key.kid()));
    let reason = InvalidJwe::NoMatchingKey { algorithm: EcdhEs, kid };
    assert_eq!(verify_as(&party, &token).err(), Some(reason.into()));
    let party = party.private_keys(Arc::new(PrivateJwkSet::new([], [key.clone()])));
    let logout_token = verify_as(&party, &token).expect("verified");
    assert_eq!((logout_token.sid(), logout_token.is_explicitly_typed()), (Some("s-1"), true));
    assert_eq!(verify_as(&party, &sign(&good())).err(), Some(InvalidLogoutToken::NotEncrypted));
    assert_eq!(verify_as(&party, &encrypted(&key, &with(good(), "nonce", "n"))).err(), Some(InvalidLogoutToken::Nonce));
}

/// Core 10.2
#[test]
fn a_logout_token_that_was_encrypted_by_the_client_secret_is_read() {
    let client = Client::confidential("rp", "secret").id_token_signed_response_alg(SignatureAlgorithm::Es256);
    let client = client.id_token_encrypted_response(Dir, A256Gcm);
    let sent = |secret: &str| {
        let key = EncryptionKey::from_secret(Dir, A256Gcm, &secret.into()).expect("a key");
        let jws = es256().sign("logout+jwt", good().to_string().as_bytes()).expect("signed");
        UnverifiedLogoutToken::new(key.encrypt(Dir, A256Gcm, &jws).expect("encrypted"))
    };
    assert_eq!(verify_as(&client, &sent("secret")).err(), None);
    assert_eq!(verify_as(&client, &sent("another")).err(), Some(InvalidJwe::Decryption.into()));
}
