//! RSA keys that outlive their provider: they take long to make, and a run of tests has hundreds of providers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vestibule_core::{
    KeyManagementAlgorithm, SignatureAlgorithm,
    jose::{DecryptionKey, NoDecryptionKey, SigningKey, signing_key::SigningFailed},
};

/// Keys that no living provider has.
static IDLE_SIGNERS: Mutex<Vec<Arc<SigningKey>>> = Mutex::new(Vec::new());
static IDLE_RECIPIENTS: Mutex<Vec<Arc<DecryptionKey>>> = Mutex::new(Vec::new());

/// The keys of one kind that one provider had so far. They are idle when it is no more: no two providers have one at the same
/// time, and none has one again that it threw away.
pub(super) struct Lease<K: Leased>(Vec<Arc<K>>);

/// A key that can be had for a provider's lifetime.
pub(super) trait Leased: Sized + 'static {
    type Algorithm: Copy + PartialEq;
    type Error;

    fn generate(algorithm: Self::Algorithm) -> Result<Self, Self::Error>;
    fn algorithm(&self) -> Self::Algorithm;
    /// RSA takes primes; every other key is a random number.
    fn takes_long(algorithm: Self::Algorithm) -> bool;
    /// Those of this kind that no living provider has.
    fn idle() -> &'static Mutex<Vec<Arc<Self>>>;
}

impl<K: Leased> Lease<K> {
    pub(super) fn key(&mut self, algorithm: K::Algorithm) -> Result<Arc<K>, K::Error> {
        if !K::takes_long(algorithm) {
            return K::generate(algorithm).map(Arc::new);
        }
        let key = match idle_one(algorithm) {
            Some(key) => key,
            None => Arc::new(K::generate(algorithm)?),
        };
        self.0.push(Arc::clone(&key));
        Ok(key)
    }
}

impl<K: Leased> Default for Lease<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Leased> Drop for Lease<K> {
    fn drop(&mut self) {
        idle().append(&mut self.0);
    }
}

fn idle_one<K: Leased>(algorithm: K::Algorithm) -> Option<Arc<K>> {
    let mut idle = idle::<K>();
    let place = idle.iter().position(|key| key.algorithm() == algorithm)?;
    Some(idle.swap_remove(place))
}

fn idle<K: Leased>() -> MutexGuard<'static, Vec<Arc<K>>> {
    // Nothing below the lock leaves the list half-changed.
    K::idle().lock().unwrap_or_else(PoisonError::into_inner)
}

impl Leased for SigningKey {
    type Algorithm = SignatureAlgorithm;
    type Error = SigningFailed;

    fn generate(algorithm: SignatureAlgorithm) -> Result<Self, SigningFailed> {
        Self::generate(algorithm)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm()
    }

    fn takes_long(algorithm: SignatureAlgorithm) -> bool {
        use SignatureAlgorithm::{Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        matches!(algorithm, Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512)
    }

    fn idle() -> &'static Mutex<Vec<Arc<Self>>> {
        &IDLE_SIGNERS
    }
}

impl Leased for DecryptionKey {
    type Algorithm = KeyManagementAlgorithm;
    type Error = NoDecryptionKey;

    fn generate(algorithm: KeyManagementAlgorithm) -> Result<Self, NoDecryptionKey> {
        Self::generate(algorithm)
    }

    fn algorithm(&self) -> KeyManagementAlgorithm {
        self.algorithm()
    }

    fn takes_long(algorithm: KeyManagementAlgorithm) -> bool {
        matches!(algorithm, KeyManagementAlgorithm::RsaOaep | KeyManagementAlgorithm::RsaOaep256)
    }

    fn idle() -> &'static Mutex<Vec<Arc<Self>>> {
        &IDLE_RECIPIENTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With an algorithm that no other test of the crate uses: the idle keys are everybody's.
    #[test]
    fn a_key_is_one_living_providers_and_then_the_next_ones() {
        let (mut one, mut other) = (Lease::default(), Lease::<SigningKey>::default());
        let kid = |lease: &mut Lease<SigningKey>| lease.key(SignatureAlgorithm::Ps384).expect("a key").kid().to_owned();
        let first = kid(&mut one);
        assert_ne!(kid(&mut one), first, "none comes twice");
        assert_ne!(kid(&mut other), first, "no two have the same");
        drop(one);
        let heir = [kid(&mut other), kid(&mut other)];
        assert!(heir.contains(&first), "what was made once is used again");
    }
}
