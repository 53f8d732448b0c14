//! The provider's public keys (RFC 7517): parsed once, checked once, chosen by kid, alg, use and type.

use aws_lc_rs::signature::ParsedPublicKey;
use serde::Deserialize;
use serde_json::Value;

use super::{EncryptionKey, KeyManagementAlgorithm, algorithm::SignatureAlgorithm};
use crate::{error::JsonFault, json};
use members::{Members, Purpose};

mod members;

pub(super) use members::check_rsa_strength;

/// The keys of one provider that can check signatures, and apart from them those that it is sent encrypted tokens by.
///
/// What can do neither is left out and listed in [`skipped`](Self::skipped): keys of unknown types, too weak, or with private parts. No
/// key serves for both (RFC 7517 4.2): one that says nothing of its use, and could sign, is for signatures.
///
/// # Example
/// ```
/// use vestibule_core::JwkSet;
///
/// let keys = JwkSet::from_json(br#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1",
///     "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
///     {"kty":"unheard-of"}]}"#)?;
/// assert_eq!((keys.len(), keys.skipped().len()), (1, 1));
/// # Ok::<_, vestibule_core::jose::InvalidJwkSet>(())
/// ```
#[derive(Debug)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    encryption_keys: Vec<EncryptionKey>,
    skipped: Vec<SkippedKey>,
}

/// One public key, bound to the algorithms that it may check.
#[derive(Debug)]
pub struct Jwk {
    kid: Option<String>,
    issuer: Option<String>,
    parsed: Vec<(SignatureAlgorithm, ParsedPublicKey)>,
}

/// A key of a set that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedKey {
    /// Its `kid`, if it has one.
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: SkipReason,
}

/// Why a key of a set is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its type, curve or algorithm is not one that we know. Harmless.
    #[error("unknown type, curve or algorithm")]
    Unknown,
    /// Its `use` or `key_ops` allow neither signatures nor encryption. Harmless.
    #[error("for neither signatures nor encryption")]
    OtherUse,
    /// It does not parse, or the point is not on its curve.
    #[error("malformed")]
    Malformed,
    /// RSA with fewer than 2048 or more than 8192 bits, or an exponent that is even or below 65537; an Ed25519 point of small
    /// order, under which anybody can sign (V44).
    #[error("RSA outside of 2048 to 8192 bits or with a bad exponent, or Ed25519 with a point of small order")]
    Weak,
    /// RSA whose private half can be computed from the public one (CVE-2017-15361, "ROCA"): **tell the provider** (V44).
    #[error("an RSA key that can be taken apart (CVE-2017-15361)")]
    Factorable,
    /// The private half, or a symmetric key, lies in public: **tell the provider** (V51).
    #[error("a private or symmetric key in a public key set")]
    Private,
    /// The same kid with the same type and algorithm as an earlier key.
    #[error("the same kid, type and algorithm as another key")]
    Duplicate,
}

/// Why a document is not a key set at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidJwkSet {
    /// Not a JSON object with an array `keys` of objects.
    #[error(transparent)]
    Json(#[from] JsonFault),
    /// More keys than anyone needs (V51).
    #[error("{count} keys, the most are 64")]
    TooManyKeys {
        /// How many it has.
        count: usize,
    },
}

const MOST_KEYS: usize = 64;

impl JwkSet {
    /// Reads a JWK Set (RFC 7517 5).
    ///
    /// # Errors
    /// [`InvalidJwkSet`] when it is no key set. A single bad key is skipped, not an error (RFC 7517 5).
    pub fn from_json(bytes: &[u8]) -> Result<Self, InvalidJwkSet> {
        Self::from_object(&json::object(bytes)?)
    }

    pub(crate) fn from_object(object: &serde_json::Map<String, Value>) -> Result<Self, InvalidJwkSet> {
        let members: Vec<Value> = json::required(object, "keys")?;
        if members.len() > MOST_KEYS {
            return Err(InvalidJwkSet::TooManyKeys { count: members.len() });
        }
        let mut set = Self::empty();
        for member in &members {
            set.add(member);
        }
        Ok(set)
    }

