//! How we prove who we are, and how what goes to and fro is signed and encrypted.

use super::ClientMetadata;
use crate::{
    client_auth::TokenEndpointAuthMethod,
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm},
    registration::{client_keys::ClientKeys, terms::RequestObjectSigning, tls_client_auth::TlsClientAuthSubject},
};

impl ClientMetadata {
    /// Our public keys: what the provider checks our signatures with, and encrypts for us with (Registration 2, `jwks_uri` or
    /// `jwks`).
    #[must_use]
    pub fn keys(self, keys: ClientKeys) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// How we want to authenticate at the token endpoint. Unset: by `client_secret_basic`, or by what the provider offers.
    #[must_use]
    pub fn token_endpoint_auth_method(self, method: TokenEndpointAuthMethod) -> Self {
        Self { token_endpoint_auth_method: Some(method), ..self }
    }

    /// What our assertions are signed with, where we authenticate by `private_key_jwt` or `client_secret_jwt` (Registration 2).
    /// Unset: with any algorithm that both know.
    #[must_use]
    pub fn token_endpoint_auth_signing_alg(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.terms.token_endpoint_auth_signing_alg = Some(algorithm);
        self
    }

    /// Whom our certificate names: for `tls_client_auth`, and for nothing else (RFC 8705 2.1.2).
    #[must_use]
    pub fn tls_client_auth_subject(self, subject: TlsClientAuthSubject) -> Self {
        Self { tls_client_auth_subject: Some(subject), ..self }
    }

    /// That access tokens shall be good only together with our certificate (RFC 8705 3.4): for `tls_client_auth` and
    /// `self_signed_tls_client_auth`, by which we show one.
    #[must_use]
    pub fn tls_client_certificate_bound_access_tokens(mut self) -> Self {
        self.terms.tls_client_certificate_bound_access_tokens = true;
        self
    }

    /// The algorithm that our ID Tokens shall be signed with. Unset: RS256, or the first that the provider offers.
    #[must_use]
    pub fn id_token_signed_response_alg(self, algorithm: SignatureAlgorithm) -> Self {
        Self { id_token_signed_response_alg: Some(algorithm), ..self }
    }

    /// How the content key of our ID Tokens shall reach us (Registration 2). Unset: they are not encrypted.
    #[must_use]
    pub fn id_token_encrypted_response_alg(mut self, alg: KeyManagementAlgorithm) -> Self {
        self.terms.id_token_encrypted_response_alg = Some(alg);
        self
    }

    /// What our ID Tokens shall be encrypted with. Unset: A128CBC-HS256, where they are encrypted (Registration 2).
    #[must_use]
    pub fn id_token_encrypted_response_enc(mut self, enc: ContentEncryptionAlgorithm) -> Self {
        self.terms.id_token_encrypted_response_enc = Some(enc);
        self
    }

    /// The algorithm that userinfo responses shall be signed with (Registration 2). Unset: they are plain JSON.
    #[must_use]
    pub fn userinfo_signed_response_alg(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.terms.userinfo_signed_response_alg = Some(algorithm);
        self
    }

    /// How the content key of userinfo responses shall reach us (Registration 2). Unset: they are not encrypted.
    #[must_use]
    pub fn userinfo_encrypted_response_alg(mut self, alg: KeyManagementAlgorithm) -> Self {
        self.terms.userinfo_encrypted_response_alg = Some(alg);
        self
    }

    /// What userinfo responses shall be encrypted with. Unset: A128CBC-HS256, where they are encrypted (Registration 2).
    #[must_use]
    pub fn userinfo_encrypted_response_enc(mut self, enc: ContentEncryptionAlgorithm) -> Self {
        self.terms.userinfo_encrypted_response_enc = Some(enc);
        self
    }

    /// What our request objects are signed with: the provider takes no others from us (Registration 2).
    #[must_use]
    pub fn request_object_signing_alg(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.terms.request_object_signing_alg = Some(RequestObjectSigning::With(algorithm));
        self
    }

    /// That our request objects are not signed: `request_object_signing_alg` is `none` (Core 6.1). Anybody can then ask in our
    /// name for whatever they like, as with plain parameters.
    #[must_use]
    pub fn insecure_unsigned_request_objects(mut self) -> Self {
        self.terms.request_object_signing_alg = Some(RequestObjectSigning::Unsigned);
        self
    }

    /// How the content key of our request objects will reach the provider (Registration 2). Unset: nothing is promised.
    #[must_use]
    pub fn request_object_encryption_alg(mut self, alg: KeyManagementAlgorithm) -> Self {
        self.terms.request_object_encryption_alg = Some(alg);
        self
    }

    /// What our request objects will be encrypted with. Unset: A128CBC-HS256, where they are encrypted (Registration 2).
    #[must_use]
    pub fn request_object_encryption_enc(mut self, enc: ContentEncryptionAlgorithm) -> Self {
        self.terms.request_object_encryption_enc = Some(enc);
        self
    }

    /// That the provider shall take no authorization request of ours without a signed request object (RFC 9101 10.5).
    #[must_use]
    pub fn require_signed_request_object(mut self) -> Self {
        self.terms.require_signed_request_object = true;
        self
    }
}
