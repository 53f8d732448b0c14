//! Where a settings file has its secrets, and which of those places others than their owner can read.

use std::path::{Path, PathBuf};

use toml::{Table, Value};
use url::Url;

use super::Settings;

/// Settings that are secrets, wherever they stand.
const SECRETS: [&str; 4] = ["secret_key", "previous_secret_key", "client_secret", "initial_access_token"];
/// Settings that name a file with a secret in it.
const FILES: [&str; 8] = [
    "secret_key_file",
    "previous_secret_key_file",
    "client_secret_file",
    "initial_access_token_file",
    "jwks_file",
    "tls_client_key",
    "store_file",
    "marks_file",
];
/// URLs, which may have a password.
const URLS: [&str; 2] = ["store", "marks"];

/// Where a settings file has its secrets.
#[derive(Debug, Default)]
pub(super) struct SecretPlaces {
    in_the_settings: bool,
    files: Vec<PathBuf>,
    /// The file that the settings are from, if they are from one.
    settings: Option<PathBuf>,
}

impl SecretPlaces {
    pub(super) fn of(file: &Table) -> Self {
        let mut places = Self::default();
        let table = |table: &Value| table.as_table().cloned();
        let providers: Vec<Table> = file
            .get("provider")
            .and_then(Value::as_table)
            .into_iter()
            .flat_map(|all| all.values())
            .filter_map(table)
            .collect();
        let registrations = providers.iter().filter_map(|provider| provider.get("registration").and_then(table));
        let sessions = file.get("sessions").and_then(table);
        for table in [file.clone()].into_iter().chain(sessions).chain(registrations).chain(providers.clone()) {
            places.look_into(&table);
        }
        places
    }

    fn look_into(&mut self, table: &Table) {
        for (key, value) in table {
            let Some(text) = value.as_str() else { continue };
            let has_password = || Url::parse(text).is_ok_and(|url| url.password().is_some());
            self.in_the_settings |= SECRETS.contains(&key.as_str()) || URLS.contains(&key.as_str()) && has_password();
            if FILES.contains(&key.as_str()) {
                self.files.push(PathBuf::from(text));
            }
        }
    }

    /// Those that others than their owner can get at.
    pub(super) fn open_to_others(&self, folder: &Path) -> Vec<PathBuf> {
        let settings = self.settings.iter().filter(|_| self.in_the_settings).cloned();
        let files = self.files.iter().map(|file| folder.join(file));
        let mut open: Vec<PathBuf> = settings.chain(files).filter(|path| is_open_to_others(path)).collect();
        open.dedup();
        open
    }
}

impl Settings {
    /// The file that the text of these settings is from: where it has secrets, and others than its owner can read it, that is said at
    /// start, and by an examination. [`from_file`](Self::from_file) knows it by itself.
    ///
    /// # Example
    /// ```no_run
    /// use std::{fs, path::Path};
    /// use vestibule::Settings;
    ///
    /// let path = Path::new("config/app.toml");
    /// let settings = Settings::from_toml_beside(&fs::read_to_string(path)?, &["app"])?.relative_to("config").kept_in(path);
    /// # let _ = settings;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn kept_in(mut self, file: impl Into<PathBuf>) -> Self {
        self.secrets.settings = Some(file.into());
        self
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    // A file that is not there is another's to complain about.
    std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

/// Who may read a file is said in other words elsewhere.
#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}
