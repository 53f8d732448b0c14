//! What is wrong in a userinfo response that should be signed or encrypted, and in distributed claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use vestibule_core::{SignatureAlgorithm, jose::signing_key::SigningFailed};

use super::{Fault, Hooks, STRANGER, id_token::break_signature};
use crate::{client::RegisteredClient, keys::Keys, userinfo::Form};

impl Hooks {
    /// In what form the claims go out.
    pub(crate) fn userinfo_form(&self, form: Form) -> Form {
        match self.0 {
            Some(Fault::UserInfoUnprotected) => Form::default(),
            Some(Fault::UserInfoSignedUnasked) => Form { algorithm: Some(SignatureAlgorithm::Rs256), encryption: None },
            Some(Fault::UserInfoOtherAlgorithm) if form.algorithm == Some(SignatureAlgorithm::Es256) => {
                Form { algorithm: Some(SignatureAlgorithm::Rs256), ..form }
            }
            Some(Fault::UserInfoOtherAlgorithm) => Form { algorithm: Some(SignatureAlgorithm::Es256), ..form },
            _ => form,
        }
    }

    /// The claims about the response itself, before it is signed.
    pub(crate) fn signed_userinfo_claims(&self, claims: &mut Map<String, Value>) {
        let (name, value) = match self.0 {
            Some(Fault::UserInfoWrongIssuer) => ("iss", json!(STRANGER)),
            Some(Fault::UserInfoWrongAudience) => ("aud", json!("another-client")),
            _ => return,
        };
        claims.insert(name.to_owned(), value);
    }

    /// The response, signed for this client.
    pub(crate) fn signed_userinfo(
        &self,
        keys: &mut Keys,
        client: &RegisteredClient,
        algorithm: SignatureAlgorithm,
        payload: &[u8],
    ) -> Result<String, SigningFailed> {
        match self.0 {
            Some(Fault::UserInfoUnknownKid) => keys.stranger(algorithm)?.sign("JWT", payload),
            Some(Fault::UserInfoBadSignature) => {
                Ok(break_signature(&keys.signer_by(client, algorithm)?.sign("JWT", payload)?))
            }
            Some(Fault::UserInfoAlgNone) => Ok(unsigned(payload)),
            _ => keys.signer_by(client, algorithm)?.sign("JWT", payload),
        }
    }

    /// Claims of somebody else's, before they are signed.
    pub(crate) fn distributed_claims(&self, claims: &mut Map<String, Value>) {
        if self.0 == Some(Fault::ClaimsWrongSubject) {
            claims.insert("sub".to_owned(), json!("somebody-else"));
        }
    }

    /// Those claims, signed.
    pub(crate) fn distributed_token(&self, token: String) -> String {
        if self.0 == Some(Fault::ClaimsBadSignature) { break_signature(&token) } else { token }
    }

    /// The response that nobody asked to be encrypted: five parts (RFC 7516 3), which are noise.
    pub(crate) fn encrypted_userinfo(&self) -> Option<String> {
        let is_meant = self.0 == Some(Fault::UserInfoEncryptedUnasked);
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RSA-OAEP","enc":"A128CBC-HS256","cty":"JWT"}"#);
        is_meant.then(|| format!("{header}.{}", ["bm9pc2U"; 4].join(".")))
    }
}

/// RFC 7519 6.1: an unsecured JWT.
pub(crate) fn unsigned(payload: &[u8]) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    format!("{header}.{}.", URL_SAFE_NO_PAD.encode(payload))
}
