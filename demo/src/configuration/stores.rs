//! The stores of sessions that this demo was built with.

use vestibule::{ConfigError, Settings};

use crate::failure::Failure;

/// The settings with the URLs of these stores known.
pub(super) fn known_to(settings: Settings) -> Settings {
    #[cfg(feature = "redis")]
    let settings = settings.with_store::<vestibule_redis::RedisStore>();
    #[cfg(feature = "sql")]
    let settings = settings.with_store::<vestibule_sql::PostgresStore>().with_store::<vestibule_sql::SqliteStore>();
    settings
}

/// A store that is not known may be one that this demo was only not built with.
pub(super) fn wrong(error: ConfigError) -> Failure {
    let is_complete = cfg!(all(feature = "redis", feature = "sql"));
    match error.setting() {
        "sessions.store" | "sessions.marks" if !is_complete => Failure::Store(error),
        _ => Failure::Setting(error),
    }
}
