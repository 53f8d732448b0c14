//! A client that registers itself: once however many people arrive at once, on however many machines that share a store, and
//! remembered over restarts.

mod memory;
mod registered;
mod remembered;
mod written;

use std::sync::Arc;

use tokio::sync::MutexGuard as AsyncMutexGuard;
use vestibule_core::{Client, ClientInformation, NumericDate, registration::RegistrationRequest};

pub(crate) use self::remembered::Remembered;
use self::{
    memory::Memory,
    registered::{Registered, Standing},
    remembered::{Found, Hold, Registration, Saved, Turn},
    written::Previous,
};
use super::{ConnectedProvider, ProviderError, flight::Flight};
use crate::{client_registration::RegistrationError, clock::Clock, session_store::Version, store::StoreError};

/// Holds the registration of one client at one provider.
pub(super) struct Registrar {
    memory: Memory,
    flight: Flight<Registered>,
    renewals: Flight<Registered>,
}

/// Whom a provider may mean by us.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) client: Arc<Client>,
    pub(super) former: Option<Former>,
}

/// The client that we were before this one: people who signed in by it are signed in still.
#[derive(Clone)]
pub(super) struct Former {
    pub(super) client: Arc<Client>,
    /// When the last of their sessions is over.
    pub(super) until: NumericDate,
}

/// What is to be had, and from whom.
#[derive(Clone)]
struct Errand {
    provider: Arc<ConnectedProvider>,
    request: RegistrationRequest,
}

/// Whoever has it looks after the registration, and nobody else does: not in this process, and not on another machine.
pub(super) struct Caring<'a> {
    hold: Hold,
    _turn: AsyncMutexGuard<'a, ()>,
}

/// A registration, and what it is remembered by.
pub(super) struct Kept {
    pub(super) key: String,
    pub(super) information: ClientInformation,
    previous: Option<Previous>,
    version: Option<Version>,
}

impl Registrar {
    pub(super) fn new() -> Self {
        Self { memory: Memory::default(), flight: Flight::new(), renewals: Flight::new() }
    }

    /// The client that we are: as registered, as remembered, or registered now, which one of all who wait does. One whose secret
    /// nears its end is renewed meanwhile, and nobody waits for that.
    pub(super) async fn client(
        &self,
        provider: &Arc<ConnectedProvider>,
        request: RegistrationRequest,
    ) -> Result<Arc<Client>, ProviderError> {
        let errand = Errand { provider: Arc::clone(provider), request };
        let (held, now) = (self.memory.held.load_full(), errand.now());
        let registered = match held {
            Some(held)
                if self.memory.will_do(&held, &errand) && !errand.remembered().is_to_be_looked_for(&held, now) =>
            {
                held
            }
            held => {
                let (memory, errand, place) = (self.memory.clone(), errand.clone(), Arc::clone(&self.memory.held));
                let look_or_register = async move { memory.look_or_register(&errand).await };
                // Whoever renewed it meanwhile knows more than who looked before.
                let keep = move |registered: Arc<Registered>| {
                    if place.compare_and_swap(&held, Some(Arc::clone(&registered))).is_none() {
                        place.store(Some(registered));
                    }
                };
                self.flight.join(look_or_register, keep).await?
            }
        };
        if registered.is_due(now) && !self.memory.was_tried_lately(&errand) {
            let (memory, place) = (self.memory.clone(), Arc::clone(&self.memory.held));
            let renew = async move { memory.renew(&errand).await };
            self.renewals.launch(renew, move |renewed| place.store(Some(renewed)));
        }
        Ok(Arc::clone(&registered.client))
    }

    /// Whom the provider may mean by us, as far as this process knows.
    pub(super) fn held(&self) -> Option<Known> {
        self.memory.held.load().as_ref().map(|registered| registered.known())
    }

    /// The client that this process or another registered, if one did: whether or not it is good for a new login, people may have
    /// signed in by it.
    pub(super) async fn known(
        &self,
        remembered: &Remembered,
        request: &RegistrationRequest,
        now: NumericDate,
    ) -> Result<Option<Known>, ProviderError> {
        let Some(held) = self.memory.held.load_full() else {
            if remembered.is_nowhere() {
                return Ok(None);
            }
            let (key, found) = (remembered.key(request), remembered.load(&remembered.key(request)).await?);
            let registration = found.registration;
            return Ok(
                registration.map(|registration| Registered::found(&key, registration, found.version, now).known())
            );
        };
        // A store that cannot say has replaced nothing.
        if remembered.is_shared()
            && let Ok(found) = remembered.load(&held.key).await
            && let Some(there) = held.as_found(found, now)
        {
            let known = there.known();
            self.memory.held.compare_and_swap(&held, Some(Arc::new(there)));
            return Ok(Some(known));
        }
        Ok(Some(held.known()))
    }

