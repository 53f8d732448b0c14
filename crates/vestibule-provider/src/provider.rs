//! The provider itself: a handle to its clients, its users and its memory.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::Router;
use tokio::sync::Notify;
use url::Url;
use vestibule::Clock;
use vestibule_core::{Issuer, KeyManagementAlgorithm, NumericDate, SignatureAlgorithm, issuer::InvalidIssuer};

use crate::{
    client::{Encryption, RegisteredClient},
    fault::{Fault, Hooks},
    keys::Keys,
    record::RecordedRequest,
    routes,
    state::State,
    tally::Tally,
    user::User,
};

/// An OpenID Provider for development and tests. Clones are handles to the same provider.
///
/// # Example
/// ```
/// use vestibule_provider::{DevelopmentProvider, RegisteredClient, User};
///
/// let provider = DevelopmentProvider::new("http://127.0.0.1:3001")?
///     .client(RegisteredClient::confidential("demo", "demo-secret").redirect_uri("http://localhost:3000/auth/callback/demo"))
///     .user(User::new("alice").claim("name", "Alice Liddell").claim("email", "alice@example.com"));
/// assert_eq!(provider.count("/token"), 0);
/// # Ok::<_, vestibule_core::issuer::InvalidIssuer>(())
/// ```
#[derive(Clone)]
pub struct DevelopmentProvider {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: Issuer,
    url: Url,
    state: Mutex<State>,
    /// Apart from the state: to make an RSA key takes its time.
    keys: Mutex<Keys>,
    /// Wakes who sends logout requests.
    outbox_filled: Notify,
}

/// The most requests that are remembered; the oldest is forgotten first.
const MOST_REQUESTS: usize = 10_000;

impl DevelopmentProvider {
    /// A provider of this name, without clients and users. Its endpoints are below the issuer's path.
    ///
    /// # Errors
    /// [`InvalidIssuer`] says what is wrong with the name.
    pub fn new(issuer: impl Into<String>) -> Result<Self, InvalidIssuer> {
        let issuer = Issuer::parse(issuer)?;
        let url = Url::parse(issuer.as_str()).map_err(|_| InvalidIssuer::NotAUrl)?;
        let (state, keys, outbox_filled) = (Mutex::default(), Mutex::default(), Notify::new());
        Ok(Self { inner: Arc::new(Inner { issuer, url, state, keys, outbox_filled }) })
    }

    /// Registers a client, in place of one with the same client_id.
    pub fn client(self, client: RegisteredClient) -> Self {
        self.state().clients.insert(client.client_id().to_owned(), Arc::new(client));
        self
    }

    /// Adds a user, in place of one with the same name.
    pub fn user(self, user: User) -> Self {
        {
            let mut state = self.state();
            state.users.retain(|known| known.name() != user.name());
            state.users.push(Arc::new(user));
        }
        self
    }

    /// The issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.inner.issuer
    }

    /// Misbehaves from now on, or behaves again.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.state().fault = fault;
    }

    /// Goes by this clock, instead of the system's.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.state().clock = Some(Arc::new(clock));
        self
    }

    /// Stops the provider's clock at this time; before the first call it goes by the system's, or by the [one](Self::clock) that
    /// it was given.
    pub fn set_now(&self, now: NumericDate) {
        self.state().now = Some(now);
    }

    /// Throws the signing keys away. New ones, with new kids, are made when next needed.
    pub fn rotate_keys(&self) {
        self.keys().forget();
    }

    /// The requests that arrived, oldest first: the newest 10,000.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state().requests.iter().cloned().collect()
    }

    /// How many of [`requests`](Self::requests) went to this path below the issuer's, such as `/token`.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        let path = format!("{}{path}", self.base_path());
        self.state().requests.iter().filter(|request| request.path == path).count()
    }

    /// Forgets the requests that arrived so far, and begins its [tally](Self::tally) anew.
    pub fn forget_requests(&self) {
        let mut state = self.state();
        state.requests.clear();
        state.tally = Tally::default();
    }

    /// The provider as a router, to serve or to put into a [`Browser`](crate::Browser).
    pub fn router(&self) -> Router {
        routes::router(self)
    }

    pub(crate) fn remember(&self, request: RecordedRequest) {
        let requests = &mut self.state().requests;
        if requests.len() >= MOST_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing below the lock leaves the state half-changed.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, Keys> {
        self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outbox_filled(&self) -> &Notify {
        &self.inner.outbox_filled
    }

    pub(crate) fn hooks(&self) -> Hooks {
        Hooks::new(self.state().fault.clone())
    }

    /// The client of this id as it is registered, by [`client`](Self::client) or by itself.
    #[must_use]
    pub fn registered(&self, client_id: &str) -> Option<Arc<RegisteredClient>> {
        let state = self.state();
        state.clients.get(client_id).or_else(|| state.registrations.client(client_id)).cloned()
    }

    pub(crate) fn now(&self) -> NumericDate {
        let (fixed, clock) = {
            let state = self.state();
            (state.now, state.clock.clone())
        };
        fixed.or_else(|| clock.map(|clock| clock.now())).unwrap_or_else(system_now)
    }

    /// The algorithms that clients registered, each once; RS256 as long as there is no client.
    pub(crate) fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        let state = self.state();
        let clients = state.clients.values().chain(state.registrations.clients());
        let registered: HashSet<_> =
            clients.flat_map(|client| [Some(client.algorithm()), client.userinfo_algorithm()]).flatten().collect();
        let algorithms: Vec<_> = SignatureAlgorithm::ALL.into_iter().filter(|one| registered.contains(one)).collect();
        if algorithms.is_empty() { vec![SignatureAlgorithm::Rs256] } else { algorithms }
    }

    /// The algorithms by which clients said that they may encrypt their request objects, each once.
    pub(crate) fn request_encryption_algorithms(&self) -> Vec<KeyManagementAlgorithm> {
        let state = self.state();
        let clients = state.clients.values().chain(state.registrations.clients());
        let registered: HashSet<_> =
            clients.filter_map(|client| client.request_encryption()).map(Encryption::alg).collect();
        KeyManagementAlgorithm::ALL.into_iter().filter(|one| registered.contains(one)).collect()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.inner.url
    }

    /// The issuer's path without a slash at its end: what comes before the path of every endpoint.
    pub(crate) fn base_path(&self) -> &str {
        let path = self.url().path();
        path.strip_suffix('/').unwrap_or(path)
    }

    /// The URL of an endpoint.
    pub(crate) fn endpoint(&self, path: &str) -> String {
        let issuer = self.issuer().as_str();
        format!("{}{path}", issuer.strip_suffix('/').unwrap_or(issuer))
    }
}

/// The time by the system's clock.
pub(crate) fn system_now() -> NumericDate {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    NumericDate::from_seconds(i64::try_from(since).unwrap_or(i64::MAX))
}

impl fmt::Debug for DevelopmentProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevelopmentProvider").field("issuer", self.issuer()).finish_non_exhaustive()
    }
}
