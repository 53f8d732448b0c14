//! What a client and its provider agreed on for what they send each other, besides the signature of ID Tokens (Registration 2).

use super::Client;
use crate::{
    id_token::{AuthTime, RegisteredDemands},
    jose::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm},
};

/// How something is encrypted: both names of an encrypted token (RFC 7516 4.1).
///
/// # Example
/// ```
/// use vestibule_core::{Client, ContentEncryptionAlgorithm, KeyManagementAlgorithm};
///
/// let client = Client::public("my-app")
///     .id_token_encrypted_response(KeyManagementAlgorithm::EcdhEs, ContentEncryptionAlgorithm::A256Gcm);
/// let encryption = client.id_token_encryption().expect("as just said");
/// assert_eq!((encryption.alg.name(), encryption.enc.name()), ("ECDH-ES", "A256GCM"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encryption {
    /// How the content key gets to who may read.
    pub alg: KeyManagementAlgorithm,
    /// What the content is encrypted with.
    pub enc: ContentEncryptionAlgorithm,
}

/// What was agreed on. What is not there was not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Agreed {
    pub(super) request_object_signing_alg: Option<SignatureAlgorithm>,
    pub(super) request_object_encryption: Option<Encryption>,
    pub(super) id_token_encryption: Option<Encryption>,
    pub(super) userinfo_signed_response_alg: Option<SignatureAlgorithm>,
    pub(super) userinfo_encryption: Option<Encryption>,
    pub(super) sign_in: RegisteredDemands,
}

impl Client {
    /// That our requests are objects that we sign with this algorithm (Core 6, RFC 9101): with a
    /// [`signing_key`](Self::signing_key) of it, or by HMAC with the client secret.
    #[must_use]
    pub fn request_object_signing_alg(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.agreed.request_object_signing_alg = Some(algorithm);
        self
    }

    /// That these are encrypted for the provider besides (Core 6.1): `request_object_encryption_alg` and `_enc`.
    #[must_use]
    pub fn request_object_encryption(mut self, alg: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> Self {
        self.agreed.request_object_encryption = Some(Encryption { alg, enc });
        self
    }

    /// That ID Tokens for us are encrypted after they were signed (Core 2): `id_token_encrypted_response_alg` and `_enc`.
    #[must_use]
    pub fn id_token_encrypted_response(mut self, alg: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> Self {
        self.agreed.id_token_encryption = Some(Encryption { alg, enc });
        self
    }

    /// That userinfo for us is signed, with this algorithm (Core 5.3.2). Then nothing else is taken (R82).
    #[must_use]
    pub fn userinfo_signed_response_alg(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.agreed.userinfo_signed_response_alg = Some(algorithm);
        self
    }

    /// That it is encrypted after it was signed: `userinfo_encrypted_response_alg` and `_enc`.
    #[must_use]
    pub fn userinfo_encrypted_response(mut self, alg: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> Self {
        self.agreed.userinfo_encryption = Some(Encryption { alg, enc });
        self
    }

    /// How many seconds ago a person may have signed in, where a request says no `max_age` (Registration 2, `default_max_age`). An ID
    /// Token of a login that says it was longer ago, or does not say, is refused.
    #[must_use]
    pub fn default_max_age(mut self, seconds: u32) -> Self {
        self.agreed.sign_in.default_max_age = Some(seconds);
        self
    }

    /// That ID Tokens say when the person signed in (Registration 2, `require_auth_time`): one that does not is refused.
    #[must_use]
    pub fn require_auth_time(mut self) -> Self {
        self.agreed.sign_in.auth_time = AuthTime::Required;
        self
    }

    /// What our request objects are signed with, if we agreed to send any.
    #[must_use]
    pub fn signs_request_objects_with(&self) -> Option<SignatureAlgorithm> {
        self.agreed.request_object_signing_alg
    }

    /// How they are encrypted, if they are.
    #[must_use]
    pub fn encrypts_request_objects_with(&self) -> Option<Encryption> {
        self.agreed.request_object_encryption
    }

    /// How ID Tokens for us are encrypted, if they are.
    #[must_use]
    pub fn id_token_encryption(&self) -> Option<Encryption> {
        self.agreed.id_token_encryption
    }

    /// What userinfo for us is signed with, if it is.
    #[must_use]
    pub fn userinfo_signature(&self) -> Option<SignatureAlgorithm> {
        self.agreed.userinfo_signed_response_alg
    }

    /// How it is encrypted, if it is.
    #[must_use]
    pub fn userinfo_encryption(&self) -> Option<Encryption> {
        self.agreed.userinfo_encryption
    }
}
