//! Somebody's key for encryption: who sends encrypts to it. A provider encrypts tokens to its clients, a client its request objects.

use std::fmt;

use aws_lc_rs::{
    agreement::PrivateKey,
    encoding::AsDer,
    rsa::{OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents},
};
use serde_json::{Map, Value, json};

use super::{
    ContentEncryptionAlgorithm, KeyManagementAlgorithm, base64url,
    jwe::{
        content::Sealed,
        key_agreement::{Derivation, PublicPoint},
        shared_key::{self, Family, SharedKey},
    },
    random,
};
use crate::secret::Secret;

/// A key to encrypt with, bound to the algorithms that it may serve: the public half of a pair, or a secret that both sides have.
///
/// # Example
/// ```
/// use vestibule_core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, Secret, jose::EncryptionKey};
///
/// let (alg, enc) = (KeyManagementAlgorithm::A128Kw, ContentEncryptionAlgorithm::A128Gcm);
/// let key = EncryptionKey::from_secret(alg, enc, &Secret::from("the client secret"))?;
/// assert_eq!(key.encrypt(alg, enc, "header.payload.signature")?.split('.').count(), 5);
/// # Ok::<_, vestibule_core::jose::EncryptionFailed>(())
/// ```
pub struct EncryptionKey {
    kid: Option<String>,
    algorithms: Vec<KeyManagementAlgorithm>,
    half: Half,
}

enum Half {
    Rsa(OaepPublicEncryptingKey),
    Point(PublicPoint),
    Shared(SharedKey),
}

/// Why nothing was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptionFailed {
    /// The key does not serve this algorithm.
    #[error("the key does not serve {algorithm}")]
    Algorithm {
        /// What was asked of it.
        algorithm: KeyManagementAlgorithm,
    },
    /// The crypto library could not: it is out of memory or of randomness, or the key is one with which nobody can agree.
    #[error("the crypto library could not encrypt")]
    Library,
}

/// A content key on its way: what both ends have at last, and what the token says of it.
struct Sent {
    content_key: Secret<Vec<u8>>,
    encrypted_key: Vec<u8>,
    members: Map<String, Value>,
}

impl EncryptionKey {
    /// The key that is derived from a client secret (Core 10.2), for one pair of algorithms.
    ///
    /// # Errors
    /// [`EncryptionFailed::Algorithm`] when the algorithm takes a key pair.
    pub fn from_secret(
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
        secret: &Secret<String>,
    ) -> Result<Self, EncryptionFailed> {
        let key = SharedKey::derive(algorithm, enc, secret).ok_or(EncryptionFailed::Algorithm { algorithm })?;
        Ok(Self::shared(key))
    }

    pub(super) fn shared(key: SharedKey) -> Self {
        Self { kid: None, algorithms: vec![key.algorithm()], half: Half::Shared(key) }
    }

