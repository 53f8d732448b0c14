//! What is decided of the session that somebody comes with.

use super::{Level, Said, Target};
use crate::{
    error::chain,
    session::{begun::TooBig, unopened::Unopened},
    store::StoreError,
};

/// What was decided of the session that somebody came with, when it was not just opened.
#[derive(Debug)]
pub(crate) enum Opening<'a> {
    /// None of their cookies is believed.
    Hostile,
    /// It is none, or none any more.
    NotOpened(Unopened),
    /// Nobody can tell: the store failed.
    StoreFailed(&'a StoreError),
    /// It is too big for its cookies since its tokens are others.
    Outgrown(&'a TooBig),
}

impl Opening<'_> {
    pub(super) fn say(&self) -> Said<'_> {
        let said = |decision, level, message, rule: &'static str, reason: String| Said {
            decision,
            target: Target::Session,
            level,
            message,
            rule: rule.into(),
            reason: reason.into(),
            provider: None,
            kind: None,
            diagnosis: None,
        };
        match self {
            Self::Hostile => said(
                "cookies_cleared",
                Level::Warn,
                "cookies of ours came twice or too many: all are cleared",
                "RFC 6265 8.6",
                "somebody else than this site can have set them".to_owned(),
            ),
            Self::NotOpened(unopened) => said(
                "session_not_opened",
                if unopened.is_anybodys() { Level::Quiet } else { Level::Debug },
                "a session was not opened",
                unopened.rule(),
                unopened.to_string(),
            ),
            // One line for whoever runs the store. Of questions that it was not asked there was one for them all.
            Self::StoreFailed(error) if error.was_asked() => {
                said("store_unavailable", Level::Error, "the session store failed", "RFC 9110 15.6.4", chain(error))
            }
            Self::StoreFailed(error) => said(
                "store_unavailable",
                Level::Debug,
                "the session store was not asked",
                "RFC 9110 15.6.4",
                chain(error),
            ),
            Self::Outgrown(too_big) => said(
                "session_not_renewed",
                Level::Error,
                "a session outgrew its cookies and was not renewed",
                "RFC 6265 6.1",
                too_big.to_string(),
            ),
        }
    }
}
