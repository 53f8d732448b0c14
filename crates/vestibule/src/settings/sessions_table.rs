//! `[sessions]`: where sessions live, and where it is kept which of them were ended.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use vestibule_core::Secret;

use super::{
    Span,
    secrets::{Environment, secret},
};
use crate::{
    builder::Builder,
    config_error::ConfigError,
    error::chain,
    session_store::{MemoryStore, SessionStore, StoreByUrl},
    store::StoreError,
};

/// The table. A URL may have a password in it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SessionsTable {
    store: Option<Secret<String>>,
    store_file: Option<PathBuf>,
    marks: Option<Secret<String>>,
    marks_file: Option<PathBuf>,
    timeout: Option<Span>,
    cache: Option<Span>,
}

/// Opens the stores of some schemes.
#[derive(Clone, Copy)]
pub(super) struct Opener {
    schemes: &'static [&'static str],
    open: fn(&str) -> Result<Arc<dyn SessionStore>, StoreError>,
}

impl SessionsTable {
    pub(super) const KEYS: [&'static str; 6] = ["store", "store_file", "marks", "marks_file", "timeout", "cache"];

    /// The builder with what the table says.
    pub(super) fn apply(
        &self,
        builder: Builder,
        openers: &[Opener],
        folder: &Path,
        environment: Environment<'_>,
    ) -> Result<Builder, ConfigError> {
        let place = |setting: &str, given: &Option<Secret<String>>, file: &Option<PathBuf>| {
            let variable = format!("VESTIBULE_SESSIONS_{}", setting.to_ascii_uppercase());
            let file = file.as_ref().map(|path| folder.join(path));
            secret(&format!("sessions.{setting}"), given.as_ref(), file.as_deref(), &variable, environment)
        };
        let builder = match place("store", &self.store, &self.store_file)? {
            None => builder,
            Some(store) => match store.expose().as_str() {
                "cookie" => builder,
                "memory" => builder.sessions(MemoryStore::new()),
                url => builder.sessions(open("sessions.store", "`cookie`, `memory`, or ", url, openers)?),
            },
        };
        let builder = match place("marks", &self.marks, &self.marks_file)? {
            None => builder,
            Some(marks) => builder.marks(open("sessions.marks", "", marks.expose(), openers)?),
        };
        let builder = match self.timeout {
            None => builder,
            Some(Span(timeout)) => builder.store_timeout(timeout),
        };
        Ok(match self.cache {
            None => builder,
            Some(Span(cache)) => builder.cache_sessions(cache),
        })
    }
}

impl Opener {
    pub(super) fn of<S: StoreByUrl>() -> Self {
        Self { schemes: S::SCHEMES, open: |url| Ok(Arc::new(S::from_url(url)?)) }
    }
}

/// The store of a URL, of which no more than its scheme is said.
fn open(setting: &str, besides: &str, url: &str, openers: &[Opener]) -> Result<Arc<dyn SessionStore>, ConfigError> {
    let url = url.trim();
    let Some((scheme, _)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        let problem = format!("it must be {besides}the URL of a store, such as redis://127.0.0.1:6379, without quotes");
        let error = ConfigError::new(setting, problem);
        // A URL with something before it may still have a password in it; a word has none.
        let is_a_word = url.chars().all(|char| char.is_ascii_alphabetic());
        return Err(if is_a_word { error.value(url) } else { error });
    };
    let Some(opener) = openers.iter().find(|opener| opener.schemes.contains(&scheme)) else {
        return Err(unknown(setting, scheme, openers));
    };
    (opener.open)(url).map_err(|error| {
        let reason = std::error::Error::source(&error).map_or_else(|| chain(&error), chain);
        ConfigError::new(setting, format!("this {scheme} URL cannot be used: {reason}"))
    })
}

/// RFC 3986 3.1
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
}

fn unknown(setting: &str, scheme: &str, openers: &[Opener]) -> ConfigError {
    let problem = format!("this application knows no store for {scheme} URLs");
    let remedy = match scheme {
        "redis" | "rediss" => "read the settings with `.with_store::<vestibule_redis::RedisStore>()`".to_owned(),
        "postgres" | "postgresql" => {
            "read the settings with `.with_store::<vestibule_sql::PostgresStore>()`".to_owned()
        }
        "sqlite" => "read the settings with `.with_store::<vestibule_sql::SqliteStore>()`".to_owned(),
        _ => {
            let known: Vec<_> = openers.iter().flat_map(|opener| opener.schemes).copied().collect();
            format!("known are {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") })
        }
    };
    ConfigError::new(setting, problem).remedy(remedy)
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("schemes", &self.schemes).finish_non_exhaustive()
    }
}
