//! Whether a client can be used: its settings among themselves, and what they ask of a provider.

use super::{Client, Encryption};
use crate::{
    authorization::ResponseType,
    client_auth::TokenEndpointAuthMethod,
    discovery::ProviderMetadata,
    error::InvalidMetadata,
    jose::{KeyManagementAlgorithm, SignatureAlgorithm},
};

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
    /// The same for another of the algorithms that were agreed on.
    #[error("{member} {algorithm} needs a client_secret of at least {bytes} bytes", bytes = .algorithm.secret_bytes())]
    SecretTooShortFor {
        /// The setting.
        member: &'static str,
        /// The algorithm.
        algorithm: SignatureAlgorithm,
    },
    /// The key of this encryption comes of the secret (Core 10.2), and there is none.
    #[error("{member} is an algorithm whose key comes of a client_secret")]
    SecretMissingFor {
        /// The setting.
        member: &'static str,
    },
    /// The key of this encryption comes of the secret (Core 10.2), which has to hold as much (Core 16.19, V54).
    #[error("{member} {algorithm} needs a client_secret of at least {bytes} bytes")]
    SecretTooShortForKey {
        /// The setting.
        member: &'static str,
        /// The algorithm.
        algorithm: KeyManagementAlgorithm,
        /// The fewest bytes that the secret may have.
        bytes: usize,
    },
    /// `private_key_jwt` without a private key.
    #[error("token_endpoint_auth_method private_key_jwt needs a signing key")]
    SigningKeyMissing,
    /// An algorithm was agreed on, and no private key is for it.
    #[error("{member} {algorithm} needs a signing key of that algorithm")]
    NoSigningKeyFor {
        /// The setting.
        member: &'static str,
        /// The algorithm.
        algorithm: SignatureAlgorithm,
    },
    /// The provider encrypts for a key of this algorithm, and no private key is for it.
    #[error("{member} {algorithm} needs a decryption key of that algorithm")]
    NoDecryptionKeyFor {
        /// The setting.
        member: &'static str,
        /// The algorithm.
        algorithm: KeyManagementAlgorithm,
    },
    /// There is a private key, and nothing that it would sign.
    #[error(
        "there is a signing key, and neither token_endpoint_auth_method nor request_object_signing_alg would use it"
    )]
    SigningKeyUnused,
    /// `client_secret_jwt` is by HMAC, and `private_key_jwt` is not (Core 9).
    #[error("token_endpoint_auth_method {} cannot be signed with {algorithm}", .method.name())]
    AssertionAlgorithm {
        /// The method.
        method: TokenEndpointAuthMethod,
        /// The algorithm.
        algorithm: SignatureAlgorithm,
    },
    /// There is an algorithm for assertions, and the method has none.
    #[error("token_endpoint_auth_signing_alg {0} is set, and token_endpoint_auth_method does not sign anything")]
    AssertionAlgorithmUnused(SignatureAlgorithm),
    /// Whoever has our public key can encrypt: what counts is who signed what is inside (V37).
    #[error("{encrypted} needs {signed} too: what is only encrypted may be from anybody")]
    EncryptedUnsigned {
        /// The setting that is there.
        encrypted: &'static str,
        /// The one that is not.
        signed: &'static str,
    },
    /// More clock skew than is safe.
    #[error("a clock skew of {0} seconds is not within 0 to 300")]
    ClockSkew(i64),
}

impl Client {
    /// Whether these settings can work together, before any provider is asked.
    ///
    /// # Errors
    /// [`InvalidClient`] says what to change.
    pub fn check(&self) -> Result<(), InvalidClient> {
        self.check_but_keys()?;
        self.check_keys()
    }

    /// All of it but that our private keys are there: they may come later than what was agreed on.
    pub(crate) fn check_but_keys(&self) -> Result<(), InvalidClient> {
        if self.client_id.is_empty() {
            return Err(InvalidClient::EmptyClientId);
        }
        if self.client_secret.as_ref().is_some_and(|secret| secret.expose().is_empty()) {
            return Err(InvalidClient::EmptyClientSecret);
        }
        if !(0..=300).contains(&self.clock_skew) {
            return Err(InvalidClient::ClockSkew(self.clock_skew));
        }
        if self.secret_bytes() < self.id_token_signed_response_alg.secret_bytes() {
            return Err(InvalidClient::SecretTooShort(self.id_token_signed_response_alg));
        }
        self.check_method()?;
        self.check_assertion_algorithm()?;
        self.check_request_object_secret()?;
        self.check_userinfo()?;
        self.check_encryption()
    }

    fn secret_bytes(&self) -> usize {
        self.client_secret.as_ref().map_or(0, |secret| secret.expose().len())
    }

