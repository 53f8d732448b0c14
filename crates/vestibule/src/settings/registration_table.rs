//! `[provider.NAME.registration]`: a client that registers itself, by the wire names (Registration 2).

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

use serde::Deserialize;
use toml::Value;
use vestibule_core::{
    ClientMetadata, Secret,
    registration::{ApplicationType, SubjectType, TlsClientAuthSubject},
};

use super::provider_table::Context;
use crate::config_error::ConfigError;

#[derive(Debug, Deserialize)]
pub(super) struct RegistrationTable {
    client_name: String,
    #[serde(default)]
    contacts: Vec<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    application_type: Option<Application>,
    #[serde(default)]
    grant_types: Vec<Grant>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    subject_type: Option<SubjectType>,
    sector_identifier_uri: Option<String>,
    default_max_age: Option<u64>,
    #[serde(default)]
    require_auth_time: bool,
    #[serde(default)]
    default_acr_values: Vec<String>,
    #[serde(default)]
    require_signed_request_object: bool,
    tls_client_auth_subject_dn: Option<String>,
    tls_client_auth_san_dns: Option<String>,
    tls_client_auth_san_uri: Option<String>,
    tls_client_auth_san_ip: Option<IpAddr>,
    tls_client_auth_san_email: Option<String>,
    #[serde(default)]
    tls_client_certificate_bound_access_tokens: bool,
    software_id: Option<String>,
    software_version: Option<String>,
    software_statement: Option<Secret<String>>,
    initial_access_token: Option<Secret<String>>,
    initial_access_token_file: Option<PathBuf>,
    /// Members with a language, such as `client_name#ja` (Registration 2.1), and nothing else: other keys were refused before.
    #[serde(flatten)]
    localized: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Application {
    Web,
    Native,
}

/// What may be granted besides what the response type needs, which is asked for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Grant {
    RefreshToken,
}

type Set = fn(ClientMetadata, String) -> ClientMetadata;
type SetIn = fn(ClientMetadata, String, String) -> ClientMetadata;

impl RegistrationTable {
    pub(super) const KEYS: [&str; 27] = [
        "client_name",
        "contacts",
        "client_uri",
        "logo_uri",
        "policy_uri",
        "tos_uri",
        "application_type",
        "grant_types",
        "redirect_uris",
        "post_logout_redirect_uris",
        "subject_type",
        "sector_identifier_uri",
        "default_max_age",
        "require_auth_time",
        "default_acr_values",
        "require_signed_request_object",
        "tls_client_auth_subject_dn",
        "tls_client_auth_san_dns",
        "tls_client_auth_san_uri",
        "tls_client_auth_san_ip",
        "tls_client_auth_san_email",
        "tls_client_certificate_bound_access_tokens",
        "software_id",
        "software_version",
        "software_statement",
        "initial_access_token",
        "initial_access_token_file",
    ];

