//! What is decided of somebody who asks for a page.

use vestibule_core::claims::ClaimsMismatch;

use super::{Level, Said, Target, rule};
use crate::{error::chain, provider::ProviderError, session::Session};

/// What was decided of somebody who asked for a page, when they were not let in.
#[derive(Debug)]
pub(crate) enum Gate<'a> {
    /// They get 401, and are told where to sign in.
    LoginRequired {
        /// With whom, where that is said.
        provider: Option<&'a str>,
        /// Why they are not sent there.
        reason: &'static str,
    },
    /// The page is for those who signed in with another provider.
    OtherProvider {
        /// Which one.
        wanted: &'a str,
        /// Theirs.
        session: &'a Session,
    },
    /// The application's predicate does not hold.
    NotByTheirClaims(&'a Session),
    /// What they were just asked for at the provider did not come.
    NotStrongEnough(&'a Session),
    /// There is no access token for the handler, and nobody can be shown a page about it.
    NoAccessToken {
        /// Whose it would be.
        provider: Option<&'a str>,
        /// Why there is none.
        error: &'a ProviderError,
    },
    /// Their claims are not what the handler takes.
    ClaimsDoNotFit {
        /// Whose.
        session: &'a Session,
        /// In what.
        mismatch: &'a ClaimsMismatch,
    },
}

impl Gate<'_> {
    pub(super) fn say(&self) -> Said<'_> {
        let said = |decision, level, message, rule: &'static str, reason: String| Said {
            decision,
            target: Target::Gate,
            level,
            message,
            rule: rule.into(),
            reason: reason.into(),
            provider: self.provider(),
            kind: None,
            diagnosis: None,
        };
        let not_allowed = |decision, level, rule, reason| said(decision, level, "not allowed", rule, reason);
        match self {
            Self::LoginRequired { reason, .. } => {
                said("login_required", Level::Debug, "told to sign in", "RFC 9110 15.5.2", (*reason).to_owned())
            }
            Self::OtherProvider { wanted, .. } => not_allowed(
                "other_provider_required",
                Level::Info,
                "require_login().provider(..)",
                format!("the page is for people who sign in with {wanted}"),
            ),
            Self::NotByTheirClaims(_) => not_allowed(
                "claims_refused",
                Level::Info,
                "require_login().claims(..)",
                "the predicate does not hold for their claims".to_owned(),
            ),
            Self::NotStrongEnough(_) => not_allowed(
                "sign_in_not_strong_enough",
                Level::Info,
                "RFC 9470 4",
                "the provider was asked for the acr or the age that the page demands, and did not give it".to_owned(),
            ),
            Self::NoAccessToken { error, .. } => Said {
                target: Target::Tokens,
                rule: rule::of_provider_error(error),
                ..said("access_token_unavailable", Level::Warn, "no access token", "", chain(*error))
            },
            Self::ClaimsDoNotFit { mismatch, .. } => {
                not_allowed("claims_do_not_fit", Level::Warn, "Claims<T>", mismatch.to_string())
            }
        }
    }

    /// Whose session it is, where somebody is signed in.
    pub(super) fn session(&self) -> Option<&Session> {
        match self {
            Self::LoginRequired { .. } | Self::NoAccessToken { .. } => None,
            Self::OtherProvider { session, .. }
            | Self::NotByTheirClaims(session)
            | Self::NotStrongEnough(session)
            | Self::ClaimsDoNotFit { session, .. } => Some(session),
        }
    }

    fn provider(&self) -> Option<&str> {
        match self {
            Self::LoginRequired { provider, .. } | Self::NoAccessToken { provider, .. } => *provider,
            _ => self.session().map(|session| session.provider.name()),
        }
    }
}
