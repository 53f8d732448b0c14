//! What is wrong in a JSON document.

use serde_json::{Map, Value, json};
use vestibule_core::{SignatureAlgorithm, jose::signing_key::SigningFailed};

use super::{Fault, Hooks, STRANGER};
use crate::keys::Keys;

impl Hooks {
    /// The metadata document.
    pub(crate) fn metadata(&self, metadata: &mut Value) {
        match self.0 {
            Some(Fault::MetadataIssuerMismatch) => put(metadata, "issuer", json!(STRANGER)),
            Some(Fault::OversizedMetadata) => put(metadata, "padding", padding()),
            _ => {}
        }
    }

    /// The key set for these algorithms.
    pub(crate) fn key_set(&self, keys: &mut Keys, algorithms: &[SignatureAlgorithm]) -> Result<Value, SigningFailed> {
        let mut set = match self.0 {
            Some(Fault::NoKid) => keys.set_of_one_each(algorithms)?,
            Some(Fault::NoKidManyKeys) => keys.set_of_three(algorithms)?,
            _ => keys.set(algorithms)?,
        };
        match self.0 {
            Some(Fault::NoKid | Fault::NoKidManyKeys) => keys_of(&mut set).iter_mut().for_each(remove_kid),
            Some(Fault::PrivateKeyInJwks) => drop(keys_of(&mut set).splice(0..0, secret_keys())),
            Some(Fault::OversizedJwks) => put(&mut set, "padding", padding()),
            _ => {}
        }
        Ok(set)
    }

    /// The members of the token response.
    pub(crate) fn token_members(&self, members: &mut Map<String, Value>, is_refresh: bool) {
        if self.0 == Some(Fault::MissingIdToken) {
            members.remove("id_token");
        }
        if is_refresh {
            self.refresh_members(members);
        }
    }

    /// The claims of the userinfo response.
    pub(crate) fn userinfo_claims(&self, claims: &mut Map<String, Value>) {
        let (name, value) = match self.0 {
            Some(Fault::WrongUserInfoSubject) => ("sub", json!("somebody-else")),
            Some(Fault::OversizedUserInfo) => ("padding", padding()),
            _ => return,
        };
        claims.insert(name.to_owned(), value);
    }

    /// The members of the registration response.
    pub(crate) fn registration_members(&self, members: &mut Map<String, Value>) {
        let (name, value) = match self.0 {
            Some(Fault::RegistrationRedirectUriChanged) => ("redirect_uris", json!([format!("{STRANGER}/callback")])),
            Some(Fault::RegistrationEmptyClientId) => ("client_id", json!("")),
            Some(Fault::RegistrationAuthMethodUnusable) => ("token_endpoint_auth_method", json!("private_key_jwt")),
            Some(Fault::RegistrationAlgNone) => ("id_token_signed_response_alg", json!("none")),
            _ => return,
        };
        members.insert(name.to_owned(), value);
    }

    /// The members of the answer to a client that reads or changes its registration.
    pub(crate) fn managed_registration_members(&self, members: &mut Map<String, Value>) {
        if self.0 == Some(Fault::RegistrationOfAnother) {
            members.insert("client_id".to_owned(), json!("another-client"));
        }
    }
}

fn put(document: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = document {
        members.insert(name.to_owned(), value);
    }
}

/// More than a megabyte of a member that nobody knows.
fn padding() -> Value {
    json!("x".repeat(1 << 20))
}

fn keys_of(set: &mut Value) -> &mut Vec<Value> {
    set.get_mut("keys").and_then(Value::as_array_mut).expect("a key set was just made")
}

/// Of what signs; a key to encrypt to keeps its own.
fn remove_kid(key: &mut Value) {
    if let Value::Object(members) = key
        && members.get("use").is_none_or(|usage| usage != "enc")
    {
        members.remove("kid");
    }
}

/// The private key of RFC 7517 A.2 and the symmetric one of A.3: as private as a specification.
fn secret_keys() -> [Value; 2] {
    [
        json!({
            "kty": "EC", "crv": "P-256", "kid": "private", "use": "sig",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
            "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
        }),
        json!({
            "kty": "oct", "kid": "symmetric", "use": "sig",
            "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        }),
    ]
}
