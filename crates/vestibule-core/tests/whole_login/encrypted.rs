//! A login of which nobody on the way reads anything: ID Tokens, userinfo and the request are encrypted after they were signed.

use std::sync::Arc;

use vestibule_core::{
    ContentEncryptionAlgorithm, FrontChannel, KeyManagementAlgorithm, RequestObject, ResponseType, Subject,
    UnverifiedIdToken,
    error::{Excerpt, InvalidUserInfo},
    jose::{CompactJwe, DecryptionKey, DecryptionKeys, InvalidJwe, PrivateJwkSet},
};

use super::*;

const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA";
const ALG: KeyManagementAlgorithm = KeyManagementAlgorithm::EcdhEsA128Kw;
const ENC: ContentEncryptionAlgorithm = ContentEncryptionAlgorithm::A256Gcm;
const ES256: SignatureAlgorithm = SignatureAlgorithm::Es256;

/// A provider that has a key to encrypt to, and was told of ours.
struct Discreet {
    signs: SigningKey,
    opens: DecryptionKeys,
    published: JwkSet,
    theirs: JwkSet,
}

/// Us, with what a registration would have settled.
struct Party {
    client: Client,
    metadata: ProviderMetadata,
}

fn set(keys: &[Value]) -> JwkSet {
    JwkSet::from_json(json!({ "keys": keys }).to_string().as_bytes()).expect("a key set")
}

fn both() -> (Party, Discreet) {
    let ours = PrivateJwkSet::new(
        [Arc::new(SigningKey::generate(ES256).expect("a key"))],
        [Arc::new(DecryptionKey::generate(ALG).expect("a key"))],
    );
    // Kept over a restart.
    let ours = PrivateJwkSet::from_json(ours.to_json().expect("JSON").expose().as_bytes()).expect("a key set");
    let theirs = JwkSet::from_json(ours.public_jwk_set().to_string().as_bytes()).expect("a key set");
    let (signs, opens) = (SigningKey::generate(ES256).expect("a key"), DecryptionKey::generate(ALG).expect("a key"));
    let published = set(&[signs.public_jwk(), opens.public_jwk()]);
    let provider = Discreet { signs, opens: DecryptionKeys::from_iter([opens]), published, theirs };
    let client = Client::confidential("my-app", "s3cr3t")
        .id_token_signed_response_alg(ES256)
        .id_token_encrypted_response(ALG, ENC)
        .userinfo_signed_response_alg(ES256)
        .userinfo_encrypted_response(ALG, ENC)
        .request_object_signing_alg(ES256)
        .request_object_encryption(ALG, ENC)
        .private_keys(Arc::new(ours));
    assert_eq!(client.check(), Ok(()));
    let metadata = json!({
        "issuer": ISSUER, "authorization_endpoint": "https://login.example.com/tenant/authorize",
        "token_endpoint": "https://login.example.com/tenant/token", "jwks_uri": "https://keys.example.com/tenant",
        "userinfo_endpoint": "https://login.example.com/tenant/userinfo",
        "end_session_endpoint": "https://login.example.com/tenant/logout",
    });
    let metadata = ProviderMetadata::from_json(metadata.to_string().as_bytes()).expect("metadata");
    assert_eq!(client.check_provider_for(&metadata, ResponseType::CodeIdToken), Ok(()));
    (Party { client, metadata }, provider)
}

impl Discreet {
    fn signed(&self, claims: &Value) -> String {
        self.signs.sign("JWT", claims.to_string().as_bytes()).expect("signed")
    }

    fn encrypted(&self, content: &str) -> String {
        self.theirs.encryption_key(ALG).expect("our key").encrypt(ALG, ENC, content).expect("encrypted")
    }

    fn id_token(nonce: &Value) -> Value {
        json!({
            "iss": ISSUER, "sub": "alice", "aud": "my-app", "iat": BEGUN, "exp": BEGUN.plus(300), "nonce": nonce,
            "c_hash": access_token_hash(ES256, CODE), "at_hash": access_token_hash(ES256, ACCESS_TOKEN),
        })
    }

