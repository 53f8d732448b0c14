//! Private keys: what opens an encrypted token. A relying party has them for tokens encrypted to it; a provider for request objects.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    agreement::PrivateKey,
    encoding::{AsBigEndian, AsDer, Curve25519SeedBin, EcPrivateKeyBin},
    rsa::{KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey},
    signature::RsaKeyPair,
};
use serde_json::{Map, Value, json};

use super::{
    ContentEncryptionAlgorithm, EncryptionCurve, KeyManagementAlgorithm,
    jwe::{
        Transport,
        key_agreement::{Derivation, PublicPoint},
        shared_key::{self, Family, SharedKey},
    },
    private_jwk::{self, InvalidPrivateJwk, Members, rsa_numbers},
    signing_key::thumbprint,
};
use crate::secret::Secret;

/// A private key, bound to one algorithm.
///
/// # Example
/// ```
/// use vestibule_core::{KeyManagementAlgorithm, jose::DecryptionKey};
///
/// let key = DecryptionKey::generate(KeyManagementAlgorithm::EcdhEsA128Kw)?;
/// assert_eq!(key.public_jwk()["use"], "enc");
/// # Ok::<_, vestibule_core::jose::NoDecryptionKey>(())
/// ```
pub struct DecryptionKey {
    algorithm: KeyManagementAlgorithm,
    kid: String,
    half: Half,
}

enum Half {
    Rsa(Box<RsaKeyPair>, OaepPrivateDecryptingKey),
    Agreement(PrivateKey, PublicPoint),
    Shared(SharedKey),
}

/// Our keys that open tokens, together.
///
/// # Example
/// ```
/// use vestibule_core::{KeyManagementAlgorithm, jose::{DecryptionKey, DecryptionKeys}};
///
/// let keys = DecryptionKeys::from_iter([DecryptionKey::generate(KeyManagementAlgorithm::EcdhEs)?]);
/// assert_eq!(keys.iter().count(), 1);
/// # Ok::<_, vestibule_core::jose::NoDecryptionKey>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DecryptionKeys(Vec<Arc<DecryptionKey>>);

/// Why there is no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoDecryptionKey {
    /// The algorithm has no key pairs, or no keys from a secret, or none on a curve.
    #[error("{algorithm} has no such keys")]
    Algorithm {
        /// The algorithm.
        algorithm: KeyManagementAlgorithm,
    },
    /// The crypto library could not make a key: it is out of memory or of randomness.
    #[error("the crypto library could not make a key")]
    Library,
}