    /// The method has what it needs.
    fn check_method(&self) -> Result<(), InvalidClient> {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, ClientSecretPost};
        match (self.token_endpoint_auth_method, &self.client_secret) {
            (Some(TokenEndpointAuthMethod::None), Some(_)) => Err(InvalidClient::SecretUnused),
            (Some(method @ (ClientSecretBasic | ClientSecretPost | ClientSecretJwt)), None) => {
                Err(InvalidClient::SecretMissing(method))
            }
            (Some(ClientSecretJwt), Some(_)) => self.check_secret_for(
                "token_endpoint_auth_signing_alg",
                self.token_endpoint_auth_signing_alg.unwrap_or(SignatureAlgorithm::Hs256),
            ),
            _ => Ok(()),
        }
    }

    /// The algorithm of assertions is one of the method, as far as it is known.
    fn check_assertion_algorithm(&self) -> Result<(), InvalidClient> {
        use TokenEndpointAuthMethod::{ClientSecretJwt, PrivateKeyJwt};
        const MEMBER: &str = "token_endpoint_auth_signing_alg";
        let Some(algorithm) = self.token_endpoint_auth_signing_alg else { return Ok(()) };
        let method = match (self.token_endpoint_auth_method, &self.client_secret) {
            (None, Some(_)) => ClientSecretJwt,
            (None, None) if !self.signing_keys.is_empty() => PrivateKeyJwt,
            (Some(method @ (ClientSecretJwt | PrivateKeyJwt)), _) => method,
            _ => return Err(InvalidClient::AssertionAlgorithmUnused(algorithm)),
        };
        match (method, algorithm.is_symmetric()) {
            (ClientSecretJwt, true) => self.check_secret_for(MEMBER, algorithm),
            (PrivateKeyJwt, false) => Ok(()),
            _ => Err(InvalidClient::AssertionAlgorithm { method, algorithm }),
        }
    }

    fn check_request_object_secret(&self) -> Result<(), InvalidClient> {
        let algorithm = self.agreed.request_object_signing_alg;
        algorithm.map_or(Ok(()), |algorithm| self.check_secret_for("request_object_signing_alg", algorithm))
    }

    fn check_userinfo(&self) -> Result<(), InvalidClient> {
        match self.agreed.userinfo_signed_response_alg {
            Some(algorithm) => self.check_secret_for("userinfo_signed_response_alg", algorithm),
            // V37: an encrypted token holds a signed one, and nothing else.
            None if self.agreed.userinfo_encryption.is_some() => Err(InvalidClient::EncryptedUnsigned {
                encrypted: "userinfo_encrypted_response_alg",
                signed: "userinfo_signed_response_alg",
            }),
            None => Ok(()),
        }
    }

    fn check_encryption(&self) -> Result<(), InvalidClient> {
        // RFC 9101 4: "signed and then encrypted".
        if self.agreed.request_object_encryption.is_some() && self.agreed.request_object_signing_alg.is_none() {
            return Err(InvalidClient::EncryptedUnsigned {
                encrypted: "request_object_encryption_alg",
                signed: "request_object_signing_alg",
            });
        }
        for (member, encryption) in [
            ("id_token_encrypted_response_alg", self.agreed.id_token_encryption),
            ("userinfo_encrypted_response_alg", self.agreed.userinfo_encryption),
            ("request_object_encryption_alg", self.agreed.request_object_encryption),
        ] {
            let Some(encryption) = encryption.filter(|encryption| encryption.alg.is_symmetric()) else { continue };
            if self.client_secret.is_none() {
                return Err(InvalidClient::SecretMissingFor { member });
            }
            let (algorithm, bytes) = (encryption.alg, encryption.alg.secret_bytes(encryption.enc));
            if self.secret_bytes() < bytes {
                return Err(InvalidClient::SecretTooShortForKey { member, algorithm, bytes });
            }
        }
        Ok(())
    }

    fn check_secret_for(&self, member: &'static str, algorithm: SignatureAlgorithm) -> Result<(), InvalidClient> {
        if self.secret_bytes() < algorithm.secret_bytes() {
            Err(InvalidClient::SecretTooShortFor { member, algorithm })
        } else {
            Ok(())
        }
    }

    /// The private keys that what was agreed on needs are there, and none that was given alone is there for nothing.
    fn check_keys(&self) -> Result<(), InvalidClient> {
        use TokenEndpointAuthMethod::PrivateKeyJwt;
        if self.token_endpoint_auth_method == Some(PrivateKeyJwt) && !self.has_signing_keys() {
            return Err(InvalidClient::SigningKeyMissing);
        }
        for (member, algorithm) in [
            ("token_endpoint_auth_signing_alg", self.token_endpoint_auth_signing_alg),
            ("request_object_signing_alg", self.agreed.request_object_signing_alg),
        ] {
            if let Some(algorithm) = algorithm.filter(|algorithm| !algorithm.is_symmetric())
                && self.signing_key_for(algorithm).is_none()
            {
                return Err(InvalidClient::NoSigningKeyFor { member, algorithm });
            }
        }
        for (member, encryption) in [
            ("id_token_encrypted_response_alg", self.agreed.id_token_encryption),
            ("userinfo_encrypted_response_alg", self.agreed.userinfo_encryption),
        ] {
            if let Some(algorithm) = encryption.map(|encryption| encryption.alg).filter(|alg| !alg.is_symmetric())
                && !self.decryption_keys().is_some_and(|keys| keys.iter().any(|key| key.algorithm() == algorithm))
            {
                return Err(InvalidClient::NoDecryptionKeyFor { member, algorithm });
            }
        }
        self.check_no_key_is_unused()
    }

    fn check_no_key_is_unused(&self) -> Result<(), InvalidClient> {
        let signs_assertions = match self.token_endpoint_auth_method {
            Some(method) => method == TokenEndpointAuthMethod::PrivateKeyJwt,
            None => self.client_secret.is_none(),
        };
        let signs_requests = self.agreed.request_object_signing_alg.is_some_and(|algorithm| !algorithm.is_symmetric());
        if self.signing_keys.is_empty() || signs_assertions || signs_requests {
            Ok(())
        } else {
            Err(InvalidClient::SigningKeyUnused)
        }
    }

    /// Whether this provider, as far as its metadata says, can do what we agreed on, in a login by `response_type=code`. Who logs in by
    /// another response type asks [`check_provider_for`](Self::check_provider_for) that one instead: a provider need not offer `code`.
    ///
    /// What it does not say is no reason to refuse it; and whether our own settings are good is for [`check`](Self::check).
    ///
    /// # Errors
    /// Those of [`check_provider_for`](Self::check_provider_for).
    pub fn check_provider(&self, metadata: &ProviderMetadata) -> Result<(), InvalidMetadata> {
        self.check_provider_for(metadata, ResponseType::Code)
    }

    /// The same for logins of this response type: that the provider offers it, and the algorithms for what such a login sends and
    /// brings. What only a code needs, such as a way to authenticate at the token endpoint, is asked of it for a code alone.
    ///
    /// # Errors
    /// [`InvalidMetadata::Unsupported`] names what is wanted and what is offered, [`InvalidMetadata::RequestObjectRequired`] that
    /// the provider takes signed requests only, [`InvalidMetadata::NoRequestObjects`] that it takes none.
    pub fn check_provider_for(
        &self,
        metadata: &ProviderMetadata,
        response_type: ResponseType,
    ) -> Result<(), InvalidMetadata> {
        metadata.require_response_type(response_type)?;
        metadata
            .list("id_token_signing_alg_values_supported")
            .require("ID Tokens signed with", self.id_token_signed_response_alg.name())?;
        let (alg, enc) = ("id_token_encryption_alg_values_supported", "id_token_encryption_enc_values_supported");
        require_encryption(metadata, "ID Tokens encrypted with", alg, enc, self.agreed.id_token_encryption)?;
        if let Some(algorithm) = self.agreed.userinfo_signed_response_alg {
            metadata.list("userinfo_signing_alg_values_supported").require("userinfo signed with", algorithm.name())?;
        }
        let (alg, enc) = ("userinfo_encryption_alg_values_supported", "userinfo_encryption_enc_values_supported");
        require_encryption(metadata, "userinfo encrypted with", alg, enc, self.agreed.userinfo_encryption)?;
        self.check_request_objects(metadata)?;
        if response_type.has_code() {
            // RFC 8414 2: we send no code challenge but one by S256 (RFC 9700 2.1.1).
            metadata.list("code_challenge_methods_supported").require("code challenges by", "S256")?;
            self.check_authentication(metadata)?;
        }
        Ok(())
    }

    fn check_request_objects(&self, metadata: &ProviderMetadata) -> Result<(), InvalidMetadata> {
        const WHAT: &str = "request objects signed with";
        let Some(algorithm) = self.agreed.request_object_signing_alg else {
            // RFC 9101 10.5
            let required = metadata.require_signed_request_object();
            return if required { Err(InvalidMetadata::RequestObjectRequired) } else { Ok(()) };
        };
        metadata.list("request_object_signing_alg_values_supported").require(WHAT, algorithm.name())?;
        // Discovery 3: neither by value nor by reference.
        if !metadata.request_parameter_supported() && !metadata.request_uri_parameter_supported() {
            return Err(InvalidMetadata::NoRequestObjects);
        }
        self.check_request_object_encryption(metadata)
    }

    pub(crate) fn check_request_object_encryption(&self, metadata: &ProviderMetadata) -> Result<(), InvalidMetadata> {
        let alg = "request_object_encryption_alg_values_supported";
        let enc = "request_object_encryption_enc_values_supported";
        require_encryption(metadata, "request objects encrypted with", alg, enc, self.agreed.request_object_encryption)
    }
}

fn require_encryption(
    metadata: &ProviderMetadata,
    what: &'static str,
    alg: &'static str,
    enc: &'static str,
    encryption: Option<Encryption>,
) -> Result<(), InvalidMetadata> {
    let Some(encryption) = encryption else { return Ok(()) };
    metadata.list(alg).require(what, encryption.alg.name())?;
    metadata.list(enc).require(what, encryption.enc.name())
}
