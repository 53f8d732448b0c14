//! What a client proves itself with that is no secret of both sides: its keys, and its certificate.

use serde_json::Value;
use vestibule_core::SignatureAlgorithm;

use super::RegisteredClient;

/// What is registered of the keys of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Proof {
    keys: Option<KeySource>,
    assertion_algorithm: Option<SignatureAlgorithm>,
    certificate: Option<Vec<u8>>,
    subject_dn: Option<String>,
    has_bound_tokens: bool,
}

/// Where a client's public keys are.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// Here: the document of RFC 7517 5.
    Given(Value),
    /// There, fetched each time.
    At(String),
}

impl RegisteredClient {
    /// Its public keys (RFC 7517 5): for its request objects, its assertions and its certificate.
    ///
    /// # Example
    /// ```
    /// use serde_json::json;
    /// use vestibule_core::TokenEndpointAuthMethod;
    /// use vestibule_provider::RegisteredClient;
    ///
    /// let client = RegisteredClient::public("demo")
    ///     .token_endpoint_auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
    ///     .jwks(json!({"keys": []}));
    /// ```
    #[must_use]
    pub fn jwks(mut self, jwks: Value) -> Self {
        self.proof.keys = Some(KeySource::Given(jwks));
        self
    }

    /// Where its public keys are fetched from, each time that they are needed: see
    /// [`DevelopmentProvider::site`](crate::DevelopmentProvider::site).
    #[must_use]
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.proof.keys = Some(KeySource::At(uri.into()));
        self
    }

    /// The one algorithm of the assertions that it authenticates with (Registration 2); unless said, any that fits its method.
    #[must_use]
    pub fn token_endpoint_auth_signing_alg(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.proof.assertion_algorithm = Some(algorithm);
        self
    }

    /// The certificate that it presents, in DER: for `tls_client_auth`, in the place of its subject, and for
    /// `self_signed_tls_client_auth`, in the place of an `x5c` among its keys.
    #[must_use]
    pub fn certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.proof.certificate = Some(der.into());
        self
    }

    /// The subject of the certificate that it presents, for `tls_client_auth` (RFC 8705 2.1.2), in the form of RFC 4514.
    #[must_use]
    pub fn tls_client_auth_subject_dn(mut self, subject: impl Into<String>) -> Self {
        self.proof.subject_dn = Some(subject.into());
        self
    }

    /// Its access tokens are good for whoever presents the certificate with which it got them, and for nobody else (RFC 8705 3).
    #[must_use]
    pub fn tls_client_certificate_bound_access_tokens(mut self) -> Self {
        self.proof.has_bound_tokens = true;
        self
    }

    pub(crate) fn has_bound_tokens(&self) -> bool {
        self.proof.has_bound_tokens
    }

    pub(crate) fn keys(&self) -> Option<&KeySource> {
        self.proof.keys.as_ref()
    }

    pub(crate) fn assertion_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.proof.assertion_algorithm
    }

    pub(crate) fn registered_certificate(&self) -> Option<&[u8]> {
        self.proof.certificate.as_deref()
    }

    pub(crate) fn subject_dn(&self) -> Option<&str> {
        self.proof.subject_dn.as_deref()
    }
}
