//! Our private keys at one provider: what signs in our name, and what opens the tokens that are encrypted for us.

use std::sync::Arc;

use super::Client;
use crate::jose::{DecryptionKeys, PrivateJwkSet, SignatureAlgorithm, SigningKey};

impl Client {
    /// A private key of ours, for `private_key_jwt` and for request objects. Several may be given, of different algorithms.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    /// use vestibule_core::{Client, SignatureAlgorithm, jose::SigningKey};
    ///
    /// let key = Arc::new(SigningKey::generate(SignatureAlgorithm::Es256)?);
    /// let client = Client::public("my-app").signing_key(key);
    /// assert_eq!(client.signing_keys().count(), 1);
    /// # Ok::<_, vestibule_core::jose::signing_key::SigningFailed>(())
    /// ```
    #[must_use]
    pub fn signing_key(mut self, key: Arc<SigningKey>) -> Self {
        self.signing_keys.push(key);
        self
    }

    /// All our private keys: those that sign, and those that open what is encrypted for us.
    ///
    /// One set may serve several providers: what nothing uses here is no mistake, and that there are keys does not make a client
    /// authenticate by `private_key_jwt` which was not [told](Self::token_endpoint_auth_method) to.
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    /// use vestibule_core::{
    ///     Client, ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm,
    ///     jose::{DecryptionKey, PrivateJwkSet, SigningKey},
    /// };
    ///
    /// let signs = SigningKey::generate(SignatureAlgorithm::Es256)?;
    /// let opens = DecryptionKey::generate(KeyManagementAlgorithm::EcdhEs)?;
    /// let keys = Arc::new(PrivateJwkSet::new([Arc::new(signs)], [Arc::new(opens)]));
    /// let client = Client::public("my-app")
    ///     .id_token_encrypted_response(KeyManagementAlgorithm::EcdhEs, ContentEncryptionAlgorithm::A256Gcm)
    ///     .private_keys(keys);
    /// assert_eq!(client.check(), Ok(()));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn private_keys(self, keys: Arc<PrivateJwkSet>) -> Self {
        Self { private_keys: Some(keys), ..self }
    }

    /// The set that was given by [`private_keys`](Self::private_keys): its public half is what the provider is to know.
    #[must_use]
    pub fn private_jwk_set(&self) -> Option<&Arc<PrivateJwkSet>> {
        self.private_keys.as_ref()
    }

    /// Our private keys that sign, in the order in which they were given; those of the set come last.
    pub fn signing_keys(&self) -> impl Iterator<Item = &Arc<SigningKey>> {
        let of_the_set = self.private_keys.iter().flat_map(|set| set.signing_keys());
        // A secret that both sides have is the client secret (Core 10.1), and no key of a set.
        self.signing_keys.iter().chain(of_the_set.filter(|key| !key.algorithm().is_symmetric()))
    }

    /// The first of our private keys that signs with this algorithm.
    #[must_use]
    pub fn signing_key_for(&self, algorithm: SignatureAlgorithm) -> Option<&Arc<SigningKey>> {
        self.signing_keys().find(|key| key.algorithm() == algorithm)
    }

    /// Our private keys that open tokens, if we have any.
    pub(super) fn decryption_keys(&self) -> Option<&DecryptionKeys> {
        self.private_keys.as_ref().map(|set| set.decryption_keys())
    }

    pub(super) fn has_signing_keys(&self) -> bool {
        self.signing_keys().next().is_some()
    }
}
