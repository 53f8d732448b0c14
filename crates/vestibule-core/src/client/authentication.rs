//! How a client proves who it is at one provider: as set, else as the provider's metadata says, and never by trial (V87).

use std::sync::Arc;

use url::Url;

use super::Client;
use crate::{
    client_auth::{
        AssertionAudience, AssertionTyp, AuthenticatedEndpoint, Authentication, ClientAssertion, OfferedAuthMethods,
        TokenEndpointAuthMethod,
    },
    discovery::ProviderMetadata,
    error::{InvalidMetadata, JsonFault},
    http_client::ClientCertificate,
    jose::{SignatureAlgorithm, SigningKey},
    secret::Secret,
};

/// The algorithms of `client_secret_jwt`, from the one that asks least of the secret.
const HMACS: [SignatureAlgorithm; 3] =
    [SignatureAlgorithm::Hs256, SignatureAlgorithm::Hs384, SignatureAlgorithm::Hs512];

impl Client {
    /// How to authenticate at the token endpoint.
    ///
    /// Unset, a client with a secret uses `client_secret_basic`; where the provider's metadata does not offer that,
    /// `client_secret_post`; where it offers neither, `client_secret_jwt`. One with a
    /// [`signing_key`](Self::signing_key) and no secret uses `private_key_jwt`, one with neither `none`. It is chosen from the metadata, never by trial (V87).
    #[must_use]
    pub fn token_endpoint_auth_method(self, method: TokenEndpointAuthMethod) -> Self {
        Self { token_endpoint_auth_method: Some(method), ..self }
    }

    /// The algorithm of the assertions of `client_secret_jwt` and `private_key_jwt` (Registration 2).
    ///
    /// Unset, it is the first that the provider offers and that a signing key or the length of the secret is good for.
    #[must_use]
    pub fn token_endpoint_auth_signing_alg(self, algorithm: SignatureAlgorithm) -> Self {
        Self { token_endpoint_auth_signing_alg: Some(algorithm), ..self }
    }

    /// Whom these assertions are for: the issuer unless said.
    #[must_use]
    pub fn assertion_audience(self, audience: AssertionAudience) -> Self {
        Self { assertion_audience: audience, ..self }
    }

    /// What they say that they are: `JWT` unless said.
    #[must_use]
    pub fn assertion_typ(self, typ: AssertionTyp) -> Self {
        Self { assertion_typ: typ, ..self }
    }

    /// How we authenticate at the token endpoint of this provider: as was said, else by what its metadata offers.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] when it offers nothing that we could do.
    pub fn token_endpoint_auth_method_at(
        &self,
        metadata: &ProviderMetadata,
    ) -> Result<TokenEndpointAuthMethod, InvalidMetadata> {
        self.method(metadata.token_endpoint_auth_methods())
    }

    /// The mark of what we send when it is our certificate that says who we are (RFC 8705 2).
    pub(crate) fn certificate(&self) -> Option<ClientCertificate> {
        self.token_endpoint_auth_method.filter(|method| method.is_by_certificate()).map(|_| ClientCertificate)
    }

    /// The token endpoint, and how we prove there who we are.
    pub(crate) fn token_endpoint(&self, metadata: &ProviderMetadata) -> Result<AuthenticatedEndpoint, InvalidMetadata> {
        let url = metadata.token_endpoint_for(self.certificate());
        let url = url.ok_or(JsonFault::Missing { member: "token_endpoint" })?;
        self.authenticated(url, metadata, metadata.token_endpoint_auth_methods())
    }

    /// The revocation endpoint, and how we prove there who we are; `None` when the provider has none.
    pub(crate) fn revocation_endpoint(
        &self,
        metadata: &ProviderMetadata,
    ) -> Result<Option<AuthenticatedEndpoint>, InvalidMetadata> {
        metadata
            .revocation_endpoint_for(self.certificate())
            .map(|url| self.authenticated(url, metadata, metadata.revocation_endpoint_auth_methods()))
            .transpose()
    }

    fn authenticated(
        &self,
        url: &Url,
        metadata: &ProviderMetadata,
        offered: OfferedAuthMethods<'_>,
    ) -> Result<AuthenticatedEndpoint, InvalidMetadata> {
        let authentication = self.authentication(metadata, offered)?;
        Ok(AuthenticatedEndpoint { url: url.clone(), client_id: self.client_id.clone(), authentication })
    }

    fn authentication(
        &self,
        metadata: &ProviderMetadata,
        offered: OfferedAuthMethods<'_>,
    ) -> Result<Authentication, InvalidMetadata> {
        use TokenEndpointAuthMethod::{
            ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Unauthenticated, PrivateKeyJwt,
            SelfSignedTlsClientAuth, TlsClientAuth,
        };
        let key = match (self.method(offered)?, &self.client_secret) {
            (ClientSecretBasic, Some(secret)) => return Ok(Authentication::Basic(secret.clone())),
            (ClientSecretPost, Some(secret)) => return Ok(Authentication::Post(secret.clone())),
            (ClientSecretJwt, Some(secret)) => self.assertion_secret(secret, offered)?,
            (PrivateKeyJwt, _) if self.has_signing_keys() => self.assertion_key(offered)?,
            (TlsClientAuth | SelfSignedTlsClientAuth, _) => return Ok(Authentication::Certificate),
            // Without what its method needs, a client has nothing to show: `check` says so.
            (Unauthenticated | PrivateKeyJwt | ClientSecretBasic | ClientSecretPost | ClientSecretJwt, _) => {
                return Ok(Authentication::None);
            }
        };
        let audience = match self.assertion_audience {
            AssertionAudience::Issuer => metadata.issuer().to_string(),
            AssertionAudience::TokenEndpoint => {
                metadata.token_endpoint().ok_or(JsonFault::Missing { member: "token_endpoint" })?.to_string()
            }
        };
        Ok(Authentication::Assertion(ClientAssertion { key, audience, typ: self.assertion_typ }))
    }

