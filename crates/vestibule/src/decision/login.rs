//! What is decided of a login.

use vestibule_core::NumericDate;

use super::{Level, Said, Target, rule};
use crate::{
    error::{Diagnosis, LoginErrorKind, LoginFailure, chain},
    provider::ConnectedProvider,
    session::Session,
    wish::Manner,
};

pub(super) const DEPARTED: &str = "sent_to_provider";
pub(super) const SIGNED_IN: &str = "signed_in";

/// What was decided of a login.
#[derive(Debug)]
pub(crate) enum Login<'a> {
    /// The browser is sent to the provider.
    Departed {
        /// With whom.
        provider: &'a ConnectedProvider,
        /// Why.
        manner: Manner,
    },
    /// The browser gets a page that takes the fragment of its address along to the sign-in, with whom, if that is known.
    AskedForItsFragment(Option<&'a str>),
    /// The browser is sent to where a person says with whom they sign in.
    AskedWithWhom,
    /// The address names no provider that there is for this.
    WithNobody,
    /// No login begins: nobody asked who may.
    NotBegun(&'static str),
    /// No login begins that another site asked for.
    NotBegunForOthers {
        /// With whom it would have been.
        provider: &'a ConnectedProvider,
        /// Why not.
        reason: &'static str,
    },
    /// Somebody is signed in.
    SignedIn {
        /// Their session.
        session: &'a Session,
        /// When the browser was sent to the provider.
        begun_at: NumericDate,
    },
    /// Somebody signed in, and is signed in already: in another tab, a moment ago.
    SignedInBeside(&'a Session),
    /// Its response came to nothing, and another login takes its place.
    StartedOver {
        /// Why it came to nothing.
        failure: &'a LoginFailure,
        /// With whom.
        provider: &'a ConnectedProvider,
    },
    /// It did not come to its end.
    Failed {
        /// Why.
        failure: &'a LoginFailure,
        /// What is probably the matter, if that was found out.
        diagnosis: Option<&'a Diagnosis>,
        /// With whom, if that is known.
        provider: Option<&'a ConnectedProvider>,
    },
    /// It did not, but whoever it was for is signed in, and is where they wanted to be.
    LandedAnyway {
        /// Why it did not.
        failure: &'a LoginFailure,
        /// With whom.
        provider: &'a ConnectedProvider,
    },
    /// It did not a moment ago, which was said; by now whoever it was for is signed in, and is where they wanted to be.
    LandedLater(&'a ConnectedProvider),
    /// The provider says that somebody is signed in there no more.
    NoLongerSignedIn(&'a LoginFailure),
    /// It could not be found out whether they still are.
    NotFoundOut {
        /// The session that goes on.
        session: &'a Session,
        /// What went wrong.
        reason: &'a str,
    },
}

impl Login<'_> {
    pub(super) fn say(&self) -> Said<'_> {
        let said = |decision, level, message| Said {
            decision,
            target: Target::Login,
            level,
            message,
            rule: self.rule(),
            reason: self.reason().into(),
            provider: self.provider(),
            kind: None,
            diagnosis: None,
        };
        match self {
            Self::Departed { .. } => said(DEPARTED, Level::Debug, "sent to the provider"),
            Self::AskedForItsFragment(_) => {
                said("fragment_asked_for", Level::Debug, "sent to the sign-in by a page that takes the fragment along")
            }
            Self::AskedWithWhom => said("provider_asked_for", Level::Debug, "sent to choose a provider"),
            Self::WithNobody => said("provider_unknown", Level::Debug, "no such provider"),
            Self::NotBegun(_) => said("login_not_begun", Level::Debug, "no login was begun"),
            Self::NotBegunForOthers { .. } => {
                said("third_party_login_refused", Level::Warn, "a login that another site began was refused")
            }
            Self::SignedIn { .. } => said(SIGNED_IN, Level::Info, "signed in"),
            Self::Failed { failure, diagnosis, .. } => {
                let (decision, level) = failed(failure.kind());
                Said {
                    kind: Some(failure.kind()),
                    diagnosis: *diagnosis,
                    ..said(decision, level, "a login did not come to its end")
                }
            }
            Self::SignedInBeside(_) => {
                said("signed_in_beside", Level::Info, "signed in, as in another tab a moment ago")
            }
            Self::StartedOver { .. } => said("started_over", Level::Info, "a login is started over"),
            Self::LandedAnyway { .. } | Self::LandedLater(_) => {
                said("landed_anyway", Level::Info, "a callback was of no use, and whoever is signed in went on")
            }
            Self::NoLongerSignedIn(_) => {
                said("signed_out_at_provider", Level::Debug, "signed in at the provider no more: the session ends")
            }
            Self::NotFoundOut { .. } => said(
                "silent_login_put_off",
                Level::Warn,
                "whether the person is still signed in at the provider could not be found out",
            ),
        }
    }

    fn rule(&self) -> std::borrow::Cow<'static, str> {
        match self {
            Self::Departed { manner: Manner::Asked | Manner::Wished, .. } => "Core 3.1.2.1".into(),
            Self::Departed { manner: Manner::SteppingUp, .. } => "RFC 9470 4".into(),
            Self::Departed { manner: Manner::Silent, .. } | Self::NoLongerSignedIn(_) | Self::NotFoundOut { .. } => {
                "Core 3.1.2.1 (prompt=none)".into()
            }
            Self::AskedForItsFragment(_) => "Builder::keep_fragments".into(),
            Self::AskedWithWhom => "providers".into(),
            Self::WithNobody => "providers".into(),
            Self::NotBegun(_) => "Fetch Metadata 2".into(),
            Self::NotBegunForOthers { .. } => "Core 4".into(),
            Self::SignedIn { .. } | Self::SignedInBeside(_) => "Core 3.1.3.7".into(),
            Self::Departed { manner: Manner::StartedOver | Manner::StartedOverAgain, .. } => "RFC 6749 10.12".into(),
            Self::Failed { failure, .. } | Self::LandedAnyway { failure, .. } | Self::StartedOver { failure, .. } => {
                rule::of_failure(failure)
            }
            Self::LandedLater(_) => "RFC 6749 10.12".into(),
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Departed { manner, .. } => match manner {
                Manner::Asked => "nobody is signed in, or somebody asked to sign in".to_owned(),
                Manner::Wished => "the application wished for a sign-in of this kind".to_owned(),
                Manner::SteppingUp => "the page demands another or a fresher sign-in".to_owned(),
                Manner::StartedOver | Manner::StartedOverAgain => {
                    "the response of the login before came to nothing".to_owned()
                }
                Manner::Silent => "it is time to ask whether the person is still signed in there".to_owned(),
            },
            Self::AskedForItsFragment(_) => "nobody is signed in, and only the browser knows the fragment".to_owned(),
            Self::AskedWithWhom => "nobody is signed in, and there are several providers".to_owned(),
            // V11: never what the address calls it.
            Self::WithNobody => "the address names none of these settings, or none that does this".to_owned(),
            Self::NotBegun(reason) | Self::NotBegunForOthers { reason, .. } => (*reason).to_owned(),
            Self::SignedIn { .. } => "the ID Token holds in every point".to_owned(),
            Self::SignedInBeside(_) => {
                "the session that another tab began is of the same sign-in, and goes on".to_owned()
            }
            Self::Failed { failure, .. }
            | Self::LandedAnyway { failure, .. }
            | Self::StartedOver { failure, .. }
            | Self::NoLongerSignedIn(failure) => chain(failure),
            Self::LandedLater(_) => "whoever was told so is signed in by now".to_owned(),
            Self::NotFoundOut { reason, .. } => (*reason).to_owned(),
        }
    }

    fn provider(&self) -> Option<&str> {
        match self {
            Self::Departed { provider, .. }
            | Self::NotBegunForOthers { provider, .. }
            | Self::LandedAnyway { provider, .. }
            | Self::LandedLater(provider)
            | Self::StartedOver { provider, .. } => Some(provider.name()),
            Self::SignedIn { session, .. } | Self::SignedInBeside(session) | Self::NotFoundOut { session, .. } => {
                Some(session.provider.name())
            }
            Self::Failed { provider, .. } => provider.map(ConnectedProvider::name),
            Self::AskedForItsFragment(provider) => *provider,
            Self::AskedWithWhom | Self::WithNobody | Self::NotBegun(_) | Self::NoLongerSignedIn(_) => None,
        }
    }
}

/// What a failure is called, and at whose level it is said: that of who must act.
fn failed(kind: LoginErrorKind) -> (&'static str, Level) {
    match kind {
        LoginErrorKind::Cancelled => ("login_cancelled", Level::Info),
        LoginErrorKind::Refused => ("login_refused", Level::Info),
        LoginErrorKind::Unsolicited => ("callback_unsolicited", Level::Info),
        LoginErrorKind::Denied => ("login_denied", Level::Warn),
        LoginErrorKind::Misbehaved => ("provider_misbehaved", Level::Error),
        LoginErrorKind::Unreachable => ("provider_unreachable", Level::Error),
        LoginErrorKind::Store => ("login_store_failed", Level::Error),
        LoginErrorKind::TooBig => ("session_too_big", Level::Error),
        LoginErrorKind::Looping => ("login_looping", Level::Error),
    }
}