    /// A public RSA key whose strength was checked (RFC 7518 6.3.1).
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Option<Self> {
        let der = PublicKeyComponents { n, e }.as_der().ok()?;
        let key = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(der.as_ref()).ok()?).ok()?;
        let algorithms = vec![KeyManagementAlgorithm::RsaOaep, KeyManagementAlgorithm::RsaOaep256];
        Some(Self { kid: None, algorithms, half: Half::Rsa(key) })
    }

    pub(super) fn point(point: PublicPoint) -> Self {
        let algorithms = vec![
            KeyManagementAlgorithm::EcdhEs,
            KeyManagementAlgorithm::EcdhEsA128Kw,
            KeyManagementAlgorithm::EcdhEsA256Kw,
        ];
        Self { kid: None, algorithms, half: Half::Point(point) }
    }

    /// RFC 8725 3.1: a key that names its algorithm serves that one alone; `None` when it cannot.
    pub(super) fn named(mut self, kid: Option<String>, alg: Option<&str>) -> Option<Self> {
        if let Some(alg) = alg {
            self.algorithms.retain(|algorithm| algorithm.name() == alg);
        }
        (!self.algorithms.is_empty()).then_some(Self { kid, ..self })
    }

    /// V51: the same kid twice is allowed when the algorithms differ.
    pub(super) fn stands_for_the_same(&self, other: &Self) -> bool {
        self.kid.is_some()
            && self.kid == other.kid
            && other.algorithms.iter().any(|algorithm| self.algorithms.contains(algorithm))
    }

    /// Its kid, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithms that it may serve.
    #[must_use]
    pub fn algorithms(&self) -> &[KeyManagementAlgorithm] {
        &self.algorithms
    }

    /// Encrypts a signed token, in compact form, with `alg`, `enc`, `kid` and `cty` in the header (RFC 7519 5.2). Key operations draw
    /// their own randomness.
    ///
    /// # Errors
    /// [`EncryptionFailed`] when the key does not serve the algorithms, or the crypto library cannot.
    pub fn encrypt(
        &self,
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
        jws: &str,
    ) -> Result<String, EncryptionFailed> {
        let mut header = json!({"alg": algorithm.name(), "enc": enc.name(), "cty": "JWT"});
        if let (Some(members), Some(kid)) = (header.as_object_mut(), &self.kid) {
            members.insert("kid".to_owned(), json!(kid));
        }
        self.encrypt_with_header(algorithm, enc, &header, jws.as_bytes())
    }

    /// Encrypts any bytes under a header of the caller's own, whatever it claims, which gets what the key management adds (`epk`, `iv`,
    /// `tag`) where it has no such member: for tests of those who decrypt.
    ///
    /// # Errors
    /// [`EncryptionFailed`] when the key does not serve the algorithms, or the crypto library cannot.
    pub fn encrypt_with_header(
        &self,
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
        header: &Value,
        plaintext: &[u8],
    ) -> Result<String, EncryptionFailed> {
        if !self.serves(algorithm, enc) {
            return Err(EncryptionFailed::Algorithm { algorithm });
        }
        let sent = self.send(algorithm, enc, header).ok_or(EncryptionFailed::Library)?;
        let mut header = header.clone();
        if let Some(members) = header.as_object_mut() {
            for (name, value) in sent.members {
                members.entry(name).or_insert(value);
            }
        }
        let protected = base64url::encode(header.to_string());
        let iv = random::bytes(enc.iv_bytes()).ok_or(EncryptionFailed::Library)?;
        let Sealed { ciphertext, tag } = enc
            .seal(sent.content_key.expose(), iv.expose(), protected.as_bytes(), plaintext)
            .ok_or(EncryptionFailed::Library)?;
        let parts = [sent.encrypted_key.as_slice(), iv.expose(), &ciphertext, &tag].map(base64url::encode);
        Ok(format!("{protected}.{}", parts.join(".")))
    }

    pub(super) fn serves(&self, algorithm: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> bool {
        match &self.half {
            Half::Rsa(_) | Half::Point(_) => self.algorithms.contains(&algorithm),
            Half::Shared(key) => key.serves(algorithm, enc),
        }
    }

    /// RFC 7516 5.1 (1 to 6): a content key, and how it gets there.
    fn send(&self, algorithm: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm, header: &Value) -> Option<Sent> {
        let mut members = Map::new();
        let (content_key, encrypted_key) = match (&self.half, algorithm.family()) {
            (Half::Rsa(key), Family::Rsa(padding)) => {
                let content_key = random::bytes(enc.key_bytes())?;
                let mut encrypted = vec![0; key.ciphertext_size()];
                let length = key.encrypt(padding, content_key.expose(), &mut encrypted, None).ok()?.len();
                encrypted.truncate(length);
                (content_key, encrypted)
            }
            (Half::Point(point), Family::Agreement(cipher)) => {
                let ephemeral = PrivateKey::generate(point.curve().algorithm()).ok()?;
                let epk = PublicPoint::of(point.curve(), &ephemeral)?;
                members.insert("epk".to_owned(), Value::Object(epk.members()));
                let (apu, apv) = (party(header, "apu"), party(header, "apv"));
                let key = point.agree(&ephemeral, &Derivation::of(algorithm, enc, &apu, &apv))?;
                match cipher {
                    None => (key, Vec::new()),
                    Some(cipher) => {
                        let content_key = random::bytes(enc.key_bytes())?;
                        let encrypted = shared_key::wrap(cipher, key.expose(), content_key.expose())?;
                        (content_key, encrypted)
                    }
                }
            }
            (Half::Shared(key), Family::Wrap(cipher)) => {
                let content_key = random::bytes(enc.key_bytes())?;
                let encrypted = shared_key::wrap(cipher, key.bytes(), content_key.expose())?;
                (content_key, encrypted)
            }
            (Half::Shared(key), Family::GcmWrap(cipher)) => {
                let content_key = random::bytes(enc.key_bytes())?;
                let iv = random::bytes(cipher.nonce_len())?;
                let sealed = shared_key::wrap_gcm(cipher, key.bytes(), iv.expose(), content_key.expose())?;
                members.insert("iv".to_owned(), json!(base64url::encode(iv.expose())));
                members.insert("tag".to_owned(), json!(base64url::encode(sealed.tag)));
                (content_key, sealed.ciphertext)
            }
            (Half::Shared(key), Family::Direct) => (Secret::new(key.bytes().to_vec()), Vec::new()),
            _ => return None,
        };
        Some(Sent { content_key, encrypted_key, members })
    }
}

/// RFC 7518 4.6.1.2, 4.6.1.3: who the parties are, as far as the header says.
fn party(header: &Value, name: &str) -> Vec<u8> {
    header.get(name).and_then(Value::as_str).and_then(base64url::decode).unwrap_or_default()
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("kid", &self.kid)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
