//! Where clients that registered themselves are remembered: sealed, in a store of their own; or with the sessions, in a store that
//! all machines share, where one of them registers under a lease and the others take it over.

use std::{fmt, sync::Arc, time::Duration};

use vestibule_core::{ClientInformation, NumericDate, Secret, registration::RegistrationRequest};

use super::{
    registered::{Registered, Standing},
    written::{self, Previous},
};
use crate::{
    clock::Clock,
    lease::{Lease, Leases, Taken},
    patience::Patience,
    provider::{KeptValues, ProviderError},
    registration_store::RegistrationStore,
    session::seal::{Role, Seal, SecretKey, sha256},
    session_store::{Reach, Update, Version},
    store::{Key, StoreError},
};

/// Where registrations are remembered.
#[derive(Clone)]
pub(crate) struct Remembered {
    place: Place,
    seal: Arc<Seal>,
    base_url: String,
}

#[derive(Clone)]
enum Place {
    Nowhere,
    Given(Arc<dyn RegistrationStore>),
    Shared(Shared),
}

/// With the sessions, in a store of all machines.
#[derive(Clone)]
struct Shared {
    values: KeptValues,
    clock: Arc<dyn Clock>,
}

/// What is remembered under a key.
#[derive(Clone, Default)]
pub(super) struct Found {
    pub(super) registration: Option<Registration>,
    /// Of what a shared store has, whether or not it can be read.
    pub(super) version: Option<Version>,
}

/// A registration, and when it was made, where that is said.
#[derive(Clone)]
pub(super) struct Registration {
    pub(super) information: ClientInformation,
    pub(super) made: Option<NumericDate>,
    /// Whom we were before.
    pub(super) previous: Option<Previous>,
}

/// What became of a registration that was to be remembered.
pub(super) enum Saved {
    /// It is; this is its version, where there are any.
    Done(Option<Version>),
    /// Another machine was faster: this is there.
    Changed(Box<Found>),
}

/// Whose turn it is to do something with a registration.
pub(super) enum Turn<T> {
    Ours(Hold),
    /// Somebody else did it, and this came of it.
    Theirs(T),
}

/// The lease of a registration, where several machines could be at it.
pub(super) struct Hold(Option<Lease>);

/// So often a process looks whether another one replaced what it holds.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// The same where what it holds is at its end, so that another one is likely to be there.
const LOOK_FOR_THE_NEXT_EVERY: Duration = Duration::from_secs(1);
/// What it is called in the log.
const WHAT: &str = "a client that registered itself";

impl Remembered {
    /// In the store that was given for it, or else with the sessions, if these are where all machines find them.
    pub(crate) fn new(
        given: Option<Arc<dyn RegistrationStore>>,
        values: &KeptValues,
        clock: &Arc<dyn Clock>,
        ring: &[SecretKey],
        base_url: &str,
    ) -> Self {
        let place = match given {
            Some(store) => Place::Given(store),
            None if values.store.reach() == Reach::Everywhere => {
                Place::Shared(Shared { values: values.clone(), clock: Arc::clone(clock) })
            }
            None => Place::Nowhere,
        };
        Self { place, seal: Arc::new(Seal::new(Role::Registration, ring)), base_url: base_url.to_owned() }
    }

    /// Whether nothing is remembered at all.
    pub(in crate::provider) fn is_nowhere(&self) -> bool {
        matches!(self.place, Place::Nowhere)
    }

    /// Whether all machines remember the same.
    pub(in crate::provider) fn is_shared(&self) -> bool {
        matches!(self.place, Place::Shared(_))
    }

    /// Whether it is time to look if another machine replaced this.
    pub(super) fn is_to_be_looked_for(&self, held: &Registered, now: NumericDate) -> bool {
        let Place::Shared(shared) = &self.place else { return false };
        let is_near_its_end = held.is_due(now) || !held.is_good(now);
        let every = if is_near_its_end { LOOK_FOR_THE_NEXT_EVERY } else { LOOK_EVERY };
        held.looked.elapsed() >= shared.clock.wait(every)
    }

    /// How something stands that could not be kept in the place of what has this version.
    pub(super) fn unkept(&self, version: Option<Version>) -> Standing {
        if self.is_shared() { Standing::Unkept(version) } else { Standing::Apart }
    }

