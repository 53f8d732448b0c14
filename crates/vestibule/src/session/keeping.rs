//! Where sessions are kept: whole in sealed cookies, or in a store, with a secret in the cookie that leads there. Either way a
//! store remembers what ended: marks outlive the cookies that they end.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use vestibule_core::{Issuer, NumericDate};

use super::{
    Session,
    begun::TooBig,
    cookie::{self, Cookies},
    seal,
};
use crate::{
    door::Door,
    session_store::{Insertion, Mark, NewSession, Raising, SessionStore, Update},
    store::{Key, StoreError},
};

/// Where the sessions of a door are kept.
#[derive(Clone, Debug)]
pub(crate) enum Keeping {
    /// In sealed cookies. The store holds marks, burnt attempts and what is being refreshed.
    Cookies(Arc<dyn SessionStore>),
    /// In the store, with all the rest.
    Store(Arc<dyn SessionStore>),
}

/// A session that is about to begin: its secret leads to its key, and not the other way round.
pub(crate) struct Place {
    secret: [u8; 32],
    pub(crate) key: Key,
}

/// Why a session could not begin, though the login was good.
#[derive(Debug)]
pub(crate) enum NotBegun {
    /// It does not fit into the budget of cookies.
    TooBig(TooBig),
    /// The person was logged out while they signed in (R121).
    LoggedOut,
    /// The store failed.
    Store(StoreError),
}

/// Why the cookies of a browser hold no session, nor lead to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// There are none, or not all of them.
    NotReturned,
    /// They were sealed with another key, or for another provider.
    Unreadable,
    /// It is over, by our clock.
    Over,
    /// It was ended, or the store does not have it.
    Ended,
}

impl Keeping {
    pub(crate) fn store(&self) -> &Arc<dyn SessionStore> {
        match self {
            Self::Cookies(store) | Self::Store(store) => store,
        }
    }
}

impl Door {
    pub(crate) fn store(&self) -> &dyn SessionStore {
        self.keeping.store().as_ref()
    }

    /// The session that the cookies hold or lead to. What cannot be opened, is over, or was ended is none.
    pub(crate) async fn open_session(&self, cookies: &Cookies<'_>) -> Result<Option<Arc<Session>>, StoreError> {
        match &self.keeping {
            Keeping::Cookies(marks) => match self.sealed_session(cookies) {
                Some(session) if !self.was_marked(marks.as_ref(), &session).await? => Ok(Some(Arc::new(session))),
                _ => Ok(None),
            },
            Keeping::Store(_) => match cookies.session_secret() {
                Some(secret) => self.session_of_key(self.keys.session(&secret)).await,
                None => Ok(None),
            },
        }
    }

    pub(super) fn sealed_session(&self, cookies: &Cookies<'_>) -> Option<Session> {
        let sealed = cookies.session()?;
        let payload = self.seals.session.open(&self.session_context, sealed.as_bytes())?;
        self.read_payload(payload).filter(|session| !session.times.are_over(self.now()))
    }

    /// What the session is called that the cookies hold or lead to, whether or not it is still there: no store is asked.
    pub(crate) fn session_key(&self, cookies: &Cookies<'_>) -> Option<Key> {
        match self.keeping {
            Keeping::Cookies(_) => self.sealed_session(cookies).map(|session| session.key),
            Keeping::Store(_) => cookies.session_secret().map(|secret| self.keys.session(&secret)),
        }
    }

    /// Why there is no session, for who looks for the reason.
    pub(crate) fn why_lost(&self, cookies: &Cookies<'_>) -> Lost {
        if let Keeping::Store(_) = self.keeping {
            return match (cookies.session_secret(), cookies.session_places()) {
                (Some(_), _) => Lost::Ended,
                (None, 0) => Lost::NotReturned,
                (None, _) => Lost::Unreadable,
            };
        }
        let Some(sealed) = cookies.session() else { return Lost::NotReturned };
        let payload = self.seals.session.open(&self.session_context, sealed.as_bytes());
        match payload.and_then(|payload| self.read_payload(payload)) {
            None => Lost::Unreadable,
            Some(session) if session.times.are_over(self.now()) => Lost::Over,
            Some(_) => Lost::Ended,
        }
    }