    /// What it reads of a request that nobody else can read.
    fn read(&self, sent: &HashMap<String, String>) -> Value {
        let request = sent.get("request").expect("a request object");
        let nested = CompactJwe::parse(request).and_then(|jwe| jwe.decrypt((ALG, ENC), &self.opens));
        let nested = nested.expect("for the provider");
        let jws = nested.parse().expect("a JWS");
        assert_eq!(jws.verify(ES256, &self.theirs), Ok(()));
        serde_json::from_slice(jws.unverified_payload()).expect("JSON")
    }

    fn answers(&self, party: &Party, body: &str) -> Result<ClaimsSet, ProtocolError> {
        let subject = Subject::parse("alice").expect("a subject");
        let (client, metadata) = (&party.client, &party.metadata);
        let question = UserInfoRequest::new(client, metadata, UserInfoMethod::Get, ACCESS_TOKEN.into(), subject);
        let answered = carry_out(question.expect("an endpoint"), BEGUN, |_| {
            let answer = Response::builder().header(header::CONTENT_TYPE, "application/jwt");
            answer.body(Bytes::from(body.to_owned())).expect("valid")
        })?;
        let UserInfoResponse::Signed(signed) = answered else { panic!("a token was agreed on") };
        let claims = signed.verify(&self.published, &client.expected_userinfo(metadata), BEGUN);
        claims.map_err(|reason| Misbehaviour::from(reason).into())
    }
}

impl Party {
    /// Where the browser goes, and what is kept meanwhile.
    fn begin(&self, provider: &Discreet) -> (PendingLogin, HashMap<String, String>) {
        let (client, metadata) = (&self.client, &self.metadata);
        let request = AuthorizationRequest::new(REDIRECT_URI, "openid")
            .response_type(ResponseType::CodeIdToken)
            .login_hint("jane@example.com");
        let pending = PendingLogin::begin(entropy(7), BEGUN).asking(&request);
        let key = client.signing_key_for(ES256).expect("a key");
        let object = RequestObject::signed(client, metadata, &request, &pending, key, BEGUN, entropy(8));
        let object = object.expect("signed").encrypted(&provider.published, client, metadata).expect("encrypted");
        let url = client.authorize_by_value(metadata, &request, &pending, &object);
        (pending, url.query_pairs().into_owned().collect())
    }

    fn verify(&self, provider: &Discreet, id_token: &str) -> Result<FrontChannel, InvalidIdToken> {
        let (pending, sent) = self.begin(provider);
        let asked = provider.read(&sent);
        let state = asked.get("state").and_then(Value::as_str).expect("a state");
        let fragment = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("state", state), ("code", CODE), ("id_token", id_token)])
            .finish();
        let response = AuthorizationResponse::from_fragment(&fragment).expect("a response");
        let accepted = pending.accept(response, &ExpectedResponse::of(&self.metadata), BEGUN).expect("accepted");
        let Accepted::FrontChannel(response) = accepted else { panic!("an ID Token was asked for") };
        response.verify(&provider.published, &self.client.expected_id_token(&self.metadata), BEGUN)
    }
}

