//! The keys that clients encrypt to: their request objects (Core 10.2).

use std::sync::Arc;

use serde_json::Value;
use vestibule_core::{
    KeyManagementAlgorithm,
    jose::{DecryptionKey, DecryptionKeys, NoDecryptionKey},
};

use super::{Keys, lease::Lease};

#[derive(Default)]
pub(super) struct Recipients {
    published: Vec<Arc<DecryptionKey>>,
    lease: Lease<DecryptionKey>,
}

/// What a full set has in any case.
const FULL: [KeyManagementAlgorithm; 2] = [KeyManagementAlgorithm::RsaOaep, KeyManagementAlgorithm::EcdhEs];

impl Keys {
    /// The public halves of those for these algorithms. A symmetric one has nothing to show.
    pub(crate) fn recipients(&mut self, algorithms: &[KeyManagementAlgorithm]) -> Result<Vec<Value>, NoDecryptionKey> {
        let full: &[KeyManagementAlgorithm] = if self.shape.is_full { &FULL } else { &[] };
        let beside = algorithms.iter().filter(|algorithm| !algorithm.is_symmetric() && !full.contains(algorithm));
        full.iter().chain(beside).map(|algorithm| Ok(self.recipient(*algorithm)?.public_jwk())).collect()
    }

    /// Those that were ever shown: nobody can have encrypted to another.
    pub(crate) fn decryption_keys(&self) -> DecryptionKeys {
        self.recipients.published.iter().cloned().collect()
    }

    /// A key that no key set ever shows, and no client has.
    pub(crate) fn unpublished_recipient(
        &mut self,
        algorithm: KeyManagementAlgorithm,
    ) -> Result<Arc<DecryptionKey>, NoDecryptionKey> {
        self.recipients.lease.key(algorithm)
    }

    fn recipient(&mut self, algorithm: KeyManagementAlgorithm) -> Result<Arc<DecryptionKey>, NoDecryptionKey> {
        if let Some(key) = self.recipients.published.iter().find(|key| key.algorithm() == algorithm) {
            return Ok(Arc::clone(key));
        }
        let key = self.recipients.lease.key(algorithm)?;
        self.recipients.published.push(Arc::clone(&key));
        Ok(key)
    }
}
