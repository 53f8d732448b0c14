//! Signed and encrypted tokens, and keys.

use serde_json::{Value, json};
use vestibule_core::{
    KeyManagementAlgorithm, SignatureAlgorithm,
    jose::{DecryptionKey, EncryptionKey, SigningKey},
};

use super::{Made, with};
use crate::stage;

pub(super) fn make(made: &mut Made) {
    signed(made);
    encrypted(made);
    keys(made);
}

fn signed(made: &mut Made) {
    let key = stage::private_keys().signing_key(SignatureAlgorithm::Es256).expect("the key of RFC 7515");
    let payload = br#"{"iss":"https://login.example.com","sub":"alice"}"#;
    let token = key.sign("JWT", payload).expect("signed");
    made.accepted("jws", "es256", &token);
    made.accepted("jws", "hs256", stage::hmac_jws(br#"{"alg":"HS256"}"#, payload));
    let (input, signature) = token.rsplit_once('.').expect("three segments");
    made.refused("jws", "without-signature", format!("{input}."));
    made.refused("jws", "two-segments", input);
    made.refused("jws", "four-segments", format!("{token}.{signature}"));
    made.refused("jws", "padded", format!("{token}=="));
    made.refused("jws", "line-end", format!("{token}\n"));
    made.refused("jws", "none", stage::hmac_jws(br#"{"alg":"none"}"#, payload));
    made.refused("jws", "critical", stage::hmac_jws(br#"{"alg":"HS256","crit":["exp"],"exp":1}"#, payload));
    made.refused("jws", "unencoded", stage::hmac_jws(br#"{"alg":"HS256","b64":false}"#, payload));
    made.refused("jws", "algorithm-twice", stage::hmac_jws(br#"{"alg":"HS256","alg":"HS256"}"#, payload));
    made.refused("jws", "confused", stage::hmac_jws(br#"{"alg":"ES256","kid":"sig"}"#, payload));
    let stranger = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid("sig");
    made.refused("jws", "stranger", stranger.sign("JWT", payload).expect("signed"));
    made.refused(
        "jws",
        "key-in-header",
        stage::hmac_jws(br#"{"alg":"RS256","jwk":{"kty":"oct","k":"AA"},"jku":"https://e/"}"#, payload),
    );
}

fn encrypted(made: &mut Made) {
    let inner = stage::hmac_jws(br#"{"alg":"HS256"}"#, br#"{"sub":"alice"}"#);
    let names = ["ecdh-es-a128kw", "a256gcmkw", "a128kw", "dir"];
    for ((alg, enc), name) in stage::ENCRYPTIONS.into_iter().zip(names) {
        let shared = EncryptionKey::from_secret(alg, enc, &stage::client_secret()).ok();
        let key = shared.as_ref().or_else(|| stage::public_keys().encryption_key(alg)).expect("a key for each way");
        made.accepted("jwe", name, key.encrypt(alg, enc, &inner).expect("encrypted"));
        let header = json!({"alg": alg.name(), "enc": enc.name(), "zip": "DEF"});
        made.refused(
            "jwe",
            &format!("{name}-zip"),
            key.encrypt_with_header(alg, enc, &header, inner.as_bytes()).expect("encrypted"),
        );
        let header = json!({"alg": alg.name(), "enc": enc.name()});
        made.refused(
            "jwe",
            &format!("{name}-claims"),
            key.encrypt_with_header(alg, enc, &header, b"{}").expect("encrypted"),
        );
    }
    made.accepted("jwe", "content", format!("!{inner}"));
    made.refused("jwe", "content-claims", "!{\"sub\":\"alice\"}");
    made.refused("jwe", "content-no-jws", "!a.b.c");
    made.refused("jwe", "content-five-segments", "!a.b.c.d.e");
    made.refused("jwe", "signed", &inner);
}

fn keys(made: &mut Made) {
    let signing: Vec<SigningKey> = [
        SignatureAlgorithm::Rs256,
        SignatureAlgorithm::Es256,
        SignatureAlgorithm::Es384,
        SignatureAlgorithm::Es512,
        SignatureAlgorithm::EdDsa,
    ]
    .into_iter()
    .map(|algorithm| SigningKey::generate(algorithm).expect("a key"))
    .collect();
    let decryption = DecryptionKey::generate(KeyManagementAlgorithm::EcdhEs).expect("a key");
    for key in &signing {
        let name = key.algorithm().name().to_ascii_lowercase();
        made.accepted("jwk_set", &format!("public-{name}"), set(&[key.public_jwk()]));
        let private: Value = serde_json::from_str(key.to_private_jwk().expect("a key pair").expose()).expect("JSON");
        made.accepted("jwk_set", &format!("private-{name}"), set(&[private]));
    }
    let all: Vec<Value> = signing.iter().map(SigningKey::public_jwk).chain([decryption.public_jwk()]).collect();
    made.accepted("jwk_set", "all", set(&all));
    let private: Value = serde_json::from_str(decryption.to_private_jwk().expect("a key pair").expose()).expect("JSON");
    made.accepted("jwk_set", "private-decryption", set(&[private]));
    let ec = all.get(1).cloned().unwrap_or_default();
    made.accepted("jwk_set", "no-algorithm", set(&[with(with(ec.clone(), "alg", "ES256"), "kid", "1")]));
    made.refused(
        "jwk_set",
        "off-the-curve",
        set(&[with(ec.clone(), "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]),
    );
    made.refused("jwk_set", "other-use", set(&[with(ec, "key_ops", json!(["wrapKey"]))]));
    made.refused("jwk_set", "symmetric", r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#);
    made.refused("jwk_set", "unknown", r#"{"keys":[{"kty":"unheard-of"},{},null,1]}"#);
    made.refused("jwk_set", "empty", r#"{"keys":[]}"#);
    made.refused("jwk_set", "too-many", format!("{{\"keys\":[{}]}}", vec!["{}"; 65].join(",")));
    made.refused("jwk_set", "weak", r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"Aw"}]}"#);
    made.refused("jwk_set", "no-set", r#"{"kty":"RSA"}"#);
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}
