//! Where the keys are kept that we made: sealed in the store of sessions, so that every machine that shares it has the same.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;
use serde_json::Value;
use vestibule_core::{NumericDate, Secret, jose::PrivateJwkSet};

use super::{made::Made, needs::Needs};
use crate::{
    provider::{KeysFailed, ProviderError, flight::Flight},
    session::{
        keys::Keys,
        seal::{Role, Seal, SecretKey},
    },
    session_store::{SessionStore, Update, Version},
    store::{Key, StoreError},
    unreadable::Unreadable,
};

/// What it takes to keep values in the store of sessions.
#[derive(Clone)]
pub(crate) struct KeptValues {
    pub(in crate::provider) store: Arc<dyn SessionStore>,
    seal: Arc<Seal>,
    pub(in crate::provider) keys: Arc<Keys>,
    pub(in crate::provider) unreadable: Arc<Unreadable>,
}

impl KeptValues {
    pub(crate) fn new(
        store: &Arc<dyn SessionStore>,
        ring: &[SecretKey],
        keys: Keys,
        unreadable: &Arc<Unreadable>,
    ) -> Self {
        let (seal, keys) = (Arc::new(Seal::new(Role::Kept, ring)), Arc::new(keys));
        Self { store: Arc::clone(store), seal, keys, unreadable: Arc::clone(unreadable) }
    }
}

/// The keys that we made for one provider.
pub(in crate::provider) struct Cupboard {
    shelf: Arc<Shelf>,
    held: Arc<ArcSwapOption<Held>>,
    flight: Flight<Held>,
    shown: ArcSwapOption<Shown>,
}

/// What was published a moment ago.
struct Shown {
    at: NumericDate,
    keys: Value,
}

/// The place of one value in the store.
struct Shelf {
    values: KeptValues,
    key: Key,
    lifetime: i64,
    provider: String,
}

/// The keys as they were last seen, made ready for work.
struct Held {
    version: Version,
    made: Made,
    in_use: Arc<PrivateJwkSet>,
    /// When another key signs.
    until: Option<NumericDate>,
}

/// So often somebody else can be faster before something is wrong.
const MOST_RACES: usize = 5;

impl Cupboard {
    pub(in crate::provider) fn new(values: &KeptValues, provider: &str, lifetime: i64) -> Self {
        let (values, key) = (values.clone(), values.keys.own_keys(provider));
        let shelf = Shelf { values, key, lifetime, provider: provider.to_owned() };
        Self {
            shelf: Arc::new(shelf),
            held: Arc::new(ArcSwapOption::empty()),
            flight: Flight::new(),
            shown: ArcSwapOption::empty(),
        }
    }

    /// The keys for these needs, which are made if they are not there, or due. Other machines may have made some since we last
    /// looked, so the store is asked each time.
    pub(in crate::provider) async fn keys(
        &self,
        needs: &Needs,
        now: NumericDate,
    ) -> Result<Arc<PrivateJwkSet>, ProviderError> {
        // Whoever joins a flight that makes keys for other needs looks again.
        for _ in 0..MOST_RACES {
            if let Some(held) = self.look(now).await?.filter(|held| held.made.due(needs, now).is_empty()) {
                return Ok(Arc::clone(&held.in_use));
            }
            let (shelf, needs, held) = (Arc::clone(&self.shelf), needs.clone(), Arc::clone(&self.held));
            let make = async move { shelf.make(&needs, now).await };
            self.flight.join(make, move |made| held.store(Some(made))).await?;
            self.shown.store(None);
        }
        Err(StoreError::transient("the store does not keep our keys").into())
    }

    /// The keys that were made already.
    pub(in crate::provider) async fn keys_at_hand(
        &self,
        now: NumericDate,
    ) -> Result<Option<Arc<PrivateJwkSet>>, ProviderError> {
        Ok(self.look(now).await?.map(|held| Arc::clone(&held.in_use)))
    }

    /// The public halves of those that were made already.
    pub(in crate::provider) async fn published(&self, now: NumericDate) -> Result<Option<Value>, ProviderError> {
        let keys = self.look(now).await?.map(|held| held.made.published(now));
        self.shown.store(keys.clone().map(|keys| Arc::new(Shown { at: now, keys })));
        Ok(keys)
    }

    /// The same, if somebody asked in this very second: anybody can ask, and that shall not be a question to the store each time.
    pub(in crate::provider) fn published_just_now(&self, now: NumericDate) -> Option<Value> {
        self.shown.load().as_ref().filter(|shown| shown.at == now).map(|shown| shown.keys.clone())
    }

    async fn look(&self, now: NumericDate) -> Result<Option<Arc<Held>>, ProviderError> {
        let Some((version, sealed)) = self.shelf.kept(now).await? else { return Ok(None) };
        let held = self.held.load_full();
        if let Some(held) = held.filter(|held| held.version == version && held.until.is_none_or(|until| now < until)) {
            return Ok(Some(held));
        }
        let Some(made) = self.shelf.open(sealed) else { return Ok(None) };
        let held = Arc::new(Held::new(version, made, now));
        self.held.store(Some(Arc::clone(&held)));
        Ok(Some(held))
    }
}

impl Shelf {
    async fn kept(&self, now: NumericDate) -> Result<Option<(Version, Vec<u8>)>, StoreError> {
        let kept = self.values.store.kept(self.key, now).await?;
        Ok(kept.map(|kept| (kept.version, kept.value)))
    }

    /// What was sealed by a key that we do not have any more is as good as none.
    fn open(&self, sealed: Vec<u8>) -> Option<Made> {
        let opened = self.values.seal.open_bytes(self.key.as_bytes(), sealed).map(Secret::new);
        let made = opened.and_then(|bytes| Made::read(&bytes, self.lifetime));
        if made.is_none() {
            self.values.unreadable.report("keys of our own", self.key);
        }
        made
    }

    /// Makes what is due, unless somebody else does it first: two machines do not rotate apart.
    async fn make(&self, needs: &Needs, now: NumericDate) -> Result<Held, ProviderError> {
        for _ in 0..MOST_RACES {
            let (version, made) = match self.kept(now).await? {
                Some((version, sealed)) => (Some(version), self.open(sealed)),
                None => (None, None),
            };
            let made = made.unwrap_or_else(|| Made::none(self.lifetime));
            let due = made.due(needs, now);
            if let Some(version) = version.filter(|_| due.is_empty()) {
                return Ok(Held::new(version, made, now));
            }
            // RSA takes a while: not on the threads that serve everybody else.
            let working = tokio::task::spawn_blocking(move || {
                let made = made.with_new(&due, now)?;
                let bytes = made.to_bytes()?;
                Ok((made, bytes))
            });
            let (made, bytes) =
                working.await.map_err(|_| KeysFailed::NotMade)?.map_err(|super::made::NotMade| KeysFailed::NotMade)?;
            let sealed = self.values.seal.seal_bytes(self.key.as_bytes(), bytes.expose());
            if let Update::Done(version) = self.values.store.keep(self.key, version, sealed, None, now).await? {
                tracing::info!(target: "vestibule::provider", provider = %self.provider, "keys of our own were made");
                return Ok(Held::new(version, made, now));
            }
        }
        Err(StoreError::transient("others change our keys all the time").into())
    }
}

impl Held {
    fn new(version: Version, made: Made, now: NumericDate) -> Self {
        Self { version, in_use: Arc::new(made.in_use(now)), until: made.next_change(now), made }
    }
}

impl fmt::Debug for KeptValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptValues").field("store", &self.store).finish_non_exhaustive()
    }
}