    /// A registration is for one provider, one application, and exactly what was asked: whoever changes a redirect URI registers
    /// anew.
    pub(in crate::provider) fn key(&self, request: &RegistrationRequest) -> String {
        let endpoint = request.registration_endpoint().as_str();
        let asked = request.asked();
        let whole = [endpoint.as_bytes(), b"\0", self.base_url.as_bytes(), b"\0", asked.as_slice()].concat();
        sha256(&whole).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A store that cannot say is an error. A value that does not open (another key, another format) is as good as none.
    pub(super) async fn load(&self, key: &str) -> Result<Found, ProviderError> {
        match &self.place {
            Place::Nowhere => {
                tracing::warn!(target: "vestibule::provider",
                    "self-registered clients are not remembered: every start registers anew; give .registrations(..), or .sessions(..) or .marks(..) a store that all machines share");
                Ok(Found::default())
            }
            Place::Given(store) => {
                let sealed = store.load(key).await?;
                let opened = sealed.and_then(|sealed| self.seal.open(key.as_bytes(), &sealed)).map(Secret::new);
                let registration = opened.and_then(|bytes| written::read_given(&bytes));
                Ok(Found { registration, version: None })
            }
            Place::Shared(shared) => Ok(self.load_shared(shared, key).await?),
        }
    }

    async fn load_shared(&self, shared: &Shared, key: &str) -> Result<Found, StoreError> {
        let place = shared.key(key);
        let Some(kept) = shared.values.store.kept(place, shared.clock.now()).await? else {
            return Ok(Found::default());
        };
        let registration = self.read(key, kept.value);
        if registration.is_none() {
            shared.values.unreadable.report(WHAT, place);
        }
        Ok(Found { registration, version: Some(kept.version) })
    }

    fn read(&self, key: &str, sealed: Vec<u8>) -> Option<Registration> {
        let opened = Secret::new(self.seal.open_bytes(key.as_bytes(), sealed)?);
        written::read(&opened)
    }

    /// Remembers a registration. In a shared store it takes the place of the value that has this version, and of no other.
    pub(super) async fn save(
        &self,
        key: &str,
        version: Option<Version>,
        registration: &Registration,
    ) -> Result<Saved, ProviderError> {
        match &self.place {
            Place::Nowhere => {}
            Place::Given(store) => {
                let sealed = self.seal.seal(key.as_bytes(), written::write_given(registration).expose());
                store.save(key, sealed.into_bytes()).await?;
            }
            Place::Shared(shared) => return Ok(self.save_shared(shared, key, version, registration).await?),
        }
        Ok(Saved::Done(None))
    }

    async fn save_shared(
        &self,
        shared: &Shared,
        key: &str,
        version: Option<Version>,
        registration: &Registration,
    ) -> Result<Saved, StoreError> {
        let sealed = self.write(key, registration, shared.clock.now());
        let mut patience = Patience::new(shared.clock.as_ref());
        loop {
            let (place, now) = (shared.key(key), shared.clock.now());
            match shared.values.store.keep(place, version, sealed.clone(), None, now).await {
                Ok(Update::Done(version)) => return Ok(Saved::Done(Some(version))),
                Ok(Update::Changed | Update::Gone) => break,
                Err(error) if error.is_transient() => patience.wait(error).await?,
                Err(error) => return Err(error),
            }
        }
        let found = self.load_shared(shared, key).await?;
        // It may have been written, though the store could not say so.
        let is_ours = found.registration.as_ref().is_some_and(|found| found.is_of(registration));
        Ok(if is_ours { Saved::Done(found.version) } else { Saved::Changed(Box::new(found)) })
    }

    fn write(&self, key: &str, registration: &Registration, now: NumericDate) -> Vec<u8> {
        let written = written::write(registration, registration.made.unwrap_or(now));
        self.seal.seal_bytes(key.as_bytes(), written.expose())
    }

    pub(super) async fn forget(&self, key: &str) -> Result<(), ProviderError> {
        match &self.place {
            Place::Nowhere => {}
            Place::Given(store) => store.remove(key).await?,
            Place::Shared(shared) => {
                shared.values.store.discard(shared.key(key), shared.clock.now()).await?;
            }
        }
        Ok(())
    }

    /// Waits until nobody else is at the registration, or `look` finds what came of it.
    pub(super) async fn turn<T, F>(&self, key: &str, look: impl Fn() -> F) -> Result<Turn<T>, ProviderError>
    where
        F: Future<Output = Result<Option<T>, ProviderError>>,
    {
        let Place::Shared(shared) = &self.place else { return Ok(Turn::Ours(Hold(None))) };
        let leases = Leases::new(&shared.values.store, &shared.clock);
        Ok(match leases.take(shared.key(key), look).await? {
            Taken::Lease(lease) => Turn::Ours(Hold(Some(lease))),
            Taken::Result(result) => Turn::Theirs(result),
        })
    }
}

impl Shared {
    fn key(&self, key: &str) -> Key {
        self.values.keys.registration(key)
    }
}

impl Registration {
    /// Whether it is the same, whenever it was made.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        self.information.to_bytes() == other.information.to_bytes()
    }
}

impl Hold {
    /// Does the work, and keeps everybody else away until it is done.
    pub(super) async fn during<T>(self, work: impl Future<Output = T>) -> T {
        let Some(lease) = self.0 else { return work.await };
        let done = lease.hold(work).await;
        lease.give_back().await;
        done
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place: &dyn fmt::Debug = match &self.place {
            Place::Nowhere => &"nowhere",
            Place::Given(store) => store,
            Place::Shared(shared) => &shared.values,
        };
        f.debug_struct("Remembered").field("place", place).finish_non_exhaustive()
    }
}
