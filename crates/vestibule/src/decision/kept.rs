//! What is decided of a POST that is kept for its person, or was.

use super::{Level, Said, Target};
use crate::{error::chain, kept_posts::NotKept, store::StoreError};

/// What was decided of a POST that is kept for its person, or was.
#[derive(Debug)]
pub(crate) enum Kept<'a> {
    /// It came when its person was signed in no more.
    Put {
        /// As the gate names it.
        media_type: &'static str,
        /// Of its body.
        bytes: usize,
    },
    /// So did this one, and it is not kept.
    NotPut(&'a NotKept),
    /// Its person said so, signed in again, and it goes to its handler.
    Sent {
        /// Of its body.
        bytes: usize,
    },
    /// Its person threw it away.
    ThrownAway,
    /// It is not shown, sent or thrown away.
    Refused(Refusal),
    /// Nobody can tell whether there is one.
    StoreFailed(&'a StoreError),
}

/// Why what is kept is not shown, sent or thrown away.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// Another site's page asked.
    AskedForElsewhere,
    /// It is for another page than the one that it was to be sent to.
    OtherAddress,
    /// It is somebody else's.
    SomebodyElses,
    /// There is none of this name.
    Gone,
    /// This is no name that we ever gave.
    NoName,
    /// What was to have it sent broke off.
    NotWhole,
}

impl Kept<'_> {
    pub(super) fn say(&self) -> Said<'_> {
        let said = |decision, level, message, rule: &'static str, reason: String| Said {
            decision,
            target: Target::Kept,
            level,
            message,
            rule: rule.into(),
            reason: reason.into(),
            provider: None,
            kind: None,
            diagnosis: None,
        };
        let setting = "require_login().keep_posts(..)";
        match self {
            Self::Put { media_type, bytes } => said(
                "post_kept",
                Level::Info,
                "a POST came when its person was signed in no more, and is kept",
                setting,
                format!("{bytes} bytes of {media_type}"),
            ),
            Self::NotPut(not_kept) => said(
                "post_not_kept",
                if matches!(not_kept, NotKept::Store(_)) { Level::Error } else { Level::Info },
                "a POST of somebody who is signed in no more was not kept",
                setting,
                chain(*not_kept),
            ),
            Self::Sent { bytes } => said(
                "kept_post_sent",
                Level::Info,
                "what was kept is sent",
                setting,
                format!("its person said so: {bytes} bytes"),
            ),
            Self::ThrownAway => said(
                "kept_post_thrown_away",
                Level::Info,
                "what was kept is thrown away",
                setting,
                "its person said so".to_owned(),
            ),
            Self::Refused(refusal) => {
                said("kept_post_refused", refusal.level(), "what is kept stays", refusal.rule(), refusal.reason())
            }
            Self::StoreFailed(error) => said(
                "kept_post_unavailable",
                Level::Error,
                "what is kept could not be looked for",
                "RFC 9110 15.6.4",
                chain(*error),
            ),
        }
    }
}

impl Refusal {
    const fn level(self) -> Level {
        match self {
            Self::AskedForElsewhere | Self::OtherAddress | Self::SomebodyElses => Level::Warn,
            Self::Gone | Self::NoName | Self::NotWhole => Level::Debug,
        }
    }

    const fn rule(self) -> &'static str {
        match self {
            Self::AskedForElsewhere => "Fetch Metadata 2",
            Self::OtherAddress | Self::SomebodyElses => "a kept POST is for one person and one page",
            Self::Gone => "RFC 9110 15.5.11",
            Self::NoName => "RFC 9110 15.5.5",
            Self::NotWhole => "RFC 9110 15.5.1",
        }
    }

    fn reason(self) -> String {
        match self {
            Self::AskedForElsewhere => "another site asked for it",
            Self::OtherAddress => "it was to be sent to another address than it is for",
            Self::SomebodyElses => "somebody else is signed in than the one whose it is",
            Self::Gone => "there is none of that name: it was sent, thrown away, or its time is up",
            Self::NoName => "its address has no name in it that we ever gave",
            Self::NotWhole => "the form that was to have it sent did not arrive whole",
        }
        .to_owned()
    }
}
