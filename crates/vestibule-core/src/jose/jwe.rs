//! Encrypted tokens in compact form (RFC 7516 7.1): read strictly, decrypted with keys that we chose, and good for nothing but a
//! signed token inside.

use std::fmt;

use crate::{error::Excerpt, secret::Secret};

use super::{
    ContentEncryptionAlgorithm, DecryptionKeys, KeyManagementAlgorithm, base64url,
    jws::{CompactJws, InvalidJws},
    random,
};
use header::{EphemeralKey, Header};
use key_agreement::{EncryptionCurve, PublicPoint};
use shared_key::{Family, WRAP_BYTES};

pub(in crate::jose) mod content;
mod header;
pub(in crate::jose) mod key_agreement;
pub(in crate::jose) mod shared_key;

/// An encrypted token that nobody has opened yet.
///
/// # Example
/// ```
/// use vestibule_core::{
///     ContentEncryptionAlgorithm::A256Gcm,
///     JwkSet,
///     KeyManagementAlgorithm::EcdhEs,
///     SignatureAlgorithm,
///     jose::{CompactJwe, DecryptionKey, DecryptionKeys, SigningKey},
/// };
///
/// // Ours, and published.
/// let ours = DecryptionKey::generate(EcdhEs)?;
/// let published = JwkSet::from_json(serde_json::json!({"keys": [ours.public_jwk()]}).to_string().as_bytes())?;
///
/// // What the provider does: sign, then encrypt.
/// let signed = SigningKey::generate(SignatureAlgorithm::Es256)?.sign("JWT", b"{}")?;
/// let recipient = published.encryption_key(EcdhEs).expect("a key");
/// let token = recipient.encrypt(EcdhEs, A256Gcm, &signed)?;
///
/// let keys = DecryptionKeys::from_iter([ours]);
/// let nested = CompactJwe::parse(&token)?.decrypt((EcdhEs, A256Gcm), &keys)?;
/// assert_eq!(nested.as_str(), signed); // whose signature is to be verified now
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct CompactJwe<'a> {
    header: Header,
    /// The header as it came: what the content is authenticated with (RFC 7516 5.1 (14)).
    protected: &'a [u8],
    encrypted_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

/// V69: the token itself is not printed.
impl fmt::Debug for CompactJwe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompactJwe").field("header", &self.header).finish_non_exhaustive()
    }
}

/// What was inside an encrypted token: a signed one, **whose signature nobody has looked at yet**.
///
/// Claims as they stand and a second encryption are no such thing (Core 16.14, V37): there is nothing to do with this value but to
/// [`parse`](Self::parse) and verify it.
#[derive(Debug)]
pub struct NestedJws(Secret<String>);

/// Why a token is not a JWE for these keys with a signed token inside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidJwe {
    /// Longer than anyone needs: the most is 64 KiB.
    #[error("{bytes} bytes, the most are 65536")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// Not five dot-separated segments of canonical base64url (RFC 7516 7.1).
    #[error("not five segments of base64url (RFC 7516 7.1)")]
    NotCompact,
    /// The header is not a strict JSON object with strings `alg` and `enc` (RFC 7516 4).
    #[error("a malformed header (RFC 7516 4)")]
    Header,
    /// The header has `crit` or `b64`: an extension that we do not know must be understood (RFC 7516 4.1.13).
    #[error("a header that asks for an extension (RFC 7516 4.1.13)")]
    CriticalExtension,
    /// The header has `zip`: a few bytes could become any number of them (RFC 8725 3.6, V39).
    #[error("a compressed content (RFC 8725 3.6)")]
    Compressed,
    /// The content key came by another algorithm than the one agreed on (RFC 8725 3.1).
    #[error("key management by '{got}', expected {expected} (RFC 8725 3.1)")]
    KeyManagement {
        /// The one agreed on.
        expected: KeyManagementAlgorithm,
        /// The header's.
        got: Excerpt,
    },
    /// Encrypted with another algorithm than the one agreed on (RFC 8725 3.1).
    #[error("encrypted with '{got}', expected {expected} (RFC 8725 3.1)")]
    ContentEncryption {
        /// The one agreed on.
        expected: ContentEncryptionAlgorithm,
        /// The header's.
        got: Excerpt,
    },
    /// The `cty` is not `JWT`: not a signed token inside (RFC 7519 5.2).
    #[error("a content of type '{got}', expected JWT (RFC 7519 5.2)")]
    ContentType {
        /// The header's.
        got: Excerpt,
    },
    /// A part has not the length that the algorithms give it.
    #[error("the {part} has a wrong length (RFC 7518 4, 5)")]
    Length {
        /// Which part.
        part: &'static str,
    },
    /// The `epk` is absent or no point of a known curve (RFC 7518 4.6.1.1).
    #[error("an ephemeral key that is none (RFC 7518 4.6.1.1)")]
    EphemeralKey,
    /// No key of ours fits.
    #[error("no key for {algorithm} with kid {} (RFC 7516 4.1.6)", kid.as_ref().map_or("(none)".to_owned(), ToString::to_string))]
    NoMatchingKey {
        /// The algorithm.
        algorithm: KeyManagementAlgorithm,
        /// The header's kid, if it has one.
        kid: Option<Excerpt>,
    },
    /// It was not made for our keys, or was changed since. There is one reason for whatever is wrong, so that nobody learns what it
    /// was (RFC 7516 11.5).
    #[error("it does not decrypt (RFC 7516 11.5)")]
    Decryption,
    /// What is inside is not a signed token in compact form (Core 16.14).
    #[error("no signed token inside (Core 16.14)")]
    NotNested,
}

