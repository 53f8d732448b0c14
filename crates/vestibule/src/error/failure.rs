//! Why a login did not come to its end, exactly: for the log.

use std::fmt;

use serde::{Deserialize, Serialize};
use vestibule_core::{
    Misbehaviour, NumericDate, ProtocolError,
    error::{Excerpt, Unsolicited},
};

use super::{Diagnosis, LoginErrorKind};
use crate::{
    form::NoForm,
    new_login::Refusal,
    provider::ProviderError,
    session::{
        begun::TooBig,
        cookie::{CHUNK_BYTES, MOST_CHUNKS},
        keeping::NotBegun,
        visit::StoreFailed,
    },
    store::StoreError,
};

/// Why a login did not come to its end, exactly: for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginFailure {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// What was posted to the redirect URI cannot be read.
    #[error(transparent)]
    NoForm(NoForm),
    #[error("the application refused: {}", .0.to_string().escape_default())]
    Refused(Refusal),
    #[error("{0}")]
    TooBig(TooBig),
    #[error("the person was logged out while they signed in")]
    LoggedOut,
    /// Whoever let them in would send them round in circles.
    #[error("the session_expiry of the ID Token lies in the past")]
    OverAlready,
    #[error("there is no session that a silent login could renew")]
    NothingToRenew,
    #[error("somebody else is signed in at the provider now")]
    SomebodyElse,
    /// The next one would too.
    #[error("three sign-ins, one after the other, did not last until the next page")]
    Looping(Diagnosis),
}

/// Why a response is of no use that was good once. It travels in the record of an error, for a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stale {
    /// It came to a browser that knows nothing of its login.
    Unknown,
    /// It came too late.
    Late {
        begun_at: i64,
    },
    Used,
}

impl From<Stale> for LoginFailure {
    fn from(stale: Stale) -> Self {
        match stale {
            Stale::Unknown => Unsolicited::UnknownAttempt,
            Stale::Late { begun_at } => Unsolicited::Expired { begun_at: NumericDate::from_seconds(begun_at) },
            Stale::Used => Unsolicited::Used,
        }
        .into()
    }
}

impl fmt::Display for TooBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, claims_bytes, tokens_bytes, largest } = self;
        let most = CHUNK_BYTES * MOST_CHUNKS;
        write!(
            f,
            "the session needs {bytes} bytes of cookies, and {most} are the most: {claims_bytes} bytes of claims"
        )?;
        for (at, (name, size)) in largest.iter().enumerate() {
            let name = Excerpt::new(name);
            write!(f, "{}{name} {size}", if at == 0 { " (the largest: " } else { ", " })?;
        }
        let close = if largest.is_empty() { "" } else { ")" };
        write!(f, "{close}, {tokens_bytes} bytes of tokens, and the seal; ask for a smaller scope")
    }
}

impl From<NotBegun> for LoginFailure {
    fn from(not_begun: NotBegun) -> Self {
        match not_begun {
            NotBegun::TooBig(too_big) => Self::TooBig(too_big),
            NotBegun::LoggedOut => Self::LoggedOut,
            NotBegun::Store(error) => Self::Provider(error.into()),
        }
    }
}

/// A store that fails is not one that has nothing: whoever is signed in is not sent to sign in again.
impl From<StoreFailed> for LoginFailure {
    fn from(StoreFailed: StoreFailed) -> Self {
        Self::Provider(StoreError::transient("who is signed in is unknown").into())
    }
}

impl From<ProtocolError> for LoginFailure {
    fn from(error: ProtocolError) -> Self {
        Self::Provider(error.into())
    }
}

impl From<Unsolicited> for LoginFailure {
    fn from(unsolicited: Unsolicited) -> Self {
        ProtocolError::from(unsolicited).into()
    }
}

impl From<Misbehaviour> for LoginFailure {
    fn from(misbehaviour: Misbehaviour) -> Self {
        ProtocolError::from(misbehaviour).into()
    }
}

impl LoginFailure {
    pub(crate) fn is_unsolicited(&self) -> bool {
        self.kind() == LoginErrorKind::Unsolicited
    }

    /// Why a new login would probably do what this one could not, if it would.
    pub(crate) fn stale(&self) -> Option<Stale> {
        let Self::Provider(ProviderError::Protocol(ProtocolError::Unsolicited(unsolicited))) = self else {
            return None;
        };
        match unsolicited {
            Unsolicited::UnknownAttempt => Some(Stale::Unknown),
            Unsolicited::Expired { begun_at } => Some(Stale::Late { begun_at: begun_at.seconds() }),
            Unsolicited::Used => Some(Stale::Used),
            _ => None,
        }
    }

    /// Whether the browser brought no cookie of the login that its response was for.
    pub(crate) fn is_of_unknown_attempt(&self) -> bool {
        let unknown = ProtocolError::Unsolicited(Unsolicited::UnknownAttempt);
        matches!(self, Self::Provider(ProviderError::Protocol(error)) if *error == unknown)
    }

    /// After how many seconds another try makes sense: at most 30.
    pub(super) fn retry_after(&self) -> Option<u8> {
        match self {
            Self::Provider(error) => error.retry_after(),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> LoginErrorKind {
        match self {
            Self::Provider(ProviderError::Unreachable(_) | ProviderError::Unavailable(_)) => {
                LoginErrorKind::Unreachable
            }
            Self::Provider(ProviderError::Store(_) | ProviderError::Keys(_)) => LoginErrorKind::Store,
            Self::Provider(ProviderError::Client(_)) => LoginErrorKind::Misbehaved,
            Self::Provider(ProviderError::Protocol(error)) => match error {
                ProtocolError::Denied(response) if response.is_access_denied() => LoginErrorKind::Cancelled,
                ProtocolError::Denied(_) => LoginErrorKind::Denied,
                ProtocolError::Unsolicited(_) => LoginErrorKind::Unsolicited,
                _ => LoginErrorKind::Misbehaved,
            },
            Self::Refused(_) => LoginErrorKind::Refused,
            Self::OverAlready => LoginErrorKind::Misbehaved,
            // Whoever was logged out meanwhile may start again.
            Self::NoForm(_) | Self::LoggedOut | Self::NothingToRenew | Self::SomebodyElse => {
                LoginErrorKind::Unsolicited
            }
            Self::TooBig(_) => LoginErrorKind::TooBig,
            Self::Looping(_) => LoginErrorKind::Looping,
        }
    }
}