    /// Whether a store should be told that the session was seen.
    pub(super) fn is_to_be_told(&self, session: &Session) -> bool {
        matches!(self.keeping, Keeping::Store(_)) && session.times.are_worth_noting(self.now())
    }

    /// The session that the store has under this key.
    pub(crate) async fn stored_session(&self, key: Key) -> Result<Option<Session>, StoreError> {
        let Some(stored) = self.store().load(key, self.now()).await? else { return Ok(None) };
        Ok(self.read_stored(key, stored.value, stored.last_seen))
    }

    /// A value of the store as a session: V68, only where it was put under this key.
    pub(crate) fn read_stored(&self, key: Key, value: Vec<u8>, last_seen: NumericDate) -> Option<Session> {
        let opened = self.seals.stored_session.open_bytes(&self.stored_context(key), value);
        let Some(mut session) = opened.and_then(|payload| self.read_payload(payload)) else {
            self.unreadable.report("a session", key);
            return None;
        };
        session.times = session.times.seen(last_seen);
        (!session.times.are_over(self.now())).then_some(session)
    }

    /// Changes a session in a store, as it is now.
    pub(crate) async fn change_stored(
        &self,
        store: &dyn SessionStore,
        key: Key,
        change: impl Fn(&Session) -> Session,
    ) -> Result<(), StoreError> {
        let Some(stored) = store.load(key, self.now()).await? else { return Ok(()) };
        let Some(session) = self.read_stored(key, stored.value, stored.last_seen) else { return Ok(()) };
        let changed = store.update(key, stored.version, self.to_stored(&change(&session)), self.now()).await;
        self.forget_recent(key);
        let _: Update = changed?;
        Ok(())
    }

    pub(crate) fn read_payload(&self, payload: Vec<u8>) -> Option<Session> {
        let mut session = Session::from_payload(payload, |name| self.provider(name).cloned())?;
        session.times = self.policy.limit(session.times);
        Some(session)
    }

    fn stored_context(&self, key: Key) -> Vec<u8> {
        [self.session_context.as_slice(), b"\0", key.as_bytes()].concat()
    }

    /// The value by which a store keeps the session.
    pub(crate) fn to_stored(&self, session: &Session) -> Vec<u8> {
        self.seals.stored_session.seal_bytes(&self.stored_context(session.key), &session.to_payload(&session.times))
    }

    /// Whether a logout ended the session (V64).
    pub(crate) async fn is_marked(&self, marks: &dyn SessionStore, session: &Session) -> Result<bool, StoreError> {
        let mark = marks.marks(&self.whose(session), self.now()).await?;
        Ok(mark.ends(session.born))
    }

    /// Whose marks can end the session: its own, its `sid`'s, its person's, its issuer's.
    pub(crate) fn whose(&self, session: &Session) -> [Key; 4] {
        let issuer = &session.issuer;
        let sid = session.sid.as_deref().map_or(session.key, |sid| self.keys.sid(issuer, sid));
        [session.key, sid, self.keys.subject(issuer, &session.subject), self.keys.issuer(issuer)]
    }

    /// A place for a session that is about to begin.
    pub(crate) fn new_place(&self) -> Place {
        let secret = seal::random();
        Place { key: self.keys.session(&secret), secret }
    }

    /// Begins a session: gives the lines that put it, or the way to it, into the browser, where an earlier one may have taken
    /// `places`.
    pub(crate) async fn begin_session(
        &self,
        session: &Session,
        place: &Place,
        places: usize,
    ) -> Result<Vec<HeaderValue>, NotBegun> {
        let lines = match &self.keeping {
            Keeping::Cookies(_) => self.session_lines(session, &session.times, places).map_err(NotBegun::TooBig)?,
            Keeping::Store(store) => {
                self.insert(store.as_ref(), session).await?;
                let max_age = self.policy.max_age(&session.times, self.now());
                cookie::secret_cookies(&self.names, &place.secret, max_age, places)
            }
        };
        // R121: looked at after it was kept, so that of a logout and a login at once one sees the other, whichever comes first.
        if self.is_marked(self.store(), session).await? {
            self.end_session(session).await?;
            return Err(NotBegun::LoggedOut);
        }
        Ok(lines)
    }