/// How the content key came, as far as can be told without a key.
#[derive(Debug)]
pub(in crate::jose) struct Transport<'a> {
    pub(in crate::jose) algorithm: KeyManagementAlgorithm,
    pub(in crate::jose) enc: ContentEncryptionAlgorithm,
    pub(in crate::jose) encrypted_key: &'a [u8],
    pub(in crate::jose) ephemeral: Option<PublicPoint>,
    pub(in crate::jose) apu: &'a [u8],
    pub(in crate::jose) apv: &'a [u8],
    pub(in crate::jose) iv: &'a [u8],
    pub(in crate::jose) tag: &'a [u8],
}

/// A longer token is refused unread.
const MOST_BYTES: usize = 64 * 1024;

/// Of keys among which nothing tells, only so many are tried: each costs an operation with a private key.
const MOST_TRIED: usize = 8;

impl<'a> CompactJwe<'a> {
    /// Reads the form of a token (RFC 7516 5.2, steps 1 to 5), strictly (V53): exactly five segments of canonical base64url.
    ///
    /// # Errors
    /// [`InvalidJwe`] names the rule.
    pub fn parse(token: &'a str) -> Result<Self, InvalidJwe> {
        if token.len() > MOST_BYTES {
            return Err(InvalidJwe::TooLong { bytes: token.len() });
        }
        let segments: Vec<&'a str> = token.splitn(6, '.').collect();
        let &[protected, encrypted_key, iv, ciphertext, tag] = segments.as_slice() else {
            return Err(InvalidJwe::NotCompact);
        };
        let decode = |segment| base64url::decode(segment).ok_or(InvalidJwe::NotCompact);
        let header = decode(protected)?;
        let (encrypted_key, iv, ciphertext, tag) =
            (decode(encrypted_key)?, decode(iv)?, decode(ciphertext)?, decode(tag)?);
        // RFC 7516 5.2 (3): UTF-8 from end to end; serde_json alone would not look into members that are skipped.
        let header = str::from_utf8(&header).map_err(|_| InvalidJwe::Header)?;
        let header: Header = serde_json::from_str(header).map_err(|_| InvalidJwe::Header)?;
        // RFC 7516 4.1.13
        if header.asks_for_extension {
            return Err(InvalidJwe::CriticalExtension);
        }
        // RFC 8725 3.6
        if header.is_compressed {
            return Err(InvalidJwe::Compressed);
        }
        Ok(Self { header, protected: protected.as_bytes(), encrypted_key, iv, ciphertext, tag })
    }

    /// The header's `typ`, if it has one.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// Opens the token with one of `keys`, by the two algorithms that were agreed on. The header is not asked which to use; it must
    /// agree.
    ///
    /// # Errors
    /// [`InvalidJwe`] names the rule; what goes wrong once a key was chosen has the one reason [`InvalidJwe::Decryption`].
    pub fn decrypt(
        &self,
        expected: (KeyManagementAlgorithm, ContentEncryptionAlgorithm),
        keys: &DecryptionKeys,
    ) -> Result<NestedJws, InvalidJwe> {
        // RFC 7519 5.2: it is there when another token is inside. Not everybody sends it.
        if let Some(cty) = self.header.cty.as_deref().filter(|cty| !cty.eq_ignore_ascii_case("JWT")) {
            return Err(InvalidJwe::ContentType { got: Excerpt::new(cty) });
        }
        NestedJws::within(&self.plaintext(expected, keys)?)
    }

