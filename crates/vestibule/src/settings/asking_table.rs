//! What every login with a provider asks for, by the wire names (Core 3.1.2.1).

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use toml::Table;
use vestibule_core::{ResponseMode, ResponseType};

use super::provider_table::Context;
use crate::{config_error::ConfigError, provider::Provider};

#[derive(Debug, Deserialize)]
pub(super) struct AskingTable {
    scope: Option<String>,
    response_type: Option<ResponseType>,
    response_mode: Option<ResponseMode>,
    max_age: Option<u32>,
    #[serde(default)]
    acr_values: Vec<String>,
    #[serde(default)]
    essential_acr: Vec<String>,
    claims: Option<Table>,
    #[serde(default)]
    resource: Vec<String>,
    #[serde(default)]
    authorization_parameters: BTreeMap<String, String>,
}

impl AskingTable {
    pub(super) const KEYS: [&str; 9] = [
        "scope",
        "response_type",
        "response_mode",
        "max_age",
        "acr_values",
        "essential_acr",
        "claims",
        "resource",
        "authorization_parameters",
    ];

    /// The provider that is asked for this.
    pub(super) fn added_to(&self, mut provider: Provider, context: Context<'_>) -> Result<Provider, ConfigError> {
        if let Some(scope) = &self.scope {
            provider = provider.scope(scope);
        }
        if let Some(response_type) = self.response_type {
            provider = provider.response_type(response_type);
        }
        if let Some(response_mode) = self.response_mode {
            provider = provider.response_mode(response_mode);
        }
        if let Some(seconds) = self.max_age {
            provider = provider.max_age(Duration::from_secs(seconds.into()));
        }
        if !self.acr_values.is_empty() {
            provider = provider.acr_values(&self.acr_values);
        }
        if !self.essential_acr.is_empty() {
            provider = provider.essential_acr(&self.essential_acr);
        }
        if let Some(claims) = &self.claims {
            let claims = serde_json::to_value(claims)
                .map_err(|error| ConfigError::new(context.setting("claims"), error.to_string()))?;
            provider = provider.claims(claims);
        }
        provider = self.resource.iter().fold(provider, Provider::resource);
        let parameters = self.authorization_parameters.iter();
        Ok(parameters.fold(provider, |provider, (name, value)| provider.authorization_parameter(name, value)))
    }
}
