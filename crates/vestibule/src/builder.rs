//! Vestibule and its builder. Every wrong setting ends here, before anybody knocks.

mod checks;

use std::{collections::BTreeMap, fmt, future::Future, sync::Arc};

use axum::{Router, handler::Handler};
use vestibule_core::HttpClient;

use self::checks::{check_providers, default_http_client, default_provider, parse_after_logout};
use crate::{
    base_url::BaseUrl,
    clock::{Clock, SystemClock},
    config_error::ConfigError,
    door::{Burnt, Door, Seals, context},
    gate::RequireLogin,
    new_login::{NewLogin, OnLogin, Refusal},
    paths::{Paths, Place},
    provider::{ConnectedProvider, Provider, ProviderError, Remembered, Surroundings},
    registration_store::RegistrationStore,
    return_address::ReturnAddress,
    routes,
    session::{
        SessionPolicy,
        cookie::{CookieNames, Purpose},
        seal::SecretKey,
    },
};

/// The room between the street and the house: sign-in for an axum application.
///
/// It is a handle: clones share everything.
///
/// # Example
/// ```
/// use axum::{Router, routing::get};
/// use vestibule::{Client, EndUser, Provider, SecretKey, Vestibule};
///
/// let client = Client::confidential("my-app", "a secret that only the two of us know");
/// let vestibule = Vestibule::builder("https://app.example.com")
///     .secret_key(SecretKey::generate())
///     .provider("corp", Provider::discovered("https://login.example.com", client)?)
///     .build()?;
/// let app: Router = vestibule.wrap(
///     Router::new().route("/", get(|user: EndUser| async move { format!("Hello, {}", user.subject()) })),
/// );
/// # Ok::<_, vestibule::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Vestibule {
    door: Arc<Door>,
}

impl Vestibule {
    /// Starts with the public base URL: the address that people type. It is never taken from a request.
    ///
    /// It may have a path, with or without a slash at the end as the front page has. A path that something strips on the way (a
    /// proxy, or axum's `nest`) needs nothing more; one that nothing strips needs a [`path_prefix`](Builder::path_prefix).
    pub fn builder(base_url: impl Into<String>) -> Builder {
        Builder {
            base_url: base_url.into(),
            secret_keys: Vec::new(),
            providers: Vec::new(),
            default_provider: None,
            policy: SessionPolicy::default(),
            after_logout: None,
            on_login: None,
            error_view: None,
            http_client: None,
            trusted_ca: None,
            registrations: None,
            path_prefix: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Adds the routes under `/auth` and the session layer to an application.
    ///
    /// What is added to the router after this lies outside: a gate or an extractor there answers 500.
    ///
    /// # Panics
    /// When the router has one of our paths already, as axum does for any path twice.
    pub fn wrap<S>(&self, router: Router<S>) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        routes::wrap(&self.door, router)
    }

    /// A layer for `route_layer`: it lets in who is signed in.
    #[must_use]
    pub fn require_login(&self) -> RequireLogin {
        let door = Arc::clone(&self.door);
        RequireLogin::new(move |name| door.provider(name).cloned())
    }

    /// Fetches the metadata and keys of every provider now, for those who want to fail at start.
    ///
    /// # Errors
    /// [`NotReady`] names the first provider that is not ready and the exact reason.
    pub async fn ready(&self) -> Result<(), NotReady> {
        for provider in self.door.providers.values() {
            provider.ready().await.map_err(|source| NotReady { provider: provider.name().to_owned(), source })?;
        }
        Ok(())
    }

    /// The names of the providers, in alphabetical order.
    pub fn providers(&self) -> impl Iterator<Item = &str> {
        self.door.providers.keys().map(String::as_str)
    }

    /// The path at which a sign-in starts that ends on `return_to`, a path of this application: for links.
    ///
    /// A `return_to` that leads anywhere else is left out.
    #[must_use]
    pub fn login_path(&self, provider: Option<&str>, return_to: &str) -> String {
        let return_to = ReturnAddress::parse(&self.door.base, return_to);
        self.door.paths.public_login(provider, return_to.as_ref())
    }

    /// The path to which a sign-out form is posted.
    #[must_use]
    pub fn logout_path(&self) -> String {
        self.door.paths.public(Place::Logout)
    }
}

/// A provider is not ready.
#[derive(Debug, thiserror::Error)]
#[error("provider '{provider}' is not ready")]
pub struct NotReady {
    provider: String,
    source: ProviderError,
}

impl NotReady {
    /// The name of the provider, as the builder has it.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }
}

/// The settings of a [`Vestibule`].
#[must_use = "nothing happens until build()"]
pub struct Builder {
    base_url: String,
    secret_keys: Vec<SecretKey>,
    providers: Vec<(String, Provider)>,
    default_provider: Option<String>,
    policy: SessionPolicy,
    after_logout: Option<String>,
    on_login: Option<OnLogin>,
    error_view: Option<Router>,
    http_client: Option<Arc<dyn HttpClient>>,
    trusted_ca: Option<Vec<u8>>,
    registrations: Option<Arc<dyn RegistrationStore>>,
    path_prefix: Option<String>,
    clock: Arc<dyn Clock>,
}

impl Builder {
    /// The key that seals everything. Required.
    pub fn secret_key(mut self, key: SecretKey) -> Self {
        self.secret_keys.insert(0, key);
        self
    }

