//! What a client does with keys, for whoever has to give it some.

use std::sync::Arc;

use super::Client;
use crate::{
    client_auth::TokenEndpointAuthMethod,
    jose::{SignatureAlgorithm, SigningKey},
};

impl Client {
    /// How we authenticate at the token endpoint, if that was said: otherwise the provider's metadata decides.
    #[must_use]
    pub fn authenticates_by(&self) -> Option<TokenEndpointAuthMethod> {
        self.token_endpoint_auth_method
    }

    /// What ID Tokens for us are signed with.
    #[must_use]
    pub fn verifies_id_tokens_with(&self) -> SignatureAlgorithm {
        self.id_token_signed_response_alg
    }

    /// What our assertions are signed with, if that was said.
    #[must_use]
    pub fn signs_assertions_with(&self) -> Option<SignatureAlgorithm> {
        self.token_endpoint_auth_signing_alg
    }

    /// The key that our request objects are signed with: a private key of ours, or by HMAC the client secret (Core 6.1). `None` when there is none for
    /// what was agreed on, or nothing was.
    #[must_use]
    pub fn request_object_key(&self) -> Option<Arc<SigningKey>> {
        let algorithm = self.agreed.request_object_signing_alg?;
        if algorithm.is_symmetric() {
            SigningKey::from_secret(algorithm, self.client_secret.as_ref()?).map(Arc::new).ok()
        } else {
            self.signing_key_for(algorithm).cloned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::SignatureAlgorithm::{Es256, Hs256};

    #[test]
    fn request_objects_are_signed_with_a_key_of_ours_or_with_the_secret() {
        let client = Client::confidential("my-app", "a secret that is long enough for an HMAC");
        assert!(client.request_object_key().is_none(), "nothing was agreed on");
        let by_secret = client.clone().request_object_signing_alg(Hs256).request_object_key().expect("the secret");
        assert_eq!(by_secret.algorithm(), Hs256);
        let by_key = client.request_object_signing_alg(Es256);
        assert!(by_key.request_object_key().is_none());
        let key = Arc::new(SigningKey::generate(Es256).expect("a key"));
        assert_eq!(by_key.signing_key(Arc::clone(&key)).request_object_key().expect("the key").kid(), key.kid());
        let too_short = Client::confidential("my-app", "short").request_object_signing_alg(Hs256);
        assert!(too_short.request_object_key().is_none());
    }

    #[test]
    fn what_was_said_of_authentication_is_there_to_be_asked_for() {
        let silent = Client::confidential("my-app", "secret");
        assert_eq!((silent.authenticates_by(), silent.signs_assertions_with()), (None, None));
        let told = silent
            .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
            .token_endpoint_auth_signing_alg(Es256);
        assert_eq!(told.authenticates_by(), Some(TokenEndpointAuthMethod::PrivateKeyJwt));
        assert_eq!(told.signs_assertions_with(), Some(Es256));
    }
}
