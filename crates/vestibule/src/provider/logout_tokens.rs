//! Logout tokens: anybody can post one, so nothing that they cause may cost those who sign in anything (V52, V77).
//!
//! A token is verified with the keys at hand. Only one of an unknown key, or one that comes before anybody signed in, makes us ask
//! the provider: seldom, whoever asks and whatever for, and by a way of its own, so that a storm of them delays no login.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::time::Instant;
use vestibule_core::{
    JwkSet, LogoutToken, UnverifiedLogoutToken,
    error::{Excerpt, InvalidLogoutToken},
    jose::InvalidJws,
};

use super::{
    ConnectedProvider, Introduced, ProviderError,
    bucket::{Bucket, Empty},
    flight::Flight,
    fresh::Fresh,
    identity::Meant,
};

/// What is known for logout tokens alone. It shares nothing with the logins but what it reads of theirs.
pub(super) struct LogoutTokens {
    flood: Bucket,
    looking: Bucket,
    looks: Flight<Looked>,
    known: ArcSwapOption<Meant>,
    keys: Fresh<JwkSet>,
    missing: MissingKeys,
    /// Whether a verified token said by its `typ` what it is.
    are_typed: AtomicBool,
}

/// What came of asking the provider.
#[derive(Clone, Copy)]
enum Looked {
    Found,
    /// Somebody asked a moment ago.
    TooSoon(Duration),
    /// A client that registers itself has not done so: nobody can have a token for it.
    NoClient,
}

/// Why a logout token is not believed.
#[derive(Debug)]
pub(crate) enum NotVerified {
    /// It is none, or not one for us.
    Invalid(InvalidLogoutToken),
    /// The provider does not know us yet.
    NoClient,
    /// Too many came, or too many of unknown keys.
    TooMany(Duration),
    /// The provider cannot be asked for its keys, or our own store for who we are there.
    Provider(ProviderError),
}

/// So many logout tokens at once, and one more each hundredth of a second, are looked at: that costs a hundredth of a processor
/// (V77). Those that end a session do not count.
const AT_ONCE: u32 = 200;
const ONE_MORE_EACH: Duration = Duration::from_millis(10);
/// For tokens of unknown keys the provider is asked so often (V52).
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// So many keys that the provider does not have are remembered, for so long.
const MOST_MISSING: usize = 128;
const MISSING_FOR: Duration = Duration::from_secs(5 * 60);

impl LogoutTokens {
    pub(super) fn new() -> Self {
        Self {
            flood: Bucket::new(AT_ONCE, ONE_MORE_EACH),
            looking: Bucket::new(1, LOOK_EVERY),
            looks: Flight::new(),
            known: ArcSwapOption::empty(),
            keys: Fresh::new(),
            missing: MissingKeys::default(),
            are_typed: AtomicBool::new(false),
        }
    }
}

impl ConnectedProvider {
    /// Verifies a logout token, however it came.
    pub(crate) async fn verify_logout_token(
        self: &Arc<Self>,
        token: &UnverifiedLogoutToken,
    ) -> Result<LogoutToken, NotVerified> {
        let own = &self.logout_tokens;
        own.flood.take()?;
        let verified = match self.verify_at_hand(token, Fresh::fresh) {
            Some(decided) if missing_key(&decided).is_none() && !self.may_be_for_a_new_client(&decided) => decided?,
            undecided => self.look_and_verify(token, undecided).await?,
        };
        // V70: a provider that has once said what its tokens are does not stop to.
        own.are_typed.fetch_or(verified.is_explicitly_typed(), Ordering::SeqCst);
        Ok(verified)
    }

    /// How many keys are remembered that it does not have.
    pub(crate) fn missing_keys(&self) -> usize {
        self.logout_tokens.missing.size()
    }

    /// A logout token that was taken ended a session: there is no flood of such.
    pub(crate) fn logout_token_took_effect(&self) {
        self.logout_tokens.flood.give_back();
    }

    /// The decision by these keys. `None` when nothing is known of the provider, or of who we are there.
    fn verify_at_hand(
        &self,
        token: &UnverifiedLogoutToken,
        keys: Serving,
    ) -> Option<Result<LogoutToken, InvalidLogoutToken>> {
        let meant = self.meant_at_hand().or_else(|| self.logout_tokens.known.load().as_deref().cloned())?;
        let decided = self.verify_as(&meant.at, token, keys);
        // Said of the client that we were before, it ends sessions that began then.
        let former = meant.former(self.now()).filter(|_| is_for_another(&decided));
        let by_former = former.map(|former| self.verify_as(&former, token, keys));
        Some(by_former.filter(|decided| !is_for_another(decided)).unwrap_or(decided))
    }

    fn verify_as(
        &self,
        at: &Introduced,
        token: &UnverifiedLogoutToken,
        keys: Serving,
    ) -> Result<LogoutToken, InvalidLogoutToken> {
        let own = &self.logout_tokens;
        let expected = at.client.expected_logout_token(&at.metadata);
        let typed = self.requires_logout_token_type() || own.are_typed.load(Ordering::SeqCst);
        let expected = if typed { expected.require_type() } else { expected };
        let sets = [keys(&self.keys), keys(&own.keys)];
        token.verify_by_any(sets.iter().flatten().map(AsRef::as_ref), &expected, self.now())
    }

    /// Whether another machine may have registered the client that this token is for, and we have not looked since.
    fn may_be_for_a_new_client(&self, decided: &Result<LogoutToken, InvalidLogoutToken>) -> bool {
        self.may_be_replaced_elsewhere() && is_for_another(decided)
    }

