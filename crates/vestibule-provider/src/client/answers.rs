//! How a client wants to be answered: what is signed and encrypted for it, and what an ID Token must say.

use vestibule_core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm};

use super::RegisteredClient;

/// What is registered of the answers to a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    userinfo_signed_response_alg: Option<SignatureAlgorithm>,
    userinfo_encrypted_response: Option<Encryption>,
    id_token_encrypted_response: Option<Encryption>,
    request_object_encryption: Option<Encryption>,
    default_max_age: Option<u32>,
    default_acr_values: Vec<String>,
    require_auth_time: bool,
}

/// How a token is encrypted: the pair of `alg` and `enc` that a client registers (Registration 2).
///
/// # Example
/// ```
/// use vestibule_core::{ContentEncryptionAlgorithm, KeyManagementAlgorithm};
/// use vestibule_provider::RegisteredClient;
///
/// let (alg, enc) = (KeyManagementAlgorithm::EcdhEs, ContentEncryptionAlgorithm::A256Gcm);
/// let client = RegisteredClient::public("spa").id_token_encrypted_response(alg, enc);
/// assert_eq!(client.id_token_encryption().map(|encryption| encryption.alg()), Some(alg));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption {
    alg: KeyManagementAlgorithm,
    enc: ContentEncryptionAlgorithm,
}

impl Encryption {
    pub(crate) fn new(alg: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> Self {
        Self { alg, enc }
    }

    /// How the content key reaches who may read.
    #[must_use]
    pub fn alg(self) -> KeyManagementAlgorithm {
        self.alg
    }

    /// What the content is encrypted with.
    #[must_use]
    pub fn enc(self) -> ContentEncryptionAlgorithm {
        self.enc
    }
}

impl RegisteredClient {
    /// Its ID Tokens are encrypted after they are signed (Registration 2).
    #[must_use]
    pub fn id_token_encrypted_response(mut self, alg: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> Self {
        self.answers.id_token_encrypted_response = Some(Encryption::new(alg, enc));
        self
    }

    /// Its userinfo responses are signed with this algorithm, and come as `application/jwt` (Core 5.3.2); plain JSON, unless said.
    #[must_use]
    pub fn userinfo_signed_response_alg(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.answers.userinfo_signed_response_alg = Some(algorithm);
        self
    }

    /// Its userinfo responses are encrypted, after they are signed if they are (Registration 2).
    #[must_use]
    pub fn userinfo_encrypted_response(mut self, alg: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> Self {
        self.answers.userinfo_encrypted_response = Some(Encryption::new(alg, enc));
        self
    }

    /// It may encrypt its request objects so (Registration 2).
    #[must_use]
    pub fn request_object_encryption(mut self, alg: KeyManagementAlgorithm, enc: ContentEncryptionAlgorithm) -> Self {
        self.answers.request_object_encryption = Some(Encryption::new(alg, enc));
        self
    }

    /// The `max_age`, in seconds, of its requests that say none (Registration 2).
    #[must_use]
    pub fn default_max_age(mut self, seconds: u32) -> Self {
        self.answers.default_max_age = Some(seconds);
        self
    }

    /// One more authentication context (`acr`) of its requests that ask for none, after those that it has (Registration 2).
    #[must_use]
    pub fn default_acr_value(mut self, acr: impl Into<String>) -> Self {
        self.answers.default_acr_values.push(acr.into());
        self
    }

    /// Its ID Tokens must have `auth_time` (Registration 2).
    #[must_use]
    pub fn require_auth_time(mut self) -> Self {
        self.answers.require_auth_time = true;
        self
    }

    /// The algorithm that its ID Tokens are signed with.
    #[must_use]
    pub fn id_token_algorithm(&self) -> SignatureAlgorithm {
        self.id_token_signed_response_alg
    }

    /// How its ID Tokens are encrypted, if they are.
    #[must_use]
    pub fn id_token_encryption(&self) -> Option<Encryption> {
        self.answers.id_token_encrypted_response
    }

    /// The algorithm that its userinfo responses are signed with, if they are.
    #[must_use]
    pub fn userinfo_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.answers.userinfo_signed_response_alg
    }

    /// How its userinfo responses are encrypted, if they are.
    #[must_use]
    pub fn userinfo_encryption(&self) -> Option<Encryption> {
        self.answers.userinfo_encrypted_response
    }

    /// How its request objects may be encrypted, if it registered that.
    #[must_use]
    pub fn request_encryption(&self) -> Option<Encryption> {
        self.answers.request_object_encryption
    }

    /// The `max_age`, in seconds, of its requests that say none, if it registered one.
    #[must_use]
    pub fn max_age(&self) -> Option<u32> {
        self.answers.default_max_age
    }

    /// The authentication contexts of its requests that ask for none, best first.
    #[must_use]
    pub fn acr_values(&self) -> &[String] {
        &self.answers.default_acr_values
    }

    /// Whether it asked for `auth_time` in every ID Token.
    #[must_use]
    pub fn needs_auth_time(&self) -> bool {
        self.answers.require_auth_time
    }
}
