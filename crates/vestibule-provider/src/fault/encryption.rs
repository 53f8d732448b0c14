//! What is wrong in the encryption of what a client gets.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use vestibule_core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm};

use super::{Fault, Hooks, id_token::break_signature as break_tag};
use crate::{client::Encryption, encryption::Content};

/// One way in which the encryption of a token breaks the rules: of an ID Token ([`Fault::IdTokenEncryption`]), of a userinfo
/// response ([`Fault::UserInfoEncryption`]) or of a logout token ([`Fault::LogoutTokenEncryption`]).
///
/// What is wrong inside stays to be said by the other faults: with [`Fault::AlgNone`], a client that registered an encryption gets
/// an encrypted token without a signature.
///
/// # Example
/// ```
/// use vestibule_provider::{DevelopmentProvider, EncryptionFault, Fault};
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?;
/// provider.set_fault(Some(Fault::IdTokenEncryption(EncryptionFault::Twice)));
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptionFault {
    /// It is encrypted to somebody else, under the kid of the client's key.
    ToAnother,
    /// It has a kid that no key of the client's has.
    UnknownKid,
    /// Its content key came by another algorithm (`alg`) than the client registered.
    OtherKeyManagement,
    /// It is encrypted with another algorithm (`enc`) than the client registered.
    OtherContentEncryption,
    /// The claims themselves are in it, and no signed token.
    PlainClaims,
    /// It is encrypted once more.
    Twice,
    /// Its content is compressed (`zip`).
    Compressed,
    /// It was changed on its way.
    Broken,
    /// It is encrypted, by ECDH-ES and A128CBC-HS256, though the client registered no such thing: to the client, if it has a key for that.
    Unasked,
    /// It is not encrypted, though the client registered that.
    Missing,
}

impl EncryptionFault {
    /// Those that a client must refuse that registered an encryption.
    pub const OF_ENCRYPTED: [Self; 9] = [
        Self::ToAnother,
        Self::UnknownKid,
        Self::OtherKeyManagement,
        Self::OtherContentEncryption,
        Self::PlainClaims,
        Self::Twice,
        Self::Compressed,
        Self::Broken,
        Self::Missing,
    ];

    /// How it is encrypted, in the place of what is registered.
    pub(crate) fn encryption(self, registered: Option<Encryption>) -> Option<Encryption> {
        match (self, registered) {
            (Self::Unasked, None) => {
                Some(Encryption::new(KeyManagementAlgorithm::EcdhEs, ContentEncryptionAlgorithm::default()))
            }
            (Self::Missing, _) => None,
            (Self::OtherKeyManagement, Some(how)) => Some(Encryption::new(another_alg(how.alg()), how.enc())),
            (Self::OtherContentEncryption, Some(how)) => Some(Encryption::new(how.alg(), another_enc(how.enc()))),
            (_, registered) => registered,
        }
    }

    /// The client's keys; without their `alg` they serve every algorithm of their type.
    pub(crate) fn keys(self, mut keys: Value) -> Value {
        let list = keys.get_mut("keys").and_then(Value::as_array_mut);
        if self == Self::OtherKeyManagement {
            list.into_iter().flatten().filter_map(Value::as_object_mut).for_each(|key| drop(key.remove("alg")));
        }
        keys
    }

    /// Whether somebody else gets it.
    pub(crate) fn goes_to_another(self, client_has_key: bool) -> bool {
        self == Self::ToAnother || (self == Self::Unasked && !client_has_key)
    }

    pub(crate) fn seals_twice(self) -> bool {
        self == Self::Twice
    }

    /// What goes into it.
    pub(crate) fn content(self, content: Content) -> Content {
        match (self, content) {
            (Self::PlainClaims, Content::Token(token)) => Content::Claims(payload(&token)),
            (_, content) => content,
        }
    }

    /// The header and the plaintext.
    pub(crate) fn letter(self, header: &mut Map<String, Value>, plaintext: &mut Vec<u8>) {
        match self {
            Self::UnknownKid => drop(header.insert("kid".to_owned(), json!("the-key-of-nobody"))),
            Self::Compressed => {
                header.insert("zip".to_owned(), json!("DEF"));
                *plaintext = deflated(plaintext);
            }
            _ => {}
        }
    }

    /// The encrypted token.
    pub(crate) fn token(self, token: String) -> String {
        if self == Self::Broken { break_tag(&token) } else { token }
    }
}

/// Of the same keys, so that nothing but the name tells.
fn another_alg(alg: KeyManagementAlgorithm) -> KeyManagementAlgorithm {
    use KeyManagementAlgorithm::{A128Kw, Dir, EcdhEs, EcdhEsA128Kw, RsaOaep, RsaOaep256};
    match alg {
        RsaOaep => RsaOaep256,
        RsaOaep256 => RsaOaep,
        EcdhEs => EcdhEsA128Kw,
        alg if !alg.is_symmetric() => EcdhEs,
        A128Kw => Dir,
        _ => A128Kw,
    }
}

fn another_enc(enc: ContentEncryptionAlgorithm) -> ContentEncryptionAlgorithm {
    use ContentEncryptionAlgorithm::{A128CbcHs256, A256Gcm};
    if enc == A256Gcm { A128CbcHs256 } else { A256Gcm }
}

/// What a signed token says.
fn payload(token: &str) -> String {
    let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    String::from_utf8(payload.unwrap_or_default()).unwrap_or_default()
}

/// RFC 1951 3.2.4: in blocks that are stored as they are, which are as good as any.
fn deflated(plaintext: &[u8]) -> Vec<u8> {
    let blocks = plaintext.chunks(usize::from(u16::MAX));
    let count = blocks.len();
    let mut deflated = Vec::new();
    for (number, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        deflated.push(u8::from(number.saturating_add(1) == count));
        deflated.extend(length.to_le_bytes());
        deflated.extend((!length).to_le_bytes());
        deflated.extend(block);
    }
    deflated
}

impl Hooks {
    /// What is wrong in the encryption of this ID Token.
    pub(crate) fn id_token_encryption_fault(&self) -> Option<EncryptionFault> {
        match self.0 {
            Some(Fault::IdTokenEncryption(fault)) => Some(fault),
            _ => None,
        }
    }

    /// What is wrong in the encryption of a userinfo response.
    pub(crate) fn userinfo_encryption_fault(&self) -> Option<EncryptionFault> {
        match self.0 {
            Some(Fault::UserInfoEncryption(fault)) => Some(fault),
            _ => None,
        }
    }

    /// What is wrong in the encryption of a logout token.
    pub(crate) fn logout_token_encryption_fault(&self) -> Option<EncryptionFault> {
        match self.0 {
            Some(Fault::LogoutTokenEncryption(fault)) => Some(fault),
            _ => None,
        }
    }
}
