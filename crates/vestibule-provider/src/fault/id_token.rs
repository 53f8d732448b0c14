//! What is wrong in an ID Token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use vestibule_core::{
    Secret,
    SignatureAlgorithm,
    // The hash of a code is made like that of an access token (Core 3.3.2.11).
    jose::{SigningKey, access_token_hash, access_token_hash as code_hash, signing_key::SigningFailed},
};

use super::{Fault, Hooks, STRANGER};
use crate::{client::RegisteredClient, keys::Keys, token::id_token::Place};

impl Hooks {
    /// Those of the ID Token of this place. What is wrong in an ID Token is so in the one of the authorization endpoint, if there is
    /// one, else in the one of the token endpoint; kids are missing in both, as in the key set.
    pub(crate) fn of_id_token(&self, place: Place) -> Self {
        let is_second = place == (Place::TokenEndpoint { is_second: true });
        Self(match &self.0 {
            Some(Fault::AtTokenEndpoint(fault)) => Some(*fault.clone()).filter(|_| place != Place::FrontChannel),
            Some(fault @ (Fault::NoKid | Fault::NoKidManyKeys)) => Some(fault.clone()),
            fault => fault.clone().filter(|_| !is_second),
        })
    }

    /// The claims, before they are signed.
    pub(crate) fn id_token_claims(&self, claims: &mut Map<String, Value>, algorithm: SignatureAlgorithm) {
        let missing = self.missing_claims();
        if !missing.is_empty() {
            claims.retain(|name, _| !missing.contains(&name.as_str()));
            return;
        }
        let (name, value) = match self.0 {
            Some(Fault::WrongNonce) => ("nonce", json!("the-nonce-of-another-login")),
            Some(Fault::LongerNonce) => {
                let nonce = claims.get("nonce").and_then(Value::as_str).unwrap_or("null");
                ("nonce", json!(format!("{nonce}1")))
            }
            Some(Fault::WrongIssuer) => ("iss", json!(STRANGER)),
            Some(Fault::WrongSubject) => ("sub", json!("somebody-else")),
            Some(Fault::WrongAudience) => ("aud", json!("another-client")),
            Some(Fault::SecondAudience) => ("aud", json!([claims.get("aud"), "another-client"])),
            Some(Fault::AudienceAsList) => ("aud", json!([claims.get("aud")])),
            Some(Fault::WrongAccessTokenHash) => ("at_hash", json!(access_token_hash(algorithm, "another token"))),
            Some(Fault::WrongCodeHash) => ("c_hash", json!(code_hash(algorithm, "another code"))),
            Some(Fault::WrongAcr) => ("acr", json!("something-else")),
            Some(Fault::StaleAuthTime) => ("auth_time", earlier(claims, "auth_time", LONG_AGO)),
            Some(Fault::OldIssuedAt) => ("iat", earlier(claims, "iat", A_WEEK)),
            Some(Fault::Expired) => return shift_times(claims, 3900),
            _ => return,
        };
        claims.insert(name.to_owned(), value);
    }

    fn missing_claims(&self) -> &'static [&'static str] {
        match self.0 {
            Some(Fault::MissingIssuer) => &["iss"],
            Some(Fault::MissingSubject) => &["sub"],
            Some(Fault::MissingAudience) => &["aud"],
            Some(Fault::MissingExpiry) => &["exp"],
            Some(Fault::MissingIssuedAt) => &["iat"],
            Some(Fault::MissingNonce) => &["nonce"],
            Some(Fault::MissingAccessTokenHash) => &["at_hash"],
            Some(Fault::MissingCodeHash) => &["c_hash"],
            Some(Fault::MissingAuthTime) => &["auth_time"],
            Some(Fault::MissingSessionId) => &["sid"],
            Some(Fault::NamelessSignIn) => &["auth_time", "sid"],
            Some(Fault::MissingAcr) => &["acr"],
            _ => &[],
        }
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
            Some(Fault::WrongAlgorithm) => {
                keys.published(another_than(client.algorithm()))?.sign("JWT", payload.as_bytes())
            }
            Some(Fault::HmacUnderPublicKey) => {
                // What everybody has, in the place of what two have (RFC 8725 2.1).
                let secret = Secret::new(keys.published(an_asymmetric(client.algorithm()))?.public_jwk().to_string());
                SigningKey::from_secret(SignatureAlgorithm::Hs256, &secret)?.sign("JWT", payload.as_bytes())
            }
            Some(Fault::NoKid | Fault::NoKidManyKeys) => {
                let header = json!({"alg": client.algorithm(), "typ": "JWT"});
                keys.signer(client)?.sign_with_header(&header, payload.as_bytes())
            }
            _ => keys.signer(client)?.sign("JWT", payload.as_bytes()),
        }
    }
}

/// Seconds: longer than anybody would call fresh.
const LONG_AGO: i64 = 24 * 60 * 60;
const A_WEEK: i64 = 7 * 24 * 60 * 60;

/// As if the token had been made so many seconds earlier.
fn shift_times(claims: &mut Map<String, Value>, seconds: i64) {
    for name in ["exp", "iat", "auth_time"] {
        if claims.contains_key(name) {
            let time = earlier(claims, name, seconds);
            claims.insert(name.to_owned(), time);
        }
    }
}

fn earlier(claims: &Map<String, Value>, name: &str, seconds: i64) -> Value {
    json!(claims.get(name).and_then(Value::as_i64).unwrap_or_default().saturating_sub(seconds))
}

pub(super) fn another_than(algorithm: SignatureAlgorithm) -> SignatureAlgorithm {
    if algorithm == SignatureAlgorithm::Es256 { SignatureAlgorithm::Rs256 } else { SignatureAlgorithm::Es256 }
}

fn an_asymmetric(algorithm: SignatureAlgorithm) -> SignatureAlgorithm {
    if algorithm.is_symmetric() { SignatureAlgorithm::Es256 } else { algorithm }
}

/// Another first character: still canonical base64url, and never the same signature.
pub(super) fn break_signature(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", signature.chars().skip(1).collect::<String>())
}
