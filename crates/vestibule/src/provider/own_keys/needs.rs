//! Which keys of our own what we agreed on with a provider needs.

use std::{fmt, str::FromStr};

use serde_json::Value;
use vestibule_core::{Client, KeyManagementAlgorithm, SignatureAlgorithm, TokenEndpointAuthMethod};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Signs(SignatureAlgorithm),
    Opens(KeyManagementAlgorithm),
}

/// One key for each purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::provider) struct Needs(Vec<Purpose>);

/// What assertions are signed with where nobody said: "Servers SHOULD support RS256" (Discovery 3).
const ASSERTIONS: SignatureAlgorithm = SignatureAlgorithm::Rs256;

impl Needs {
    /// Of a client, beyond the keys that it has already.
    pub(in crate::provider) fn of(client: &Client) -> Self {
        let mut needs = Self::default();
        let its_own: Vec<_> = Vec::from_iter(client.signing_keys()).iter().map(|key| key.algorithm()).collect();
        if client.authenticates_by() == Some(TokenEndpointAuthMethod::PrivateKeyJwt) {
            let default = its_own.is_empty().then_some(ASSERTIONS);
            needs.sign(client.signs_assertions_with().or(default));
        }
        needs.sign(client.signs_request_objects_with());
        for encryption in [client.id_token_encryption(), client.userinfo_encryption()] {
            needs.open(encryption.map(|encryption| encryption.alg));
        }
        needs.0.retain(|need| !its_own.iter().any(|algorithm| *need == Purpose::Signs(*algorithm)));
        needs
    }

    /// Of the client that a registration asks for, in the words of Registration 2. A provider may look at our keys while it
    /// registers us, so they are there before.
    pub(in crate::provider) fn asked(asked: &[u8]) -> Self {
        let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
        let name = |member: &str| asked.get(member).and_then(Value::as_str);
        let mut needs = Self::default();
        if name("token_endpoint_auth_method") == Some(TokenEndpointAuthMethod::PrivateKeyJwt.name()) {
            needs.sign(algorithm(name("token_endpoint_auth_signing_alg")).or(Some(ASSERTIONS)));
        }
        needs.sign(algorithm(name("request_object_signing_alg")));
        needs.open(algorithm(name("id_token_encrypted_response_alg")));
        needs.open(algorithm(name("userinfo_encrypted_response_alg")));
        needs
    }

    pub(in crate::provider) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Purpose> {
        self.0.iter().copied()
    }

    fn sign(&mut self, algorithm: Option<SignatureAlgorithm>) {
        // Core 10.1: an HMAC is by the client secret.
        self.add(algorithm.filter(|algorithm| !algorithm.is_symmetric()).map(Purpose::Signs));
    }

    fn open(&mut self, algorithm: Option<KeyManagementAlgorithm>) {
        // Core 10.2: so is the key of a symmetric encryption.
        self.add(algorithm.filter(|algorithm| !algorithm.is_symmetric()).map(Purpose::Opens));
    }

    fn add(&mut self, need: Option<Purpose>) {
        self.0.extend(need.filter(|need| !self.0.contains(need)));
    }
}

/// By the names of the algorithms, for whoever has to give the keys.
impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(|need| match need {
            Purpose::Signs(algorithm) => algorithm.name(),
            Purpose::Opens(algorithm) => algorithm.name(),
        });
        f.write_str(&names.collect::<Vec<_>>().join(", "))
    }
}

impl FromIterator<Purpose> for Needs {
    fn from_iter<T: IntoIterator<Item = Purpose>>(needs: T) -> Self {
        Self(needs.into_iter().collect())
    }
}

fn algorithm<T: FromStr>(name: Option<&str>) -> Option<T> {
    name?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vestibule_core::ContentEncryptionAlgorithm::A256Gcm;

    use super::*;

    use KeyManagementAlgorithm::{Dir, EcdhEs, RsaOaep256};
    use Purpose::{Opens, Signs};
    use SignatureAlgorithm::{Es256, Hs256, Rs256};

    fn of(client: &Client) -> Vec<Purpose> {
        Needs::of(client).iter().collect()
    }

    #[test]
    fn a_client_needs_a_key_for_each_thing_that_it_signs_or_opens() {
        let client = Client::public("my-app");
        assert!(Needs::of(&client).is_empty());
        let by_key = client.clone().token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt);
        assert_eq!(of(&by_key), [Signs(Rs256)]);
        assert_eq!(
            of(&by_key.token_endpoint_auth_signing_alg(Es256).request_object_signing_alg(Es256)),
            [Signs(Es256)]
        );
        let encrypted = client.id_token_encrypted_response(EcdhEs, A256Gcm);
        assert_eq!(of(&encrypted.userinfo_encrypted_response(RsaOaep256, A256Gcm)), [Opens(EcdhEs), Opens(RsaOaep256)]);
    }

    #[test]
    fn what_the_client_secret_does_needs_no_key() {
        let client = Client::confidential("my-app", "a secret").request_object_signing_alg(Hs256);
        assert_eq!(of(&client.id_token_encrypted_response(Dir, A256Gcm)), []);
    }

    #[test]
    fn what_is_asked_for_at_registration_needs_the_same() {
        let asked = json!({"token_endpoint_auth_method": "private_key_jwt", "request_object_signing_alg": "ES256",
            "id_token_encrypted_response_alg": "ECDH-ES", "userinfo_encrypted_response_alg": "dir"});
        let needs = Needs::asked(asked.to_string().as_bytes());
        assert_eq!(needs.iter().collect::<Vec<_>>(), [Signs(Rs256), Signs(Es256), Opens(EcdhEs)]);
        assert!(
            Needs::asked(br#"{"token_endpoint_auth_method": "none", "request_object_signing_alg": "none"}"#).is_empty()
        );
    }
}
