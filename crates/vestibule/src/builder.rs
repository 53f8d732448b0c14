//! The builder: every wrong setting ends here, before anybody knocks.

mod checks;
mod deep_links;
mod far_stores;
mod open_secrets;
mod transport;

#[cfg(feature = "metrics")]
use std::sync::atomic::AtomicI64;
use std::{collections::BTreeMap, fmt, future::Future, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, handler::Handler};
use vestibule_core::HttpClient;

use self::{
    checks::{
        check_providers, check_secret_keys, default_provider, keeping, parse_after_logout,
        say_what_this_process_alone_knows, stage,
    },
    transport::Transport,
};
use crate::{
    base_url::BaseUrl,
    clock::{Clock, SystemClock},
    config_error::ConfigError,
    decision::Latest,
    door::{Door, LoginStarts, Seals, Stage, context},
    examination::Groundwork,
    health::StoreAnswered,
    kept_posts::Room,
    new_login::{NewLogin, OnLogin, Refusal},
    paths::Paths,
    provider::{Addresses, ConnectedProvider, KeptValues, Provider, Remembered, Surroundings},
    refresh::flights::Refreshes,
    registration_store::RegistrationStore,
    return_address::Fragments,
    session::{
        SessionPolicy,
        cookie::{CookieNames, Purpose},
        endings::Endings,
        keys::Keys,
        seal::SecretKey,
    },
    session_store::SessionStore,
    tokens::Tokens,
    unreadable::Unreadable,
    vestibule::Vestibule,
};

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
    outbound_allow: Vec<String>,
    registrations: Option<Arc<dyn RegistrationStore>>,
    sessions: Option<Arc<dyn SessionStore>>,
    marks: Option<Arc<dyn SessionStore>>,
    store_timeout: Option<Duration>,
    cache: Option<Duration>,
    tokens: Tokens,
    path_prefix: Option<String>,
    login_starts: LoginStarts,
    fragments: Fragments,
    stage: Stage,
    open_secrets: Vec<PathBuf>,
    clock: Arc<dyn Clock>,
}

impl Builder {
    pub(crate) fn new(base_url: String) -> Self {
        Self {
            base_url,
            secret_keys: Vec::new(),
            providers: Vec::new(),
            default_provider: None,
            policy: SessionPolicy::default(),
            after_logout: None,
            on_login: None,
            error_view: None,
            http_client: None,
            trusted_ca: None,
            outbound_allow: Vec::new(),
            registrations: None,
            sessions: None,
            marks: None,
            store_timeout: None,
            cache: None,
            tokens: Tokens::default(),
            path_prefix: None,
            login_starts: LoginStarts::default(),
            fragments: Fragments::default(),
            stage: Stage::default(),
            open_secrets: Vec::new(),
            clock: Arc::new(SystemClock),
        }
    }

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

    /// Where sessions live: in this store, with a secret in the browser's cookie that leads there. Without a store they live whole
    /// in sealed cookies. `docs/sessions.md` has a table of what each survives.
    ///
    /// # Example
    /// ```
    /// use vestibule::{MemoryStore, Vestibule};
    ///
    /// let builder = Vestibule::builder("https://app.example.com").sessions(MemoryStore::new());
    /// # let _ = builder;
    /// ```
    pub fn sessions(self, store: impl SessionStore + 'static) -> Self {
        Self { sessions: Some(Arc::new(store)), ..self }
    }

    /// For sessions in sealed cookies: where it is kept that some of them were ended, which logins were used, and what is being
    /// refreshed. In memory unless said, which holds for this process, until it ends.
    pub fn marks(self, store: impl SessionStore + 'static) -> Self {
        Self { marks: Some(Arc::new(store)), ..self }
    }

    /// How long a store that machines share may take for an answer: from 100 milliseconds to 30 seconds, one second unless said.
    /// After that it has failed, and after a few failures in a row it is asked no more until it is back, so that a store that is down
    /// costs a request milliseconds. `docs/sessions.md` says what people see meanwhile.
    ///
    /// # Example
    /// ```
    /// use std::time::Duration;
    /// use vestibule::Vestibule;
    ///
    /// let builder = Vestibule::builder("https://app.example.com").store_timeout(Duration::from_millis(300));
    /// # let _ = builder;
    /// ```
    pub fn store_timeout(self, timeout: Duration) -> Self {
        Self { store_timeout: Some(timeout), ..self }
    }