    /// A set without keys: all that a client needs whose ID Tokens are signed with its secret.
    #[must_use]
    pub fn empty() -> Self {
        Self { keys: Vec::new(), encryption_keys: Vec::new(), skipped: Vec::new() }
    }

    /// The keys that cannot be used, and why.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// How many keys can check signatures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can check signatures.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether any key can check signatures made with `algorithm`.
    #[must_use]
    pub fn has_key_for(&self, algorithm: SignatureAlgorithm) -> bool {
        self.candidates(algorithm, None, |_| true).next().is_some()
    }

    /// The first key to encrypt with by `algorithm`, for a message to whoever published this set (Core 10.2).
    #[must_use]
    pub fn encryption_key(&self, algorithm: KeyManagementAlgorithm) -> Option<&EncryptionKey> {
        self.encryption_keys.iter().find(|key| key.algorithms().contains(&algorithm))
    }

    /// All keys to encrypt with.
    #[must_use]
    pub fn encryption_keys(&self) -> &[EncryptionKey] {
        &self.encryption_keys
    }

    #[cfg(test)]
    pub(super) fn take_encryption_keys(&mut self) -> Vec<EncryptionKey> {
        std::mem::take(&mut self.encryption_keys)
    }

    /// The keys that may have made a signature with `algorithm`, under `kid` if the token names one (Core 10.1).
    pub(super) fn candidates(
        &self,
        algorithm: SignatureAlgorithm,
        kid: Option<&str>,
        may_sign: impl Fn(Option<&str>) -> bool,
    ) -> impl Iterator<Item = &ParsedPublicKey> {
        self.keys
            .iter()
            .filter(move |key| may_sign(key.issuer.as_deref()))
            // V36: a kid is a string to compare, and nothing else.
            .filter(move |key| kid.is_none() || key.kid.as_deref() == kid)
            .filter_map(move |key| key.for_algorithm(algorithm))
    }

    fn add(&mut self, member: &Value) {
        let added = Members::deserialize(member).map_err(|_| SkipReason::Malformed).and_then(|key| self.insert(key));
        if let Err(reason) = added {
            let kid = member.get("kid").and_then(Value::as_str).map(str::to_owned);
            self.skipped.push(SkippedKey { kid, reason });
        }
    }

    fn insert(&mut self, members: Members) -> Result<(), SkipReason> {
        if members.is_private() {
            return Err(SkipReason::Private);
        }
        match members.purpose().ok_or(SkipReason::OtherUse)? {
            Purpose::Signatures => {
                let key = Jwk::new(members)?;
                if self.keys.iter().any(|earlier| earlier.stands_for_the_same(&key)) {
                    return Err(SkipReason::Duplicate);
                }
                self.keys.push(key);
            }
            Purpose::Encryption => {
                let key = members.for_encryption()?;
                let key = key.named(members.kid, members.alg.as_deref()).ok_or(SkipReason::Unknown)?;
                if self.encryption_keys.iter().any(|earlier| earlier.stands_for_the_same(&key)) {
                    return Err(SkipReason::Duplicate);
                }
                self.encryption_keys.push(key);
            }
        }
        Ok(())
    }
}

impl Jwk {
    fn new(members: Members) -> Result<Self, SkipReason> {
        let mut parsed = members.for_signatures()?;
        // RFC 8725 3.1: a key that names its algorithm serves that one alone.
        if let Some(alg) = &members.alg {
            parsed.retain(|(algorithm, _)| algorithm.name() == alg);
        }
        if parsed.is_empty() {
            return Err(SkipReason::Unknown);
        }
        Ok(Self { kid: members.kid, issuer: members.issuer, parsed })
    }

    fn for_algorithm(&self, wanted: SignatureAlgorithm) -> Option<&ParsedPublicKey> {
        self.parsed.iter().find(|(algorithm, _)| *algorithm == wanted).map(|(_, key)| key)
    }

    /// V51: the same kid twice is allowed when type or algorithm differ.
    fn stands_for_the_same(&self, other: &Self) -> bool {
        self.kid.is_some()
            && self.kid == other.kid
            && other.parsed.iter().any(|(algorithm, _)| self.for_algorithm(*algorithm).is_some())
    }
}

#[cfg(test)]
mod tests;
