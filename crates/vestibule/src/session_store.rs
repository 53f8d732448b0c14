//! Where sessions live when they do not live in cookies, and what outlives a cookie in any case: the trait, a store in memory,
//! and the contract that every store must keep.

pub mod contract;
pub(crate) mod guarded;
mod memory;
mod shared;

use std::{fmt, sync::Arc};

use vestibule_core::NumericDate;

pub use self::memory::{MemoryStore, Sizes};
pub use crate::store::{Answer, Key, StoreError};

/// Where sessions live, and with them everything that must be known to each request wherever it is served: who was logged out,
/// which logins and logout tokens were used, who is refreshing what.
///
/// Each method is one atomic step: of any number of callers at once, the outcome is as if they had come one after the other.
/// Time is the caller's: `now` decides what has expired, whatever clock the store has, and what has expired is as if it were not
/// there. A store may forget for good what somebody asked for after its end, and must forget it in the end.
///
/// Run [`contract::check`] over a store of your own.
///
/// # Security
/// An implementation
/// - tells "there is none" from "I cannot say" (`Err`): the first signs somebody out, the second must not;
/// - never lets [`update`](Self::update) or [`touch`](Self::touch) make a session that is not there: a request that is still
///   under way when its person logs out would bring the session back (V57);
/// - never lets [`insert`](Self::insert) replace a session (V58);
/// - forgets no mark before its time. One that must make room raises the mark of the whole issuer instead (V64): it ends too
///   many sessions, never too few;
/// - sees only hashes as keys and sealed bytes as values. It need not keep them secret, but who can write to it can delete them,
///   which signs people out, or put an old one back under its own key, which nobody can tell: until the end that is sealed in it, a
///   session is then what it was before. A value under another key than its own, or that was changed, is as good as none.
///
/// # Example
/// ```
/// use vestibule::{NumericDate, session_store::{Key, MemoryStore, SessionStore}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), vestibule::StoreError> {
/// let (store, now) = (MemoryStore::new(), NumericDate::from_seconds(1_700_000_000));
/// assert!(store.load(Key::from_bytes([7; 32]), now).await?.is_none());
/// # Ok(()) }
/// ```
pub trait SessionStore: fmt::Debug + Send + Sync {
    /// Keeps a new session. Fails, and changes nothing, when there is one of this key.
    fn insert(&self, key: Key, session: NewSession, now: NumericDate) -> Answer<'_, Insertion>;

    /// The session of this key.
    fn load(&self, key: Key, now: NumericDate) -> Answer<'_, Option<StoredSession>>;

    /// Replaces the value of a session that is still as it was when it had this version. Never makes one.
    fn update(&self, key: Key, version: Version, value: Vec<u8>, now: NumericDate) -> Answer<'_, Update>;

    /// Notes that the session was used, and until when it may live on: both move forwards only. The version stays. Says
    /// whether the session is there.
    fn touch(&self, key: Key, last_seen: NumericDate, expires_at: NumericDate, now: NumericDate) -> Answer<'_, bool>;

    /// Ends a session. Says whether it was there.
    fn delete(&self, key: Key, now: NumericDate) -> Answer<'_, bool>;

    /// Ends every session of a subject or a `sid` that the mark ends; gives the keys of those that were there.
    fn delete_all(&self, index: Key, mark: Mark, now: NumericDate) -> Answer<'_, Vec<Key>>;

    /// The sessions of a subject or a `sid`, in any order.
    fn list(&self, index: Key, now: NumericDate) -> Answer<'_, Vec<(Key, StoredSession)>>;

    /// Raises a mark: what [`Mark::ends`] is over from now on. Gives the mark of `whose` as it is then.
    fn raise(&self, raising: Raising, now: NumericDate) -> Answer<'_, Mark>;

    /// The [join](Mark::join) of the marks of all these keys. Whoever asks about a session names its issuer's key too: that one
    /// stands in for marks that there was no room for.
    fn marks<'a>(&'a self, whose: &'a [Key], now: NumericDate) -> Answer<'a, Mark>;

