//! Key agreement by elliptic curves (RFC 7518 4.6): the curves, public points, and how a shared secret becomes a key.

use aws_lc_rs::{
    agreement::{self, ParsedPublicKey, PrivateKey, UnparsedPublicKey},
    digest,
};
use serde_json::{Map, Value, json};

use crate::{
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, base64url},
    secret::Secret,
};

/// The curves on which two parties agree on a key (RFC 7518 4.6.1.1, RFC 8037 3.2).
///
/// # Example
/// ```
/// use vestibule_core::jose::EncryptionCurve;
///
/// assert_eq!(EncryptionCurve::default().name(), "P-256");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncryptionCurve {
    /// NIST's curve of 256 bits: what is meant where nothing is said.
    #[default]
    P256,
    /// NIST's curve of 384 bits.
    P384,
    /// NIST's curve of 521 bits.
    P521,
    /// Curve25519 (RFC 8037).
    X25519,
}

impl EncryptionCurve {
    /// Every curve.
    pub const ALL: [Self; 4] = [Self::P256, Self::P384, Self::P521, Self::X25519];

    /// The `crv` member, such as `P-256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::X25519 => "X25519",
        }
    }

    /// The curve of a key of type `kty` (RFC 7518 6.2.1.1, RFC 8037 2).
    pub(in crate::jose) fn named(kty: &str, crv: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.kty() == kty && curve.name() == crv)
    }

    pub(in crate::jose) const fn kty(self) -> &'static str {
        match self {
            Self::P256 | Self::P384 | Self::P521 => "EC",
            Self::X25519 => "OKP",
        }
    }

    pub(in crate::jose) const fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &agreement::ECDH_P256,
            Self::P384 => &agreement::ECDH_P384,
            Self::P521 => &agreement::ECDH_P521,
            Self::X25519 => &agreement::X25519,
        }
    }

    /// The length of each coordinate in bytes (RFC 7518 6.2.1.2, RFC 7748 5).
    const fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 | Self::X25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// A point that is on its curve.
#[derive(Clone, Debug)]
pub(in crate::jose) struct PublicPoint {
    curve: EncryptionCurve,
    parsed: ParsedPublicKey,
}

impl PublicPoint {
    /// The point of a JWK; `None` when it is none of this curve (RFC 7518 6.2.1, RFC 8037 2). X25519 has no `y`.
    pub(in crate::jose) fn parse(curve: EncryptionCurve, x: &[u8], y: Option<&[u8]>) -> Option<Self> {
        let length = curve.coordinate_bytes();
        let point = match (curve, y) {
            (EncryptionCurve::X25519, None) if x.len() == length => x.to_vec(),
            (EncryptionCurve::X25519, _) => return None,
            // SEC 1 2.3.3, uncompressed; the library refuses a point that is not on the curve.
            (_, Some(y)) if x.len() == length && y.len() == length => [&[4], x, y].concat(),
            _ => return None,
        };
        let parsed = ParsedPublicKey::try_from(UnparsedPublicKey::new(curve.algorithm(), point)).ok()?;
        Some(Self { curve, parsed })
    }

    /// The public half of a private key.
    pub(in crate::jose) fn of(curve: EncryptionCurve, private: &PrivateKey) -> Option<Self> {
        let public = private.compute_public_key().ok()?;
        let parsed = ParsedPublicKey::try_from(UnparsedPublicKey::new(curve.algorithm(), public.as_ref())).ok()?;
        Some(Self { curve, parsed })
    }

    pub(in crate::jose) fn curve(&self) -> EncryptionCurve {
        self.curve
    }

    /// The required members of its JWK (RFC 7638 3.2).
    pub(in crate::jose) fn members(&self) -> Map<String, Value> {
        let bytes = self.parsed.as_ref();
        let (x, y) = match (self.curve, bytes.split_first()) {
            (EncryptionCurve::X25519, _) | (_, None) => (bytes, None),
            (_, Some((_, coordinates))) => {
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                (x, Some(y))
            }
        };
        let mut members = Map::new();
        members.insert("kty".to_owned(), json!(self.curve.kty()));
        members.insert("crv".to_owned(), json!(self.curve.name()));
        members.insert("x".to_owned(), json!(base64url::encode(x)));
        if let Some(y) = y {
            members.insert("y".to_owned(), json!(base64url::encode(y)));
        }
        members
    }

    /// The key that the holders of the two private keys have in common; `None` when there is none: on another curve, or a
    /// shared secret of zeros, which anybody could have (RFC 7748 6.1, RFC 8037 3.2).
    pub(in crate::jose) fn agree(&self, private: &PrivateKey, derivation: &Derivation<'_>) -> Option<Secret<Vec<u8>>> {
        agreement::agree(private, self.parsed.clone(), (), |shared| Ok(derivation.key(shared))).ok()
    }
}

/// What goes into a derived key besides the shared secret (RFC 7518 4.6.2).
#[derive(Debug)]
pub(in crate::jose) struct Derivation<'a> {
    algorithm: &'static str,
    apu: &'a [u8],
    apv: &'a [u8],
    key_bytes: usize,
}

impl<'a> Derivation<'a> {
    /// RFC 7518 4.6.2: what is derived is the content key, or the key that wraps it, and each is named after its algorithm.
    pub(in crate::jose) fn of(
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
        apu: &'a [u8],
        apv: &'a [u8],
    ) -> Self {
        let (algorithm, key_bytes) = match algorithm {
            KeyManagementAlgorithm::EcdhEsA128Kw => (algorithm.name(), 16),
            KeyManagementAlgorithm::EcdhEsA256Kw => (algorithm.name(), 32),
            _ => (enc.name(), enc.key_bytes()),
        };
        Self { algorithm, apu, apv, key_bytes }
    }

    /// The Concat KDF with SHA-256 (NIST SP 800-56A 5.8.1, as RFC 7518 4.6.2 has it).
    pub(in crate::jose) fn key(&self, shared: &[u8]) -> Secret<Vec<u8>> {
        let mut key = Secret::new(Vec::with_capacity(self.key_bytes));
        let bits = length(self.key_bytes.saturating_mul(8));
        for round in 1_u32.. {
            let wanted = self.key_bytes.saturating_sub(key.expose().len());
            if wanted == 0 {
                break;
            }
            let mut hash = digest::Context::new(&digest::SHA256);
            hash.update(&round.to_be_bytes());
            hash.update(shared);
            for field in [self.algorithm.as_bytes(), self.apu, self.apv] {
                hash.update(&length(field.len()));
                hash.update(field);
            }
            hash.update(&bits);
            key.expose_mut().extend(hash.finish().as_ref().iter().take(wanted));
        }
        key
    }
}

/// A length in 32 bits. Nothing here is as long as 2^32: a token is bounded.
fn length(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes()
}
