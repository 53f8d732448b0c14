//! The provider's keys: made when first needed, one for each algorithm in use.

mod lease;
mod recipient;
mod shape;

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};
use vestibule_core::{
    Secret, SignatureAlgorithm,
    jose::{SigningKey, signing_key::SigningFailed},
};

use self::{lease::Lease, recipient::Recipients, shape::Shape};
use crate::{client::RegisteredClient, identifier::identifier};

#[derive(Default)]
pub(crate) struct Keys {
    made: HashMap<(SignatureAlgorithm, Part), Arc<SigningKey>>,
    lease: Lease<SigningKey>,
    recipients: Recipients,
    shape: Shape,
}

/// What a key is there for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    /// It signs, and the key set shows it.
    Signer,
    /// No key set ever shows it.
    Stranger,
    /// A key set may show it, and nothing is signed with it.
    Bystander(u8),
    /// A key set may show it, under the kid of another.
    Decoy,
}

impl Keys {
    /// The key that signs for this client. That of an HMAC is the client's secret (Core 10.1): too short a one fails.
    pub(crate) fn signer(&mut self, client: &RegisteredClient) -> Result<Arc<SigningKey>, SigningFailed> {
        self.signer_by(client, client.algorithm())
    }

    /// The same for an algorithm of the caller's.
    pub(crate) fn signer_by(
        &mut self,
        client: &RegisteredClient,
        algorithm: SignatureAlgorithm,
    ) -> Result<Arc<SigningKey>, SigningFailed> {
        if algorithm.is_symmetric() {
            let none = Secret::from("");
            return SigningKey::from_secret(algorithm, client.client_secret().unwrap_or(&none)).map(Arc::new);
        }
        self.published(algorithm)
    }

    /// A key that no key set ever shows, and no client has.
    pub(crate) fn stranger(&mut self, algorithm: SignatureAlgorithm) -> Result<Arc<SigningKey>, SigningFailed> {
        self.made(algorithm, Part::Stranger)
    }

    /// A key set with three keys for each algorithm, of which the last signs.
    pub(crate) fn set_of_three(&mut self, algorithms: &[SignatureAlgorithm]) -> Result<Value, SigningFailed> {
        let mut set = self.set_of(algorithms, &[Part::Bystander(1), Part::Bystander(2), Part::Signer])?;
        self.shape.fit(&mut set);
        Ok(set)
    }

    /// Those that sign; what was encrypted to the others is still to be read.
    pub(crate) fn forget(&mut self) {
        self.made.clear();
    }

    /// The key that the key set shows for this algorithm.
    pub(crate) fn published(&mut self, algorithm: SignatureAlgorithm) -> Result<Arc<SigningKey>, SigningFailed> {
        self.made(algorithm, Part::Signer)
    }

    fn set_of(&mut self, algorithms: &[SignatureAlgorithm], parts: &[Part]) -> Result<Value, SigningFailed> {
        let shown = algorithms.iter().filter(|algorithm| !algorithm.is_symmetric());
        let keys = shown.flat_map(|algorithm| parts.iter().map(|part| (*algorithm, *part)));
        let keys: Result<Vec<Value>, SigningFailed> =
            keys.map(|(algorithm, part)| Ok(self.made(algorithm, part)?.public_jwk())).collect();
        Ok(json!({ "keys": keys? }))
    }

    /// RSA keys take a noticeable part of a second to make, so no key is made that nobody asks for.
    fn made(&mut self, algorithm: SignatureAlgorithm, part: Part) -> Result<Arc<SigningKey>, SigningFailed> {
        if let Some(key) = self.made.get(&(algorithm, part)) {
            return Ok(Arc::clone(key));
        }
        let key = if algorithm.is_symmetric() {
            // 86 characters: more than any HMAC asks for.
            let secret = Secret::new(format!("{}{}", identifier(), identifier()));
            SigningKey::from_secret(algorithm, &secret).map(Arc::new)?
        } else {
            self.lease.key(algorithm)?
        };
        self.made.insert((algorithm, part), Arc::clone(&key));
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_until_it_is_forgotten() {
        let mut keys = Keys::default();
        for algorithm in [SignatureAlgorithm::Es256, SignatureAlgorithm::Rs256] {
            let kid = |keys: &mut Keys| keys.published(algorithm).expect("a key").kid().to_owned();
            let first = kid(&mut keys);
            assert_eq!(first, kid(&mut keys), "{algorithm}");
            keys.forget();
            assert_ne!(first, kid(&mut keys), "{algorithm}");
        }
    }

    #[test]
    fn the_key_set_holds_one_key_for_each_algorithm_and_no_stranger() {
        let mut keys = Keys::default();
        let stranger = keys.stranger(SignatureAlgorithm::Es256).expect("a key");
        let algorithms = [SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa, SignatureAlgorithm::Hs256];
        for (set, count) in [(keys.set(&algorithms), 2), (keys.set_of_three(&algorithms), 6)] {
            let set = set.expect("a set");
            assert_eq!(set["keys"].as_array().map(Vec::len), Some(count));
            assert!(!set.to_string().contains(stranger.kid()));
        }
    }

    #[test]
    fn the_key_of_an_hmac_is_the_clients_secret_and_nothing_shorter_than_its_hash() {
        let mut keys = Keys::default();
        for (bytes, is_enough) in [(63, false), (64, true)] {
            let client = RegisteredClient::confidential("rp", "x".repeat(bytes));
            let client = client.id_token_signed_response_alg(SignatureAlgorithm::Hs512);
            assert_eq!(keys.signer(&client).is_ok(), is_enough, "{bytes} bytes");
        }
        let public = RegisteredClient::public("spa").id_token_signed_response_alg(SignatureAlgorithm::Hs256);
        assert!(keys.signer(&public).is_err());
    }
}
