//! Private keys as JWKs (RFC 7517): how keys are kept, sealed, and read back; and a set of them, as people keep them in a file.

use std::{fmt::Write, sync::Arc};

use serde_json::{Map, Value, json};
use zeroize::Zeroize;

use super::{
    DecryptionKey, DecryptionKeys, KeyManagementAlgorithm, SignatureAlgorithm, SigningFailed, SigningKey, base64url,
};
use crate::{
    error::{Excerpt, JsonFault},
    json,
    secret::Secret,
};

mod members;
pub(super) mod rsa_numbers;

pub(super) use members::Members;

/// Why a JWK is not a private key for its algorithm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPrivateJwk {
    /// Not an object with the members of a JWK, each of its type (RFC 7517 4).
    #[error("not a JWK (RFC 7517 4)")]
    NotAJwk,
    /// A number that its type needs is absent, no base64url, or of a wrong length.
    #[error("'{member}' is missing or malformed (RFC 7518 6)")]
    Member {
        /// Its name.
        member: &'static str,
    },
    /// Its type and curve are none that have the algorithm.
    #[error("a type or curve without this algorithm (RFC 7518 6.1)")]
    UnknownType,
    /// It names no algorithm, and its type has several.
    #[error("no 'alg' (RFC 8725 3.1)")]
    NoAlgorithm,
    /// It names another algorithm, or one that is none of its type.
    #[error("for the algorithm '{got}' (RFC 8725 3.1)")]
    Algorithm {
        /// The one that it names.
        got: Excerpt,
    },
    /// Its `use` or `key_ops` say otherwise (RFC 7517 4.2, 4.3).
    #[error("for another purpose, by 'use' or 'key_ops' (RFC 7517 4.2, 4.3)")]
    Purpose,
    /// RSA with fewer than 2048 or more than 8192 bits, or an exponent that is even or below 65537.
    #[error("RSA outside of 2048 to 8192 bits, or with a bad exponent (RFC 7518 3.3, 4.3)")]
    Weak,
    /// Its private half can be computed from the public one: made by a faulty smartcard library (CVE-2017-15361). Make another.
    #[error("an RSA key that can be taken apart (CVE-2017-15361): make another")]
    Factorable,
    /// Its numbers do not belong together: the public half is not that of the private one.
    #[error("numbers that are not those of one key (RFC 7518 6)")]
    Inconsistent,
}

/// Why a document is not a set of private keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPrivateJwkSet {
    /// Not a JSON object with an array `keys` (RFC 7517 5).
    #[error(transparent)]
    Json(#[from] JsonFault),
    /// More keys than anyone needs.
    #[error("{count} keys, the most are 64")]
    TooManyKeys {
        /// How many it has.
        count: usize,
    },
    /// One of the keys cannot be used. None is skipped: they are our own.
    #[error("key {index}, with kid {}: {reason}", kid.as_ref().map_or("(none)".to_owned(), ToString::to_string))]
    Key {
        /// Which one, from 0.
        index: usize,
        /// Its kid, if it has one.
        kid: Option<Excerpt>,
        /// Why.
        reason: InvalidPrivateJwk,
    },
    /// A key has the kid and the algorithm of an earlier one: who is told the kid could not choose (RFC 7517 4.5).
    #[error("key {index}, with kid {kid}: the same kid and algorithm as another key (RFC 7517 4.5)")]
    Duplicate {
        /// Which one, from 0.
        index: usize,
        /// Its kid.
        kid: Excerpt,
    },
}

/// Our own keys, for signatures and for decryption.
///
/// # Example
/// ```
/// use vestibule_core::{SignatureAlgorithm, jose::{PrivateJwkSet, SigningKey}};
///
/// let jwk = SigningKey::generate(SignatureAlgorithm::Es256)?.to_private_jwk()?;
/// let kept = format!(r#"{{"keys":[{}]}}"#, jwk.expose());
///
/// let keys = PrivateJwkSet::from_json(kept.as_bytes())?;
/// assert!(keys.signing_key(SignatureAlgorithm::Es256).is_some());
/// assert_eq!(keys.public_jwk_set()["keys"][0]["use"], "sig");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PrivateJwkSet {
    signing: Vec<Arc<SigningKey>>,
    decryption: DecryptionKeys,
}

const MOST_KEYS: usize = 64;

impl PrivateJwkSet {
    /// The keys given, in the order in which they are looked for.
    pub fn new(
        signing: impl IntoIterator<Item = Arc<SigningKey>>,
        decryption: impl IntoIterator<Item = Arc<DecryptionKey>>,
    ) -> Self {
        Self { signing: signing.into_iter().collect(), decryption: decryption.into_iter().collect() }
    }

