//! One `[provider.NAME]` of the file: which provider, and who we are there.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::Table;
use vestibule_core::{Client, ClientMetadata, ProviderMetadata, Secret, UserInfoMethod};

use super::{
    Span,
    agreement_table::{AgreementTable, Unsigned},
    asking_table::AskingTable,
    read,
    registration_table::RegistrationTable,
    secrets::{Environment, secret},
};
use crate::{
    config_error::ConfigError,
    provider::{ClientSource, OwnKeys, Provider, RequestObjects},
};

#[derive(Debug, Deserialize)]
pub(super) struct ProviderTable {
    issuer: Option<String>,
    webfinger: Option<String>,
    metadata: Option<MetadataTable>,
    client_id: Option<String>,
    client_secret: Option<Secret<String>>,
    client_secret_file: Option<PathBuf>,
    registration: Option<RegistrationTable>,
    #[serde(flatten)]
    agreement: AgreementTable,
    #[serde(flatten)]
    asking: AskingTable,
    userinfo: Option<UserInfoMethod>,
    clock_skew: Option<i64>,
    redirect_path: Option<String>,
    refresh_token_reuse_grace: Option<Span>,
    #[serde(default)]
    require_logout_token_type: bool,
    tls_client_certificate: Option<PathBuf>,
    tls_client_key: Option<PathBuf>,
    jwks_file: Option<PathBuf>,
    own_keys: Option<bool>,
    own_keys_lifetime: Option<Span>,
    request_object: Option<Way>,
    #[serde(default)]
    distributed_claims: bool,
    #[serde(default)]
    initiate_login: bool,
    #[serde(default)]
    trusted_audiences: Vec<String>,
    tenants: Option<Vec<String>>,
}

/// How request objects get to the provider (Core 6).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    ByValue,
    ByReference,
}

/// What reading a table needs to know: its name, and where secrets may be.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) name: &'a str,
    pub(super) folder: &'a Path,
    pub(super) environment: Environment<'a>,
}

impl Context<'_> {
    pub(super) fn setting(&self, key: &str) -> String {
        format!("provider.{}.{key}", self.name)
    }

    /// A secret of this provider: given, in a file, or in the variable `VESTIBULE_NAME_KEY`.
    pub(super) fn secret(
        &self,
        key: &str,
        given: Option<&Secret<String>>,
        file: Option<&Path>,
    ) -> Result<Option<Secret<String>>, ConfigError> {
        let leaf = key.rsplit('.').next().unwrap_or(key);
        let variable = format!("VESTIBULE_{}_{leaf}", self.name.replace('-', "_")).to_ascii_uppercase();
        let file = file.map(|path| self.folder.join(path));
        secret(&self.setting(key), given, file.as_deref(), &variable, self.environment)
    }
}

impl ProviderTable {
    pub(super) fn provider(&self, context: Context<'_>) -> Result<Provider, ConfigError> {
        let client = self.client_source(context)?;
        let setting = |key| context.setting(key);
        let mut provider = match (&self.issuer, &self.metadata, &self.webfinger) {
            (Some(issuer), None, None) => {
                Provider::discovered(issuer, client).map_err(|error| error.named(setting("issuer")))?
            }
            (None, Some(metadata), None) => Provider::described(described(&setting("metadata"), &metadata.0)?, client),
            (None, None, Some(identifier)) => {
                Provider::webfinger(identifier, client).map_err(|error| error.named(setting("webfinger")))?
            }
            (None, None, None) => {
                return Err(ConfigError::new(setting("issuer"), "it is not set")
                    .remedy("give the provider's issuer, a metadata table, or an identifier for webfinger"));
            }
            (Some(_), Some(_), _) => {
                return Err(ConfigError::new(setting("issuer"), "there is a metadata table too")
                    .remedy("put the issuer into the table, or leave the table out"));
            }
            (Some(_), None, Some(_)) | (None, Some(_), Some(_)) => {
                return Err(ConfigError::new(setting("webfinger"), "the issuer is said already")
                    .remedy("keep one of issuer, metadata and webfinger"));
            }
        };
        if let Some(method) = self.userinfo {
            provider = provider.userinfo(method);
        }
        if let Some(path) = &self.redirect_path {
            provider = provider.redirect_path(path);
        }
        if let Some(grace) = self.refresh_token_reuse_grace {
            provider = provider.refresh_token_reuse_grace(grace.0);
        }
        if self.require_logout_token_type {
            provider = provider.require_logout_token_type();
        }
        if self.initiate_login {
            provider = provider.initiate_login();
        }
        if let Some(tenants) = &self.tenants {
            provider = provider.tenants(tenants.iter().map(String::as_str));
        }
        if self.distributed_claims {
            provider = provider.distributed_claims();
        }
        provider = match self.request_object {
            Some(Way::ByValue) => provider.request_objects(RequestObjects::ByValue),
            Some(Way::ByReference) => provider.request_objects(RequestObjects::ByReference),
            None => provider,
        };
        if let Some(Unsigned) = self.agreement.sends_unsigned_request_objects(context)? {
            provider = provider.insecure_unsigned_request_objects();
        }
        provider = self.with_own_keys(provider, context)?;
        provider = self.with_tls_client_certificate(provider, context)?;
        self.asking.added_to(provider, context)
    }

