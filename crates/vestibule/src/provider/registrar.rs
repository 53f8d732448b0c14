//! A client that registers itself: once a process however many people arrive at once, remembered over restarts.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::{sync::MutexGuard as AsyncMutexGuard, time::Instant};
use vestibule_core::{Client, ClientInformation, NumericDate, Secret, registration::RegistrationRequest};

use super::{ProviderError, flight::Flight};
use crate::{
    client_registration::RegistrationError,
    registration_store::RegistrationStore,
    session::seal::{Role, Seal, SecretKey, sha256},
    store::StoreError,
};

/// Holds the registration of one client at one provider.
pub(super) struct Registrar {
    held: Arc<ArcSwapOption<Registered>>,
    flight: Flight<Registered>,
    /// The registration that the provider no longer knows, though the store does.
    distrusted: Arc<Mutex<Distrusted>>,
    /// Held by whoever looks after the registration.
    care: tokio::sync::Mutex<()>,
}

/// Its bytes: another one of the same client, which somebody looked after meanwhile, is as good as new.
type Distrusted = Option<Secret<Vec<u8>>>;

/// Whoever has it looks after the registration, and nobody else does.
pub(super) type Caring<'a> = AsyncMutexGuard<'a, ()>;

/// A registration, and what it is remembered by.
pub(super) struct Kept {
    pub(super) key: String,
    pub(super) information: ClientInformation,
}

/// A registration, and when this process made it; one from the store was made by another.
struct Registered {
    /// What it is remembered by.
    key: String,
    information: ClientInformation,
    client: Arc<Client>,
    made: Option<Instant>,
}

/// Where registrations are remembered: sealed, or nowhere.
#[derive(Clone)]
pub(crate) struct Remembered {
    store: Option<Arc<dyn RegistrationStore>>,
    seal: Arc<Seal>,
    base_url: String,
}

/// A new registration is given this long before it is given up: a provider that expires secrets at once, or says invalid_client
/// to everybody, must not make us register without end (R101).
const PATIENCE: Duration = Duration::from_secs(60);
/// A secret that ends within this many seconds is as good as ended: a login has to be finished with it.
const MARGIN: i64 = 60;

impl Registrar {
    pub(super) fn new() -> Self {
        Self {
            held: Arc::new(ArcSwapOption::empty()),
            flight: Flight::new(),
            distrusted: Arc::new(Mutex::new(None)),
            care: tokio::sync::Mutex::new(()),
        }
    }

    /// The client that we are: as registered, as remembered, or registered now by `register`, which one of all who wait runs.
    pub(super) async fn client<F>(
        &self,
        remembered: &Remembered,
        request: RegistrationRequest,
        now: NumericDate,
        register: impl FnOnce(RegistrationRequest) -> F + Send + 'static,
    ) -> Result<Arc<Client>, ProviderError>
    where
        F: Future<Output = Result<ClientInformation, ProviderError>> + Send + 'static,
    {
        if let Some(registered) = self.held.load().as_ref().filter(|registered| registered.is_good(now)) {
            return Ok(Arc::clone(&registered.client));
        }
        let (remembered, distrusted) = (remembered.clone(), Arc::clone(&self.distrusted));
        let look_or_register = async move {
            let key = remembered.key(&request);
            if let Some(information) = remembered.load(&key).await? {
                let registered = Registered::from_store(key.clone(), information);
                let is_distrusted = lock(&distrusted).as_ref() == Some(&registered.information.to_bytes());
                if registered.is_good(now) && !is_distrusted {
                    return Ok(registered);
                }
            }
            let information = register(request).await?;
            if let Err(error) = remembered.save(&key, &information).await {
                // A registration that could not be kept is used all the same.
                let reason = crate::error::chain(&error);
                tracing::error!(target: "vestibule::provider", reason, "a registration could not be remembered: the next start registers anew");
            }
            Ok(Registered::made_now(key, information))
        };
        let held = Arc::clone(&self.held);
        let registered = self.flight.join(look_or_register, move |registered| held.store(Some(registered))).await?;
        Ok(Arc::clone(&registered.client))
    }

    /// The client that we are, as far as this process knows.
    pub(super) fn held(&self) -> Option<Arc<Client>> {
        self.held.load().as_ref().map(|registered| Arc::clone(&registered.client))
    }

    /// The client that this process or another registered, if one did: whether or not it is good for a new login, people may have
    /// signed in by it.
    pub(super) async fn known_client(
        &self,
        remembered: &Remembered,
        request: &RegistrationRequest,
    ) -> Result<Option<Arc<Client>>, ProviderError> {
        if let Some(client) = self.held() {
            return Ok(Some(client));
        }
        if remembered.store.is_none() {
            return Ok(None);
        }
        let information = remembered.load(&remembered.key(request)).await?;
        Ok(information.map(|information| Arc::new(information.client())))
    }

