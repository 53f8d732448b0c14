//! The keys that a settings file may have: an unknown one is refused with the nearest that is known.

use serde::Deserialize;
use toml::{Table, Value};

use super::{
    File, agreement_table::AgreementTable, asking_table::AskingTable, misplaced, registration_table::RegistrationTable,
    sessions_table::SessionsTable,
};
use crate::config_error::ConfigError;

pub(super) const TOP: [&str; 17] = [
    "base_url",
    "secret_key",
    "secret_key_file",
    "previous_secret_key",
    "previous_secret_key_file",
    "path_prefix",
    "refuse_cross_site_logins",
    "keep_fragments",
    "development",
    "trusted_ca",
    "outbound_allow",
    "after_logout",
    "default_provider",
    "registration_directory",
    "session",
    "sessions",
    "provider",
];
pub(super) const SESSION: [&str; 5] = ["lifetime", "idle", "until_browser_closes", "silent_renewal", "tokens"];
/// Those of a provider that stand in no part of their own.
pub(super) const PROVIDER: [&str; 22] = [
    "issuer",
    "webfinger",
    "metadata",
    "client_id",
    "client_secret",
    "client_secret_file",
    "registration",
    "userinfo",
    "clock_skew",
    "redirect_path",
    "trusted_audiences",
    "tenants",
    "refresh_token_reuse_grace",
    "require_logout_token_type",
    "tls_client_certificate",
    "tls_client_key",
    "initiate_login",
    "jwks_file",
    "own_keys",
    "own_keys_lifetime",
    "request_object",
    "distributed_claims",
];

/// Refuses the first key that is not a setting.
pub(super) fn check(table: &Table) -> Result<(), ConfigError> {
    check_table("", table, &[&TOP])?;
    if let Some(Value::Table(session)) = table.get("session") {
        check_table("session.", session, &[&SESSION])?;
    }
    if let Some(Value::Table(sessions)) = table.get("sessions") {
        check_table("sessions.", sessions, &[&SessionsTable::KEYS])?;
    }
    if let Some(Value::Table(providers)) = table.get("provider") {
        for (name, provider) in providers {
            if let Value::Table(provider) = provider {
                check_table(
                    &format!("provider.{name}."),
                    provider,
                    &[&PROVIDER, &AskingTable::KEYS, &AgreementTable::KEYS],
                )?;
                misplaced::check(name, provider)?;
                if let Some(Value::Table(registration)) = provider.get("registration") {
                    check_table(
                        &format!("provider.{name}.registration."),
                        &in_one_language(registration),
                        &[&RegistrationTable::KEYS],
                    )?;
                }
            }
        }
    }
    Ok(())
}

/// The table without what is said in a language (Registration 2.1), where the member may be.
fn in_one_language(registration: &Table) -> Table {
    let may_be =
        |key: &str| key.split_once('#').is_some_and(|(name, _)| RegistrationTable::IN_LANGUAGES.contains(&name));
    registration.iter().filter(|(key, _)| !may_be(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn check_table(prefix: &str, table: &Table, known: &[&[&str]]) -> Result<(), ConfigError> {
    let known = known.concat();
    let Some(unknown) = table.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), *name))
        .min()
        .filter(|(distance, name)| *distance <= name.len() / 2);
    let remedy = match nearest {
        Some((_, name)) => format!("did you mean {prefix}{name}?"),
        None => format!("known are {}", known.join(", ")),
    };
    Err(ConfigError::new(format!("{prefix}{unknown}"), "there is no such setting").remedy(remedy))
}

/// Reads the values, table by table, so that an error names where it is. serde's message quotes a value of the wrong type, which
/// might be a secret: only what it expected is said.
pub(super) fn read(table: &Table) -> Result<File, ConfigError> {
    File::deserialize(Value::Table(table.clone())).map_err(|error| {
        let (setting, value) = blamed(table, &error).unwrap_or(("settings".to_owned(), None));
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        let problem = match message.rsplit_once("expected ") {
            Some((_, expected)) => format!("it must be {expected}"),
            None => message,
        };
        let error = ConfigError::new(setting, problem);
        value.into_iter().fold(error, ConfigError::value)
    })
}

/// The setting whose removal makes the file readable, or at least changes what is wrong with it.
fn blamed(table: &Table, error: &toml::de::Error) -> Option<(String, Option<String>)> {
    paths(table).into_iter().find_map(|path| {
        let mut without = table.clone();
        let removed = remove(&mut without, &path)?;
        let blamed = match File::deserialize(Value::Table(without)) {
            Ok(_) => true,
            Err(other) => other.message() != error.message(),
        };
        let shown =
            removed.as_str().filter(|_| !path.last().is_some_and(|key| key.contains("secret"))).map(str::to_owned);
        blamed.then(|| (path.join("."), shown))
    })
}

/// Every key below the top, deepest last; tables of a provider are entered, its own tables are not.
fn paths(table: &Table) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("session" | "sessions", Value::Table(inner)) => {
                paths.extend(inner.keys().map(|inner| vec![key.clone(), inner.clone()]))
            }
            ("provider", Value::Table(providers)) => {
                for (name, provider) in providers {
                    match provider {
                        Value::Table(provider) => {
                            paths.extend(provider.keys().map(|inner| vec![key.clone(), name.clone(), inner.clone()]));
                        }
                        _ => paths.push(vec![key.clone(), name.clone()]),
                    }
                }
            }
            _ => paths.push(vec![key.clone()]),
        }
    }
    paths
}

fn remove(table: &mut Table, path: &[String]) -> Option<Value> {
    match path {
        [] => None,
        [key] => table.remove(key),
        [key, rest @ ..] => remove(table.get_mut(key)?.as_table_mut()?, rest),
    }
}
