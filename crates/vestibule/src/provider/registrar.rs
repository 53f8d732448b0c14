//! A client that registers itself: once however many people arrive at once, on however many machines that share a store, and
//! remembered over restarts.

mod registered;
mod remembered;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use tokio::sync::MutexGuard as AsyncMutexGuard;
use vestibule_core::{Client, ClientInformation, NumericDate, registration::RegistrationRequest};

pub(crate) use self::remembered::Remembered;
use self::{
    registered::{Registered, Standing},
    remembered::{Found, Hold, Saved, Turn},
};
use super::{ProviderError, flight::Flight};
use crate::{
    client_registration::RegistrationError, clock::Clock, error::chain, session_store::Version, store::StoreError,
};

/// Holds the registration of one client at one provider.
pub(super) struct Registrar {
    memory: Memory,
    flight: Flight<Registered>,
    /// Held by whoever looks after the registration.
    care: tokio::sync::Mutex<()>,
}

/// What this process knows of the registration.
#[derive(Clone)]
struct Memory {
    held: Arc<ArcSwapOption<Registered>>,
    /// The registration that the provider no longer knows, though the store does. Another one of the same client, which somebody
    /// looked after meanwhile, is as good as new.
    distrusted: Arc<Mutex<Option<Arc<Registered>>>>,
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
    version: Option<Version>,
}

/// So often another machine can be faster before something is wrong.
const MOST_RACES: usize = 3;

impl Registrar {
    pub(super) fn new() -> Self {
        let memory = Memory { held: Arc::new(ArcSwapOption::empty()), distrusted: Arc::default() };
        Self { memory, flight: Flight::new(), care: tokio::sync::Mutex::new(()) }
    }

    /// The client that we are: as registered, as remembered, or registered now by `register`, which one of all who wait runs.
    pub(super) async fn client<F>(
        &self,
        remembered: &Remembered,
        request: RegistrationRequest,
        clock: &Arc<dyn Clock>,
        register: impl FnOnce(RegistrationRequest) -> F + Send + 'static,
    ) -> Result<Arc<Client>, ProviderError>
    where
        F: Future<Output = Result<ClientInformation, ProviderError>> + Send + 'static,
    {
        if let Some(held) = self.memory.held.load().as_ref()
            && held.is_good(clock.now())
            && !remembered.is_to_be_looked_for(held, clock.now())
        {
            return Ok(Arc::clone(&held.client));
        }
        let (memory, remembered, clock) = (self.memory.clone(), remembered.clone(), Arc::clone(clock));
        let look_or_register =
            async move { memory.look_or_register(&remembered, request, clock.as_ref(), register).await };
        let held = Arc::clone(&self.memory.held);
        let registered = self.flight.join(look_or_register, move |registered| held.store(Some(registered))).await?;
        Ok(Arc::clone(&registered.client))
    }

    /// The client that we are, as far as this process knows.
    pub(super) fn held(&self) -> Option<Arc<Client>> {
        self.memory.held.load().as_ref().map(|registered| Arc::clone(&registered.client))
    }