    /// A key that sealed until a short while ago: what it sealed still opens. For rotation without signing anybody out.
    pub fn previous_secret_key(mut self, key: SecretKey) -> Self {
        self.secret_keys.push(key);
        self
    }

    /// A provider to sign in with, under a name of letters, digits, `-` and `_`, which is part of its callback's path.
    pub fn provider(mut self, name: impl Into<String>, provider: Provider) -> Self {
        self.providers.push((name.into(), provider));
        self
    }

    /// Where a stranger is sent unless something else is said. Needless with one provider; without it, several are offered on
    /// a page.
    pub fn default_provider(self, name: impl Into<String>) -> Self {
        Self { default_provider: Some(name.into()), ..self }
    }

    /// How long people stay signed in.
    pub fn session(self, policy: SessionPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Where people land who signed out: a path of this application, the front page unless said.
    pub fn after_logout(self, path: impl Into<String>) -> Self {
        Self { after_logout: Some(path.into()), ..self }
    }

    /// The application's say in each login: find or create its own user, add claims, or refuse with a reason.
    ///
    /// # Example
    /// ```
    /// use vestibule::{NewLogin, Refusal, Vestibule};
    ///
    /// let builder = Vestibule::builder("https://app.example.com").on_login(|login: NewLogin| async move {
    ///     // let id = users.find_or_create(login.issuer(), login.subject()).await?;
    ///     if login.subject().as_str() == "mallory" { Err(Refusal::new("Not you.")) } else { Ok(login.with_claim("user_id", 42)) }
    /// });
    /// # let _ = builder;
    /// ```
    pub fn on_login<F, Fut>(self, decide: F) -> Self
    where
        F: Fn(NewLogin) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<NewLogin, Refusal>> + Send + 'static,
    {
        Self { on_login: Some(OnLogin::new(decide)), ..self }
    }

    /// The page that people see when a login fails: any handler that takes a [`LoginError`](crate::LoginError).
    ///
    /// The status is the error's own unless the view sets another one than 200.
    ///
    /// # Example
    /// A view with state of its own is a method router that has it:
    /// ```
    /// use axum::{extract::State, routing::get};
    /// use vestibule::{LoginError, Vestibule};
    ///
    /// #[derive(Clone)]
    /// struct Pages { title: &'static str }
    ///
    /// async fn sorry(State(pages): State<Pages>, error: LoginError) -> String {
    ///     format!("{}: {}", pages.title, error.public_message())
    /// }
    ///
    /// let builder = Vestibule::builder("https://app.example.com")
    ///     .error_view(get(sorry).with_state(Pages { title: "Sorry" }));
    /// # let _ = builder;
    /// ```
    pub fn error_view<H, T>(self, view: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        Self { error_view: Some(Router::new().fallback(view)), ..self }
    }

    /// Another HTTP client than the default one: read the `# Security` section of [`HttpClient`] first.
    pub fn http_client(self, client: impl HttpClient + 'static) -> Self {
        Self { http_client: Some(Arc::new(client)), ..self }
    }

    /// Certificate authorities in PEM that are trusted besides the platform's, by the default HTTP client.
    pub fn trusted_ca(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { trusted_ca: Some(pem.into()), ..self }
    }

    /// Where self-registered clients are remembered over restarts, such as a
    /// [`FileRegistrationStore`](crate::FileRegistrationStore). Without one every start registers anew.
    pub fn registrations(self, store: impl RegistrationStore + 'static) -> Self {
        Self { registrations: Some(Arc::new(store)), ..self }
    }

    /// Where our own routes are: `/auth` unless said. The callbacks that are registered with providers lie below it.
    ///
    /// It is a path as the wrapped router sees it. Where the base URL has a path that nothing strips on the way, write it here
    /// too: base URL `https://host/shop` and prefix `/shop/auth`.
    pub fn path_prefix(self, path: impl Into<String>) -> Self {
        Self { path_prefix: Some(path.into()), ..self }
    }

    /// Another clock than the system's: for tests.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Checks every setting. The network is not touched: a provider is first asked when somebody signs in.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, the value and the remedy.
    pub fn build(self) -> Result<Vestibule, ConfigError> {
        let base = BaseUrl::parse(&self.base_url)?;
        if self.secret_keys.is_empty() {
            return Err(ConfigError::new("secret_key", "it is not set").remedy(
                "give .secret_key(SecretKey::from_env(\"SECRET_KEY\")?), or with a settings file secret_key, secret_key_file or the \
                 environment variable VESTIBULE_SECRET_KEY: 32 random bytes in base64url, the same on every machine",
            ));
        }
        self.policy.check()?;
        let paths = Paths::new(&base, self.path_prefix.as_deref().unwrap_or(Paths::DEFAULT_PREFIX))?;
        check_providers(&self.providers, &paths)?;
        let after_logout = parse_after_logout(&base, self.after_logout.as_deref())?;
        let http = match self.http_client {
            Some(client) => client,
            None => default_http_client(&self.providers, self.trusted_ca.as_deref())?,
        };
        let surroundings = Surroundings {
            http,
            clock: Arc::clone(&self.clock),
            remembered: Remembered::new(self.registrations, &self.secret_keys, base.as_str()),
            post_logout_redirect_uri: base.absolute(&paths.public(Place::LoggedOut)),
        };
        let providers: BTreeMap<_, _> = self
            .providers
            .into_iter()
            .map(|(name, provider)| {
                let redirect_uri = base.absolute(&match provider.own_redirect_path() {
                    Some(path) => base.public_path(path),
                    None => paths.public_callback(&name),
                });
                let connected = ConnectedProvider::new(name.clone(), provider, redirect_uri, surroundings.clone());
                (name, Arc::new(connected))
            })
            .collect();
        let default_provider = default_provider(&providers, self.default_provider.as_deref())?;
        let names = CookieNames::new(&base);
        let door = Door {
            session_context: context(&base, &names.name(Purpose::Session(0))),
            names,
            seals: Seals::new(&self.secret_keys),
            policy: self.policy,
            providers,
            default_provider,
            after_logout,
            on_login: self.on_login,
            error_view: self.error_view,
            clock: self.clock,
            burnt: Burnt::new(),
            paths,
            base,
        };
        Ok(Vestibule { door: Arc::new(door) })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("base_url", &self.base_url)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}
