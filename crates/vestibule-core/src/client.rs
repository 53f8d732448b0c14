//! Who we are at one provider. Every request starts here.

mod agreed;
mod asks;
mod authentication;
mod check;
mod keys;

pub use agreed::Encryption;
pub use check::InvalidClient;

use std::sync::Arc;

use self::agreed::Agreed;
use crate::{
    agreement::{Agreement, EncryptedForUs},
    client_auth::{AssertionAudience, AssertionTyp, TokenEndpointAuthMethod},
    discovery::ProviderMetadata,
    id_token::ExpectedIdToken,
    jose::{PrivateJwkSet, SignatureAlgorithm, SigningKey},
    logout::ExpectedLogoutToken,
    secret::Secret,
    userinfo::ExpectedUserInfo,
};

/// Who we are at one provider: what it calls us, how we prove it, and what we agreed on.
///
/// # Example
/// ```
/// use vestibule_core::{Client, SignatureAlgorithm};
///
/// let client = Client::confidential("my-app", "a secret that only the two of us know")
///     .id_token_signed_response_alg(SignatureAlgorithm::Es256);
/// assert_eq!(client.client_id(), "my-app");
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    client_id: String,
    client_secret: Option<Secret<String>>,
    signing_keys: Vec<Arc<SigningKey>>,
    private_keys: Option<Arc<PrivateJwkSet>>,
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    token_endpoint_auth_signing_alg: Option<SignatureAlgorithm>,
    assertion_audience: AssertionAudience,
    assertion_typ: AssertionTyp,
    id_token_signed_response_alg: SignatureAlgorithm,
    agreed: Agreed,
    trusted_audiences: Vec<String>,
    clock_skew: i64,
}

impl Client {
    /// A client with a secret.
    #[must_use]
    pub fn confidential(client_id: impl Into<String>, client_secret: impl Into<Secret<String>>) -> Self {
        Self { client_secret: Some(client_secret.into()), ..Self::public(client_id) }
    }

    /// A client without a secret (RFC 6749 2.1): PKCE alone binds the code to us.
    #[must_use]
    pub fn public(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: None,
            signing_keys: Vec::new(),
            private_keys: None,
            token_endpoint_auth_method: None,
            token_endpoint_auth_signing_alg: None,
            assertion_audience: AssertionAudience::default(),
            assertion_typ: AssertionTyp::default(),
            id_token_signed_response_alg: SignatureAlgorithm::Rs256,
            agreed: Agreed::default(),
            trusted_audiences: Vec::new(),
            clock_skew: 60,
        }
    }

    /// The one algorithm that ID Tokens for us are signed with: what is registered, RS256 unless said (Registration 2).
    #[must_use]
    pub fn id_token_signed_response_alg(self, algorithm: SignatureAlgorithm) -> Self {
        Self { id_token_signed_response_alg: algorithm, ..self }
    }

    /// Other audiences that an ID Token for us may name besides us (Core 3.1.3.7 (3)). None unless said.
    #[must_use]
    pub fn trusted_audience(mut self, audience: impl Into<String>) -> Self {
        self.trusted_audiences.push(audience.into());
        self
    }

    /// By how many seconds the provider's clock may differ from ours: 60 unless said, at most 300 (V55).
    #[must_use]
    pub fn clock_skew(self, seconds: i64) -> Self {
        Self { clock_skew: seconds, ..self }
    }

    /// Whether this client needs the provider's published keys, rather than the client secret alone: to verify its ID Tokens or signed
    /// userinfo, or to encrypt its request objects.
    #[must_use]
    pub fn needs_provider_keys(&self) -> bool {
        let encrypts = self.agreed.request_object_encryption.is_some_and(|encryption| !encryption.alg.is_symmetric());
        encrypts
            || [Some(self.id_token_signed_response_alg), self.agreed.userinfo_signed_response_alg]
                .into_iter()
                .flatten()
                .any(|algorithm| !algorithm.is_symmetric())
    }

    /// What the provider calls us.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The secret that the provider and we have, if there is one.
    pub(crate) fn client_secret(&self) -> Option<&Secret<String>> {
        self.client_secret.as_ref()
    }

    /// By how many seconds the provider's clock may differ from ours.
    #[must_use]
    pub fn clock_skew_seconds(&self) -> i64 {
        self.clock_skew
    }

    /// What an ID Token for this client must look like.
    #[must_use]
    pub fn expected_id_token<'a>(&'a self, metadata: &'a ProviderMetadata) -> ExpectedIdToken<'a> {
        ExpectedIdToken { agreement: self.agreement(metadata), registered: self.agreed.sign_in }
    }

    /// What a logout token for this client must look like: signed, and encrypted, as its ID Tokens are (Back-Channel Logout 2.4).
    pub fn expected_logout_token<'a>(&'a self, metadata: &'a ProviderMetadata) -> ExpectedLogoutToken<'a> {
        ExpectedLogoutToken::new(self.agreement(metadata))
    }

    /// What signed userinfo for this client must look like, and how it is encrypted if it is (Core 5.3.2).
    #[must_use]
    pub fn expected_userinfo<'a>(&'a self, metadata: &'a ProviderMetadata) -> ExpectedUserInfo<'a> {
        let signature = self.agreed.userinfo_signed_response_alg;
        let encryption = self.agreed.userinfo_encryption.map(|encryption| self.encrypted_for_us(encryption));
        ExpectedUserInfo::new(signature.map(|algorithm| Agreement {
            algorithm,
            encryption,
            ..self.agreement(metadata)
        }))
    }

    fn agreement<'a>(&'a self, metadata: &'a ProviderMetadata) -> Agreement<'a> {
        Agreement {
            issuer: metadata.issuer(),
            client_id: &self.client_id,
            algorithm: self.id_token_signed_response_alg,
            client_secret: self.client_secret.as_ref(),
            encryption: self.agreed.id_token_encryption.map(|encryption| self.encrypted_for_us(encryption)),
            trusted_audiences: &self.trusted_audiences,
            clock_skew: self.clock_skew,
            tenancy: metadata.tenancy(),
        }
    }
    fn encrypted_for_us(&self, encryption: Encryption) -> EncryptedForUs<'_> {
        EncryptedForUs { encryption, keys: self.decryption_keys() }
    }
}

#[cfg(test)]
mod tests;
