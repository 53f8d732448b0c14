//! The provider's public keys (RFC 7517): parsed once, checked once, chosen by kid, alg, use and type.

use aws_lc_rs::{
    rsa::PublicKeyComponents,
    signature::{self, ParsedPublicKey},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{
    algorithm::{Curve, Family, SignatureAlgorithm},
    base64url,
};
use crate::{error::JsonFault, json};

/// The keys of one provider that can check signatures.
///
/// What cannot is left out and listed in [`skipped`](Self::skipped): keys of unknown types, for encryption, too weak, or with
/// private parts.
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
    skipped: Vec<SkippedKey>,
}

/// One public key, bound to the algorithms that it may check.
#[derive(Debug)]
pub struct Jwk {
    kid: Option<String>,
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
    /// It is for encryption. Harmless.
    #[error("not for signatures")]
    NotForSignatures,
    /// It does not parse, or the point is not on its curve.
    #[error("malformed")]
    Malformed,
    /// RSA with fewer than 2048 or more than 8192 bits, or an exponent that is even or below 65537; an Ed25519 point of small
    /// order, under which anybody can sign (V44).
    #[error("RSA outside of 2048 to 8192 bits or with a bad exponent, or Ed25519 with a point of small order")]
    Weak,
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
        Self { keys: Vec::new(), skipped: Vec::new() }
    }

    /// The keys that cannot be used, and why.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// How many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that may have made a signature with `algorithm`, under `kid` if the token names one (Core 10.1).
    pub(super) fn candidates(
        &self,
        algorithm: SignatureAlgorithm,
        kid: Option<&str>,
    ) -> impl Iterator<Item = &ParsedPublicKey> {
        self.keys
            .iter()
            // V36: a kid is a string to compare, and nothing else.
            .filter(move |key| kid.is_none() || key.kid.as_deref() == kid)
            .filter_map(move |key| key.for_algorithm(algorithm))
    }

    fn add(&mut self, member: &Value) {
        let kid = member.get("kid").and_then(Value::as_str).map(str::to_owned);
        match Jwk::parse(member) {
            Ok(key) if self.keys.iter().any(|earlier| earlier.stands_for_the_same(&key)) => {
                self.skipped.push(SkippedKey { kid, reason: SkipReason::Duplicate });
            }
            Ok(key) => self.keys.push(key),
            Err(reason) => self.skipped.push(SkippedKey { kid, reason }),
        }
    }
}

/// The members of a JWK that we look at.
#[derive(Deserialize)]
struct Members {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    // Only their presence matters: they are private (RFC 7518 6.2.2, 6.3.2, 6.4.1).
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

impl Jwk {
    fn parse(member: &Value) -> Result<Self, SkipReason> {
        let members = Members::deserialize(member).map_err(|_| SkipReason::Malformed)?;
        if members.is_private() {
            return Err(SkipReason::Private);
        }
        if !members.is_for_verification() {
            return Err(SkipReason::NotForSignatures);
        }
        let mut parsed = match members.kty.as_str() {
            "RSA" => members.rsa(),
            "EC" => members.ec(),
            "OKP" => members.okp(),
            _ => Err(SkipReason::Unknown),
        }?;
        // RFC 8725 3.1: a key that names its algorithm serves that one alone.
        if let Some(alg) = &members.alg {
            parsed.retain(|(algorithm, _)| algorithm.name() == alg);
        }
        if parsed.is_empty() {
            return Err(SkipReason::Unknown);
        }
        Ok(Self { kid: members.kid, parsed })
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

impl Members {
    fn is_private(&self) -> bool {
        self.kty == "oct"
            || [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k]
                .iter()
                .any(|member| member.is_some())
    }

    /// RFC 7517 4.2 and 4.3: `use` and `key_ops`, where present, must allow it.
    fn is_for_verification(&self) -> bool {
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|operation| operation == "verify"))
    }