    /// The method: as set, else by what the metadata offers there (V87: never by trial).
    fn method(&self, offered: OfferedAuthMethods<'_>) -> Result<TokenEndpointAuthMethod, InvalidMetadata> {
        use TokenEndpointAuthMethod::{
            ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Unauthenticated, PrivateKeyJwt,
        };
        let wanted = match (self.token_endpoint_auth_method, &self.client_secret) {
            (Some(method), _) => return Ok(method),
            (None, Some(secret)) => {
                let is_usable = |method: &TokenEndpointAuthMethod| match method {
                    // V54: a secret that is too short for an HMAC makes none.
                    ClientSecretJwt => secret.expose().len() >= SignatureAlgorithm::Hs256.secret_bytes(),
                    _ => true,
                };
                let by_secret = [ClientSecretBasic, ClientSecretPost, ClientSecretJwt];
                let chosen = by_secret.into_iter().find(|method| offered.contain(*method) && is_usable(method));
                return chosen.ok_or_else(|| offered.unsupported(ClientSecretBasic));
            }
            // A set is there for whatever needs a key: that it is there says nothing of how we authenticate.
            (None, None) if self.signing_keys.is_empty() => return Ok(Unauthenticated),
            (None, None) => PrivateKeyJwt,
        };
        offered.require(wanted).map(|()| wanted)
    }

    /// The secret as an HMAC key: for the algorithm that is set, else for the first that is offered and that it is long enough for.
    fn assertion_secret(
        &self,
        secret: &Secret<String>,
        offered: OfferedAuthMethods<'_>,
    ) -> Result<Arc<SigningKey>, InvalidMetadata> {
        let is_long_enough = |algorithm: &SignatureAlgorithm| secret.expose().len() >= algorithm.secret_bytes();
        let first_offered = || {
            let named = |name: &String| HMACS.into_iter().find(|algorithm| algorithm.name() == name);
            offered.signing.names.unwrap_or_default().iter().filter_map(named).find(is_long_enough)
        };
        let algorithm =
            self.token_endpoint_auth_signing_alg.or_else(first_offered).unwrap_or(SignatureAlgorithm::Hs256);
        offered.signing.require(SIGNED_WITH, algorithm.name())?;
        let key = SigningKey::from_secret(algorithm, secret);
        key.map(Arc::new).map_err(|_| offered.signing.unsupported(SIGNED_WITH, algorithm.name()))
    }

    /// The signing key for the algorithm that is set, else the first one whose algorithm is offered.
    fn assertion_key(&self, offered: OfferedAuthMethods<'_>) -> Result<Arc<SigningKey>, InvalidMetadata> {
        let is_wanted = |key: &&Arc<SigningKey>| {
            self.token_endpoint_auth_signing_alg.is_none_or(|algorithm| key.algorithm() == algorithm)
        };
        let usable = self.signing_keys().filter(is_wanted).find(|key| offered.signing.allows(key.algorithm().name()));
        usable.cloned().ok_or_else(|| {
            let ours = self.signing_keys().map(|key| key.algorithm()).next();
            let wanted = self.token_endpoint_auth_signing_alg.or(ours).map_or("", SignatureAlgorithm::name);
            offered.signing.unsupported(SIGNED_WITH, wanted)
        })
    }

    /// That the provider, as far as it says, takes what proves at its token endpoint who we are.
    pub(super) fn check_authentication(&self, metadata: &ProviderMetadata) -> Result<(), InvalidMetadata> {
        let offered = metadata.token_endpoint_auth_methods();
        match self.token_endpoint_auth_method {
            // Providers that serve public clients seldom list `none`; and settings know more than a list that is not there.
            None | Some(TokenEndpointAuthMethod::None) => {}
            Some(method) => offered.require(method)?,
        }
        self.token_endpoint(metadata).map(drop)
    }
}

/// What [`InvalidMetadata::Unsupported`] says of an algorithm that no assertion of ours can have.
const SIGNED_WITH: &str = "client assertions signed with";

impl OfferedAuthMethods<'_> {
    fn require(&self, method: TokenEndpointAuthMethod) -> Result<(), InvalidMetadata> {
        if self.contain(method) || self.names.is_none() { Ok(()) } else { Err(self.unsupported(method)) }
    }

    fn unsupported(&self, method: TokenEndpointAuthMethod) -> InvalidMetadata {
        let offered = crate::discovery::Offered { member: self.member, names: self.names };
        offered.unsupported("client authentication by", method.name())
    }
}
