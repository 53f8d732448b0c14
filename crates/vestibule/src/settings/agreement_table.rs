//! What client and provider agree on: how we prove who we are, and what is signed and encrypted with what, by the wire names
//! (Registration 2). A given client has it registered; one that registers itself asks for it.

use serde::{Deserialize, Deserializer, de};
use vestibule_core::{
    Client, ClientMetadata, ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm,
    TokenEndpointAuthMethod,
    client_auth::{AssertionAudience, AssertionTyp},
};

use super::provider_table::Context;
use crate::config_error::ConfigError;

#[derive(Debug, Deserialize)]
pub(super) struct AgreementTable {
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    token_endpoint_auth_signing_alg: Option<SignatureAlgorithm>,
    assertion_audience: Option<AssertionAudience>,
    assertion_typ: Option<AssertionTyp>,
    id_token_signed_response_alg: Option<SignatureAlgorithm>,
    id_token_encrypted_response_alg: Option<KeyManagementAlgorithm>,
    id_token_encrypted_response_enc: Option<ContentEncryptionAlgorithm>,
    userinfo_signed_response_alg: Option<SignatureAlgorithm>,
    userinfo_encrypted_response_alg: Option<KeyManagementAlgorithm>,
    userinfo_encrypted_response_enc: Option<ContentEncryptionAlgorithm>,
    request_object_signing_alg: Option<ObjectSigning>,
    request_object_encryption_alg: Option<KeyManagementAlgorithm>,
    request_object_encryption_enc: Option<ContentEncryptionAlgorithm>,
    #[serde(default)]
    insecure_unsigned_request_objects: bool,
}

/// A signature, or what Registration 2 calls none.
#[derive(Clone, Copy, Debug)]
enum ObjectSigning {
    With(SignatureAlgorithm),
    Unsigned,
}

impl<'de> Deserialize<'de> for ObjectSigning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "none" => Ok(Self::Unsigned),
            name => name.parse().map(Self::With).map_err(de::Error::custom),
        }
    }
}

/// An algorithm that a key is encrypted with, and one for the content.
type Encryption = (KeyManagementAlgorithm, ContentEncryptionAlgorithm);

impl AgreementTable {
    pub(super) const KEYS: [&str; 14] = [
        "token_endpoint_auth_method",
        "token_endpoint_auth_signing_alg",
        "assertion_audience",
        "assertion_typ",
        "id_token_signed_response_alg",
        "id_token_encrypted_response_alg",
        "id_token_encrypted_response_enc",
        "userinfo_signed_response_alg",
        "userinfo_encrypted_response_alg",
        "userinfo_encrypted_response_enc",
        "request_object_signing_alg",
        "request_object_encryption_alg",
        "request_object_encryption_enc",
        "insecure_unsigned_request_objects",
    ];

    /// Whether request objects are sent unsigned, which has to be said twice.
    pub(super) fn sends_unsigned_request_objects(&self, context: Context<'_>) -> Result<Option<Unsigned>, ConfigError> {
        match (self.request_object_signing_alg, self.insecure_unsigned_request_objects) {
            (Some(ObjectSigning::Unsigned), true) => Ok(Some(Unsigned)),
            (Some(ObjectSigning::Unsigned), false) => Err(ConfigError::new(
                context.setting("request_object_signing_alg"),
                "request objects would be unsigned",
            )
            .value("none")
            .remedy("name an algorithm, such as \"RS256\", or say insecure_unsigned_request_objects = true too")),
            (_, true) => Err(ConfigError::new(
                context.setting("insecure_unsigned_request_objects"),
                "it goes with request_object_signing_alg = \"none\", and nothing else",
            )
            .remedy("leave it out, or write \"none\" there")),
            (_, false) => Ok(None),
        }
    }

