//! Keys, signatures and hashes: the only part of core that knows the crypto library.

pub mod algorithm;
pub(crate) mod base64url;
pub(crate) mod digest;
pub mod encryption_algorithm;
pub mod jwk;
pub mod jws;
pub mod signing_key;

pub use algorithm::SignatureAlgorithm;
pub use digest::{access_token_hash, code_challenge};
pub use encryption_algorithm::{ContentEncryptionAlgorithm, KeyManagementAlgorithm};
pub use jwk::{InvalidJwkSet, Jwk, JwkSet};
pub use jws::{CompactJws, InvalidJws};
pub use signing_key::SigningKey;
