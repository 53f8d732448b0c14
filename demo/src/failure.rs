//! What keeps the demo from starting: said in one line, with what to do about it.

use std::{error::Error, fmt, io, net::SocketAddr, path::PathBuf};

use vestibule::{ConfigError, StoreError};

use crate::pages::PageError;

/// Why the demo ended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The address can be reached from other machines, and anybody could be anybody.
    ReachableByOthers(SocketAddr),
    /// The same address, and a clock that is not the system's.
    FastClock(SocketAddr),
    /// The address cannot be listened on.
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The settings file cannot be read.
    SettingsFile {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A setting of the library is wrong.
    Setting(ConfigError),
    /// Where sessions are to live cannot be, in a demo without all stores.
    Store(ConfigError),
    /// The store of sessions will never do its work.
    SessionStore(StoreError),
    /// A setting of the demo's own table is wrong.
    DemoTable(String),
    /// A page is wrong.
    Page(PageError),
    /// A server ended.
    Serve(io::Error),
}

impl Failure {
    /// 2 for what the command line or the settings ask for, 1 for what happened on the way.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::ReachableByOthers(_)
            | Self::SettingsFile { .. }
            | Self::Setting(_)
            | Self::Store(_)
            | Self::SessionStore(_)
            | Self::DemoTable(_) => 2,
            Self::Listen { .. } | Self::Page(_) | Self::Serve(_) => 1,
            Self::FastClock(_) => 2,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReachableByOthers(address) => write!(
                f,
                "--listen {address}: other machines can reach this address, and without --settings anybody can sign in as \
                 anybody; choose a loopback address such as 127.0.0.1:{}, or give --settings",
                address.port()
            ),
            Self::FastClock(address) => write!(
                f,
                "--clock: other machines can reach {address}, and a clock that runs fast is for tests on one machine; leave it \
                 out, or listen on a loopback address"
            ),
            Self::Listen { address, source, remedy } => {
                write!(f, "cannot listen on {address} ({}): {remedy}", reason(source))
            }
            Self::SettingsFile { path, source } => {
                write!(f, "--settings {}: the file cannot be read ({source})", path.display())
            }
            Self::Setting(error) => write!(f, "settings: {error}"),
            Self::Store(error) => write!(
                f,
                "settings: {error} (the demo has the stores that it is built with: cargo run --features redis,sql -- ..)"
            ),
            Self::SessionStore(error) => write!(f, "settings: sessions: {}", chain(error)),
            Self::DemoTable(problem) => write!(f, "settings: {problem}"),
            Self::Page(error) => error.fmt(f),
            Self::Serve(error) => write!(f, "the server ended ({error})"),
        }
    }
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let (mut text, mut source) = (error.to_string(), error.source());
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "address in use".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have the address".to_owned(),
        io::ErrorKind::PermissionDenied => "not permitted; ports below 1024 need privileges".to_owned(),
        _ => error.to_string(),
    }
}

impl Error for Failure {}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Setting(error)
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}