    /// Reads a JWK Set of private keys (RFC 7517 5): those with `use` `enc`, or an `alg` of key management, are for decryption, all
    /// others for signatures.
    ///
    /// # Errors
    /// [`InvalidPrivateJwkSet`] names the key and the rule.
    pub fn from_json(bytes: &[u8]) -> Result<Self, InvalidPrivateJwkSet> {
        let mut document = json::object(bytes)?;
        let keys = document.remove("keys").map(Wiped).ok_or(JsonFault::Missing { member: "keys" })?;
        let members = keys.0.as_array().ok_or(JsonFault::WrongType { member: "keys" })?;
        if members.len() > MOST_KEYS {
            return Err(InvalidPrivateJwkSet::TooManyKeys { count: members.len() });
        }
        let mut seen: Vec<(String, &'static str)> = Vec::new();
        let (mut signing, mut decryption) = (Vec::new(), Vec::new());
        for (index, jwk) in members.iter().enumerate() {
            let text = |member| jwk.get(member).and_then(Value::as_str);
            let refused = |reason| InvalidPrivateJwkSet::Key { index, kid: text("kid").map(Excerpt::new), reason };
            let is_for_encryption = text("use") == Some("enc")
                || text("alg").is_some_and(|alg| alg.parse::<KeyManagementAlgorithm>().is_ok());
            let name = if is_for_encryption {
                let key = DecryptionKey::from_jwk(jwk).map_err(refused)?;
                let name = (key.kid().to_owned(), key.algorithm().name());
                decryption.push(Arc::new(key));
                name
            } else {
                let key = SigningKey::from_jwk(jwk).map_err(refused)?;
                let name = (key.kid().to_owned(), key.algorithm().name());
                signing.push(Arc::new(key));
                name
            };
            if seen.contains(&name) {
                return Err(InvalidPrivateJwkSet::Duplicate { index, kid: Excerpt::new(&name.0) });
            }
            seen.push(name);
        }
        Ok(Self::new(signing, decryption))
    }

    /// The whole set, every private number of it, to be kept sealed and read back with [`from_json`](Self::from_json).
    ///
    /// # Errors
    /// [`SigningFailed`] when a key of the set comes from a secret, which is kept where the secret is, and when the operating system
    /// gives no memory.
    pub fn to_json(&self) -> Result<Secret<String>, SigningFailed> {
        let signing = self.signing.iter().map(|key| key.to_private_jwk());
        let decryption = self.decryption.iter().map(|key| key.to_private_jwk().map_err(|_| SigningFailed));
        let keys = signing.chain(decryption).collect::<Result<Vec<_>, _>>()?;
        // Its room at once: what a growing string leaves behind is not wiped.
        let around = r#"{"keys":[]}"#.len().saturating_add(keys.len().saturating_sub(1));
        let room = keys.iter().fold(around, |room, key| room.saturating_add(key.expose().len()));
        let mut set = Secret::new(String::with_capacity(room));
        let text = set.expose_mut();
        text.push_str(r#"{"keys":["#);
        for (index, key) in keys.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { "," });
            text.push_str(key.expose());
        }
        text.push_str("]}");
        Ok(set)
    }

    /// The first key that signs with `algorithm`.
    #[must_use]
    pub fn signing_key(&self, algorithm: SignatureAlgorithm) -> Option<&Arc<SigningKey>> {
        self.signing.iter().find(|key| key.algorithm() == algorithm)
    }

    /// All keys that sign.
    #[must_use]
    pub fn signing_keys(&self) -> &[Arc<SigningKey>] {
        &self.signing
    }

    /// The keys that open tokens.
    #[must_use]
    pub fn decryption_keys(&self) -> &DecryptionKeys {
        &self.decryption
    }

    /// The public halves, as they are published (RFC 7517 5). Keys from a secret have none.
    #[must_use]
    pub fn public_jwk_set(&self) -> Value {
        let signing = self.signing.iter().filter(|key| !key.algorithm().is_symmetric()).map(|key| key.public_jwk());
        let decryption =
            self.decryption.iter().filter(|key| !key.algorithm().is_symmetric()).map(|key| key.public_jwk());
        json!({ "keys": signing.chain(decryption).collect::<Vec<_>>() })
    }
}

pub(super) fn wrong_algorithm(name: &str) -> InvalidPrivateJwk {
    InvalidPrivateJwk::Algorithm { got: Excerpt::new(name) }
}

/// The private number of a key on a curve (RFC 7518 6.2.2.1, RFC 8037 2).
pub(super) fn scalar_member(d: &[u8]) -> Map<String, Value> {
    Map::from_iter([("d".to_owned(), json!(base64url::encode(d)))])
}

pub(super) fn into_secret(members: Map<String, Value>) -> Secret<String> {
    // Its room at once: what a growing string leaves behind is not wiped. Names and numbers need no escapes.
    let one = |(name, value): (&String, &Value)| name.len().saturating_add(value.as_str().map_or(ROOM, str::len));
    let room = members.iter().map(one).fold(0, |sum: usize, one| sum.saturating_add(one).saturating_add(ROOM));
    let (members, mut text) = (Wiped(Value::Object(members)), Secret::new(String::with_capacity(room)));
    // A string refuses nothing that is written to it.
    let _ = write!(text.expose_mut(), "{}", members.0);
    text
}

/// Quotes, a colon and a comma; and more than a short array has.
const ROOM: usize = 64;

/// JSON whose strings are wiped when it is dropped, since private numbers are among them.
struct Wiped(Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