    /// Burns a login attempt. The first caller gets the moment at which it was; every other gets `None`, until `until`.
    fn burn_attempt(&self, attempt: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Moment>>;

    /// Remembers the `jti` of a logout token that took effect. Says whether it was new.
    fn remember_jti(&self, jti: Key, until: NumericDate, now: NumericDate) -> Answer<'_, bool>;

    /// Whether the `jti` of a logout token is remembered.
    fn knows_jti(&self, jti: Key, now: NumericDate) -> Answer<'_, bool>;

    /// Takes a lease, unless somebody else has it. Each taker gets a greater fence than all before.
    fn lease(&self, name: Key, until: NumericDate, now: NumericDate) -> Answer<'_, Option<Fence>>;

    /// Renews a lease. Says whether it is still the caller's.
    fn renew_lease(&self, name: Key, fence: Fence, until: NumericDate, now: NumericDate) -> Answer<'_, bool>;

    /// Gives a lease back, if it is still the caller's.
    fn release_lease(&self, name: Key, fence: Fence, now: NumericDate) -> Answer<'_, ()>;

    /// Keeps a value (a registered client, a key of our own, a request object) until `until`, or for good. With a version it
    /// replaces the value that still has it, and never makes one; without, it makes one, and never replaces.
    fn keep(
        &self,
        key: Key,
        version: Option<Version>,
        value: Vec<u8>,
        until: Option<NumericDate>,
        now: NumericDate,
    ) -> Answer<'_, Update>;

    /// The value that is kept under a key.
    fn kept(&self, key: Key, now: NumericDate) -> Answer<'_, Option<Kept>>;

    /// Forgets a value that is kept. Says whether it was there.
    fn discard(&self, key: Key, now: NumericDate) -> Answer<'_, bool>;

    /// How far its memory reaches. What is said of logout in the logs and the docs depends on it.
    fn reach(&self) -> Reach;

    /// From now on, `listener` is told of each session that ends otherwise than by expiry, and of each mark that is raised,
    /// wherever that happens; and whenever the store begins to hear of what happens elsewhere, or hears no more. A store that cannot
    /// tell leaves it at that: those who wait then ask every few seconds, and nothing that it says is
    /// [remembered](crate::Builder::cache_sessions).
    fn listen(&self, listener: Listener) {
        drop(listener);
    }

    /// How many entries it holds, where it knows that at once: in the memory of this process.
    fn entries(&self) -> Option<Sizes> {
        None
    }

    /// Whether the store can do its work: reached, let in, and all that it needs found there. An error that is
    /// [transient](StoreError::is_transient) may pass by itself; any other is a reason not to start.
    fn check(&self) -> Answer<'_, ()> {
        Answer::ready(Ok(()))
    }
}

/// A store that a settings file names by its URL, such as `[sessions] store = "redis://127.0.0.1"`; see
/// [`Settings::with_store`](crate::Settings::with_store).
pub trait StoreByUrl: SessionStore + Sized + 'static {
    /// The schemes of its URLs.
    const SCHEMES: &'static [&'static str];

    /// A store at this address. It touches no network: that is the first question's, or [`SessionStore::check`]'s.
    ///
    /// # Errors
    /// What is wrong with the URL, and what it should be, without what it says of users and passwords.
    fn from_url(url: &str) -> Result<Self, StoreError>;
}

/// Who is told of the ends of sessions; see [`SessionStore::listen`]. It returns at once and never blocks.
pub type Listener = Arc<dyn Fn(Notice) + Send + Sync>;

/// What a store tells those who listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The session of this key has ended otherwise than by expiry, or the mark of this key was raised.
    Ended(Key),
    /// From now on what ends elsewhere is told. What ended before may not have been: whoever needs to know looks again.
    Hearing,
    /// From now on what ends elsewhere is not told.
    Deaf,
}

/// A session as it goes into a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewSession {
    /// Sealed: who it is, their claims and tokens.
    pub value: Vec<u8>,
    /// The index by issuer and subject.
    pub subject: Key,
    /// The index by issuer and `sid`, where the provider has one.
    pub sid: Option<Key>,
    /// What marks are compared with.
    pub born: Born,
    /// When it was last used.
    pub last_seen: NumericDate,
    /// From when on it is as if it were not there.
    pub expires_at: NumericDate,
}

impl NewSession {
    /// A session that was last seen when it begins.
    #[must_use]
    pub const fn new(
        value: Vec<u8>,
        subject: Key,
        sid: Option<Key>,
        born: Born,
        last_seen: NumericDate,
        expires_at: NumericDate,
    ) -> Self {
        Self { value, subject, sid, born, last_seen, expires_at }
    }
}

/// A session as it comes out of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredSession {
    /// As it was inserted, or last updated.
    pub value: Vec<u8>,
    /// Of this value.
    pub version: Version,
    /// As it was inserted, or last touched.
    pub last_seen: NumericDate,
    /// As it was inserted, or last touched.
    pub expires_at: NumericDate,
}

impl StoredSession {
    /// What a store found.
    #[must_use]
    pub const fn new(value: Vec<u8>, version: Version, last_seen: NumericDate, expires_at: NumericDate) -> Self {
        Self { value, version, last_seen, expires_at }
    }
}

/// A value that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// As it was last kept.
    pub value: Vec<u8>,
    /// Of this value.
    pub version: Version,
}

impl Kept {
    /// What a store found.
    #[must_use]
    pub const fn new(value: Vec<u8>, version: Version) -> Self {
        Self { value, version }
    }
}

/// The version of a value: another one after each change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a number that a store counts up and keeps")]
pub struct Version(pub u64);

/// Which holder of a lease this is: each has a greater one than all before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a number that a store counts up and keeps")]
pub struct Fence(pub u64);