    /// The client that this process or another registered, if one did: whether or not it is good for a new login, people may have
    /// signed in by it.
    pub(super) async fn known_client(
        &self,
        remembered: &Remembered,
        request: &RegistrationRequest,
        now: NumericDate,
    ) -> Result<Option<Arc<Client>>, ProviderError> {
        let Some(held) = self.memory.held.load_full() else {
            if remembered.is_nowhere() {
                return Ok(None);
            }
            let found = remembered.load(&remembered.key(request)).await?;
            return Ok(found.registration.map(|registration| Arc::new(registration.information.client())));
        };
        // A store that cannot say has replaced nothing.
        if remembered.is_to_be_looked_for(&held, now)
            && let Ok(found) = remembered.load(&held.key).await
            && let Some(there) = held.as_found(found)
        {
            let client = Arc::clone(&there.client);
            self.memory.held.compare_and_swap(&held, Some(Arc::new(there)));
            return Ok(Some(client));
        }
        Ok(Some(Arc::clone(&held.client)))
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
        let turn = self.care.lock().await;
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
    ) -> Result<Option<Kept>, ProviderError> {
        let (held, key) = (self.memory.held.load_full(), self.memory.key(remembered, request));
        let found = if remembered.is_nowhere() { Found::default() } else { remembered.load(&key).await? };
        let version = found.version;
        let information = match (found.registration, held) {
            (Some(stored), held) => match held {
                Some(held) if held.is_unkept_beside(version) => held.registration.information.clone(),
                _ => stored.information,
            },
            // What is not in a store of all machines any more was given up by one of them.
            (None, Some(held)) if !held.is_kept() => held.registration.information.clone(),
            (None, _) => return Ok(None),
        };
        Ok(Some(Kept { key, information, version }))
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
        let mut registered = Registered::made_now(new_key, information.clone(), remembered, now);
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

impl Caring<'_> {
    /// Does the work, in nobody else's way.
    pub(super) async fn during<T>(self, work: impl Future<Output = T>) -> T {
        self.hold.during(work).await
    }
}

impl Memory {
    async fn look_or_register<F>(
        &self,
        remembered: &Remembered,
        request: RegistrationRequest,
        clock: &dyn Clock,
        register: impl FnOnce(RegistrationRequest) -> F,
    ) -> Result<Registered, ProviderError>
    where
        F: Future<Output = Result<ClientInformation, ProviderError>>,
    {
        if let Some(held) = self.held.load_full().filter(|held| held.is_good(clock.now()))
            && let Some(registered) = self.look_again(remembered, &held, clock.now()).await
        {
            return Ok(registered);
        }
        let key = &remembered.key(&request);
        let found = remembered.load(key).await?;
        let version = found.version;
        if let Some(registered) = self.good(key, found, clock.now()) {
            return Ok(registered);
        }
        let look = async || Ok(self.good(key, remembered.load(key).await?, clock.now()));
        match remembered.turn(key, look).await? {
            Turn::Theirs(registered) => Ok(registered),
            Turn::Ours(hold) => {
                let work = async {
                    let mut version = version;
                    if remembered.is_shared() {
                        // Somebody may have been faster, just before it was our turn.
                        let found = remembered.load(key).await?;
                        version = found.version;
                        if let Some(registered) = self.good(key, found, clock.now()) {
                            return Ok(registered);
                        }
                    }
                    let information = register(request).await?;
                    let new = Registered::made_now(key, information, remembered, clock.now());
                    Ok(self.keep(remembered, new, version, clock.now()).await)
                };
                hold.during(work).await
            }
        }
    }

    /// What this process holds is good: whether another machine replaced it. `None` where one gave it up.
    async fn look_again(&self, remembered: &Remembered, held: &Registered, now: NumericDate) -> Option<Registered> {
        match remembered.load(&held.key).await {
            Ok(found) if held.is_unkept_beside(found.version) => {
                let version = found.version;
                Some(self.keep(remembered, held.clone(), version, now).await)
            }
            Ok(found) => held.as_found(found).filter(|there| self.is_good(there, now)),
            // A store that cannot say has replaced nothing.
            Err(_) => Some(held.looked_now()),
        }
    }

    /// What was found, if it is good for a login.
    fn good(&self, key: &str, found: Found, now: NumericDate) -> Option<Registered> {
        let registered = Registered::found(key, found.registration?, found.version);
        self.is_good(&registered, now).then_some(registered)
    }

    fn is_good(&self, registered: &Registered, now: NumericDate) -> bool {
        let is_refused = self.distrusted().as_ref().is_some_and(|distrusted| {
            distrusted.registration.is_of(&registered.registration) && distrusted.had_its_chance(now)
        });
        registered.is_good(now) && !is_refused
    }

    /// Keeps a registration that was just made, unless another machine was faster: then that one's is used.
    async fn keep(
        &self,
        remembered: &Remembered,
        mut new: Registered,
        mut version: Option<Version>,
        now: NumericDate,
    ) -> Registered {
        new.standing = remembered.unkept(version);
        new = new.looked_now();
        for _ in 0..MOST_RACES {
            match remembered.save(&new.key, version, &new.registration).await {
                Ok(Saved::Done(version)) => {
                    new.standing = Standing::of(version);
                    return new;
                }
                Ok(Saved::Changed(found)) => {
                    version = found.version;
                    if let Some(theirs) = self.good(&new.key, *found, now) {
                        tracing::warn!(target: "vestibule::provider", client_id = new.client.client_id(),
                            "another machine registered meanwhile: its client is used, and ours is not");
                        return theirs;
                    }
                    new.standing = remembered.unkept(version);
                }
                // A registration that could not be kept is used all the same.
                Err(error) => {
                    let reason = chain(&error);
                    tracing::error!(target: "vestibule::provider", reason, "a registration could not be remembered: the next start registers anew");
                    return new;
                }
            }
        }
        new
    }

    /// What the registration is remembered by.
    fn key(&self, remembered: &Remembered, request: &RegistrationRequest) -> String {
        self.held.load().as_ref().map_or_else(|| remembered.key(request), |held| held.key.clone())
    }

    fn distrusted(&self) -> MutexGuard<'_, Option<Arc<Registered>>> {
        self.distrusted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<StoreError> for ProviderError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