/// V37, R69, R82, R11: Core 2, 3.3, 5.3.2, 6.1
#[test]
fn a_person_signs_in_and_nobody_on_the_way_reads_anything() {
    let (party, provider) = both();
    let (_, sent) = party.begin(&provider);
    let asked = provider.read(&sent);
    assert_eq!(asked["login_hint"], "jane@example.com");
    assert!(!sent.contains_key("login_hint"), "{sent:?}");

    let inner = provider.signed(&Discreet::id_token(&asked["nonce"]));
    let front = party.verify(&provider, &provider.encrypted(&inner)).expect("verified");
    let exchange = party.client.redeem(&party.metadata, REDIRECT_URI, front.code.expect("a code")).expect("a request");
    let id_token = provider.encrypted(&inner);
    let tokens = json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": id_token});
    let tokens = carry_out(exchange, BEGUN, |_| answer(&tokens)).expect("tokens");
    let expected = party.client.expected_id_token(&party.metadata);
    let id_token = tokens.id_token().verify(&provider.published, &expected, BEGUN).expect("verified");
    assert_eq!(id_token.subject().as_str(), "alice");

    let claims = json!({"iss": ISSUER, "aud": "my-app", "sub": "alice", "email": "alice@example.com"});
    let claims = provider.answers(&party, &provider.encrypted(&provider.signed(&claims))).expect("claims");
    assert_eq!(claims.claim("email"), Some(&json!("alice@example.com")));

    // Core 3.1.2.1: the hint is the signed token, which the provider can read.
    assert_eq!(id_token.raw().expose(), &inner);
    assert!(FirstIdToken::from_raw(id_token.raw()).is_ok());
}

/// V37, R69: each other form has its reason, and no code is to be had of it.
#[test]
fn a_login_that_is_not_encrypted_as_agreed_on_is_refused() {
    let (party, provider) = both();
    let (_, sent) = party.begin(&provider);
    let claims = Discreet::id_token(&provider.read(&sent)["nonce"]);
    let inner = provider.signed(&claims);
    let refused = |id_token: &str| party.verify(&provider, id_token).err();
    assert_eq!(refused(&inner), Some(InvalidIdToken::NotEncrypted));
    assert_eq!(refused(&provider.encrypted(&claims.to_string())), Some(InvalidJwe::NotNested.into()));
    assert_eq!(refused(&provider.encrypted(&provider.encrypted(&inner))), Some(InvalidJwe::NotNested.into()));
    let forged = SigningKey::generate(ES256).expect("a key").with_kid(provider.signs.kid());
    let forged = forged.sign("JWT", claims.to_string().as_bytes()).expect("signed");
    assert_eq!(refused(&provider.encrypted(&forged)), Some(InvalidJws::Signature.into()));
    let mut changed = provider.encrypted(&inner).into_bytes();
    let last = changed.last_mut().expect("a byte");
    *last = if *last == b'A' { b'Q' } else { b'A' };
    let changed = String::from_utf8(changed).expect("ASCII");
    assert_eq!(refused(&changed), Some(InvalidJwe::Decryption.into()));
    let plain = Client::confidential("my-app", "s3cr3t").id_token_signed_response_alg(ES256);
    let token = UnverifiedIdToken::new(provider.encrypted(&inner), "n");
    let refused = token.verify(&provider.published, &plain.expected_id_token(&party.metadata), BEGUN);
    assert_eq!(refused.err(), Some(InvalidIdToken::Encrypted));
}

/// R82, V37
#[test]
fn userinfo_that_is_not_signed_and_encrypted_as_agreed_on_is_refused() {
    let (party, provider) = both();
    let claims = json!({"iss": ISSUER, "aud": "my-app", "sub": "alice"});
    let refused = |body: &str| provider.answers(&party, body).err();
    let because = |reason: InvalidUserInfo| Some(Misbehaviour::from(reason).into());
    assert_eq!(refused(&provider.signed(&claims)), because(InvalidUserInfo::NotEncrypted));
    assert_eq!(refused(&provider.encrypted(&claims.to_string())), because(InvalidJwe::NotNested.into()));
    let somebody = json!({"iss": ISSUER, "aud": "my-app", "sub": "mallory"});
    let refused = refused(&provider.encrypted(&provider.signed(&somebody)));
    let about_another = Misbehaviour::UserInfo(InvalidUserInfo::Subject {
        expected: Excerpt::new("alice"),
        got: Excerpt::new("mallory"),
    });
    assert_eq!(refused, Some(about_another.into()));
}
