//! The store, and how it is made.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use redis::{Cmd, FromRedisValue, ScriptInvocation};
use vestibule::{
    NumericDate, StoreByUrl, StoreError,
    session_store::{
        Fence, Insertion, Kept, Listener, Mark, Moment, NewSession, Raising, Reach, SessionStore, StoredSession,
        Update, Version,
    },
    store::{Answer, Key},
};

use crate::{
    address::{Address, SCHEMES},
    check::Eviction,
    connection::{Connection, Question, Repeat},
    keys::{Kind, Names},
    listening::Listening,
    trouble::Trouble,
};

/// Sessions, and all that outlives a cookie, in Redis 6.2 or later, or Valkey: for every machine that names the same server.
///
/// One connection serves all questions, and another one hears what ends on other machines. Both are made when first needed and mend
/// themselves. Nobody waits longer than two seconds for a connection, and two for an answer.
///
/// # Example
/// ```
/// use vestibule::session_store::{Reach, SessionStore};
/// use vestibule_redis::RedisStore;
///
/// # fn main() -> Result<(), vestibule::StoreError> {
/// let store = RedisStore::from_url("rediss://app:its-password@cache.example:6380/0")?.prefix("shop")?;
/// assert_eq!(store.reach(), Reach::Everywhere);
/// assert_eq!(format!("{store:?}"), "RedisStore(cache.example:6380)");
///
/// let error = RedisStore::from_url("cache.example").expect_err("no URL");
/// assert!(!error.is_transient());
/// # Ok(()) }
/// ```
pub struct RedisStore {
    pub(crate) names: Names,
    pub(crate) eviction: Eviction,
    connection: Arc<Connection>,
    listening: Listening,
    /// Whether it was said that there is a session that cannot be read.
    said_unreadable: AtomicBool,
}

impl RedisStore {
    /// A store at this address: `redis://user:password@host:port/database`, `rediss://..` for TLS, `redis+unix:///path/of/socket` for
    /// a socket on this machine, or the same with `valkey`. It touches no network; where the URL names the file of an authority
    /// (`rediss://host?vestibule_ca=/etc/app/ca.pem`), it reads that.
    ///
    /// # Errors
    /// What is wrong with the URL, or with the file that it names, and what it should be; it says nothing of users and passwords.
    pub fn from_url(url: &str) -> Result<Self, StoreError> {
        Self::at(Address::parse(url)?, Names::default(), Eviction::Refused)
    }