    async fn insert(&self, store: &dyn SessionStore, session: &Session) -> Result<(), NotBegun> {
        let issuer = &session.issuer;
        let new = NewSession::new(
            self.to_stored(session),
            self.keys.subject(issuer, &session.subject),
            session.sid.as_deref().map(|sid| self.keys.sid(issuer, sid)),
            session.born,
            session.times.last_seen,
            session.times.expire_at(),
        );
        match store.insert(session.key, new, self.now()).await? {
            Insertion::Done => Ok(()),
            // V58: 256 random bits do not meet by chance, so a store that says so is not to be trusted.
            Insertion::Exists => Err(NotBegun::Store(StoreError::permanent("a new session's key exists already"))),
        }
    }

    /// The lines that put a whole session into the browser.
    pub(crate) fn session_lines(
        &self,
        session: &Session,
        times: &super::Times,
        places: usize,
    ) -> Result<Vec<HeaderValue>, TooBig> {
        let sealed = self.seals.session.seal(&self.session_context, &session.to_payload(times));
        let max_age = self.policy.max_age(times, self.now());
        cookie::session_cookies(&self.names, &sealed, max_age, places).ok_or_else(|| TooBig::of(session, sealed.len()))
    }

    /// Ends a session, wherever it is kept: a copy of its cookie is worth nothing from now on (R130).
    pub(crate) async fn end_session(&self, session: &Session) -> Result<(), StoreError> {
        self.end_by_key(session.key, &session.issuer, session.times.ends_at).await.map(drop)
    }

    /// Ends the session of a key. Says whether there was one, as far as can be known.
    pub(crate) async fn end_by_key(&self, key: Key, issuer: &Issuer, until: NumericDate) -> Result<bool, StoreError> {
        let now = self.now();
        let ended = match &self.keeping {
            Keeping::Cookies(marks) => {
                let raising = Raising::new(key, self.keys.issuer(issuer), None, until);
                marks.raise(raising, now).await.map(|_: Mark| true)
            }
            Keeping::Store(store) => store.delete(key, now).await,
        };
        self.forget_recent(key);
        let was_there = ended?;
        self.endings.tell(key);
        self.store().discard(self.keys.refresh(key), now).await?;
        Ok(was_there)
    }

    /// Whether sessions of an index (a subject's or a `sid`'s) are known to exist. Of sessions in cookies nobody knows.
    pub(crate) async fn has_sessions(&self, index: Key) -> Result<bool, StoreError> {
        match &self.keeping {
            Keeping::Cookies(_) => Ok(false),
            Keeping::Store(store) => Ok(!store.list(index, self.now()).await?.is_empty()),
        }
    }

    /// Ends all sessions of an index (a subject's or a `sid`'s) that a logout ends: those that are there, and those that are
    /// being born. `issued_at` is the `iat` of a logout token.
    pub(crate) async fn end_all(
        &self,
        index: Key,
        issuer: &Issuer,
        issued_at: Option<NumericDate>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let raising = Raising::new(index, self.keys.issuer(issuer), issued_at, self.policy.longest_from(now));
        let raised = self.store().raise(raising, now).await;
        self.forget_recent(index);
        let mark = raised?;
        if let Keeping::Store(store) = &self.keeping {
            let ended = store.delete_all(index, mark, now).await;
            self.forget_recent(index);
            for key in ended? {
                self.forget_recent(key);
                self.endings.tell(key);
            }
        }
        self.endings.tell(index);
        Ok(())
    }
}

impl From<StoreError> for NotBegun {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("key", &self.key).finish_non_exhaustive()
    }
}