    /// For how long it is believed what a store that machines share said of a session, in whole seconds, five at most; unless said it is
    /// asked with every request. An end is known at once all the same, since the store tells of it; while it does not, or cannot,
    /// it is asked each time. What else changes on another machine, such as new tokens, is seen this much later.
    ///
    /// # Example
    /// ```
    /// use std::time::Duration;
    /// use vestibule::Vestibule;
    ///
    /// let builder = Vestibule::builder("https://app.example.com").cache_sessions(Duration::from_secs(2));
    /// # let _ = builder;
    /// ```
    pub fn cache_sessions(self, cache: Duration) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Which tokens a session keeps: all of them, unless said.
    pub fn tokens(self, tokens: Tokens) -> Self {
        Self { tokens, ..self }
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

    /// Places, each `host:port`, that may be connected to though nobody but an outsider names them, such as a provider of our own
    /// network that WebFinger leads to. Unless said, the default HTTP client goes to public addresses only then. What the settings
    /// name, such as an issuer, needs no entry.
    ///
    /// # Example
    /// ```
    /// use vestibule::Vestibule;
    ///
    /// let builder = Vestibule::builder("https://app.example.com").outbound_allow(["login.internal:443"]);
    /// # let _ = builder;
    /// ```
    pub fn outbound_allow<S: Into<String>>(mut self, places: impl IntoIterator<Item = S>) -> Self {
        self.outbound_allow.extend(places.into_iter().map(Into::into));
        self
    }

    /// Where self-registered clients are remembered over restarts, such as a
    /// [`FileRegistrationStore`](crate::FileRegistrationStore). Without one they are remembered where [sessions](Self::sessions) or
    /// their [marks](Self::marks) are, if that is a store of all machines: these register once among them all. Where neither is, every
    /// start registers anew.
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

    /// Lets a login begin at `/auth/login` only when a page of this application, or the person themself, asked for it: what another
    /// site links to there gets 403 and a button (FAPI 2.0 Security Profile 5.3.3). Pages that need a sign-in go on sending
    /// people to sign in, wherever the link to them was.
    pub fn refuse_cross_site_logins(self) -> Self {
        Self { login_starts: LoginStarts::OfOurOwn, ..self }
    }

    /// Lets our pages say what only whoever develops the application should read, such as why a sign-in goes round in circles. That is
    /// so by itself where the base URL is on loopback; anywhere else the log has a warning at start.
    pub fn development(self) -> Self {
        Self { stage: Stage::Development, ..self }
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
        check_secret_keys(&self.secret_keys, &base)?;
        self.policy.check()?;
        let paths = Paths::new(&base, self.path_prefix.as_deref().unwrap_or(Paths::DEFAULT_PREFIX))?;
        check_providers(&self.providers, &base, &paths)?;
        let after_logout = parse_after_logout(&base, self.after_logout.as_deref())?;
        let trusted_ca = self.trusted_ca.as_deref();
        let transport = Transport::new(self.http_client, &self.providers, trusted_ca, &self.outbound_allow)?;
        let keeping = far_stores::guarded(keeping(self.sessions, self.marks)?, self.store_timeout, &self.clock)?;
        let recent = far_stores::recent(&keeping, self.cache)?;
        let unreadable = Arc::new(Unreadable::default());
        let kept_values = KeptValues::new(keeping.store(), &self.secret_keys, Keys::new(&base), &unreadable);
        let (registrations, keys) = (self.registrations, &self.secret_keys);
        let remembered = Remembered::new(registrations, &kept_values, &self.clock, keys, base.as_str());
        let surroundings = Surroundings {
            http: transport.for_all(),
            clock: Arc::clone(&self.clock),
            remembered,
            kept_values,
            longest_session: self.policy.longest(),
        };
        let providers = connected(self.providers, &base, &paths, &transport, &surroundings)?;
        say_what_this_process_alone_knows(&providers, keeping.store().as_ref());
        let default_provider = default_provider(&providers, self.default_provider.as_deref())?;
        let stage = stage(self.stage, &base);
        open_secrets::say(&self.open_secrets);
        let names = CookieNames::new(&base);
        let endings = Arc::new(Endings::new());
        keeping.store().listen(far_stores::listener(recent.as_ref(), &endings));
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
            keys: Keys::new(&base),
            keeping,
            tokens: self.tokens,
            refreshes: Refreshes::new(),
            endings,
            recent,
            login_starts: self.login_starts,
            groundwork: Groundwork::new(&self.secret_keys, transport.trust(), self.open_secrets),
            fragments: self.fragments,
            unreadable,
            kept_room: Room::new(),
            store_answered: StoreAnswered::default(),
            stage,
            latest: (stage == Stage::Development).then(Latest::new),
            #[cfg(feature = "metrics")]
            sampled: AtomicI64::new(i64::MIN),
            paths,
            base,
        };
        Ok(Vestibule::new(door))
    }
}

/// The providers by name, each with addresses of its own.
fn connected(
    providers: Vec<(String, Provider)>,
    base: &BaseUrl,
    paths: &Paths,
    transport: &Transport,
    surroundings: &Surroundings,
) -> Result<BTreeMap<String, Arc<ConnectedProvider>>, ConfigError> {
    let connect = |(name, provider): (String, Provider)| {
        let addresses = Addresses::new(base, paths, &name, &provider);
        let surroundings = Surroundings { http: transport.for_provider(&name, &provider)?, ..surroundings.clone() };
        let connected = ConnectedProvider::new(name.clone(), provider, addresses, surroundings);
        Ok((name, Arc::new(connected)))
    };
    providers.into_iter().map(connect).collect()
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("base_url", &self.base_url)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}