impl DecryptionKey {
    /// Makes a new key pair, RSA with 2048 bits or on the curve P-256; its kid is its thumbprint. Key operations draw their own
    /// randomness.
    ///
    /// # Errors
    /// [`NoDecryptionKey`] for an algorithm without key pairs, and when the operating system gives no memory or randomness.
    pub fn generate(algorithm: KeyManagementAlgorithm) -> Result<Self, NoDecryptionKey> {
        match algorithm.family() {
            Family::Rsa(_) => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| NoDecryptionKey::Library)?;
                Half::rsa(pair).map(|half| Self::new(algorithm, None, half)).ok_or(NoDecryptionKey::Library)
            }
            Family::Agreement(_) => Self::generate_on(algorithm, EncryptionCurve::default()),
            // A secret that nobody else knows opens nothing: see `from_secret`.
            Family::Wrap(_) | Family::GcmWrap(_) | Family::Direct => Err(NoDecryptionKey::Algorithm { algorithm }),
        }
    }

    /// Makes a new key pair on a curve.
    ///
    /// # Errors
    /// [`NoDecryptionKey`] for an algorithm that is not on curves, and when the operating system gives no memory or randomness.
    pub fn generate_on(algorithm: KeyManagementAlgorithm, curve: EncryptionCurve) -> Result<Self, NoDecryptionKey> {
        let Family::Agreement(_) = algorithm.family() else {
            return Err(NoDecryptionKey::Algorithm { algorithm });
        };
        let private = PrivateKey::generate(curve.algorithm()).map_err(|_| NoDecryptionKey::Library)?;
        let point = PublicPoint::of(curve, &private).ok_or(NoDecryptionKey::Library)?;
        Ok(Self::new(algorithm, None, Half::Agreement(private, point)))
    }

    /// The key that is derived from a client secret (Core 10.2), for one pair of algorithms; it has no kid and no public half.
    ///
    /// # Errors
    /// [`NoDecryptionKey::Algorithm`] when the algorithm takes a key pair.
    pub fn from_secret(
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
        secret: &Secret<String>,
    ) -> Result<Self, NoDecryptionKey> {
        let key = SharedKey::derive(algorithm, enc, secret).ok_or(NoDecryptionKey::Algorithm { algorithm })?;
        Ok(Self::shared(key))
    }

    pub(super) fn shared(key: SharedKey) -> Self {
        Self { algorithm: key.algorithm(), kid: String::new(), half: Half::Shared(key) }
    }

    /// Reads a private JWK (RFC 7518 6.2.2, 6.3.2, RFC 8037 2) that names its algorithm. Without a `kid` it gets its thumbprint.
    ///
    /// # Errors
    /// [`InvalidPrivateJwk`] names the rule.
    pub fn from_jwk(jwk: &Value) -> Result<Self, InvalidPrivateJwk> {
        let members = Members::read(jwk)?;
        let alg = members.alg().ok_or(InvalidPrivateJwk::NoAlgorithm)?;
        let algorithm = alg.parse().map_err(|_| private_jwk::wrong_algorithm(alg))?;
        Self::from_members(algorithm, members)
    }

    /// Reads a private JWK for an algorithm, with which the JWK must agree if it names one.
    ///
    /// # Errors
    /// [`InvalidPrivateJwk`] names the rule.
    pub fn from_jwk_for(algorithm: KeyManagementAlgorithm, jwk: &Value) -> Result<Self, InvalidPrivateJwk> {
        Self::from_members(algorithm, Members::read(jwk)?)
    }

    fn from_members(algorithm: KeyManagementAlgorithm, mut members: Members) -> Result<Self, InvalidPrivateJwk> {
        members.check_purpose("enc", &["decrypt", "unwrapKey", "deriveKey", "deriveBits"])?;
        members.check_algorithm(algorithm.name())?;
        let half = match algorithm.family() {
            Family::Rsa(_) => Half::rsa(members.rsa()?).ok_or(InvalidPrivateJwk::Inconsistent)?,
            Family::Agreement(_) => {
                let (private, point) = members.agreement()?;
                Half::Agreement(private, point)
            }
            // Secrets are derived from the client secret (Core 10.2), and no JWK.
            Family::Wrap(_) | Family::GcmWrap(_) | Family::Direct => {
                return Err(private_jwk::wrong_algorithm(algorithm.name()));
            }
        };
        Ok(Self::new(algorithm, members.take_kid(), half))
    }

    fn new(algorithm: KeyManagementAlgorithm, kid: Option<String>, half: Half) -> Self {
        let kid = kid.unwrap_or_else(|| thumbprint(half.public_members()));
        Self { algorithm, kid, half }
    }

    /// The same key under another kid.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self { kid: kid.into(), ..self }
    }

    /// Its kid; empty for a key from a secret.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> KeyManagementAlgorithm {
        self.algorithm
    }

    /// The public half, for a key set (RFC 7517 4).
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        Value::Object(self.named(self.half.public_members()))
    }

    /// The whole key as a private JWK, to be kept sealed and read back with [`from_jwk`](Self::from_jwk).
    ///
    /// # Errors
    /// [`NoDecryptionKey`] for a key from a secret, which is kept where the secret is, and when there is no memory.
    pub fn to_private_jwk(&self) -> Result<Secret<String>, NoDecryptionKey> {
        let mut members = self.named(self.half.public_members());
        let private = match &self.half {
            Half::Rsa(pair, _) => rsa_numbers::private_members(pair),
            Half::Agreement(private, point) => {
                private_scalar(private, point.curve()).map(|d| private_jwk::scalar_member(d.expose()))
            }
            Half::Shared(key) => return Err(NoDecryptionKey::Algorithm { algorithm: key.algorithm() }),
        };
        members.append(&mut private.ok_or(NoDecryptionKey::Library)?);
        Ok(private_jwk::into_secret(members))
    }

    /// The content key that came to this key; `None` when there is none to be had.
    pub(super) fn content_key(&self, transport: &Transport<'_>) -> Option<Secret<Vec<u8>>> {
        let encrypted = transport.encrypted_key;
        match (&self.half, self.algorithm.family()) {
            (Half::Rsa(_, key), Family::Rsa(padding)) => {
                let mut content_key = Secret::new(vec![0; key.min_output_size()]);
                let length = key.decrypt(padding, encrypted, content_key.expose_mut(), None).ok()?.len();
                content_key.expose_mut().truncate(length);
                Some(content_key)
            }
            (Half::Agreement(private, _), Family::Agreement(cipher)) => {
                let Transport { algorithm, enc, apu, apv, .. } = *transport;
                let derivation = Derivation::of(algorithm, enc, apu, apv);
                let key = transport.ephemeral.as_ref()?.agree(private, &derivation)?;
                match cipher {
                    None => Some(key),
                    Some(cipher) => shared_key::unwrap(cipher, key.expose(), encrypted),
                }
            }
            (Half::Shared(key), Family::Wrap(cipher)) => shared_key::unwrap(cipher, key.bytes(), encrypted),
            (Half::Shared(key), Family::GcmWrap(cipher)) => {
                shared_key::unwrap_gcm(cipher, key.bytes(), transport.iv, encrypted, transport.tag)
            }
            (Half::Shared(key), Family::Direct) => Some(Secret::new(key.bytes().to_vec())),
            _ => None,
        }
    }

    fn fits(&self, transport: &Transport<'_>, kid: Option<&str>) -> bool {
        let named = || kid.is_none_or(|kid| kid == self.kid);
        match &self.half {
            Half::Rsa(..) => self.algorithm == transport.algorithm && named(),
            Half::Agreement(_, point) => {
                self.algorithm == transport.algorithm
                    && transport.ephemeral.as_ref().is_some_and(|epk| epk.curve() == point.curve())
                    && named()
            }
            // A client has one secret: whatever a provider calls it, it is that one.
            Half::Shared(key) => key.serves(transport.algorithm, transport.enc),
        }
    }

    fn named(&self, mut members: Map<String, Value>) -> Map<String, Value> {
        members.insert("kid".to_owned(), json!(self.kid));
        members.insert("alg".to_owned(), json!(self.algorithm.name()));
        members.insert("use".to_owned(), json!("enc"));
        members
    }
}

