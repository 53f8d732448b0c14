//! What is wrong with the settings: found at start, never at a request.

use std::fmt;

/// A setting that cannot be used: which one, what is wrong with it, and what to do.
///
/// # Example
/// ```
/// use vestibule::{SecretKey, Vestibule};
///
/// let error = Vestibule::builder("http://app.example.com").secret_key(SecretKey::generate()).build().unwrap_err();
/// assert_eq!(error.setting(), "base_url");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    setting: String,
    value: Option<String>,
    problem: String,
    remedy: Option<String>,
}

impl ConfigError {
    pub(crate) fn new(setting: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { setting: setting.into(), value: None, problem: problem.into(), remedy: None }
    }

    /// The value as it was given. Never for secrets.
    pub(crate) fn value(self, value: impl fmt::Display) -> Self {
        Self { value: Some(vestibule_core::error::Excerpt::new(&value.to_string()).to_string()), ..self }
    }

    pub(crate) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// The same under the name that the settings file has for it.
    pub(crate) fn named(self, setting: impl Into<String>) -> Self {
        Self { setting: setting.into(), ..self }
    }

    /// The name of the setting, as the settings file has it (`provider.corp.issuer`).
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.setting)?;
        if let Some(value) = &self.value {
            write!(f, " = '{value}'")?;
        }
        write!(f, ": {}", self.problem)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}
