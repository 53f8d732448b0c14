//! Where a secret may come from: the settings, a file of its own, or the environment; never from two places at once.

use std::{fs, path::Path};

use vestibule_core::Secret;

use crate::config_error::ConfigError;

/// How an environment variable is read; tests bring their own.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) fn secret(
    setting: &str,
    given: Option<&Secret<String>>,
    file: Option<&Path>,
    variable: &str,
    environment: Environment<'_>,
) -> Result<Option<Secret<String>>, ConfigError> {
    match (given, file) {
        (Some(_), Some(_)) => {
            Err(ConfigError::new(setting, format!("both {setting} and {setting}_file are set"))
                .remedy("keep one of them"))
        }
        (Some(secret), None) => Ok(Some(secret.clone())),
        (None, Some(path)) => {
            let text = fs::read_to_string(path).map(Secret::new).map_err(|error| {
                ConfigError::new(format!("{setting}_file"), format!("cannot be read: {error}")).value(path.display())
            })?;
            // Editors and `echo` end a file with a newline, which no secret contains.
            Ok(Some(Secret::from(text.expose().trim_end_matches(['\r', '\n']))))
        }
        (None, None) => Ok(environment(variable).filter(|value| !value.is_empty()).map(Secret::new)),
    }
}