    /// The client that has all this registered.
    pub(super) fn client(&self, mut client: Client, context: Context<'_>) -> Result<Client, ConfigError> {
        if let Some(method) = self.token_endpoint_auth_method {
            client = client.token_endpoint_auth_method(method);
        }
        if let Some(algorithm) = self.token_endpoint_auth_signing_alg {
            client = client.token_endpoint_auth_signing_alg(algorithm);
        }
        if let Some(audience) = self.assertion_audience {
            client = client.assertion_audience(audience);
        }
        if let Some(typ) = self.assertion_typ {
            client = client.assertion_typ(typ);
        }
        if let Some(algorithm) = self.id_token_signed_response_alg {
            client = client.id_token_signed_response_alg(algorithm);
        }
        if let Some((alg, enc)) = self.id_token_encryption(context)? {
            client = client.id_token_encrypted_response(alg, enc);
        }
        if let Some(algorithm) = self.userinfo_signed_response_alg {
            client = client.userinfo_signed_response_alg(algorithm);
        }
        if let Some((alg, enc)) = self.userinfo_encryption(context)? {
            client = client.userinfo_encrypted_response(alg, enc);
        }
        if let Some(ObjectSigning::With(algorithm)) = self.request_object_signing_alg {
            client = client.request_object_signing_alg(algorithm);
        }
        if let Some((alg, enc)) = self.request_object_encryption(context)? {
            client = client.request_object_encryption(alg, enc);
        }
        Ok(client)
    }

    /// The wish for a client that has all this registered.
    pub(super) fn metadata(
        &self,
        mut metadata: ClientMetadata,
        context: Context<'_>,
    ) -> Result<ClientMetadata, ConfigError> {
        if let Some(method) = self.token_endpoint_auth_method {
            metadata = metadata.token_endpoint_auth_method(method);
        }
        if let Some(algorithm) = self.token_endpoint_auth_signing_alg {
            metadata = metadata.token_endpoint_auth_signing_alg(algorithm);
        }
        if let Some(algorithm) = self.id_token_signed_response_alg {
            metadata = metadata.id_token_signed_response_alg(algorithm);
        }
        if let Some((alg, enc)) = self.id_token_encryption(context)? {
            metadata = metadata.id_token_encrypted_response_alg(alg).id_token_encrypted_response_enc(enc);
        }
        if let Some(algorithm) = self.userinfo_signed_response_alg {
            metadata = metadata.userinfo_signed_response_alg(algorithm);
        }
        if let Some((alg, enc)) = self.userinfo_encryption(context)? {
            metadata = metadata.userinfo_encrypted_response_alg(alg).userinfo_encrypted_response_enc(enc);
        }
        match self.request_object_signing_alg {
            Some(ObjectSigning::With(algorithm)) => metadata = metadata.request_object_signing_alg(algorithm),
            Some(ObjectSigning::Unsigned) => metadata = metadata.insecure_unsigned_request_objects(),
            None => {}
        }
        if let Some((alg, enc)) = self.request_object_encryption(context)? {
            metadata = metadata.request_object_encryption_alg(alg).request_object_encryption_enc(enc);
        }
        Ok(metadata)
    }

    /// What is the client's own to decide, and no provider's.
    pub(super) fn only_of_a_given_client(&self) -> [(&'static str, bool); 2] {
        [("assertion_audience", self.assertion_audience.is_some()), ("assertion_typ", self.assertion_typ.is_some())]
    }

    fn id_token_encryption(&self, context: Context<'_>) -> Result<Option<Encryption>, ConfigError> {
        encryption(
            "id_token_encrypted_response",
            self.id_token_encrypted_response_alg,
            self.id_token_encrypted_response_enc,
            context,
        )
    }

    fn userinfo_encryption(&self, context: Context<'_>) -> Result<Option<Encryption>, ConfigError> {
        encryption(
            "userinfo_encrypted_response",
            self.userinfo_encrypted_response_alg,
            self.userinfo_encrypted_response_enc,
            context,
        )
    }

    fn request_object_encryption(&self, context: Context<'_>) -> Result<Option<Encryption>, ConfigError> {
        encryption(
            "request_object_encryption",
            self.request_object_encryption_alg,
            self.request_object_encryption_enc,
            context,
        )
    }
}

/// Request objects are sent unsigned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unsigned;

/// Registration 2: without an `enc` it is A128CBC-HS256, and without an `alg` there is nothing to encrypt.
fn encryption(
    what: &str,
    alg: Option<KeyManagementAlgorithm>,
    enc: Option<ContentEncryptionAlgorithm>,
    context: Context<'_>,
) -> Result<Option<Encryption>, ConfigError> {
    match (alg, enc) {
        (None, None) => Ok(None),
        (Some(alg), enc) => Ok(Some((alg, enc.unwrap_or_default()))),
        (None, Some(enc)) => {
            Err(ConfigError::new(context.setting(&format!("{what}_enc")), format!("{what}_alg is not set"))
                .value(enc)
                .remedy(format!("write {what}_alg too, such as \"RSA-OAEP\", or leave this out")))
        }
    }
}
