//! What is decided of the tokens of a session.

use std::borrow::Cow;

use super::{Level, Said, Target, rule};
use crate::{error::chain, provider::ProviderError, session::Session, store::Key};

/// What came of the refresh of a session's tokens.
#[derive(Debug)]
pub(crate) struct Refresh<'a> {
    /// Whose tokens.
    pub(crate) session: &'a Session,
    /// What came of it.
    pub(crate) came: Came<'a>,
}

/// What came of a refresh.
#[derive(Debug)]
pub(crate) enum Came<'a> {
    /// New tokens.
    New,
    /// Nothing, this time.
    Nothing(&'a ProviderError),
    /// The provider has ended the grant.
    TakenBack,
    /// An answer that is not believed.
    Nonsense(&'a ProviderError),
    /// Nobody knows: whoever asked is gone.
    Interrupted,
    /// New tokens that could not be kept.
    Lost(&'a ProviderError),
}

impl Refresh<'_> {
    pub(super) fn say(&self) -> Said<'_> {
        let (level, message) = match self.came {
            Came::New => (Level::Debug, "new tokens"),
            Came::Nothing(_) => (Level::Warn, "a refresh failed"),
            Came::TakenBack => {
                (Level::Info, "the provider took the refresh token back: the tokens are dropped, the session lives on")
            }
            Came::Nonsense(_) => (
                Level::Error,
                "the answer to a refresh was refused; the session goes on with the access token that it has",
            ),
            Came::Interrupted => (
                Level::Warn,
                "a refresh was interrupted: its tokens are dropped, since the provider may have replaced them; the session lives on",
            ),
            Came::Lost(_) => (Level::Error, "new tokens could not be written down for half a minute, and are lost"),
        };
        Said {
            decision: self.outcome(),
            target: Target::Tokens,
            level,
            message,
            rule: self.rule(),
            reason: self.reason(),
            provider: Some(self.session.provider.name()),
            kind: None,
            diagnosis: None,
        }
    }

    /// What it is called, among the decisions and among the outcomes of refreshes.
    pub(super) const fn outcome(&self) -> &'static str {
        match self.came {
            Came::New => "refreshed",
            Came::Nothing(_) => "refresh_failed",
            Came::TakenBack => "refresh_token_taken_back",
            Came::Nonsense(_) => "refresh_answer_refused",
            Came::Interrupted => "refresh_interrupted",
            Came::Lost(_) => "refreshed_tokens_lost",
        }
    }

    pub(super) fn session(&self) -> Key {
        self.session.key
    }

    fn rule(&self) -> Cow<'static, str> {
        match self.came {
            Came::New => "RFC 6749 6".into(),
            Came::Nothing(error) | Came::Nonsense(error) => rule::of_provider_error(error),
            Came::TakenBack => "RFC 6749 5.2".into(),
            Came::Interrupted => "RFC 9700 4.14.2".into(),
            Came::Lost(_) => "RFC 9110 15.6.4".into(),
        }
    }

    fn reason(&self) -> Cow<'_, str> {
        match self.came {
            Came::New => "the access token was stale, or a new one was asked for".into(),
            Came::Nothing(error) | Came::Nonsense(error) | Came::Lost(error) => chain(error).into(),
            Came::TakenBack => "it answered invalid_grant".into(),
            Came::Interrupted => "somebody presented the refresh token, and was never heard of again".into(),
        }
    }
}
