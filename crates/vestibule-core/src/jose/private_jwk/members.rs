//! The members of a private JWK (RFC 7518 6), and the keys that they make.

use aws_lc_rs::{
    agreement::PrivateKey,
    rsa::{KeyPairComponents, PublicKeyComponents},
    signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{InvalidPrivateJwk, wrong_algorithm};
use crate::{
    jose::{
        EncryptionCurve, algorithm::Curve, base64url, jwe::key_agreement::PublicPoint, jwk::SkipReason,
        jwk::check_rsa_strength,
    },
    secret::Secret,
};

#[derive(Deserialize)]
pub(in crate::jose) struct Members {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Secret<String>>,
    p: Option<Secret<String>>,
    q: Option<Secret<String>>,
    dp: Option<Secret<String>>,
    dq: Option<Secret<String>>,
    qi: Option<Secret<String>>,
    oth: Option<IgnoredAny>,
}

impl Members {
    pub(in crate::jose) fn read(jwk: &Value) -> Result<Self, InvalidPrivateJwk> {
        Self::deserialize(jwk).map_err(|_| InvalidPrivateJwk::NotAJwk)
    }

    pub(in crate::jose) fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    pub(in crate::jose) fn take_kid(&mut self) -> Option<String> {
        self.kid.take()
    }

    /// RFC 7517 4.2 and 4.3: `use` and `key_ops`, where present, must allow it.
    pub(in crate::jose) fn check_purpose(&self, usage: &str, operations: &[&str]) -> Result<(), InvalidPrivateJwk> {
        let is_allowed = self.usage.as_deref().is_none_or(|named| named == usage)
            && self.key_ops.as_ref().is_none_or(|named| named.iter().any(|named| operations.contains(&named.as_str())));
        is_allowed.then_some(()).ok_or(InvalidPrivateJwk::Purpose)
    }

    /// RFC 8725 3.1: a key that names its algorithm serves that one alone.
    pub(in crate::jose) fn check_algorithm(&self, expected: &str) -> Result<(), InvalidPrivateJwk> {
        match self.alg() {
            Some(alg) if alg != expected => Err(wrong_algorithm(alg)),
            _ => Ok(()),
        }
    }

    /// The curve of a signing key, or Ed25519: each has one algorithm, which need not be named.
    pub(in crate::jose) fn signature_algorithm_of_curve(&self) -> Option<&'static str> {
        let crv = self.crv.as_deref()?;
        match self.kty.as_str() {
            "EC" => Curve::ALL.into_iter().find(|curve| curve.name() == crv).map(|curve| curve.algorithm().name()),
            "OKP" => (crv == "Ed25519").then_some("EdDSA"),
            _ => None,
        }
    }

    /// RFC 7518 6.3.2. All numbers must be there: a key of two primes is read and no other.
    pub(in crate::jose) fn rsa(&self) -> Result<RsaKeyPair, InvalidPrivateJwk> {
        if self.kty != "RSA" || self.oth.is_some() {
            return Err(InvalidPrivateJwk::UnknownType);
        }
        let (n, e) = (public("n", self.n.as_ref())?, public("e", self.e.as_ref())?);
        check_rsa_strength(&n, &e).map_err(|reason| match reason {
            SkipReason::Weak => InvalidPrivateJwk::Weak,
            SkipReason::Factorable => InvalidPrivateJwk::Factorable,
            _ => InvalidPrivateJwk::Member { member: "n" },
        })?;
        let [d, p, q, dp, dq, qi] = [
            private("d", self.d.as_ref())?,
            private("p", self.p.as_ref())?,
            private("q", self.q.as_ref())?,
            private("dp", self.dp.as_ref())?,
            private("dq", self.dq.as_ref())?,
            private("qi", self.qi.as_ref())?,
        ];
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: n.as_slice(), e: e.as_slice() },
            d: d.expose().as_slice(),
            p: p.expose().as_slice(),
            q: q.expose().as_slice(),
            dP: dp.expose().as_slice(),
            dQ: dq.expose().as_slice(),
            qInv: qi.expose().as_slice(),
        };
        RsaKeyPair::from_components(&components).map_err(|_| InvalidPrivateJwk::Inconsistent)
    }

    /// RFC 7518 6.2.2
    pub(in crate::jose) fn ec(&self, curve: Curve) -> Result<EcdsaKeyPair, InvalidPrivateJwk> {
        if self.kty != "EC" || self.crv.as_deref() != Some(curve.name()) {
            return Err(InvalidPrivateJwk::UnknownType);
        }
        let length = curve.coordinate_bytes();
        let (x, y) = (public("x", self.x.as_ref())?, public("y", self.y.as_ref())?);
        let d = private("d", self.d.as_ref())?;
        for (member, is) in [("x", x.len()), ("y", y.len()), ("d", d.expose().len())] {
            // RFC 7518 6.2.1.2, 6.2.1.3, 6.2.2.1: as many octets as the field, and the order, have.
            if is != length {
                return Err(InvalidPrivateJwk::Member { member });
            }
        }
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        EcdsaKeyPair::from_private_key_and_public_key(curve.signing(), d.expose(), &point)
            .map_err(|_| InvalidPrivateJwk::Inconsistent)
    }

    /// RFC 8037 2
    pub(in crate::jose) fn ed25519(&self) -> Result<Ed25519KeyPair, InvalidPrivateJwk> {
        if self.kty != "OKP" || self.crv.as_deref() != Some("Ed25519") {
            return Err(InvalidPrivateJwk::UnknownType);
        }
        let (x, d) = (public("x", self.x.as_ref())?, private("d", self.d.as_ref())?);
        let pair =
            Ed25519KeyPair::from_seed_unchecked(d.expose()).map_err(|_| InvalidPrivateJwk::Member { member: "d" })?;
        if pair.public_key().as_ref() == x { Ok(pair) } else { Err(InvalidPrivateJwk::Inconsistent) }
    }

    /// RFC 7518 6.2.2, RFC 8037 2: a key to agree with, and its public half.
    pub(in crate::jose) fn agreement(&self) -> Result<(PrivateKey, PublicPoint), InvalidPrivateJwk> {
        let curve = EncryptionCurve::named(&self.kty, self.crv.as_deref().unwrap_or_default())
            .ok_or(InvalidPrivateJwk::UnknownType)?;
        let (x, d) = (public("x", self.x.as_ref())?, private("d", self.d.as_ref())?);
        let y = self.y.as_ref().map(|y| public("y", Some(y))).transpose()?;
        let point = PublicPoint::parse(curve, &x, y.as_deref()).ok_or(InvalidPrivateJwk::Member { member: "x" })?;
        let private = PrivateKey::from_private_key(curve.algorithm(), d.expose())
            .map_err(|_| InvalidPrivateJwk::Member { member: "d" })?;
        match PublicPoint::of(curve, &private) {
            Some(public) if public.members() == point.members() => Ok((private, point)),
            _ => Err(InvalidPrivateJwk::Inconsistent),
        }
    }
}

fn public(member: &'static str, text: Option<&String>) -> Result<Vec<u8>, InvalidPrivateJwk> {
    text.and_then(|text| base64url::decode(text)).ok_or(InvalidPrivateJwk::Member { member })
}

fn private(member: &'static str, text: Option<&Secret<String>>) -> Result<Secret<Vec<u8>>, InvalidPrivateJwk> {
    text.and_then(|text| base64url::decode(text.expose())).map(Secret::new).ok_or(InvalidPrivateJwk::Member { member })
}