    /// The provider does not know this client (any more): the next login registers a new one, if this one had its chance.
    pub(super) fn distrust(&self, client: &Arc<Client>) {
        let held = self.held.load_full();
        if let Some(registered) =
            held.filter(|held| held.client.client_id() == client.client_id() && held.had_its_chance())
        {
            *lock(&self.distrusted) = Some(registered.information.to_bytes());
            self.held.store(None);
        }
    }

    /// Waits for whoever looks after the registration now.
    pub(super) async fn care(&self) -> Caring<'_> {
        self.care.lock().await
    }

    /// The registration as it was last seen. Another process may have looked after it, so the store counts more than what this
    /// process holds.
    pub(super) async fn kept(
        &self,
        remembered: &Remembered,
        request: &RegistrationRequest,
    ) -> Result<Option<Kept>, ProviderError> {
        let held = self.held.load_full();
        let key = held.as_ref().map_or_else(|| remembered.key(request), |held| held.key.clone());
        let stored = if remembered.store.is_some() { remembered.load(&key).await? } else { None };
        let information = stored.or_else(|| Some(held?.information.clone()));
        Ok(information.map(|information| Kept { key, information }))
    }

    /// The registration is this one now, and remembered by the new key.
    pub(super) async fn replace(
        &self,
        remembered: &Remembered,
        old_key: &str,
        new_key: &str,
        information: ClientInformation,
    ) -> Result<ClientInformation, RegistrationError> {
        self.held.store(Some(Arc::new(Registered::made_now(new_key.to_owned(), information.clone()))));
        remembered.save(new_key, &information).await?;
        if old_key != new_key {
            remembered.forget(old_key).await?;
        }
        Ok(information)
    }

    /// There is no registration any more.
    pub(super) async fn forget(&self, remembered: &Remembered, key: &str) -> Result<(), RegistrationError> {
        self.held.store(None);
        Ok(remembered.forget(key).await?)
    }
}

impl Registered {
    fn made_now(key: String, information: ClientInformation) -> Self {
        Self { key, client: Arc::new(information.client()), information, made: Some(Instant::now()) }
    }

    fn from_store(key: String, information: ClientInformation) -> Self {
        Self { key, client: Arc::new(information.client()), information, made: None }
    }

    fn is_good(&self, now: NumericDate) -> bool {
        let has_ended = self.information.client_secret_expires_at().is_some_and(|end| end.minus(MARGIN) <= now);
        !has_ended || !self.had_its_chance()
    }

    fn had_its_chance(&self) -> bool {
        self.made.is_none_or(|made| made.elapsed() >= PATIENCE)
    }
}

impl Remembered {
    pub(crate) fn new(store: Option<Arc<dyn RegistrationStore>>, ring: &[SecretKey], base_url: &str) -> Self {
        Self { store, seal: Arc::new(Seal::new(Role::Registration, ring)), base_url: base_url.to_owned() }
    }

    /// A registration is for one provider, one application, and exactly what was asked: whoever changes a redirect URI registers
    /// anew.
    pub(super) fn key(&self, request: &RegistrationRequest) -> String {
        let endpoint = request.registration_endpoint().as_str();
        let asked = request.asked();
        let whole = [endpoint.as_bytes(), b"\0", self.base_url.as_bytes(), b"\0", asked.as_slice()].concat();
        sha256(&whole).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A store that cannot say is an error. A value that does not open (another key, another format) is as good as none.
    async fn load(&self, key: &str) -> Result<Option<ClientInformation>, ProviderError> {
        let Some(store) = &self.store else {
            tracing::warn!(target: "vestibule::provider",
                "self-registered clients are not remembered: every start registers anew; give .registrations(..)");
            return Ok(None);
        };
        let sealed = store.load(key).await?;
        let opened = sealed.and_then(|sealed| self.seal.open(key.as_bytes(), &sealed)).map(Secret::new);
        Ok(opened.and_then(|bytes| ClientInformation::from_bytes(&bytes)))
    }

    async fn save(&self, key: &str, information: &ClientInformation) -> Result<(), ProviderError> {
        let Some(store) = &self.store else { return Ok(()) };
        let sealed = self.seal.seal(key.as_bytes(), information.to_bytes().expose());
        Ok(store.save(key, sealed.into_bytes()).await?)
    }

    async fn forget(&self, key: &str) -> Result<(), ProviderError> {
        match &self.store {
            Some(store) => Ok(store.remove(key).await?),
            None => Ok(()),
        }
    }
}

fn lock(slot: &Mutex<Distrusted>) -> std::sync::MutexGuard<'_, Distrusted> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("store", &self.store).finish_non_exhaustive()
    }
}

impl From<StoreError> for ProviderError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
