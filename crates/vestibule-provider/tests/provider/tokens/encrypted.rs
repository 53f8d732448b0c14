//! Encrypted tokens of which one bit was changed (V37, V45): none opens, whatever the algorithms.

use serde_json::json;
use vestibule_core::{
    ContentEncryptionAlgorithm, JwkSet, KeyManagementAlgorithm, Secret,
    jose::{CompactJwe, DecryptionKey, DecryptionKeys, EncryptionKey},
};

use super::bits;

const SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln";

/// A key of ours, and the token that somebody made for it.
fn token((alg, enc): (KeyManagementAlgorithm, ContentEncryptionAlgorithm), ours: &DecryptionKey) -> String {
    if alg.is_symmetric() {
        let key = EncryptionKey::from_secret(alg, enc, &Secret::from("the secret of one client")).expect("a key");
        return key.encrypt(alg, enc, SIGNED).expect("a token");
    }
    let set = json!({"keys": [ours.public_jwk()]}).to_string();
    let set = JwkSet::from_json(set.as_bytes()).expect("a key set");
    set.encryption_key(alg).expect("a key").encrypt(alg, enc, SIGNED).expect("a token")
}

/// Each way to bring the content key with each content encryption in turn, or with all of them.
#[test]
fn an_encrypted_token_with_one_bit_changed_does_not_open() {
    let (all, mut flipped) = (ContentEncryptionAlgorithm::ALL, 0);
    let mut in_turn = all.into_iter().cycle();
    for alg in KeyManagementAlgorithm::ALL {
        let is_rsa = matches!(alg, KeyManagementAlgorithm::RsaOaep | KeyManagementAlgorithm::RsaOaep256);
        let pair = (!alg.is_symmetric()).then(|| DecryptionKey::generate(alg).expect("a key"));
        let encs = if bits::in_full() { all.to_vec() } else { in_turn.by_ref().take(1).collect() };
        for enc in encs {
            let agreed = (alg, enc);
            let by_secret =
                || DecryptionKey::from_secret(alg, enc, &Secret::from("the secret of one client")).expect("a key");
            let ours = pair
                .as_ref()
                .map_or_else(by_secret, |key| DecryptionKey::from_jwk_for(alg, &private(key)).expect("a key"));
            let token = token(agreed, &ours);
            let keys = DecryptionKeys::from_iter([ours]);
            let opens = |token: &str| CompactJwe::parse(token).is_ok_and(|jwe| jwe.decrypt(agreed, &keys).is_ok());
            assert!(opens(&token), "{alg} {enc}");
            // An operation with a private key of RSA takes milliseconds.
            let step = match (bits::in_full(), is_rsa) {
                (true, _) => 1,
                (false, true) => 31,
                (false, false) => 3,
            };
            let changed: Vec<String> =
                bits::of_the_text(&token).chain(bits::of_the_parts(&token, 0..5)).step_by(step).collect();
            assert_eq!(changed.iter().filter(|token| opens(token)).count(), 0, "{alg} {enc}");
            flipped += changed.len();
        }
    }
    println!("figure: {flipped} by {} algorithms of encryption, 0 opened", KeyManagementAlgorithm::ALL.len());
}

fn private(key: &DecryptionKey) -> serde_json::Value {
    serde_json::from_str(key.to_private_jwk().expect("a private key").expose()).expect("JSON")
}