    /// A store at this address that was [checked](Self::checked), for whoever needs no more than a URL.
    ///
    /// # Errors
    /// What is wrong with the URL, or with the server.
    ///
    /// # Example
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use vestibule::{SecretKey, Vestibule};
    /// use vestibule_redis::RedisStore;
    ///
    /// let vestibule = Vestibule::builder("https://shop.example")
    ///     .secret_key(SecretKey::generate())
    ///     .sessions(RedisStore::connect("redis://127.0.0.1").await?);
    /// # Ok(()) }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::from_url(url)?.checked().await
    }

    /// This store, after a [check](SessionStore::check): it comes after whatever else is to be said of the store. A server that is
    /// merely down is no error: that is said in the log, and the store comes back with its server.
    ///
    /// # Errors
    /// What is wrong with the server.
    ///
    /// # Example
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use vestibule_redis::RedisStore;
    ///
    /// let authority = std::fs::read("/etc/app/ca.pem")?;
    /// let store = RedisStore::from_url("rediss://cache.example")?.trusted_ca(&authority)?.prefix("shop")?.checked().await?;
    /// # Ok(()) }
    /// ```
    pub async fn checked(self) -> Result<Self, StoreError> {
        match self.examine().await {
            Err(error) if error.is_transient() => {
                let reason = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(target: "vestibule::session", server = ?self.connection.address(), reason, "the session store is down; it is tried again with each request");
                Ok(self)
            }
            checked => checked.map(|()| self),
        }
    }

    /// What the names of all that is kept begin with, `vestibule` unless said: for two applications in one database. It is 1 to 64
    /// letters and digits, with `-`, `_`, `.` and `:`. Say it before the store is looked at:
    /// `RedisStore::from_url(..)?.prefix("shop")?.checked().await?`.
    ///
    /// # Errors
    /// It has other characters.
    pub fn prefix(mut self, prefix: &str) -> Result<Self, StoreError> {
        self.names = Names::new(prefix)?;
        Ok(self)
    }

    /// The certificates, in PEM, of the authority that the server's own certificate comes from, instead of those that this machine
    /// trusts: `RedisStore::from_url("rediss://..")?.trusted_ca(&pem)?.checked().await?`. In a file of settings the URL names the
    /// file instead, by its whole path: `rediss://host?vestibule_ca=/etc/app/ca.pem`; it is read once, at the start.
    ///
    /// # Errors
    /// There is no certificate in it, or the URL does not ask for TLS.
    pub fn trusted_ca(self, pem: &[u8]) -> Result<Self, StoreError> {
        let address = self.connection.address().clone().trusting(pem)?;
        Self::at(address, self.names.clone(), self.eviction)
    }

    /// Takes a server that forgets what it likes when its memory is full. It may forget that somebody signed out, and let them in
    /// again; that is why [`check`](SessionStore::check) refuses it otherwise. Whoever takes one says so before the store is looked at:
    /// `RedisStore::from_url(..)?.insecure_evicting_server().checked().await?`.
    #[must_use]
    pub fn insecure_evicting_server(mut self) -> Self {
        self.eviction = Eviction::Taken;
        self
    }

    fn at(address: Address, names: Names, eviction: Eviction) -> Result<Self, StoreError> {
        Ok(Self {
            names,
            eviction,
            connection: Arc::new(Connection::new(address)?),
            listening: Listening::new(),
            said_unreadable: AtomicBool::new(false),
        })
    }

    pub(crate) fn name(&self, kind: Kind, key: Key) -> String {
        self.names.of(kind, key)
    }

    pub(crate) async fn command<T: FromRedisValue>(&self, command: Cmd, repeat: Repeat) -> Result<T, Trouble> {
        self.ask(&Question::Command(command), repeat).await
    }

    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
        repeat: Repeat,
    ) -> Result<T, Trouble> {
        self.ask(&Question::Script(script), repeat).await
    }

    pub(crate) async fn ask<T: FromRedisValue>(&self, question: &Question<'_>, repeat: Repeat) -> Result<T, Trouble> {
        self.connection().ask(question, repeat).await
    }

    /// The connection, by somebody who asks: then is the time to listen, too, if that was not possible before.
    pub(crate) fn connection(&self) -> &Connection {
        self.listening.begin(&self.connection, &self.names.channel());
        &self.connection
    }

    /// Those who listen here need not wait for the server's message.
    pub(crate) fn tell(&self, ended: &[Key]) {
        self.listening.listeners().tell(ended);
    }

    /// A session that cannot be read is none. It is said once: there may be many.
    pub(crate) fn say_unreadable(&self, key: Key) {
        if !self.said_unreadable.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "vestibule::session", ?key,
                "a session in the store cannot be read and is taken for none; others will not be mentioned"
            );
        }
    }
}

impl StoreByUrl for RedisStore {
    const SCHEMES: &'static [&'static str] = SCHEMES;

    fn from_url(url: &str) -> Result<Self, StoreError> {
        Self::from_url(url)
    }
}

/// Each operation is done when its answer is awaited.
impl SessionStore for RedisStore {
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion> {
        Answer::later(self.insert_session(key, session, now))
    }

    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>> {
        Answer::later(self.load_session(key, now))
    }

    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update> {
        Answer::later(self.update_session(key, version, value, now))
    }

    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.touch_session(key, last_seen, expires_at, now))
    }

    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.delete_session(key, now))
    }

    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>> {
        Answer::later(self.delete_sessions(index, mark, now))
    }

    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>> {
        Answer::later(self.list_sessions(index, now))
    }

    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark> {
        Answer::later(self.raise_mark(raising, now))
    }

    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark> {
        Answer::later(self.joined_marks(whose, now))
    }

    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>> {
        Answer::later(self.burn(attempt, until, now))
    }

    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.remember(jti, until, now))
    }

    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.knows(jti, now))
    }

    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>> {
        Answer::later(self.take_lease(name, until, now))
    }

    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.renew(name, fence, until, now))
    }

    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()> {
        Answer::later(self.release(name, fence, now))
    }

    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update> {
        Answer::later(self.keep_value(key, version, value, until, now))
    }

    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>> {
        Answer::later(self.kept_value(key, now))
    }

    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool> {
        Answer::later(self.discard_value(key, now))
    }

    fn reach(&self) -> Reach {
        Reach::Everywhere
    }

    fn listen(&self, listener: Listener) {
        self.listening.add(&listener, &self.connection, &self.names.channel());
    }

    fn check(&self) -> Answer<'_, ()> {
        Answer::later(self.examine())
    }
}

/// Where the server is, and nothing of how to get in (V69).
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisStore").field(&self.connection).finish()
    }
}
