//! Encrypted userinfo: opened where it was agreed on, and then held to every check of a signed answer.

use std::sync::Arc;

use super::*;
use crate::jose::{
    CompactJws,
    ContentEncryptionAlgorithm::A256Gcm,
    DecryptionKey, EncryptionKey, InvalidJwe, InvalidJws, JwkSet,
    KeyManagementAlgorithm::{A128Kw, EcdhEs},
    PrivateJwkSet, SigningKey,
};

struct Parties {
    theirs: SigningKey,
    ours: Arc<DecryptionKey>,
}

impl Parties {
    fn new() -> Self {
        let ours = Arc::new(DecryptionKey::generate(EcdhEs).expect("a key"));
        Self { theirs: SigningKey::generate(SignatureAlgorithm::Es256).expect("a key"), ours }
    }

    fn client(&self) -> Client {
        let client = Client::public("rp").userinfo_signed_response_alg(SignatureAlgorithm::Es256);
        let keys = Arc::new(PrivateJwkSet::new([], [self.ours.clone()]));
        client.userinfo_encrypted_response(EcdhEs, A256Gcm).private_keys(keys)
    }

    fn signed(&self, claims: &Value) -> String {
        self.theirs.sign("JWT", claims.to_string().as_bytes()).expect("signed")
    }

    fn encrypted(&self, content: &str) -> String {
        let published = keys(&self.ours.public_jwk());
        published.encryption_key(EcdhEs).expect("a key").encrypt(EcdhEs, A256Gcm, content).expect("encrypted")
    }

    /// What comes of this answer for this client.
    fn received_by(&self, client: &Client, body: String) -> Result<ClaimsSet, ProtocolError> {
        let metadata = metadata(Some(ENDPOINT));
        let subject = Subject::parse("alice").expect("a subject");
        let question = UserInfoRequest::new(client, &metadata, UserInfoMethod::Get, "t".into(), subject);
        let question = question.expect("a question");
        match question.accept(NOW, answer(StatusCode::OK, "application/jwt", body))? {
            Step::Done(UserInfoResponse::Signed(signed)) => {
                let keys = keys(&self.theirs.public_jwk());
                let claims = signed.verify(&keys, &client.expected_userinfo(&metadata), NOW);
                claims.map_err(|reason| Misbehaviour::from(reason).into())
            }
            other => panic!("{other:?}"),
        }
    }

    fn received(&self, body: String) -> Result<ClaimsSet, ProtocolError> {
        self.received_by(&self.client(), body)
    }
}

fn keys(jwk: &Value) -> JwkSet {
    JwkSet::from_json(json!({ "keys": [jwk] }).to_string().as_bytes()).expect("keys")
}

fn claims() -> Value {
    json!({"iss": "https://login.example.com", "aud": "rp", "sub": "alice", "name": "Alice"})
}

fn invalid(reason: impl Into<InvalidUserInfo>) -> Option<ProtocolError> {
    misbehaved(reason.into().into())
}

/// R82, R69: Core 5.3.2
#[test]
fn userinfo_that_was_signed_and_encrypted_for_us_is_read() {
    let parties = Parties::new();
    let read = parties.received(parties.encrypted(&parties.signed(&claims()))).expect("verified");
    assert_eq!(read.claim("name"), Some(&json!("Alice")));
    assert_eq!(parties.received(parties.signed(&claims())).err(), invalid(InvalidUserInfo::NotEncrypted));
}

/// V37, R82: whoever has our public key can encrypt. What counts is who signed what is inside.
#[test]
fn encrypted_userinfo_passes_every_check_of_signed_userinfo() {
    let parties = Parties::new();
    let refused = |content: &str| parties.received(parties.encrypted(content)).err();
    assert_eq!(refused(&claims().to_string()), invalid(InvalidJwe::NotNested));
    assert_eq!(refused(&parties.encrypted(&parties.signed(&claims()))), invalid(InvalidJwe::NotNested));
    let strangers = Parties::new().theirs.with_kid(parties.theirs.kid());
    let forged = strangers.sign("JWT", claims().to_string().as_bytes()).expect("signed");
    assert!(CompactJws::parse(&forged).is_ok());
    assert_eq!(refused(&forged), invalid(InvalidJws::Signature));
    let mut bob = claims();
    bob["sub"] = json!("bob");
    let reason = InvalidUserInfo::Subject { expected: Excerpt::new("alice"), got: Excerpt::new("bob") };
    assert_eq!(refused(&parties.signed(&bob)), invalid(reason));
    let another = Parties { ours: Arc::new(DecryptionKey::generate(EcdhEs).expect("a key")), ..Parties::new() };
    let kid = Some(Excerpt::new(another.ours.kid()));
    let reason = InvalidJwe::NoMatchingKey { algorithm: EcdhEs, kid };
    assert_eq!(parties.received(another.encrypted(&parties.signed(&claims()))).err(), invalid(reason));
}

/// Core 10.2. What ID Tokens are encrypted with is another matter.
#[test]
fn userinfo_that_was_encrypted_by_the_client_secret_is_read() {
    let parties = Parties::new();
    let client = Client::confidential("rp", "secret").id_token_encrypted_response(EcdhEs, A256Gcm);
    let client = client.userinfo_signed_response_alg(SignatureAlgorithm::Es256);
    let client = client.userinfo_encrypted_response(A128Kw, A256Gcm);
    let sent = |secret: &str| {
        let key = EncryptionKey::from_secret(A128Kw, A256Gcm, &secret.into()).expect("a key");
        key.encrypt(A128Kw, A256Gcm, &parties.signed(&claims())).expect("encrypted")
    };
    assert_eq!(parties.received_by(&client, sent("secret")).err(), None);
    assert_eq!(parties.received_by(&client, sent("another")).err(), invalid(InvalidJwe::Decryption));
}