    fn plaintext(
        &self,
        (algorithm, enc): (KeyManagementAlgorithm, ContentEncryptionAlgorithm),
        keys: &DecryptionKeys,
    ) -> Result<Secret<Vec<u8>>, InvalidJwe> {
        self.check_algorithms(algorithm, enc)?;
        self.check_lengths(algorithm, enc)?;
        let transport = self.transport(algorithm, enc)?;
        let mut candidates = keys.candidates(&transport, self.header.kid.as_deref()).take(MOST_TRIED).peekable();
        if candidates.peek().is_none() {
            return Err(InvalidJwe::NoMatchingKey { algorithm, kid: self.header.kid.as_deref().map(Excerpt::new) });
        }
        candidates
            .find_map(|key| {
                // RFC 7516 11.5: a content key that cannot be had is replaced by one that nobody has, and fails where a wrong one
                // fails: at the tag of the content.
                let substitute = random::bytes(enc.key_bytes())?;
                let content_key = key.content_key(&transport).filter(|key| key.expose().len() == enc.key_bytes());
                let content_key = content_key.unwrap_or(substitute);
                enc.open(content_key.expose(), &self.iv, self.protected, &self.ciphertext, &self.tag)
            })
            .ok_or(InvalidJwe::Decryption)
    }

    /// RFC 8725 3.1: those that were agreed on, whatever the header would like.
    fn check_algorithms(
        &self,
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
    ) -> Result<(), InvalidJwe> {
        if self.header.alg != algorithm.name() {
            return Err(InvalidJwe::KeyManagement { expected: algorithm, got: Excerpt::new(&self.header.alg) });
        }
        if self.header.enc != enc.name() {
            return Err(InvalidJwe::ContentEncryption { expected: enc, got: Excerpt::new(&self.header.enc) });
        }
        Ok(())
    }

    fn check_lengths(
        &self,
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
    ) -> Result<(), InvalidJwe> {
        let length = |part, is: usize, must: usize| (is == must).then_some(()).ok_or(InvalidJwe::Length { part });
        // RFC 7518 5.2.2.1, 5.3
        length("initialization vector", self.iv.len(), enc.iv_bytes())?;
        length("authentication tag", self.tag.len(), enc.tag_bytes())?;
        let encrypted_key = |must| length("encrypted key", self.encrypted_key.len(), must);
        match algorithm.family() {
            // RFC 7518 4.5, 4.6: there is no content key but the one that both sides have.
            Family::Direct | Family::Agreement(None) => encrypted_key(0),
            // RFC 3394 2.2.1
            Family::Wrap(_) | Family::Agreement(Some(_)) => encrypted_key(enc.key_bytes().saturating_add(WRAP_BYTES)),
            // RFC 7518 4.7.1.1, 4.7.1.2: 96 and 128 bits.
            Family::GcmWrap(cipher) => {
                length("initialization vector of the key", self.header.iv.0.len(), cipher.nonce_len())?;
                length("authentication tag of the key", self.header.tag.0.len(), cipher.tag_len())?;
                encrypted_key(enc.key_bytes())
            }
            // As long as the modulus of a key that is not chosen yet: the crypto library looks.
            Family::Rsa(_) => Ok(()),
        }
    }

    fn transport(
        &self,
        algorithm: KeyManagementAlgorithm,
        enc: ContentEncryptionAlgorithm,
    ) -> Result<Transport<'_>, InvalidJwe> {
        let ephemeral = match algorithm.family() {
            // RFC 7518 4.6.1.1
            Family::Agreement(_) => {
                let point = self.header.epk.as_ref().and_then(EphemeralKey::point);
                Some(point.ok_or(InvalidJwe::EphemeralKey)?)
            }
            _ => None,
        };
        Ok(Transport {
            algorithm,
            enc,
            encrypted_key: &self.encrypted_key,
            ephemeral,
            apu: &self.header.apu.0,
            apv: &self.header.apv.0,
            iv: &self.header.iv.0,
            tag: &self.header.tag.0,
        })
    }
}

impl EphemeralKey {
    fn point(&self) -> Option<PublicPoint> {
        let curve = EncryptionCurve::named(&self.kty, &self.crv)?;
        PublicPoint::parse(curve, &self.x.0, self.y.as_ref().map(|y| y.0.as_slice()))
    }
}

impl NestedJws {
    /// The signed token in compact form, for those who verify it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }

    /// The signed token in compact form, to be kept.
    #[must_use]
    pub fn into_compact(self) -> Secret<String> {
        self.0
    }

    /// Reads the signed token.
    ///
    /// # Errors
    /// [`InvalidJws`] names the rule.
    pub fn parse(&self) -> Result<CompactJws<'_>, InvalidJws> {
        CompactJws::parse(self.as_str())
    }

    /// R69, Core 16.14: three segments, of the characters of base64url. Claims begin with a brace, and a JWE has five.
    fn within(plaintext: &Secret<Vec<u8>>) -> Result<Self, InvalidJwe> {
        let text = str::from_utf8(plaintext.expose()).map_err(|_| InvalidJwe::NotNested)?;
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if text.split('.').count() == 3 && text.bytes().all(is_legal) {
            Ok(Self(Secret::from(text)))
        } else {
            Err(InvalidJwe::NotNested)
        }
    }
}

#[cfg(test)]
mod tests;
