//! The encryption algorithms: how the content key gets to who may read (RFC 7518 4), and what it encrypts with (RFC 7518 5).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How the content key reaches who may read: the `alg` of an encrypted token, by its registered name (RFC 7518 4.1).
///
/// `RSA1_5` is not one of them, nor are the algorithms with passwords (V38, V45).
///
/// # Example
/// ```
/// use vestibule_core::jose::KeyManagementAlgorithm;
///
/// let alg: KeyManagementAlgorithm = "ECDH-ES+A128KW".parse()?;
/// assert_eq!(alg, KeyManagementAlgorithm::EcdhEsA128Kw);
/// assert!("RSA1_5".parse::<KeyManagementAlgorithm>().is_err());
/// # Ok::<_, vestibule_core::jose::encryption_algorithm::UnknownKeyManagementAlgorithm>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyManagementAlgorithm {
    /// RSAES-OAEP with SHA-1 and MGF1 (RFC 7518 4.3).
    RsaOaep,
    /// RSAES-OAEP with SHA-256 and MGF1 (RFC 7518 4.3).
    RsaOaep256,
    /// Elliptic Curve Diffie-Hellman Ephemeral Static; what is agreed on is the content key (RFC 7518 4.6).
    EcdhEs,
    /// The same, and what is agreed on wraps the content key by AES-128 key wrap.
    EcdhEsA128Kw,
    /// The same, by AES-256 key wrap.
    EcdhEsA256Kw,
    /// AES-128 key wrap under a secret that both sides have (RFC 7518 4.4).
    A128Kw,
    /// AES-256 key wrap.
    A256Kw,
    /// Key encryption by AES-128-GCM under a secret that both sides have (RFC 7518 4.7).
    A128GcmKw,
    /// Key encryption by AES-256-GCM.
    A256GcmKw,
    /// The secret that both sides have is the content key (RFC 7518 4.5).
    Dir,
}

/// What the content is encrypted with: the `enc` of an encrypted token, by its registered name (RFC 7518 5.1).
///
/// # Example
/// ```
/// use vestibule_core::jose::ContentEncryptionAlgorithm;
///
/// assert_eq!(ContentEncryptionAlgorithm::default().name(), "A128CBC-HS256"); // Registration 2
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentEncryptionAlgorithm {
    /// AES-128-CBC with HMAC-SHA-256 (RFC 7518 5.2.3): what is meant where nothing is said (Registration 2).
    #[default]
    A128CbcHs256,
    /// AES-192-CBC with HMAC-SHA-384 (RFC 7518 5.2.4).
    A192CbcHs384,
    /// AES-256-CBC with HMAC-SHA-512 (RFC 7518 5.2.5).
    A256CbcHs512,
    /// AES-128-GCM (RFC 7518 5.3).
    A128Gcm,
    /// AES-192-GCM.
    A192Gcm,
    /// AES-256-GCM.
    A256Gcm,
}

/// A name that is not the name of a supported key management algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a supported key management algorithm; supported are RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW, ECDH-ES+A256KW, A128KW, A256KW, A128GCMKW, A256GCMKW, dir"
)]
#[non_exhaustive]
pub struct UnknownKeyManagementAlgorithm;

/// A name that is not the name of a supported content encryption algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a supported content encryption algorithm; supported are A128CBC-HS256, A192CBC-HS384, A256CBC-HS512, A128GCM, A192GCM, A256GCM"
)]
#[non_exhaustive]
pub struct UnknownContentEncryptionAlgorithm;

impl KeyManagementAlgorithm {
    /// Every algorithm, in the order of the registry.
    pub const ALL: [Self; 10] = [
        Self::RsaOaep,
        Self::RsaOaep256,
        Self::EcdhEs,
        Self::EcdhEsA128Kw,
        Self::EcdhEsA256Kw,
        Self::A128Kw,
        Self::A256Kw,
        Self::A128GcmKw,
        Self::A256GcmKw,
        Self::Dir,
    ];

    /// The registered name, such as `RSA-OAEP-256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
            Self::A128Kw => "A128KW",
            Self::A256Kw => "A256KW",
            Self::A128GcmKw => "A128GCMKW",
            Self::A256GcmKw => "A256GCMKW",
            Self::Dir => "dir",
        }
    }

    /// Whether the key is derived from the client secret (Core 10.2), rather than one half of a pair.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::A128Kw | Self::A256Kw | Self::A128GcmKw | Self::A256GcmKw | Self::Dir)
    }
}

impl ContentEncryptionAlgorithm {
    /// Every algorithm, in the order of the registry.
    pub const ALL: [Self; 6] =
        [Self::A128CbcHs256, Self::A192CbcHs384, Self::A256CbcHs512, Self::A128Gcm, Self::A192Gcm, Self::A256Gcm];

    /// The registered name, such as `A256GCM`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A192CbcHs384 => "A192CBC-HS384",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A192Gcm => "A192GCM",
            Self::A256Gcm => "A256GCM",
        }
    }
}

impl fmt::Display for KeyManagementAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for ContentEncryptionAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for KeyManagementAlgorithm {
    type Err = UnknownKeyManagementAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownKeyManagementAlgorithm> {
        Self::ALL.into_iter().find(|alg| alg.name() == name).ok_or(UnknownKeyManagementAlgorithm)
    }
}

impl FromStr for ContentEncryptionAlgorithm {
    type Err = UnknownContentEncryptionAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownContentEncryptionAlgorithm> {
        Self::ALL.into_iter().find(|enc| enc.name() == name).ok_or(UnknownContentEncryptionAlgorithm)
    }
}

impl Serialize for KeyManagementAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for ContentEncryptionAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for KeyManagementAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ContentEncryptionAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_exactly() {
        for alg in KeyManagementAlgorithm::ALL {
            assert_eq!(alg.name().parse(), Ok(alg));
            assert_eq!(alg.to_string(), alg.name());
        }
        for enc in ContentEncryptionAlgorithm::ALL {
            assert_eq!(enc.name().parse(), Ok(enc));
            assert_eq!(enc.to_string(), enc.name());
            assert!(enc.name().to_lowercase().parse::<ContentEncryptionAlgorithm>().is_err());
        }
    }

    /// V38, V45
    #[test]
    fn passwords_and_the_old_rsa_padding_are_not_algorithms() {
        for name in ["RSA1_5", "PBES2-HS256+A128KW", "PBES2-HS512+A256KW", "none", "DIR", ""] {
            assert!(name.parse::<KeyManagementAlgorithm>().is_err(), "{name}");
        }
    }
}
