//! The members of a public JWK (RFC 7518 6): what it is for, and the key that they make.

use aws_lc_rs::{
    rsa::PublicKeyComponents,
    signature::{self, ParsedPublicKey},
};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::Value;

use super::SkipReason;
use crate::jose::{
    EncryptionCurve, EncryptionKey, KeyManagementAlgorithm,
    algorithm::{Curve, Family, SignatureAlgorithm},
    base64url,
    jwe::key_agreement::PublicPoint,
    roca,
};

/// The members of a JWK that we look at.
#[derive(Deserialize)]
pub(super) struct Members {
    pub(super) kty: String,
    pub(super) kid: Option<String>,
    pub(super) alg: Option<String>,
    /// Whose key it is, where a set has those of many tenants: a member of Entra ID's.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub(super) issuer: Option<String>,
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

/// What a key is for.
pub(super) enum Purpose {
    Signatures,
    Encryption,
}

impl Members {
    pub(super) fn is_private(&self) -> bool {
        self.kty == "oct"
            || [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k]
                .iter()
                .any(|member| member.is_some())
    }

    /// What the key is for (RFC 7517 4.2 and 4.3). A key that does not say is for signatures: where a set has keys for both, `use` is
    /// there (Discovery 3, jwks_uri), and one key must not serve for both.
    pub(super) fn purpose(&self) -> Option<Purpose> {
        let allows = |wanted: &[&str]| {
            self.key_ops.as_ref().is_none_or(|named| named.iter().any(|named| wanted.contains(&named.as_str())))
        };
        let (verifies, encrypts) = (allows(&["verify"]), allows(&["encrypt", "wrapKey", "deriveKey", "deriveBits"]));
        match self.usage.as_deref() {
            Some("sig") if verifies => Some(Purpose::Signatures),
            Some("enc") if encrypts => Some(Purpose::Encryption),
            None if encrypts && (self.can_only_encrypt() || !verifies) => Some(Purpose::Encryption),
            None if verifies => Some(Purpose::Signatures),
            _ => None,
        }
    }

    fn can_only_encrypt(&self) -> bool {
        self.crv.as_deref() == Some(EncryptionCurve::X25519.name())
            || self.alg.as_ref().is_some_and(|alg| alg.parse::<KeyManagementAlgorithm>().is_ok())
    }

    /// The key, with the algorithms that its type could check.
    pub(super) fn for_signatures(&self) -> Result<Vec<(SignatureAlgorithm, ParsedPublicKey)>, SkipReason> {
        match self.kty.as_str() {
            "RSA" => self.rsa(),
            "EC" => self.ec(),
            "OKP" => self.okp(),
            _ => Err(SkipReason::Unknown),
        }
    }

    /// RFC 7518 6.2.1, 6.3.1, RFC 8037 2
    pub(super) fn for_encryption(&self) -> Result<EncryptionKey, SkipReason> {
        if self.kty == "RSA" {
            let (n, e) = self.rsa_numbers()?;
            return EncryptionKey::rsa(&n, &e).ok_or(SkipReason::Malformed);
        }
        let curve = EncryptionCurve::named(&self.kty, self.crv.as_deref().unwrap_or_default());
        let curve = curve.ok_or(SkipReason::Unknown)?;
        let x = decode_member(self.x.as_deref())?;
        let y = self.y.as_deref().map(|y| decode_member(Some(y))).transpose()?;
        PublicPoint::parse(curve, &x, y.as_deref()).map(EncryptionKey::point).ok_or(SkipReason::Malformed)
    }

    /// RFC 7518 6.3.1
    fn rsa(&self) -> Result<Vec<(SignatureAlgorithm, ParsedPublicKey)>, SkipReason> {
        let (n, e) = self.rsa_numbers()?;
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

    fn rsa_numbers(&self) -> Result<(Vec<u8>, Vec<u8>), SkipReason> {
        let n = decode_member(self.n.as_deref())?;
        let e = decode_member(self.e.as_deref())?;
        check_rsa_strength(&n, &e)?;
        Ok((n, e))
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

/// A member of one provider's own: with whatever it is elsewhere the key is as good as without.
fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().map(str::to_owned))
}

fn decode_member(member: Option<&str>) -> Result<Vec<u8>, SkipReason> {
    member.and_then(base64url::decode).ok_or(SkipReason::Malformed)
}

/// V44: the crypto library accepts an exponent of 3, and keys that can be taken apart; we do not.
pub(in crate::jose) fn check_rsa_strength(n: &[u8], e: &[u8]) -> Result<(), SkipReason> {
    // RFC 7518 6.3.1.1 and 2 (Base64urlUInt): the minimum number of octets, so no leading zero.
    // A product of two odd primes is odd.
    let bits = match (n.first(), n.last()) {
        (Some(first @ 1..), Some(last)) if last % 2 == 1 => {
            n.len().saturating_mul(8).saturating_sub(first.leading_zeros() as usize)
        }
        _ => return Err(SkipReason::Malformed),
    };
    let exponent = match e {
        [] | [0, ..] => return Err(SkipReason::Malformed),
        [..] if e.len() > 4 => return Err(SkipReason::Weak),
        _ => e.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte)),
    };
    if !(2048..=8192).contains(&bits) || exponent < 65_537 || exponent % 2 == 0 {
        return Err(SkipReason::Weak);
    }
    if roca::is_factorable(n) { Err(SkipReason::Factorable) } else { Ok(()) }
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
