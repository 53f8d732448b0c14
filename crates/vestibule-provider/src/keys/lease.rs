//! RSA keys that outlive their provider: they take long to make, and a run of tests has hundreds of providers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vestibule_core::{
    SignatureAlgorithm,
    jose::{SigningKey, signing_key::SigningFailed},
};

/// Keys that no living provider has.
static IDLE: Mutex<Vec<Arc<SigningKey>>> = Mutex::new(Vec::new());

/// The keys that one provider had so far. They are idle when it is no more: no two providers have one at the same time, and
/// none has one again that it threw away.
#[derive(Default)]
pub(super) struct Lease(Vec<Arc<SigningKey>>);

impl Lease {
    pub(super) fn key(&mut self, algorithm: SignatureAlgorithm) -> Result<Arc<SigningKey>, SigningFailed> {
        if !takes_long(algorithm) {
            return SigningKey::generate(algorithm).map(Arc::new);
        }
        let key = match idle_one(algorithm) {
            Some(key) => key,
            None => Arc::new(SigningKey::generate(algorithm)?),
        };
        self.0.push(Arc::clone(&key));
        Ok(key)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        idle().append(&mut self.0);
    }
}

fn idle_one(algorithm: SignatureAlgorithm) -> Option<Arc<SigningKey>> {
    let mut idle = idle();
    let place = idle.iter().position(|key| key.algorithm() == algorithm)?;
    Some(idle.swap_remove(place))
}

fn idle() -> MutexGuard<'static, Vec<Arc<SigningKey>>> {
    // Nothing below the lock leaves the list half-changed.
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// RSA takes primes; every other key is a random number.
fn takes_long(algorithm: SignatureAlgorithm) -> bool {
    use SignatureAlgorithm::{Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
    matches!(algorithm, Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With an algorithm that no other test of the crate uses: the idle keys are everybody's.
    #[test]
    fn a_key_is_one_living_providers_and_then_the_next_ones() {
        let (mut one, mut other) = (Lease::default(), Lease::default());
        let kid = |lease: &mut Lease| lease.key(SignatureAlgorithm::Ps384).expect("a key").kid().to_owned();
        let first = kid(&mut one);
        assert_ne!(kid(&mut one), first, "none comes twice");
        assert_ne!(kid(&mut other), first, "no two have the same");
        drop(one);
        let heir = [kid(&mut other), kid(&mut other)];
        assert!(heir.contains(&first), "what was made once is used again");
    }
}
