//! What is decided of the end of a session.

use std::borrow::Cow;

use vestibule_core::{Issuer, error::InvalidLogoutToken};

use super::{Level, Said, Target, rule};
use crate::{error::chain, provider::ProviderError, session::Session, store::StoreError};

/// What was decided of the end of a session, or of somebody who asked for one.
#[derive(Debug)]
pub(crate) enum Logout<'a> {
    /// A person signed out.
    SignedOut(&'a Session),
    /// They did, in this browser at least.
    NotEverywhere(&'a StoreError),
    /// The provider's own session goes on.
    ProviderNotTold {
        /// Whose.
        session: &'a Session,
        /// Why.
        error: &'a ProviderError,
    },
    /// Another site asked for it.
    NotAskedFor,
    /// The provider ended sessions by a token.
    ByToken {
        /// Which provider.
        provider: &'a str,
        /// Its stable name, and what is said of it.
        outcome: (&'static str, &'static str),
    },
    /// A logout token is not believed.
    TokenRefused {
        /// Whose it should be.
        provider: Option<&'a str>,
        /// What is wrong with it.
        invalid: &'a InvalidLogoutToken,
    },
    /// What came is no logout token.
    NoToken {
        /// Whose it should be.
        provider: Option<&'a str>,
        /// Why.
        reason: &'static str,
    },
    /// Whether a logout token is to be believed cannot be said.
    TokenNotVerified {
        /// Whose it should be.
        provider: Option<&'a str>,
        /// Why.
        error: &'a ProviderError,
    },
    /// What a logout token asked for was not done.
    TokenNotHeeded {
        /// Whose it is.
        provider: Option<&'a str>,
        /// Why.
        error: &'a StoreError,
    },
    /// Too many logout tokens came.
    TokenPutOff {
        /// Whose they should be.
        provider: Option<&'a str>,
        /// How many is too many.
        reason: &'static str,
    },
    /// The provider ended a session by a frame.
    ByFrame(&'a str),
    /// A frame does not name a session of this browser and provider.
    FrameRefused {
        /// Whose it should be.
        provider: &'a str,
        /// Why.
        reason: &'static str,
    },
    /// Too many frames came.
    FramePutOff(&'a str),
    /// What a frame asked for was not done.
    FrameNotHeeded {
        /// Whose it should be.
        provider: &'a str,
        /// Why.
        error: &'a StoreError,
    },
    /// Whose frame it is cannot be said.
    FrameOfUnknownIssuer {
        /// Whose it should be.
        provider: &'a str,
        /// Why.
        error: &'a ProviderError,
    },
    /// Another site says that the provider's session has changed.
    ChangeNotSeen,
    /// The provider's session has changed, and ours could not be ended.
    ChangeNotHeeded(&'a StoreError),
    /// The provider's session has changed.
    ByChange(&'a Session),
    /// The session that was to be ended could not be, everywhere.
    NotEnded(&'a StoreError),
    /// The application ended one session of a person.
    OneOfThem(&'a Issuer),
    /// The application ended all of them.
    AllOfThem(&'a Issuer),
}

/// The store keeps a session from its end.
const STORE: &str = "RFC 9110 15.6.4";

impl Logout<'_> {
    pub(super) fn say(&self) -> Said<'_> {
        Said {
            decision: self.decision(),
            target: Target::Logout,
            level: self.level(),
            message: self.message(),
            rule: self.rule(),
            reason: self.reason(),
            provider: self.provider(),
            kind: None,
            diagnosis: None,
        }
    }

    const fn decision(&self) -> &'static str {
        match self {
            Self::ByToken { outcome: (decision, _), .. } => decision,
            Self::SignedOut(_) => "signed_out",
            Self::NotEverywhere(_) => "not_signed_out_everywhere",
            Self::ProviderNotTold { .. } => "provider_not_told",
            Self::NotAskedFor => "logout_refused",
            Self::TokenRefused { .. } | Self::NoToken { .. } => "logout_token_refused",
            Self::TokenNotVerified { .. } => "logout_token_not_verified",
            Self::TokenNotHeeded { .. } => "logout_token_not_heeded",
            Self::TokenPutOff { .. } => "logout_token_put_off",
            Self::ByFrame(_) => "ended_by_front_channel",
            Self::FrameRefused { .. } => "front_channel_refused",
            Self::FramePutOff(_) => "front_channel_put_off",
            Self::FrameNotHeeded { .. } => "front_channel_not_heeded",
            Self::FrameOfUnknownIssuer { .. } => "front_channel_not_verified",
            Self::ChangeNotSeen => "session_change_refused",
            Self::ChangeNotHeeded(_) => "session_change_not_heeded",
            Self::ByChange(_) => "ended_by_session_change",
            Self::NotEnded(_) => "session_not_ended",
            Self::OneOfThem(_) => "ended_by_application",
            Self::AllOfThem(_) => "all_ended_by_application",
        }
    }

    const fn level(&self) -> Level {
        match self {
            Self::NotEverywhere(_)
            | Self::TokenNotVerified { .. }
            | Self::TokenNotHeeded { .. }
            | Self::FrameNotHeeded { .. }
            | Self::FrameOfUnknownIssuer { .. }
            | Self::ChangeNotHeeded(_)
            | Self::NotEnded(_) => Level::Error,
            Self::ProviderNotTold { .. }
            | Self::NotAskedFor
            | Self::TokenRefused { .. }
            | Self::NoToken { .. }
            | Self::FrameRefused { .. }
            | Self::ChangeNotSeen => Level::Warn,
            Self::TokenPutOff { .. } | Self::FramePutOff(_) => Level::Debug,
            Self::SignedOut(_)
            | Self::ByFrame(_)
            | Self::ByChange(_)
            | Self::OneOfThem(_)
            | Self::AllOfThem(_)
            | Self::ByToken { .. } => Level::Info,
        }
    }

    const fn message(&self) -> &'static str {
        match self {
            Self::ByToken { outcome: (_, message), .. } => message,
            Self::SignedOut(_) => "signed out",
            Self::NotEverywhere(_) => "the store failed: somebody is signed out in their browser alone",
            Self::ProviderNotTold { .. } => "signed out here; the provider could not be told",
            Self::NotAskedFor => "a logout that another site asked for was refused",
            Self::TokenRefused { .. } | Self::NoToken { .. } => "a logout token was refused",
            Self::TokenNotVerified { .. } => "a logout token could not be verified",
            Self::TokenNotHeeded { .. } => {
                "the store failed: a session that the provider ended may go on until the provider says so again"
            }
            Self::TokenPutOff { .. } => "a logout token was put off",
            Self::ByFrame(_) => "the provider ended a session through the browser",
            Self::FrameRefused { .. } => "a front-channel logout was refused",
            Self::FramePutOff(_) => "too many front-channel logouts of unknown sessions",
            Self::FrameNotHeeded { .. } => "the store failed: a session was not ended",
            Self::FrameOfUnknownIssuer { .. } => "the provider's issuer could not be found: a session was not ended",
            Self::ChangeNotSeen => "the end of a session that another site asked for was refused",
            Self::ChangeNotHeeded(_) => "the store failed: a session was not ended",
            Self::ByChange(_) => "a session ended, since the one at the provider has changed",
            Self::NotEnded(_) => "the session could not be ended everywhere",
            Self::OneOfThem(_) => "one session of a person was ended",
            Self::AllOfThem(_) => "every session of a person was ended",
        }
    }

    fn rule(&self) -> Cow<'static, str> {
        match self {
            Self::SignedOut(_) | Self::ProviderNotTold { .. } | Self::NotAskedFor => "RP-Initiated Logout 2".into(),
            Self::ByToken { .. } => "Back-Channel Logout 2.7".into(),
            Self::TokenRefused { invalid, .. } => rule::of_logout_token(invalid),
            Self::NoToken { .. } => "Back-Channel Logout 2.5".into(),
            Self::TokenNotVerified { error, .. } | Self::FrameOfUnknownIssuer { error, .. } => {
                rule::of_provider_error(error)
            }
            Self::TokenPutOff { .. } | Self::FramePutOff(_) => "RFC 6585 4".into(),
            Self::ByFrame(_) | Self::FrameRefused { .. } => "Front-Channel Logout 2".into(),
            Self::ChangeNotSeen | Self::ByChange(_) => "Session Management 3.1".into(),
            Self::NotEverywhere(_)
            | Self::TokenNotHeeded { .. }
            | Self::FrameNotHeeded { .. }
            | Self::ChangeNotHeeded(_)
            | Self::NotEnded(_) => STORE.into(),
            Self::OneOfThem(_) => "Vestibule::end_session".into(),
            Self::AllOfThem(_) => "Vestibule::log_out_everywhere".into(),
        }
    }

    fn reason(&self) -> Cow<'_, str> {
        match self {
            Self::SignedOut(_) => "the person asked for it".into(),
            Self::NotAskedFor => "the form was of another site".into(),
            Self::ChangeNotSeen => "it was not a page of this site that said so".into(),
            Self::ByToken { outcome: (_, message), .. } => (*message).into(),
            Self::ByFrame(_) => "the frame names the session by iss and sid".into(),
            Self::ByChange(_) => "the provider's frame says so".into(),
            Self::FramePutOff(_) => "they name sessions that nobody knows".into(),
            Self::TokenRefused { invalid, .. } => invalid.to_string().into(),
            Self::NoToken { reason, .. } | Self::TokenPutOff { reason, .. } | Self::FrameRefused { reason, .. } => {
                (*reason).into()
            }
            Self::ProviderNotTold { error, .. }
            | Self::TokenNotVerified { error, .. }
            | Self::FrameOfUnknownIssuer { error, .. } => chain(*error).into(),
            Self::NotEverywhere(error)
            | Self::TokenNotHeeded { error, .. }
            | Self::FrameNotHeeded { error, .. }
            | Self::ChangeNotHeeded(error)
            | Self::NotEnded(error) => chain(*error).into(),
            Self::OneOfThem(issuer) | Self::AllOfThem(issuer) => {
                format!("the application said so, of a person of {issuer}").into()
            }
        }
    }

    fn provider(&self) -> Option<&str> {
        match self {
            Self::SignedOut(session) | Self::ByChange(session) | Self::ProviderNotTold { session, .. } => {
                Some(session.provider.name())
            }
            Self::ByToken { provider, .. }
            | Self::ByFrame(provider)
            | Self::FrameRefused { provider, .. }
            | Self::FramePutOff(provider)
            | Self::FrameNotHeeded { provider, .. }
            | Self::FrameOfUnknownIssuer { provider, .. } => Some(provider),
            Self::TokenRefused { provider, .. }
            | Self::NoToken { provider, .. }
            | Self::TokenNotVerified { provider, .. }
            | Self::TokenNotHeeded { provider, .. }
            | Self::TokenPutOff { provider, .. } => *provider,
            _ => None,
        }
    }
}
