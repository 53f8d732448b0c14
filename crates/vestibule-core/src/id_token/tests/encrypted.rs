//! Encrypted ID Tokens: where they were agreed on, and only there.

use std::sync::Arc;

use super::*;
use crate::jose::{
    ContentEncryptionAlgorithm::{self, A128CbcHs256, A256Gcm},
    DecryptionKey, EncryptionKey, InvalidJwe,
    KeyManagementAlgorithm::{A128Kw, Dir, EcdhEs, RsaOaep},
    PrivateJwkSet,
};

const SECRET: &str = "a secret that only the two of us know";

fn ours() -> Arc<DecryptionKey> {
    static KEY: OnceLock<Arc<DecryptionKey>> = OnceLock::new();
    KEY.get_or_init(|| Arc::new(DecryptionKey::generate(EcdhEs).expect("a key"))).clone()
}

/// Who agreed on encryption for a key of its own.
fn party() -> Client {
    client().id_token_encrypted_response(EcdhEs, A256Gcm).private_keys(Arc::new(PrivateJwkSet::new([], [ours()])))
}

fn signed(claims: &Value) -> String {
    es256().sign("JWT", claims.to_string().as_bytes()).expect("signed")
}

/// Anything, encrypted for this key.
fn encrypted_for(key: &DecryptionKey, enc: ContentEncryptionAlgorithm, content: &str) -> String {
    let (published, alg) = (set(&[key.public_jwk()]), key.algorithm());
    published.encryption_key(alg).expect("a key").encrypt(alg, enc, content).expect("encrypted")
}

fn encrypted(content: &str) -> String {
    encrypted_for(&ours(), A256Gcm, content)
}

fn verify(client: &Client, token: &str) -> Result<IdToken, InvalidIdToken> {
    verify_as(client, &UnverifiedIdToken::new(token, NONCE))
}

/// R69: Core 3.1.3.7 (1), 3.1.2.1. What is kept is what is inside: a hint that the provider can read, and the first token of a refresh.
#[test]
fn an_id_token_that_was_encrypted_for_us_is_read_and_kept_in_signed_form() {
    let inner = signed(&good());
    let id_token = verify(&party(), &encrypted(&inner)).expect("verified");
    assert_eq!((id_token.subject().as_str(), id_token.raw().expose().as_str()), ("alice", inner.as_str()));
    let first = FirstIdToken::from_raw(id_token.raw()).expect("an ID Token");
    let later = NOW.plus(600);
    let renewed = signed(&with(with(good(), "iat", later.seconds()), "exp", later.plus(600).seconds()));
    let (party, metadata) = (party(), metadata_of(ISSUER));
    let verify = |token: String| {
        let expected = party.expected_id_token(&metadata);
        UnverifiedRefreshedIdToken::new(token).verify(&set(&[es256().public_jwk()]), &expected, &first, later)
    };
    let renewed_id_token = verify(encrypted(&renewed)).expect("verified");
    assert_eq!(renewed_id_token.raw().expose(), &renewed);
    assert_eq!(verify(renewed).err(), Some(InvalidIdToken::NotEncrypted));
}

/// Core 10.2: by a key that comes of the client secret.
#[test]
fn an_id_token_that_was_encrypted_by_the_client_secret_is_read() {
    for (alg, enc) in [(Dir, A128CbcHs256), (A128Kw, A256Gcm), (Dir, A256Gcm)] {
        let client = Client::confidential("rp", SECRET).id_token_signed_response_alg(SignatureAlgorithm::Es256);
        let client = client.id_token_encrypted_response(alg, enc);
        let sent = |secret: &str| {
            let key = EncryptionKey::from_secret(alg, enc, &secret.into()).expect("a key");
            key.encrypt(alg, enc, &signed(&good())).expect("encrypted")
        };
        assert_eq!(verify(&client, &sent(SECRET)).err(), None, "{alg} {enc}");
        assert_eq!(verify(&client, &sent("another")).err(), Some(InvalidJwe::Decryption.into()), "{alg} {enc}");
    }
}

/// V37: whoever agreed on encryption takes nothing else, and whoever did not takes none.
#[test]
fn an_id_token_of_another_form_than_agreed_on_is_refused() {
    let inner = signed(&good());
    assert_eq!(verify(&party(), &inner).err(), Some(InvalidIdToken::NotEncrypted));
    assert_eq!(verify(&client(), &encrypted(&inner)).err(), Some(InvalidIdToken::Encrypted));
    // Not even when there is a key that would open it.
    let keys = Arc::new(PrivateJwkSet::new([], [ours()]));
    assert_eq!(verify(&client().private_keys(keys), &encrypted(&inner)).err(), Some(InvalidIdToken::Encrypted));
    for garbage in ["", "a.b", "a.b.c.d.e.f"] {
        assert_eq!(verify(&party(), garbage).err(), Some(InvalidJwe::NotCompact.into()), "{garbage}");
    }
}

