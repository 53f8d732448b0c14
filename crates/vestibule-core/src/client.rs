//! Who we are at one provider. Every request starts here.

use crate::{
    agreement::Agreement,
    client_auth::{Authentication, OfferedAuthMethods, TokenEndpointAuthMethod},
    discovery::ProviderMetadata,
    error::{Excerpt, InvalidMetadata},
    id_token::ExpectedIdToken,
    jose::SignatureAlgorithm,
    logout::ExpectedLogoutToken,
    secret::Secret,
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
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    id_token_signed_response_alg: SignatureAlgorithm,
    trusted_audiences: Vec<String>,
    clock_skew: i64,
}

/// Why a client cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidClient {
    /// The client_id is empty.
    #[error("client_id is empty")]
    EmptyClientId,
    /// The client_secret is empty.
    #[error("client_secret is empty")]
    EmptyClientSecret,
    /// The method needs a secret and there is none.
    #[error("token_endpoint_auth_method {} needs a client_secret", .0.name())]
    SecretMissing(TokenEndpointAuthMethod),
    /// There is a secret, and the method would not use it.
    #[error("there is a client_secret, and token_endpoint_auth_method none would not use it")]
    SecretUnused,
    /// An HMAC needs a secret of at least the size of its hash (RFC 7518 3.2, V54).
    #[error("id_token_signed_response_alg {0} needs a client_secret of at least {bytes} bytes", bytes = .0.secret_bytes())]
    SecretTooShort(SignatureAlgorithm),
    /// More clock skew than is safe.
    #[error("a clock skew of {0} seconds is not within 0 to 300")]
    ClockSkew(i64),
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
            token_endpoint_auth_method: None,
            id_token_signed_response_alg: SignatureAlgorithm::Rs256,
            trusted_audiences: Vec::new(),
            clock_skew: 60,
        }
    }

    /// How to authenticate at the token endpoint.
    ///
    /// Unset, a client with a secret uses `client_secret_basic`, or `client_secret_post` where the provider's metadata offers
    /// only that. It is chosen from the metadata, never by trial (V87).
    #[must_use]
    pub fn token_endpoint_auth_method(self, method: TokenEndpointAuthMethod) -> Self {
        Self { token_endpoint_auth_method: Some(method), ..self }
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

    /// Whether ID Tokens for this client are verified with the provider's published keys, rather than with the client secret.
    #[must_use]
    pub fn needs_provider_keys(&self) -> bool {
        !self.id_token_signed_response_alg.is_symmetric()
    }

    /// What the provider calls us.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Whether these settings can work together, before any provider is asked.
    ///
    /// # Errors
    /// [`InvalidClient`] says what to change.
    pub fn check(&self) -> Result<(), InvalidClient> {
        if self.client_id.is_empty() {
            return Err(InvalidClient::EmptyClientId);
        }
        if self.client_secret.as_ref().is_some_and(|secret| secret.expose().is_empty()) {
            return Err(InvalidClient::EmptyClientSecret);
        }
        if !(0..=300).contains(&self.clock_skew) {
            return Err(InvalidClient::ClockSkew(self.clock_skew));
        }
        let secret_bytes = self.client_secret.as_ref().map_or(0, |secret| secret.expose().len());
        if secret_bytes < self.id_token_signed_response_alg.secret_bytes() {
            return Err(InvalidClient::SecretTooShort(self.id_token_signed_response_alg));
        }
        match (self.token_endpoint_auth_method, &self.client_secret) {
            (Some(TokenEndpointAuthMethod::None), Some(_)) => Err(InvalidClient::SecretUnused),
            (
                Some(method @ (TokenEndpointAuthMethod::ClientSecretBasic | TokenEndpointAuthMethod::ClientSecretPost)),
                None,
            ) => Err(InvalidClient::SecretMissing(method)),
            _ => Ok(()),
        }
    }

    /// Whether this provider, as far as its metadata says, can do what we agreed on.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] names what is wanted and what is offered.
    pub fn check_provider(&self, metadata: &ProviderMetadata) -> Result<(), InvalidMetadata> {
        metadata.supports(self.id_token_signed_response_alg)?;
        self.authentication(metadata.token_endpoint_auth_methods()).map(drop)
    }

    /// What an ID Token for this client must look like.
    #[must_use]
    pub fn expected_id_token<'a>(&'a self, metadata: &'a ProviderMetadata) -> ExpectedIdToken<'a> {
        ExpectedIdToken(self.agreement(metadata))
    }

    /// What a logout token for this client must look like: signed as its ID Tokens are (Back-Channel Logout 2.4).
    pub fn expected_logout_token<'a>(&'a self, metadata: &'a ProviderMetadata) -> ExpectedLogoutToken<'a> {
        ExpectedLogoutToken::new(self.agreement(metadata))
    }

    fn agreement<'a>(&'a self, metadata: &'a ProviderMetadata) -> Agreement<'a> {
        Agreement {
            issuer: metadata.issuer(),
            client_id: &self.client_id,
            algorithm: self.id_token_signed_response_alg,
            client_secret: self.client_secret.as_ref(),
            trusted_audiences: &self.trusted_audiences,
            clock_skew: self.clock_skew,
        }
    }

    /// How to authenticate at an endpoint: as set, else by what the metadata offers there (V87: never by trial).
    pub(crate) fn authentication(&self, offered: OfferedAuthMethods<'_>) -> Result<Authentication, InvalidMetadata> {
        use TokenEndpointAuthMethod::{
            ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Unauthenticated, PrivateKeyJwt,
            SelfSignedTlsClientAuth, TlsClientAuth,
        };
        let Some(secret) = &self.client_secret else { return Ok(Authentication::None) };
        let method = match self.token_endpoint_auth_method {
            Some(method) => method,
            None if offered.contain(ClientSecretBasic) => ClientSecretBasic,
            None if offered.contain(ClientSecretPost) => ClientSecretPost,
            None => {
                return Err(InvalidMetadata::Unsupported {
                    what: "client authentication by",
                    wanted: ClientSecretBasic.name(),
                    member: offered.member,
                    offered: Excerpt::new(&offered.names.unwrap_or_default().join(" ")),
                });
            }
        };
        Ok(match method {
            ClientSecretBasic => Authentication::Basic(secret.clone()),
            ClientSecretPost => Authentication::Post(secret.clone()),
            Unauthenticated => Authentication::None,
            ClientSecretJwt | PrivateKeyJwt | TlsClientAuth | SelfSignedTlsClientAuth => {
                return Err(InvalidMetadata::Unsupported {
                    what: "client authentication by",
                    wanted: method.name(),
                    member: offered.member,
                    offered: Excerpt::new(&offered.names.unwrap_or_default().join(" ")),
                });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost};
        assert_eq!(Client::public("rp").check(), Ok(()));
        assert_eq!(Client::confidential("rp", "s").check(), Ok(()));
        assert_eq!(Client::public("").check(), Err(InvalidClient::EmptyClientId));
        assert_eq!(Client::confidential("rp", "").check(), Err(InvalidClient::EmptyClientSecret));
        assert_eq!(
            Client::public("rp").token_endpoint_auth_method(ClientSecretPost).check(),
            Err(InvalidClient::SecretMissing(ClientSecretPost))
        );
        assert_eq!(
            Client::public("rp").token_endpoint_auth_method(ClientSecretBasic).check(),
            Err(InvalidClient::SecretMissing(ClientSecretBasic))
        );
        assert_eq!(
            Client::confidential("rp", "s").token_endpoint_auth_method(TokenEndpointAuthMethod::None).check(),
            Err(InvalidClient::SecretUnused)
        );
    }

    /// V54
    #[test]
    fn an_hmac_needs_a_secret_as_long_as_its_hash() {
        for (algorithm, bytes) in
            [(SignatureAlgorithm::Hs256, 32), (SignatureAlgorithm::Hs384, 48), (SignatureAlgorithm::Hs512, 64)]
        {
            let client = |bytes| Client::confidential("rp", "x".repeat(bytes)).id_token_signed_response_alg(algorithm);
            assert_eq!(client(bytes).check(), Ok(()));
            assert_eq!(client(bytes - 1).check(), Err(InvalidClient::SecretTooShort(algorithm)));
            assert_eq!(
                Client::public("rp").id_token_signed_response_alg(algorithm).check(),
                Err(InvalidClient::SecretTooShort(algorithm))
            );
        }
    }

    /// V55
    #[test]
    fn more_than_300_seconds_of_skew_are_refused() {
        assert_eq!(Client::public("rp").clock_skew(300).check(), Ok(()));
        assert_eq!(Client::public("rp").clock_skew(301).check(), Err(InvalidClient::ClockSkew(301)));
        assert_eq!(Client::public("rp").clock_skew(-1).check(), Err(InvalidClient::ClockSkew(-1)));
    }
}