    /// The provider does not know this client (any more): the next login registers a new one, if this one had its chance and no other
    /// machine has registered one already.
    pub(super) fn distrust(&self, client: &Arc<Client>, now: NumericDate) {
        let held = self.memory.held.load_full();
        if let Some(registered) = held.filter(|held| held.client.client_id() == client.client_id())
            && (registered.had_its_chance(now) || registered.is_kept())
        {
            *self.memory.distrusted() = Some(registered);
            self.memory.held.store(None);
        }
    }

    /// Waits for whoever looks after the registration now, or makes one.
    pub(super) async fn care(
        &self,
        remembered: &Remembered,
        request: &RegistrationRequest,
    ) -> Result<Caring<'_>, ProviderError> {
        let turn = self.memory.care.lock().await;
        let key = self.memory.key(remembered, request);
        // Whatever others find, this is still to be done.
        match remembered.turn(&key, async || Ok(None::<std::convert::Infallible>)).await? {
            Turn::Ours(hold) => Ok(Caring { hold, _turn: turn }),
            Turn::Theirs(never) => match never {},
        }
    }

    /// The registration as it was last seen. Another process may have looked after it, so the store counts more than what this
    /// process holds.
    pub(super) async fn kept(
        &self,
        remembered: &Remembered,
        request: &RegistrationRequest,
        now: NumericDate,
    ) -> Result<Option<Kept>, ProviderError> {
        let key = self.memory.key(remembered, request);
        let found = if remembered.is_nowhere() { Found::default() } else { remembered.load(&key).await? };
        let version = found.version;
        Ok(self.memory.current(&key, found, now).map(|current| {
            let Registration { information, previous, .. } = current.registration;
            Kept { key, information, previous, version }
        }))
    }

    /// The registration is this one now, and remembered by the new key.
    pub(super) async fn replace(
        &self,
        remembered: &Remembered,
        kept: &Kept,
        new_key: &str,
        information: ClientInformation,
        now: NumericDate,
    ) -> Result<ClientInformation, RegistrationError> {
        let previous = kept.previous.clone();
        let mut registered = Registered::made_now(new_key, information.clone(), previous, remembered, now);
        registered.standing = remembered.unkept(kept.version);
        self.memory.held.store(Some(Arc::new(registered.clone())));
        let is_moved = kept.key != new_key;
        let version =
            if is_moved && remembered.is_shared() { remembered.load(new_key).await?.version } else { kept.version };
        match remembered.save(new_key, version, &registered.registration).await? {
            Saved::Done(version) => registered.standing = Standing::of(version),
            Saved::Changed(_) => {
                self.memory.held.store(None);
                let faster = "another machine replaced the registration meanwhile: what it kept is used";
                return Err(ProviderError::from(StoreError::transient(faster)).into());
            }
        }
        self.memory.held.store(Some(Arc::new(registered)));
        if is_moved {
            remembered.forget(&kept.key).await?;
        }
        Ok(information)
    }

    /// There is no registration any more.
    pub(super) async fn forget(&self, remembered: &Remembered, key: &str) -> Result<(), RegistrationError> {
        self.memory.held.store(None);
        Ok(remembered.forget(key).await?)
    }
}

impl Errand {
    fn remembered(&self) -> &Remembered {
        &self.provider.surroundings.remembered
    }

    fn clock(&self) -> &dyn Clock {
        self.provider.surroundings.clock.as_ref()
    }

    fn now(&self) -> NumericDate {
        self.clock().now()
    }

    /// A client with another id takes the place of this one: how long people are signed in by it at most.
    fn last_session(&self) -> NumericDate {
        let longest = self.provider.surroundings.longest_session.as_secs();
        self.now().plus(i64::try_from(longest).unwrap_or(i64::MAX))
    }
}

impl Caring<'_> {
    /// Does the work, in nobody else's way.
    pub(super) async fn during<T>(self, work: impl Future<Output = T>) -> T {
        self.hold.during(work).await
    }
}

impl From<StoreError> for ProviderError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