impl Half {
    fn rsa(pair: RsaKeyPair) -> Option<Self> {
        let pkcs8 = pair.as_der().ok()?;
        let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref()).ok()?).ok()?;
        Some(Self::Rsa(Box::new(pair), key))
    }

    /// The required members of the public key (RFC 7638 3.2): of these the thumbprint is made.
    fn public_members(&self) -> Map<String, Value> {
        match self {
            Self::Rsa(pair, _) => rsa_numbers::public_members(pair),
            Self::Agreement(_, point) => point.members(),
            // It has no public half, and is not given away.
            Self::Shared(_) => Map::from_iter([("kty".to_owned(), json!("oct"))]),
        }
    }
}

fn private_scalar(private: &PrivateKey, curve: EncryptionCurve) -> Option<Secret<Vec<u8>>> {
    let bytes = match curve {
        EncryptionCurve::X25519 => AsBigEndian::<Curve25519SeedBin<'_>>::as_be_bytes(private).ok()?.as_ref().to_vec(),
        EncryptionCurve::P256 | EncryptionCurve::P384 | EncryptionCurve::P521 => {
            AsBigEndian::<EcPrivateKeyBin<'_>>::as_be_bytes(private).ok()?.as_ref().to_vec()
        }
    };
    Some(Secret::new(bytes))
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl DecryptionKeys {
    /// A set without keys: all that a client needs that registered no encryption.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys, in the order in which they are tried.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<DecryptionKey>> {
        self.0.iter()
    }

    /// The keys that may open what came so, under `kid` if the token names one. A kid is a string to compare, and nothing else.
    pub(super) fn candidates(
        &self,
        transport: &Transport<'_>,
        kid: Option<&str>,
    ) -> impl Iterator<Item = &DecryptionKey> {
        self.0.iter().map(AsRef::as_ref).filter(move |key: &&DecryptionKey| key.fits(transport, kid))
    }
}

impl FromIterator<DecryptionKey> for DecryptionKeys {
    fn from_iter<T: IntoIterator<Item = DecryptionKey>>(keys: T) -> Self {
        keys.into_iter().map(Arc::new).collect()
    }
}

impl FromIterator<Arc<DecryptionKey>> for DecryptionKeys {
    fn from_iter<T: IntoIterator<Item = Arc<DecryptionKey>>>(keys: T) -> Self {
        Self(keys.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
