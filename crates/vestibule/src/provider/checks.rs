//! What is wrong with a provider's settings themselves, found at start.

use std::sync::Arc;

use vestibule_core::{
    Client, ClientMetadata, TokenEndpointAuthMethod, client::InvalidClient, registration::RequestObjectSigning,
};

use super::{Addresses, ClientSource, Provider, Source, own_keys::Needs};
use crate::config_error::ConfigError;

/// "The entire Request URI MUST NOT exceed 512 ASCII characters" (Core 6.2).
const MOST_REQUEST_URI: usize = 512;
/// A slash, and sixteen bytes in base64url.
const HOSTED_ID: usize = 23;

impl Provider {
    /// What is wrong with the settings themselves; the addresses are ours for a provider of this name.
    pub(crate) fn check(&self, name: &str, addresses: &Addresses) -> Result<(), ConfigError> {
        if let Some(keys) = &self.own_keys {
            keys.check(name)?;
        }
        self.check_tenants(name)?;
        match &self.client {
            ClientSource::Given(client) => self.check_client(name, client)?,
            ClientSource::Registers(metadata) => self.check_registration(name, metadata, addresses)?,
        }
        self.check_request_objects(name, addresses)?;
        self.asking.check(name)
    }

    /// V100
    fn check_tenants(&self, name: &str) -> Result<(), ConfigError> {
        let setting = || format!("provider.{name}.tenants");
        match (&self.tenants, &self.source) {
            (None, _) | (Some(Ok(_)), Source::Discovered(_)) => Ok(()),
            (Some(Ok(_)), Source::Described(_) | Source::WebFinger(_)) => Err(ConfigError::new(
                setting(),
                "only metadata that is fetched from an issuer can be that of many tenants",
            )
            .remedy("give the issuer, such as https://login.example.com/organizations/v2.0, or leave tenants out")),
            (Some(Err(invalid)), _) => Err(ConfigError::new(setting(), invalid.to_string())
                .remedy("list the ids of the tenants, such as [\"72f988bf-86f1-41af-91ab-2d7cd011db47\"]")),
        }
    }

    fn check_client(&self, name: &str, client: &Client) -> Result<(), ConfigError> {
        // A setting that does nothing would be a lie.
        if self.tls_client_certificate.is_some() && self.method_by_certificate().is_none() {
            return Err(ConfigError::new(
                format!("provider.{name}.tls_client_certificate"),
                "the client does not authenticate by it, so nobody would ever see it",
            )
            .remedy(
                "set token_endpoint_auth_method to tls_client_auth or self_signed_tls_client_auth, or leave it out",
            ));
        }
        let needs = Needs::of(client);
        let checked = match &self.own_keys {
            None if !needs.is_empty() => return Err(keys_missing(name, &needs)),
            None => client.check(),
            Some(keys) => match keys.given() {
                Some(given) => client.clone().private_keys(Arc::clone(given)).check(),
                // Those that we make are there when they are needed.
                None => client.check().or_else(|reason| if lacks_a_key(&reason) { Ok(()) } else { Err(reason) }),
            },
        };
        checked.map_err(|reason| ConfigError::new(format!("provider.{name}"), reason.to_string()))
    }

    fn check_registration(
        &self,
        name: &str,
        metadata: &ClientMetadata,
        addresses: &Addresses,
    ) -> Result<(), ConfigError> {
        match &self.source {
            // Described metadata says at once whether there is a place to register.
            Source::Described(described) if described.registration_endpoint().is_none() => {
                return Err(ConfigError::new(
                    format!("provider.{name}.metadata"),
                    "it has no registration_endpoint, and there is no client_id",
                )
                .remedy("add the endpoint, or give a client_id that you registered by hand"));
            }
            _ => {}
        }
        let asked = self.asked_client(metadata, addresses);
        asked.check().map_err(|reason| ConfigError::new(format!("provider.{name}.registration"), reason.to_string()))
    }

    fn check_request_objects(&self, name: &str, addresses: &Addresses) -> Result<(), ConfigError> {
        let refuse = |problem: &str| ConfigError::new(format!("provider.{name}.request_objects"), problem);
        let is_signed = match &self.client {
            ClientSource::Given(client) => client.signs_request_objects_with().is_some(),
            ClientSource::Registers(metadata) => {
                matches!(metadata.signs_request_objects(), Some(RequestObjectSigning::With(_)))
            }
        };
        let registers = matches!(self.client, ClientSource::Registers(_));
        if self.request_objects.is_unsigned() {
            if is_signed {
                return Err(refuse("they are unsigned, and request_object_signing_alg says how they are signed")
                    .remedy("keep the one or the other"));
            }
        } else if self.request_objects.is_asked_for() && !is_signed && !registers {
            return Err(refuse("there is no request_object_signing_alg")
                .remedy("say what was registered, such as RS256, by Client::request_object_signing_alg"));
        }
        // Core 6.2
        if self.request_objects.may_be_fetched() && addresses.request_uri.len() + HOSTED_ID > MOST_REQUEST_URI {
            return Err(refuse("request_uri would have more than 512 characters")
                .remedy("give a shorter base URL or path_prefix"));
        }
        Ok(())
    }

    /// The method of authentication that shows a certificate (RFC 8705 2), if it is that.
    pub(crate) fn method_by_certificate(&self) -> Option<TokenEndpointAuthMethod> {
        use TokenEndpointAuthMethod::{SelfSignedTlsClientAuth, TlsClientAuth};
        let method = match &self.client {
            ClientSource::Given(client) => client.authenticates_by(),
            ClientSource::Registers(metadata) => metadata.authenticates_by(),
        };
        method.filter(|method| matches!(method, TlsClientAuth | SelfSignedTlsClientAuth))
    }
}

fn keys_missing(name: &str, needs: &Needs) -> ConfigError {
    ConfigError::new(format!("provider.{name}.keys"), format!("there are none, and what was agreed on needs {needs}"))
        .remedy(format!(
            "give .keys(OwnKeys::from_jwks(..)?), with a settings file jwks_file; or .keys(OwnKeys::made()), and register \
             /auth/jwks/{name} below the base URL as the jwks_uri"
        ))
}

/// Whether a client can work but for a private key.
fn lacks_a_key(reason: &InvalidClient) -> bool {
    matches!(
        reason,
        InvalidClient::SigningKeyMissing
            | InvalidClient::NoSigningKeyFor { .. }
            | InvalidClient::NoDecryptionKeyFor { .. }
    )
}
