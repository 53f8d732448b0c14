//! Keys, signatures, encryption and hashes: the only part of core that knows the crypto library.

pub mod algorithm;
pub(crate) mod base64url;
pub mod decryption_key;
pub(crate) mod digest;
pub mod encryption_algorithm;
pub mod encryption_key;
pub mod jwe;
pub mod jwk;
pub mod jws;
pub mod private_jwk;
mod random;
mod roca;
pub mod signing_key;

pub use algorithm::SignatureAlgorithm;
pub use decryption_key::{DecryptionKey, DecryptionKeys, NoDecryptionKey};
pub use digest::{access_token_hash, code_challenge};
pub use encryption_algorithm::{ContentEncryptionAlgorithm, KeyManagementAlgorithm};
pub use encryption_key::{EncryptionFailed, EncryptionKey};
pub use jwe::{CompactJwe, InvalidJwe, NestedJws, key_agreement::EncryptionCurve};
pub use jwk::{InvalidJwkSet, Jwk, JwkSet};
pub use jws::{CompactJws, InvalidJws};
pub use private_jwk::{InvalidPrivateJwk, InvalidPrivateJwkSet, PrivateJwkSet};
pub use signing_key::{SigningFailed, SigningKey};
