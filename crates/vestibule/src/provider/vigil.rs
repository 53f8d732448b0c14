//! A provider that could not be asked is asked again in the background until it answers: nobody's request has to be the one that
//! finds it back.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::time::sleep;

use super::{ConnectedProvider, ProviderError, Source};
use crate::{clock, error::chain};

/// Whether somebody looks after a provider, and what kept it from answering last.
pub(super) struct Vigil {
    kept: AtomicBool,
    trouble: ArcSwapOption<Trouble>,
}

/// When whoever looks after a provider asks it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    AtOnce,
    /// It has just been asked.
    AfterAPause,
}

/// Why nobody can sign in with a provider, in words that anybody may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody has asked it yet.
    NotAsked,
    /// It does not answer.
    Unreachable,
    /// It answers that it cannot.
    Failing,
    /// What it answers cannot be used.
    Unusable,
    /// It is we who could not ask.
    Ours,
}

/// Between two questions lies anything up to this (full jitter: a thousand machines that lost a provider at one moment do not come
/// back to it at one moment), and up to twice as much after each that was in vain.
const SHORTEST: Duration = Duration::from_secs(1);
/// The most that it comes to.
const LONGEST: Duration = Duration::from_secs(30);

impl Vigil {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { kept: AtomicBool::new(false), trouble: ArcSwapOption::empty() })
    }
}

impl Trouble {
    /// What anybody may read of it: no address, no reason that the log has.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::NotAsked => "it has not been asked yet",
            Self::Unreachable => "it cannot be reached",
            Self::Failing => "it answers with errors",
            Self::Unusable => "its answers cannot be used",
            Self::Ours => "this application could not ask it",
        }
    }

    const fn of(error: &ProviderError) -> Self {
        match error {
            ProviderError::Unreachable(_) => Self::Unreachable,
            ProviderError::Unavailable(_) => Self::Failing,
            ProviderError::Protocol(_) => Self::Unusable,
            ProviderError::Store(_) | ProviderError::Keys(_) | ProviderError::Client(_) => Self::Ours,
        }
    }
}

impl ConnectedProvider {
    /// Whether people can sign in as far as it is known without asking: metadata and keys are there, and not too old to be used. What
    /// has aged is asked for in the background, so that whoever asks this from time to time finds it fresh.
    ///
    /// # Errors
    /// [`Trouble`] says what is known of why not.
    pub(crate) fn standing(self: &Arc<Self>) -> Result<(), Trouble> {
        if !self.is_fresh() {
            self.begin_vigil(First::AtOnce);
        }
        let has_metadata = self.is_described() || self.metadata.usable().is_some();
        let has_keys = !self.may_need_provider_keys() || self.keys.usable().is_some();
        if has_metadata && has_keys {
            return Ok(());
        }
        Err(self.vigil.trouble.load().as_ref().map_or(Trouble::NotAsked, |trouble| **trouble))
    }

    /// What came of a question for metadata or keys. A provider that cannot answer now is looked after from here on.
    pub(super) fn note_asked<T>(self: &Arc<Self>, result: &Result<T, ProviderError>) {
        match result {
            Ok(_) => self.vigil.trouble.store(None),
            Err(error) => {
                self.vigil.trouble.store(Some(Arc::new(Trouble::of(error))));
                if error.is_transient() {
                    self.begin_vigil(First::AfterAPause);
                }
            }
        }
    }

    fn begin_vigil(self: &Arc<Self>, first: First) {
        if !self.vigil.kept.swap(true, Ordering::AcqRel) {
            let watch = Watch { provider: Arc::downgrade(self), vigil: Arc::clone(&self.vigil) };
            tokio::spawn(watch.until_it_answers(first));
        }
    }

    fn is_described(&self) -> bool {
        matches!(self.provider.source, Source::Described(_))
    }

    fn is_fresh(&self) -> bool {
        let has_metadata = self.is_described() || self.metadata.fresh().is_some();
        has_metadata && (!self.may_need_provider_keys() || self.keys.fresh().is_some())
    }

    /// Asks for what is not fresh, together with the logins that ask for the same. Nobody is registered on the way.
    async fn learn(self: &Arc<Self>) -> Result<(), ProviderError> {
        let metadata = self.metadata().await?;
        // One that is old, and served since the provider did not answer: it would not say its keys either.
        let answers = self.is_described() || self.metadata.fresh().is_some();
        if answers && self.may_need_provider_keys() {
            self.keys.get(|etag| self.fetch_keys(&metadata, etag)).await?;
        }
        Ok(())
    }
}

/// Who looks after a provider. They do not keep it alive: it ends with its door.
struct Watch {
    provider: Weak<ConnectedProvider>,
    vigil: Arc<Vigil>,
}

impl Watch {
    async fn until_it_answers(self, first: First) {
        let (mut most, mut vain) = (SHORTEST, 0_u64);
        let mut pause = match first {
            First::AtOnce => Duration::ZERO,
            First::AfterAPause => clock::up_to(most),
        };
        loop {
            sleep(pause).await;
            let Some(provider) = self.provider.upgrade() else { return };
            let learnt = provider.learn().await;
            // A failed question leaves what was known before, and is no error where that serves on.
            if provider.is_fresh() {
                tracing::info!(target: "vestibule::provider", provider = provider.name(), vain, "the provider answers");
                return;
            }
            vain = vain.saturating_add(1);
            if let Err(error) = learnt {
                tracing::debug!(target: "vestibule::provider", provider = provider.name(), vain, reason = chain(&error),
                    "the provider does not answer yet");
            }
            pause = clock::up_to(most);
            most = most.saturating_mul(2).min(LONGEST);
        }
    }
}

/// However it ends, with its runtime too: the next who needs to may begin another.
impl Drop for Watch {
    fn drop(&mut self) {
        self.vigil.kept.store(false, Ordering::Release);
    }
}
