//! A key that both sides have: it wraps content keys (RFC 7518 4.4, 4.7) or is one (RFC 7518 4.5).

use aws_lc_rs::{
    aead, digest,
    key_wrap::{self, AesBlockCipher, AesKek, KeyWrap},
    rsa,
};

use super::content::{self, Sealed};
use crate::{
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm},
    secret::Secret,
};

/// What a key management algorithm does, with its parameters in the crypto library.
pub(in crate::jose) enum Family {
    Rsa(&'static rsa::OaepAlgorithm),
    /// What is agreed on wraps the content key by this cipher, or is it.
    Agreement(Option<&'static AesBlockCipher>),
    Wrap(&'static AesBlockCipher),
    GcmWrap(&'static aead::Algorithm),
    Direct,
}

/// AES key wrap writes 8 bytes more than it gets (RFC 3394 2.2.1).
pub(in crate::jose) const WRAP_BYTES: usize = 8;

impl KeyManagementAlgorithm {
    pub(in crate::jose) fn family(self) -> Family {
        match self {
            Self::RsaOaep => Family::Rsa(&rsa::OAEP_SHA1_MGF1SHA1),
            Self::RsaOaep256 => Family::Rsa(&rsa::OAEP_SHA256_MGF1SHA256),
            Self::EcdhEs => Family::Agreement(None),
            Self::EcdhEsA128Kw => Family::Agreement(Some(&key_wrap::AES_128)),
            Self::EcdhEsA256Kw => Family::Agreement(Some(&key_wrap::AES_256)),
            Self::A128Kw => Family::Wrap(&key_wrap::AES_128),
            Self::A256Kw => Family::Wrap(&key_wrap::AES_256),
            Self::A128GcmKw => Family::GcmWrap(&aead::AES_128_GCM),
            Self::A256GcmKw => Family::GcmWrap(&aead::AES_256_GCM),
            Self::Dir => Family::Direct,
        }
    }

    /// The fewest bytes that a client secret may have from which the key of this encryption comes (Core 16.19); 0 where each side has
    /// its own. A secret holds as much as the key does, or 256 bits, which is as much as anybody needs.
    #[must_use]
    pub fn secret_bytes(self, enc: ContentEncryptionAlgorithm) -> usize {
        self.shared_key_bytes(enc).map_or(0, |bytes| bytes.min(32))
    }

    /// The length of the key that both sides have; `None` where each has its own.
    fn shared_key_bytes(self, enc: ContentEncryptionAlgorithm) -> Option<usize> {
        match self {
            Self::A128Kw | Self::A128GcmKw => Some(16),
            Self::A256Kw | Self::A256GcmKw => Some(32),
            Self::Dir => Some(enc.key_bytes()),
            Self::RsaOaep | Self::RsaOaep256 | Self::EcdhEs | Self::EcdhEsA128Kw | Self::EcdhEsA256Kw => None,
        }
    }
}

/// A key that was derived from a client secret, for one pair of algorithms.
pub(in crate::jose) struct SharedKey {
    algorithm: KeyManagementAlgorithm,
    enc: ContentEncryptionAlgorithm,
    bytes: Secret<Vec<u8>>,
}

impl SharedKey {
    /// Core 10.2: the left part of a SHA-2 hash of the secret, the shortest that is long enough; `None` for key pairs.
    pub(in crate::jose) fn derive(
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
        secret: &Secret<String>,
    ) -> Option<Self> {
        let length = algorithm.shared_key_bytes(enc)?;
        let hash = match length {
            ..=32 => &digest::SHA256,
            33..=48 => &digest::SHA384,
            _ => &digest::SHA512,
        };
        let hash = digest::digest(hash, secret.expose().as_bytes());
        Some(Self { algorithm, enc, bytes: Secret::new(hash.as_ref().get(..length)?.to_vec()) })
    }

    #[cfg(test)]
    pub(in crate::jose) fn from_bytes(
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
        bytes: &[u8],
    ) -> Self {
        Self { algorithm, enc, bytes: Secret::new(bytes.to_vec()) }
    }

    pub(in crate::jose) fn algorithm(&self) -> KeyManagementAlgorithm {
        self.algorithm
    }

    /// RFC 8725 3.1: the key serves the two algorithms that it was derived for.
    pub(in crate::jose) fn serves(&self, algorithm: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> bool {
        (self.algorithm, self.enc) == (algorithm, enc)
    }

    pub(in crate::jose) fn bytes(&self) -> &[u8] {
        self.bytes.expose()
    }
}

pub(in crate::jose) fn wrap(cipher: &'static AesBlockCipher, key: &[u8], content_key: &[u8]) -> Option<Vec<u8>> {
    let mut wrapped = vec![0; content_key.len().checked_add(WRAP_BYTES)?];
    AesKek::new(cipher, key).ok()?.wrap(content_key, &mut wrapped).ok()?;
    Some(wrapped)
}

pub(in crate::jose) fn unwrap(cipher: &'static AesBlockCipher, key: &[u8], wrapped: &[u8]) -> Option<Secret<Vec<u8>>> {
    let mut content_key = Secret::new(vec![0; wrapped.len().checked_sub(WRAP_BYTES)?]);
    AesKek::new(cipher, key).ok()?.unwrap(wrapped, content_key.expose_mut()).ok()?;
    Some(content_key)
}

/// RFC 7518 4.7: nothing is authenticated beside the content key.
pub(in crate::jose) fn wrap_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    iv: &[u8],
    content_key: &[u8],
) -> Option<Sealed> {
    content::seal_gcm(algorithm, key, iv, &[], content_key)
}

pub(in crate::jose) fn unwrap_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    iv: &[u8],
    wrapped: &[u8],
    tag: &[u8],
) -> Option<Secret<Vec<u8>>> {
    content::open_gcm(algorithm, key, iv, &[], wrapped, tag)
}
