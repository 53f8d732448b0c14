//! What can go wrong, said so that whoever reads it knows what to do, and never with a password in it.

use std::{error::Error, io, sync::Arc};

use redis::{ErrorKind, RedisError};
use vestibule::StoreError;

/// Trouble with the server, or with what it said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    #[error("the server's certificate does not hold, or it does not speak TLS: {0}")]
    Tls(String),
    #[error("the file of the socket may not be opened: {0}")]
    Socket(String),
    #[error("the server lets nobody in by the user and password of the URL: {0}")]
    Refused(String),
    #[error(
        "the user of the URL may not do all that is needed; the rights are in the documentation of vestibule-redis: {0}"
    )]
    Forbidden(String),
    #[error(
        "the server is a node of a cluster, and our keys belong to another one: name that one, or a server that is no cluster"
    )]
    Elsewhere,
    #[error("the server cannot answer just now: {0}")]
    Busy(String),
    #[error("the server refused: {0}")]
    Said(String),
    #[error("what answers is not Redis, or not 6.2 or later: {0}")]
    Foreign(String),
    #[error(
        "there is a record under one of our keys that is not ours; another application must have another prefix or database: {0}"
    )]
    ForeignRecord(&'static str),
    #[error("the store was asked outside of a tokio runtime")]
    NoRuntime,
    #[error("the clock of this machine is beyond the year 2242")]
    Clock,
    #[error("somebody's sessions change faster than they can be read")]
    Restless,
    #[error("the server is version {0}, and 6.2 or later is needed")]
    Old(String),
    #[error("the server is a replica and may only be read: name the one that it copies")]
    Replica,
    #[error(
        "the server would forget sign-outs when its memory is full: set `maxmemory-policy noeviction` (it is `{0}`), or no `maxmemory`; \
         or say `RedisStore::from_url(..)?.insecure_evicting_server().checked().await?`"
    )]
    Evicts(String),
}

/// What is wrong with a setting. None of it repeats the setting: there may be a password in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Setting {
    #[error(
        "this is no URL of a Redis: write redis://host:6379, redis://user:password@host/0, rediss://host (TLS) or \
         redis+unix:///path/of/socket"
    )]
    Url,
    #[error("the URL of the Redis names no host: write redis://host:6379")]
    Host,
    #[error(
        "the database in the URL of the Redis is not a number: write redis://host:6379/0, or redis+unix:///path?db=0"
    )]
    Database,
    #[error(
        "the URL of the Redis has a fragment (`#..`), which means nothing here: a certificate is checked in any case"
    )]
    Fragment,
    #[error(
        "the URL of the Redis has parameters (`?..`) that mean nothing here: redis+unix:// has `db`, `user` and `pass`, and rediss:// \
         has `vestibule_ca`, once"
    )]
    Parameters,
    #[error(
        "the host, user or password in the URL of the Redis cannot be used: no wildcard address, and UTF-8, percent-encoded"
    )]
    Parts,
    #[error("a trusted CA is for TLS: write rediss:// instead of redis://")]
    CaWithoutTls,
    #[error("`vestibule_ca` in the URL of the Redis is the whole path of a file, from `/` on")]
    CaPath,
    #[error("the file that `vestibule_ca` in the URL of the Redis names cannot be read: {0}")]
    CaFile(io::ErrorKind),
    #[error("the trusted CA is no certificate in PEM")]
    Ca,
    #[error("a prefix is 1 to 64 letters and digits, with `-`, `_`, `.` and `:` between them")]
    Prefix,
}

impl Trouble {
    /// Whether it may pass by itself.
    fn passes(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Busy(_) | Self::Restless)
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        if trouble.passes() { Self::transient(trouble) } else { Self::permanent(trouble) }
    }
}

impl From<Setting> for StoreError {
    fn from(setting: Setting) -> Self {
        Self::permanent(setting)
    }
}

impl From<RedisError> for Trouble {
    fn from(error: RedisError) -> Self {
        let said = said(&error);
        match error.kind() {
            ErrorKind::Io => match io_error(&error).map(io::Error::kind) {
                // rustls says what it refuses in this kind.
                Some(io::ErrorKind::InvalidData) => Self::Tls(said),
                Some(io::ErrorKind::PermissionDenied) => Self::Socket(said),
                _ => Self::Unreachable(said),
            },
            // Beyond our own parsing, only a name that has no address is left of these.
            ErrorKind::InvalidClientConfig => Self::Unreachable(said),
            ErrorKind::Client if said.contains(crate::connection::NO_RUNTIME) => Self::NoRuntime,
            ErrorKind::AuthenticationFailed => Self::Refused(said),
            ErrorKind::Parse | ErrorKind::RESP3NotSupported | ErrorKind::UnexpectedReturnType => Self::Foreign(said),
            _ => by_code(code(&error).as_deref().unwrap_or_default(), said),
        }
    }
}

/// Trouble by what the server's answer begins with.
fn by_code(code: &str, said: String) -> Trouble {
    match code {
        "WRONGPASS" | "NOAUTH" => Trouble::Refused(said),
        "NOPERM" => Trouble::Forbidden(said),
        "MOVED" | "ASK" | "CROSSSLOT" => Trouble::Elsewhere,
        "LOADING" | "BUSY" | "READONLY" | "OOM" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN" | "MISCONF"
        | "NOREPLICAS" | "UNKILLABLE" => Trouble::Busy(said),
        "FOREIGN" | "WRONGTYPE" => Trouble::ForeignRecord("it is of another type or shape"),
        // A script says this without a code of its own.
        _ if said.contains("The user executing the script") => Trouble::Forbidden(said),
        _ if said.contains("max number of clients") => Trouble::Busy(said),
        _ => Trouble::Said(said),
    }
}

/// The code of what the server answered, of the first of several questions where there were several.
pub(crate) fn code(error: &RedisError) -> Option<String> {
    let several = error.clone().into_server_errors();
    let (code, detail) = match error.code() {
        Some(code) => (code, error.detail()),
        None => several.as_deref()?.first().map(|(_, error)| (error.code(), error.details()))?,
    };
    let inner = detail.filter(|_| code == "ERR").and_then(of_script);
    Some(inner.unwrap_or(code).to_owned())
}

/// The code of an error inside of a script: a server before 7.0 gives all of them `ERR`, and has their own after the number of the
/// line, which it says once where a command failed, and twice, differently, where it was not begun.
fn of_script(detail: &str) -> Option<&str> {
    let (_, place) = detail.strip_prefix("Error running script")?.rsplit_once("@user_script:")?;
    let (_, said) = place.split_once(": ")?;
    said.trim_start_matches('-').split_whitespace().next()
}

/// What the server said, made fit for a log: on one line, not long, and without the arguments of a command that some servers repeat,
/// of which a password may be one.
fn said(error: &RedisError) -> String {
    let text = error.to_string();
    let kept = text.split_once("with args beginning with").map_or(text.as_str(), |(kept, _)| kept);
    kept.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect::<String>()
        .trim_end_matches([' ', ','])
        .to_owned()
}

/// The error of the system that is behind one of the client's.
fn io_error(error: &RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    source.downcast_ref::<io::Error>().or_else(|| source.downcast_ref::<Arc<dyn Error + Send + Sync>>()?.downcast_ref())
}

#[cfg(test)]
mod tests;