    /// The members that may be said in several languages, each under its name, `#` and the language's tag.
    pub(super) const IN_LANGUAGES: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];

    pub(super) fn metadata(&self, context: Context<'_>) -> Result<ClientMetadata, ConfigError> {
        let mut metadata = self.contacts.iter().fold(ClientMetadata::new(&self.client_name), ClientMetadata::contact);
        let texts: [(&Option<String>, Set); 7] = [
            (&self.client_uri, ClientMetadata::client_uri),
            (&self.logo_uri, ClientMetadata::logo_uri),
            (&self.policy_uri, ClientMetadata::policy_uri),
            (&self.tos_uri, ClientMetadata::tos_uri),
            (&self.sector_identifier_uri, ClientMetadata::sector_identifier_uri),
            (&self.software_id, ClientMetadata::software_id),
            (&self.software_version, ClientMetadata::software_version),
        ];
        for (value, set) in texts {
            metadata = value.iter().fold(metadata, |metadata, value| set(metadata, value.clone()));
        }
        let lists: [(&[String], Set); 3] = [
            (&self.redirect_uris, ClientMetadata::redirect_uri),
            (&self.post_logout_redirect_uris, ClientMetadata::post_logout_redirect_uri),
            (&self.default_acr_values, ClientMetadata::default_acr_value),
        ];
        for (values, set) in lists {
            metadata = values.iter().fold(metadata, |metadata, value| set(metadata, value.clone()));
        }
        metadata = self.with_choices(metadata);
        metadata = self.with_languages(metadata, context)?;
        metadata = self.with_certificate_subject(metadata, context)?;
        let (given, file) = (self.initial_access_token.as_ref(), self.initial_access_token_file.as_deref());
        let token = context.secret("registration.initial_access_token", given, file)?;
        Ok(token.into_iter().fold(metadata, ClientMetadata::initial_access_token))
    }

    fn with_choices(&self, mut metadata: ClientMetadata) -> ClientMetadata {
        match self.application_type {
            Some(Application::Native) => metadata = metadata.application_type(ApplicationType::Native),
            Some(Application::Web) | None => {}
        }
        if self.grant_types.contains(&Grant::RefreshToken) {
            metadata = metadata.refresh_tokens();
        }
        if let Some(subject_type) = self.subject_type {
            metadata = metadata.subject_type(subject_type);
        }
        if let Some(seconds) = self.default_max_age {
            metadata = metadata.default_max_age(seconds);
        }
        if self.require_auth_time {
            metadata = metadata.require_auth_time();
        }
        if self.require_signed_request_object {
            metadata = metadata.require_signed_request_object();
        }
        if self.tls_client_certificate_bound_access_tokens {
            metadata = metadata.tls_client_certificate_bound_access_tokens();
        }
        match &self.software_statement {
            Some(statement) => metadata.software_statement(statement.clone()),
            None => metadata,
        }
    }

    /// Registration 2.1
    fn with_languages(
        &self,
        mut metadata: ClientMetadata,
        context: Context<'_>,
    ) -> Result<ClientMetadata, ConfigError> {
        let setters: [SetIn; 5] = [
            ClientMetadata::client_name_in,
            ClientMetadata::client_uri_in,
            ClientMetadata::logo_uri_in,
            ClientMetadata::policy_uri_in,
            ClientMetadata::tos_uri_in,
        ];
        for (key, value) in &self.localized {
            let text = value.as_str().ok_or_else(|| {
                ConfigError::new(context.setting(&format!("registration.{key}")), "it must be a string")
            })?;
            let named = key.split_once('#').and_then(|(name, language)| {
                let at = Self::IN_LANGUAGES.iter().position(|known| *known == name)?;
                Some((setters.get(at)?, language))
            });
            if let Some((set, language)) = named {
                metadata = set(metadata, language.to_owned(), text.to_owned());
            }
        }
        Ok(metadata)
    }

    /// RFC 8705 2.1.2: one of them.
    fn with_certificate_subject(
        &self,
        metadata: ClientMetadata,
        context: Context<'_>,
    ) -> Result<ClientMetadata, ConfigError> {
        let mut subjects = [
            self.tls_client_auth_subject_dn.clone().map(TlsClientAuthSubject::Dn),
            self.tls_client_auth_san_dns.clone().map(TlsClientAuthSubject::SanDns),
            self.tls_client_auth_san_uri.clone().map(TlsClientAuthSubject::SanUri),
            self.tls_client_auth_san_ip.map(TlsClientAuthSubject::SanIp),
            self.tls_client_auth_san_email.clone().map(TlsClientAuthSubject::SanEmail),
        ]
        .into_iter()
        .flatten();
        match (subjects.next(), subjects.next()) {
            (None, _) => Ok(metadata),
            (Some(subject), None) => Ok(metadata.tls_client_auth_subject(subject)),
            (Some(_), Some(_)) => Err(ConfigError::new(
                context.setting("registration.tls_client_auth_subject_dn"),
                "another tls_client_auth_ setting names the certificate too (RFC 8705 2.1.2)",
            )
            .remedy("keep one of them")),
        }
    }
}
