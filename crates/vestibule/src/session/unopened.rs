//! Why a session that somebody came with was not opened: for the record, once it is known that it was not.

use super::cookie::Cookies;
use crate::{door::Door, session::keeping::Keeping};

/// Why there is no session, though a cookie says that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unopened {
    #[error(
        "the session's cookie does not open: it is of another secret key, base URL or version, incomplete, or changed by somebody"
    )]
    Sealed,
    #[error("the session is of a provider or a version that these settings do not have")]
    Unknown,
    #[error("nothing was done in it for longer than the idle limit")]
    Idle,
    #[error("it is as old as a session may become")]
    Over,
    #[error("a logout ended it")]
    Ended,
    #[error("the store has no such session: it was ended, or is over")]
    NotInStore,
}

impl Unopened {
    /// Whether whoever likes can come with such a one.
    pub(crate) const fn is_anybodys(self) -> bool {
        matches!(self, Self::Sealed | Self::Unknown)
    }

    /// By what it is none.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Sealed | Self::Unknown => "secret_key",
            Self::Idle => "session.idle",
            Self::Over => "session.lifetime",
            Self::Ended => "a logout ends the sessions before it",
            Self::NotInStore => "sessions.store",
        }
    }
}

impl Door {
    /// Why these cookies led to no session; `None` where they do not claim to. The store is not asked again.
    pub(super) fn why_unopened(&self, cookies: &Cookies<'_>) -> Option<Unopened> {
        if cookies.session_places() == 0 {
            return None;
        }
        if let Keeping::Store(_) = self.keeping {
            return Some(if cookies.session_secret().is_some() { Unopened::NotInStore } else { Unopened::Sealed });
        }
        let opened =
            cookies.session().and_then(|sealed| self.seals.session.open(&self.session_context, sealed.as_bytes()));
        let Some(payload) = opened else { return Some(Unopened::Sealed) };
        let Some(session) = self.read_payload(payload) else { return Some(Unopened::Unknown) };
        let now = self.now();
        Some(match session.times.are_over(now) {
            false => Unopened::Ended,
            true if session.times.ends_at > now => Unopened::Idle,
            true => Unopened::Over,
        })
    }
}