    /// Asks the provider, if it may be asked now, and decides by what is known then.
    async fn look_and_verify(
        self: &Arc<Self>,
        token: &UnverifiedLogoutToken,
        undecided: Option<Result<LogoutToken, InvalidLogoutToken>>,
    ) -> Result<LogoutToken, NotVerified> {
        let own = &self.logout_tokens;
        let kid = undecided.as_ref().and_then(missing_key);
        if let (Some(kid), Some(undecided)) = (&kid, undecided)
            && own.missing.have(kid)
        {
            return Ok(undecided?);
        }
        let looked = self.look().await;
        // Keys that have aged serve on while there are no new ones, as they do for logins.
        let keys: Serving = if matches!(looked, Ok(Looked::Found)) { Fresh::fresh } else { Fresh::usable };
        match (self.verify_at_hand(token, keys), looked) {
            (Some(decided), looked) if missing_key(&decided).is_none() => match looked {
                // It may be for us: whoever sent it tries again.
                Ok(Looked::TooSoon(again_in)) if self.may_be_for_a_new_client(&decided) => {
                    Err(NotVerified::TooMany(again_in))
                }
                _ => Ok(decided?),
            },
            (Some(decided), Ok(Looked::Found)) => {
                own.missing.remember(missing_key(&decided).flatten());
                Ok(decided?)
            }
            (_, Ok(Looked::TooSoon(again_in))) => Err(NotVerified::TooMany(again_in)),
            (_, Ok(Looked::NoClient | Looked::Found)) => Err(NotVerified::NoClient),
            (_, Err(error)) => Err(NotVerified::Provider(error)),
        }
    }

    /// Learns who we are at the provider, and its keys, once for all who wait. Nobody is registered for a stranger's sake.
    async fn look(self: &Arc<Self>) -> Result<Looked, ProviderError> {
        let this = Arc::clone(self);
        let ask = async move {
            let own = &this.logout_tokens;
            if let Err(Empty { again_in }) = own.looking.take() {
                return Ok(Looked::TooSoon(again_in));
            }
            let Some(meant) = this.meant_if_known().await? else { return Ok(Looked::NoClient) };
            let at = &meant.at;
            if at.client.needs_provider_keys() {
                let fetch = |etag| this.fetch_keys(&at.metadata, etag);
                match own.keys.held() {
                    Some(seen) => own.keys.newer_than(&seen, fetch).await?,
                    None => own.keys.get(fetch).await?,
                };
            }
            own.known.store(Some(Arc::new(meant)));
            Ok(Looked::Found)
        };
        self.logout_tokens.looks.join(ask, drop).await.map(|looked| *looked)
    }
}

/// Which keys serve: fresh ones, or all that are usable.
type Serving = fn(&Fresh<JwkSet>) -> Option<Arc<JwkSet>>;

/// The kid for which there is no key, if that is what is wrong with a token.
fn missing_key(decided: &Result<LogoutToken, InvalidLogoutToken>) -> Option<Option<Excerpt>> {
    match decided {
        Err(InvalidLogoutToken::Jws(InvalidJws::NoMatchingKey { kid, .. })) => Some(kid.clone()),
        _ => None,
    }
}

/// Whether it is a token for a client that we are not.
fn is_for_another(decided: &Result<LogoutToken, InvalidLogoutToken>) -> bool {
    matches!(decided, Err(InvalidLogoutToken::Audience { .. }))
}

/// The kids that the provider did not have when it was last asked; the oldest is forgotten first.
#[derive(Debug, Default)]
struct MissingKeys(Mutex<VecDeque<(Option<Excerpt>, Instant)>>);

impl MissingKeys {
    fn size(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn have(&self, kid: &Option<Excerpt>) -> bool {
        let mut missing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        missing.retain(|(_, since)| since.elapsed() < MISSING_FOR);
        missing.iter().any(|(own, _)| own == kid)
    }

    fn remember(&self, kid: Option<Excerpt>) {
        let mut missing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if missing.iter().any(|(own, _)| *own == kid) {
            return;
        }
        if missing.len() >= MOST_MISSING {
            missing.pop_front();
        }
        missing.push_back((kid, Instant::now()));
    }
}

impl From<InvalidLogoutToken> for NotVerified {
    fn from(invalid: InvalidLogoutToken) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Empty> for NotVerified {
    fn from(Empty { again_in }: Empty) -> Self {
        Self::TooMany(again_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kid(number: usize) -> Option<Excerpt> {
        Some(Excerpt::new(&format!("kid {number}")))
    }

    /// V52
    #[tokio::test(start_paused = true)]
    async fn so_many_missing_keys_are_remembered_for_five_minutes_and_no_more() {
        let missing = MissingKeys::default();
        (0..10 * MOST_MISSING).for_each(|number| missing.remember(kid(number)));
        assert_eq!(missing.0.lock().expect("no panic").len(), MOST_MISSING);
        assert!(missing.have(&kid(10 * MOST_MISSING - 1)) && !missing.have(&kid(0)) && !missing.have(&None));
        tokio::time::advance(MISSING_FOR).await;
        assert!(!missing.have(&kid(10 * MOST_MISSING - 1)));
        assert_eq!(missing.0.lock().expect("no panic").len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_without_a_kid_has_an_entry_of_its_own() {
        let missing = MissingKeys::default();
        missing.remember(None);
        assert!(missing.have(&None) && !missing.have(&kid(0)));
    }
}
