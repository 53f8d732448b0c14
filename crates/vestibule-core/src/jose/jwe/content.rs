//! Content encryption (RFC 7518 5): what every algorithm does with a key, a text, and what is authenticated beside it.

use aws_lc_rs::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{
        self, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
        UnboundCipherKey,
    },
    hmac,
    iv::FixedLength,
};

use crate::{
    jose::{ContentEncryptionAlgorithm, digest},
    secret::Secret,
};

/// What the crypto library needs to know of an algorithm.
enum Scheme {
    CbcHmac(hmac::Algorithm, &'static cipher::Algorithm),
    Gcm(&'static aead::Algorithm),
}

/// What encryption gives, besides the initialization vector that went in.
pub(in crate::jose) struct Sealed {
    pub(in crate::jose) ciphertext: Vec<u8>,
    pub(in crate::jose) tag: Vec<u8>,
}

impl ContentEncryptionAlgorithm {
    /// The length of the content key (RFC 7518 5.2.3 to 5.2.5: of both its halves).
    pub(in crate::jose) const fn key_bytes(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A192Gcm => 24,
            Self::A128CbcHs256 | Self::A256Gcm => 32,
            Self::A192CbcHs384 => 48,
            Self::A256CbcHs512 => 64,
        }
    }

    /// The length of the initialization vector (RFC 7518 5.2.2.1, 5.3).
    pub(in crate::jose) const fn iv_bytes(self) -> usize {
        match self {
            Self::A128CbcHs256 | Self::A192CbcHs384 | Self::A256CbcHs512 => 16,
            Self::A128Gcm | Self::A192Gcm | Self::A256Gcm => 12,
        }
    }

    /// The length of the authentication tag (RFC 7518 5.2.3 to 5.2.5, 5.3).
    pub(in crate::jose) const fn tag_bytes(self) -> usize {
        match self {
            Self::A128CbcHs256 | Self::A128Gcm | Self::A192Gcm | Self::A256Gcm => 16,
            Self::A192CbcHs384 => 24,
            Self::A256CbcHs512 => 32,
        }
    }

    fn scheme(self) -> Scheme {
        match self {
            Self::A128CbcHs256 => Scheme::CbcHmac(hmac::HMAC_SHA256, &cipher::AES_128),
            Self::A192CbcHs384 => Scheme::CbcHmac(hmac::HMAC_SHA384, &cipher::AES_192),
            Self::A256CbcHs512 => Scheme::CbcHmac(hmac::HMAC_SHA512, &cipher::AES_256),
            Self::A128Gcm => Scheme::Gcm(&aead::AES_128_GCM),
            Self::A192Gcm => Scheme::Gcm(&aead::AES_192_GCM),
            Self::A256Gcm => Scheme::Gcm(&aead::AES_256_GCM),
        }
    }

    /// Encrypts `plaintext` and authenticates `aad` with it; `None` when a length is not that of the algorithm.
    pub(in crate::jose) fn seal(self, key: &[u8], iv: &[u8], aad: &[u8], plaintext: &[u8]) -> Option<Sealed> {
        match self.scheme() {
            Scheme::CbcHmac(hash, cipher) => {
                let (mac_key, cipher_key) = halves(self, key)?;
                let key = UnboundCipherKey::new(cipher, cipher_key).ok()?;
                let mut ciphertext = plaintext.to_vec();
                let context = EncryptionContext::Iv128(FixedLength::try_from(iv).ok()?);
                let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).ok()?;
                key.less_safe_encrypt(&mut ciphertext, context).ok()?;
                let tag = cbc_tag(self, &hmac::Key::new(hash, mac_key), [aad, iv, &ciphertext])?;
                Some(Sealed { ciphertext, tag })
            }
            Scheme::Gcm(algorithm) => seal_gcm(algorithm, key, iv, aad, plaintext),
        }
    }

    /// Decrypts what `seal` made; `None` when it was not made with this key, whatever the difference.
    pub(in crate::jose) fn open(
        self,
        key: &[u8],
        iv: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
    ) -> Option<Secret<Vec<u8>>> {
        match self.scheme() {
            Scheme::CbcHmac(hash, cipher) => {
                let (mac_key, cipher_key) = halves(self, key)?;
                let expected = cbc_tag(self, &hmac::Key::new(hash, mac_key), [aad, iv, ciphertext])?;
                // RFC 7518 5.2.2.2 (2): nothing is decrypted before the tag is right, so that no padding tells anything.
                if !digest::constant_time_eq(&expected, tag) {
                    return None;
                }
                let key = UnboundCipherKey::new(cipher, cipher_key).ok()?;
                let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
                let context = DecryptionContext::Iv128(FixedLength::try_from(iv).ok()?);
                let mut text = Secret::new(ciphertext.to_vec());
                let length = key.decrypt(text.expose_mut(), context).ok()?.len();
                text.expose_mut().truncate(length);
                Some(text)
            }
            Scheme::Gcm(algorithm) => open_gcm(algorithm, key, iv, aad, ciphertext, tag),
        }
    }
}

/// RFC 7518 5.2.2.1 (1): the first half authenticates, the second encrypts.
fn halves(enc: ContentEncryptionAlgorithm, key: &[u8]) -> Option<(&[u8], &[u8])> {
    (key.len() == enc.key_bytes()).then(|| key.split_at(key.len() / 2))
}

/// RFC 7518 5.2.2.1 (4, 5): the left half of the HMAC over what is authenticated, and the length in bits of the first of it.
fn cbc_tag(enc: ContentEncryptionAlgorithm, key: &hmac::Key, [aad, iv, ciphertext]: [&[u8]; 3]) -> Option<Vec<u8>> {
    let bits = u64::try_from(aad.len()).ok()?.checked_mul(8)?;
    let mut mac = hmac::Context::with_key(key);
    for part in [aad, iv, ciphertext, &bits.to_be_bytes()] {
        mac.update(part);
    }
    mac.sign().as_ref().get(..enc.tag_bytes()).map(<[u8]>::to_vec)
}

/// AES-GCM with a tag of 128 bits (RFC 7518 5.3); it encrypts content keys too (RFC 7518 4.7).
pub(in crate::jose) fn seal_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Option<Sealed> {
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
    let mut ciphertext = plaintext.to_vec();
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut ciphertext).ok()?;
    Some(Sealed { ciphertext, tag: tag.as_ref().to_vec() })
}

pub(in crate::jose) fn open_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Option<Secret<Vec<u8>>> {
    // A shorter tag is easier to guess; the library would say no as well, and this is where it is said.
    if tag.len() != algorithm.tag_len() {
        return None;
    }
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
    let mut text = Secret::new([ciphertext, tag].concat());
    let length = key.open_in_place(nonce, Aad::from(aad), text.expose_mut()).ok()?.len();
    text.expose_mut().truncate(length);
    Some(text)
}