/// What became of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third outcome")]
#[must_use]
pub enum Insertion {
    /// It is there.
    Done,
    /// There is one of this key already, and it stays as it is.
    Exists,
}

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth outcome")]
#[must_use]
pub enum Update {
    /// Done; this is the new version.
    Done(Version),
    /// Somebody else changed it in between (or made it, where it should not have been there).
    Changed,
    /// There is nothing to update.
    Gone,
}

/// How far a store's memory reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// This process, until it ends.
    Process,
    /// Every machine that uses the store, over restarts.
    Everywhere,
}

/// A point in the order in which things happened at one store, in the manner of a hybrid logical clock: no two are equal, and
/// one of a later second is greater, even after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a number that a store counts up and keeps")]
pub struct Moment(pub u64);

impl Moment {
    /// The moment after `self`, not before the second `now`.
    #[must_use]
    pub fn next(self, now: NumericDate) -> Self {
        let of_the_clock = u64::try_from(now.seconds()).unwrap_or(0).saturating_mul(1 << 20);
        Self(self.0.saturating_add(1).max(of_the_clock))
    }
}

/// When a session was born, on two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Born {
    /// The `iat` of its ID Token: the provider's clock.
    pub issued_at: NumericDate,
    /// The moment at which its login attempt was burnt, before the code was redeemed: the store's order.
    pub moment: Moment,
}

impl Born {
    /// On the provider's clock and in the store's order.
    #[must_use]
    pub const fn new(issued_at: NumericDate, moment: Moment) -> Self {
        Self { issued_at, moment }
    }
}

/// "Not valid before": what ends sessions that no store holds, and those that are just being born (V64).
///
/// A logout on our own clock ends what was born before it in the store's order. One on the provider's clock (a logout token) ends
/// what the provider vouched for before it, so that a token that comes late does not end a login that is newer than itself;
/// within the same second the store's order decides.
///
/// # Example
/// ```
/// use vestibule::{NumericDate, session_store::{Born, Mark, Moment}};
///
/// let noon = NumericDate::from_seconds(43_200);
/// let logout = Mark::from_parts(Some(noon), Moment(7), Moment(0));
/// assert!(logout.ends(Born::new(noon.minus(1), Moment(9))));
/// assert!(!logout.ends(Born::new(noon.plus(1), Moment(3))));
/// assert!(logout.ends(Born::new(noon, Moment(6))), "the login was under way when the logout came");
/// assert!(!logout.ends(Born::new(noon, Moment(8))), "whoever logs in right after a logout is signed in");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    issued_at: Option<NumericDate>,
    raised: Moment,
    ours: Moment,
}

impl Mark {
    /// From what a store kept: the latest `iat` of logout tokens, the latest moment at which one came, and the latest moment of
    /// a logout on our own clock. Each of the three only ever grows.
    #[must_use]
    pub const fn from_parts(issued_at: Option<NumericDate>, raised: Moment, ours: Moment) -> Self {
        Self { issued_at, raised, ours }
    }

    /// The mark that one logout raises at this moment.
    #[must_use]
    pub const fn at(moment: Moment, issued_at: Option<NumericDate>) -> Self {
        match issued_at {
            Some(_) => Self { issued_at, raised: moment, ours: Moment(0) },
            None => Self { issued_at, raised: Moment(0), ours: moment },
        }
    }

    /// The three parts, in the order of [`from_parts`](Self::from_parts).
    #[must_use]
    pub const fn parts(&self) -> (Option<NumericDate>, Moment, Moment) {
        (self.issued_at, self.raised, self.ours)
    }

    /// The mark that ends whatever one of the two ends.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            issued_at: self.issued_at.max(other.issued_at),
            raised: self.raised.max(other.raised),
            ours: self.ours.max(other.ours),
        }
    }

    /// Whether a session that was born then is over.
    #[must_use]
    pub fn ends(&self, born: Born) -> bool {
        let by_provider = self.issued_at.is_some_and(|issued_at| {
            born.issued_at < issued_at || (born.issued_at == issued_at && born.moment < self.raised)
        });
        by_provider || born.moment < self.ours
    }
}

/// A mark to be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Raising {
    /// Whose sessions are over: a subject's, a `sid`'s, one session.
    pub whose: Key,
    /// Whose mark stands in when there is no room for this one.
    pub issuer: Key,
    /// The `iat` of the logout token, for a logout on the provider's clock; `None` for one on our own.
    pub issued_at: Option<NumericDate>,
    /// Until when any session that it ends could live.
    pub until: NumericDate,
}

impl Raising {
    /// A mark on the provider's clock, or with `None` on our own.
    #[must_use]
    pub const fn new(whose: Key, issuer: Key, issued_at: Option<NumericDate>, until: NumericDate) -> Self {
        Self { whose, issuer, issued_at, until }
    }
}