/// V37, R69: whoever has our public key can encrypt. What counts is who signed what is inside.
#[test]
fn an_encrypted_id_token_passes_every_check_of_a_signed_one() {
    let refused = |content: &str| verify(&party(), &encrypted(content)).err();
    assert_eq!(refused(&good().to_string()), Some(InvalidJwe::NotNested.into()), "claims as they stand");
    assert_eq!(refused(&encrypted(&signed(&good()))), Some(InvalidJwe::NotNested.into()), "encrypted twice");
    let strangers = SigningKey::generate(SignatureAlgorithm::Es256).expect("a key").with_kid(es256().kid());
    let forged = strangers.sign("JWT", good().to_string().as_bytes()).expect("signed");
    assert_eq!(refused(&forged), Some(InvalidJws::Signature.into()));
    let unsigned = format!("{}.{}.", base64url::encode(r#"{"alg":"none"}"#), base64url::encode(good().to_string()));
    let got = Excerpt::new("none");
    assert_eq!(refused(&unsigned), Some(InvalidJws::Algorithm { expected: SignatureAlgorithm::Es256, got }.into()));
    assert_eq!(refused(&signed(&with(good(), "nonce", "of another"))), Some(InvalidIdToken::Nonce));
    let expired = signed(&with(good(), "exp", at(-SKEW).seconds()));
    assert!(matches!(refused(&expired), Some(InvalidIdToken::Expired { .. })));
    // R45: the hashes are by the algorithm of the signature, which is that of the token inside.
    let at_hash = digest::access_token_hash(SignatureAlgorithm::Es256, ACCESS_TOKEN);
    let beside = |at_hash: &str| {
        let token = UnverifiedIdToken::new(encrypted(&signed(&with(good(), "at_hash", at_hash))), NONCE);
        verify_as(&party(), &token.beside(ACCESS_TOKEN.into())).err()
    };
    assert_eq!(beside(&at_hash), None);
    assert_eq!(beside("of another"), Some(InvalidIdToken::AccessTokenHash));
}

/// R69, RFC 8725 3.1: the two algorithms that were agreed on, with a key of ours. The provider's keys have nothing to do with it.
#[test]
fn an_id_token_that_is_not_encrypted_as_agreed_on_is_refused() {
    let inner = signed(&good());
    let got = Excerpt::new("A128CBC-HS256");
    let other_enc = encrypted_for(&ours(), A128CbcHs256, &inner);
    let reason = InvalidJwe::ContentEncryption { expected: A256Gcm, got };
    assert_eq!(verify(&party(), &other_enc).err(), Some(reason.into()));
    let rsa = DecryptionKey::generate(RsaOaep).expect("a key");
    let reason = InvalidJwe::KeyManagement { expected: EcdhEs, got: Excerpt::new("RSA-OAEP") };
    assert_eq!(verify(&party(), &encrypted_for(&rsa, A256Gcm, &inner)).err(), Some(reason.into()));
    let strangers = DecryptionKey::generate(EcdhEs).expect("a key").with_kid("strange");
    let reason = InvalidJwe::NoMatchingKey { algorithm: EcdhEs, kid: Some(Excerpt::new("strange")) };
    assert_eq!(verify(&party(), &encrypted_for(&strangers, A256Gcm, &inner)).err(), Some(reason.into()));
    let forged = encrypted_for(&strangers.with_kid(ours().kid()), A256Gcm, &inner);
    assert_eq!(verify(&party(), &forged).err(), Some(InvalidJwe::Decryption.into()));
    let keyless = client().id_token_encrypted_response(EcdhEs, A256Gcm);
    let kid = Some(Excerpt::new(ours().kid()));
    assert_eq!(
        verify(&keyless, &encrypted(&inner)).err(),
        Some(InvalidJwe::NoMatchingKey { algorithm: EcdhEs, kid }.into())
    );
}

/// Core 10.2: for an algorithm whose key comes of the secret, keys of a set have no say.
#[test]
fn a_secret_in_a_set_opens_nothing() {
    let shared = DecryptionKey::from_secret(Dir, A256Gcm, &SECRET.into()).expect("a key");
    let keys = Arc::new(PrivateJwkSet::new([], [Arc::new(shared)]));
    let client = client().id_token_encrypted_response(Dir, A256Gcm).private_keys(keys);
    let key = EncryptionKey::from_secret(Dir, A256Gcm, &SECRET.into()).expect("a key");
    let token = key.encrypt(Dir, A256Gcm, &signed(&good())).expect("encrypted");
    let reason = InvalidJwe::NoMatchingKey { algorithm: Dir, kid: None };
    assert_eq!(verify(&client, &token).err(), Some(reason.into()));
}