    /// Keys of our own: in a file, or made by us.
    fn with_own_keys(&self, provider: Provider, context: Context<'_>) -> Result<Provider, ConfigError> {
        match (&self.jwks_file, self.own_keys, self.own_keys_lifetime) {
            (None, None | Some(false), None) => Ok(provider),
            (None, Some(true), None) => Ok(provider.keys(OwnKeys::made())),
            (None, None | Some(true), Some(lifetime)) => Ok(provider.keys(OwnKeys::made_for(lifetime.0))),
            (None, Some(false), Some(_)) => Err(ConfigError::new(
                context.setting("own_keys_lifetime"),
                "it is the lifetime of keys that own_keys = false has nobody make",
            )
            .remedy("leave the one or the other out")),
            (Some(path), None | Some(false), None) => {
                let (setting, path) = (context.setting("jwks_file"), context.folder.join(path));
                let json = Secret::new(read(&setting, &path)?);
                let keys = OwnKeys::from_jwks(json.expose());
                Ok(provider.keys(keys.map_err(|error| error.named(setting).value(path.display()))?))
            }
            (Some(_), _, _) => {
                Err(ConfigError::new(context.setting("jwks_file"), "keys of our own making are asked for too")
                    .remedy("keep jwks_file, or own_keys"))
            }
        }
    }

    /// The certificate and the key, each in a file of its own.
    fn with_tls_client_certificate(&self, provider: Provider, context: Context<'_>) -> Result<Provider, ConfigError> {
        let missing = |key: &str, other: &str| {
            Err(ConfigError::new(context.setting(key), format!("it is not set, and {other} is"))
                .remedy("name both files, or neither"))
        };
        let (certificate, key) = match (&self.tls_client_certificate, &self.tls_client_key) {
            (None, None) => return Ok(provider),
            (Some(_), None) => return missing("tls_client_key", "tls_client_certificate"),
            (None, Some(_)) => return missing("tls_client_certificate", "tls_client_key"),
            (Some(certificate), Some(key)) => (context.folder.join(certificate), context.folder.join(key)),
        };
        let chain = read(&context.setting("tls_client_certificate"), &certificate)?;
        let private = read(&context.setting("tls_client_key"), &key)?;
        provider.tls_client_certificate(chain, private).map_err(|error| {
            let path = if error.setting() == "tls_client_key" { key } else { certificate };
            let setting = context.setting(error.setting());
            error.named(setting).value(path.display())
        })
    }

    fn client_source(&self, context: Context<'_>) -> Result<ClientSource, ConfigError> {
        match (&self.client_id, &self.registration) {
            (Some(client_id), None) => Ok(self.given(client_id, context)?.into()),
            (None, Some(registration)) => Ok(self.registering(registration, context)?.into()),
            (None, None) => Err(ConfigError::new(context.setting("client_id"), "it is not set")
                .remedy("give the id under which the provider knows this application, or a registration table")),
            (Some(_), Some(_)) => {
                Err(ConfigError::new(context.setting("client_id"), "there is a registration table too")
                    .remedy("keep the one or the other"))
            }
        }
    }

    fn given(&self, client_id: &str, context: Context<'_>) -> Result<Client, ConfigError> {
        let secret =
            context.secret("client_secret", self.client_secret.as_ref(), self.client_secret_file.as_deref())?;
        let mut client = match secret {
            Some(secret) => Client::confidential(client_id, secret),
            None => Client::public(client_id),
        };
        if let Some(seconds) = self.clock_skew {
            client = client.clock_skew(seconds);
        }
        client = self.agreement.client(client, context)?;
        Ok(self.trusted_audiences.iter().fold(client, Client::trusted_audience))
    }

    fn registering(&self, table: &RegistrationTable, context: Context<'_>) -> Result<ClientMetadata, ConfigError> {
        self.refuse_what_only_a_given_client_has(context)?;
        self.agreement.metadata(table.metadata(context)?, context)
    }

    /// A setting that does nothing would be a lie.
    fn refuse_what_only_a_given_client_has(&self, context: Context<'_>) -> Result<(), ConfigError> {
        let set = [
            ("client_secret", self.client_secret.is_some()),
            ("client_secret_file", self.client_secret_file.is_some()),
            ("clock_skew", self.clock_skew.is_some()),
            ("trusted_audiences", !self.trusted_audiences.is_empty()),
        ];
        match set.into_iter().chain(self.agreement.only_of_a_given_client()).find(|(_, is_set)| *is_set) {
            Some((key, _)) => {
                Err(ConfigError::new(context.setting(key), "it has no meaning for a client that registers itself")
                    .remedy("leave it out, or give a client_id in the place of the registration table"))
            }
            None => Ok(()),
        }
    }
}

/// The metadata table. Its names alone are printed: in TOML a secret that is written below this heading is in this table.
#[derive(Deserialize)]
#[serde(transparent)]
struct MetadataTable(Table);

impl fmt::Debug for MetadataTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The metadata table is the specification's own JSON in TOML's clothes.
fn described(setting: &str, table: &Table) -> Result<ProviderMetadata, ConfigError> {
    let json = serde_json::to_vec(table).map_err(|error| ConfigError::new(setting, error.to_string()))?;
    ProviderMetadata::from_json(&json).map_err(|invalid| ConfigError::new(setting, invalid.to_string()))
}