    /// RFC 7518 6.3.1
    fn rsa(&self) -> Result<Vec<(SignatureAlgorithm, ParsedPublicKey)>, SkipReason> {
        let n = decode_member(self.n.as_deref())?;
        let e = decode_member(self.e.as_deref())?;
        check_rsa_strength(&n, &e)?;
        SignatureAlgorithm::ALL
            .into_iter()
            .filter_map(|algorithm| match algorithm.family() {
                Family::Rsa(parameters, _) => Some((algorithm, parameters)),
                Family::Ec(_) | Family::Ed25519 | Family::Hmac(_) => None,
            })
            .map(|(algorithm, parameters)| {
                let key = PublicKeyComponents { n: n.as_slice(), e: e.as_slice() }.to_parsed_public_key(parameters);
                key.map(|key| (algorithm, key)).map_err(|_| SkipReason::Malformed)
            })
            .collect()
    }

    /// RFC 7518 6.2.1
    fn ec(&self) -> Result<Vec<(SignatureAlgorithm, ParsedPublicKey)>, SkipReason> {
        let curve = Curve::ALL
            .into_iter()
            .find(|curve| Some(curve.name()) == self.crv.as_deref())
            .ok_or(SkipReason::Unknown)?;
        let x = decode_member(self.x.as_deref())?;
        let y = decode_member(self.y.as_deref())?;
        if x.len() != curve.coordinate_bytes() || y.len() != curve.coordinate_bytes() {
            return Err(SkipReason::Malformed);
        }
        // SEC 1 2.3.3, uncompressed; the library refuses a point that is not on the curve.
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        let key = ParsedPublicKey::new(curve.verification(), point).map_err(|_| SkipReason::Malformed)?;
        Ok(vec![(curve.algorithm(), key)])
    }

    /// RFC 8037 2
    fn okp(&self) -> Result<Vec<(SignatureAlgorithm, ParsedPublicKey)>, SkipReason> {
        if self.crv.as_deref() != Some("Ed25519") {
            return Err(SkipReason::Unknown);
        }
        let x = decode_member(self.x.as_deref())?;
        if x.len() != 32 {
            return Err(SkipReason::Malformed);
        }
        if has_small_order(&x) {
            return Err(SkipReason::Weak);
        }
        let key = ParsedPublicKey::new(&signature::ED25519, x).map_err(|_| SkipReason::Malformed)?;
        Ok(vec![(SignatureAlgorithm::EdDsa, key)])
    }
}

fn decode_member(member: Option<&str>) -> Result<Vec<u8>, SkipReason> {
    member.and_then(base64url::decode).ok_or(SkipReason::Malformed)
}

/// V44: the crypto library accepts an exponent of 3; we do not.
fn check_rsa_strength(n: &[u8], e: &[u8]) -> Result<(), SkipReason> {
    // RFC 7518 6.3.1.1 and 2 (Base64urlUInt): the minimum number of octets, so no leading zero.
    // A product of two odd primes is odd.
    let bits = match (n.first(), n.last()) {
        (Some(first @ 1..), Some(last)) if last % 2 == 1 => n.len() * 8 - first.leading_zeros() as usize,
        _ => return Err(SkipReason::Malformed),
    };
    let exponent = match e {
        [] | [0, ..] => return Err(SkipReason::Malformed),
        [..] if e.len() > 4 => return Err(SkipReason::Weak),
        _ => e.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte)),
    };
    if (2048..=8192).contains(&bits) && exponent >= 65_537 && exponent % 2 == 1 {
        Ok(())
    } else {
        Err(SkipReason::Weak)
    }
}

/// V44: the crypto library accepts these points as Ed25519 keys, and under them signatures that nobody made; we do not.
fn has_small_order(point: &[u8]) -> bool {
    // RFC 8032 5.1.2: the last bit is the sign of x.
    let y = match point.split_last() {
        Some((last, others)) => base64url::encode([others, &[last & 0x7f]].concat()),
        None => return false,
    };
    SMALL_ORDER.contains(&y.as_str())
}

/// The y of the 8 points whose order divides 8: of order 4, 1, 2, and twice 8.
const SMALL_ORDER: [&str; 5] = [
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "7P_______________________________________38",
    "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
    "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
];

#[cfg(test)]
mod tests;
