//! What is wrong in an ID Token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use vestibule_core::{
    SignatureAlgorithm,
    jose::{access_token_hash, signing_key::SigningFailed},
};

use super::{Fault, Hooks, STRANGER};
use crate::{client::RegisteredClient, keys::Keys};

impl Hooks {
    /// The claims, before they are signed.
    pub(crate) fn id_token_claims(&self, claims: &mut Map<String, Value>, algorithm: SignatureAlgorithm) {
        let (name, value) = match self.0 {
            Some(Fault::WrongNonce) => ("nonce", json!("the-nonce-of-another-login")),
            Some(Fault::WrongIssuer) => ("iss", json!(STRANGER)),
            Some(Fault::WrongAudience) => ("aud", json!("another-client")),
            Some(Fault::WrongAccessTokenHash) => ("at_hash", json!(access_token_hash(algorithm, "another token"))),
            Some(Fault::Expired) => return shift_times(claims, 3900),
            Some(Fault::MissingSubject) => return drop(claims.remove("sub")),
            Some(Fault::MissingNonce) => return drop(claims.remove("nonce")),
            _ => return,
        };
        claims.insert(name.to_owned(), value);
    }

    /// The token, signed for this client.
    pub(crate) fn id_token(
        &self,
        keys: &mut Keys,
        client: &RegisteredClient,
        claims: &Map<String, Value>,
    ) -> Result<String, SigningFailed> {
        let payload = Value::Object(claims.clone()).to_string();
        match self.0 {
            Some(Fault::UnknownKid) => keys.stranger(client.algorithm())?.sign("JWT", payload.as_bytes()),
            Some(Fault::AlgNone) => {
                let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
                Ok(format!("{header}.{}.", URL_SAFE_NO_PAD.encode(payload)))
            }
            Some(Fault::BadSignature) => Ok(break_signature(&keys.signer(client)?.sign("JWT", payload.as_bytes())?)),
            Some(Fault::NoKid | Fault::NoKidManyKeys) => {
                let header = json!({"alg": client.algorithm(), "typ": "JWT"});
                keys.signer(client)?.sign_with_header(&header, payload.as_bytes())
            }
            _ => keys.signer(client)?.sign("JWT", payload.as_bytes()),
        }
    }
}

/// As if the token had been made so many seconds earlier.
fn shift_times(claims: &mut Map<String, Value>, seconds: i64) {
    for name in ["exp", "iat", "auth_time"] {
        if let Some(time) = claims.get_mut(name)
            && let Some(earlier) = time.as_i64().map(|at| at.saturating_sub(seconds))
        {
            *time = json!(earlier);
        }
    }
}

/// Another first character: still canonical base64url, and never the same signature.
pub(super) fn break_signature(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", signature.chars().skip(1).collect::<String>())
}
