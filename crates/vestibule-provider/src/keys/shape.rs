//! What else a key set shows beside the keys in use.

use serde_json::{Map, Value, json};
use vestibule_core::{SignatureAlgorithm, jose::signing_key::SigningFailed};

use super::{Keys, Part};
use crate::{identifier::drawn, provider::DevelopmentProvider};

/// What a key set looks like, where it is, and when it changes.
#[derive(Default)]
pub(super) struct Shape {
    pub(super) is_full: bool,
    has_decoys: bool,
    /// What comes after `jwks` in the path of the key set.
    suffix: String,
    /// The whole paths of endpoints before whose answers the keys are thrown away.
    rotates_at: Vec<String>,
}

/// What a set has in any case when it is full; the number of keys for each.
const FULL: [(SignatureAlgorithm, &[Part]); 4] = [
    (SignatureAlgorithm::Rs256, &[Part::Signer, Part::Bystander(1)]),
    (SignatureAlgorithm::Es256, &[Part::Signer, Part::Bystander(1)]),
    (SignatureAlgorithm::Es256k, &[Part::Signer]),
    (SignatureAlgorithm::EdDsa, &[Part::Signer]),
];

impl DevelopmentProvider {
    /// Fills the key set as the Foundation's conformance suite does: beside the keys in use, always two of RSA, two of P-256, one
    /// of secp256k1 and one of Ed25519, none of which names its `alg`, and two to encrypt to (RSA-OAEP, ECDH-ES). Unless said,
    /// it holds one key for each algorithm that a client registered.
    pub fn with_suite_keys(self) -> Self {
        self.keys().shape.is_full = true;
        self
    }

    /// Puts before every key of the set another one with the same kid, of another type and algorithm.
    pub fn with_decoy_keys(self) -> Self {
        self.keys().shape.has_decoys = true;
        self
    }

    /// Moves the key set to a path that only the metadata document tells: `/jwks` and ten random letters and digits.
    pub fn with_unguessable_jwks_uri(self) -> Self {
        self.keys().shape.suffix = drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 10);
        self
    }

    /// Throws the signing keys away whenever a request arrives at this path below the issuer's, before it is answered: with
    /// `/token`, every ID Token from there is signed with a key that nobody can have seen.
    pub fn rotates_keys_at(self, path: &str) -> Self {
        let path = format!("{}{path}", self.base_path());
        self.keys().shape.rotates_at.push(path);
        self
    }

    /// A request arrived at this whole path.
    pub(crate) fn rotate_keys_for(&self, path: &str) {
        let mut keys = self.keys();
        if keys.shape.rotates_at.iter().any(|one| one == path) {
            keys.forget();
        }
    }

    /// The path of the key set below the issuer's, for [`count`](Self::count) and [`hold`](Self::hold): `/jwks`, unless it was
    /// [moved](Self::with_unguessable_jwks_uri).
    #[must_use]
    pub fn jwks_path(&self) -> String {
        format!("/jwks{}", self.keys().shape.suffix)
    }
}

impl Shape {
    /// Says of keys that sign what this set says of them.
    pub(super) fn fit(&self, set: &mut Value) {
        if self.is_full
            && let Some(keys) = set.get_mut("keys").and_then(Value::as_array_mut)
        {
            keys.iter_mut().for_each(remove_alg);
        }
    }
}

impl Keys {
    /// The key set (RFC 7517 5) for these algorithms. An HMAC has nothing to show in it.
    pub(crate) fn set(&mut self, algorithms: &[SignatureAlgorithm]) -> Result<Value, SigningFailed> {
        self.shaped(algorithms, |parts| parts)
    }

    /// The same with no more than one key for each algorithm.
    pub(crate) fn set_of_one_each(&mut self, algorithms: &[SignatureAlgorithm]) -> Result<Value, SigningFailed> {
        self.shaped(algorithms, |parts| parts.get(..1).unwrap_or_default())
    }

    fn shaped(
        &mut self,
        algorithms: &[SignatureAlgorithm],
        shown: impl Fn(&'static [Part]) -> &'static [Part],
    ) -> Result<Value, SigningFailed> {
        let full: &[(SignatureAlgorithm, &[Part])] = if self.shape.is_full { &FULL } else { &[] };
        let beside = algorithms.iter().filter(|one| full.iter().all(|(algorithm, _)| algorithm != *one));
        let mut wanted: Vec<(SignatureAlgorithm, &'static [Part])> =
            beside.map(|algorithm| (*algorithm, [Part::Signer].as_slice())).collect();
        wanted.extend(full.iter().map(|(algorithm, parts)| (*algorithm, shown(parts))));
        let mut keys = Vec::new();
        for (algorithm, parts) in wanted {
            for part in parts {
                keys.extend(self.shown(algorithm, *part)?);
            }
        }
        let mut set = json!({ "keys": keys });
        self.shape.fit(&mut set);
        Ok(set)
    }

    /// A key of the set, after its decoy.
    fn shown(&mut self, algorithm: SignatureAlgorithm, part: Part) -> Result<Vec<Value>, SigningFailed> {
        if algorithm.is_symmetric() {
            return Ok(Vec::new());
        }
        let key = self.made(algorithm, part)?;
        let other = match algorithm {
            SignatureAlgorithm::EdDsa => SignatureAlgorithm::Es256,
            _ => SignatureAlgorithm::EdDsa,
        };
        let decoy = if self.shape.has_decoys {
            let mut decoy = self.made(other, Part::Decoy)?.public_jwk();
            put(&mut decoy, "kid", key.kid());
            Some(decoy)
        } else {
            None
        };
        Ok(decoy.into_iter().chain([key.public_jwk()]).collect())
    }
}

fn put(key: &mut Value, name: &str, value: &str) {
    if let Some(members) = key.as_object_mut() {
        members.insert(name.to_owned(), json!(value));
    }
}

fn remove_alg(key: &mut Value) {
    key.as_object_mut().map(|members: &mut Map<String, Value>| members.remove("alg"));
}
