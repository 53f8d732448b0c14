//! What is the same for every input: the provider, the client, the keys, the time.

use std::sync::OnceLock;

use aws_lc_rs::{digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use vestibule_core::{
    AuthorizationRequest, Client, ContentEncryptionAlgorithm, Entropy, JwkSet, KeyManagementAlgorithm, NumericDate,
    PendingLogin, ProviderMetadata, ResponseType, Secret, SignatureAlgorithm,
    authorization::Accepted,
    authorization::ExpectedResponse,
    jose::{DecryptionKey, DecryptionKeys, PrivateJwkSet},
};

pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const CLIENT_ID: &str = "rp";
/// As long as the longest HMAC asks for.
pub(crate) const CLIENT_SECRET: &str = "the secret of the harness, which is as long as the longest HMAC wants it";
pub(crate) const TRUSTED_AUDIENCE: &str = "api";
pub(crate) const REDIRECT_URI: &str = "https://app.example.com/auth/callback/corp";
pub(crate) const ACCESS_TOKEN: &str = "SlAV32hkKG";
pub(crate) const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA";
pub(crate) const NOW: NumericDate = NumericDate::from_seconds(1_700_000_000);
/// By how many seconds the clocks may differ.
pub(crate) const SKEW: f64 = 60.0;

/// The private keys of RFC 7515 A.3 and RFC 7518 C: published, so that a token which somebody else made with them can be a seed.
const PRIVATE_KEYS: &str = r#"{"keys":[
    {"kty":"EC","crv":"P-256","kid":"sig","use":"sig","alg":"ES256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"},
    {"kty":"EC","crv":"P-256","kid":"enc","use":"enc","alg":"ECDH-ES+A128KW","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
     "y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}]}"#;

/// The private keys, of which the provider has the first and we the second.
pub(crate) fn private_keys() -> &'static PrivateJwkSet {
    static KEYS: OnceLock<PrivateJwkSet> = OnceLock::new();
    KEYS.get_or_init(|| PrivateJwkSet::from_json(PRIVATE_KEYS.as_bytes()).expect("the keys of the RFCs"))
}

/// The public halves.
pub(crate) fn public_keys() -> &'static JwkSet {
    static KEYS: OnceLock<JwkSet> = OnceLock::new();
    KEYS.get_or_init(|| {
        JwkSet::from_json(private_keys().public_jwk_set().to_string().as_bytes()).expect("a set that we wrote")
    })
}

/// The ways in which the client takes encrypted tokens.
pub(crate) const ENCRYPTIONS: [(KeyManagementAlgorithm, ContentEncryptionAlgorithm); 4] = [
    (KeyManagementAlgorithm::EcdhEsA128Kw, ContentEncryptionAlgorithm::A128CbcHs256),
    (KeyManagementAlgorithm::A256GcmKw, ContentEncryptionAlgorithm::A256Gcm),
    (KeyManagementAlgorithm::A128Kw, ContentEncryptionAlgorithm::A192CbcHs384),
    (KeyManagementAlgorithm::Dir, ContentEncryptionAlgorithm::A128Gcm),
];

/// What opens tokens that were encrypted in the given way.
pub(crate) fn decryption_keys(
    (algorithm, enc): (KeyManagementAlgorithm, ContentEncryptionAlgorithm),
) -> DecryptionKeys {
    if algorithm.is_symmetric() {
        let key = DecryptionKey::from_secret(algorithm, enc, &CLIENT_SECRET.into()).expect("it takes a secret");
        DecryptionKeys::from_iter([key])
    } else {
        private_keys().decryption_keys().clone()
    }
}

/// A client whose tokens have an HMAC, which the oracles can make anew.
pub(crate) fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        Client::confidential(CLIENT_ID, CLIENT_SECRET)
            .id_token_signed_response_alg(SignatureAlgorithm::Hs256)
            .userinfo_signed_response_alg(SignatureAlgorithm::Hs256)
            .trusted_audience(TRUSTED_AUDIENCE)
    })
}

/// A client that asks for plain userinfo.
pub(crate) fn plain_client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| Client::confidential(CLIENT_ID, CLIENT_SECRET))
}

/// The provider's metadata.
pub(crate) fn metadata() -> &'static ProviderMetadata {
    static METADATA: OnceLock<ProviderMetadata> = OnceLock::new();
    METADATA.get_or_init(|| {
        let json = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/keys"),
            "userinfo_endpoint": format!("{ISSUER}/userinfo"),
            "registration_endpoint": format!("{ISSUER}/register"),
            "end_session_endpoint": format!("{ISSUER}/logout"),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "none"],
        });
        ProviderMetadata::from_json(json.to_string().as_bytes()).expect("metadata")
    })
}

/// A login that asks for a response of this type; always the same one.
pub(crate) fn pending(response_type: ResponseType) -> PendingLogin {
    let request = AuthorizationRequest::new(REDIRECT_URI, "openid").response_type(response_type);
    PendingLogin::begin(entropy(), NOW).asking(&request)
}

/// What is drawn for it.
pub(crate) fn entropy() -> Entropy {
    Entropy::from_bytes([7; 32])
}

/// The nonce of that login, as its authorization request has it.
pub(crate) fn nonce() -> &'static str {
    static NONCE: OnceLock<String> = OnceLock::new();
    NONCE.get_or_init(|| {
        let request = AuthorizationRequest::new(REDIRECT_URI, "openid");
        let url = client().authorize(metadata(), &request, &pending(ResponseType::Code));
        url.query_pairs().find(|(name, _)| name == "nonce").expect("there always is one").1.into_owned()
    })
}

/// The code that the login brought.
pub(crate) fn code() -> vestibule_core::AuthorizationCode {
    let pending = pending(ResponseType::Code);
    let query = format!("code={CODE}&state={}.", pending.attempt());
    let response = vestibule_core::AuthorizationResponse::from_query(&query).expect("a response");
    match pending.accept(response, &ExpectedResponse::of(metadata()), NOW).expect("the response of this login") {
        Accepted::Code(code) => code,
        Accepted::FrontChannel(_) => panic!("a code alone was asked for"),
    }
}

/// The secret as core wants it.
pub(crate) fn client_secret() -> Secret<String> {
    CLIENT_SECRET.into()
}

/// A compact JWS with the client's HMAC, whatever its header and payload are (RFC 7515 7.1), by other code than ours.
pub(crate) fn hmac_jws(header: &[u8], payload: &[u8]) -> String {
    let signing_input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let key = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
    let signature = hmac::sign(&key, signing_input.as_bytes());
    format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The left half of the SHA-256 of `text` (Core 3.1.3.6), by other code than ours.
pub(crate) fn half_hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).expect("SHA-256 has 32 bytes"))
}
