//! The handle that an application holds: it wraps a router, makes gates, and ends sessions.

use std::sync::Arc;

use axum::Router;
use vestibule_core::{Issuer, Subject};

#[cfg(feature = "metrics")]
use crate::decision::measure;
use crate::{
    builder::Builder,
    client_registration::ClientRegistration,
    decision,
    door::Door,
    examination::Examination,
    gate::RequireLogin,
    paths::Place,
    provider::ProviderError,
    routes,
    session_info::{SessionId, SessionInfo, SessionsError},
    sign_in::SignIn,
    store::StoreError,
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
    pub(crate) fn new(door: Door) -> Self {
        Self { door: Arc::new(door) }
    }

    /// Starts with the public base URL: the address that people type. It is never taken from a request.
    ///
    /// It may have a path, with or without a slash at the end as the front page has. A path that something strips on the way (a
    /// proxy, or axum's `nest`) needs nothing more; one that nothing strips needs a [`path_prefix`](Builder::path_prefix).
    pub fn builder(base_url: impl Into<String>) -> Builder {
        Builder::new(base_url.into())
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

    /// A sign-in with the provider of this name that the application begins itself, with a hint of who it is, another language, or
    /// more that it wishes of this one.
    ///
    /// # Panics
    /// When there is no provider of this name.
    #[expect(clippy::panic, reason = "as axum's bad paths do: the name stands in the application's own code")]
    pub fn sign_in(&self, provider: &str) -> SignIn {
        let found = self.door.provider(provider).cloned();
        let provider = found
            .unwrap_or_else(|| panic!("sign_in(\"{provider}\"): no provider of this name was given to the builder"));
        SignIn::new(Arc::clone(&self.door), provider)
    }

    /// What the provider of this name has this application registered as, for a client that registers itself: to be read, updated or
    /// deleted (RFC 7592).
    ///
    /// # Panics
    /// When there is no provider of this name.
    #[expect(clippy::panic, reason = "as axum's bad paths do: the name stands in the application's own code")]
    pub fn registration(&self, provider: &str) -> ClientRegistration {
        let found = self.door.provider(provider).cloned();
        let provider = found.unwrap_or_else(|| {
            panic!("registration(\"{provider}\"): no provider of this name was given to the builder")
        });
        ClientRegistration::new(provider)
    }

    /// Checks the session store, and fetches the metadata and keys of every provider now, for those who want to fail at start.
    ///
    /// # Errors
    /// [`NotReady`] names the store, or the first provider that is not ready, and the exact reason.
    pub async fn ready(&self) -> Result<(), NotReady> {
        self.check_store().await.map_err(NotReady::Store)?;
        for provider in self.door.providers.values() {
            let not_ready = |source| NotReady::Provider { name: provider.name().to_owned(), source };
            provider.ready().await.map_err(not_ready)?;
        }
        Ok(())
    }

    /// Whether the session store (or the store of marks) can do its work, for those who want to start even when a provider is away.
    ///
    /// # Errors
    /// [`StoreError`]: one that is [transient](StoreError::is_transient) may pass by itself, any other is a reason not to start.
    ///
    /// # Example
    /// ```
    /// async fn start(vestibule: &vestibule::Vestibule) -> Result<(), vestibule::StoreError> {
    ///     match vestibule.check_store().await {
    ///         Err(error) if !error.is_transient() => Err(error),
    ///         _ => Ok(()),
    ///     }
    /// }
    /// # let _ = start;
    /// ```
    pub async fn check_store(&self) -> Result<(), StoreError> {
        self.door.store().check().await
    }

    /// Looks at the settings and at every provider as if somebody were to sign in, and says what is wrong or could be better: for an
    /// administrator, or for a deployment that shall not go on with settings that cannot work. `docs/doctor.md` has each code.
    ///
    /// Each provider is asked for its metadata and its keys, and is sent one authorization request that nobody follows; none is sent
    /// a secret, and no client is registered. A provider that is away is a finding, and no error.
    ///
    /// # Example
    /// ```
    /// async fn show(vestibule: &vestibule::Vestibule) {
    ///     for finding in vestibule.examine().await.findings() {
    ///         println!("{} {}: {}", finding.severity(), finding.code(), finding.sentence());
    ///     }
    /// }
    /// # let _ = show;
    /// ```
    pub async fn examine(&self) -> Examination {
        Examination::of(&self.door).await
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
        let return_to = self.door.return_address(return_to);
        self.door.paths.public_login(provider, return_to.as_ref())
    }

    /// The path to which a sign-out form is posted.
    #[must_use]
    pub fn logout_path(&self) -> String {
        self.door.paths.public(Place::Logout)
    }

    /// The path at which a page's script may ask, as often as it likes, whether the person is still signed in: that is no activity.
    ///
    /// The answer is JSON: `{"signed_in": false}`, or
    /// `{"signed_in": true, "provider": "corp", "acr": null, "idle_seconds": 28800, "absolute_seconds": 86400}`, where
    /// `idle_seconds` is `null` without an idle limit. While the session store fails it is 503 with a problem body.
    #[must_use]
    pub fn session_path(&self) -> String {
        self.door.paths.public(Place::Session)
    }

    /// The path of the page that shows a browser the latest decisions about it, and why: for links on pages that developers see. `None`
    /// outside [development](Builder::development), where there is no such page.
    #[must_use]
    pub fn why_path(&self) -> Option<String> {
        decision::link(&self.door)
    }

    /// The path of a page that watches the session at the provider (Session Management 1.0), for a hidden frame in the application's
    /// own pages. When that session changes, the one here ends too, and the pages are told. Where the provider offers no such thing,
    /// or the browser keeps its cookies from frames, nothing happens.
    ///
    /// ```html
    /// <iframe src="/auth/check_session" hidden></iframe>
    /// <script>
    ///   new BroadcastChannel("vestibule:/auth").onmessage = (event) => {
    ///     if (event.data.type === "vestibule:signed_out") location.reload();
    ///   };
    /// </script>
    /// ```
    ///
    /// The channel is named `vestibule:` and what comes before `/check_session` in this path. The page around the frame gets the
    /// same message by `postMessage` too.
    #[must_use]
    pub fn check_session_path(&self) -> String {
        self.door.paths.public(Place::CheckSession)
    }

    /// Ends every session of a person, in whatever browser, and the sign-ins that are coming back from the provider right now:
    /// after a password was changed, an account closed, or on the person's own wish. Whoever signs in afterwards is signed in.
    ///
    /// For sessions in sealed cookies this holds as far as their [marks](Builder::marks) reach: in this process until it ends, unless
    /// a store was given. The provider is not told: its own session goes on, and tokens that somebody copied are good until they expire.
    ///
    /// # Errors
    /// [`StoreError`]: some sessions may have ended and others not, so try again.
    ///
    /// # Example
    /// ```
    /// use axum::{extract::State, response::Redirect};
    /// use vestibule::{EndUser, SessionsError, Vestibule};
    ///
    /// async fn sign_out_everywhere(State(vestibule): State<Vestibule>, user: EndUser) -> Result<Redirect, SessionsError> {
    ///     vestibule.log_out_everywhere(user.id()).await?;
    ///     Ok(Redirect::to("/"))
    /// }
    /// # let _ = axum::Router::<Vestibule>::new().route("/everywhere", axum::routing::post(sign_out_everywhere));
    ///
    /// /// An administrator has the two halves of `user.id()` in a table of users.
    /// async fn close_account(vestibule: &Vestibule, issuer: &str, subject: &str) -> Result<(), Box<dyn std::error::Error>> {
    ///     let issuer = vestibule::Issuer::parse(issuer)?;
    ///     let subject = vestibule::Subject::parse(subject).ok_or("no subject")?;
    ///     Ok(vestibule.log_out_everywhere((&issuer, &subject)).await?)
    /// }
    /// # let _ = close_account;
    /// ```
    pub async fn log_out_everywhere(&self, (issuer, subject): (&Issuer, &Subject)) -> Result<(), StoreError> {
        self.door.log_out_everywhere(issuer, subject).await
    }

    /// Where a person is signed in: their sessions, the one that was seen last first. [`EndUser::session_id`](crate::EndUser::session_id)
    /// tells which of them is the present one.
    ///
    /// # Errors
    /// [`SessionsError::NoList`] without [`.sessions(..)`](Builder::sessions): of sealed cookies only the browsers know.
    /// [`SessionsError::Store`] when the store fails.
    ///
    /// # Example
    /// ```
    /// use axum::extract::State;
    /// use vestibule::{EndUser, SessionsError, Vestibule};
    ///
    /// async fn my_sessions(State(vestibule): State<Vestibule>, user: EndUser) -> Result<String, SessionsError> {
    ///     let sessions = vestibule.sessions_of(user.id()).await?;
    ///     let line = |session: &vestibule::SessionInfo| {
    ///         let this = if session.id() == user.session_id() { " (this one)" } else { "" };
    ///         format!("{}{this}\n", session.browser().unwrap_or("A browser"))
    ///     };
    ///     Ok(sessions.iter().map(line).collect())
    /// }
    /// # let _ = axum::Router::<Vestibule>::new().route("/sessions", axum::routing::get(my_sessions));
    /// ```
    pub async fn sessions_of(&self, (issuer, subject): (&Issuer, &Subject)) -> Result<Vec<SessionInfo>, SessionsError> {
        self.door.sessions_of(issuer, subject).await
    }

    /// Ends one of a person's sessions. An id from a form may be anybody's: only a session of this person ends.
    ///
    /// # Errors
    /// [`SessionsError::NotTheirs`] when they have no session of this id, or no longer; otherwise as
    /// [`sessions_of`](Self::sessions_of).
    ///
    /// # Example
    /// ```
    /// use axum::{Form, extract::State, response::Redirect};
    /// use vestibule::{EndUser, SessionId, SessionsError, Vestibule};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct EndOne { id: SessionId }
    ///
    /// async fn end_one(
    ///     State(vestibule): State<Vestibule>,
    ///     user: EndUser,
    ///     Form(EndOne { id }): Form<EndOne>,
    /// ) -> Result<Redirect, SessionsError> {
    ///     vestibule.end_session(user.id(), id).await?;
    ///     Ok(Redirect::to("/sessions"))
    /// }
    /// # let _ = axum::Router::<Vestibule>::new().route("/end", axum::routing::post(end_one));
    /// ```
    pub async fn end_session(
        &self,
        (issuer, subject): (&Issuer, &Subject),
        session: SessionId,
    ) -> Result<(), SessionsError> {
        self.door.end_session_of(issuer, subject, session).await
    }

    /// How many entries everything in this process has that is bounded, by the names that `docs/observability.md` lists, each with
    /// its bound. For gauges; with the feature `metrics` they are set by themselves.
    ///
    /// # Example
    /// ```
    /// # fn watch(vestibule: &vestibule::Vestibule) {
    /// for (of, entries) in vestibule.sizes() {
    ///     println!("{of} {entries}");
    /// }
    /// # }
    /// ```
    pub fn sizes(&self) -> impl Iterator<Item = (&'static str, usize)> + use<> {
        self.door.sizes().into_iter()
    }

    /// Sets the gauges of the `metrics` facade now, and describes all its numbers: for whoever answers a scrape. It happens by
    /// itself with every decision, at most once in ten seconds.
    ///
    /// # Example
    /// ```
    /// # fn scraped(vestibule: &vestibule::Vestibule) {
    /// vestibule.set_gauges();
    /// // .. and then what the recorder has is written out.
    /// # }
    /// ```
    #[cfg(feature = "metrics")]
    pub fn set_gauges(&self) {
        measure::describe_all();
        measure::sample(&self.door);
    }

    #[cfg(test)]
    pub(crate) fn door(&self) -> &Arc<Door> {
        &self.door
    }
}

/// What is not ready; see [`Vestibule::ready`].
///
/// # Example
/// ```
/// use vestibule::{NotReady, Vestibule};
///
/// async fn start(vestibule: &Vestibule) -> Result<(), NotReady> {
///     match vestibule.ready().await {
///         // A provider that is away comes back, and people who are signed in do not need it.
///         Err(NotReady::Provider { .. }) => Ok(()),
///         result => result,
///     }
/// }
/// # let _ = start;
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// A provider.
    #[error("provider '{name}' is not ready")]
    #[non_exhaustive]
    Provider {
        /// As the builder has it.
        name: String,
        /// Why.
        source: ProviderError,
    },
    /// The store of sessions, or of marks.
    #[error("the session store is not ready")]
    Store(#[source] StoreError),
}

impl NotReady {
    /// The name of the provider, as the builder has it; `None` where it is the store.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::Provider { name, .. } => Some(name),
            Self::Store(_) => None,
        }
    }
}
